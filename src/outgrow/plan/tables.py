"""Pre-data: CREATE TABLE with its columns, defaults, NOT NULLs, generated columns and identity.

Called by `plan.build` for each table; carried out by `postgres.apply` before any row is copied.
"""

from __future__ import annotations

from dataclasses import dataclass

from outgrow.findings import Finding
from outgrow.plan.columns import TableInput, plan_column
from outgrow.plan.model import ColumnPlan, Outcome, Statement, TablePlan
from outgrow.plan.naming import Naming
from outgrow.schema.model import Table
from outgrow.schema.names import qualified, quote
from outgrow.schema.target import family
from outgrow.types.observed import TableProfile

MAX_COLUMNS = 1600


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One table's plan with what is said about it."""

    plan: TablePlan
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]


def plan_table(given: TableInput) -> Planned:
    """The plan of one table; ConfigError when the plan file's type or conversion is unknown."""
    outcomes: list[Outcome] = []
    findings: list[Finding] = []
    columns = []
    for column in given.table.columns:
        planned = plan_column(given, column)
        columns.append(planned.plan)
        outcomes += planned.outcomes
        findings += planned.findings
    if len(columns) > MAX_COLUMNS:
        findings.append(
            Finding(
                rule="table.too-wide",
                object=given.table.name,
                detail=f"{len(columns)} columns",
                count=len(columns),
            )
        )
    virtual = given.select is not None
    relation = given.model.relation(given.table.name)
    plan = TablePlan(
        source=given.table.name,
        name=given.naming.relations[given.table.name],
        columns=tuple(columns),
        rows=given.profile.rows,
        bytes=given.profile.bytes or given.profile.estimated_bytes,
        virtual=virtual,
        select=given.select,
        key=_row_key(given.table, given.profile, columns),
        primary_key=given.table.primary_key,
        rtree=relation.rtree,
        vectors=relation.vectors,
        rank=relation.full_text.rank if relation.full_text is not None else "",
        identity_next=_identity_next(given.table, given.profile),
        autoincrement=given.table.autoincrement,
        identity_sequence=_identity_sequence(given.table, columns, given.naming),
    )
    return Planned(plan=plan, outcomes=tuple(outcomes), findings=tuple(findings))


def _identity_next(table: Table, profile: TableProfile) -> int | None:
    if table.rowid_alias is None:
        return None
    largest = profile.column(table.rowid_alias).max_integer or 0
    return min(max(largest, table.sequence or 0, 0) + 1, 2**63 - 1)


def _identity_sequence(table: Table, columns: list[ColumnPlan], naming: Naming) -> str | None:
    """The sequence's name when PostgreSQL's own, table_column_seq, is another relation's already."""
    for column in columns:
        if column.identity:
            usual = f"{naming.relations[table.name]}_{column.name}_seq"
            name = naming.relations_taken.take(usual)
            return None if name == usual else name
    return None


def _row_key(table: Table, profile: TableProfile, columns: list[ColumnPlan]) -> tuple[str, ...]:
    """Columns that are unique and never NULL, and that both sides sort alike."""
    by_source = {column.source: column for column in columns}

    def usable(name: str) -> bool:
        column, seen = by_source[name], profile.column(name)
        orderly = column.conversion == "same" and family(column.type) in {"integer", "text", "bytea"}
        return orderly and seen.nulls == 0 and len(seen.classes) <= 1

    keys = [table.primary_key] + [
        tuple(key.column or "" for key in index.columns)
        for index in table.indexes
        if index.unique and not index.where
    ]
    for key in keys:
        if key and all(name in by_source and usable(name) for name in key):
            return key
    return ()


def create_table(plan: TablePlan, schema: str, outcomes: tuple[Outcome, ...]) -> Statement:
    """The CREATE TABLE of one table, with everything that belongs to its columns."""
    lines = ",\n".join(f"  {_column_sql(column, plan, schema)}" for column in plan.columns)
    name = qualified(schema, plan.name)
    body = f"CREATE TABLE {name} (\n{lines}\n)" if plan.columns else f"CREATE TABLE {name} ()"
    return Statement(
        sql=body,
        why=f"table {plan.source}, {plan.rows:,} rows",
        phase="pre-data",
        table=plan.source,
        outcomes=(_table_outcome(plan), *outcomes),
        required=True,
        reverse=f"DROP TABLE {name}",
    )


def _table_outcome(plan: TablePlan) -> Outcome:
    if plan.virtual:
        index = "a GiST index" if plan.rtree else "pgvector's type" if plan.vectors else ""
        reason = f"a table with {index}" if index else "its content becomes an ordinary table"
        return Outcome(kind="virtual_tables", name=plan.source, fate="changed", reason=reason)
    return Outcome(kind="tables", name=plan.source, fate="moved")


def _column_sql(column: ColumnPlan, table: TablePlan, schema: str) -> str:
    parts = [quote(column.name), column.type]
    if column.collation is not None:
        parts.append(f"COLLATE {quote(column.collation)}")
    if column.generated is not None:
        parts.append(f"GENERATED ALWAYS AS ({column.generated}) STORED")
    elif column.identity:
        sequence = (
            f"SEQUENCE NAME {qualified(schema, table.identity_sequence)} " if table.identity_sequence else ""
        )
        parts.append(f"GENERATED BY DEFAULT AS IDENTITY ({sequence}START WITH {table.identity_next or 1})")
    elif column.default is not None:
        parts.append(f"DEFAULT ({column.default})")
    if column.not_null and not column.identity:
        parts.append("NOT NULL")
    return " ".join(parts)
