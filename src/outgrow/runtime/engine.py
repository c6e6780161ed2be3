"""Runs an application's statements: finds what each is on PostgreSQL, sends it, and says what came of it.

One for each `Connection`. Before it stands `cursor` with a text and values, below it `statement` (what to send),
`session` (in which transaction), `definitions` (what changes the schema) and `shadow` (what SQLite says).
"""

from __future__ import annotations

import logging
import re
import sqlite3
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer

from outgrow.errors import OutgrowError, TargetError, TranslationError
from outgrow.runtime import definitions
from outgrow.runtime.failures import failure, is_lost, translated
from outgrow.runtime.known import Known, log
from outgrow.runtime.link import Link, link_of, milliseconds_of
from outgrow.runtime.local import OwnFunctions, cannot_write, fill, read_by
from outgrow.runtime.opening import opened
from outgrow.runtime.session import Session, serial_of
from outgrow.runtime.shadow import Shadow
from outgrow.runtime.statement import DEFINITIONS, TRANSACTIONS, Prepared, Statement, Statements
from outgrow.runtime.values import NulError
from outgrow.runtime.wire import FailedError, Request
from outgrow.schema.lexer import tokens, unquote
from outgrow.schema.names import literal, qualified
from outgrow.schema.target import Relation
from outgrow.translate import control
from outgrow.translate.value import Kind

_ROWID = struct.Struct(">q").unpack
_REMEMBER = (
    b"SELECT pg_catalog.set_config('outgrow.last_insert_rowid', $1, false), "
    b"pg_catalog.set_config('outgrow.changes', $2, false), pg_catalog.set_config('outgrow.total_changes', $3, false)"
)
_IN_ONE_GO = 250
"""Statements of executemany that travel together."""


@dataclass(slots=True)
class Outcome:
    """What a statement gave. `prepared` is set where it has columns; `result` or `rows` then hold its rows."""

    prepared: Prepared | None = None
    result: pq.abc.PGresult | None = None
    rows: list[tuple[Any, ...]] | None = None
    rowcount: int = -1
    lastrowid: int | None = None


class OnlyLocalError(Exception):
    """A query that only SQLite can answer; `tables` are those that it reads, `error` says why."""

    def __init__(self, tables: frozenset[str], error: TranslationError) -> None:
        self.tables, self.error = tables, error
        super().__init__(tables, error)


