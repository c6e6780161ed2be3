"""What a target schema really has, read from PostgreSQL's catalog and nothing else.

Called by `move.check` after the move and at any later `verify`; `missing` holds it against the plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import psycopg

from outgrow.plan.model import ColumnPlan, ObjectKind, Outcome, TablePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """One column as pg_attribute has it; `type` is its oid, `type_name` as format_type prints it."""

    type: int
    type_name: str
    not_null: bool
    default: bool
    identity: bool
    generated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaFacts:
    """What one schema has.

    `columns` is keyed by (table, column). `objects` holds (kind, table, name) of relations (whose
    table is ""), valid indexes, constraints and enabled triggers. `types` gives the oid of each
    type that was asked for by name, None for a type that the server does not know.
    """

    columns: Mapping[tuple[str, str], ColumnFacts]
    objects: frozenset[tuple[str, str, str]]
    types: Mapping[str, int | None]


def schema_facts(
    connection: psycopg.Connection[Any], schema: str, tables: Sequence[TablePlan]
) -> SchemaFacts:
    """The facts of one schema, in three queries of the caller's transaction."""
    names = sorted({column.type for table in tables for column in table.columns})
    types = connection.execute(
        "SELECT name, to_regtype(name)::oid::bigint FROM unnest(%s::text[]) AS wanted (name)", (names,)
    )
    columns = {
        (table, column): ColumnFacts(
            type=oid,
            type_name=name,
            not_null=not_null,
            default=default,
            identity=identity,
            generated=generated,
        )
        for table, column, oid, name, not_null, default, identity, generated in connection.execute(
            _sql("columns"), (schema,)
        )
    }
    rows = connection.execute(_sql("objects"), {"schema": schema})
    return SchemaFacts(columns=columns, objects=frozenset(map(tuple, rows)), types=dict(types.fetchall()))


def _sql(name: str) -> bytes:
    return (files("outgrow.postgres") / "sql" / f"{name}.sql").read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One thing that the plan made and the schema does not have, in words.

    `table` is the source table whose rows cannot be compared for it; empty when they can.
    """

    text: str
    table: str = ""


_WHERE: dict[ObjectKind, tuple[str, ...]] = {
    "primary_keys": ("constraint", "index"),
    "unique_constraints": ("constraint", "index"),
    "foreign_keys": ("constraint",),
    "checks": ("constraint",),
    "indexes": ("index",),
    "views": ("relation",),
    "triggers": ("trigger",),
}


def missing(
    facts: SchemaFacts, tables: Sequence[TablePlan], outcomes: Sequence[Outcome]
) -> tuple[Missing, ...]:
    """Objects that the outcomes call moved and that the schema does not have, or has otherwise."""
    return (*_missing_columns(facts, tables, outcomes), *_missing_named(facts, tables, outcomes))


def _missing_named(
    facts: SchemaFacts, tables: Sequence[TablePlan], outcomes: Sequence[Outcome]
) -> Iterator[Missing]:
    names = {table.source: table.name for table in tables}
    views = {outcome.name: outcome.target for outcome in outcomes if outcome.kind == "views"}
    for outcome in outcomes:
        places = _WHERE.get(outcome.kind)
        if outcome.fate == "left" or places is None or not outcome.target:
            continue
        on = names.get(outcome.table) or views.get(outcome.table, "")
        if not any((place, on, outcome.target) in facts.objects for place in places):
            kind = outcome.kind.replace("_", " ").removesuffix("s")
            yield Missing(text=f"{kind.replace('indexe', 'index')}: {outcome.name} ({outcome.target})")


def _missing_columns(
    facts: SchemaFacts, tables: Sequence[TablePlan], outcomes: Sequence[Outcome]
) -> Iterator[Missing]:
    defaults = {o.name for o in outcomes if o.kind == "defaults" and o.fate != "left"}
    for table in tables:
        if ("relation", "", table.name) not in facts.objects:
            yield Missing(text=f"table: {table.source} ({table.name})", table=table.source)
            continue
        for column in table.columns:
            where = f"{table.source}.{column.source}"
            found = facts.columns.get((table.name, column.name))
            if found is None:
                yield Missing(text=f"column: {where} ({column.name})", table=table.source)
            elif not _same_type(facts, column, found):
                text = f"type of column: {where} is {found.type_name}, the move made it {column.type}"
                yield Missing(text=text, table=table.source)
            else:
                default = column.default is not None and where in defaults
                yield from _missing_traits(where, column, found, default=default)


def _same_type(facts: SchemaFacts, column: ColumnPlan, found: ColumnFacts) -> bool:
    """Whether the column has the plan's type, with the plan's modifiers where it gives any."""
    wanted, there = (
        re.findall(r"\d+", re.sub(r"^[^(]*", "", name)) for name in (column.type, found.type_name)
    )
    return facts.types[column.type] == found.type and (not wanted or wanted == there)


def _missing_traits(
    where: str, column: ColumnPlan, found: ColumnFacts, *, default: bool
) -> Iterator[Missing]:
    traits = (
        ("not null", column.not_null, found.not_null),
        ("identity", column.identity, found.identity),
        ("generated column", column.generated is not None, found.generated),
        ("default", default, found.default),
    )
    for name, wanted, there in traits:
        if wanted and not there:
            yield Missing(text=f"{name}: {where} ({column.name})")
