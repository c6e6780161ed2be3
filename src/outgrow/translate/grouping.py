"""GROUP BY: what a bare column beside aggregates stands for.

SQLite takes it from one row of the group: of the row that the last min() or max() of the query found, else
of the first row it read. PostgreSQL refuses a bare column unless the group determines
it; where it does not, the value is picked out of an array of the group's.
Used by `query`. Rules: https://www.sqlite.org/lang_select.html#bareagg
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from outgrow.errors import TranslationError
from outgrow.schema.names import fold
from outgrow.translate import tree
from outgrow.translate.aggregates import distinct_key, is_aggregate
from outgrow.translate.collations import order_term
from outgrow.translate.convert import as_key
from outgrow.translate.expressions import translate
from outgrow.translate.scope import Scope, Source
from outgrow.translate.value import Rank, Value, refuse
from outgrow.translate.walk import children, walk


def has_aggregate(nodes: Iterable[object]) -> bool:
    """Whether an aggregate of this query (not of a subquery in it) stands in one of the nodes."""
    return any(
        isinstance(node, tree.Call) and node.over is None and is_aggregate(node.name, len(node.arguments))
        for start in nodes
        for node in _own(start)
    )


def _own(node: object) -> Iterable[object]:
    yield node
    for child in children(node):
        if not isinstance(child, tree.Query):
            yield from _own(child)


def group_key(value: Value) -> Value:
    """A value to group by, as what SQLite equates."""
    if value.constant is not None:
        return replace(value, sql=f"({value.sql}::{value.type})", constant=None, rank=Rank.ATOM)
    key = distinct_key(value)
    return as_key(replace(value, sql=key, rank=Rank.OTHER if key == value.sql else Rank.ATOM))


def picking(
    sources: tuple[Source, ...], keys: frozenset[str], nodes: list[tree.Expression | None], scope: Scope
) -> tuple[Source, ...]:
    """The sources as a bare column sees them: every column not grouped by is that of one row.

    `nodes` hold the query's aggregates in SQLite's order: result columns, ORDER BY, HAVING. Empty where it
    cannot be said which row that is.
    """
    order = _picked_order(sources, nodes, scope)
    if order is None:
        return ()
    found = []
    for source in sources:
        columns = {name: _picked(value, keys, order) for name, value in source.columns.items()}
        rowid = _picked(source.rowid, keys, order) if source.rowid is not None else None
        found.append(replace(source, columns=columns, rowid=rowid))
    return tuple(found)


def _picked(value: Value, keys: frozenset[str], order: str) -> Value:
    if value.sql in keys:
        return value
    return replace(
        value, sql=f"(array_agg({value.sql}{order}))[1]", rank=Rank.ATOM, nullable=True, column=value.column
    )


def _picked_order(
    sources: tuple[Source, ...], nodes: list[tree.Expression | None], scope: Scope
) -> str | None:
    rowid = sources[0].rowid if len(sources) == 1 else None
    terms = [rowid.sql] if rowid is not None else []
    calls = dict.fromkeys(
        node
        for start in nodes
        for node in _own(start)
        if isinstance(node, tree.Call) and node.name in {"min", "max"} and len(node.arguments) == 1
        if node.over is None
    )
    if calls:
        deciding = list(calls)[-1]
        if deciding.filter is not None:
            return None  # SQLite goes by what it found for the row before
        value = translate(deciding.arguments[0], replace(scope, aggregates=False))
        term = tree.Order(deciding.arguments[0], descending=deciding.name == "max", nulls="LAST")
        if value.nullable and rowid is not None:
            # As long as it has seen only NULLs, SQLite takes every row that it reads.
            terms.insert(0, f"CASE WHEN {value.within(Rank.IS)} IS NULL THEN {rowid.sql} END DESC")
        terms.insert(0, order_term(term, value, bytewise=scope.bytewise))
    return f" ORDER BY {', '.join(terms)}" if terms else ""


def grouped_value(
    node: tree.Expression, keys: frozenset[str], scope: Scope, picked: tuple[Source, ...]
) -> Value:
    """The value of an expression of a grouped query, whose bare columns are picked where they must be."""
    try:
        check_bare(node, keys, scope)
    except TranslationError:
        key = _own_key(node, keys, scope)
        if key is not None:
            return key
        if not picked:
            raise
        return translate(node, replace(scope, sources=picked, raw=scope.sources))
    return translate(node, scope)


def _own_key(node: tree.Expression, keys: frozenset[str], scope: Scope) -> Value | None:
    return translate(node, scope) if _is_key(node, keys, scope) else None


def check_bare(node: tree.Expression, keys: frozenset[str], scope: Scope) -> None:
    """TranslationError when `node` holds a column of this query that the group does not determine."""
    if isinstance(node, tree.Call) and is_aggregate(node.name, len(node.arguments)):
        return
    if _is_key(node, keys, scope):
        return
    if isinstance(node, tree.Name):
        _check_name(node, keys, scope)
    for child in children(node):
        if isinstance(child, tree.Query):
            for inner in walk(child):
                if isinstance(inner, tree.Name):
                    _check_inner(inner, keys, scope)
        elif not isinstance(child, tree.Order):
            check_bare(child, keys, scope)  # type: ignore[arg-type]


def _is_key(node: tree.Expression, keys: frozenset[str], scope: Scope) -> bool:
    if isinstance(node, tree.Constant):
        return False
    try:
        return translate(node, scope).sql in keys
    except TranslationError:
        return False


def _check_name(node: tree.Name, keys: frozenset[str], scope: Scope) -> None:
    found = scope.resolve(node)
    if not isinstance(found, Value):
        check_bare(found, keys, scope)
        return
    owner = _owner(found, scope)
    if owner is not None and not _determined(owner, keys):
        raise refuse(f"the bare column {node.column} beside GROUP BY or an aggregate")


def _owner(value: Value, scope: Scope) -> Source | None:
    for source in scope.sources:
        if any(column.sql == value.sql for column in source.columns.values()):
            return source
    return None


def _determined(source: Source, keys: frozenset[str]) -> bool:
    """PostgreSQL knows this dependency only for the primary key of a table."""
    return (
        source.relation is not None
        and source.relation.kind == "table"
        and source.rowid is not None
        and source.rowid.sql in keys
    )


def _check_inner(node: tree.Name, keys: frozenset[str], scope: Scope) -> None:
    """A name inside a subquery that could mean a column of this query."""
    for source in scope.sources:
        value = source.columns.get(fold(node.column))
        meant = node.table is not None and fold(node.table) == fold(source.name)
        if meant and value is not None and value.sql not in keys and not _determined(source, keys):
            raise refuse(f"the bare column {node.column} in a subquery beside GROUP BY")
