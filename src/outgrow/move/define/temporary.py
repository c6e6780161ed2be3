"""Temporary views and triggers, which may speak of every relation; tables are planned as all others."""

from __future__ import annotations

from dataclasses import replace

from outgrow.errors import TranslationError
from outgrow.findings import Finding
from outgrow.plan.model import Outcome, Plan, Statement
from outgrow.schema.model import Database, Trigger
from outgrow.schema.names import fold
from outgrow.schema.target import TEMPORARY, Relation, TargetModel
from outgrow.translate import TranslatedTrigger, trigger, view


def with_temporary(made: Plan, database: Database, outside: TargetModel, *, bytewise: bool) -> Plan:
    """The plan of temporary tables with the views and triggers that may speak of all relations."""
    statements = list(made.statements)
    outcomes = list(made.outcomes)
    findings = list(made.findings)
    own = list(made.model.relations)
    for entry in database.views:
        left = Outcome(kind="views", name=entry.name, fate="left", text=entry.sql, source_name=entry.name)
        here = replace(outside, schema=TEMPORARY, relations=(*own, *outside.relations))
        try:
            found = view(entry, model=here, bytewise=bytewise)
        except TranslationError as error:
            outcomes.append(replace(left, reason=str(error), rule="view.left"))
            findings.append(Finding(rule="view.left", object=entry.name, detail=str(error)))
            continue
        name = fold(entry.name)
        own.append(
            Relation(source=entry.name, schema=TEMPORARY, name=name, columns=found.columns, kind="view")
        )
        statements.append(late_statement(found.sql, entry.name, replace(left, fate="moved", target=name)))
    here = replace(outside, schema=TEMPORARY, relations=(*own, *outside.relations))
    for each in database.triggers:
        left = Outcome(kind="triggers", name=each.name, fate="left", text=each.sql, table=each.table)
        try:
            made_trigger = _temporary_trigger(each, here, bytewise=bytewise)
        except (KeyError, TranslationError) as error:
            reason = f"there is no table {each.table}" if isinstance(error, KeyError) else str(error)
            outcomes.append(replace(left, reason=reason, rule="trigger.left"))
            findings.append(Finding(rule="trigger.left", object=each.name, detail=reason))
            continue
        statements.append(
            late_statement(";\n".join(made_trigger.statements), each.name, replace(left, fate="moved"))
        )
    return replace(
        made,
        statements=tuple(statements),
        outcomes=tuple(outcomes),
        findings=tuple(findings),
        model=replace(made.model, relations=tuple(own)),
    )


def _temporary_trigger(entry: Trigger, model: TargetModel, *, bytewise: bool) -> TranslatedTrigger:
    if model.relation(entry.table).schema != TEMPORARY:
        raise TranslationError("a temporary trigger on a table that is not temporary", entry.sql)
    return trigger(entry, model=model, bytewise=bytewise)


def late_statement(sql: str, why: str, outcome: Outcome) -> Statement:
    """A statement for when all tables are there."""
    return Statement(sql=sql, why=why, phase="post-data", after_all=True, outcomes=(outcome,))
