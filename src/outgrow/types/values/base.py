"""What a conversion is, and the array helpers that all families share.

A conversion takes one column of a batch in the form in which `sqlite.rows` delivers it and gives
the Arrow array that goes to PostgreSQL. It is checked: a value that would not come back exactly
raises CounterExample, whoever chose the type. Stands between `sqlite.rows` and `postgres.rows`;
the way back is `types.restore`, which shares no code with this package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from outgrow.errors import CounterExample
from outgrow.types.observed import Value


class Form(Enum):
    """How the reader delivers a column."""

    INTEGER = "integer"
    """int64; all values have storage class integer."""
    REAL = "real"
    """float64; all values have storage class real."""
    TEXT = "text"
    """string whose bytes are as stored, not yet known to be UTF-8; all values are text."""
    BLOB = "blob"
    """binary; all values are blobs."""
    MIXED = "mixed"
    """struct of `class` (int8, index into CLASSES; null for NULL), `i` int64, `r` float64, `b` binary."""


MIXED_TYPE = pa.struct([("class", pa.int8()), ("i", pa.int64()), ("r", pa.float64()), ("b", pa.binary())])

ARROW_TYPES = {
    Form.INTEGER: pa.int64(),
    Form.REAL: pa.float64(),
    Form.TEXT: pa.string(),
    Form.BLOB: pa.binary(),
    Form.MIXED: MIXED_TYPE,
}

Wire = Literal["default", "jsonb", "raw"]
"""How the encoder sends the array: by its Arrow type, as jsonb, or as payloads in PostgreSQL's own form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """One recipe, bound to a target type.

    `name` is what plan.toml records. `encode` takes an array and its form; it raises CounterExample
    for the first value that does not fit. `literal` writes one stored value as a SQL literal of the
    target type (for DEFAULTs) and raises CounterExample likewise.
    """

    name: str
    sql_type: str
    forms: frozenset[Form]
    encode: Callable[[pa.Array, Form], pa.Array]
    literal: Callable[[Value], str]
    wire: Wire = "default"


Bytes2D = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


def show(value: object) -> str:
    """A stored value as a short printable text, for messages."""
    if isinstance(value, bytes):
        text = f"x'{value[:24].hex()}{'…' if len(value) > 24 else ''}'"
    elif isinstance(value, str):
        clean = value.encode(errors="surrogateescape").decode(errors="backslashreplace")
        cut = clean if len(clean) <= 60 else clean[:60] + "…"
        text = "'" + "".join(char if char.isprintable() else repr(char)[1:-1] for char in cut) + "'"
    else:
        text = repr(value)
    return text


def reject(reason: str, value: object) -> CounterExample:
    """The error for one stored value; the caller that knows the column adds its name."""
    return CounterExample(reason, show(value))


def raw_bytes(array: pa.Array) -> pa.Array:
    """A string array's bytes as a binary array, without copying and without validation."""
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        return array
    large = pa.types.is_large_string(array.type)
    return pa.Array.from_buffers(
        pa.large_binary() if large else pa.binary(),
        len(array),
        array.buffers(),
        array.null_count,
        array.offset,
    )


def text_of(value: bytes) -> str:
    """Stored text bytes as str; bytes that are not UTF-8 become surrogate escapes."""
    return value.decode("utf-8", errors="surrogateescape")


def first_value(array: pa.Array, bad: Mask) -> Value:
    """The stored value at the first True of `bad`."""
    scalar = array[int(np.flatnonzero(bad)[0])]
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        buffer = scalar.as_buffer()
        return text_of(buffer.to_pybytes() if buffer is not None else b"")
    value: Value = scalar.as_py()
    return value


def require(ok: Mask, array: pa.Array, reason: str) -> None:
    """Raises CounterExample for the first value whose entry in `ok` is False."""
    if not ok.all():
        raise reject(reason, first_value(array, ~ok))


def byte_matrix(array: pa.Array, width: int) -> Bytes2D:
    """The values of an array without nulls, all `width` bytes long, as a matrix of shape (rows, width)."""
    if len(array) == 0 or width == 0:
        return np.zeros((len(array), width), dtype=np.uint8)
    binary = raw_bytes(array)
    first, last = binary.offset, binary.offset + len(binary) + 1
    offsets = np.frombuffer(binary.buffers()[1], dtype=np.int32)[first:last]
    data = np.frombuffer(binary.buffers()[2], dtype=np.uint8)
    return data[offsets[0] : offsets[0] + len(binary) * width].reshape(len(binary), width)


def lengths(array: pa.Array) -> npt.NDArray[np.int64]:
    """Byte lengths of an array without nulls."""
    return np.asarray(pc.cast(pc.binary_length(raw_bytes(array)), pa.int64()))


def valid(array: pa.Array) -> Mask:
    """True where the array is not null."""
    return np.asarray(pc.is_valid(array))


def scatter(values: pa.Array, where: Mask) -> pa.Array:
    """`values` put at the True places of `where`, null elsewhere."""
    if where.all():
        return values
    indices = np.cumsum(where) - 1
    return values.take(pa.array(indices, mask=~where))


def encode_present(array: pa.Array, encode: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """`encode` applied to the values that are not null; nulls stay null."""
    if array.null_count == 0:
        return encode(array)
    return scatter(encode(array.drop_null()), valid(array))
