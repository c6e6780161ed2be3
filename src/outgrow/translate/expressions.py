"""The closed table of expression nodes: one rule for each class of `tree.Expression`.

Takes a tree and a `Scope`, gives a `Value`. Stands between `grammar` and every writer of SQL
(`ddl`, `query`, `view`, `trigger`). A node without a rule is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from outgrow.schema.target import TargetColumn
from outgrow.translate import aggregates, arithmetic, held, patterns, tree
from outgrow.translate.casts import cast
from outgrow.translate.collations import order_term
from outgrow.translate.compare import between, compare, member, same_kind_pair
from outgrow.translate.convert import as_flag, as_integer, as_truth, to_integer
from outgrow.translate.functions import json_texts
from outgrow.translate.functions.rule import Setting
from outgrow.translate.functions.table import call
from outgrow.translate.scope import Result, Scope
from outgrow.translate.unify import combined, unify
from outgrow.translate.value import Rank, Value, constant, made, refuse, truth
from outgrow.translate.virtual import fulltext
from outgrow.translate.walk import walk

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
    return as_truth(held.stored_form(translate(node, scope)))


def _constant(node: tree.Constant, _: Scope) -> Value:
    return constant(node.value)


def _parameter(node: tree.Parameter, scope: Scope) -> Value:
    if scope.parameters is None:
        raise refuse("a bound parameter here")
    return scope.parameters.value(node.number)


def _alike(left: Value, right: Value, scope: Scope) -> tuple[Value, Value]:
    """A parameter of unknown kind takes that of the column it is compared with."""
    if scope.parameters is None:
        return left, right
    for one, other in ((left, right), (right, left)):
        if one.parameter is not None and other.parameter is None:
            kind = held.plain_kind(other)
            if kind is not None:
                found = scope.parameters.settle(one, kind)
                if found.kind == kind and other.column is not None and other.type == found.type:
                    found = replace(found, sql=f"${found.parameter}")
                return (found, other) if other is right else (other, found)
    return left, right


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
    return replace(value, stored=False)


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
    if node.operator in {"->", "->>"}:
        return json_texts.arrow(node.operator, left, right)
    if node.operator in _COMPARISONS:
        left, right = _alike(left, right, scope)
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
    if not (isinstance(node.left, tree.Row) and isinstance(node.right, tree.Row)):
        raise refuse("a row value beside a query")
    if len(node.left.items) != len(node.right.items):
        raise refuse("rows of different length")
    if node.operator in {"<", "<=", ">", ">="}:
        return _rows_in_order(node.operator, node.left.items, node.right.items, scope)
    if node.operator not in {"=", "<>", "IS", "IS NOT"}:
        raise refuse(f"the row value comparison {node.operator}")
    same = "IS" if node.operator.startswith("IS") else "="
    parts = [
        compare(
            same, *_alike(translate(left, scope), translate(right, scope), scope), bytewise=scope.bytewise
        )
        for left, right in zip(node.left.items, node.right.items, strict=True)
    ]
    equal = truth(" AND ".join(part.within(Rank.AND) for part in parts), *parts, rank=Rank.AND)
    return equal if node.operator in {"=", "IS"} else truth(f"NOT ({equal.sql})", equal, rank=Rank.NOT)


def _compared(operator: str, left: tree.Expression, right: tree.Expression, scope: Scope) -> Value:
    sides = _alike(translate(left, scope), translate(right, scope), scope)
    return compare(operator, *sides, bytewise=scope.bytewise)


def _rows_in_order(
    operator: str, left: tuple[tree.Expression, ...], right: tuple[tree.Expression, ...], scope: Scope
) -> Value:
    """Row values by their first unequal pair."""
    one, other = translate(left[0], scope), translate(right[0], scope)
    last = compare(operator, one, other, bytewise=scope.bytewise)
    if len(left) == 1:
        return last
    before = compare(operator[0], one, other, bytewise=scope.bytewise)
    equal = compare("=", one, other, bytewise=scope.bytewise)
    rest = _rows_in_order(operator, left[1:], right[1:], scope)
    sql = f"{before.within(Rank.OR)} OR {equal.within(Rank.AND)} AND {rest.within(Rank.AND)}"
    return truth(sql, before, equal, rest, rank=Rank.OR)


def _truth(node: tree.Truth, scope: Scope) -> Value:
    operand = condition(node.operand, scope)
    word = f"IS {'NOT ' if node.negated else ''}{'TRUE' if node.value else 'FALSE'}"
    return truth(f"{operand.within(Rank.IS)} {word}", operand, rank=Rank.IS, nullable=False)


def _is_null(node: tree.IsNull, scope: Scope) -> Value:
    value = replace(translate(node.operand, scope), explicit=False)
    word = "IS NOT NULL" if node.negated else "IS NULL"
    return truth(f"{value.within(Rank.IS)} {word}", value, rank=Rank.IS, nullable=False)


def _match(node: tree.Match, scope: Scope) -> Value:
    if node.operator == "MATCH":
        raise refuse("MATCH outside a full-text table, or where WHERE does not ask for it alone or with AND")
    value, pattern = translate(node.operand, scope), translate(node.pattern, scope)
    if node.operator == "LIKE":
        escape = translate(node.escape, scope) if node.escape is not None else None
        found = patterns.like(value, pattern, escape, by_case=scope.model.case_sensitive_like)
    elif node.operator == "GLOB" and node.escape is None:
        found = patterns.glob(value, pattern)
    else:
        raise refuse(f"the operator {node.operator}")
    return _negated(found, negated=node.negated)


def _negated(value: Value, *, negated: bool) -> Value:
    return truth(f"NOT {value.within(Rank.NOT)}", value, rank=Rank.NOT) if negated else value


def _between(node: tree.Between, scope: Scope) -> Value:
    value, low, high = (translate(part, scope) for part in (node.operand, node.low, node.high))
    value, low = _alike(value, low, scope)
    value, high = _alike(value, high, scope)
    return _negated(between(value, low, high, bytewise=scope.bytewise), negated=node.negated)


def _in(node: tree.In, scope: Scope) -> Value:
    if isinstance(node.operand, tree.Row):
        return _row_in(node, node.operand, scope)
    value = translate(node.operand, scope)
    if isinstance(node.items, tree.Query):
        found = _in_query(value, scope.nested_result(node.items))
    else:
        items = [_alike(value, translate(item, scope), scope)[1] for item in node.items]
        found = member(value, items, bytewise=scope.bytewise)
    return _negated(found, negated=node.negated)


def _row_in(node: tree.In, row: tree.Row, scope: Scope) -> Value:
    """`(a, b) IN (VALUES (…), …)` as comparisons, `(a, b) IN (SELECT …)` as EXISTS would find them."""
    if not isinstance(node.items, tree.Query):
        raise refuse("a row value before a list")
    result = scope.nested_result(node.items)
    if len(result.columns) != len(row.items):
        raise refuse("IN with a query of another number of columns")
    names = [f"v{number}" for number in range(1, len(row.items) + 1)]
    sides = []
    for item, column, name in zip(row.items, result.columns, names, strict=True):
        seen = replace(
            column, sql=f"each.{name}", rank=Rank.ATOM, constant=None, digits=None, collation=None, flag=None
        )
        sides.append(same_kind_pair(replace(translate(item, scope), explicit=False), seen, bytewise=True))
    left = ", ".join(pair[0] for pair in sides)
    right = ", ".join(pair[1] for pair in sides)
    sql = f"({left}) IN (SELECT {right} FROM ({result.sql}) AS each({', '.join(names)}))"
    return _negated(truth(sql, rank=Rank.COMPARE, nullable=True), negated=node.negated)


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
    column = value.column
    if column is not None and value.kind == "text":  # no longer a bare column, but of its affinity
        column = TargetColumn(source="", name="", type="text", affinity=column.affinity)
    return replace(value, collation=node.collation, explicit=True, column=column)


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
    if node.over is not None and node.name in _WINDOW_FUNCTIONS:
        return _window_function(node, scope)
    if node.name in fulltext.AUXILIARY and node.arguments:
        searched = scope.searched(node.arguments[0])
        if searched is not None and searched[0].search is not None:
            return searched[0].search.call(node.name, [translate(each, scope) for each in node.arguments[1:]])
    if aggregates.is_aggregate(node.name, len(node.arguments)):
        return _aggregate(node, scope)
    if node.star or node.order or node.filter is not None:  # DISTINCT means nothing there, and is allowed
        raise refuse(f"the function {node.name}() with ORDER BY, FILTER or *")
    arguments = [translate(argument, scope) for argument in node.arguments]
    setting = Setting(
        bytewise=scope.bytewise, fixed=scope.fixed, like_by_case=scope.model.case_sensitive_like
    )
    return call(node.name, arguments, setting)


def _aggregate(node: tree.Call, scope: Scope) -> Value:
    if not scope.aggregates:
        raise refuse(f"the aggregate {node.name}() here")
    over = "" if node.over is None else f" OVER {_window(node.over, scope)}"
    # An aggregate over a window stands beside the groups' own, which its arguments may hold.
    inside = replace(scope, aggregates=bool(over), sources=scope.raw or scope.sources, raw=None)
    arguments = [replace(translate(argument, inside), explicit=False) for argument in node.arguments]
    if not arguments and not node.star and node.name != "count":
        raise refuse(f"{node.name}() without an argument")
    filtered = "" if node.filter is None else f" FILTER (WHERE {condition(node.filter, inside).sql})"
    order = order_terms(node.order, inside)
    if not node.order and not over and (node.distinct or node.name in _IN_ORDER):
        order = _rowid_order(inside)
    shape = aggregates.Shape(
        distinct=node.distinct,
        order=f" ORDER BY {order}" if order else "",
        filter=filtered,
        over=over,
        bytewise=scope.bytewise,
    )
    return aggregates.aggregate(node.name, arguments, shape)


_IN_ORDER = frozenset({"group_concat", "string_agg", "json_group_array", "json_group_object"})


def asks_order(nodes: object) -> bool:
    """Whether an aggregate in them gives what it gives by the order of the rows."""
    return any(isinstance(part, tree.Call) and part.name in _IN_ORDER for part in walk(nodes))


_WINDOW_FUNCTIONS: dict[str, tuple[int, int, str]] = {
    "cume_dist": (0, 0, "real"), "dense_rank": (0, 0, "integer"), "first_value": (1, 1, ""),
    "lag": (1, 3, ""), "last_value": (1, 1, ""), "lead": (1, 3, ""), "nth_value": (2, 2, ""),
    "ntile": (1, 1, "integer"), "percent_rank": (0, 0, "real"), "rank": (0, 0, "integer"),
    "row_number": (0, 0, "integer"),
}  # fmt: skip
"""Name → fewest arguments, most arguments, kind of the result ("" for that of the first argument)."""


def _window_function(node: tree.Call, scope: Scope) -> Value:
    fewest, most, kind = _WINDOW_FUNCTIONS[node.name]
    if not fewest <= len(node.arguments) <= most or node.distinct or node.filter is not None or not node.over:
        raise refuse(f"{node.name}() with {len(node.arguments)} arguments")
    over = _window(node.over, scope)
    arguments = [replace(translate(argument, scope), explicit=False) for argument in node.arguments]
    if kind:
        count = f"{to_integer(arguments[0]).sql}::integer" if arguments else ""
        type_ = "double precision" if kind == "real" else "bigint"
        sql = f"{node.name}({count}) OVER {over}"
        found = made(sql if kind == "real" else f"({sql})::bigint", "integer", type_, nullable=False)
        return replace(found, kind="real" if kind == "real" else "integer")
    value, *rest = arguments
    if value.kind == "boolean" and value.column is None:
        value = as_integer(value)
    if value.constant is not None or value.kind == "null":
        value = held.tagged(value)
        value = replace(value, sql=f"{value.within(Rank.ATOM)}::text")
    parts = [value.sql]
    if rest:
        parts.append(f"{to_integer(rest[0]).sql}::integer")
    if len(rest) > 1:
        value, other = unify((value, rest[1]))
        parts = [value.sql, parts[1], other.sql]
    return replace(
        value, sql=f"{node.name}({', '.join(parts)}) OVER {over}", rank=Rank.ATOM, nullable=True,
        constant=None, digits=None, moment=None, flag=None, natural=False, stored=False, collation=None,
    )  # fmt: skip


def _window(node: tree.Window, scope: Scope) -> str:
    """`(PARTITION BY … ORDER BY … frame)`, a named window written out."""
    base = tree.Window()
    if node.base is not None:
        known = scope.windows.get(node.base.lower())
        if known is None:
            raise refuse(f"the window {node.base}")
        base = known
    partition, order = node.partition or base.partition, node.order or base.order
    keys = [replace(translate(each, scope), explicit=False) for each in partition]
    clauses = [f"PARTITION BY {', '.join(aggregates.distinct_key(key) for key in keys)}"] if keys else []
    clauses += [f"ORDER BY {order_terms(order, scope)}"] if order else []
    clauses += [node.frame or base.frame] if node.frame or base.frame else []
    return f"({' '.join(clauses)})"


def _rowid_order(scope: Scope) -> str:
    """SQLite reads a table in rowid order, a query in its own, which is the order its group_concat shows."""
    if len(scope.sources) != 1:
        return ""
    source = scope.sources[0]
    if source.relation is None:  # a query, in its own order if it has one
        return source.place
    return source.rowid.sql if source.rowid is not None else ""


def order_terms(terms: tuple[tree.Order, ...], scope: Scope) -> str:
    """An ORDER BY list without the words; NULLs are the smallest, as SQLite has it."""
    return ", ".join(
        order_term(term, translate(term.expression, scope), bytewise=scope.bytewise) for term in terms
    )


def _exists(node: tree.Exists, scope: Scope) -> Value:
    return truth(f"EXISTS ({scope.nested_result(node.query).sql})", rank=Rank.ATOM, nullable=False)


def _subquery(node: tree.Subquery, scope: Scope) -> Value:
    result = scope.nested_result(node.query)
    if len(result.columns) != 1:
        raise refuse("a subquery of several columns as a value")
    # SQLite takes the first row of many, PostgreSQL raises an error.
    limited = result.sql if result.single or node.query.limit is not None else f"{result.sql} LIMIT 1"
    column = result.columns[0]
    return replace(
        column, sql=f"({limited})", rank=Rank.ATOM, nullable=True, constant=None, digits=None, moment=None,
        collation=None,
    )  # fmt: skip


_RULES: dict[type, Callable[..., Value]] = {
    tree.Constant: _constant,
    tree.Name: _name,
    tree.Parameter: _parameter,
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
