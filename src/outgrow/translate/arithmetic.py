"""Operators that compute: + - * / % || & | << >> ~, and unary minus.

SQLite divides integers by zero to NULL, concatenates numbers, and computes decimals as doubles;
PostgreSQL raises an error, refuses, and computes them as decimals. Integer results beyond 64 bits
become doubles on SQLite and an error on PostgreSQL. A column of integers and reals computes in double
precision, so that its integers beyond 2^53 round.
Used by `expressions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from outgrow.translate import held, tree
from outgrow.translate.value import (
    NULL,
    Kind,
    Rank,
    Value,
    as_integer,
    as_real,
    as_text,
    described,
    integer_constant,
    made,
    refuse,
    spelled,
)


def _number(value: Value) -> Value:
    """The operand as a number: integer in bigint, real or number in double precision."""
    value = spelled(held.stored_form(value))
    if value.kind in {"integer", "boolean"}:
        return as_integer(value)
    if value.kind == "number":
        return replace(as_real(value), kind="number", constant=None)
    if value.kind == "real":
        return as_real(value)
    raise refuse(f"computing with {described(value)}")


def _kind(left: Value, right: Value) -> Kind:
    kinds = {left.kind, right.kind}
    return "real" if "real" in kinds else "number" if "number" in kinds else "integer"


def _sides(left: Value, right: Value) -> tuple[Value, Value, Kind]:
    """Both operands in the type the operation is done in, and the kind of its result."""
    left, right = _number(left), _number(right)
    kind = _kind(left, right)
    if kind != "integer":
        return as_real(left), as_real(right), kind
    if left.constant is not None and right.constant is not None:
        left = replace(left, sql=f"{left.sql}::bigint", constant=None)
    return left, right, kind


def _is_null(value: Value) -> bool:
    return value.kind == "null" and value.constant is not None


def _linear(operator: str, rank: Rank) -> Callable[[Value, Value], Value]:
    def rule(left: Value, right: Value) -> Value:
        if _is_null(left) or _is_null(right):
            return NULL
        one, other, kind = _sides(left, right)
        sql = f"{one.within(Rank(rank - 1))} {operator} {other.within(rank)}"
        natural = operator != "-" and kind == "integer" and one.natural and other.natural
        return replace(made(sql, kind, one.type, one, other, rank=rank), natural=natural)

    return rule


def _divided(left: Value, right: Value) -> Value:
    if _is_null(left) or _is_null(right):
        return NULL
    one, other, kind = _sides(left, right)
    if kind == "number":
        raise refuse(f"dividing {described(left)} by {described(right)}, which may be an integer division")
    return _guarded("/", one, other, kind, right)


def _remainder(left: Value, right: Value) -> Value:
    if _is_null(left) or _is_null(right):
        return NULL
    one, other, kind = _sides(left, right)
    if kind != "integer":
        raise refuse(f"the remainder of {described(left)}")
    found = _guarded("%", one, other, kind, right)
    return replace(found, natural=one.natural)


def _guarded(operator: str, one: Value, other: Value, kind: Kind, divisor: Value) -> Value:
    """Division whose zero divisor gives NULL."""
    known = divisor.constant[0] if divisor.constant is not None else None
    safe = isinstance(known, int | float) and known != 0
    below = other.within(Rank.MULTIPLY) if safe else f"NULLIF({other.sql}, 0)"
    result = made(
        f"{one.within(Rank.ADD)} {operator} {below}", kind, one.type, one, other, rank=Rank.MULTIPLY
    )
    return result if safe else replace(result, nullable=True)


def _joined(left: Value, right: Value) -> Value:
    if _is_null(left) or _is_null(right):
        return NULL
    one, other = (as_text(held.stored_form(side)) for side in (left, right))
    sql = f"{one.within(Rank.COMPARE)} || {other.within(Rank.OTHER)}"
    return made(sql, "text", "text", one, other, rank=Rank.OTHER)


def _bits(operator: str) -> Callable[[Value, Value], Value]:
    def rule(left: Value, right: Value) -> Value:
        if _is_null(left) or _is_null(right):
            return NULL
        one, other, kind = _sides(left, right)
        if kind != "integer":
            raise refuse(f"{operator} of {described(left)}")
        sql = f"{one.within(Rank.OTHER)} {operator} {other.within(Rank.OTHER)}"
        return made(sql, "integer", "bigint", one, other, rank=Rank.OTHER)

    return rule


def _shifted(operator: str) -> Callable[[Value, Value], Value]:
    def rule(left: Value, right: Value) -> Value:
        count = right.constant[0] if right.constant is not None else None
        if not isinstance(count, int) or not 0 <= count <= 63:
            raise refuse(f"{operator} by anything but a literal from 0 to 63")
        one = as_integer(left)
        base = f"{one.sql}::bigint" if one.constant is not None else one.within(Rank.OTHER)
        return made(f"{base} {operator} {count}", "integer", "bigint", one, rank=Rank.OTHER)

    return rule


OPERATORS: Mapping[tree.Operator, Callable[[Value, Value], Value]] = {
    "+": _linear("+", Rank.ADD),
    "-": _linear("-", Rank.ADD),
    "*": _linear("*", Rank.MULTIPLY),
    "/": _divided,
    "%": _remainder,
    "||": _joined,
    "&": _bits("&"),
    "|": _bits("|"),
    "<<": _shifted("<<"),
    ">>": _shifted(">>"),
}


def negated(value: Value) -> Value:
    """Unary minus."""
    known = value.constant[0] if value.constant is not None else None
    if isinstance(known, int) and not isinstance(known, bool) and known != -(2**63):
        return integer_constant(-known)
    if _is_null(value):
        return NULL
    if value.kind == "number" and value.type != "double precision":
        return made(f"-{value.within(Rank.MULTIPLY)}", "number", value.type, value, rank=Rank.MULTIPLY)
    number = _number(value)
    if number.kind == "integer":
        return made(f"-{number.within(Rank.MULTIPLY)}", "integer", "bigint", number, rank=Rank.MULTIPLY)
    # SQLite subtracts from zero, which makes 0.0 of 0.0 and not -0.0.
    return made(f"0 - {number.within(Rank.ADD)}", number.kind, number.type, number, rank=Rank.ADD)


def inverted(value: Value) -> Value:
    """Bitwise not."""
    number = as_integer(value)
    sql = f"{number.sql}::bigint" if number.constant is not None else number.within(Rank.MULTIPLY)
    return made(f"~{sql}", "integer", "bigint", number, rank=Rank.OTHER)
