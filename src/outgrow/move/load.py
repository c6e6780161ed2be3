"""Loading: all tables' rows, then what stands on them, with every processor busy.

The middle of `migrate`'s walk. Tables with the most work begin; a table's indexes and constraints
follow its copy at once (`construct`), and where nothing else is left to begin, complete tables are
compared already (`check`). A value that its conversion refuses makes a new plan.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import psycopg

from outgrow.errors import CounterExample, FindingsStop
from outgrow.findings import Finding
from outgrow.move import standing
from outgrow.move.check import Comparison, reopened
from outgrow.move.construct import Builder, Connections
from outgrow.move.copy import CopyJob, copy_table
from outgrow.move.walk import Walk, entry_of
from outgrow.move.work import Crew
from outgrow.plan.model import Outcome, Plan, TablePlan
from outgrow.postgres import source_schema
from outgrow.postgres.apply import run_required
from outgrow.schema.names import qualified
from outgrow.sqlite.pragmas import read_source_schema


def load(walk: Walk, comparison: Comparison) -> tuple[tuple[Outcome, ...], tuple[Finding, ...]]:
    """Rows, indexes, constraints, foreign keys, views and triggers; what became of each, and the findings.

    Raises FindingsStop when a value does not fit what the user set; the target is then as if nothing
    had begun.
    """
    connections = Connections(lambda: _open(walk.request.target))
    try:
        walk.progress.stage("copy", f"{sum(t.rows for t in walk.plan.tables):,} rows")
        with walk.clock.of("copy"):
            while not (loading := _Loading(walk, comparison, connections)).run():
                for name in _replan(walk):
                    comparison.forget(name)
        walk.progress.stage("post-data", "foreign keys, views, triggers")
        with walk.clock.of("post-data"):
            if not walk.was_done:
                _keep_catalog(walk)
            outcomes, findings = loading.builder.complete(connections, walk.request.jobs)
    finally:
        connections.close()
    return outcomes, (*walk.plan.findings, *findings)


def _keep_catalog(walk: Walk) -> None:
    """SQLite's own catalog goes over as it was: applications ask `sqlite_master` and `PRAGMA table_info`."""
    with walk.snapshot.apsw() as source:
        kept = read_source_schema(source, walk.snapshot.journal_mode)
    with walk.main.transaction():
        source_schema.keep(walk.main, walk.plan.schema, kept)


class _Loading:
    """One attempt to copy every table as the plan now is, its indexes following."""

    def __init__(self, walk: Walk, comparison: Comparison, connections: Connections) -> None:
        self._walk, self._comparison, self._connections = walk, comparison, connections
        self._tables = sorted(walk.plan.tables, key=partial(_work, walk.plan), reverse=True)
        self._job = CopyJob(
            snapshot=walk.snapshot, examined=walk.examined, schema=walk.plan.schema, ledger=walk.ledger,
            progress=walk.progress,
        )  # fmt: skip
        self.builder = Builder(walk.ledger, walk.plan)
        self._crew = Crew(walk.request.jobs, on_stop=self._stop)

    def run(self) -> bool:
        """Whether every value fitted its column."""
        known = len(self._walk.refutations)
        with self._crew as crew:
            for rank, table in enumerate(self._tables):
                crew.give(partial(self._copy, table, rank), rank)
            crew.run()
        return len(self._walk.refutations) == known

    def _stop(self) -> None:
        self._connections.cancel()
        self._comparison.stop()

    def _copy(self, table: TablePlan, rank: int) -> None:
        try:
            with self._connections.lend() as connection:
                copy_table(connection, self._job, table, self._crew.stopping)
        except CounterExample as error:
            self._walk.refutations.note(table, error)
        else:
            then = partial(self._compare, table, rank)
            self.builder.follow(table.source, self._connections, self._crew, rank, then)

    def _compare(self, table: TablePlan, rank: int) -> None:
        if self._walk.request.verify:
            self._crew.give(partial(self._comparison.compare, table), len(self._tables) + rank)


def _work(plan: Plan, table: TablePlan) -> int:
    """How much a table keeps busy, about: bytes to copy, and 32 for every row that an index sorts."""
    builds = sum(1 for s in plan.statements if s.table == table.source and s.build is not None)
    return table.bytes + 32 * table.rows * builds


def _open(target: str) -> psycopg.Connection[Any]:
    connection = reopened(target)
    connection.execute("SET maintenance_work_mem = '256MB'")
    # What commits lives in one WAL with its line in the ledger: a crash takes back both or neither.
    # The ledger's last line is written by `main`, which waits for the disk and so for all before it.
    connection.execute("SET synchronous_commit = off")
    with suppress(psycopg.errors.InvalidParameterValue):  # a server whose system cannot look
        # An index build of a killed outgrow ends, so that the next one need not wait for its locks.
        connection.execute("SET client_connection_check_interval = '1s'")
    return connection


def _replan(walk: Walk) -> list[str]:
    """A new plan without what was refuted; tables that it makes differently are made anew, and named.

    FindingsStop when a value does not fit what the user set; the target is then as if nothing had begun.
    """
    before = _makings(walk.plan)
    try:
        plan = walk.decide()
    except FindingsStop:
        _undo(walk)
        raise
    after = _makings(plan)
    creates = {s.table: s for s in plan.statements if s.phase == "pre-data" and s.table}
    anew = [table for table in plan.tables if before[table.source] != after[table.source]]
    with walk.main.transaction():
        for table in anew:
            walk.main.execute(f"DROP TABLE {qualified(plan.schema, table.name)}".encode())
            walk.ledger.forget_table(walk.main, table.source)
            run_required(walk.main, (creates[table.source],))
        walk.ledger.replan(walk.main, entry_of(walk, str(walk.snapshot.path.resolve())))
    return [table.source for table in anew]


def _makings(plan: Plan) -> dict[str, tuple[str, ...]]:
    """By table, what decides whether rows that were copied can stay."""
    creates = {s.table: s.sql for s in plan.statements if s.phase == "pre-data" and s.table}
    return {t.source: (creates[t.source], *(c.conversion for c in t.columns)) for t in plan.tables}


def _undo(walk: Walk) -> None:
    names = standing.names_of(walk.plan.tables, walk.plan.expected)
    with walk.main.transaction():
        standing.drop(walk.main, walk.plan.schema, standing.present(walk.main, walk.plan.schema, names))
        walk.ledger.forget(walk.main)
