"""Takes out of an output or a value what no two runs have in common: the time at which they ran.

Only moments within the run are taken out; any other time is compared. What else differs between two runs on
SQLite is named, with its reason, in `Program.masks`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from lockstep.program import Mask

_SLACK = 3.0
_EPOCH = re.compile(r"(?<![\w.])\d{10}(?:\.\d+|\d{3}|\d{6}|\d{9})?(?!\w)")
_CALENDAR = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[T .]?(\d\d):?(\d\d)(?::?(\d\d))?(?:[.,]\d+)?(?:Z|[+-]00:?00)?(?![\d:])"
)
_TRACE_BEGINS = re.compile(r"^(?:Traceback \(most recent call last\):|psycopg\.errors\.)", re.MULTILINE)
_CAUSE = "The above exception was the direct cause of the following exception:"
_UNITS = (1, 10**3, 10**6, 10**9)


class Masks:
    """The masks of one run that began at `began` (seconds since 1970)."""

    def __init__(self, began: float, masks: Iterable[Mask] = ()) -> None:
        self._began = began
        self._own = [re.compile(mask.pattern) for mask in masks]

    def text(self, text: str) -> str:
        """The text with `<now>` for moments of the run and `<differs>` for what the program's masks name."""
        text = _without_frames(text)
        for pattern in self._own:
            text = pattern.sub("<differs>", text)
        text = _CALENDAR.sub(self._calendar, text)
        return _EPOCH.sub(self._epoch, text)

    def value(self, value: Any) -> Any:
        """The same for a value of a row."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self._bytes(value)
        if isinstance(value, int | float) and any(self._in_run(value / unit) for unit in _UNITS):
            return "<now>"
        if isinstance(value, int) and any(pattern.fullmatch(str(value)) for pattern in self._own):
            return "<differs>"
        return value

    def _bytes(self, value: bytes) -> bytes:
        """A pickle, say, holds texts that the program's masks know."""
        text = value.decode("latin-1")
        for pattern in self._own:
            text = pattern.sub("<differs>", text)
        return text.encode("latin-1")

    def _epoch(self, found: re.Match[str]) -> str:
        text = found.group()
        number = float(text) / 10 ** (len(text.partition(".")[0]) - 10)
        return "<now>" if self._in_run(number) else text

    def _calendar(self, found: re.Match[str]) -> str:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        try:
            moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
        except ValueError:
            return found.group()
        slack = 60 if found.group(6) is None else 0
        return "<now>" if self._in_run(moment + slack) or self._in_run(moment) else found.group()

    def _in_run(self, moment: float) -> bool:
        return self._began - _SLACK <= moment <= time.time() + _SLACK


def _without_frames(text: str) -> str:
    """Tracebacks by their last line: without frames, and without the driver's error behind SQLite's."""
    while _CAUSE in text:
        before, _, after = text.partition(_CAUSE)
        begins = _TRACE_BEGINS.search(before)
        text = (before[: begins.start()] if begins else before) + after.lstrip("\n")
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        if line.startswith("Traceback (most recent call last):"):
            inside = True
        elif not (inside and line.startswith("  ")):
            kept.append(line)
            inside = False
    return "".join(kept)
