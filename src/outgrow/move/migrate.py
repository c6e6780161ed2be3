"""`move`: the whole walk, from a SQLite file to a verified PostgreSQL database.

Plan, refuse or resume, pre-data, copy with indexes following each table, constraints, foreign keys,
views and triggers, verification. Interrupted anywhere, the same call goes on: the ledger in the
target says what is committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import Any

import psycopg

from outgrow.findings import Finding
from outgrow.move.begin import begin
from outgrow.move.check import Comparison, check_target, failed_writes, lost
from outgrow.move.examine import examine
from outgrow.move.facts import with_facts
from outgrow.move.load import load
from outgrow.move.progress import Clock, Progress
from outgrow.move.remembered import keep_model
from outgrow.move.result import Result, TableResult, Verification
from outgrow.move.verify import VerifyJob
from outgrow.move.walk import Request, Walk, stop_on
from outgrow.plan.model import Outcome, Plan
from outgrow.plan.stored import dump_tables
from outgrow.postgres.connect import connect
from outgrow.postgres.ledger import Ledger
from outgrow.postgres.redact import redact
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
                examined = examine(
                    snapshot,
                    jobs=request.jobs,
                    progress=progress,
                    overrides=request.overrides,
                    rowids=request.options.rowids,
                )
            walk = Walk(
                request=request, progress=progress, main=main, snapshot=snapshot, examined=examined,
                clock=clock, ledger=Ledger(request.options.schema),
            )  # fmt: skip
            with clock.of("plan"):
                begin(walk)
            job = VerifyJob(
                snapshot=snapshot, examined=examined, schema=request.options.schema, progress=progress
            )
            comparison = stack.enter_context(closing(Comparison(request.target, job)))
            outcomes, findings = load(walk, comparison)
            with main.transaction():
                walk.ledger.end(main, dump_tables(walk.plan.tables, outcomes, request.options))
                if not walk.was_done:  # else the application may have defined more since
                    keep_model(main, request.options.schema)
            verification = _verify(walk, comparison, outcomes) if request.verify else None
    except psycopg.Error as error:
        raise lost(error, request.target) from error
    return _result(walk, outcomes, (*findings, *failed_writes(verification)), verification)


def _verify(walk: Walk, comparison: Comparison, outcomes: tuple[Outcome, ...]) -> Verification:
    tables = walk.plan.tables
    with walk.clock.of("verify"):
        walk.progress.stage("verify", f"{sum(t.rows for t in tables):,} rows")
        return check_target(comparison, tables, outcomes, jobs=walk.request.jobs)


@contextmanager
def _session(target: str) -> Iterator[psycopg.Connection[Any]]:
    connection = connect(target, autocommit=True)
    try:
        yield connection
    finally:
        connection.close()


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
