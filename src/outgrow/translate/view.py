"""CREATE VIEW: the whole statement, and what its columns are for whoever reads the view next.

Stands after `query`, before `plan`, which calls it in order of dependency and adds each view's
columns to the model.
"""

from __future__ import annotations

from dataclasses import dataclass

from outgrow.errors import TranslationError
from outgrow.schema.model import View
from outgrow.schema.names import column_names, fold, qualified, quote
from outgrow.schema.target import Relation, TargetColumn, TargetModel
from outgrow.translate.queries.query import query
from outgrow.translate.scope import Result, Scope
from outgrow.translate.statements import read_view
from outgrow.translate.unify import is_flag
from outgrow.translate.value import Value, speaking_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedView:
    """A CREATE VIEW for PostgreSQL and the columns it has, in order."""

    columns: tuple[TargetColumn, ...]
    sql: str


def view(source: View, *, model: TargetModel, bytewise: bool) -> TranslatedView:
    """The view on the target, with SQLite's column names mapped to the target's.

    `model` holds every relation the view reads, other views included; where it holds the view itself
    its names are used, else names are folded. `bytewise` says the database sorts text by bytes.
    Raises TranslationError.
    """
    if source.broken is not None:
        raise TranslationError(f"a view that SQLite itself cannot read ({source.broken})", source.sql)
    with speaking_of(source.sql):
        node = read_view(source.sql).query
        result = query(node, Scope(model=model, bytewise=bytewise), reader="view")
    labels = source.columns or read_view(source.sql).columns or result.labels
    if len(labels) != len(result.columns):
        raise TranslationError(
            f"a view of {len(labels)} columns whose query has {len(result.columns)}", source.sql
        )
    relation = _relation(source, model)
    names = _names(labels, relation)
    columns = tuple(
        _column(label, name, value) for label, name, value in zip(labels, names, result.columns, strict=True)
    )
    name = relation.name if relation is not None else fold(source.name)
    schema = relation.schema if relation is not None else model.schema
    return TranslatedView(columns=columns, sql=_statement(qualified(schema, name), names, result))


def _relation(source: View, model: TargetModel) -> Relation | None:
    try:
        return model.relation(source.name)
    except KeyError:
        return None


def _names(labels: tuple[str, ...], relation: Relation | None) -> tuple[str, ...]:
    if relation is not None and len(relation.columns) == len(labels):
        return tuple(column.name for column in relation.columns)
    return tuple(column_names(labels, "fold")[label] for label in labels)


def _statement(name: str, names: tuple[str, ...], result: Result) -> str:
    return f"CREATE VIEW {name} ({', '.join(quote(each) for each in names)}) AS {result.sql}"


def _column(source: str, name: str, value: Value) -> TargetColumn:
    return TargetColumn(
        source=source,
        name=name,
        type=value.type,
        conversion=_conversion(value),
        not_null=not value.nullable,
        collation=value.collation if value.kind == "text" else None,
        declared=value.declared,
    )


def _conversion(value: Value) -> str:
    if value.column is not None and (value.kind == "held" or is_flag(value)):
        return value.column.conversion
    if value.kind == "number":
        return value.column.conversion if value.column is not None else "numeric"
    return "tagged" if value.kind == "tagged" else "same"
