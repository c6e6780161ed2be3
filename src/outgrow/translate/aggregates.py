"""The closed table of aggregate functions, with SQLite's result types.

PostgreSQL's sum and avg of bigint are numeric, SQLite's are integer and real; its max of a boolean
does not exist. Used by `expressions` inside queries.
Rules: https://www.sqlite.org/lang_aggfunc.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from outgrow.translate import held
from outgrow.translate.value import (
    Kind,
    Rank,
    Value,
    as_integer,
    as_real,
    as_text,
    constant,
    described,
    made,
    refuse,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What stands around an aggregate's arguments. `order` and `filter` are PostgreSQL clauses or ""."""

    distinct: bool = False
    order: str = ""
    filter: str = ""
    bytewise: bool = False

    def apply(self, function: str, *arguments: str, order: str | None = None) -> str:
        """`function([DISTINCT] arguments [ORDER BY …]) [FILTER …]`."""
        distinct = "DISTINCT " if self.distinct else ""
        ordered = self.order if order is None else order
        return f"{function}({distinct}{', '.join(arguments)}{ordered}){self.filter}"


Rule = Callable[[Sequence[Value], Shape], Value]


def _count(arguments: Sequence[Value], shape: Shape) -> Value:
    if not arguments:
        return _natural(Value(sql=shape.apply("count", "*"), kind="integer", type="bigint", nullable=False))
    value = arguments[0]
    if shape.distinct:
        _refuse_loose_equality(value)
    return _natural(made(shape.apply("count", value.sql), "integer", "bigint", value, nullable=False))


def _natural(value: Value) -> Value:
    return replace(value, natural=True)


def _refuse_loose_equality(value: Value) -> None:
    """DISTINCT goes by the column's collation on SQLite, and jsonb equates more than its text does."""
    if value.collation not in {None, "BINARY"}:
        raise refuse(f"DISTINCT over {described(value)} with collation {value.collation}")
    if value.kind == "held" and held.conversion_of(value)[0] in {"json", "vector"}:
        raise refuse(f"DISTINCT over {described(value)}")


def _sum(arguments: Sequence[Value], shape: Shape) -> Value:
    value = arguments[0]
    if value.kind in {"integer", "boolean"}:
        total = shape.apply("sum", as_integer(value).sql)
        return made(
            f"({total})::bigint" if shape.filter else f"{total}::bigint",
            "integer",
            "bigint",
            value,
            nullable=True,
        )
    if value.kind == "number" and value.type != "double precision":
        # Summed as decimals and rounded once: what SQLite's compensated sum of doubles comes to.
        total = shape.apply("sum", value.sql)
        return made(f"({total})::double precision", "number", "double precision", value, nullable=True)
    kind: Kind = "number" if value.kind == "number" else "real"
    return made(shape.apply("sum", as_real(value).sql), kind, "double precision", value, nullable=True)


def _total(arguments: Sequence[Value], shape: Shape) -> Value:
    total = _sum(arguments, shape)
    return made(f"coalesce({as_real(total).sql}, 0)", "real", "double precision", total, nullable=False)


def _avg(arguments: Sequence[Value], shape: Shape) -> Value:
    value = arguments[0]
    if value.kind in {"integer", "boolean"}:
        number = as_integer(value).sql
        sql = f"({shape.apply('sum', number)})::double precision / {shape.apply('count', number)}"
        return made(sql, "real", "double precision", value, rank=Rank.MULTIPLY, nullable=True)
    if value.kind == "number" and value.type != "double precision":
        sql = f"({shape.apply('sum', value.sql)})::double precision / {shape.apply('count', value.sql)}"
        return made(sql, "real", "double precision", value, rank=Rank.MULTIPLY, nullable=True)
    return made(shape.apply("avg", as_real(value).sql), "real", "double precision", value, nullable=True)


def _extreme(name: str) -> Rule:
    def rule(arguments: Sequence[Value], shape: Shape) -> Value:
        value = arguments[0]
        if value.collation not in {None, "BINARY"}:
            raise refuse(f"{name}() of {described(value)} with collation {value.collation}")
        if value.kind == "boolean":
            found = shape.apply("bool_and" if name == "min" else "bool_or", value.sql)
            return replace(made(found, "boolean", "boolean", value, nullable=True), column=value.column)
        if (
            value.kind == "held"
            and held.keeps_order(value)
            and value.type.startswith(("timestamp", "date", "time"))
        ):
            return replace(
                made(shape.apply(name, value.sql), "held", value.type, value, nullable=True),
                column=value.column,
            )
        plain = held.stored_form(value)
        if plain.kind not in {"integer", "real", "number", "text"}:
            raise refuse(f"{name}() of {described(value)}")
        sort = ' COLLATE "C"' if plain.kind == "text" and not shape.bytewise else ""
        return made(
            shape.apply(name, plain.within(Rank.OTHER) + sort), plain.kind, plain.type, plain, nullable=True
        )

    return rule


def _group_concat(arguments: Sequence[Value], shape: Shape) -> Value:
    value = as_text(held.stored_form(arguments[0]))
    if shape.distinct:
        _refuse_loose_equality(arguments[0])
    separator = as_text(arguments[1]) if len(arguments) > 1 else constant(",")
    if separator.nullable:
        separator = replace(separator, sql=f"coalesce({separator.sql}, '')")
    sql = shape.apply("string_agg", value.sql, separator.sql, order="" if shape.distinct else None)
    return made(sql, "text", "text", value, separator, nullable=True)


AGGREGATES: Mapping[str, tuple[int, int, Rule]] = {
    "avg": (1, 1, _avg),
    "count": (0, 1, _count),
    "group_concat": (1, 2, _group_concat),
    "max": (1, 1, _extreme("max")),
    "min": (1, 1, _extreme("min")),
    "string_agg": (2, 2, _group_concat),
    "sum": (1, 1, _sum),
    "total": (1, 1, _total),
}
"""Name → fewest arguments, most arguments, rule."""


def is_aggregate(name: str, arguments: int) -> bool:
    """Whether a call of that name and number of arguments is an aggregate; min and max of several are not."""
    return name in AGGREGATES and arguments <= AGGREGATES[name][1]


def aggregate(name: str, arguments: Sequence[Value], shape: Shape) -> Value:
    """The value of an aggregate call; TranslationError where PostgreSQL's gives another result."""
    fewest, most, rule = AGGREGATES[name]
    if not fewest <= len(arguments) <= most:
        raise refuse(f"{name}() with {len(arguments)} arguments")
    return rule(arguments, shape)
