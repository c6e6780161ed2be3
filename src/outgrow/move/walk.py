"""What one move was asked, and what it has in its hands while it walks.

Made by `migrate`; `begin` reads where the walk stands and `migrate` carries it to its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg

from outgrow.errors import FindingsStop
from outgrow.findings import Finding, Severity, unallowed
from outgrow.move.copy import CHUNK_ROWS
from outgrow.move.examine import Examined, decide
from outgrow.move.progress import Clock, Progress
from outgrow.move.refutations import Refutations
from outgrow.options import Options
from outgrow.plan.model import Plan
from outgrow.plan.overrides import Overrides
from outgrow.plan.stored import dump_tables
from outgrow.postgres.ledger import Entry, Ledger, digest
from outgrow.sqlite.connect import Snapshot


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
class Walk:
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
    was_done: bool = False

    def decide(self) -> Plan:
        """The plan as the evidence now stands; FindingsStop when it must not be carried out."""
        self.plan = decide(
            self.examined, self.request.options, self.request.overrides, self.refutations, self.extra
        )
        stop_on(self.plan, self.request.options.allow)
        return self.plan


def stop_on(plan: Plan, allow: frozenset[str]) -> None:
    """FindingsStop when the plan has findings that stop and were not allowed."""
    stops = unallowed(plan.findings, Severity.STOP, allow)
    if stops:
        first = stops[0]
        more = f" (and {len(stops) - 1} more)" if len(stops) > 1 else ""
        raise FindingsStop(f"{first.rule}: {first.object}: {first.detail}{more}; {first.remedy}")


def entry_of(walk: Walk, source: str) -> Entry:
    """What the ledger is to remember of the walk while it is under way; `source` is the resolved path."""
    return Entry(
        source=source,
        fingerprint=walk.snapshot.fingerprint,
        plan_digest=identity(walk.plan),
        plan=dump_tables(walk.plan.tables, walk.plan.expected, walk.request.options),
        refuted=walk.refutations.dumps(),
        state="loading",
    )


def identity(plan: Plan) -> str:
    """Identity of what a plan makes and how it is cut: statements, conversions, rows per chunk."""
    recipes = [f"{t.source}.{c.source}:{c.conversion}" for t in plan.tables for c in t.columns]
    made = [sql for statement in plan.statements for sql in statement.script]
    return digest("\n".join([*made, *recipes, f"chunks of {CHUNK_ROWS}"]))
