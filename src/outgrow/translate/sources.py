"""FROM: tables, views, common table expressions and queries, joined from left to right.

SQLite gives the comma and every JOIN the same precedence; here all become explicit joins, whose
order of writing is then the order of joining on both sides. Used by `query`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from outgrow.schema.names import Namespace, fold, literal, qualified, quote
from outgrow.schema.target import Qualified
from outgrow.translate import held, tree
from outgrow.translate.compare import compare
from outgrow.translate.convert import as_text, to_integer
from outgrow.translate.expressions import condition, translate
from outgrow.translate.scope import Result, Scope, Source, relation_source
from outgrow.translate.value import Kind, Rank, Value, refuse
from outgrow.translate.virtual import external
from outgrow.translate.virtual.nearest import nearest
from outgrow.translate.virtual.rtree import narrowed


@dataclass(frozen=True, slots=True, kw_only=True)
class From:
    """The FROM clause: its text without the word, "" for none, and what it brings into sight.

    `items` and `tests` say the same as a list of tables and the conditions between them, as long as no
    join is an outer one; `items` is empty where that cannot be.
    """

    sql: str = ""
    sources: tuple[Source, ...] = ()
    items: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()

    @property
    def is_wide(self) -> bool:
        """Whether it must be written as a list, for PostgreSQL to choose the order of so many tables."""
        return len(self.items) > _ORDERED_BY_PLANNER


_ORDERED_BY_PLANNER = 8
"""PostgreSQL's join_collapse_limit: beyond it, written joins are made in the order of their writing."""


def from_clause(joins: tuple[tree.Join, ...], scope: Scope) -> From:
    """The translated FROM; `scope` is that of the query without its own sources."""
    found = From()
    for join in joins:
        found = _joined(found, join, scope)
    return found


def _joined(left: From, join: tree.Join, scope: Scope) -> From:
    if isinstance(join.source, tree.Nested):
        return _nested(left, join, join.source, scope)
    if isinstance(join.source, tree.TableCall):
        return _called(left, join, join.source, scope)
    if isinstance(join.source, tree.Nearest):
        source, text = nearest(join.source, scope)
        return _beside(left, join, source, text, scope)
    if join.source.alias is not None and (not join.source.alias or "\0" in join.source.alias):
        raise refuse(f"the table alias {join.source.alias!r}")
    source, text = _source(join.source, scope, len(left.sources))
    return _beside(left, join, source, text, scope)


def _beside(left: From, join: tree.Join, source: Source, text: str, scope: Scope) -> From:
    """One more table after those on the left."""
    if any(fold(source.name) == fold(other.name) for other in left.sources):
        raise refuse(f"two tables called {source.name} in one FROM")
    if not left.sources:
        return From(sql=text, sources=(source,), items=(text,))
    shared = _shared(left.sources, source, join)
    if shared and join.kind in {"RIGHT", "FULL"}:
        raise refuse(f"{join.kind} JOIN with USING")
    source = replace(source, hidden=frozenset(shared))
    on = _condition(left, source, join, shared, replace(scope, sources=(*left.sources, source)))
    kind = join.kind
    if kind in {"CROSS", "INNER"}:
        words = f"JOIN {text} ON {on}" if on else f"CROSS JOIN {text}"
    else:
        words = f"{kind} JOIN {text} ON {on or 'true'}"
    before = tuple(each.nullable() for each in left.sources) if kind in {"RIGHT", "FULL"} else left.sources
    new = source.nullable() if kind in {"LEFT", "FULL"} else source
    return _listed(left, From(sql=f"{left.sql} {words}", sources=(*before, new)), text, on, kind)


def _listed(left: From, joined: From, text: str, on: str, kind: tree.JoinKind) -> From:
    """The join also as one more item of a list, where it is an inner one."""
    if not left.items or kind not in {"CROSS", "INNER"}:
        return joined
    tests = (*left.tests, f"({on})") if on else left.tests
    return replace(joined, items=(*left.items, text), tests=tests)


def _nested(left: From, join: tree.Join, nested: tree.Nested, scope: Scope) -> From:
    """Joins in parentheses; only their order matters, and names inside stay in sight."""
    inner = from_clause(nested.joins, scope)
    if not left.sources:
        return inner
    if join.natural or join.using:
        raise refuse("USING or NATURAL before joins in parentheses")
    sources = (*left.sources, *inner.sources)
    on = condition(join.on, replace(scope, sources=sources)).sql if join.on is not None else ""
    kind = join.kind
    if kind in {"CROSS", "INNER"}:
        words = f"JOIN ({inner.sql}) ON {on}" if on else f"CROSS JOIN ({inner.sql})"
    else:
        words = f"{kind} JOIN ({inner.sql}) ON {on or 'true'}"
    before = tuple(each.nullable() for each in left.sources) if kind in {"RIGHT", "FULL"} else left.sources
    after = tuple(each.nullable() for each in inner.sources) if kind in {"LEFT", "FULL"} else inner.sources
    return From(sql=f"{left.sql} {words}", sources=(*before, *after))


