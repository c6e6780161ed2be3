"""Queries: SELECT, compounds, common table expressions, ORDER BY and LIMIT.

Takes a `tree.Query` and a `Scope`, gives a `Result` whose columns carry SQLite's types, so that a
view or an enclosing query can go on from there. Stands between `statements` and `view`, `trigger`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from outgrow.errors import TranslationError
from outgrow.schema.names import fold, quote
from outgrow.translate import tree
from outgrow.translate.collations import order_term
from outgrow.translate.expressions import condition, translate
from outgrow.translate.grouping import check_bare, group_key, has_aggregate, refuse_loose
from outgrow.translate.scope import Result, Scope
from outgrow.translate.sources import From, from_clause, named_source, target_names
from outgrow.translate.unify import is_flag, unify
from outgrow.translate.value import Rank, Value, as_integer, refuse
from outgrow.translate.walk import walk


@dataclass(frozen=True, slots=True, kw_only=True)
class _Core:
    """One SELECT before its columns are written: what follows them, and the scope of its ORDER BY."""

    node: tree.Select
    scope: Scope
    columns: tuple[Value, ...]
    expressions: tuple[tree.Expression | None, ...]
    labels: tuple[str, ...]
    tail: str
    grouped: bool
    keys: frozenset[str]


def query(node: tree.Query, outer: Scope) -> Result:
    """The translation of a query nested in `outer` (or standing alone in an empty scope)."""
    scope = Scope(model=outer.model, outer=outer, bytewise=outer.bytewise, aggregates=False, subquery=query)
    prefix, scope = _commons(node, scope)
    result = _simple(node, scope) if len(node.selects) == 1 else _compound(node, scope)
    return replace(result, sql=prefix + result.sql)


def _commons(node: tree.Query, scope: Scope) -> tuple[str, Scope]:
    texts: list[str] = []
    recursive = False
    for common in node.commons:
        itself = any(
            isinstance(part, tree.TableRef) and fold(part.name) == fold(common.name)
            for part in walk(common.query)
        )
        recursive = recursive or itself
        result = _recursive(common, scope) if itself else query(common.query, scope)
        labels = common.columns or result.labels
        if len(labels) != len(result.columns):
            raise refuse(f"the columns of {common.name}")
        named = replace(result, labels=labels)
        names = target_names(labels)
        text = f"{quote(fold(common.name))} ({', '.join(quote(name) for name in names)}) AS ({result.sql})"
        texts.append(text)
        scope = replace(
            scope, commons={**scope.commons, fold(common.name): named_source(named, common.name, names)}
        )
    word = "WITH RECURSIVE " if recursive else "WITH "
    return (word + ", ".join(texts) + " " if texts else ""), scope


def _recursive(common: tree.Common, scope: Scope) -> Result:
    """A query that reads itself: the first SELECT gives its columns and types, the others must keep them."""
    node = common.query
    if (
        node.order
        or node.limit is not None
        or node.commons
        or not set(node.operators) <= {"UNION", "UNION ALL"}
    ):
        raise refuse(f"the recursive query {common.name}")
    first = query(tree.Query(node.selects[:1]), scope)
    labels = common.columns or first.labels
    itself = named_source(replace(first, labels=labels), common.name, target_names(labels))
    whole = query(node, replace(scope, commons={**scope.commons, fold(common.name): itself}))
    changed = [
        one.type != other.type or one.kind != other.kind
        for one, other in zip(first.columns, whole.columns, strict=True)
    ]
    if any(changed):
        raise refuse(f"the recursive query {common.name}, whose columns change type")
    return whole


def _core(node: tree.Select, scope: Scope) -> _Core:
    source = from_clause(node.sources, scope)
    inside = replace(scope, sources=source.sources)
    items = _items(node, inside)
    aliases = {
        fold(item.alias): item.expression for item in node.items if item.alias and item.expression is not None
    }
    named = replace(inside, aliases=aliases)
    expressions = [item.expression for item in node.items if item.expression is not None]
    grouped = bool(node.group) or node.having is not None or has_aggregate([*expressions, node.having])
    keys = tuple(group_key(_group_term(term, node, named)) for term in node.group)
    reach = replace(inside, aggregates=True)
    columns = tuple(
        value if value is not None else translate(expression, reach) for _, expression, value in items
    )
    found = _Core(
        node=node,
        scope=replace(named, aggregates=True),
        columns=columns,
        expressions=tuple(expression for _, expression, _ in items),
        labels=tuple(label for label, _, _ in items),
        tail=_tail(node, source, named, keys),
        grouped=grouped,
        keys=frozenset(key.sql for key in keys),
    )
    if grouped:
        for expression in found.expressions:
            if expression is not None:
                check_bare(expression, found.keys, found.scope)
        if node.having is not None:
            check_bare(node.having, found.keys, found.scope)
    return found


def _items(node: tree.Select, scope: Scope) -> list[tuple[str, tree.Expression, Value | None]]:
    """Label, expression and (for `*`) value of each result column."""
    found: list[tuple[str, tree.Expression, Value | None]] = []
    for item in node.items:
        if item.expression is not None:
            found.append((item.alias or _label(item.expression, scope), item.expression, None))
            continue
        chosen = scope.sources if item.table is None else (scope.source_named(item.table),)
        if not chosen:
            raise refuse("* without FROM")
        for source in chosen:
            for label in source.labels:
                if item.table is not None or fold(label) not in source.hidden:
                    found.append((label, tree.Name(label, source.name), source.columns[fold(label)]))
    return found


def _label(expression: tree.Expression, scope: Scope) -> str:
    if not isinstance(expression, tree.Name):
        return "column"
    found = scope.resolve(expression)
    return found.column.source if isinstance(found, Value) and found.column is not None else expression.column


def _group_term(term: tree.Expression, node: tree.Select, scope: Scope) -> Value:
    return replace(translate(_by_position(term, node) or term, scope), explicit=False)


def _by_position(term: tree.Expression, node: tree.Select) -> tree.Expression | None:
    """The result column that an integer in GROUP BY or ORDER BY means."""
    if not isinstance(term, tree.Constant) or not isinstance(term.value, int):
        return None
    if any(item.expression is None for item in node.items) or not 1 <= term.value <= len(node.items):
        raise refuse(f"position {term.value} in GROUP BY or ORDER BY")
    return node.items[term.value - 1].expression


def _tail(node: tree.Select, source: From, scope: Scope, keys: tuple[Value, ...]) -> str:
    text = f" FROM {source.sql}" if source.sql else ""
    if node.where is not None:
        text += f" WHERE {condition(node.where, scope).sql}"
    if keys:
        text += f" GROUP BY {', '.join(key.within(Rank.OR) for key in keys)}"
    if node.having is not None:
        text += f" HAVING {condition(node.having, replace(scope, aggregates=True)).sql}"
    return text


def projected(value: Value) -> Value:
    """A result column in its final type: conditions become SQLite's 0 and 1, literals get their type."""
    value = replace(value, explicit=False)
    if value.kind == "boolean" and not is_flag(value):
        return as_integer(value)
    if value.constant is None:
        return value
    if value.kind == "null":
        return replace(value, sql="NULL::text", kind="text", constant=None)
    sql = value.sql if "::" in value.sql else f"{value.sql}::{value.type}"
    return replace(value, sql=sql, constant=None, moment=None)


