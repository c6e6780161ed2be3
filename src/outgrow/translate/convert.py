"""One kind of value made into another without changing what SQLite would see.

`as_…` keeps the value and refuses what is none of that kind; `to_…` is what CAST makes of it. Used
by every rule of the translator.
"""

from __future__ import annotations

import re
from dataclasses import replace

from outgrow.schema.names import literal
from outgrow.translate.numerals import leading_integer, leading_number, number_of, real_text
from outgrow.translate.value import (
    NULL,
    NUMBERS,
    Rank,
    Value,
    constant,
    described,
    integer_constant,
    made,
    refuse,
    truth,
)


def as_integer(value: Value) -> Value:
    """The same number as bigint; refused unless the value is an integer or NULL."""
    if value.kind == "boolean":
        if value.constant is None:
            return made(f"{value.within(Rank.ATOM)}::int::bigint", "integer", "bigint", value)
        return integer_constant(int(bool(value.constant[0])))
    if value.kind == "null":
        return replace(value, sql="NULL::bigint", type="bigint", kind="integer")
    if value.kind != "integer":
        raise refuse(f"an integer from {described(value)}")
    if value.type == "bigint":
        return value
    number = made(f"{value.within(Rank.ATOM)}::bigint", "integer", "bigint", value)
    return replace(number, natural=value.natural)


def spelled(value: Value) -> Value:
    """A text that spells a number as that number: what numeric affinity makes of it. Else itself."""
    if value.digits is not None:
        number = made(value.digits, "integer", "bigint", value, rank=Rank.OTHER)
        return replace(number, moment=value.moment)
    known = value.constant[0] if value.constant is not None else None
    found = number_of(known) if isinstance(known, str) else None
    return value if found is None else constant(found)


def as_real(value: Value) -> Value:
    """The same number as double precision, rounded as SQLite rounds an integer; refused for no number."""
    if value.constant is not None and isinstance(value.constant[0], int):
        return constant(float(value.constant[0]))
    if value.kind == "null":
        return replace(value, sql="NULL::double precision", type="double precision", kind="real")
    if value.kind not in NUMBERS:
        raise refuse(f"a number from {described(value)}")
    if value.type == "double precision":
        return replace(value, kind="real")
    source = as_integer(value) if value.kind == "boolean" else value
    return made(f"{source.within(Rank.ATOM)}::double precision", "real", "double precision", value)


def tag(value: Value) -> Value:
    """The value behind the letter of its class; refused for one held in a type of its own."""
    if value.kind == "tagged":
        return value
    decimal = value.constant is None or repr(value.constant[0]) != "-0.0"  # no decimal has that sign
    return replace(_tagged(value), numeric=(value.kind in NUMBERS and decimal) or value.kind == "null")


def _tagged(value: Value) -> Value:
    if value.constant is not None:
        return replace(_tagged_constant(value.constant[0]), stored=value.stored, collation=value.collation)
    if value.kind == "null":
        return _retagged(value, value.sql if value.parameter is not None else "NULL::text", Rank.ATOM)
    if value.kind in {"integer", "boolean"}:
        sql = f"sqlite.v({as_integer(value).sql})"
    elif value.kind in {"real", "blob"}:
        sql = f"sqlite.v({value.sql})"
    elif value.kind == "text":
        return _retagged(value, f"'t' || {value.within(Rank.OTHER)}", Rank.OTHER)
    elif value.kind == "number" and value.column is not None:
        recipe = value.column.conversion.partition(":")[0]
        function = {"numeric-point": "v_pointed", "numbers": "v_whole"}.get(recipe, "v")
        sql = f"sqlite.{function}({value.sql})"
    else:
        raise refuse(f"the storage class of {described(value)}")
    return _retagged(value, sql, Rank.ATOM)


def _retagged(value: Value, sql: str, rank: Rank) -> Value:
    """Keeps what comparisons ask of: the column, its collation, COLLATE."""
    return replace(
        value, sql=sql, kind="tagged", type="text", rank=rank, constant=None, digits=None, flag=None
    )


