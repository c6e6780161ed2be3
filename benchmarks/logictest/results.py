"""Results: as Python values for the comparison of two engines, as text for what a file expects.

The text is what SQLite's program prints (`slt_sqlite.c`): an integer column is read as 32 bits, a
real one printed with three decimals, a text one with @ for every byte that is not printable ASCII.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from logictest.reader import Digest, SortMode
from outgrow.schema.lexer import TokenError, tokens

Value = int | float | str | bytes | None
Row = tuple[Value, ...]

DEFAULT_THRESHOLD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What running one SQL text gave on one engine.

    `rows` is None for a statement without a result, `width` the number of its columns, `changes` the rows
    it inserted, updated or deleted (None where the engine does not say). `refused` is why there is no
    translation, `error` why the engine failed. `documents` are the columns whose text is JSON that is equal
    as a value. `translation` is the SQL that PostgreSQL was given.
    """

    rows: tuple[Row, ...] | None = None
    width: int = 0
    changes: int | None = None
    error: str | None = None
    refused: str | None = None
    documents: frozenset[int] = field(default=frozenset())
    translation: str = ""

    @property
    def failed(self) -> bool:
        """Whether there is no result."""
        return self.error is not None or self.refused is not None


# --- one engine against the other ---


def same_rows(
    left: Sequence[Row], right: Sequence[Row], *, ordered: bool, documents: Collection[int]
) -> bool:
    """Whether both are the same values of the same classes, in the same order or in any."""
    ours, theirs = ([_key(row, documents) for row in rows] for rows in (left, right))
    return ours == theirs if ordered else Counter(ours) == Counter(theirs)


def only_in(left: Sequence[Row], right: Sequence[Row], documents: Collection[int]) -> tuple[Row, ...]:
    """Rows of the left that the right has not, or not so often."""
    there = Counter(_key(row, documents) for row in right)
    found = []
    for row in left:
        key = _key(row, documents)
        if not there[key]:
            found.append(row)
        there[key] -= there[key] > 0
    return tuple(found)


def _key(row: Row, documents: Collection[int]) -> tuple[str, ...]:
    """A row as texts that tell classes apart, and -0.0 from 0.0."""
    values = [_document(value) if at in documents else value for at, value in enumerate(row)]
    return tuple(f"{type(value).__name__} {value!r}" for value in values)


def _document(value: Value) -> Value:
    try:
        return json.dumps(json.loads(value), sort_keys=True) if isinstance(value, str) else value
    except ValueError:
        return value


def has_order(sql: str) -> bool:
    """Whether the outermost query has an ORDER BY."""
    return _outermost(sql, "ORDER") is not None


def has_limit(sql: str) -> bool:
    """Whether the outermost query has a LIMIT."""
    return _outermost(sql, "LIMIT") is not None


def fully_ordered(sql: str, width: int) -> str:
    """A query that has an ORDER BY, with all its result columns as further keys: no ties are left."""
    end = _outermost(sql, "LIMIT")
    end = len(sql.rstrip("; \n\r\t")) if end is None else end
    keys = "".join(f", {number}" for number in range(1, width + 1))
    return f"{sql[:end].rstrip()}{keys} {sql[end:]}"


def same_keys(left: Sequence[Row], right: Sequence[Row]) -> bool:
    """Whether fully ordered rows are the same in order, but for what even a collation or 1 = 1.0 equates."""
    ours, theirs = ([tuple(map(_folded, row)) for row in rows] for rows in (left, right))
    return ours == theirs


def _folded(value: Value) -> Value:
    return value.lower().rstrip(" ") if isinstance(value, str) else value


def _outermost(sql: str, word: str) -> int | None:
    """Where a keyword stands outside all parentheses."""
    depth = 0
    try:
        for token in tokens(sql):
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0 and token.word == word:
                return token.start
    except TokenError:
        return None
    return None


def same_letters(left: Sequence[Row], right: Sequence[Row]) -> bool:
    """Whether the rows are the same but for the order of the characters within texts."""
    ours, theirs = ([tuple(map(_sorted_text, row)) for row in rows] for rows in (left, right))
    return same_rows(ours, theirs, ordered=False, documents=())


def same_digits(left: Sequence[Row], right: Sequence[Row]) -> bool:
    """Whether the rows are the same but for the last digits of reals."""
    ours, theirs = ([tuple(map(_rounded, row)) for row in rows] for rows in (left, right))
    return same_rows(ours, theirs, ordered=False, documents=())


def _rounded(value: Value) -> Value:
    return f"{value:.11e}" if isinstance(value, float) else value


def _sorted_text(value: Value) -> Value:
    return "".join(sorted(value)) if isinstance(value, str) else value


# --- one engine against the file ---


def rendered(rows: Iterable[Row], types: str, sort: SortMode) -> tuple[str, ...]:
    """The lines of a result."""
    lines = [tuple(_text(value, type_) for value, type_ in zip(row, types, strict=True)) for row in rows]
    if sort == "rowsort":
        lines.sort()
    values = [value for line in lines for value in line]
    return tuple(sorted(values) if sort == "valuesort" else values)


def digest(lines: Sequence[str]) -> Digest:
    """The lines as a hash."""
    text = "".join(f"{line}\n" for line in lines)
    return Digest(
        count=len(lines), md5=hashlib.md5(text.encode("latin-1"), usedforsecurity=False).hexdigest()
    )


def written(lines: tuple[str, ...], threshold: int) -> tuple[str, ...] | Digest:
    """The lines as a file holds them: hashed above the threshold, or where one would not be read back."""
    unreadable = any(not line.strip() or line.startswith("#") for line in lines)
    return digest(lines) if unreadable or 0 < threshold < len(lines) else lines


def expected_differs(lines: tuple[str, ...], expected: tuple[str, ...] | Digest) -> bool:
    """Whether a file expects something else than these lines."""
    return (digest(lines) if isinstance(expected, Digest) else lines) != expected


_AS = {"T": "CAST(? AS TEXT)", "I": "CAST(? AS INTEGER)", "R": "printf('%.3f', CAST(? AS REAL))"}


def _text(value: Value, type_: str) -> str:
    if value is None:
        return "NULL"
    found = value if _is_plain(value, type_) else _converted(value, type_)
    if type_ == "I":
        return str((int(found or 0) + 2**31) % 2**32 - 2**31)
    if type_ == "R":
        return str(found)
    data = found.encode(errors="surrogateescape") if isinstance(found, str) else bytes(str(found), "ascii")
    return "".join(chr(byte) if 32 <= byte <= 126 else "@" for byte in data) or "(empty)"


def _is_plain(value: Value, type_: str) -> bool:
    return isinstance(value, int if type_ == "I" else str) and type_ != "R"


def _converted(value: Value, type_: str) -> Value:
    """The value in the class of the column, by SQLite's own conversion."""
    found: Value = _sqlite().execute(f"SELECT {_AS[type_]}", (value,)).fetchone()[0]
    return found


@cache
def _sqlite() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.text_factory = lambda data: data.decode(errors="surrogateescape")
    return connection
