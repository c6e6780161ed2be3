"""The way back of vectors, from the binary forms of pgvector's `vector` and PostgreSQL's `bit`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from outgrow.types.restore.base import Restorer

_HEADER = 4
"""Bytes before the numbers: of a vector two int16, of a bit string its length."""


def vector(_: str, __: str) -> Restorer:
    """`vector`: the floats turned to little endian."""
    return _by_send("vector_send", lambda raw: _floats(raw).astype("<f4").tobytes())


def vector_int8(_: str, __: str) -> Restorer:
    """`vector-int8`: the floats as whole numbers of one byte."""
    return _by_send("vector_send", lambda raw: _floats(raw).astype(np.int8).tobytes())


def bit(_: str, __: str) -> Restorer:
    """`bit`: the bytes as they are."""
    return _by_send("bit_send", lambda raw: raw[_HEADER:])


def _floats(raw: bytes) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.frombuffer(raw, ">f4", offset=_HEADER)


def _by_send(function: str, back: Callable[[bytes], bytes]) -> Restorer:
    def array_back(array: pa.Array) -> pa.Array:
        rows = [None if raw is None else back(raw) for raw in array.to_pylist()]
        return pa.array(rows, pa.binary())

    return Restorer(kind="blob", select=lambda q: f"{function}({q})", back=array_back)
