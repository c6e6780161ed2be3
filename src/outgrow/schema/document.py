"""A model of the target as a JSON document, and back: what the target keeps for those who run SQL on it.

Every dataclass becomes an object of its fields that differ from their defaults, every tuple and set an array;
what a document lacks has its default, so an older one can be read. Written and read by `move.model`. Pure.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Made = TypeVar("Made")


def dump(value: Any) -> str:
    """The document of a dataclass of plain values, enums, dataclasses, tuples and sets of them."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def load(kind: type[Made], text: str) -> Made:
    """The inverse of `dump`. Raises ValueError, KeyError or TypeError for a document of something else."""
    read: Callable[[Any], Made] = _reader(cast("Any", kind))
    return read(json.loads(text))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        kept = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: _plain(part) for field, part in kept if part != _default(field)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, frozenset):
        return sorted(_plain(part) for part in value)
    return value


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What makes a value of that annotation from its part of the document."""
    if is_dataclass(kind):
        return _object(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return _optional(arguments)
    if origin is tuple:
        return _tuple(arguments)
    if origin is frozenset:
        each = _reader(arguments[0])
        return lambda part: frozenset(map(each, part))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if origin is Literal or kind in {str, int, float, bool}:
        return _itself
    raise TypeError(f"no document holds a {kind}")


def _itself(part: Any) -> Any:
    return part


def _object(kind: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    readers: dict[str, Callable[[Any], Any]] = {}

    def read(part: Any) -> Any:
        if not readers:  # here, because a class may hold values of its own kind
            readers.update({field.name: _reader(hints[field.name]) for field in fields(kind)})
        return kind(**{name: readers[name](inner) for name, inner in part.items()})

    return read


def _optional(arguments: Iterable[Any]) -> Callable[[Any], Any]:
    (inner,) = (_reader(each) for each in arguments if each is not types.NoneType)
    return lambda part: None if part is None else inner(part)


def _tuple(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        each = _reader(arguments[0])
        return lambda part: tuple(map(each, part))
    readers = tuple(map(_reader, arguments))
    return lambda part: tuple(read(inner) for read, inner in zip(readers, part, strict=True))