def _written(core: _Core, columns: tuple[Value, ...]) -> str:
    distinct = "DISTINCT " if core.node.distinct else ""
    if core.node.distinct:
        for column in columns:
            refuse_loose(column, "DISTINCT")
    return f"SELECT {distinct}{', '.join(column.sql for column in columns)}{core.tail}"


def _simple(node: tree.Query, scope: Scope) -> Result:
    core = _core(node.selects[0], scope)
    columns = tuple(projected(column) for column in core.columns)
    single = core.grouped and not core.node.group
    result = Result(sql=_written(core, columns), columns=columns, labels=core.labels, single=single)
    if core.node.distinct and node.order:
        return _ordered_outside(result, node, scope)
    terms = [text for text in (_order(term, core) for term in node.order) if text]
    order = f" ORDER BY {', '.join(terms)}" if terms else ""
    return replace(result, sql=result.sql + order + _limit(node))


def _order(term: tree.Order, core: _Core) -> str:
    expression = _by_position(term.expression, core.node) or term.expression
    if isinstance(expression, tree.Name) and expression.table is None:
        expression = core.scope.aliases.get(fold(expression.column), expression)
    value = translate(expression, core.scope)
    if core.grouped:
        check_bare(expression, core.keys, core.scope)
    return "" if value.constant is not None else order_term(term, value, bytewise=core.scope.bytewise)


