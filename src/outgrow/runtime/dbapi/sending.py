"""Sends an application's statements and says what came of each: `Sending`, the lower half of an engine.

Stands on `standing`, which knows the transaction, and on `statement`, which knows what to send; `answering`
and `engine` stand on it.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer

from outgrow.errors import OutgrowError, TranslationError
from outgrow.runtime.dbapi import local
from outgrow.runtime.dbapi.failures import failure
from outgrow.runtime.dbapi.known import log
from outgrow.runtime.dbapi.numbering import Numbering, before
from outgrow.runtime.dbapi.shadow import Shadow
from outgrow.runtime.dbapi.standing import Standing
from outgrow.runtime.dbapi.statement import Prepared, Statement
from outgrow.runtime.dbapi.values import NulError
from outgrow.runtime.dbapi.wire import FailedError, Request
from outgrow.translate.value import Kind

_ROWID = struct.Struct(">q").unpack
_REMEMBER = b"SELECT " + b", ".join(
    b"pg_catalog.set_config('outgrow.%s', $%d, false)" % (name, number)
    for number, name in enumerate((b"last_insert_rowid", b"changes", b"total_changes"), 1)
)

Bound = tuple[Sequence[Any], tuple[Kind, ...]]
"""Values by number, and the storage class of each."""


@dataclass(slots=True)
class Outcome:
    """What a statement gave. With columns `prepared` is set, and `result` or `rows` hold its rows."""

    prepared: Prepared | None = None
    result: pq.abc.PGresult | None = None
    rows: list[tuple[Any, ...]] | None = None
    rowcount: int = -1


class Sending(Standing):
    """What one connection sends its statements with, and what it remembers of them. Raises sqlite3.Error."""

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
            request = request_of(prepared, values, in_parts=in_parts)
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
            there = not results or any(result.command_tuples for result in results)
            if prepared.inserts and there:  # whatever its rowid is, it is not that of the row before
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

    def asked(self, request: Request) -> pq.abc.PGresult:
        """The result of a question of our own, in the program's transaction."""
        try:
            return self.session.run([request], writes=False)[0]
        except FailedError as failed:
            raise self.failed(failed.error) from failed.error

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query, with SQLite's values."""
        statement = self.known.plain.statement(sql)
        outcome = self._outcome(statement, self.prepared(statement, ((), ())), ())
        if outcome.result is None or outcome.prepared is None or not outcome.result.ntuples:
            return []
        transformer = Transformer(self.wire.raw)
        transformer.set_pgresult(outcome.result)
        return outcome.prepared.mended(transformer.load_rows(0, outcome.result.ntuples, tuple))

    def interrupt(self) -> None:
        """Ends the statement that runs, if one does; for another thread."""
        with suppress(psycopg.Error):
            self.link.raw.cancel_safe(timeout=5)

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


def request_of(prepared: Prepared, values: Sequence[Any], *, in_parts: bool = False) -> Request:
    """What is sent for a statement with those values. Raises NulError."""
    given = prepared.values(values)
    return Request(prepared.sql, given, prepared.oids, prepared.formats, repeats=True, in_parts=in_parts)
