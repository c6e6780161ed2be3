"""What stands in the target schema before a move: nothing, an unfinished move of ours, or something else.

Decides between beginning, going on and refusing; drops only names that the plan itself makes.
"""

from __future__ import annotations

from typing import Any

import psycopg

from outgrow.errors import TargetError
from outgrow.plan.model import Plan
from outgrow.postgres.apply import say
from outgrow.schema.names import qualified

_RELATIONS = """
SELECT relname::text, relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE nspname = %s AND relname = ANY(%s) ORDER BY relname
"""
_WORDS = {"v": "VIEW", "m": "MATERIALIZED VIEW", "r": "TABLE", "p": "TABLE", "f": "FOREIGN TABLE"}


def relations_of(plan: Plan) -> list[str]:
    """Names of the tables and views that the plan makes."""
    views = [o.target for s in plan.statements for o in s.outcomes if o.kind == "views"]
    return [table.name for table in plan.tables] + views


def present(connection: psycopg.Connection[Any], plan: Plan) -> dict[str, str]:
    """Of the names that the plan makes, those that the schema has, with their pg_class.relkind."""
    return dict(connection.execute(_RELATIONS, (plan.schema, relations_of(plan))).fetchall())


def refuse_present(found: dict[str, str], plan: Plan) -> None:
    """TargetError when the schema has any of the plan's names."""
    if not found:
        return
    names = ", ".join(list(found)[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    raise TargetError(
        f"the target already has {names} in schema {plan.schema}; "
        "give another --schema or database, or --replace to drop what the plan makes"
    )


def drop(connection: psycopg.Connection[Any], found: dict[str, str], plan: Plan) -> None:
    """Drops those relations, views first; TargetError when something else depends on them or they are no tables."""
    odd = [name for name, kind in found.items() if kind not in _WORDS]
    if odd:
        raise TargetError(
            f"{odd[0]} in schema {plan.schema} is neither a table nor a view; rename it in the plan or drop it yourself"
        )
    try:
        for kind in ("v", "m", "f", "r", "p"):
            names = [qualified(plan.schema, name) for name, relkind in found.items() if relkind == kind]
            if names:
                connection.execute(f"DROP {_WORDS[kind]} {', '.join(names)}".encode())
    except psycopg.errors.DependentObjectsStillExist as error:
        raise TargetError(
            f"{say(error)}; drop the dependent object yourself, or move into another --schema"
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise TargetError(f"{say(error)}; connect as the owner of these tables") from error


def lock(connection: psycopg.Connection[Any], schema: str) -> None:
    """Keeps other outgrows off this schema for as long as the connection lives; TargetError if one is at work."""
    row = connection.execute(
        "SELECT pg_try_advisory_lock(hashtextextended('outgrow:' || %s, 0))", (schema,)
    ).fetchone()
    if row is None or not row[0]:
        raise TargetError(f"another outgrow works on schema {schema} of this database; wait until it has ended")
