"""Post-data, last: views in the order of their needs, then `plan.triggers`, as far as `translate` goes.

Called by `plan.build`; what has no equal yet stays behind with its text.
"""

from __future__ import annotations

from dataclasses import replace

from outgrow.errors import TranslationError
from outgrow.findings import Finding
from outgrow.plan.keys import BY_PLAN, KeyInput, Made
from outgrow.plan.model import Outcome, Statement
from outgrow.plan.triggers import plan_triggers
from outgrow.schema.model import View
from outgrow.schema.names import column_names, fold, qualified
from outgrow.schema.order import dependency_order
from outgrow.schema.target import Relation, TargetColumn, TargetModel
from outgrow.translate import depends_on, view


def plan_views_and_triggers(given: KeyInput) -> tuple[list[Made], TargetModel]:
    """All views and triggers of the database, and the model of all that SQL may then speak of.

    Each view may speak of those before it.
    """
    found: list[Made] = []
    here = TargetModel(
        schema=given.model.schema,
        relations=tuple(r for r in given.model.relations if r.source in given.plans),
    )
    names = {fold(entry.name): entry for entry in given.database.views}
    needs = {fold(entry.name): _needed(entry.sql) for entry in given.database.views}
    for name in dependency_order({name: needed & names.keys() for name, needed in needs.items()}):
        made, relation = _view(names[name], here, given)
        found += made
        if relation is not None:
            here = replace(here, relations=(*here.relations, relation))
    triggers, here = plan_triggers(given, here, needs)
    return found + triggers, here


def _needed(sql: str) -> frozenset[str]:
    try:
        return frozenset(fold(name) for name in depends_on(sql))
    except TranslationError:
        return frozenset()


def _left(outcome: Outcome, reason: str, rule: str) -> tuple[Made, ...]:
    finding = Finding(rule=rule, object=outcome.name, detail=reason)
    return replace(outcome, reason=reason, rule=rule), finding


def _view(entry: View, model: TargetModel, given: KeyInput) -> tuple[tuple[Made, ...], Relation | None]:
    """What is made of a view, and the relation that it then is."""
    left = Outcome(kind="views", name=entry.name, fate="left", text=entry.sql, source_name=entry.name)
    if given.overrides.leaves("view", entry.name) or given.overrides.table(entry.name).leave:
        return (replace(left, reason=BY_PLAN),), None
    if entry.broken is not None:
        return _left(left, f"SQLite cannot run it: {entry.broken}", "view.broken"), None
    try:
        named = replace(model, relations=(*model.relations, _named_view(entry, given)))
        made = view(entry, model=named, bytewise=given.options.bytewise)
    except TranslationError as error:
        return _left(left, str(error), "view.left"), None
    name, schema = given.naming.relations[entry.name], given.options.schema
    statement = Statement(
        sql=made.sql,
        why=f"view {entry.name}",
        phase="post-data",
        after_all=True,
        outcomes=(replace(left, fate="moved", rule="view.left", target=name),),
        reverse=f"DROP VIEW {qualified(schema, name)}",
    )
    relation = Relation(source=entry.name, schema=schema, name=name, columns=made.columns, kind="view")
    return (statement,), relation


def _named_view(entry: View, given: KeyInput) -> Relation:
    """The view under the names it will have; its types are what the translation finds."""
    names = column_names(entry.columns, given.options.names)
    return Relation(
        source=entry.name,
        schema=given.options.schema,
        name=given.naming.relations[entry.name],
        columns=tuple(
            TargetColumn(source=column, name=names[column], type="text") for column in entry.columns
        ),
        kind="view",
    )
