"""Full-text tables: a column with the index's entries that PostgreSQL keeps current, and its GIN index.

Called by `plan.build`: before the tables, for the model that `translate` resolves MATCH against; for each
CREATE TABLE; and for what comes after the rows. What a table indexes is in `schema.fulltext`, what a
search is on PostgreSQL in `translate.virtual.fulltext` and functions/70_fulltext.sql.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from outgrow.errors import TranslationError
from outgrow.findings import Finding
from outgrow.plan.keys import KeyInput, Made
from outgrow.plan.model import Outcome, Statement
from outgrow.schema.fulltext import MODULES, FullText, declared_full_text
from outgrow.schema.model import Database, Table, VirtualTable
from outgrow.schema.names import Namespace, fold, literal, qualified, quote
from outgrow.schema.target import Relation, TargetModel
from outgrow.translate.virtual.fulltext import vector_sql

_ROWIDS = ("rowid", "_rowid_", "oid")


def as_table(entry: VirtualTable) -> Table:
    """The content of a readable virtual table as a table; that of a full-text table has a rowid."""
    table = Table(name=entry.name, sql=entry.sql, columns=entry.columns)
    if entry.module not in MODULES:
        return table
    key = entry.columns[0].name
    return replace(table, rowid_alias=key, primary_key=(key,))


def content_by_rowid(virtual: tuple[VirtualTable, ...]) -> frozenset[str]:
    """The folded names of the tables whose text a full-text table finds by their rowid."""
    declared = (_declared(entry) for entry in virtual if entry.module in MODULES)
    return frozenset(fold(d.content) for d in declared if d.content and fold(d.content_rowid) in _ROWIDS)


def _declared(entry: VirtualTable) -> FullText:
    names = [column.name for column in entry.columns if not column.hidden]
    return replace(declared_full_text(entry.module, entry.arguments, names), rank=entry.rank)


def with_full_text(database: Database, model: TargetModel) -> TargetModel:
    """The model, in which each readable full-text table says how it is searched."""
    declared = {
        fold(entry.name): _declared(entry)
        for entry in database.virtual_tables
        if entry.module in MODULES and entry.readable
    }
    relations = tuple(
        _searched(relation, declared.get(fold(relation.source))) for relation in model.relations
    )
    return replace(model, relations=relations)


def _searched(relation: Relation, declared: FullText | None) -> Relation:
    if declared is None:
        return relation
    taken = Namespace(column.name for column in relation.columns)
    found = replace(relation, full_text=replace(declared, vector=taken.take("fts_vector")))
    try:
        vector_sql(found)
    except TranslationError as error:
        missing = declared.missing or error.missing
        return replace(relation, full_text=replace(declared, missing=missing))
    return found if not declared.missing else replace(relation, full_text=declared)


def searchable(statement: Statement, relation: Relation) -> Statement:
    """The CREATE TABLE of a full-text table with the column that holds its index's entries; others as given.

    The table's outcome goes to the index, without which it would be slow to search.
    """
    declared = relation.full_text
    if declared is None or declared.missing:
        return statement
    column = f"{quote(declared.vector)} tsvector GENERATED ALWAYS AS ({vector_sql(relation)}) STORED"
    return replace(
        statement,
        sql=f"{statement.sql.removesuffix(_END)},\n  {column}{_END}",
        outcomes=tuple(outcome for outcome in statement.outcomes if outcome.kind != "virtual_tables"),
    )


_END = "\n)"


def plan_full_text(given: KeyInput, table: VirtualTable) -> Iterator[Made]:
    """What a full-text table gets once its rows are there, and what there is to say of it."""
    relation = given.model.relation(table.name)
    declared = relation.full_text
    rows = given.plans[table.name].rows
    if declared is None or declared.missing:
        reason = declared.missing if declared is not None else ""
        detail = f"{table.module}: without its index: {reason}"
        yield Finding(rule="virtual.content", object=table.name, detail=detail, count=rows)
        yield Statement(
            sql=_next_rowid(relation), why=f"next rowid of {table.name}", phase="post-data", table=table.name
        )
        return
    name = given.naming.relations_taken.take(relation.name, suffix="_fts")
    where = qualified(relation.schema, relation.name)
    outcome = Outcome(
        kind="virtual_tables", name=table.name, fate="changed", rule="virtual.content",
        reason="a table with a tsvector that PostgreSQL keeps current, and a GIN index",
    )  # fmt: skip
    yield Statement(
        build=f"CREATE INDEX {quote(name)} ON {where} USING gin ({quote(declared.vector)})",
        sql=_next_rowid(relation),
        why=f"full-text index of {table.name}, and its next rowid",
        phase="post-data",
        table=table.name,
        outcomes=(outcome,),
        reverse=f"DROP INDEX {qualified(relation.schema, name)}",
    )
    if declared.content and rows:
        detail = f"the index is made anew from {declared.content} as it now is"
        yield Finding(rule="fulltext.rebuilt", object=table.name, detail=detail, count=rows)


def _next_rowid(relation: Relation) -> str:
    key = relation.column(relation.rowid_alias or "rowid").name
    table = qualified(relation.schema, relation.name)
    sequence = f"pg_get_serial_sequence({literal(table)}, {literal(key)})"
    return f"SELECT setval({sequence}, greatest(coalesce(max({quote(key)}), 0), 0) + 1, false) FROM {table}"
