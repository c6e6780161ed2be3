"""The closed table of scalar functions: SQLite's name → the rule that gives PostgreSQL's equal.

A function that is not here is refused by name. One rule = one function: it takes the translated
arguments and gives a `Value`, or refuses the types it cannot do exactly. Aggregates are in
`aggregates`, date functions in `moments`. Used by `expressions`.
Rules: https://www.sqlite.org/lang_corefunc.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from outgrow.errors import TranslationError
from outgrow.schema.names import literal
from outgrow.translate import held, moments, patterns
from outgrow.translate.aggregates import json_argument
from outgrow.translate.collations import collation_of
from outgrow.translate.compare import compare
from outgrow.translate.unify import combined, unify
from outgrow.translate.value import (
    Kind,
    Rank,
    Value,
    Volatility,
    as_integer,
    as_text,
    as_truth,
    constant,
    described,
    made,
    refuse,
    to_integer,
    to_real,
    truth,
)
from outgrow.translate.virtual import vectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a call stands: whether the database sorts `bytewise`, and whether its value must be `fixed`.

    A fixed value depends on nothing but its arguments: what indexes and generated columns take.
    """

    bytewise: bool = False
    fixed: bool = False


Rule = Callable[[Sequence[Value], Setting], Value]
"""Arguments and where the call stands → the call's value."""

# gen_random_uuid holds 122 random bits; hashing two of them gives 32 bytes without a fixed bit.
_RANDOM_BYTES = "sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"


def _text(value: Value) -> Value:
    return as_text(held.stored_form(value))


def _of_vectors(rule: Callable[[Sequence[Value]], Value]) -> Rule:
    """A function of sqlite-vec as a rule: it makes no difference where it stands."""
    return lambda arguments, _: rule(arguments)


def _abs(arguments: Sequence[Value], _: Setting) -> Value:
    value = held.stored_form(arguments[0])
    known = value.constant[0] if value.constant is not None else None
    if isinstance(known, float):
        return constant(-known if known < 0 else known)  # -0.0 stays what it is
    number = as_integer(value) if value.kind in {"integer", "boolean"} else value
    if number.kind in {"integer", "real"}:
        return replace(made(f"abs({number.sql})", number.kind, number.type, number), natural=True)
    return _called("abs", (held.tagged(value),), "tagged")


def _coalesce(arguments: Sequence[Value], _: Setting) -> Value:
    parts = unify(arguments)
    nullable = all(part.nullable for part in parts)
    return combined(f"coalesce({', '.join(part.sql for part in parts)})", parts, nullable=nullable)


def _nullif(arguments: Sequence[Value], setting: Setting) -> Value:
    value, other = arguments
    # A function compares its arguments as they are: with a collation, without any affinity.
    collation = collation_of(value, other)
    sides = [
        replace(each, stored=False, collation=collation, explicit=collation != "BINARY") for each in arguments
    ]
    equal = compare("=", *sides, bytewise=setting.bytewise)
    return replace(
        combined(f"CASE WHEN {equal.sql} THEN NULL ELSE {value.sql} END", [value], equal, nullable=True),
        stored=False,
    )


def _iif(arguments: Sequence[Value], _: Setting) -> Value:
    condition = as_truth(held.stored_form(arguments[0]))
    branches = unify([*arguments[1:], constant(None)] if len(arguments) == 2 else arguments[1:])
    nullable = any(branch.nullable for branch in branches)
    sql = f"CASE WHEN {condition.sql} THEN {branches[0].sql} ELSE {branches[1].sql} END"
    return combined(sql, branches, condition, nullable=nullable)


def _extreme(name: str) -> Rule:
    def rule(arguments: Sequence[Value], setting: Setting) -> Value:
        if len(arguments) < 2:
            raise refuse(f"{name}() of {described(arguments[0])}")
        function = {"greatest": "max", "least": "min"}[name]
        collation = _first_collation(arguments)
        arguments = [replace(each, explicit=False) for each in arguments]
        if collation != "BINARY":
            listed = ", ".join(held.tagged(each).sql for each in arguments)
            sql = f"sqlite.{function}_by({literal(collation)}, {listed})"
            return made(sql, "tagged", "text", *arguments, nullable=True)
        parts = unify(
            [as_integer(part) if part.kind == "boolean" else held.stored_form(part) for part in arguments]
        )
        if parts[0].kind not in {"integer", "real", "text"}:
            return _called(f"{function}_of", [held.tagged(part) for part in arguments], "tagged")
        sort = ' COLLATE "C"' if parts[0].kind == "text" and not setting.bytewise else ""
        sql = f"{name}({', '.join(part.within(Rank.OTHER) + sort for part in parts)})"
        tests = [f"{part.within(Rank.IS)} IS NULL" for part in parts if part.nullable]
        if tests:
            sql = f"CASE WHEN {' OR '.join(tests)} THEN NULL ELSE {sql} END"
        return combined(sql, parts)

    return rule


