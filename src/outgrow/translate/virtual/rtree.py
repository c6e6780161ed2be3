"""R*Trees: conditions on coordinates made known to the GiST index, and coordinates to store.

A comparison of a coordinate says something of the row's box: `maxX >= 5` that it reaches beyond 5. The box
condition that follows is written beside the comparisons, which stay and decide; PostgreSQL compares boxes
with a tolerance, so it only ever lets too many rows through. Used by `query`, `sources` and `change`;
the index is made by `plan.rtree`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from outgrow.errors import TranslationError
from outgrow.schema.names import fold
from outgrow.schema.target import Relation, TargetColumn, box_keys
from outgrow.translate import held, tree
from outgrow.translate.convert import as_real, to_integer, to_real
from outgrow.translate.expressions import condition, translate
from outgrow.translate.scope import Scope, Source
from outgrow.translate.store import stored
from outgrow.translate.value import NUMBERS, Rank, Value, Volatility, refuse, truth
from outgrow.translate.walk import walk

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
_UNBOUNDED = ("'-Infinity'::double precision", "'Infinity'::double precision")


def narrowed(node: tree.Expression, scope: Scope) -> Value:
    """The condition of a WHERE or ON; where it bounds coordinates of R*Trees, their boxes are bounded too."""
    trees = [source for source in scope.sources if source.relation is not None and source.relation.rtree]
    for source in trees:
        _refuse_geometry(source, node, scope)
    found = condition(node, scope)
    texts = [text for source in trees for text in _boxes(source, node, scope)]
    if not texts:
        return found
    return truth(" AND ".join([found.within(Rank.AND), *texts]), found, rank=Rank.AND)


def _refuse_geometry(source: Source, node: tree.Expression, scope: Scope) -> None:
    """MATCH on an R*Tree asks a function that the application wrote in C."""
    columns = {column.sql: number for number, column in enumerate(source.columns.values())}
    for part in walk(node):
        if isinstance(part, tree.Match) and part.operator == "MATCH":
            call = part.pattern.name + "()" if isinstance(part.pattern, tree.Call) else "a query box"
            if _place(part.operand, columns, scope) is not None:
                raise refuse(
                    f"MATCH {call} on the R*Tree {source.name}: geometry functions are the application's own"
                )


@dataclass(slots=True)
class _Axis:
    """What is known of one dimension of a box: it begins at or before `most`, and ends at or after `least`.

    Each holds the bound and whether it was said of that very coordinate rather than of the other end.
    """

    least: tuple[str, bool] | None = None
    most: tuple[str, bool] | None = None

    def learn(self, operator: str, bound: str, *, greatest: bool) -> None:
        """Takes in that the dimension's least (or greatest) coordinate stands so to the bound."""
        if operator in {">", ">=", "="} and (self.least is None or (greatest and not self.least[1])):
            self.least = (bound, greatest)
        if operator in {"<", "<=", "="} and (self.most is None or (not greatest and not self.most[1])):
            self.most = (bound, not greatest)

    @property
    def ends(self) -> tuple[str, str]:
        """SQL of the interval that the dimension overlaps."""
        return (
            self.least[0] if self.least else _UNBOUNDED[0],
            self.most[0] if self.most else _UNBOUNDED[1],
        )


def _boxes(source: Source, node: tree.Expression, scope: Scope) -> Iterator[str]:
    """The box conditions that follow from the comparisons joined by AND."""
    names = source.relation.rtree if source.relation is not None else ()
    places = {source.columns[fold(name)].sql: number for number, name in enumerate(names)}
    axes = [_Axis() for _ in names[::2]]
    for operator, left, right in _comparisons(node):
        for one, sign, other in ((left, operator, right), (right, _MIRRORED[operator], left)):
            place = _place(one, places, scope)
            bound = _bound(other, source, scope) if place is not None else None
            if place is not None and bound is not None:
                axes[place // 2].learn(sign, bound, greatest=bool(place % 2))
    rows = box_keys(tuple(places))
    asked = box_keys(tuple(end for axis in axes for end in axis.ends))
    for number, (row, box) in enumerate(zip(rows, asked, strict=True)):
        if any(axis.least or axis.most for axis in axes[2 * number : 2 * number + 2]):
            yield f"{row} && {box}"


def _comparisons(node: tree.Expression) -> Iterator[tuple[str, tree.Expression, tree.Expression]]:
    if isinstance(node, tree.Binary) and node.operator == "AND":
        yield from _comparisons(node.left)
        yield from _comparisons(node.right)
    elif isinstance(node, tree.Binary) and node.operator in _MIRRORED:
        yield node.operator, node.left, node.right
    elif isinstance(node, tree.Between) and not node.negated:
        yield ">=", node.operand, node.low
        yield "<=", node.operand, node.high


def _place(node: tree.Expression, places: dict[str, int], scope: Scope) -> int | None:
    """Which coordinate of the R*Tree an expression is; None for anything else."""
    if not isinstance(node, tree.Name):
        return None
    try:
        found = scope.resolve(node)
    except TranslationError:
        return None
    return places.get(found.sql) if isinstance(found, Value) else None


def _bound(node: tree.Expression, source: Source, scope: Scope) -> str | None:
    """SQL of a number that does not depend on the R*Tree's own row; None for anything else."""
    without = replace(scope, sources=tuple(other for other in scope.sources if other is not source))
    try:
        value = translate(node, scope)
        if translate(node, without).sql != value.sql:
            return None
    except TranslationError:
        return None
    if value.kind not in NUMBERS or value.volatility is Volatility.VOLATILE:
        return None
    return as_real(value).sql


def kept(value: Value, column: TargetColumn, relation: Relation, scope: Scope) -> str:
    """`store.stored`, and for key and coordinates of an R*Tree the number that it reads in any value.

    Its trigger does the rounding.
    """
    own = {fold(name) for name in (*relation.rtree, *relation.primary_key)} if relation.rtree else set()
    if fold(column.source) not in own:
        return stored(value, column, scope.parameters)
    if value.kind == "null":
        return "NULL"
    read = to_real if column.family == "real" else to_integer
    return read(held.stored_form(value)).sql
