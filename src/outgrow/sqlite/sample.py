"""A sample of each table: rows from its beginning, its end and between.

It only says what to look for; `profile` and the conversions look at every value.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import apsw

from outgrow.schema.model import Column, Table
from outgrow.schema.names import quote_sqlite
from outgrow.sqlite.extent import Rows
from outgrow.types.observed import Value

SAMPLE = 120
"""Rows sampled at each of the two ends and spread between them."""
WIDTH = 500
"""Columns per query: each takes two of the 2000 result columns that SQLite allows."""
LONG = 65_536
"""A longer value is sampled by its first and last 1000 bytes only."""


def take_sample(
    connection: apsw.Connection, table: Table, rows: Rows, bounds: tuple[int, int] | None, encoding: str
) -> tuple[tuple[Value, ...], ...]:
    """Rows from the beginning, the end and between, each a tuple of values in column order."""
    parts = [
        _sample_of(connection, table.columns[at : at + WIDTH], rows, bounds, encoding)
        for at in range(0, len(table.columns), WIDTH)
    ]
    return tuple(tuple(chain.from_iterable(row)) for row in zip(*parts, strict=True))


def _sample_of(
    connection: apsw.Connection,
    columns: Sequence[Column],
    rows: Rows,
    bounds: tuple[int, int] | None,
    encoding: str,
) -> list[tuple[Value, ...]]:
    base = f"SELECT {', '.join(map(_sampled, columns))} FROM {rows.source}"
    if bounds is None or rows.rowid is None:
        found = list(connection.execute(f"{base} LIMIT {2 * SAMPLE}"))
    else:
        low, high = bounds
        step = max(1, (high - low) // SAMPLE)
        found = list(connection.execute(f"{base} ORDER BY {rows.rowid} LIMIT {SAMPLE}"))
        found += connection.execute(f"{base} ORDER BY {rows.rowid} DESC LIMIT {SAMPLE}")
        for start in range(low, high, step) if high - low > 2 * SAMPLE else ():
            found += connection.execute(f"{base} WHERE {rows.rowid} >= {start} ORDER BY {rows.rowid} LIMIT 1")
    return [_decode(row, encoding) for row in found]


def _sampled(column: Column) -> str:
    name = quote_sqlite(column.name)
    raw = f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END"
    cut = f"substr(CAST({name} AS BLOB), 1, 1000) || substr(CAST({name} AS BLOB), -1000)"
    return f"typeof({name}), CASE WHEN octet_length({name}) > {LONG} THEN CAST({cut} AS BLOB) ELSE {raw} END"


def _decode(row: Sequence[Any], encoding: str) -> tuple[Value, ...]:
    pairs = zip(row[::2], row[1::2], strict=True)
    return tuple(stored_text(value, encoding) if kind == "text" else value for kind, value in pairs)


def stored_text(raw: bytes, encoding: str) -> str:
    """The text that SQLite stores in those bytes; what is not legal in the encoding becomes surrogates."""
    if encoding == "UTF-8":
        return raw.decode("utf-8", errors="surrogateescape")
    return raw.decode("utf-16-le" if encoding == "UTF-16le" else "utf-16-be", errors="surrogatepass")
