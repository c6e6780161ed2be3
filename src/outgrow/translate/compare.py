"""Comparisons: the PostgreSQL operator that orders and equates two values as SQLite does.

SQLite compares by storage class after applying the affinity of a column to the other side, and
text by the collation of its left operand. Here both are decided from the static types; a pair whose
outcome depends on the row is refused. Used by `expressions`, `query` and `index`.
Rules: https://www.sqlite.org/datatype3.html#comparison_expressions
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from outgrow.errors import TranslationError
from outgrow.schema.model import Affinity
from outgrow.translate import held
from outgrow.translate.bounds import bounded
from outgrow.translate.collations import collation_of, text_key
from outgrow.translate.convert import as_integer, as_real, as_text, spelled
from outgrow.translate.numerals import exact_decimal, number_of, real_text
from outgrow.translate.value import NUMBERS, Rank, Value, described, integer_constant, refuse, truth

EQUALITIES = frozenset({"=", "<>", "IS", "IS NOT"})
_SPELLED = {"IS": "IS NOT DISTINCT FROM", "IS NOT": "IS DISTINCT FROM"}
_EXACT = 2**53
Pair = tuple[str, str]


def compare(operator: str, left: Value, right: Value, *, bytewise: bool) -> Value:
    """`left operator right` as a boolean; IS and IS NOT never give NULL. Refused if types do not decide."""
    for one, other in ((left, right), (right, left)):
        if other.kind == "null" and other.constant is not None:
            return _with_null(operator, one)
    parts = (_plain(left), _plain(right))
    try:
        found = _pair(operator, left, right, bytewise=bytewise)
    except TranslationError:
        found = _by_row(left, right)
    if isinstance(found, Value):
        return found
    nullable = left.nullable or right.nullable
    if operator in _SPELLED and nullable:
        return truth(f"{found[0]} {_SPELLED[operator]} {found[1]}", *parts, rank=Rank.IS, nullable=False)
    spelled = {"IS": "=", "IS NOT": "<>"}.get(operator, operator)
    return truth(f"{found[0]} {spelled} {found[1]}", *parts, nullable=nullable)


def _plain(value: Value) -> Value:
    """The value after its COLLATE has done its work."""
    return replace(value, explicit=False)


def _with_null(operator: str, value: Value) -> Value:
    if operator in {"IS", "IS NOT"}:
        word = "IS NULL" if operator == "IS" else "IS NOT NULL"
        return truth(f"{value.within(Rank.IS)} {word}", _plain(value), rank=Rank.IS, nullable=False)
    return truth("NULL::boolean", rank=Rank.ATOM, nullable=True)


def _by_row(left: Value, right: Value) -> Pair:
    """The sort keys of both sides, which order and equate any two values as SQLite does.

    Before, SQLite applies the affinity of a column to the other side: numeric to whatever is no number's
    column, text to whatever is no column at all.
    """
    collation = collation_of(left, right)
    affinities = (_affinity(held.stored_form(left)), _affinity(held.stored_form(right)))
    numeric = [affinity in _NUMERIC for affinity in affinities]
    keys = []
    for side, other_numeric, own, other in (
        (left, numeric[1], affinities[0], affinities[1]),
        (right, numeric[0], affinities[1], affinities[0]),
    ):
        sql = held.tagged(side).sql
        if other_numeric and own not in _NUMERIC:
            sql = f"sqlite.numeric_affinity({sql})"
        elif other is Affinity.TEXT and own is None:
            sql = f"sqlite.text_affinity({sql})"
        keys.append(row_key(sql, collation))
    return keys[0], keys[1]


def row_key(tagged: str, collation: str) -> str:
    """SQL of the sort key of a tagged value."""
    if collation not in {"BINARY", "NOCASE", "RTRIM"}:
        raise refuse(f"the collation {collation}")
    return f"sqlite.key({tagged})" if collation == "BINARY" else f"sqlite.key({tagged}, '{collation}')"


_NUMERIC = frozenset({Affinity.INTEGER, Affinity.REAL, Affinity.NUMERIC})


def _affinity(value: Value) -> Affinity | None:
    """The affinity that counts in a comparison: a column's, or that of a CAST."""
    if not value.stored:
        return None
    found = held.affinity_of(value)
    if found is not None:
        return found
    return {
        "boolean": Affinity.NUMERIC, "integer": Affinity.INTEGER, "number": Affinity.NUMERIC,
        "real": Affinity.REAL, "text": Affinity.TEXT,
    }.get(value.kind)  # fmt: skip


def between(value: Value, low: Value, high: Value, *, bytewise: bool) -> Value:
    """`value BETWEEN low AND high`."""
    lower, upper = (compare(op, value, end, bytewise=bytewise) for op, end in ((">=", low), ("<=", high)))
    try:
        pairs = [_pair(op, value, end, bytewise=bytewise) for op, end in ((">=", low), ("<=", high))]
    except TranslationError:
        return truth(f"{lower.within(Rank.AND)} AND {upper.within(Rank.AND)}", lower, upper, rank=Rank.AND)
    first, second = pairs
    if isinstance(first, Value) or isinstance(second, Value) or first[0] != second[0]:
        return truth(f"{lower.within(Rank.AND)} AND {upper.within(Rank.AND)}", lower, upper, rank=Rank.AND)
    # The grammar of BETWEEN takes no COLLATE before its AND.
    start = f"({first[1]})" if " COLLATE " in first[1] else first[1]
    sql = f"{first[0]} BETWEEN {start} AND {second[1]}"
    return truth(sql, lower, upper, rank=Rank.COMPARE)


