"""Progress shown while a walk goes on: live in a terminal, plain lines elsewhere, or nothing.

`terminal`, `plain` and `quiet` give the cli a `move.progress.Progress`; the work calls it from any
thread. What is counted is kept apart (`report.tally`) from how it is said. Everything goes to the
console or stream of the log (stderr); results go elsewhere.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, TextIO

from outgrow.move.progress import Progress, Silent
from outgrow.report.figures import count, counted, duration, size, throughput
from outgrow.report.printable import printable
from outgrow.report.tally import Snapshot, TableState, Tally

if TYPE_CHECKING:
    from rich.console import Console

Clock = Callable[[], float]

EVERY = 5.0
"""Seconds between two plain lines about one table."""


def quiet() -> AbstractContextManager[Progress]:
    """Shows nothing."""
    return nullcontext(Silent())


@contextmanager
def plain(stream: TextIO, clock: Clock = time.monotonic) -> Iterator[Progress]:
    """Plain lines: one per stage, one per table that ends, one every 5 s about a table that takes long."""
    yield _Plain(stream, clock)


@contextmanager
def terminal(console: Console, clock: Clock = time.monotonic) -> Iterator[Progress]:
    """A live display at the bottom of the terminal; it is gone, and the cursor back, however the block ends.

    Stages that are done, and notes, stay above it as lines of their own.
    """
    from rich.live import Live  # noqa: PLC0415 - `outgrow --help` must not load it

    from outgrow.report.live import picture  # noqa: PLC0415 - rich too

    shown = _Terminal(console, clock)
    live = Live(
        get_renderable=lambda: picture(shown.tally.snapshot()),
        console=console,
        refresh_per_second=8,
        transient=True,
        redirect_stdout=False,
    )
    with live:
        yield shown
    shown.finish()


class _Plain:
    """Lines on a stream; each is written whole and flushed."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream, self._lock, self._tally = stream, threading.Lock(), Tally(clock)
        self._told: dict[tuple[str, str], float] = {}

    def stage(self, name: str, detail: str = "") -> None:
        """One line for the stage."""
        self._tally.stage(name, detail)
        self._say(f"{name}: {detail}" if detail else name)

    def table_begins(self, stage: str, table: str, rows: int, size: int) -> None:
        """Counted."""
        self._tally.begins(stage, table, rows, size)

    def table_advances(self, stage: str, table: str, rows: int, size: int) -> None:
        """A line when the last one about this table is 5 s old."""
        state = self._tally.advances(stage, table, rows, size)
        with self._lock:
            if state.now - self._told.get((stage, table), state.begun) < EVERY:
                return
            self._told[stage, table] = state.now
        self._say(f"{stage} {table}: {on_the_way(state)}")

    def table_ends(self, stage: str, table: str) -> None:
        """One line for the table."""
        state = self._tally.ends(stage, table)
        self._say(f"{stage} {table}: {done(state.rows_done, state.size_done, state.seconds)}")

    def note(self, text: str) -> None:
        """The note as a line."""
        self._say(text)

    def _say(self, text: str) -> None:
        with self._lock:
            self._stream.write(printable(text) + "\n")
            self._stream.flush()


class _Terminal:
    """Counts for the live picture; prints what stays above it."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console, self.tally = console, Tally(clock)

    def stage(self, name: str, detail: str = "") -> None:
        """The stage before leaves its line; the picture shows the new one."""
        self._stays(self.tally.stage(name, detail))

    def table_begins(self, stage: str, table: str, rows: int, size: int) -> None:
        """Counted."""
        self.tally.begins(stage, table, rows, size)

    def table_advances(self, stage: str, table: str, rows: int, size: int) -> None:
        """Counted."""
        self.tally.advances(stage, table, rows, size)

    def table_ends(self, stage: str, table: str) -> None:
        """Counted."""
        self.tally.ends(stage, table)

    def note(self, text: str) -> None:
        """The note as a line above the picture."""
        self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)

    def finish(self) -> None:
        """The walk ended well: its last stage leaves its line too."""
        self._stays(self.tally.stage("", ""))

    def _stays(self, before: Snapshot | None) -> None:
        if before is not None:
            tables = f"{counted(before.ended, 'table')}, " if before.ended else ""
            text = f"{before.stage}: {tables}{done(before.rows_done, before.size_done, before.seconds)}"
            self._console.print(printable(text), style="dim", markup=False, highlight=False, soft_wrap=True)


def done(rows: int, size_: int, seconds: float) -> str:
    """`3,000,000 rows, 311.0 MB in 3.6 s (833,333 rows/s, 86.4 MB/s)`; what is 0 is left out."""
    parts = [counted(rows, "row")] if rows else []
    parts += [size(size_)] if size_ else []
    speed = throughput(rows, size_, seconds) if seconds >= 1 else ""
    return (", ".join(parts) or "done") + f" in {duration(seconds)}" + (f" ({speed})" if speed else "")


def on_the_way(state: TableState) -> str:
    """`1,200,000 of 3,000,000 rows (40 %), 833,333 rows/s, about 2.2 s left`."""
    whole = f" of {count(state.rows)}" if state.rows else ""
    parts = [f"{count(state.rows_done)}{whole} {'row' if max(state.rows, state.rows_done) == 1 else 'rows'}"]
    if state.share is not None:
        parts[0] += f" ({state.share:.0%})"
    speed = throughput(state.rows_done, state.size_done, state.seconds)
    parts += [speed] if speed else []
    parts += [f"about {duration(state.left)} left"] if state.left else []
    return ", ".join(parts)
