"""The floor: what PostgreSQL itself needs when every row is ready in its own binary form.

Files made by `COPY ... TO` from a database that outgrow moved are read by the server itself with
`COPY ... FROM '/file' (FORMAT binary, FREEZE)` into the same tables, which then get the same
indexes, keys and foreign keys. As many streams as outgrow has, in the same order: the largest table
first, each table's indexes as soon as its rows are there. Left out, though outgrow does it: ANALYZE.
"""

from __future__ import annotations

import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from outgrow.embedded.cluster import binaries
from server import Server

_TABLES = """
SELECT c.oid, c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY pg_relation_size(c.oid) DESC
"""
_INDEXES = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s ORDER BY indexrelid"
_KEYS = """
SELECT format('ALTER TABLE public.%%I ADD CONSTRAINT %%I %%s USING INDEX %%I', r.relname, c.conname,
              CASE c.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, i.relname)
FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_class i ON i.oid = c.conindid
WHERE c.conrelid = %s AND c.contype IN ('p', 'u')
"""
_FOREIGN_KEYS = """
SELECT format('ALTER TABLE public.%%I ADD CONSTRAINT %%I %%s', r.relname, c.conname,
              pg_get_constraintdef(c.oid))
FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
WHERE c.conrelid = %s AND c.contype = 'f'
"""
_SESSION = "SET maintenance_work_mem = '256MB'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: where its rows are, and what it gets after them."""

    name: str
    file: str
    indexes: tuple[str, ...]
    keys: tuple[str, ...]
    foreign_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Everything the server needs to make the database again."""

    pre_data: str
    tables: tuple[Table, ...]
    bytes: int


def prepare(server: Server, database: str) -> Floor:
    """Writes the files from a moved database."""
    with server.connect(database) as connection:
        found = connection.execute(_TABLES).fetchall()
        tables = tuple(_table(connection, server, oid, name) for oid, name in found)
    command = [
        str(binaries() / "pg_dump"), "--schema-only", "--section=pre-data", "--schema=public",
        "--no-owner", "--dbname", server.url(database),
    ]  # fmt: skip
    dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    written = sum(file.stat().st_size for file in server.exchange.iterdir())
    return Floor(pre_data=_only_tables(dump), tables=tables, bytes=written)


def _only_tables(dump: str) -> str:
    """Without psql's own commands, and without the schema that every database has."""
    others = ("\\", "--", "CREATE SCHEMA", "COMMENT ON SCHEMA")
    return "\n".join(line for line in dump.splitlines() if not line.startswith(others))


def _table(connection: psycopg.Connection[Any], server: Server, oid: int, name: str) -> Table:
    file = str(server.exchange / f"{oid}.copy")
    statement = sql.SQL("COPY {} TO {} (FORMAT binary)")
    connection.execute(statement.format(sql.Identifier("public", name), sql.Literal(file)))

    def texts(query: str) -> tuple[str, ...]:
        return tuple(str(text) for (text,) in connection.execute(query.encode(), (oid,)))

    return Table(
        name=name, file=file, indexes=texts(_INDEXES), keys=texts(_KEYS), foreign_keys=texts(_FOREIGN_KEYS)
    )


def load(server: Server, database: str, floor: Floor, jobs: int) -> None:
    """Makes the whole database in `database`, which is empty."""
    with server.connect(database) as connection:
        connection.execute(floor.pre_data.encode())
    waiting: list[Future[None]] = []
    with ThreadPoolExecutor(jobs) as pool:

        def run(statement: str) -> None:
            with server.connect(database) as connection:
                connection.execute(_SESSION)
                connection.execute(statement.encode())

        def rows(table: Table) -> None:
            with server.connect(database) as connection, connection.transaction():
                target = sql.Identifier("public", table.name)
                connection.execute(sql.SQL("TRUNCATE {}").format(target))
                copy = sql.SQL("COPY {} FROM {} (FORMAT binary, FREEZE)")
                connection.execute(copy.format(target, sql.Literal(table.file)))
            waiting.extend(pool.submit(run, index) for index in table.indexes)

        for copied in [pool.submit(rows, table) for table in floor.tables]:
            copied.result()
        for built in waiting:
            built.result()
        for key in [pool.submit(run, key) for table in floor.tables for key in table.keys]:
            key.result()
        foreign = [pool.submit(run, key) for table in floor.tables for key in table.foreign_keys]
        for made in foreign:
            made.result()
