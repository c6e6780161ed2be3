# ruff: noqa: E501 - one case is one line
"""vec0 tables on pgvector: searched, read and written as sqlite-vec does it. Needs sqlite-vec, else skipped."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import apsw
import psycopg
import pytest
from sql_engines import Moved, Rows, Value

from outgrow.errors import TranslationError
from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.move.remembered import remembered
from outgrow.options import Options
from outgrow.postgres.functions import install

sqlite_vec = pytest.importorskip("sqlite_vec")
ROWS = 400
SCHEMA = """
CREATE VIRTUAL TABLE v USING vec0(e float[8] distance_metric=cosine, part text partition key, m integer,
  t text, b boolean, f float, +aux text, chunk_size=64);
CREATE VIRTUAL TABLE w USING vec0(doc text primary key, e float[3], l float[3] distance_metric=L1, i int8[2],
  q bit[16]);
CREATE TABLE docs(id INTEGER PRIMARY KEY, title TEXT, body BLOB);
"""


@pytest.fixture(scope="module", autouse=True)
def _pgvector(server_url: str) -> None:
    with psycopg.connect(server_url) as server:
        if not server.execute("SELECT FROM pg_available_extensions WHERE name = 'vector'").fetchall():
            pytest.skip("the server has no pgvector")


def floats(*numbers: float) -> bytes:
    return struct.pack(f"<{len(numbers)}f", *numbers)


def loaded(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.enable_load_extension(True)
    connection.load_extension(sqlite_vec.loadable_path())
    return connection


class Both:
    """A SQLite with sqlite-vec and the database it was moved to."""

    def __init__(self, path: Path, url: str) -> None:
        self.url = url
        with closing(loaded(path)) as lite:
            lite.execute(SCHEMA)
            chance = random.Random(3)
            for n in range(1, ROWS + 1):
                numbers = floats(*(chance.uniform(-1, 1) for _ in range(8)))
                row = (n, numbers, "ab"[n % 2], n, f"text number {n}", n % 2, n / 2, f"x{n}")
                lite.execute("INSERT INTO v(rowid, e, part, m, t, b, f, aux) VALUES (?,?,?,?,?,?,?,?)", row)
                row = (
                    f"d{n}",
                    f"[{n},1,{n * n % 7}]",
                    f"[{n / 3},1,0]",
                    bytes([n % 100, 256 - n % 99 - 1]),
                    struct.pack("<H", n),
                )
                lite.execute("INSERT INTO w(doc, e, l, i, q) VALUES (?,?,?,vec_int8(?),vec_bit(?))", row)
                lite.execute("INSERT INTO docs VALUES (?,?,?)", (n, f"title {n}", numbers))
            lite.execute("DELETE FROM v WHERE rowid = ?", (ROWS,))
        self.lite = loaded(path)
        self.moved = Moved(path, url)

    def same(self, sql: str, parameters: Sequence[Value] = ()) -> str:
        """The translation, after both sides gave the same rows in the same order."""
        cursor = self.lite.execute(sql, parameters)
        theirs = self.moved.on_postgres(sql, parameters)
        assert theirs.error == "", (theirs.error, theirs.sql)
        assert rounded(theirs.rows) == rounded(cursor.fetchall()), theirs.sql
        return theirs.sql


def rounded(rows: Rows) -> Rows:
    """Sums of 32-bit floats differ in their last digit by the order of adding, which is the processor's."""
    return [tuple(round(x, 5) if isinstance(x, float) else x for x in row) for row in rows]


