"""One table of the inspection: what each column holds and becomes, and what ruled the other types out."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from outgrow.report.inspection import ColumnView, TableView
from outgrow.report.text.layout import Shape, grid, grid_rows, prose, safe
from outgrow.report.wording import because, becomes, holds_text, rejected_type, span, table_facts
from outgrow.schema.names import fold
from outgrow.types.observed import Rejected

_HEAD = ("column", "declared", "becomes", "holds", "range", "because")


def table_lines(table: TableView, width: int) -> Iterator[Text]:
    """A blank line, the table's name and facts, then its columns with their evidence and counter-examples."""
    plan = table.plan
    yield Text()
    renamed = plan.name not in (plan.source, fold(plan.source))
    arrow = safe(f"→ {plan.name}" if renamed else "", "bold")
    yield from grid([[safe(plan.source, "bold"), arrow]], width, Shape(indent=0))
    yield from prose(" · ".join(table_facts(table)), width, style="dim")
    rows = [[Text(word, style="dim") for word in _HEAD], *(_row(column) for column in table.columns)]
    head_lines, *column_lines = grid_rows(rows, width, Shape(prose=True))
    yield head_lines[0]
    for column, lines in zip(table.columns, column_lines, strict=True):
        yield from lines
        for rejected in column.plan.considered:
            yield from prose(_rejected(rejected), width, indent=6, style="dim")


def _row(column: ColumnView) -> list[Text]:
    plan = column.plan
    return [
        safe(plan.source, "bold"),
        safe(plan.declared or "(none)", "" if plan.declared else "dim"),
        safe(becomes(plan), "green"),
        Text(holds_text(column), style="yellow" if column.mixed else ""),
        Text(span(column.profile)),
        safe(because(plan), "dim"),
    ]


def _rejected(rejected: Rejected) -> str:
    return f"not {rejected_type(rejected)}: {rejected.value} {rejected.reason}"
