"""Queries: SELECT, compounds, common table expressions, ORDER BY and LIMIT.

Takes a `tree.Query` and a `Scope`, gives a `Result` whose columns carry SQLite's types, so that a
view or an enclosing query can go on from there. Stands between `statements` and `view`, `trigger`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from outgrow.errors import TranslationError
from outgrow.schema.names import fold, quote
from outgrow.schema.target import TargetColumn
from outgrow.translate import held, tree
from outgrow.translate.aggregates import distinct_key
from outgrow.translate.collations import order_term
from outgrow.translate.expressions import asks_order, translate
from outgrow.translate.grouping import group_key, grouped_value, has_aggregate, picking
from outgrow.translate.scope import ROWID_NAMES, Reader, Result, Scope, Source
from outgrow.translate.sources import From, from_clause, named_source, target_names, told_apart
from outgrow.translate.unify import is_flag, unify
from outgrow.translate.value import Rank, Value, as_integer, as_truth, refuse, spelled, to_integer
from outgrow.translate.virtual import matching
from outgrow.translate.virtual.nearest import with_nearest
from outgrow.translate.virtual.rtree import narrowed
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
    picked: tuple[Source, ...] | None = None


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


def with_clause(commons: tuple[tree.Common, ...], scope: Scope) -> tuple[str, Scope]:
    """`WITH … ` with a space after it, "" for none, and the scope that sees its names."""
    texts: list[str] = []
    recursive = False
    for common in commons:
        itself = any(
            isinstance(part, tree.TableRef) and fold(part.name) == fold(common.name)
            for part in walk(common.query)
        )
        recursive = recursive or (itself and common.query.limit is None)
        result = _recursive(common, scope) if itself else query(common.query, scope)
        labels = common.columns or told_apart(result.labels)
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
    """A query that reads itself: the first SELECT gives its columns and types, the others must keep them.

    A LIMIT, which PostgreSQL does not take there, goes around it: rows are computed as they are asked for.
    """
    node = common.query
    if node.order:
        raise refuse(f"the recursive query {common.name} with ORDER BY, which says what is visited next")
    if node.commons or not set(node.operators) <= {"UNION", "UNION ALL"}:
        raise refuse(f"the recursive query {common.name}")
    found, labels = _unlimited(common, replace(node, limit=None, offset=None), scope)
    if node.limit is None:
        return found
    name, listed = quote(fold(common.name)), ", ".join(map(quote, target_names(labels)))
    limited = f"WITH RECURSIVE {name} ({listed}) AS ({found.sql}) SELECT * FROM {name}{_limit(node, scope)}"
    return replace(found, sql=limited)


def _unlimited(common: tree.Common, node: tree.Query, scope: Scope) -> tuple[Result, tuple[str, ...]]:
    first = query(tree.Query(node.selects[:1]), scope)
    labels = common.columns or first.labels
    itself = named_source(replace(first, labels=labels), common.name, target_names(labels))
    whole = query(node, replace(scope, commons={**scope.commons, fold(common.name): itself}))
    if _same_types(first, whole):
        return whole, labels
    # A later SELECT gives another class: all of them tagged.
    first = _all_tagged(first)
    itself = named_source(replace(first, labels=labels), common.name, target_names(labels))
    inside = replace(scope, commons={**scope.commons, fold(common.name): itself})
    parts = [_all_tagged(query(tree.Query((select,)), inside)) for select in node.selects]
    return replace(first, sql=_combined([part.sql for part in parts], node.operators)), labels


def _same_types(first: Result, whole: Result) -> bool:
    return all(
        (one.type, one.kind) == (other.type, other.kind)
        for one, other in zip(first.columns, whole.columns, strict=True)
    )


def _all_tagged(result: Result) -> Result:
    """The same rows with every column behind the letter of its class."""
    names = [f"v{number}" for number in range(1, len(result.columns) + 1)]
    seen = [replace(column, sql=f"q.{name}") for column, name in zip(result.columns, names, strict=True)]
    columns = tuple(replace(held.tagged(column), column=None, stored=False) for column in seen)
    listed = ", ".join(column.sql for column in columns)
    return replace(
        result, sql=f"SELECT {listed} FROM ({result.sql}) AS q ({', '.join(names)})", columns=columns
    )


def _core(node: tree.Select, scope: Scope, order: tuple[tree.Order, ...] = ()) -> _Core:
    node = matching.lifted(node, scope)
    source = from_clause(node.sources, replace(scope, placed=asks_order((node.items, node.having))))
    node, found = matching.asked(node, replace(scope, sources=source.sources))
    source = replace(source, sources=found.sources)
    inside = replace(scope, sources=source.sources)
    items = _items(node, inside)
    aliases = {
        fold(item.alias): item.expression for item in node.items if item.alias and item.expression is not None
    }
    named = replace(inside, aliases=aliases)
    expressions = [item.expression for item in node.items if item.expression is not None]
    ordered = [aliases.get(_bare(term.expression), term.expression) for term in order]
    grouped = bool(node.group) or node.having is not None or has_aggregate([*expressions, node.having])
    keys = tuple(group_key(_group_term(term, node, named)) for term in node.group)
    known = frozenset(key.sql for key in keys)
    reach = replace(inside, aggregates=True, windows={fold(name): window for name, window in node.windows})
    if grouped:
        named = replace(named, windows=reach.windows)
        picked = picking(source.sources, known, [*expressions, *ordered, node.having], reach)
        columns = tuple(grouped_value(expression, known, reach, picked) for _, expression, _ in items)
    else:
        picked = None
        columns = tuple(
            value if value is not None else translate(expression, reach) for _, expression, value in items
        )
    return _Core(
        node=node,
        scope=replace(named, aggregates=True, windows=reach.windows),
        picked=picked,
        columns=columns,
        expressions=tuple(expression for _, expression, _ in items),
        labels=tuple(label for label, _, _ in items),
        tail=_tail(node, source, named, keys, picked, found.conditions),
        grouped=grouped,
        keys=known,
    )


def _bare(node: tree.Expression) -> str:
    """The folded name of a column without its table; "" for anything else."""
    return fold(node.column) if isinstance(node, tree.Name) and node.table is None else ""


def _items(node: tree.Select, scope: Scope) -> list[tuple[str, tree.Expression, Value | None]]:
    """Label, expression and (for `*`) value of each result column."""
    found: list[tuple[str, tree.Expression, Value | None]] = []
    for item in node.items:
        if item.expression is not None:
            found.append((item_label(item, scope), item.expression, None))
            continue
        chosen = scope.sources if item.table is None else (scope.source_named(item.table),)
        if not chosen:
            raise refuse("* without FROM")
        for source in chosen:
            for label in source.labels:
                if item.table is not None or fold(label) not in source.hidden:
                    found.append((label, tree.Name(label, source.name), source.columns[fold(label)]))
    return found


def item_label(item: tree.Item, scope: Scope) -> str:
    """SQLite's name of a result column that is an expression: its alias, its column's name, or its text."""
    if item.alias:
        return item.alias
    if not isinstance(item.expression, tree.Name):
        return item.text or "column"
    if scope.nested and fold(item.expression.column) in ROWID_NAMES:
        return item.expression.column  # SQLite names the columns of a query in FROM before it resolves them
    own = scope.label(item.expression)
    if own is not None:
        return own
    found = scope.resolve(item.expression)
    if not isinstance(found, Value):
        return item.expression.column
    if found.constant is not None:
        return item.text  # a string in double quotes
    return found.column.label if found.column is not None else item.expression.column


def _group_term(term: tree.Expression, node: tree.Select, scope: Scope) -> Value:
    return replace(translate(_by_position(term, node) or term, scope), explicit=False)


def _by_position(term: tree.Expression, node: tree.Select) -> tree.Expression | None:
    """The result column that an integer in GROUP BY or ORDER BY means."""
    if not isinstance(term, tree.Constant) or not isinstance(term.value, int):
        return None
    if any(item.expression is None for item in node.items) or not 1 <= term.value <= len(node.items):
        raise refuse(f"position {term.value} in GROUP BY or ORDER BY")
    return node.items[term.value - 1].expression


def _tail(
    node: tree.Select, source: From, scope: Scope, keys: tuple[Value, ...], picked: tuple[Source, ...] | None,
    searched: tuple[str, ...],
) -> str:  # fmt: skip
    tests = [*(source.tests if source.is_wide else ()), *searched]
    listed = ", ".join(source.items) if source.is_wide else source.sql
    text = f" FROM {listed}" if listed else ""
    if node.where is not None:
        where = narrowed(node.where, scope)
        tests.append(where.within(Rank.AND) if tests else where.sql)
    if tests:
        text += f" WHERE {' AND '.join(tests)}"
    if keys:
        text += f" GROUP BY {', '.join(key.within(Rank.OR) for key in keys)}"
    if node.having is not None:
        known = frozenset(key.sql for key in keys)
        having = grouped_value(node.having, known, replace(scope, aggregates=True), picked or ())
        text += f" HAVING {as_truth(held.stored_form(having)).sql}"
    return text


def projected(value: Value, *, reader: Reader = "query") -> Value:
    """A result column in its final type: conditions become SQLite's 0 and 1, literals get their type."""
    value = replace(value, explicit=False)
    escaped = value.kind == "held" and held.conversion_of(value)[0] == "escaped"
    if value.kind == "held" and (reader == "application" or (reader == "program" and not escaped)):
        value = replace(held.by_whole(held.stored_form(value)), column=None)
    if reader == "view" and value.kind == "tagged" and value.numeric:
        pointed = TargetColumn(source="", name="", type="numeric", conversion="numeric-point")
        return replace(
            value,
            sql=f"sqlite.pointed({value.sql})",
            kind="number",
            type="numeric",
            column=pointed,
            numeric=False,
        )
    if value.kind == "boolean" and not is_flag(value):
        return as_integer(value)
    if value.constant is None:
        return value
    if value.kind == "null":
        return replace(value, sql="NULL::text", kind="text", constant=None)
    sql = value.sql if "::" in value.sql else f"{value.sql}::{value.type}"
    return replace(value, sql=sql, constant=None, moment=None)


