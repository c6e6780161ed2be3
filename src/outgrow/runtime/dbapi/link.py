"""What belongs to one connection of psycopg, however often it is handed out: its wire and its session.

A pool gives the same connection to one user after another; what is prepared on the server, which model is
known and what was set must not be asked anew each time. Used by `standing`.
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from typing import Any

import psycopg

from outgrow.postgres.kept_model import CHANNEL
from outgrow.runtime.dbapi import forks
from outgrow.runtime.dbapi.known import Known, known, place_of, version_of
from outgrow.runtime.dbapi.opening import circumstances, with_functions
from outgrow.runtime.dbapi.wire import Wire


class Link:
    """One connection with its session. `pooled` says that a pooler stands between it and the server.

    `hurries` says that a result has to be taken in at once: the time that a program takes to read would
    count as the statement's, or keep a process of the server from the pooler's other clients.
    """

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        raw.prepare_threshold = None  # `wire` prepares
        forks.watch(raw)
        self.raw = raw
        with_functions(raw)
        self.pooled, limited = circumstances(raw)
        self.hurries = self.pooled or limited
        self.place = place_of(raw)
        self.wire = Wire(raw, prepare=not self.pooled)
        self.changed = False
        self._known: dict[str, Known] = {}
        self._milliseconds: int | None = None
        if not self.pooled:
            raw.execute(f"LISTEN {CHANNEL}")

    def known(self, schema: str) -> Known:
        """What is known of a schema, read anew when somebody has defined something."""
        found = self._known.get(schema)
        if found is None or self.wire.notified or (self.pooled and self.version(schema) != found.version):
            self.wire.notified = False
            self._known.clear()
            found = self._known[schema] = known(self.raw, schema, self.place)
        return found

    def version(self, schema: str) -> int:
        """The version that the target keeps of a schema now."""
        return version_of(self.raw, schema)

    def waits(self, seconds: float) -> None:
        """Sets how long a statement waits for a lock: SQLite's busy timeout. A pooler would not keep it."""
        milliseconds = milliseconds_of(seconds)
        if milliseconds != self._milliseconds and not self.pooled:
            self.raw.execute("SELECT pg_catalog.set_config('lock_timeout', %s, false)", (str(milliseconds),))
            self._milliseconds = milliseconds

    def put_back(self, *, temporary: bool) -> None:
        """Leaves the session as it was found. Raises nothing: a lost connection needs no care."""
        with suppress(psycopg.Error):
            if temporary:
                self.raw.execute("DISCARD TEMP")
            if self.changed:
                from outgrow.postgres.connect import application_session  # noqa: PLC0415 - rare

                self.raw.execute("RESET ALL")
                self.raw.execute(application_session())
                self._milliseconds, self.changed = None, False


_links: weakref.WeakKeyDictionary[psycopg.Connection[Any], Link] = weakref.WeakKeyDictionary()


def link_of(raw: psycopg.Connection[Any]) -> Link:
    """The link of a connection, made at its first use. Raises TargetError and psycopg.Error."""
    found = _links.get(raw)
    if found is None:
        found = _links[raw] = Link(raw)
    return found


def milliseconds_of(seconds: float) -> int:
    """The lock_timeout for a busy timeout: where SQLite does not wait at all, it is a millisecond."""
    return max(1, min(round(seconds * 1000), 2**31 - 1))
