r"""JSON: `json` for text that PostgreSQL accepts and whose meaning jsonb keeps.

jsonb keeps the value, not the spelling, so a document is refused when a value would change: a
repeated key, `\u0000` or a lone surrogate, NaN or Infinity, a number beyond numeric.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NoReturn

import pyarrow as pa

from outgrow.schema.names import literal as text_literal
from outgrow.types.observed import Value
from outgrow.types.values.base import Conversion, Form, reject, text_of
from outgrow.types.values.plain import is_storable, storable_text

MAX_STRING = 2**28 - 1
"""jsonb's limit for one string in bytes (src/include/utils/jsonb.h, JENTRY_OFFLENMASK)."""
_SURROGATE_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_HUGE_NUMBER = re.compile(r"\d[eE][+-]?\d{4,}|\d{1000,}")


class _RepeatedKeyError(ValueError):
    pass


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _RepeatedKeyError
    return result


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


_decode = json.JSONDecoder(object_pairs_hook=_unique_keys, parse_constant=_no_constant).decode
_decode_plain = json.JSONDecoder(parse_constant=_no_constant).decode


def why_not(text: str, *, unique_keys: bool = True) -> str | None:
    """Why PostgreSQL's jsonb (json, without `unique_keys`) does not keep this text's meaning; None when it does."""
    try:
        (_decode if unique_keys else _decode_plain)(text)
    except _RepeatedKeyError:
        return "repeats a key, and jsonb keeps only the last"
    except ValueError:
        return "is not JSON"
    except RecursionError:
        return "is nested too deeply"
    if "\\u" in text and _SURROGATE_ESCAPE.search(text) and not _only_paired(text):
        return "holds \\u0000 or a lone surrogate, which jsonb cannot"
    if _HUGE_NUMBER.search(text):
        return "holds a number that numeric may not keep"
    if len(text) > MAX_STRING // 4:
        return "is too long for one jsonb document"
    return None


def _only_paired(text: str) -> bool:
    """Whether no decoded string of the document holds NUL or a surrogate left alone."""
    return all(is_storable(string) for string in _strings(json.loads(text)))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)


def document(_: str, sql_type: str) -> Conversion:
    """Text as jsonb, or as json when the plan says so (json keeps every byte)."""
    binary = sql_type == "jsonb"

    def encode(array: pa.Array, __: Form) -> pa.Array:
        for text in storable_text(array).to_pylist():
            if text is not None:
                reason = why_not(text, unique_keys=binary)
                if reason is not None:
                    raise reject(reason, text)
        return array

    def literal(value: Value) -> str:
        text = text_of(value) if isinstance(value, bytes) else value
        if not isinstance(text, str) or not is_storable(text) or why_not(text, unique_keys=binary) is not None:
            raise reject("is not JSON", value)
        return f"{text_literal(text)}::{sql_type}"

    return Conversion(
        name="json",
        sql_type=sql_type,
        forms=frozenset({Form.TEXT}),
        encode=encode,
        literal=literal,
        wire="jsonb" if binary else "default",
    )
