"""The closed table of aggregate functions, with SQLite's result types.

PostgreSQL's sum and avg of bigint are numeric, SQLite's are integer and real; its max of a boolean
does not exist. Used by `expressions` inside queries.
Rules: https://www.sqlite.org/lang_aggfunc.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from outgrow.schema.names import literal
from outgrow.translate import held
from outgrow.translate.collations import sort_key, text_key
from outgrow.translate.convert import as_integer, as_real, as_text, to_real
from outgrow.translate.value import Rank, Value, constant, described, made, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What stands around an aggregate's arguments. `order`, `filter`, `over` are PostgreSQL clauses or ""."""

    distinct: bool = False
    order: str = ""
    filter: str = ""
    over: str = ""
    bytewise: bool = False

    def apply(self, function: str, *arguments: str) -> str:
        """`function([DISTINCT] arguments [ORDER BY …]) [FILTER …] [OVER …]`.

        Beside DISTINCT, which sorts by the arguments, PostgreSQL takes no other order.
        """
        distinct = "DISTINCT " if self.distinct else ""
        ordered = "" if self.distinct else self.order
        return f"{function}({distinct}{', '.join(arguments)}{ordered}){self.filter}{self.over}"


Rule = Callable[[Sequence[Value], Shape], Value]


def _count(arguments: Sequence[Value], shape: Shape) -> Value:
    if not arguments:
        found = Value(sql=shape.apply("count", "*"), kind="integer", type="bigint", nullable=False)
        return replace(found, natural=True)
    value = arguments[0]
    sql = shape.apply("count", distinct_key(value) if shape.distinct else value.sql)
    return replace(made(sql, "integer", "bigint", value, nullable=False), natural=True)


def distinct_key(value: Value) -> str:
    """SQL of what DISTINCT and GROUP BY must equate, for they go by class and collation."""
    if value.kind == "held" and held.conversion_of(value)[0] in {"json", "vector", "escaped"}:
        value = held.stored_form(value)
    if value.kind == "tagged":
        return sort_key(value)
    if value.kind == "text" and (value.collation or "BINARY") != "BINARY":
        return text_key(value, value.collation or "BINARY", ordering=False, bytewise=True).sql
    return value.sql


def _is_plain(value: Value, shape: Shape) -> bool:
    """Whether DISTINCT may be left to PostgreSQL's own equality."""
    return not shape.distinct or distinct_key(value) == value.sql


def _sum(arguments: Sequence[Value], shape: Shape) -> Value:
    value = held.stored_form(arguments[0])
    if value.kind in {"integer", "boolean"}:
        total = shape.apply("sum", as_integer(value).sql)
        sql = f"({total})::bigint" if shape.filter or shape.over else f"{total}::bigint"
        return made(sql, "integer", "bigint", value, nullable=True)
    if value.kind in {"real", "null"}:
        return made(
            shape.apply("sqlite.sum", as_real(value).sql), "real", "double precision", value, nullable=True
        )
    return replace(made(_by_row("sum", value, shape), "tagged", "text", value, nullable=True), numeric=True)


def _by_row(name: str, value: Value, shape: Shape) -> str:
    """The call of an aggregate of the schema `sqlite` over tagged values."""
    if shape.distinct:
        return _of_each(f"sqlite.{name}_of_each", value, shape)
    return shape.apply(f"sqlite.{name}", held.tagged(value).sql)


def _of_each(function: str, value: Value, shape: Shape) -> str:
    """A function over the gathered values that takes the first of those that SQLite equates."""
    if shape.over:
        raise refuse("DISTINCT in a window function")
    found = held.tagged(value)
    typed = f"{found.sql}::text" if value.constant is not None else found.sql
    gathered = replace(shape, distinct=False).apply("array_agg", typed)
    return f"{function}({gathered}, {literal(value.collation or 'BINARY')})"


def _real(name: str, *, nullable: bool) -> Rule:
    def rule(arguments: Sequence[Value], shape: Shape) -> Value:
        value = held.stored_form(arguments[0])
        if value.kind in {"integer", "boolean", "real", "null"}:
            whole = name == "avg" and value.kind in {"integer", "boolean"}
            sql = shape.apply(f"sqlite.{name}", (as_integer if whole else to_real)(value).sql)
        else:
            sql = _by_row(name, value, shape)
        return made(sql, "real", "double precision", value, nullable=nullable)

    return rule


