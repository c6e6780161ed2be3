"""ORDER BY, LIMIT and OFFSET, of a SELECT and around one."""

from __future__ import annotations

from dataclasses import replace

from outgrow.schema.names import fold, quote
from outgrow.translate import tree
from outgrow.translate.aggregates import distinct_key
from outgrow.translate.collations import order_term
from outgrow.translate.convert import spelled, to_integer
from outgrow.translate.expressions import translate
from outgrow.translate.grouping import grouped_value
from outgrow.translate.queries.core import Core, bare, by_position
from outgrow.translate.scope import Result, Scope
from outgrow.translate.sources import target_names
from outgrow.translate.value import Rank, Value, refuse


def first_read(core: Core, columns: tuple[Value, ...]) -> str:
    """Of rows that are equal but not the same, SQLite keeps the one it reads first."""
    keys = [distinct_key(column) for column in columns]
    rowid = core.scope.sources[0].rowid if len(core.scope.sources) == 1 else None
    if rowid is None or keys == [column.sql for column in columns]:
        return ""
    return f" ORDER BY {', '.join(keys)}, {rowid.sql}"


def ordered_beside(core: Core, columns: tuple[Value, ...], node: tree.Query) -> Result:
    """DISTINCT ordered by what is no result column: of equal rows SQLite keeps the first it reads."""
    values = [_order_value(term, core) for term in node.order]
    names = [f"c{number}" for number in range(1, len(columns) + 1)]
    extra = [f"o{number}" for number in range(1, len(values) + 1)]
    keys = ", ".join(distinct_key(column) for column in columns)
    listed = ", ".join(value.sql for value in (*columns, *values))
    rowid = core.scope.sources[0].rowid if len(core.scope.sources) == 1 else None
    first = f" ORDER BY {keys}" + (f", {rowid.sql}" if rowid is not None else "")
    inner = f"SELECT DISTINCT ON ({keys}) {listed}{core.tail}{first}"
    terms = ", ".join(
        order_term(term, replace(value, sql=f"q.{name}", rank=Rank.ATOM), bytewise=core.scope.bytewise)
        for term, value, name in zip(node.order, values, extra, strict=True)
    )
    chosen, seen = ", ".join(f"q.{name}" for name in names), ", ".join([*names, *extra])
    sql = f"SELECT {chosen} FROM ({inner}) AS q ({seen})"
    limit = limit_clause(node.limit, node.offset, core.scope)
    return Result(sql=f"{sql} ORDER BY {terms}{limit}", columns=columns, labels=core.labels)


def _order_value(term: tree.Order, core: Core) -> Value:
    if isinstance(term.expression, tree.Collate) and isinstance(term.expression.operand, tree.Constant):
        inner = _order_value(replace(term, expression=term.expression.operand), core)  # may be a position
        return replace(inner, collation=term.expression.collation, explicit=True)
    position = term.expression.value if isinstance(term.expression, tree.Constant) else None
    if isinstance(position, int) and 1 <= position <= len(core.columns):
        return core.columns[position - 1]
    expression = by_position(term.expression, core.node) or term.expression
    expression = core.scope.aliases.get(bare(expression), expression)
    if core.grouped:
        return grouped_value(expression, core.keys, core.scope, core.picked or ())
    return translate(expression, core.scope)


def order_of(term: tree.Order, core: Core) -> str:
    """A term of ORDER BY; "" for a constant, which orders nothing."""
    value = _order_value(term, core)
    return "" if value.constant is not None else order_term(term, value, bytewise=core.scope.bytewise)


def ordered_outside(result: Result, node: tree.Query, scope: Scope) -> Result:
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
    return replace(result, sql=sql + limit_clause(node.limit, node.offset, scope))


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


def limit_clause(limit: tree.Expression | None, offset: tree.Expression | None, scope: Scope) -> str:
    """LIMIT and OFFSET; a negative limit is none, a negative offset 0."""
    text = ""
    for word, node in (("LIMIT", limit), ("OFFSET", offset)):
        if node is None:
            continue
        value = translate(node, replace(scope, sources=(), aliases={}))
        known = spelled(value).constant
        if known is not None and not (isinstance(known[0], int | float) and float(known[0]).is_integer()):
            given = "NULL" if known[0] is None else repr(known[0])
            raise refuse(f"{word} {given}, which is no integer")
        if value.constant is None and scope.parameters is not None:
            value = scope.parameters.settle(value, "integer")
        number = to_integer(value)
        if number.constant is None:
            if word == "LIMIT":
                text += f" LIMIT CASE WHEN {number.within(Rank.COMPARE)} >= 0 THEN {number.sql} END"
            else:
                text += f" OFFSET greatest({number.sql}, 0)"
            continue
        count = int(number.constant[0] or 0)
        if count >= 0 and (word == "LIMIT" or count > 0):
            text += f" {word} {count}"
    return text