def _compound(node: tree.Query, scope: Scope) -> Result:
    cores = [_core(select, scope) for select in node.selects]
    if len({len(core.columns) for core in cores}) != 1:
        raise refuse("a compound of SELECTs with different numbers of columns")
    plain = [tuple(replace(column, explicit=False) for column in core.columns) for core in cores]
    unified = [tuple(projected(value) for value in unify(column)) for column in zip(*plain, strict=True)]
    rows = list(zip(*unified, strict=True))
    columns = tuple(_merged(column) for column in unified)
    if set(node.operators) != {"UNION ALL"}:
        for column in [*columns, *(value for row in plain for value in row)]:
            refuse_loose(column, "UNION, INTERSECT or EXCEPT")
    texts = [_written(core, row) for core, row in zip(cores, rows, strict=True)]
    result = Result(sql=_combined(texts, node.operators), columns=columns, labels=cores[0].labels)
    if node.order:
        return _ordered_outside(result, node, scope)
    return replace(result, sql=result.sql + _limit(node))


def _merged(values: tuple[Value, ...]) -> Value:
    nullable = any(value.nullable for value in values)
    natural = all(value.natural for value in values)
    return replace(
        values[0], nullable=nullable, constant=None, digits=None, moment=None, natural=natural, flag=None
    )


def _combined(texts: list[str], operators: tuple[str, ...]) -> str:
    """The compound; PostgreSQL would do INTERSECT first, so parentheses keep SQLite's order."""
    sql = texts[0]
    for number, (operator, text) in enumerate(zip(operators, texts[1:], strict=True)):
        left = f"({sql})" if number and "INTERSECT" in operators else sql
        sql = f"{left} {operator} {text}"
    return sql


def _ordered_outside(result: Result, node: tree.Query, scope: Scope) -> Result:
    """ORDER BY over a compound or DISTINCT, where PostgreSQL allows nothing but its own columns."""
    names = target_names(result.labels)
    seen = tuple(
        replace(value, sql=f"q.{quote(name)}") for value, name in zip(result.columns, names, strict=True)
    )
    sorted_by = [(term, _outside(term.expression, node, result, seen, scope)) for term in node.order]
    terms = ", ".join(order_term(term, value, bytewise=scope.bytewise) for term, value in sorted_by)
    listed = ", ".join(quote(name) for name in names)
    chosen = ", ".join(value.sql for value in seen)
    sql = f"SELECT {chosen} FROM ({result.sql}) AS q ({listed}) ORDER BY {terms}"
    return replace(result, sql=sql + _limit(node))


def _outside(
    term: tree.Expression, node: tree.Query, result: Result, seen: tuple[Value, ...], scope: Scope
) -> Value:
    """The result column that a term of such an ORDER BY names, by position, name or repetition."""
    if isinstance(term, tree.Collate):
        inner = _outside(term.operand, node, result, seen, scope)
        return replace(inner, collation=term.collation, explicit=True)
    if isinstance(term, tree.Constant) and isinstance(term.value, int) and 1 <= term.value <= len(seen):
        return seen[term.value - 1]
    for position, label in enumerate(result.labels):
        if isinstance(term, tree.Name) and fold(term.column) == fold(label):
            return seen[position]
    for select in node.selects:
        for position, item in enumerate(select.items):
            if item.expression == term and all(each.expression is not None for each in select.items):
                return seen[position]
    raise refuse("ORDER BY an expression that is no result column")


def _limit(node: tree.Query) -> str:
    limit, offset = _whole(node.limit, "LIMIT"), _whole(node.offset, "OFFSET")
    text = f" LIMIT {limit}" if limit is not None and limit >= 0 else ""
    return text + (f" OFFSET {offset}" if offset is not None and offset > 0 else "")


def _whole(node: tree.Expression | None, word: str) -> int | None:
    if node is None:
        return None
    if not isinstance(node, tree.Constant) or not isinstance(node.value, int):
        raise TranslationError(f"{word} with anything but a whole number")
    return node.value
