"""Runs an application's statements: finds what each is on PostgreSQL, sends it, and says what came of it.

One for each `Connection`, in four layers: `standing` knows the transaction, `sending` sends a statement,
`answering` has SQLite answer what only it can, and `engine` decides who does what, for one set of values or
for many. Before it stands `cursor` with a text and values; `statement` says what to send, `special` carries
out what is neither query nor change.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from outgrow.errors import TranslationError
from outgrow.runtime.dbapi import bundles, local_writes, sequences
from outgrow.runtime.dbapi.answering import Answering
from outgrow.runtime.dbapi.binding import classified
from outgrow.runtime.dbapi.failures import failure, is_lost
from outgrow.runtime.dbapi.numbering import before
from outgrow.runtime.dbapi.sending import Bound, Outcome, request_of
from outgrow.runtime.dbapi.statement import Prepared, Statement
from outgrow.runtime.dbapi.values import NulError
from outgrow.runtime.dbapi.wire import FailedError, Request
from outgrow.schema.names import qualified
from outgrow.translate.value import Kind

_TAKEN = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT"}
_TOLD_AT_ONCE = {"55P03", "40P01", "40001", "57014"}
"""Errors that come from others, and not from one of many rows: locks, and whoever interrupts."""
_IN_ONE_GO = 250
"""Statements of executemany that travel together."""


class Engine(Answering):
    """What one connection runs its statements with. Raises sqlite3.Error. Not for two threads at once.

    `asks_first` has every statement shown to SQLite's authorizer; `reuses_keys` has new rows numbered as
    SQLite does, and not by a sequence; `own` are the program's own functions; `file` is the path by which an
    unchanged program knows its database.
    """

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
        found = special(self, statement, bound, begins)
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
                requests.append(request_of(prepared, values))
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

    def _change_locally(self, statement: Statement, bound: Bound, begins: str | None) -> Outcome:
        """An UPDATE or DELETE with the program's own functions, in one transaction with the table locked."""
        self.shadow.follow(self.known.texts)
        found = local_writes.written_by(self.shadow, statement.sql, self.known.model)
        if found is None:
            self.refuse(statement, TranslationError("a function of the program", statement.sql))
        name, tables = found
        relation = self.known.model.relation(name)
        alone = not self.session.open
        if alone:
            self.begin(begins or "")
        try:
            lock = f"LOCK TABLE {qualified(relation.schema, relation.name)} IN SHARE ROW EXCLUSIVE MODE"
            self.asked(Request(lock.encode()))
            made = local_writes.changes(
                self.shadow, name, tables, self.known.model, self._rows, statement.sql, bound[0]
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