def member(value: Value, items: Sequence[Value], *, bytewise: bool) -> Value:
    """`value IN (items)`; only the left operand's collation counts. Empty: false even for NULL."""
    if not items:
        return truth("false", rank=Rank.ATOM, nullable=False)
    own = [replace(item, collation=None, explicit=False, stored=False) for item in items]
    left = value if value.collation is not None else replace(value, collation="BINARY", explicit=True)
    tests = [compare("=", left, item, bytewise=bytewise) for item in own]
    try:
        pairs = [_pair("=", left, item, bytewise=bytewise) for item in own if item.kind != "null"]
    except TranslationError:
        pairs = []
    plain = [pair for pair in pairs if not isinstance(pair, Value)]
    if len(plain) == len(own) and len({pair[0] for pair in plain}) == 1:
        return truth(f"{plain[0][0]} IN ({', '.join(pair[1] for pair in plain)})", *tests)
    return truth(" OR ".join(test.within(Rank.OR) for test in tests), *tests, rank=Rank.OR)


def same_kind_pair(left: Value, right: Value, *, bytewise: bool) -> Pair:
    """The two sides of `left = right` for IN (SELECT …), where every row takes the same path."""
    own = replace(left, collation=left.collation or "BINARY", explicit=True)
    try:
        found = _pair("=", own, right, bytewise=bytewise)
    except TranslationError:
        return _by_row(own, right)
    return _by_row(own, right) if isinstance(found, Value) else found


def _pair(operator: str, left: Value, right: Value, *, bytewise: bool) -> Pair | Value:
    """The texts of both sides made comparable, or the outcome when it does not depend on the values."""
    if "held" in {left.kind, right.kind}:
        return _held(operator, left, right, bytewise=bytewise)
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return _numbers(operator, left, right)
    if left.kind == right.kind == "text":
        return _texts(operator, left, right, bytewise=bytewise)
    if left.kind == right.kind == "blob":
        return left.within(Rank.COMPARE), right.within(Rank.COMPARE)
    if left.kind in NUMBERS and right.kind == "text":
        return _number_and_text(operator, left, right, bytewise=bytewise)
    if left.kind == "text" and right.kind in NUMBERS:
        return _number_and_text(_mirrored(operator), right, left, bytewise=bytewise, swapped=True)
    raise refuse(f"comparing {described(left)} with {described(right)}")


def _mirrored(operator: str) -> str:
    return {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)


def _number_and_text(
    operator: str, number: Value, text: Value, *, bytewise: bool, swapped: bool = False
) -> Pair | Value:
    """A number against a text: numeric affinity if the number is a column's, else the text is the greater."""
    if number.stored:
        converted = _numeric_affinity(text)
        if converted is not None:
            sides = (converted, number) if swapped else (number, converted)
            return _numbers(_mirrored(operator) if swapped else operator, *sides)
        if text.constant is None:
            raise refuse(f"comparing {described(number)} with {described(text)}")
    elif text.stored and held.affinity_of(text) is Affinity.TEXT:
        sides = (text, as_text(number)) if swapped else (as_text(number), text)
        return _texts(_mirrored(operator) if swapped else operator, *sides, bytewise=bytewise)
    elif text.stored and held.affinity_of(text) is None:
        raise refuse(f"comparing {described(text)} with {described(number)}")
    return _less(operator, number, text)


def _numeric_affinity(text: Value) -> Value | None:
    number = spelled(text)
    return None if number is text else number


def _less(operator: str, left: Value, right: Value) -> Value:
    """The outcome for two values of which the left is always the lesser, whatever they are."""
    outcome = "true" if operator in {"<", "<=", "<>", "IS NOT"} else "false"
    tests = [f"{value.within(Rank.IS)} IS NOT NULL" for value in (left, right) if value.nullable]
    if not tests:
        return truth(outcome, rank=Rank.ATOM, nullable=False)
    if operator in {"IS", "IS NOT"}:
        raise refuse(f"{operator} between {described(left)} and {described(right)}")
    return truth(f"CASE WHEN {' AND '.join(tests)} THEN {outcome} END", left, right, rank=Rank.ATOM)


# numbers


def _numbers(operator: str, left: Value, right: Value) -> Pair | Value:
    flags = _flags(operator, left, right)
    if flags is not None:
        return flags
    left, right = (as_integer(side) if side.kind == "boolean" else side for side in (left, right))
    if _exact_type(left) and _exact_type(right):
        return left.within(Rank.COMPARE), right.within(Rank.COMPARE)
    if left.type == right.type == "double precision":
        return left.within(Rank.COMPARE), right.within(Rank.COMPARE)
    if _exact_type(left):
        return _exact_and_real(operator, left, right)
    found = _exact_and_real(_mirrored(operator), right, left)
    return found if isinstance(found, Value) else (found[1], found[0])