Rows = tuple[tuple[str, Kind, str], ...]
_MASTER = frozenset({"sqlite_master", "sqlite_schema"})


def _rows(**columns: Kind) -> Rows:
    types = {"integer": "bigint", "text": "text"}
    return tuple((name.rstrip("_"), kind, types[kind]) for name, kind in columns.items())


_MASTER_ROWS = _rows(type="text", name="text", tbl_name="text", rootpage="integer", sql="text")
_COLUMNS = _rows(cid="integer", name="text", type="text", notnull="integer", dflt_value="text", pk="integer")
PRAGMAS: Mapping[str, Rows] = {
    "pragma_application_id": _rows(application_id="integer"),
    "pragma_foreign_key_list": _rows(
        id="integer", seq="integer", table="text", from_="text", to="text", on_update="text",
        on_delete="text", match="text",
    ),
    "pragma_index_info": _rows(seqno="integer", cid="integer", name="text"),
    "pragma_index_list": _rows(
        seq="integer", name="text", unique="integer", origin="text", partial="integer"
    ),
    "pragma_index_xinfo": _rows(
        seqno="integer", cid="integer", name="text", desc="integer", coll="text", key="integer"
    ),
    "pragma_table_info": _COLUMNS,
    "pragma_table_list": _rows(
        schema="text", name="text", type="text", ncol="integer", wr="integer", strict="integer"
    ),
    "pragma_table_xinfo": (*_COLUMNS, ("hidden", "integer", "bigint")),
    "pragma_user_version": _rows(user_version="integer"),
}  # fmt: skip
"""The pragmas whose answers the target keeps from the time of the move, and their columns."""


def _kept(
    function: str, arguments: Sequence[Value], rows: Rows, name: str, scope: Scope
) -> tuple[Source, str]:
    """A function of the schema `sqlite` that answers from what the target keeps of SQLite's own catalog."""
    parts = [literal(scope.model.schema), *(as_text(held.stored_form(value)).sql for value in arguments)]
    listed = ", ".join(quote(column) for column, _, _ in rows)
    text = f"sqlite.{function}({', '.join(parts)}) AS {quote(name)} ({listed})"
    columns = {c: Value(sql=f"{quote(name)}.{quote(c)}", kind=k, type=t) for c, k, t in rows}
    return Source(name=name, columns=columns, labels=tuple(column for column, _, _ in rows)), text


_JSON_ROWS: Rows = (
    ("key", "tagged", "text"), ("value", "tagged", "text"), ("type", "text", "text"),
    ("atom", "tagged", "text"), ("id", "integer", "bigint"), ("parent", "integer", "bigint"),
    ("fullkey", "text", "text"), ("path", "text", "text"),
)  # fmt: skip


def _called(left: From, join: tree.Join, call: tree.TableCall, scope: Scope) -> From:
    """json_each, json_tree and generate_series, whose arguments see the tables before them."""
    name = call.alias or call.name
    inside = replace(scope, sources=left.sources)
    values = [translate(argument, inside) for argument in call.arguments]
    if call.name in {"json_each", "json_tree"} and 1 <= len(values) <= 2:
        texts = [as_text(held.stored_form(value)).sql for value in values]
        text, columns = f"sqlite.{call.name}({', '.join(texts)})", _JSON_ROWS
    elif call.name == "generate_series" and 1 <= len(values) <= 3:
        numbers = [to_integer(value).sql for value in values]
        text = f"generate_series({', '.join([*numbers, '4294967295'][: max(len(numbers), 2)])})"
        columns = (("value", "integer", "bigint"),)
    elif call.name in PRAGMAS and len(values) <= 1:
        source, kept = _kept(call.name, values, PRAGMAS[call.name], name, scope)
        if not left.sources:
            return From(sql=kept, sources=(source,))
        on = condition(join.on, replace(scope, sources=(*left.sources, source))).sql if join.on else "true"
        kind = "LEFT JOIN" if join.kind == "LEFT" else "JOIN"
        after = source.nullable() if join.kind == "LEFT" else source
        return From(sql=f"{left.sql} {kind} LATERAL {kept} ON {on}", sources=(*left.sources, after))
    else:
        raise refuse(f"the table function {call.name}()")
    listed = ", ".join(quote(column) for column, _, _ in columns)
    text = f"LATERAL {text} AS {quote(name)} ({listed})"
    source = Source(
        name=name,
        columns={c: Value(sql=f"{quote(name)}.{quote(c)}", kind=k, type=t) for c, k, t in columns},
        labels=tuple(column for column, _, _ in columns),
    )
    if not left.sources:
        return From(sql=text.removeprefix("LATERAL "), sources=(source,))
    on = condition(join.on, replace(scope, sources=(*left.sources, source))).sql if join.on else ""
    words = f"LEFT JOIN {text} ON {on or 'true'}" if join.kind == "LEFT" else f"JOIN {text} ON {on or 'true'}"
    new = source.nullable() if join.kind == "LEFT" else source
    return _listed(left, From(sql=f"{left.sql} {words}", sources=(*left.sources, new)), text, on, join.kind)


