"""When two JSON texts are the same value: what verification asks of jsonb."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Iterator, Sequence
from decimal import Decimal

import orjson
import pyarrow as pa
import pyarrow.compute as pc

_QUICKLY = 100
"""Documents that are parsed together: enough to make the calls cheap, few enough for the cache."""
_AT_ONCE = 2_000
"""The same for the parser that keeps numbers exact."""


def _members(pairs: list[tuple[str, object]]) -> object:
    """An object; one with a repeated key becomes something that equals none."""
    members = dict(pairs)
    return members if len(members) == len(pairs) else tuple(pairs)


# Numbers stay texts (as bytes), so that 1, 1.0 and true are three things.
_decode = json.JSONDecoder(object_pairs_hook=_members, parse_int=str.encode, parse_float=str.encode).decode
_decode_unique = json.JSONDecoder(parse_int=str.encode, parse_float=str.encode).decode


# What the quick comparison must not decide: escapes that hide a colon, NUL or half a pair, and numbers
# that a double may not tell apart.
_CLOSELY = (
    r"\\u(?:00(?:00|3[aA])|[dD][89a-fA-F])|[0-9]{19}|[0-9]{8}\.[0-9]|[0-9]\.[0-9]{9}"
    r"|(?:^|[\[:,\s])-?[0-9][0-9.]*[eE]"
)


def same_documents(source: pa.Array, target: pa.Array) -> bool:
    """Whether all pairs of JSON texts are the same value, as `same_document` has it.

    Both are string arrays of one length without nulls. Raises UnicodeDecodeError for what is not UTF-8.
    """
    closely = pc.or_(pc.match_substring_regex(source, _CLOSELY), pc.match_substring_regex(target, _CLOSELY))
    plainly: list[tuple[str, str]] = []
    left: list[tuple[str, str]] = []
    for ours, theirs, close in zip(source.to_pylist(), target.to_pylist(), closely.to_pylist(), strict=True):
        (left if close else plainly).append((ours, theirs))
    for some in _slices(plainly, _QUICKLY):
        if not _quickly_same(some):
            left += some
    return all(
        _same_at_once(some) or all(same_document(*pair) for pair in some) for some in _slices(left, _AT_ONCE)
    )


def _slices(pairs: list[tuple[str, str]], size: int) -> Iterator[list[tuple[str, str]]]:
    return (pairs[at : at + size] for at in range(0, len(pairs), size))


def _quickly_same(pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether all pairs are the same value, by a quick proof; False proves nothing.

    Both sides are parsed as one array each, with a random text between the documents. Written again
    with sorted keys, same values are the same bytes. A key that the source repeats is lost by that,
    and its colon with it; PostgreSQL's side has none.
    """
    mark = secrets.token_hex(8)
    joint = f',"{mark}",'
    source = f"[{joint.join(ours for ours, _ in pairs)}]"
    try:
        left = orjson.loads(source)
        right = orjson.loads(f"[{joint.join(theirs for _, theirs in pairs)}]")
        written = orjson.dumps(left, option=orjson.OPT_SORT_KEYS)
        same = written == orjson.dumps(right, option=orjson.OPT_SORT_KEYS)
    except (ValueError, TypeError):  # orjson's for what it cannot read, and for what is too deep to write
        return False
    # A document that is not one value by itself moves the marks out of their places.
    in_place = len(left) == 2 * len(pairs) - 1 and left[1::2] == [mark] * (len(pairs) - 1)
    return same and in_place and written.count(b":") == source.count(":")


def _same_at_once(pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether all pairs are the same, in one call per side; False proves nothing.

    Both sides are parsed as one array each, with a random text between the documents: one call in
    C, where a call per document costs half as much again.
    """
    mark = secrets.token_hex(16)
    joint = f',"{mark}",'
    try:
        left = _decode(f"[{joint.join(source for source, _ in pairs)}]")
        right = _decode_unique(f"[{joint.join(target for _, target in pairs)}]")
        # A document that is not one value by itself moves the marks out of their places.
        in_place = all(len(side) == 2 * len(pairs) - 1 for side in (left, right))
        return in_place and left == right and left[1::2] == [mark] * (len(pairs) - 1)
    except (ValueError, RecursionError):
        return False


def same_document(source: str, target: str) -> bool:
    """Whether two JSON texts are the same value: numbers by value, keys without order, no key twice."""
    if source == target:
        return True
    try:
        pairs: list[tuple[object, object]] = [(_decode(source), _decode(target))]
    except (ValueError, RecursionError):
        return False
    while pairs:
        left, right = pairs.pop()
        if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
            pairs += [(left[key], right[key]) for key in left]
        elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
            pairs += zip(left, right, strict=True)
        elif not _same_scalar(left, right):
            return False
    return True


def _same_scalar(left: object, right: object) -> bool:
    if isinstance(left, bytes) and isinstance(right, bytes):
        return left == right or _number(left) == _number(right)
    return type(left) is type(right) and not isinstance(left, dict | list | tuple) and left == right


def _number(text: bytes) -> Decimal | float:
    value = text.decode()
    return Decimal(value) if value[-1].isdigit() else math.nan