def _flags(operator: str, left: Value, right: Value) -> Pair | None:
    """Two booleans, or a boolean and the literal 0 or 1, stay booleans: an index on them stays of use."""
    if operator not in EQUALITIES or "boolean" not in {left.kind, right.kind}:
        return None
    found = [_flag(value) for value in (left, right)]
    if found[0] is None or found[1] is None:
        return None
    return found[0], found[1]


def _flag(value: Value) -> str | None:
    if value.constant is not None:
        return {0: "false", 1: "true"}.get(value.constant[0]) if isinstance(value.constant[0], int) else None
    return value.within(Rank.COMPARE) if value.kind == "boolean" else None


def _exact_type(value: Value) -> bool:
    """Whether PostgreSQL holds the number without rounding (integers and numeric)."""
    return value.type not in {"double precision", "real"}


def _exact_and_real(operator: str, exact: Value, real: Value) -> Pair | Value:
    """An integer or numeric against a double, without the rounding PostgreSQL's own cast would do."""
    if real.constant is not None:
        return exact.within(Rank.COMPARE), _decimal_literal(exact, float(_number(real)))
    known = exact.constant[0] if exact.constant is not None else None
    if isinstance(known, int) and abs(known) <= _EXACT:
        return exact.sql, real.within(Rank.COMPARE)
    if operator in {"IS", "IS NOT"}:
        raise refuse(f"{operator} between {described(exact)} and {described(real)}")
    n, r = exact.within(Rank.OTHER), real.within(Rank.OTHER)
    return truth(
        f"CASE WHEN {n} IS NULL OR {r} IS NULL THEN NULL"
        f" WHEN {n} BETWEEN -{_EXACT} AND {_EXACT} THEN {as_real(exact).sql} {operator} {r}"
        f" WHEN {r} >= 9223372036854775808 THEN 0 {operator} 1"
        f" WHEN {r} < -9223372036854775808 THEN 0 {operator} -1"
        f" ELSE {n} {operator} {r}::bigint END",
        exact, real, rank=Rank.ATOM,
    )  # fmt: skip


def _number(value: Value) -> int | float:
    known = value.constant[0] if value.constant is not None else None
    if not isinstance(known, int | float):
        raise refuse(f"a number from {described(value)}")
    return known


def _decimal_literal(exact: Value, number: float) -> str:
    if not math.isfinite(number):
        raise refuse("comparing with an infinite literal")
    if number.is_integer() and abs(number) < 2**63:
        return integer_constant(int(number)).sql
    # A column held as numeric keeps the shortest spelling of its double, so the literal takes the same.
    text = real_text(number) if exact.kind == "number" else exact_decimal(number)
    return f"({text})" if text.startswith("-") else text


# texts


def _texts(operator: str, left: Value, right: Value, *, bytewise: bool) -> Pair:
    ordering = operator not in EQUALITIES
    if ordering:
        _refuse_numeric_looking(left, right)
        _refuse_numeric_looking(right, left)
    collation = collation_of(left, right)
    sides = [text_key(side, collation, ordering=ordering, bytewise=bytewise) for side in (left, right)]
    if ordering and collation == "BINARY" and sides[0].rank is Rank.OTHER:
        sides[1] = replace(right, explicit=False)
    return sides[0].within(Rank.COMPARE), sides[1].within(Rank.COMPARE)


def _refuse_numeric_looking(column: Value, other: Value) -> None:
    """A column declared DATETIME has numeric affinity: there '2024' is a number, less than any text."""
    if not column.stored or held.affinity_of(column) in {Affinity.TEXT, Affinity.BLOB}:
        return
    if other.constant is None:
        dated = other.moment is not None and any(mark in other.moment.spelling for mark in "-:")
        if column.column is not None and held.affinity_of(column) in _NUMERIC and not dated:
            raise refuse(f"ordering {described(column)} against {described(other)}")
        return
    known = other.constant[0]
    if isinstance(known, str) and number_of(known) is not None:
        raise refuse(f"ordering {described(column)} against the numeric text {known!r}")


# values held in a type of their own


def _held(operator: str, left: Value, right: Value, *, bytewise: bool) -> Pair | Value:
    ordering = operator not in EQUALITIES
    if held.same_form(left, right) and (not ordering or held.keeps_order(left)):
        return left.within(Rank.COMPARE), right.within(Rank.COMPARE)
    for one, other in ((left, right), (right, left)):
        if one.kind == "held" and other.constant is not None and one.collation is None and not other.explicit:
            typed = held.typed_literal(other, one)
            if typed is not None and (not ordering or held.keeps_order(one)):
                sides = (one.within(Rank.COMPARE), typed.sql)
                return sides if one is left else (sides[1], sides[0])
        if one.kind == "held":
            found = bounded(operator if one is left else _mirrored(operator), one, other)
            if found is not None:
                return found if one is left or isinstance(found, Value) else (found[1], found[0])
    return _pair(operator, held.stored_form(left), held.stored_form(right), bytewise=bytewise)
