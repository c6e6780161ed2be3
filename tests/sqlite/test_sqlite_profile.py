"""The profile says what a column holds, whatever the sample led it to assume."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from outgrow.move.examine import examine
from outgrow.move.progress import Silent
from outgrow.sqlite.connect import open_snapshot
from outgrow.types.observed import ColumnProfile

FEW = 5
MANY = 3_000
"""More rows than a sample has."""

VALUES: dict[str, tuple[object, object]] = {
    "integers": (7, 8),
    "wide": (2**63 - 1, -(2**63)),
    "reals": (1.5, -0.25),
    "texts": ("a", "bcd"),
    "blobs": (b"\0", b"abcd"),
    "a_text": (1, "x"),
    "a_number_as_text": (1, "5"),
    "a_real": (1, 2.5),
    "a_blob": ("t", b"b"),
    "a_null": (3, None),
}


@pytest.mark.parametrize("rows", [FEW, MANY])
@pytest.mark.parametrize("declared", ["", "INTEGER NOT NULL", "TEXT", "REAL", "BLOB NOT NULL", "NUMERIC"])
def test_counts_and_ranges_are_sqlites_own(tmp_path: Path, declared: str, rows: int) -> None:
    path = tmp_path / "a.db"
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE TABLE t ({', '.join(f'{name} {declared}' for name in VALUES)})")
    common = [usual for usual, _ in VALUES.values()]
    rare = [usual if odd is None and "NOT NULL" in declared else odd for usual, odd in VALUES.values()]
    marks = ", ".join("?" * len(VALUES))
    connection.executemany(f"INSERT INTO t VALUES ({marks})", [common] * (rows - 1) + [rare])
    connection.commit()
    with open_snapshot(path, readers=3) as snapshot:
        seen = examine(snapshot, jobs=2, progress=Silent(), in_full=True).profile.table("t")
        short = examine(snapshot, jobs=2, progress=Silent()).profile.table("t")
    for name in VALUES:
        assert _facts(seen.column(name)) == _expected(connection, name)
        assert _facts(short.column(name))[:2] == _expected(connection, name)[:2]
    connection.close()


def test_null_in_a_column_that_forbids_it_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a INTEGER, b TEXT)")
    connection.execute("INSERT INTO t VALUES (NULL, NULL), (1, 'x')")
    connection.execute("PRAGMA writable_schema = 1")
    connection.execute(
        "UPDATE sqlite_master SET sql = 'CREATE TABLE t (a INTEGER NOT NULL, b TEXT NOT NULL)'"
    )
    connection.commit()
    connection.close()
    with open_snapshot(path, readers=3) as snapshot:
        seen = examine(snapshot, jobs=1, progress=Silent()).profile.table("t")
    assert [(column.nulls, column.values) for column in seen.columns] == [(1, 1), (1, 1)]


def _facts(column: ColumnProfile) -> tuple[object, ...]:
    ends = (column.min_integer, column.max_integer, column.min_real, column.max_real)
    return dict(column.counts), (column.rows, column.nulls, column.max_bytes), ends


def _expected(connection: sqlite3.Connection, name: str) -> tuple[object, ...]:
    counts = dict(connection.execute(f"SELECT typeof({name}), count(*) FROM t GROUP BY 1"))
    nulls = counts.pop("null", 0)
    lengths = f"max(CASE WHEN typeof({name}) IN ('text', 'blob') THEN length(CAST({name} AS BLOB)) END)"
    (longest,) = connection.execute(f"SELECT {lengths} FROM t").fetchone()
    ends = [
        connection.execute(
            f"SELECT min({name}), max({name}) FROM t WHERE typeof({name}) = '{kind}'"
        ).fetchone()
        for kind in ("integer", "real")
    ]
    return counts, (sum(counts.values()) + nulls, nulls, longest or 0), (*ends[0], *ends[1])
