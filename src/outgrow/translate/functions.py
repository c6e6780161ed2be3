"""The closed table of scalar functions: SQLite's name → the rule that gives PostgreSQL's equal.

A function that is not here is refused by name. One rule = one function: it takes the translated
arguments and gives a `Value`, or refuses the types it cannot do exactly. Aggregates are in
`aggregates`, date functions in `moments`. Used by `expressions`.
Rules: https://www.sqlite.org/lang_corefunc.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from outgrow.schema.names import literal
from outgrow.translate import held, moments
from outgrow.translate.compare import compare
from outgrow.translate.unify import combined, unify
from outgrow.translate.value import (
    NUMBERS,
    Rank,
    Value,
    Volatility,
    as_integer,
    as_real,
    as_text,
    as_truth,
    constant,
    described,
    made,
    refuse,
    truth,
)

Rule = Callable[[Sequence[Value], bool], Value]
"""Arguments and whether the database sorts bytewise → the call's value."""

# gen_random_uuid holds 122 random bits; hashing two of them gives 32 bytes without a fixed bit.
_RANDOM_BYTES = "sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"


def _text(value: Value) -> Value:
    return as_text(held.stored_form(value))


def _abs(arguments: Sequence[Value], _: bool) -> Value:
    value = arguments[0]
    number = as_integer(value) if value.kind in {"integer", "boolean"} else value
    if number.kind not in NUMBERS:
        raise refuse(f"abs() of {described(value)}")
    return replace(made(f"abs({number.sql})", number.kind, number.type, number), natural=True)


def _coalesce(arguments: Sequence[Value], _: bool) -> Value:
    parts = unify(arguments)
    nullable = all(part.nullable for part in parts)
    return combined(f"coalesce({', '.join(part.sql for part in parts)})", parts, nullable=nullable)


def _nullif(arguments: Sequence[Value], bytewise: bool) -> Value:
    value, other = arguments
    equal = compare("=", value, other, bytewise=bytewise)
    return replace(
        combined(f"CASE WHEN {equal.sql} THEN NULL ELSE {value.sql} END", [value], equal, nullable=True),
        stored=False,
    )


def _iif(arguments: Sequence[Value], _: bool) -> Value:
    condition = as_truth(arguments[0])
    branches = unify([*arguments[1:], constant(None)] if len(arguments) == 2 else arguments[1:])
    nullable = any(branch.nullable for branch in branches)
    sql = f"CASE WHEN {condition.sql} THEN {branches[0].sql} ELSE {branches[1].sql} END"
    return combined(sql, branches, condition, nullable=nullable)


def _extreme(name: str) -> Rule:
    def rule(arguments: Sequence[Value], bytewise: bool) -> Value:
        if len(arguments) < 2:
            raise refuse(f"{name}() as an aggregate here")
        parts = unify(
            [as_integer(part) if part.kind == "boolean" else held.stored_form(part) for part in arguments]
        )
        if any(part.collation not in {None, "BINARY"} for part in arguments) or parts[0].kind == "blob":
            raise refuse(f"{name}() of {described(arguments[0])}")
        sort = ' COLLATE "C"' if parts[0].kind == "text" and not bytewise else ""
        sql = f"{name}({', '.join(part.within(Rank.OTHER) + sort for part in parts)})"
        tests = [f"{part.within(Rank.IS)} IS NULL" for part in parts if part.nullable]
        if tests:
            sql = f"CASE WHEN {' OR '.join(tests)} THEN NULL ELSE {sql} END"
        return combined(sql, parts)

    return rule


def _length(arguments: Sequence[Value], _: bool) -> Value:
    value = held.stored_form(arguments[0])
    if value.kind == "blob":
        return replace(made(f"octet_length({value.sql})", "integer", "integer", value), natural=True)
    return replace(made(f"length({as_text(value).sql})", "integer", "integer", value), natural=True)


def _folded(name: str) -> Rule:
    def rule(arguments: Sequence[Value], _: bool) -> Value:
        value = _text(arguments[0])
        return made(f'{name}({value.within(Rank.OTHER)} COLLATE "C")', "text", "text", value)

    return rule


