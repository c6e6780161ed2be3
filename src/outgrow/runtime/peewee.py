"""A database class for Peewee: `OutgrowDatabase("postgresql://user@host/db")` puts a program on PostgreSQL.

It is Peewee's own class for SQLite over `outgrow.runtime.sqlite3`: fields, `SQL()` and migrations go on
speaking SQLite's SQL. A path opens a SQLite file as before. Importing this module teaches `playhouse.db_url`
the schemes `outgrow` and `outgrow+pool`. Before it stand the program's models, after it `connection`.
Rules: https://docs.peewee-orm.com
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable
from typing import Any

from peewee import SqliteDatabase, fn
from playhouse.db_url import register_database
from playhouse.pool import PooledSqliteDatabase

from outgrow.runtime import urls
from outgrow.runtime.dbapi.opening import is_url

__all__ = ["OutgrowDatabase", "PooledOutgrowDatabase"]

_PLACES = ("user", "password", "host", "port")

_OF_PEEWEE = {
    "autoconnect", "autorollback", "field_types", "lock_type", "max_connections", "operations", "pragmas",
    "rank_functions", "regexp_function", "returning_clause", "stale_timeout", "thread_safe", "timeout",
    "cached_statements", "check_same_thread", "detect_types",
}  # fmt: skip
"""Parameters of a URL for SqliteDatabase, its pool and `sqlite3.connect`; the rest is libpq's."""

_EXTRACTED = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}

_TRUNCATED = {
    "year": "%Y-01-01 00:00:00", "month": "%Y-%m-01 00:00:00", "day": "%Y-%m-%d 00:00:00",
    "hour": "%Y-%m-%d %H:00:00", "minute": "%Y-%m-%d %H:%M:00", "second": "%Y-%m-%d %H:%M:%S",
}  # fmt: skip


_Sqlite: Any = SqliteDatabase
"""Its stubs leave out what a subclass uses."""


class OutgrowDatabase(_Sqlite):  # type: ignore[misc]  # see above
    """Peewee's SQLite, on a moved database; on a SQLite file where `database` is a path.

    `database` is what `outgrow.connect` takes, also with the scheme `outgrow`. Other arguments are those of
    SqliteDatabase.
    """

    def init(self, database: str | None, *arguments: Any, **options: Any) -> None:
        """As in Peewee, for a database that was made without knowing where it is."""
        if isinstance(database, str) and database.startswith("outgrow://"):
            database = "postgresql" + database.removeprefix("outgrow")
        super().init(database, *arguments, **options)

    def _connect(self) -> Any:
        if not is_url(self.database):
            return super()._connect()
        from outgrow.runtime.sqlite3 import connect  # noqa: PLC0415 - psycopg, when a connection is made

        options = {"check_same_thread": False, **self.connect_params}  # Peewee has one for each thread
        connection = connect(self.database, timeout=self._timeout, isolation_level=None, **options)
        try:
            self._add_conn_hooks(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def extract_date(self, date_part: str, date_field: Any) -> Any:
        """`field.year` and its like, which PostgreSQL answers; Peewee has a function in Python for SQLite."""
        return fn.strftime(_EXTRACTED[date_part], date_field).cast("integer")

    def truncate_date(self, date_part: str, date_field: Any) -> Any:
        """`field.truncate("month")`, which PostgreSQL answers."""
        return fn.strftime(_TRUNCATED[date_part], date_field, python_value=_moment)


def _moment(value: Any) -> Any:
    return datetime.datetime.fromisoformat(value) if isinstance(value, str) else value


class PooledOutgrowDatabase(PooledSqliteDatabase, OutgrowDatabase):  # type: ignore[misc]  # not typed
    """The same, which keeps connections for whoever asks next, with the arguments of Peewee's other pools."""

    def _can_reuse(self, conn: Any) -> bool:
        """Undoes what was left open, which Peewee 3 leaves to whoever comes next."""
        try:
            conn.rollback()
        except sqlite3.Error:
            return False
        return True


def _by_parts(kind: type[OutgrowDatabase]) -> Callable[..., OutgrowDatabase]:
    """What makes a database of the parts of a URL, as `playhouse.db_url` takes it apart."""

    def made(database: str, **options: Any) -> OutgrowDatabase:
        own = {key: options.pop(key) for key in list(options) if key in _OF_PEEWEE}
        parts = {key: str(options.pop(key)) for key in _PLACES if options.get(key) is not None}
        url = urls.build({**parts, "dbname": database})
        if options:
            url = urls.complete(url, {key: str(value) for key, value in options.items()})
        return kind(url, **own)

    return made


register_database(_by_parts(OutgrowDatabase), "outgrow")
register_database(_by_parts(PooledOutgrowDatabase), "outgrow+pool")
