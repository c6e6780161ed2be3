"""Operators that compute: + - * / % || & | << >> ~, and unary minus.

Where both operands are integers or reals for certain, PostgreSQL's own operator computes; else the
functions of the schema `sqlite` do, by the storage class that each row has. Integer results beyond
64 bits become doubles on SQLite; PostgreSQL's own operators raise an error instead.
Used by `expressions`. Rules: https://www.sqlite.org/lang_expr.html#operators_and_parse_affecting_attributes
"""

from __future__ import annotations

import math
import operator as python
from collections.abc import Callable, Mapping
from dataclasses import replace

from outgrow.translate import held, tree
from outgrow.translate.convert import as_integer, as_real, as_text, spelled, to_integer
from outgrow.translate.numerals import leading_number
from outgrow.translate.value import NULL, Kind, Rank, Value, constant, integer_constant, made

_FOLDED: Mapping[str, Callable[[int, int], int]] = {"+": python.add, "-": python.sub, "*": python.mul}


def _operand(value: Value) -> Value:
    """The operand as arithmetic takes it: a literal text as its number, a column in its stored form."""
    value = held.stored_form(value)
    known = value.constant[0] if value.constant is not None else None
    if isinstance(known, str | bytes):
        return constant(leading_number(known))  # '1.0' is a real here, which no affinity makes whole
    value = spelled(value)
    return as_integer(value) if value.kind == "boolean" else value


def _whole(value: Value) -> Value:
    """The operand as bits: of a text, the integer at its beginning."""
    return to_integer(held.stored_form(value))


def _native(left: Value, right: Value) -> tuple[Value, Value] | None:
    """Both operands in the one type that PostgreSQL computes in; None when only the row can tell."""
    kinds = {left.kind, right.kind}
    if kinds == {"integer"}:
        return _wide(left, right)
    if "real" in kinds and kinds <= {"integer", "real", "number"}:
        return as_real(left), as_real(right)
    return None


def _wide(left: Value, right: Value) -> tuple[Value, Value]:
    """Two integers, one of them in 64 bits for sure, as SQLite's are; PostgreSQL widens the other."""
    if left.constant is not None and right.constant is not None:
        return replace(left, sql=f"{left.sql}::bigint", constant=None), right
    if not any(side.constant is None and side.type == "bigint" for side in (left, right)):
        one, other = (as_integer(left), right) if left.constant is None else (left, as_integer(right))
        return one, replace(other, type="bigint")
    return replace(left, type="bigint"), replace(right, type="bigint")


def _by_row(function: str, *parts: Value, nullable: bool | None = None) -> Value:
    """A call of the schema `sqlite` with tagged arguments and result."""
    arguments = ", ".join(held.tagged(part).sql for part in parts)
    plain = (replace(part, explicit=False) for part in parts)
    found = made(f"sqlite.{function}({arguments})", "tagged", "text", *plain, nullable=nullable)
    return replace(found, numeric=True)


def _is_null(value: Value) -> bool:
    return value.kind == "null" and value.constant is not None


def _linear(operator: str, function: str, rank: Rank) -> Callable[[Value, Value], Value]:
    def rule(left: Value, right: Value) -> Value:
        if _is_null(left) or _is_null(right):
            return NULL
        left, right = _operand(left), _operand(right)
        folded = _both_known(operator, left, right)
        if folded is not None:
            return folded
        sides = _native(left, right)
        if sides is None:
            return _by_row(function, left, right)
        one, other = sides
        sql = f"{one.within(Rank(rank - 1))} {operator} {other.within(rank)}"
        natural = operator != "-" and one.kind == "integer" and one.natural and other.natural
        kind: Kind = "integer" if one.type == "bigint" else "real"
        return replace(made(sql, kind, one.type, one, other, rank=rank), natural=natural)

    return rule


def _both_known(operator: str, left: Value, right: Value) -> Value | None:
    """The outcome for two literals that PostgreSQL would raise an error for: beyond 64 bits, infinite."""
    one, other = (side.constant[0] if side.constant is not None else None for side in (left, right))
    if isinstance(one, int | float) and isinstance(other, int | float) and {type(one), type(other)} & {float}:
        real: float = _FOLDED[operator](float(one), float(other))  # type: ignore[arg-type]
        return constant(real) if real in {math.inf, -math.inf} else None
    if not (isinstance(one, int) and isinstance(other, int)):
        return None
    result = _FOLDED[operator](one, other)
    if -(2**63) <= result < 2**63:
        return None
    return constant(float(_FOLDED[operator](float(one), float(other))))  # type: ignore[arg-type]


