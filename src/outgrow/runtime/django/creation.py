"""Test databases: what `manage.py test` runs on.

Unless TEST NAME says otherwise it is SQLite's database in memory, as with Django's own backend: quick, and
the same SQL. A TEST NAME that is a URL names a PostgreSQL database without tables; all that the tests make
there goes again. Used by `base`.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import NotSupportedError
from django.db.backends.sqlite3.base import DatabaseCreation as SqliteCreation

from outgrow.runtime.dbapi.opening import is_url
from outgrow.runtime.sqlite3 import connect
from outgrow.schema.names import quote_sqlite

_FOUND = (
    "SELECT type, name FROM sqlite_master "
    "WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY type = 'table'"
)


class DatabaseCreation(SqliteCreation):  # type: ignore[misc]  # Django is not typed
    """Makes and ends test databases."""

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> Any:
        name = self._get_test_db_name()
        if not is_url(name):
            return super()._create_test_db(verbosity, autoclobber, keepdb)
        with closing(connect(name)) as connection:
            if not keepdb and connection.execute(_FOUND).fetchone():
                raise ImproperlyConfigured(
                    "the database of TEST NAME holds tables, and all tables there are dropped after the "
                    "tests: name one without, or a schema without by ?schema=…"
                )
        return name

    def _destroy_test_db(self, test_database_name: Any, verbosity: int) -> None:
        if not is_url(test_database_name):
            super()._destroy_test_db(test_database_name, verbosity)
            return
        with closing(connect(test_database_name, isolation_level=None)) as connection:
            _emptied(connection)

    def get_test_db_clone_settings(self, suffix: str) -> Any:
        """Settings of one more database for tests in parallel. NotSupportedError for PostgreSQL."""
        if is_url(self.connection.settings_dict["NAME"]):
            raise NotSupportedError("tests in parallel: run them without --parallel, or without TEST NAME")
        return super().get_test_db_clone_settings(suffix)


def _emptied(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN")
    for kind, name in connection.execute(_FOUND).fetchall():
        connection.execute(f"DROP {kind} {quote_sqlite(name)}")
    connection.execute("COMMIT")
