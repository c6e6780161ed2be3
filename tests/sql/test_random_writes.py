"""Random rows and random conflict clauses: the same table afterwards on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sql_engines import Moved

Row = tuple[int | str | None, ...]
_SETUP = """
CREATE TABLE t(
    id INTEGER PRIMARY KEY, a INTEGER UNIQUE, b TEXT NOT NULL DEFAULT 'd', c INTEGER CHECK (c <> 2),
    UNIQUE (b, c)
);
CREATE UNIQUE INDEX t_part ON t(c) WHERE a > 3;
INSERT INTO t VALUES (1, 1, 'x', 1);
"""
_SMALL = st.sampled_from([None, 1, 2, 3, 4, 5])
_TEXT = st.sampled_from([None, "d", "x", "DEFAULT"])
_ROW = st.tuples(st.integers(1, 6), _SMALL, _TEXT, _SMALL)
_SET = st.sampled_from(
    [
        "a = a + 1", "a = 5 - a", "a = 1", "c = c + 1", "c = 2", "b = NULL", "b = nullif(b, 'x')", "b = 'd'",
        "id = id + 1", "id = id - 1", "id = a", "a = c, c = a", "a = NULL", "b = 'd', c = 1",
    ]
)  # fmt: skip
_WHERE = st.sampled_from(["", " WHERE id > 2", " WHERE id = 3", " WHERE c IS NOT 3", " WHERE b || '' = 'd'"])
_CLAUSE = st.sampled_from(["IGNORE", "REPLACE"])
_RUNS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def moved(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    path = tmp_path_factory.mktemp("random") / "source.db"
    connection = sqlite3.connect(path)
    connection.executescript(_SETUP)
    connection.close()
    found = Moved(path, new_database())
    yield found
    found.close()


def _compare(moved: Moved, rows: list[Row], sql: str) -> None:
    """Fills the table, runs the statement on both sides, and takes all back."""
    moved.lite.execute("BEGIN")
    try:
        with moved.post.transaction(force_rollback=True):
            for side in (moved.on_sqlite, moved.on_postgres):
                side("DELETE FROM t")
            for row in rows:
                moved.lite.execute("INSERT OR IGNORE INTO t VALUES (?, ?, ?, ?)", row)
            there = moved.lite.execute("SELECT * FROM t ORDER BY id").fetchall()
            for row in there:
                assert not moved.on_postgres("INSERT INTO t VALUES (?, ?, ?, ?)", row).error
            ours, theirs = moved.on_sqlite(sql), moved.on_postgres(sql)
            after = moved.on_sqlite("SELECT * FROM t ORDER BY id").rows
            assert bool(ours.error) == bool(theirs.error), (there, sql, ours.error, theirs)
            if not theirs.error:
                assert after == moved.on_postgres("SELECT * FROM t ORDER BY id").rows, (
                    there,
                    sql,
                    theirs.sql,
                )
    finally:
        moved.lite.execute("ROLLBACK")
        moved._settle()


@_RUNS
@given(rows=st.lists(_ROW, max_size=6), clause=_CLAUSE, new=_SET, where=_WHERE)
def test_a_random_update(moved: Moved, rows: list[Row], clause: str, new: str, where: str) -> None:
    _compare(moved, rows, f"UPDATE OR {clause} t SET {new}{where}")


@_RUNS
@given(rows=st.lists(_ROW, max_size=6), new=st.lists(_ROW, min_size=1, max_size=4))
def test_a_random_insert_that_ignores(moved: Moved, rows: list[Row], new: list[Row]) -> None:
    _compare(moved, rows, f"INSERT OR IGNORE INTO t VALUES {_values(new)}")


@_RUNS
@given(rows=st.lists(_ROW, max_size=6), new=_ROW)
def test_a_random_replace(moved: Moved, rows: list[Row], new: Row) -> None:
    _compare(moved, rows, f"REPLACE INTO t VALUES {_values([new])}")


def _values(rows: list[Row]) -> str:
    def spelled(value: int | str | None) -> str:
        return "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)

    return ", ".join(f"({', '.join(map(spelled, row))})" for row in rows)
