"""Parameters on their way to SQLite, seen without being changed.

`recording` must write what SQLite is given, which is what an adapter makes of a value at the moment when it
is bound; and it must not call an adapter twice, nor ask a mapping for keys that the statement does not. So
what is not plain goes in a wrapper that adapts itself as the original would. Standard library only.
"""

from __future__ import annotations

import _sqlite3
from collections.abc import Iterator
from typing import Any

from outgrow.runtime.launch.encoding import to_json

_PLAIN = (int, float, str, bytes, bytearray, memoryview, type(None))
CHUNK = 500


class _Adapting:
    """A value that is adapted when SQLite asks, once, and remembers what came of it."""

    def __init__(self, original: object) -> None:
        self.original = self.result = original


def _adapted(value: _Adapting) -> Any:
    value.result = _sqlite3.adapt(value.original, _sqlite3.PrepareProtocol, value.original)
    return value.result


def begin() -> None:
    """Has SQLite ask the wrapper; before the first connection is recorded."""
    _sqlite3.register_adapter(_Adapting, _adapted)


class _Row:
    """A sequence of the program's own class, asked for what SQLite asks."""

    def __init__(self, original: Any, seen: dict[Any, Any]) -> None:
        self._original, self._seen = original, seen

    def __len__(self) -> int:
        return len(self._original)

    def __getitem__(self, place: int) -> Any:
        value = self._seen[place] = _passed(self._original[place])
        return value


class _Mapping(dict[Any, Any]):
    """A mapping of the program's, asked for what SQLite asks."""

    def __init__(self, original: Any, seen: dict[Any, Any]) -> None:
        super().__init__()
        self._original, self._seen = original, seen

    def __getitem__(self, key: Any) -> Any:
        value = self._seen[key] = _passed(self._original[key])
        return value


class Seen:
    """The parameters of one execution: `passed` goes to SQLite, `as_json` is for the recording afterwards."""

    def __init__(self, given: Any) -> None:
        self._by_key: dict[Any, Any] | None = None
        if type(given) in (tuple, list):
            self.passed: Any = tuple(map(_passed, given))
        elif isinstance(given, dict):
            self._by_key = {}
            self.passed = _Mapping(given, self._by_key)
        elif hasattr(type(given), "__getitem__") and hasattr(type(given), "__len__"):
            self._by_place: dict[Any, Any] = {}
            self.passed = _Row(given, self._by_place)
        else:
            self.passed = given

    def as_json(self) -> Any:
        """A list, or an object for named ones; the name of the class of what SQLite does not take."""
        if self._by_key is not None:
            return {str(key): to_json(_result(value)) for key, value in self._by_key.items()}
        if isinstance(self.passed, tuple):
            return [to_json(_result(value)) for value in self.passed]
        if isinstance(self.passed, _Row):
            return [to_json(_result(self._by_place[place])) for place in sorted(self._by_place)]
        return type(self.passed).__qualname__


class SeenMany:
    """The sets of one executemany, seen as SQLite takes them; `spill` gets every full chunk of them."""

    def __init__(self, given: Any, spill: Any) -> None:
        self._spill = spill
        self._sets: list[Any] = []
        self._last: Seen | None = None
        self.passed = self._each(iter(given))

    def _each(self, sets: Iterator[Any]) -> Iterator[Any]:
        for given in sets:
            self._settle()
            self._last = Seen(given)
            yield self._last.passed

    def _settle(self) -> None:
        if self._last is not None:
            self._sets.append(self._last.as_json())
            self._last = None
        if len(self._sets) >= CHUNK:
            self._spill(self._sets)
            self._sets = []

    def as_json(self) -> list[Any]:
        """The sets that were not spilled."""
        self._settle()
        return self._sets


def _passed(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN and (kind, _sqlite3.PrepareProtocol) not in _sqlite3.adapters:
        return value
    return _Adapting(value)


def _result(value: Any) -> Any:
    return value.result if isinstance(value, _Adapting) else value