def _first_collation(arguments: Sequence[Value]) -> str:
    """The collation by which a function compares: that of the first argument that has any."""
    for value in arguments:
        if value.stored or value.explicit or value.collation is not None:
            return value.collation or "BINARY"
    return "BINARY"


def _length(arguments: Sequence[Value], _: Setting) -> Value:
    value = held.stored_form(arguments[0])
    if value.kind == "tagged":
        found = _called("length_from", (value,), "integer")
    elif value.kind == "blob":
        found = made(f"octet_length({value.sql})", "integer", "integer", value)
    else:
        found = made(f"length({as_text(value).sql})", "integer", "integer", value)
    return replace(found, natural=True)


def _folded(name: str) -> Rule:
    def rule(arguments: Sequence[Value], _: Setting) -> Value:
        value = _text(arguments[0])
        return made(f'{name}({value.within(Rank.OTHER)} COLLATE "C")', "text", "text", value)

    return rule


def _trimmed(name: str) -> Rule:
    def rule(arguments: Sequence[Value], _: Setting) -> Value:
        parts = [_text(argument) for argument in arguments]
        return made(f"{name}({', '.join(part.sql for part in parts)})", "text", "text", *parts)

    return rule


def _replace(arguments: Sequence[Value], _: Setting) -> Value:
    parts = [_text(argument) for argument in arguments]
    return made(f"replace({', '.join(part.sql for part in parts)})", "text", "text", *parts)


def _substr(arguments: Sequence[Value], _: Setting) -> Value:
    value = held.stored_form(arguments[0])
    whole = [to_integer(argument) for argument in arguments[1:]]
    if value.kind == "tagged":
        return _called("substr_from", [value, *whole], "tagged")
    if value.kind == "blob":
        return _called("substr", [value, *whole], "blob")
    text = as_text(value)
    if not all(number.constant is not None and number.natural for number in whole):
        return _called("substr", [text, *whole], "text")
    start, *length = (int(number.constant[0] or 0) for number in whole if number.constant is not None)
    if start == 0:
        return _called("substr", [text, *whole], "text")
    return made(f"substr({', '.join([text.sql, str(start), *map(str, length)])})", "text", "text", text)


def _instr(arguments: Sequence[Value], _: Setting) -> Value:
    parts = [held.stored_form(argument) for argument in arguments]
    kinds = {part.kind for part in parts}
    if kinds == {"blob"}:
        return replace(_called("instr", parts, "integer"), natural=True)
    if kinds & {"blob", "tagged"}:
        return replace(_called("instr_from", [held.tagged(part) for part in parts], "integer"), natural=True)
    texts = [as_text(part) for part in parts]
    found = made(f"strpos({texts[0].sql}, {texts[1].sql})", "integer", "integer", *texts)
    return replace(found, natural=True)


def _hex(arguments: Sequence[Value], _: Setting) -> Value:
    value = held.stored_form(arguments[0])
    if value.kind == "blob":
        sql = f"upper(encode({value.sql}, 'hex'))"
        return made(f"coalesce({sql}, '')" if value.nullable else sql, "text", "text", value, nullable=False)
    if value.kind == "tagged":
        return _called("hex_from", (value,), "text", nullable=False)
    return _called("hex", (as_text(value),), "text", nullable=False)


def _randomblob(arguments: Sequence[Value], _: Setting) -> Value:
    known = arguments[0].constant[0] if arguments[0].constant is not None else None
    if not isinstance(known, int) or known > 1024:
        found = _called("randomblob", (to_integer(arguments[0]),), "blob")
        return replace(found, volatility=Volatility.VOLATILE)
    size = max(known, 1)
    chunks = [f"substr({_RANDOM_BYTES}, 1, {min(32, size - at)})" for at in range(0, size, 32)]
    sql = chunks[0] if len(chunks) == 1 else f"({' || '.join(chunks)})"
    return Value(sql=sql, kind="blob", type="bytea", nullable=False, volatility=Volatility.VOLATILE)


