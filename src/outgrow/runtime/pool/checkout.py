"""Who has a connection of a pool, since when, and what becomes of those that nobody gives back.

`Pool` writes every check-out down here. Two things are watched for, by one thread that sleeps otherwise: a
connection that is out too long is told, once, with the line that took it; one whose last reference went
away is told and closed, which takes it back.
"""

from __future__ import annotations

import gc
import itertools
import logging
import queue
import sys
import threading
import weakref
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol

from outgrow.runtime.pool.backend import Backend

log = logging.getLogger("outgrow.runtime")

_FIND_SECONDS = 5.0
"""How long a forgotten connection has to come back: it may have something to roll back."""

_NOT_THE_APPLICATION = ("outgrow.runtime.", "contextlib.", "asyncio.", "threading.", "concurrent.")


class Forgotten(Protocol):
    """A connection whose last reference went away: what it was taken for, and how to give it back."""

    checkout: Checkout | None

    def close(self) -> None:
        """Gives it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One connection that is out: the thread or task that took it, the line of code, and for how long."""

    holder: str
    place: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.holder} at {self.place} for {self.seconds:.1f} s"


@dataclass(slots=True, eq=False, kw_only=True)
class Checkout:
    """One connection that is out, as the pool writes it down. `thread` is the number of one, 0 for a task."""

    raw: Backend
    holder: str
    place: str
    thread: int
    since: float = field(default_factory=monotonic)
    told: bool = False

    def held(self) -> Held:
        """What people are told of it."""
        return Held(holder=self.holder, place=self.place, seconds=monotonic() - self.since)


class Checkouts:
    """The connections of one pool that are out. Any thread may call.

    What is out longer than `leak_after` seconds is told; None tells of none.
    """

    def __init__(self, leak_after: float | None) -> None:
        self._leak_after = leak_after
        self._out: dict[int, Checkout] = {}
        self._changed = threading.Condition()
        self._forgotten: queue.SimpleQueue[Forgotten | None] = queue.SimpleQueue()
        self._watcher: threading.Thread | None = None
        self._numbers = itertools.count(1)
        self._noticed = 0
        self.leaked = 0

    def add(self, raw: Backend, holder: str | None, place: str | None) -> Checkout:
        """Writes down that `raw` goes out, to this thread and the line that asked unless they are named."""
        thread = threading.current_thread()
        out = Checkout(
            raw=raw,
            holder=holder or thread.name,
            place=place or place_of_call(),
            thread=0 if holder else thread.ident or 0,
        )
        with self._changed:
            self._out[id(raw)] = out
            if self._watcher is None:
                self._watcher = threading.Thread(
                    target=_watch, args=(weakref.ref(self), self._forgotten, self._leak_after),
                    name="outgrow-pool-watcher", daemon=True,
                )  # fmt: skip
                self._watcher.start()
        return out

    def remove(self, raw: Backend) -> bool:
        """Whether `raw` was out; it is not any more. Of two that give the same back only one hears True."""
        with self._changed:
            found = self._out.pop(id(raw), None)
            self._changed.notify_all()
        return found is not None

    def forget(self, connection: Forgotten) -> None:
        """Has a connection given back that is being destroyed.

        The garbage collector calls this, anywhere and in any thread, so that nothing may be locked or sent
        here: the watching thread does it.
        """
        self._noticed = next(self._numbers)
        self._forgotten.put(connection)

    def held(self) -> tuple[Held, ...]:
        """Those that are out, the longest first."""
        with self._changed:
            found = sorted(self._out.values(), key=lambda out: out.since)
        return tuple(out.held() for out in found)

    def own(self) -> Held | None:
        """The one that this very thread has longest."""
        thread = threading.get_ident()
        with self._changed:
            found = [out for out in self._out.values() if out.thread == thread]
        return min(found, key=lambda out: out.since).held() if found else None

    def wait_for_all(self, timeout: float) -> bool:
        """Waits until none is out, at most `timeout` seconds; whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._out, timeout)

    def raws(self) -> list[Backend]:
        """The connections that are out."""
        return [out.raw for out in list(self._out.values())]

    def stop(self) -> None:
        """Ends the watching thread. What is forgotten later is not noticed any more."""
        self._forgotten.put(None)

    def __del__(self) -> None:
        self._forgotten.put(None)

    def find_forgotten(self) -> bool:
        """Whether the garbage collector finds connections that were forgotten; they are back then.

        sqlite3's connections are part of a cycle, so that a forgotten one may lie about for long.
        """
        before = self.leaked
        gc.collect()
        if self._noticed <= before:
            return False
        with self._changed:
            return self._changed.wait_for(lambda: self.leaked > before, _FIND_SECONDS)

    def take_back(self, connection: Forgotten) -> None:
        """Tells of a connection that was forgotten, and closes it."""
        if (out := connection.checkout) is not None:
            log.error(
                "a connection was never given back: %s; it is taken back now. "
                "Take connections by `with`, or close them", out.held(),
            )  # fmt: skip
        try:
            connection.close()
        finally:
            with self._changed:
                self.leaked += 1
                self._changed.notify_all()

    def tell_late(self) -> None:
        """Tells of those that are out too long, of each once."""
        if self._leak_after is None:
            return
        with self._changed:
            late = [o for o in self._out.values() if not o.told and monotonic() - o.since > self._leak_after]
        for out in late:
            out.told = True
            log.warning("a connection is out longer than %g s: %s", self._leak_after, out.held())


def _watch(
    of: weakref.ref[Checkouts], forgotten: queue.SimpleQueue[Forgotten | None], leak_after: float | None
) -> None:
    """The life of the watching thread. It keeps no pool alive."""
    tick = None if leak_after is None else max(leak_after / 4, 0.01)
    while True:
        connection: Forgotten | None = None
        try:
            connection = forgotten.get(timeout=tick)
            if connection is None:
                return
        except queue.Empty:
            pass
        checkouts = of()
        if checkouts is None:
            return
        try:
            if connection is not None:
                checkouts.take_back(connection)
            checkouts.tell_late()
        except Exception:
            log.exception("the pool's watching thread met an error, and goes on")
        del checkouts, connection


def place_of_call() -> str:
    """`file:line` of the nearest caller that is the application's."""
    frame: Any = sys._getframe(1)  # noqa: SLF001 - traceback and inspect are a hundred times slower
    while frame.f_back is not None:
        name = f"{frame.f_globals.get('__name__', '')}."
        if not name.startswith(_NOT_THE_APPLICATION):
            break
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
