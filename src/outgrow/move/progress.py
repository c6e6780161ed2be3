"""What the walk tells while it goes: a seam between the work and whoever shows it; and its clock.

`report.progress` draws it in a terminal or as plain lines; `Silent` is for libraries and tests.
Methods may be called from worker threads.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Receives events; must be thread-safe and quick."""

    def stage(self, name: str, detail: str = "") -> None:
        """A stage of the walk begins (profile, copy, verify, ...)."""

    def table_begins(self, stage: str, table: str, rows: int, size: int) -> None:
        """Work on a table begins; `rows` and `size` (bytes) are estimates of the whole, 0 when unknown."""

    def table_advances(self, stage: str, table: str, rows: int, size: int) -> None:
        """So many more rows and bytes of the table are done."""

    def table_ends(self, stage: str, table: str) -> None:
        """The table's work in this stage is done."""

    def note(self, text: str) -> None:
        """One line worth telling."""


class Silent:
    """Shows nothing."""

    def stage(self, name: str, detail: str = "") -> None:
        """Ignored."""

    def table_begins(self, stage: str, table: str, rows: int, size: int) -> None:
        """Ignored."""

    def table_advances(self, stage: str, table: str, rows: int, size: int) -> None:
        """Ignored."""

    def table_ends(self, stage: str, table: str) -> None:
        """Ignored."""

    def note(self, text: str) -> None:
        """Ignored."""


class Clock:
    """Seconds per stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Adds the time of the block to a stage."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - begin
