"""Instants kept as numbers: `timestamptz-epoch:UNIT` for integers and reals since some zero.

Units: s, ms, us (since 1970), apple (seconds since 2001, CoreData), webkit (microseconds since
1601, Chrome), julian (days, SQLite's julianday). An integer comes back exactly by nature; a real
is taken only when its microsecond gives back the very same double. `timestamptz-epoch-real:UNIT`
is for columns where whole numbers are reals as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from outgrow.errors import ConfigError
from outgrow.types.observed import Value
from outgrow.types.target_type import require_type
from outgrow.types.values.base import Conversion, Form, encode_present, reject, require
from outgrow.types.values.decimals import require_fraction, require_numbers

MIN_US, MAX_US = -62_135_596_800_000_000, 253_402_300_799_999_999
"""Years 1 to 9999 in microseconds since 1970: what every client library can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unit: a value v is the instant `v * micros + zero` in microseconds since 1970."""

    micros: int
    zero: int


UNITS = {
    "s": Unit(micros=1_000_000, zero=0),
    "ms": Unit(micros=1_000, zero=0),
    "us": Unit(micros=1, zero=0),
    "apple": Unit(micros=1_000_000, zero=978_307_200_000_000),
    "webkit": Unit(micros=1, zero=-11_644_473_600_000_000),
    "julian": Unit(micros=86_400_000_000, zero=-210_866_760_000_000_000),
}


def timestamptz_epoch(unit_name: str, sql_type: str) -> Conversion:
    """Numbers of one unit in a column with INTEGER or NUMERIC affinity: whole ones are integers there."""
    return _epoch("timestamptz-epoch", unit_name, sql_type, frozenset({Form.INTEGER, Form.REAL, Form.MIXED}))


def timestamptz_epoch_real(unit_name: str, sql_type: str) -> Conversion:
    """Reals of one unit; whole ones are reals too."""
    return _epoch("timestamptz-epoch-real", unit_name, sql_type, frozenset({Form.REAL}))


def _epoch(name: str, unit_name: str, sql_type: str, forms: frozenset[Form]) -> Conversion:
    unit = UNITS.get(unit_name)
    if unit is None:
        raise ConfigError(f"no epoch unit {unit_name!r}; there are {', '.join(UNITS)}")
    require_type(sql_type, name, "timestamptz", "timestamp")
    arrow = pa.timestamp("us", tz=None if sql_type == "timestamp" else "UTC")
    whole_reals = Form.INTEGER not in forms

    def integers(array: pa.Array) -> pa.Array:
        return pa.array(_from_integers(array, np.asarray(array), unit), pa.int64()).cast(arrow)

    def reals(array: pa.Array) -> pa.Array:
        if not whole_reals:
            require_fraction(array)
        return pa.array(_from_reals(array, np.asarray(array), unit), pa.int64()).cast(arrow)

    def encode(array: pa.Array, form: Form) -> pa.Array:
        if form is not Form.MIXED:
            return encode_present(array, integers if form is Form.INTEGER else reals)
        require_numbers(array)
        return pc.coalesce(
            encode_present(array.field("i"), integers), encode_present(array.field("r"), reals)
        )

    def literal(value: Value) -> str:
        if not isinstance(value, int | float):
            raise reject("is no number", value)
        form = Form.INTEGER if isinstance(value, int) else Form.REAL
        if form not in forms:
            raise reject("is no real", value)
        moment = encode(pa.array([value]), form)[0].value
        return f"('epoch'::{sql_type} + {moment} * interval '1 microsecond')"

    return Conversion(
        name=f"{name}:{unit_name}", sql_type=sql_type, forms=forms, encode=encode, literal=literal
    )


def _from_integers(array: pa.Array, values: npt.NDArray[np.int64], unit: Unit) -> npt.NDArray[np.int64]:
    low, high = -((unit.zero - MIN_US) // unit.micros), (MAX_US - unit.zero) // unit.micros
    require((values >= low) & (values <= high), array, "lies outside the years 1 to 9999 in that unit")
    result: npt.NDArray[np.int64] = values * unit.micros + unit.zero
    return result


def _from_reals(array: pa.Array, values: npt.NDArray[np.float64], unit: Unit) -> npt.NDArray[np.int64]:
    with np.errstate(over="ignore", invalid="ignore"):
        exact = values * unit.micros
        inside = (exact >= MIN_US - unit.zero) & (exact <= MAX_US - unit.zero)
    require(inside, array, "lies outside the years 1 to 9999 in that unit")
    whole = np.rint(exact).astype(np.int64)
    back = whole / unit.micros
    require(back.view(np.int64) == values.view(np.int64), array, "is finer than a microsecond keeps")
    result: npt.NDArray[np.int64] = whole + unit.zero
    return result
