r"""JSON: `json` for text that PostgreSQL accepts and whose meaning jsonb keeps.

jsonb keeps the value, not the spelling, so a document is refused when a value would change: a
repeated key, `\u0000` or a lone surrogate, NaN or Infinity, a number beyond numeric. Type json
keeps every byte and is refused only what is not JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from json.scanner import make_scanner
from secrets import token_hex
from typing import NoReturn

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from outgrow.schema.names import literal as text_literal
from outgrow.types.observed import Value
from outgrow.types.target_type import require_type
from outgrow.types.values.base import Conversion, Form, reject
from outgrow.types.values.plain import is_storable, storable_text

MAX_BYTES = 2**28 - 1
"""jsonb's limit for what one array or object holds (src/include/utils/jsonb.h, JENTRY_OFFLENMASK)."""
MAX_DEPTH = 500
"""Nesting that is taken; PostgreSQL's own limit depends on its stack (max_stack_depth)."""
_SHORT = 2 * MAX_DEPTH
"""Characters up to which a text cannot be nested too deeply."""
_AT_ONCE = 100
"""Texts that are parsed together: enough to make the calls cheap, few enough for the processor's cache."""
_WHOLE_DIGITS, _DECIMALS = 131_072, 16_383
"""What numeric holds before and after the point (https://www.postgresql.org/docs/current/datatype-numeric.html)."""

# Cheap signs of what needs a closer look: an escape of NUL, of a colon or of a surrogate, a long number.
_SUSPECT = r"\\u(?:00(?:00|3[aA])|[dD][89a-fA-F])|[0-9][eE][+-]?[0-9]{4}|[0-9]{1000}"
_IS_SUSPECT = re.compile(_SUSPECT)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NUMBER = re.compile(r"-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?\Z")


class _RepeatedKeyError(ValueError):
    pass


def _unique_keys(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise _RepeatedKeyError


def _unique_dict(pairs: list[tuple[str, object]]) -> dict[str, object]:
    _unique_keys(pairs)
    return dict(pairs)


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


_Scan = Callable[[str, int], tuple[object, int]]
_checking = json.JSONDecoder(object_pairs_hook=_unique_keys, parse_constant=_no_constant)
_plain = json.JSONDecoder(parse_constant=_no_constant, parse_int=str)
_exact = json.JSONDecoder(
    object_pairs_hook=_unique_dict, parse_constant=_no_constant, parse_int=str.encode, parse_float=str.encode
)
# The scanner alone is a fifth faster than decode(), which also skips white space around.
# typeshed says that make_scanner takes itself; json.decoder passes it the decoder.
_scan_checking: _Scan = make_scanner(_checking)  # type: ignore[arg-type]
_scan_plain: _Scan = make_scanner(_plain)  # type: ignore[arg-type]


def why_not(text: str, *, binary: bool = True) -> str | None:
    """Why jsonb (json when not `binary`) does not keep this text's meaning; None when it does."""
    return _why_not(text, binary=binary, suspect=bool(_IS_SUSPECT.search(text)))


def _why_not(text: str, *, binary: bool, suspect: bool) -> str | None:
    if len(text) > _SHORT and _depth(text) > MAX_DEPTH:
        return "is nested too deeply"
    if not suspect and _all_plain([text]):
        return None
    try:
        if binary and suspect:
            return _look_closely(_exact.decode(text))
        decoder, scan = (_checking, _scan_checking) if binary else (_plain, _scan_plain)
        if text[:1] not in {"{", "["} or scan(text, 0)[1] != len(text):
            decoder.decode(text)
    except _RepeatedKeyError:
        return "repeats a key, and jsonb keeps only the last"
    except (ValueError, StopIteration):
        return "is not JSON"
    return None


def _all_plain(texts: Sequence[str]) -> bool:
    """Whether all texts are JSON without a repeated key, by a quick proof; False proves nothing.

    They are parsed as one array, with a random text between them. A repeated key is lost when that is
    written again, and its colon with it; only an escaped colon could make up for that, and such a text
    is suspect.
    """
    mark = token_hex(8)
    joint = f',"{mark}",'
    joined = f"[{joint.join(texts)}]"
    try:
        found = orjson.loads(joined)
        written = orjson.dumps(found)
    except (ValueError, TypeError):  # orjson's for what it cannot read, and for what is too deep to write
        return False
    # A text that is not one value by itself moves the marks out of their places.
    in_place = len(found) == 2 * len(texts) - 1 and found[1::2] == [mark] * (len(texts) - 1)
    return in_place and written.count(b":") == joined.count(":")


def _depth(text: str) -> int:
    """How deeply brackets are nested outside of strings; an upper bound where that is small enough."""
    brackets = text.count("[") + text.count("{")
    if brackets <= MAX_DEPTH:
        return brackets
    depth = deepest = 0
    for char in re.sub(r"[^][{}]+", "", _STRING.sub("", text)):
        depth += 1 if char in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _look_closely(document: object) -> str | None:
    for scalar in _scalars(document):
        if isinstance(scalar, str) and not is_storable(scalar):
            return "holds \\u0000 or a lone surrogate, which jsonb cannot"
        if isinstance(scalar, bytes) and not _fits_numeric(scalar.decode()):
            return "holds a number that numeric may not keep"
    return None


def _scalars(document: object) -> Iterator[object]:
    """Keys, strings and numbers (as bytes) of a decoded document."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        else:
            yield value


def _fits_numeric(number: str) -> bool:
    found = _NUMBER.match(number)
    if found is None:
        return False
    exponent = found[3] or "0"
    if len(exponent) > len("+131072"):
        return False
    shift = int(exponent)
    return len(found[1]) + shift <= _WHOLE_DIGITS and len(found[2] or "") - shift <= _DECIMALS


def document(_: str, sql_type: str) -> Conversion:
    """Text as jsonb, or as json when the plan says so (json keeps every byte)."""
    binary = require_type(sql_type, "json", "jsonb", "json").base == "jsonb"

    def encode(array: pa.Array, __: Form) -> pa.Array:
        storable_text(array)
        suspects = pc.match_substring_regex(array, _SUSPECT)
        short = pc.less_equal(pc.binary_length(array), _SHORT)
        plain = array.filter(pc.and_not(short, suspects)).to_pylist()
        chunks = (plain[at : at + _AT_ONCE] for at in range(0, len(plain), _AT_ONCE))
        doubtful = [(text, False) for chunk in chunks if not _all_plain(chunk) for text in chunk]
        others = pc.or_(suspects, pc.invert(short))
        doubtful += zip(array.filter(others).to_pylist(), suspects.filter(others).to_pylist(), strict=True)
        for text, suspect in doubtful:
            reason = _why_not(text, binary=binary, suspect=suspect)
            if reason is not None:
                raise reject(reason, text)
        longest = pc.max(pc.binary_length(array)).as_py() or 0
        if binary and longest > MAX_BYTES:
            raise reject("is too long for one jsonb document", max(filter(None, array.to_pylist()), key=len))
        return array

    def literal(value: Value) -> str:
        if not isinstance(value, str) or not is_storable(value):
            raise reject("is not JSON", value)
        reason = why_not(value, binary=binary)
        if reason is not None:
            raise reject(reason, value)
        return f"{text_literal(value)}::{sql_type}"

    return Conversion(
        name="json",
        sql_type=sql_type,
        forms=frozenset({Form.TEXT}),
        encode=encode,
        literal=literal,
        wire="jsonb" if binary else "default",
    )
