"""The schema `sqlite` of the target: SQLite's functions as plain SQL and PL/pgSQL, installed and upgraded.

One file of SQL per family beside this module, run in the order of their names. They only say CREATE OR
REPLACE, so what stands on a function (an index, a view, a trigger) stays; a signature that was given out
is never changed, a new one is added. What the translator writes calls them by `sqlite.name`.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any

import psycopg

SCHEMA = "sqlite"
_MARK = "the functions of SQLite, kept by outgrow"


@cache
def script() -> tuple[str, ...]:
    """The SQL of every family, in the order in which they are run."""
    folder = resources.files(__package__)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return tuple(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


def script_with_schema() -> tuple[str, ...]:
    """The same for psql on an empty database."""
    return (f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};\nSET check_function_bodies = off;\n", *script())


@cache
def version() -> str:
    """Identity of the functions of this program."""
    return hashlib.sha256("\0".join(script()).encode()).hexdigest()[:16]


def installed(connection: psycopg.Connection[Any]) -> str | None:
    """Version of the functions that the database has; None where the schema is missing or not outgrow's."""
    row = connection.execute(
        f"SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = '{SCHEMA}'".encode()
    ).fetchone()
    said = str(row[0]) if row and row[0] else ""
    return said.rpartition(" ")[2] if said.startswith(_MARK) else None


def install(connection: psycopg.Connection[Any]) -> bool:
    """Installs the functions, or brings them to this program's version; whether there was anything to do.

    Runs in one transaction (a savepoint inside the caller's). Needs the right to create a schema, and no
    superuser. Raises psycopg.Error.
    """
    if installed(connection) == version():
        return False
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('outgrow.sqlite'))")
        if installed(connection) == version():
            return False
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        connection.execute("SET LOCAL check_function_bodies = off")  # a family may call one that comes later
        for text in script():
            connection.execute(text.encode())
        # Views and triggers call them as whoever uses the application's tables.
        connection.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO PUBLIC")
        connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{_MARK} {version()}'")
    return True
