"""Common table expressions: WITH, and queries that read themselves."""

from __future__ import annotations

from dataclasses import replace

from outgrow.schema.names import fold, quote
from outgrow.translate import held, tree
from outgrow.translate.queries.compounds import combined
from outgrow.translate.queries.ordering import limit_clause
from outgrow.translate.scope import Result, Scope
from outgrow.translate.sources import named_source, target_names, told_apart
from outgrow.translate.value import refuse
from outgrow.translate.walk import walk


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
        result = _recursive(common, scope) if itself else scope.nested_result(common.query)
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
    limit = limit_clause(node.limit, node.offset, scope)
    limited = f"WITH RECURSIVE {name} ({listed}) AS ({found.sql}) SELECT * FROM {name}{limit}"
    return replace(found, sql=limited)


def _unlimited(common: tree.Common, node: tree.Query, scope: Scope) -> tuple[Result, tuple[str, ...]]:
    first = scope.nested_result(tree.Query(node.selects[:1]))
    labels = common.columns or first.labels
    itself = named_source(replace(first, labels=labels), common.name, target_names(labels))
    whole = replace(scope, commons={**scope.commons, fold(common.name): itself}).nested_result(node)
    if _same_types(first, whole):
        return whole, labels
    # A later SELECT gives another class: all of them tagged.
    first = _all_tagged(first)
    itself = named_source(replace(first, labels=labels), common.name, target_names(labels))
    inside = replace(scope, commons={**scope.commons, fold(common.name): itself})
    parts = [_all_tagged(inside.nested_result(tree.Query((select,)))) for select in node.selects]
    return replace(first, sql=combined([part.sql for part in parts], node.operators)), labels


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
