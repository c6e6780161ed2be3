"""Nearest neighbours: `WHERE embedding MATCH ? AND k = 10` of a vec0 table, as PostgreSQL finds them.

vec0 takes the MATCH, the number of rows and comparisons of metadata into itself, finds the rows, and lets
the rest of the WHERE see only these. Here the table becomes a subquery that does so. It compares every row,
as vec0 does, unless the session allows an index that finds nearly all: SET outgrow.nearest = 'approximate'.
Used by `query` and `sources`. Rules: https://alexgarcia.xyz/sqlite-vec/features/knn.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import reduce

from outgrow.schema.names import fold, qualified, quote
from outgrow.schema.target import Relation
from outgrow.translate import tree
from outgrow.translate.convert import to_integer
from outgrow.translate.expressions import condition, translate
from outgrow.translate.grouping import has_aggregate
from outgrow.translate.scope import ROWID_NAMES, Scope, Source, relation_source
from outgrow.translate.value import Rank, Value, refuse
from outgrow.translate.virtual.vectors import OPERATORS, as_vector, distance, recipe_of
from outgrow.translate.walk import walk

_COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})


def with_nearest(node: tree.Query, scope: Scope) -> tree.Query:
    """The query with every vec0 table that it searches by MATCH replaced by its nearest rows."""
    if not any(relation.vectors for relation in scope.model.relations):
        return node
    limit = node.limit if len(node.selects) == 1 and node.offset is None else None
    selects = tuple(_searching(select, limit, scope) for select in node.selects)
    order = node.order
    if len(selects) == 1 and not order and _is_plain(selects[0]):
        source = selects[0].sources[0].source
        if isinstance(source, tree.Nearest):  # the order in which vec0 gives them
            order = (tree.Order(tree.Name("distance", source.table.alias or source.table.name)),)
    return replace(node, selects=selects, order=order)


def _is_plain(select: tree.Select) -> bool:
    """Whether it gives the rows of one table one by one, so that SQLite hands LIMIT to the table."""
    counted = select.group or select.having is not None or select.distinct
    expressions = [item.expression for item in select.items if item.expression is not None]
    return len(select.sources) == 1 and not counted and not has_aggregate(expressions)


def _searching(select: tree.Select, limit: tree.Expression | None, scope: Scope) -> tree.Select:
    for place, join in enumerate(select.sources):
        if not isinstance(join.source, tree.TableRef) or scope.common(join.source.name) is not None:
            continue
        relation = _vectors_of(join.source, scope)
        if relation is None:
            continue
        search = _Search(relation=relation, name=join.source.alias or join.source.name)
        parts = list(_conjuncts(select.where))
        if not any(search.asks(part) for part in parts):
            continue
        for part in parts:
            search.take(part)
        if any(each.kind not in {"CROSS", "INNER"} for each in select.sources):
            raise refuse(f"MATCH of {search.name} in an outer join")
        handed = limit if _is_plain(select) and search.takes_all else None
        count = search.count if search.count is not None else handed
        if count is None:
            raise refuse(f"MATCH of {search.name} without k = … or LIMIT, which vec0 wants")
        near = tree.Nearest(
            table=join.source, column=search.column, vector=search.vector, count=count,
            where=_all_of(search.within),
        )  # fmt: skip
        sources = list(select.sources)
        sources[place] = replace(join, source=near)
        return _searching(replace(select, sources=tuple(sources), where=_all_of(search.after)), limit, scope)
    return select


def _vectors_of(table: tree.TableRef, scope: Scope) -> Relation | None:
    for relation in scope.model.relations:
        if fold(relation.source) == fold(table.name):
            return relation if relation.vectors else None
    return None


def _conjuncts(node: tree.Expression | None) -> Iterator[tree.Expression]:
    if isinstance(node, tree.Binary) and node.operator == "AND":
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    elif node is not None:
        yield node


def _all_of(parts: list[tree.Expression]) -> tree.Expression | None:
    return reduce(lambda left, right: tree.Binary("AND", left, right), parts) if parts else None


@dataclass(slots=True)
class _Search:
    """A search in the making: what vec0 takes of the WHERE into itself, and what sees only its rows."""

    relation: Relation
    name: str
    column: str = ""
    vector: tree.Expression = field(default_factory=lambda: tree.Constant(None))
    count: tree.Expression | None = None
    within: list[tree.Expression] = field(default_factory=list)
    after: list[tree.Expression] = field(default_factory=list)

    def asks(self, part: tree.Expression) -> bool:
        """Whether a condition is the MATCH that a search begins with."""
        if not isinstance(part, tree.Match) or part.operator != "MATCH" or part.negated:
            return False
        column, vectors = self._own(part.operand), self.relation.vectors
        return column is not None and vectors is not None and vectors.column(column) is not None

    @property
    def takes_all(self) -> bool:
        """Whether the table answers all conditions itself: only then SQLite hands it the LIMIT."""
        return all("distance" in map(self._own, walk(part)) for part in self.after)

    def take(self, part: tree.Expression) -> None:
        """Sorts in one condition; refused where vec0 would raise an error or the order of plans decides."""
        if not self.column and isinstance(part, tree.Match) and self.asks(part):
            self.column, self.vector = self._own(part.operand) or "", part.pattern
            return
        if isinstance(part, tree.Binary) and part.operator == "=":
            for one, other in ((part.left, part.right), (part.right, part.left)):
                if self._own(one) == "k" and self.count is None:
                    self.count = other
                    return
        (self.within if self._is_within(part) else self.after).append(part)

    def _own(self, node: object) -> str | None:
        """The folded name of this table's column that a node is; None for anything else."""
        if not isinstance(node, tree.Name) or (
            node.table is not None and fold(node.table) != fold(self.name)
        ):
            return None
        name = fold(node.column)
        known = {fold(column.source) for column in self.relation.columns}
        return name if name in known | ROWID_NAMES | {"k", "distance"} else None

    def _is_within(self, part: tree.Expression) -> bool:
        vectors = self.relation.vectors
        if vectors is None:
            return False
        mentioned = {name for name in map(self._own, walk(part)) if name is not None}
        filters = {fold(name) for name in (*vectors.partitions, *vectors.metadata)}
        keys = ROWID_NAMES | {fold(name) for name in self.relation.primary_key}
        plain = filters | keys | {fold(v.name) for v in vectors.columns} | {"k", "distance"}
        if mentioned - plain:
            raise refuse(f"a condition on the auxiliary column {min(mentioned - plain)} beside MATCH")
        compared = self._compared(part)
        if mentioned & filters:
            listed = isinstance(part, tree.In) and compared in {fold(name) for name in vectors.partitions}
            if compared is None or listed:
                raise refuse(f"this condition on {min(mentioned & filters)} beside MATCH")
            return True
        if "distance" in mentioned and not (
            isinstance(part, tree.Binary)
            and part.operator in {"<", "<="}
            and self._own(part.left) == "distance"
        ):
            raise refuse("a condition on distance beside MATCH other than distance < …")
        return isinstance(part, tree.In) and compared in keys and self.relation.rowid_alias is not None

    def _compared(self, part: tree.Expression) -> str | None:
        """The column that a condition of vec0's own kinds compares."""
        if isinstance(part, tree.Binary) and part.operator in _COMPARISONS:
            return self._own(part.left) or self._own(part.right)
        if isinstance(part, tree.Between | tree.In) and not part.negated:
            return self._own(part.operand)
        return None


