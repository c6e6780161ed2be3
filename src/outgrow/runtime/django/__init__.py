"""A backend for Django: `ENGINE = "outgrow.runtime.django"` puts a project that ran on SQLite on PostgreSQL.

Django finds `base` by the name of the engine. It is Django's own backend for SQLite over
`outgrow.runtime.sqlite3`; `operations` has PostgreSQL compute what Django gives SQLite Python functions for.
`native` is for those who go over to Django's own backend for PostgreSQL.
"""
