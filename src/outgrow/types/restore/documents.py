"""When two JSON texts are the same value: what verification asks of jsonb."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Sequence
from decimal import Decimal


def _members(pairs: list[tuple[str, object]]) -> object:
    """An object; one with a repeated key becomes something that equals none."""
    members = dict(pairs)
    return members if len(members) == len(pairs) else tuple(pairs)


# Numbers stay texts (as bytes), so that 1, 1.0 and true are three things.
_decode = json.JSONDecoder(object_pairs_hook=_members, parse_int=str.encode, parse_float=str.encode).decode
_decode_unique = json.JSONDecoder(parse_int=str.encode, parse_float=str.encode).decode


def same_documents(source: Sequence[str], target: Sequence[str]) -> bool:
    """Whether all pairs of JSON texts are the same value, as `same_document` has it.

    Both sides are parsed as one array each, with a random text between the documents: one call in
    C, where a call per document costs half as much again. What that cannot tell apart at once is
    compared one by one.
    """
    return _same_at_once(source, target) or all(map(same_document, source, target))


def _same_at_once(source: Sequence[str], target: Sequence[str]) -> bool:
    mark = secrets.token_hex(16)
    joint = f',"{mark}",'
    try:
        left = _decode(f"[{joint.join(source)}]")
        right = _decode_unique(f"[{joint.join(target)}]")
        # A document that is not one value by itself moves the marks out of their places.
        in_place = all(len(side) == 2 * len(source) - 1 for side in (left, right))
        return in_place and left == right and left[1::2] == [mark] * (len(source) - 1)
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
