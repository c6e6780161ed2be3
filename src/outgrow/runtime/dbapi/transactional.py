"""`Transactional`: the half of a connection that stands on the server: opening, transactions, the end.

Everything that reads or writes goes to PostgreSQL through `engine`. `connection` gives it sqlite3's other
methods. Rules: https://docs.python.org/3/library/sqlite3.html#transaction-control
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

import psycopg

from outgrow.errors import OutgrowError
from outgrow.runtime.dbapi.engine import Engine
from outgrow.runtime.dbapi.failures import failure
from outgrow.runtime.dbapi.opening import Keys, Values, opened, place
from outgrow.runtime.dbapi.shadow import Shadow

LEGACY = -1
"""sqlite3.LEGACY_TRANSACTION_CONTROL, which Python 3.11 does not name."""

_LEVELS = {"", "DEFERRED", "IMMEDIATE", "EXCLUSIVE"}


class Transactional(sqlite3.Connection):
    """A connection of sqlite3 to the empty shadow of a schema, and one of psycopg to the schema itself.

    Raises sqlite3.OperationalError when PostgreSQL cannot be reached or the schema was not moved.
    """

    def __init__(
        self, database: str, timeout: float = 5.0, detect_types: int = 0,
        isolation_level: str | None = "", check_same_thread: bool = True, factory: Any = None,
        cached_statements: int = 128, uri: bool = False, *, autocommit: bool | int = LEGACY,
        schema: str | None = None, values: Values | None = None, keys: Keys | None = None,
    ) -> None:  # fmt: skip
        del factory, uri
        self._leave()
        self.__dict__.pop("_closed", None)  # until there is a connection it is none
        where = place(database, schema, values, keys)
        raw = opened(where.url)
        try:
            self._enter(
                raw, timeout=timeout, detect_types=detect_types, isolation_level=isolation_level,
                check_same_thread=check_same_thread, cached_statements=cached_statements,
                autocommit=autocommit, schema=where.schema, values=where.values, keys=where.keys,
                url=where.url,
            )  # fmt: skip
        except BaseException:
            raw.close()
            raise

    @classmethod
    def over(
        cls, raw: psycopg.Connection[Any], *,
        release: Callable[[psycopg.Connection[Any]], None] | None = None,
        schema: str = "public", values: Values = "sqlite", keys: Keys = "identity", timeout: float = 5.0,
        isolation_level: str | None = "", check_same_thread: bool = False, detect_types: int = 0,
        autocommit: bool | int = LEGACY,
    ) -> Self:  # fmt: skip
        """A connection over one of psycopg's that is in autocommit, such as a pool's.

        `close` undoes what is open and gives `raw` to `release` instead of closing it.
        """
        made = cls.__new__(cls)
        made._enter(
            raw, timeout=timeout, detect_types=detect_types, isolation_level=isolation_level,
            check_same_thread=check_same_thread, cached_statements=128, autocommit=autocommit, schema=schema,
            values=values, keys=keys, url=None, release=release,
        )  # fmt: skip
        return made

    def _enter(
        self, raw: psycopg.Connection[Any], *, timeout: float, detect_types: int,
        isolation_level: str | None, check_same_thread: bool, cached_statements: int, autocommit: bool | int,
        schema: str, values: Values, keys: Keys, url: str | None,
        release: Callable[[psycopg.Connection[Any]], None] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            ":memory:", detect_types=detect_types, isolation_level=None,
            check_same_thread=check_same_thread, cached_statements=cached_statements,
        )  # fmt: skip
        self._thread = threading.get_ident() if check_same_thread else None
        self._lock = threading.RLock()
        self._detect_types = detect_types
        self._native = values == "native"
        self._longest = self.getlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH) // 4
        self._release = release
        self._level = self._checked_level(isolation_level)
        self._autocommit = autocommit
        self._trace: Callable[[str], object] | None = None
        self._shadow = Shadow(self)
        try:
            self._engine = Engine(
                raw, schema=schema, native=values == "native", timeout=timeout, url=url, shadow=self._shadow
            )
            self._engine.reuses_keys = keys == "sqlite"
        except OutgrowError as error:
            raise failure(sqlite3.OperationalError, str(error), "SQLITE_CANTOPEN", error) from None
        except psycopg.Error as error:
            said = str(error).partition("\n")[0]
            raise failure(sqlite3.OperationalError, said, "SQLITE_CANTOPEN", error) from None
        self._closed = False
        self._engine.file = str(getattr(self, "outgrow_file", ""))  # set by `outgrow.runtime.launch`
        self._always_open()

    def _leave(self) -> None:
        """Lets go of the server, when a connection is closed, made anew or forgotten."""
        engine: Engine | None = self.__dict__.pop("_engine", None)
        if engine is not None:
            self._closed = True
            engine.leave(self._release)

    def __del__(self) -> None:
        with suppress(Exception):  # nobody is there to be told, perhaps not even Python any more
            self._leave()

    def abandon(self) -> None:
        """Undoes what is open, from any thread; nothing where another one is at work with the connection."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if not self._closed and self._engine.session.open:
                self._engine.rollback()
        finally:
            self._lock.release()

    def close(self) -> None:
        """Undoes what is open and ends the connection; a second time does nothing."""
        if getattr(self, "_closed", None) is None:
            raise sqlite3.ProgrammingError("Base Connection.__init__ not called.")
        if not self._closed:
            self._check()
            with self._lock:
                self._leave()
        super().close()

    # What every method asks first.

    def _check(self) -> None:
        """ProgrammingError for a connection that is closed, was never opened, or is another thread's."""
        try:
            closed, thread = self._closed, self._thread
        except AttributeError:
            raise sqlite3.ProgrammingError("Base Connection.__init__ not called.") from None
        if thread is not None and thread != threading.get_ident():
            raise sqlite3.ProgrammingError(
                "SQLite objects created in a thread can only be used in that same thread. "
                f"The object was created in thread id {thread} and this is thread id {threading.get_ident()}."
            )
        if closed:
            raise sqlite3.ProgrammingError("Cannot operate on a closed database.")

    def _check_closed(self) -> None:
        """As `_check`, for what any thread may ask."""
        if getattr(self, "_closed", None) is None:
            raise sqlite3.ProgrammingError("Base Connection.__init__ not called.")
        if self._closed:
            raise sqlite3.ProgrammingError("Cannot operate on a closed database.")

    @property
    def raw(self) -> psycopg.Connection[Any]:
        """Psycopg's connection, in autocommit as PostgreSQL sees it; its statements are PostgreSQL's SQL."""
        self._check()
        with self._lock:
            self._engine.guarded(self._engine.session.land)
            self._engine.guarded(self._engine.wire.rest)
        return self._engine.link.raw

    @property
    def engine(self) -> Engine:
        """What runs the statements; for the cursors of this connection."""
        return self._engine

    # Transactions.

    @staticmethod
    def _checked_level(level: Any) -> str | None:
        if level is None:
            return None
        if not isinstance(level, str):
            raise TypeError("isolation_level must be str or None")
        if "\0" in level:
            raise ValueError("embedded null character")
        if str.upper(level) not in _LEVELS:
            raise ValueError("isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'")
        return str.upper(level)

    @property
    def isolation_level(self) -> Any:
        """As in sqlite3: None for autocommit, else how a transaction begins before a change of rows."""
        self._check()
        return self._level

    @isolation_level.setter
    def isolation_level(self, level: str | None) -> None:
        if level is None:
            self._level = None
            if self._autocommit == LEGACY:  # sqlite3 commits what is open
                self.commit()
        else:
            self._level = self._checked_level(level)

    @isolation_level.deleter
    def isolation_level(self) -> None:
        raise AttributeError("cannot delete attribute")

    @property
    def autocommit(self) -> bool | int:
        """As in sqlite3 since Python 3.12: True, False (a transaction is always open) or LEGACY."""
        self._check()
        return self._autocommit

    @autocommit.setter
    def autocommit(self, value: bool | int) -> None:
        self._check()
        if value not in (True, False, LEGACY):
            raise ValueError("autocommit must be True, False, or sqlite3.LEGACY_TRANSACTION_CONTROL")
        if value is True and self._engine.session.open:
            self._engine.commit()
        self._autocommit = value
        self._always_open()

    def _always_open(self) -> None:
        if self._autocommit is False and not self._engine.session.open:
            self._engine.begin()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        self._check_closed()
        return self._engine.session.open

    def begins(self) -> str | None:
        """How a transaction begins by itself before a statement that writes; None for not at all."""
        return self._level if self._autocommit == LEGACY else None

    def commit(self) -> None:
        """Ends the transaction, if one is open. Raises sqlite3.Error."""
        self._check()
        if self._autocommit is not True and self._engine.session.open:
            with self._lock:
                self._traced("COMMIT")
                self._engine.commit()
                self._always_open()

    def rollback(self) -> None:
        """Undoes the transaction, if one is open."""
        self._check()
        if self._autocommit is not True and self._engine.session.open:
            with self._lock:
                self._traced("ROLLBACK")
                self._engine.rollback()
                self._always_open()

    def __enter__(self) -> Self:
        self._check()
        return self

    def __exit__(self, kind: Any, value: Any, trace: Any) -> Any:
        if kind is not None:
            self.rollback()
            return False
        try:
            self.commit()
        except BaseException:
            self.rollback()
            raise
        return False

    # What runs, told.

    def set_trace_callback(self, trace_callback: Callable[[str], object] | None) -> None:
        """Has every statement told, with its values, as SQLite would have run it."""
        self._check()
        super().set_trace_callback(None)
        self._trace = trace_callback

    @property
    def tracing(self) -> Callable[[str], object] | None:
        """Who wants every statement told."""
        return self._trace

    def _traced(self, sql: str) -> None:
        trace = self._trace
        if trace is None:
            return
        # SQLite's own statement calls it, so that what the callback raises is shown or not as sqlite3 has it.
        super().set_trace_callback(lambda _: trace(sql))
        try:
            sqlite3.Cursor(self).execute("SELECT 1")
        finally:
            super().set_trace_callback(None)
