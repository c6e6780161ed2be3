"""One thread of an application on a pool: what it writes and reads, and what it is told.

`runtime_stress` starts many of them, restarts the server, and compares what they were told with what
is there.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

COUNTERS = 20
"""Rows of `counters`, with the ids from 1 on."""

Write = tuple[int, int, int]
"""Writer, number of the write, and how many rows it has."""


@dataclass(slots=True, kw_only=True)
class Diary:
    """What one thread was told. Nobody else reads it before the thread has ended.

    Seconds of whole operations (from the request for a connection on) are in `reads` and `writes`.
    """

    committed: dict[Write, int] = field(default_factory=dict)
    """The counter that each write raised."""
    unknown: dict[Write, int] = field(default_factory=dict)
    ids: list[tuple[int, Write]] = field(default_factory=list)
    failed: set[Write] = field(default_factory=set)
    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Writer(threading.Thread):
    """One thread of the application: reads and writes until `until`, whatever goes wrong."""

    def __init__(self, pool: Any, number: int, until: float) -> None:
        super().__init__(name=f"writer {number}", daemon=True)
        self._pool, self._number, self._until = pool, number, until
        self._chance = random.Random(number)
        self.diary = Diary()

    def run(self) -> None:
        """The thread's life."""
        try:
            self._work()
        except Exception as error:
            self.diary.wrong.append(f"{self.name} met {error!r}")

    def _work(self) -> None:
        count = 0
        while time.monotonic() < self._until:
            begin = time.perf_counter()
            if self._chance.random() < 0.5:
                count += 1
                if self._write(count):
                    self.diary.writes.append(time.perf_counter() - begin)
            elif self._read():
                self.diary.reads.append(time.perf_counter() - begin)

    def _write(self, count: int) -> bool:
        """One transaction of one to three rows and a counter; whether it was committed."""
        write = (self._number, count, self._chance.randrange(1, 4))
        counter = self._chance.randrange(1, COUNTERS + 1)
        step = "connect"
        try:
            with self._pool.connection() as connection:
                step = "first statement"
                for part in range(write[2]):
                    cursor = connection.execute(
                        "INSERT INTO entries (writer, number, part, note) VALUES (?, ?, ?, ?)",
                        (*write[:2], part, f"note of {write[:2]}"),
                    )
                    step = "later statement"
                connection.execute("UPDATE counters SET value = value + 1 WHERE id = ?", (counter,))
                step = "commit"
                connection.commit()
                step = "give back"
        except sqlite3.Error as error:
            self._note(step, error)
        if step == "give back":
            self.diary.committed[write] = counter
            self.diary.ids.append((cursor.lastrowid, write))
            return True
        if step == "commit":
            self.diary.unknown[write] = counter
        else:
            self.diary.failed.add(write)
        return False

    def _read(self) -> bool:
        """A row of this thread's own that was committed, and a count; whether both were answered."""
        step = "connect"
        try:
            with self._pool.connection() as connection:
                step = "first statement"
                if self.diary.ids:
                    rowid, write = self._chance.choice(self.diary.ids)
                    sql = "SELECT writer, number FROM entries WHERE id = ?"
                    row = connection.execute(sql, (rowid,)).fetchone()
                    if row is None or tuple(row) != write[:2]:
                        self.diary.wrong.append(f"row {rowid} of {write} reads as {row}")
                step = "later statement"
                connection.execute("SELECT count(*), sum(value) FROM counters").fetchone()
                step = "give back"
        except sqlite3.Error as error:
            self._note(f"reading, {step}", error)
        return step == "give back"

    def _note(self, step: str, error: sqlite3.Error) -> None:
        said = str(error).partition("\n")[0]
        name = getattr(error, "sqlite_errorname", None) or "no code"
        self.diary.errors[f"{step}: {type(error).__name__} ({name}): {said}"] += 1