def _tagged_constant(known: float | str | bytes | None) -> Value:
    if known is None:
        return replace(NULL, sql="NULL::text", kind="tagged")
    if isinstance(known, int):
        text = f"i{int(known)}"
    elif isinstance(known, float):
        text = f"r{real_text(known)}"
    else:
        text = f"t{known}" if isinstance(known, str) else f"b{known.hex()}"
    return Value(sql=literal(text), kind="tagged", type="text", nullable=False)


def as_text(value: Value) -> Value:
    """The text SQLite makes of the value."""
    if value.constant is not None and isinstance(value.constant[0], int):
        return constant(str(int(value.constant[0])))
    if value.kind == "text":
        return value
    if value.kind == "null":
        return replace(value, sql="NULL::text", kind="text")
    if value.kind in {"integer", "boolean"}:
        number = as_integer(value)
        return replace(made(f"{number.within(Rank.ATOM)}::text", "text", "text", value), digits=number.sql)
    if value.kind == "real":
        return made(f"sqlite.text_of({value.sql})", "text", "text", value)
    return made(f"sqlite.text_from({tag(value).sql})", "text", "text", value)


_LITERAL = re.compile(r"\(?-?[0-9.]+\)?|true|false|NULL|'(?:[^']|'')*'")


def as_key(value: Value) -> Value:
    """The value as GROUP BY and ORDER BY take it: PostgreSQL reads a bare literal there as a position."""
    if not _LITERAL.fullmatch(value.sql):
        return value
    return replace(value, sql=f"({value.sql}::{value.type})", rank=Rank.ATOM)


def as_truth(value: Value) -> Value:
    """The value as a condition: NULL stays NULL, a number is true when not 0, a text by its number."""
    if value.constant is not None:
        return _constant_truth(value)
    if value.kind == "boolean":
        return value
    if value.kind in {"integer", "real", "number"}:
        return truth(f"{value.within(Rank.COMPARE)} <> 0", value)
    if value.kind == "text":
        return truth(f"sqlite.truth_of({value.sql})", value, rank=Rank.ATOM)
    return truth(f"sqlite.truth({tag(value).sql})", value, rank=Rank.ATOM)


def as_flag(value: Value) -> str | None:
    """The value as boolean SQL, when it can only be 0, 1 or NULL; else None."""
    if value.constant is not None:
        return {None: "NULL::boolean", 0: "false", 1: "true"}.get(_class_kept(value.constant[0]))
    return value.sql if value.kind == "boolean" else value.flag


def _class_kept(known: float | str | bytes | None) -> int | None:
    """The constant for a lookup in which 1.0 is not 1."""
    return known if known is None or isinstance(known, int) else -1


def _constant_truth(value: Value) -> Value:
    known = value.constant[0] if value.constant else None
    if known is None:
        return truth("NULL::boolean", value, rank=Rank.ATOM)
    if not isinstance(known, int | float):
        known = leading_number(known)
    return truth("true" if known else "false", rank=Rank.ATOM)


def to_integer(value: Value) -> Value:
    """What CAST AS INTEGER makes of the value, as bigint: an argument that a function wants whole."""
    if value.constant is not None and not isinstance(value.constant[0], int):
        known = value.constant[0]
        if known is None:
            return as_integer(NULL)
        number = known if isinstance(known, float) else leading_integer(known)
        clamped = max(min(number, 2.0**63), -(2.0**63)) if isinstance(number, float) else number
        return integer_constant(max(min(int(clamped), 2**63 - 1), -(2**63)))
    if value.kind in {"integer", "boolean", "null"}:
        return as_integer(value)
    if value.kind in {"real", "text"}:
        return made(f"sqlite.cast_integer({value.sql})", "integer", "bigint", value)
    return made(f"sqlite.integer_from({tag(value).sql})", "integer", "bigint", value)


def to_real(value: Value) -> Value:
    """What CAST AS REAL makes of the value, as double precision."""
    if value.constant is not None and isinstance(value.constant[0], str | bytes):
        return constant(float(leading_number(value.constant[0])))
    if value.kind in NUMBERS or value.kind == "null":
        return as_real(value)
    if value.kind == "text":
        return made(f"sqlite.cast_real({value.sql})", "real", "double precision", value)
    return made(f"sqlite.real_from({tag(value).sql})", "real", "double precision", value)
