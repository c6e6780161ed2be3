"""Statements over two files: attached in SQLite, two schemas of one database in PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sql_engines import Moved, ordered

from outgrow.errors import TranslationError
from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.move.remembered import attach
from outgrow.options import Options
from outgrow.schema.target import Qualified
from outgrow.translate.control import detached
from outgrow.translate.statement import translate_statement

MAIN = """
CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT);
CREATE TABLE only_here(a INTEGER);
INSERT INTO t VALUES (1, 'main one'), (2, 'main two');
PRAGMA user_version = 1;
"""
OTHER = """
CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, extra BOOLEAN NOT NULL DEFAULT 0);
CREATE TABLE "Only There"(b TEXT COLLATE NOCASE);
CREATE VIEW seen AS SELECT s FROM t WHERE extra;
INSERT INTO t VALUES (1, 'other one', 1), (3, 'other three', 0);
INSERT INTO "Only There" VALUES ('X');
PRAGMA user_version = 2;
"""
SAME = (
    "SELECT * FROM t",
    "SELECT * FROM main.t",
    "SELECT * FROM other.t",
    "SELECT * FROM OTHER.T WHERE t.id = 1 AND other.t.extra",
    "SELECT m.s, o.s FROM main.t AS m JOIN other.t AS o USING (id)",
    "SELECT b FROM \"only there\" WHERE b = 'x'",
    "SELECT s FROM seen",
    "SELECT s FROM other.seen",
    "WITH t(s) AS (SELECT 'common') SELECT t.s, x.s FROM t, other.t AS x",
    "WITH t(s) AS (SELECT 'common') SELECT s FROM other.t",
    "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
    "SELECT name FROM other.sqlite_master WHERE type = 'table' ORDER BY name",
    "PRAGMA user_version",
    "PRAGMA other.user_version",
    "PRAGMA main.table_info(t)",
    "PRAGMA other.table_info(t)",
    "SELECT (SELECT max(id) FROM other.t) + (SELECT max(id) FROM t)",
    "SELECT (SELECT max(id) FROM other.t), count(*) FROM t GROUP BY (SELECT max(id) FROM t)",
)
WRITES = (
    "INSERT INTO other.t(id, s) SELECT id + 10, s FROM main.t",
    "UPDATE other.t SET s = 'changed', extra = 1 WHERE id = 3",
    "DELETE FROM other.t WHERE id IN (SELECT id FROM main.t)",
    'INSERT INTO main.t(s) SELECT b FROM other."Only There"',
    "REPLACE INTO other.t(id, s) VALUES (1, 'replaced')",
)


@pytest.fixture(scope="module")
def moved(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    folder = tmp_path_factory.mktemp("attach")
    main, other, url = folder / "main.db", folder / "other.db", new_database()
    for path, script in ((main, MAIN), (other, OTHER)):
        with sqlite3.connect(path) as connection:
            connection.executescript(script)
        connection.close()
    move(Request(source=str(other), target=url, options=Options(schema="other"), verify=False), Silent())
    both = Moved(main, url)
    sql = f"ATTACH DATABASE '{other}' AS Other"
    both.lite.execute(sql)
    found = attach(url, sql, both.model)
    assert found is not None
    both.model = replace(both.model, attached=((found[0].name, found[0].model),))
    assert found[1] == f"ATTACH: Other is the schema other of the target, to which {other} was moved"
    yield both
    both.close()


@pytest.mark.parametrize("sql", SAME)
def test_the_same_rows(sql: str, moved: Moved) -> None:
    ours, theirs = moved.on_sqlite(sql), moved.on_postgres(sql)
    assert (ours.error, theirs.error) == ("", ""), theirs.sql
    left, right = ordered(ours, sql), ordered(theirs, sql)
    assert (left.rows, left.labels) == (right.rows, right.labels), right.sql


@pytest.mark.parametrize("sql", WRITES)
def test_the_same_writes(sql: str, moved: Moved) -> None:
    ours, theirs = moved.afterwards(
        sql, ["SELECT * FROM main.t ORDER BY id", "SELECT * FROM other.t ORDER BY id"]
    )
    assert ours == theirs


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "SELECT * FROM nosuch.t",
            "a table of another database (nosuch): move its file into a schema nosuch",
        ),
        ("SELECT * FROM main.seen", "the table seen"),
        ("SELECT * FROM other.only_here", "the table only_here"),
        ("SELECT * FROM temp.t", "the table t"),
        ("SELECT * FROM temp.sqlite_master", "temp.sqlite_master"),
        ("PRAGMA nosuch.user_version", "a table of another database (nosuch)"),
        ("PRAGMA temp.table_info(t)", "PRAGMA temp.table_info"),
        ("DETACH nosuch", "DETACH: no such database: nosuch"),
    ],
)
def test_what_is_not_there(sql: str, says: str, moved: Moved) -> None:
    assert moved.on_sqlite(sql).error or "temp" in sql
    with pytest.raises(TranslationError) as refusal:
        moved.translated(sql)
    assert refusal.value.missing.startswith(says)


def test_a_name_in_use_or_without_a_move(moved: Moved) -> None:
    for name, says in (
        ("other", "already in use"),
        ("main", "already in use"),
        ("third", "holds no move by"),
    ):
        with pytest.raises(TranslationError, match=says):
            attach(moved.url, f"ATTACH ':memory:' AS {name}", moved.model)


def test_a_temporary_table_hides_its_like_only_where_no_database_is_named(moved: Moved) -> None:
    hiding = replace(moved.model.relation("only_here"), source="t", schema="pg_temp", name="t")
    model = replace(moved.model, relations=(hiding, *moved.model.relations))
    found = [
        translate_statement(f"SELECT 1 FROM {name}", model=model, bytewise=True).sql
        for name in ("t", "temp.t", "main.t", "other.t")
    ]
    assert found == [
        f"SELECT 1::bigint FROM {schema}.t" for schema in ("pg_temp", "pg_temp", "public", "other")
    ]


def test_names_of_different_databases_differ() -> None:
    names = ("t", Qualified("t", "MAIN"), Qualified("t", "other"), Qualified("t", "temp"))
    equal = {(a, b) for a in range(4) for b in range(4) if names[a] == names[b]}
    unequal = {(a, b) for a in range(4) for b in range(4) if names[a] != names[b]}
    assert equal.isdisjoint(unequal)
    assert equal == {(0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (3, 3)}
    assert len(unequal) == 10
    assert len(set(names)) == 3


def test_detached(moved: Moved) -> None:
    left = detached("DETACH DATABASE other", moved.model)
    assert left is not None
    assert left.attached == ()
    assert detached("SELECT 1", moved.model) is None


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ANALYZE", ("ANALYZE", ())),
        ("ANALYZE main", ("ANALYZE", ())),
        ("ANALYZE t", ("ANALYZE public.t", ())),
        ("ANALYZE other.t", ("ANALYZE other.t", ())),
        ("REINDEX other.'Only There'", ('REINDEX TABLE other."only there"', ())),
        ("REINDEX nocase", ("", ("REINDEX nocase: PostgreSQL keeps its indexes in order by itself",))),
        (
            "ANALYZE an_index",
            ("ANALYZE", ("ANALYZE an_index: it is no table that was moved; the whole database is analyzed",)),
        ),
    ],
)
def test_maintenance(sql: str, expected: tuple[str, tuple[str, ...]], moved: Moved) -> None:
    found = moved.translated(sql)
    assert (found.sql, found.findings) == expected


def test_the_list_of_databases(moved: Moved) -> None:
    ours, theirs = moved.on_sqlite("PRAGMA database_list"), moved.on_postgres("PRAGMA database_list")
    assert [row[:2] for row in ours.rows if row[1] != "temp"] == [row[:2] for row in theirs.rows]
