"""Two files, the second attached: the same statements on sqlite3 and on two schemas of one database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from runtime_moves import move_into

from outgrow.runtime import sqlite3 as shim

MAIN = """
CREATE TABLE m(i INTEGER PRIMARY KEY, t TEXT);
INSERT INTO m VALUES (1, 'x'), (2, 'w');
CREATE INDEX mi ON m(t);
"""
OTHER = """
CREATE TABLE s(i INTEGER PRIMARY KEY, t TEXT, day DATE);
INSERT INTO s VALUES (1, 'y', '2024-02-29');
CREATE TABLE gone(a);
CREATE INDEX si ON s(t);
CREATE VIEW sv AS SELECT * FROM s;
CREATE TRIGGER st AFTER INSERT ON s BEGIN UPDATE s SET t = 'fired' WHERE i = new.i; END;
CREATE VIRTUAL TABLE ft USING fts5(a, b);
INSERT INTO ft VALUES ('x', 'y y y'), ('y y y', 'x'), ('x x', 'z');
"""
MASTER = "SELECT type, name, sql FROM other.sqlite_master WHERE name NOT GLOB 'ft_*' ORDER BY name"
RANKED = "SELECT rowid FROM {} WHERE {} MATCH 'x' ORDER BY rank"

SAME = {
    "tables": (
        "CREATE TABLE other.n(a)", "INSERT INTO n VALUES (1)", "SELECT * FROM other.n",
        "ALTER TABLE n ADD COLUMN b", "ALTER TABLE other.n RENAME TO n2", "SELECT * FROM n2",
        "ALTER TABLE n2 RENAME COLUMN b TO bb", "SELECT bb FROM n2", "ALTER TABLE other.n2 DROP COLUMN bb",
        MASTER, "DROP TABLE n2", "SELECT * FROM n2", MASTER,
    ),
    "a name of both": (
        "CREATE TABLE other.m(other)", "SELECT * FROM m", "SELECT * FROM other.m", "DROP TABLE m",
        "SELECT * FROM m", "INSERT INTO m VALUES (7)", "SELECT * FROM other.m", "DROP TABLE IF EXISTS main.m",
        "DROP TABLE m", "SELECT * FROM m",
    ),
    "what is found without a name": (
        "DROP VIEW sv", "SELECT * FROM sv", "DROP TRIGGER st", "INSERT INTO s(t) VALUES ('not fired')",
        "SELECT * FROM s", "DROP INDEX si", "DROP TABLE IF EXISTS gone", "SELECT * FROM gone",
        "DROP TABLE IF EXISTS gone", "DROP TABLE ft", MASTER,
    ),
    "indexes, views and triggers": (
        'CREATE TABLE other."odd name"(a)', 'CREATE UNIQUE INDEX IF NOT EXISTS other.uq ON "odd name"(a)',
        'INSERT INTO "odd name" VALUES (1)', 'INSERT INTO "odd name" VALUES (1)', "DROP INDEX other.uq",
        'INSERT INTO "odd name" VALUES (1)', 'ALTER TABLE [other]."odd name" RENAME TO Plain',
        "CREATE VIEW Other.v AS SELECT a, count(*) AS n FROM plain GROUP BY a", "SELECT * FROM v",
        "CREATE TRIGGER other.tg AFTER DELETE ON plain BEGIN INSERT INTO gone VALUES (old.a); END",
        "CREATE TRIGGER tg2 AFTER INSERT ON plain BEGIN DELETE FROM plain WHERE a < new.a; END",
        "INSERT INTO plain VALUES (2)", "SELECT * FROM plain", "SELECT * FROM gone", MASTER,
        "DROP VIEW IF EXISTS other.v", "DROP VIEW v",
    ),
    "refused": (
        "CREATE TABLE other.s(x)", "CREATE TABLE nosuch.t(a)", "DROP TABLE other.nothing",
        "DROP TABLE other.m", "CREATE INDEX other.ix ON m(t)", "CREATE TABLE other.x(", "SELECT * FROM other",
        "ALTER TABLE other.s DROP COLUMN nothing",
    ),
    "full text and boxes": (
        "SELECT a FROM ft('z')", "CREATE VIRTUAL TABLE other.fx USING fts5(body)",
        "INSERT INTO fx VALUES ('some words here')", "SELECT * FROM other.fx WHERE fx MATCH 'words'",
        "CREATE VIRTUAL TABLE other.rt USING rtree(id, a, b)", "INSERT INTO rt VALUES (1, 2, 3)",
        "SELECT * FROM rt WHERE a > 1", "DROP TABLE other.rt", "DROP TABLE fx", "SELECT * FROM fx",
    ),
    "queries over both": (
        "CREATE TABLE other.cp AS SELECT * FROM m", "SELECT * FROM cp",
        "CREATE TABLE cp2 AS SELECT * FROM s", "SELECT * FROM main.cp2", "SELECT typeof(day), day FROM cp2",
        "CREATE TABLE other.cp3 AS SELECT m.t || s.t AS u, s.day FROM m JOIN s USING (i)",
        "SELECT * FROM cp3", "CREATE TEMP VIEW tv AS SELECT s.t, m.t FROM other.s AS s, main.m AS m",
        "SELECT * FROM tv", "CREATE TEMP TABLE tt AS SELECT * FROM s", "SELECT * FROM temp.tt",
    ),
    "functions of the program": (
        "SELECT twice(i), shout(t) FROM s", "SELECT twice(i) FROM other.s JOIN m USING (i)",
        "CREATE TEMP TABLE m AS SELECT 5 AS i", "SELECT twice(i) FROM m", "SELECT twice(i) FROM main.m",
        "UPDATE other.s SET t = shout(t) WHERE twice(i) = 2", "SELECT * FROM s",
        "DELETE FROM s WHERE twice(i) = 2", "SELECT count(*) FROM s",
        "SELECT twice(rowid) FROM ft WHERE ft MATCH 'x' ORDER BY rank",
    ),
    "autoincrement": (
        "CREATE TABLE other.au(i INTEGER PRIMARY KEY AUTOINCREMENT, t)", "INSERT INTO au(t) VALUES (1), (2)",
        "DELETE FROM au", "INSERT INTO au(t) VALUES (3)", "SELECT * FROM au",
        "SELECT * FROM other.sqlite_sequence", "UPDATE other.sqlite_sequence SET seq = 50",
        "INSERT INTO au(t) VALUES (4)", "SELECT * FROM au",
        "CREATE TABLE au(i INTEGER PRIMARY KEY AUTOINCREMENT, t)", "INSERT INTO au(t) VALUES (1)",
        "UPDATE sqlite_sequence SET seq = 70", "INSERT INTO main.au(t) VALUES (2)", "SELECT * FROM main.au",
        "SELECT * FROM sqlite_sequence", "SELECT * FROM other.sqlite_sequence",
    ),
    "transactions": (
        "BEGIN", "CREATE TABLE other.ro(a)", "INSERT INTO ro VALUES (1)", "CREATE TABLE other.ro2(a)",
        "CREATE TABLE own(a)", "ROLLBACK", "SELECT * FROM ro", "SELECT * FROM own",
        "CREATE TABLE other.ro(b)", "INSERT INTO ro VALUES (5)", "SELECT b FROM ro", "BEGIN",
        "ALTER TABLE ro ADD COLUMN z DEFAULT 7", "SAVEPOINT x", "DROP TABLE ro", "SELECT * FROM ro",
        "ROLLBACK TO x", "SELECT * FROM ro", "COMMIT", "SELECT z FROM ro",
    ),
    "foreign keys": (
        "PRAGMA foreign_keys = ON", "CREATE TABLE other.parent(id INTEGER PRIMARY KEY)",
        "CREATE TABLE other.child(p REFERENCES parent)", "INSERT INTO child VALUES (1)",
        "INSERT INTO parent VALUES (1)", "INSERT INTO child VALUES (1)", "DROP TABLE parent",
        "SELECT * FROM parent", "DELETE FROM child", "DROP TABLE parent", "SELECT * FROM parent",
    ),
    "a rank": (
        RANKED.format("ft", "ft"), "INSERT INTO ft(ft, rank) VALUES ('rank', 'bm25(1, 100)')",
        RANKED.format("ft", "ft"), "CREATE TABLE other.more(a)", RANKED.format("other.ft", "ft"),
        "INSERT INTO other.ft(ft, rank) VALUES ('rank', 'bm25(')",
        "INSERT INTO ft(ft, rank) VALUES ('merge', 8)", RANKED.format("ft", "ft"),
        "ALTER TABLE other.ft RENAME TO fu", RANKED.format("fu", "fu"),
    ),
    "a table called as its database": (
        "CREATE TABLE other.other(a)", "INSERT INTO other VALUES (1)", "SELECT * FROM other.other",
        "ALTER TABLE other RENAME TO again", "ALTER TABLE again RENAME TO other", "DROP TABLE other",
        "SELECT * FROM other", MASTER,
    ),
    "detached": ("DETACH other", "SELECT * FROM s", "CREATE TABLE other.x(a)", "CREATE TABLE s(a)"),
}  # fmt: skip


@pytest.fixture
def files(make_sqlite: Callable[..., Path], database: str) -> tuple[Path, Path, str]:
    main, other = make_sqlite(MAIN, "main.db"), make_sqlite(OTHER, "other.db")
    move_into(main, database, "public")
    move_into(other, database, "other")
    return main, other, database


@pytest.fixture
def both(files: tuple[Path, Path, str]) -> Iterator[tuple[Any, Any]]:
    main, other, url = files
    with closing(sqlite3.connect(main)) as lite, closing(shim.connect(url)) as connection:
        for each in (lite, connection):
            prepare(each, other)
        yield lite, connection


def prepare(connection: Any, other: Path) -> None:
    connection.isolation_level = None
    connection.execute("ATTACH ? AS other", (str(other),))
    connection.create_function("twice", 1, lambda number: number * 2)
    connection.create_function("shout", 1, str.upper)


def came_of(connection: Any, sql: str) -> object:
    try:
        return connection.execute(sql).fetchall()
    except sqlite3.Error as error:
        return type(error).__name__ if isinstance(error, sqlite3.IntegrityError) else str(error)


@pytest.mark.parametrize("about", SAME)
def test_the_same(about: str, both: tuple[Any, Any]) -> None:
    lite, connection = both
    for sql in SAME[about]:
        assert came_of(connection, sql) == came_of(lite, sql), sql


def test_what_was_not_moved_is_not_attached(both: tuple[Any, Any]) -> None:
    _, connection = both
    with pytest.raises(sqlite3.NotSupportedError, match="moved no file to a schema third"):
        connection.execute("ATTACH 'other.db' AS third")


@pytest.mark.parametrize(
    "file", ["another.db", "{elsewhere}/other.db", ":memory:", "file:another.db?mode=ro"]
)
def test_another_file_by_the_name_of_a_moved_one(
    file: str, files: tuple[Path, Path, str], tmp_path: Path
) -> None:
    """As programs attach one tenant's file after the other under one name."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "other.db").touch()
    with closing(shim.connect(files[2])) as connection:
        with pytest.raises(sqlite3.NotSupportedError, match=r"schema other of the target holds .*/other\.db"):
            connection.execute("ATTACH ? AS other", (file.format(elsewhere=elsewhere),))
        for same in ("other.db", f"file:{files[1]}?mode=ro", "/moved/away/other.db", "OTHER"):
            connection.execute("ATTACH ? AS other", (same,))
            assert connection.execute("SELECT count(*) FROM s").fetchall() == [(1,)]
            connection.execute("DETACH other")


