"""Keys, indexes, checks and foreign keys of a plan by what they are, and how each is written alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

from outgrow.plan.model import Plan, Statement
from outgrow.schema.model import Database, ForeignKey, Table
from outgrow.schema.names import fold, quote


def late_ones(plan: Plan, kind: Literal["views", "triggers"]) -> list[Statement]:
    """The statements of a plan that make views, or triggers."""
    return [
        statement
        for statement in plan.statements
        if statement.outcomes and statement.outcomes[0].kind == kind
    ]


Part = tuple[str, str, object]
"""What a statement makes: the folded table as it is now called, the kind, and which of its kind."""


def parts_of(
    plan: Plan, database: Database, now: Mapping[str, str], *, renames: bool
) -> Iterator[tuple[Part, Statement]]:
    """Keys, indexes, checks, foreign keys and functions of a plan by what they are.

    `now` gives a table's later name. A foreign key is told by its place where a statement `renames` what its
    text speaks of.
    """
    numbers: Counter[object] = Counter()
    waiting = {
        fold(table.name): [_key_label(table, key) for key in table.foreign_keys] for table in database.tables
    }
    for statement in plan.statements:
        if statement.table is None or statement.phase != "post-data":
            continue
        own = fold(statement.table)
        kind: str = statement.outcomes[0].kind if statement.outcomes else "collated"
        if makes_function(statement):
            kind = "functions"
        which: object = None
        if kind == "indexes":
            which = fold(statement.outcomes[0].source_name)
        elif kind == "foreign_keys":
            label = statement.outcomes[0].name
            place = waiting[own].index(label)
            waiting[own][place] = ""
            numbers[own, kind, label] += 1
            which = place if renames else (label, numbers[own, kind, label])
        else:
            text = statement.outcomes[0].text if kind == "checks" else ""
            numbers[own, kind, text] += 1
            which = (text, numbers[own, kind, text])
        yield (now.get(own, own), kind, which), statement


def makes_function(statement: Statement) -> bool:
    """Whether a statement makes a function with a trigger that stores rows as an R*Tree does."""
    return (statement.reverse or "").startswith("DROP FUNCTION ")


def _key_label(table: Table, key: ForeignKey) -> str:
    """What `plan.constraints` calls a foreign key."""
    return f"{table.name}.{key.name or 'FOREIGN KEY (' + ', '.join(key.columns) + ')'} → {key.parent_table}"


def plain(statement: Statement) -> list[str]:
    """The statement for a table without rows: nothing to validate later."""
    parts = (statement.build, statement.sql.removesuffix(" NOT VALID"))
    return [sql for sql in parts if sql]


def unnamed(statement: Statement, *, valid: bool) -> list[str]:
    """The statement for a table that is there, where PostgreSQL names a constraint without a name.

    Not `valid`: rows that break it may stay.
    """
    parts = plain(statement) if valid else [sql for sql in (statement.build, statement.sql) if sql]
    outcome = statement.outcomes[0]
    if outcome.kind in {"checks", "foreign_keys"} and not outcome.source_name:
        parts = [sql.replace(f"ADD CONSTRAINT {quote(outcome.target)} ", "ADD ", 1) for sql in parts]
    return parts


def index_name(statement: Statement, schema: str) -> str:
    """The quoted name of the index that a statement makes; "" when it makes none."""
    if not statement.outcomes:
        undo = statement.reverse or ""
        for start in (f"DROP INDEX {quote(schema)}.", " DROP CONSTRAINT "):
            if start in undo:
                return undo.partition(start)[2]
        return ""
    outcome = statement.outcomes[0]
    return quote(outcome.target) if outcome.kind in {"primary_keys", "unique_constraints", "indexes"} else ""
