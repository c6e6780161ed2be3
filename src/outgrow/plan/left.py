"""What stays behind with a table that the plan leaves out, object by object, so that the counts add up.

Called by `plan.build`. Triggers on such a table are `plan.views`' affair.
"""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.findings import Finding
from outgrow.plan.keys import BY_PLAN, Made
from outgrow.plan.model import ObjectKind, Outcome
from outgrow.plan.overrides import check_label
from outgrow.schema.model import Table


def left_with_table(table: Table, *, virtual: bool) -> Iterator[Made]:
    """The outcomes of the table and of everything that belongs to it, and the finding table.left."""
    kind: ObjectKind = "virtual_tables" if virtual else "tables"
    yield Outcome(kind=kind, name=table.name, fate="left", reason=BY_PLAN, text=table.sql, rule="table.left")
    parts = (*_of_columns(table, virtual=virtual), *_of_table(table))
    for kind, name in parts:
        if virtual and kind != "columns":  # SQLite has declared nothing else
            continue
        yield Outcome(
            kind=kind, name=f"{table.name}.{name}", fate="left", reason=f"{table.name} stays behind"
        )
    yield Finding(rule="table.left", object=table.name, detail=BY_PLAN)


def _of_columns(table: Table, *, virtual: bool) -> Iterator[tuple[ObjectKind, str]]:
    for column in table.columns:
        if column.hidden and not virtual:  # SQLite has declared nothing
            continue
        yield "columns", column.name
        if column.not_null:
            yield "not_nulls", column.name
        if column.default is not None:
            yield "defaults", column.name
        if column.generated is not None:
            yield "generated_columns", column.name
        if column.name == table.rowid_alias:
            yield "identities", column.name


def _of_table(table: Table) -> Iterator[tuple[ObjectKind, str]]:
    if table.primary_key and not table.column(table.primary_key[0]).hidden:
        yield "primary_keys", table.primary_key_name or "PRIMARY KEY"
    for index in table.indexes:
        if index.origin != "pk":
            kind: ObjectKind = "unique_constraints" if index.origin == "u" else "indexes"
            yield kind, index.constraint_name or index.name
    for key in table.foreign_keys:
        yield (
            "foreign_keys",
            f"{key.name or 'FOREIGN KEY (' + ', '.join(key.columns) + ')'} → {key.parent_table}",
        )
    for number in range(1, len(table.checks) + 1):
        yield "checks", check_label(table, number).removeprefix(f"{table.name}.")
