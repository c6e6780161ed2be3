"""Columns that the plan keeps in a type of their own: what may be said of them without a change of meaning.

`types.values` turns a stored date text into a timestamp, a UUID text into uuid, and so on. SQL that
speaks of such a column still thinks of the stored form. This module gives that form back as an
expression, and turns a literal into the column's type where the two mean the same. Used by
`compare`, `functions` and `store`.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import datetime

from outgrow.schema.model import Affinity
from outgrow.schema.names import literal
from outgrow.schema.target import TargetColumn
from outgrow.translate.convert import tag
from outgrow.translate.value import Kind, Moment, Rank, Value, Volatility, made, refuse

_FORMAT = re.compile(
    r"(?P<date>YYYY-MM-DD)?(?P<sep>[ T])?(?P<time>HH:MM(?P<seconds>:SS)?)?"
    r"(?P<fraction>\.f{1,6}|\[\.ffffff\]|\[\.f\])?(?P<zone>Z| ?[+-]\d\d:?\d\d(?: UTC)?| UTC)?\Z"
)
_PLAIN: dict[str, Kind] = {
    "integer": "integer",
    "real": "real",
    "text": "text",
    "bytea": "blob",
    "boolean": "boolean",
}
_EPOCH = {
    "s": (1, 0),
    "ms": (1000, 0),
    "us": (1_000_000, 0),
    "apple": (1, 978_307_200),
    "webkit": (1_000_000, -11_644_473_600),
}


VECTOR_BLOBS = {"vector": "vec_blob", "vector-int8": "vec_int8_blob", "bit": "vec_bit_blob"}
"""Conversions of vectors, and the function that gives the blob back."""


def column_value(column: TargetColumn, sql: str, *, nullable: bool | None = None) -> Value:
    """The value of a column whose PostgreSQL reference is `sql`."""
    recipe = column.conversion.partition(":")[0]
    kind: Kind = "held"
    if column.conversion == "same":
        kind = _PLAIN.get(column.family, "held")
    elif column.conversion == "boolean:0/1" and column.family == "boolean":
        kind = "boolean"
    elif recipe in {"numeric", "numbers", "numeric-point"}:
        kind = "number"
    elif recipe == "tagged":
        kind = "tagged"
    return Value(
        sql=sql,
        kind=kind,
        type=column.type,
        nullable=not column.not_null if nullable is None else nullable,
        column=column,
        collation=column.collation if column.collation != "BINARY" else None,
        stored=True,
        declared=column.declared,
    )


def affinity_of(value: Value) -> Affinity | None:
    """Affinity of the column a value comes from; None for an expression or when the model is silent."""
    return value.column.affinity if value.stored and value.column is not None else None


def conversion_of(value: Value) -> tuple[str, str]:
    """Recipe and argument of a held value's conversion."""
    if value.column is None:
        raise refuse(f"a value kept as {value.type}")
    recipe, _, argument = value.column.conversion.partition(":")
    return recipe, argument


def same_form(left: Value, right: Value) -> bool:
    """Whether two held values have one type and one recipe, so that equal values are equal texts."""
    if left.column is None or right.column is None:
        return False
    same = (left.type, left.column.conversion) == (right.type, right.column.conversion)
    return same and conversion_of(left)[0] not in {"json", "vector", "same", "escaped"}


def plain_kind(value: Value) -> Kind | None:
    """The kind in which a bound parameter compared with the value travels; None when it may be any."""
    if value.kind == "held":
        recipe = conversion_of(value)[0]
        if recipe in VECTOR_BLOBS:
            return None  # a blob or JSON text
        return "blob" if recipe == "uuid-blob" else "text"
    if value.kind == "boolean":
        return "integer"
    return value.kind if value.kind in {"integer", "real", "text", "blob"} else None


def tagged(value: Value) -> Value:
    """Any value behind the letter of its class."""
    return tag(stored_form(value))


