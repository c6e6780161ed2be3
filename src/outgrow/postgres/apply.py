"""The one module that carries statements out: after `plan`, called by `move` for both phases.

Each part of a statement runs in a transaction of its own together with its line in the ledger, so
that every step may run twice and none is half done. What PostgreSQL refuses becomes an outcome
with PostgreSQL's own words, never silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import errors

from outgrow.errors import TargetError
from outgrow.plan.model import Outcome, Statement
from outgrow.postgres.ledger import Ledger, digest

_ROWS_BREAK_IT = (errors.ForeignKeyViolation, errors.CheckViolation)
_PASSING = ("08", "40", "53", "55", "57", "58")
"""SQLSTATE classes that speak of the server or of other sessions: connection, rollback, resources, locks,
shutdown and cancel, system (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""
_DEFAULT_RULES = {
    "indexes": "index.refused",
    "unique_constraints": "index.refused",
    "primary_keys": "index.refused",
    "checks": "check.left",
}


def run_required(connection: psycopg.Connection[Any], statements: Iterable[Statement]) -> tuple[str, ...]:
    """Runs pre-data statements in the caller's transaction; TargetError when a required one is refused.

    Gives one line for each of the others that was.
    """
    refusals = []
    for statement in statements:
        try:
            with connection.transaction():
                for sql in statement.script:
                    connection.execute(_as_query(sql))
        except psycopg.Error as error:
            if is_passing(error) or statement.required:
                raise TargetError(
                    f"PostgreSQL refuses {statement.why}: {say(error)}{_advice(error)}"
                ) from error
            refusals.append(f"left out: {statement.why}: {say(error)}")
    return tuple(refusals)


def build(connection: psycopg.Connection[Any], ledger: Ledger, statement: Statement) -> str | None:
    """Runs a statement's `build` unless the ledger has it; PostgreSQL's words when it refuses, else None."""
    return _step(connection, ledger, statement, statement.build, "build")


def finish(connection: psycopg.Connection[Any], ledger: Ledger, statement: Statement) -> str | None:
    """Runs a statement's main SQL unless the ledger has it; PostgreSQL's words when it refuses, else None."""
    return _step(connection, ledger, statement, statement.sql or None, "made")


def validate(connection: psycopg.Connection[Any], ledger: Ledger, statement: Statement) -> str | None:
    """Runs a statement's `validate`; "rows" when rows break it, else PostgreSQL's words or None."""
    return _step(connection, ledger, statement, statement.validate, "validated")


def _step(
    connection: psycopg.Connection[Any], ledger: Ledger, statement: Statement, sql: str | None, fate: str
) -> str | None:
    if sql is None:
        return None
    key = digest(sql)
    done = ledger.reason(connection, key)
    if done is not None:
        return done or None
    try:
        with connection.transaction():
            connection.execute(_as_query(sql))
            ledger.make(connection, key, statement.table, fate, "")
    except psycopg.Error as error:
        if is_passing(error) or connection.closed:
            raise
        reason = "rows" if fate == "validated" and isinstance(error, _ROWS_BREAK_IT) else say(error)
        with connection.transaction():
            ledger.make(connection, key, statement.table, "refused", reason)
        return reason
    return None


def refused(statement: Statement, reason: str) -> tuple[Outcome, ...]:
    """The statement's outcomes when PostgreSQL refuses it."""
    return tuple(
        replace(
            outcome,
            fate="left",
            reason=f"PostgreSQL refuses it: {reason}",
            text=outcome.text or statement.sql or statement.build or "",
            rule=outcome.rule or _DEFAULT_RULES.get(outcome.kind),
        )
        for outcome in statement.outcomes
    )


def is_passing(error: psycopg.Error) -> bool:
    """Whether the error speaks of the server or of other sessions: the same statement may succeed later."""
    state = error.sqlstate
    return isinstance(error, psycopg.OperationalError) if state is None else state.startswith(_PASSING)


def _advice(error: psycopg.Error) -> str:
    if isinstance(error, errors.InsufficientPrivilege):
        return "; grant the target user the right to it, or name a schema of its own with --schema"
    return "; mend that and run the same command again"


def say(error: psycopg.Error) -> str:
    """PostgreSQL's message in one line, with its detail."""
    primary = error.diag.message_primary or str(error).strip().partition("\n")[0]
    detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
    return " ".join((primary + detail).split())


def _as_query(sql: str) -> bytes:
    # As bytes: psycopg then takes the text as it is, with any % in it.
    return sql.encode()
