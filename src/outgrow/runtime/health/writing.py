"""The write test: one row of one table, written as the application's user and rolled back.

A new row where the user owns the table, by `postgres.trial`, which can then take back even what an identity
gave. Anybody else changes one row into itself, which reaches no sequence. Tables with triggers are left
alone, because a trigger may do what no rollback takes back.
"""

from __future__ import annotations

from dataclasses import dataclass

from outgrow.postgres.trial import try_write
from outgrow.runtime.health import queries
from outgrow.runtime.health.check import Verdict, failure, ok, skipped
from outgrow.runtime.health.subject import Subject
from outgrow.schema.names import qualified, quote


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    name: str
    owned: bool
    updatable: bool
    a_column: str | None


def write(subject: Subject) -> Verdict:
    """Tries one write and takes it back."""
    candidates = queries.rows(subject.plain, "writable", _Candidate, {"schema": subject.schema})
    plans = {table.name: table for table in subject.remembered.tables}
    for candidate in candidates:
        if candidate.owned and candidate.name in plans:
            return _new_row(subject, candidate.name)
    for candidate in candidates:
        if candidate.updatable and candidate.a_column is not None:
            changed = _same_row(subject, candidate.name, candidate.a_column)
            if changed:
                return ok(f"a row of {candidate.name} was changed into itself and rolled back")
    return skipped(
        f"schema {subject.schema} has no table without triggers that user {subject.session.user_name} may "
        "write to and that has a row"
    )


def _new_row(subject: Subject, name: str) -> Verdict:
    (table,) = (table for table in subject.remembered.tables if table.name == name)
    reason = try_write(subject.plain, subject.schema, table)
    if reason is not None:
        return failure(
            f"{name} does not take a new row: {reason}",
            advice=[
                "Mend what PostgreSQL names here; the application's next INSERT fails for the same reason."
            ],
        )
    return ok(
        f"a new row of {name} was written and rolled back; nothing is left of it, not in its sequence either"
    )


def _same_row(subject: Subject, name: str, column: str) -> bool:
    """Changes a row that nobody holds into itself; whether there was one."""
    table, assigned = qualified(subject.schema, name), quote(column)
    free = f"SELECT ctid FROM {table} LIMIT 1 FOR UPDATE SKIP LOCKED"
    sql = f"UPDATE {table} SET {assigned} = {assigned} WHERE ctid = ANY (ARRAY({free}))"
    return subject.plain.execute(sql.encode()).rowcount > 0
