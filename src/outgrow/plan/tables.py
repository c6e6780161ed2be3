"""Pre-data: CREATE TABLE with its columns, defaults, NOT NULLs, generated columns and identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from outgrow.errors import ConfigError, CounterExample, TranslationError
from outgrow.findings import Finding
from outgrow.options import Options
from outgrow.plan.model import ColumnPlan, Outcome, Statement, TablePlan
from outgrow.plan.naming import Naming
from outgrow.plan.overrides import Overrides
from outgrow.schema.model import Column, Table
from outgrow.schema.names import qualified, quote
from outgrow.schema.target import TargetColumn, TargetModel, family
from outgrow.translate import expression
from outgrow.types.choose import Choice, ColumnKey
from outgrow.types.defaults import changed_default, literal_default
from outgrow.types.observed import ColumnProfile, TableProfile
from outgrow.types.values import conversion
from outgrow.types.values.plain import MAX_FIELD

MAX_COLUMNS = 1600
_BUILT_IN = {None, "BINARY", "NOCASE", "RTRIM"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInput:
    """All that is known of one table when its plan is made."""

    table: Table
    profile: TableProfile
    choices: Mapping[ColumnKey, Choice]
    naming: Naming
    model: TargetModel
    options: Options
    overrides: Overrides
    select: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One table's plan with what is said about it."""

    plan: TablePlan
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]


def plan_table(given: TableInput) -> Planned:
    """The plan of one table; ConfigError when the plan file's type or conversion is unknown."""
    outcomes: list[Outcome] = []
    findings: list[Finding] = []
    columns = []
    for column in given.table.columns:
        planned, said, found = _plan_column(given, column)
        columns.append(planned)
        outcomes += said
        findings += found
    if len(columns) > MAX_COLUMNS:
        findings.append(
            Finding(rule="table.too-wide", object=given.table.name, detail=f"{len(columns)} columns", count=len(columns))
        )
    virtual = given.select is not None
    plan = TablePlan(
        source=given.table.name,
        name=given.naming.relations[given.table.name],
        columns=tuple(columns),
        rows=given.profile.rows,
        bytes=given.profile.bytes,
        virtual=virtual,
        select=given.select,
        key=_row_key(given.table, given.profile, columns),
        primary_key=given.table.primary_key,
        identity_next=_identity_next(given.table, given.profile),
    )
    return Planned(plan=plan, outcomes=tuple(outcomes), findings=tuple(findings))


def _plan_column(given: TableInput, column: Column) -> tuple[ColumnPlan, list[Outcome], list[Finding]]:
    table, key = given.table, (given.table.name, column.name)
    choice, seen = given.choices[key], given.profile.column(column.name)
    where = f"{table.name}.{column.name}"
    target = given.model.relation(table.name).column(column.name)
    try:
        conversion(choice.conversion, choice.type)
    except (ConfigError, ValueError) as error:
        raise ConfigError(f"the plan's column {where}: {error}") from error
    identity = column.name == table.rowid_alias and choice.type == "bigint" and not given.select
    outcomes: list[Outcome] = [_column_outcome(where, column, choice)]
    findings = list(_column_findings(where, column, seen))
    generated = _generated(given, column, target, outcomes, findings)
    default = None if identity or generated else _default(given, column, choice, target, outcomes, findings)
    if identity:
        outcomes.append(Outcome(kind="identities", name=where, fate="moved"))
        if column.default is not None:
            outcomes.append(
                Outcome(kind="defaults", name=where, fate="changed", reason="SQLite ignores a rowid's DEFAULT; so does the identity")
            )
    not_null = _not_null(where, column, seen, outcomes, findings)
    plan = ColumnPlan(
        source=column.name,
        name=target.name,
        declared=column.declared_type,
        type=choice.type,
        conversion=choice.conversion,
        not_null=not_null or identity,
        default=default,
        generated=generated,
        identity=identity,
        collation=_collation(target, given.options),
        evidence=choice.evidence,
        considered=choice.considered,
        fixed=choice.fixed,
    )
    return plan, outcomes, findings


def _column_outcome(where: str, column: Column, choice: Choice) -> Outcome:
    if choice.conversion == "escaped":
        return Outcome(kind="columns", name=where, fate="changed", reason="held as escaped text")
    declared = column.declared_type or "no type"
    return Outcome(kind="columns", name=where, fate="moved", reason=f"{declared} as {choice.type}")


def _column_findings(where: str, column: Column, seen: ColumnProfile) -> list[Finding]:
    findings = []
    if column.collation not in _BUILT_IN:
        findings.append(
            Finding(
                rule="collation.unknown", object=where, detail=f"COLLATE {column.collation} becomes bytewise order"
            )
        )
    if seen.max_bytes > MAX_FIELD:
        findings.append(
            Finding(rule="value.too-large", object=where, detail=f"the longest value has {seen.max_bytes:,} bytes", count=1)
        )
    return findings


def _collation(target: TargetColumn, options: Options) -> str | None:
    return "C" if target.family == "text" and not options.bytewise else None