@pytest.fixture(scope="module")
def both(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    given = Both(tmp_path_factory.mktemp("vec") / "source.db", new_database())
    yield given
    given.moved.close()
    given.lite.close()


ASKED = "[0.5, -0.25, 1, 0, 0.125, 0.3, -1, 0.7]"
BLOB = floats(0.5, -0.25, 1, 0, 0.125, 0.3, -1, 0.7)


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELECT rowid, distance FROM v WHERE e MATCH ? AND k = 10", (ASKED,)),
        ("SELECT rowid, distance FROM v WHERE e MATCH ? AND k = 10", (BLOB,)),
        ("SELECT rowid, distance FROM v WHERE e MATCH vec_f32(?) AND ? = k ORDER BY distance", (ASKED, 7)),
        ("SELECT rowid, distance FROM v WHERE e MATCH ? ORDER BY distance LIMIT 12", (ASKED,)),
        ("SELECT rowid, distance FROM v WHERE e MATCH ? LIMIT ?", (ASKED, 4)),
        ("SELECT * FROM v WHERE e MATCH ? AND k = 3", (ASKED,)),
        ("SELECT rowid FROM v WHERE e MATCH ? AND k = 0", (ASKED,)),
        ("SELECT rowid, m FROM v WHERE e MATCH ? AND k = 5 AND m > 200", (ASKED,)),
        ("SELECT rowid, m FROM v WHERE e MATCH ? AND k = 5 AND m BETWEEN 5 AND 80 AND f >= 10.5", (ASKED,)),
        ("SELECT rowid FROM v WHERE e MATCH ? AND k = 5 AND part = 'a' AND b = 0", (ASKED,)),
        ("SELECT rowid FROM v WHERE e MATCH ? AND k = 5 AND t IN ('text number 7', 'text number 8')", (ASKED,)),
        ("SELECT rowid FROM v WHERE e MATCH ? AND k = 5 AND m IN (7, 8, 9)", (ASKED,)),
        ("SELECT rowid FROM v WHERE e MATCH ? AND k = 5 AND t <> 'text number 7' AND 50 >= m", (ASKED,)),
        ("SELECT rowid FROM v WHERE e MATCH ? AND k = 5 AND rowid IN (2, 7, 8)", (ASKED,)),
        ("SELECT rowid FROM v WHERE e MATCH ? AND k = 5 AND rowid IN (SELECT id FROM docs WHERE id < 30)", (ASKED,)),
        ("SELECT rowid FROM v WHERE e MATCH ? AND k = 20 AND rowid > 100", (ASKED,)),
        ("SELECT rowid, distance FROM v WHERE e MATCH ? AND k = 20 AND distance < 0.6", (ASKED,)),
        ("SELECT count(*), max(distance) FROM v WHERE e MATCH ? AND k = 20", (ASKED,)),
        ("SELECT d.title, v.distance FROM v JOIN docs d ON d.id = v.rowid WHERE v.e MATCH ? AND k = 6 ORDER BY v.distance", (ASKED,)),
        ("SELECT d.title FROM docs d, v AS near WHERE near.e MATCH ? AND near.k = 9 AND d.id = near.rowid AND d.id % 2 ORDER BY 1", (ASKED,)),
        ("WITH found AS (SELECT rowid AS id, distance FROM v WHERE e MATCH ? AND k = 6) SELECT title, distance FROM found JOIN docs USING (id) ORDER BY distance", (ASKED,)),
        ("SELECT title FROM docs WHERE id IN (SELECT rowid FROM v WHERE e MATCH ? AND k = 6) ORDER BY id", (ASKED,)),
        ("SELECT rowid, distance FROM v WHERE e MATCH (SELECT e FROM v WHERE rowid = 17) AND k = 4", ()),
        ("SELECT rowid FROM v AS distinct_name WHERE e MATCH ? AND k = 1 UNION ALL SELECT rowid FROM v WHERE e MATCH ? AND k = 1", (ASKED, "[1,0,0,0,0,0,0,0]")),
        ("SELECT doc, distance FROM w WHERE e MATCH '[17.25,1,3]' AND k = 6", ()),
        ("SELECT doc, distance FROM w WHERE l MATCH '[17.4,1,0]' AND k = 6", ()),
        ("SELECT doc, distance FROM w WHERE i MATCH vec_int8('[31, 35]') AND k = 1", ()),
        ("SELECT doc, distance FROM w WHERE i MATCH vec_int8(x'1f23') AND k = 1", ()),
        ("SELECT doc, distance FROM w WHERE q MATCH vec_bit(x'0101') AND k = 1", ()),
    ],
)  # fmt: skip
def test_neighbours(both: Both, sql: str, parameters: tuple[Value, ...]) -> None:
    both.same(sql, parameters)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM v WHERE rowid = 5",
        "SELECT * FROM w WHERE doc = 'd5'",
        "SELECT rowid, hex(e), typeof(e), length(e) FROM v ORDER BY rowid LIMIT 3",
        "SELECT doc, i, q FROM w ORDER BY doc LIMIT 30",
        "SELECT id FROM docs WHERE body = (SELECT e FROM v WHERE rowid = 9)",
        "SELECT vec_to_json(e), vec_length(e), vec_type(e) FROM v WHERE rowid = 3",
        "SELECT vec_to_json(e), vec_length(e), vec_to_json(vec_int8(i)), vec_length(vec_bit(q)), vec_to_json(vec_bit(q)) FROM w WHERE doc = 'd77'",
        "SELECT vec_f32('[1.5, 2, 0.1, -1e-3, 3.4e38, 1e-45, -0.0]')",
        "SELECT vec_length('[1,2]'), vec_length(x'0000803f'), vec_to_json(x'0000803f')",
        "SELECT vec_distance_L2('[1,2]', '[3,4]'), vec_distance_cosine('[1,2]', '[3,4]'), vec_distance_L1('[1,2]', '[3,4]')",
        "SELECT vec_distance_l2('[1,2]', x'000080400000803f'), vec_distance_cosine('[0,0]', '[3,4]')",
        "SELECT vec_distance_hamming(vec_bit(x'ff'), vec_bit(x'0f'))",
        "SELECT vec_distance_l2(vec_int8('[1,2]'), vec_int8('[3,4]')), vec_distance_l1(vec_int8('[1,-2]'), vec_int8('[3,4]'))",
        "SELECT vec_normalize('[3,4,1e-3]'), vec_add('[1,2]', '[0.1,4]'), vec_sub('[1,2]', '[3,0.4]')",
        "SELECT vec_slice('[1,2,3,4]', 1, 3), vec_quantize_binary('[1,-1,1,0,0,0,0,1,-1,-1,1,-2,3,4,5,6]')",
        "SELECT vec_type(vec_bit(x'05')), vec_type(vec_int8('[1]')), vec_to_json(vec_bit(x'0580')), vec_to_json(vec_int8(x'01fe'))",
        "SELECT d.id FROM docs d ORDER BY vec_distance_cosine(d.body, '[0.5,-0.25,1,0,0.125,0.3,-1,0.7]') LIMIT 5",
        "SELECT sum(vec_distance_L2(e, '[1,2,3]')) > 0 FROM w",
        "SELECT rowid FROM v WHERE t LIKE 'text number 1%' AND aux < 'x2' AND m + 1 > 5 ORDER BY 1",
    ],
)  # fmt: skip
def test_vectors_as_values(both: Both, sql: str) -> None:
    both.same(sql)


