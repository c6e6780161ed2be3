"""`Connection`: what `sqlite3.connect` gives a program, over PostgreSQL.

It is a connection of the standard module, too: to the empty `shadow` of its schema in memory. So it is what
`isinstance` asks for, it checks arguments as sqlite3 does, and SQLite itself says what is wrong with a
statement. Everything that reads or writes goes to PostgreSQL through `engine`; what cannot is refused here by
name. Rules: https://docs.python.org/3/library/sqlite3.html
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any, Self

import psycopg

from outgrow.errors import OutgrowError
from outgrow.runtime.dbapi.blob import Blob
from outgrow.runtime.dbapi.cursor import Cursor
from outgrow.runtime.dbapi.engine import Engine
from outgrow.runtime.dbapi.failures import failure
from outgrow.runtime.dbapi.opening import Keys, Values, opened, place
from outgrow.runtime.dbapi.shadow import Shadow
from outgrow.runtime.dbapi.whole import Step, steps
from outgrow.schema.names import quote_sqlite

LEGACY = -1
"""sqlite3.LEGACY_TRANSACTION_CONTROL, which Python 3.11 does not name."""

_LEVELS = {"", "DEFERRED", "IMMEDIATE", "EXCLUSIVE"}


class Connection(sqlite3.Connection):
    """A connection to a moved database, used like one of the standard module.

    Beside what `sqlite3.connect` takes: `schema`, `values` and `keys` as in `outgrow.connect`. Raises
    sqlite3.OperationalError when PostgreSQL cannot be reached or the schema was not moved.
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

    def _check_closed(self) -> None:
        """As `_check`, for what any thread may ask."""
        if getattr(self, "_closed", None) is None:
            raise sqlite3.ProgrammingError("Base Connection.__init__ not called.")
        if self._closed:
            raise sqlite3.ProgrammingError("Cannot operate on a closed database.")

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

    def close(self) -> None:
        """Undoes what is open and ends the connection; a second time does nothing."""
        if getattr(self, "_closed", None) is None:
            raise sqlite3.ProgrammingError("Base Connection.__init__ not called.")
        if not self._closed:
            self._check()
            with self._lock:
                self._leave()
        super().close()

    # Statements.

    def cursor(self, factory: Any = Cursor) -> Any:
        """A cursor; `factory` makes one of a class derived from sqlite3's or from ours."""
        self._check()
        if factory is sqlite3.Cursor:
            factory = Cursor
        made = factory(self)
        if not issubclass(type(made), sqlite3.Cursor):
            raise TypeError(f"factory must return a cursor, not {type(made).__name__}")
        if not issubclass(type(made), Cursor):
            made = _rebased(type(made))(self)
        if self.row_factory is not None:
            made.row_factory = self.row_factory
        return made

    def execute(self, *arguments: Any) -> Any:
        """A new cursor that has run a statement."""
        return self.cursor().execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        """A new cursor that has run a statement for each set of values."""
        return self.cursor().executemany(*arguments)

    def executescript(self, *arguments: Any) -> Any:
        """A new cursor that has run a text of statements."""
        return self.cursor().executescript(*arguments)

    def __call__(self, *arguments: Any) -> Any:
        """sqlite3's internal statement object, of the empty shadow."""
        self._check()
        return super().__call__(*arguments)

    @property
    def total_changes(self) -> int:
        """How many rows this connection's statements have changed; what triggers change is not in it."""
        self._check_closed()
        return self._engine.total_changes

    def setlimit(self, category: int, limit: int, /) -> int:
        """As in sqlite3; of its limits only the length of a statement is looked at."""
        before = super().setlimit(category, limit)
        self._longest = self.getlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH) // 4
        return before

    def interrupt(self) -> None:
        """Ends the statement that another thread is running here."""
        self._check_closed()
        self._engine.interrupt()

    def iterdump(self, **options: Any) -> Generator[str, None, None]:
        """The database as SQLite's SQL, as sqlite3 makes it."""
        self._check()
        return super().iterdump(**options)

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

    def blobopen(
        self, table: str, column: str, row: int, /, *, readonly: bool = False, name: str = "main"
    ) -> Any:
        """One blob or text as a file of bytes, as in sqlite3; what is written is written at once."""
        self._check()
        return Blob.opened(self, table, column, row, readonly=readonly, name=name)

    def backup(
        self, target: sqlite3.Connection, *, pages: int = -1,
        progress: Callable[[int, int, int], object] | None = None, name: str = "main", sleep: float = 0.25,
    ) -> None:  # fmt: skip
        """Writes everything over another database, in place of what it holds.

        All of it passes through the memory of this process; large databases are copied with pg_dump.
        """
        self._check()
        if not isinstance(target, sqlite3.Connection):
            raise TypeError(f"backup() argument 1 must be sqlite3.Connection, not {type(target).__name__}")
        if target is self:
            raise ValueError("target cannot be the same connection instance")
        if isinstance(target, Connection):
            target._check()
            if target.in_transaction:
                raise sqlite3.OperationalError("target is in transaction")
        if name == "temp":
            raise sqlite3.NotSupportedError(
                "a backup of temporary tables: copy them into ordinary ones first"
            )
        if name != "main":
            raise sqlite3.OperationalError(f"unknown database {name}")
        whole, copy = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
        try:
            with self._lock, self._engine.whole():
                super().backup(whole)
            ours = isinstance(target, Connection)
            whole.backup(copy if ours else target, pages=pages, progress=progress, sleep=sleep)
            if isinstance(target, Connection):
                target._replaced_by(steps(copy))
        finally:
            whole.close()
            copy.close()

    def _replaced_by(self, made: Iterator[Step]) -> None:
        """Holds what those steps make, and nothing of what it held; all of it or nothing."""
        with self._lock:
            self._engine.ready()
            self._engine.begin()
            cursor = self.cursor()
            try:
                found = cursor.execute(
                    "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view') "
                    "AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY type = 'table'"
                ).fetchall()
                for kind, name in found:
                    cursor.execute(f"DROP {kind} {quote_sqlite(name)}")
                for sql, rows in made:
                    if rows is None:
                        cursor.execute(sql)
                    else:
                        cursor.executemany(sql, rows)
                self._engine.commit()
            except BaseException:
                self._engine.rollback()
                raise

    # What PostgreSQL has no equal of.

    def create_function(self, name: str, narg: int, func: Any, *, deterministic: bool = False) -> None:
        """As in sqlite3. A query that calls it is answered by SQLite here, over the rows that it reads."""
        self._check()
        super().create_function(name, narg, func, deterministic=deterministic)
        self._engine.own.set(name, there=func is not None, deterministic=deterministic)

    def create_aggregate(self, name: str, n_arg: int, aggregate_class: Any, /) -> None:
        """As in sqlite3, and as `create_function`."""
        self._check()
        super().create_aggregate(name, n_arg, aggregate_class)
        self._engine.own.set(name, there=aggregate_class is not None)

    def create_window_function(self, name: str, num_params: int, aggregate_class: Any, /) -> None:
        """As in sqlite3, and as `create_function`."""
        self._check()
        super().create_window_function(name, num_params, aggregate_class)
        self._engine.own.set(name, there=aggregate_class is not None)

    def create_collation(self, name: str, callback: Any, /) -> None:
        """As in sqlite3, and as `create_function`: for COLLATE in a query."""
        self._check()
        super().create_collation(name, callback)
        self._engine.own.set(name, there=callback is not None)

    def set_progress_handler(self, progress_handler: Any, n: int) -> None:
        """Asks the handler while a statement runs, some times a second; a true answer ends the statement.

        The server counts no instructions: `n` says nothing but whether there is a handler.
        """
        self._check()
        super().set_progress_handler(progress_handler, n)  # which says what is wrong with them
        super().set_progress_handler(None, 0)
        self._shadow.progress = (progress_handler, n)
        self._engine.wire.progress = progress_handler if n > 0 else None

    def set_authorizer(self, authorizer_callback: Any) -> None:
        """Asks `authorizer_callback` of every statement before it runs, as SQLite would.

        SQLITE_IGNORE, which reads a column as NULL, counts as SQLITE_DENY.
        """
        self._check()
        super().set_authorizer(authorizer_callback)
        self._shadow.authorizer = authorizer_callback
        self._engine.asks_first = authorizer_callback is not None

    def enable_load_extension(self, enable: bool, /) -> None:
        """NotSupportedError for True: extensions of SQLite are not PostgreSQL's."""
        self._check()
        if enable:
            raise _unsupported_extension()

    def load_extension(self, *_arguments: Any, **_options: Any) -> None:
        """NotSupportedError: extensions of SQLite are not PostgreSQL's."""
        self._check()
        raise _unsupported_extension()

    def serialize(self, *, name: str = "main") -> bytes:
        """The database as the bytes of a SQLite file."""
        self._check()
        copy = sqlite3.connect(":memory:")
        try:
            self.backup(copy, name=name)
            return copy.serialize()
        finally:
            copy.close()

    def deserialize(self, data: Any, /, *, name: str = "main") -> None:
        """NotSupportedError: a SQLite file is moved, not loaded."""
        self._check()
        del data, name
        raise sqlite3.NotSupportedError("deserialize: write the bytes to a file, and run outgrow move")


def _unsupported_extension() -> sqlite3.NotSupportedError:
    return sqlite3.NotSupportedError(
        "an extension of SQLite cannot run in PostgreSQL: use one of PostgreSQL's (pgvector for sqlite-vec)"
    )


_classes: dict[type, type] = {}


def _rebased(kind: type) -> type:
    """A program's subclass of sqlite3.Cursor, over ours."""
    made = _classes.get(kind)
    if made is None:
        made = _classes[kind] = type(kind.__name__, (kind, Cursor), {"__module__": kind.__module__})
    return made