def nearest(node: tree.Nearest, scope: Scope) -> tuple[Source, str]:
    """The subquery and what it brings into sight; `scope` is that of the query without its own sources."""
    relation = scope.model.relation(node.table.name)
    name = node.table.alias or node.table.name
    reference = quote(node.table.alias if node.table.alias is not None else relation.name)
    inner = relation_source(relation, "near", name)
    inside = replace(scope, sources=(inner,))
    declared = relation.vectors.column(node.column) if relation.vectors is not None else None
    column = inner.columns[fold(node.column)]
    asked = as_vector(translate(node.vector, scope))
    if declared is None or recipe_of(asked) != recipe_of(column):
        raise refuse(f"a vector of another kind than {name}.{node.column}")
    asked = replace(asked, sql=f"(SELECT {asked.sql})", rank=Rank.ATOM)  # once, not for every row
    found = distance(declared.metric, column, asked)
    listed = ", ".join(value.sql for value in inner.columns.values())
    where = f" AND {condition(node.where, inside).within(Rank.AND)}" if node.where is not None else ""
    key = ", ".join(inner.columns[fold(column)].sql for column in relation.primary_key)
    limit = _limit(node.count, scope)
    start = (
        f"SELECT {listed}, {found.sql} AS distance FROM {qualified(relation.schema, relation.name)} AS near"
    )
    exactly = f"{start} WHERE NOT sqlite.nearest_approximately(){where} ORDER BY distance, {key}{limit}"
    by_index = f"{column.sql} {OPERATORS[declared.metric]} {asked.sql}"
    nearly = f"{start} WHERE sqlite.nearest_approximately(){where} ORDER BY {by_index}{limit}"
    source = relation_source(relation, reference, name)
    hidden = {
        "distance": Value(sql=f"{reference}.distance", kind="real", type="double precision"),
        "k": Value(sql="NULL::bigint", kind="integer", type="bigint"),
    }
    text = f"(({exactly}) UNION ALL ({nearly})) AS {reference}"
    return replace(source, columns={**source.columns, **hidden}), text


def _limit(count: tree.Expression, scope: Scope) -> str:
    value = translate(count, scope)
    if value.constant is None and scope.parameters is not None:
        value = scope.parameters.settle(value, "integer")
    number = to_integer(value)
    if number.constant is not None:
        return f" LIMIT {max(int(number.constant[0] or 0), 0)}"
    return f" LIMIT greatest(coalesce({number.sql}, 0), 0)"
