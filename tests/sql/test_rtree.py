# ruff: noqa: E501 - one case is one line
"""R*Trees: stored, kept in order and searched on the moved database as SQLite does it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw
import psycopg
import pytest
from sql_engines import Moved, Outcome, Value, ordered

from outgrow.errors import TranslationError
from outgrow.move.define import define
from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.move.remembered import remembered
from outgrow.options import Options
from outgrow.plan.toml import read_plan
from outgrow.translate.statement import translate_statement

SCHEMA = """
CREATE VIRTUAL TABLE r USING rtree(id, minX, maxX, minY, maxY);
CREATE VIRTUAL TABLE line USING rtree(id, "lo w", hi, +note TEXT, +tag);
CREATE VIRTUAL TABLE whole USING rtree_i32(id, a, b, c, d, e, f);
CREATE VIRTUAL TABLE deep USING rtree(k, a0, a1, b0, b1, c0, c1, d0, d1, e0, e1);
CREATE TABLE places(id INTEGER PRIMARY KEY, name TEXT, x REAL, y REAL);
"""
ROWS = 10_000


@pytest.fixture(scope="module")
def moved(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    path = tmp_path_factory.mktemp("rtree") / "source.db"
    chance = random.Random(7)
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    for n in range(1, ROWS + 1):
        x, y = chance.uniform(-180, 180), chance.uniform(-90, 90)
        connection.execute("INSERT INTO r VALUES (?,?,?,?,?)", (n, x, x + chance.random(), y, y + 0.1))
        connection.execute(
            "INSERT INTO deep VALUES (?,?,?,?,?,?,?,?,?,?,?)", (n, *[x, x + 1, y, y + 1] * 2, x, x + 200)
        )
        connection.execute("INSERT INTO places VALUES (?,?,?,?)", (n, f"p{n}", x, y))
    for n in range(1, 1001):
        connection.execute("INSERT INTO line VALUES (?,?,?,?,?)", (n, n, n + 0.7, f"n{n}", n * 2))
        connection.execute("INSERT INTO whole VALUES (?,?,?,?,?,?,?)", (n, n, n + 3, -n, n, 5, 6))
    connection.execute("INSERT INTO r VALUES (20001, -1e300, 1e300, -9e999, 9e999)")
    connection.commit()
    connection.close()
    with closing(apsw.Connection(str(path))) as newest:  # the interpreter's own has no geopoly
        newest.execute("CREATE VIRTUAL TABLE shape USING geopoly(name)")
        newest.execute("INSERT INTO shape(_shape, name) VALUES ('[[0,0],[1,0],[1,1],[0,0]]', 'tri')")
    found = Moved(path, new_database())
    yield found
    found.close()


def same(moved: Moved, sql: str, parameters: tuple[Value, ...] = ()) -> str:
    """The translation, after both sides gave the same."""
    ours, theirs = moved.both(sql, parameters)
    assert isinstance(theirs, Outcome), theirs
    left, right = ordered(ours, sql), ordered(theirs, sql)
    assert (list(map(repr, left.rows)), left.labels) == (list(map(repr, right.rows)), right.labels), (
        theirs.sql
    )
    assert bool(left.error) == bool(right.error), (left.error, right.error)
    return theirs.sql


SEARCHES: tuple[tuple[str, tuple[Value, ...], str], ...] = (
    ("SELECT id FROM r WHERE minX <= 10 AND maxX >= 9 AND minY <= 5.5 AND maxY >= 5", (), "r_box"),
    ("SELECT id FROM r WHERE minX <= ? AND maxX >= ? AND minY <= ? AND maxY >= ?", (10.5, 9, 5.5, 5), "r_box"),
    ("SELECT * FROM r WHERE minX >= -3 AND maxX < -2.5 AND minY > 1 AND 2 >= maxY", (), "r_box"),
    ("SELECT count(*) FROM r WHERE minX BETWEEN 3 AND 4", (), "r_box"),
    ("SELECT count(*) FROM r WHERE 170 < maxX", (), "r_box"),
    ("SELECT count(*) FROM r AS i WHERE i.minX = (SELECT minX FROM r WHERE id = 5)", (), "r_box"),
    ("SELECT note, tag FROM line WHERE \"lo w\" >= 3.5 AND hi < 5", (), "line_box"),
    ("SELECT * FROM whole WHERE a >= 5 AND b <= 9.5 AND c < -4", (), "whole_box"),
    ("SELECT count(*) FROM deep WHERE c0 >= 3 AND c1 < 5.5 AND d1 < 20", (), "deep_box"),
    ("SELECT k FROM deep WHERE a0 > 3 AND b0 > 3 AND c0 < 30 AND d0 < 5 AND e1 < 300 AND e0 < 20", (), "deep_box"),
    ("SELECT p.name FROM places p JOIN r i ON i.id = p.id WHERE i.minX >= 10 AND i.maxX <= 22"
     " AND i.minY >= 3 AND i.maxY <= 9 ORDER BY p.id", (), "r_box"),
    ("SELECT p.id, r.id FROM places p, r WHERE r.minX <= p.x AND r.maxX >= p.x AND r.minY <= p.y"
     " AND r.maxY >= p.y AND p.id < 40", (), "r_box"),
    ("SELECT a.id, b.id FROM r a LEFT JOIN r b ON a.minX <= b.maxX AND a.maxX >= b.minX AND a.minY <= b.maxY"
     " AND a.maxY >= b.minY WHERE a.id < 20", (), "r_box"),
    ("DELETE FROM r WHERE minX < 0.5 AND maxX > 0 AND minY > 0 AND maxY < 5", (), "r_box"),
    ("UPDATE r SET maxX = maxX + 1 WHERE minX < 0.5 AND maxX > 0 AND minY > 0 AND maxY < 5", (), "r_box"),
)  # fmt: skip


@pytest.mark.parametrize(("sql", "parameters", "index"), SEARCHES)
def test_a_search_goes_by_the_boxes(
    moved: Moved, sql: str, parameters: tuple[Value, ...], index: str
) -> None:
    text = same(moved, sql, parameters)
    with moved.post.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_custom_plan")
        plan = cursor.execute(f"EXPLAIN {text}".encode(), parameters or None).fetchall()
    assert any(f"{index}" in line for (line,) in plan), (text, plan)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM r WHERE id = 7",
        "SELECT rowid, minX FROM r WHERE rowid = 7",
        "SELECT count(*) FROM r WHERE minX < 3 OR maxX > 5",
        "SELECT count(*) FROM r WHERE minX < maxY",
        "SELECT count(*) FROM r WHERE minX < 'abc'",
        "SELECT count(*) FROM r WHERE minX > 'abc'",
        "SELECT count(*) FROM r WHERE NOT (minX BETWEEN 1 AND 5)",
        "SELECT count(*) FROM r WHERE minX <> 5",
        "SELECT id FROM r ORDER BY rowid LIMIT 3",
    ],
)
def test_other_conditions_stay_plain(moved: Moved, sql: str) -> None:
    assert "box(" not in same(moved, sql)


def test_a_bound_that_is_null_or_infinite(moved: Moved) -> None:
    same(moved, "SELECT count(*) FROM r WHERE minX < 9e999 AND maxX > -9e999")
    same(moved, "SELECT id FROM r WHERE minX <= -9e999 AND maxX >= 9e999")
    same(moved, "SELECT id FROM r WHERE minX < ?", (None,))
    same(moved, "SELECT p.id FROM places p LEFT JOIN places q ON q.id = -p.id JOIN r ON r.minX < q.x")


@contextmanager
def undone(lite: sqlite3.Connection) -> Iterator[None]:
    lite.execute("BEGIN")
    try:
        yield
    finally:
        lite.execute("ROLLBACK")


NUMBERS: tuple[Value, ...] = (
    0.1, -0.1, 0, None, 5, 16777217, -16777217, 1e300, -1e300, 9e999, -9e999, 1e-50, -1e-50, 1e-320,
    3.4028235e38, 3.4028236e38, -3.4028236e38, 1.401298464324817e-45, "abc", "3.5xyz", "-1e3", b"12", "",
    2**31, 2**33 + 5, -(2**31) - 1, 2**63 - 1, -(2**63), "99999999999", 2.9, -2.9, 1e19, 1 / 3,
)  # fmt: skip


@pytest.mark.parametrize("table", ["r", "whole", "line"])
def test_coordinates_are_stored_as_sqlite_stores_them(moved: Moved, table: str) -> None:
    """Both coordinates of a dimension alike, so that the rounding alone could bring them out of order."""
    shapes = {"r": "(id, minX, maxX)", "whole": "(id, a, b)", "line": '(id, "lo w", hi)'}
    with undone(moved.lite), moved.post.transaction(force_rollback=True):
        for number, value in enumerate(NUMBERS):
            sql = f"INSERT INTO {table} {shapes[table]} VALUES (?, ?, ?)"
            key = 50_000 + number
            assert not moved.on_sqlite(sql, (key, value, value)).error
            assert moved.on_postgres(sql, (key, value, value)).error == ""
        sql = f"SELECT * FROM {table} WHERE id >= 50000 ORDER BY id"
        assert list(map(repr, moved.on_postgres(sql).rows)) == list(map(repr, moved.on_sqlite(sql).rows))


def test_random_doubles_are_rounded_outward(moved: Moved) -> None:
    chance = random.Random(11)
    doubles = [chance.choice([1, -1]) * chance.random() * 10 ** chance.randint(-46, 39) for _ in range(3000)]
    lite = sqlite3.connect(":memory:")
    lite.execute("CREATE VIRTUAL TABLE r USING rtree(id, a, b)")
    lite.executemany("INSERT INTO r(a, b) VALUES (?, ?)", [(x, x) for x in doubles])
    ours = lite.execute("SELECT a, b FROM r ORDER BY id").fetchall()
    lite.close()
    sql = "SELECT sqlite.rtree_down(x), sqlite.rtree_up(x) FROM unnest($1::float8[]) WITH ORDINALITY u(x, n) ORDER BY n"
    theirs = moved.post.execute(sql.encode(), (doubles,)).fetchall()
    assert list(map(repr, theirs)) == list(map(repr, ours))


AFTER = tuple(
    f"SELECT * FROM {table} WHERE id < 4 OR id > {last} ORDER BY id"
    for table, last in (("r", 9999), ("line", 989))
)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO r VALUES (NULL, 1, 2, 3, 4)",
        "INSERT INTO r(minX, maxX) VALUES (0.1, 0.2), (0.3, 0.4)",
        "INSERT INTO r(id) VALUES ('30000')",
        "INSERT INTO r(id) VALUES (30000.9)",
        "INSERT INTO r SELECT id + 30000, x, x, y, y FROM places WHERE id < 4",
        "INSERT INTO r SELECT NULL, x, x, y, y FROM places WHERE id < 4 ORDER BY id",
        "REPLACE INTO r VALUES (1, 5, 6, 7, 8)",
        "INSERT OR REPLACE INTO line(id, hi) VALUES (2, 6)",
        "INSERT OR IGNORE INTO r VALUES (1, 5, 6, 7, 8)",
        "UPDATE r SET minX = minX - 0.1, maxX = '7.1' WHERE id = 2 AND maxX < 7",
        "UPDATE r SET id = NULL WHERE id = 3",
        "UPDATE r SET (minX, maxX) = (SELECT -x, 200 FROM places WHERE id = 3) WHERE id = 3",
        "UPDATE line SET tag = NULL, note = 'x' WHERE id = 3",
        'DELETE FROM line WHERE id IN (SELECT id FROM line WHERE "lo w" > 990)',
    ],
)
def test_writes(moved: Moved, sql: str) -> None:
    ours, theirs = moved.afterwards(sql, AFTER)
    assert theirs == ours


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("INSERT INTO r VALUES (60000, 5, 4, 1, 2)", "rtree constraint failed: r.(minX<=maxX)"),
        ("INSERT INTO r VALUES (60000, 4, 5, 3, 2)", "rtree constraint failed: r.(minY<=maxY)"),
        ("UPDATE line SET hi = -1 WHERE id = 7", "rtree constraint failed: line.(lo w<=hi)"),
        ("INSERT INTO r VALUES (1, 4, 5, 3, 4)", ""),
        ("UPDATE r SET id = 2 WHERE id = 1", ""),
    ],
)
def test_what_sqlite_refuses(moved: Moved, sql: str, message: str) -> None:
    ours, theirs = moved.both(sql)
    assert isinstance(theirs, Outcome)
    assert ours.error.startswith("IntegrityError")
    assert message in ours.error
    assert message in theirs.error
    assert theirs.error.startswith(("CheckViolation", "UniqueViolation"))


@pytest.mark.parametrize(
    ("sql", "missing"),
    [
        ("SELECT * FROM r WHERE id MATCH circle(1, 2, 3)",
         "MATCH circle() on the R*Tree r: geometry functions are the application's own"),
        ("SELECT rtreecheck('r')", "the function rtreecheck()"),
        ("SELECT rtreenode(2, x'00')", "the function rtreenode()"),
        ("SELECT rtreedepth(x'00')", "the function rtreedepth()"),
        ("SELECT rowid FROM shape WHERE geopoly_overlap(_shape, '[]')", "the function geopoly_overlap()"),
        ("INSERT INTO shape(_shape) VALUES ('[[0,0],[1,0],[1,1],[0,0]]')",
         "storing the literal '[[0,0],[1,0],[1,1],[0,0]]' in column _shape, bytea"),
        ("INSERT INTO r(rowid, minX) VALUES (5, -1)", "the column r.rowid"),
        ("INSERT INTO r VALUES (1, 2, 3, 4, 5) ON CONFLICT (id) DO NOTHING", "ON CONFLICT of the virtual table r"),
    ],
)  # fmt: skip
def test_what_is_refused_by_name(moved: Moved, sql: str, missing: str) -> None:
    with pytest.raises(TranslationError) as caught:
        moved.translated(sql)
    assert caught.value.missing == missing


def test_a_polygon_moves_as_the_blob_that_it_is(moved: Moved) -> None:
    ((key, shape, name),) = moved.on_postgres("SELECT rowid, _shape, name FROM shape").rows
    assert (key, name) == (1, "tri")
    assert isinstance(shape, bytes)
    assert shape[0] == 1
    assert int.from_bytes(shape[1:4], "big") == 3


def test_any_program_may_write(moved: Moved) -> None:
    """What psql sends meets the same trigger, and the next key follows the greatest."""
    with moved.post.transaction(force_rollback=True):
        moved.post.execute("INSERT INTO r (id, minx, maxx) VALUES (80000, 0.1, 0.1)")
        moved.post.execute("INSERT INTO r (minx, miny, maxy) VALUES (-1, 'NaN', 0.1)")
        found = moved.post.execute("SELECT * FROM r WHERE id >= 80000 ORDER BY id").fetchall()
        assert found[0] == (80000, 0.09999998658895493, 0.10000000149011612, 0.0, 0.0)
        with pytest.raises(psycopg.errors.CheckViolation):
            moved.post.execute("UPDATE r SET maxx = minx - 1 WHERE id = 80000")


def test_the_greatest_key_is_followed_by_a_free_one(moved: Moved) -> None:
    with moved.post.transaction(force_rollback=True):
        moved.post.execute(f"INSERT INTO line (id) VALUES ({2**63 - 1})".encode())
        ((found,),) = moved.post.execute("INSERT INTO line (hi) VALUES (1) RETURNING id").fetchall()
        assert 0 < found < 2**62


def test_the_target_remembers_the_boxes(moved: Moved) -> None:
    found = remembered(moved.url, "public")
    assert found.model.relation("whole") == moved.model.relation("whole")
    sql = "SELECT id FROM r WHERE minX < 5"
    translated = translate_statement(sql, model=found.model, bytewise=found.options.bytewise)
    assert translated.sql == moved.translated(sql).sql


PLAN = '[tables.r.columns]\na = {type = "text", conversion = "escaped"}\n'


def test_a_coordinate_that_the_plan_keeps_otherwise(tmp_path: Path, new_database: Callable[[], str]) -> None:
    """Text has no box: an ordinary table stays, with the finding that says so."""
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as lite:
        lite.execute("CREATE VIRTUAL TABLE r USING rtree(id, a, b)")
        lite.execute("INSERT INTO r VALUES (1, 2, 3)")
    overrides = read_plan(PLAN, "plan.toml").overrides
    url = new_database()
    result = move(Request(source=str(path), target=url, options=Options(), overrides=overrides), Silent())
    assert [f.rule for f in result.findings] == ["virtual.content"]
    with psycopg.connect(url) as target:
        assert target.execute("SELECT * FROM r").fetchall() == [(1, "2.0", 3.0)]


def test_a_refused_index_is_told(tmp_path: Path, new_database: Callable[[], str]) -> None:
    """A function of that name and another result is in the way of the trigger's."""
    path, url = tmp_path / "a.db", new_database()
    with closing(sqlite3.connect(path, isolation_level=None)) as lite:
        lite.execute("CREATE VIRTUAL TABLE r USING rtree(id, a, b)")
    with psycopg.connect(url, autocommit=True) as target:
        target.execute("CREATE FUNCTION r_rtree() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    result = move(Request(source=str(path), target=url, options=Options()), Silent())
    assert [(f.rule, f.object) for f in result.findings] == [("virtual.rtree", "r"), ("index.refused", "r")]
    assert result.findings[1].detail.startswith(
        "rows of r as the R*Tree stores them: PostgreSQL refuses it: cannot change return type"
    )


def test_a_renamed_rtree_goes_on(tmp_path: Path, new_database: Callable[[], str]) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as lite:
        lite.execute("CREATE VIRTUAL TABLE r USING rtree(id, a, b)")
        lite.execute("INSERT INTO r VALUES (1, 2, 3)")
        texts = [text for (text,) in lite.execute("SELECT sql FROM sqlite_master")]
    moved = Moved(path, new_database())
    found = define("ALTER TABLE r RENAME TO q", schema=texts, model=moved.model, options=Options())
    for sql in found.statements:
        moved.post.execute(sql.encode())
    moved.model = found.model
    assert moved.on_postgres("INSERT INTO q VALUES (NULL, 0.1, 4)").error == ""
    assert moved.on_postgres("SELECT * FROM q WHERE b > 3.5").rows == [(2, 0.09999998658895493, 4.0)]
    moved.close()
