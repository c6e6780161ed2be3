# ruff: noqa: E501 - one case is one line
"""Searches of a vec0 table written by hand, as sqlite-vec lays it out: these run without sqlite-vec."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

import apsw
import psycopg
import pytest
from sql_engines import Moved

from outgrow.errors import TranslationError
from outgrow.move.define import define
from outgrow.options import Options

TEXT = (
    "CREATE VIRTUAL TABLE v USING vec0(e float[2], q bit[8], n integer, part text partition key, +note text)"
)
SOURCE = f"""
CREATE TABLE v_chunks(chunk_id INTEGER PRIMARY KEY, size, partition00, validity, rowids);
CREATE TABLE v_rowids(rowid INTEGER PRIMARY KEY AUTOINCREMENT, id, chunk_id, chunk_offset);
CREATE TABLE v_vector_chunks00(rowid PRIMARY KEY, vectors);
CREATE TABLE v_vector_chunks01(rowid PRIMARY KEY, vectors);
CREATE TABLE v_metadatachunks00(rowid PRIMARY KEY, data);
CREATE TABLE v_auxiliary(rowid INTEGER PRIMARY KEY, value00);
CREATE TABLE docs(id INTEGER PRIMARY KEY, title TEXT);
PRAGMA writable_schema = ON;
INSERT INTO sqlite_schema VALUES ('table', 'v', 'v', 0, '{TEXT}');
"""
ROWS = 8


@pytest.fixture(scope="module")
def moved(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    url, path = new_database(), tmp_path_factory.mktemp("vec") / "source.db"
    with psycopg.connect(url) as server:
        if not server.execute("SELECT FROM pg_available_extensions WHERE name = 'vector'").fetchall():
            pytest.skip("the server has no pgvector")
    connection = apsw.Connection(str(path))
    connection.execute(SOURCE)
    numbers = [number for n in range(ROWS) for number in (float(n), 1.0)]
    for table, content in (
        ("v_vector_chunks00", struct.pack(f"<{2 * ROWS}f", *numbers)),
        ("v_vector_chunks01", bytes(range(ROWS))),
        ("v_metadatachunks00", struct.pack(f"<{ROWS}q", *(n * 10 for n in range(ROWS)))),
    ):
        connection.execute(f"INSERT INTO {table} VALUES (1, ?)", (content,))
    connection.execute("INSERT INTO v_chunks VALUES (1, 8, 'p', x'ff', x'')")
    for n in range(ROWS):
        connection.execute("INSERT INTO v_rowids VALUES (?, NULL, 1, ?)", (n + 1, n))
        connection.execute("INSERT INTO v_auxiliary VALUES (?, ?)", (n + 1, f"note {n}"))
        connection.execute("INSERT INTO docs VALUES (?, ?)", (n + 1, f"title {n}"))
    connection.close()
    found = Moved(path, url)
    yield found
    found.close()


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT rowid, distance FROM v WHERE e MATCH '[3.25, 1]' AND k = 3", [(4, 0.25), (5, 0.75), (3, 1.25)]),
        ("SELECT rowid FROM v WHERE e MATCH x'000050400000803f' LIMIT 2", [(4,), (5,)]),
        ("SELECT rowid FROM v WHERE e MATCH '[3.25, 1]' AND k = 2 AND n > 40 AND part = 'p'", [(6,), (7,)]),
        ("SELECT rowid FROM v WHERE e MATCH '[3.25, 1]' AND k = 2 AND rowid > 4", [(5,)]),
        ("SELECT title FROM docs JOIN v ON id = v.rowid WHERE e MATCH '[9, 1]' AND k = 2 ORDER BY distance",
         [("title 7",), ("title 6",)]),
        ("SELECT rowid, distance FROM v WHERE q MATCH vec_bit(x'07') AND k = 1", [(8, 0.0)]),
        ("SELECT * FROM v WHERE rowid = 2", [(2, struct.pack("<2f", 1, 1), b"\1", 10, "p", "note 1")]),
        ("SELECT vec_to_json(e), vec_length(q), vec_distance_l1(e, '[0, 0]') FROM v WHERE rowid = 3",
         [("[2.000000,1.000000]", 8, 3.0)]),
    ],
)  # fmt: skip
def test_searches(moved: Moved, sql: str, rows: list[tuple[object, ...]]) -> None:
    found = moved.on_postgres(sql)
    assert (found.rows, found.error) == (rows, "")


def test_a_vector_whose_class_is_not_known_travels_tagged(moved: Moved) -> None:
    found = moved.translated("SELECT rowid FROM v WHERE e MATCH ? AND k = ?")
    assert found.parameters == ("tagged", "integer")
    with moved.post.cursor() as cursor:
        for vector in ("t[3.25, 1]", "b000050400000803f"):
            rows = cursor.execute(found.sql.encode(), (vector, 2)).fetchall()
            assert rows == [(4,), (5,)]
        with pytest.raises(psycopg.Error, match="Input must have type BLOB"):
            cursor.execute(found.sql.encode(), ("i5", 2))


def test_a_vector_of_other_dimensions_is_an_error(moved: Moved) -> None:
    assert "different vector dimensions" in moved.on_postgres(
        "SELECT rowid FROM v WHERE e MATCH '[1]' AND k = 1"
    ).error  # fmt: skip


def test_the_next_key_follows_the_last_that_was_given(moved: Moved) -> None:
    sql = "INSERT INTO v(e, q, n, part) VALUES ('[1, 2]', vec_bit(x'ff'), 1, 'p') RETURNING rowid, e"
    with moved.post.transaction(force_rollback=True):
        assert moved.on_postgres(sql).rows == [(9, struct.pack("<2f", 1, 2))]


def test_searches_outlast_a_definition(moved: Moved) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute(SOURCE)
    texts = [
        str(text) for (text,) in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
    ]
    found = define(
        "ALTER TABLE docs ADD COLUMN body TEXT", schema=texts, model=moved.model, options=Options()
    )
    assert found.model.relation("v") == moved.model.relation("v")


def test_match_of_another_column_is_refused(moved: Moved) -> None:
    with pytest.raises(TranslationError):
        moved.translated("SELECT rowid FROM v WHERE note MATCH 'x' AND k = 3")
