"""What progress counts: stages, tables, rows and bytes, rates and the time left; thread-safe, draws nothing.

Fed by `report.progress` from the events of `move.progress.Progress`. The events name no total for
a stage; it is learnt from the stage before, which went over the same tables (profile, then copy,
then verify).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from outgrow.report.figures import rate

WINDOW = 10.0
"""Seconds over which the rate is measured, so that the time left follows the present speed."""
_STEP = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """Work on one table in one stage.

    `rows` and `size` are what was announced (0: unknown), `…_done` what is done; `begun` and `now`
    are readings of the clock in seconds.
    """

    stage: str
    table: str
    rows: int
    size: int
    begun: float
    now: float
    rows_done: int = 0
    size_done: int = 0

    @property
    def seconds(self) -> float:
        """Time since its begin."""
        return self.now - self.begun

    @property
    def share(self) -> float | None:
        """Part done, 0 to 1; None when nothing was announced."""
        return _share(self.rows_done, self.rows, self.size_done, self.size)

    @property
    def left(self) -> float | None:
        """Seconds left at its speed so far; None when nothing can be said."""
        return self.seconds / self.share - self.seconds if self.share else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One stage at one moment. `rows`, `size` and `tables` are its whole, 0 when not known.

    `row_rate` and `size_rate` are per second over the last moments; `left` is seconds, None when
    nothing can be said.
    """

    stage: str
    detail: str
    seconds: float
    running: tuple[TableState, ...]
    ended: int
    tables: int
    rows: int
    size: int
    rows_done: int
    size_done: int
    row_rate: float
    size_rate: float

    @property
    def share(self) -> float | None:
        """Part done, 0 to 1; None when the whole is not known."""
        return _share(self.rows_done, self.rows, self.size_done, self.size)

    @property
    def left(self) -> float | None:
        """Seconds left at the present rate."""
        if self.size and self.size_done and self.size_rate:
            return max(self.size - self.size_done, 0) / self.size_rate
        if self.rows and self.row_rate:
            return max(self.rows - self.rows_done, 0) / self.row_rate
        return None


class _Mark(NamedTuple):
    at: float
    rows: int
    size: int


class Tally:
    """Counts the events of one walk; methods may be called from any thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._known: dict[str, tuple[int, int]] = {}
        self._running: dict[tuple[str, str], TableState] = {}
        self._ended: dict[tuple[str, str], TableState] = {}
        self._rows = self._size = 0
        self._marks: deque[_Mark] = deque()
        self._begin("", "")

    def stage(self, name: str, detail: str) -> Snapshot | None:
        """A stage begins; the last state of the one before, None when there was none."""
        with self._lock:
            before = self._snapshot() if self._name else None
            for state in (*self._ended.values(), *self._running.values()):
                rows, size = self._known.get(state.table, (0, 0))
                self._known[state.table] = max(rows, *_rows(state)), max(size, *_sizes(state))
            self._begin(name, detail)
            return before

    def begins(self, stage: str, table: str, rows: int, size: int) -> None:
        """Work on a table begins."""
        with self._lock:
            now = self._clock()
            state = TableState(stage=stage, table=table, rows=rows, size=size, begun=now, now=now)
            self._running[stage, table] = state

    def advances(self, stage: str, table: str, rows: int, size: int) -> TableState:
        """So much more of the table is done; its state now."""
        with self._lock:
            state = self._now(stage, table)
            state = replace(state, rows_done=state.rows_done + rows, size_done=state.size_done + size)
            self._running[stage, table] = state
            if stage == self._name:
                self._rows, self._size = self._rows + rows, self._size + size
                if state.now - self._marks[-1].at >= _STEP:
                    self._marks.append(_Mark(state.now, self._rows, self._size))
            return state

    def ends(self, stage: str, table: str) -> TableState:
        """The table is done in this stage; its last state."""
        with self._lock:
            state = self._ended[stage, table] = self._now(stage, table)
            self._running.pop((stage, table), None)
            return state

    def snapshot(self) -> Snapshot:
        """The present stage now."""
        with self._lock:
            return self._snapshot()

    def _begin(self, name: str, detail: str) -> None:
        """What was done for this stage ahead of its time counts in it."""
        self._name, self._detail, self._since = name, detail, self._clock()
        self._running = {key: state for key, state in self._running.items() if key[0] == name}
        self._ended = {key: state for key, state in self._ended.items() if key[0] == name}
        ahead = (*self._running.values(), *self._ended.values())
        self._rows = sum(state.rows_done for state in ahead)
        self._size = sum(state.size_done for state in ahead)
        self._marks = deque([_Mark(self._since, self._rows, self._size)])

    def _now(self, stage: str, table: str) -> TableState:
        now = self._clock()
        state = self._running.get((stage, table))
        if state is None:
            return TableState(stage=stage, table=table, rows=0, size=0, begun=now, now=now)
        return replace(state, now=now)

    def _snapshot(self) -> Snapshot:
        now = self._clock()
        while len(self._marks) > 1 and now - self._marks[1].at >= WINDOW:
            self._marks.popleft()
        first = self._marks[0]
        rows, size, tables = self._whole()
        return Snapshot(
            stage=self._name,
            detail=self._detail,
            seconds=now - self._since,
            running=tuple(replace(state, now=now) for state in self._running.values()),
            ended=sum(state.stage == self._name for state in self._ended.values()),
            tables=tables,
            rows=rows,
            size=size,
            rows_done=self._rows,
            size_done=self._size,
            row_rate=rate(self._rows - first.rows, now - first.at),
            size_rate=rate(self._size - first.size, now - first.at),
        )

    def _whole(self) -> tuple[int, int, int]:
        """Rows, bytes and tables of the stage: zeros when no stage before knew its tables.

        A stage whose tables announce neither rows nor bytes (index builds) has no whole either.
        """
        states = (*self._ended.values(), *self._running.values())
        here = {state.table: state for state in states if state.stage == self._name}
        if not self._known or not any(state.rows or state.size for state in here.values()):
            return 0, 0, 0
        rows = {table: known[0] for table, known in self._known.items()}
        sizes = {table: known[1] for table, known in self._known.items()}
        for name, state in here.items():
            rows[name], sizes[name] = max(_rows(state)), max(_sizes(state))
        sized = any(state.size or state.size_done for state in here.values())
        return sum(rows.values()), sum(sizes.values()) if sized else 0, len(rows)


def _rows(state: TableState) -> tuple[int, int]:
    return state.rows, state.rows_done


def _sizes(state: TableState) -> tuple[int, int]:
    return state.size, state.size_done


def _share(rows_done: int, rows: int, size_done: int, size: int) -> float | None:
    if rows:
        return min(rows_done / rows, 1.0)
    return min(size_done / size, 1.0) if size else None
