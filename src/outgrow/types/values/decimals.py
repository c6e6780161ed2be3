"""Numbers of both storage classes in one column, and declared decimals.

`numeric`: integers and reals of a NUMERIC-affinity column as numeric; SQLite keeps a whole number
there as integer, so the class comes back by itself. `numbers`: the same as double precision.
`numeric-point`: numeric for columns without affinity, where 5 and 5.0 differ: a real carries a
decimal point, which numeric's display scale keeps.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from outgrow.errors import ConfigError
from outgrow.types.observed import CLASSES, EXACT_INTEGERS, Value
from outgrow.types.target_type import require_type
from outgrow.types.values.base import Conversion, Form, encode_present, reject, require, text_of
from outgrow.types.values.plain import real_literal

MAX_PRECISION = 1000
"""PostgreSQL's limit for p in numeric(p,s) (src/include/utils/numeric.h)."""
_ALL = frozenset({Form.INTEGER, Form.REAL, Form.MIXED})
_INT64_LIMIT = 2**63
_INT64_DIGITS = 18
_ARROW_DIGITS = 38


def numbers(_: str, sql_type: str) -> Conversion:
    """Integers and reals as double precision; whole numbers come back as integers."""
    require_type(sql_type, "numbers", "double precision")

    def encode(array: pa.Array, form: Form) -> pa.Array:
        if form is Form.INTEGER:
            _require_exact(array)
            return array.cast(pa.float64())
        if form is Form.REAL:
            require_fraction(array)
            return array
        integers, reals = array.field("i"), array.field("r")
        require_numbers(array)
        _require_exact(integers)
        require_fraction(reals)
        return pc.coalesce(reals, integers.cast(pa.float64()))

    def literal(value: Value) -> str:
        if isinstance(value, int) and abs(value) <= EXACT_INTEGERS:
            return real_literal(float(value))
        if isinstance(value, float) and not is_whole(value):
            return real_literal(value)
        raise reject("does not come back from double precision with its class", value)

    return Conversion(name="numbers", sql_type=sql_type, forms=_ALL, encode=encode, literal=literal)


def require_numbers(array: pa.Array) -> None:
    """CounterExample when a MIXED array holds text or a blob."""
    others = array.filter(pc.is_valid(array.field("b")))
    if len(others):
        odd = others[0].as_py()
        is_text = CLASSES[odd["class"]] == "text"
        raise reject("is no number", text_of(odd["b"]) if is_text else odd["b"])


def _require_exact(integers: pa.Array) -> None:
    values = np.asarray(integers.fill_null(0))
    require((values >= -EXACT_INTEGERS) & (values <= EXACT_INTEGERS), integers, "is an integer beyond 2^53")


def require_fraction(reals: pa.Array) -> None:
    """CounterExample for a real that NUMERIC affinity would have stored as an integer."""
    require(~_whole(np.asarray(reals.fill_null(0.5))), reals, "is a real without a fraction beside integers")


