"""Rules of JSON that are more than a call; the others are lines of the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from outgrow.translate import held
from outgrow.translate.functions.rule import Setting, called, library, text_of
from outgrow.translate.value import Rank, Value, truth


def valid(arguments: Sequence[Value], setting: Setting) -> Value:
    """0 for NULL, as SQLite 3.40 has it; NULL in definitions, whose rows a newer SQLite may have let in."""
    value = arguments[0]
    if value.kind == "held" and held.conversion_of(value)[0] == "json":
        if not value.nullable:
            return truth("true", rank=Rank.ATOM, nullable=False)
        there = f"{value.within(Rank.IS)} IS NOT NULL"
        if not setting.fixed:
            return truth(there, value, rank=Rank.IS, nullable=False)
        return truth(f"CASE WHEN {there} THEN true END", value, rank=Rank.ATOM)
    text = text_of(value)
    found = called("json_valid", (text,), "integer")
    if setting.fixed or not text.nullable:
        return found
    return replace(found, sql=f"coalesce({found.sql}, 0)", nullable=False)


def arrow(operator: str, left: Value, right: Value) -> Value:
    """`left -> right` and `left ->> right`."""
    text, path = text_of(left), held.tagged(right)
    if operator == "->":
        return replace(called("json_arrow", (text, path), "text"), json=True)
    return called("json_arrow_text", (text, path), "tagged")


def extract(arguments: Sequence[Value], setting: Setting) -> Value:
    """What lies at a path, or an array of what lies at several."""
    found = library("json_extract", "T", "tagged")(arguments, setting)
    # An array or object stays JSON in another JSON function.
    argument = found.sql.replace("sqlite.json_extract(", "sqlite.json_extract_argument(", 1)
    return replace(found, json_argument=argument)
