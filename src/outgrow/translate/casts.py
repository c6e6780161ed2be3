"""CAST by the affinity of the type's name. Used by `expressions`.

Rules: https://www.sqlite.org/lang_expr.html#castexpr
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from outgrow.schema.model import Affinity
from outgrow.schema.target import TargetColumn
from outgrow.translate import held
from outgrow.translate.convert import as_integer, as_text, spelled, tag, to_integer, to_real
from outgrow.translate.value import Rank, Value, made
from outgrow.types.affinity import affinity


def cast(operand: Value, type_name: str) -> Value:
    """CAST(operand AS type_name): any value becomes one of the type's affinity."""
    value = held.stored_form(operand)
    target = affinity(type_name)
    if value.kind == "null" and value.constant is not None:
        return value
    found = _RULES[target](value)
    # The class of a tagged value does not tell that it has an affinity.
    column = TargetColumn(source="", name="", type="text", conversion="tagged", affinity=target)
    return replace(
        found,
        stored=True,
        column=column if found.kind == "tagged" else None,
        collation=value.collation,
        explicit=value.explicit,
    )


def _numeric(value: Value) -> Value:
    if value.kind in {"integer", "boolean"}:
        return as_integer(value)
    if value.kind in {"real", "number"}:
        return value
    if value.kind == "text":
        return made(f"sqlite.cast_numeric({value.sql})", "tagged", "text", value)
    return made(f"sqlite.numeric_from({tag(value).sql})", "tagged", "text", value)


def _blob(value: Value) -> Value:
    return (
        value if value.kind == "blob" else made(f"sqlite.blob_from({tag(value).sql})", "blob", "bytea", value)
    )


def _integer(value: Value) -> Value:
    number = value if value.constant is not None else spelled(value)
    return _truncated(number) if number.kind in {"real", "number"} else to_integer(number)


def _truncated(value: Value) -> Value:
    x = value.within(Rank.COMPARE)
    sql = (
        f"CASE WHEN {x} >= 9223372036854775807 THEN 9223372036854775807"
        f" WHEN {x} <= -9223372036854775808 THEN -9223372036854775808 ELSE trunc({value.sql})::bigint END"
    )
    return made(sql, "integer", "bigint", value)


_RULES: Mapping[Affinity, Callable[[Value], Value]] = {
    Affinity.BLOB: _blob,
    Affinity.INTEGER: _integer,
    Affinity.NUMERIC: _numeric,
    Affinity.REAL: to_real,
    Affinity.TEXT: as_text,
}
