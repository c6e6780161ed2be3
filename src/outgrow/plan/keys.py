"""Post-data: primary keys, unique constraints and indexes, table by table.

Called by `plan.build` once every table has its plan; `plan.constraints` does checks and foreign keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from outgrow.errors import TranslationError
from outgrow.findings import Finding
from outgrow.options import Options
from outgrow.plan.model import ObjectKind, Outcome, Statement, TablePlan
from outgrow.plan.naming import Naming, declared_conflict
from outgrow.plan.overrides import Overrides
from outgrow.schema.model import Database, Index, IndexColumn, Table
from outgrow.schema.names import fold, qualified, quote
from outgrow.schema.target import TargetModel
from outgrow.translate import expression, index_key
from outgrow.types.observed import Profile, TableProfile

_COLLATIONS = {"BINARY", "NOCASE", "RTRIM"}
BY_PLAN = "left out in the plan"
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

    def spelled(self, name: str) -> str:
        """A name of SQLite's in the spelling that the name policy gives it."""
        return fold(name) if self.options.names == "fold" else name

    def columns(self, table: str, names: tuple[str, ...]) -> str:
        """Quoted target names, joined by commas."""
        return ", ".join(self.column(table, name) for name in names)


Made = Statement | Outcome | Finding
"""What planning an object gives: statements for it, or its outcome when it is left, and findings."""


def plan_keys(given: KeyInput, table: Table) -> Iterator[Made]:
    """Primary key, unique constraints and indexes of one table."""
    profile = given.profile.table(table.name)
    yield from _declared_conflicts(table)
    if table.primary_key:
        yield from _primary_key(given, table, profile)
    for index in table.indexes:
        if index.origin == "pk":
            continue
        left = _outcome(table, index)
        if index.origin == "c" and given.overrides.leaves("index", index.name):
            yield replace(left, reason=BY_PLAN)
            continue
        try:
            yield from _index(given, table, profile, index)
        except TranslationError as error:
            yield replace(left, reason=str(error), rule="index.left")
            yield Finding(rule="index.left", object=left.name, detail=str(error))


def _declared_conflicts(table: Table) -> Iterator[Finding]:
    """What is told of the ON CONFLICT clauses of a table's declaration."""
    found = [(f"PRIMARY KEY ({', '.join(table.primary_key)})", table.on_conflict)]
    found += [
        (f"UNIQUE ({', '.join(key.column or '' for key in index.columns)})", index.on_conflict)
        for index in table.indexes
        if index.origin == "u"
    ]
    found += [(f"{column.name} NOT NULL", column.on_conflict) for column in table.columns]
    for what, word in found:
        if declared_conflict(word):
            detail = f"{what} ON CONFLICT {word}: a row that breaks it is an error"
            yield Finding(rule="key.on-conflict", object=table.name, detail=detail)


def _outcome(table: Table, index: Index) -> Outcome:
    """The outcome of an index or unique constraint as if it were left."""
    kind: ObjectKind = "unique_constraints" if index.origin == "u" else "indexes"
    name = index.name if index.origin == "c" else index.constraint_name or ""
    return Outcome(
        kind=kind,
        name=f"{table.name}.{index.constraint_name or index.name}",
        fate="left",
        text=index.sql or f"UNIQUE ({', '.join(key.column or '' for key in index.columns)})",
        table=table.name,
        source_name=name,
    )


def _primary_key(given: KeyInput, table: Table, profile: TableProfile) -> Iterator[Made]:
    columns = given.columns(table.name, table.primary_key)
    nulls = sum(profile.column(name).nulls for name in table.primary_key)
    name = given.naming.relations_taken.take(given.naming.relations[table.name], suffix="_pkey")
    index = next((index for index in table.indexes if index.origin == "pk"), None)
    word, reason = "PRIMARY KEY", ""
    if nulls:
        word, reason = "UNIQUE", f"as UNIQUE, because {nulls} rows have NULL in it"
        yield Finding(
            rule="key.null-in-primary-key",
            object=table.name,
            detail=f"{nulls} rows have NULL in the key",
            count=nulls,
        )
    outcome = Outcome(
        kind="primary_keys",
        name=f"{table.name}.{table.primary_key_name or 'PRIMARY KEY'}",
        fate="changed" if nulls else "moved",
        reason=reason,
        target=name,
        table=table.name,
        source_name=table.primary_key_name or "",
    )
    on = f"ALTER TABLE {given.name(table.name)}"
    statement = Statement(
        build=f"CREATE UNIQUE INDEX {quote(name)} ON {given.name(table.name)} ({columns})",
        sql=f"{on} ADD CONSTRAINT {quote(name)} {word} USING INDEX {quote(name)}",
        why=f"primary key of {table.name}",
        phase="post-data",
        table=table.name,
        outcomes=() if given.plans[table.name].virtual else (outcome,),
        reverse=f"{on} DROP CONSTRAINT {quote(name)}",
    )
    yield _with_digest(given, table, profile, index, statement)
    if index is not None and _is_collated(index):
        yield from _collated_key(given, table, index, f"{given.naming.relations[table.name]}_pkey_collated")


