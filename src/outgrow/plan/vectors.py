"""A vec0 table where the target has pgvector: its vectors in pgvector's types, each with an HNSW index.

Called by `plan.build`; the values are `types.values.vectors`, the searches `translate.nearest`.
Rules: https://github.com/pgvector/pgvector#hnsw, https://alexgarcia.xyz/sqlite-vec/features/vec0.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from outgrow.findings import Finding
from outgrow.plan.model import Statement, TablePlan
from outgrow.schema.model import Affinity, Table, Vector, Vectors, VirtualTable
from outgrow.schema.names import qualified, quote

if TYPE_CHECKING:
    from outgrow.plan.keys import KeyInput, Made
    from outgrow.types.choose import Choice, ColumnKey


_CLASSES = {
    "l2": "vector_l2_ops", "cosine": "vector_cosine_ops", "l1": "vector_l1_ops", "hamming": "bit_hamming_ops",
}  # fmt: skip
_MOST = {"float32": 2_000, "int8": 2_000, "bit": 64_000}
"""Dimensions that an HNSW index takes."""


def with_vectors(table: Table, source: VirtualTable) -> Table:
    """The table of a virtual table's content; of a vec0 table with its key and what it declares."""
    if source.vectors is None:
        return table
    key = table.columns[0]
    return replace(
        table,
        primary_key=(key.name,),
        rowid_alias=key.name if key.affinity is Affinity.INTEGER else None,
        autoincrement=key.affinity is Affinity.INTEGER,
        sequence=source.sequence,
        vectors=source.vectors,
    )


def held_vectors(table: Table, choices: Mapping[ColumnKey, Choice]) -> Vectors | None:
    """The table's vectors as far as they are kept in a type of pgvector's kind; None when none is."""
    if table.vectors is None:
        return None
    held = tuple(
        v for v in table.vectors.columns
        if choices[table.name, v.name].conversion in {"vector", "vector-int8", "bit"}
    )  # fmt: skip
    return replace(table.vectors, columns=held) if held else None


def plan_vectors(given: KeyInput, name: str) -> Iterator[Made]:
    """The indexes of one vec0 table, built once its rows are there, and what is to be known of each."""
    table = given.plans[name]
    declared = given.database.table(name).vectors
    for vector in declared.columns if declared is not None else ():
        where = f"{name}.{vector.name}"
        kept = table.column(vector.name).type
        if table.vectors is None or table.vectors.column(vector.name) is None:
            detail = f"stays {kept}, without an index"
        elif vector.dimensions > _MOST[vector.element]:
            detail = f"{kept}, without an index: HNSW takes up to {_MOST[vector.element]:,} dimensions"
        elif given.overrides.leaves("index", where):
            detail = f"{kept}, without an index: left out in the plan"
        else:
            yield _index(given, table, vector)
            detail = f"{kept}, an HNSW index for {vector.metric} distance"
        yield Finding(rule="virtual.vectors", object=where, detail=detail, count=table.rows)


def _index(given: KeyInput, table: TablePlan, vector: Vector) -> Statement:
    column = table.column(vector.name).name
    name = given.naming.relations_taken.take(f"{table.name}_{column}", suffix="_hnsw")
    return Statement(
        build=f"CREATE INDEX {quote(name)} ON {given.name(table.source)} "
        f"USING hnsw ({quote(column)} {_CLASSES[vector.metric]})",
        sql="",
        why=f"nearest neighbours of {table.source}.{vector.name}",
        phase="post-data",
        table=table.source,
        reverse=f"DROP INDEX {qualified(given.options.schema, name)}",
    )
