"""How SQLite reads the value that a pragma is given.

Rules: https://www.sqlite.org/pragma.html, and sqlite3GetBoolean and its neighbours in SQLite's pragma.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_SWITCHES = {"on": 1, "yes": 1, "true": 1, "off": 0, "no": 0, "false": 0}
_TEMPORARY = {"file": 1, "memory": 2}


def number(text: str, bits: int = 32) -> int:
    """The digits that the text begins with, or the hexadecimal ones; 0 where there are none or too many."""
    hexadecimal = re.match(r"0[xX]([0-9a-fA-F]+)", text)
    decimal = re.match(r"[+-]?[0-9]+", text)
    value = int(hexadecimal[1], 16) if hexadecimal else int(decimal[0]) if decimal else 0
    return value if abs(value) < 2 ** (bits - 1) else 0


def switch(text: str) -> int:
    """1 for on, 0 for off and for what is neither."""
    value = number(text) % 256 if text[:1].isdigit() else _SWITCHES.get(text.lower(), 0)
    return int(value != 0)


def synchronous(text: str) -> int:
    """A level from OFF to EXTRA; 1 for a word that is none."""
    words = _SWITCHES | {"full": 2, "extra": 3}
    level = number(text) % 256 if text[:1].isdigit() else words.get(text.lower(), 1)
    return max((level + 1) % 8, 1) - 1


def temp_store(text: str) -> int:
    """Where temporary tables are: 1 a file, 2 memory, 0 as the library was built."""
    return int(text[0]) if text[:1] in {"0", "1", "2"} else _TEMPORARY.get(text.lower(), 0)


def mmap_size(text: str) -> int:
    """A size up to what the library was built with."""
    return min(max(number(text, 64), 0), 0x7FFF0000)


def secure_delete(text: str) -> int:
    """A switch that also knows "fast"."""
    return 2 if text.lower() == "fast" else switch(text)


def chosen(*words: str) -> Callable[[str], str | None]:
    """One of those words in lower case; anything else changes nothing."""
    return lambda text: text.lower() if text.lower() in words else None


def at_least(least: int) -> Callable[[str], int]:
    """A number of 64 bits, `least` for one that is smaller."""
    return lambda text: max(number(text, 64), least)


def up_to(most: int) -> Callable[[str], int | None]:
    """A number that is not negative, at most that; anything else changes nothing."""
    return lambda text: min(int(text), most) if re.fullmatch(r"\+?[0-9]+", text) else None
