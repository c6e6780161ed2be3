"""The check of what the application's user may do with the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outgrow.report.figures import counted
from outgrow.runtime.health import queries
from outgrow.runtime.health.check import Verdict, failure, ok, skipped, warning
from outgrow.runtime.health.subject import Subject
from outgrow.schema.names import qualified, quote


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rights:
    name: str
    kind: str
    lacks: list[str]
    filtered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sequence:
    schema: str
    name: str
    on_table: str


def privileges(subject: Subject) -> Verdict:
    """SELECT, INSERT, UPDATE and DELETE on every table that outgrow made, SELECT on every view."""
    given = {"schema": subject.schema}
    known = subject.remembered.names
    there = [
        r for r in queries.rows(subject.plain, "privileges", _Rights, given) if not known or r.name in known
    ]
    user = subject.session.user_name
    lacking = [rights for rights in there if rights.lacks]
    sequences = queries.rows(subject.plain, "default_sequences", _Sequence, given)
    if lacking or sequences:
        return failure(
            f"user {user} may not use {_counted(lacking, sequences)}",
            *(f"{rights.name}: no {', '.join(rights.lacks)}" for rights in lacking),
            *(f"sequence {s.name} of {s.on_table}: no USAGE" for s in sequences),
            advice=[
                *(
                    f"GRANT {', '.join(r.lacks)} ON {_name(subject, r.name)} TO {quote(user)};"
                    for r in lacking
                ),
                *(
                    f"GRANT USAGE ON SEQUENCE {qualified(s.schema, s.name)} TO {quote(user)};"
                    for s in sequences
                ),
            ],
        )
    filtered = [rights.name for rights in there if rights.filtered]
    if filtered:
        return warning(
            f"row security hides rows of {counted(len(filtered), 'table')} from user {user}",
            *filtered,
            advice=[f"ALTER TABLE {_name(subject, name)} DISABLE ROW LEVEL SECURITY;" for name in filtered],
        )
    if not there:
        return skipped(f"schema {subject.schema} has no table")
    return ok(f"user {user} may read and write {counted(len(there), 'table or view', 'tables and views')}")


def _name(subject: Subject, name: str) -> str:
    return qualified(subject.schema, name)


def _counted(lacking: Sequence[_Rights], sequences: Sequence[_Sequence]) -> str:
    parts = [counted(len(lacking), "table or view", "tables and views")] if lacking else []
    parts += [counted(len(sequences), "sequence")] if sequences else []
    return " and ".join(parts) + " as the application does"
