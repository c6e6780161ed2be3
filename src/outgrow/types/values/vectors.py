"""Embeddings: blobs of float32, little endian as numpy and sqlite-vec write, as pgvector's `vector(n)`."""

from __future__ import annotations

import struct

import numpy as np
import pyarrow as pa

from outgrow.errors import ConfigError
from outgrow.types.observed import Value
from outgrow.types.target_type import require_type
from outgrow.types.values.base import (
    Conversion,
    Form,
    byte_matrix,
    encode_present,
    first_value,
    lengths,
    reject,
    require,
)

MAX_DIMENSIONS = 16_000
"""pgvector's limit for type vector (https://github.com/pgvector/pgvector#vector-type)."""


def vector(_: str, sql_type: str) -> Conversion:
    """Blobs of 4·n bytes; NaN and infinities are refused, as pgvector does."""
    dimensions = require_type(sql_type, "vector", "vector").size or 0
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise ConfigError(
            f"vector needs a number of dimensions from 1 to {MAX_DIMENSIONS}, as in vector(384)"
        )
    header = np.frombuffer(struct.pack("!hh", dimensions, 0), np.uint8)

    def convert(array: pa.Array) -> pa.Array:
        require(lengths(array) == 4 * dimensions, array, f"is no array of {dimensions} float32")
        floats = byte_matrix(array, 4 * dimensions).view("<f4")
        finite = np.isfinite(floats).all(axis=1)
        if not finite.all():
            raise reject("holds NaN or an infinity, which vector cannot", first_value(array, ~finite))
        body = floats.astype(">f4").view(np.uint8)
        heads = np.broadcast_to(header, (len(array), 4))
        rows = np.ascontiguousarray(np.concatenate([heads, body], axis=1))
        width = 4 + 4 * dimensions
        return pa.Array.from_buffers(pa.binary(width), len(array), [None, pa.py_buffer(rows)]).cast(
            pa.binary()
        )

    def literal(value: Value) -> str:
        if not isinstance(value, bytes):
            raise reject("is no blob", value)
        convert(pa.array([value], pa.binary()))
        return (
            "'["
            + ",".join(repr(x) for x in np.frombuffer(value, "<f4").tolist())
            + f"]'::vector({dimensions})"
        )

    return Conversion(
        name="vector",
        sql_type=sql_type,
        forms=frozenset({Form.BLOB}),
        encode=lambda array, _: encode_present(array, convert),
        literal=literal,
        wire="raw",
    )
