"""A DEFAULT that is a plain literal: the value that SQLite would store for it.

Everything else (CURRENT_TIMESTAMP, expressions) is for `translate`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime

from outgrow.schema.model import Affinity
from outgrow.types.observed import Value

_INTEGER = re.compile(r"[0-9]+\Z")
_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,16}\Z")
_REAL = re.compile(r"(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?\Z")
_BLOB = re.compile(r"[xX]'((?:[0-9a-fA-F]{2})*)'\Z")
_STRING = re.compile(r"'(?:[^']|'')*'\Z|\"(?:[^\"]|\"\")*\"\Z")
_LOOKS_NUMERIC = re.compile(
    r"[ \t\n\v\f\r]*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?[ \t\n\v\f\r]*\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """The value of a literal DEFAULT, after the column's affinity."""

    value: Value


def literal_default(sql: str, affinity: Affinity) -> Literal | None:
    """The stored value of a literal DEFAULT; None when the text is no plain literal.

    Double-quoted strings count as strings, as SQLite takes them in a DEFAULT.
    """
    text = _bare(sql)
    sign = 1
    signed = re.match(r"([-+])\s*(?=[0-9.])", text)
    if signed:
        sign = -1 if signed[1] == "-" else 1
        text = text[signed.end() :]
    number = _number(text)
    if number is not None:
        return Literal(value=store(_negate(number) if sign < 0 else number, affinity))
    if signed:
        return None
    return _word(text, affinity)


def _bare(sql: str) -> str:
    text = sql.strip()
    while text.startswith("(") and text.endswith(")") and _wraps(text):
        text = text[1:-1].strip()
    return text


def _wraps(text: str) -> bool:
    """Whether the first parenthesis closes with the last one, quoted text aside."""
    depth, quote = 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0 and at < len(text) - 1:
                return False
    return True


def _number(text: str) -> int | float | None:
    if _HEX.match(text):
        number = int(text, 16)
        return number - 2**64 if number >= 2**63 else number
    if _INTEGER.match(text):
        return int(text) if int(text) < 2**63 else float(text)
    return float(text) if _REAL.match(text) else None


def _negate(number: int | float) -> int | float:
    return -(2**63) if number == 2.0**63 else -number


def _word(text: str, affinity: Affinity) -> Literal | None:
    word = text.upper()
    if word == "NULL":
        return Literal(value=None)
    if word in {"TRUE", "FALSE"}:
        return Literal(value=store(int(word == "TRUE"), affinity))
    if blob := _BLOB.match(text):
        return Literal(value=bytes.fromhex(blob[1]))
    if _STRING.match(text):
        quote = text[0]
        return Literal(value=store(text[1:-1].replace(quote * 2, quote), affinity))
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) and word not in _NOT_STRINGS:
        # SQLite takes a bare word after DEFAULT as a string.
        return Literal(value=store(text, affinity))
    return None


_NOT_STRINGS = {"CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"}


def store(value: int | float | str, affinity: Affinity) -> Value:
    """The value after a column's affinity (https://www.sqlite.org/datatype3.html#type_affinity)."""
    if affinity is Affinity.TEXT and not isinstance(value, str):
        return number_text(value)
    if affinity in {Affinity.INTEGER, Affinity.NUMERIC, Affinity.REAL} and isinstance(value, str):
        if not _LOOKS_NUMERIC.match(value):
            return value
        value = float(value) if re.search(r"[.eE]", value) or abs(int(value)) >= 2**63 else int(value)
    if affinity is Affinity.REAL and isinstance(value, int):
        return float(value)
    if affinity in {Affinity.INTEGER, Affinity.NUMERIC} and isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**63 else value
    return value


def number_text(value: int | float) -> str:
    """A number as SQLite casts it to text; the digits are those of 3.53 and later, which keep the value."""
    if isinstance(value, int):
        return str(value)
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0.0"
    spelled = repr(value)
    if "e+16" in spelled:
        return f"{value:.1f}"
    return re.sub(r"(?<=\d)(?<!\.\d)e", ".0e", spelled) if "." not in spelled else spelled


_NOW = re.compile(
    r"current_timestamp\Z|(?:datetime|strftime)\s*\(\s*(?:'[^']*'\s*,\s*)?(?:'now'|current_timestamp)?\s*\)\Z",
    re.IGNORECASE,
)
_TODAY = re.compile(r"current_date\Z|date\s*\(\s*(?:'now')?\s*\)\Z", re.IGNORECASE)
_MOMENTS = {
    "timestamp": "date_trunc('second', statement_timestamp() AT TIME ZONE 'utc')",
    "timestamptz": "date_trunc('second', statement_timestamp())",
    "date": "(statement_timestamp() AT TIME ZONE 'utc')::date",
}
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?\Z", re.ASCII
)


def changed_default(sql: str, affinity: Affinity, sql_type: str, conversion: str) -> tuple[str, str] | None:
    """A DEFAULT whose spelling the column's recipe does not have, in the target type, and what changes.

    "Now" and ISO dates keep their moment in a date column and get its spelling; a number that a
    text column would hold as a number becomes its text. None when there is no such form.
    """
    text = _bare(sql)
    spelled = "spelled in the column's own format"
    if (_NOW.match(text) or _TODAY.match(text)) and sql_type in _MOMENTS:
        return _MOMENTS["date" if _TODAY.match(text) and sql_type == "timestamp" else sql_type], spelled
    found = literal_default(sql, affinity)
    if found is None:
        return None
    if (
        isinstance(found.value, str)
        and sql_type in _MOMENTS
        and _ISO.match(found.value)
        and _is_day(found.value)
    ):
        return f"'{found.value}'::{sql_type}", spelled
    if sql_type == "text" and conversion == "same" and isinstance(found.value, int | float):
        return f"'{number_text(found.value)}'", "kept as text, as the column's other values are"
    return None


def _is_day(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
