"""Values that SQL text cannot write down, sizes, and what a plan file changes."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest
from case_moves import assert_verified, findings, make, moved, not_moved, rows, types

from outgrow.errors import ConfigError, FindingsStop

MakeSqlite = Callable[..., Path]


def test_doubles_keep_their_bits(tmp_path: Path, database: str) -> None:
    doubles = [-0.0, 0.0, 5e-324, -5e-324, 1.7976931348623157e308, math.inf, -math.inf, 0.1, 2.0**53 + 2]
    script = "CREATE TABLE t(id INTEGER PRIMARY KEY, r REAL, x)"
    values = [(number, double, double) for number, double in enumerate(doubles)]
    result = moved(make(tmp_path / "a.db", script, ("INSERT INTO t VALUES (?, ?, ?)", values)), database)
    assert_verified(result)
    found = rows(database, "SELECT r, x FROM t ORDER BY id")
    # A REAL column stores whole numbers as integers, so SQLite itself gives 0.0 back for -0.0 there.
    expected = [struct.pack("!dd", abs(d) if d == 0 else d, d) for d in doubles]
    assert [struct.pack("!dd", *row) for row in found] == expected


def test_a_negative_zero_beside_an_integer_stays_one(tmp_path: Path, database: str) -> None:
    values = [(1, -0.0), (2, 5), (3, 5.0)]
    path = make(
        tmp_path / "a.db",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, x)",
        ("INSERT INTO t VALUES (?, ?)", values),
    )
    result = moved(path, database)
    assert_verified(result)
    assert types(result)["t.x"] == "escaped text"
    assert rows(database, "SELECT x FROM t ORDER BY id") == [("-0.0",), ("5",), ("5.0",)]


def test_large_values(tmp_path: Path, database: str) -> None:
    blob, text = bytes(range(256)) * 234_375, "é\\\n" * 5_000_000
    path = make(
        tmp_path / "a.db",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB, c TEXT)",
        ("INSERT INTO t VALUES (?, ?, ?)", [(1, blob, text), (2, b"", ""), (3, None, None)]),
    )
    assert_verified(moved(path, database))
    found = rows(database, "SELECT md5(b), octet_length(b), md5(c), octet_length(c) FROM t ORDER BY id")
    digest = [hashlib.md5(data).hexdigest() for data in (blob, text.encode(), b"")]
    assert found == [
        (digest[0], 60_000_000, digest[1], 20_000_000),
        (digest[2], 0, digest[2], 0),
        (None, None, None, None),
    ]


def test_a_table_of_1200_columns(make_sqlite: MakeSqlite, database: str) -> None:
    columns = ", ".join(f"c{number} INT" for number in range(1200))
    result = moved(
        make_sqlite(f"CREATE TABLE t({columns}); INSERT INTO t(c0, c1199) VALUES (1, 2)"), database
    )
    assert_verified(result)
    assert rows(database, "SELECT c0, c1198, c1199 FROM t") == [(1, None, 2)]


def test_a_table_of_too_many_columns_stops(make_sqlite: MakeSqlite, database: str) -> None:
    columns = ", ".join(f"c{number} INT" for number in range(1601))
    with pytest.raises(FindingsStop, match=r"table\.too-wide"):
        moved(make_sqlite(f"CREATE TABLE t({columns})"), database)


def test_orphans_and_broken_checks_are_named(make_sqlite: MakeSqlite, database: str) -> None:
    result = moved(
        make_sqlite(
            "PRAGMA ignore_check_constraints = 1;"
            "CREATE TABLE p(id INTEGER PRIMARY KEY);"
            "CREATE TABLE c(id INTEGER PRIMARY KEY, pid INT REFERENCES p(id), age INT CHECK (age >= 0));"
            "INSERT INTO p VALUES (1);"
            "INSERT INTO c VALUES (1, 1, 5), (2, 99, 5), (3, 98, -1), (4, NULL, NULL)"
        ),
        database,
    )
    assert_verified(result)
    assert [(f.rule, f.count, f.sample) for f in result.findings] == [
        ("check.violated", 1, ("id=3, age=-1",)),
        ("fk.orphans", 2, ("id=2, pid=99", "id=3, pid=98")),
    ]
    constraints = "SELECT contype, convalidated FROM pg_constraint WHERE conrelid = 'c'::regclass ORDER BY 1"
    assert set(rows(database, constraints)) >= {("c", False), ("f", False)}


def test_new_rows_get_the_defaults_that_sqlite_gives(make_sqlite: MakeSqlite, database: str) -> None:
    script = """CREATE TABLE t(id INTEGER PRIMARY KEY,
      a INT DEFAULT -5, b REAL DEFAULT 1e20, c TEXT DEFAULT 1.50, d DEFAULT x'00ff',
      e TEXT DEFAULT 'it''s \\',
      f TEXT DEFAULT "dq", g INT DEFAULT (abs(-3)), h INT DEFAULT '7', i BOOLEAN DEFAULT true,
      j INT DEFAULT 0x10, k REAL DEFAULT 9e999, l TEXT DEFAULT word, m INT DEFAULT (-(7)), n DEFAULT (1 + 1),
      o TEXT DEFAULT '', p NUMERIC DEFAULT '1.5', q INT DEFAULT NULL, r TEXT DEFAULT 1e20);
    INSERT INTO t(id) VALUES (1)"""
    path = make_sqlite(script)
    assert_verified(moved(path, database))
    connection = apsw.Connection(str(path))
    source = connection.execute("INSERT INTO t DEFAULT VALUES RETURNING *").fetchall()
    connection.close()
    with psycopg.connect(database) as target:
        found = target.execute("INSERT INTO t DEFAULT VALUES RETURNING *").fetchall()
    assert [tuple(map(_comparable, row)) for row in found] == [tuple(map(_comparable, row)) for row in source]


def _comparable(value: Any) -> object:
    return float(value) if isinstance(value, int | float) or type(value).__name__ == "Decimal" else value


def test_the_identity_goes_on_past_the_largest_ever(make_sqlite: MakeSqlite, database: str) -> None:
    script = """CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, x);
      CREATE TABLE b(id INTEGER PRIMARY KEY, x);
      CREATE TABLE c(id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE n(id INTEGER PRIMARY KEY, x);
      INSERT INTO a VALUES (1, 'a'), (50, 'b'); DELETE FROM a WHERE id = 50; INSERT INTO b VALUES (7, 'a');
      INSERT INTO n VALUES (-9223372036854775808, 'a')"""
    assert_verified(moved(make_sqlite(script), database))
    with psycopg.connect(database) as target:
        made = [
            target.execute(f"INSERT INTO {t} DEFAULT VALUES RETURNING id".encode()).fetchone() for t in "abcn"
        ]
    assert made == [(51,), (8,), (1,), (1,)]


def test_a_full_rowid_shows_in_the_write_test(make_sqlite: MakeSqlite, database: str) -> None:
    result = moved(
        make_sqlite(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (9223372036854775807, 'a')"
        ),
        database,
    )
    assert result.verification is not None
    assert result.verification.differences == 0
    assert findings(result) == ["verify.write-test t"]


def test_a_plan_leaves_a_table_and_sets_a_type(make_sqlite: MakeSqlite, database: str) -> None:
    script = """CREATE TABLE t(id INTEGER PRIMARY KEY, at INTEGER, u TEXT);
      CREATE TABLE gone(id INTEGER PRIMARY KEY, pid INT REFERENCES t(id));
      CREATE VIEW v AS SELECT id FROM gone;
      INSERT INTO t VALUES (1, 1700000000, '7C9E6679-7425-40DE-944B-E07FC1F90AE7');
      INSERT INTO gone VALUES (1, 1)"""
    plan = """[tables.gone]
leave = true
[tables.t.columns]
at = {name = "seen", type = "TIMESTAMP WITH TIME ZONE", conversion = "timestamptz-epoch:s"}
u = {type = "uuid", conversion = "uuid-text:upper"}
"""
    result = moved(make_sqlite(script), database, plan=plan)
    assert_verified(result)
    held = {name: held for name, held in types(result).items() if name.startswith("t.")}
    assert held == {"t.id": "bigint", "t.at": "timestamptz", "t.u": "uuid"}
    assert [entry for entry in not_moved(result) if entry.startswith("tables")] == ["tables gone: left"]
    assert [f.object for f in result.findings if f.rule == "table.left"] == ["gone"]
    assert rows(database, "SELECT extract(epoch FROM seen)::bigint, u::text FROM t") == [
        (1700000000, "7c9e6679-7425-40de-944b-e07fc1f90ae7")
    ]


def test_a_value_that_does_not_fit_the_set_type_stops(make_sqlite: MakeSqlite, database: str) -> None:
    path = make_sqlite(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 5), (2, 40000)"
    )
    plan = '[tables.t.columns]\nv = {type = "smallint", conversion = "same"}\n'
    with pytest.raises(FindingsStop, match=r"value\.does-not-fit: t\.v: 40000 is out of range for smallint"):
        moved(path, database, plan=plan)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ('{type = "text); DROP TABLE t; --", conversion = "same"}', "is no type that a column can have"),
        ('{type = "money", conversion = "same"}', "cannot hold a value as itself"),
        ('{type = "text", conversion = "magic"}', "no conversion 'magic'"),
        ('{type = "text", conversion = "timestamp-text:YYYY-MM-DD"}', "makes timestamp, not text"),
    ],
)
def test_a_plan_with_a_type_that_cannot_be_is_refused(
    make_sqlite: MakeSqlite, database: str, column: str, message: str
) -> None:
    path = make_sqlite("CREATE TABLE t(id INTEGER PRIMARY KEY, v INT)")
    with pytest.raises(ConfigError, match=message):
        moved(path, database, plan=f"[tables.t.columns]\nv = {column}\n")
    assert rows(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_a_value_found_late_is_the_counter_example(tmp_path: Path, database: str) -> None:
    """The sample holds only dates; the copy meets the text, takes the next type and begins anew."""
    values: list[tuple[Any, ...]] = [(n, "2024-01-02 03:04:05", '{"a":1}', "t") for n in range(5000)]
    values[2510] = (2510, "soon", "{", "?")
    path = make(
        tmp_path / "a.db",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, at DATETIME, doc JSON, flag BOOLEAN)",
        ("INSERT INTO t VALUES (?, ?, ?, ?)", values),
    )
    result = moved(path, database)
    assert_verified(result)
    assert types(result) == {"t.id": "bigint", "t.at": "text", "t.doc": "text", "t.flag": "text"}
    assert [(f.rule, f.object, f.sample) for f in result.findings] == [
        ("date.mixed-formats", "t.at", ("'soon'",)),
        ("json.not-kept", "t.doc", ("'{'",)),
        ("type.declaration-ignored", "t.flag", ("'?'",)),
    ]


def test_an_empty_text_found_late(tmp_path: Path, database: str) -> None:
    values: list[tuple[Any, ...]] = [(n, "2024-01-02") for n in range(3000)]
    values[1501:1503] = [(1501, ""), (1502, "")]
    script = "CREATE TABLE t(id INTEGER PRIMARY KEY, at DATE)"
    path = make(tmp_path / "a.db", script, ("INSERT INTO t VALUES (?, ?)", values))
    result = moved(path, database)
    assert_verified(result)
    assert types(result)["t.at"] == "text"


def test_each_policy_moves_everything(tmp_path: Path, database: str) -> None:
    script = """CREATE TABLE t(id INTEGER PRIMARY KEY, a VARCHAR(5), b DATETIME, c BOOLEAN, d JSON,
      e DECIMAL(5,2), meta TEXT, is_x INT DEFAULT 0);
      INSERT INTO t VALUES (1, 'abc', '2024-01-02 03:04:05', 1, '{"a": 1}', 1.25, '{"b": []}', 1);
      INSERT INTO t DEFAULT VALUES"""
    path = make(tmp_path / "a.db", script)
    held = {}
    for policy in ("faithful", "declared", "inferred"):
        result = moved(path, database, types=policy, schema=policy)
        assert_verified(result)
        held[policy] = list(types(result).values())
    assert held == {
        "faithful": ["bigint", "text", "text", "bigint", "text", "double precision", "text", "bigint"],
        "declared": [
            "bigint",
            "varchar(5)",
            "timestamp",
            "boolean",
            "jsonb",
            "numeric(5,2)",
            "text",
            "bigint",
        ],
        "inferred": ["bigint", "text", "timestamp", "boolean", "jsonb", "numeric(5,2)", "jsonb", "boolean"],
    }


def test_names_can_be_preserved(make_sqlite: MakeSqlite, database: str) -> None:
    path = make_sqlite(
        'CREATE TABLE "Users"("Id" INTEGER PRIMARY KEY, "ctid" TEXT); INSERT INTO "Users" VALUES (1, \'a\')'
    )
    result = moved(path, database, names="preserve")
    assert_verified(result)
    assert dict(result.names)["Users.Id"] == "Users.Id"
    assert rows(database, 'SELECT "Id", ctid_ FROM "Users"') == [(1, "a")]
