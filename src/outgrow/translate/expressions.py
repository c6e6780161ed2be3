"""The closed table of expression nodes: one rule for each class of `tree.Expression`.

Takes a tree and a `Scope`, gives a `Value`. Stands between `grammar` and every writer of SQL
(`ddl`, `query`, `view`, `trigger`). A node without a rule is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from outgrow.translate import aggregates, arithmetic, functions, held, patterns, tree
from outgrow.translate.casts import cast
from outgrow.translate.collations import order_term
from outgrow.translate.compare import between, compare, member, same_kind_pair
from outgrow.translate.scope import Result, Scope
from outgrow.translate.unify import combined, unify
from outgrow.translate.value import (
    Rank,
    Value,
    as_flag,
    as_truth,
    constant,
    refuse,
    truth,
)

_COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT"})
_COLLATIONS = frozenset({"BINARY", "NOCASE", "RTRIM"})


def translate(node: tree.Expression, scope: Scope) -> Value:
    """The value of an expression; TranslationError for what the tables do not hold."""
    rule = _RULES.get(type(node))
    if rule is None:
        raise refuse(type(node).__name__)
    return rule(node, scope)


def condition(node: tree.Expression, scope: Scope) -> Value:
    """The expression as a boolean that is true, false or NULL where SQLite's condition is."""
    return as_truth(translate(node, scope))


def _constant(node: tree.Constant, _: Scope) -> Value:
    return constant(node.value)


def _name(node: tree.Name, scope: Scope) -> Value:
    found = scope.resolve(node)
    return found if isinstance(found, Value) else translate(found, replace(scope, aliases={}))


def _unary(node: tree.Unary, scope: Scope) -> Value:
    if node.operator == "NOT":
        operand = condition(node.operand, scope)
        return truth(f"NOT {operand.within(Rank.NOT)}", operand, rank=Rank.NOT)
    value = translate(node.operand, scope)
    if node.operator == "-":
        return arithmetic.negated(value)
    if node.operator == "~":
        return arithmetic.inverted(value)
    return replace(value, stored=False) if value.kind != "text" else value


def _binary(node: tree.Binary, scope: Scope) -> Value:
    if node.operator in {"AND", "OR"}:
        return _logic(node, scope)
    if isinstance(node.left, tree.Row) or isinstance(node.right, tree.Row):
        return _rows(node, scope)
    if node.operator == "=":
        found = _same_row(node, scope)
        if found is not None:
            return found
    left, right = translate(node.left, scope), translate(node.right, scope)
    if node.operator in _COMPARISONS:
        return compare(node.operator, left, right, bytewise=scope.bytewise)
    rule = arithmetic.OPERATORS.get(node.operator)
    if rule is None:
        raise refuse(f"the operator {node.operator}")
    return rule(left, right)


def _same_row(node: tree.Binary, scope: Scope) -> Value | None:
    """`rowid = NEW.rowid` in a table without a column for it: the same row has the same primary key."""
    left, right = scope.row_key(node.left), scope.row_key(node.right)
    if left is None or right is None or left[0] != right[0]:
        return None
    parts = [compare("=", *pair, bytewise=scope.bytewise) for pair in zip(left[1], right[1], strict=True)]
    if len(parts) == 1:
        return parts[0]
    return truth(" AND ".join(part.within(Rank.AND) for part in parts), *parts, rank=Rank.AND)


def _logic(node: tree.Binary, scope: Scope) -> Value:
    rank = Rank[node.operator]
    left, right = condition(node.left, scope), condition(node.right, scope)
    # OR is the loosest operator, so its left side never needs parentheses.
    first = left.sql if rank is Rank.OR else left.within(Rank(rank - 1))
    sql = f"{first} {node.operator} {right.within(rank)}"
    return truth(sql, left, right, rank=rank)


