"""Runs an application's statements: finds what each is on PostgreSQL, sends it, and says what came of it.

One for each `Connection`. Before it stands `cursor` with a text and values; `statement` says what to send,
`standing` in which transaction, `special` carries out what is neither query nor change, and `local` answers
what only SQLite can.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer

from outgrow.errors import OutgrowError, TranslationError
from outgrow.runtime.dbapi import bundles, local, local_writes, sequences
from outgrow.runtime.dbapi.binding import classified
from outgrow.runtime.dbapi.failures import failure, is_lost
from outgrow.runtime.dbapi.folding import folded
from outgrow.runtime.dbapi.known import log
from outgrow.runtime.dbapi.numbering import Numbering, before
from outgrow.runtime.dbapi.shadow import Shadow
from outgrow.runtime.dbapi.standing import Standing
from outgrow.runtime.dbapi.statement import Prepared, Statement
from outgrow.runtime.dbapi.values import NulError
from outgrow.runtime.dbapi.wire import FailedError, Request
from outgrow.schema.names import fold, qualified
from outgrow.schema.target import TEMPORARY
from outgrow.translate.value import Kind

_ROWID = struct.Struct(">q").unpack
_REMEMBER = b"SELECT " + b", ".join(
    b"pg_catalog.set_config('outgrow.%s', $%d, false)" % (name, number)
    for number, name in enumerate((b"last_insert_rowid", b"changes", b"total_changes"), 1)
)
_TAKEN = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
_TOLD_AT_ONCE = {"55P03", "40P01", "40001", "57014"}
"""Errors that come from others, and not from one of many rows: locks, and whoever interrupts."""
_MANY = 1000
"""Rows that are worth a warning when they are fetched for SQLite to answer."""
_IN_ONE_GO = 250
"""Statements of executemany that travel together."""

Bound = tuple[Sequence[Any], tuple[Kind, ...]]
"""Values by number, and the storage class of each."""


@dataclass(slots=True)
class Outcome:
    """What a statement gave. With columns `prepared` is set, and `result` or `rows` hold its rows."""

    prepared: Prepared | None = None
    result: pq.abc.PGresult | None = None
    rows: list[tuple[Any, ...]] | None = None
    rowcount: int = -1


class Engine(Standing):
    """What one connection runs its statements with. Raises sqlite3.Error. Not for two threads at once.

    `asks_first` has every statement shown to SQLite's authorizer; `reuses_keys` has new rows numbered as
    SQLite does, and not by a sequence; `own` are the program's own functions; `file` is the path by which an
    unchanged program knows its database.
    """

    def __init__(
        self, raw: psycopg.Connection[Any], *, schema: str, native: bool, timeout: float, url: str | None,
        shadow: Shadow,
    ) -> None:  # fmt: skip
        super().__init__(raw, schema=schema, native=native, timeout=timeout, url=url, shadow=shadow)
        self.asks_first = self.reuses_keys = False
        self.file = ""
        self.own = local.OwnFunctions()
        self.total_changes = 0
        self.changes = 0
        self.last_rowid: int | None = 0
        self._said: set[str] = set()

    def run(
        self, statement: Statement, bound: Bound, *, begins: str | None, in_parts: bool = False
    ) -> Outcome:
        """Runs one statement; `begins` is how a transaction begins by itself before one that writes.

        The rows of a query may come `in_parts`: then more of them may follow, see `rows.Rest`. Raises
        `local.OnlyLocalError` for a query that SQLite has to answer.
        """
        from outgrow.runtime.dbapi.special import special  # noqa: PLC0415 - it runs statements, too

        if self.asks_first:
            self._ask_shadow(statement.sql)
        found = special(self, statement, bound)
        if found is not None:
            return found
        if self.own.called(statement.sql):
            once = self._folded(statement, bound)
            if once is None or self.own.called(once[0].sql):
                if statement.verb in {"UPDATE", "DELETE"}:
                    return self._change_locally(statement, bound, begins)
                self.refuse(statement, TranslationError("a function of the program", statement.sql))
            statement, bound = once
        prepared = self.prepared(statement, bound)
        if statement.is_dml and begins is not None and not self.session.open:
            self.begin(begins)
        if not prepared.sql:
            rows = [*(prepared.translated.rows or ())]
            return Outcome(prepared=prepared if prepared.width else None, rows=rows)
        try:
            in_parts = in_parts and not statement.writes
            return self._outcome(statement, prepared, bound[0], in_parts=in_parts)
        except sqlite3.IntegrityError as error:
            by_row = statement.row_by_row(bound[1]) if error.sqlite_errorname in _TAKEN else None
            if by_row is None or by_row.sql == prepared.sql:
                raise
            # PostgreSQL asks for each key at once, in any order; SQLite's order may free it in time.
            return self._outcome(statement, by_row, bound[0])

    def run_many(self, statement: Statement, sets: Sequence[Bound], *, begins: str | None) -> int:
        """Runs one statement for each set of values, many in one round trip; how many rows it changed.

        When one fails, those before it stay, as with SQLite.
        """
        if self.asks_first:
            self._ask_shadow(statement.sql)
        if sequences.is_named(statement.sql):
            return sum(max(self.run(statement, bound, begins=begins).rowcount, 0) for bound in sets)
        if self.own.called(statement.sql):
            tried = [self._folded(statement, bound) for bound in sets]
            found = [each for each in tried if each is not None and not self.own.called(each[0].sql)]
            if len(found) < len(sets):
                return sum(max(self.run(statement, bound, begins=begins).rowcount, 0) for bound in sets)
            statement, sets = (found[0][0] if found else statement), [bound for _, bound in found]
        if statement.is_dml and begins is not None and not self.session.open:
            self.begin(begins)
        together = self._run_bundled(statement, sets) if len(sets) >= bundles.LEAST else None
        if together is not None:
            return together
        parts = (sets[start : start + _IN_ONE_GO] for start in range(0, len(sets), _IN_ONE_GO))
        return sum(self._run_part(statement, part) for part in parts)

    def _run_bundled(self, statement: Statement, sets: Sequence[Bound]) -> int | None:
        """As `run_many`, by one statement; None where there is none, or it failed and has left nothing."""
        prepared = self._for_all(statement, sets)
        if prepared is None or not prepared.many:
            return None
        if not prepared.may_leave_out:
            return self._bundle(prepared, sets)
        numbering = self._numbering(prepared)
        if numbering is not None and not numbering.back:  # each row that is left out gives its number back
            return None
        # What changes() and last_insert_rowid() say is of the last row, which may be left out.
        changed = self._bundle(prepared, sets[:-1])
        return None if changed is None else changed + self._run_part(statement, sets[-1:])

    def _for_all(self, statement: Statement, sets: Sequence[Bound]) -> Prepared | None:
        """One translation that all sets can be sent with."""
        found = self.prepared(statement, sets[0])
        if len({kinds for _, kinds in sets}) == 1 and "null" not in sets[0][1]:
            return found
        loose = statement.for_any()
        if loose is None or not loose.many or not all(loose.takes(kinds, values) for values, kinds in sets):
            return None
        return loose

    def _bundle(self, prepared: Prepared, sets: Sequence[Bound]) -> int | None:
        """How many rows were inserted; None when it failed."""
        try:
            request = bundles.bundled(prepared, [values for values, _ in sets])
        except ValueError:  # of one of the sets, which will say so itself
            return None
        try:
            by = self._numbering(prepared)
            result = self.numbered([*before(by), request], by, writes=True)[-1]
        except FailedError as failed:
            if is_lost(failed.error) or failed.error.sqlstate in _TOLD_AT_ONCE:
                self.changes = 0
                raise self.failed(failed.error) from failed.error
            if failed.error.sqlstate == "21000":  # a row meets one of its own bundle; so may others
                prepared.many = b""
            return None
        changed = result.command_tuples or 0
        self.changes = min(changed, 1)
        self.total_changes += changed
        self._note_key(prepared, result)
        return changed

    def _folded(self, statement: Statement, bound: Bound) -> tuple[Statement, Bound] | None:
        """The statement without those calls of the program's functions that can be made once, before it."""
        found = folded(statement.sql, statement.layout, bound[0], self.own.scalars, self._called)
        if found is None:
            return None
        return self.statements.statement(found[0]), classified(found[1])

    def _called(self, text: str, values: Sequence[Any]) -> Any:
        cursor = self.shadow.cursor()
        numbers = [int(number) for number in re.findall(r"\?(\d+)", text)]
        cursor.execute(f"SELECT {text}", values[: max(numbers, default=0)])
        return cursor.fetchone()[0]

    def _run_part(self, statement: Statement, sets: Sequence[Bound]) -> int:
        by_kinds: dict[tuple[Kind, ...], Prepared] = {}
        made: list[tuple[Prepared, Sequence[Any]]] = []
        for values, kinds in sets:
            known = None if "null" in kinds else by_kinds.get(kinds)  # what may be NULL depends on the values
            if known is None:
                known = by_kinds[kinds] = self.prepared(statement, (values, kinds))
            made.append((known, values))
        if len(made) == 1 or any(prepared.asks_session for prepared, _ in made):
            return sum(max(self._outcome(statement, *each).rowcount, 0) for each in made)
        requests: list[Request] = []
        ends: list[int] = []
        try:
            for prepared, values in made:
                if not requests or prepared.may_leave_out:
                    requests += before(self._numbering(prepared))
                ends.append(len(requests))
                requests.append(_request(prepared, values))
        except NulError as error:
            if len(ends) > 1:
                self._run_part(statement, sets[: len(ends) - 1])
            self.changes = 0
            raise failure(sqlite3.DataError, str(error), "SQLITE_MISMATCH", error) from None
        try:
            results = self.numbered(requests, self._numbering(made[0][0]), writes=True)
        except FailedError as failed:
            done = bisect_left(ends, failed.place)
            if done > 0 and not is_lost(failed.error):
                self._run_part(statement, sets[:done])
            self.changes = 0
            raise self.failed(failed.error, rolls_back=statement.rolls_back) from failed.error
        found = [results[end] for end in ends]
        changed = [result.command_tuples or 0 for result in found]
        self._note_key(made[-1][0], *(r for r, (p, _) in zip(found, made, strict=True) if p.keyed))
        self.changes = changed[-1]
        self.total_changes += sum(changed)
        return sum(changed)

    def prepared(self, statement: Statement, bound: Bound) -> Prepared:
        """What a statement is on PostgreSQL for those values; tells once what is to be known of it."""
        values, kinds = bound
        try:
            prepared = statement.prepared(kinds, values)
        except TranslationError as error:
            if self.is_stale():
                fresh = self.statements.statement(statement.sql)
                with suppress(TranslationError):
                    return fresh.prepared(kinds, values)
            self.refuse(statement, error)
        for finding in prepared.translated.findings:
            if finding not in self._said:
                self._said.add(finding)
                (log.info if finding.startswith("PRAGMA") else log.warning)("%s", finding)
        if statement.verb == "PRAGMA" and (
            b"set_config(" in prepared.sql or prepared.sql.startswith(b"SET ")
        ):
            if self.link.pooled and b"sqlite." not in prepared.sql:
                said = f"{' '.join(statement.sql.split())}: behind a pooler nothing of a session stays"
                raise failure(sqlite3.NotSupportedError, said, "SQLITE_ERROR")
            self.link.changed = True
            self.session.deferred = self.session.deferred or prepared.sql.startswith(b"SET CONSTRAINTS")
        return prepared

    def _outcome(
        self, statement: Statement, prepared: Prepared, values: Sequence[Any], *, in_parts: bool = False
    ) -> Outcome:
        try:
            request = _request(prepared, values, in_parts=in_parts)
        except NulError as error:
            if statement.writes:
                raise failure(sqlite3.DataError, str(error), "SQLITE_MISMATCH", error) from None
            self.refuse(statement, TranslationError(str(error), statement.sql))
        by = self._numbering(prepared)
        requests = [*before(by), request]
        if prepared.asks_session:
            requests.insert(0, self._remembered())
        if self.wire.progress is not None and self.wire.told_to_stop():
            raise failure(sqlite3.OperationalError, "interrupted", "SQLITE_INTERRUPT")
        is_open, begun = self.session.open, self.session.begun
        try:
            result = self.numbered(requests, by, writes=statement.writes)[-1]
        except FailedError as failed:
            if statement.writes:
                self.changes = 0
            # Nothing of it can have become lasting: it only reads, or its transaction began with it.
            if begun or (statement.writes and not is_open) or not self.renewed(failed.error, is_open=is_open):
                raise self.failed(failed.error, rolls_back=statement.rolls_back) from failed.error
            return self._outcome(statement, prepared, values, in_parts=in_parts)
        outcome = Outcome(prepared=prepared if prepared.width else None, result=result)
        if statement.writes:
            self._count(result, prepared)
            if statement.is_dml:
                outcome.rowcount = self.changes
        return outcome

    def _count(self, result: pq.abc.PGresult, prepared: Prepared) -> None:
        """Notes what changes() and last_insert_rowid() say."""
        self.changes = result.command_tuples or 0
        self.total_changes += self.changes
        self._note_key(prepared, result)

    def _note_key(self, prepared: Prepared, *results: pq.abc.PGresult) -> None:
        """Notes the rowid of the last row that was inserted; one that an upsert changed gives none."""
        if not prepared.keyed:
            if prepared.inserts:  # whatever its rowid is, it is not that of the row before
                self.last_rowid = None
            return
        for result in reversed(results):
            for row in reversed(range(result.ntuples)):
                value = result.get_value(row, result.nfields - 1)
                if value is not None:
                    self.last_rowid = int(_ROWID(value)[0])
                    return

    def _numbering(self, prepared: Prepared) -> Numbering | None:
        """How the rows of an INSERT get SQLite's numbers, if they are to."""
        return prepared.numbering if self.reuses_keys else None

    def _remembered(self) -> Request:
        numbers = (self.last_rowid or 0, self.changes, self.total_changes)
        return Request(_REMEMBER, [b"%d" % number for number in numbers], [25] * 3, [1] * 3)

    def interrupt(self) -> None:
        """Ends the statement that runs, if one does; for another thread."""
        with suppress(psycopg.Error):
            self.link.raw.cancel_safe(timeout=5)

    # What has no equal on PostgreSQL.

    def refusal(self, sql: str, error: OutgrowError) -> Exception:
        """What to raise for a statement without a translation: SQLite's own complaint if it has one."""
        said = self.shadow.complaint(sql, self.known.texts)
        if said is not None:
            return said
        return failure(sqlite3.NotSupportedError, str(error), "SQLITE_ERROR", error)

    def refuse(self, statement: Statement, error: TranslationError) -> NoReturn:
        """Raises `local.OnlyLocalError` for a query that SQLite takes, else what there is to say."""
        refusal = self.refusal(statement.sql, error)
        if not isinstance(refusal, sqlite3.NotSupportedError):
            raise refusal from None
        if statement.writes and self.own.called(statement.sql):
            raise local.cannot_write(statement.sql) from None
        if statement.writes or statement.verb not in {"SELECT", "VALUES"}:
            raise refusal from None
        tables = local.read_by(self.shadow, statement.sql)
        if tables is None:
            raise refusal from None
        raise local.OnlyLocalError(tables, error) from None

    def _ask_shadow(self, sql: str) -> None:
        said = self.shadow.complaint(sql, self.known.texts)
        if said is not None:
            raise said

    @contextmanager
    def whole(self) -> Iterator[None]:
        """The shadow with all that the schema holds, for as long as it is copied. Raises sqlite3.Error."""
        self.ready()
        self.shadow.follow(self.known.texts)
        if not self.shadow.complete:
            raise sqlite3.NotSupportedError(
                "a copy as a SQLite database: this SQLite lacks a module or a syntax of the schema"
            )
        tables = {fold(r.source) for r in self.known.model.relations if r.schema != TEMPORARY}
        counting = {"sqlite_sequence"} if any(True for _ in self.known.counting()) else set()
        only = local.OnlyLocalError(frozenset(tables | counting), TranslationError("a copy", ""))
        with self.filled("", only, limited=False):
            self.shadow.with_triggers(self.known.texts)
            yield

    @contextmanager
    def filled(self, sql: str, only: local.OnlyLocalError, *, limited: bool = True) -> Iterator[None]:
        """The shadow with the rows that a query reads, for as long as it runs there."""
        tables = only.tables
        alone = len(tables) > 1 and not self.session.open
        if alone:  # one moment of all tables
            self.session.isolation = b" ISOLATION LEVEL REPEATABLE READ READ ONLY"
            self.begin()
        try:
            numbers = sequences.rows(self.known, self.asked) if "sqlite_sequence" in tables else []
            count = local.fill(
                self.shadow, tables, self.known.model, self._rows, sql, numbers, limited=limited
            )
        except TranslationError as error:
            raise failure(sqlite3.NotSupportedError, str(error), "SQLITE_ERROR", error) from None
        finally:
            if alone:
                self.session.isolation = b""
                self.rollback()
        if count and sql and sql not in self._said:
            self._said.add(sql)
            log.log(
                logging.WARNING if count > _MANY else logging.INFO,
                "outgrow: %s: %d rows were fetched for SQLite to answer: %s", only.error, count, sql,
            )  # fmt: skip
        try:
            with self.shadow.interruptible():
                yield
        finally:
            if tables:
                self.shadow.doubt()

    def _change_locally(self, statement: Statement, bound: Bound, begins: str | None) -> Outcome:
        """An UPDATE or DELETE with the program's own functions, in one transaction with the table locked."""
        self.shadow.follow(self.known.texts)
        found = local_writes.written_by(self.shadow, statement.sql, self.known.model)
        if found is None:
            self.refuse(statement, TranslationError("a function of the program", statement.sql))
        relation, tables = found
        alone = not self.session.open
        if alone:
            self.begin(begins or "")
        try:
            lock = f"LOCK TABLE {qualified(relation.schema, relation.name)} IN SHARE ROW EXCLUSIVE MODE"
            self.asked(Request(lock.encode()))
            made = local_writes.changes(
                self.shadow, relation, tables, self.known.model, self._rows, statement.sql, bound[0]
            )
            local_writes.written_back(made, self._run_each)
        except TranslationError as error:
            raise failure(sqlite3.NotSupportedError, str(error), "SQLITE_ERROR", error) from None
        except sqlite3.Error:
            self.changes = 0
            if alone and begins is None:
                self.rollback()
            raise
        finally:
            self.shadow.doubt()
        if alone and begins is None:
            self.commit()
        self.changes = made.count
        return Outcome(rowcount=made.count)

    def _run_each(self, sql: str, sets: Sequence[Sequence[Any]]) -> None:
        self.run_many(self.statements.statement(sql), [classified(values) for values in sets], begins=None)

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query, with SQLite's values."""
        statement = self.known.plain.statement(sql)
        outcome = self._outcome(statement, self.prepared(statement, ((), ())), ())
        if outcome.result is None or outcome.prepared is None or not outcome.result.ntuples:
            return []
        transformer = Transformer(self.wire.raw)
        transformer.set_pgresult(outcome.result)
        return outcome.prepared.mended(transformer.load_rows(0, outcome.result.ntuples, tuple))

    def asked(self, request: Request) -> pq.abc.PGresult:
        """The result of a question of our own, in the program's transaction."""
        try:
            return self.session.run([request], writes=False)[0]
        except FailedError as failed:
            raise self.failed(failed.error) from failed.error


def _request(prepared: Prepared, values: Sequence[Any], *, in_parts: bool = False) -> Request:
    given = prepared.values(values)
    return Request(prepared.sql, given, prepared.oids, prepared.formats, repeats=True, in_parts=in_parts)
