r"""`escaped`: any storage class in one text column, every value reversible.

The common values stay as they are; only what text cannot hold, or what could be taken for
something else, is written as a SQLite literal:

    integer      42            real    3.5  1e+300  Inf  -Inf  -0.0
    text         as it is      text that looks like one of these forms, or is quoted: 'it''s'
    blob         X'00FF'       text with NUL or bytes that are not UTF-8: CAST(X'610062' AS TEXT)

It is the last resort for a mixed column; `types.restore` reads it back.
"""

from __future__ import annotations

import math
import re

import pyarrow as pa

from outgrow.schema.names import literal as text_literal
from outgrow.types.observed import CLASSES, Value
from outgrow.types.target_type import require_type
from outgrow.types.values.base import Conversion, Form, raw_bytes, reject, text_of
from outgrow.types.values.plain import MAX_FIELD, is_storable

_LOOKS_ESCAPED = re.compile(
    r"-?(?:0|[1-9]\d*)\Z|-?\d+\.\d+(?:e[-+]?\d+)?\Z|-?\d+e[-+]?\d+\Z|-?Inf\Z|X'[0-9A-F]*'\Z|CAST\(X'|'",
    re.ASCII,
)
_FORMS = {Form.INTEGER: 0, Form.REAL: 1, Form.TEXT: 2, Form.BLOB: 3}


def escape(value: Value) -> str | None:
    """The text that stands for one stored value."""
    if value is None:
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ("Inf" if value > 0 else "-Inf")
    if isinstance(value, bytes):
        return f"X'{value.hex().upper()}'"
    if not is_storable(value):
        raw = value.encode("utf-8", errors="surrogateescape")
        return f"CAST(X'{raw.hex().upper()}' AS TEXT)"
    if _LOOKS_ESCAPED.match(value):
        return "'" + value.replace("'", "''") + "'"
    return value


def escaped(_: str, sql_type: str) -> Conversion:
    """Any value as text in the form above."""
    require_type(sql_type, "escaped", "text")

    def encode(array: pa.Array, form: Form) -> pa.Array:
        texts = [_checked(value) for value in _values(array, form)]
        return pa.array(texts, pa.string())

    def literal(value: Value) -> str:
        return text_literal(escape(value) or "")

    return Conversion(
        name="escaped", sql_type=sql_type, forms=frozenset(Form), encode=encode, literal=literal
    )


def _checked(value: Value) -> str | None:
    text = escape(value)
    if text is not None and len(text) > MAX_FIELD // 4 and len(text.encode()) > MAX_FIELD:
        raise reject("is longer than 1 GB once escaped", value)
    return text


def _values(array: pa.Array, form: Form) -> list[Value]:
    if form is not Form.MIXED:
        kind = _FORMS[form]
        values = raw_bytes(array).to_pylist() if form is Form.TEXT else array.to_pylist()
        return [text_of(value) if kind == 2 and value is not None else value for value in values]
    parts = (array.field(name).to_pylist() for name in ("class", "i", "r", "b"))
    return [_pick(*row) for row in zip(*parts, strict=True)]


def _pick(kind: int | None, i: int | None, r: float | None, b: bytes | None) -> Value:
    if kind is None:
        return None
    name = CLASSES[kind]
    if name == "text":
        return text_of(b or b"")
    return {"integer": i, "real": r, "blob": b or b""}[name]
