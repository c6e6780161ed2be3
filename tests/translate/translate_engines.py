# ruff: noqa: E501 - one case is one line
"""One table on both engines, and the same SQL asked of both: SQLite says what is right."""

from __future__ import annotations

import sqlite3
from typing import Any

import apsw
import psycopg

from outgrow.errors import TranslationError
from outgrow.postgres.functions import install
from outgrow.schema.model import View
from outgrow.schema.names import qualified, quote
from outgrow.schema.target import Relation, TargetColumn, TargetModel
from outgrow.translate import view


def column(source: str, type_: str, conversion: str = "same", **more: Any) -> TargetColumn:
    return TargetColumn(
        **{"source": source, "name": source.lower(), "type": type_, "conversion": conversion, **more}
    )


Engine = Any
"""A connection of apsw or sqlite3."""
SOURCE = """
CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, k INTEGER NOT NULL, r REAL, s TEXT, c TEXT COLLATE NOCASE,
  b BLOB, f BOOLEAN, u TEXT, d TEXT, m NUMERIC, e INTEGER, x TEXT COLLATE RTRIM, "Odd ""name" INTEGER, day TEXT);
CREATE TABLE p(id INTEGER PRIMARY KEY, t_id INTEGER, label TEXT, price NUMERIC, qty INTEGER);
"""
ROWS: list[tuple[Any, ...]] = [
    (
        1,
        10,
        1,
        1.5,
        "Alice",
        "Alice",
        b"\x00\xff",
        1,
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "2024-01-31 10:20:30",
        10,
        1700000000,
        "pad  ",
        7,
        "2024-02-29",
    ),
    (
        2,
        3,
        -2,
        -2.5,
        "bob",
        "ALICE",
        b"",
        0,
        "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "2024-02-29 00:00:00",
        2.5,
        0,
        "pad",
        -7,
        "1999-12-31",
    ),
    (3, None, 5, None, None, None, None, None, None, None, None, None, None, None, None),
    (
        4,
        0,
        0,
        0.0,
        "",
        "é",
        b"ab",
        1,
        "00000000-0000-0000-0000-000000000001",
        "1999-12-31 23:59:59",
        0,
        -1,
        "",
        0,
        "2000-01-01",
    ),
    (
        5,
        -7,
        7,
        1e15,
        "Äpfel %_\\x",
        "É",
        b"abc",
        0,
        "ffffffff-ffff-4fff-bfff-ffffffffffff",
        "2024-01-31 10:20:31",
        -3,
        253402300799,
        " pad",
        1,
        "2024-03-01",
    ),
    (
        6,
        9007199254740993,
        9,
        9007199254740992.0,
        "ALICE",
        "alice  ",
        b"\x00",
        1,
        "7c9e6679-7425-40de-944b-e07fc1f90ae6",
        "2024-01-31 10:20:30",
        9.99,
        1,
        "pad\t",
        2,
        "0999-01-01",
    ),
]
PARTS = [
    (1, 1, "a", 9.99, 3),
    (2, 1, "B", 14, 2),
    (3, 2, "a", 0.1, 10),
    (4, None, None, None, None),
    (5, 6, "C", 2.5, 1),
]
T = Relation(
    source="t",
    schema="public",
    name="t",
    rowid_alias="id",
    columns=(
        column("id", "bigint", not_null=True),
        column("n", "bigint"),
        column("k", "integer", not_null=True),
        column("r", "double precision"),
        column("s", "text"),
        column("c", "text", collation="NOCASE"),
        column("b", "bytea"),
        column("f", "boolean", "boolean:0/1"),
        column("u", "uuid", "uuid-text"),
        column("d", "timestamp", "timestamp-text:YYYY-MM-DD HH:MM:SS"),
        column("m", "numeric", "numeric"),
        column("e", "timestamptz", "timestamptz-epoch:s"),
        column("x", "text", collation="RTRIM"),
        column('Odd "name', "bigint"),
        column("day", "date", "date-text:YYYY-MM-DD"),
    ),
)
P = Relation(
    source="p",
    schema="public",
    name="p",
    rowid_alias="id",
    columns=(
        column("id", "bigint", not_null=True),
        column("t_id", "bigint"),
        column("label", "text"),
        column("price", "numeric", "numeric"),
        column("qty", "bigint"),
    ),
)
MODEL = TargetModel(schema="public", relations=(T, P))


def newest() -> apsw.Connection:
    """The newest SQLite: its functions, its grammar."""
    return _filled(apsw.Connection(":memory:"))


def interpreters() -> sqlite3.Connection:
    """The interpreter's SQLite, whose text of a real has 15 digits as applications know it."""
    return _filled(sqlite3.connect(":memory:", isolation_level=None))


