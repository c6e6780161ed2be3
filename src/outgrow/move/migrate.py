"""`move`: the whole walk, from a SQLite file to a verified PostgreSQL database.

Plan, refuse or resume, pre-data, copy with indexes following each table, constraints, foreign keys,
views and triggers, verification. Interrupted anywhere, the same call goes on: the ledger in the
target says what is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any

import psycopg

from outgrow.errors import CounterExample, FindingsStop
from outgrow.findings import Finding
from outgrow.move import standing
from outgrow.move.begin import begin
from outgrow.move.check import check_target, failed_writes, lost
from outgrow.move.construct import Builder, Connections
from outgrow.move.copy import CopyJob, copy_table
from outgrow.move.examine import examine
from outgrow.move.progress import Clock, Progress
from outgrow.move.result import Result, TableResult, Verification
from outgrow.move.walk import Request, Walk, entry_of, stop_on
from outgrow.move.work import Crew
from outgrow.options import Options
from outgrow.plan.model import Outcome, Plan, TablePlan
from outgrow.plan.stored import dump_tables
from outgrow.postgres.apply import run_required
from outgrow.postgres.connect import connect, server_facts
from outgrow.postgres.ledger import Ledger
from outgrow.postgres.redact import redact
from outgrow.schema.names import qualified
from outgrow.sqlite.connect import open_snapshot

__all__ = ["Request", "move", "stop_on", "with_facts"]


def move(request: Request, progress: Progress) -> Result:
    """Moves one file and returns what became of every object, and what verification found.

    Raises SourceError, TargetError, ConfigError, or FindingsStop; with the last the target holds
    nothing of the file.
    """
    clock = Clock()
    try:
        with clock.of("total"), ExitStack() as stack:
            with clock.of("connect"):
                main = stack.enter_context(_session(request.target))
                request = replace(request, options=with_facts(request.options, main))
            with clock.of("profile"):
                snapshot = stack.enter_context(open_snapshot(request.source, readers=request.jobs + 2))
                examined = examine(snapshot, jobs=request.jobs, progress=progress)
            walk = Walk(
                request=request, progress=progress, main=main, snapshot=snapshot, examined=examined,
                clock=clock, ledger=Ledger(request.options.schema),
            )  # fmt: skip
            with clock.of("plan"):
                begin(walk)
            outcomes, findings = _load(walk)
            with main.transaction():
                walk.ledger.end(main, dump_tables(walk.plan.tables, outcomes))
            verification = _verify(walk, outcomes) if request.verify else None
    except psycopg.Error as error:
        raise lost(error, request.target) from error
    return _result(walk, outcomes, (*findings, *failed_writes(verification)), verification)


def _verify(walk: Walk, outcomes: tuple[Outcome, ...]) -> Verification:
    request, plan = walk.request, walk.plan
    with walk.clock.of("verify"):
        walk.progress.stage("verify", f"{sum(t.rows for t in plan.tables):,} rows")
        return check_target(
            request.target, walk.snapshot, walk.examined, plan.schema, plan.tables, outcomes,
            jobs=request.jobs, progress=walk.progress,
        )  # fmt: skip


@contextmanager
def _session(target: str) -> Iterator[psycopg.Connection[Any]]:
    connection = connect(target, autocommit=True)
    try:
        yield connection
    finally:
        connection.close()


def _open(target: str) -> psycopg.Connection[Any]:
    connection = connect(target, autocommit=True)
    connection.execute("SET maintenance_work_mem = '256MB'")
    # What commits lives in one WAL with its line in the ledger: a crash takes back both or neither.
    # The ledger's last line is written by `main`, which waits for the disk and so for all before it.
    connection.execute("SET synchronous_commit = off")
    with suppress(psycopg.errors.InvalidParameterValue):  # a server whose system cannot look
        # An index build of a killed outgrow ends, so that the next one need not wait for its locks.
        connection.execute("SET client_connection_check_interval = '1s'")
    return connection


def with_facts(options: Options, connection: psycopg.Connection[Any]) -> Options:
    """The options with what the server at the other end can do."""
    facts = server_facts(connection)
    return replace(
        options,
        bytewise=facts.database_collation_is_c,
        server_version=facts.version_num,
        vectors=facts.pgvector is not None,
    )


def _load(walk: Walk) -> tuple[tuple[Outcome, ...], tuple[Finding, ...]]:
    connections = Connections(lambda: _open(walk.request.target))
    try:
        walk.progress.stage("copy", f"{sum(t.rows for t in walk.plan.tables):,} rows")
        with walk.clock.of("copy"):
            builder = _copy_all(walk, connections)
        walk.progress.stage("post-data", "constraints, foreign keys, views, triggers")
        with walk.clock.of("post-data"):
            outcomes, findings = builder.complete(connections, walk.request.jobs)
    finally:
        connections.close()
    return outcomes, (*walk.plan.findings, *findings)


def _copy_all(walk: Walk, connections: Connections) -> Builder:
    """Copies every table, its indexes following; plans anew for as long as a value is refused."""
    while True:
        known = len(walk.refutations)
        builder = Builder(walk.ledger, walk.plan, walk.progress)
        job = CopyJob(
            snapshot=walk.snapshot, examined=walk.examined, schema=walk.plan.schema, ledger=walk.ledger,
            progress=walk.progress,
        )  # fmt: skip
        largest_first = sorted(walk.plan.tables, key=lambda table: (table.bytes, table.rows), reverse=True)
        with Crew(walk.request.jobs, on_stop=connections.cancel) as crew:
            crew.run([_copy_task(walk, job, table, builder, connections, crew) for table in largest_first])
        if len(walk.refutations) == known:
            return builder
        _replan(walk)


def _copy_task(
    walk: Walk, job: CopyJob, table: TablePlan, builder: Builder, connections: Connections, crew: Crew
) -> Callable[[], None]:
    def run() -> None:
        try:
            with connections.lend() as connection:
                copy_table(connection, job, table, crew.stopping)
        except CounterExample as error:
            walk.refutations.note(table, error)
        else:
            for build in builder.builds(table.source, connections):
                crew.give(build)

    return run


def _replan(walk: Walk) -> None:
    """A new plan without what was refuted; tables that it makes differently are made anew.

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
    with walk.main.transaction():
        for table in plan.tables:
            if before[table.source] != after[table.source]:
                walk.main.execute(f"DROP TABLE {qualified(plan.schema, table.name)}".encode())
                walk.ledger.forget_table(walk.main, table.source)
                run_required(walk.main, (creates[table.source],))
        walk.ledger.replan(walk.main, entry_of(walk, str(walk.snapshot.path.resolve())))


