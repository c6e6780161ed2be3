"""Post-data: a table's indexes and constraints once it is copied; then foreign keys, views, triggers.

After `copy`, before `check`; called by `migrate`, carried out by `postgres.apply`. Index builds of one
table run beside each other; what needs the table for itself waits for them. Everything that
PostgreSQL refuses ends as an outcome and a finding in its own words.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import psycopg

from outgrow.findings import Finding
from outgrow.move.work import Crew
from outgrow.plan.model import Outcome, Plan, Statement
from outgrow.postgres import apply
from outgrow.postgres.ledger import Ledger
from outgrow.postgres.offenders import offenders
from outgrow.schema.names import qualified


class Connections:
    """Connections in autocommit mode, made when needed and lent to one thread at a time."""

    def __init__(self, make: Callable[[], psycopg.Connection[Any]]) -> None:
        self._make = make
        self._free: list[psycopg.Connection[Any]] = []
        self._all: list[psycopg.Connection[Any]] = []
        self._lock = threading.Lock()

    @contextmanager
    def lend(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection of the caller's own until the block ends."""
        with self._lock:
            connection = self._free.pop() if self._free else None
        if connection is None:
            connection = self._make()
            with self._lock:
                self._all.append(connection)
        try:
            yield connection
        finally:
            with self._lock:
                if not connection.closed:
                    self._free.append(connection)

    def cancel(self) -> None:
        """Asks the server to give up what those that are lent are at; their threads get QueryCanceled."""
        with self._lock:
            busy = [connection for connection in self._all if connection not in self._free]
        for connection in busy:
            with suppress(psycopg.Error):  # it ended by itself meanwhile, or the server is gone
                connection.cancel_safe(timeout=1)

    def close(self) -> None:
        """Closes all of them."""
        for connection in self._all:
            connection.close()


