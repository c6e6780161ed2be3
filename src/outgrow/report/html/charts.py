"""Charts as inline SVG: bars whose lengths are percentages, so they follow the width of the page.

Every chart has its numbers beside it as text and in its label; colour alone never carries a fact.
"""

from __future__ import annotations

from collections.abc import Sequence

from outgrow.findings import Finding, Severity
from outgrow.report.figures import count, counted, size
from outgrow.report.html.element import Html, el, join
from outgrow.report.inspection import HEAVIEST_FIRST, TableView

CLASSES = ("integer", "real", "text", "blob", "null")
TOP = 20
_SLIVER = 1.5
"""Percent below which a part that is there would not be seen."""


def bar(part: float, whole: float, label: str, *, kind: str = "bytes") -> Html:
    """One horizontal bar, `part` of `whole` long."""
    length = max(100 * part / whole, 0.4) if whole and part else 0.0
    fill = el("rect", width=f"{length:.2f}%", height="100%", rx="2", class_=f"fill {kind}")
    return _svg(label, el("rect", width="100%", height="100%", rx="2", class_="track"), fill)


def stacked(parts: Sequence[tuple[str, int]], label: str) -> Html:
    """Parts of a whole in one bar, each with its count as a tooltip; a small part is widened to be seen."""
    lengths = _lengths([number for _, number in parts])
    total, at, rects = sum(number for _, number in parts), 0.0, []
    for (name, number), length in zip(parts, lengths, strict=True):
        title = el("title", f"{name}: {count(number)} ({100 * number / total:.3g} %)")
        rects.append(
            el("rect", title, x=f"{at:.2f}%", width=f"{length:.2f}%", height="100%", class_=f"fill {name}")
        )
        at += length
    return _svg(label, *rects)


def legend() -> Html:
    """The storage classes with their colours."""
    items = (el("li", el("span", class_=f"swatch {name}", aria_hidden="true"), name) for name in CLASSES)
    return el("ul", *items, class_="legend", aria_label="Colours of the storage classes")


def bytes_chart(tables: Sequence[TableView]) -> Html:
    """Bytes per table, the largest first; beyond the top 20 the others are one bar."""
    ordered = sorted((t.plan for t in tables if t.plan.bytes), key=lambda plan: -plan.bytes)
    if not ordered:
        return el("p", "The size of the tables is not known.", class_="quiet")
    rows = [(plan.source, plan.bytes, counted(plan.rows, "row")) for plan in ordered[:TOP]]
    rest = ordered[TOP:]
    if rest:
        rows.append(
            (
                f"{counted(len(rest), 'smaller table')}",
                sum(p.bytes for p in rest),
                f"{count(sum(p.rows for p in rest))} rows",
            )
        )
    largest = max(number for _, number, _ in rows)
    return el(
        "ul",
        *(
            _chart_row(name, bar(n, largest, f"{name}: {size(n)}"), f"{size(n)} · {rows_}")
            for name, n, rows_ in rows
        ),
        class_="chart",
    )


def classes_chart(tables: Sequence[TableView]) -> Html:
    """Storage classes of all values per table, most values first, top 20."""
    held = [(table.plan.source, table_classes(table)) for table in tables]
    ordered = sorted(
        ((name, parts) for name, parts in held if parts), key=lambda row: -sum(n for _, n in row[1])
    )
    if not ordered:
        return el("p", "No table holds a value.", class_="quiet")
    rows = (
        _chart_row(name, stacked(parts, f"{name}: {in_words(parts)}"), in_words(parts))
        for name, parts in ordered[:TOP]
    )
    rest = len(ordered) - TOP
    more = (
        el("p", f"and {counted(rest, 'table')} with fewer values, below", class_="quiet")
        if rest > 0
        else Html()
    )
    return join((legend(), el("ul", *rows, class_="chart"), more))


def severity_chart(findings: Sequence[Finding]) -> Html:
    """How many findings each severity has, all four shown."""
    numbers = {severity: sum(f.severity is severity for f in findings) for severity in HEAVIEST_FIRST}
    largest = max(numbers.values())
    rows = (
        _chart_row(
            severity.value,
            bar(number, largest, f"{severity.value}: {number}", kind=severity.value),
            f"{count(number)} · {_MEANING[severity]}",
        )
        for severity, number in numbers.items()
    )
    return el("ul", *rows, class_="chart severities")


def table_classes(table: TableView) -> tuple[tuple[str, int], ...]:
    """Values per storage class over all columns of a table, in the fixed order of the legend."""
    totals = dict.fromkeys(CLASSES, 0)
    for column in table.columns:
        for name, number in column.holds:
            totals[name] += number
    return tuple((name, number) for name, number in totals.items() if number)


def in_words(parts: Sequence[tuple[str, int]]) -> str:
    """`integer 40, text 14`."""
    return ", ".join(f"{name} {count(number)}" for name, number in parts)


_MEANING = {
    Severity.STOP: "nothing is written until it is mended",
    Severity.LOSS: "an object stays behind",
    Severity.WARNING: "carried whole, in another form",
    Severity.INFO: "worth knowing",
}


def _chart_row(name: str, picture: Html, numbers: str) -> Html:
    return el("li", el("span", name, class_="what"), picture, el("span", numbers, class_="numbers"))


def _svg(label: str, *children: Html) -> Html:
    return el("svg", *children, class_="bar", width="100%", height="12", role="img", aria_label=label)


def _lengths(numbers: Sequence[int]) -> list[float]:
    """Percentages that add up to 100, none below the sliver."""
    total = sum(numbers)
    raw = [max(100 * number / total, _SLIVER) for number in numbers]
    return [100 * length / sum(raw) for length in raw]
