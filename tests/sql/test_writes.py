"""Statements that write: the same tables afterwards on SQLite and on the moved database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from sql_engines import Moved, Outcome

SETUP = """
CREATE TABLE word(id INTEGER PRIMARY KEY, code TEXT UNIQUE, alias TEXT UNIQUE, note TEXT);
INSERT INTO word VALUES (1, 'a', 'x', 'first'), (2, 'b', 'y', 'second'), (3, 'c', 'z', NULL);
"""
TABLES = ["SELECT * FROM word ORDER BY id"]


@pytest.fixture(scope="module")
def moved(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    path = tmp_path_factory.mktemp("writes") / "source.db"
    connection = sqlite3.connect(path)
    connection.executescript(SETUP)
    connection.close()
    found = Moved(path, new_database())
    yield found
    found.close()


def _same_afterwards(moved: Moved, *statements: str) -> None:
    """Each statement gives the same rows or fails on both, and leaves the same tables."""
    moved.lite.execute("BEGIN")
    try:
        with moved.post.transaction(force_rollback=True):
            for sql in statements:
                ours, theirs = moved.on_sqlite(sql), _in_savepoint(moved, sql)
                assert bool(ours.error) == bool(theirs.error), (sql, ours.error, theirs.error, theirs.sql)
                assert (ours.rows, ours.labels) == (theirs.rows, theirs.labels), (sql, theirs.sql)
                for table in TABLES:
                    assert moved.on_sqlite(table).rows == moved.on_postgres(table).rows, (sql, theirs.sql)
    finally:
        moved.lite.execute("ROLLBACK")
        moved._settle()


def _in_savepoint(moved: Moved, sql: str) -> Outcome:
    moved.post.execute("SAVEPOINT one")
    found = moved.on_postgres(sql)
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


def test_replace_moves_the_next_key(moved: Moved) -> None:
    _same_afterwards(
        moved, "REPLACE INTO word VALUES (70, 'a', 'y', 'DEFAULT')", "INSERT INTO word(note) VALUES ('71')"
    )