def _is_collated(index: Index) -> bool:
    return any(key.collation in _COLLATIONS - {"BINARY"} for key in index.columns)


def _collated_key(given: KeyInput, table: Table, index: Index, wanted: str) -> Iterator[Made]:
    """The stricter uniqueness that a collation gives a key, as a unique index beside it."""
    yield _beside(given, table, index, wanted, f"the collation of a key of {table.name}")


def _beside(given: KeyInput, table: Table, index: Index, wanted: str, why: str) -> Statement:
    """A unique index that is no object of the source."""
    name = given.naming.relations_taken.take(wanted)
    keys = ", ".join(_key(given, table, column) for column in index.columns)
    return Statement(
        build=f"CREATE UNIQUE INDEX {quote(name)} ON {given.name(table.name)} ({keys})",
        sql="",
        why=why,
        phase="post-data",
        table=table.name,
        reverse=f"DROP INDEX {qualified(given.options.schema, name)}",
    )


def _key(given: KeyInput, table: Table, column: IndexColumn) -> str:
    if column.collation not in _COLLATIONS:  # the application's own: a finding says that bytes decide now
        column = replace(column, collation="BINARY")
    return index_key(column, model=given.model, relation=table.name, bytewise=given.options.bytewise)


def _index(given: KeyInput, table: Table, profile: TableProfile, index: Index) -> Iterator[Made]:
    if any(table.column(key.column).hidden for key in index.columns if key.column):
        wanted = f"{given.naming.relations[table.name]}_{index.name}_key"
        yield _beside(given, table, index, wanted, f"the rowid of {table.name}")
        return
    if index.origin == "u":
        yield from _unique_constraint(given, table, profile, index)
        return
    keys = ", ".join(_key(given, table, column) for column in index.columns)
    name = given.naming.relations_taken.take(given.spelled(index.name))
    outcome = replace(_outcome(table, index), fate="moved", target=name)
    unique = "UNIQUE " if index.unique else ""
    statement = Statement(
        build=f"CREATE {unique}INDEX {quote(name)} ON {given.name(table.name)} ({keys})"
        f"{_where(given, table, index)}",
        sql="",
        why=f"index {index.name}",
        phase="post-data",
        table=table.name,
        outcomes=(outcome,),
        reverse=f"DROP INDEX {qualified(given.options.schema, name)}",
    )
    if fold(name) != fold(index.name):
        yield Finding(rule="name.changed", object=outcome.name, detail=f"index {index.name} becomes {name}")
    yield _with_digest(given, table, profile, index, statement)


def _where(given: KeyInput, table: Table, index: Index) -> str:
    """The predicate of a partial index, with a space before it; "" for a whole one."""
    if index.where is None:
        return ""
    return f" WHERE {expression(index.where, model=given.model, relation=table.name, purpose='where')}"


def _unique_constraint(given: KeyInput, table: Table, profile: TableProfile, index: Index) -> Iterator[Made]:
    plain = not _is_collated(index)
    names = tuple(key.column or "" for key in index.columns)
    name = _unique_name(given, table, index, names)
    on = f"ALTER TABLE {given.name(table.name)}"
    statement = Statement(
        build=f"CREATE UNIQUE INDEX {quote(name)} ON {given.name(table.name)} "
        f"({given.columns(table.name, names)})",
        sql=f"{on} ADD CONSTRAINT {quote(name)} UNIQUE USING INDEX {quote(name)}",
        why=f"unique constraint of {table.name}",
        phase="post-data",
        table=table.name,
        outcomes=(
            replace(
                _outcome(table, index),
                fate="moved" if plain else "changed",
                reason="" if plain else "with a unique index for its collation",
                target=name,
            ),
        ),
        reverse=f"{on} DROP CONSTRAINT {quote(name)}",
    )
    yield _with_digest(given, table, profile, index, statement)
    if not plain:
        yield from _collated_key(given, table, index, f"{name}_collated")


def _unique_name(given: KeyInput, table: Table, index: Index, columns: tuple[str, ...]) -> str:
    if index.constraint_name:
        return given.naming.relations_taken.take(given.spelled(index.constraint_name))
    parts = [given.naming.relations[table.name], *(given.plans[table.name].column(c).name for c in columns)]
    return given.naming.relations_taken.take("_".join(parts), suffix="_key")


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
    reason = "over md5 of the text, because it is too long for a b-tree entry"
    unique = "UNIQUE " if index.unique else ""
    fallback = Statement(
        build=f"CREATE {unique}INDEX {quote(name)} ON {given.name(table.name)} ({keys})"
        f"{_where(given, table, index)}",
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
