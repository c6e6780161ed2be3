"""The whole plan from catalog, profile, choices and overrides. Pure: the same input gives the same plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from outgrow.errors import ConfigError, TranslationError
from outgrow.findings import Finding
from outgrow.options import Options
from outgrow.plan.keys import KeyInput, Made, plan_checks, plan_foreign_keys, plan_keys
from outgrow.plan.model import Outcome, Plan, Statement, TablePlan
from outgrow.plan.naming import name_everything, target_model
from outgrow.plan.overrides import Overrides
from outgrow.plan.tables import TableInput, create_table, plan_table
from outgrow.schema.model import Database, Table, Trigger, View, VirtualTable
from outgrow.schema.names import column_names, fold, literal, qualified, quote, shorten
from outgrow.schema.order import dependency_order
from outgrow.schema.target import Relation, TargetColumn, TargetModel
from outgrow.translate import depends_on, trigger, view
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
    tables = tuple(Table(name=entry.name, sql=entry.sql, columns=entry.columns) for entry in readable)
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
    _check_overrides(database, overrides)
    naming, renamed = name_everything(database, options, overrides)
    model = target_model(database, options, naming, choices)
    gathered = _Gathered(findings=[*findings, *renamed])
    plans: dict[str, TablePlan] = {}
    creates: list[Statement] = []
    for table in database.tables:
        if overrides.table(table.name).leave:
            _leave_table(table, gathered, virtual=table.name in selects)
            continue
        planned = plan_table(
            TableInput(
                table=table, profile=profile.table(table.name), choices=choices, naming=naming, model=model,
                options=options, overrides=overrides, select=selects.get(table.name),
            )
        )  # fmt: skip
        plans[table.name] = planned.plan
        creates.append(create_table(planned.plan, options.schema, planned.outcomes))
        gathered.findings += planned.findings
    _virtual_tables(database.virtual_tables, plans, gathered)
    gathered.statements = [*_schema(database, options), *creates]
    given = KeyInput(
        database=database, profile=profile, plans=plans, naming=naming, model=model, options=options, overrides=overrides
    )
    for table in database.tables:
        if table.name in plans:
            gathered.take(plan_keys(given, table))
            gathered.take(plan_checks(given, table))
    for table in database.tables:
        if table.name in plans:
            gathered.take(plan_foreign_keys(given, table))
    _views_and_triggers(given, gathered)
    return Plan(
        source=database.path,
        schema=options.schema,
        types=options.types,
        names=options.names,
        json=options.json,
        tables=tuple(plans.values()),
        statements=tuple(gathered.statements),
        outcomes=tuple(gathered.outcomes),
        findings=tuple(gathered.findings),
    )


def _check_overrides(database: Database, overrides: Overrides) -> None:
    tables = {fold(table.name): table for table in database.tables}
    others = {fold(view.name) for view in database.views}
    for name, override in overrides.tables.items():
        if name in others:
            continue
        if name not in tables:
            raise ConfigError(f"the plan speaks of a table {name} that the file does not have; check its spelling")
        known = {fold(column.name) for column in tables[name].columns}
        for column in override.columns:
            if column not in known:
                raise ConfigError(f"the plan speaks of a column {name}.{column} that the file does not have; check its spelling")


def _schema(database: Database, options: Options) -> list[Statement]:
    statements = []
    if options.schema != "public":
        statements.append(
            Statement(sql=f"CREATE SCHEMA IF NOT EXISTS {quote(options.schema)}", why="the target schema", phase="pre-data", required=True)
        )
    note = f"user_version={database.user_version}, application_id={database.application_id}"
    statements.append(
        Statement(
            sql=f"COMMENT ON SCHEMA {quote(options.schema)} IS {literal(f'moved from SQLite by outgrow; {note}')}",
            why="SQLite's user_version and application_id",
            phase="pre-data",
        )
    )
    return statements


def _leave_table(table: Table, gathered: _Gathered, *, virtual: bool) -> None:
    gathered.outcomes.append(
        Outcome(kind="virtual_tables" if virtual else "tables", name=table.name, fate="left",
                reason="left out in the plan", text=table.sql, rule="table.left")  # fmt: skip
    )
    gathered.findings.append(Finding(rule="table.left", object=table.name, detail="left out in the plan"))


def _virtual_tables(tables: Iterable[VirtualTable], plans: Mapping[str, TablePlan], gathered: _Gathered) -> None:
    for table in tables:
        if table.name in plans:
            how = "read through the module" if table.readable == "module" else "read from its shadow tables"
            gathered.findings.append(
                Finding(rule="virtual.content", object=table.name, detail=f"{table.module}: {how}, without its index",
                        count=plans[table.name].rows)  # fmt: skip
            )
        elif not any(outcome.kind == "virtual_tables" and outcome.name == table.name for outcome in gathered.outcomes):
            reason = table.unreadable or f"module {table.module} is not known"
            gathered.outcomes.append(
                Outcome(kind="virtual_tables", name=table.name, fate="left", reason=reason, text=table.sql,
                        rule="virtual.unreadable")  # fmt: skip
            )
            gathered.findings.append(Finding(rule="virtual.unreadable", object=table.name, detail=reason))


def _views_and_triggers(given: KeyInput, gathered: _Gathered) -> None:
    here = TargetModel(
        schema=given.model.schema, relations=tuple(r for r in given.model.relations if r.source in given.plans)
    )
    names = {fold(entry.name): entry for entry in given.database.views}
    needs = {fold(entry.name): _needed(entry.sql) & names.keys() for entry in given.database.views}
    for name in dependency_order(needs):
        here = _view(names[name], here, given, gathered)
    for entry in given.database.triggers:
        _trigger(entry, here, given, gathered)


def _needed(sql: str) -> frozenset[str]:
    try:
        return frozenset(fold(name) for name in depends_on(sql))
    except TranslationError:
        return frozenset()


def _view(entry: View, model: TargetModel, given: KeyInput, gathered: _Gathered) -> TargetModel:
    reason, rule = "", "view.left"
    if given.overrides.leaves("view", entry.name) or given.overrides.table(entry.name).leave:
        gathered.outcomes.append(
            Outcome(kind="views", name=entry.name, fate="left", reason="left out in the plan", text=entry.sql)
        )
        return model
    if entry.broken is not None:
        reason, rule = f"SQLite cannot run it: {entry.broken}", "view.broken"
    else:
        try:
            named = replace(model, relations=(*model.relations, _named_view(entry, given)))
            made = view(entry, model=named, bytewise=given.options.bytewise)
        except TranslationError as error:
            reason = str(error)
        else:
            name = given.naming.relations[entry.name]
            gathered.statements.append(
                Statement(
                    sql=made.sql,
                    why=f"view {entry.name}",
                    phase="post-data",
                    after_all=True,
                    outcomes=(Outcome(kind="views", name=entry.name, fate="moved", text=entry.sql, rule="view.left", target=name),),
                    reverse=f"DROP VIEW {qualified(given.options.schema, name)}",
                )
            )
            relation = Relation(
                source=entry.name, schema=given.options.schema, name=name, columns=made.columns, kind="view"
            )
            return replace(model, relations=(*model.relations, relation))
    gathered.outcomes.append(
        Outcome(kind="views", name=entry.name, fate="left", reason=reason, text=entry.sql, rule=rule)
    )
    gathered.findings.append(Finding(rule=rule, object=entry.name, detail=reason))
    return model


def _named_view(entry: View, given: KeyInput) -> Relation:
    """The view under the names it will have; its types are what the translation finds."""
    names = column_names(entry.columns, given.options.names)
    return Relation(
        source=entry.name,
        schema=given.options.schema,
        name=given.naming.relations[entry.name],
        columns=tuple(TargetColumn(source=column, name=names[column], type="text") for column in entry.columns),
        kind="view",
    )


def _trigger(entry: Trigger, model: TargetModel, given: KeyInput, gathered: _Gathered) -> None:
    if given.overrides.leaves("trigger", entry.name):
        gathered.outcomes.append(
            Outcome(kind="triggers", name=entry.name, fate="left", reason="left out in the plan", text=entry.sql)
        )
        return
    try:
        made = trigger(entry, model=model, bytewise=given.options.bytewise)
    except TranslationError as error:
        gathered.outcomes.append(
            Outcome(kind="triggers", name=entry.name, fate="left", reason=str(error), text=entry.sql, rule="trigger.left")
        )
        gathered.findings.append(Finding(rule="trigger.left", object=entry.name, detail=str(error)))
        return
    gathered.statements.append(
        Statement(
            sql=";\n".join(made.statements),
            why=f"trigger {entry.name}",
            phase="post-data",
            after_all=True,
            outcomes=(Outcome(kind="triggers", name=entry.name, fate="moved", text=entry.sql, rule="trigger.left", target=shorten(fold(entry.name))),),
        )
    )