class Builder:
    """Carries out a plan's post-data statements and keeps what became of each."""

    def __init__(self, ledger: Ledger, plan: Plan) -> None:
        self._ledger, self._plan = ledger, plan
        self._statements = tuple(s for s in plan.statements if s.phase == "post-data")
        self._refusals: dict[int, str] = {}
        self._invalid: dict[int, Finding | None] = {}
        self._instead: dict[int, Statement] = {}
        self._uncopied = {table.source for table in plan.tables}
        self._settled: set[str] = set()
        self._early: set[int] = set()
        self._lock, self._adding = threading.Lock(), threading.Lock()

    def follow(
        self, table: str, connections: Connections, crew: Crew, rank: int, then: Callable[[], None]
    ) -> None:
        """Gives the crew the index builds of a copied table; the last of them gives it the rest.

        `then` is called once nothing of this walk touches the table's rows any more.
        """
        self._uncopied.discard(table)

        def settle() -> None:
            self._settle(table, connections)
            then()
            self._release(connections, crew, rank)

        builds = [n for n, s in enumerate(self._statements) if s.table == table and s.build is not None]
        left, lock = len(builds), threading.Lock()

        def build(number: int) -> None:
            nonlocal left
            self._build(number, connections)
            with lock:
                left -= 1
                last = not left
            if last:
                crew.give(settle, rank)

        for number in builds:
            crew.give(partial(build, number), rank)
        if not builds:
            crew.give(settle, rank)

    def _build(self, number: int, connections: Connections) -> None:
        statement = self._statements[number]
        with connections.lend() as connection:
            reason = apply.build(connection, self._ledger, statement)
            if reason is not None and statement.fallback is not None:
                self._instead[number] = statement.fallback
                reason = apply.build(connection, self._ledger, statement.fallback)
        if reason is not None:
            self._refusals[number] = reason

    def _settle(self, table: str, connections: Connections) -> None:
        """What one table gets after its indexes, which both lock it: constraints, and statistics."""
        with connections.lend() as connection:
            for number, statement in enumerate(self._statements):
                if statement.table == table and not statement.after_all:
                    self._finish(connection, number)
                    self._validate(connection, number)
            connection.execute(f"ANALYZE {qualified(self._plan.schema, self._plan.table(table).name)}")
        with self._lock:
            self._settled.add(table)

    def _release(self, connections: Connections, crew: Crew, rank: int) -> None:
        """Gives the crew the foreign keys whose tables are complete, once no copy can be refused any more."""
        with self._lock:
            ready = [
                number
                for number, statement in enumerate(self._statements)
                if statement.needs
                and not self._uncopied
                and number not in self._early
                and self._settled.issuperset((*statement.needs, statement.table))
            ]
            self._early.update(ready)
        for number in ready:
            crew.give(partial(self._add, number, connections), rank)

    def _add(self, number: int, connections: Connections) -> None:
        with connections.lend() as connection:
            with self._adding:  # two that lock the same two tables in another order would deadlock
                self._finish(connection, number)
            self._validate(connection, number)

    def complete(
        self, connections: Connections, jobs: int
    ) -> tuple[tuple[Outcome, ...], tuple[Finding, ...]]:
        """What needs all tables; returns all outcomes of the plan and the findings met on the way."""
        left = [n for n, s in enumerate(self._statements) if s.after_all and n not in self._early]
        with connections.lend() as connection:
            for number in left:
                self._finish(connection, number)
        with Crew(jobs, on_stop=connections.cancel) as crew:
            crew.run(partial(self._validate_apart, number, connections) for number in left)
        return self._told()

    def _current(self, number: int) -> Statement:
        return self._instead.get(number, self._statements[number])

    def _finish(self, connection: psycopg.Connection[Any], number: int) -> None:
        if number not in self._refusals:
            reason = apply.finish(connection, self._ledger, self._current(number))
            if reason is not None:
                self._refusals[number] = reason

    def _validate_apart(self, number: int, connections: Connections) -> None:
        with connections.lend() as connection:
            self._validate(connection, number)

    def _validate(self, connection: psycopg.Connection[Any], number: int) -> None:
        statement = self._current(number)
        if number in self._refusals or statement.validate is None:
            return
        reason = apply.validate(connection, self._ledger, statement)
        if reason is not None:
            self._invalid[number] = self._offence(connection, statement, reason)

    def _offence(
        self, connection: psycopg.Connection[Any], statement: Statement, reason: str
    ) -> Finding | None:
        outcome = statement.if_invalid
        if outcome is None or statement.table is None or outcome.rule is None:
            return None
        if reason != "rows":
            return Finding(rule=outcome.rule, object=outcome.name, detail=f"NOT VALID: {reason}")
        table = self._plan.table(statement.table).name
        found = offenders(connection, self._plan.schema, table, outcome.target)
        return Finding(
            rule=outcome.rule,
            object=outcome.name,
            detail=f"{found.count:,} rows break it; it is NOT VALID",
            count=found.count,
            sample=found.sample,
        )

    def _told(self) -> tuple[tuple[Outcome, ...], tuple[Finding, ...]]:
        outcomes = list(self._plan.outcomes)
        findings: list[Finding] = []
        for statement in self._plan.statements:
            if statement.phase == "pre-data":
                outcomes += statement.outcomes
        for number in range(len(self._statements)):
            statement = self._current(number)
            if number in self._refusals:
                refused = apply.refused(statement, self._refusals[number])
                outcomes += refused
                findings += [Finding(rule=o.rule, object=o.name, detail=o.reason) for o in refused if o.rule]
                if not refused:
                    findings.append(_refused_beside(statement, self._refusals[number]))
                continue
            if number in self._invalid and statement.if_invalid is not None:
                outcomes.append(statement.if_invalid)
                finding = self._invalid[number]
                findings += [finding] if finding else []
                continue
            outcomes += statement.outcomes
            if number in self._instead:
                findings += [
                    Finding(rule=o.rule, object=o.name, detail=o.reason) for o in statement.outcomes if o.rule
                ]
        return tuple(outcomes), tuple(findings)


def _refused_beside(statement: Statement, reason: str) -> Finding:
    """The finding of a statement that makes no object of the source, when PostgreSQL refuses it."""
    detail = f"{statement.why}: PostgreSQL refuses it: {reason}"
    return Finding(rule="index.refused", object=statement.table or statement.why, detail=detail)
