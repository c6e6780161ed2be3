"""One SELECT without its ORDER BY: result columns, FROM, WHERE, GROUP BY and HAVING."""

from __future__ import annotations

from dataclasses import dataclass, replace

from outgrow.schema.names import fold
from outgrow.schema.target import TargetColumn
from outgrow.translate import held, tree
from outgrow.translate.aggregates import distinct_key
from outgrow.translate.convert import as_integer, as_truth
from outgrow.translate.expressions import asks_order, translate
from outgrow.translate.grouping import group_key, grouped_value, has_aggregate, picking
from outgrow.translate.scope import ROWID_NAMES, Reader, Scope, Source
from outgrow.translate.sources import From, from_clause
from outgrow.translate.unify import is_flag
from outgrow.translate.value import Rank, Value, refuse
from outgrow.translate.virtual import matching
from outgrow.translate.virtual.rtree import narrowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
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


def core_of(node: tree.Select, scope: Scope, order: tuple[tree.Order, ...] = ()) -> Core:
    """A SELECT up to its ORDER BY, whose terms it has to know: they may ask for aggregates."""
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
    ordered = [aliases.get(bare(term.expression), term.expression) for term in order]
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
    return Core(
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


def bare(node: tree.Expression) -> str:
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
    return replace(translate(by_position(term, node) or term, scope), explicit=False)


def by_position(term: tree.Expression, node: tree.Select) -> tree.Expression | None:
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


def written(core: Core, columns: tuple[Value, ...]) -> str:
    """The SELECT with its result columns in their final types."""
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
