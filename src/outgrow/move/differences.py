"""Rows matched one by one where two readings differ: which row, which column, both values.

Bounded memory: each side's rows are kept in a temporary SQLite file, keyed by the row's key (or,
without a key, by the whole row), and joined there.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import struct
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from outgrow.types.restore import Kind, same_document

SHOWN = 50
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One difference; `column` is None when a whole row is missing on one side."""

    key: str
    column: int | None
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Rows met on either side, differing values and unmatched rows counted, and the first of them."""

    rows: int
    differences: int
    shown: tuple[Place, ...]


def match_rows(
    source: Iterable[list[Row]], target: Iterable[list[Row]], keys: Sequence[int], kinds: Sequence[Kind]
) -> Matched:
    """Matches rows by the columns `keys`, or as whole rows when there are none (duplicates count)."""
    with tempfile.TemporaryDirectory(prefix="outgrow-verify-") as folder:
        database = apsw.Connection(str(Path(folder) / "rows.db"))
        try:
            database.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536")
            for side, batches in (("source", source), ("target", target)):
                database.execute(
                    f"CREATE TABLE {side}(id BLOB, n INTEGER, content BLOB, PRIMARY KEY(id, n)) WITHOUT ROWID"
                )
                with database:
                    _fill(database, side, batches, keys, kinds)
            return _joined(database, keys, kinds)
        finally:
            database.close()


def _fill(
    database: apsw.Connection,
    side: str,
    batches: Iterable[list[Row]],
    keys: Sequence[int],
    kinds: Sequence[Kind],
) -> None:
    sql = f"INSERT INTO {side} VALUES (?1, (SELECT ifnull(max(n), 0) + 1 FROM {side} WHERE id = ?1), ?2)"
    for batch in batches:
        database.executemany(sql, ((_identity(row, keys, kinds), pickle.dumps(row)) for row in batch))


def _identity(row: Row, keys: Sequence[int], kinds: Sequence[Kind]) -> bytes:
    wanted = (
        [row[at] for at in keys]
        if keys
        else [_canonical(value, kind) for value, kind in zip(row, kinds, strict=True)]
    )
    return hashlib.blake2b(b"".join(map(_tagged, wanted)), digest_size=16).digest()


def _canonical(value: Any, kind: Kind) -> Any:
    """JSON spellings differ between the sides; a sorted one is the same on both."""
    if kind != "json" or not isinstance(value, str):
        return value
    try:
        return json.dumps(json.loads(value), sort_keys=True)
    except (ValueError, RecursionError):
        return value


def _tagged(value: Any) -> bytes:
    if value is None:
        return b"n"
    if isinstance(value, int):
        raw = b"i" + str(value).encode()
    elif isinstance(value, float):
        raw = b"r" + struct.pack("!d", value)
    elif isinstance(value, str):
        raw = b"t" + value.encode(errors="surrogateescape")
    else:
        raw = b"b" + value
    return struct.pack("!Q", len(raw)) + raw


def _joined(database: apsw.Connection, keys: Sequence[int], kinds: Sequence[Kind]) -> Matched:
    rows = sum(int(database.execute(f"SELECT count(*) FROM {side}").get) for side in ("source", "target"))
    both = int(database.execute("SELECT count(*) FROM source JOIN target USING (id, n)").get)
    shown: list[Place] = []
    count = 0
    pairs = database.execute(
        "SELECT s.content, t.content FROM source s JOIN target t USING (id, n) WHERE s.content <> t.content"
    )
    for ours, theirs in pairs:
        # Both pickles were made a moment ago by this process in its own temporary folder.
        left, right = pickle.loads(ours), pickle.loads(theirs)  # noqa: S301
        for at, kind in enumerate(kinds):
            if not _equal(left[at], right[at], kind):
                count += 1
                if len(shown) < SHOWN:
                    shown.append(
                        Place(
                            key=_key(left, keys), column=at, source=_show(left[at]), target=_show(right[at])
                        )
                    )
    for side, other in (("source", "target"), ("target", "source")):
        lonely = database.execute(
            f"SELECT content FROM {side} a "
            f"WHERE NOT EXISTS (SELECT 1 FROM {other} b WHERE b.id = a.id AND b.n = a.n)"
        )
        for (content,) in lonely:
            count += 1
            if len(shown) < SHOWN:
                row = pickle.loads(content)  # noqa: S301
                values = ("a row", "no such row") if side == "source" else ("no such row", "a row")
                shown.append(Place(key=_key(row, keys), column=None, source=values[0], target=values[1]))
    return Matched(rows=rows - both, differences=count, shown=tuple(shown))


def _equal(left: Any, right: Any, kind: Kind) -> bool:
    if kind == "json" and isinstance(left, str) and isinstance(right, str):
        return same_document(left, right)
    return _tagged(left) == _tagged(right)


def _key(row: Row, keys: Sequence[int]) -> str:
    wanted = [row[at] for at in keys] if keys else row
    return ", ".join(_show(value) for value in wanted[:8])


def _show(value: Any) -> str:
    if isinstance(value, bytes):
        return f"x'{value[:24].hex()}{'…' if len(value) > 24 else ''}'"
    text = repr(value).encode(errors="backslashreplace").decode() if value is not None else "NULL"
    return text if len(text) <= 80 else text[:79] + "…"
