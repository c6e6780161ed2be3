"""Values held as themselves: integers, doubles, text and blobs. The recipe is called `same`.

Also `integer-text`: text that holds canonical integers, for a foreign key whose parent is one.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outgrow.errors import ConfigError
from outgrow.schema.names import literal as text_literal
from outgrow.types.observed import Value
from outgrow.types.target_type import parse_type, require_type
from outgrow.types.values.base import (
    Conversion,
    Form,
    encode_present,
    first_value,
    raw_bytes,
    reject,
    require,
)

_INTEGERS = {
    "smallint": (pa.int16(), -(2**15), 2**15 - 1),
    "integer": (pa.int32(), -(2**31), 2**31 - 1),
    "bigint": (pa.int64(), -(2**63), 2**63 - 1),
}
MAX_FIELD = 2**30 - 2**16
"""PostgreSQL's largest datum is 1 GB less its header (src/include/utils/memutils.h)."""


def same(_: str, sql_type: str) -> Conversion:
    """The value as itself in `sql_type`; ConfigError for a type that has no such form."""
    parsed = parse_type(sql_type)
    base, length = parsed.base, parsed.size
    if base in _INTEGERS:
        return _integer(sql_type, base)
    if base in {"double precision", "real"}:
        return _real(sql_type, single=base == "real")
    if base in {"text", "varchar"}:
        return _text(sql_type, length)
    if base == "bytea":
        return Conversion(
            name="same", sql_type=sql_type, forms=frozenset({Form.BLOB}), encode=_blob, literal=blob_literal
        )
    raise ConfigError(
        f"type {sql_type} cannot hold a value as itself; use bigint, integer, smallint, double precision, "
        "real, text, varchar(n) or bytea, or set another conversion"
    )


def _integer(sql_type: str, base: str) -> Conversion:
    arrow, low, high = _INTEGERS[base]

    def encode(array: pa.Array, _: Form) -> pa.Array:
        if arrow == pa.int64():
            return array
        filled = np.asarray(array.fill_null(0))
        require((filled >= low) & (filled <= high), array, f"is out of range for {sql_type}")
        return array.cast(arrow)

    def literal(value: Value) -> str:
        if not isinstance(value, int) or not low <= value <= high:
            raise reject(f"is no {sql_type}", value)
        return str(value)

    return Conversion(
        name="same", sql_type=sql_type, forms=frozenset({Form.INTEGER}), encode=encode, literal=literal
    )


def _real(sql_type: str, *, single: bool) -> Conversion:
    def encode(array: pa.Array, _: Form) -> pa.Array:
        if not single:
            return array
        narrow = array.cast(pa.float32())
        same_bits = np.asarray(narrow.cast(pa.float64()).fill_null(0.0)) == np.asarray(array.fill_null(0.0))
        require(same_bits, array, "has more digits than real keeps")
        return narrow

    def literal(value: Value) -> str:
        if isinstance(value, int) and abs(value) <= 2**53:
            value = float(value)
        if not isinstance(value, float):
            raise reject(f"is no {sql_type}", value)
        return real_literal(value)

    return Conversion(
        name="same", sql_type=sql_type, forms=frozenset({Form.REAL}), encode=encode, literal=literal
    )


def real_literal(value: float) -> str:
    """A double as a literal that PostgreSQL reads back to the same bits."""
    if math.isinf(value):
        return "'Infinity'::double precision" if value > 0 else "'-Infinity'::double precision"
    return f"'{value!r}'::double precision"


def _text(sql_type: str, length: int | None) -> Conversion:
    def encode(array: pa.Array, _: Form) -> pa.Array:
        checked = storable_text(array)
        if length is not None and len(checked):
            short = np.asarray(pc.less_equal(pc.utf8_length(checked), length).fill_null(True))
            require(short, checked, f"is longer than {sql_type}")
        return checked

    def literal(value: Value) -> str:
        if (
            not isinstance(value, str)
            or not is_storable(value)
            or (length is not None and len(value) > length)
        ):
            raise reject(f"is no {sql_type}", value)
        return text_literal(value)

    return Conversion(
        name="same", sql_type=sql_type, forms=frozenset({Form.TEXT}), encode=encode, literal=literal
    )


def storable_text(array: pa.Array) -> pa.Array:
    """The array itself when PostgreSQL's text can hold every value: valid UTF-8 without NUL."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        raise reject("is not valid UTF-8", _first(array, lambda text: not _is_utf8(text))) from None
    data = array.buffers()[2]
    if data is None or data.size == 0:
        return array
    present = raw_bytes(array)
    used = np.frombuffer(present.buffers()[1], np.int32)[array.offset : array.offset + len(array) + 1]
    if not np.frombuffer(data, np.uint8)[used[0] : used[-1]].all():
        raise reject("holds NUL, which PostgreSQL's text cannot", _first(array, lambda text: b"\0" in text))
    return array


def _first(array: pa.Array, test: Callable[[bytes], bool]) -> Value:
    flags = [value is not None and test(value) for value in raw_bytes(array).to_pylist()]
    return first_value(array, np.asarray(flags, dtype=np.bool_))


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_storable(text: str) -> bool:
    """Whether PostgreSQL's text can hold it."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _blob(array: pa.Array, _: Form) -> pa.Array:
    return array


def blob_literal(value: Value) -> str:
    r"""A blob as '\x…'::bytea."""
    if not isinstance(value, bytes):
        raise reject("is no blob", value)
    return f"'\\x{value.hex()}'::bytea"


def integer_text(_: str, sql_type: str) -> Conversion:
    """Text that spells integers the way SQLite does, held as bigint."""
    require_type(sql_type, "integer-text", "bigint")

    def convert(array: pa.Array) -> pa.Array:
        try:
            numbers = pc.cast(storable_text(array), pa.int64())
        except pa.ArrowInvalid:
            numbers = pa.array([_as_integer(value) for value in array.to_pylist()], pa.int64())
        same_text = np.asarray(pc.equal(pc.cast(numbers, pa.string()), array))
        require(same_text, array, "is not how SQLite spells an integer")
        return numbers

    def literal(value: Value) -> str:
        if not isinstance(value, str) or str(_as_integer(value)) != value:
            raise reject("is not how SQLite spells an integer", value)
        return value

    return Conversion(
        name="integer-text",
        sql_type=sql_type,
        forms=frozenset({Form.TEXT}),
        encode=lambda array, _: encode_present(array, convert),
        literal=literal,
    )


def _as_integer(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise reject("is no integer", text) from None
    if not -(2**63) <= number < 2**63:
        raise reject("is out of range for bigint", text)
    return number
