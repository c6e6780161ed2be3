"""The file of a recording: JSON lines, appended to by several processes at a time, read by `replaying`.

A line is one write to a descriptor in append mode, which the kernel does not mix with another's on a local
file system; so a program that is killed leaves whole lines. docs/reference/recording.md describes every
line. Standard library only.
"""

from __future__ import annotations

import heapq
import itertools
import json
import os
import platform
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

VERSION = 1
_WINDOW = 2000  # lines of different processes are out of order by microseconds, so by fewer lines than this


class Writer:
    """Appends events. `clock` is the moment that times are counted from, in ns of time.monotonic_ns()."""

    def __init__(self, path: str, clock: int) -> None:
        self._path, self._clock = path, clock
        self._opened = -1
        self._pid = 0
        self._numbers = itertools.count(1)
        self.renew()

    def now(self) -> int:
        """Microseconds since the recording began."""
        return (time.monotonic_ns() - self._clock) // 1000

    def number(self) -> str:
        """A name that no other connection or statement of the recording has."""
        return f"{os.getpid()}.{next(self._numbers)}"

    def renew(self) -> None:
        """After a fork: another thread of the parent may have held the lock.

        The garbage collector may destroy a connection in the midst of `write`, and that is an event too: the
        lock lets its own thread in again.
        """
        self._lock = threading.RLock()

    def write(self, event: dict[str, Any]) -> None:
        """Appends one line. Raises OSError."""
        with self._lock:
            if self._pid != os.getpid():
                self._begin()
            self._append(event)

    def _begin(self) -> None:
        """The first line of this process, which may be the fork of another."""
        if self._opened < 0:
            self._opened = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._pid = os.getpid()
        import _sqlite3  # noqa: PLC0415 - a replay does without

        self._append({
            "event": "process", "at": self.now(), "pid": self._pid, "sqlite": _sqlite3.sqlite_version,
            "python": platform.python_version(), "program": Path(sys.argv[0]).name if sys.argv else "",
        })  # fmt: skip

    def _append(self, event: dict[str, Any]) -> None:
        line = (json.dumps(event, separators=(",", ":"), allow_nan=False) + "\n").encode()
        while line:  # all of it at once, unless the disk is full
            line = line[os.write(self._opened, line) :]


def begin(path: Path, header: Mapping[str, Any]) -> None:
    """Makes the file with its first line, readable for its owner alone. Raises OSError, also if it exists."""
    first = {
        "outgrow": "recording", "version": VERSION, **header,
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w") as out:
        out.write(json.dumps(first) + "\n")


class RecordingError(Exception):
    """The file is no recording; says which line is wrong."""


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The header, then all events by `at`, the moment when they ended. Raises RecordingError and OSError.

    A last line that is cut short, as by a full disk, is left out.
    """
    lines = _lines(path)
    header = next(lines, (0, {}))[1]
    if header.get("outgrow") != "recording":
        raise RecordingError(f"{path} is no recording; make one with outgrow run --record")
    if header.get("version") != VERSION:
        raise RecordingError(
            f"{path} has the format {header.get('version')}, this outgrow reads {VERSION}; record it again"
        )
    yield header
    window: list[tuple[int, int, dict[str, Any]]] = []
    for number, event in lines:
        heapq.heappush(window, (event.get("at", 0), number, event))
        if len(window) > _WINDOW:
            yield heapq.heappop(window)[2]
    while window:
        yield heapq.heappop(window)[2]


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as content:
        for number, line in enumerate(content, 1):
            try:
                event = json.loads(line)
            except ValueError as error:
                if number > 1 and not line.endswith(b"\n"):
                    return
                raise RecordingError(f"{path}, line {number} is no JSON; record it again") from error
            if not isinstance(event, dict):
                raise RecordingError(f"{path}, line {number} is no object; record it again")
            yield number, event