def _shared(left: tuple[Source, ...], right: Source, join: tree.Join) -> tuple[str, ...]:
    """The columns that USING or NATURAL equates, folded."""
    if join.natural:
        known = {name for source in left for name in source.columns}
        return tuple(name for name in right.columns if name in known)
    return tuple(fold(name) for name in join.using)


def _condition(left: From, right: Source, join: tree.Join, shared: tuple[str, ...], scope: Scope) -> str:
    tests = [_equal(left, right, name, scope) for name in shared]
    if join.on is not None:
        tests.append(narrowed(join.on, scope))
    if len(tests) == 1:
        return tests[0].sql
    return " AND ".join(test.within(Rank.AND) for test in tests)


def _equal(left: From, right: Source, name: str, scope: Scope) -> Value:
    holders = [source for source in left.sources if name in source.columns and name not in source.hidden]
    if not holders or name not in right.columns:
        raise refuse(f"USING ({name})")
    return compare("=", holders[0].columns[name], right.columns[name], bytewise=scope.bytewise)


def _source(node: tree.TableRef | tree.Derived, scope: Scope, position: int) -> tuple[Source, str]:
    if isinstance(node, tree.Derived):
        # A derived table does not see its neighbours, only the enclosing query.
        result = replace(scope, sources=()).nested_result(node.query)
        placed = scope.placed and bool(node.query.order)
        return derived(result, node.alias or f"q{position + 1}", placed=placed)
    if fold(node.name) in _MASTER:
        if isinstance(node.name, Qualified):
            if node.name.database == "temp":
                raise refuse(f"temp.{node.name}")
            scope = replace(scope, model=scope.model.of(node.name.database))
        return _kept("sqlite_master", (), _MASTER_ROWS, node.alias or node.name, scope)
    common = None if isinstance(node.name, Qualified) else scope.common(node.name)
    if common is not None:
        return _common(common, node.alias or node.name)
    try:
        relation = scope.model.relation(node.name)
    except KeyError:
        raise refuse(f"the table {node.name}") from None
    if relation.full_text is not None and relation.full_text.content:
        found = external.source(relation, scope.model, node.alias)
        if found is not None:
            return found
    text = qualified(relation.schema, relation.name)
    reference = quote(node.alias if node.alias is not None else relation.name)
    if node.alias is not None:
        text += f" AS {reference}"
    return relation_source(relation, reference, node.alias or node.name), text


def derived(result: Result, alias: str, *, placed: bool = False) -> tuple[Source, str]:
    """A query in FROM under an alias, its columns named after SQLite's, its rows numbered if `placed`."""
    result = replace(result, labels=told_apart(result.labels))
    names = target_names(result.labels)
    source = named_source(result, alias, names)
    listed = ", ".join(quote(name) for name in names)
    if not placed:
        return source, f"({result.sql}) AS {quote(alias)} ({listed})"
    place = Namespace(names).take("place")
    numbered = f"SELECT given.*, row_number() OVER () FROM ({result.sql}) AS given"
    source = replace(source, place=f"{quote(alias)}.{quote(place)}")
    return source, f"({numbered}) AS {quote(alias)} ({listed}, {quote(place)})"


def told_apart(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The labels of a query in FROM, where SQLite numbers those that come again."""
    found: dict[str, str] = {}
    for label in labels:
        name, count = label, 0
        while fold(name) in found:
            count += 1
            name = f"{re.sub(r':[0-9]*$', '', label)}:{count}"
        found[fold(name)] = name
    return tuple(found.values())


def target_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Names for the columns of a query in FROM, each once."""
    space = Namespace()
    return tuple(space.take(fold(label).replace("\0", "_") or "_") for label in labels)


def named_source(result: Result, alias: str, names: tuple[str, ...]) -> Source:
    """A query's columns as seen from outside, under an alias."""
    columns: dict[str, Value] = {}
    rowid: Value | None = None
    for label, name, column in zip(result.labels, names, result.columns, strict=True):
        seen = Value(
            sql=f"{quote(alias)}.{quote(name)}",
            kind=column.kind,
            type=column.type,
            nullable=column.nullable,
            column=None if column.column is None else replace(column.column, source=label),
            collation=column.collation,
            natural=column.natural,
            stored=column.stored,
            declared=column.declared,
        )
        columns.setdefault(fold(label), seen)
        if column.is_rowid and rowid is None:
            rowid = seen
    return Source(name=alias, columns=columns, labels=result.labels, rowid=rowid)


def _common(common: Source, alias: str) -> tuple[Source, str]:
    """A reference to a common table expression, under its own or another name."""
    columns = {
        name: replace(value, sql=f"{quote(alias)}.{value.sql.rsplit('.', 1)[1]}")
        for name, value in common.columns.items()
    }
    text = quote(fold(common.name))
    return replace(common, name=alias, columns=columns), f"{text} AS {quote(alias)}"
