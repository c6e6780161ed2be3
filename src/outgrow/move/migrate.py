"""`move`: the whole walk, from a SQLite file to a verified PostgreSQL database.

Plan, refuse or resume, pre-data, copy with indexes following each table, constraints, foreign keys,
views and triggers, verification. Interrupted anywhere, the same call goes on: the ledger in the
target says what is committed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from outgrow import __version__
from outgrow.errors import CounterExample, FindingsStop
from outgrow.findings import Finding, Severity, unallowed
from outgrow.move import standing
from outgrow.move.check import check_target
from outgrow.move.construct import Builder, Connections
from outgrow.move.copy import CopyJob, copy_table
from outgrow.move.examine import Examined, Refutations, decide, examine
from outgrow.move.progress import Progress
from outgrow.move.result import Result, TableResult, Verification
from outgrow.move.work import Crew
from outgrow.options import Options
from outgrow.plan.model import Outcome, Plan, TablePlan
from outgrow.plan.overrides import Overrides
from outgrow.plan.stored import dump_tables
from outgrow.postgres.apply import run_required
from outgrow.postgres.connect import connect, server_facts
from outgrow.postgres.ledger import Entry, Ledger, digest
from outgrow.postgres.redact import redact
from outgrow.schema.names import qualified
from outgrow.sqlite.connect import Snapshot, open_snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked of one move. `target` is a libpq URL; `jobs` how many streams at a time."""

    source: str
    target: str
    options: Options
    overrides: Overrides = Overrides()
    replace: bool = False
    jobs: int = 2
    verify: bool = True


