"""The application goes on working: SQLite's DB-API over PostgreSQL, and what goes with it.

`sqlite3` is the module that a program imports instead of the standard one; `connection` and `cursor` are what
it hands out, `statement` translates and `wire` sends. `settings`, `adapter` and `pool` are for programs that
choose their database by configuration, `launch` for those that nobody changes, `health` for whoever asks
whether all is well. Stands above `move`, whose memory of a moved database it reads; below it is only `cli`.
"""
