"""What becomes of a vec0 table, whose content is read without sqlite-vec, by what the target has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from outgrow.move.examine import decide, examine
from outgrow.move.progress import Silent
from outgrow.move.refutations import Refutations
from outgrow.options import Options
from outgrow.plan.model import Plan
from outgrow.plan.overrides import Overrides, TableOverride
from outgrow.plan.script import script
from outgrow.plan.stored import dump_tables, load_tables
from outgrow.schema.model import Vector, Vectors
from outgrow.sqlite.connect import open_snapshot

DECLARED = (
    "CREATE VIRTUAL TABLE v USING vec0(e float[2] distance_metric=cosine, "
    "i int8[4] distance_metric=L1, q bit[8], part text partition key, +note text)"
)
SOURCE = f"""
CREATE TABLE v_info(key, value);
CREATE TABLE v_chunks(chunk_id INTEGER PRIMARY KEY, size, sequence_id, partition00, validity, rowids);
CREATE TABLE v_rowids(rowid INTEGER PRIMARY KEY AUTOINCREMENT, id, chunk_id, chunk_offset);
CREATE TABLE v_vector_chunks00(rowid PRIMARY KEY, vectors);
CREATE TABLE v_vector_chunks01(rowid PRIMARY KEY, vectors);
CREATE TABLE v_vector_chunks02(rowid PRIMARY KEY, vectors);
CREATE TABLE v_auxiliary(rowid INTEGER PRIMARY KEY, value00);
INSERT INTO v_chunks VALUES (1, 8, NULL, 'p', x'01', x'');
INSERT INTO v_rowids VALUES (9, NULL, 1, 0);
DELETE FROM v_rowids;
INSERT INTO v_rowids VALUES (5, NULL, 1, 0);
INSERT INTO v_vector_chunks00 VALUES (1, x'0000803f00002040');
INSERT INTO v_vector_chunks01 VALUES (1, x'01ff8000');
INSERT INTO v_vector_chunks02 VALUES (1, x'a0');
INSERT INTO v_auxiliary VALUES (5, 'n');
PRAGMA writable_schema = ON;
INSERT INTO sqlite_schema VALUES ('table', 'v', 'v', 0, '{DECLARED}');
"""


@pytest.fixture
def plan(make_sqlite: Callable[..., Path]) -> Callable[..., Plan]:
    def made(overrides: Overrides | None = None, **options: object) -> Plan:
        with open_snapshot(make_sqlite(SOURCE), readers=3) as snapshot:
            examined = examine(snapshot, jobs=1, progress=Silent())
            given = Options(**options)  # type: ignore[arg-type]
            return decide(examined, given, overrides or Overrides(), Refutations())

    return made


def types(plan: Plan) -> list[tuple[str, str, str]]:
    return [(column.name, column.type, column.conversion) for column in plan.table("v").columns]


def test_with_pgvector(plan: Callable[..., Plan]) -> None:
    found = plan(vectors=True)
    assert types(found) == [
        ("rowid", "bigint", "same"), ("e", "vector(2)", "vector"), ("i", "vector(4)", "vector-int8"),
        ("q", "bit(8)", "bit"), ("part", "text", "same"), ("note", "text", "same"),
    ]  # fmt: skip
    assert [s.build for s in found.statements if s.build and "hnsw" in s.build] == [
        "CREATE INDEX v_e_hnsw ON public.v USING hnsw (e vector_cosine_ops)",
        "CREATE INDEX v_i_hnsw ON public.v USING hnsw (i vector_l1_ops)",
        "CREATE INDEX v_q_hnsw ON public.v USING hnsw (q bit_hamming_ops)",
    ]
    assert [(f.rule, f.object, f.detail) for f in found.findings] == [
        ("virtual.vectors", "v.e", "vector(2), an HNSW index for cosine distance"),
        ("virtual.vectors", "v.i", "vector(4), an HNSW index for l1 distance"),
        ("virtual.vectors", "v.q", "bit(8), an HNSW index for hamming distance"),
    ]
    assert found.table("v").identity_next == 10
    assert "CREATE EXTENSION IF NOT EXISTS vector;" in script(found)
    assert {outcome.kind for outcome in found.expected} == {"virtual_tables", "columns"}


def test_an_index_that_the_plan_leaves_out(plan: Callable[..., Plan]) -> None:
    found = plan(Overrides(leave=frozenset({"index:v.e"})), vectors=True)
    built = [s.why for s in found.statements if s.build and "hnsw" in s.build]
    assert built == ["nearest neighbours of v.i", "nearest neighbours of v.q"]
    assert found.findings[0].detail == "vector(2), without an index: left out in the plan"


def test_without_pgvector(plan: Callable[..., Plan]) -> None:
    found = plan()
    assert [type_ for _, type_, _ in types(found)[1:4]] == ["bytea"] * 3
    assert [(f.rule, f.object, f.detail) for f in found.findings] == [
        (
            "virtual.content",
            "v",
            "vec0: read from its shadow tables, without its index; "
            "pgvector in the target would hold its vectors",
        )
    ]
    assert not found.needs_pgvector
    assert found.model.relation("v").vectors is None


def test_a_faithful_plan_keeps_the_blobs(plan: Callable[..., Plan]) -> None:
    assert [type_ for _, type_, _ in types(plan(vectors=True, types="faithful"))[1:4]] == ["bytea"] * 3


def test_what_is_declared_is_remembered(plan: Callable[..., Plan]) -> None:
    tables = plan(vectors=True).tables
    assert load_tables(dump_tables(tables, (), Options()))[0][0].vectors == Vectors(
        columns=(
            Vector(name="e", element="float32", dimensions=2, metric="cosine"),
            Vector(name="i", element="int8", dimensions=4, metric="l1"),
            Vector(name="q", element="bit", dimensions=8, metric="hamming"),
        ),
        partitions=("part",),
    )


def test_left_behind_it_takes_only_its_columns_along(plan: Callable[..., Plan]) -> None:
    found = plan(Overrides(tables={"v": TableOverride(leave=True)}), vectors=True)
    assert {outcome.kind for outcome in found.expected} == {"virtual_tables", "columns"}
    assert {outcome.fate for outcome in found.expected} == {"left"}
