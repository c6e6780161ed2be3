"""What a way back is: how to read a column from PostgreSQL and what the array read means in SQLite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

Kind = Literal["integer", "real", "text", "blob", "mixed", "json"]
INTEGER, REAL, TEXT, BLOB = range(4)
ANY_CLASS = pa.struct([("class", pa.int8()), ("i", pa.int64()), ("r", pa.float64()), ("b", pa.binary())])

Stored = int | float | str | bytes | None
"""One SQLite value; text that is not UTF-8 has surrogate escapes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restorer:
    """`select` turns a quoted column into the SQL to read it; `back` gives the array of `kind`.

    Kinds integer, real, text and blob are int64, float64, string and binary arrays of one storage
    class; "mixed" is a struct of class, i, r and b; "json" is text to be compared as a value.
    """

    kind: Kind
    select: Callable[[str], str]
    back: Callable[[pa.Array], pa.Array]


def as_it_is(quoted: str) -> str:
    """Reads the column itself."""
    return quoted


def as_text(quoted: str) -> str:
    """Reads the column's text form."""
    return f"{quoted}::text"


def identity(array: pa.Array) -> pa.Array:
    """The array read is already the source's."""
    return array


def numbers_struct(integers: pa.Array, reals: pa.Array) -> pa.Array:
    """A "mixed" array of two arrays of which at most one has a value in each place."""
    kinds = pc.if_else(
        pc.is_valid(integers),
        pa.scalar(INTEGER, pa.int8()),
        pc.if_else(pc.is_valid(reals), pa.scalar(REAL, pa.int8()), pa.scalar(None, pa.int8())),
    )
    blank = pa.nulls(len(integers), pa.binary())
    return pa.StructArray.from_arrays(
        [kinds, integers.cast(pa.int64()), reals, blank], fields=list(ANY_CLASS)
    )


def struct_of(values: list[Stored]) -> pa.Array:
    """Python values as a "mixed" array; text is encoded with surrogate escapes."""
    kinds = [None if value is None else _CLASSES[type(value)] for value in values]
    integers = [value if kind == INTEGER else None for value, kind in zip(values, kinds, strict=True)]
    reals = [value if kind == REAL else None for value, kind in zip(values, kinds, strict=True)]
    return pa.StructArray.from_arrays(
        [
            pa.array(kinds, pa.int8()),
            pa.array(integers, pa.int64()),
            pa.array(reals, pa.float64()),
            pa.array(map(_bytes_of, values), pa.binary()),
        ],
        fields=list(ANY_CLASS),
    )


_CLASSES: dict[type, int] = {int: INTEGER, float: REAL, str: TEXT, bytes: BLOB}


def _bytes_of(value: Stored) -> bytes | None:
    if isinstance(value, str):
        return value.encode(errors="surrogateescape")
    return value if isinstance(value, bytes) else None


def from_texts(array: pa.Array, read: Callable[[str], Stored]) -> pa.Array:
    """A text array as a "mixed" one, value by value."""
    return struct_of([None if text is None else read(text) for text in array.to_pylist()])