def _rows(node: tree.Binary, scope: Scope) -> Value:
    if not (isinstance(node.left, tree.Row) and isinstance(node.right, tree.Row)) or node.operator not in {
        "=",
        "<>",
    }:
        raise refuse(f"the row value comparison {node.operator}")
    if len(node.left.items) != len(node.right.items):
        raise refuse("rows of different length")
    parts = [
        compare("=", translate(left, scope), translate(right, scope), bytewise=scope.bytewise)
        for left, right in zip(node.left.items, node.right.items, strict=True)
    ]
    equal = truth(" AND ".join(part.within(Rank.AND) for part in parts), *parts, rank=Rank.AND)
    return equal if node.operator == "=" else truth(f"NOT ({equal.sql})", equal, rank=Rank.NOT)


def _truth(node: tree.Truth, scope: Scope) -> Value:
    operand = condition(node.operand, scope)
    word = f"IS {'NOT ' if node.negated else ''}{'TRUE' if node.value else 'FALSE'}"
    return truth(f"{operand.within(Rank.IS)} {word}", operand, rank=Rank.IS, nullable=False)


def _is_null(node: tree.IsNull, scope: Scope) -> Value:
    value = replace(translate(node.operand, scope), explicit=False)
    word = "IS NOT NULL" if node.negated else "IS NULL"
    return truth(f"{value.within(Rank.IS)} {word}", value, rank=Rank.IS, nullable=False)


def _match(node: tree.Match, scope: Scope) -> Value:
    value, pattern = translate(node.operand, scope), translate(node.pattern, scope)
    if node.operator == "LIKE":
        escape = translate(node.escape, scope) if node.escape is not None else None
        found = patterns.like(value, pattern, escape)
    elif node.operator == "GLOB" and node.escape is None:
        found = patterns.glob(value, pattern)
    else:
        raise refuse(f"the operator {node.operator}")
    return _negated(found, negated=node.negated)


def _negated(value: Value, *, negated: bool) -> Value:
    return truth(f"NOT {value.within(Rank.NOT)}", value, rank=Rank.NOT) if negated else value


def _between(node: tree.Between, scope: Scope) -> Value:
    value, low, high = (translate(part, scope) for part in (node.operand, node.low, node.high))
    return _negated(between(value, low, high, bytewise=scope.bytewise), negated=node.negated)


def _in(node: tree.In, scope: Scope) -> Value:
    if isinstance(node.operand, tree.Row):
        raise refuse("a row value before IN")
    value = translate(node.operand, scope)
    if isinstance(node.items, tree.Query):
        found = _in_query(value, _nested(node.items, scope))
    else:
        found = member(value, [translate(item, scope) for item in node.items], bytewise=scope.bytewise)
    return _negated(found, negated=node.negated)


def _in_query(value: Value, result: Result) -> Value:
    if len(result.columns) != 1:
        raise refuse("IN with a query of several columns")
    column = replace(
        result.columns[0], sql="each.value", rank=Rank.ATOM, constant=None, digits=None, collation=None
    )
    left, right = same_kind_pair(replace(value, explicit=False), column, bytewise=True)
    query = result.sql if right == "each.value" else f"SELECT {right} FROM ({result.sql}) AS each(value)"
    return truth(f"{left} IN ({query})", replace(value, explicit=False), nullable=True)


def _collate(node: tree.Collate, scope: Scope) -> Value:
    if node.collation not in _COLLATIONS:
        raise refuse(f"the collation {node.collation}")
    value = translate(node.operand, scope)
    if value.kind == "held":
        value = held.stored_form(value)
    return replace(
        value, collation=node.collation, explicit=True, column=None if value.kind == "text" else value.column
    )


def _case(node: tree.Case, scope: Scope) -> Value:
    base = translate(node.base, scope) if node.base is not None else None
    tests = [_when(base, test, scope) for test, _ in node.branches]
    results = [translate(result, scope) for _, result in node.branches]
    otherwise = translate(node.otherwise, scope) if node.otherwise is not None else constant(None)
    parts = unify([*results, otherwise])
    whens = "".join(f" WHEN {test.sql} THEN {part.sql}" for test, part in zip(tests, parts[:-1], strict=True))
    tail = f" ELSE {parts[-1].sql}" if node.otherwise is not None else ""
    nullable = any(part.nullable for part in parts)
    found = combined(f"CASE{whens}{tail} END", parts, *tests, nullable=nullable)
    return replace(found, flag=_case_flag(tests, [*results, otherwise])) if found.kind == "integer" else found


