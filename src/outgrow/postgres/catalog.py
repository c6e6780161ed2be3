"""What a target schema really has, read from PostgreSQL's catalog and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import psycopg

from outgrow.plan.model import Outcome, TablePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """One column as pg_attribute has it."""

    not_null: bool
    default: bool
    identity: bool
    generated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaFacts:
    """Columns by (table, column), and names of relations, indexes, constraints and enabled triggers."""

    columns: dict[tuple[str, str], ColumnFacts]
    objects: frozenset[tuple[str, str]]


def schema_facts(connection: psycopg.Connection[Any], schema: str) -> SchemaFacts:
    """The facts of one schema, in two queries of the caller's transaction."""
    columns = {
        (table, column): ColumnFacts(not_null=not_null, default=default, identity=identity, generated=generated)
        for table, column, not_null, default, identity, generated in connection.execute(_sql("columns"), (schema,))
    }
    rows = connection.execute(_sql("objects"), {"schema": schema})
    return SchemaFacts(columns=columns, objects=frozenset((kind, name) for kind, _, name in rows))


def _sql(name: str) -> bytes:
    return (files("outgrow.postgres") / "sql" / f"{name}.sql").read_bytes()


_WHERE = {
    "primary_keys": ("constraint", "index"),
    "unique_constraints": ("constraint", "index"),
    "foreign_keys": ("constraint",),
    "checks": ("constraint",),
    "indexes": ("index",),
    "views": ("relation",),
    "triggers": ("trigger",),
}


def missing(facts: SchemaFacts, tables: Sequence[TablePlan], outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Objects that the outcomes call moved and that the schema does not have, in words."""
    return tuple([*_missing_columns(facts, tables, outcomes), *_missing_named(facts, outcomes)])


def _missing_named(facts: SchemaFacts, outcomes: Sequence[Outcome]) -> Iterator[str]:
    for outcome in outcomes:
        places = _WHERE.get(outcome.kind)
        if outcome.fate == "left" or places is None or not outcome.target:
            continue
        if not any((place, outcome.target) in facts.objects for place in places):
            yield f"{outcome.kind.replace('_', ' ')}: {outcome.name} ({outcome.target})"


def _missing_columns(
    facts: SchemaFacts, tables: Sequence[TablePlan], outcomes: Sequence[Outcome]
) -> Iterator[str]:
    defaults = {o.name for o in outcomes if o.kind == "defaults" and o.fate == "moved"}
    for table in tables:
        if ("relation", table.name) not in facts.objects:
            yield f"table: {table.source} ({table.name})"
            continue
        for column in table.columns:
            where = f"{table.source}.{column.source}"
            found = facts.columns.get((table.name, column.name))
            if found is None:
                yield f"column: {where}"
                continue
            if column.not_null and not found.not_null:
                yield f"not null: {where}"
            if column.identity and not found.identity:
                yield f"identity: {where}"
            if column.generated and not found.generated:
                yield f"generated column: {where}"
            if column.default and where in defaults and not found.default:
                yield f"default: {where}"
