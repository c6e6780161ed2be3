"""Rules of the functions that give one of their arguments, or say what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from outgrow.schema.names import literal
from outgrow.translate import held
from outgrow.translate.collations import collation_of
from outgrow.translate.compare import compare
from outgrow.translate.convert import as_integer, as_truth
from outgrow.translate.functions.rule import Rule, Setting, called
from outgrow.translate.unify import combined, unify
from outgrow.translate.value import Rank, Value, constant, described, made, refuse


def coalesce(arguments: Sequence[Value], _: Setting) -> Value:
    """The first argument that is not NULL."""
    parts = unify(arguments)
    nullable = all(part.nullable for part in parts)
    return combined(f"coalesce({', '.join(part.sql for part in parts)})", parts, nullable=nullable)


def nullif(arguments: Sequence[Value], setting: Setting) -> Value:
    """NULL where both arguments are equal, else the first."""
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


def iif(arguments: Sequence[Value], _: Setting) -> Value:
    """A choice by a condition; without the third argument it gives NULL."""
    condition = as_truth(held.stored_form(arguments[0]))
    branches = unify([*arguments[1:], constant(None)] if len(arguments) == 2 else arguments[1:])
    nullable = any(branch.nullable for branch in branches)
    sql = f"CASE WHEN {condition.sql} THEN {branches[0].sql} ELSE {branches[1].sql} END"
    return combined(sql, branches, condition, nullable=nullable)


def extreme(name: str) -> Rule:
    """The rule for max() and min() of several arguments: NULL if one of them is."""

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
            return called(f"{function}_of", [held.tagged(part) for part in arguments], "tagged")
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


def typeof(arguments: Sequence[Value], _: Setting) -> Value:
    """The class of a value as SQLite stored it: a boolean is an integer."""
    value = held.stored_form(arguments[0])
    if value.kind in {"number", "tagged"}:
        return called("typeof", (held.tagged(value),), "text", nullable=False)
    inner = literal({"boolean": "integer"}.get(value.kind, value.kind))
    if value.nullable and value.kind != "null":
        inner = f"CASE WHEN {value.within(Rank.IS)} IS NULL THEN 'null' ELSE {inner} END"
    return made(f"{inner}::text" if inner[0] == "'" else inner, "text", "text", value, nullable=False)


def same(arguments: Sequence[Value], _: Setting) -> Value:
    """The argument, of which the function only says how often it is true."""
    return replace(arguments[0], stored=False, collation=None)
