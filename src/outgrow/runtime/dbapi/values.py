"""Values on their way: parameters into PostgreSQL's binary form, results into what SQLite would have given.

Used by `statement`. The forms of parameters are those of `translate.scope.PARAMETER_TYPES`; what a result
column still needs is said by its kind and conversion. Rule: https://www.sqlite.org/datatype3.html
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from outgrow.translate.numerals import real_text
from outgrow.translate.statement import Column
from outgrow.translate.value import Kind

Encoder = Callable[[Any], bytes]

OIDS: dict[Kind, int] = {"integer": 20, "real": 701, "text": 25, "blob": 17, "tagged": 25, "null": 25}

_PACK_INTEGER = struct.Struct(">q").pack
_PACK_REAL = struct.Struct(">d").pack


def _tagged(value: Any) -> bytes:
    if isinstance(value, str):
        return b"t" + _text(value)
    if isinstance(value, float):
        return b"r" + real_text(value).encode()
    return b"i%d" % value if isinstance(value, int) else b"b" + bytes(value).hex().encode()


def _text(value: str) -> bytes:
    """UnicodeEncodeError for lone surrogates, as sqlite3 raises it; NulError for a text with NUL."""
    if "\0" in value:
        raise NulError
    return value.encode()


class NulError(ValueError):
    """A text with the character NUL, which PostgreSQL cannot hold."""

    def __str__(self) -> str:
        return (
            "a text with the character NUL, which PostgreSQL cannot store; bind it as bytes, or take it out"
        )


_ENCODERS: dict[Kind, Encoder] = {
    "integer": _PACK_INTEGER, "real": _PACK_REAL, "text": _text, "blob": bytes, "tagged": _tagged,
    "null": _text,
}  # fmt: skip


def encoders(parameters: Sequence[Kind]) -> tuple[Encoder, ...]:
    """What makes the binary form of each parameter that is not NULL."""
    return tuple(_ENCODERS[kind] for kind in parameters)


def untagged(value: str | None) -> int | float | str | bytes | None:
    """The value behind a letter for its class."""
    if value is None:
        return None
    letter = value[0]
    if letter == "t":
        return value[1:]
    if letter == "i":
        return int(value[1:])
    return float(value[1:]) if letter == "r" else bytes.fromhex(value[1:])


_FORM = re.compile(
    r"(?P<integer>-?(?:0|[1-9][0-9]*))|(?P<real>-?[0-9]+(?:\.[0-9]+(?:e[-+]?[0-9]+)?|e[-+]?[0-9]+)|-?Inf)"
    r"|X'(?P<blob>[0-9A-F]*)'|CAST\(X'(?P<text>[0-9A-F]*)' AS TEXT\)|'(?P<quoted>.*)'",
    re.DOTALL,
)


def unescaped(form: str | None) -> int | float | str | bytes | None:
    """The value that a text in the form `escaped` stands for (docs/reference/types.md).

    A text that is not UTF-8 has surrogate escapes.
    """
    found = _FORM.fullmatch(form) if form is not None else None
    if form is None or found is None:
        return form
    kind, part = str(found.lastgroup), found[str(found.lastgroup)]
    if kind == "integer":
        return int(part)
    if kind == "real":
        return float(part.replace("Inf", "inf"))
    if kind == "blob":
        return bytes.fromhex(part)
    if kind == "text":
        return bytes.fromhex(part).decode(errors="surrogateescape")
    return part.replace("''", "'")


def _by_value(value: Any) -> int | float | None:
    """A number as NUMERIC affinity stores it: one that is whole is an integer."""
    if value is None:
        return None
    if isinstance(value, float):
        whole = value.is_integer() and -(2.0**63) <= value < 2.0**63
        return int(value) if whole else value
    whole = value.is_finite() and value == value.to_integral_value() and -(2**63) <= value < 2**63
    return int(value) if whole else float(value)


def _by_point(value: Decimal | None) -> int | float | None:
    """A decimal whose point says that it is a real."""
    if value is None:
        return None
    return int(value) if value.as_tuple().exponent == 0 else float(value)


def _flag(value: Any) -> Any:
    return value if value is None else int(value)


def fixes(columns: Sequence[Column], *, native: bool) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """What is still to be done to each column of a result, by its place."""
    found: list[tuple[int, Callable[[Any], Any]]] = []
    for place, column in enumerate(columns):
        if column.conversion.partition(":")[0] == "escaped":
            found.append((place, unescaped))
        elif column.kind == "tagged":
            found.append((place, untagged))
        elif column.kind == "number" and not (native and column.type.startswith("numeric")):
            point = column.conversion.partition(":")[0] == "numeric-point"
            found.append((place, _by_point if point else _by_value))
        elif column.kind == "boolean" and not native:
            found.append((place, _flag))
    return tuple(found)
