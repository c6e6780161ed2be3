"""The values of many INSERTs as the parameters of one: for each an array in PostgreSQL's binary form.

A thousand rows of executemany are then one message and one plan. The statement is `Translated.many`; `engine`
sends it, and takes the rows one by one where it fails. The form of an array is that of array_send
(https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/arrayfuncs.c).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from outgrow.runtime.dbapi.statement import Prepared
from outgrow.runtime.dbapi.wire import Request

LEAST = 4
"""Sets of values from which on they go together."""

_ARRAYS = {20: 1016, 701: 1022, 25: 1009, 17: 1001}
"""The type of an array by that of its elements: int8, float8, text, bytea."""

_HEAD = struct.Struct(">5i").pack
_LENGTH = struct.Struct(">i").pack
_NULL = _LENGTH(-1)


def bundled(prepared: Prepared, sets: Sequence[Sequence[Any]]) -> Request:
    """One request for all sets. Raises NulError and UnicodeEncodeError."""
    columns = zip(*sets, strict=True)
    values = [
        _array(oid, [None if value is None else encode(value) for value in column])
        for oid, encode, column in zip(prepared.oids, prepared.encode, columns, strict=True)
    ]
    oids = [_ARRAYS[oid] for oid in prepared.oids]
    return Request(prepared.many, values, oids, prepared.formats, repeats=True)


def _array(oid: int, values: Sequence[bytes | None]) -> bytes:
    """One dimension, counted from 1."""
    parts = [_HEAD(1, None in values, oid, len(values), 1)]
    for value in values:
        parts.append(_NULL if value is None else _LENGTH(len(value)) + value)
    return b"".join(parts)