class Newest:
    """The interpreter's SQLite; the newest for what that one does not know yet."""

    def __init__(self) -> None:
        self._known, self._new = interpreters(), newest()

    def execute(self, sql: str) -> list[Any]:
        if "%F" in sql or "%T" in sql:  # the interpreter's gives NULL for what it does not know
            return list(self._new.execute(sql))
        try:
            return self._known.execute(sql).fetchall()  # type: ignore[no-any-return]
        except sqlite3.OperationalError:
            return list(self._new.execute(sql))


def _filled(connection: Engine) -> Engine:
    for statement in SOURCE.split(";")[:-1]:
        connection.execute(statement)
    connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(T.columns))})", ROWS)
    connection.executemany("INSERT INTO p VALUES (?, ?, ?, ?, ?)", PARTS)
    return connection


def table_ddl(relation: Relation) -> str:
    columns = ", ".join(
        f"{quote(c.name)} {c.type}" + (" PRIMARY KEY" if c.source == relation.rowid_alias else "")
        for c in relation.columns
    )
    return f"CREATE TABLE {qualified(relation.schema, relation.name)} ({columns})"


def fill(connection: psycopg.Connection[Any]) -> None:
    install(connection)
    for relation, rows in ((T, ROWS), (P, PARTS)):
        connection.execute(table_ddl(relation))
        marks = ", ".join("to_timestamp(%s)" if c.type == "timestamptz" else "%s" for c in relation.columns)
        types = [c.type for c in relation.columns]
        for row in rows:
            values = [
                bool(v) if t == "boolean" and v is not None else v for v, t in zip(row, types, strict=True)
            ]
            connection.execute(
                f"INSERT INTO {qualified(relation.schema, relation.name)} VALUES ({marks})", values
            )


def ask(source: Engine, target: psycopg.Connection[Any], query: str) -> tuple[list[Any], list[Any]]:
    """Rows of a query on SQLite, and of its translation as a view on PostgreSQL mapped back to SQLite's values."""
    expected: list[Any] = [tuple(row) for row in source.execute(query)]
    names = tuple(f"c{number}" for number in range(len(expected[0]) if expected else 1))
    translated = view(
        View(name="v", sql=f"CREATE VIEW v AS {query}", columns=names), model=MODEL, bytewise=False
    )
    target.execute("DROP VIEW IF EXISTS v")
    target.execute(translated.sql)
    columns = ", ".join(_back(c) for c in translated.columns)
    rows = target.execute(f"SELECT {columns} FROM v").fetchall()
    for place, column in enumerate(translated.columns):
        if column.conversion == "numeric-point":  # numeric has no negative zero (docs/reference/sql.md)
            expected = [
                (*row[:place], row[place] or abs(row[place]), *row[place + 1 :]) if row[place] == 0 else row
                for row in expected
            ]
    return expected, [
        tuple(_value(v, c) for v, c in zip(row, translated.columns, strict=True)) for row in rows
    ]


_TAGS = {"i": int, "r": float, "t": str, "b": bytes.fromhex}


def _back(column: TargetColumn) -> str:
    name = quote(column.name)
    recipe = column.conversion.partition(":")[0]
    return {
        "boolean": f"{name}::int",
        "uuid-text": f"{name}::text",
        "timestamp-text": f"to_char({name}, 'YYYY-MM-DD HH24:MI:SS')",
        "date-text": f"to_char({name}, 'YYYY-MM-DD')",
        "timestamptz-epoch": f"extract(epoch from {name})::bigint",
    }.get(recipe, name)


def _value(value: Any, column: TargetColumn) -> Any:
    if column.conversion == "tagged" and value is not None:
        return _TAGS[value[0]](value[1:])
    if column.conversion == "numeric-point" and value is not None:
        return float(value) if "." in f"{value:f}" or not value.is_finite() else int(value)
    if column.conversion == "numeric" and value is not None:
        return int(value) if value == int(value) else float(value)
    return bytes(value) if isinstance(value, memoryview) else value


def differences(
    source: Engine,
    target: psycopg.Connection[Any],
    queries: list[str],
    *,
    ordered: bool = False,
    refusals: bool = True,
) -> list[Any]:
    """The queries whose rows or value classes differ, with both sides; with `refusals` those refused too."""
    found: list[Any] = []
    for query in queries:
        try:
            expected, got = ask(source, target, query)
        except (TranslationError, psycopg.Error) as error:
            if not refusals:
                raise
            found.append((query, str(error)))
            continue
        left, right = ([tuple(map(_comparable, row)) for row in rows] for rows in (expected, got))
        if (left if ordered else sorted(left)) != (right if ordered else sorted(right)):
            found.append((query, expected, got))
    return found


def _comparable(value: Any) -> str:
    return f"{type(value).__name__}:{value!r}"
