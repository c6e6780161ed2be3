"""Where a table's rows are read from: a FROM item, its rowid, and ranges of it.

Shared by everyone who reads rows: `profile`, `sample`, `rows` and, through them, the copy.
"""

from __future__ import annotations

from dataclasses import dataclass

import apsw

from outgrow.schema.model import Table
from outgrow.schema.names import fold, quote_sqlite

CHUNK_ROWS = 400_000
"""Below so many rowids a table is read in one piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Where rows are read from: a FROM item, the name under which it shows its rowid, and a rowid range."""

    source: str
    rowid: str | None = None
    low: int | None = None
    high: int | None = None

    @property
    def where(self) -> str:
        """The WHERE clause of the range; both ends belong to it."""
        if self.rowid is None or self.low is None or self.high is None:
            return ""
        return f" WHERE {self.rowid} BETWEEN {self.low} AND {self.high}"


def rows_of(table: Table, select: str | None = None) -> Rows:
    """All rows of a table, or of a virtual table's `select`."""
    if select is not None:
        return Rows(source=f"({select})")
    plain = "" if table.without_rowid else " NOT INDEXED"
    return Rows(source=quote_sqlite(table.name) + plain, rowid=rowid_name(table))


def rowid_name(table: Table) -> str | None:
    """A name under which the rowid can be read; None without rowid or when columns hide all three names."""
    if table.without_rowid:
        return None
    names = {fold(column.name) for column in table.columns}
    if table.rowid_alias is not None:
        return quote_sqlite(table.rowid_alias)
    return next((name for name in ("rowid", "_rowid_", "oid") if name not in names), None)


def rowid_range(connection: apsw.Connection, rows: Rows) -> tuple[int, int] | None:
    """Smallest and largest rowid; None for an empty table or one without rowid."""
    if rows.rowid is None:
        return None
    low = connection.execute(f"SELECT min({rows.rowid}) FROM {rows.source}").get
    high = connection.execute(f"SELECT max({rows.rowid}) FROM {rows.source}").get
    return None if low is None or high is None else (int(low), int(high))


def split(rows: Rows, bounds: tuple[int, int] | None, parts: int) -> tuple[Rows, ...]:
    """`rows` cut into at most `parts` rowid ranges that together cover it; one piece when it is small."""
    if bounds is None:
        return (rows,)
    low, high = bounds
    count = max(1, min(parts, (high - low + 1) // CHUNK_ROWS))
    step = -(-(high - low + 1) // count)
    return tuple(
        Rows(source=rows.source, rowid=rows.rowid, low=start, high=min(start + step - 1, high))
        for start in range(low, high + 1, step)
    )