def test_what_others_define_in_it_is_seen(files: tuple[Path, Path, str], both: tuple[Any, Any]) -> None:
    _, other, url = files
    _, connection = both
    with closing(shim.connect(url)) as second, closing(shim.connect(f"{url}&schema=other")) as alone:
        prepare(second, other)
        second.execute("CREATE TABLE other.fresh(a)")
        connection.execute("INSERT INTO fresh VALUES (1)")
        assert alone.execute("SELECT * FROM fresh").fetchall() == [(1,)]
        alone.execute("ALTER TABLE fresh ADD COLUMN b DEFAULT 'b'")
        alone.commit()
        assert second.execute("SELECT * FROM other.fresh").fetchall() == [(1, "b")]
        connection.execute("DROP TABLE fresh")
        assert came_of(second, "SELECT * FROM fresh") == "no such table: fresh"
        assert came_of(alone, "SELECT * FROM fresh") == "no such table: fresh"
        second.execute("BEGIN")
        second.execute("CREATE TABLE other.undone(a)")
        second.execute("ROLLBACK")
        alone.execute("CREATE TABLE undone(other_columns)")
        alone.commit()
        for each in (connection, second):
            assert each.execute("SELECT other_columns FROM undone").fetchall() == []


def test_a_dropped_parent_takes_its_rows_along(both: tuple[Any, Any]) -> None:
    script = (
        "CREATE TABLE parent(id INTEGER PRIMARY KEY)",
        "CREATE TABLE child(p REFERENCES parent ON DELETE CASCADE, q REFERENCES parent ON DELETE SET NULL)",
        "CREATE TABLE itself(id INTEGER PRIMARY KEY, up REFERENCES itself)",
        "CREATE TABLE log(line)",
        "CREATE TRIGGER pt AFTER DELETE ON parent BEGIN INSERT INTO log VALUES ('parent'); END",
        "CREATE TRIGGER ct AFTER DELETE ON child BEGIN INSERT INTO log VALUES ('child ' || old.p); END",
        "INSERT INTO parent VALUES (1), (2), (3)", "INSERT INTO child VALUES (1, 2), (2, 1), (NULL, 3)",
        "INSERT INTO itself VALUES (1, NULL), (2, 1)",
        "DROP TABLE itself", "DROP TABLE parent", "SELECT * FROM child", "SELECT * FROM log ORDER BY line",
    )  # fmt: skip
    lite, connection = both
    for sql in ("PRAGMA foreign_keys = ON", *script):
        assert came_of(connection, sql) == came_of(lite, sql), sql


