"""SET: the new values of an UPDATE or of DO UPDATE. Used by `insert` and `change`."""

from __future__ import annotations

from dataclasses import replace

from outgrow.schema.names import quote
from outgrow.schema.target import Relation, TargetColumn
from outgrow.translate import tree
from outgrow.translate.expressions import translate
from outgrow.translate.queries.query import query
from outgrow.translate.scope import Scope
from outgrow.translate.value import refuse
from outgrow.translate.virtual.rtree import kept
from outgrow.translate.writes.changed import column_of, is_rowid, kept_rowid

Assignments = tuple[tuple[tuple[str, ...], tree.Expression], ...]


def assigned(assignments: Assignments, relation: Relation, scope: Scope) -> str:
    """The assignments, without the word."""
    plain: list[tuple[tuple[str, ...], tree.Expression]] = []
    rows: list[tuple[list[TargetColumn], tree.Subquery]] = []
    for names, expression in assignments:
        if len(names) > 1 and isinstance(expression, tree.Subquery):
            rows.append(([column_of(relation, name) for name in names], expression))
        else:
            plain.append((names, expression))
    new = new_values(tuple(plain), relation, scope)
    set_ = [column.name for column, _ in new] + [column.name for columns, _ in rows for column in columns]
    if len(set(set_)) < len(set_):
        raise refuse("a column set both alone and in a row value")
    texts = [f"{quote(column.name)} = {text}" for column, text in new]
    return ", ".join(texts + [_row_from(columns, node, relation, scope) for columns, node in rows])


def new_values(assignments: Assignments, relation: Relation, scope: Scope) -> list[tuple[TargetColumn, str]]:
    """The columns that are set, each with its new value as it keeps it; no row of a subquery among them.

    Of several assignments to one column the last counts.
    """
    found: dict[str, tuple[TargetColumn, str]] = {}
    for names, expression in assignments:
        columns = [column_of(relation, name) for name in names]
        items = expression.items if isinstance(expression, tree.Row) else (expression,)
        if len(columns) > 1 and not isinstance(expression, tree.Row):
            raise refuse("several columns set to one value")
        if len(items) != len(columns):
            raise refuse(f"{len(columns)} columns set to {len(items)} values")
        for column, item in zip(columns, items, strict=True):
            found[column.name] = column, _new_value(column, item, relation, scope)
    return list(found.values())


def _new_value(column: TargetColumn, expression: tree.Expression, relation: Relation, scope: Scope) -> str:
    value = translate(expression, scope)
    text = kept(value, column, relation, scope)
    return _rowid(text, column, relation, nullable=value.nullable) if is_rowid(relation, column) else text


def _rowid(text: str, column: TargetColumn, relation: Relation, *, nullable: bool) -> str:
    """A new rowid: the next key goes beyond it, as with INSERT; NULL asks for none here."""
    return kept_rowid(f"sqlite.a_rowid({text})" if nullable else text, column, relation)


def _row_from(columns: list[TargetColumn], node: tree.Subquery, relation: Relation, scope: Scope) -> str:
    result = query(node.query, scope)
    if len(result.columns) != len(columns):
        raise refuse(f"{len(columns)} columns set to {len(result.columns)} values")
    names = [f"v{number}" for number in range(1, len(columns) + 1)]
    inside = replace(scope, parameters=None)
    texts = [
        kept(
            replace(value, sql=f"one.{name}", constant=None, digits=None, flag=None), column, relation, inside
        )
        for value, name, column in zip(result.columns, names, columns, strict=True)
    ]
    texts = [
        _rowid(text, column, relation, nullable=True) if is_rowid(relation, column) else text
        for text, column in zip(texts, columns, strict=True)
    ]
    listed = ", ".join(quote(column.name) for column in columns)
    return f"({listed}) = (SELECT {', '.join(texts)} FROM ({result.sql} LIMIT 1) AS one ({', '.join(names)}))"
