"""INSERT, REPLACE, UPDATE and DELETE, as statements of their own and in the bodies of triggers.

Conflict clauses go by all unique keys of the table, partial and composite ones too. Used by `statement`
and `body`. Rules: https://www.sqlite.org/lang_update.html, lang_delete.html, lang_conflict.html
"""

from __future__ import annotations

from dataclasses import replace

from outgrow.errors import TranslationError
from outgrow.schema.names import fold
from outgrow.schema.target import Relation
from outgrow.translate import tree
from outgrow.translate.expressions import order_terms
from outgrow.translate.queries.commons import with_clause
from outgrow.translate.queries.ordering import limit_clause
from outgrow.translate.queries.query import query
from outgrow.translate.scope import Scope, Source
from outgrow.translate.sources import from_clause
from outgrow.translate.value import Rank, refuse
from outgrow.translate.virtual import commands, matching
from outgrow.translate.virtual.rtree import narrowed
from outgrow.translate.walk import walk
from outgrow.translate.writes import row_by_row
from outgrow.translate.writes.assignments import assigned
from outgrow.translate.writes.changed import (
    Change,
    guarded,
    relation_of,
    returning,
    standing_in,
    table_name,
    target,
)
from outgrow.translate.writes.insert import insert

_ROLLBACK = (
    "OR ROLLBACK: when the statement fails, PostgreSQL takes nothing but ROLLBACK until the transaction "
    "ends, which SQLite ends at once"
)
_ITSELF = (
    "this UPDATE of {} computes a subquery for each row that may read what it changes: SQLite sees the rows "
    "changed before, PostgreSQL the table as it was"
)


def change(node: tree.Insert | tree.Update | tree.Delete, scope: Scope) -> Change:
    """The translation of one statement that writes; TranslationError where PostgreSQL cannot do the same."""
    prefix, scope = with_clause(node.commons, scope)
    relation = relation_of(node.table, scope)
    commands.refuse_change(node, relation)
    if isinstance(node, tree.Delete):
        return _delete(node, scope, prefix)
    said = standing_in(node, relation)
    if isinstance(node, tree.Insert):
        rewritten = commands.rewritten(node, relation, scope.model)
        if isinstance(rewritten, tree.Delete):
            return _delete(rewritten, scope, prefix)
        found = insert(rewritten, scope, prefix)
    else:
        found = _update(node, scope, prefix)
    said += (_ROLLBACK,) if node.conflict == "ROLLBACK" else ()
    return replace(found, findings=(*found.findings, *said))


def _update(node: tree.Update, scope: Scope, prefix: str) -> Change:
    relation = relation_of(node.table, scope)
    text, source = target(relation, node.alias)
    found = returning(node.returning, source, scope)
    around = replace(scope, sources=(source,), outer=scope)
    row_by_row.refuse_declared(node, relation)
    if node.conflict == "FAIL" and not row_by_row.is_one(node, source):
        raise refuse(
            f"UPDATE OR FAIL of more than one row of {relation.source}: PostgreSQL undoes a failed "
            "statement whole; update the rows one by one, or write OR ABORT"
        )
    said: tuple[str, ...] = ()
    joined = from_clause(node.sources, replace(scope, sources=(), outer=scope)) if node.sources else None
    inside = replace(around, sources=(source, *joined.sources)) if joined is not None else around
    if not row_by_row.is_one(node, source) and _reads_itself(node, relation, inside):
        if scope.parameters is None:
            raise refuse(f"an UPDATE of {relation.source} by a subquery that reads what it changes")
        said = (_ITSELF.format(relation.source),)
    one_by_one = scope.row_by_row and not row_by_row.is_one(node, source) and relation.kind == "table"
    if one_by_one or (
        node.conflict in {"IGNORE", "REPLACE"} and row_by_row.is_wanted(node, relation, around)
    ):
        found = row_by_row.update(node, relation, source, scope, prefix, found)
        return replace(found, findings=(*found.findings, *said))
    sets = assigned(node.assignments, relation, inside)
    more = f" FROM {joined.sql}" if joined is not None else ""
    where = guarded(_where(node, source, inside), "UPDATE", relation)
    sql = f"{prefix}UPDATE {text} SET {sets}{more}{where}{found.sql}"
    return replace(found, sql=sql, findings=said)


def _reads_itself(node: tree.Update, relation: Relation, scope: Scope) -> bool:
    """Whether a subquery, computed for each row, may read a column that the statement changes."""
    changed = {fold(name) for names, _ in node.assignments for name in names}
    for part in walk((node.assignments, node.where)):
        if isinstance(part, tree.Query) and _depends_on(part, scope):
            inner = list(walk(part))
            tables = {fold(ref.name) for ref in inner if isinstance(ref, tree.TableRef)}
            views = any(_is_view(name, scope) for name in tables)
            names = {fold(name.column) for name in inner if isinstance(name, tree.Name)}
            if views or (fold(relation.source) in tables and changed & names):
                return True
    return False


def _depends_on(node: tree.Query, scope: Scope) -> bool:
    """Whether a query means something else for each row of the scope's tables."""
    try:
        query(node, replace(scope, sources=()))
    except TranslationError:
        return True
    return False


def _is_view(name: str, scope: Scope) -> bool:
    try:
        return scope.model.relation(name).kind == "view"
    except KeyError:
        return False


def _delete(node: tree.Delete, scope: Scope, prefix: str) -> Change:
    relation = relation_of(node.table, scope)
    text, source = target(relation, node.alias)
    found = returning(node.returning, source, scope)
    inside = replace(scope, sources=(source,), outer=scope)
    where = guarded(_where(node, source, inside), "DELETE", relation)
    return replace(found, sql=f"{prefix}DELETE FROM {text}{where}{found.sql}")


def _where(node: tree.Update | tree.Delete, source: Source, scope: Scope) -> str:
    rest, found = matching.split(node.where, scope)
    scope = replace(scope, sources=found.sources)
    tests = [*found.conditions]
    if rest is not None:
        test = narrowed(rest, scope)
        tests.append(test.within(Rank.AND) if tests else test.sql)
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    if node.limit is None or source.relation is None:
        return where
    if isinstance(node, tree.Update) and node.sources:
        raise refuse("LIMIT in UPDATE … FROM")
    # SQLite chooses the rows by ORDER BY, else in the order of the rowid.
    order = order_terms(node.order, scope)
    if not order and source.rowid is not None:
        order = source.rowid.sql
    ordered = f" ORDER BY {order}" if order else ""
    reference = source.reference
    limit = limit_clause(node.limit, node.offset, scope)
    text = table_name(source.relation)
    chosen = f"SELECT {reference}.ctid FROM {text} AS {reference}{where}{ordered}{limit}"
    return f" WHERE {reference}.ctid IN ({chosen})"
