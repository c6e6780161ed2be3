"""One recorded connection in a replay: a thread of its own, since PostgreSQL may have it wait for another.

Used by `replaying`, which decides when each call is made.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Mapping
from typing import Any, Protocol

from outgrow.runtime.dbapi.connection import Connection
from outgrow.runtime.launch.comparing import Gave

Event = Mapping[str, Any]
"""A line of a recording."""


class Maker(Protocol):
    """What a line has its calls made by, in its own thread."""

    def make(self, line: Line, event: Event) -> None:
        """Makes one call. Whatever it raises ends the replay."""

    def leave(self, line: Line) -> None:
        """Ends the line's connection."""


class Line(threading.Thread):
    """The thread of one connection.

    `cursors` are those whose rows the program fetched, by statement; `put_off` counts the calls that are not
    given yet.
    """

    def __init__(self, maker: Maker, name: str) -> None:
        super().__init__(daemon=True, name=f"replay of {name}")
        self._maker = maker
        self._calls: queue.SimpleQueue[tuple[Event, threading.Event] | None] = queue.SimpleQueue()
        self._last: threading.Event | None = None
        self._failed: BaseException | None = None
        self.connection: Connection | None = None
        self.pid = 0
        self.put_off = 0
        self.cursors: dict[str, tuple[sqlite3.Cursor, Event, Gave]] = {}

    def give(self, event: Event) -> None:
        """Has a call made after those before it."""
        self._last = threading.Event()
        self._calls.put((event, self._last))

    def is_idle(self, seconds: float) -> bool:
        """Whether everything is done, waiting that long for it. Raises what went wrong in the thread."""
        done = self._last is None or self._last.wait(seconds)
        if self._failed is not None:
            raise self._failed
        return done

    def is_free(self) -> bool:
        """Whether its connection, which must be idle, has no transaction, so that nobody waits for it."""
        if self.connection is None:
            return False
        try:
            return not self.connection.in_transaction
        except sqlite3.ProgrammingError:  # it is closed
            return True

    def end(self) -> None:
        """Ends the thread after its last call."""
        self._calls.put(None)

    def run(self) -> None:
        """The thread itself."""
        while (call := self._calls.get()) is not None:
            event, done = call
            try:
                if self._failed is None:
                    self._maker.make(self, event)
            except BaseException as error:  # raised again where it is waited for
                self._failed = error
            done.set()
        self._maker.leave(self)
