"""Values of SQLite as JSON, exactly; and digests of rows.

Both `recording` and `replaying` use it, so that what they compare was made in one way. A JSON number with
a point or an exponent is a real, one without is an integer. Rule for the storage classes:
https://www.sqlite.org/datatype3.html. Standard library only.
"""

from __future__ import annotations

import base64
import hashlib
import math
import struct
from collections.abc import Sequence
from typing import Any

from outgrow.runtime.launch.converting import Converted

_REAL = struct.Struct(">d").pack
_MODULUS = 1 << 128


class Unsupported:
    """Stands for a parameter of a class that SQLite does not take; `name` is that class."""

    def __init__(self, name: str) -> None:
        self.name = name


def to_json(value: Any) -> Any:
    """A value as JSON holds it; an object stands for what JSON cannot say."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        real = float(value)
        return real if math.isfinite(real) else {"real": repr(real)}
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Converted):
        return {"raw": base64.b64encode(value.raw).decode()}
    try:
        return {"blob": base64.b64encode(memoryview(value)).decode()}
    except (TypeError, BufferError, ValueError):
        return {"unsupported": f"{type(value).__module__}.{type(value).__qualname__}"}


def from_json(value: Any) -> Any:
    """The value that `to_json` was given; bytes for whatever is like bytes."""
    if not isinstance(value, dict):
        return value
    kind, text = next(iter(value.items()))
    if kind == "blob":
        return base64.b64decode(text)
    if kind == "raw":
        return Converted(base64.b64decode(text))
    return float(text) if kind == "real" else Unsupported(text)


class Digest:
    """Digests of rows, made one row at a time.

    `converted` are the places of columns whose values went through a converter: of those only the text is
    known, so all values of the column count by their text.
    """

    def __init__(self, converted: Sequence[int] = ()) -> None:
        self.count = 0
        self.converted = set(converted)
        self._ordered = hashlib.blake2b(digest_size=16)
        self._sum = 0
        self._rounded = 0
        self._has_reals = False
        self._columns: list[Any] = []

    def add(self, row: Sequence[Any]) -> None:
        """Takes one more row, as SQLite's values or Converted."""
        self.converted.update(place for place, value in enumerate(row) if isinstance(value, Converted))
        values = [_text(value) if place in self.converted else value for place, value in enumerate(row)]
        cells = [_bytes(value) for value in values]
        whole = hashlib.blake2b(b"".join(cells), digest_size=16).digest()
        self.count += 1
        self._ordered.update(whole)
        self._sum = (self._sum + int.from_bytes(whole, "big")) % _MODULUS
        if not self._columns:
            self._columns = [hashlib.blake2b(digest_size=8) for _ in cells]
        for column, cell in zip(self._columns, cells, strict=True):
            column.update(cell)
        if any(isinstance(value, float) for value in values):
            self._has_reals = True
            cells = [_bytes(_rounded(value)) for value in values]
            whole = hashlib.blake2b(b"".join(cells), digest_size=16).digest()
        self._rounded = (self._rounded + int.from_bytes(whole, "big")) % _MODULUS

    def facts(self) -> dict[str, Any]:
        """The digests as a line of a recording holds them.

        `ordered` is of the rows in their order, `unordered` of the same rows in any, `rounded` (only where
        there are reals) of the rows in any order with twelve digits of each real, `by_column` of each
        column in order.
        """
        found: dict[str, Any] = {
            "count": self.count,
            "ordered": self._ordered.hexdigest(),
            "unordered": f"{self._sum:032x}",
            "by_column": [column.hexdigest() for column in self._columns],
        }
        if self._has_reals:
            found["rounded"] = f"{self._rounded:032x}"
        if self.converted:
            found["converted"] = sorted(self.converted)
        return found


def _rounded(value: Any) -> Any:
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _text(value: Any) -> Any:
    """What a converter is given for a value: https://www.sqlite.org/c3ref/column_blob.html."""
    if isinstance(value, str):
        return Converted(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, bytes):
        return Converted(value)
    if isinstance(value, float):
        plain = f"{value:.15g}"
        return Converted((plain if set(plain) & set(".einf") else plain + ".0").encode())
    return Converted(str(value).encode()) if isinstance(value, int) else value


def _bytes(value: Any) -> bytes:
    """One value, so that no two sequences of values give the same bytes."""
    if value is None:
        return b"n"
    if isinstance(value, int):
        return b"i%d;" % value
    if isinstance(value, float):
        return b"r" + _REAL(value + 0.0)  # a negative zero equals zero
    if isinstance(value, str):
        return _measured(b"t", value.encode("utf-8", "surrogatepass"))
    if isinstance(value, Converted):
        return _measured(b"c", value.raw)
    try:
        return _measured(b"b", bytes(value))
    except TypeError:
        return _measured(b"o", repr(value).encode("utf-8", "surrogatepass"))


def _measured(tag: bytes, content: bytes) -> bytes:
    return b"%s%d:%s" % (tag, len(content), content)
