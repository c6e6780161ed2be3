"""The inspection's facts in words, the same in the terminal and on the page: types, ranges, reasons, verdict.

After `report.inspection`, which joins the values; before `report.text` and `report.html`, which set them.
"""

from __future__ import annotations

import math
import shlex
from typing import NamedTuple

from outgrow.findings import Severity, unallowed
from outgrow.plan.model import ColumnPlan
from outgrow.report.figures import count, counted, size
from outgrow.report.inspection import ColumnView, Inspection, TableView
from outgrow.types.observed import ColumnProfile, Rejected


class Verdict(NamedTuple):
    """What a move would do, how heavy that is (INFO: all is well), and the command to go on with, if any."""

    level: Severity
    text: str
    command: str


def verdict(view: Inspection, allowed: frozenset[str]) -> Verdict:
    """The sum of the inspection; findings of rules in `allowed` do not weigh."""
    stops = unallowed(view.findings, Severity.STOP, allowed)
    if stops:
        rules = ", ".join(sorted({finding.rule for finding in stops}))
        text = f"A move would stop: {rules}. Mend what is named here, or change the plan."
        return Verdict(Severity.STOP, text, "")
    moving = [table.plan for table in view.tables if not table.plan.leave]
    text = f"{counted(len(moving), 'table')} and {counted(sum(t.rows for t in moving), 'row')} can move"
    if view.left:
        text += f"; {counted(len(view.left), 'object stays', 'objects stay')} behind"
    losses = unallowed(view.findings, Severity.LOSS, allowed)
    level = Severity.LOSS if losses else Severity.INFO
    return Verdict(level, f"{text}.", f"outgrow move {shlex.quote(view.database.path)}")


def holds_text(column: ColumnView) -> str:
    """`integer 40, text 14, null 3`; `nothing` without rows, `not counted` for a virtual table's column."""
    if column.profile is None:
        return "not counted"
    return ", ".join(f"{name} {count(number)}" for name, number in column.holds) or "nothing"


def span(profile: ColumnProfile | None) -> str:
    """Range of the numbers and length of the longest text or blob; "" when neither is there."""
    if profile is None:
        return ""
    parts: list[str] = []
    if profile.min_integer is not None and profile.max_integer is not None:
        parts.append(_range(str(profile.min_integer), str(profile.max_integer)))
    if profile.min_real is not None and profile.max_real is not None:
        parts.append(_range(real_text(profile.min_real), real_text(profile.max_real)))
    if profile.classes & {"text", "blob"}:
        unit = "byte" if profile.max_bytes == 1 else "bytes"
        parts.append(f"up to {profile.max_bytes:,} {unit}")
    return ", ".join(parts)


def real_text(value: float) -> str:
    """A double so that it reads back as itself; infinities as `Infinity` and `-Infinity`."""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def becomes(column: ColumnPlan) -> str:
    """The target type with identity, NOT NULL and who set it: `bigint identity not null`.

    The collation "C" is left out: it is SQLite's own order.
    """
    parts = [column.type]
    parts += ["identity"] if column.identity else []
    parts += ["generated"] if column.generated is not None else []
    parts += [f"collate {column.collation}"] if column.collation not in (None, "C") else []
    parts += ["not null"] if column.not_null else []
    parts += ["(set by you)"] if column.fixed else []
    return " ".join(parts)


def because(column: ColumnPlan) -> str:
    """The evidence, and the conversion where the value is not held as itself."""
    how = "" if column.conversion == "same" else f"({column.conversion})"
    return f"{column.evidence} {how}".strip()


def rejected_type(rejected: Rejected) -> str:
    """`timestamp by timestamp-text:…`, as `becomes` says it."""
    return rejected.type if rejected.conversion == "same" else f"{rejected.type} by {rejected.conversion}"


def table_facts(table: TableView) -> tuple[str, ...]:
    """Rows, bytes, key, and what is special about the table, in short phrases."""
    plan, source = table.plan, table.table
    parts = [counted(plan.rows, "row")]
    parts += [size(plan.bytes)] if plan.bytes else []
    parts += [f"ordered by {', '.join(plan.key)}" if plan.key else "no key"]
    parts += [f"next identity {plan.identity_next}"] if plan.identity_next is not None else []
    parts += ["WITHOUT ROWID"] if source and source.without_rowid else []
    parts += ["STRICT"] if source and source.strict else []
    parts += [f"content of a virtual table ({table.virtual.module})"] if table.virtual else []
    parts += [counted(table.index_count, "index", "indexes")] if table.index_count else []
    parts += [counted(table.triggers, "trigger")] if table.triggers else []
    return tuple(parts)


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} … {high}"
