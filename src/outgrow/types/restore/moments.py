"""The way back of dates and times: instants as the texts or numbers that SQLite holds."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from outgrow.types.restore.base import Restorer, as_it_is, numbers_struct

_MICROS_PER_SECOND = 1_000_000
_EPOCHS = {
    "s": (_MICROS_PER_SECOND, "1970-01-01"),
    "ms": (1_000, "1970-01-01"),
    "us": (1, "1970-01-01"),
    "apple": (_MICROS_PER_SECOND, "2001-01-01"),
    "webkit": (1, "1601-01-01"),
}
_JULIAN_ZERO_US = 210_866_760_000_000_000
_DAY_US = 86_400 * _MICROS_PER_SECOND


def timestamp_text(spelling: str, _: str) -> Restorer:
    """`timestamp-text` and `date-text`."""
    return Restorer(
        kind="text",
        select=lambda q: f"{q}::timestamp",
        back=lambda array: _spell(_naive(array), spelling),
    )


def timestamptz_text(spelling: str, _: str) -> Restorer:
    """`timestamptz-text`: local terms of the zone that every value carries."""
    zone = re.search(r"([+-])(\d\d):?(\d\d)(?: UTC)?$", spelling)
    offset = 0
    if zone:
        offset = (int(zone[2]) * 60 + int(zone[3])) * (60 if zone[1] == "+" else -60)
    return Restorer(
        kind="text",
        select=_in_utc,
        back=lambda array: _spell(_naive(array, offset), spelling),
    )


def time_text(spelling: str, _: str) -> Restorer:
    """`time-text`: read as a moment of some day."""
    return Restorer(
        kind="text",
        select=lambda q: f"('1970-01-01'::date + {q})",
        back=lambda array: _spell(_naive(array), spelling),
    )


def _in_utc(quoted: str) -> str:
    return f"({quoted} AT TIME ZONE 'UTC')"


def _naive(array: pa.Array, offset: int = 0) -> pa.Array:
    micros = array.cast(pa.int64())
    if offset:
        micros = pc.add(micros, offset * _MICROS_PER_SECOND)
    return micros.cast(pa.timestamp("us"))


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


def epoch(unit: str, sql_type: str) -> Restorer:
    """`timestamptz-epoch`: whole numbers of the unit are integers, others reals."""

    def back(array: pa.Array) -> pa.Array:
        micros, step = _since(unit, array)
        whole, gone = micros % step == 0, np.asarray(array.is_null())
        integers = pa.array(micros // step, mask=gone | ~whole)
        return numbers_struct(integers, pa.array(micros / step, mask=gone | whole))

    return Restorer(kind="mixed", select=_zoneless(sql_type), back=back)


def epoch_real(unit: str, sql_type: str) -> Restorer:
    """`timestamptz-epoch-real`: every number is a real."""

    def back(array: pa.Array) -> pa.Array:
        micros, step = _since(unit, array)
        return pa.array(micros / step, mask=np.asarray(array.is_null()))

    return Restorer(kind="real", select=_zoneless(sql_type), back=back)


def _since(unit: str, array: pa.Array) -> tuple[npt.NDArray[np.int64], int]:
    """Microseconds since the unit's zero, and how many of them one unit has."""
    micros = np.asarray(array.cast(pa.int64()).fill_null(0))
    if unit == "julian":
        return micros + _JULIAN_ZERO_US, _DAY_US
    step, zero = _EPOCHS[unit]
    return micros - int(np.datetime64(zero, "us").astype(np.int64)), step


def _zoneless(sql_type: str) -> Callable[[str], str]:
    return as_it_is if sql_type == "timestamp" else _in_utc