def test_a_dropped_parent_whose_keys_nobody_asked_for(both: tuple[Any, Any]) -> None:
    """SQLite's own state: children keep their rows."""
    lite, connection = both
    for sql in (
        "CREATE TABLE parent(id INTEGER PRIMARY KEY)", "CREATE TABLE child(p REFERENCES parent)",
        "INSERT INTO parent VALUES (1)", "INSERT INTO child VALUES (1)", "DROP TABLE parent",
        "SELECT * FROM child",
    ):  # fmt: skip
        assert came_of(connection, sql) == came_of(lite, sql), sql


def test_a_rank_is_set_in_the_transaction_that_an_insert_begins(both: tuple[Any, Any]) -> None:
    for connection in both:
        connection.isolation_level = ""
        connection.execute("INSERT INTO ft(ft, rank) VALUES ('rank', ?)", ("bm25(1, 100)",))
        assert connection.in_transaction
        assert connection.execute(RANKED.format("ft", "ft")).fetchall() == [(2,), (3,), (1,)]
        connection.commit()
    _, connection = both
    connection.execute("INSERT INTO ft(ft, rank) VALUES ('rank', 'bm25(100, 1)')")
    connection.rollback()
    assert connection.execute(RANKED.format("ft", "ft")).fetchall() == [(2,), (3,), (1,)]