def test_vec_f32_reads_every_float(both: Both) -> None:
    chance = random.Random(5)
    bits = [chance.getrandbits(32) for _ in range(400)]
    blob = struct.pack("<400I", *(b if b >> 23 & 255 != 255 else b & 0x7FFFFF for b in bits))
    both.same("SELECT vec_f32(?)", (blob,))
    text = (
        "[" + ",".join(repr(chance.uniform(-1, 1) * 10 ** chance.randint(-46, 38)) for _ in range(400)) + "]"
    )
    both.same("SELECT vec_f32(?)", (text,))


@pytest.mark.parametrize(
    ("sql", "missing"),
    [
        ("SELECT rowid FROM v WHERE e MATCH '[1]'", "MATCH of v without k = … or LIMIT, which vec0 wants"),
        ("SELECT rowid FROM v WHERE e MATCH '[1]' ORDER BY distance LIMIT 3 OFFSET 1",
         "MATCH of v without k = … or LIMIT, which vec0 wants"),
        ("SELECT rowid FROM v WHERE e MATCH '[1]' AND rowid > 5 LIMIT 3",
         "MATCH of v without k = … or LIMIT, which vec0 wants"),
        ("SELECT rowid FROM v WHERE e MATCH '[1]' AND k = 3 AND aux = 'x'", "a condition on the auxiliary column aux beside MATCH"),
        ("SELECT rowid FROM v WHERE e MATCH '[1]' AND k = 3 AND t LIKE 'x%'", "this condition on t beside MATCH"),
        ("SELECT rowid FROM v WHERE e MATCH '[1]' AND k = 3 AND part IN ('a', 'b')", "this condition on part beside MATCH"),
        ("SELECT rowid FROM v WHERE e MATCH '[1]' AND k = 3 AND distance > 0.5",
         "a condition on distance beside MATCH other than distance < …"),
        ("SELECT v.rowid FROM v JOIN docs d ON d.id = v.rowid WHERE e MATCH '[1]' AND k = 3 AND m = d.id", "the column d.id"),
        ("SELECT d.id FROM docs d LEFT JOIN v ON d.id = v.rowid WHERE e MATCH '[1]' AND k = 3", "MATCH of v in an outer join"),
        ("SELECT doc FROM w WHERE i MATCH '[3,3]' AND k = 2", "a vector of another kind than w.i"),
        ("SELECT rowid FROM v WHERE e MATCH '[1]' AND k = 3 OR m = 5", "MATCH outside a full-text table, or where WHERE does not ask for it alone or with AND"),
        ("SELECT vec_distance_l2(vec_int8('[1]'), '[1]')", "vectors of two kinds"),
        ("SELECT vec_version()", "the function vec_version()"),
        ("INSERT INTO w(doc, i) VALUES ('x', vec_f32('[1,2]'))", "a vector of float32 where one of int8 is wanted"),
    ],
)  # fmt: skip
def test_what_is_refused_by_name(both: Both, sql: str, missing: str) -> None:
    with pytest.raises(TranslationError) as caught:
        both.moved.translated(sql)
    assert caught.value.missing == missing


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("INSERT INTO v(e, part, m, t, b, f) VALUES (?, 'a', 1, 'x', 1, 1.5)", (ASKED,)),
        ("INSERT INTO v(rowid, e, part, m, t, b, f, aux) VALUES (900, ?, 'c', 1, 'x', 0, 1.5, 'y')", (BLOB,)),
        ("INSERT INTO v(e, part, m, t, b, f) SELECT body, 'd', id, title, 0, 0.5 FROM docs WHERE id < 3 ORDER BY id", ()),
        ("UPDATE v SET e = ?, aux = 'new' WHERE rowid = 1", (ASKED,)),
        ("UPDATE v SET m = m + 1, t = 'other' WHERE rowid = 3", ()),
        ("DELETE FROM v WHERE rowid IN (2, 3)", ()),
        ("DELETE FROM w WHERE doc = 'd2'", ()),
        ("INSERT INTO w(doc, e, l, i, q) VALUES ('new', '[1,2,3]', x'0000803f0000803f0000803f', vec_int8('[5,-128]'), vec_bit(x'01ff'))", ()),
    ],
)  # fmt: skip
def test_writes(both: Both, sql: str, parameters: tuple[Value, ...]) -> None:
    after = (
        "SELECT rowid, * FROM v WHERE rowid < 5 OR rowid > 398 ORDER BY rowid",
        "SELECT * FROM w WHERE doc < 'd21' OR doc = 'new' ORDER BY doc",
    )
    both.lite.execute("BEGIN")
    try:
        both.lite.execute(sql, parameters)
        ours = [both.lite.execute(query).fetchall() for query in after]
    finally:
        both.lite.execute("ROLLBACK")
    with both.moved.post.transaction(force_rollback=True):
        written = both.moved.on_postgres(sql, parameters)
        assert not written.error, (written.error, written.sql)
        theirs = [both.moved.on_postgres(query).rows for query in after]
    both.moved.post.execute("SELECT setval(pg_get_serial_sequence('v', 'rowid'), 400)")
    assert theirs == ours


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO v(e, part, m, t, b, f) VALUES ('[1,2]', 'a', 1, 'x', 1, 1.5)",
        "INSERT INTO v(e, part, m, t, b, f) VALUES ('abc', 'a', 1, 'x', 1, 1.5)",
        "INSERT INTO v(e, part, m, t, b, f) VALUES (x'00', 'a', 1, 'x', 1, 1.5)",
        "INSERT OR REPLACE INTO v(rowid, e, part, m, t, b, f) VALUES (1, '[1,2,3,4,5,6,7,8]', 'a', 1, 'x', 1, 1.5)",
        "SELECT rowid FROM v WHERE e MATCH '[1,2]' AND k = 3",
        "SELECT vec_distance_l2('[1,2]', '[1,2,3]')",
    ],
)
def test_what_both_refuse(both: Both, sql: str) -> None:
    with pytest.raises(apsw.Error):
        both.lite.execute(sql).fetchall()
    assert both.moved.on_postgres(sql).error


