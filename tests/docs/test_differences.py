"""What docs/differences.md and docs/explanation/left.md say of the two engines, asked of both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest
from psycopg import errors

from outgrow.postgres.connect import connect

SCHEMA = """
CREATE TABLE person (
  id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE UNIQUE, active BOOLEAN DEFAULT 1, age INTEGER, code TEXT
);
INSERT INTO person VALUES (1, 'Ada', 1, 36, 'b'), (2, 'Grace', 0, NULL, 'B'), (3, 'Edsger', 1, 72, 'a');
CREATE TABLE setting (name TEXT PRIMARY KEY, value);
INSERT INTO setting VALUES (NULL, 1), ('size', 'big');
CREATE TABLE "Order" (id INTEGER PRIMARY KEY, "Select" TEXT, twice AS (id * 2));
INSERT INTO "Order" VALUES (7, 'x');
PRAGMA user_version = 42;
"""

# The question to SQLite and its answer, the question to PostgreSQL and its answer or its refusal.
CLAIMS: list[tuple[str, Any, str, Any]] = [
    ("SELECT count(*) FROM PERSON", 3, "SELECT count(*) FROM PERSON", 3),
    ('SELECT count(*) FROM "PERSON"', 3, 'SELECT count(*) FROM "PERSON"', errors.UndefinedTable),
    ('SELECT "Select" FROM "Order"', "x", 'SELECT "select" FROM "order"', "x"),
    ('SELECT "words"', "words", 'SELECT "words"', errors.UndefinedColumn),
    ("SELECT rowid FROM person LIMIT 1", 1, "SELECT rowid FROM person", errors.UndefinedColumn),
    ("SELECT count(*) FROM person WHERE active = 1", 2, "SELECT count(*) FROM person WHERE active", 2),
    ("SELECT 1 WHERE 1", 1, "SELECT count(*) FROM person WHERE active = 1", errors.UndefinedFunction),
    ("SELECT 5 / 2", 2, "SELECT 5 / 2", 2),
    ("SELECT 'abc' + 1", 1, "SELECT 'abc' + 1", errors.InvalidTextRepresentation),
    (
        "SELECT 9223372036854775807 + 1", 2.0**63,
        "SELECT 9223372036854775807 + 1::bigint", errors.NumericValueOutOfRange,
    ),
    ("SELECT max(1, 2)", 2, "SELECT max(1, 2)", errors.UndefinedFunction),
    ("SELECT substr('hello', -2)", "lo", "SELECT substr('hello', -2)", "hello"),
    (
        "SELECT typeof(sum(id)) FROM person", "integer",
        "SELECT pg_typeof(sum(id))::text FROM person", "numeric",
    ),
    ("SELECT 2 || 3 * 2", 46, "SELECT 2 || (3 * 2)::text", "26"),
    ("SELECT 'ADA' LIKE 'ada'", 1, "SELECT 'ADA' LIKE 'ada'", False),
    ("SELECT id FROM person ORDER BY age LIMIT 1", 2, "SELECT id FROM person ORDER BY age LIMIT 1", 1),
    ("SELECT id FROM person ORDER BY code LIMIT 1", 2, "SELECT id FROM person ORDER BY code LIMIT 1", 2),
    (
        "SELECT id FROM person WHERE name = 'ADA'", 1,
        "SELECT id FROM person WHERE lower(name) = lower('ADA')", 1,
    ),
    ("SELECT 1", 1, "INSERT INTO person (name) VALUES ('Alan') RETURNING id", 4),
    ("SELECT 1", 1, "INSERT INTO person (name) VALUES ('ADA')", errors.UniqueViolation),
    (
        "SELECT 1", 1,
        "INSERT INTO person (id) SELECT generate_series(4, 9); INSERT INTO person (age) VALUES (1)",
        errors.UniqueViolation,
    ),
    ("SELECT age, max(id) FROM person", 72, "SELECT age, max(id) FROM person", errors.GroupingError),
    (
        "SELECT count(*) FROM setting WHERE name IS NULL", 1,
        "SELECT count(*) FROM setting WHERE name IS NULL", 1,
    ),
    (
        "SELECT 1", 1,
        "SELECT contype::text FROM pg_constraint WHERE conrelid = 'setting'::regclass", "u",
    ),
    (
        "SELECT hidden FROM pragma_table_xinfo('Order') WHERE name = 'twice'", 2,
        "SELECT attgenerated::text FROM pg_attribute WHERE attname = 'twice'",
        "s",
    ),
    (
        "PRAGMA user_version", 42,
        "SELECT obj_description('public'::regnamespace) LIKE '%user_version=42%'", True,
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("differences") / "app.db"
    connection = apsw.Connection(str(path))
    connection.execute(SCHEMA).fetchall()
    connection.close()
    return path


def test_each_claim_holds_on_both_engines(
    source: Path, database: str, run_outgrow: Callable[..., tuple[int, str, str]]
) -> None:
    run_outgrow("move", source, "--to", database, check=0)
    reader = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)
    reader.config(apsw.SQLITE_DBCONFIG_DQS_DML, 1)  # as the sqlite3 module has it
    found = []
    with connect(database, autocommit=True) as connection:
        for here, _, there, _ in CLAIMS:
            given = reader.execute(here).fetchall()[0][0]
            found.append((here, given, there, _ask(connection, there)))
    reader.close()
    assert found == CLAIMS


def _ask(connection: psycopg.Connection[Any], sql: str) -> Any:
    """The first value of the answer, or the class of the refusal; nothing stays written."""
    try:
        with connection.transaction(force_rollback=True):
            cursor = connection.execute(sql.encode())
            row = cursor.fetchone() if cursor.description else None
    except psycopg.Error as error:
        return type(error)
    return row[0] if row else None
