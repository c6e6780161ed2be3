"""The peers, each as its own documentation says to run it, and what is gone once they say they are done.

pgloader is Debian's package; DuckDB is the PyPI wheel with its two extensions as wheels, which
works offline. Neither exit code nor output of either tells what `losses` finds.
"""

from __future__ import annotations

import importlib.util
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import psycopg

import measure
from measure import Ran
from server import Server

_DUCKDB = """
import sys, duckdb
source, target, *extensions = sys.argv[1:]
connection = duckdb.connect()
for extension in extensions:
    connection.execute(f"LOAD '{extension}'")
connection.execute(f"ATTACH '{source}' AS s (TYPE sqlite, READ_ONLY)")
connection.execute(f"ATTACH '{target}' AS p (TYPE postgres)")
tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 's'").fetchall()
for (name,) in tables:
    connection.execute(f'CREATE TABLE p.public."{name}" AS FROM s.main."{name}"')
"""


def pgloader(source: Path, server: Server, database: str) -> Ran:
    """The program with its defaults; Failed when it exits with an error."""
    target = f"postgresql://postgres@unix:{server.socket}:5432/{database}"
    return measure.process(["pgloader", f"sqlite://{source}", target])


def duckdb(source: Path, server: Server, database: str) -> Ran:
    """One CREATE TABLE AS per table: rows only, since that is all that the extensions carry."""
    found = _duckdb_extensions()
    return measure.python(
        _DUCKDB, str(source), f"host={server.socket} user=postgres dbname={database}", *map(str, found)
    )


RUNNERS = {"pgloader": pgloader, "duckdb": duckdb}


def installed() -> list[str]:
    """Names of the peers that can run here."""
    names = ["pgloader"] if shutil.which("pgloader") else []
    if importlib.util.find_spec("duckdb") and len(_duckdb_extensions()) == 2:
        names.append("duckdb")
    return names


def _duckdb_extensions() -> list[Path]:
    found = []
    for name in ("sqlite_scanner", "postgres_scanner"):
        spec = importlib.util.find_spec(f"duckdb_extension_{name}")
        for location in (spec.submodule_search_locations or ()) if spec else ():
            found += sorted(Path(location).glob("extensions/*/*.duckdb_extension"))
    return found


def losses(source: Path, server: Server, database: str) -> list[str]:
    """What the file has and the target has not: rows, digits, NOT NULL, indexes, keys, defaults."""
    with sqlite3.connect(source) as sqlite, server.connect(database) as postgres:
        tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        names = [name for (name,) in sqlite.execute(tables)]
        return [
            *_rows(sqlite, postgres, names),
            *_doubles(sqlite, postgres, names),
            *_not_nulls(sqlite, postgres, names),
            *_indexes(sqlite, postgres),
            *_foreign_keys(sqlite, postgres, names),
            *_without_number(postgres, names),
        ]


def _one(postgres: psycopg.Connection[Any], query: str, *values: object) -> Any:
    row = postgres.execute(query.encode(), values).fetchone()
    return None if row is None else row[0]


def _rows(sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any], names: list[str]) -> list[str]:
    said = []
    for name in names:
        (ours,) = sqlite.execute(f'SELECT count(*) FROM "{name}"').fetchone()
        theirs = _one(postgres, f'SELECT count(*) FROM "{name}"')
        if ours != theirs:
            said.append(f"{name}: {ours - theirs:,} of {ours:,} rows missing")
    return said


def _doubles(sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any], names: list[str]) -> list[str]:
    """Doubles that are not the same any more, found by key in the first 100,000 rows of each table."""
    changed = 0
    for name in names:
        columns = [c[1] for c in sqlite.execute(f'PRAGMA table_info("{name}")') if c[2] == "REAL"]
        for column in columns:
            query = f'SELECT id, "{column}" FROM "{name}" WHERE id <= 100000 ORDER BY id'
            theirs = postgres.execute(query.encode()).fetchall()
            changed += sum(a != b for a, b in zip(sqlite.execute(query), theirs, strict=True))
    return [f"{changed:,} of the first doubles changed (float4)"] if changed else []


def _not_nulls(sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any], names: list[str]) -> list[str]:
    gone = 0
    for name in names:
        for _, column, _, not_null, _, _ in sqlite.execute(f'PRAGMA table_info("{name}")'):
            query = "SELECT attnotnull FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s"
            gone += bool(not_null) and not _one(postgres, query, f'"{name}"', column)
    return [f"{gone} NOT NULL lost"] if gone else []


def _indexes(sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any]) -> list[str]:
    made = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid::regclass::text = %s"
    wanted = "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
    gone = []
    for name, table, text in sqlite.execute(wanted):
        theirs = [d for (d,) in postgres.execute(made.encode(), (table,)) if name in d]
        if not theirs:
            gone.append(f"index {name} lost")
        elif " WHERE " in text and " WHERE " not in theirs[0]:
            gone.append(f"index {name} no longer partial")
        elif "NOCASE" in text and "lower" not in theirs[0]:
            gone.append(f"index {name} no longer ignores case")
    return gone


def _foreign_keys(
    sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any], names: list[str]
) -> list[str]:
    ours = sum(len(sqlite.execute(f'PRAGMA foreign_key_list("{name}")').fetchall()) for name in names)
    theirs = _one(postgres, "SELECT count(*) FROM pg_constraint WHERE contype = 'f'")
    return [f"{ours - theirs} foreign keys lost"] if theirs < ours else []


def _without_number(postgres: psycopg.Connection[Any], names: list[str]) -> list[str]:
    """Tables whose INTEGER PRIMARY KEY gives no number to a new row any more."""
    query = (
        "SELECT count(*) FROM pg_attribute WHERE attname = 'id' AND attrelid = ANY (%s::text[]::regclass[]) "
        "AND attidentity = '' AND NOT atthasdef"
    )
    count = _one(postgres, query, names)
    return [f"{count} of {len(names)} tables no longer number a new row"] if count else []
