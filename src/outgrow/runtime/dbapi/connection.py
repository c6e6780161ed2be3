"""`Connection`: what `sqlite3.connect` gives a program, over PostgreSQL.

It is a connection of the standard module, too: to the empty `shadow` of its schema in memory. So it is what
`isinstance` asks for, it checks arguments as sqlite3 does, and SQLite itself says what is wrong with a
statement. Everything that reads or writes goes to PostgreSQL through `engine`; what cannot is refused here by
name. Rules: https://docs.python.org/3/library/sqlite3.html
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterator
from typing import Any

from outgrow.runtime.dbapi.blob import Blob
from outgrow.runtime.dbapi.cursor import Cursor
from outgrow.runtime.dbapi.transactional import Transactional
from outgrow.runtime.dbapi.whole import Step, steps
from outgrow.schema.names import quote_sqlite


class Connection(Transactional):
    """A connection to a moved database, used like one of the standard module.

    Beside what `sqlite3.connect` takes: `schema`, `values` and `keys` as in `outgrow.connect`. Raises
    sqlite3.OperationalError when PostgreSQL cannot be reached or the schema was not moved.
    """

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
