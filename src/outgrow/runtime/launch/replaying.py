"""A recording run on PostgreSQL: each connection is one of the shim's, every call of it is made again.

Calls are made in the order in which they ended on SQLite, one at a time. Where PostgreSQL has one wait for
another connection, as SQLite had it wait before it ended, it is left waiting, and those go on that have a
transaction, of which one must end it. The others are put off: of two that wait for one row PostgreSQL may
take the later one first. What came of each goes to `comparing`. Before it stands `cli.replay`.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

from outgrow.errors import TargetError
from outgrow.postgres.connect import connect
from outgrow.runtime.dbapi.connection import Connection
from outgrow.runtime.launch.comparing import Comparison, Gave, Rows
from outgrow.runtime.launch.encoding import Digest, Unsupported, from_json, to_json
from outgrow.runtime.launch.line import Event, Line
from outgrow.runtime.launch.numbering import Numbering
from outgrow.runtime.launch.redirect import read_only

_PATIENCE = 0.05  # seconds after which it is asked whether a call waits for another connection
_LOCK_SECONDS = 600.0  # longer than any lock is held while others are replayed
_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_INTERRUPT")
_STATEMENTS = ("execute", "executemany", "executescript")
_BLOCKED = (
    "SELECT count(*) > 0 FROM unnest(%s::int[]) AS p (pid) WHERE cardinality(pg_blocking_pids(pid)) > 0"
)


class Replay:
    """Runs the events of one recording on the database at `url`, in `schema`.

    `is_copy` says that the database is nobody's, so that its sequences may be set.
    """

    def __init__(self, url: str, schema: str, comparison: Comparison, *, is_copy: bool) -> None:
        self._url, self._schema, self._is_copy = url, schema, is_copy
        self._numbering: Numbering | None = None
        self._comparison = comparison
        self._lock = threading.Lock()
        self._lines: dict[str, Line] = {}
        self._behind: list[Line] = []
        self._put_off: deque[tuple[Line, Event]] = deque()
        self._sets: dict[str, list[Any]] = {}
        self._of_statement: dict[str, str] = {}
        self.connections = 0
        self.calls_left_out = 0

    @property
    def steered(self) -> int:
        """How many inserts were given the number that SQLite gave, where PostgreSQL would have left a gap."""
        return self._numbering.steered if self._numbering is not None else 0

    def run(self, events: Iterable[Event]) -> None:
        """Runs all. Raises TargetError when PostgreSQL cannot be reached any more."""
        with connect(self._url, autocommit=True) as watch:
            watch.execute("SET lock_timeout = '1s'")  # what it asks for must not be waited for
            if self._is_copy:
                self._numbering = Numbering(watch)
            try:
                for event in events:
                    self._take(event, watch)
                for line in list(self._lines.values()):
                    if line not in self._behind and not line.put_off:
                        self._end(line)
                while self._behind:
                    self._settle(watch)
                    self._may_stand_still(watch)
            finally:
                for line in self._lines.values():
                    line.end()
        for line in self._lines.values():
            line.join()

    def _take(self, event: Event, watch: psycopg.Connection[Any]) -> None:
        kind = event.get("event")
        if kind == "sets":
            self._sets.setdefault(event["n"], []).extend(event["sets"])
            return
        if kind == "define":
            self._comparison.functions.add(str(event["name"]).upper())
        if kind in ("define", "call"):
            self.calls_left_out += 1
        name = self._of_statement.pop(event["n"], None) if kind == "rows" else event.get("c")
        if kind in (*_STATEMENTS, "connect") and name is not None and "n" in event:
            self._of_statement[event["n"]] = name
        if name is None or kind in ("process", "define", "call"):
            return
        if kind == "connect":
            if "error" in event:
                return
            line = self._lines[name] = Line(self, name)
            self.connections += 1
            line.start()
        if name not in self._lines:
            return
        self._settle(watch)
        line = self._lines[name]
        if line.put_off or (self._behind and line not in self._behind and line.is_free()):
            self._put_off.append((line, event))
            line.put_off += 1
        else:
            self._give(line, event, watch)

    def _give(self, line: Line, event: Event, watch: psycopg.Connection[Any]) -> None:
        """Has a connection make a call, and waits for it unless it waits for another one."""
        line.give(event)
        if line in self._behind:
            return
        while not line.is_idle(_PATIENCE):
            if self._waits(line, watch):
                self._behind.append(line)
                return
        if event["event"] == "close":
            self._end(self._lines.pop(event["c"]))

    def _settle(self, watch: psycopg.Connection[Any]) -> None:
        """Lets those that waited come to their end, if what they waited for is over."""
        for line in list(self._behind):
            while not line.is_idle(_PATIENCE):
                if self._waits(line, watch):
                    break
            else:
                self._behind.remove(line)
        while self._put_off and not self._behind:
            line, event = self._put_off.popleft()
            line.put_off -= 1
            self._give(line, event, watch)

    def _may_stand_still(self, watch: psycopg.Connection[Any]) -> None:
        if self._behind and all(self._waits(line, watch) for line in self._behind):
            raise TargetError(
                "the replay stands still: its connections wait for one that is not its own; end that one, "
                "and replay again"
            )

    def _waits(self, line: Line, watch: psycopg.Connection[Any]) -> bool:
        row = watch.execute(_BLOCKED, ([line.pid],)).fetchone()
        return bool(row and row[0])

    def _end(self, line: Line) -> None:
        line.end()
        line.join()

    # In the thread of a connection.

    def make(self, line: Line, event: Event) -> None:
        """Makes one call and compares what comes of it."""
        kind = event["event"]
        if kind == "connect":
            self._connect(line, event)
        elif kind == "rows":
            self._fetch(line, event)
        elif line.connection is not None and not self._skips(event):
            self._call(line, event)

    def leave(self, line: Line) -> None:
        """Ends the connection; what it began and the program never read is counted."""
        for _, statement, gave in line.cursors.values():
            self._compare(statement, gave, None)
        if line.connection is not None:
            line.connection.close()

    def _connect(self, line: Line, event: Event) -> None:
        try:
            line.connection = Connection(
                read_only(self._url) if event.get("read_only") else self._url, _LOCK_SECONDS,
                isolation_level=event["isolation_level"], check_same_thread=False,
                autocommit=_autocommit(event.get("autocommit", -1)), schema=self._schema, values="sqlite",
            )  # fmt: skip
        except sqlite3.Error as error:
            raise TargetError(f"the replay cannot go on: {error}") from error
        line.pid = line.connection.raw.info.backend_pid

    def _skips(self, event: Event) -> bool:
        error = event.get("error")
        if error is None or event["event"] not in _STATEMENTS:
            return False
        why = ""
        if str(error.get("name", "")).startswith(_LOCKED):
            why = "SQLite was locked or interrupted"
        elif error["class"] == "ProgrammingError" and "thread" in error["message"]:
            why = "a connection of another thread"
        if why:
            with self._lock:
                self._comparison.skip(event["sql"], why)
        return bool(why)

    def _call(self, line: Line, event: Event) -> None:
        connection: Any = line.connection
        kind = event["event"]
        cursor = connection.cursor() if kind in _STATEMENTS else None
        call = self._prepared(connection, cursor, event)
        if self._numbering is not None:
            with self._lock:
                self._numbering.before(event, connection.engine.known.model)
        began = time.perf_counter_ns()
        error: tuple[str, str] | None = None
        try:
            call()
        except Exception as caught:  # whatever the program would have got
            error = (type(caught).__qualname__, str(caught))
        us = (time.perf_counter_ns() - began) // 1000
        if self._numbering is not None:
            with self._lock:
                self._numbering.after(event, failed=error is not None)
        if cursor is None or error is not None:
            self._compare(event, Gave(error=error, us=us), None)
            return
        columns = tuple(column[0] for column in cursor.description) if cursor.description else None
        gave = Gave(rowcount=cursor.rowcount, lastrowid=cursor.lastrowid, columns=columns, us=us)
        if "columns" in event:
            line.cursors[event["n"]] = (cursor, event, gave)
        else:
            self._compare(event, gave, None)

    def _prepared(self, connection: Any, cursor: Any, event: Event) -> Callable[[], object]:
        """The call, with its arguments as Python's values."""
        kind = event["event"]
        if kind == "execute":
            given = (_parameters(event["parameters"]),) if "parameters" in event else ()
            return lambda: cursor.execute(event["sql"], *given)
        if kind == "executemany":
            sets = [*self._sets.pop(event["n"], ()), *event.get("sets", ())]
            return lambda: cursor.executemany(event["sql"], map(_parameters, sets))
        if kind == "executescript":
            return lambda: cursor.executescript(event["sql"])
        if kind == "isolation_level":
            return lambda: setattr(connection, "isolation_level", event["value"])
        if kind == "autocommit":
            return lambda: setattr(connection, "autocommit", _autocommit(event["value"]))
        if kind == "exit":
            how = (Exception, Exception(), None) if event["failed"] else (None, None, None)
            return lambda: connection.__exit__(*how)
        plain: Callable[[], object] = getattr(connection, kind)
        return plain

    def _fetch(self, line: Line, event: Event) -> None:
        """Fetches as much as the program did, and compares."""
        cursor, statement, gave = line.cursors.pop(event["n"], (None, {}, Gave()))
        if cursor is None:
            return  # the statement failed
        digest = Digest(event.get("converted", ()))
        began = time.perf_counter_ns()
        found: list[Any] = []
        error: tuple[str, str] | None = None
        try:
            if event["complete"]:
                found = cursor.fetchall()
            elif event["count"]:
                found = cursor.fetchmany(event["count"])
        except Exception as caught:
            error = (type(caught).__qualname__, str(caught))
        us = (time.perf_counter_ns() - began) // 1000
        for row in found:
            digest.add(row)
        first = [[to_json(value) for value in row] for row in found[: len(event.get("rows", ()))]]
        rows = Rows(
            recorded=event, now=digest.facts(), columns=gave.columns or (), first=first, us=us, error=error
        )
        cursor.close()
        self._compare(statement, gave, rows)

    def _compare(self, event: Event, gave: Gave, rows: Rows | None) -> None:
        with self._lock:
            self._comparison.take(event, gave, rows)


def _parameters(given: Any) -> Any:
    if isinstance(given, dict):
        return {key: from_json(value) for key, value in given.items()}
    return [from_json(value) for value in given] if isinstance(given, list) else Unsupported(given)


def _autocommit(value: int) -> bool | int:
    return value if value < 0 else bool(value)