def keeps_order(value: Value) -> bool:
    """Whether the target type sorts as the stored form does."""
    recipe, argument = conversion_of(value)
    if recipe in {
        "uuid-text",
        "uuid-hex",
        "uuid-blob",
        "timestamptz-epoch",
        "timestamptz-epoch-real",
        "date-text",
    }:
        return True
    if recipe in {"timestamp-text", "timestamptz-text", "time-text"}:
        return not ("[" in argument and argument.endswith("Z"))
    if recipe == "boolean":
        false, _, true = argument.partition("/")
        return false.encode() < true.encode()
    return False


def stored_form(value: Value) -> Value:
    """The value as SQLite stores it; itself when not held. Refused where PostgreSQL lost the spelling."""
    if value.kind != "held":
        return value
    return replace(
        _stored_form(value),
        stored=value.stored,
        column=value.column,
        collation=value.collation,
        explicit=value.explicit,
        declared=value.declared,
    )


def _stored_form(value: Value) -> Value:
    value = replace(value, explicit=False)
    recipe, argument = conversion_of(value)
    if recipe.startswith("uuid-"):
        return _stored_uuid(value, recipe, argument)
    if recipe in {"timestamp-text", "timestamptz-text", "date-text", "time-text"}:
        return stored_date(value, argument)
    sql = value.within(Rank.ATOM)
    if recipe == "boolean":
        false, _, true = argument.partition("/")
        return made(
            f"CASE WHEN {sql} THEN {literal(true)} WHEN NOT {sql} THEN {literal(false)} END",
            "text",
            "text",
            value,
        )
    if recipe == "timestamptz-epoch":
        if argument == "julian":
            raise refuse(f"a Julian day from {value.type}")
        factor, zero = _EPOCH[argument]
        moved = f"extract(epoch from {value.sql})" + (f" - {zero}" if zero else "")
        return made(f"(({moved}) * {factor})", "number", "numeric", value)
    if recipe in VECTOR_BLOBS:
        return made(f"sqlite.{VECTOR_BLOBS[recipe]}({value.sql})", "blob", "bytea", value)
    if recipe in {"integer-text", "json"}:
        return made(f"{sql}::text", "text", "text", value)
    if recipe == "escaped":
        return made(f"sqlite.unescape({value.sql})", "tagged", "text", value)
    raise refuse(f"the stored form of a value kept as {value.type} ({recipe})")


def by_whole(value: Value) -> Value:
    """An instant kept as a number, which is an integer where it is whole and else a real; others as given."""
    if value.kind != "number" or value.column is None or conversion_of(value)[0] != "timestamptz-epoch":
        return value
    sql = f"sqlite.v_whole({value.within(Rank.ATOM)}::double precision)"
    return replace(value, sql=sql, kind="tagged", type="text", rank=Rank.ATOM, numeric=True)


def _stored_uuid(value: Value, recipe: str, case: str) -> Value:
    text = f"{value.within(Rank.ATOM)}::text"
    if recipe != "uuid-text":
        text = f"replace({text}, '-', '')"
    if recipe == "uuid-blob":
        return made(f"decode({text}, 'hex')", "blob", "bytea", value)
    return made(f"upper({text})" if case == "upper" else text, "text", "text", value)


def stored_date(value: Value, spelling: str) -> Value:
    """The date text of that spelling behind a timestamp, timestamptz, date or time."""
    found = _FORMAT.match(spelling)
    if found is None:
        raise refuse(f"the date format {spelling!r}")
    instant = _wall_clock(value, found["zone"] or "")
    pattern = _whole_pattern(found)
    fraction, zone = found["fraction"] or "", found["zone"] or ""
    if fraction.startswith(".f"):
        pattern += f".FF{len(fraction) - 1}"
    sql = f"to_char({instant}, {literal(pattern)})"
    if fraction == "[.f]":
        sql = f"rtrim(rtrim(to_char({instant}, {literal(pattern + '.FF6')}), '0'), '.')"
    elif fraction:
        sql = (
            sql
            if fraction[0] == "."
            else f"replace(to_char({instant}, {literal(pattern + '.FF6')}), '.000000', '')"
        )
    whole = f"({sql} || {literal(zone)})" if zone else sql
    result = made(whole, "text", "text", value)
    moment = (
        None
        if value.type.startswith("time") and not found["date"]
        else Moment(sql=f"({instant})", spelling=spelling)
    )
    return replace(result, volatility=max(result.volatility, Volatility.STABLE), moment=moment)


