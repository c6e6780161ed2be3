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

from outgrow.errors import TargetError

SCHEMA = "sqlite"
_MARK = "the functions of SQLite, kept by outgrow"
_CONTENT = f"""
SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = n.oid)
     + (SELECT count(*) FROM pg_proc WHERE pronamespace = n.oid)
     + (SELECT count(*) FROM pg_type WHERE typnamespace = n.oid)
FROM pg_namespace n WHERE nspname = '{SCHEMA}'
"""


@cache
def script() -> tuple[str, ...]:
    """The SQL of every family, in the order in which they are run."""
    folder = resources.files(__package__)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return tuple(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


def script_with_schema() -> tuple[str, ...]:
    """The same for psql on an empty database, as `install` leaves it."""
    before = f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};\nSET check_function_bodies = off;\n"
    after = "".join(f"{sql};\n" for sql in (*_finish(), "RESET check_function_bodies"))
    return (before, *script(), after)


def _finish() -> tuple[str, str]:
    """Everyone may call: views and triggers do so as whoever uses the application's tables."""
    return (
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO PUBLIC",
        f"COMMENT ON SCHEMA {SCHEMA} IS '{_MARK} {version()}'",
    )


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
    superuser. Raises psycopg.Error; TargetError when the schema is someone else's.
    """
    if installed(connection) == version() and not _lacks_vectors(connection):
        return False
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('outgrow.sqlite'))")
        there = installed(connection)
        if there == version() and not _lacks_vectors(connection):
            return False
        if there is None:
            _refuse_foreign(connection)
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        connection.execute("SET LOCAL check_function_bodies = off")  # a family may call one that comes later
        for text in script():
            connection.execute(text.encode())
        for sql in _finish():
            connection.execute(sql.encode())
    return True


def _refuse_foreign(connection: psycopg.Connection[Any]) -> None:
    row = connection.execute(_CONTENT.encode()).fetchone()
    if row is not None and row[0]:
        raise TargetError(
            f"the target's schema {SCHEMA} is not outgrow's, which keeps SQLite's functions in one of that "
            f"name; rename it (ALTER SCHEMA {SCHEMA} RENAME TO ...), or move into another database"
        )


def _lacks_vectors(connection: psycopg.Connection[Any]) -> bool:
    """Whether pgvector came after the functions, of which those over vectors are then missing."""
    row = connection.execute(
        f"SELECT to_regtype('vector') IS NOT NULL AND to_regproc('{SCHEMA}.vec_blob') IS NULL".encode()
    ).fetchone()
    return bool(row and row[0])
