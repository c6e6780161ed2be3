"""The write test: one row without key into a table, in a transaction that is rolled back.

It catches what only the application's first INSERT would show: an identity that lags behind, a
lost default, a NOT NULL too many, a trigger that cannot run.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import errors

from outgrow.plan.model import ColumnPlan, TablePlan
from outgrow.postgres.apply import say
from outgrow.schema.names import literal, qualified, quote
from outgrow.schema.target import family

_BLANK = {
    "integer": "0", "real": "0", "numeric": "0", "boolean": "false", "text": "''", "bytea": "''::bytea", "json": "'{}'",
    "uuid": "'00000000-0000-0000-0000-000000000000'::uuid", "date": "'2000-01-01'::date", "time": "'00:00'::time",
    "timestamp": "'2000-01-01'::timestamp", "timestamptz": "'2000-01-01Z'::timestamptz",
}  # fmt: skip


def try_write(connection: psycopg.Connection[Any], schema: str, table: TablePlan) -> str | None:
    """Why the table does not take a new row that SQLite would take; None when it does.

    Runs in a transaction of its own that is always rolled back, sequences included: the identity is
    restarted inside it, and ALTER SEQUENCE rolls back where nextval does not. A refusal by the data's
    own rules (a foreign key, a CHECK, another unique key) is no fault.
    """
    identity = next((column for column in table.columns if column.identity), None)
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SET LOCAL lock_timeout = '5s'")
            if identity is not None:
                lagging = _restart(connection, schema, table, identity)
                if lagging is not None:
                    return lagging
            connection.execute(_insert(connection, schema, table).encode())
    except errors.UniqueViolation as error:
        return say(error) if identity is not None and _names_key(error, table, identity) else None
    except errors.NotNullViolation as error:
        return say(error)
    except (psycopg.IntegrityError, errors.RaiseException):
        return None
    except errors.LockNotAvailable:
        return "it is locked by another session"
    except psycopg.Error as error:
        return say(error)
    return None


def _restart(
    connection: psycopg.Connection[Any], schema: str, table: TablePlan, identity: ColumnPlan
) -> str | None:
    name = qualified(schema, table.name)
    row = connection.execute("SELECT pg_get_serial_sequence(%s, %s)", (name, identity.name)).fetchone()
    if row is None or row[0] is None:
        return f"{identity.name} has no sequence"
    value = connection.execute(f"SELECT last_value, is_called FROM {row[0]}".encode()).fetchone()
    largest = connection.execute(f"SELECT max({quote(identity.name)}) FROM {name}".encode()).fetchone()
    if value is None or largest is None:
        return f"{identity.name} has no sequence"
    following = min(value[0] + 1 if value[1] else value[0], 2**63 - 1)
    if largest[0] is not None and following <= largest[0] < 2**63 - 1:
        return f"the identity would give {following}, but {identity.name} goes up to {largest[0]} already"
    connection.execute(f"ALTER TABLE {name} ALTER COLUMN {quote(identity.name)} RESTART WITH {following}".encode())
    return None


def _insert(connection: psycopg.Connection[Any], schema: str, table: TablePlan) -> str:
    name = qualified(schema, table.name)
    given = [c for c in table.columns if not c.identity and c.generated is None and _must_be_given(c, table)]
    if not given:
        return f"INSERT INTO {name} DEFAULT VALUES"
    names = ", ".join(quote(column.name) for column in given)
    filled = connection.execute(f"SELECT EXISTS (SELECT 1 FROM {name})".encode()).fetchone()
    if filled is not None and filled[0]:
        return f"INSERT INTO {name} ({names}) SELECT {names} FROM {name} LIMIT 1"
    return f"INSERT INTO {name} ({names}) VALUES ({', '.join(_blank(column) for column in given)})"


def _must_be_given(column: ColumnPlan, table: TablePlan) -> bool:
    return (column.not_null and column.default is None) or column.source in table.primary_key


def _blank(column: ColumnPlan) -> str:
    kind = family(column.type)
    if kind == "vector":
        size = int(column.type.partition("(")[2].rstrip(")"))
        return literal("[" + ",".join(["0"] * size) + "]") + "::vector"
    return _BLANK.get(kind, "NULL")


def _names_key(error: psycopg.Error, table: TablePlan, identity: ColumnPlan) -> bool:
    """Whether the broken key is the identity's own."""
    detail = error.diag.message_detail or ""
    return detail.startswith(f"Key ({quote(identity.name)})=") and len(table.columns) > 0