def _written(core: _Core, columns: tuple[Value, ...]) -> str:
    distinct = _distinct(columns) if core.node.distinct else ""
    listed = ", ".join(column.sql for column in columns)
    # An aggregate that was computed away still makes one row of all.
    alone = core.grouped and not core.keys and core.node.having is None and "(" not in listed
    return f"SELECT {distinct}{listed or 'NULL'}{core.tail}{' HAVING true' if alone else ''}"


def _distinct(columns: tuple[Value, ...]) -> str:
    """DISTINCT, with what SQLite equates where that is not PostgreSQL's own equality."""
    keys = [distinct_key(column) for column in columns]
    if keys == [column.sql for column in columns]:
        return "DISTINCT "
    return f"DISTINCT ON ({', '.join(keys)}) "


def _simple(node: tree.Query, scope: Scope, *, reader: Reader) -> Result:
    core = _core(node.selects[0], scope, node.order)
    columns = tuple(projected(column, reader=reader) for column in core.columns)
    single = core.grouped and not core.node.group
    result = Result(sql=_written(core, columns), columns=columns, labels=core.labels, single=single)
    if core.node.distinct and not core.grouped:
        result = replace(result, sql=result.sql + _first_read(core, columns))
    if core.node.distinct and node.order:
        try:
            return _ordered_outside(result, node, scope)
        except TranslationError:
            return _ordered_beside(core, columns, node)
    terms = [text for text in (_order(term, core) for term in node.order) if text]
    if terms and not core.grouped:
        terms += matching.found_first(core.scope.sources)
    order = f" ORDER BY {', '.join(terms)}" if terms else ""
    return replace(result, sql=result.sql + order + _limit(node, scope))


