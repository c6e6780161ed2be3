"""PostgreSQL with a SQLite file that stands in while it is down: for those who have asked for it by name.

A fallback that nobody notices is how a program writes into the wrong database for weeks. So this one reads
only, unless asked otherwise, and every switch is a line of level CRITICAL in the log and a warning of a
category of its own; while it lasts the health check is not ok.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import warnings
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from outgrow.runtime.adapter.base import DatabaseAdapter, DbType, Health
from outgrow.runtime.adapter.sqlite import SQLiteAdapter
from outgrow.runtime.pool.shortage import ServerUnreachable

log = logging.getLogger("outgrow.runtime")


class FallbackWarning(UserWarning):
    """The application speaks to the SQLite file that stands in for PostgreSQL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallenBack:
    """Why and since when (UTC) a SQLite file stands in, and whether it is written to."""

    reason: str
    since: datetime
    path: str
    mode: Literal["read-only", "read-write"]

    def __str__(self) -> str:
        since = f"{self.since:%Y-%m-%d %H:%M:%S} UTC"
        return f"{self.mode} on the SQLite file {self.path} since {since}: {self.reason}"


class FallbackAdapter(DatabaseAdapter):
    """Lends the connections of `primary`; while its server does not answer, those of the file `fallback`.

    Only a server that nobody answers for makes it switch: not one that refuses, nor a pool that is used up.
    The file is never made. Every `probe_every` seconds it asks whether the server answers again, and
    then goes back. What was written to the file meanwhile stays there.
    """

    def __init__(
        self, primary: DatabaseAdapter, fallback: SQLiteAdapter, *, probe_every: float = 5.0
    ) -> None:
        if fallback.mode == "rwc":
            raise ValueError("a fallback must not make its file: open it with the mode ro or rw")
        self.primary, self.fallback = primary, fallback
        self.probe_every = probe_every
        self._fallen: FallenBack | None = None
        self._lock = threading.Lock()
        self._closed = threading.Event()

    @property
    def fallen_back(self) -> FallenBack | None:
        """Why and since when the file stands in; None while PostgreSQL is in use."""
        return self._fallen

    @contextmanager
    def get_connection(self) -> Iterator[sqlite3.Connection]:
        """As `DatabaseAdapter.get_connection`, of whichever database is in use."""
        with ExitStack() as stack:
            yield self._entered(stack)

    def _entered(self, stack: ExitStack) -> sqlite3.Connection:
        if self._fallen is None:
            try:
                return stack.enter_context(self.primary.get_connection())
            except ServerUnreachable as error:
                self._fall_back(error)
        return stack.enter_context(self.fallback.get_connection())

    def _fall_back(self, error: ServerUnreachable) -> None:
        with self._lock:
            if self._fallen is not None or self._closed.is_set():
                return
            health = self.fallback.health_check()
            if not health.ok:
                raise ServerUnreachable(f"{error}; and {health.detail}") from error
            mode: Literal["read-only", "read-write"] = (
                "read-only" if self.fallback.mode == "ro" else "read-write"
            )
            self._fallen = FallenBack(
                reason=str(error), since=datetime.now(UTC), path=self.fallback.path, mode=mode
            )
            threading.Thread(
                target=_probe, args=(weakref.ref(self), self._closed, self.probe_every),
                name="outgrow-fallback-probe", daemon=True,
            ).start()  # fmt: skip
        said = f"PostgreSQL does not answer; the application now works {self._fallen}"
        log.critical("%s", said)
        warnings.warn(said, FallbackWarning, stacklevel=5)  # the line of the application's `with`

    def go_back(self) -> bool:
        """Whether PostgreSQL is in use, after it was asked and, where it answers, taken again."""
        if self._fallen is None:
            return True
        if not self.primary.health_check().ok:
            return False
        with self._lock:
            fallen, self._fallen = self._fallen, None
        if fallen is not None:
            kept = f"; what was written to {fallen.path} meanwhile is not in it"
            log.critical(
                "PostgreSQL answers again, and is in use%s", kept if fallen.mode == "read-write" else ""
            )
        return True

    def get_db_type(self) -> DbType:
        """As of whichever database is in use: "sqlite" while the file stands in."""
        return self.primary.get_db_type() if self._fallen is None else "sqlite"

    def health_check(self) -> Health:
        """PostgreSQL's health; not ok while the file stands in, whatever state that is in."""
        if (fallen := self._fallen) is None:
            return self.primary.health_check()
        return Health(ok=False, db_type="sqlite", latency=None, detail=f"fallen back, {fallen}")

    def close(self) -> None:
        """As `DatabaseAdapter.close`, of both."""
        self._closed.set()
        self.primary.close()
        self.fallback.close()


def _probe(of: weakref.ref[FallbackAdapter], closed: threading.Event, every: float) -> None:
    """The life of the thread that asks whether PostgreSQL answers again."""
    while not closed.wait(every):
        adapter = of()
        if adapter is None or adapter.go_back():
            return
        del adapter
