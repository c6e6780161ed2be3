"""The whole plan from catalog, profile, choices and overrides. Pure: the same input gives the same plan.

Called by `move.examine` once the types are chosen; what it makes is shown by `report`, written down
by `plan.toml` and `plan.script`, and carried out by `move`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from outgrow.findings import Finding
from outgrow.options import Options
from outgrow.plan import fulltext
from outgrow.plan.columns import TableInput
from outgrow.plan.conflicts import with_conflicts
from outgrow.plan.constraints import plan_checks, plan_foreign_keys
from outgrow.plan.keys import BY_PLAN, KeyInput, Made, plan_keys
from outgrow.plan.left import left_with_table
from outgrow.plan.model import Outcome, Plan, Statement, TablePlan
from outgrow.plan.naming import name_everything, target_model
from outgrow.plan.overrides import Overrides, check_overrides
from outgrow.plan.rtree import plan_rtree, with_boxes
from outgrow.plan.tables import create_table, plan_table
from outgrow.plan.vectors import plan_vectors, with_vectors
from outgrow.plan.views import plan_views_and_triggers
from outgrow.schema.fulltext import MODULES
from outgrow.schema.model import Database, Table, VirtualTable
from outgrow.schema.names import literal, quote
from outgrow.types.choose import Choice, ColumnKey
from outgrow.types.observed import Profile


@dataclass(slots=True)
class _Gathered:
    statements: list[Statement] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def take(self, made: Iterable[Made]) -> None:
        for entry in made:
            if isinstance(entry, Statement):
                self.statements.append(entry)
            elif isinstance(entry, Outcome):
                self.outcomes.append(entry)
            else:
                self.findings.append(entry)


def with_content(database: Database) -> tuple[Database, dict[str, str]]:
    """The database with every readable virtual table added as a table, and the SELECT of each by name."""
    readable = [entry for entry in database.virtual_tables if entry.readable and entry.select]
    tables = tuple(with_vectors(with_boxes(fulltext.as_table(entry), entry), entry) for entry in readable)
    selects = {entry.name: entry.select or "" for entry in readable}
    return replace(database, tables=database.tables + tables), selects


def build(
    database: Database,
    profile: Profile,
    choices: Mapping[ColumnKey, Choice],
    options: Options,
    *,
    overrides: Overrides | None = None,
    selects: Mapping[str, str] | None = None,
    findings: Iterable[Finding] = (),
) -> Plan:
    """The plan of one file. `database` is what `with_content` gave, `findings` those of the choices.

    Raises ConfigError when an override names something that the file does not have.
    """
    overrides, selects = overrides or Overrides(), selects or {}
    check_overrides(database, overrides)
    naming, renamed = name_everything(database, options, overrides)
    model = fulltext.with_full_text(database, target_model(database, options, naming, choices))
    stays = [table for table in database.tables if overrides.table(table.name).leave]
    gathered = _Gathered(statements=_schema(database, options), findings=[*_about(stays, findings), *renamed])
    plans: dict[str, TablePlan] = {}
    for table in database.tables:
        if table in stays:
            gathered.take(left_with_table(table, virtual=table.name in selects))
            continue
        planned = plan_table(
            TableInput(
                table=table, profile=profile.table(table.name), choices=choices, naming=naming, model=model,
                options=options, overrides=overrides, select=selects.get(table.name),
            )
        )  # fmt: skip
        plans[table.name] = planned.plan
        statement = create_table(planned.plan, options.schema, planned.outcomes)
        gathered.statements.append(fulltext.searchable(statement, model.relation(table.name)))
        gathered.findings += planned.findings
    given = KeyInput(
        database=database, profile=profile, plans=plans, naming=naming, model=model, options=options,
        overrides=overrides,
    )  # fmt: skip
    gathered.take(_virtual_tables(given))
    moved = [table for table in database.tables if table.name in plans]
    for table in moved:
        gathered.take(plan_keys(given, table))
        gathered.take(plan_checks(given, table))
    for table in moved:
        gathered.take(plan_foreign_keys(given, table))
    made, model = plan_views_and_triggers(replace(given, model=with_conflicts(given)))
    gathered.take(made)
    return Plan(
        source=database.path,
        schema=options.schema,
        types=options.types,
        names=options.names,
        json=options.json,
        rowids=options.rowids,
        tables=tuple(plans.values()),
        statements=tuple(gathered.statements),
        outcomes=tuple(gathered.outcomes),
        findings=tuple(gathered.findings),
        leave=tuple(sorted(overrides.leave)),
        model=model,
    )


def _about(stays: Iterable[Table], findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings without those on columns of tables that stay behind."""
    unwanted = {f"{table.name}.{column.name}" for table in stays for column in table.columns}
    return (finding for finding in findings if finding.object not in unwanted)


def _schema(database: Database, options: Options) -> list[Statement]:
    statements = []
    if options.schema != "public":
        statements.append(
            Statement(
                sql=f"CREATE SCHEMA IF NOT EXISTS {quote(options.schema)}",
                why="the target schema",
                phase="pre-data",
                required=True,
            )
        )
    note = "moved from SQLite by outgrow; "
    note += f"user_version={database.user_version}, application_id={database.application_id}"
    statements.append(
        Statement(
            sql=f"COMMENT ON SCHEMA {quote(options.schema)} IS {literal(note)}",
            why="SQLite's user_version and application_id",
            phase="pre-data",
        )
    )
    return statements


def _virtual_tables(given: KeyInput) -> Iterator[Made]:
    for table in given.database.virtual_tables:
        if table.name in given.plans and given.plans[table.name].rtree:
            yield from plan_rtree(given, table.name)
        elif table.name in given.plans and table.module in MODULES:
            yield from fulltext.plan_full_text(given, table)
        elif table.name in given.plans and given.plans[table.name].vectors:
            yield from plan_vectors(given, table.name)
        elif table.name in given.plans:
            how = "read through the module" if table.readable == "module" else "read from its shadow tables"
            detail = f"{table.module}: {how}, without its index"
            if table.module == "vec0" and not given.options.vectors:
                detail += "; pgvector in the target would hold its vectors"
            rows = given.plans[table.name].rows
            yield Finding(rule="virtual.content", object=table.name, detail=detail, count=rows)
        elif not (table.readable and table.select):
            yield from _unreadable(given, table)


def _unreadable(given: KeyInput, table: VirtualTable) -> Iterator[Made]:
    reason, rule = table.unreadable or f"module {table.module} is not known", "virtual.unreadable"
    if given.overrides.table(table.name).leave:
        reason, rule = BY_PLAN, "table.left"
    yield Outcome(
        kind="virtual_tables", name=table.name, fate="left", reason=reason, text=table.sql, rule=rule
    )
    yield Finding(rule=rule, object=table.name, detail=reason)
