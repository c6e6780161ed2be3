"""Where the recorded connections of one process put what they saw: events for the journal.

Nothing that goes wrong here may reach the program: the first failure ends the recording, is said on stderr
and makes `outgrow run` end with an error. Used by `recording`; writes with `journal`. Standard library only.
"""

from __future__ import annotations

import atexit
import os
import time
import weakref
from typing import Any

from outgrow.runtime.launch import reporting
from outgrow.runtime.launch.encoding import Digest, to_json
from outgrow.runtime.launch.journal import Writer
from outgrow.runtime.launch.targets import Target


class Fetched:
    """What was fetched of one statement's result so far; `ns` is the time that it took."""

    __slots__ = ("complete", "digest", "error", "keep", "kept", "ns", "number")

    def __init__(self, number: str, keep: int) -> None:
        self.number, self.keep = number, keep
        self.digest = Digest()
        self.kept: list[list[Any]] = []
        self.complete = False
        self.error: BaseException | None = None
        self.ns = 0

    def add(self, row: tuple[Any, ...]) -> None:
        """One more row, as SQLite holds it."""
        self.digest.add(row)
        if len(self.kept) < self.keep:
            self.kept.append([to_json(value) for value in row])


class Recorder:
    """Writes the events of all connections of this process to one file."""

    def __init__(self, target: Target) -> None:
        self._writer = Writer(target.record, target.clock)
        self._broken = False
        self._open: dict[int, weakref.ref[Any]] = {}
        self.rows = target.rows
        self.number = self._writer.number
        atexit.register(self.finish)
        os.register_at_fork(after_in_child=self._forked)

    def note(self, event: str, began: int, **facts: Any) -> None:
        """An event that has just ended; `began` is of time.perf_counter_ns()."""
        if self._broken:
            return
        us = (time.perf_counter_ns() - began) // 1000
        self._write({"event": event, "at": self._writer.now(), "us": us, **facts})

    def note_rows(self, fetched: Fetched) -> None:
        """What was fetched, once nothing more can be."""
        facts = {"n": fetched.number, "complete": fetched.complete, **fetched.digest.facts()}
        if fetched.kept:
            facts["rows"] = fetched.kept
        if fetched.error is not None:
            facts["error"] = error_facts(fetched.error)
        self._write({"event": "rows", "at": self._writer.now(), "us": fetched.ns // 1000, **facts})

    def keep(self, cursor: Any) -> None:
        """Remembers a cursor that has rows left, so that they are written whatever becomes of it."""
        self._open[id(cursor)] = weakref.ref(cursor)

    def forget(self, cursor: Any) -> None:
        """The cursor's rows are written."""
        self._open.pop(id(cursor), None)

    def finish(self, connection: str | None = None) -> None:
        """Writes what was fetched by the cursors of that connection, or of all."""
        for reference in list(self._open.values()):
            cursor = reference()
            if cursor is not None and connection in (None, cursor.outgrow_name):
                cursor.outgrow_finish()

    def _forked(self) -> None:
        """What was open belongs to the parent."""
        self._open.clear()
        self._writer.renew()

    def _write(self, event: dict[str, Any]) -> None:
        if self._broken:
            return
        try:
            self._writer.write(event)
        except Exception as error:  # see the module's docstring
            self.broke(error)

    def broke(self, error: BaseException) -> None:
        """Ends the recording."""
        if not self._broken:
            self._broken = True
            why = f"the recording ends here: {type(error).__name__}: {error}"
            reporting.say("unrecorded", why)
            os.write(2, f"outgrow: {' '.join(why.split())}\n".encode(errors="backslashreplace"))


def error_facts(error: BaseException) -> dict[str, Any]:
    """An error as a line of the recording holds it."""
    kind = type(error)
    facts = {"class": kind.__qualname__, "message": str(error)}
    if kind.__module__ not in ("builtins", "sqlite3"):
        facts["class"] = f"{kind.__module__}.{kind.__qualname__}"
    name = getattr(error, "sqlite_errorname", None)
    return facts | ({"name": name} if name else {})
