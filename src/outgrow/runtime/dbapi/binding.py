"""The values that a program binds: which belongs to which parameter, adapted as sqlite3 does, with its class.

Used by `cursor`, before `statement` translates for those classes. Rules:
https://docs.python.org/3/library/sqlite3.html#how-to-adapt-custom-python-types-to-sqlite-values
"""

from __future__ import annotations

import datetime
import decimal
import json
import math
import sqlite3
import sys
import uuid
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from outgrow.schema.lexer import TokenError, tokens
from outgrow.translate.value import Kind

_KINDS: dict[type, Kind] = {
    int: "integer", float: "real", str: "text", bytes: "blob", type(None): "null", bool: "integer",
    bytearray: "blob", memoryview: "blob",
}  # fmt: skip
_BASES: tuple[tuple[type, Kind], ...] = ((int, "integer"), (float, "real"), (str, "text"))
_PLAIN: frozenset[Kind | None] = frozenset({"text", "blob", "null"})
"""Classes of whose values nothing is to be looked at."""
_LEAST, _GREATEST = -(2**63), 2**63 - 1


class MisboundError(Exception):
    """The values do not go with the statement; sqlite3 itself says in which way, see `Layout.probe`."""


class Layout:
    """The parameters of one statement by number: the name of each, with its mark, or None."""

    __slots__ = ("count", "is_named", "names", "probe")

    def __init__(self, sql: str) -> None:
        self.names = _names(sql)
        self.count = len(self.names)
        self.is_named = sys.version_info >= (3, 12) and any(map(_is_word, self.names))
        listed = ", ".join(name or "?" for name in self.names)  # in their order, so each has its number
        self.probe = f"SELECT {listed}" if self.names else "SELECT 1"

    def values(self, given: Any) -> Sequence[Any]:
        """The values by number; MisboundError when they are not all there, or some are too many."""
        kind = type(given)
        if kind is tuple or kind is list:
            if len(given) != self.count:
                raise MisboundError
            if self.is_named:
                self._warn()
            values: Sequence[Any] = given
            return values
        if (not isinstance(given, dict) and isinstance(given, Sequence)) or _is_sequence(given):
            found = list(given) if isinstance(given, Sequence) else [given[i] for i in range(len(given))]
            if len(found) != self.count:
                raise MisboundError
            if self.is_named:
                self._warn()
            return found
        return self._by_name(given)

    def _warn(self) -> None:
        """What sqlite3 says from Python 3.12 on of a sequence for parameters with names."""
        if sys.version_info >= (3, 14):
            raise MisboundError
        if sys.version_info >= (3, 12):
            for number, name in enumerate(self.names, 1):
                if _is_word(name):
                    warnings.warn(
                        f"Binding {number} ('{name}') is a named parameter, but you supplied a sequence "
                        "which requires nameless (qmark) placeholders. Starting with Python 3.14 an "
                        "sqlite3.ProgrammingError will be raised.",
                        DeprecationWarning,
                        skip_file_prefixes=(str(Path(__file__).parent),),
                    )

    def _by_name(self, given: Any) -> Sequence[Any]:
        if not isinstance(given, Mapping) and not hasattr(type(given), "__getitem__"):
            raise MisboundError
        found = []
        for name in self.names:
            if name is None:
                raise MisboundError
            try:
                found.append(given[name[1:]])
            except LookupError:
                raise MisboundError from None
        return found


def _is_word(name: str | None) -> bool:
    """Whether a parameter has a name that is no number."""
    return name is not None and not name.startswith("?")


def _is_sequence(given: Any) -> bool:
    """Whether it counts as one for sqlite3: anything with a length and places that is no mapping."""
    kind = type(given)
    return (
        not isinstance(given, dict | Mapping)
        and hasattr(kind, "__len__") and hasattr(kind, "__getitem__")
        and not hasattr(kind, "__missing__") and not hasattr(kind, "keys")
    )  # fmt: skip


def _names(sql: str) -> tuple[str | None, ...]:
    names: dict[int, str | None] = {}
    known: dict[str, int] = {}
    try:
        for token in tokens(sql):
            if token.kind != "parameter":
                continue
            text = token.text
            if text == "?":
                names[max(names, default=0) + 1] = None
            elif text[0] == "?":
                number = int(text[1:])
                names.setdefault(number, text)
            elif text not in known:
                known[text] = max(names, default=0) + 1
                names[known[text]] = text
    except TokenError:
        pass
    return tuple(names.get(number) for number in range(1, max(names, default=0) + 1))


def classified(
    values: Sequence[Any], adapt: Callable[[Any], Any] | None = None
) -> tuple[Sequence[Any], tuple[Kind, ...]]:
    """The values as SQLite's own, and the storage class of each.

    `adapt` comes before sqlite3's adapters. Raises MisboundError for a value that SQLite does not take, and
    whatever an adapter raises.
    """
    kinds = [_KINDS.get(type(value)) for value in values]
    adapts_all = _base_types_adapted()
    if not adapts_all and _are_plain(values, kinds):
        return values, tuple(kind for kind in kinds if kind is not None)
    made: list[Any] = []
    found: list[Kind] = []
    for place, kind in enumerate(kinds):
        value = values[place]  # IndexError, as in sqlite3, where an adapter shortens the list
        if kind is None or (adapts_all and value is not None):
            value = _adapted(value, adapt)
        now: Kind | None = _KINDS.get(type(value)) or _kind_of_subclass(value)
        if now is None:
            raise MisboundError
        if now == "integer" and not _LEAST <= value <= _GREATEST:
            raise MisboundError
        if now == "real" and math.isnan(value):  # SQLite stores NaN as NULL
            value, now = None, "null"
        made.append(value)
        found.append(now)
    return made, tuple(found)


def _are_plain(values: Sequence[Any], kinds: Sequence[Kind | None]) -> bool:
    """Whether SQLite stores the values as they are."""
    if _PLAIN.issuperset(kinds):
        return True
    for value, kind in zip(values, kinds, strict=False):
        if kind is None or (kind == "real" and math.isnan(value)):
            return False
        if kind == "integer" and not _LEAST <= value <= _GREATEST:
            return False
    return len(values) == len(kinds)


_DEFAULT_ADAPTERS = len(sqlite3.adapters)


def _base_types_adapted() -> bool:
    """Whether a program has registered an adapter for int, float, str, bytes or the like."""
    if len(sqlite3.adapters) == _DEFAULT_ADAPTERS:
        return False
    return any((kind, sqlite3.PrepareProtocol) in sqlite3.adapters for kind in _KINDS)


def _adapted(value: Any, adapt: Callable[[Any], Any] | None) -> Any:
    if adapt is not None:
        value = adapt(value)
    return sqlite3.adapt(value, sqlite3.PrepareProtocol, value)


def _kind_of_subclass(value: Any) -> Kind | None:
    for kind, name in _BASES:
        if isinstance(value, kind):
            return name
    try:
        memoryview(value)
    except TypeError:
        return None
    return "blob"


def native(value: Any) -> Any:
    """A Python value of a richer type as the text that SQLite would have held of it."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return value
