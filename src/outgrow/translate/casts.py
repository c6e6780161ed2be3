"""CAST by the affinity of the type's name. Used by `expressions`.

Rules: https://www.sqlite.org/lang_expr.html#castexpr
"""

from __future__ import annotations

from dataclasses import replace

from outgrow.schema.model import Affinity
from outgrow.translate import held
from outgrow.translate.value import (
    Rank,
    Value,
    as_integer,
    as_real,
    as_text,
    described,
    made,
    refuse,
    spelled,
)
from outgrow.types.affinity import affinity


def cast(operand: Value, type_name: str) -> Value:
    """CAST(operand AS type_name); TranslationError where the outcome depends on what a text holds."""
    value = held.stored_form(operand)
    target = affinity(type_name)
    if value.kind == "null" and value.constant is not None:
        return value
    if target is Affinity.TEXT:
        found = as_text(value)
    elif target is Affinity.REAL:
        found = as_real(_read_number(value))
    elif target is Affinity.INTEGER:
        found = _truncated(_read_number(value))
    elif target is Affinity.NUMERIC and value.kind in {"integer", "real", "number", "boolean"}:
        found = value if value.kind != "boolean" else as_integer(value)
    elif target is Affinity.BLOB and value.kind == "blob":
        found = value
    else:
        raise refuse(f"CAST of {described(value)} to {type_name}")
    return replace(found, stored=True, collation=value.collation, explicit=value.explicit)


def _read_number(value: Value) -> Value:
    """A text as the number it spells; only where it is known to spell one, or none at all."""
    if value.kind != "text":
        return value
    number = spelled(value)
    if number is value:
        raise refuse(f"a number from {described(value)}")
    return number


def _truncated(value: Value) -> Value:
    if value.kind in {"integer", "boolean"}:
        return as_integer(value)
    if value.kind not in {"real", "number"}:
        raise refuse(f"an integer from {described(value)}")
    x = value.within(Rank.COMPARE)
    sql = (
        f"CASE WHEN {x} >= 9223372036854775807 THEN 9223372036854775807"
        f" WHEN {x} <= -9223372036854775808 THEN -9223372036854775808 ELSE trunc({value.sql})::bigint END"
    )
    return made(sql, "integer", "bigint", value)
