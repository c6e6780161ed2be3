"""Checks of what keeps a database quick: statistics, VACUUM, and autovacuum, which sees to both."""

from __future__ import annotations

from dataclasses import dataclass

from outgrow.report.figures import count, counted
from outgrow.runtime.health import queries
from outgrow.runtime.health.check import Verdict, ok, warning
from outgrow.runtime.health.subject import Subject
from outgrow.schema.names import qualified

SOME_ROWS = 1_000
"""A table with fewer is read whole whatever the planner knows, and autovacuum may leave it so for ever."""
DEAD_ROWS = 10_000
DEAD_SHARE = 0.4
"""Autovacuum begins at a fifth of the rows; twice that says that it does not keep up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How one table was kept up; `live` and `dead` are PostgreSQL's estimates of its rows."""

    name: str
    live: int
    dead: int
    never_analyzed: bool
    never_vacuumed: bool
    switched_off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Autovacuum:
    autovacuum: bool
    counts: bool


def statistics(subject: Subject) -> Verdict:
    """Tables that the planner knows nothing of."""
    tables = _tables(subject)
    never = [table for table in tables if table.never_analyzed]
    if not never:
        return ok("the planner has statistics of all tables with more than a few rows")
    return warning(
        f"{counted(len(never), 'table was', 'tables were')} never analyzed, so plans are guesses",
        *(table.name for table in never),
        advice=[f"ANALYZE {qualified(subject.schema, table.name)};" for table in never],
    )


def bloat(subject: Subject) -> Verdict:
    """Tables with more dead rows than autovacuum lets be."""
    tables = _tables(subject)
    full = [t for t in tables if t.dead > DEAD_ROWS and t.dead > t.live * DEAD_SHARE]
    if full:
        return warning(
            f"{counted(len(full), 'table is', 'tables are')} full of dead rows",
            *(f"{t.name}: {count(t.dead)} dead beside {count(t.live)} live" for t in full),
            advice=[f"VACUUM (ANALYZE) {qualified(subject.schema, t.name)};" for t in full],
        )
    never = sum(table.never_vacuumed for table in tables)
    if never:
        return ok(f"few dead rows; {counted(never, 'table was', 'tables were')} not vacuumed yet")
    return ok("few dead rows")


def autovacuum(subject: Subject) -> Verdict:
    """Whether the server keeps all tables up by itself."""
    server = queries.row(subject.main, "autovacuum", _Autovacuum)
    off = [table.name for table in _tables(subject) if table.switched_off]
    settings = [
        name for name, on in (("autovacuum", server.autovacuum), ("track_counts", server.counts)) if not on
    ]
    if settings:
        return warning(
            f"off in the server ({', '.join(settings)} = off): dead rows stay, and statistics grow old",
            advice=[
                *(f"ALTER SYSTEM SET {name} = 'on';" for name in settings),
                "SELECT pg_reload_conf();",
            ],
        )
    if off:
        return warning(
            f"off for {counted(len(off), 'table')}: dead rows stay, and statistics grow old",
            *off,
            advice=[
                f"ALTER TABLE {qualified(subject.schema, name)} RESET (autovacuum_enabled);" for name in off
            ],
        )
    return ok("on")


def _tables(subject: Subject) -> list[Kept]:
    return queries.rows(subject.main, "upkeep", Kept, {"schema": subject.schema, "rows": SOME_ROWS})
