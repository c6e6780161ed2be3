"""A dialect for SQLAlchemy 2: `create_engine("outgrow://user@host/db")`, and a program is on PostgreSQL.

It is SQLAlchemy's own dialect of SQLite over `outgrow.runtime.sqlite3`: types, `text()`, reflection and
migrations go on speaking SQLite's SQL. SQLAlchemy finds it by an entry point. Before it stands the program's
engine, after it `connection`. Rules: https://docs.sqlalchemy.org/en/20/dialects/sqlite.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import exc, pool
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_dbapi, SQLiteDialect_aiosqlite
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL

from outgrow.runtime import urls

__all__ = ["AsyncOutgrowDialect", "OutgrowDialect"]

_OF_CONNECT: dict[str, Callable[[str], Any]] = {
    "timeout": float, "isolation_level": str, "detect_types": int, "cached_statements": int,
}  # fmt: skip
"""Parameters of a URL that are those of `connect`, as pysqlite's dialect takes them."""

_LOST = {"SQLITE_IOERR", "SQLITE_CANTOPEN"}


class OutgrowDialect(SQLiteDialect_pysqlite):
    """SQLite's dialect, on a moved database: `outgrow://user:password@host:port/database?schema=…`."""

    driver = "outgrow"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        """The module that is shaped like sqlite3."""
        from outgrow.runtime import sqlite3  # noqa: PLC0415 - psycopg, when an engine is made

        return sqlite3

    @classmethod
    def get_async_dialect_cls(cls, url: URL) -> type[Any]:
        """For `create_async_engine` with the same URL."""
        del url
        return AsyncOutgrowDialect

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        """SQLAlchemy's usual pool for a server."""
        del url
        return pool.QueuePool

    def create_connect_args(self, url: URL) -> Any:
        """What `connect` is given. Raises sqlalchemy.exc.ArgumentError."""
        return connect_args(url)

    def on_connect(self) -> Callable[[Any], None]:
        """Gives a new connection the REGEXP of pysqlite's dialect; its floor() PostgreSQL has."""
        return _with_regexp

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        """Whether the connection is of no use any more: its pool is then made anew."""
        return _is_lost(e) or super().is_disconnect(e, connection, cursor)


class AsyncOutgrowDialect(SQLiteDialect_aiosqlite):
    """The same for asyncio. Like SQLAlchemy's own it has aiosqlite run each connection in a thread."""

    driver = "outgrow"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        """The module of aiosqlite, over the one that is shaped like sqlite3."""
        import aiosqlite  # noqa: PLC0415 - programs that are not asynchronous do without

        from outgrow.runtime import sqlite3  # noqa: PLC0415 - psycopg, when an engine is made

        return AsyncAdapt_aiosqlite_dbapi(aiosqlite, sqlite3)

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        """SQLAlchemy's usual pool for a server."""
        del url
        return pool.AsyncAdaptedQueuePool

    def create_connect_args(self, url: URL) -> Any:
        """What `connect` is given, and by which function."""
        arguments, options = connect_args(url)
        return arguments, {"async_creator_fn": _connected_by_aiosqlite, **options}

    def on_connect(self) -> Callable[[Any], None]:
        """Gives a new connection the REGEXP of pysqlite's dialect."""
        return _with_regexp

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        """Whether the connection is of no use any more."""
        return _is_lost(e) or super().is_disconnect(e, connection, cursor)


def connect_args(url: URL) -> tuple[list[str], dict[str, Any]]:
    """The URL for libpq, and what else `outgrow.connect` is given. Raises ArgumentError."""
    if not url.database:
        raise exc.ArgumentError("the URL names no database: write outgrow://user@host/database")
    options: dict[str, Any] = {"check_same_thread": False}  # the pool gives a connection to any thread
    query = {key: value if isinstance(value, str) else ",".join(value) for key, value in url.query.items()}
    for key, kind in _OF_CONNECT.items():
        if key in query:
            options[key] = kind(query.pop(key))
    if query.get("values", "sqlite") != "sqlite":
        raise exc.ArgumentError("values=native: SQLAlchemy's types read what SQLite gives; leave it out")
    parts = {"host": query.pop("host", url.host or ""), "port": query.pop("port", str(url.port or ""))}
    parts |= {"user": url.username or "", "dbname": url.database}
    if url.password is not None:
        parts["password"] = str(url.password)
    made = urls.build({key: value for key, value in parts.items() if value or key == "password"})
    return [urls.complete(made, query) if query else made], options


def _connected_by_aiosqlite(url: str, **options: Any) -> Any:
    import aiosqlite  # noqa: PLC0415 - here by `import_dbapi`

    from outgrow.runtime import sqlite3  # noqa: PLC0415

    made = aiosqlite.Connection(lambda: sqlite3.connect(url, **options), iter_chunk_size=64)
    # As SQLAlchemy's own dialect does; before aiosqlite 0.22 a connection is itself the thread.
    thread: Any = getattr(made, "_thread", made)
    thread.daemon = True
    return made


def _with_regexp(connection: Any) -> None:
    connection.create_function("regexp", 2, _regexp, deterministic=True)


def _regexp(pattern: str, text: str | None) -> bool | None:
    return None if text is None else re.search(pattern, text) is not None


def _is_lost(error: Any) -> bool:
    return getattr(error, "sqlite_errorname", None) in _LOST