def _case_flag(tests: list[Value], results: list[Value]) -> str | None:
    """The CASE as a boolean, when all its results are 0, 1, NULL or conditions."""
    flags = [as_flag(result) for result in results]
    if any(flag is None for flag in flags):
        return None
    whens = "".join(f" WHEN {test.sql} THEN {flag}" for test, flag in zip(tests, flags, strict=False))
    return f"CASE{whens} ELSE {flags[-1]} END"


def _when(base: Value | None, test: tree.Expression, scope: Scope) -> Value:
    if base is None:
        return condition(test, scope)
    return compare("=", base, translate(test, scope), bytewise=scope.bytewise)


def _cast(node: tree.Cast, scope: Scope) -> Value:
    return cast(translate(node.operand, scope), node.type)


def _call(node: tree.Call, scope: Scope) -> Value:
    if aggregates.is_aggregate(node.name, len(node.arguments)):
        return _aggregate(node, scope)
    if node.star or node.distinct or node.order or node.filter is not None:
        raise refuse(f"the function {node.name}() with DISTINCT, ORDER BY, FILTER or *")
    arguments = [translate(argument, scope) for argument in node.arguments]
    return functions.call(node.name, arguments, bytewise=scope.bytewise)


def _aggregate(node: tree.Call, scope: Scope) -> Value:
    if not scope.aggregates:
        raise refuse(f"the aggregate {node.name}() here")
    inside = replace(scope, aggregates=False)
    arguments = [replace(translate(argument, inside), explicit=False) for argument in node.arguments]
    if not arguments and not node.star and node.name != "count":
        raise refuse(f"{node.name}() without an argument")
    filtered = "" if node.filter is None else f" FILTER (WHERE {condition(node.filter, inside).sql})"
    order = order_terms(node.order, inside)
    if not node.order and node.name in {"group_concat", "string_agg"}:
        order = _rowid_order(scope)
    shape = aggregates.Shape(
        distinct=node.distinct,
        order=f" ORDER BY {order}" if order else "",
        filter=filtered,
        bytewise=scope.bytewise,
    )
    return aggregates.aggregate(node.name, arguments, shape)


def _rowid_order(scope: Scope) -> str:
    """SQLite reads one table in rowid order, which is the order its group_concat shows."""
    if len(scope.sources) != 1 or scope.sources[0].rowid is None:
        return ""
    return scope.sources[0].rowid.sql


def order_terms(terms: tuple[tree.Order, ...], scope: Scope) -> str:
    """An ORDER BY list without the words; NULLs are the smallest, as SQLite has it."""
    return ", ".join(
        order_term(term, translate(term.expression, scope), bytewise=scope.bytewise) for term in terms
    )


def _nested(query: tree.Query, scope: Scope) -> Result:
    if scope.subquery is None:
        raise refuse("a subquery here")
    return scope.subquery(query, scope)


def _exists(node: tree.Exists, scope: Scope) -> Value:
    return truth(f"EXISTS ({_nested(node.query, scope).sql})", rank=Rank.ATOM, nullable=False)


def _subquery(node: tree.Subquery, scope: Scope) -> Value:
    result = _nested(node.query, scope)
    if len(result.columns) != 1:
        raise refuse("a subquery of several columns as a value")
    # SQLite takes the first row of many, PostgreSQL raises an error.
    limited = result.sql if result.single or node.query.limit is not None else f"{result.sql} LIMIT 1"
    column = result.columns[0]
    return replace(
        column, sql=f"({limited})", rank=Rank.ATOM, nullable=True, constant=None, digits=None, moment=None
    )


_RULES: dict[type, Callable[..., Value]] = {
    tree.Constant: _constant,
    tree.Name: _name,
    tree.Unary: _unary,
    tree.Binary: _binary,
    tree.Truth: _truth,
    tree.IsNull: _is_null,
    tree.Match: _match,
    tree.Between: _between,
    tree.In: _in,
    tree.Collate: _collate,
    tree.Case: _case,
    tree.Cast: _cast,
    tree.Call: _call,
    tree.Exists: _exists,
    tree.Subquery: _subquery,
}
