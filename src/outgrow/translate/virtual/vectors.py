"""Vectors: what sqlite-vec reads as one, and its functions over pgvector's types.

A vector is a value held by one of the conversions of `types.values.vectors`; SQLite sees the blob. The
functions that are called are in postgres/functions/66_vectors.sql. Used by `functions`, `store`, `nearest`.
Rules: https://alexgarcia.xyz/sqlite-vec/api-reference.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from outgrow.schema.target import TargetColumn
from outgrow.translate import held
from outgrow.translate.convert import as_integer, tag, to_integer
from outgrow.translate.value import Rank, Value, described, made, refuse

_TYPES = {"vector": "vector", "vector-int8": "vector", "bit": "bit varying"}
_READERS = {"vector": "vec_f32", "vector-int8": "vec_int8", "bit": "vec_bit"}
_ELEMENTS = {"vector": "float32", "vector-int8": "int8", "bit": "bit"}


def vector(sql: str, recipe: str, *parts: Value, rank: Rank = Rank.ATOM) -> Value:
    """A vector computed from `parts`, held as the conversion `recipe` holds one."""
    type_ = _TYPES[recipe]
    known = TargetColumn(source="a vector", name="", type=type_, conversion=recipe)
    return replace(made(sql, "held", type_, *parts, rank=rank), column=known)


def recipe_of(value: Value) -> str | None:
    """The conversion that holds a vector; None for any other value."""
    if value.kind != "held" or value.column is None:
        return None
    recipe = held.conversion_of(value)[0]
    return recipe if recipe in held.VECTOR_BLOBS else None


def as_vector(value: Value, recipe: str = "") -> Value:
    """The vector that sqlite-vec reads in a value, of the kind `recipe` or else of its own or float32.

    A blob or a JSON text says nothing of its kind; another kind of vector is refused.
    """
    own = recipe_of(value)
    if own is not None:
        if recipe and own != recipe:
            raise refuse(f"a vector of {_ELEMENTS[own]} where one of {_ELEMENTS[recipe]} is wanted")
        return value
    recipe = recipe or "vector"
    plain = held.stored_form(value)
    if plain.kind in {"text", "blob"}:
        return vector(f"sqlite.{_READERS[recipe]}({plain.sql})", recipe, plain)
    if plain.kind == "tagged":
        sql = f"sqlite.vec_from({tag(plain).sql}, '{_ELEMENTS[recipe]}')::{_TYPES[recipe]}"
        return vector(sql, recipe, plain)
    raise refuse(f"a vector from {described(value)}")


def distance(metric: str, left: Value, right: Value) -> Value:
    """The distance of two vectors by one of vec0's metrics, in 32 bits; NULL where there is none."""
    sql = f"{left.within(Rank.OTHER)} {OPERATORS[metric]} {right.within(Rank.OTHER)}"
    rounded = f"nullif(({sql})::real::double precision, 'NaN')"
    return made(rounded, "real", "double precision", left, right, nullable=True)


OPERATORS = {"l2": "<->", "cosine": "<=>", "l1": "<+>", "hamming": "<~>"}
Rule = Callable[[Sequence[Value]], Value]


def _reading(recipe: str) -> Rule:
    return lambda arguments: as_vector(arguments[0], recipe)


def _distance(metric: str) -> Rule:
    def rule(arguments: Sequence[Value]) -> Value:
        left, right = _alike(arguments)
        if (recipe_of(left) == "bit") != (metric == "hamming"):
            raise refuse(f"{metric} distance of vectors of {_ELEMENTS[recipe_of(left) or '']}")
        found = distance(metric, left, right)
        if metric == "l1" and recipe_of(left) == "vector-int8":  # a whole number there
            return as_integer(made(f"{found.sql}::bigint", "integer", "bigint", found))
        return found

    return rule


def _alike(arguments: Sequence[Value]) -> tuple[Value, Value]:
    """Both arguments as vectors of one kind, as sqlite-vec wants them."""
    left, right = (as_vector(argument) for argument in arguments)
    if recipe_of(left) != recipe_of(right):
        raise refuse("vectors of two kinds")
    return left, right


def _arithmetic(operator: str) -> Rule:
    def rule(arguments: Sequence[Value]) -> Value:
        left, right = _alike(arguments)
        if recipe_of(left) != "vector":
            raise refuse(f"{operator} of vectors that are not float32")
        sql = f"{left.within(Rank.ADD)} {operator} {right.within(Rank.ADD)}"
        return vector(sql, "vector", left, right, rank=Rank.ADD)

    return rule


def _floats_only(function: str, result: str) -> Rule:
    def rule(arguments: Sequence[Value]) -> Value:
        value, *rest = arguments
        given = as_vector(value)
        if recipe_of(given) != "vector":
            raise refuse(f"{function}() of a vector that is not float32")
        numbers = [to_integer(each) for each in rest]
        sql = f"sqlite.{function}({', '.join([given.sql, *(number.sql for number in numbers)])})"
        return vector(sql, result, given, *numbers)

    return rule


def _length(arguments: Sequence[Value]) -> Value:
    value = as_vector(arguments[0])
    function = "length" if recipe_of(value) == "bit" else "vector_dims"
    return made(f"{function}({value.sql})", "integer", "integer", value)


def _to_json(arguments: Sequence[Value]) -> Value:
    value = as_vector(arguments[0])
    function = {"vector": "vec_to_json", "vector-int8": "vec_int8_to_json", "bit": "vec_bit_to_json"}
    return made(f"sqlite.{function[recipe_of(value) or '']}({value.sql})", "text", "text", value)


def _type(arguments: Sequence[Value]) -> Value:
    value = as_vector(arguments[0])
    sql = f"CASE WHEN {value.within(Rank.IS)} IS NOT NULL THEN '{_ELEMENTS[recipe_of(value) or '']}' END"
    return made(sql, "text", "text", value)


FUNCTIONS: Mapping[str, tuple[int, int, Rule]] = {
    "vec_add": (2, 2, _arithmetic("+")),
    "vec_bit": (1, 1, _reading("bit")),
    "vec_distance_cosine": (2, 2, _distance("cosine")),
    "vec_distance_hamming": (2, 2, _distance("hamming")),
    "vec_distance_l1": (2, 2, _distance("l1")),
    "vec_distance_l2": (2, 2, _distance("l2")),
    "vec_f32": (1, 1, _reading("vector")),
    "vec_int8": (1, 1, _reading("vector-int8")),
    "vec_length": (1, 1, _length),
    "vec_normalize": (1, 1, _floats_only("vec_normalize", "vector")),
    "vec_quantize_binary": (1, 1, _floats_only("vec_quantize_binary", "bit")),
    "vec_slice": (3, 3, _floats_only("vec_slice", "vector")),
    "vec_sub": (2, 2, _arithmetic("-")),
    "vec_to_json": (1, 1, _to_json),
    "vec_type": (1, 1, _type),
}
"""sqlite-vec's scalar functions: name → fewest arguments, most arguments, rule."""