def test_the_index_is_used_when_the_session_allows_it(both: Both) -> None:
    found = both.moved.translated("SELECT rowid FROM v WHERE e MATCH '[1,0,0,0,0,0,0,0]' AND k = 3").sql

    def plan() -> str:
        return "\n".join(line for (line,) in both.moved.post.execute(f"EXPLAIN ANALYZE {found}".encode()))

    with both.moved.post.transaction(force_rollback=True):
        both.moved.post.execute("SET LOCAL enable_seqscan = off")
        exact = plan()
        both.moved.post.execute("SET LOCAL outgrow.nearest = 'approximate'")
        nearly = plan()
    used = [[line for line in text.splitlines() if "v_e_hnsw" in line] for text in (exact, nearly)]
    assert [["never executed" in line for line in lines] for lines in used] == [[True], [False]]


def test_the_target_remembers(both: Both) -> None:
    model = remembered(both.url, "public").model
    assert model.relation("v").vectors == both.moved.model.relation("v").vectors
    assert model.relation("v").rowid_alias == "rowid"


def test_a_column_that_vector_cannot_hold_stays(tmp_path: Path, new_database: Callable[[], str]) -> None:
    """An infinity is a counter-example; more dimensions than HNSW takes are kept without an index."""
    path, url = tmp_path / "a.db", new_database()
    with closing(loaded(path)) as lite:
        lite.execute("CREATE VIRTUAL TABLE v USING vec0(e float[2], wide float[2001])")
        lite.execute("INSERT INTO v(e, wide) VALUES (?, ?)", (floats(1, float("inf")), bytes(8004)))
    result = move(Request(source=str(path), target=url, options=Options()), Silent())
    assert [(f.rule, f.object, f.detail) for f in result.findings] == [
        ("virtual.vectors", "v.e", "stays bytea, without an index"),
        ("virtual.vectors", "v.wide", "vector(2001), without an index: HNSW takes up to 2,000 dimensions"),
    ]
    assert result.verification is not None
    assert result.verification.differences == 0
    with psycopg.connect(url) as target:
        assert target.execute("SELECT e FROM v").fetchall() == [(floats(1, float("inf")),)]


def test_functions_come_when_pgvector_does(new_database: Callable[[], str]) -> None:
    with psycopg.connect(new_database(), autocommit=True) as target:
        assert install(target)
        assert not install(target)
        target.execute("CREATE EXTENSION vector")
        assert install(target)
        assert not install(target)
        assert target.execute("SELECT sqlite.vec_f32('[1,2]')::text").fetchall() == [("[1,2]",)]
