"""A column held as a date or timestamp against any text, in a form that an index serves.

The texts that SQLite compares sort as the instants do, so that every text lies somewhere between two
instants: `at > '2024-02'` is `at >=` the first instant whose text is greater. The function of the schema
`sqlite` finds that instant for a literal and for a bound parameter alike. Used by `compare`.
"""

from __future__ import annotations

from outgrow.schema.model import Affinity
from outgrow.schema.names import literal
from outgrow.translate import held
from outgrow.translate.value import Rank, Value, truth

_STEPS = {"YYYY-MM-DD": 86_400_000_000, "HH24:MI": 60_000_000, "SS": 1_000_000}
"""Microseconds from one text of a format to the next, by the end of its pattern."""
_NUMERIC = frozenset({Affinity.NUMERIC, Affinity.INTEGER, Affinity.REAL})


def bounded(operator: str, column: Value, text: Value) -> tuple[str, str] | Value | None:
    """`column operator text` for a column held as a date; None where it has no such form.

    A pair for an equality, the whole condition for an order. A text that looks like a number becomes one
    beside a column of numeric affinity, and is then less than all dates.
    """
    if text.parameter is None and text.constant is None:
        return None  # it may depend on the row, and then an index is of no use
    if text.kind != "text" or column.collation is not None or text.explicit or not column.stored:
        return None
    found = _pattern(column)
    if found is None:
        return None
    pattern, step = found
    numeric = "true" if held.affinity_of(column) in _NUMERIC else "false"
    sql = text.sql if text.constant is None else f"{text.sql}::text"
    given = f"{sql}, {literal(pattern)}, {step}, {numeric}"
    as_date = "::date" if column.type == "date" else ""
    if operator not in {"<", "<=", ">", ">="}:
        return column.within(Rank.COMPARE), f"sqlite.moment_at({given}){as_date}"
    beyond = "true" if operator in {">", "<="} else "false"
    side = ">=" if operator in {">", ">="} else "<"
    bound = f"sqlite.moment_from({given}, {beyond}){as_date}"
    return truth(f"{column.within(Rank.COMPARE)} {side} {bound}", column, text)


def _pattern(column: Value) -> tuple[str, int] | None:
    """The pattern of `sqlite.moment_from` that gives the column's texts, and their step; None for no such."""
    recipe, spelling = held.conversion_of(column)
    if recipe not in {"timestamp-text", "date-text"} or column.type not in {"timestamp", "date"}:
        return None
    pattern = held.plain_pattern(spelling)
    if pattern is None or not pattern.startswith("YYYY"):
        return None
    if pattern.endswith("[.FF6]"):
        return pattern, 1
    if pattern[-3:-1] == "FF":
        return pattern, 10 ** (6 - int(pattern[-1]))
    return next(((pattern, step) for end, step in _STEPS.items() if pattern.endswith(end)), None)
