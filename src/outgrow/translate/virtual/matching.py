"""MATCH in WHERE: which full-text table is asked what. Used by `query` and `change`.

SQLite gives MATCH to the table itself, so it must stand alone or beside others joined by AND; `asked`
takes it out of WHERE, and puts it where the table's rank, snippets and highlights can see it.
Rules: https://www.sqlite.org/fts5.html#full_text_query_syntax
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from outgrow.schema.names import fold
from outgrow.translate import held, tree
from outgrow.translate.expressions import translate
from outgrow.translate.scope import Scope, Source
from outgrow.translate.value import Value, refuse
from outgrow.translate.virtual.fulltext import rank_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The sources with what they are asked, and the conditions that this puts on their rows."""

    sources: tuple[Source, ...]
    conditions: tuple[str, ...] = ()


def lifted(node: tree.Select, scope: Scope) -> tree.Select:
    """The SELECT with `table('query')` written as MATCH, and the MATCH of inner joins moved to WHERE."""
    joins, tests = [], []
    for join in node.sources:
        found = join
        if isinstance(join.source, tree.TableCall) and len(join.source.arguments) == 1:
            called = _called(join.source, scope)
            if called is not None:
                hidden = tree.Name(called.name, called.alias or called.name)
                tests.append(tree.Match("MATCH", hidden, join.source.arguments[0], None, False))
                if join.kind not in {"CROSS", "INNER"}:
                    raise refuse(f"{join.kind} JOIN of {called.name}()")
                found = replace(join, source=called)
        if found.on is not None and found.kind in {"CROSS", "INNER"}:
            parts = list(_conjuncts(found.on))
            matches = [part for part in parts if isinstance(part, tree.Match) and part.operator == "MATCH"]
            if matches:
                tests += matches
                found = replace(found, on=_all([part for part in parts if part not in matches]))
        joins.append(found)
    if not tests:
        return node
    return replace(node, sources=tuple(joins), where=_all([*tests, *_conjuncts(node.where)]))


def _called(call: tree.TableCall, scope: Scope) -> tree.TableRef | None:
    """The full-text table that a table function is."""
    for relation in scope.model.relations:
        if relation.full_text is not None and fold(relation.source) == fold(call.name):
            return tree.TableRef(relation.source, call.alias)
    return None


def _conjuncts(node: tree.Expression | None) -> Iterator[tree.Expression]:
    if isinstance(node, tree.Binary) and node.operator == "AND":
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    elif node is not None:
        yield node


def _all(parts: list[tree.Expression]) -> tree.Expression | None:
    found: tree.Expression | None = None
    for part in parts:
        found = part if found is None else tree.Binary("AND", found, part)
    return found


def asked(node: tree.Select, scope: Scope) -> tuple[tree.Select, Asked]:
    """The SELECT without what full-text tables are asked, and what that is; `scope` has its sources."""
    where, found = split(node.where, scope)
    return (node if where is node.where else replace(node, where=where)), found


def split(where: tree.Expression | None, scope: Scope) -> tuple[tree.Expression | None, Asked]:
    """The rest of a WHERE, and what full-text tables of the scope are asked."""
    sources = {source.name: source for source in scope.sources}
    if not any(source.search is not None for source in scope.sources):
        return where, Asked(sources=scope.sources)
    rest: list[tree.Expression] = []
    for part in _conjuncts(where):
        pair = _match(part)
        if pair is None:
            rest.append(part)
            continue
        ranked = _ranked(pair[0], scope)
        if ranked is not None:
            sources[ranked.name] = _with_weights(sources[ranked.name], pair[1])
            continue
        searched = scope.searched(pair[0])
        if searched is None or (isinstance(part, tree.Binary) and not _is_whole_fts5(searched)):
            rest.append(part)
            continue
        source, column = searched
        sources[source.name] = _with_question(sources[source.name], column, _text(pair[1], scope))
    changed = tuple(sources[source.name] for source in scope.sources)
    conditions = tuple(
        source.search.condition()
        for source in changed
        if source.search is not None and source.search.asked is not None
    )
    return (_all(rest) if len(rest) < len(list(_conjuncts(where))) else where), Asked(
        sources=changed, conditions=conditions
    )


def found_first(sources: tuple[Source, ...]) -> list[str]:
    """What orders rows of equal rank: SQLite finds those of a search by their rowid."""
    searched = [source for source in sources if source.search is not None and source.search.asked is not None]
    return [source.rowid.sql for source in searched[:1] if source.rowid is not None]


def _match(part: tree.Expression) -> tuple[tree.Expression, tree.Expression] | None:
    """Both sides of `name MATCH query`, or of `name = query`, which FTS5 takes for the same."""
    if isinstance(part, tree.Match) and part.operator == "MATCH" and not part.negated and part.escape is None:
        return part.operand, part.pattern
    if isinstance(part, tree.Binary) and part.operator == "=":
        return part.left, part.right
    return None


def _is_whole_fts5(searched: tuple[Source, str | None]) -> bool:
    source, column = searched
    return column is None and source.search is not None and source.search.declared.is_fts5


def _ranked(name: tree.Expression, scope: Scope) -> Source | None:
    """The table whose hidden column `rank` a name means."""
    if not isinstance(name, tree.Name) or fold(name.column) != "rank":
        return None
    for source in scope.sources:
        fits = name.table is None or fold(name.table) == fold(source.name)
        if fits and source.search is not None and source.search.ranks:
            return source
    return None


def _with_weights(source: Source, given: tree.Expression) -> Source:
    if source.search is None or not isinstance(given, tree.Constant) or not isinstance(given.value, str):
        raise refuse("a rank function that is no text")
    return replace(source, search=replace(source.search, weights=rank_weights(given.value)))


def _with_question(source: Source, column: str | None, match: Value) -> Source:
    search = source.search
    if search is None:
        raise refuse(f"MATCH on {source.name}")
    question = search.question(match, column)
    if search.asked is not None:
        if not search.declared.is_fts5:
            raise refuse("two MATCH on one table, which SQLite refuses too")
        question = f"(SELECT sqlite.fts_both({search.asked}, {question}))"
    return replace(source, search=replace(search, asked=question))


def _text(node: tree.Expression, scope: Scope) -> Value:
    value = translate(node, scope)
    if scope.parameters is not None:
        value = scope.parameters.settle(value, "text")
    return held.stored_form(value)
