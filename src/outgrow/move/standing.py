"""What stands in the target schema before a move: nothing, an earlier move, or something else.

The first step of `migrate` after the plan: it begins, goes on or refuses by what is said here. Only
names that a plan makes are ever dropped.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from outgrow.errors import TargetError
from outgrow.plan.model import Outcome, Plan, TablePlan
from outgrow.plan.stored import load_tables
from outgrow.postgres.apply import say
from outgrow.postgres.ledger import Entry
from outgrow.schema.names import fold, qualified, shorten

_PRESENT = """
SELECT CASE c.relkind
         WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
         WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'TABLE' ELSE 'OTHER' END, c.relname::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = ANY(%(relations)s)
UNION ALL
SELECT 'FUNCTION', p.proname::text
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = %(schema)s AND p.proname = ANY(%(functions)s) AND p.pronargs = 0
ORDER BY 1, 2
"""
_DROP_ORDER = ("VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", "TABLE", "FUNCTION")

Found = tuple[str, str]
"""One object in the schema: its kind in SQL's word, and its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a plan makes: tables and views by name, and the functions that its triggers call."""

    relations: frozenset[str]
    functions: frozenset[str]


def names_of(tables: Iterable[TablePlan], outcomes: Iterable[Outcome]) -> Names:
    """The names of those tables and of the views and triggers among the outcomes that are not left."""
    made = [outcome for outcome in outcomes if outcome.fate != "left"]
    return Names(
        relations=frozenset(table.name for table in tables)
        | {outcome.target for outcome in made if outcome.kind == "views"},
        functions=frozenset(
            shorten(fold(outcome.name), "_trigger") for outcome in made if outcome.kind == "triggers"
        ),
    )


def remembered(entry: Entry) -> Names:
    """The names that an earlier move has made or was about to make."""
    return names_of(*load_tables(entry.plan))


def present(connection: psycopg.Connection[Any], schema: str, names: Names) -> tuple[Found, ...]:
    """Of those names, the ones that the schema has, in order."""
    given = {"schema": schema, "relations": list(names.relations), "functions": list(names.functions)}
    return tuple((kind, name) for kind, name in connection.execute(_PRESENT, given))


def refuse_present(found: Iterable[Found], plan: Plan) -> None:
    """TargetError when the schema has any of the plan's names."""
    names = [f"function {name}" if kind == "FUNCTION" else name for kind, name in found]
    if not names:
        return
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    raise TargetError(
        f"the target already has {shown} in schema {plan.schema}; "
        "give another --schema or database, or --replace to drop what the plan makes"
    )


def refuse_other(entry: Entry, found: Iterable[Found], schema: str) -> None:
    """TargetError when the schema holds tables of another file's move."""
    if any(True for _ in found):
        state = "the move" if entry.state == "done" else "an unfinished move"
        raise TargetError(
            f"schema {schema} of the target holds {state} of {entry.source}; "
            "give another --schema or database, or --replace to drop what the plan makes"
        )


def drop(connection: psycopg.Connection[Any], schema: str, found: Iterable[Found]) -> None:
    """Drops those objects; TargetError when others depend on them or one is neither table nor view."""
    there = tuple(found)
    for kind, name in there:
        if kind not in _DROP_ORDER:
            raise TargetError(
                f"{name} in schema {schema} is neither a table nor a view; "
                "rename it in the plan or drop it yourself"
            )
    try:
        for kind in _DROP_ORDER:
            names = [qualified(schema, name) for word, name in there if word == kind]
            if names:
                end = "()" if kind == "FUNCTION" else ""
                connection.execute(f"DROP {kind} {', '.join(name + end for name in names)}".encode())
    except psycopg.errors.DependentObjectsStillExist as error:
        raise TargetError(
            f"{say(error)}; drop the dependent object yourself, or move into another --schema"
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise TargetError(f"{say(error)}; connect as the owner of these objects") from error


def has_schema(connection: psycopg.Connection[Any], schema: str) -> bool:
    """Whether the schema is there, so that a user without CREATE on the database need not make it."""
    row = connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone()
    return row is not None


PATIENCE = 3.0
"""Seconds in which the server notices that an outgrow which was killed is gone, and lets go of its lock."""


def lock(connection: psycopg.Connection[Any], schema: str) -> None:
    """Keeps other outgrows off this schema while the connection lives; TargetError if one is at work."""
    ask = "SELECT pg_try_advisory_lock(hashtextextended('outgrow:' || %s, 0))"
    until = time.monotonic() + PATIENCE
    while connection.execute(ask, (schema,)).fetchone() != (True,):
        if time.monotonic() > until:
            raise TargetError(
                f"another outgrow works on schema {schema} of this database; wait until it has ended"
            )
        time.sleep(0.05)
