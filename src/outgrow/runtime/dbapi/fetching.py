"""`Fetching`: the half of a cursor that hands out rows, as sqlite3 does.

It keeps what a statement gave, takes it from the result as it is asked for, and shows it by the program's
converters and factories. `cursor` runs the statements. Rules:
https://docs.python.org/3/library/sqlite3.html#cursor-objects
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import psycopg
from psycopg.adapt import Transformer

from outgrow.runtime.dbapi.converting import Converter, converters, refuse_undecoded, with_text_factory
from outgrow.runtime.dbapi.failures import failure
from outgrow.runtime.dbapi.local import OnlyLocalError
from outgrow.runtime.dbapi.rows import Rest
from outgrow.runtime.dbapi.sending import Outcome
from outgrow.runtime.dbapi.statement import Prepared, Statement
from outgrow.runtime.dbapi.wire import ROWS_OF_A_PART

if TYPE_CHECKING:
    from outgrow.runtime.dbapi.connection import Connection

Row = tuple[Any, ...]
_AT_ONCE = ROWS_OF_A_PART
"""Rows that are taken from a result together: the first when the statement has run, others when asked for."""
RECURSIVE = "Recursive use of cursors not allowed."


class Fetching(sqlite3.Cursor):
    """The rows of a cursor's last statement, and what is known of it. Raises sqlite3.Error."""

    _own: Connection

    def __init__(self, connection: Connection, /) -> None:
        if getattr(self, "_busy", False):
            raise sqlite3.ProgrammingError(RECURSIVE)
        super().__init__(connection)
        self._busy = False
        self._own = connection
        self._shut = False
        self._count = -1
        self._rowid: int | None = None
        self._prepared: Prepared | None = None
        self._labelled = True
        self._coming: Rest | None = None
        self._forget()

    def _forget(self) -> None:
        """Lets go of the rows of the statement before."""
        if self._coming is not None:
            self._own._engine.guarded(self._coming.close)
        self._coming = None
        self._rows: list[Row] = []
        self._next = 0
        self._rest: tuple[Any, int, int] | None = None  # psycopg's Transformer, next row, number of rows
        self._converters: tuple[Converter | None, ...] | None = None
        self._local: Any = None
        self._finished: list[Any] = []

    def _check(self) -> None:
        try:
            own, shut = self._own, self._shut
        except AttributeError:
            raise sqlite3.ProgrammingError("Base Cursor.__init__ not called.") from None
        if shut:
            raise sqlite3.ProgrammingError("Cannot operate on a closed cursor.")
        if self._busy:
            raise sqlite3.ProgrammingError(RECURSIVE)
        own._check()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While a program's own adapter, converter or factory runs, this cursor is not to be used."""
        if self._busy:
            raise sqlite3.ProgrammingError(RECURSIVE)
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    def _take(self, outcome: Outcome) -> None:
        self._count = outcome.rowcount
        self._rowid = self._own._engine.last_rowid
        prepared = self._prepared = outcome.prepared
        self._labelled = prepared is None
        if prepared is None:
            return
        if self._own._detect_types:
            self._converters = converters(prepared.translated.columns, self._own._detect_types)
        if outcome.rows is not None:
            self._rows = outcome.rows
        elif outcome.result is not None and outcome.result.ntuples:
            transformer = Transformer(self._own._engine.wire.raw)
            transformer.set_pgresult(outcome.result)
            self._rest = (transformer, 0, outcome.result.ntuples)
            self._more()
            engine = self._own._engine
            if engine.wire.unread:
                self._coming = Rest(engine.session, transformer, self._own._lock)
                if engine.link.hurries:
                    self._coming.take_all()

    def _answer_locally(self, statement: Statement, parameters: Any, only: OnlyLocalError) -> None:
        """Has SQLite answer; it applies converters and factories itself."""
        self._count, self._rowid = -1, self._own._engine.last_rowid
        with self._own._engine.filled(statement.sql, only):
            super().execute(statement.sql, parameters)
            self._finished = super().fetchall()
        self._prepared, self._labelled = None, True
        self._local = super().description

    # Rows.

    def _more(self) -> bool:
        """Takes the next rows from the result."""
        if self._rest is None:
            return self._coming is not None and self._next_part(self._coming)
        transformer, start, total = self._rest
        stop = min(start + _AT_ONCE, total)
        self._rows = self._mended(transformer.load_rows(start, stop, tuple))
        self._next = 0
        self._rest = (transformer, stop, total) if stop < total else None
        return True

    def _next_part(self, coming: Rest) -> bool:
        """Takes the next rows from those that are still on their way."""
        try:
            rows = coming.part()
        except psycopg.Error as error:
            self._coming = None
            raise self._own._engine.failed(error) from error
        except OSError as error:
            self._coming = None
            said = f"no room for the rows of a result in the directory for temporary files: {error.strerror}"
            raise failure(sqlite3.OperationalError, said, "SQLITE_IOERR", error) from None
        if rows is None:
            self._coming = None
            return False
        self._rows, self._next = self._mended(rows), 0
        return True

    def _mended(self, rows: list[Row]) -> list[Row]:
        return self._prepared.mended(rows) if self._prepared is not None else rows

    def _shown(self, rows: list[Row]) -> list[Any]:
        """The rows as the program wants them: by its converters, its text factory and its row factory."""
        factory = self._own.text_factory
        if self._converters is not None:
            with self._alone():
                rows = [self._converted(row, factory) for row in rows]
        elif factory is not str:
            rows = [with_text_factory(row, factory) for row in rows]
        elif self._prepared is not None and self._prepared.escapes:
            refuse_undecoded(rows, self._prepared.translated.columns)
        make = self.row_factory
        if make is None:
            return rows
        self._label()
        return [make(self, row) for row in rows]

    def _converted(self, row: Row, factory: Callable[[bytes], Any]) -> Row:
        return tuple(
            with_text_factory((value,), factory)[0] if convert is None else convert(value)
            for convert, value in zip(self._converters or (), row, strict=True)
        )

    def _label(self) -> None:
        """Has SQLite's own cursor carry the column names, for `sqlite3.Row` and `description`."""
        if not self._labelled and self._prepared is not None:
            self._labelled = True
            super().execute(self._prepared.label_sql)

    def fetchone(self) -> Any:
        """The next row, None after the last."""
        self._check()
        if self._finished:
            return self._finished.pop(0)
        if self._next >= len(self._rows) and not self._more():
            return None
        row = self._rows[self._next]
        self._next += 1
        if (
            self.row_factory is None and self._converters is None and self._own.text_factory is str
            and not (self._prepared is not None and self._prepared.escapes)
        ):  # fmt: skip
            return row
        return self._shown([row])[0]

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next `size` rows at most; `arraysize` of them unless told."""
        self._check()
        return self._taken(self.arraysize if size is None else size)

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        self._check()
        return self._taken(sys.maxsize)

    def _taken(self, size: int) -> list[Any]:
        if self._finished:
            taken, self._finished = self._finished[:size], self._finished[size:]
            return taken
        found: list[Row] = []
        while len(found) < size:
            if self._next >= len(self._rows):
                if self._rest is not None and size >= self._rest[2]:
                    found += self._all_the_rest()
                if not self._more():
                    break
            part = self._rows[self._next : self._next + size - len(found)]
            self._next += len(part)
            found += part
        return self._shown(found)

    def _all_the_rest(self) -> list[Row]:
        transformer, start, total = self._rest or (None, 0, 0)
        self._rest, self._rows, self._next = None, [], 0
        return self._mended(transformer.load_rows(start, total, tuple)) if transformer else []

    def __iter__(self) -> Self:
        self._check()
        return self

    def __next__(self) -> Any:
        if self._finished or self._next < len(self._rows) or self._more():
            return self.fetchone()
        self._check()
        raise StopIteration

    def close(self) -> None:
        """Ends the cursor; its connection stays."""
        if getattr(self, "_shut", None) is None:
            raise sqlite3.ProgrammingError("Base Cursor.__init__ not called.")
        if self._busy:
            raise sqlite3.ProgrammingError(RECURSIVE)
        self._own._check()
        self._shut = True
        self._forget()
        super().close()

    # What is known of the last statement.

    @property
    def description(self) -> Any:
        """The names of the columns, each in a tuple of seven; None for a statement without."""
        if self._prepared is None:
            return self._local
        self._label()
        return super().description

    @property
    def rowcount(self) -> int:
        """How many rows the last statement changed; -1 for one that changes none."""
        self._check_made()
        return self._count

    @property
    def lastrowid(self) -> int | None:
        """The rowid of the last row that this cursor has inserted; None before any.

        Of a table whose rowids were not moved it stays as it was.
        """
        self._check_made()
        return self._rowid

    def _check_made(self) -> None:
        if getattr(self, "_shut", None) is None:
            raise sqlite3.ProgrammingError("Base Cursor.__init__ not called.")
