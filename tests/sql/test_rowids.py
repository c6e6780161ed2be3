# ruff: noqa: E501 - one case is one line
"""Rowids of tables that declare no INTEGER PRIMARY KEY: kept where they are read or asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from sql_engines import Moved

from outgrow.move.define import define, is_definition
from outgrow.options import Options
from outgrow.plan.overrides import Overrides, TableOverride

SETUP = """
CREATE TABLE note(name TEXT PRIMARY KEY, body TEXT);
CREATE TABLE plain(a INTEGER, b TEXT UNIQUE);
CREATE TABLE hidden(rowid TEXT, _rowid_ TEXT, c INTEGER);
CREATE TABLE other(name TEXT PRIMARY KEY, note TEXT);
CREATE TABLE log(id INTEGER PRIMARY KEY, of INTEGER, said TEXT);
CREATE VIEW numbered AS SELECT n.rowid AS number, n.*, o.note FROM note n LEFT JOIN other o ON o.name = n.name;
CREATE TRIGGER heard AFTER INSERT ON plain BEGIN INSERT INTO log(of, said) VALUES (new.rowid, new.b); END;
INSERT INTO note(rowid, name, body) VALUES (5, 'five', 'x'), (2, 'two', 'y'), (-1, 'less', NULL), (9, 'nine', 'z');
DELETE FROM note WHERE name = 'nine';
INSERT INTO plain(a, b) VALUES (1, 'p'), (2, 'q'), (2, NULL);
DELETE FROM plain WHERE b = 'p';
INSERT INTO hidden VALUES ('r', 's', 7), ('t', 'u', 8);
INSERT INTO other VALUES ('five', 'o');
"""


@pytest.fixture(scope="module")
def moved(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    path = tmp_path_factory.mktemp("rowids") / "source.db"
    connection = sqlite3.connect(path)
    connection.executescript(SETUP)
    connection.close()
    asked = Overrides(tables={"hidden": TableOverride(rowid=True)})
    found = Moved(path, new_database(), overrides=asked, verify=True)
    yield found
    found.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM note ORDER BY name",
        "SELECT rowid, * FROM note ORDER BY rowid",
        "SELECT oid, n._rowid_, n.rowid + 1 FROM note n WHERE ROWID > 0 ORDER BY 1",
        "SELECT * FROM numbered ORDER BY number",
        "SELECT oid, * FROM hidden ORDER BY oid",
        "SELECT rowid, _rowid_ FROM hidden ORDER BY oid",
        "SELECT * FROM note NATURAL JOIN other",
        "SELECT * FROM plain p JOIN note n ON p.rowid = n.rowid",
        "SELECT max(rowid), count(*) FROM plain",
        "PRAGMA table_info(note)",
        "SELECT name FROM pragma_table_info('plain')",
        "SELECT * FROM log ORDER BY id",
    ],
)
def test_a_query_shows_the_rowid_only_by_name(moved: Moved, sql: str) -> None:
    ours, theirs = moved.on_sqlite(sql), moved.on_postgres(sql)
    assert (ours.error, theirs.error) == ("", "")
    assert (ours.rows, ours.labels) == (theirs.rows, theirs.labels), theirs.sql


TABLES = [
    "SELECT rowid, * FROM note ORDER BY rowid",
    "SELECT rowid, * FROM plain ORDER BY rowid",
    "SELECT oid, * FROM hidden ORDER BY oid",
    "SELECT * FROM log ORDER BY id",
]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO note VALUES ('new', 'n')",
        "INSERT INTO note(rowid, name) VALUES (40, 'forty'), (NULL, 'next')",
        "INSERT INTO plain VALUES (3, 'r'), (4, 's')",
        "REPLACE INTO plain VALUES (3, 'q')",
        "REPLACE INTO note VALUES ('two', 'new')",
        "INSERT OR IGNORE INTO plain VALUES (3, 'q')",
        "UPDATE note SET rowid = 70 WHERE rowid = 2",
        "UPDATE OR IGNORE note SET name = 'two'",
        "UPDATE OR REPLACE plain SET b = 'q'",
        "DELETE FROM note WHERE rowid IN (SELECT rowid FROM note ORDER BY rowid LIMIT 1)",
        "DELETE FROM plain ORDER BY a DESC LIMIT 1",
        "INSERT INTO hidden VALUES ('v', 'w', 9)",
    ],
)
def test_a_write_gives_the_same_rowids(moved: Moved, sql: str) -> None:
    ours, theirs = moved.afterwards(sql, TABLES)
    assert ours == theirs


def test_the_move_compared_the_rowids(moved: Moved) -> None:
    found = moved.result.verification
    assert found is not None
    assert (found.differences, found.objects_missing) == (0, ())
    columns = moved.post.execute(
        "SELECT table_name, column_name, is_identity FROM information_schema.columns "
        "WHERE column_name IN ('rowid', 'oid') AND table_schema = 'public' ORDER BY 1, 2"
    ).fetchall()
    assert columns == [
        ("hidden", "oid", "YES"), ("hidden", "rowid", "NO"), ("note", "rowid", "YES"), ("plain", "rowid", "YES"),
    ]  # fmt: skip


DEFINITIONS = [
    "ALTER TABLE note ADD COLUMN extra TEXT",
    "ALTER TABLE note RENAME COLUMN body TO text",
    "ALTER TABLE note DROP COLUMN body",
    "CREATE INDEX by_body ON note(body)",
    "CREATE VIEW second AS SELECT rowid, name FROM note",
    "DROP VIEW numbered; ALTER TABLE note RENAME TO memo; SELECT oid, * FROM memo ORDER BY oid",
]


@pytest.mark.parametrize("script", DEFINITIONS)
def test_a_definition_keeps_the_rowids(moved: Moved, script: str) -> None:
    texts = tuple(
        str(sql)
        for (sql,) in moved.lite.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type = 'table' DESC, rowid"
        )
    )
    model = moved.model
    moved.lite.execute("BEGIN")
    try:
        with moved.post.transaction(force_rollback=True):
            for sql in script.split("; "):
                if is_definition(sql):
                    made = define(sql, schema=texts, model=moved.model, options=Options())
                    moved.lite.execute(sql)
                    for statement in made.statements:
                        moved.post.execute(statement.encode())
                    moved.model, texts = made.model, made.schema
            query = sql if sql.startswith("SELECT") else "SELECT rowid, * FROM note ORDER BY rowid"
            ours, theirs = moved.on_sqlite(query), moved.on_postgres(query)
            assert (ours.error, theirs.error) == ("", "")
            assert (ours.rows, ours.labels) == (theirs.rows, theirs.labels), theirs.sql
    finally:
        moved.model = model
        moved.lite.execute("ROLLBACK")


def test_what_is_not_read_gets_no_column(moved: Moved) -> None:
    names = {r.source: [c.name for c in r.columns if c.hidden] for r in moved.model.relations}
    assert names == {
        "note": ["rowid"],
        "plain": ["rowid"],
        "hidden": ["oid"],
        "other": [],
        "log": [],
        "numbered": [],
    }


def test_the_refusal_says_how_to_get_it(moved: Moved) -> None:
    with pytest.raises(Exception, match="set rowid = true for other in the plan, and move again"):
        moved.translated("SELECT rowid FROM other")