def _makings(plan: Plan) -> dict[str, tuple[str, ...]]:
    """By table, what decides whether rows that were copied can stay."""
    creates = {s.table: s.sql for s in plan.statements if s.phase == "pre-data" and s.table}
    return {t.source: (creates[t.source], *(c.conversion for c in t.columns)) for t in plan.tables}


def _undo(walk: Walk) -> None:
    names = standing.names_of(walk.plan.tables, walk.plan.expected)
    with walk.main.transaction():
        standing.drop(walk.main, walk.plan.schema, standing.present(walk.main, walk.plan.schema, names))
        walk.ledger.forget(walk.main)


def _names(plan: Plan, outcomes: tuple[Outcome, ...]) -> tuple[tuple[str, str], ...]:
    """The map old → new of everything that has a name in SQLite."""
    names = [(t.source, t.name) for t in plan.tables]
    names += [(f"{t.source}.{c.source}", f"{t.name}.{c.name}") for t in plan.tables for c in t.columns]
    for outcome in outcomes:
        if outcome.target and outcome.source_name and outcome.fate != "left":
            name = f"{outcome.table}.{outcome.source_name}" if outcome.table else outcome.source_name
            names.append((name, outcome.target))
    return tuple(names)


def _result(
    walk: Walk,
    outcomes: tuple[Outcome, ...],
    findings: tuple[Finding, ...],
    verification: Verification | None,
) -> Result:
    tables = walk.plan.tables
    return Result(
        source=walk.request.source,
        target=redact(walk.request.target, walk.request.target),
        schema=walk.plan.schema,
        outcomes=outcomes,
        findings=findings,
        tables=tuple(TableResult(source=t.source, target=t.name, rows=t.rows, bytes=t.bytes) for t in tables),
        names=_names(walk.plan, outcomes),
        verification=verification,
        seconds=walk.clock.seconds,
        resumed=walk.resumed,
        was_done=walk.was_done,
    )
