"""The page's tables, foldable: every column's storage classes, type, evidence and counter-examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from outgrow.findings import Finding
from outgrow.report.figures import counted
from outgrow.report.html.charts import in_words, stacked
from outgrow.report.html.element import Html, el, join
from outgrow.report.html.findings import badge
from outgrow.report.inspection import HEAVIEST_FIRST, ColumnView, TableView
from outgrow.report.wording import becomes, rejected_type, span, table_facts
from outgrow.schema.names import fold

_HEAD = ("Column", "Declared", "Holds", "Range", "Becomes", "Because")
_UNFOLDED = 8


def tables_section(
    tables: Sequence[TableView], findings: Sequence[Finding], anchors: Mapping[str, str]
) -> Html:
    """Every table, in the plan's order; a few begin unfolded, many begin folded."""
    if not tables:
        return el("p", "The file has no tables.", class_="quiet")
    search = el(
        "p",
        el(
            "label",
            "Find ",
            el("input", type="search", id="find-table", placeholder="table or column", autocomplete="off"),
        ),
        " ",
        el("button", "Unfold all", type="button", id="unfold"),
        " ",
        el("button", "Fold all", type="button", id="fold"),
        class_="filters scripted",
        hidden=True,
    )
    parts = (
        _table(table, anchors[table.plan.source], _of(table, findings), unfolded=len(tables) <= _UNFOLDED)
        for table in tables
    )
    return join((search, el("div", *parts, class_="tables")))


def _of(table: TableView, findings: Sequence[Finding]) -> list[Finding]:
    name = table.plan.source
    return [f for f in findings if f.object == name or f.object.startswith(name + ".")]


def _table(table: TableView, anchor: str, findings: Sequence[Finding], *, unfolded: bool) -> Html:
    plan = table.plan
    renamed = plan.name not in (plan.source, fold(plan.source))
    head = el(
        "summary",
        el("span", plan.source, class_="name"),
        el("span", f" → {plan.name}", class_="name quiet") if renamed else Html(),
        " ",
        el("span", " · ".join(table_facts(table)), class_="quiet"),
        " ",
        _marks(table, findings),
    )
    return el("details", head, _columns(table), class_="table", id=anchor, open=unfolded)


def _marks(table: TableView, findings: Sequence[Finding]) -> Html:
    mixed = sum(column.mixed for column in table.columns)
    parts = [badge(s.value) for s in HEAVIEST_FIRST if any(f.severity is s for f in findings)]
    if table.plan.leave:
        parts.insert(0, el("span", "left out", class_="badge left-out"))
    if mixed:
        parts.append(el("span", counted(mixed, "mixed column"), class_="badge mixed"))
    return join(parts)


def _columns(table: TableView) -> Html:
    head = el("tr", *(el("th", word, scope="col", role="columnheader") for word in _HEAD), role="row")
    rows = (_column(column, table.plan.key) for column in table.columns)
    return el(
        "table",
        el("thead", head, role="rowgroup"),
        el("tbody", *rows, role="rowgroup"),
        class_="columns",
        role="table",
        aria_label=f"Columns of {table.plan.source}",
    )


def _column(column: ColumnView, key: Sequence[str]) -> Html:
    plan = column.plan
    renamed = plan.name not in (plan.source, fold(plan.source))
    name = join((
        el("span", plan.source, class_="name"),
        el("span", f" → {plan.name}", class_="name quiet") if renamed else Html(),
        el("span", " key", class_="quiet") if plan.source in key else Html(),
    ))  # fmt: skip
    cells = (
        el("code", plan.declared) if plan.declared else el("span", "no type", class_="quiet"),
        _holds(column),
        el("span", span(column.profile), class_="range"),
        _becomes(column),
        _because(column),
    )
    first = el("th", name, scope="row", role="rowheader")
    rest = (
        el("td", cell, role="cell", data_label=label) for cell, label in zip(cells, _HEAD[1:], strict=True)
    )
    return el("tr", first, *rest, role="row")


def _holds(column: ColumnView) -> Html:
    if column.profile is None:
        return el("span", "not counted", class_="quiet")
    if not column.holds:
        return el("span", "nothing", class_="quiet")
    words = in_words(column.holds)
    return join(
        (stacked(column.holds, f"{column.plan.source}: {words}"), el("span", words, class_="numbers"))
    )


def _becomes(column: ColumnView) -> Html:
    plan = column.plan
    parts = [el("code", becomes(plan))]
    if plan.conversion != "same":
        parts.append(el("span", f"by {plan.conversion}", class_="conversion"))
    parts += [el("span", f"default {plan.default}", class_="conversion")] if plan.default else []
    parts += [el("span", f"as {plan.generated}", class_="conversion")] if plan.generated else []
    return join(parts)


def _because(column: ColumnView) -> Html:
    plan = column.plan
    parts = [el("span", plan.evidence)]
    if plan.considered:
        items = (
            el(
                "li",
                "not ",
                el("code", rejected_type(r)),
                ": ",
                el("code", r.value, class_="value"),
                f" {r.reason}",
            )
            for r in plan.considered
        )
        parts.append(el("ul", *items, class_="rejected", aria_label="Types that were ruled out"))
    return join(parts)
