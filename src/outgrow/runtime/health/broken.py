"""Checks of what is there and does not do its work: indexes, constraints, triggers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from outgrow.report.figures import counted
from outgrow.runtime.health import queries
from outgrow.runtime.health.check import Verdict, failure, ok, warning
from outgrow.runtime.health.subject import Subject
from outgrow.schema.names import qualified, quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One such object. `sort` is what kind of index, constraint or trigger it is."""

    kind: Literal["index", "constraint", "trigger"]
    on_table: str
    name: str
    sort: str


def indexes(subject: Subject) -> Verdict:
    """Indexes that no query uses because their building ended too soon."""
    schema = subject.schema
    found = _of(subject, "index")
    building = [index for index in found if index.sort == "building"]
    invalid = [index for index in found if index.sort != "building"]
    also = f"; {counted(len(building), 'index is', 'indexes are')} being built" if building else ""
    if not invalid:
        return ok(f"all indexes are valid{also}")
    summary = f"{counted(len(invalid), 'index is', 'indexes are')} invalid: written to and never used{also}"
    lines = [
        f"{index.name} on {index.on_table}"
        + (": its keys may be there twice" if index.sort == "unique" else "")
        for index in invalid
    ]
    advice = [f"REINDEX INDEX {qualified(schema, index.name)};" for index in invalid]
    if any(index.sort == "unique" for index in invalid):
        return failure(summary, *lines, advice=advice)
    return warning(summary, *lines, advice=advice)


def constraints(subject: Subject) -> Verdict:
    """Constraints that hold for new rows only."""
    found = _of(subject, "constraint")
    if not found:
        return ok("all constraints were checked on all rows")
    left = {o.target for o in subject.remembered.outcomes if o.fate == "changed"}
    return warning(
        f"{counted(len(found), 'constraint is', 'constraints are')} NOT VALID: older rows may break them",
        *(
            f"{c.sort} {c.name} on {c.on_table}" + (", left so by the move" if c.name in left else "")
            for c in found
        ),
        advice=[
            "Mend or delete the rows that break it, which outgrow move named; then:",
            *(_validate(subject.schema, constraint) for constraint in found),
        ],
    )


def triggers(subject: Subject) -> Verdict:
    """Triggers, and foreign keys by their triggers, that do not fire in the application's sessions."""
    schema, role = subject.schema, subject.session.replication_role
    if role != "origin":
        return failure(
            f"sessions have session_replication_role = {role}: no trigger fires, no foreign key is checked",
            advice=[
                f"ALTER ROLE {quote(subject.session.user_name)} RESET session_replication_role;",
                f"ALTER DATABASE {quote(subject.session.database)} RESET session_replication_role;",
            ],
        )
    found = _of(subject, "trigger")
    if not found:
        return ok("all triggers fire, and all foreign keys are checked")
    return failure(
        f"{counted(len(found), 'trigger or foreign key does', 'triggers or foreign keys do')} nothing",
        *(f"{trigger.sort} {trigger.name} on {trigger.on_table}{_off(trigger)}" for trigger in found),
        advice=_once(_enable(schema, trigger) for trigger in found),
    )


def _of(subject: Subject, kind: str) -> list[Broken]:
    found = queries.rows(subject.main, "broken", Broken, {"schema": subject.schema})
    return [entry for entry in found if entry.kind == kind]


def _validate(schema: str, constraint: Broken) -> str:
    table = qualified(schema, constraint.on_table)
    return f"ALTER TABLE {table} VALIDATE CONSTRAINT {quote(constraint.name)};"


def _off(trigger: Broken) -> str:
    if trigger.sort == "foreign key":
        return ": its triggers are disabled, so rows that break it get in"
    return ": fires only on a replica" if trigger.sort == "replica" else ": disabled"


def _enable(schema: str, trigger: Broken) -> str:
    name = "ALL" if trigger.sort == "foreign key" else quote(trigger.name)
    return f"ALTER TABLE {qualified(schema, trigger.on_table)} ENABLE TRIGGER {name};"


def _once(statements: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(statements))
