"""Numbers as text: how SQLite reads them, and how PostgreSQL has to.

Pure functions; the rules of https://www.sqlite.org/datatype3.html#type_affinity. Used by `value` and all that
know a constant.
"""

from __future__ import annotations

import re
from decimal import Decimal

_SPACES = " \t\n\v\f\r"
_NUMERIC = re.compile(rf"[{_SPACES}]*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?[{_SPACES}]*")
_LEADING = re.compile(rf"[{_SPACES}]*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)")
_LEADING_INTEGER = re.compile(rf"[{_SPACES}]*([-+]?[0-9]+)")


def number_of(text: str) -> int | float | None:
    """The number that numeric affinity makes of a text, None when it stays a text."""
    return _as_number(text.strip(_SPACES)) if _NUMERIC.fullmatch(text) else None


def looks_numeric(text: str) -> bool:
    """Whether a column of numeric affinity would turn this text into a number."""
    return number_of(text) is not None


def leading_number(text: str | bytes) -> int | float:
    """The number that arithmetic reads at the beginning of a text or blob; 0 when there is none."""
    found = _LEADING.match(text if isinstance(text, str) else text.decode("utf-8", errors="replace"))
    if found is None:
        return 0
    number = found[1]
    if any(mark in number for mark in ".eE"):
        return float(number)
    whole = int(number)
    return whole if -(2**63) <= whole < 2**63 else float(whole)


def leading_integer(text: str | bytes) -> int:
    """The digits at the beginning of a text or blob, without an exponent; 0 when there are none."""
    found = _LEADING_INTEGER.match(text if isinstance(text, str) else text.decode("utf-8", errors="replace"))
    return int(found[1]) if found is not None else 0


def _as_number(text: str) -> int | float:
    digits = text.lstrip("+-")
    if digits.isdigit() and len(digits.lstrip("0")) < 20:  # 2**63 has 19 digits
        whole = int(digits.lstrip("0") or "0") * (-1 if text[0] == "-" else 1)
        if -(2**63) <= whole < 2**63:
            return whole
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 2**63 else number


def real_text(value: float) -> str:
    """A double in the shortest spelling that PostgreSQL reads back to the same bits."""
    return {"inf": "Infinity", "-inf": "-Infinity"}.get(repr(value), repr(value))


def exact_decimal(value: float) -> str:
    """All digits of a double, for comparisons with integers that must not round."""
    return format(Decimal(value), "f")