def _zeroblob(arguments: Sequence[Value], _: Setting) -> Value:
    known = arguments[0].constant[0] if arguments[0].constant is not None else None
    if isinstance(known, int) and known <= 4096:
        return constant(bytes(max(known, 0)))
    return _called("zeroblob", (to_integer(arguments[0]),), "blob")


def _random(_: Sequence[Value], __: Setting) -> Value:
    sql = f"('x' || encode(substr({_RANDOM_BYTES}, 1, 8), 'hex'))::bit(64)::bigint"
    return Value(sql=sql, kind="integer", type="bigint", nullable=False, volatility=Volatility.VOLATILE)


def _round(arguments: Sequence[Value], _: Setting) -> Value:
    value = to_real(held.stored_form(arguments[0]))
    if len(arguments) > 1:
        return _called("round", (value, to_integer(arguments[1])), "real")
    if value.volatility is Volatility.VOLATILE:
        return _called("round", (value,), "real")
    x = value.within(Rank.MULTIPLY)
    half = f"trunc({x} + CASE WHEN {x} < 0 THEN -0.5 ELSE 0.5 END) + 0.0"
    return made(
        f"CASE WHEN abs({x}) < 4503599627370496 THEN {half} ELSE {x} END", "real", "double precision", value
    )


def _typeof(arguments: Sequence[Value], _: Setting) -> Value:
    value = held.stored_form(arguments[0])
    if value.kind in {"number", "tagged"}:
        return _called("typeof", (held.tagged(value),), "text", nullable=False)
    inner = literal({"boolean": "integer"}.get(value.kind, value.kind))
    if value.nullable and value.kind != "null":
        inner = f"CASE WHEN {value.within(Rank.IS)} IS NULL THEN 'null' ELSE {inner} END"
    return made(f"{inner}::text" if inner[0] == "'" else inner, "text", "text", value, nullable=False)


def _char(arguments: Sequence[Value], _: Setting) -> Value:
    codes = [argument.constant[0] if argument.constant is not None else None for argument in arguments]
    if all(isinstance(code, int) and 0 < code < 0xD800 for code in codes):
        return constant("".join(chr(code) for code in codes if isinstance(code, int)))
    return _called('"char"', [to_integer(argument) for argument in arguments], "text", nullable=False)


def _json_valid(arguments: Sequence[Value], setting: Setting) -> Value:
    """0 for NULL, as SQLite 3.40 has it; NULL in definitions, whose rows a newer SQLite may have let in."""
    value = arguments[0]
    if value.kind == "held" and held.conversion_of(value)[0] == "json":
        if not value.nullable:
            return truth("true", rank=Rank.ATOM, nullable=False)
        there = f"{value.within(Rank.IS)} IS NOT NULL"
        if not setting.fixed:
            return truth(there, value, rank=Rank.IS, nullable=False)
        return truth(f"CASE WHEN {there} THEN true END", value, rank=Rank.ATOM)
    text = _text(value)
    found = _called("json_valid", (text,), "integer")
    if setting.fixed or not text.nullable:
        return found
    return replace(found, sql=f"coalesce({found.sql}, 0)", nullable=False)


def _same(arguments: Sequence[Value], _: Setting) -> Value:
    return replace(arguments[0], stored=False, collation=None)


def _dates(name: str) -> Rule:
    def rule(arguments: Sequence[Value], setting: Setting) -> Value:
        try:
            return (
                moments.strftime(arguments) if name == "strftime" else moments.date_function(name, arguments)
            )
        except TranslationError:
            return _dates_of_text(name, arguments, setting)

    return rule


def _dates_of_text(name: str, arguments: Sequence[Value], setting: Setting) -> Value:
    texts = [_text(argument) for argument in arguments]
    words = [text.constant[0] if text.constant is not None else None for text in texts]
    subsecond = any(isinstance(word, str) and word.lower() in {"subsec", "subsecond"} for word in words)
    kind: Kind = {"julianday": "real", "unixepoch": "integer"}.get(name, "text")  # type: ignore[assignment]
    if name == "unixepoch" and subsecond:
        name, kind = "unixepoch_real", "real"
    found = _called(f"{name}_fixed" if setting.fixed else name, texts, kind, nullable=True)
    return found if setting.fixed else replace(found, volatility=max(found.volatility, Volatility.STABLE))


