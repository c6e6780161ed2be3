"""Post-data: indexes as soon as their table is copied, then constraints, foreign keys, views, triggers.

After `copy`, before `check`; called by `migrate`, carried out by `postgres.apply`. Index builds of one
table run beside each other; what needs the whole table alone waits for them. Everything that
PostgreSQL refuses ends as an outcome and a finding in its own words.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from outgrow.findings import Finding
from outgrow.move.progress import Progress
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

    def __init__(self, ledger: Ledger, plan: Plan, progress: Progress) -> None:
        self._ledger, self._plan, self._progress = ledger, plan, progress
        self._statements = tuple(s for s in plan.statements if s.phase == "post-data")
        self._refusals: dict[int, str] = {}
        self._invalid: dict[int, Finding | None] = {}
        self._instead: dict[int, Statement] = {}

    def builds(self, table: str, connections: Connections) -> Iterator[Callable[[], None]]:
        """Tasks that build the indexes of one table."""
        for number, statement in enumerate(self._statements):
            if statement.table == table and statement.build is not None:
                yield lambda number=number: self._build(number, connections)  # type: ignore[misc]

    def _build(self, number: int, connections: Connections) -> None:
        statement = self._statements[number]
        with connections.lend() as connection:
            reason = apply.build(connection, self._ledger, statement)
            if reason is not None and statement.fallback is not None:
                self._instead[number] = statement.fallback
                reason = apply.build(connection, self._ledger, statement.fallback)
        if reason is not None:
            self._refusals[number] = reason

    def complete(
        self, connections: Connections, jobs: int
    ) -> tuple[tuple[Outcome, ...], tuple[Finding, ...]]:
        """Everything but the builds; returns all outcomes of the plan and the findings met on the way."""
        self._each_table(connections, jobs)
        with connections.lend() as connection:
            for number, statement in enumerate(self._statements):
                if statement.after_all:
                    self._finish(connection, number)
        late = [n for n, s in enumerate(self._statements) if s.after_all and s.validate]
        with Crew(jobs, on_stop=connections.cancel) as crew:
            crew.run(lambda number=number: self._validate_apart(number, connections) for number in late)  # type: ignore[misc]
        return self._told()

    def _each_table(self, connections: Connections, jobs: int) -> None:
        def task(table: str) -> None:
            with connections.lend() as connection:
                for number, statement in enumerate(self._statements):
                    if statement.table == table and not statement.after_all:
                        self._finish(connection, number)
                        self._validate(connection, number)
                connection.execute(f"ANALYZE {qualified(self._plan.schema, self._plan.table(table).name)}")

        with Crew(jobs, on_stop=connections.cancel) as crew:
            crew.run(lambda table=table.source: task(table) for table in self._plan.tables)  # type: ignore[misc]

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
