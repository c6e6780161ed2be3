"""What a value was before a converter or text factory of the program made something else of it.

`recording` writes digests of what SQLite holds, but SQLite's own code calls converters and text factories
before anybody sees a row. So each is wrapped: while a recorded cursor fetches, it notes what it was given and
what it gave, and `stored` finds the one by the other. Standard library only.
"""

from __future__ import annotations

import _sqlite3
import functools
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

_real_register = _sqlite3.register_converter


class Converted(NamedTuple):
    """A value that went through a converter: its bytes, as text where it is a number or a text."""

    raw: bytes


class _Notes(threading.local):
    """What the fetch of this thread has seen of its present row; None outside of one."""

    seen: list[tuple[object, object]] | None = None


notes = _Notes()


def register_converter(typename: str, converter: Callable[[bytes], Any], /) -> None:
    """What a program finds as `sqlite3.register_converter`."""
    if not callable(converter):
        _real_register(typename, converter)
        return

    @functools.wraps(converter)
    def noting(raw: bytes) -> Any:
        seen = notes.seen
        result = converter(raw)
        if seen is not None:
            seen.append((Converted(raw), result))
        return result

    _real_register(typename, noting)


def noting_text(factory: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """A text factory that does what `factory` does, and notes the text."""

    def noting(raw: bytes) -> Any:
        seen = notes.seen
        result = factory(raw)
        if seen is not None:
            seen.append((raw.decode("utf-8", "surrogateescape"), result))
        return result

    return noting


def stored(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values of the row just fetched as SQLite held them; forgets what was noted for it."""
    seen = notes.seen
    if not seen:
        return row
    found = []
    position = 0
    for value in row:
        if position < len(seen) and seen[position][1] is value:
            found.append(seen[position][0])
            position += 1
        else:
            found.append(value)
    seen.clear()
    return tuple(found)
