"""The model of a moved schema, kept in the target: what SQL for it is translated with.

Written at the end of a move and with every definition of the application's, in its transaction; read by
whoever runs SQL on the moved database. One row per target schema; the application's role may read it.
"""

from __future__ import annotations

from typing import Any

import psycopg

CHANNEL = "outgrow_model"
"""Where every change is announced, with the name of the schema."""

# Read from the catalog, because to_regclass() fails in a schema that the user may not enter.
_PRESENT = """
SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'outgrow' AND c.relname = 'model'
"""
_WRITE = """
INSERT INTO outgrow.model AS kept VALUES (%s, 1, %s)
ON CONFLICT (target_schema) DO UPDATE SET version = kept.version + 1, document = EXCLUDED.document
RETURNING version
"""


def present(connection: psycopg.Connection[Any]) -> bool:
    """Whether the target keeps models at all."""
    return bool(connection.execute(_PRESENT).fetchall())


def read(connection: psycopg.Connection[Any], schema: str) -> tuple[int, str] | None:
    """Version and document of what is kept of a schema; None for nothing. In the caller's transaction."""
    if not present(connection):
        return None
    row = connection.execute(
        "SELECT version, document FROM outgrow.model WHERE target_schema = %s", (schema,)
    ).fetchone()
    return None if row is None else (int(row[0]), str(row[1]))


def write(connection: psycopg.Connection[Any], schema: str, document: str) -> int:
    """Keeps a document in place of what was there, and announces it; its version.

    Runs in the caller's transaction. Raises psycopg.errors.InsufficientPrivilege when the user may not.
    """
    _create(connection)
    row = connection.execute(_WRITE, (schema, document)).fetchone()
    connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, schema))
    return int(row[0]) if row is not None else 0


def forget(connection: psycopg.Connection[Any], schema: str) -> None:
    """Removes what is kept of a schema, if anything. In the caller's transaction."""
    if present(connection):
        connection.execute("DELETE FROM outgrow.model WHERE target_schema = %s", (schema,))


def _create(connection: psycopg.Connection[Any]) -> None:
    if present(connection):
        return
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('outgrow.kept_model'))")
    if not connection.execute("SELECT FROM pg_namespace WHERE nspname = 'outgrow'").fetchall():
        connection.execute("CREATE SCHEMA IF NOT EXISTS outgrow")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS outgrow.model "
        "(target_schema text PRIMARY KEY, version bigint NOT NULL, document text NOT NULL)"
    )
    connection.execute("GRANT USAGE ON SCHEMA outgrow TO PUBLIC")
    connection.execute("GRANT SELECT ON outgrow.model TO PUBLIC")
