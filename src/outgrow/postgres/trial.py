"""The write test: one row without key into a table, in a transaction that is rolled back.

Called by `move.check` for every table once the values are compared. It catches what only the
application's first INSERT would show: an identity that lags behind, a lost default, a NOT NULL too
many, a trigger that cannot run.
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
    "integer": "0",
    "real": "0",
    "numeric": "0",
    "boolean": "false",
    "text": "''",
    "bytea": "''::bytea",
    "json": "'{}'",
    "uuid": "'00000000-0000-0000-0000-000000000000'::uuid",
    "date": "'2000-01-01'::date",
    "time": "'00:00'::time",
    "timestamp": "'2000-01-01'::timestamp",
    "timestamptz": "'2000-01-01Z'::timestamptz",
}

_FRESH = {"integer": "(random() * 32767)::int", "text": "md5(random()::text)", "uuid": "gen_random_uuid()"}

# The identities of a schema's tables, whose sequences a trigger may reach: (sequence, table, column).
_IDENTITIES = """
SELECT pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname)
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND a.attidentity <> '' AND NOT a.attisdropped
  AND EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = %s::regclass AND NOT g.tgisinternal)
ORDER BY 1
"""

LAST = 2**63 - 1


def try_write(connection: psycopg.Connection[Any], schema: str, table: TablePlan) -> str | None:
    """Why the table does not take a new row that SQLite would take; None when it does.

    Runs in a transaction of its own that is always rolled back, sequences included: each sequence
    that the row may reach is restarted inside it where it stands, and ALTER SEQUENCE rolls back
    where nextval does not. A refusal by the data's own rules (a foreign key, a CHECK, another
    unique key) is no fault.
    """
    identity = next((column for column in table.columns if column.identity), None)
    blank: frozenset[str] = frozenset()
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SET LOCAL lock_timeout = '5s'")
            _hold_sequences(connection, schema, table)
            if identity is not None:
                largest = _largest(connection, schema, table, identity)
                if largest == LAST and table.autoincrement:
                    return None  # SQLite has no further value either
                lagging = _restart(connection, schema, table, identity, largest)
                if lagging is not None:
                    return lagging
            insert, blank = _insert(connection, schema, table)
            connection.execute(insert.encode())
    except errors.UniqueViolation as error:
        return say(error) if identity is not None and _names_key(error, identity) else None
    except errors.NotNullViolation as error:
        return None if error.diag.column_name in blank else say(error)
    except (psycopg.IntegrityError, errors.RaiseException):
        return None
    except errors.LockNotAvailable:
        return "it is locked by another session"
    except psycopg.Error as error:
        if connection.closed:
            raise
        return say(error)
    return None


def _hold_sequences(connection: psycopg.Connection[Any], schema: str, table: TablePlan) -> None:
    """Restarts the schema's sequences where they stand, when the table has triggers that may use them."""
    for (sequence,) in connection.execute(_IDENTITIES, (schema, qualified(schema, table.name))).fetchall():
        _restart_at(connection, sequence, _following(connection, sequence))


def _following(connection: psycopg.Connection[Any], sequence: str) -> int:
    """The value that the sequence gives next; `sequence` is already quoted."""
    row = connection.execute(f"SELECT last_value, is_called FROM {sequence}".encode()).fetchone()
    last, called = row or (0, True)
    return min(int(last) + int(called), LAST)


def _largest(
    connection: psycopg.Connection[Any], schema: str, table: TablePlan, identity: ColumnPlan
) -> int | None:
    (found,) = connection.execute(
        f"SELECT max({quote(identity.name)}) FROM {qualified(schema, table.name)}".encode()
    ).fetchone() or (None,)
    return None if found is None else int(found)


def _restart_at(connection: psycopg.Connection[Any], sequence: str, following: int) -> None:
    connection.execute(f"ALTER SEQUENCE {sequence} RESTART WITH {following}".encode())


def _restart(
    connection: psycopg.Connection[Any],
    schema: str,
    table: TablePlan,
    identity: ColumnPlan,
    largest: int | None,
) -> str | None:
    """Restarts the table's own sequence where it stands; why it lags when it does."""
    name = qualified(schema, table.name)
    row = connection.execute("SELECT pg_get_serial_sequence(%s, %s)", (name, identity.name)).fetchone()
    if row is None or row[0] is None:
        return f"{identity.name} has no sequence"
    following = _following(connection, row[0])
    if largest is not None and following <= largest:
        return f"the identity would give {following}, but {identity.name} goes up to {largest} already"
    _restart_at(connection, row[0], following)
    return None


def _insert(connection: psycopg.Connection[Any], schema: str, table: TablePlan) -> tuple[str, frozenset[str]]:
    """The INSERT of one row, and the columns for which there is no value to give."""
    name = qualified(schema, table.name)
    given = [c for c in table.columns if not c.identity and c.generated is None and _must_be_given(c, table)]
    if not given:
        return f"INSERT INTO {name} DEFAULT VALUES", frozenset()
    names = ", ".join(quote(column.name) for column in given)
    filled = connection.execute(f"SELECT EXISTS (SELECT 1 FROM {name})".encode()).fetchone()
    if filled is not None and filled[0]:
        values = ", ".join(_value(column, table) for column in given)
        return f"INSERT INTO {name} ({names}) SELECT {values} FROM {name} LIMIT 1", frozenset()
    unknown = frozenset(column.name for column in given if _blank(column) == "NULL")
    return f"INSERT INTO {name} ({names}) VALUES ({', '.join(map(_blank, given))})", unknown


def _must_be_given(column: ColumnPlan, table: TablePlan) -> bool:
    return (column.not_null and column.default is None) or column.source in table.primary_key


def _value(column: ColumnPlan, table: TablePlan) -> str:
    """The value of another row; in the last column of the key one that hardly any row has."""
    fresh = _FRESH.get(family(column.type)) if (column.source,) == table.primary_key[-1:] else None
    return fresh or quote(column.name)


def _blank(column: ColumnPlan) -> str:
    kind = family(column.type)
    if kind == "vector":
        size = int(column.type.partition("(")[2].rstrip(")"))
        return literal("[" + ",".join(["0"] * size) + "]") + "::vector"
    return _BLANK.get(kind, "NULL")


def _names_key(error: psycopg.Error, identity: ColumnPlan) -> bool:
    """Whether the broken key is the identity's own."""
    return (error.diag.message_detail or "").startswith(f"Key ({quote(identity.name)})=")
