"""Dates and times kept as text: `timestamp-text:FORMAT` and its three siblings.

A FORMAT is spelled with YYYY MM DD HH MM SS, then the fraction (`.fff`: exactly three digits;
`[.ffffff]`: six digits, left out when zero, as Python's isoformat does; `[.f]`: up to six digits
without trailing zeros, as Go does), then the zone as it stands in every value (`Z`, `+00:00`,
`+02:00`, ` UTC`, ...). One column has one format, or it stays text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

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
    lengths,
    reject,
    require,
)

Fraction = Literal["none", "fixed", "python", "trimmed"]
_FORMAT = re.compile(
    r"(?P<date>YYYY-MM-DD)?(?P<sep>[ T])?(?P<time>HH:MM(?P<seconds>:SS)?)?"
    r"(?P<fraction>\.f{1,6}|\[\.ffffff\]|\[\.f\])?(?P<zone>Z| ?[+-]\d\d:?\d\d(?: UTC)?| UTC)?\Z"
)
_DAYS_BEFORE_1970 = 719_468
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFormat:
    """A FORMAT taken apart. `zone` is its literal suffix, `offset` what that means in seconds east of UTC."""

    date: bool
    separator: str
    time: bool
    seconds: bool
    fraction: Fraction
    digits: int
    zone: str

    @property
    def body(self) -> str:
        """The part before the fraction, with digits as `#`: it has a fixed length."""
        text = "####-##-##" if self.date else ""
        text += self.separator
        return text + ("##:##" if self.time else "") + (":##" if self.seconds else "")

    @property
    def offset(self) -> int:
        """Seconds east of UTC that the zone suffix means."""
        found = re.search(r"([+-])(\d\d):?(\d\d)", self.zone)
        if found is None:
            return 0
        seconds = int(found[2]) * 3600 + int(found[3]) * 60
        return seconds if found[1] == "+" else -seconds


def parse_format(text: str) -> TextFormat:
    """The parts of a FORMAT; ConfigError when it is not one."""
    found = _FORMAT.match(text)
    if (
        found is None
        or not (found["date"] or found["time"])
        or bool(found["sep"]) != bool(found["date"] and found["time"])
    ):
        raise ConfigError(f"{text!r} is no date format; an example is 'YYYY-MM-DD HH:MM:SS.fff'")
    fraction = found["fraction"] or ""
    kind: Fraction = "none"
    if fraction:
        kind = {"[.ffffff]": "python", "[.f]": "trimmed"}.get(fraction, "fixed")  # type: ignore[assignment]
    return TextFormat(
        date=bool(found["date"]),
        separator=found["sep"] or "",
        time=bool(found["time"]),
        seconds=bool(found["seconds"]),
        fraction=kind,
        digits=len(fraction) - 1 if kind == "fixed" else 6,
        zone=found["zone"] or "",
    )


def _instants(array: pa.Array, form: TextFormat) -> npt.NDArray[np.int64]:
    """Microseconds since 1970-01-01 00:00 as written (the zone not applied) for values without nulls."""
    sizes = lengths(array)
    micros = np.zeros(len(array), dtype=np.int64)
    for size in np.unique(sizes):
        where = np.flatnonzero(sizes == size)
        part = array if len(where) == len(array) else array.take(pa.array(where))
        micros[where] = _same_length(part, int(size), form)
    return micros


def _same_length(array: pa.Array, size: int, form: TextFormat) -> npt.NDArray[np.int64]:
    matrix = byte_matrix(array, size)
    body = len(form.body)
    tail = size - body - len(form.zone.encode())
    require(np.full(len(array), _tail_allowed(tail, form)), array, "does not have the column's date format")
    ok = np.ones(len(array), dtype=np.bool_)
    pattern = form.body + ("." + "#" * (tail - 1) if tail else "") + form.zone
    for position, char in enumerate(pattern.encode()):
        byte = matrix[:, position]
        ok &= (byte >= 48) & (byte <= 57) if char == 35 else byte == char
    require(ok, array, "does not have the column's date format")
    micros, in_range = _moment(matrix, form)
    if tail:
        fraction = _number(matrix, body + 1, tail - 1) * 10 ** (6 - (tail - 1))
        micros += fraction
        if form.fraction == "python":
            in_range &= fraction != 0
        elif form.fraction == "trimmed":
            in_range &= matrix[:, body + tail - 1] != 48
    require(in_range, array, "is no such day or time, or not spelled as the column's format does")
    return micros


def _tail_allowed(tail: int, form: TextFormat) -> bool:
    allowed = {
        "none": (0,),
        "fixed": (form.digits + 1,),
        "python": (0, 7),
        "trimmed": (0, 2, 3, 4, 5, 6, 7),
    }
    return tail in allowed[form.fraction]


def _number(matrix: Bytes2D, start: int, digits: int) -> npt.NDArray[np.int64]:
    total = np.zeros(len(matrix), dtype=np.int64)
    for position in range(start, start + digits):
        total = total * 10 + (matrix[:, position].astype(np.int64) - 48)
    return total


def _moment(matrix: Bytes2D, form: TextFormat) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    ok = np.ones(len(matrix), dtype=np.bool_)
    micros = np.zeros(len(matrix), dtype=np.int64)
    at = 0
    if form.date:
        year, month, day = _number(matrix, 0, 4), _number(matrix, 5, 2), _number(matrix, 8, 2)
        month_ok = (month >= 1) & (month <= 12)
        ok &= (year >= 1) & month_ok & (day >= 1) & (day <= _month_days(year, np.where(month_ok, month, 1)))
        micros += _days(year, month, day) * _DAY_US
        at = 10 + len(form.separator)
    if form.time:
        hour, minute = _number(matrix, at, 2), _number(matrix, at + 3, 2)
        second = _number(matrix, at + 6, 2) if form.seconds else np.zeros_like(hour)
        ok &= (hour <= 23) & (minute <= 59) & (second <= 59)
        micros += ((hour * 60 + minute) * 60 + second) * 1_000_000
    return micros, ok


def _month_days(year: npt.NDArray[np.int64], month: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[month - 1]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    result: npt.NDArray[np.int64] = days + ((month == 2) & leap)
    return result


def _days(
    year: npt.NDArray[np.int64], month: npt.NDArray[np.int64], day: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Days since 1970-01-01 in the proleptic Gregorian calendar (years counted from March)."""
    y = year - (month <= 2)
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    result: npt.NDArray[np.int64] = (
        era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - _DAYS_BEFORE_1970
    )
    return result