def _current(name: str) -> Rule:
    return lambda _, __: moments.current(name)


def _like(arguments: Sequence[Value], _: Setting) -> Value:
    return patterns.like(arguments[1], arguments[0], arguments[2] if len(arguments) > 2 else None)


def _glob(arguments: Sequence[Value], _: Setting) -> Value:
    return patterns.glob(arguments[1], arguments[0])


_TYPES: Mapping[str, str] = {
    "integer": "bigint", "real": "double precision", "text": "text", "tagged": "text", "blob": "bytea",
}  # fmt: skip


def _called(name: str, parts: Sequence[Value], kind: Kind, *, nullable: bool = True) -> Value:
    """A call of the schema `sqlite`."""
    arguments = ", ".join(part.sql if part.kind != "null" else f"NULL::{part.type}" for part in parts)
    return made(f"sqlite.{name}({arguments})", kind, _TYPES[kind], *parts, nullable=nullable)


_TAKEN: Mapping[str, Callable[[Value], Value]] = {
    "T": _text,
    "I": lambda value: to_integer(held.stored_form(value)),
    "R": lambda value: to_real(held.stored_form(value)),
    "V": held.tagged,
    "J": lambda value: replace(held.tagged(value), sql=json_argument(value)),
    "B": lambda value: _blob(held.stored_form(value)),
}


def _blob(value: Value) -> Value:
    """The bytes that a function reads in a value."""
    if value.kind == "blob":
        return value
    return made(f"sqlite.blob_from({held.tagged(value).sql})", "blob", "bytea", value)


def _library(name: str, takes: str, kind: Kind, *, json: bool = False, nullable: bool = True) -> Rule:
    """The rule for a function of the schema `sqlite`.

    `takes` says how each argument goes over: T text, I integer, R real, B blob, V tagged, J tagged for JSON;
    the last letter holds for all that follow. `json`: its text is JSON to other JSON functions.
    """

    def rule(arguments: Sequence[Value], _: Setting) -> Value:
        letters = takes + takes[-1:] * len(arguments)
        parts = [_TAKEN[letter](argument) for letter, argument in zip(letters, arguments, strict=False)]
        return replace(_called(name, parts, kind, nullable=nullable), json=json)

    return rule


def json_operator(operator: str, left: Value, right: Value) -> Value:
    """`left -> right` and `left ->> right`."""
    text, path = _text(left), held.tagged(right)
    if operator == "->":
        return replace(_called("json_arrow", (text, path), "text"), json=True)
    return _called("json_arrow_text", (text, path), "tagged")


def _json_extract(arguments: Sequence[Value], setting: Setting) -> Value:
    found = _library("json_extract", "T", "tagged")(arguments, setting)
    # An array or object stays JSON in another JSON function.
    argument = found.sql.replace("sqlite.json_extract(", "sqlite.json_extract_argument(", 1)
    return replace(found, json_argument=argument)


def _log(arguments: Sequence[Value], setting: Setting) -> Value:
    if len(arguments) == 1:
        return _library("log", "R", "real")(arguments, setting)
    base = held.tagged(arguments[0])
    base = replace(base, sql=f"sqlite.math_from({base.sql})", kind="real")
    return _called("log", (base, to_real(held.stored_form(arguments[1]))), "real")


def _whole_or_real(name: str) -> Rule:
    """ceil, floor and trunc: an integer stays one."""

    def rule(arguments: Sequence[Value], _: Setting) -> Value:
        value = held.stored_form(arguments[0])
        if value.kind in {"integer", "boolean"}:
            return as_integer(value)
        if value.kind in {"number", "tagged", "text", "blob"}:
            return _called(f"{name}_from", (held.tagged(value),), "tagged")
        return _called(name, (to_real(value),), "real")

    return rule


def _volatile(rule: Rule, volatility: Volatility) -> Rule:
    return lambda arguments, setting: replace(rule(arguments, setting), volatility=volatility)


