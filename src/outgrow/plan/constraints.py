"""Post-data: CHECK constraints and foreign keys, added NOT VALID and validated once the rows are there.

Beside `plan.keys`; called by `plan.build` once every table has its plan and keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from outgrow.errors import TranslationError
from outgrow.findings import Finding
from outgrow.plan.keys import BY_PLAN, KeyInput, Made
from outgrow.plan.model import Outcome, Statement
from outgrow.plan.overrides import check_label, foreign_key_label
from outgrow.schema.model import Check, ForeignKey, Table
from outgrow.schema.names import fold, quote
from outgrow.translate import expression


def plan_checks(given: KeyInput, table: Table) -> Iterator[Made]:
    """CHECK constraints of one table: added once the rows are there, NOT VALID when rows break them."""
    for number, check in enumerate(table.checks, 1):
        left = Outcome(
            kind="checks", name=check_label(table, number), fate="left", text=check.expression,
            table=table.name, source_name=check.name or "",
        )  # fmt: skip
        if given.overrides.leaves("check", left.name):
            yield replace(left, reason=BY_PLAN)
            continue
        try:
            sql = check_condition(given, table, check)
        except TranslationError as error:
            detail = f"CHECK ({check.expression}): {error}"
            yield replace(left, reason=str(error), rule="check.left")
            yield Finding(rule="check.left", object=left.name, detail=detail)
            continue
        yield _check(given, table, check, sql, left)


def check_condition(given: KeyInput, table: Table, check: Check) -> str:
    """The condition of a CHECK on the target; raises TranslationError."""
    return expression(check.expression, model=given.model, relation=table.name, purpose="check")


def _check(given: KeyInput, table: Table, check: Check, sql: str, left: Outcome) -> Statement:
    wanted = given.spelled(check.name) if check.name else given.naming.relations[table.name]
    name = given.naming.constraint(table.name, wanted, "" if check.name else "_check")
    on = f"ALTER TABLE {given.name(table.name)}"
    return Statement(
        sql=f"{on} ADD CONSTRAINT {quote(name)} CHECK ({sql}) NOT VALID",
        validate=f"{on} VALIDATE CONSTRAINT {quote(name)}",
        why=f"check of {table.name}",
        phase="post-data",
        table=table.name,
        outcomes=(replace(left, fate="moved", target=name),),
        if_invalid=replace(
            left, fate="changed", reason="NOT VALID: rows break it", rule="check.violated", target=name
        ),
        reverse=f"{on} DROP CONSTRAINT {quote(name)}",
    )


def plan_foreign_keys(given: KeyInput, table: Table) -> Iterator[Made]:
    """Foreign keys of one table: after all data and keys, NOT VALID where rows have no parent."""
    for key in table.foreign_keys:
        what = key.name or f"FOREIGN KEY ({', '.join(key.columns)})"
        left = Outcome(
            kind="foreign_keys", name=f"{table.name}.{what} → {key.parent_table}", fate="left",
            text=_text(key), table=table.name, source_name=key.name or "",
        )  # fmt: skip
        refusal = foreign_key_refusal(given, table, key)
        if refusal is None:
            yield _foreign_key(given, table, key, left)
            continue
        rule, reason = refusal
        yield replace(left, reason=reason, rule=rule)
        if rule:
            yield Finding(rule=rule, object=left.name, detail=reason)


def _text(key: ForeignKey) -> str:
    parents = f" ({', '.join(key.parent_columns)})" if key.parent_columns else ""
    return f"FOREIGN KEY ({', '.join(key.columns)}) REFERENCES {key.parent_table}{parents}"


def foreign_key_refusal(given: KeyInput, table: Table, key: ForeignKey) -> tuple[str | None, str] | None:
    """Why a foreign key cannot stand: its rule (None when the plan says so) and the reason."""
    parents = [parent for parent in given.database.tables if fold(parent.name) == fold(key.parent_table)]
    if given.overrides.leaves("foreign key", foreign_key_label(table, key)):
        return None, BY_PLAN
    if not parents:
        return "fk.missing-parent", f"there is no table {key.parent_table}"
    parent = parents[0]
    if parent.name not in given.plans:
        return None, f"its parent {parent.name} stays behind"
    names = {fold(column.name) for column in parent.columns}
    missing = [name for name in key.parent_columns if fold(name) not in names]
    if missing or len(key.parent_columns) != len(key.columns):
        what = (
            f"{parent.name} has no column {missing[0]}" if missing else f"{parent.name} has no matching key"
        )
        return "fk.missing-parent", what
    if not _is_unique(parent, key.parent_columns):
        return "fk.not-unique-parent", f"{parent.name} ({', '.join(key.parent_columns)}) is not unique"
    for child, other in zip(key.columns, key.parent_columns, strict=True):
        own, their = given.plans[table.name].column(child).type, given.plans[parent.name].column(other).type
        if own != their:
            return "fk.type-mismatch", f"{table.name}.{child} is {own}, {parent.name}.{other} is {their}"
    return None


def _is_unique(parent: Table, columns: tuple[str, ...]) -> bool:
    wanted = sorted(map(fold, columns))
    keys = [parent.primary_key] + [
        tuple(key.column or "" for key in index.columns)
        for index in parent.indexes
        if index.unique and index.where is None and all(key.column for key in index.columns)
    ]
    return any(sorted(map(fold, key)) == wanted for key in keys)


def _foreign_key(given: KeyInput, table: Table, key: ForeignKey, left: Outcome) -> Statement:
    parent = given.database.table(key.parent_table).name
    own = "_".join(given.plans[table.name].column(name).name for name in key.columns)
    wanted = given.spelled(key.name) if key.name else f"{given.naming.relations[table.name]}_{own}"
    name = given.naming.constraint(table.name, wanted, "" if key.name else "_fkey")
    on = f"ALTER TABLE {given.name(table.name)}"
    return Statement(
        sql=(
            f"{on} ADD CONSTRAINT {quote(name)} FOREIGN KEY ({given.columns(table.name, key.columns)}) "
            f"REFERENCES {given.name(parent)} ({given.columns(parent, key.parent_columns)})"
            f"{_manner(key)} NOT VALID"
        ),
        validate=f"{on} VALIDATE CONSTRAINT {quote(name)}",
        why=f"foreign key {left.name}",
        phase="post-data",
        table=table.name,
        after_all=True,
        needs=(parent,),
        outcomes=(replace(left, fate="moved", rule="fk.refused", target=name),),
        if_invalid=replace(
            left,
            fate="changed",
            rule="fk.orphans",
            target=name,
            reason="NOT VALID: rows point to parents that do not exist",
        ),
        reverse=f"{on} DROP CONSTRAINT {quote(name)}",
    )


def _manner(key: ForeignKey) -> str:
    """The key's actions and when it is checked, each with a space before it.

    Every key is DEFERRABLE, as PRAGMA defer_foreign_keys makes it in SQLite.
    """
    actions = "".join(
        f" ON {event} {action}"
        for event, action in (("UPDATE", key.on_update), ("DELETE", key.on_delete))
        if action != "NO ACTION"
    )
    deferred = " INITIALLY DEFERRED" if key.deferrable and key.initially_deferred else ""
    return actions + " DEFERRABLE" + deferred
