"""From a target value back to the SQLite value and its storage class.

Verification and the way back use this; it shares no code with `types.values`, so that a fault in
a conversion cannot hide itself. A `Restorer` says how to read a column from PostgreSQL and what
the array read means in SQLite's terms.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from outgrow.errors import ConfigError

Kind = Literal["integer", "real", "text", "blob", "mixed", "json"]
INTEGER, REAL, TEXT, BLOB = range(4)
ANY_CLASS = pa.struct([("class", pa.int8()), ("i", pa.int64()), ("r", pa.float64()), ("b", pa.binary())])


@dataclass(frozen=True, slots=True, kw_only=True)
class Restorer:
    """`select` turns a quoted column into the SQL to read it; `back` gives the array of `kind`.

    Kinds integer, real, text and blob are int64, float64, string and binary arrays of one storage
    class; "mixed" is a struct of class, i, r and b; "json" is text to be compared as a value.
    """

    kind: Kind
    select: Callable[[str], str]
    back: Callable[[pa.Array], pa.Array]


def restorer(conversion: str, sql_type: str) -> Restorer:
    """The way back of a recipe; ConfigError for one that is unknown."""
    kind, _, argument = conversion.partition(":")
    if kind not in _WAYS_BACK:
        raise ConfigError(f"no conversion {conversion!r} to verify")
    return _WAYS_BACK[kind](argument, sql_type.lower())


def _as_it_is(quoted: str) -> str:
    return quoted


def _as_text(quoted: str) -> str:
    return f"{quoted}::text"


def _identity(array: pa.Array) -> pa.Array:
    return array


def _same(_: str, sql_type: str) -> Restorer:
    base = sql_type.partition("(")[0].strip()
    if base in {"bigint", "integer", "smallint"}:
        return Restorer(kind="integer", select=lambda q: f"{q}::bigint", back=_identity)
    if base in {"double precision", "real"}:
        return Restorer(kind="real", select=lambda q: f"{q}::double precision", back=_identity)
    if base == "bytea":
        return Restorer(kind="blob", select=_as_it_is, back=_identity)
    return Restorer(kind="text", select=_as_text, back=_identity)


def _integer_text(_: str, __: str) -> Restorer:
    return Restorer(kind="text", select=_as_text, back=_identity)


def _boolean(spelling: str, _: str) -> Restorer:
    if spelling == "0/1":
        return Restorer(kind="integer", select=_as_it_is, back=lambda array: array.cast(pa.int64()))
    false, _, true = spelling.partition("/")
    return Restorer(kind="text", select=_as_it_is, back=lambda array: pc.if_else(array, true, false))


def _spell(array: pa.Array, spelling: str) -> pa.Array:
    """Timestamps without zone, in local terms, as text in that FORMAT."""
    full = pc.cast(array, pa.string())
    head = re.match(r"(?:YYYY-MM-DD)?[ T]?(?:HH:MM(?::SS)?)?", spelling)
    body = head.group() if head else ""
    fraction = re.match(r"\[?\.f+\]?", spelling[len(body) :])
    dotted = fraction.group() if fraction else ""
    zone = spelling[len(body) + len(dotted) :]
    start = 0 if body.startswith("Y") else 11
    text = pc.utf8_slice_codeunits(full, start, start + len(body))
    if "T" in body:
        text = pc.binary_replace_slice(text.cast(pa.binary()), 10, 11, b"T").cast(pa.string())
    return pc.binary_join_element_wise(text, _fraction(full, dotted), zone, "")


def _fraction(full: pa.Array, dotted: str) -> pa.Array | str:
    if not dotted:
        return ""
    micros = pc.utf8_slice_codeunits(full, 19, 26)
    if dotted == "[.ffffff]":
        return pc.if_else(pc.equal(micros, ".000000"), "", micros)
    if dotted == "[.f]":
        return pc.utf8_rtrim(pc.utf8_rtrim(micros, "0"), ".")
    return pc.utf8_slice_codeunits(micros, 0, len(dotted))


def _timestamp_text(spelling: str, _: str) -> Restorer:
    return Restorer(
        kind="text", select=lambda q: f"{q}::timestamp", back=lambda array: _spell(_naive(array), spelling)
    )


def _naive(array: pa.Array, offset: int = 0) -> pa.Array:
    micros = array.cast(pa.int64())
    if offset:
        micros = pc.add(micros, offset * 1_000_000)
    return micros.cast(pa.timestamp("us"))


def _timestamptz_text(spelling: str, _: str) -> Restorer:
    zone = re.search(r"([+-])(\d\d):?(\d\d)(?: UTC)?$", spelling)
    offset = 0
    if zone:
        offset = (int(zone[2]) * 60 + int(zone[3])) * (60 if zone[1] == "+" else -60)
    return Restorer(
        kind="text",
        select=lambda q: f"({q} AT TIME ZONE 'UTC')",
        back=lambda array: _spell(_naive(array, offset), spelling),
    )


def _date_text(spelling: str, _: str) -> Restorer:
    return _timestamp_text(spelling, "timestamp")


def _time_text(spelling: str, _: str) -> Restorer:
    return Restorer(
        kind="text",
        select=lambda q: f"('1970-01-01'::date + {q})",
        back=lambda array: _spell(_naive(array), spelling),
    )


_EPOCHS = {
    "s": (1_000_000, "1970-01-01"),
    "ms": (1_000, "1970-01-01"),
    "us": (1, "1970-01-01"),
    "apple": (1_000_000, "2001-01-01"),
    "webkit": (1, "1601-01-01"),
}
_JULIAN_ZERO_US = 210_866_760_000_000_000


def _since(unit: str, array: pa.Array) -> tuple[npt.NDArray[np.int64], int]:
    micros = np.asarray(array.cast(pa.int64()).fill_null(0))
    if unit == "julian":
        return micros + _JULIAN_ZERO_US, 86_400_000_000
    step, zero = _EPOCHS[unit]
    return micros - int(np.datetime64(zero, "us").astype(np.int64)), step


def _epoch(unit: str, sql_type: str) -> Restorer:
    def back(array: pa.Array) -> pa.Array:
        micros, step = _since(unit, array)
        whole, gone = micros % step == 0, np.asarray(array.is_null())
        return _numbers_struct(pa.array(micros // step, mask=gone | ~whole), pa.array(micros / step, mask=gone | whole))

    return Restorer(kind="mixed", select=_zoneless(sql_type), back=back)


def _epoch_real(unit: str, sql_type: str) -> Restorer:
    def back(array: pa.Array) -> pa.Array:
        micros, step = _since(unit, array)
        return pa.array(micros / step, mask=np.asarray(array.is_null()))

    return Restorer(kind="real", select=_zoneless(sql_type), back=back)


def _zoneless(sql_type: str) -> Callable[[str], str]:
    return _as_it_is if sql_type == "timestamp" else lambda q: f"({q} AT TIME ZONE 'UTC')"


def _numbers_struct(integers: pa.Array, reals: pa.Array) -> pa.Array:
    kinds = pc.if_else(
        pc.is_valid(integers),
        pa.scalar(INTEGER, pa.int8()),
        pc.if_else(pc.is_valid(reals), pa.scalar(REAL, pa.int8()), pa.scalar(None, pa.int8())),
    )
    blank = pa.nulls(len(integers), pa.binary())
    return pa.StructArray.from_arrays([kinds, integers.cast(pa.int64()), reals, blank], fields=list(ANY_CLASS))


def _uuid(form: str) -> Callable[[str, str], Restorer]:
    def make(case: str, _: str) -> Restorer:
        def back(array: pa.Array) -> pa.Array:
            text = pc.replace_substring(array, "-", "") if form == "hex" else array
            return pc.utf8_upper(text) if case == "upper" else text

        return Restorer(kind="text", select=_as_text, back=back)

    return make


def _uuid_blob(_: str, __: str) -> Restorer:
    return Restorer(kind="blob", select=lambda q: f"uuid_send({q})", back=_identity)


def _json(_: str, __: str) -> Restorer:
    return Restorer(kind="json", select=_as_text, back=_identity)


def _numbers(_: str, __: str) -> Restorer:
    return Restorer(kind="mixed", select=lambda q: f"{q}::double precision", back=_by_affinity)


def _by_affinity(array: pa.Array) -> pa.Array:
    """Doubles as NUMERIC affinity stores them: a whole number within 64 bits is an integer."""
    values = np.asarray(array.fill_null(0.5))
    gone = np.asarray(array.is_null())
    with np.errstate(invalid="ignore"):
        whole = (np.floor(values) == values) & (np.abs(values) < 2.0**63)
    integers = np.where(whole, values, 0).astype(np.int64)
    return _numbers_struct(pa.array(integers, mask=gone | ~whole), pa.array(values, mask=gone | whole))


def _numeric(_: str, sql_type: str) -> Restorer:
    digits = re.match(r"[a-z ]+\((\d+)", sql_type)
    if digits and int(digits[1]) <= 15:
        return Restorer(kind="mixed", select=lambda q: f"{q}::double precision", back=_by_affinity)
    return Restorer(kind="mixed", select=_as_text, back=lambda array: _from_python(array, _plain_number))


def _numeric_point(_: str, __: str) -> Restorer:
    return Restorer(kind="mixed", select=_as_text, back=lambda array: _from_python(array, _pointed_number))


Stored = int | float | str | bytes | None


def _plain_number(text: str) -> Stored:
    number = Decimal(text)
    if number.is_finite() and number == number.to_integral_value() and abs(number) < 2**63:
        return int(number)
    return float(number)


def _pointed_number(text: str) -> Stored:
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)


def _from_python(array: pa.Array, read: Callable[[str], Stored]) -> pa.Array:
    values = [None if text is None else read(text) for text in array.to_pylist()]
    return struct_of(values)


def struct_of(values: list[Stored]) -> pa.Array:
    """Python values as a "mixed" array; text is encoded with surrogate escapes."""
    kinds = [None if value is None else _class_of(value) for value in values]
    raw = [_bytes_of(value) for value in values]
    return pa.StructArray.from_arrays(
        [
            pa.array(kinds, pa.int8()),
            pa.array([value if kind == INTEGER else None for value, kind in zip(values, kinds, strict=True)], pa.int64()),
            pa.array([value if kind == REAL else None for value, kind in zip(values, kinds, strict=True)], pa.float64()),
            pa.array(raw, pa.binary()),
        ],
        fields=list(ANY_CLASS),
    )


def _class_of(value: Stored) -> int:
    return {int: INTEGER, float: REAL, str: TEXT, bytes: BLOB}[type(value)]


def _bytes_of(value: Stored) -> bytes | None:
    if isinstance(value, str):
        return value.encode(errors="surrogateescape")
    return value if isinstance(value, bytes) else None


_INTEGER_FORM = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_REAL_FORM = re.compile(r"-?(?:[0-9]+\.[0-9]+(?:e[-+]?[0-9]+)?|[0-9]+e[-+]?[0-9]+|Inf)\Z")
_BLOB_FORM = re.compile(r"X'([0-9A-F]*)'\Z")
_BROKEN_TEXT_FORM = re.compile(r"CAST\(X'([0-9A-F]*)' AS TEXT\)\Z")


def unescape(text: str) -> Stored:
    """The stored value that an escaped text stands for."""
    if _INTEGER_FORM.match(text):
        return int(text)
    if _REAL_FORM.match(text):
        return float(text.replace("Inf", "inf"))
    if found := _BLOB_FORM.match(text):
        return bytes.fromhex(found[1])
    if found := _BROKEN_TEXT_FORM.match(text):
        return bytes.fromhex(found[1]).decode(errors="surrogateescape")
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return text[1:-1].replace("''", "'")
    return text


def _escaped(_: str, __: str) -> Restorer:
    return Restorer(kind="mixed", select=_as_text, back=lambda array: _from_python(array, unescape))


def _vector(_: str, __: str) -> Restorer:
    def back(array: pa.Array) -> pa.Array:
        floats = (None if raw is None else np.frombuffer(raw, ">f4", offset=4) for raw in array.to_pylist())
        return pa.array([None if row is None else row.astype("<f4").tobytes() for row in floats], pa.binary())

    return Restorer(kind="blob", select=lambda q: f"vector_send({q})", back=back)


_WAYS_BACK: dict[str, Callable[[str, str], Restorer]] = {
    "same": _same,
    "integer-text": _integer_text,
    "boolean": _boolean,
    "timestamp-text": _timestamp_text,
    "timestamptz-text": _timestamptz_text,
    "date-text": _date_text,
    "time-text": _time_text,
    "timestamptz-epoch": _epoch,
    "timestamptz-epoch-real": _epoch_real,
    "uuid-text": _uuid("text"),
    "uuid-hex": _uuid("hex"),
    "uuid-blob": _uuid_blob,
    "json": _json,
    "numbers": _numbers,
    "numeric": _numeric,
    "numeric-point": _numeric_point,
    "vector": _vector,
    "escaped": _escaped,
}

_decode = json.JSONDecoder(
    object_pairs_hook=lambda pairs: dict(pairs) if len(dict(pairs)) == len(pairs) else tuple(pairs),
    parse_int=str.encode,
    parse_float=str.encode,
).decode


def same_document(source: str, target: str) -> bool:
    """Whether two JSON texts are the same value: numbers by value, keys without order, no key twice."""
    if source == target:
        return True
    try:
        left, right = _decode(source), _decode(target)
    except ValueError:
        return False
    return left == right or _same_value(left, right)


def _same_value(left: object, right: object) -> bool:
    if isinstance(left, bytes) and isinstance(right, bytes):
        return left == right or _number(left) == _number(right)
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same_value(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same_value, left, right))
    return left == right


def _number(text: bytes) -> Decimal | float:
    value = text.decode()
    return Decimal(value) if value[-1].isdigit() else math.nan
