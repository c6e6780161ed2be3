"""Pre-data, one column: its type, default, NOT NULL, generation, identity and collation.

Called by `plan.tables` for each column, after `types.choose`; `tables` writes it down as SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from outgrow.errors import ConfigError, CounterExample, TranslationError
from outgrow.findings import Finding
from outgrow.options import Options
from outgrow.plan.model import ColumnPlan, Outcome
from outgrow.plan.naming import Naming
from outgrow.plan.overrides import Overrides
from outgrow.schema.model import Column, Table
from outgrow.schema.target import TargetColumn, TargetModel, family
from outgrow.translate import expression
from outgrow.types.choose import Choice, ColumnKey
from outgrow.types.defaults import changed_default, literal_default
from outgrow.types.observed import ColumnProfile, TableProfile
from outgrow.types.values import conversion
from outgrow.types.values.plain import MAX_FIELD

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
class PlannedColumn:
    """One column's plan with what is said about it."""

    plan: ColumnPlan
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]


def plan_column(given: TableInput, column: Column) -> PlannedColumn:
    """The plan of one column; ConfigError when the plan file's type or conversion is unknown."""
    table, key = given.table, (given.table.name, column.name)
    choice, seen = given.choices[key], given.profile.column(column.name)
    where = f"{table.name}.{column.name}"
    target = given.model.relation(table.name).column(column.name)
    try:
        conversion(choice.conversion, choice.type)
    except (ConfigError, ValueError) as error:
        raise ConfigError(f"the plan's column {where}: {error}") from error
    identity = _is_identity(given, column, choice)
    outcomes: list[Outcome] = [_column_outcome(where, column, seen, choice)]
    findings = list(_column_findings(where, column, seen))
    generated = _generated(given, column, target, outcomes, findings)
    default = None if identity or generated else _default(given, column, choice, target, outcomes, findings)
    if column.name == table.rowid_alias and given.select is None:
        outcomes += _identity_outcomes(where, column, choice, identity=identity)
    if given.select is None and not column.hidden:
        not_null = _not_null(where, column, seen, outcomes, findings)
    else:  # a rowid; SQLite has declared nothing
        not_null = column.not_null and not seen.nulls
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
        hidden=column.hidden,
    )
    # A rowid that nobody declared is no object of the source; that of a virtual table is read as a column.
    said = () if column.hidden and given.select is None else tuple(outcomes)
    return PlannedColumn(plan=plan, outcomes=said, findings=tuple(findings))


def _is_identity(given: TableInput, column: Column, choice: Choice) -> bool:
    whole = choice.type in {"bigint", "integer", "smallint"} and choice.conversion == "same"
    return whole and column.name == given.table.rowid_alias


def _identity_outcomes(where: str, column: Column, choice: Choice, *, identity: bool) -> Iterator[Outcome]:
    if not identity:
        reason = f"the column is {choice.type}, which counts nothing"
        yield Outcome(kind="identities", name=where, fate="left", reason=reason)
        return
    yield Outcome(kind="identities", name=where, fate="moved")
    if column.default is not None:
        reason = "SQLite ignores a rowid's DEFAULT; so does the identity"
        yield Outcome(kind="defaults", name=where, fate="changed", reason=reason)


def _column_outcome(where: str, column: Column, seen: ColumnProfile, choice: Choice) -> Outcome:
    if choice.conversion == "escaped" and seen.values:
        return Outcome(kind="columns", name=where, fate="changed", reason="held as escaped text")
    declared = column.declared_type or "no type"
    return Outcome(kind="columns", name=where, fate="moved", reason=f"{declared} as {choice.type}")


def _column_findings(where: str, column: Column, seen: ColumnProfile) -> list[Finding]:
    findings = []
    if column.collation not in _BUILT_IN:
        findings.append(
            Finding(
                rule="collation.unknown",
                object=where,
                detail=f"COLLATE {column.collation} becomes bytewise order",
            )
        )
    if seen.max_bytes > MAX_FIELD:
        findings.append(
            Finding(
                rule="value.too-large",
                object=where,
                detail=f"the longest value has {seen.max_bytes:,} bytes",
                count=1,
            )
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
            Finding(
                rule="generated.left",
                object=where,
                detail=f"AS ({column.generated}): {error}; its values are kept",
            )
        )
        outcomes.append(
            Outcome(
                kind="generated_columns",
                name=where,
                fate="changed",
                reason=f"an ordinary column: {error}",
                text=column.generated,
                rule="generated.left",
            )
        )
        return None
    stored = column.generated_kind == "STORED"
    outcomes.append(
        Outcome(
            kind="generated_columns",
            name=where,
            fate="moved" if stored else "changed",
            reason="" if stored else "VIRTUAL becomes STORED",
        )
    )
    return sql


def _default(
    given: TableInput,
    column: Column,
    choice: Choice,
    target: TargetColumn,
    outcomes: list[Outcome],
    findings: list[Finding],
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
        findings.append(
            Finding(rule="default.left", object=where, detail=f"DEFAULT {column.default}: {reason}")
        )
        outcomes.append(
            Outcome(
                kind="defaults",
                name=where,
                fate="left",
                reason=reason,
                text=column.default,
                rule="default.left",
            )
        )
        return None
    if reason:
        findings.append(
            Finding(rule="default.changed", object=where, detail=f"DEFAULT {column.default}: {reason}")
        )
    outcomes.append(
        Outcome(
            kind="defaults",
            name=where,
            fate="changed" if reason else "moved",
            reason=reason,
            text=column.default,
        )
    )
    return sql


def _default_sql(given: TableInput, column: Column, choice: Choice, target: TargetColumn) -> str | None:
    plain = literal_default(column.default or "", column.affinity)
    if plain is not None:
        return (
            None if plain.value is None else conversion(choice.conversion, choice.type).literal(plain.value)
        )
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
            Finding(
                rule="key.not-null-violated",
                object=where,
                detail=f"{seen.nulls} rows hold NULL",
                count=seen.nulls,
            )
        )
        outcomes.append(
            Outcome(
                kind="not_nulls",
                name=where,
                fate="left",
                reason=f"{seen.nulls} rows hold NULL",
                rule="key.not-null-violated",
            )
        )
        return False
    outcomes.append(Outcome(kind="not_nulls", name=where, fate="moved"))
    return True
