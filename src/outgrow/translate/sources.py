"""FROM: tables, views, common table expressions and queries, joined from left to right.

SQLite gives the comma and every JOIN the same precedence; here all become explicit joins, whose
order of writing is then the order of joining on both sides. Used by `query`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from outgrow.schema.names import Namespace, fold, qualified, quote
from outgrow.translate import tree
from outgrow.translate.compare import compare
from outgrow.translate.expressions import condition
from outgrow.translate.scope import Result, Scope, Source, relation_source
from outgrow.translate.value import Rank, Value, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class From:
    """The FROM clause: its text without the word, "" for none, and what it brings into sight."""

    sql: str = ""
    sources: tuple[Source, ...] = ()


def from_clause(joins: tuple[tree.Join, ...], scope: Scope) -> From:
    """The translated FROM; `scope` is that of the query without its own sources."""
    found = From()
    for join in joins:
        found = _joined(found, join, scope)
    return found


def _joined(left: From, join: tree.Join, scope: Scope) -> From:
    if join.source.alias is not None and (not join.source.alias or "\0" in join.source.alias):
        raise refuse(f"the table alias {join.source.alias!r}")
    source, text = _source(join.source, scope, len(left.sources))
    if any(fold(source.name) == fold(other.name) for other in left.sources):
        raise refuse(f"two tables called {source.name} in one FROM")
    if not left.sources:
        return From(sql=text, sources=(source,))
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
    return From(sql=f"{left.sql} {words}", sources=(*before, new))


def _shared(left: tuple[Source, ...], right: Source, join: tree.Join) -> tuple[str, ...]:
    """The columns that USING or NATURAL equates, folded."""
    if join.natural:
        known = {name for source in left for name in source.columns}
        return tuple(name for name in right.columns if name in known)
    return tuple(fold(name) for name in join.using)


def _condition(left: From, right: Source, join: tree.Join, shared: tuple[str, ...], scope: Scope) -> str:
    tests = [_equal(left, right, name, scope) for name in shared]
    if join.on is not None:
        tests.append(condition(join.on, scope))
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
        if scope.subquery is None:
            raise refuse("a subquery here")
        # A derived table does not see its neighbours, only the enclosing query.
        return derived(
            scope.subquery(node.query, replace(scope, sources=())), node.alias or f"q{position + 1}"
        )
    common = scope.common(node.name)
    if common is not None:
        return _common(common, node.alias or node.name)
    try:
        relation = scope.model.relation(node.name)
    except KeyError:
        raise refuse(f"the table {node.name}") from None
    text = qualified(relation.schema, relation.name)
    reference = quote(node.alias if node.alias is not None else relation.name)
    if node.alias is not None:
        text += f" AS {reference}"
    return relation_source(relation, reference, node.alias or node.name), text


def derived(result: Result, alias: str) -> tuple[Source, str]:
    """A query in FROM under an alias, its columns named after SQLite's."""
    names = target_names(result.labels)
    listed = ", ".join(quote(name) for name in names)
    return named_source(result, alias, names), f"({result.sql}) AS {quote(alias)} ({listed})"


def target_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Names for the columns of a query in FROM, each once."""
    space = Namespace()
    return tuple(space.take(fold(label).replace("\0", "_") or "_") for label in labels)


def named_source(result: Result, alias: str, names: tuple[str, ...]) -> Source:
    """A query's columns as seen from outside, under an alias."""
    columns: dict[str, Value] = {}
    for label, name, column in zip(result.labels, names, result.columns, strict=True):
        seen = Value(
            sql=f"{quote(alias)}.{quote(name)}",
            kind=column.kind,
            type=column.type,
            nullable=column.nullable,
            column=column.column,
            collation=column.collation,
            natural=column.natural,
            stored=column.stored,
        )
        columns.setdefault(fold(label), seen)
    return Source(name=alias, columns=columns, labels=result.labels)


def _common(common: Source, alias: str) -> tuple[Source, str]:
    """A reference to a common table expression, under its own or another name."""
    columns = {
        name: replace(value, sql=f"{quote(alias)}.{value.sql.rsplit('.', 1)[1]}")
        for name, value in common.columns.items()
    }
    text = quote(fold(common.name))
    return replace(common, name=alias, columns=columns), f"{text} AS {quote(alias)}"