def _first_read(core: _Core, columns: tuple[Value, ...]) -> str:
    """Of rows that are equal but not the same, SQLite keeps the one it reads first."""
    keys = [distinct_key(column) for column in columns]
    rowid = core.scope.sources[0].rowid if len(core.scope.sources) == 1 else None
    if rowid is None or keys == [column.sql for column in columns]:
        return ""
    return f" ORDER BY {', '.join(keys)}, {rowid.sql}"


def _ordered_beside(core: _Core, columns: tuple[Value, ...], node: tree.Query) -> Result:
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
    return Result(
        sql=f"{sql} ORDER BY {terms}{_limit(node, core.scope)}", columns=columns, labels=core.labels
    )


def _order_value(term: tree.Order, core: _Core) -> Value:
    if isinstance(term.expression, tree.Collate) and isinstance(term.expression.operand, tree.Constant):
        inner = _order_value(replace(term, expression=term.expression.operand), core)  # may be a position
        return replace(inner, collation=term.expression.collation, explicit=True)
    position = term.expression.value if isinstance(term.expression, tree.Constant) else None
    if isinstance(position, int) and 1 <= position <= len(core.columns):
        return core.columns[position - 1]
    expression = _by_position(term.expression, core.node) or term.expression
    expression = core.scope.aliases.get(_bare(expression), expression)
    if core.grouped:
        return grouped_value(expression, core.keys, core.scope, core.picked or ())
    return translate(expression, core.scope)


