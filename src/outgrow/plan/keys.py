"""Post-data: primary keys, unique constraints, indexes, foreign keys and checks, table by table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from outgrow.errors import TranslationError
from outgrow.findings import Finding
from outgrow.options import Options
from outgrow.plan.model import Outcome, Statement, TablePlan
from outgrow.plan.naming import Naming
from outgrow.plan.overrides import Overrides
from outgrow.schema.model import Database, ForeignKey, Index, IndexColumn, Table
from outgrow.schema.names import fold, qualified, quote
from outgrow.schema.target import TargetModel
from outgrow.translate import expression, index_key
from outgrow.types.observed import Profile, TableProfile

_COLLATIONS = {"BINARY", "NOCASE", "RTRIM"}
LONG_KEY = 2_000
"""Bytes from which a key may not fit a b-tree entry (2704 in all, PostgreSQL's nbtree/README)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInput:
    """What the keys of one database are planned from."""

    database: Database
    profile: Profile
    plans: Mapping[str, TablePlan]
    naming: Naming
    model: TargetModel
    options: Options
    overrides: Overrides

    def name(self, table: str) -> str:
        """The table's qualified name on the target."""
        return qualified(self.options.schema, self.naming.relations[table])

    def column(self, table: str, column: str) -> str:
        """The column's quoted name on the target; KeyError when the table has no such column."""
        return quote(self.plans[table].column(column).name)

    def columns(self, table: str, names: tuple[str, ...]) -> str:
        """Quoted target names, joined by commas."""
        return ", ".join(self.column(table, name) for name in names)


Made = Statement | Outcome | Finding
"""What planning an object gives: statements for it, or its outcome when it is left, and findings."""


def plan_keys(given: KeyInput, table: Table) -> Iterator[Made]:
    """Primary key, unique constraints and indexes of one table."""
    profile = given.profile.table(table.name)
    if table.primary_key:
        yield from _primary_key(given, table, profile)
    for index in table.indexes:
        if index.origin == "pk":
            continue
        kind = "unique_constraints" if index.origin == "u" else "indexes"
        label = f"{table.name}.{index.constraint_name or index.name}"
        if index.origin == "c" and given.overrides.leaves("index", index.name):
            yield Outcome(kind="indexes", name=label, fate="left", reason="left out in the plan", text=index.sql or "")
            continue
        try:
            yield from _index(given, table, profile, index, label)
        except TranslationError as error:
            text = index.sql or f"UNIQUE ({', '.join(c.column or '' for c in index.columns)})"
            yield Outcome(kind=kind, name=label, fate="left", reason=str(error), text=text, rule="index.left")
            yield Finding(rule="index.left", object=label, detail=str(error))


def _primary_key(given: KeyInput, table: Table, profile: TableProfile) -> Iterator[Made]:
    columns = given.columns(table.name, table.primary_key)
    nulls = sum(profile.column(name).nulls for name in table.primary_key)
    name = given.naming.relations_taken.take(given.naming.relations[table.name], suffix="_pkey")
    index = next((index for index in table.indexes if index.origin == "pk"), None)
    label = f"{table.name}.{table.primary_key_name or 'PRIMARY KEY'}"
    word, reason = "PRIMARY KEY", ""
    if nulls:
        word, reason = "UNIQUE", f"as UNIQUE, because {nulls} rows have NULL in it"
        yield Finding(rule="key.null-in-primary-key", object=table.name, detail=f"{nulls} rows have NULL in the key", count=nulls)
    outcome = Outcome(kind="primary_keys", name=label, fate="changed" if nulls else "moved", reason=reason, target=name)
    statement = Statement(
        build=f"CREATE UNIQUE INDEX {quote(name)} ON {given.name(table.name)} ({columns})",
        sql=f"ALTER TABLE {given.name(table.name)} ADD CONSTRAINT {quote(name)} {word} USING INDEX {quote(name)}",
        why=f"primary key of {table.name}",
        phase="post-data",
        table=table.name,
        outcomes=(outcome,),
        reverse=f"ALTER TABLE {given.name(table.name)} DROP CONSTRAINT {quote(name)}",
    )
    yield _with_digest(given, table, profile, index, statement)
    if index is not None and _is_collated(index):
        yield from _collated_key(given, table, index, f"{given.naming.relations[table.name]}_pkey_collated")


def _is_collated(index: Index) -> bool:
    return any(key.collation in _COLLATIONS - {"BINARY"} for key in index.columns)


def _collated_key(given: KeyInput, table: Table, index: Index, wanted: str) -> Iterator[Made]:
    """The stricter uniqueness that a collation gives a key, as a unique index beside it."""
    name = given.naming.relations_taken.take(wanted)
    keys = ", ".join(_key(given, table, column) for column in index.columns)
    yield Statement(
        build=f"CREATE UNIQUE INDEX {quote(name)} ON {given.name(table.name)} ({keys})",
        sql="",
        why=f"the collation of a key of {table.name}",
        phase="post-data",
        table=table.name,
        reverse=f"DROP INDEX {qualified(given.options.schema, name)}",
    )


def _key(given: KeyInput, table: Table, column: IndexColumn) -> str:
    if column.collation not in _COLLATIONS:  # the application's own: a finding says that bytes decide now
        column = replace(column, collation="BINARY")
    return index_key(column, model=given.model, relation=table.name, bytewise=given.options.bytewise)


def _index(given: KeyInput, table: Table, profile: TableProfile, index: Index, label: str) -> Iterator[Made]:
    if index.origin == "u":
        yield from _unique_constraint(given, table, profile, index, label, plain=not _is_collated(index))
        return
    keys = ", ".join(_key(given, table, column) for column in index.columns)
    where = ""
    if index.where is not None:
        where = f" WHERE {expression(index.where, model=given.model, relation=table.name, purpose='where')}"
    name = given.naming.relations_taken.take(_index_name(given, index.name))
    unique = "UNIQUE " if index.unique else ""
    statement = Statement(
        build=f"CREATE {unique}INDEX {quote(name)} ON {given.name(table.name)} ({keys}){where}",
        sql="",
        why=f"index {index.name}",
        phase="post-data",
        table=table.name,
        outcomes=(Outcome(kind="indexes", name=label, fate="moved", target=name, text=index.sql or ""),),
        reverse=f"DROP INDEX {qualified(given.options.schema, name)}",
    )
    if fold(name) != fold(index.name):
        yield Finding(rule="name.changed", object=label, detail=f"index {index.name} becomes {name}")
    yield _with_digest(given, table, profile, index, statement)


def _index_name(given: KeyInput, name: str) -> str:
    return fold(name) if given.options.names == "fold" else name


def _unique_constraint(
    given: KeyInput, table: Table, profile: TableProfile, index: Index, label: str, *, plain: bool
) -> Iterator[Made]:
    names = tuple(key.column or "" for key in index.columns)
    base = index.constraint_name
    target = given.naming.relations[table.name]
    name = (
        given.naming.relations_taken.take(_index_name(given, base))
        if base
        else given.naming.relations_taken.take(
            "_".join([target, *(given.plans[table.name].column(n).name for n in names)]), suffix="_key"
        )
    )
    reason = "" if plain else "with a unique index for its collation"
    statement = Statement(
        build=f"CREATE UNIQUE INDEX {quote(name)} ON {given.name(table.name)} ({given.columns(table.name, names)})",
        sql=f"ALTER TABLE {given.name(table.name)} ADD CONSTRAINT {quote(name)} UNIQUE USING INDEX {quote(name)}",
        why=f"unique constraint of {table.name}",
        phase="post-data",
        table=table.name,
        outcomes=(
            Outcome(kind="unique_constraints", name=label, fate="moved" if plain else "changed", reason=reason, target=name),
        ),
        reverse=f"ALTER TABLE {given.name(table.name)} DROP CONSTRAINT {quote(name)}",
    )
    yield _with_digest(given, table, profile, index, statement)
    if not plain:
        yield from _collated_key(given, table, index, f"{name}_collated")


def _with_digest(
    given: KeyInput, table: Table, profile: TableProfile, index: Index | None, statement: Statement
) -> Statement:
    """The statement with a fallback over digests when a key may be too long for a b-tree entry."""
    if index is None or not any(_is_long(given, table, profile, key) for key in index.columns):
        return statement
    keys = ", ".join(
        f"md5({given.column(table.name, key.column or '')})"
        if _is_long(given, table, profile, key)
        else _key(given, table, key)
        for key in index.columns
    )
    name = given.naming.relations_taken.take(f"{given.naming.relations[table.name]}_digest")
    where = ""
    if index.where is not None:
        where = f" WHERE {expression(index.where, model=given.model, relation=table.name, purpose='where')}"
    reason = "over md5 of the text, because it is too long for a b-tree entry"
    fallback = Statement(
        build=f"CREATE {'UNIQUE ' if index.unique else ''}INDEX {quote(name)} ON {given.name(table.name)} ({keys}){where}",
        sql="",
        why=f"{statement.why}, over a digest",
        phase="post-data",
        table=table.name,
        outcomes=tuple(
            replace(outcome, fate="changed", reason=reason, rule="key.long-text", target=name)
            for outcome in statement.outcomes
        ),
        reverse=f"DROP INDEX {qualified(given.options.schema, name)}",
    )
    return replace(statement, fallback=fallback)


def _is_long(given: KeyInput, table: Table, profile: TableProfile, key: IndexColumn) -> bool:
    if key.column is None:
        return False
    planned = given.plans[table.name].column(key.column)
    return planned.type in {"text", "bytea"} and profile.column(key.column).max_bytes > LONG_KEY


def plan_checks(given: KeyInput, table: Table) -> Iterator[Made]:
    """CHECK constraints of one table: added once the rows are there, NOT VALID when rows break them."""
    for number, check in enumerate(table.checks, 1):
        label = f"{table.name}.{check.name or f'CHECK {number}'}"
        if given.overrides.leaves("check", label):
            yield Outcome(kind="checks", name=label, fate="left", reason="left out in the plan", text=check.expression)
            continue
        try:
            sql = expression(check.expression, model=given.model, relation=table.name, purpose="check")
        except TranslationError as error:
            yield Outcome(
                kind="checks", name=label, fate="left", reason=str(error), text=check.expression, rule="check.left"
            )
            yield Finding(rule="check.left", object=label, detail=f"CHECK ({check.expression}): {error}")
            continue
        name = given.naming.constraint(
            table.name, _index_name(given, check.name) if check.name else given.naming.relations[table.name],
            "" if check.name else "_check",
        )  # fmt: skip
        on = f"ALTER TABLE {given.name(table.name)}"
        yield Statement(
            sql=f"{on} ADD CONSTRAINT {quote(name)} CHECK ({sql}) NOT VALID",
            validate=f"{on} VALIDATE CONSTRAINT {quote(name)}",
            why=f"check of {table.name}",
            phase="post-data",
            table=table.name,
            outcomes=(Outcome(kind="checks", name=label, fate="moved", target=name, text=check.expression),),
            if_invalid=Outcome(
                kind="checks", name=label, fate="changed", reason="NOT VALID: rows break it",
                text=check.expression, rule="check.violated", target=name,
            ),
            reverse=f"{on} DROP CONSTRAINT {quote(name)}",
        )  # fmt: skip


def plan_foreign_keys(given: KeyInput, table: Table) -> Iterator[Made]:
    """Foreign keys of one table: after all data and keys, NOT VALID where rows have no parent."""
    for key in table.foreign_keys:
        label = f"{table.name}.{key.name or 'FOREIGN KEY (' + ', '.join(key.columns) + ')'} → {key.parent_table}"
        refusal = _refusal(given, table, key)
        if refusal is not None:
            rule, reason = refusal
            yield Outcome(kind="foreign_keys", name=label, fate="left", reason=reason, text=_fk_text(key), rule=rule)
            if rule:
                yield Finding(rule=rule, object=label, detail=reason)
            continue
        yield _foreign_key(given, table, key, label)


def _fk_text(key: ForeignKey) -> str:
    parents = f" ({', '.join(key.parent_columns)})" if key.parent_columns else ""
    return f"FOREIGN KEY ({', '.join(key.columns)}) REFERENCES {key.parent_table}{parents}"


def _refusal(given: KeyInput, table: Table, key: ForeignKey) -> tuple[str | None, str] | None:
    """Why a foreign key cannot stand: its rule (None when the plan says so) and the reason."""
    parents = [parent for parent in given.database.tables if fold(parent.name) == fold(key.parent_table)]
    if given.overrides.leaves("foreign key", f"{table.name}({','.join(key.columns)})"):
        return None, "left out in the plan"
    if not parents:
        return "fk.missing-parent", f"there is no table {key.parent_table}"
    parent = parents[0]
    if parent.name not in given.plans:
        return None, f"its parent {parent.name} stays behind"
    names = {fold(column.name) for column in parent.columns}
    missing = [name for name in key.parent_columns if fold(name) not in names]
    if missing or len(key.parent_columns) != len(key.columns):
        what = f"{parent.name} has no column {missing[0]}" if missing else f"{parent.name} has no matching key"
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


def _foreign_key(given: KeyInput, table: Table, key: ForeignKey, label: str) -> Statement:
    parent = next(p.name for p in given.database.tables if fold(p.name) == fold(key.parent_table))
    own = "_".join(given.plans[table.name].column(name).name for name in key.columns)
    wanted = _index_name(given, key.name) if key.name else f"{given.naming.relations[table.name]}_{own}"
    name = given.naming.constraint(table.name, wanted, "" if key.name else "_fkey")
    actions = "".join(
        f" ON {event} {action}" for event, action in (("UPDATE", key.on_update), ("DELETE", key.on_delete)) if action != "NO ACTION"
    )
    deferrable = " DEFERRABLE" if key.deferrable else ""
    deferred = " INITIALLY DEFERRED" if key.deferrable and key.initially_deferred else ""
    on = f"ALTER TABLE {given.name(table.name)}"
    text = _fk_text(key)
    return Statement(
        sql=(
            f"{on} ADD CONSTRAINT {quote(name)} FOREIGN KEY ({given.columns(table.name, key.columns)}) "
            f"REFERENCES {given.name(parent)} ({given.columns(parent, key.parent_columns)})"
            f"{actions}{deferrable}{deferred} NOT VALID"
        ),
        validate=f"{on} VALIDATE CONSTRAINT {quote(name)}",
        why=f"foreign key {label}",
        phase="post-data",
        table=table.name,
        after_all=True,
        outcomes=(
            Outcome(kind="foreign_keys", name=label, fate="moved", rule="fk.refused", target=name, text=text),
        ),
        if_invalid=Outcome(
            kind="foreign_keys", name=label, fate="changed", rule="fk.orphans", target=name, text=text,
            reason="NOT VALID: rows point to parents that do not exist",
        ),
        reverse=f"{on} DROP CONSTRAINT {quote(name)}",
    )  # fmt: skip
