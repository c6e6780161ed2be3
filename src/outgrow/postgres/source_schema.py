"""The source's own schema, kept in the target: what SQLite said in sqlite_master and its pragmas.

Called by `move`, beside the ledger; read by functions/60_catalog.sql, for the application's own role too.
One set of rows per target schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg

from outgrow.errors import TargetError

Rows = tuple[tuple[Any, ...], ...]


class SourceSchema(Protocol):
    """What is kept; `sqlite.pragmas.SourceSchema` reads it. Columns as in the tables below."""

    @property
    def master(self) -> Rows:
        """Rows of sqlite_master."""

    @property
    def tables(self) -> Rows:
        """Rows of table_list."""

    @property
    def columns(self) -> Rows:
        """Tables' names with rows of table_xinfo."""

    @property
    def indexes(self) -> Rows:
        """Tables' names with rows of index_list."""

    @property
    def index_columns(self) -> Rows:
        """Indexes' names with rows of index_xinfo."""

    @property
    def foreign_keys(self) -> Rows:
        """Tables' names with rows of foreign_key_list."""

    @property
    def settings(self) -> Rows:
        """Names and values of pragmas that have one value."""


_COLUMNS: Mapping[str, str] = {
    "sqlite_master": "position bigint, type text, name text, tbl_name text, rootpage bigint, sql text",
    "sqlite_tables": (
        "position bigint, source_schema text, name text, type text, ncol bigint, wr bigint, strict bigint"
    ),
    "sqlite_columns": (
        'table_name text, cid bigint, name text, type text, "notnull" bigint, dflt_value text, pk bigint, '
        "hidden bigint"
    ),
    "sqlite_indexes": (
        'table_name text, seq bigint, name text, "unique" bigint, origin text, partial bigint'
    ),
    "sqlite_index_columns": (
        'index_name text, seqno bigint, cid bigint, name text, "desc" bigint, coll text, "key" bigint'
    ),
    "sqlite_foreign_keys": (
        'table_name text, id bigint, seq bigint, "table" text, "from" text, "to" text, on_update text, '
        "on_delete text, match text"
    ),
    "sqlite_settings": "name text, value text",
}

# Hash, because a B-tree refuses names of more than 2,700 bytes.
_INDEXED = {
    "sqlite_columns": "table_name",
    "sqlite_indexes": "table_name",
    "sqlite_index_columns": "index_name",
    "sqlite_foreign_keys": "table_name",
}

# Read from the catalog, because to_regclass() fails in a schema that the user may not enter.
_PRESENT = """
SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'outgrow' AND c.relname = ANY (%s)
"""


_TEXTS = """
SELECT sql FROM outgrow.sqlite_master
WHERE schema = %s AND sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%%'
ORDER BY position
"""


_STATISTICS = (
    "SELECT name FROM outgrow.sqlite_master WHERE schema = %s AND name LIKE 'sqlite^_stat_' ESCAPE '^'"
)


def statistics(connection: psycopg.Connection[Any], schema: str) -> frozenset[str]:
    """Which tables of ANALYZE the sqlite_master of that schema lists: sqlite_stat1, sqlite_stat4."""
    if "sqlite_master" not in _present(connection):
        return frozenset()
    return frozenset(name for (name,) in connection.execute(_STATISTICS, (schema,)))


def keep(
    connection: psycopg.Connection[Any], schema: str, source: SourceSchema, *, settings: bool = True
) -> None:
    """Writes what SQLite says of the source of a move into `schema`, in place of what was there.

    Without `settings` those of the pragmas that have one value stay. Runs in the caller's transaction.
    TargetError when the user may not.
    """
    rows = {
        "sqlite_master": _numbered(source.master),
        "sqlite_tables": _numbered(source.tables),
        "sqlite_columns": source.columns,
        "sqlite_indexes": source.indexes,
        "sqlite_index_columns": source.index_columns,
        "sqlite_foreign_keys": source.foreign_keys,
        "sqlite_settings": source.settings,
    }
    with _allowed(connection):
        if _present(connection) != _COLUMNS.keys():
            _create(connection)
        if not settings:
            del rows["sqlite_settings"]
        for table in rows:
            connection.execute(f"DELETE FROM outgrow.{table} WHERE schema = %s".encode(), (schema,))
        for table, those in rows.items():
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY outgrow.{table} FROM STDIN".encode()) as copy,
            ):
                for row in those:
                    copy.write_row((schema, *row))


def kept_texts(connection: psycopg.Connection[Any], schema: str) -> tuple[str, ...] | None:
    """The CREATE texts of what SQLite had, in its order; None where nothing of that schema was kept."""
    if _present(connection) != _COLUMNS.keys():
        return None
    kept = connection.execute("SELECT 1 FROM outgrow.sqlite_settings WHERE schema = %s", (schema,)).fetchall()
    rows = connection.execute(_TEXTS, (schema,)).fetchall()
    return tuple(str(text) for (text,) in rows) if kept else None


def forget(connection: psycopg.Connection[Any], schema: str) -> None:
    """Removes what was kept of the move into `schema`, if anything. In the caller's transaction."""
    with _allowed(connection):
        _delete(connection, schema)


def _numbered(rows: Rows) -> Rows:
    return tuple((position, *row) for position, row in enumerate(rows))


def _present(connection: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in connection.execute(_PRESENT, ([*_COLUMNS],))}


def _create(connection: psycopg.Connection[Any]) -> None:
    """Makes what is missing. The lock makes another outgrow wait that does the same at this moment."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('outgrow.source_schema'))")
    if not connection.execute("SELECT FROM pg_namespace WHERE nspname = 'outgrow'").fetchall():
        connection.execute("CREATE SCHEMA IF NOT EXISTS outgrow")
    connection.execute("GRANT USAGE ON SCHEMA outgrow TO PUBLIC")
    missing = _COLUMNS.keys() - _present(connection)
    for table, columns in _COLUMNS.items():
        if table not in missing:
            continue
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS outgrow.{table} (schema text NOT NULL, {columns})".encode()
        )
        if name := _INDEXED.get(table):
            connection.execute(
                f"CREATE INDEX IF NOT EXISTS {table}_name ON outgrow.{table} "
                f'USING hash (lower({name} COLLATE "C"))'.encode()
            )
        connection.execute(f"GRANT SELECT ON outgrow.{table} TO PUBLIC".encode())


def _delete(connection: psycopg.Connection[Any], schema: str) -> None:
    for table in sorted(_present(connection)):
        connection.execute(f"DELETE FROM outgrow.{table} WHERE schema = %s".encode(), (schema,))


@contextmanager
def _allowed(connection: psycopg.Connection[Any]) -> Iterator[None]:
    try:
        with connection.transaction():
            yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise TargetError(
            "the target user may not write to the schema outgrow, where a move keeps the source's catalog; "
            "connect as the owner, or grant USAGE and CREATE on it and SELECT, INSERT, DELETE on its tables"
        ) from error
