"""Embeddings: blobs of float32, little endian as numpy and sqlite-vec write, as pgvector's `vector(n)`.

Also sqlite-vec's other two kinds: blobs of int8 as `vector(n)`, which holds such numbers exactly, and of
bits as `bit(n)`, whose order inside a byte stays that of the blob.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from outgrow.errors import ConfigError
from outgrow.types.observed import Value
from outgrow.types.target_type import require_type
from outgrow.types.values.base import (
    Bytes2D,
    Conversion,
    Form,
    byte_matrix,
    encode_present,
    first_value,
    lengths,
    reject,
    require,
)

Floats = npt.NDArray[np.float32]
MAX_DIMENSIONS = 16_000
"""pgvector's limit for type vector (https://github.com/pgvector/pgvector#vector-type)."""


MAX_BITS = 83_886_080
"""PostgreSQL's limit for bit(n)."""


def vector(_: str, sql_type: str) -> Conversion:
    """Blobs of 4·n bytes; NaN and infinities are refused, as pgvector does."""
    dimensions = _dimensions("vector", sql_type)

    def floats(array: pa.Array) -> Floats:
        require(lengths(array) == 4 * dimensions, array, f"is no array of {dimensions} float32")
        found = byte_matrix(array, 4 * dimensions).view("<f4")
        finite = np.isfinite(found).all(axis=1)
        if not finite.all():
            raise reject("holds NaN or an infinity, which vector cannot", first_value(array, ~finite))
        return found

    return _of_floats("vector", sql_type, dimensions, floats)


def vector_int8(_: str, sql_type: str) -> Conversion:
    """Blobs of n signed bytes, each a number of the vector."""
    dimensions = _dimensions("vector-int8", sql_type)

    def floats(array: pa.Array) -> Floats:
        require(lengths(array) == dimensions, array, f"is no array of {dimensions} int8")
        return byte_matrix(array, dimensions).view(np.int8).astype("<f4")

    return _of_floats("vector-int8", sql_type, dimensions, floats)


def bit(_: str, sql_type: str) -> Conversion:
    """Blobs of n bits, byte by byte as they lie."""
    size = require_type(sql_type, "bit", "bit").size or 0
    if size % 8 or not 8 <= size <= MAX_BITS:
        raise ConfigError("bit needs a number of bits that fills bytes, as in bit(64)")

    def convert(array: pa.Array) -> pa.Array:
        require(lengths(array) == size // 8, array, f"is no array of {size} bits")
        return _with_header(struct.pack("!i", size), byte_matrix(array, size // 8))

    def literal(value: Value) -> str:
        convert(_one_blob(value))
        return f"B'{''.join(f'{byte:08b}' for byte in value)}'::bit({size})"  # type: ignore[union-attr]

    return Conversion(
        name="bit",
        sql_type=sql_type,
        forms=frozenset({Form.BLOB}),
        encode=lambda array, _: encode_present(array, convert),
        literal=literal,
        wire="raw",
    )


def _dimensions(name: str, sql_type: str) -> int:
    dimensions = require_type(sql_type, name, "vector").size or 0
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise ConfigError(
            f"{name} needs a number of dimensions from 1 to {MAX_DIMENSIONS}, as in vector(384)"
        )
    return dimensions


def _of_floats(name: str, sql_type: str, dimensions: int, floats: Callable[[pa.Array], Floats]) -> Conversion:
    """The conversion to pgvector's binary form; `floats` gives the rows' numbers, or refuses one."""
    header = struct.pack("!hh", dimensions, 0)

    def convert(array: pa.Array) -> pa.Array:
        return _with_header(header, floats(array).astype(">f4").view(np.uint8))

    def literal(value: Value) -> str:
        numbers = floats(_one_blob(value))[0].tolist()
        return f"'[{','.join(map(repr, numbers))}]'::vector({dimensions})"

    return Conversion(
        name=name,
        sql_type=sql_type,
        forms=frozenset({Form.BLOB}),
        encode=lambda array, _: encode_present(array, convert),
        literal=literal,
        wire="raw",
    )


def _one_blob(value: Value) -> pa.Array:
    if not isinstance(value, bytes):
        raise reject("is no blob", value)
    return pa.array([value], pa.binary())


def _with_header(header: bytes, body: Bytes2D) -> pa.Array:
    """Each row of bytes after the header, as a binary array."""
    heads = np.broadcast_to(np.frombuffer(header, np.uint8), (len(body), len(header)))
    rows = np.ascontiguousarray(np.concatenate([heads, body], axis=1))
    fixed = pa.binary(rows.shape[1])
    return pa.Array.from_buffers(fixed, len(body), [None, pa.py_buffer(rows)]).cast(pa.binary())
