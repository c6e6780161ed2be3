"""What a row can conflict with, put into the model for SQL that writes: defaults, checks, children.

Called by `plan.build` once tables and constraints are planned; read by `translate`, for OR IGNORE and
OR REPLACE.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from outgrow.errors import TranslationError
from outgrow.plan.constraints import check_condition, foreign_key_refusal
from outgrow.plan.keys import KeyInput
from outgrow.plan.overrides import check_label
from outgrow.schema.model import Table
from outgrow.schema.names import fold
from outgrow.schema.target import Relation, TargetModel


def with_conflicts(given: KeyInput) -> TargetModel:
    """The model, with all that the target will hold a row to."""
    relations = tuple(
        _with_conflicts(given, relation) if relation.source in given.plans else relation
        for relation in given.model.relations
    )
    return replace(given.model, relations=relations)


def _with_conflicts(given: KeyInput, relation: Relation) -> Relation:
    table, plan = given.database.table(relation.source), given.plans[relation.source]
    columns = tuple(
        replace(
            column, default=plan.column(column.source).default, formula=plan.column(column.source).generated
        )
        for column in relation.columns
    )
    return replace(
        relation,
        columns=columns,
        checks=tuple(_checks(given, table)),
        children=tuple(_children(given, relation)),
    )


def _checks(given: KeyInput, table: Table) -> Iterator[str]:
    for number, check in enumerate(table.checks, 1):
        if not given.overrides.leaves("check", check_label(table, number)):
            try:
                yield check_condition(given, table, check)
            except TranslationError:  # it stays behind, which `plan_checks` reports
                continue


def _children(given: KeyInput, relation: Relation) -> Iterator[str]:
    for table in given.database.tables:
        pointing = [key for key in table.foreign_keys if fold(key.parent_table) == fold(relation.source)]
        if table.name in given.plans and any(not foreign_key_refusal(given, table, key) for key in pointing):
            yield table.name