def _divided(left: Value, right: Value) -> Value:
    if _is_null(left) or _is_null(right):
        return NULL
    left, right = _operand(left), _operand(right)
    sides = _native(left, right)
    if sides is None:
        return _by_row("divide", left, right, nullable=True)
    return _guarded("/", *sides, right)


def _remainder(left: Value, right: Value) -> Value:
    if _is_null(left) or _is_null(right):
        return NULL
    left, right = _operand(left), _operand(right)
    sides = _native(left, right)
    if sides is None or sides[0].type != "bigint":
        return _by_row("remainder", left, right, nullable=True)
    return replace(_guarded("%", *sides, right), natural=sides[0].natural)


def _guarded(operator: str, one: Value, other: Value, divisor: Value) -> Value:
    """Division whose zero divisor gives NULL."""
    known = divisor.constant[0] if divisor.constant is not None else None
    safe = isinstance(known, int | float) and known != 0
    below = other.within(Rank.MULTIPLY) if safe else f"NULLIF({other.sql}, 0)"
    sql = f"{one.within(Rank.ADD)} {operator} {below}"
    kind: Kind = "integer" if one.type == "bigint" else "real"
    result = made(sql, kind, one.type, one, other, rank=Rank.MULTIPLY)
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
        one, other = _whole(left), _whole(right)
        if one.constant is not None and other.constant is not None:
            one = replace(one, sql=f"{one.sql}::bigint", constant=None)
        sql = f"{one.within(Rank.OTHER)} {operator} {other.within(Rank.OTHER)}"
        return made(sql, "integer", "bigint", one, other, rank=Rank.OTHER)

    return rule


def _shifted(operator: str) -> Callable[[Value, Value], Value]:
    def rule(left: Value, right: Value) -> Value:
        if _is_null(left) or _is_null(right):
            return NULL
        one, other = _whole(left), _whole(right)
        count = other.constant[0] if other.constant is not None else None
        if isinstance(count, int) and 0 <= count <= 63:
            base = f"{one.sql}::bigint" if one.constant is not None else one.within(Rank.OTHER)
            return made(f"{base} {operator} {count}", "integer", "bigint", one, rank=Rank.OTHER)
        function = "shift_left" if operator == "<<" else "shift_right"
        return made(f"sqlite.{function}({one.sql}, {other.sql})", "integer", "bigint", one, other)

    return rule


OPERATORS: Mapping[tree.Operator, Callable[[Value, Value], Value]] = {
    "+": _linear("+", "add", Rank.ADD),
    "-": _linear("-", "subtract", Rank.ADD),
    "*": _linear("*", "multiply", Rank.MULTIPLY),
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
    if _is_null(value):
        return NULL
    if value.constant is not None and isinstance(value.constant[0], float):
        return constant(-value.constant[0])  # SQLite reads the sign as a part of the literal: -0.0
    number = _operand(value)
    known = number.constant[0] if number.constant is not None else None
    if isinstance(known, int) and not isinstance(known, bool) and known != -(2**63):
        return integer_constant(-known)
    if number.kind == "integer":
        number = as_integer(number)
        return made(f"-{number.within(Rank.MULTIPLY)}", "integer", "bigint", number, rank=Rank.MULTIPLY)
    if number.kind == "real":
        # SQLite subtracts from zero, which makes 0.0 of 0.0 and not -0.0.
        return made(f"0 - {number.within(Rank.ADD)}", "real", number.type, number, rank=Rank.ADD)
    return _by_row("negate", number)


def inverted(value: Value) -> Value:
    """Bitwise not."""
    if _is_null(value):
        return NULL
    number = _whole(value)
    sql = f"{number.sql}::bigint" if number.constant is not None else number.within(Rank.MULTIPLY)
    return made(f"~{sql}", "integer", "bigint", number, rank=Rank.OTHER)