def _whole(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        result: npt.NDArray[np.bool_] = (np.rint(values) == values) & (np.abs(values) < float(_INT64_LIMIT))
    return result


def is_whole(value: float) -> bool:
    """Whether SQLite's NUMERIC affinity would store this real as an integer."""
    return math.isfinite(value) and value.is_integer() and abs(value) < _INT64_LIMIT


def numeric(_: str, sql_type: str) -> Conversion:
    """Integers and reals with or without limits; NUMERIC affinity gives their class back."""
    limits = require_type(sql_type, "numeric", "numeric")
    precision, scale = limits.size, limits.scale or 0
    if precision is not None and not max(1, scale) <= precision <= MAX_PRECISION:
        raise ConfigError(f"{sql_type} is not a numeric of 1 to {MAX_PRECISION} digits")
    if precision is None or precision > _ARROW_DIGITS:
        return _raw("numeric", sql_type, lambda value: _digits(value, precision, scale, sql_type))
    arrow = pa.decimal128(precision, scale)

    def encode(array: pa.Array, form: Form) -> pa.Array:
        if form is Form.REAL and precision <= _INT64_DIGITS:
            return encode_present(array, lambda present: _scaled(present, arrow, sql_type))
        values = [_digits(value, precision, scale, sql_type) for value in _python_values(array, form)]
        return pa.array(values, arrow)

    return Conversion(
        name="numeric",
        sql_type=sql_type,
        forms=_ALL,
        encode=encode,
        literal=lambda value: str(_digits(value, precision, scale, sql_type)),
    )


def numeric_point(_: str, sql_type: str) -> Conversion:
    """Integers and reals as numeric, where a real always shows a decimal point and an integer never."""
    if require_type(sql_type, "numeric-point", "numeric").size is not None:
        raise ConfigError("numeric-point needs numeric without limits, whose scale shows what is a real")
    return _raw("numeric-point", sql_type, _pointed)


def _raw(name: str, sql_type: str, digits: Callable[[Value], Decimal | None]) -> Conversion:
    return Conversion(
        name=name,
        sql_type=sql_type,
        forms=_ALL,
        encode=lambda array, form: pa.array(
            [payload(digits(value)) for value in _python_values(array, form)], pa.binary()
        ),
        literal=lambda value: f"'{digits(value):f}'::numeric",
        wire="raw",
    )


def _python_values(array: pa.Array, form: Form) -> list[Value]:
    if form is not Form.MIXED:
        values: list[Value] = array.to_pylist()
        return values
    require_numbers(array)
    integers, reals = array.field("i").to_pylist(), array.field("r").to_pylist()
    return [i if i is not None else r for i, r in zip(integers, reals, strict=True)]


def _digits(value: Value, precision: int | None, scale: int, sql_type: str) -> Decimal | None:
    """The number to store; CounterExample when it would not come back with its class and bits."""
    if value is None:
        return None
    if not isinstance(value, int | float):
        raise reject("is no number", value)
    if isinstance(value, float) and is_whole(value):
        raise reject("is a real without a fraction, which NUMERIC would give back as an integer", value)
    number = Decimal(repr(value))
    if precision is not None:
        if not number.is_finite():
            raise reject(f"is not finite, as {sql_type} needs", value)
        exponent = int(number.as_tuple().exponent)
        if -exponent > scale:
            raise reject(f"has more decimals than {sql_type}", value)
        if abs(number) >= Decimal(10) ** (precision - scale):
            raise reject(f"is too large for {sql_type}", value)
    return number


def _pointed(value: Value) -> Decimal | None:
    if value is None or isinstance(value, int):
        return None if value is None else Decimal(value)
    if not isinstance(value, float):
        raise reject("is no number", value)
    if value == 0 and math.copysign(1, value) < 0:
        raise reject("is a negative zero, which numeric does not have", value)
    number = Decimal(repr(value))
    if number.is_finite() and int(number.as_tuple().exponent) >= 0:
        with_point: Decimal = Decimal(f"{number:f}.0")
        return with_point
    return number


def _scaled(array: pa.Array, arrow: pa.Decimal128Type, sql_type: str) -> pa.Array:
    """Reals without nulls as decimal128, by whole multiples of the last decimal where these are exact.

    v = i / 10^s with |i| < 2^53 and s <= 22 is correctly rounded, so it proves that the decimal
    i·10^-s is read back as v.
    """
    values: npt.NDArray[np.float64] = np.asarray(array)
    unit = float(10**arrow.scale)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.rint(values * unit)
        exact = (np.abs(steps) < EXACT_INTEGERS) & (steps / unit == values)
        limit = np.abs(steps) < float(10**arrow.precision)
    if not (exact & limit).all():
        digits = [_digits(value, arrow.precision, arrow.scale, sql_type) for value in array.to_pylist()]
        return pa.array(digits, arrow)
    require(
        ~_whole(values), array, "is a real without a fraction, which NUMERIC would give back as an integer"
    )
    low = steps.astype(np.int64)
    words = np.ascontiguousarray(np.stack([low, low >> 63], axis=1))
    return pa.Array.from_buffers(arrow, len(array), [None, pa.py_buffer(words)])


def payload(number: Decimal | None) -> bytes | None:
    """A number in numeric's binary form (src/backend/utils/adt/numeric.c, numeric_recv).

    Four int16: number of base-10000 digits, weight of the first, sign, display scale; then the digits.
    """
    if number is None:
        return None
    if not number.is_finite():
        sign = 0xC000 if number.is_nan() else 0xD000 if number > 0 else 0xF000
        return struct.pack("!hhHH", 0, 0, sign, 0)
    negative, digits, exponent = number.as_tuple()
    scale = max(0, -int(exponent))
    text = "".join(map(str, digits)) + "0" * max(0, int(exponent))
    text = text.rjust(scale + 1, "0")
    whole, fraction = text[: len(text) - scale], text[len(text) - scale :]
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    fraction = fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    groups = [int((whole + fraction)[at : at + 4]) for at in range(0, len(whole) + len(fraction), 4)]
    header = struct.pack("!hhHH", len(groups), len(whole) // 4 - 1, 0x4000 if negative else 0, scale)
    return header + struct.pack(f"!{len(groups)}h", *groups)