def _shape(kind: str, form: TextFormat) -> None:
    fits = {
        "timestamp": form.date and not form.zone,
        "timestamptz": form.date and form.time and bool(form.zone),
        "date": form.date and not form.time,
        "time": form.time and not form.date and not form.zone,
    }
    if not fits[kind]:
        raise ConfigError(
            f"a {kind} cannot be read from that date format; look at the conversion's spelling in the docs"
        )


def _text_conversion(kind: str, sql_type: str, spelling: str) -> Conversion:
    form = parse_format(spelling)
    _shape(kind, form)
    require_type(sql_type, f"{kind}-text", kind)

    def convert(array: pa.Array) -> pa.Array:
        micros = _instants(array, form)
        if kind == "date":
            return pa.array((micros // _DAY_US).astype(np.int32), pa.int32()).cast(pa.date32())
        if kind == "time":
            return pa.array(micros, pa.int64()).cast(pa.time64("us"))
        zone = "UTC" if kind == "timestamptz" else None
        return pa.array(micros - form.offset * 1_000_000, pa.int64()).cast(pa.timestamp("us", tz=zone))

    def literal(value: Value) -> str:
        if not isinstance(value, str):
            raise reject("is no date text", value)
        convert(pa.array([value.encode(errors="replace").decode()]))
        # A date alone, or a zone name, means on PostgreSQL what it means here.
        return f"'{value}'::{sql_type}"

    return Conversion(
        name=f"{kind}-text:{spelling}",
        sql_type=sql_type,
        forms=frozenset({Form.TEXT}),
        encode=lambda array, _: encode_present(array, convert),
        literal=literal,
    )


def timestamp_text(spelling: str, sql_type: str) -> Conversion:
    """Text without zone as timestamp."""
    return _text_conversion("timestamp", sql_type, spelling)


def timestamptz_text(spelling: str, sql_type: str) -> Conversion:
    """Text with one and the same zone suffix as timestamptz."""
    return _text_conversion("timestamptz", sql_type, spelling)


def date_text(spelling: str, sql_type: str) -> Conversion:
    """Text as date."""
    return _text_conversion("date", sql_type, spelling)


def time_text(spelling: str, sql_type: str) -> Conversion:
    """Text as time without zone."""
    return _text_conversion("time", sql_type, spelling)
