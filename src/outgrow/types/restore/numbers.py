"""The way back of numbers whose storage class the target type does not show."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pyarrow as pa

from outgrow.types.restore.base import Restorer, Stored, as_text, from_texts, numbers_struct

_EXACT_DIGITS = 15
"""A decimal of so few digits survives the way through a double."""


def numbers(_: str, __: str) -> Restorer:
    """`numbers`: doubles as NUMERIC affinity stores them."""
    return Restorer(kind="mixed", select=lambda q: f"{q}::double precision", back=_by_affinity)


def numeric(_: str, sql_type: str) -> Restorer:
    """`numeric`: decimals as NUMERIC affinity stores them."""
    digits = re.match(r"[a-z ]+\((\d+)", sql_type)
    if digits and int(digits[1]) <= _EXACT_DIGITS:
        return Restorer(kind="mixed", select=lambda q: f"{q}::double precision", back=_by_affinity)
    return Restorer(kind="mixed", select=as_text, back=lambda array: from_texts(array, _plain_number))


def numeric_point(_: str, __: str) -> Restorer:
    """`numeric-point`: a decimal point says real."""
    return Restorer(kind="mixed", select=as_text, back=lambda array: from_texts(array, _pointed_number))


def _by_affinity(array: pa.Array) -> pa.Array:
    """Doubles as NUMERIC affinity stores them: a whole number within 64 bits is an integer."""
    values = np.asarray(array.fill_null(0.5))
    gone = np.asarray(array.is_null())
    with np.errstate(invalid="ignore"):
        whole = (np.floor(values) == values) & (np.abs(values) < 2.0**63)
    integers = np.where(whole, values, 0).astype(np.int64)
    return numbers_struct(pa.array(integers, mask=gone | ~whole), pa.array(values, mask=gone | whole))


def _plain_number(text: str) -> Stored:
    number = Decimal(text)
    if number.is_finite() and number == number.to_integral_value() and -(2**63) <= number < 2**63:
        return int(number)
    return float(number)


def _pointed_number(text: str) -> Stored:
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
