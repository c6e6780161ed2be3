"""GROUP BY: which columns may stand bare beside aggregates.

SQLite takes a bare column from some row of the group; PostgreSQL refuses it. It is allowed here when
it is grouped by, or hangs on a grouped primary key, for then the group has one value of it.
Used by `query`.
"""

from __future__ import annotations

from collections.abc import Iterable

from outgrow.errors import TranslationError
from outgrow.schema.names import fold
from outgrow.translate import held, tree
from outgrow.translate.aggregates import is_aggregate
from outgrow.translate.expressions import translate
from outgrow.translate.scope import Scope, Source
from outgrow.translate.value import Value, described, refuse
from outgrow.translate.walk import children, walk


def has_aggregate(nodes: Iterable[object]) -> bool:
    """Whether an aggregate of this query (not of a subquery in it) stands in one of the nodes."""
    return any(
        isinstance(node, tree.Call) and is_aggregate(node.name, len(node.arguments))
        for start in nodes
        for node in _own(start)
    )


def _own(node: object) -> Iterable[object]:
    yield node
    for child in children(node):
        if not isinstance(child, tree.Query):
            yield from _own(child)


def group_key(value: Value) -> Value:
    """A value fit to group by; refused where PostgreSQL would make other groups than SQLite."""
    refuse_loose(value, "GROUP BY")
    if value.constant is not None:
        raise refuse("GROUP BY a constant")
    return value


def refuse_loose(value: Value, where: str) -> None:
    """Refuses values that the two databases equate differently: texts under NOCASE, JSON documents."""
    if value.kind == "text" and value.collation not in {None, "BINARY"}:
        raise refuse(f"{where} over {described(value)} with collation {value.collation}")
    if value.kind == "held" and held.conversion_of(value)[0] in {"json", "vector"}:
        raise refuse(f"{where} over {described(value)}")


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
