# ruff: noqa: E501 - one case is one line
"""Statements that write: the same tables afterwards on SQLite and on the moved database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from sql_engines import Moved, Outcome, Value

from outgrow.errors import TranslationError

SETUP = """
CREATE TABLE word(id INTEGER PRIMARY KEY, code TEXT UNIQUE, alias TEXT UNIQUE, note TEXT);
INSERT INTO word VALUES (1, 'a', 'x', 'first'), (2, 'b', 'y', 'second'), (3, 'c', 'z', NULL);
CREATE TABLE part(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL DEFAULT 3, least INTEGER DEFAULT 2,
    twice INTEGER GENERATED ALWAYS AS (size * 2) STORED, CHECK (size >= least), CHECK (twice < 100)
);
INSERT INTO part(id, name, size) VALUES (1, 'one', 2), (2, 'two', 20), (3, 'three', 30);
CREATE TABLE place(a INTEGER, b TEXT COLLATE NOCASE, c INTEGER, open INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE UNIQUE INDEX place_c ON place(c) WHERE open = 1;
INSERT INTO place VALUES (1, 'Rome', 1, 1), (1, 'Oslo', 2, 1), (2, 'rome', 1, 0);
CREATE TABLE parent(id INTEGER PRIMARY KEY, code TEXT UNIQUE);
CREATE TABLE child(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent ON DELETE CASCADE);
CREATE TABLE heir(id INTEGER PRIMARY KEY, parent TEXT REFERENCES parent(code) ON DELETE SET NULL);
INSERT INTO parent VALUES (1, 'a'), (2, 'b');
INSERT INTO child VALUES (1, 1), (2, 2), (3, 1);
INSERT INTO heir VALUES (1, 'a'), (2, 'b');
CREATE TABLE document(id INTEGER PRIMARY KEY, body TEXT CHECK (json_valid(body)), data JSON, free TEXT);
INSERT INTO document VALUES (1, '{"a":[1]}', '{"b":2}', '{"c":{"d":"e:f"}}'), (2, '[]', '["x"]', 'text');
CREATE TABLE attribute(id INTEGER PRIMARY KEY, item INTEGER, key TEXT NOT NULL DEFAULT 'k', value TEXT, UNIQUE (item, key) ON CONFLICT REPLACE);
INSERT INTO attribute VALUES (1, 1, 'a', 'x'), (2, 1, 'b', 'y');
CREATE TABLE once(id INTEGER PRIMARY KEY, code TEXT UNIQUE ON CONFLICT IGNORE, alias TEXT UNIQUE, n INTEGER NOT NULL);
INSERT INTO once VALUES (1, 'a', 'x', 1), (2, 'b', 'y', 2);
CREATE TABLE heard(id INTEGER PRIMARY KEY, code TEXT UNIQUE, n INTEGER);
CREATE TABLE log(id INTEGER PRIMARY KEY, said TEXT);
CREATE TRIGGER heard_insert AFTER INSERT ON heard BEGIN INSERT INTO log(said) VALUES ('i' || new.id); END;
CREATE TRIGGER log_one AFTER DELETE ON heir BEGIN UPDATE OR REPLACE word SET code = 'b' WHERE id = old.id; END;
CREATE TRIGGER heard_update AFTER UPDATE ON heard BEGIN INSERT INTO log(said) VALUES ('u' || new.id); END;
INSERT INTO heard VALUES (1, 'a', 1), (2, 'b', 2);
"""
TABLES = [
    "SELECT * FROM word ORDER BY id",
    "SELECT * FROM part ORDER BY id",
    "SELECT * FROM place ORDER BY a, b",
    "SELECT * FROM parent ORDER BY id",
    "SELECT * FROM child ORDER BY id",
    "SELECT * FROM heir ORDER BY id",
    "SELECT id, json(body), json(data), free, typeof(data) FROM document ORDER BY id",
    "SELECT * FROM attribute ORDER BY id",
    "SELECT * FROM once ORDER BY id",
    "SELECT * FROM heard ORDER BY id",
    "SELECT * FROM log ORDER BY id",
]


@pytest.fixture(scope="module")
def moved(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    path = tmp_path_factory.mktemp("writes") / "source.db"
    connection = sqlite3.connect(path)
    connection.executescript(SETUP)
    connection.close()
    found = Moved(path, new_database())
    found.lite.execute("PRAGMA foreign_keys = ON")
    yield found
    found.close()


Written = str | tuple[str, tuple[Value, ...]]


def _same_afterwards(moved: Moved, *statements: Written) -> None:
    """Each statement gives the same rows or fails on both, and leaves the same tables."""
    moved._settle()
    moved.lite.execute("BEGIN")
    try:
        with moved.post.transaction(force_rollback=True):
            for statement in statements:
                sql, parameters = statement if isinstance(statement, tuple) else (statement, ())
                ours, theirs = moved.on_sqlite(sql, parameters), _in_savepoint(moved, sql, parameters)
                assert bool(ours.error) == bool(theirs.error), (sql, ours.error, theirs.error, theirs.sql)
                assert (ours.rows, ours.labels) == (theirs.rows, theirs.labels), (sql, theirs.sql)
                for table in TABLES:
                    assert moved.on_sqlite(table).rows == moved.on_postgres(table).rows, (sql, theirs.sql)
    finally:
        moved.lite.execute("ROLLBACK")
        moved._settle()


def _in_savepoint(moved: Moved, sql: str, parameters: tuple[Value, ...]) -> Outcome:
    moved.post.execute("SAVEPOINT one")
    found = moved.on_postgres(sql, parameters)
    if found.error:
        moved.post.execute("ROLLBACK TO SAVEPOINT one")
    moved.post.execute("RELEASE SAVEPOINT one")
    return found


@pytest.mark.parametrize(
    "sql",
    [
        "REPLACE INTO word VALUES (2, 'DEFAULT value', 'c', 'the DEFAULT')",
        "REPLACE INTO word VALUES (NULL, 'a', 'y', 'DEFAULT'), (9, 'DEFAULT', 'DEFAULT', NULL)",
        "REPLACE INTO word SELECT NULL, code, 'DEFAULT' || alias, note FROM word",
        "REPLACE INTO word(code, alias) VALUES ('a', 'y')",
    ],
)
def test_replace_by_several_keys(moved: Moved, sql: str) -> None:
    _same_afterwards(moved, sql, "INSERT INTO word(note) VALUES ('the next one')")


def test_an_update_moves_the_next_key(moved: Moved) -> None:
    _same_afterwards(
        moved,
        "UPDATE word SET (id, note) = (SELECT 40 + max(id), 'x' FROM part) WHERE id = 1",
        "INSERT INTO word(note) VALUES ('44')",
        "UPDATE OR REPLACE word SET id = 60 WHERE id = 2",
        "INSERT INTO word(note) VALUES ('61')",
    )


def test_replace_moves_the_next_key(moved: Moved) -> None:
    _same_afterwards(
        moved, "REPLACE INTO word VALUES (70, 'a', 'y', 'DEFAULT')", "INSERT INTO word(note) VALUES ('71')"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT OR IGNORE INTO part(name) VALUES (NULL), ('kept'), (nullif('a', 'a'))",
        "INSERT OR IGNORE INTO part(name, size) VALUES ('a', NULL), ('b', 1), ('c', 2), ('d', 50), ('e', 49)",
        "INSERT OR IGNORE INTO part(name, least) VALUES ('a', 3), ('b', 4), ('c', NULL)",
        "INSERT OR IGNORE INTO part(id, name) VALUES (1, 'taken'), (NULL, 'next'), (50, 'fifty'), (NULL, '51')",
        "INSERT OR IGNORE INTO part(size) VALUES (9)",
        "INSERT OR IGNORE INTO part(name, size) SELECT note, id FROM word",
        "INSERT OR IGNORE INTO part VALUES (NULL, 'all', 5, 5) RETURNING id, twice + 1",
        "INSERT OR IGNORE INTO part(name, size) VALUES ('a', 1), ('b', 9) RETURNING ID, size*2, name || '!' AS n",
        "INSERT OR IGNORE INTO place VALUES (1, 'ROME', 9, 0), (3, 'Bonn', 1, 1), (3, 'Bonn', 1, NULL)",
        "INSERT OR IGNORE INTO child VALUES (9, 9)",
        "INSERT OR IGNORE INTO word DEFAULT VALUES",
        "INSERT OR ROLLBACK INTO word(note) VALUES ('new')",
        "INSERT OR FAIL INTO word(note) VALUES ('new')",
        "INSERT OR FAIL INTO word(code) VALUES ('a')",
    ],
)
def test_insert_with_a_conflict_clause(moved: Moved, sql: str) -> None:
    _same_afterwards(moved, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "REPLACE INTO part(id, name, size) VALUES (1, 'again', NULL), (9, 'nine', 4)",
        "REPLACE INTO part(id, name, size) VALUES (1, NULL, 4)",
        "REPLACE INTO part(id, name, size) VALUES (1, 'again', 1)",
        "REPLACE INTO part(id, name) VALUES (2, 'again') RETURNING *, size + 1, Name",
        "REPLACE INTO place VALUES (1, 'ROME', 7, 1)",
        "REPLACE INTO place VALUES (5, 'Kyiv', 1, 0)",
        "REPLACE INTO place VALUES (5, 'Kyiv', 1, 1), (6, 'Riga', 2, 1)",
        "REPLACE INTO place(a, b, c) VALUES (5, 'Kyiv', 1)",
        "REPLACE INTO parent VALUES (1, 'a')",
        "REPLACE INTO parent VALUES (1, 'new')",
        "REPLACE INTO parent(code) VALUES ('b')",
        "REPLACE INTO heard VALUES (1, 'new', 1), (7, 'b', 1)",
        "REPLACE INTO heard(code) VALUES ('a') RETURNING id",
        "WITH fresh(a) AS (VALUES ('DEFAULT')), gone(b) AS (SELECT 'x') "
        "REPLACE INTO word(code, alias) SELECT a, b FROM fresh, gone",
        "INSERT OR REPLACE INTO word AS w(id, code) VALUES (1, 'c') RETURNING ID, code",
    ],
)
def test_replace(moved: Moved, sql: str) -> None:
    _same_afterwards(moved, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE OR IGNORE word SET id = id + 1",
        "UPDATE OR IGNORE word SET code = 'a', note = 'changed'",
        "UPDATE OR IGNORE word SET code = 'new', note = note || '!' RETURNING id, code, note || '?'",
        "UPDATE OR IGNORE word SET code = (SELECT max(code) || '+' FROM word) WHERE id = 1",
        "UPDATE OR IGNORE word SET (code, alias) = ('b', 'y') WHERE id = 2",
        "UPDATE OR IGNORE part SET size = size - 15",
        "UPDATE OR IGNORE part SET size = nullif(size, 20), name = 'it''s $1'",
        "UPDATE OR IGNORE part SET name = NULL RETURNING id",
        "UPDATE OR IGNORE part SET size = 60 WHERE id = 2",
        "UPDATE OR IGNORE part SET size = 0 ORDER BY id DESC LIMIT 1",
        "UPDATE OR IGNORE word SET code = 'z' ORDER BY id DESC LIMIT 2",
        "UPDATE OR IGNORE place SET c = 2 WHERE a = 1 AND b = 'rome' AND open = 1",
        "UPDATE OR IGNORE child SET parent = 9 WHERE id = 1",
        "UPDATE OR IGNORE heard SET code = 'c', n = n + 1",
        "UPDATE OR REPLACE word SET id = id + 1",
        "UPDATE OR REPLACE word SET code = 'a', note = 'changed'",
        "UPDATE OR REPLACE word SET code = 'c', alias = 'y' WHERE id = 1 RETURNING *",
        "UPDATE OR REPLACE word SET id = 3 WHERE alias = 'x' AND note IS NOT NULL RETURNING id, note || '!'",
        "UPDATE OR REPLACE place SET c = 2 WHERE a = 1 AND b = 'rome'",
        "UPDATE OR REPLACE part SET size = NULL WHERE id < 3 RETURNING id, size",
        "UPDATE OR REPLACE part SET name = NULL",
        "UPDATE OR REPLACE part SET size = 1",
        "UPDATE OR REPLACE parent SET code = 'a'",
        "UPDATE OR REPLACE parent SET id = 1 WHERE id = 2",
        "UPDATE OR REPLACE heard SET code = 'a'",
        "DELETE FROM heir WHERE id = 1",
        'UPDATE word SET note = note WHERE id = 1 RETURNING "id"+1, word."id", "note", "no column", note COLLATE NOCASE',
        "UPDATE word SET id = NULL WHERE id = 1",
        "UPDATE word SET id = id + 10 WHERE id = 1",
        "UPDATE word SET id = nullif(id, 1)",
        "UPDATE word SET (id, note) = (SELECT NULL, 'x') WHERE id = 1",
        "INSERT INTO word(code) VALUES ('a') ON CONFLICT (code) DO UPDATE SET id = NULL",
        "UPDATE OR ROLLBACK word SET note = 'x'",
        "UPDATE OR FAIL word SET code = 'b' WHERE id = 1",
        "UPDATE OR FAIL word SET code = 'q' WHERE code = 'a' AND id > 0",
    ],
)
def test_update_with_a_conflict_clause(moved: Moved, sql: str) -> None:
    _same_afterwards(moved, sql)


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("INSERT OR IGNORE INTO part(name, size) VALUES (?, ?)", ("given", 7)),
        ("INSERT OR IGNORE INTO part(name, size) VALUES (?, ?)", (None, 7)),
        ("REPLACE INTO word(id, code, alias) VALUES (?, ?, ?)", (1, "b", "DEFAULT")),
        ("REPLACE INTO word(id, code, alias) VALUES (?, ?, ?)", (None, "b", "z")),
        ("UPDATE OR IGNORE word SET code = ?1, note = ?2 || '$1' || ?1 WHERE id <> ?3", ("b", "it's \\ ", 2)),
        ("UPDATE OR IGNORE part SET size = ?, name = ? WHERE id = ?", (2.0, "ab", 3)),
        ("UPDATE OR REPLACE word SET code = ? WHERE id = ?", ("c", 1)),
        ("UPDATE OR REPLACE word SET code = ? WHERE id = ? RETURNING code, ?", (None, 1, 2.5)),
    ],
)
def test_conflict_clauses_with_parameters(moved: Moved, sql: str, parameters: tuple[Value, ...]) -> None:
    _same_afterwards(moved, (sql, parameters))


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "INSERT OR FAIL INTO word(code) VALUES ('q'), ('a')",
            "INSERT OR FAIL of more than one row into word",
        ),
        (
            "INSERT OR FAIL INTO word(code) SELECT note FROM word",
            "INSERT OR FAIL of more than one row into word",
        ),
        ("UPDATE OR FAIL word SET code = 'b' WHERE id > 1", "UPDATE OR FAIL of more than one row of word"),
        ("UPDATE OR FAIL word SET code = 'b' WHERE id = 1 OR id = 2", "UPDATE OR FAIL of more than one row"),
        (
            "UPDATE OR IGNORE place SET a = 1",
            "UPDATE OR IGNORE of the unique key of place: the order in which",
        ),
        (
            "UPDATE OR IGNORE word SET code = (SELECT max(note) FROM word)",
            "UPDATE OR IGNORE of many rows with a",
        ),
        ("INSERT OR REPLACE INTO word DEFAULT VALUES", "INSERT OR REPLACE of DEFAULT VALUES"),
    ],
)
def test_a_conflict_clause_that_is_refused(moved: Moved, sql: str, said: str) -> None:
    with pytest.raises(TranslationError) as caught:
        moved.translated(sql)
    assert caught.value.missing.startswith(said)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("INSERT OR ROLLBACK INTO word(note) VALUES ('x')", ["OR ROLLBACK: when the statement fails"]),
        ("UPDATE OR ROLLBACK word SET note = 'x'", ["OR ROLLBACK: when the statement fails"]),
        (
            "REPLACE INTO parent VALUES (1, 'a')",
            ["OR REPLACE deletes the rows of parent in the way: the foreign"],
        ),
        (
            "UPDATE OR IGNORE word SET code = 'q' WHERE id > 2",
            ["UPDATE OR IGNORE takes the rows of word in the"],
        ),
        ("UPDATE OR IGNORE word SET code = 'q' WHERE id = 2", []),
        ("REPLACE INTO word VALUES (1, 'a', 'x', 'n')", []),
        (
            "UPDATE part SET size = (SELECT sum(p.size) FROM part AS p WHERE p.id <= part.id)",
            ["this UPDATE of part"],
        ),
        ("UPDATE part SET size = (SELECT sum(size) FROM part)", []),
        ("UPDATE part SET size = (SELECT count(p.name) FROM part AS p WHERE p.id <= part.id)", []),
        ("UPDATE part SET size = (SELECT max(p.size) FROM part AS p WHERE p.id < part.id) WHERE id = 2", []),
    ],
)
def test_what_is_said_of_a_conflict_clause(moved: Moved, sql: str, said: list[str]) -> None:
    found = moved.translated(sql).findings
    assert len(found) == len(said)
    assert all(text.startswith(start) for text, start in zip(found, said, strict=True))


@pytest.mark.parametrize(
    ("sql", "translated"),
    [
        ("INSERT OR IGNORE INTO word(code) VALUES ('q')", "INSERT INTO public.word (code) VALUES ('q') "
         "ON CONFLICT DO NOTHING"),
        ("UPDATE OR IGNORE word SET note = 'x'", "UPDATE public.word SET note = 'x'"),
        ("UPDATE OR REPLACE part SET name = 'x'", "UPDATE public.part SET name = 'x'"),
    ],
)  # fmt: skip
def test_a_conflict_clause_without_a_conflict_is_plain(moved: Moved, sql: str, translated: str) -> None:
    assert moved.translated(sql).sql == translated


@pytest.mark.parametrize(
    "sql",
    [
        """INSERT INTO document(body, data) VALUES ('{"a":{"b":[1,2.5]}}', '[true]'), ('1', NULL)""",
        """UPDATE document SET body = json_set(body, '$.new', 'a:b'), data = '"text"' WHERE id = 1""",
        """INSERT INTO document(body) SELECT json_object('k', id, 'l', ':') FROM word""",
        """INSERT INTO document(body) VALUES ('{"a:b":1}'), ('{"a:b":"é:"}')""",
    ],
)
def test_a_document_is_stored(moved: Moved, sql: str) -> None:
    assert moved.model.relation("document").column("body").type == "jsonb"
    assert moved.model.relation("document").column("data").type == "jsonb"
    _same_afterwards(moved, sql)


def test_a_blob_is_no_document(moved: Moved) -> None:
    with pytest.raises(TranslationError, match="in column data, jsonb"):
        moved.on_postgres("INSERT INTO document(data) VALUES (x'00')")
    blob = "the column data is jsonb, which cannot keep X'00'"
    assert blob in moved.on_postgres("INSERT INTO document(data) VALUES (?)", (b"\0",)).error


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ('{"a":1,"a":2}', "a key is there twice"),
        ('[{"b":{"a":1,"a":":"}}]', "a key is there twice"),
        ('{"a\\u003a":1,"b":1,"b":2}', "a key is there twice"),
        ('{"a":1e-20000}', "numeric"),
        ('["\\u0000"]', "unsupported Unicode escape sequence"),
        ("no JSON", "invalid input syntax for type json"),
    ],
)
def test_a_document_that_jsonb_would_change_is_an_error(moved: Moved, text: str, lost: str) -> None:
    for sql, parameters in (
        ("INSERT INTO document(body) VALUES (?)", (text,)),
        (f"UPDATE document SET body = '{text}' WHERE id = 1", ()),
    ):
        error = moved.on_postgres(sql, parameters).error
        assert f"the column body is jsonb, which cannot keep '{text}'".replace("\\", "\\\\") in error.replace(
            "E'", "'"
        )
        assert lost in error
        assert "Set json =" in error


def test_a_long_document_is_kept_unless_numeric_loses_a_number(moved: Moved) -> None:
    long = '["' + "x" * 20_000 + '",0.' + "0" * 9_000 + "1]"
    for text in (long, '[1e-1000,"1e-20000","\\u003a"]'):
        with moved.post.transaction(force_rollback=True):
            assert not moved.on_postgres("INSERT INTO document(body) VALUES (?)", (text,)).error
    error = moved.on_postgres("INSERT INTO document(body) VALUES (?)", (f"0.{'0' * 17_000}1",)).error
    assert "numeric" in error


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO attribute(item, key, value) VALUES (1, 'a', 'new'), (2, 'a', 'other')",
        "INSERT INTO attribute(id, item, key) VALUES (2, 1, 'a')",
        "INSERT INTO attribute(id, item, key) VALUES (1, 1, 'a')",
        "INSERT INTO attribute(id, item, key) VALUES (1, 5, 'a')",
        "INSERT INTO attribute(id, item, key) VALUES (7, 1, 'a') RETURNING *",
        "INSERT INTO attribute(item, key) VALUES (1, NULL)",
        "INSERT OR IGNORE INTO attribute(item, key, value) VALUES (1, 'a', 'new')",
        "INSERT OR ABORT INTO attribute(item, key, value) VALUES (1, 'a', 'new')",
        "INSERT INTO attribute(item, value) SELECT id, note FROM word",
        "INSERT INTO once(code, n) VALUES ('c', 6), ('a', 5)",
        "INSERT INTO once(code, n) VALUES ('e', NULL)",
        "INSERT OR REPLACE INTO once(code, n) VALUES ('a', 9)",
        "UPDATE attribute SET value = 'z' WHERE item = 1",
        "UPDATE OR REPLACE attribute SET key = 'b' WHERE id = 1",
    ],
)
def test_a_declared_conflict_clause(moved: Moved, sql: str) -> None:
    _same_afterwards(moved, sql)


def test_a_declared_conflict_clause_is_told(moved: Moved) -> None:
    assert [f.detail for f in moved.result.findings if f.rule == "key.on-conflict"] == [
        "UNIQUE (item, key) ON CONFLICT REPLACE: a row that breaks it is an error",
        "UNIQUE (code) ON CONFLICT IGNORE: a row that breaks it is an error",
    ]
    with pytest.raises(
        TranslationError, match="UPDATE of a key of attribute that declares ON CONFLICT REPLACE"
    ):
        moved.translated("UPDATE attribute SET key = 'b'")
    with pytest.raises(TranslationError, match="some keys declare ON CONFLICT IGNORE and some do not"):
        moved.translated("INSERT INTO once(code, alias, n) VALUES ('a', 'x', 5)")
