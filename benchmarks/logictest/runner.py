"""Runs the records of one file on both engines and says of each whether they agree.

What comes before the first other record, as far as it is CREATE TABLE, CREATE INDEX or INSERT INTO, runs on
SQLite alone and is moved by outgrow. Everything else is translated, definitions too. After a record that
wrote and did not end the same, the database is moved again.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from logictest.reader import Digest, Query, Record, Statement, Threshold
from logictest.results import (
    Outcome,
    digest,
    expected_differs,
    fully_ordered,
    has_limit,
    has_order,
    rendered,
    same_digits,
    same_keys,
    same_letters,
    same_rows,
)
from logictest.source import Source
from outgrow.schema.lexer import TokenError, tokens

Kind = Literal["same", "different", "refused", "error"]
KINDS: tuple[Kind, ...] = ("same", "different", "refused", "error")
"""different: both ran, and the results differ. refused: there is no translation. error: one engine
failed and the other did not. Where SQLite fails, a refusal counts as failing too.
"""

_DEFINITION = frozenset({"CREATE", "DROP", "ALTER"})
_FILLED = frozenset({("CREATE", word) for word in ("TABLE", "INDEX", "UNIQUE", "VIRTUAL")}) | {
    ("INSERT", "INTO")
}
_TRANSACTION = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"})


class Target(Protocol):
    """The other engine; see `target.TranslatedTarget`."""

    def load(self, image: bytes, *, in_transaction: bool) -> object:
        """Replaces its database by that of a SQLite file's bytes."""

    def run(self, sql: str) -> Outcome:
        """Runs one statement of SQLite's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One record that ran on both engines. `reason` says in a few words why it is not the same.

    `note` says of one that counts as the same what SQL left open and the engines chose differently.
    """

    record: Statement | Query
    kind: Kind
    source: Outcome
    target: Outcome
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """A record that ran on SQLite alone, to be moved."""

    record: Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """SQLite itself does not give what the file expects, which may be another version's."""

    record: Statement | Query
    reason: str


Event = Compared | SetUp | Warned


class FileRun:
    """The run of one file, whose state is the two databases; `target` is lent."""

    def __init__(self, target: Target) -> None:
        self._source, self._target = Source(), target
        self._loaded = False
        self._labels: dict[str, Digest] = {}

    def events(self, records: Iterable[Record]) -> Generator[Event, None, None]:
        """What became of each record, in order."""
        try:
            for record in records:
                if not isinstance(record, Threshold):
                    yield from self._record(record)
        finally:
            self._source.close()

    def _record(self, record: Statement | Query) -> Iterator[Event]:
        words = first_words(record.sql)
        alone = isinstance(record, Statement) and self._is_alone(record, words)
        if not alone and not self._loaded:
            self._target.load(self._source.image(), in_transaction=self._source.in_transaction)
            self._loaded = True
        before = self._source.changes
        source = self._source.run(record.sql)
        yield from self._expected(record, source)
        if alone and isinstance(record, Statement):
            self._loaded = self._loaded and source.failed
            yield SetUp(record=record)
            return
        target = self._target.run(record.sql)
        kind, reason = judge(record, source, target)
        note = self._left_open(record, source, target, reason) if kind == "different" else ""
        if note:
            kind, reason = "same", ""
        yield Compared(record=record, kind=kind, source=source, target=target, reason=reason, note=note)
        wrote = self._source.changes != before or words[0] in _DEFINITION
        wrote = wrote or (not target.failed and target.rows is None)
        if words[0] == "ROLLBACK" or (wrote and (kind != "same" or source.failed != target.failed)):
            self._loaded = False  # what follows is compared on equal data

    def _is_alone(self, record: Statement, words: tuple[str, ...]) -> bool:
        return not self._loaded and record.succeeds and (words in _FILLED or words[0] in _TRANSACTION)

    def _left_open(self, record: Statement | Query, source: Outcome, target: Outcome, reason: str) -> str:
        """What SQL leaves open, when that alone makes the difference; else ""."""
        if has_order(record.sql) and (reason == "the order alone" or has_limit(record.sql)):
            sql = fully_ordered(record.sql, source.width)
            ours, theirs = self._source.run(sql), self._target.run(sql)
            if not (ours.failed or theirs.failed) and same_keys(ours.rows or (), theirs.rows or ()):
                return "but for the order of ties"
        rows, words = (source.rows or (), target.rows or ()), set(re.findall(r"\w+", record.sql.lower()))
        if words & {"group_concat", "json_group_array"} and same_letters(*rows):
            return "but for the order of what is gathered"
        if words & {"sum", "total", "avg"} and same_digits(*rows):
            return "but for the rounding of a sum in another order"
        return ""

    def _expected(self, record: Statement | Query, source: Outcome) -> Iterator[Warned]:
        if isinstance(record, Statement):
            if record.succeeds == source.failed:
                yield Warned(record=record, reason=source.error or "it does not fail")
            return
        if source.rows is None or source.width != len(record.types):
            yield Warned(record=record, reason=source.error or f"not {len(record.types)} columns")
            return
        lines = rendered(source.rows, record.types, record.sort)
        if record.expected is not None and expected_differs(lines, record.expected):
            yield Warned(record=record, reason="another result")
        if record.label and self._labels.setdefault(record.label, digest(lines)) != digest(lines):
            yield Warned(record=record, reason=f"another result than the first {record.label}")


def judge(record: Statement | Query, source: Outcome, target: Outcome) -> tuple[Kind, str]:
    """How one record ended, and why."""
    if source.failed:
        return ("same", "") if target.failed else ("error", f"only SQLite fails: {source.error}")
    if target.refused is not None:
        return "refused", target.refused
    if target.error is not None:
        return "error", target.error
    if source.width != target.width:
        return "different", "another number of columns"
    if source.rows or target.rows:
        return _judge_rows(record, source, target)
    if None not in {source.changes, target.changes} and source.changes != target.changes:
        return "different", "another number of rows changed"
    return "same", ""


def _judge_rows(record: Statement | Query, source: Outcome, target: Outcome) -> tuple[Kind, str]:
    ours, theirs, documents = source.rows or (), target.rows or (), target.documents
    ordered = getattr(record, "sort", "") == "nosort" and has_order(record.sql)
    if same_rows(ours, theirs, ordered=ordered, documents=documents):
        return "same", ""
    if ordered and same_rows(ours, theirs, ordered=False, documents=documents):
        return "different", "the order alone"
    if len(ours) != len(theirs):
        return "different", "another number of rows"
    return "different", "other classes alone" if _equal_values(ours, theirs) else "other values"


def _equal_values(left: Iterable[tuple[object, ...]], right: Iterable[tuple[object, ...]]) -> bool:
    """Whether the rows are the same for Python, to which 1 equals 1.0."""
    return sorted(left, key=_sortable) == sorted(right, key=_sortable)


def _sortable(row: tuple[object, ...]) -> list[tuple[str, object]]:
    return [
        ("", float(value)) if isinstance(value, int | float) else (type(value).__name__, str(value))
        for value in row
    ]


def first_words(sql: str) -> tuple[str, ...]:
    """The first two keywords of a statement; ("",) for one that has none."""
    try:
        found = tokens(sql)
        return tuple(token.word for token, _ in zip(found, range(2), strict=False)) or ("",)
    except TokenError:
        return ("",)