def _trimmed(name: str) -> Rule:
    def rule(arguments: Sequence[Value], _: bool) -> Value:
        parts = [_text(argument) for argument in arguments]
        return made(f"{name}({', '.join(part.sql for part in parts)})", "text", "text", *parts)

    return rule


def _replace(arguments: Sequence[Value], _: bool) -> Value:
    parts = [_text(argument) for argument in arguments]
    return made(f"replace({', '.join(part.sql for part in parts)})", "text", "text", *parts)


def _substr(arguments: Sequence[Value], _: bool) -> Value:
    text, start = _text(arguments[0]), as_integer(arguments[1])
    parts = [text, start]
    length = ""
    if len(arguments) == 3:
        count = as_integer(arguments[2])
        if not count.natural:
            raise refuse("substr() with a length that may be negative")
        parts.append(count)
        length = f", {_int4(count)}"
    return made(f"substr({text.sql}, {_start(text, start)}{length})", "text", "text", *parts)


def _start(text: Value, start: Value) -> str:
    if start.natural:
        return _int4(start)
    if start.constant is not None:
        return f"length({text.sql}) + 1 - {abs(int(start.constant[0] or 0))}"
    if Volatility.VOLATILE in {text.volatility, start.volatility}:
        raise refuse("substr() from a random place")
    at = start.within(Rank.ADD)
    return f"(CASE WHEN {at} < 0 THEN length({text.sql}) + 1 + {at} ELSE {at} END)::int"


def _int4(value: Value) -> str:
    return value.sql if value.constant is not None else f"{value.within(Rank.ATOM)}::int"


def _instr(arguments: Sequence[Value], _: bool) -> Value:
    parts = [_text(argument) for argument in arguments]
    found = made(f"strpos({parts[0].sql}, {parts[1].sql})", "integer", "integer", *parts)
    return replace(found, natural=True)


def _hex(arguments: Sequence[Value], _: bool) -> Value:
    value = held.stored_form(arguments[0])
    if value.kind != "blob":
        raise refuse(f"hex() of {described(value)}")
    sql = f"upper(encode({value.sql}, 'hex'))"
    return made(f"coalesce({sql}, '')" if value.nullable else sql, "text", "text", value, nullable=False)


def _count_of(value: Value, name: str) -> int:
    known = value.constant[0] if value.constant is not None else None
    if not isinstance(known, int):
        raise refuse(f"{name}() with a length that is no literal")
    return max(known, 0)


def _randomblob(arguments: Sequence[Value], _: bool) -> Value:
    size = max(_count_of(arguments[0], "randomblob"), 1)
    chunks = [f"substr({_RANDOM_BYTES}, 1, {min(32, size - at)})" for at in range(0, size, 32)]
    if len(chunks) > 32:
        raise refuse("randomblob() of more than 1024 bytes")
    sql = chunks[0] if len(chunks) == 1 else f"({' || '.join(chunks)})"
    return Value(sql=sql, kind="blob", type="bytea", nullable=False, volatility=Volatility.VOLATILE)


def _zeroblob(arguments: Sequence[Value], _: bool) -> Value:
    return constant(bytes(min(_count_of(arguments[0], "zeroblob"), 4096)))


def _random(_: Sequence[Value], __: bool) -> Value:
    sql = f"('x' || encode(substr({_RANDOM_BYTES}, 1, 8), 'hex'))::bit(64)::bigint"
    return Value(sql=sql, kind="integer", type="bigint", nullable=False, volatility=Volatility.VOLATILE)


def _round(arguments: Sequence[Value], _: bool) -> Value:
    if len(arguments) > 1 and arguments[1].constant != (0,):
        raise refuse("round() to decimal places")
    value = as_real(arguments[0])
    if value.volatility is Volatility.VOLATILE:
        raise refuse("round() of a random number")
    x = value.within(Rank.MULTIPLY)
    half = f"trunc({x} + CASE WHEN {x} < 0 THEN -0.5 ELSE 0.5 END) + 0.0"
    return made(
        f"CASE WHEN abs({x}) < 4503599627370496 THEN {half} ELSE {x} END", "real", "double precision", value
    )


