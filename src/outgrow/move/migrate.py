"""`move`: the whole walk, from a SQLite file to a verified PostgreSQL database.

Plan, refuse or resume, pre-data, copy with indexes following each table, constraints, foreign keys,
views and triggers, verification. Interrupted anywhere, the same call goes on: the ledger in the
target says what is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from outgrow import __version__
from outgrow.errors import CounterExample, FindingsStop, TargetError
from outgrow.findings import Finding, Severity, unallowed
from outgrow.move import standing
from outgrow.move.check import check_target, failed_writes, lost
from outgrow.move.construct import Builder, Connections
from outgrow.move.copy import CHUNK_ROWS, CopyJob, copy_table
from outgrow.move.examine import Examined, decide, examine
from outgrow.move.progress import Clock, Progress
from outgrow.move.refutations import Refutations
from outgrow.move.result import Result, TableResult, Verification
from outgrow.move.work import Crew
from outgrow.options import Options
from outgrow.plan.model import Outcome, Plan, TablePlan
from outgrow.plan.overrides import Overrides
from outgrow.plan.stored import dump_tables
from outgrow.postgres.apply import run_required, say
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
    overrides: Overrides = field(default_factory=Overrides)
    replace: bool = False
    jobs: int = 2
    verify: bool = True


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
    plan: Plan = field(default_factory=Plan)
    refutations: Refutations = field(default_factory=Refutations)
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
            walk = _Walk(
                request=request, progress=progress, main=main, snapshot=snapshot, examined=examined,
                clock=clock, ledger=Ledger(request.options.schema),
            )  # fmt: skip
            with clock.of("plan"):
                _begin(walk)
            outcomes, findings = _load(walk)
            with main.transaction():
                walk.ledger.end(main, dump_tables(walk.plan.tables, outcomes))
            verification = _verify(walk, outcomes) if request.verify else None
    except psycopg.Error as error:
        raise lost(error, request.target) from error
    return _result(walk, outcomes, (*findings, *failed_writes(verification)), verification)


def _verify(walk: _Walk, outcomes: tuple[Outcome, ...]) -> Verification:
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


def stop_on(plan: Plan, allow: frozenset[str]) -> None:
    """FindingsStop when the plan has findings that stop and were not allowed."""
    stops = unallowed(plan.findings, Severity.STOP, allow)
    if stops:
        first = stops[0]
        more = f" (and {len(stops) - 1} more)" if len(stops) > 1 else ""
        raise FindingsStop(f"{first.rule}: {first.object}: {first.detail}{more}; {first.remedy}")


# --- begin, go on, or refuse ---


def _begin(walk: _Walk) -> None:
    """Makes the empty tables, or finds that an earlier move of the same file and plan can go on."""
    schema, source = walk.request.options.schema, str(walk.snapshot.path.resolve())
    standing.lock(walk.main, schema)
    earlier = walk.ledger.entry(walk.main) if walk.ledger.exists(walk.main) else None
    same_file = earlier is not None and earlier.fingerprint == walk.snapshot.fingerprint
    if earlier is not None and same_file:
        walk.refutations = Refutations.loads(earlier.refuted)
    plan = walk.decide()
    ours = earlier is not None and (same_file or earlier.source == source)
    found = standing.present(walk.main, schema, standing.names_of(plan.tables, plan.expected))
    if earlier is not None and not walk.request.replace:
        if same_file and earlier.plan_digest == _identity(plan) and _all_there(plan, found):
            walk.resumed = True
            return
        leftover = standing.present(walk.main, schema, standing.remembered(earlier))
        if not ours:
            standing.refuse_other(earlier, leftover, schema)
        elif earlier.state == "loading":
            standing.refuse_present([entry for entry in found if entry not in leftover], plan)
            found = tuple({*found, *leftover})
            if not same_file:
                walk.extra = (
                    Finding(rule="source.changed", object=source, detail="all tables are copied anew"),
                )
                plan = walk.decide()
        else:
            standing.refuse_present(found, plan)
    elif not walk.request.replace:
        standing.refuse_present(found, plan)
    _make_tables(walk, plan, source, found)


def _all_there(plan: Plan, found: tuple[standing.Found, ...]) -> bool:
    return {("TABLE", table.name) for table in plan.tables} <= set(found)


def _make_tables(walk: _Walk, plan: Plan, source: str, found: tuple[standing.Found, ...]) -> None:
    """Pre-data in one transaction, after what is in its way was dropped."""
    walk.progress.stage("pre-data", f"{len(plan.tables)} tables")
    walk.ledger.prepare(walk.main)
    there = standing.has_schema(walk.main, plan.schema)
    with walk.clock.of("pre-data"), walk.main.transaction():
        standing.drop(walk.main, plan.schema, found)
        walk.ledger.begin(walk.main, _entry(walk, source), __version__)
        if any(column.type.startswith("vector") for table in plan.tables for column in table.columns):
            _add_pgvector(walk.main)
        statements = (s for s in plan.statements if s.phase == "pre-data")
        run_required(walk.main, (s for s in statements if not (there and s.sql.startswith(_SCHEMA))))


_SCHEMA = "CREATE SCHEMA "


def _add_pgvector(connection: psycopg.Connection[Any]) -> None:
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.InsufficientPrivilege) as error:
        raise TargetError(
            f"the plan has columns of type vector, but {say(error)}; install pgvector there, "
            "or let those columns stay bytea in the plan"
        ) from error


def _entry(walk: _Walk, source: str) -> Entry:
    return Entry(
        source=source,
        fingerprint=walk.snapshot.fingerprint,
        plan_digest=_identity(walk.plan),
        plan=dump_tables(walk.plan.tables, walk.plan.expected),
        refuted=walk.refutations.dumps(),
        state="loading",
    )


def _identity(plan: Plan) -> str:
    """Identity of what a plan makes and how it is cut: statements, conversions, rows per chunk."""
    recipes = [f"{t.source}.{c.source}:{c.conversion}" for t in plan.tables for c in t.columns]
    made = [sql for statement in plan.statements for sql in statement.script]
    return digest("\n".join([*made, *recipes, f"chunks of {CHUNK_ROWS}"]))


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
        with Crew(walk.request.jobs, on_stop=connections.cancel) as crew:
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
        walk.ledger.replan(walk.main, _entry(walk, str(walk.snapshot.path.resolve())))


def _makings(plan: Plan) -> dict[str, tuple[str, ...]]:
    """By table, what decides whether rows that were copied can stay."""
    creates = {s.table: s.sql for s in plan.statements if s.phase == "pre-data" and s.table}
    return {t.source: (creates[t.source], *(c.conversion for c in t.columns)) for t in plan.tables}


def _undo(walk: _Walk) -> None:
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
    walk: _Walk,
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
    )