def _generated(
    given: TableInput, column: Column, target: TargetColumn, outcomes: list[Outcome], findings: list[Finding]
) -> str | None:
    if column.generated is None:
        return None
    where = f"{given.table.name}.{column.name}"
    try:
        sql = expression(
            column.generated, model=given.model, relation=given.table.name, purpose="generated", wanted=target
        )
    except TranslationError as error:
        findings.append(
            Finding(rule="generated.left", object=where, detail=f"AS ({column.generated}): {error}; its values are kept")
        )
        outcomes.append(
            Outcome(kind="generated_columns", name=where, fate="changed", reason=f"an ordinary column: {error}",
                    text=column.generated, rule="generated.left")  # fmt: skip
        )
        return None
    stored = column.generated_kind == "STORED"
    outcomes.append(
        Outcome(kind="generated_columns", name=where, fate="moved" if stored else "changed",
                reason="" if stored else "VIRTUAL becomes STORED")  # fmt: skip
    )
    return sql


def _default(
    given: TableInput, column: Column, choice: Choice, target: TargetColumn, outcomes: list[Outcome], findings: list[Finding]
) -> str | None:
    if column.default is None:
        return None
    where = f"{given.table.name}.{column.name}"
    reason = ""
    try:
        try:
            sql = _default_sql(given, column, choice, target)
        except (TranslationError, CounterExample):
            changed = changed_default(column.default, column.affinity, choice.type, choice.conversion)
            if changed is None:
                raise
            sql, reason = changed
    except (TranslationError, CounterExample) as error:
        reason = f"{error.value} {error.reason}" if isinstance(error, CounterExample) else str(error)
        findings.append(Finding(rule="default.left", object=where, detail=f"DEFAULT {column.default}: {reason}"))
        outcomes.append(
            Outcome(kind="defaults", name=where, fate="left", reason=reason, text=column.default, rule="default.left")
        )
        return None
    if reason:
        findings.append(Finding(rule="default.changed", object=where, detail=f"DEFAULT {column.default}: {reason}"))
    outcomes.append(
        Outcome(kind="defaults", name=where, fate="changed" if reason else "moved", reason=reason, text=column.default)
    )
    return sql


def _default_sql(given: TableInput, column: Column, choice: Choice, target: TargetColumn) -> str | None:
    plain = literal_default(column.default or "", column.affinity)
    if plain is not None:
        return None if plain.value is None else conversion(choice.conversion, choice.type).literal(plain.value)
    if family(choice.type) == "other":
        raise TranslationError(f"a default of type {choice.type}", column.default or "")
    return expression(
        column.default or "", model=given.model, relation=given.table.name, purpose="default", wanted=target
    )


def _not_null(
    where: str, column: Column, seen: ColumnProfile, outcomes: list[Outcome], findings: list[Finding]
) -> bool:
    if not column.not_null:
        return False
    if seen.nulls:
        findings.append(
            Finding(rule="key.not-null-violated", object=where, detail=f"{seen.nulls} rows hold NULL", count=seen.nulls)
        )
        outcomes.append(
            Outcome(kind="not_nulls", name=where, fate="left", reason=f"{seen.nulls} rows hold NULL", rule="key.not-null-violated")
        )
        return False
    outcomes.append(Outcome(kind="not_nulls", name=where, fate="moved"))
    return True


def _identity_next(table: Table, profile: TableProfile) -> int | None:
    if table.rowid_alias is None:
        return None
    largest = profile.column(table.rowid_alias).max_integer or 0
    return min(max(largest, table.sequence or 0, 0) + 1, 2**63 - 1)


def _row_key(table: Table, profile: TableProfile, columns: list[ColumnPlan]) -> tuple[str, ...]:
    """Columns that are unique and never NULL, and that both sides sort alike."""
    by_source = {column.source: column for column in columns}

    def usable(name: str) -> bool:
        column, seen = by_source[name], profile.column(name)
        orderly = column.conversion == "same" and family(column.type) in {"integer", "text", "bytea"}
        return orderly and seen.nulls == 0 and len(seen.classes) <= 1

    keys = [table.primary_key] + [
        tuple(key.column or "" for key in index.columns) for index in table.indexes if index.unique and not index.where
    ]
    for key in keys:
        if key and all(name in by_source and usable(name) for name in key):
            return key
    return ()


def create_table(plan: TablePlan, schema: str, outcomes: tuple[Outcome, ...]) -> Statement:
    """The CREATE TABLE of one table, with everything that belongs to its columns."""
    kind: Callable[[str], Outcome] = lambda fate: Outcome(  # noqa: E731
        kind="virtual_tables" if plan.virtual else "tables",
        name=plan.source,
        fate="changed" if fate else "moved",
        reason=fate,
    )
    lines = ",\n".join(f"  {_column_sql(column, plan)}" for column in plan.columns)
    name = qualified(schema, plan.name)
    body = f"CREATE TABLE {name} (\n{lines}\n)" if plan.columns else f"CREATE TABLE {name} ()"
    return Statement(
        sql=body,
        why=f"table {plan.source}, {plan.rows:,} rows",
        phase="pre-data",
        table=plan.source,
        outcomes=(kind("its content becomes an ordinary table" if plan.virtual else ""), *outcomes),
        required=True,
        reverse=f"DROP TABLE {name}",
    )


def _column_sql(column: ColumnPlan, table: TablePlan) -> str:
    parts = [quote(column.name), column.type]
    if column.collation is not None:
        parts.append(f"COLLATE {quote(column.collation)}")
    if column.generated is not None:
        parts.append(f"GENERATED ALWAYS AS ({column.generated}) STORED")
    elif column.identity:
        parts.append(f"GENERATED BY DEFAULT AS IDENTITY (START WITH {table.identity_next or 1})")
    elif column.default is not None:
        parts.append(f"DEFAULT ({column.default})")
    if column.not_null and not column.identity:
        parts.append("NOT NULL")
    return " ".join(parts)
