"""UUIDs: as text (`uuid-text[:upper]`), as 32 hex digits (`uuid-hex[:upper]`), as 16 bytes (`uuid-blob`)."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import numpy as np
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
    lengths,
    reject,
    require,
)

_DASHES = (8, 13, 18, 23)
_DIGITS = {False: b"0123456789abcdef", True: b"0123456789ABCDEF"}


def uuid_text(case: str, sql_type: str) -> Conversion:
    """36 characters with dashes, all in one case."""
    return _conversion("uuid-text", case, sql_type, 36)


def uuid_hex(case: str, sql_type: str) -> Conversion:
    """32 hex digits, all in one case."""
    return _conversion("uuid-hex", case, sql_type, 32)


def uuid_blob(_: str, sql_type: str) -> Conversion:
    """Blobs of exactly 16 bytes."""
    require_type(sql_type, "uuid-blob", "uuid")

    def convert(array: pa.Array) -> pa.Array:
        require(lengths(array) == 16, array, "is not 16 bytes long")
        return array

    def literal(value: Value) -> str:
        if not isinstance(value, bytes) or len(value) != 16:
            raise reject("is not 16 bytes long", value)
        return f"'{uuid.UUID(bytes=value)}'::uuid"

    return Conversion(
        name="uuid-blob",
        sql_type=sql_type,
        forms=frozenset({Form.BLOB}),
        encode=lambda array, _: encode_present(array, convert),
        literal=literal,
        wire="raw",
    )


def _conversion(name: str, case: str, sql_type: str, width: int) -> Conversion:
    if case not in {"", "upper"}:
        raise ConfigError(f"conversion {name}:{case} is unknown; there are {name} and {name}:upper")
    require_type(sql_type, name, "uuid")
    encode = _encoder(upper=case == "upper", width=width)

    def literal(value: Value) -> str:
        if not isinstance(value, str):
            raise reject("is no UUID", value)
        raw = encode(pa.array([value.encode(errors="replace").decode()]))[0].as_py()
        return f"'{uuid.UUID(bytes=raw)}'::uuid"

    return Conversion(
        name=f"{name}:{case}" if case else name,
        sql_type=sql_type,
        forms=frozenset({Form.TEXT}),
        encode=lambda array, _: encode_present(array, encode),
        literal=literal,
        wire="raw",
    )


def _encoder(*, upper: bool, width: int) -> Callable[[pa.Array], pa.Array]:
    nibbles = np.full(256, 255, dtype=np.uint8)
    nibbles[np.frombuffer(_DIGITS[upper], np.uint8)] = np.arange(16, dtype=np.uint8)
    digits = [at for at in range(width) if width == 32 or at not in _DASHES]

    def encode(array: pa.Array) -> pa.Array:
        require(lengths(array) == width, array, "is no UUID in the column's spelling")
        matrix: Bytes2D = byte_matrix(array, width)
        values = nibbles[matrix[:, digits]]
        ok = (values != 255).all(axis=1)
        if width == 36:
            ok &= (matrix[:, _DASHES] == ord("-")).all(axis=1)
        require(ok, array, "is no UUID in the column's spelling")
        raw = np.ascontiguousarray((values[:, 0::2] << 4) | values[:, 1::2])
        fixed = pa.Array.from_buffers(pa.binary(16), len(array), [None, pa.py_buffer(raw)])
        return fixed.cast(pa.binary())

    return encode
