"""Reads sqllogictest files (https://www.sqlite.org/sqllogictest, "Test-Script Format").

The rules are those of SQLite's own program: a line that begins with # is no line at all, whitespace
alone is a blank line, a record ends with one. `write` is the inverse, for what `generate` makes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, cast, get_args

SortMode = Literal["nosort", "rowsort", "valuesort"]
_HASHED = re.compile(r"(\d+) values hashing to ([0-9a-f]{32})\Z")
_SEPARATOR = "----"


class FormatError(Exception):
    """A record that the format does not have, with the number of its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A command without a result; `succeeds` says what is expected of it."""

    line: int = 0
    sql: str
    succeeds: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A result of so many values, as the MD5 of its lines."""

    count: int
    md5: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query. `types` has one of T, I, R per column; `expected` is None in a file without results.

    Queries of one `label` are expected to have the same result.
    """

    line: int = 0
    sql: str
    types: str
    sort: SortMode = "nosort"
    label: str = ""
    expected: tuple[str, ...] | Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """From here on results of more values than this are written as a digest; 0 stands for never."""

    line: int = 0
    values: int


Record = Statement | Query | Threshold


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str

    @property
    def words(self) -> list[str]:
        return self.text.split()


def read(
    text: str, *, engine: str = "sqlite", skipped: Callable[[FormatError], None] | None = None
) -> Iterator[Record]:
    """The records that are meant for that engine, up to `halt`.

    A record that the format does not have is told to `skipped` and left out; without it, FormatError.
    """
    for lines in _blocks(text):
        try:
            record = _record(_meant_for(engine, lines))
        except FormatError as error:
            if skipped is None:
                raise
            skipped(error)
            continue
        if record == "halt":
            return
        if record is not None:
            yield record


def _record(meant: list[_Line]) -> Record | Literal["halt"] | None:
    if not meant:
        return None
    head, body = meant[0], meant[1:]
    match head.words:
        case ["halt", *_]:
            return "halt"
        case ["hash-threshold", number, *_] if number.isdecimal():
            return Threshold(line=head.number, values=int(number))
        case ["statement", "ok" | "error" as wanted, *_]:
            return Statement(line=head.number, sql=_joined(body), succeeds=wanted == "ok")
        case ["query", types, *rest] if set(types) <= set("TIR"):
            return _query(head, types, rest, body)
        case _:
            raise FormatError(f"line {head.number}: no record begins with {head.text!r}")


def _blocks(text: str) -> Iterator[list[_Line]]:
    found: list[_Line] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#"):
            continue
        if line.strip():
            found.append(_Line(number, line.removesuffix("\r")))
        elif found:
            yield found
            found = []
    if found:
        yield found


def _meant_for(engine: str, lines: list[_Line]) -> list[_Line]:
    """The record without its conditions; empty when one of them excludes the engine."""
    while lines and (words := lines[0].words)[0] in {"skipif", "onlyif"}:
        if len(words) == 1:
            raise FormatError(f"line {lines[0].number}: {words[0]} names no engine")
        if (words[1].lower() == engine) == (words[0] == "skipif"):
            return []
        lines = lines[1:]
    return lines


def _joined(lines: Iterable[_Line]) -> str:
    return "\n".join(line.text for line in lines)


def _query(head: _Line, types: str, rest: list[str], body: list[_Line]) -> Query:
    words = _without_comment(rest)
    sort = words[0] if words else "nosort"
    if sort not in get_args(SortMode):
        raise FormatError(f"line {head.number}: no sort mode is called {sort!r}")
    at = next((place for place, line in enumerate(body) if line.text == _SEPARATOR), None)
    values = None if at is None else tuple(line.text for line in body[at + 1 :])
    hashed = _HASHED.match(values[0]) if values and len(values) == 1 else None
    return Query(
        line=head.number,
        sql=_joined(body[:at]),
        types=types,
        sort=cast(SortMode, sort),
        label=words[1] if len(words) > 1 else "",
        expected=Digest(count=int(hashed[1]), md5=hashed[2]) if hashed else values,
    )


def _without_comment(words: list[str]) -> list[str]:
    comment = next((place for place, word in enumerate(words) if word.startswith("#")), len(words))
    return words[:comment]


def write(records: Iterable[Record]) -> str:
    """The text of records; `read` of it gives them back, but for the numbers of their lines."""
    return "\n\n".join(_written(record) for record in records) + "\n"


def _written(record: Record) -> str:
    if isinstance(record, Threshold):
        return f"hash-threshold {record.values}"
    if isinstance(record, Statement):
        return f"statement {'ok' if record.succeeds else 'error'}\n{record.sql}"
    head = f"query {record.types} {record.sort} {record.label}".rstrip()
    if record.expected is None:
        return f"{head}\n{record.sql}"
    return "\n".join([head, record.sql, _SEPARATOR, *_lines(record.expected)])


def _lines(expected: tuple[str, ...] | Digest) -> tuple[str, ...]:
    if isinstance(expected, Digest):
        return (f"{expected.count} values hashing to {expected.md5}",)
    return expected
