"""Queries: one SELECT or a compound of them, with what stands before and after it.

Takes a `tree.Query` and a `Scope`, gives a `Result` whose columns carry SQLite's types, so that a
view or an enclosing query can go on from there. Stands between `statements` and `view`, `trigger`.
"""

from __future__ import annotations

from dataclasses import replace

from outgrow.errors import TranslationError
from outgrow.translate import tree
from outgrow.translate.queries.commons import with_clause
from outgrow.translate.queries.compounds import collation_of_column, compounded, merged
from outgrow.translate.queries.core import core_of, projected, written
from outgrow.translate.queries.ordering import (
    first_read,
    limit_clause,
    order_of,
    ordered_beside,
    ordered_outside,
)
from outgrow.translate.scope import Reader, Result, Scope
from outgrow.translate.unify import unify
from outgrow.translate.value import refuse
from outgrow.translate.virtual import matching
from outgrow.translate.virtual.nearest import with_nearest


def query(node: tree.Query, outer: Scope, *, reader: Reader = "query") -> Result:
    """The translation of a query nested in `outer` (or standing alone in an empty scope).

    For the application, values held in a type of their own come in the form in which SQLite stored them,
    unless it asked for them `native`; in a view, numbers whose class the row decides are decimals whose
    point tells.
    """
    scope = Scope(
        model=outer.model, outer=outer, bytewise=outer.bytewise, subquery=query, parameters=outer.parameters,
        nested=reader == "query",
    )  # fmt: skip
    prefix, scope = with_clause(node.commons, scope)
    node = with_nearest(node, scope)
    rule = _simple if len(node.selects) == 1 else _compound
    result = rule(node, scope, reader=reader)
    return replace(result, sql=prefix + result.sql)


def _simple(node: tree.Query, scope: Scope, *, reader: Reader) -> Result:
    core = core_of(node.selects[0], scope, node.order)
    columns = tuple(projected(column, reader=reader) for column in core.columns)
    single = core.grouped and not core.node.group
    result = Result(sql=written(core, columns), columns=columns, labels=core.labels, single=single)
    if core.node.distinct and not core.grouped:
        result = replace(result, sql=result.sql + first_read(core, columns))
    if core.node.distinct and node.order:
        try:
            return ordered_outside(result, node, scope)
        except TranslationError:
            return ordered_beside(core, columns, node)
    terms = [text for text in (order_of(term, core) for term in node.order) if text]
    if terms and not core.grouped:
        terms += matching.found_first(core.scope.sources)
    order = f" ORDER BY {', '.join(terms)}" if terms else ""
    return replace(result, sql=result.sql + order + limit_clause(node.limit, node.offset, scope))


def _compound(node: tree.Query, scope: Scope, *, reader: Reader) -> Result:
    cores = [core_of(select, scope) for select in node.selects]
    if len({len(core.columns) for core in cores}) != 1:
        raise refuse("a compound of SELECTs with different numbers of columns")
    plain = [tuple(replace(column, explicit=False) for column in core.columns) for core in cores]
    unified = [
        tuple(projected(value, reader=reader) for value in unify(column))
        for column in zip(*plain, strict=True)
    ]
    rows = list(zip(*unified, strict=True))
    named = [collation_of_column(column) for column in zip(*(core.columns for core in cores), strict=True)]
    columns = tuple(merged(column, name) for column, name in zip(unified, named, strict=True))
    texts = [written(core, row) for core, row in zip(cores, rows, strict=True)]
    result = Result(sql=compounded(texts, node.operators, columns), columns=columns, labels=cores[0].labels)
    if node.order:
        return ordered_outside(result, node, scope)
    return replace(result, sql=result.sql + limit_clause(node.limit, node.offset, scope))