class Engine:
    """What one connection runs its statements with. Raises sqlite3.Error. Not for two threads at once.

    `url` is None for a connection that belongs to somebody else, who makes it anew when it is lost.
    """

    def __init__(
        self, raw: psycopg.Connection[Any], *, schema: str, native: bool, timeout: float, url: str | None,
        shadow: Shadow,
    ) -> None:  # fmt: skip
        self._schema, self._native, self._timeout, self._url = schema, native, timeout, url
        self._shadow = shadow
        self.asks_first = False
        self.own = OwnFunctions()
        self.total_changes = 0
        self.changes = 0
        self.last_rowid: int | None = 0
        self._said: set[str] = set()
        self._enter(link_of(raw))

    def _enter(self, link: Link) -> None:
        self._link = link
        self.wire = link.wire
        before = (b"SET LOCAL lock_timeout = %d" % milliseconds_of(self._timeout),) if link.pooled else ()
        self.session = Session(link.wire, serial=serial_of(self._schema), before=before)
        link.waits(self._timeout)
        self._know(link.known(self._schema))
        self._marks: list[Known] = []
        self._at_begin: Known | None = None

    def _know(self, known: Known) -> None:
        self._known = known
        self.statements: Statements = known.native if self._native else known.plain
        self.session.deferred = self.session.deferred or any(
            "DEFERRED" in text.upper() for text in known.texts
        )

    @property
    def known(self) -> Known:
        """What this connection knows of the schema."""
        return self._known

    # Statements that a program sends.

    def run(
        self, statement: Statement, values: Sequence[Any], kinds: tuple[Kind, ...], *, begins: str | None
    ) -> Outcome:
        """Runs one statement; `begins` is how a transaction begins by itself before one that writes."""
        if self.asks_first:
            self._ask_shadow(statement.sql)
        special = _SPECIAL.get(statement.verb)
        if special is None and not statement.verb:
            return Outcome()
        if special is not None:
            return special(self, statement)
        if self.own.called(statement.sql):
            self._refuse_or_answer(statement, TranslationError("a function of the program", statement.sql))
        prepared = self._prepared(statement, kinds, values)
        if statement.begins and begins is not None and not self.session.open:
            self.begin(begins)
        if not prepared.sql:
            rows = [*(prepared.translated.rows or ())]
            return Outcome(prepared=prepared if prepared.width else None, rows=rows)
        return self._outcome(statement, prepared, values)

    def run_many(
        self, statement: Statement, sets: Sequence[tuple[Sequence[Any], tuple[Kind, ...]]], *,
        begins: str | None,
    ) -> int:  # fmt: skip
        """Runs one statement for each set of values, many in one round trip; how many rows it changed.

        When one fails, those before it stay, as with SQLite.
        """
        if self.asks_first:
            self._ask_shadow(statement.sql)
        if self.own.called(statement.sql):
            raise cannot_write(statement.sql)
        if statement.begins and begins is not None and not self.session.open:
            self.begin(begins)
        changed = 0
        for start in range(0, len(sets), _IN_ONE_GO):
            part = sets[start : start + _IN_ONE_GO]
            changed += self._run_part(statement, part)
        return changed

    def _run_part(
        self, statement: Statement, sets: Sequence[tuple[Sequence[Any], tuple[Kind, ...]]]
    ) -> int:
        made = [(self._prepared(statement, kinds, values), values) for values, kinds in sets]
        if len(made) == 1 or any(prepared.asks_session for prepared, _ in made):
            return sum(max(self._outcome(statement, *each).rowcount, 0) for each in made)
        try:
            requests = [self._request(prepared, values) for prepared, values in made]
        except NulError as error:
            raise failure(sqlite3.DataError, str(error), "SQLITE_MISMATCH", error) from None
        try:
            results = self.session.run(requests, writes=True)
        except FailedError as failed:
            if failed.place > 0 and not is_lost(failed.error):
                self._run_part(statement, sets[: failed.place])
            raise self._failed(statement, failed.error) from failed.error
        for (prepared, _), result in zip(made, results, strict=True):
            self._count(result, prepared)
        return sum(result.command_tuples or 0 for result in results)

    def _prepared(self, statement: Statement, kinds: tuple[Kind, ...], values: Sequence[Any]) -> Prepared:
        try:
            prepared = statement.prepared(kinds, values)
        except TranslationError as error:
            if self._is_stale():
                fresh = self.statements.statement(statement.sql)
                with suppress(TranslationError):
                    return fresh.prepared(kinds, values)
            self._refuse_or_answer(statement, error)
        for finding in prepared.translated.findings:
            if finding not in self._said:
                self._said.add(finding)
                (log.info if finding.startswith("PRAGMA") else log.warning)("%s", finding)
        if statement.verb == "PRAGMA" and prepared.sql[:6] != b"SELECT":
            self._link.changed = True
            self.session.deferred = self.session.deferred or prepared.sql.startswith(b"SET CONSTRAINTS")
        return prepared

    def _request(self, prepared: Prepared, values: Sequence[Any]) -> Request:
        return Request(prepared.sql, prepared.values(values), prepared.oids, prepared.formats, True)

    def _outcome(self, statement: Statement, prepared: Prepared, values: Sequence[Any]) -> Outcome:
        try:
            request = self._request(prepared, values)
        except NulError as error:
            if statement.writes:
                raise failure(sqlite3.DataError, str(error), "SQLITE_MISMATCH", error) from None
            self._refuse_or_answer(statement, TranslationError(str(error), statement.sql))
        requests = [self._remembered(), request] if prepared.asks_session else [request]
        writes = statement.writes
        if self.wire.progress is not None and self.wire.told_to_stop():
            raise failure(sqlite3.OperationalError, "interrupted", "SQLITE_INTERRUPT")
        try:
            results = self.session.run(requests, writes=writes)
        except FailedError as failed:
            if not self._may_repeat(failed.error, writes=writes):
                raise self._failed(statement, failed.error) from failed.error
            return self._outcome(statement, prepared, values)
        result = results[-1]
        outcome = Outcome(prepared=prepared if prepared.width else None, result=result)
        if writes:
            outcome.lastrowid = self._count(result, prepared)
            if statement.is_dml:
                outcome.rowcount = result.command_tuples or 0
        return outcome

    def _count(self, result: pq.abc.PGresult, prepared: Prepared) -> int | None:
        """Notes what changes() and last_insert_rowid() say; the rowid of the row inserted last, if any."""
        self.changes = result.command_tuples or 0
        self.total_changes += self.changes
        if not prepared.keyed:
            if prepared.inserts:  # whatever its rowid is, it is not that of the row before
                self.last_rowid = None
            return None
        if not result.ntuples:
            return None
        value = result.get_value(result.ntuples - 1, result.nfields - 1)
        if value is None:
            return None
        self.last_rowid = int(_ROWID(value)[0])
        return self.last_rowid

    def _remembered(self) -> Request:
        numbers = (self.last_rowid or 0, self.changes, self.total_changes)
        return Request(_REMEMBER, [b"%d" % number for number in numbers], [25] * 3, [1] * 3)

    # Transactions.

    def begin(self, level: str = "") -> None:
        """Begins a transaction of that isolation level."""
        self._at_begin, self._marks = None, []
        try:
            self.session.begin(waits=level in {"IMMEDIATE", "EXCLUSIVE"})
        except FailedError as failed:
            raise translated(failed.error, self._known.model) from failed.error

    def commit(self) -> None:
        """Ends the transaction."""
        self._guarded(self.session.commit)
        self._at_begin = None

    def rollback(self) -> None:
        """Undoes the transaction, and what it has defined."""
        try:
            self._guarded(self.session.rollback)
        finally:
            self._undefine(self._at_begin)
            self._at_begin = None

    def _undefine(self, known: Known | None) -> None:
        if known is not None and known is not self._known:
            self._know(known)
            self._shadow.doubt()
            self.wire.forget_prepared()

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except psycopg.Error as error:
            raise translated(error, self._known.model) from error

    def _transaction(self, statement: Statement) -> Outcome:
        try:
            control.answer(statement.sql, self._known.model)
        except TranslationError as error:
            raise self._refusal(statement.sql, error) from None
        words = [token for token in tokens(statement.sql) if token.word != ";"]
        verb = "COMMIT" if statement.verb == "END" else statement.verb
        if verb == "ROLLBACK" and any(token.word == "TO" for token in words):
            verb = "ROLLBACK TO"
        session = self.session
        if verb == "BEGIN":
            if session.open:
                raise _error("cannot start a transaction within a transaction")
            self.begin(words[1].word if len(words) > 1 else "")
        elif verb in {"COMMIT", "ROLLBACK"}:
            if not session.open:
                raise _error(f"cannot {verb.lower()} - no transaction is active")
            (self.commit if verb == "COMMIT" else self.rollback)()
        else:
            self._savepoint(verb, unquote(words[-1]))
        return Outcome()

    def _savepoint(self, verb: str, name: str) -> None:
        session = self.session
        if verb == "SAVEPOINT":
            if not session.open:
                self._at_begin, self._marks = None, []
            self._guarded(lambda: session.savepoint(name))
            self._marks.append(self._known)
            return
        place = session.place(name)
        if place is None:
            raise _error(f"no such savepoint: {name}")
        if verb == "RELEASE":
            self._guarded(lambda: session.release(name))
            del self._marks[place:]
        else:
            self._guarded(lambda: session.rollback_to(name))
            self._undefine(self._marks[place])
            del self._marks[place + 1 :]

    # What changes the schema, and what concerns all of it.

    def _define(self, statement: Statement) -> Outcome:
        self.ready()
        if not self._shadow.defines(statement.sql, self._known.texts):
            return Outcome()
        before = self._known
        made: list[Known] = []
        try:
            self.session.script(
                lambda: made.append(definitions.define(self._link.raw, self._known, statement.sql))
            )
        except TranslationError as error:
            raise self._refusal(statement.sql, error) from None
        except TargetError as error:
            raise failure(sqlite3.OperationalError, str(error), "SQLITE_AUTH", error) from None
        except psycopg.Error as error:
            raise translated(error, self._known.model) from error
        finally:
            self._shadow.doubt()
        if self.session.open and self._at_begin is None:
            self._at_begin = before
        self.wire.forget_prepared()
        self._know(made[0])
        return Outcome()

    def _attach(self, statement: Statement) -> Outcome:
        try:
            known = definitions.attached(self._link.raw, self._known, statement.sql)
            if known is None:
                control.answer(statement.sql, self._known.model)
        except (TranslationError, OutgrowError) as error:
            raise self._refusal(statement.sql, error) from None
        if known is not None:
            self._know(known)
        return Outcome()

    def _vacuum(self, statement: Statement) -> Outcome:
        if self.session.open:
            raise _error("cannot VACUUM from within a transaction")
        prepared = self._prepared(statement, (), ())
        self._guarded(lambda: self.wire.script(prepared.translated.sql))
        return Outcome()

    # What may go wrong.

    def ready(self) -> None:
        """Sees to it that the server is there and the schema known as it is now, before a statement."""
        session = self.session
        if session.begun:
            return
        if not self.wire.heard():
            self._reconnect()
        elif self.wire.notified and self._at_begin is None:
            self._refresh()

    def _refresh(self) -> None:
        with self._errors_told():
            newest = self._link.known(self._schema)
        if newest.version != self._known.version:
            self._know(definitions.merged(self._known, newest))
            self._shadow.doubt()

    def _is_stale(self) -> bool:
        """Whether others have defined something since; if so it is known afterwards."""
        if self._at_begin is not None or not self._known.version:
            return False
        try:
            if self._link.version(self._schema) == self._known.version:
                return False
        except psycopg.Error:
            return False
        self.wire.notified = True
        self._refresh()
        return True

    def _errors_told(self) -> _Told:
        return _Told(self._known)

    def _reconnect(self) -> None:
        """A new connection in the place of one that was lost while nothing was under way."""
        if self._url is None:
            raise failure(
                sqlite3.OperationalError,
                "the connection to PostgreSQL is lost: give it back to its pool, and take another",
                "SQLITE_IOERR",
            )
        if self._known.temporary:
            raise failure(
                sqlite3.OperationalError,
                "the connection to PostgreSQL is lost, and with it temporary tables and ATTACH: connect again",
                "SQLITE_IOERR",
            )
        was_open = self.session.open
        with suppress(psycopg.Error):
            self._link.raw.close()
        raw = opened(self._url, patient=True)
        log.warning("the connection to PostgreSQL was lost while it was idle; there is a new one")
        with self._errors_told():
            self._enter(link_of(raw))
        self.session.open = was_open
        self._shadow.doubt()

    def _may_repeat(self, error: psycopg.Error, *, writes: bool) -> bool:
        """Whether a statement that was cut off can be sent again: one that only reads, outside a transaction."""
        if not is_lost(error) or writes or self.session.open or self._url is None or self._known.temporary:
            return False
        self._reconnect()
        return True

    def _failed(self, statement: Statement, error: psycopg.Error) -> sqlite3.Error:
        if is_lost(error):
            self.session.lost()
            self._undefine(self._at_begin)
        elif self.session.open and (statement.rolls_back or error.diag.message_detail == "ROLLBACK"):
            with suppress(sqlite3.Error):
                self.rollback()
        if error.sqlstate in {"42P01", "42703", "42P07"}:
            self._is_stale()  # for the next one
        return translated(error, self._known.model)

    # What only SQLite can answer.

    def _refuse_or_answer(self, statement: Statement, error: TranslationError) -> NoReturn:
        """Raises OnlyLocalError for a query that SQLite takes, else what there is to say."""
        refusal = self._refusal(statement.sql, error)
        if not isinstance(refusal, sqlite3.NotSupportedError):
            raise refusal
        if statement.writes:
            raise cannot_write(statement.sql) if self.own.called(statement.sql) else refusal
        if statement.verb not in {"SELECT", "VALUES"}:
            raise refusal
        tables = read_by(self._shadow, statement.sql)
        if tables is None:
            raise refusal
        raise OnlyLocalError(tables, error)

    @contextmanager
    def filled(self, sql: str, only: OnlyLocalError) -> Iterator[None]:
        """The shadow with the rows that a query reads, for as long as it runs there."""
        tables = {name for name in only.tables if name == "sqlite_sequence" or not name.startswith("sqlite_")}
        alone = len(tables) > 1 and not self.session.open
        if alone:  # one moment of all tables
            self.session.isolation = b" ISOLATION LEVEL REPEATABLE READ READ ONLY"
            self.begin()
        try:
            count = 0
            if tables:
                count = fill(self._shadow, tables, self._known.model, self._rows, sql, self._sequences)
        except TranslationError as error:
            raise failure(sqlite3.NotSupportedError, str(error), "SQLITE_ERROR", error) from None
        finally:
            if alone:
                self.session.isolation = b""
                self.rollback()
        if sql not in self._said:
            self._said.add(sql)
            level = logging.WARNING if count else logging.DEBUG
            log.log(level, "%s: %d rows were fetched for SQLite to answer: %s", only.error, count, sql)
        try:
            yield
        finally:
            if tables:
                self._shadow.doubt()

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query, with SQLite's values."""
        statement = self._known.plain.statement(sql)
        outcome = self._outcome(statement, self._prepared(statement, (), ()), ())
        if outcome.result is None or outcome.prepared is None or not outcome.result.ntuples:
            return []
        transformer = Transformer(self.wire.raw)
        transformer.set_pgresult(outcome.result)
        return outcome.prepared.mended(transformer.load_rows(0, outcome.result.ntuples, tuple))

    def _sequences(self, _: str) -> list[tuple[Any, ...]]:
        """Rows of sqlite_sequence: where the identities of AUTOINCREMENT tables stand."""
        found = []
        for relation in self._known.model.relations:
            if relation.rowid_alias is None or not self._counts(relation):
                continue
            table = qualified(relation.schema, relation.name)
            key = relation.column(relation.rowid_alias).name
            (result,) = self.session.run([_reached(table, key)], writes=False)
            (reached,) = _ROWID(result.get_value(0, 0) or bytes(8))
            if reached:
                found.append((relation.source, reached))
        return found

    def _counts(self, relation: Relation) -> bool:
        pattern = re.compile(rf"CREATE\s+TABLE\s+[\"'`\[]?{re.escape(relation.source)}\b", re.IGNORECASE)
        return any(pattern.match(text) and "AUTOINCREMENT" in text.upper() for text in self._known.texts)

    def _refusal(self, sql: str, error: OutgrowError) -> Exception:
        """What to raise for a statement without a translation: SQLite's own complaint, or that it is not there."""
        said = self._shadow.complaint(sql, self._known.texts)
        if said is not None:
            return said
        return failure(sqlite3.NotSupportedError, str(error), "SQLITE_ERROR", error)

    def _ask_shadow(self, sql: str) -> None:
        said = self._shadow.complaint(sql, self._known.texts)
        if said is not None:
            raise said

    def interrupt(self) -> None:
        """Ends the statement that runs, if one does; for another thread."""
        with suppress(psycopg.Error):
            self._link.raw.cancel_safe(timeout=5)

    def leave(self, release: Callable[[psycopg.Connection[Any]], None] | None) -> None:
        """Undoes what is open, and closes the connection or gives it back."""
        with suppress(psycopg.Error):
            self.session.rollback()
        if release is None:
            self._link.raw.close()
            return
        self._link.put_back(temporary=self._known.temporary)
        release(self._link.raw)


class _Told:
    """Turns the errors of reading what the target keeps into those of sqlite3."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, psycopg.Error):
            raise translated(error, self._known.model) from error
        if isinstance(error, OutgrowError):
            raise failure(sqlite3.OperationalError, str(error), "SQLITE_CANTOPEN", error) from None


def _reached(table: str, key: str) -> Request:
    """Asks for the greatest number that an identity has given out; 0 for none."""
    sequence = f"pg_catalog.pg_get_serial_sequence({literal(table)}, {literal(key)})"
    sql = f"SELECT coalesce(pg_catalog.pg_sequence_last_value({sequence}::regclass), 0)"
    return Request(sql.encode())


def _error(message: str) -> sqlite3.Error:
    return failure(sqlite3.OperationalError, message, "SQLITE_ERROR")


_SPECIAL: dict[str, Callable[[Engine, Statement], Outcome]] = {
    **dict.fromkeys(TRANSACTIONS, Engine._transaction),
    **dict.fromkeys(DEFINITIONS, Engine._define),
    "ATTACH": Engine._attach,
    "DETACH": Engine._attach,
    "VACUUM": Engine._vacuum,
}