class Clock:
    """Seconds per stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Adds the time of the block to a stage."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - begin


@dataclass(slots=True)
class _Walk:
    """What one move has in its hands."""

    request: Request
    progress: Progress
    main: psycopg.Connection[Any]
    snapshot: Snapshot
    examined: Examined
    ledger: Ledger
    clock: Clock
    plan: Plan
    refutations: Refutations
    extra: tuple[Finding, ...] = field(default=())
    resumed: bool = False

    def decide(self) -> Plan:
        """The plan as the evidence now stands; FindingsStop when it must not be carried out."""
        self.plan = decide(
            self.examined, self.request.options, self.request.overrides, self.refutations, self.extra
        )
        stop_on(self.plan, self.request.options.allow)
        return self.plan


def move(request: Request, progress: Progress) -> Result:
    """Moves one file and returns what became of every object, and what verification found.

    Raises SourceError, TargetError, ConfigError, or FindingsStop before anything is written.
    """
    clock = Clock()
    with clock.of("total"), ExitStack() as stack:
        with clock.of("connect"):
            main = stack.enter_context(_session(request.target))
            request = replace(request, options=with_facts(request.options, main))
        with clock.of("profile"):
            snapshot = stack.enter_context(open_snapshot(request.source, readers=request.jobs + 2))
            examined = examine(snapshot, jobs=request.jobs, progress=progress)
        walk = _Walk(
            request=request, progress=progress, main=main, snapshot=snapshot, examined=examined, clock=clock,
            ledger=Ledger(request.options.schema), plan=_NO_PLAN, refutations=Refutations(),
        )  # fmt: skip
        with clock.of("plan"):
            _begin(walk)
        outcomes, findings = _load(walk)
        with main.transaction():
            walk.ledger.end(main, dump_tables(walk.plan.tables, outcomes))
        verification = None
        if request.verify:
            with clock.of("verify"):
                progress.stage("verify", f"{sum(t.rows for t in walk.plan.tables):,} rows")
                verification = check_target(
                    request.target, snapshot, examined, walk.plan.schema, walk.plan.tables, outcomes,
                    jobs=request.jobs, progress=progress,
                )  # fmt: skip
    return _result(walk, outcomes, findings, verification)


_NO_PLAN = Plan(
    source="", schema="", types="inferred", names="fold", json="jsonb", tables=(), statements=(), outcomes=(), findings=()
)  # fmt: skip


@contextmanager
def _session(target: str) -> Iterator[psycopg.Connection[Any]]:
    connection = _open(target)
    try:
        yield connection
    finally:
        connection.close()


def _open(target: str) -> psycopg.Connection[Any]:
    connection = connect(target, autocommit=True)
    connection.execute("SET maintenance_work_mem = '256MB'")
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


def stop_on(plan: Plan, allow: frozenset[str]) -> None:
    """FindingsStop when the plan has findings that stop and were not allowed."""
    stops = unallowed(plan.findings, Severity.STOP, allow)
    if stops:
        first = stops[0]
        more = f" (and {len(stops) - 1} more)" if len(stops) > 1 else ""
        raise FindingsStop(f"{first.rule}: {first.object}: {first.detail}{more}; {first.remedy}")


# --- begin, go on, or refuse ---


def _begin(walk: _Walk) -> None:
    """Makes the empty tables, or finds that an interrupted move of the same file and plan can go on."""
    source = str(walk.snapshot.path.resolve())
    standing.lock(walk.main, walk.request.options.schema)
    earlier = walk.ledger.entry(walk.main) if walk.ledger.exists(walk.main) else None
    ours = earlier is not None and earlier.source == source
    if earlier is not None and ours and earlier.fingerprint == walk.snapshot.fingerprint:
        walk.refutations = Refutations.loads(earlier.refuted)
    plan = walk.decide()
    found = standing.present(walk.main, plan)
    if earlier is not None and ours and not walk.request.replace and _same_walk(walk, earlier, found):
        walk.resumed = True
        return
    unfinished = earlier is not None and ours and earlier.state == "loading"
    if not (walk.request.replace or unfinished):
        standing.refuse_present(found, plan)
    if earlier is not None and unfinished and earlier.fingerprint != walk.snapshot.fingerprint:
        walk.extra = (Finding(rule="source.changed", object=source, detail="all tables are copied anew"),)
        plan = walk.decide()
    walk.ledger.prepare(walk.main)
    walk.progress.stage("pre-data", f"{len(plan.tables)} tables")
    with walk.clock.of("pre-data"), walk.main.transaction():
        standing.drop(walk.main, found, plan)
        walk.ledger.begin(walk.main, _entry(walk, source), __version__)
        if any(column.type.startswith("vector") for table in plan.tables for column in table.columns):
            walk.main.execute("CREATE EXTENSION IF NOT EXISTS vector")
        run_required(walk.main, (s for s in plan.statements if s.phase == "pre-data"))


def _same_walk(walk: _Walk, earlier: Entry, found: dict[str, str]) -> bool:
    same = earlier.fingerprint == walk.snapshot.fingerprint and earlier.plan_digest == _identity(walk.plan)
    return same and all(table.name in found for table in walk.plan.tables)


def _entry(walk: _Walk, source: str) -> Entry:
    return Entry(
        source=source,
        fingerprint=walk.snapshot.fingerprint,
        plan_digest=_identity(walk.plan),
        plan=dump_tables(walk.plan.tables, ()),
        refuted=walk.refutations.dumps(),
        state="loading",
    )


def _identity(plan: Plan) -> str:
    """Identity of what a plan makes: its statements and conversions, in order."""
    recipes = [f"{t.source}.{c.source}:{c.conversion}" for t in plan.tables for c in t.columns]
    return digest("\n".join([sql for statement in plan.statements for sql in statement.script] + recipes))


# --- copy and construct ---


def _load(walk: _Walk) -> tuple[tuple[Outcome, ...], tuple[Finding, ...]]:
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


def _copy_all(walk: _Walk, connections: Connections) -> Builder:
    """Copies every table, its indexes following; plans anew for as long as a value is refused."""
    while True:
        known = len(walk.refutations)
        builder = Builder(walk.ledger, walk.plan, walk.progress)
        job = CopyJob(
            snapshot=walk.snapshot, examined=walk.examined, schema=walk.plan.schema, ledger=walk.ledger,
            progress=walk.progress,
        )  # fmt: skip
        largest_first = sorted(walk.plan.tables, key=lambda table: (table.bytes, table.rows), reverse=True)
        with Crew(walk.request.jobs) as crew:
            crew.run([_copy_task(walk, job, table, builder, connections, crew) for table in largest_first])
        if len(walk.refutations) == known:
            return builder
        _replan(walk)


def _copy_task(
    walk: _Walk, job: CopyJob, table: TablePlan, builder: Builder, connections: Connections, crew: Crew
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


def _replan(walk: _Walk) -> None:
    """A new plan without what was refuted; tables that it makes differently are made anew."""
    before = {s.table: s.sql for s in walk.plan.statements if s.phase == "pre-data" and s.table}
    recipes = {t.source: [c.conversion for c in t.columns] for t in walk.plan.tables}
    plan = walk.decide()
    with walk.main.transaction():
        for statement in plan.statements:
            if statement.phase != "pre-data" or statement.table is None:
                continue
            table = plan.table(statement.table)
            if (before.get(table.source), recipes.get(table.source)) == (statement.sql, [c.conversion for c in table.columns]):
                continue
            walk.main.execute(f"DROP TABLE {qualified(plan.schema, table.name)}".encode())
            walk.ledger.forget_table(walk.main, table.source)
            run_required(walk.main, (statement,))
        walk.ledger.replan(walk.main, _entry(walk, str(walk.snapshot.path.resolve())))


def _result(
    walk: _Walk, outcomes: tuple[Outcome, ...], findings: tuple[Finding, ...], verification: Verification | None
) -> Result:
    plan = walk.plan
    names = [(t.source, t.name) for t in plan.tables]
    names += [(f"{t.source}.{c.source}", f"{t.name}.{c.name}") for t in plan.tables for c in t.columns]
    names += [(o.name, o.target) for o in outcomes if o.target and o.fate != "left"]
    return Result(
        source=walk.request.source,
        target=redact(walk.request.target, walk.request.target),
        schema=plan.schema,
        outcomes=outcomes,
        findings=findings,
        tables=tuple(TableResult(source=t.source, target=t.name, rows=t.rows, bytes=t.bytes) for t in plan.tables),
        names=tuple(names),
        verification=verification,
        seconds=walk.clock.seconds,
        resumed=walk.resumed,
    )