def _order(term: tree.Order, core: _Core) -> str:
    value = _order_value(term, core)
    return "" if value.constant is not None else order_term(term, value, bytewise=core.scope.bytewise)


def _compound(node: tree.Query, scope: Scope, *, reader: Reader) -> Result:
    cores = [_core(select, scope) for select in node.selects]
    if len({len(core.columns) for core in cores}) != 1:
        raise refuse("a compound of SELECTs with different numbers of columns")
    plain = [tuple(replace(column, explicit=False) for column in core.columns) for core in cores]
    unified = [
        tuple(projected(value, reader=reader) for value in unify(column))
        for column in zip(*plain, strict=True)
    ]
    rows = list(zip(*unified, strict=True))
    named = [_collation(column) for column in zip(*(core.columns for core in cores), strict=True)]
    columns = tuple(_merged(column, name) for column, name in zip(unified, named, strict=True))
    texts = [_written(core, row) for core, row in zip(cores, rows, strict=True)]
    result = Result(sql=_compounded(texts, node.operators, columns), columns=columns, labels=cores[0].labels)
    if node.order:
        return _ordered_outside(result, node, scope)
    return replace(result, sql=result.sql + _limit(node, scope))


def _compounded(texts: list[str], operators: tuple[str, ...], columns: tuple[Value, ...]) -> str:
    """The compound; where SQLite equates more than PostgreSQL does, by what it equates."""
    if set(operators) == {"UNION ALL"} or all(distinct_key(column) == column.sql for column in columns):
        return _combined(texts, operators)
    names = [f"v{number}" for number in range(1, len(columns) + 1)]
    listed = ", ".join(names)
    keys = [
        distinct_key(replace(column, sql=f"q.{name}")) for column, name in zip(columns, names, strict=True)
    ]
    sql = texts[0]
    for operator, text in zip(operators, texts[1:], strict=True):
        if operator == "UNION ALL":
            sql = f"{sql} UNION ALL {text}"
            continue
        if operator == "UNION":
            both = f"({sql}) UNION ALL ({text})"
            sql = _last_of_each(f"({both}) AS r", names, keys)
            continue
        others = [
            distinct_key(replace(column, sql=f"o.{name}"))
            for column, name in zip(columns, names, strict=True)
        ]
        same = " AND ".join(
            f"{one} IS NOT DISTINCT FROM {other}" for one, other in zip(keys, others, strict=True)
        )
        word = "EXISTS" if operator == "INTERSECT" else "NOT EXISTS"
        found = f" WHERE {word} (SELECT 1 FROM ({text}) AS o ({listed}) WHERE {same})"
        sql = _last_of_each(f"({sql}) AS r", names, keys, found)
    return sql


def _last_of_each(source: str, names: list[str], keys: list[str], where: str = "") -> str:
    """The rows of a compound: of those that are equal but not the same, SQLite keeps the last it reads."""
    listed, key = ", ".join(names), ", ".join(keys)
    chosen = ", ".join(f"q.{name}" for name in names)
    numbered = f"SELECT r.*, row_number() OVER () FROM {source} ({listed})"
    return (
        f"SELECT DISTINCT ON ({key}) {chosen} FROM ({numbered}) AS q ({listed}, n){where}"
        f" ORDER BY {key}, q.n DESC"
    )


def _collation(values: tuple[Value, ...]) -> str | None:
    """The collation of a compound's column: that of the first SELECT that has any."""
    return next(
        (each.collation for each in values if each.stored or each.explicit or each.collation is not None),
        None,
    )


def _merged(values: tuple[Value, ...], collation: str | None) -> Value:
    nullable = any(value.nullable for value in values)
    natural = all(value.natural for value in values)
    return replace(
        values[0], nullable=nullable, constant=None, digits=None, moment=None, natural=natural, flag=None,
        collation=collation,
    )  # fmt: skip


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
    return replace(result, sql=sql + _limit(node, scope))


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


def _limit(node: tree.Query, scope: Scope) -> str:
    return limit_clause(node.limit, node.offset, scope)


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
