"""The application goes on working: SQLite's DB-API over PostgreSQL, and what goes with it.

`sqlite3` is the module that a program imports instead of the standard one; `dbapi` is what it hands out.
`pool` lends connections; `settings` and `adapter` are for programs that choose their database by
configuration, `launch` for those that nobody changes, `health` for whoever asks whether all is well;
`sqlalchemy`, `peewee` and `django` bring it to other libraries. Stands above `move`, whose memory of a moved
database it reads; above it is only `cli`.
"""
