"""Counts per file and in all, and the first records of each kind in full."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from logictest.results import Outcome, Row, only_in
from logictest.runner import KINDS, Compared, Event, Kind, SetUp

_PLACE = re.compile(r" at \d+\Z")
_SHOWN_ROWS = 6
_WIDE = 200


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the records of one file, or of all. `shown` holds the first of each kind but `same`."""

    keep: int = 0
    counts: Counter[Kind] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    set_up: int = 0
    warnings: int = 0
    unread: int = 0
    reasons: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    shown: dict[Kind, list[tuple[str, Compared]]] = field(default_factory=dict)

    def take(self, event: Event, file: str) -> None:
        """Counts one event."""
        if isinstance(event, SetUp):
            self.set_up += 1
        elif isinstance(event, Compared):
            self.counts[event.kind] += 1
            if event.note:
                self.notes[event.note] += 1
            if event.kind != "same":
                self.reasons[event.kind, _PLACE.sub("", event.reason)] += 1
                self._keep(event, file)
        else:
            self.warnings += 1

    def _keep(self, event: Compared, file: str) -> None:
        kept = self.shown.setdefault(event.kind, [])
        if len(kept) < self.keep:
            kept.append((file, event))

    def add(self, other: Tally) -> None:
        """Counts what another tally counted."""
        self.counts += other.counts
        self.notes += other.notes
        self.set_up += other.set_up
        self.warnings += other.warnings
        self.unread += other.unread
        self.reasons += other.reasons
        for kind, events in other.shown.items():
            kept = self.shown.setdefault(kind, [])
            kept += events[: self.keep - len(kept)]

    @property
    def compared(self) -> int:
        """Records that ran on both engines."""
        return self.counts.total()

    def line(self) -> str:
        """The counts, in the order of KINDS."""
        text = " / ".join(f"{self.counts[kind]:,}" for kind in KINDS)
        extra = [f"{count:,} same {note}" for note, count in self.notes.items()]
        if self.set_up:
            extra.append(f"{self.set_up:,} moved")
        if self.warnings:
            extra.append(f"{self.warnings:,} not as the file expects")
        if self.unread:
            extra.append(f"{self.unread:,} unread")
        return text + (f"  ({', '.join(extra)})" if extra else "")

    def details(self, reasons: int = 20) -> Iterator[str]:
        """The most frequent reasons, then the records that were kept."""
        for (kind, reason), count in self.reasons.most_common(reasons):
            yield f"{count:8,}  {kind}: {_short(reason)}"
        for kind in KINDS:
            for file, event in self.shown.get(kind, []):
                yield ""
                yield f"--- {kind}: {_short(event.reason)}  ({file}:{event.record.line})"
                yield event.record.sql
                yield f"SQLite:      {_outcome(event.source)}"
                yield f"PostgreSQL:  {_outcome(event.target)}"
                yield from _apart(event)
                if event.target.translation:
                    yield f"translation: {event.target.translation}"


def _apart(event: Compared) -> Iterator[str]:
    """The rows that only one of them has, where the first rows do not show it."""
    ours, theirs = event.source.rows or (), event.target.rows or ()
    if event.kind == "different" and max(len(ours), len(theirs)) > 1:
        documents = event.target.documents
        yield f"only SQLite: {_rows(only_in(ours, theirs, documents)) or 'nothing'}"
        yield f"only Postgr: {_rows(only_in(theirs, ours, documents)) or 'nothing'}"


def _outcome(outcome: Outcome) -> str:
    if outcome.refused is not None:
        return f"refused: {outcome.refused}"
    if outcome.error is not None:
        return f"error: {outcome.error}"
    if outcome.rows is None:
        return "done" if outcome.changes is None else f"{outcome.changes} rows changed"
    return f"{len(outcome.rows)} rows{': ' if outcome.rows else ''}{_rows(outcome.rows)}"


def _rows(rows: tuple[Row, ...]) -> str:
    text = " ".join(map(repr, rows[:_SHOWN_ROWS]))
    return _short(text) + (" ..." if len(rows) > _SHOWN_ROWS else "")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDE else f"{line[:_WIDE]}..."