def _typeof(arguments: Sequence[Value], _: bool) -> Value:
    value = held.stored_form(arguments[0])
    if value.kind == "number":
        if not value.stored or (value.column is not None and value.column.conversion == "numeric-point"):
            raise refuse(f"typeof() of {described(value)}")
        x = value.within(Rank.COMPARE)
        inner = f"CASE WHEN {x} = trunc({x}) THEN 'integer' ELSE 'real' END"
    else:
        inner = literal({"boolean": "integer"}.get(value.kind, value.kind))
    if value.nullable and value.kind != "null":
        inner = f"CASE WHEN {value.within(Rank.IS)} IS NULL THEN 'null' ELSE {inner} END"
    return made(f"{inner}::text" if inner[0] == "'" else inner, "text", "text", value, nullable=False)


def _char(arguments: Sequence[Value], _: bool) -> Value:
    codes = [argument.constant[0] if argument.constant is not None else None for argument in arguments]
    if not all(isinstance(code, int) and 0 < code < 0xD800 for code in codes):
        raise refuse("char() of anything but literal code points")
    return constant("".join(chr(code) for code in codes if isinstance(code, int)))


def _json_valid(arguments: Sequence[Value], _: bool) -> Value:
    value = arguments[0]
    if len(arguments) != 1 or value.kind != "held" or held.conversion_of(value)[0] != "json":
        raise refuse(f"json_valid() of {described(value)}")
    if not value.nullable:
        return truth("true", rank=Rank.ATOM, nullable=False)
    return truth(f"CASE WHEN {value.within(Rank.IS)} IS NOT NULL THEN true END", value, rank=Rank.ATOM)


def _same(arguments: Sequence[Value], _: bool) -> Value:
    return replace(arguments[0], stored=False)


def _dates(name: str) -> Rule:
    return lambda arguments, _: moments.date_function(name, arguments)


def _current(name: str) -> Rule:
    return lambda _, __: moments.current(name)


_ANY = 99
FUNCTIONS: Mapping[str, tuple[int, int, Rule]] = {
    "abs": (1, 1, _abs),
    "char": (1, _ANY, _char),
    "coalesce": (2, _ANY, _coalesce),
    "current_date": (0, 0, _current("current_date")),
    "current_time": (0, 0, _current("current_time")),
    "current_timestamp": (0, 0, _current("current_timestamp")),
    "date": (0, _ANY, _dates("date")),
    "datetime": (0, _ANY, _dates("datetime")),
    "hex": (1, 1, _hex),
    "if": (2, 3, _iif),
    "ifnull": (2, 2, _coalesce),
    "iif": (2, 3, _iif),
    "instr": (2, 2, _instr),
    "json_valid": (1, 2, _json_valid),
    "julianday": (0, _ANY, _dates("julianday")),
    "length": (1, 1, _length),
    "likelihood": (2, 2, _same),
    "likely": (1, 1, _same),
    "lower": (1, 1, _folded("lower")),
    "ltrim": (1, 2, _trimmed("ltrim")),
    "max": (2, _ANY, _extreme("greatest")),
    "min": (2, _ANY, _extreme("least")),
    "nullif": (2, 2, _nullif),
    "random": (0, 0, _random),
    "randomblob": (1, 1, _randomblob),
    "replace": (3, 3, _replace),
    "round": (1, 2, _round),
    "rtrim": (1, 2, _trimmed("rtrim")),
    "strftime": (1, _ANY, lambda arguments, _: moments.strftime(arguments)),
    "substr": (2, 3, _substr),
    "substring": (2, 3, _substr),
    "time": (0, _ANY, _dates("time")),
    "trim": (1, 2, _trimmed("btrim")),
    "typeof": (1, 1, _typeof),
    "unixepoch": (0, _ANY, _dates("unixepoch")),
    "unlikely": (1, 1, _same),
    "upper": (1, 1, _folded("upper")),
    "zeroblob": (1, 1, _zeroblob),
}
"""Name → fewest arguments, most arguments, rule."""


def call(name: str, arguments: Sequence[Value], *, bytewise: bool) -> Value:
    """The value of a scalar function call; TranslationError names a function that is not in the table."""
    entry = FUNCTIONS.get(name)
    if entry is None:
        raise refuse(f"the function {name}()")
    fewest, most, rule = entry
    if not fewest <= len(arguments) <= most:
        raise refuse(f"{name}() with {len(arguments)} arguments")
    return rule(arguments, bytewise)
