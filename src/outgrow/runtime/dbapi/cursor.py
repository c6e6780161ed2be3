"""`Cursor`: runs statements for a program and leaves their rows to `fetching`.

A cursor of the standard module, too, so that `sqlite3.Row` and whatever asks `isinstance` takes it. Before it
stands the program, after it `engine`. Rules: https://docs.python.org/3/library/sqlite3.html#cursor-objects
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from outgrow.runtime.dbapi import binding
from outgrow.runtime.dbapi.binding import MisboundError
from outgrow.runtime.dbapi.failures import failure
from outgrow.runtime.dbapi.fetching import RECURSIVE, Fetching
from outgrow.runtime.dbapi.local import OnlyLocalError
from outgrow.runtime.dbapi.sending import Bound
from outgrow.runtime.dbapi.shadow import several
from outgrow.runtime.dbapi.statement import Statement
from outgrow.runtime.dbapi.tracing import expanded
from outgrow.schema.lexer import TokenError, statements, tokens

if TYPE_CHECKING:
    from outgrow.runtime.dbapi.connection import Connection


class Cursor(Fetching):
    """A cursor of a `Connection`. Raises sqlite3.Error."""

    def execute(self, sql: str, parameters: Any = (), /) -> Self:
        """Runs one statement with values for its parameters."""
        self._check()
        own = self._own
        _check_text("execute", sql, own)
        with own._lock:
            self._forget()
            self._prepared = None
            engine = own._engine
            engine.ready()
            statement = engine.statements.statement(sql)
            self._refuse_several(statement)
            bound = self._bound(statement, parameters)
            if own._trace is not None:
                _told(own, statement, bound[0])
            try:
                self._take(engine.run(statement, bound, begins=own.begins(), in_parts=True))
            except OnlyLocalError as only:
                by_name = isinstance(parameters, dict)
                self._answer_locally(statement, parameters if by_name else bound[0], only)
            if own._autocommit is False:
                own._always_open()
        return self

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Self:
        """Runs a statement that changes rows for each set of values."""
        self._check()
        own = self._own
        _check_text("executemany", sql, own)
        with own._lock:
            self._forget()
            self._prepared = None
            engine = own._engine
            engine.ready()
            statement = engine.statements.statement(sql)
            self._refuse_several(statement)
            if not statement.is_dml:
                raise sqlite3.ProgrammingError("executemany() can only execute DML statements.")
            self._count = self._many(statement, parameters)
        return self

    def _many(self, statement: Statement, parameters: Iterable[Any]) -> int:
        """What a faulty set, or the iterator itself, raises comes after the sets before it have been run."""
        own = self._own
        sets: list[Bound] = []
        changed = 0
        given = iter(parameters)
        is_plain = isinstance(parameters, list | tuple)  # whose iterator runs no code of the program's
        while True:
            try:
                if is_plain:
                    each = next(given, _END)
                else:
                    with self._alone():
                        each = next(given, _END)
                if each is not _END:
                    sets.append(self._bound(statement, each))
            except BaseException:
                if sets:
                    own._engine.run_many(statement, sets, begins=own.begins())
                raise
            if each is _END or len(sets) >= 1000:
                if own._trace is not None:
                    _told(own, statement, *(values for values, _ in sets))
                changed += own._engine.run_many(statement, sets, begins=own.begins())
                sets = []
            if each is _END:
                return changed

    def executescript(self, sql_script: str, /) -> Self:
        """Commits what is open, then runs a text of statements."""
        self._check()
        own = self._own
        if not isinstance(sql_script, str):
            raise TypeError(f"executescript() argument must be str, not {type(sql_script).__name__}")
        _check_text("executescript", sql_script, own)
        with own._lock:
            self._forget()
            self._prepared = None
            engine = own._engine
            engine.ready()
            if own._autocommit is not False and engine.session.open:
                engine.commit()
            for sql in _each(sql_script):
                engine.ready()
                statement = engine.statements.statement(sql)
                bound = self._bound(statement, ())
                if own._trace is not None:
                    _told(own, statement, ())
                try:
                    engine.run(statement, bound, begins=None)
                except OnlyLocalError as only:
                    self._answer_locally(statement, (), only)
            self._forget()
        return self

    def _bound(self, statement: Statement, given: Any) -> Bound:
        if not statement.layout.count and not given:
            return (), ()
        if self._busy:
            raise sqlite3.ProgrammingError(RECURSIVE)
        self._busy = True  # as `_alone`, in a third of its time
        try:
            values = statement.layout.values(given)
            return binding.classified(values, binding.native if self._own._native else None)
        except MisboundError:
            pass
        finally:
            self._busy = False
        # sqlite3 itself says what is wrong, of a statement with the same parameters.
        sqlite3.Cursor.execute(self, statement.layout.probe, given)
        raise sqlite3.ProgrammingError("the values do not go with the statement")

    def _refuse_several(self, statement: Statement) -> None:
        if statement.layout.count > 1 and statement.layout.count > self._own.getlimit(_VARIABLES):
            raise failure(sqlite3.OperationalError, "too many SQL variables", "SQLITE_ERROR")
        if ";" in statement.sql and several(statement.sql):
            raise sqlite3.ProgrammingError("You can only execute one statement at a time.")


_END = object()
_VARIABLES = sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER


def _check_text(method: str, sql: Any, own: Connection) -> None:
    """What sqlite3 refuses before it reads a statement."""
    if type(sql) is not str and not isinstance(sql, str):
        raise TypeError(f"{method}() argument 1 must be str, not {type(sql).__name__}")
    if not sql.isascii():
        sql.encode()  # UnicodeEncodeError for lone surrogates
    if "\0" in sql:
        if method == "executescript":
            raise ValueError("embedded null character")
        raise sqlite3.ProgrammingError("the query contains a null character")
    if len(sql) > own._longest and len(sql.encode()) > own.getlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH):
        raise sqlite3.DataError("query string is too large")


def _each(script: str) -> Iterable[str]:
    """The statements of a script; what SQLite cannot read comes last, for it to say so."""
    try:
        for token in tokens(script):
            del token
    except TokenError as error:
        yield from statements(script[: error.offset].rpartition(";")[0])
        yield script[script[: error.offset].rfind(";") + 1 :]
        return
    yield from statements(script)


def _told(own: Connection, statement: Statement, *sets: Sequence[Any]) -> None:
    """Tells a trace callback what runs: the statement with each set of values."""
    level = own.begins()
    if statement.is_dml and level is not None and not own._engine.session.open and sets:
        own._traced(f"BEGIN {level}")
    for values in sets:
        text = expanded(statement.sql, values, statement.layout)
        longest = own.getlimit(sqlite3.SQLITE_LIMIT_LENGTH)
        own._traced(text if len(text) <= longest else statement.sql)
