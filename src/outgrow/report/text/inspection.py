"""`inspect` in a terminal: summary, tables one by one, what needs attention, then a verdict."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from outgrow.findings import Severity
from outgrow.plan.model import Plan
from outgrow.report.figures import count, counted, size
from outgrow.report.inspection import Inspection, TableView, inspect, plan_names, renamed
from outgrow.report.text.findings import (
    changed_lines,
    finding_lines,
    left_lines,
    object_counts,
    severity_counts,
)
from outgrow.report.text.layout import STYLES, Shape, grid, heading, prose, safe
from outgrow.report.text.table import table_lines
from outgrow.report.wording import verdict
from outgrow.schema.model import Database
from outgrow.types.observed import Profile

_TOP = 20
_BAR = 16
_GOOD = "bold green"


def show_inspection(
    console: Console,
    database: Database,
    profile: Profile,
    plan: Plan,
    *,
    tables: Collection[str] = (),
    allowed: frozenset[str] = frozenset(),
) -> None:
    """Print the inspection; `tables`, if any, limit it to them (KeyError: no such table).

    `allowed` are rule ids of `--allow`. Text of the database is shown escaped, never as markup.
    """
    view = inspect(database, profile, plan, tables)
    for line in inspection_lines(
        view, console.width, only=bool(tables), allowed=allowed, bars=console.is_terminal
    ):
        console.print(line, soft_wrap=True, highlight=False)


def inspection_lines(
    view: Inspection, width: int, *, only: bool, allowed: frozenset[str], bars: bool
) -> Iterator[Text]:
    """All lines. `only`: the view is limited to chosen tables, so the file's summary is left out."""
    if not only:
        yield from _file(view, width)
        yield from _overview(view.tables, width, bars)
    shown = [table for table in view.tables if only or (table.plan.rows and not table.plan.leave)]
    for table in shown:
        yield from table_lines(table, width)
    yield from _not_shown([table for table in view.tables if table not in shown], width)
    yield from changed_lines((o for o in view.changed if o.kind != "columns"), width)
    yield from left_lines(view.left, width)
    if not only:
        yield from renamed_lines(renamed(plan_names(view.plan), view.outcomes), width)
    yield from finding_lines(view.findings, width, allowed)
    yield Text()
    end = verdict(view, allowed)
    yield from prose(
        end.text, width, indent=0, style=_GOOD if end.level is Severity.INFO else STYLES[end.level]
    )
    if end.command:
        yield safe(f"Now: {end.command}", _GOOD)


def renamed_lines(pairs: Sequence[tuple[str, str]], width: int) -> Iterator[Text]:
    """Names that change, source → target; nothing when there are none."""
    if pairs:
        yield from heading("Renamed")
        yield Text()
    yield from grid([(safe(old), safe(f"→ {new}", "bold")) for old, new in pairs], width)


def _file(view: Inspection, width: int) -> Iterator[Text]:
    database = view.database
    yield safe(database.path, "bold")
    facts = [
        size(view.size),
        f"{counted(database.page_count, 'page')} of {count(database.page_size)} bytes",
        database.encoding,
        f"journal {database.journal_mode}",
        f"user_version {database.user_version}",
        f"application_id {database.application_id}",
    ]
    yield from prose(" · ".join(facts), width, style="dim")
    yield from prose(_contents(view), width)
    yield Text("  ").append_text(severity_counts(view.findings))
    if database.virtual_tables:
        names = ", ".join(f"{virtual.name} ({virtual.module})" for virtual in database.virtual_tables)
        yield from prose(names, width, first="virtual tables: ")
    if database.collations:
        yield from prose(", ".join(database.collations), width, first="collations of the application: ")
    if view.outcomes:
        yield from heading("What becomes of it")
        yield Text()
        yield from object_counts(view.objects, width)


def _contents(view: Inspection) -> str:
    database, plan = view.database, view.plan
    indexes = sum(table.index_count for table in view.tables)
    parts = [counted(view.ordinary, "table"), counted(view.rows, "row")]
    parts += [counted(indexes, "index", "indexes")] if indexes else []
    parts += [counted(len(database.views), "view")] if database.views else []
    parts += [counted(len(database.triggers), "trigger")] if database.triggers else []
    parts += [counted(len(database.virtual_tables), "virtual table")] if database.virtual_tables else []
    policies = f"schema {plan.schema}, types {plan.types}, names {plan.names}, {plan.json}"
    return f"{', '.join(parts)}; planned for {policies}"


def _overview(tables: Sequence[TableView], width: int, bars: bool) -> Iterator[Text]:
    filled = sorted((t for t in tables if t.plan.rows), key=lambda t: (-t.plan.bytes, -t.plan.rows))
    if not filled:
        return
    yield from heading("Where the bytes are")
    yield Text()
    shown = filled if len(filled) <= _TOP + 5 else filled[:_TOP]
    largest = max(shown[0].plan.bytes, 1)
    rows = [
        [
            safe(table.plan.source),
            Text(counted(table.plan.rows, "row")),
            Text(size(table.plan.bytes) if table.plan.bytes else ""),
            Text("▇" * round(_BAR * table.plan.bytes / largest) if bars else "", style="blue"),
        ]
        for table in shown
    ]
    yield from grid(rows, width, Shape(right=frozenset({1, 2})))
    rest = filled[len(shown) :]
    if rest:
        total, bytes_ = sum(t.plan.rows for t in rest), sum(t.plan.bytes for t in rest)
        yield Text(f"  and {len(rest)} smaller tables: {counted(total, 'row')}, {size(bytes_)}", style="dim")


def _not_shown(tables: Sequence[TableView], width: int) -> Iterator[Text]:
    left = [table.plan.source for table in tables if table.plan.leave]
    empty = [
        f"{t.plan.source} ({counted(len(t.columns), 'column')})"
        for t in tables
        if not t.plan.leave and not t.plan.rows
    ]
    if empty:
        yield Text()
        yield Text(counted(len(empty), "empty table"), style="bold")
        yield from prose(", ".join(empty), width)
        yield Text("  Their types follow the declarations; `outgrow plan` lists them.", style="dim")
    if left:
        yield Text()
        yield Text(f"{counted(len(left), 'table')} the plan leaves out", style="bold")
        yield from prose(", ".join(left), width)
