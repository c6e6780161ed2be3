"""One type for several values: the branches of CASE, the arguments of coalesce, the columns of a UNION.

PostgreSQL wants one type where SQLite lets every row have its own. Where the values have a common
form that changes none of them, this module gives it; else each goes behind a letter for its class. Used by
`functions`, `expressions` and `query`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from outgrow.translate import held
from outgrow.translate.convert import as_integer, as_real
from outgrow.translate.value import NUMBERS, Kind, Rank, Value, made


def unify(values: Sequence[Value]) -> tuple[Value, ...]:
    """The values in one PostgreSQL type and kind, in order; NULLs take it. Where there is none, tagged."""
    present = [value for value in values if value.kind != "null"]
    kinds = {value.kind for value in present}
    if not present:
        return tuple(_null_as(value, "text", None) for value in values)
    if "held" in kinds:
        return _held(values, present)
    if kinds <= NUMBERS:
        return _numbers(values, kinds)
    if len(kinds) == 1:
        return tuple(_null_as(value, present[0].type, present[0]) for value in values)
    return _tagged(values)


def _tagged(values: Sequence[Value]) -> tuple[Value, ...]:
    found = [held.tagged(value) for value in values]
    numeric = all(value.numeric for value in found)
    return tuple(replace(value, numeric=numeric) for value in found)


def is_flag(value: Value) -> bool:
    """Whether a boolean stands for a column held as boolean, and not for the outcome of a comparison."""
    return value.kind == "boolean" and value.column is not None


def _null_as(value: Value, type_: str, like: Value | None) -> Value:
    if value.kind != "null":
        return value
    kind = "text" if like is None else like.kind
    column = None if like is None else like.column
    return replace(
        value, sql=f"NULL::{type_}", kind=kind, type=type_, column=column, constant=None, nullable=True
    )


def _numbers(values: Sequence[Value], kinds: set[Kind]) -> tuple[Value, ...]:
    if "boolean" in kinds and any(is_flag(value) for value in values):
        found = next(value for value in values if is_flag(value))
        flags = [_as_flag(value, found) for value in values]
        if all(flag is not None for flag in flags):
            return tuple(_null_as(flag, "boolean", found) for flag in flags if flag is not None)
    if kinds == {"boolean"}:
        return tuple(
            _null_as(value, "boolean", replace(value, kind="boolean", column=None)) for value in values
        )
    if kinds <= {"integer", "boolean"}:
        return tuple(_bigint(value) for value in values)
    if kinds == {"real"}:
        return tuple(as_real(value) for value in values)
    if kinds == {"number"} and len({_recipe(value) for value in values if value.kind == "number"}) == 1:
        like = next(value for value in values if value.kind == "number")
        return tuple(_null_as(value, like.type, like) for value in values)
    return _tagged(values)


def _recipe(value: Value) -> tuple[str, str]:
    """How a number is kept, which tells its class."""
    return value.type, value.column.conversion if value.column is not None else ""


def _bigint(value: Value) -> Value:
    number = as_integer(value)
    if number.constant is None:
        return number
    return number if number.sql.endswith("::bigint)") else replace(number, sql=f"{number.sql}::bigint")


def _as_flag(value: Value, like: Value) -> Value | None:
    if value.kind in {"boolean", "null"}:
        return replace(value, column=like.column)
    known = value.constant[0] if value.constant is not None else None
    if isinstance(known, int) and known in {0, 1}:
        sql = "true" if known else "false"
        return replace(value, sql=sql, kind="boolean", type="boolean", rank=Rank.ATOM, column=like.column)
    return None


def _held(values: Sequence[Value], present: Sequence[Value]) -> tuple[Value, ...]:
    like = next(value for value in present if value.kind == "held")
    found: list[Value] = []
    for value in values:
        typed = value if value.kind == "null" or held.same_form(value, like) else _typed(value, like)
        if typed is None:
            return unify([held.stored_form(each) for each in values])
        found.append(_null_as(typed, like.type, like))
    return tuple(found)


def _typed(value: Value, like: Value) -> Value | None:
    if value is like:
        return value
    return held.typed_literal(value, like) if value.kind != "held" else None


def combined(sql: str, parts: Sequence[Value], *others: Value, nullable: bool | None = None) -> Value:
    """A value that is one of the unified `parts`, computed also from `others` (conditions)."""
    like = parts[0]
    result = made(sql, like.kind, like.type, *parts, *others, nullable=nullable)
    column = next((part.column for part in parts if part.column is not None), None)
    keeps = like.kind == "held" or (like.kind == "boolean" and any(is_flag(part) for part in parts))
    numeric = like.kind == "tagged" and all(part.numeric for part in parts)
    return replace(result, column=column if keeps or like.kind == "number" else None, numeric=numeric)