_ANY = 99
FUNCTIONS: Mapping[str, tuple[int, int, Rule]] = {
    "abs": (1, 1, _abs),
    "char": (0, _ANY, _char),
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
    "strftime": (1, _ANY, _dates("strftime")),
    "substr": (2, 3, _substr),
    "substring": (2, 3, _substr),
    "time": (0, _ANY, _dates("time")),
    "trim": (1, 2, _trimmed("btrim")),
    "typeof": (1, 1, _typeof),
    "unixepoch": (0, _ANY, _dates("unixepoch")),
    "unlikely": (1, 1, _same),
    "upper": (1, 1, _folded("upper")),
    "zeroblob": (1, 1, _zeroblob),
    "ceil": (1, 1, _whole_or_real("ceil")),
    "ceiling": (1, 1, _whole_or_real("ceil")),
    "changes": (0, 0, _volatile(_library("changes", "", "integer", nullable=False), Volatility.VOLATILE)),
    "concat": (1, _ANY, _library("concat", "V", "text", nullable=False)),
    "concat_ws": (2, _ANY, _library("concat_ws", "TV", "text")),
    "floor": (1, 1, _whole_or_real("floor")),
    "format": (1, _ANY, _library("printf", "TV", "text")),
    "glob": (2, 2, _glob),
    "json": (1, 1, _library("json", "T", "text", json=True)),
    "json_array": (0, _ANY, _library("json_array", "J", "text", json=True, nullable=False)),
    "json_array_length": (1, 2, _library("json_array_length", "T", "integer")),
    "json_extract": (2, _ANY, _json_extract),
    "json_insert": (1, _ANY, _library("json_insert", "TJ", "text", json=True)),
    "json_object": (0, _ANY, _library("json_object", "J", "text", json=True, nullable=False)),
    "json_patch": (2, 2, _library("json_patch", "T", "text", json=True)),
    "json_quote": (1, 1, _library("json_quote", "J", "text", json=True)),
    "json_remove": (1, _ANY, _library("json_remove", "T", "text", json=True)),
    "json_replace": (1, _ANY, _library("json_replace", "TJ", "text", json=True)),
    "json_set": (1, _ANY, _library("json_set", "TJ", "text", json=True)),
    "json_type": (1, 2, _library("json_type", "T", "text")),
    "last_insert_rowid": (
        0,
        0,
        _volatile(_library("last_insert_rowid", "", "integer", nullable=False), Volatility.VOLATILE),
    ),
    "like": (2, 3, _like),
    "log": (1, 2, _log),
    "octet_length": (1, 1, _library("octet_length_from", "V", "integer")),
    "printf": (1, _ANY, _library("printf", "TV", "text")),
    "quote": (1, 1, _library("quote", "V", "text", nullable=False)),
    "sign": (1, 1, _library("sign", "V", "integer")),
    "sqlite_version": (0, 0, _library("sqlite_version", "", "text", nullable=False)),
    "st_isempty": (1, 1, _library("st_isempty", "B", "integer")),
    "st_maxx": (1, 1, _library("st_maxx", "B", "real")),
    "st_maxy": (1, 1, _library("st_maxy", "B", "real")),
    "st_minx": (1, 1, _library("st_minx", "B", "real")),
    "st_miny": (1, 1, _library("st_miny", "B", "real")),
    "soundex": (1, 1, _library("soundex", "T", "text", nullable=False)),
    "timediff": (2, 2, _library("timediff", "T", "text")),
    "total_changes": (
        0,
        0,
        _volatile(_library("total_changes", "", "integer", nullable=False), Volatility.VOLATILE),
    ),
    "trunc": (1, 1, _whole_or_real("trunc")),
    "unhex": (1, 2, _library("unhex", "T", "blob")),
    "unicode": (1, 1, _library("unicode", "T", "integer")),
    **{name: (fewest, most, _of_vectors(rule)) for name, (fewest, most, rule) in vectors.FUNCTIONS.items()},
    **{
        name: (count, count, _library(name, "R", "real"))
        for count, names in (
            (0, "pi"),
            (1, "acos acosh asin asinh atan atanh cos cosh degrees exp ln log10 log2 radians"),
            (1, "sin sinh sqrt tan tanh"),
            (2, "atan2 mod pow power"),
        )
        for name in names.split()
    },
}
"""Name → fewest arguments, most arguments, rule."""


def call(name: str, arguments: Sequence[Value], setting: Setting) -> Value:
    """The value of a scalar function call; TranslationError names a function that is not in the table."""
    entry = FUNCTIONS.get(name)
    if entry is None:
        raise refuse(f"the function {name}()")
    fewest, most, rule = entry
    if not fewest <= len(arguments) <= most:
        raise refuse(f"{name}() with {len(arguments)} arguments")
    return rule(arguments, setting)
