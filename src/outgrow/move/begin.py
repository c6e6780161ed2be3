"""The beginning of a move: empty tables, or an interrupted move that goes on, or a refusal.

Called by `migrate` once the source is examined; `standing` says what the target already has.
"""

from __future__ import annotations

from typing import Any

import psycopg

from outgrow import __version__
from outgrow.errors import TargetError
from outgrow.findings import Finding
from outgrow.move import standing
from outgrow.move.refutations import Refutations
from outgrow.move.walk import Walk, entry_of, identity
from outgrow.plan.model import Plan
from outgrow.postgres import functions
from outgrow.postgres.apply import is_passing, run_required, say
from outgrow.postgres.ledger import Entry


def begin(walk: Walk) -> None:
    """Makes the empty tables, or finds that an earlier move of the same file and plan can go on."""
    schema, source = walk.request.options.schema, str(walk.snapshot.path.resolve())
    standing.lock(walk.main, schema)
    earlier = walk.ledger.entry(walk.main) if walk.ledger.exists(walk.main) else None
    same_file = earlier is not None and earlier.fingerprint == walk.snapshot.fingerprint
    if earlier is not None and same_file:
        walk.refutations = Refutations.loads(earlier.refuted)
    plan = walk.decide()
    found = standing.present(walk.main, schema, standing.names_of(plan.tables, plan.expected))
    if walk.request.replace:
        _make_tables(walk, plan, source, found)
        return
    if earlier is not None and same_file and _is_same(earlier, plan, found):
        walk.resumed, walk.was_done = True, earlier.state == "done"
        return
    leftover = _leftover(walk, earlier, ours=same_file or (earlier is not None and earlier.source == source))
    standing.refuse_present([entry for entry in found if entry not in leftover], plan)
    if leftover and not same_file:
        walk.extra = (Finding(rule="source.changed", object=source, detail="all tables are copied anew"),)
        plan = walk.decide()
    _make_tables(walk, plan, source, tuple(sorted({*found, *leftover})))


def _is_same(earlier: Entry, plan: Plan, found: tuple[standing.Found, ...]) -> bool:
    """Whether the earlier move made what this plan makes, and all its tables are still there."""
    tables = {("TABLE", table.name) for table in plan.tables}
    return earlier.plan_digest == identity(plan) and tables <= set(found)


def _leftover(walk: Walk, earlier: Entry | None, *, ours: bool) -> tuple[standing.Found, ...]:
    """What an unfinished move of this file has left; TargetError when it is another file's."""
    if earlier is None:
        return ()
    schema = walk.request.options.schema
    there = standing.present(walk.main, schema, standing.remembered(earlier))
    if not ours:
        standing.refuse_other(earlier, there, schema)
    return there if ours and earlier.state == "loading" else ()


def _make_tables(walk: Walk, plan: Plan, source: str, found: tuple[standing.Found, ...]) -> None:
    """Pre-data in one transaction, after what is in its way was dropped."""
    walk.progress.stage("pre-data", f"{len(plan.tables)} tables")
    walk.ledger.prepare(walk.main)
    there = standing.has_schema(walk.main, plan.schema)
    with walk.clock.of("pre-data"), walk.main.transaction():
        standing.drop(walk.main, plan.schema, found)
        walk.ledger.begin(walk.main, entry_of(walk, source), __version__)
        if plan.needs_pgvector:
            _add_pgvector(walk.main)
        _add_functions(walk, needed=plan.needs_functions)
        statements = (s for s in plan.statements if s.phase == "pre-data")
        wanted = (s for s in statements if not (there and s.sql.startswith(_SCHEMA)))
        for refusal in run_required(walk.main, wanted):
            walk.progress.note(refusal)


_SCHEMA = "CREATE SCHEMA "


def _add_functions(walk: Walk, *, needed: bool) -> None:
    """The schema `sqlite`, for what the plan needs of it and for the application's statements.

    Where it cannot be made, what needs it is refused by PostgreSQL and reported.
    """
    try:
        functions.install(walk.main)
    except TargetError:
        if needed:
            raise
    except psycopg.Error as error:
        if is_passing(error):
            raise
        if needed:
            walk.progress.note(f"left out: the schema sqlite with SQLite's functions: {say(error)}")


def _add_pgvector(connection: psycopg.Connection[Any]) -> None:
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.InsufficientPrivilege) as error:
        raise TargetError(
            f"the plan has columns of type vector, but {say(error)}; install pgvector there, "
            "or let those columns stay bytea in the plan"
        ) from error