def _extreme(name: str) -> Rule:
    def rule(arguments: Sequence[Value], shape: Shape) -> Value:
        value, shape = arguments[0], replace(shape, distinct=False)
        if value.kind == "boolean":
            found = shape.apply("bool_and" if name == "min" else "bool_or", value.sql)
            return replace(made(found, "boolean", "boolean", value, nullable=True), column=value.column)
        dated = value.type.startswith(("timestamp", "date", "time"))
        if value.kind == "held" and held.keeps_order(value) and dated:
            found = shape.apply(name, value.sql)
            return replace(made(found, "held", value.type, value, nullable=True), column=value.column)
        plain = held.stored_form(value)
        collation = value.collation or "BINARY"
        if plain.kind in {"integer", "real"} or (plain.kind == "text" and collation == "BINARY"):
            sort = ' COLLATE "C"' if plain.kind == "text" and not shape.bytewise else ""
            sql = shape.apply(name, plain.within(Rank.OTHER) + sort)
            return made(sql, plain.kind, plain.type, plain, nullable=True)
        if plain.kind == "number":
            number = made(shape.apply(name, plain.sql), "number", plain.type, plain, nullable=True)
            return replace(number, column=plain.column, stored=True)
        sql = shape.apply(f"sqlite.{name}", held.tagged(plain).sql)
        if collation != "BINARY":
            if collation not in {"NOCASE", "RTRIM"}:
                raise refuse(f"{name}() of {described(value)} with collation {value.collation}")
            sql = shape.apply(f"sqlite.{name}", held.tagged(plain).sql, literal(collation))
        if plain.kind == "text":
            return made(f"substr({sql}, 2)", "text", "text", plain, nullable=True)
        return made(sql, "tagged", "text", plain, nullable=True)

    return rule


def _group_concat(arguments: Sequence[Value], shape: Shape) -> Value:
    if shape.distinct:
        if len(arguments) > 1:
            raise refuse("DISTINCT in an aggregate of several arguments")
        sql = _of_each("sqlite.joined_of_each", held.stored_form(arguments[0]), shape)
        return made(sql, "text", "text", *arguments, nullable=True)
    value = as_text(held.stored_form(arguments[0]))
    separator = as_text(held.stored_form(arguments[1])) if len(arguments) > 1 else constant(",")
    if separator.nullable:
        separator = replace(separator, sql=f"coalesce({separator.sql}, '')")
    sql = shape.apply("string_agg", value.sql, separator.sql)
    return made(sql, "text", "text", value, separator, nullable=True)


def _first_seen(argument: str, value: Value, shape: Shape) -> str:
    """The array of the arguments without repetitions of `value`, in the order of their first rows."""
    each = replace(shape, distinct=False)
    elements, key = each.apply("array_agg", argument), distinct_key(value)
    keys = (
        elements
        if value.kind in {"integer", "text"} and key == value.sql
        else each.apply("array_agg", f"({key})::text")
    )
    return f"sqlite.first_seen({elements}, {keys})"


def _json_array(arguments: Sequence[Value], shape: Shape) -> Value:
    value = arguments[0]
    if shape.distinct and not shape.order and not _is_plain(value, shape):
        raise refuse(f"DISTINCT in json_group_array() of {described(value)} without a table's own order")
    argument = json_argument(value)
    if shape.distinct and shape.order:
        elements = f"coalesce({_first_seen(argument, value, shape)}, ARRAY[]::text[])"
        sql = f"sqlite.json_array(VARIADIC {elements})"
    else:
        sql = shape.apply("sqlite.json_group_array", argument)
    return replace(made(sql, "text", "text", value, nullable=False), json=True)


def _json_object(arguments: Sequence[Value], shape: Shape) -> Value:
    label, value = as_text(held.stored_form(arguments[0])), arguments[1]
    sql = shape.apply("sqlite.json_group_object", label.sql, json_argument(value))
    return replace(made(sql, "text", "text", label, value, nullable=False), json=True)


def json_argument(value: Value) -> str:
    """The value as the JSON functions take it: what is JSON by itself goes behind the letter j."""
    if value.json_argument:
        return value.json_argument
    if value.json:
        return f"'j' || {value.within(Rank.OTHER)}"
    return held.tagged(value).sql


AGGREGATES: Mapping[str, tuple[int, int, Rule]] = {
    "avg": (1, 1, _real("avg", nullable=True)),
    "count": (0, 1, _count),
    "group_concat": (1, 2, _group_concat),
    "json_group_array": (1, 1, _json_array),
    "json_group_object": (2, 2, _json_object),
    "max": (1, 1, _extreme("max")),
    "min": (1, 1, _extreme("min")),
    "string_agg": (2, 2, _group_concat),
    "sum": (1, 1, _sum),
    "total": (1, 1, _real("total", nullable=False)),
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