def _whole_pattern(found: re.Match[str]) -> str:
    """The pattern of to_char for a format without its fraction and zone."""
    pattern = "YYYY-MM-DD" if found["date"] else ""
    pattern += f'"{found["sep"]}"' if found["sep"] else ""
    pattern += "HH24:MI" if found["time"] else ""
    return pattern + (":SS" if found["seconds"] else "")


def plain_pattern(spelling: str) -> str | None:
    """The pattern for `sqlite.moment_from` of a format without zone; None for any other.

    It is one of to_char, or ends in `[.FF6]` for six digits that are left out when zero.
    """
    found = _FORMAT.match(spelling)
    fraction = found["fraction"] or "" if found is not None else "[.f]"
    if found is None or found["zone"] or fraction == "[.f]":
        return None
    if fraction.startswith("["):
        return f"{_whole_pattern(found)}[.FF6]"
    return _whole_pattern(found) + (f".FF{len(fraction) - 1}" if fraction else "")


def _wall_clock(value: Value, zone: str) -> str:
    if value.column is not None and value.column.family != "timestamptz":
        return f"{value.within(Rank.ATOM)}::timestamp" if value.type == "date" else value.sql
    found = re.search(r"([+-]\d\d):?(\d\d)", zone)
    utc = f"{value.within(Rank.ATOM)} AT TIME ZONE 'UTC'"
    if found is None or (found[1][1:], found[2]) == ("00", "00"):
        return utc
    return f"({utc}) + interval '{found[1]}:{found[2]}'"


def typed_literal(value: Value, like: Value) -> Value | None:
    """A literal in the type of the held value `like` when spelled as the column's values are; else None."""
    if value.constant is None:
        return None
    known = value.constant[0]
    recipe, argument = conversion_of(like)
    if recipe in {"uuid-text", "uuid-hex"} and isinstance(known, str):
        sql = _uuid_literal(known, recipe, argument)
    elif recipe == "uuid-blob" and isinstance(known, bytes) and len(known) == 16:
        sql = f"'{uuid.UUID(bytes=known)}'::uuid"
    elif recipe == "boolean" and known in argument.split("/"):
        sql = "true" if known == argument.split("/")[1] else "false"
    elif recipe in {"timestamp-text", "timestamptz-text", "date-text"} and isinstance(known, str):
        sql = _date_literal(known, argument, like.type)
    else:
        sql = None
    return (
        None
        if sql is None
        else replace(value, sql=sql, kind="held", type=like.type, column=like.column, constant=None)
    )


def _uuid_literal(text: str, recipe: str, case: str) -> str | None:
    pattern = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z" if recipe == "uuid-text" else r"[0-9a-f]{32}\Z"
    plain = text.swapcase() if case == "upper" and text.isascii() else text
    return f"'{uuid.UUID(plain)}'::uuid" if re.match(pattern, plain) else None


def _date_literal(text: str, spelling: str, type_: str) -> str | None:
    form = {
        "YYYY-MM-DD": "%Y-%m-%d",
        "YYYY-MM-DD HH:MM:SS": "%Y-%m-%d %H:%M:%S",
        "YYYY-MM-DDTHH:MM:SS": "%Y-%m-%dT%H:%M:%S",
    }
    zone = next(
        (suffix for suffix in ("Z", "+00:00") if type_ == "timestamptz" and spelling.endswith(suffix)), ""
    )
    plain, local = text.removesuffix(zone), spelling.removesuffix(zone)
    local = local.removesuffix("[.ffffff]").removesuffix("[.f]")
    if local not in form or len(plain) != len(local) or not text.endswith(zone) or not text.isascii():
        return None
    if type_ == "timestamptz" and not zone:
        return None
    try:
        datetime.strptime(plain, form[local])
    except ValueError:
        return None
    return f"{literal(text)}::{type_}"
