"""What a column really holds: the profile, made by `sqlite.profile`, read by `types.choose`.

Counts and ranges are exact over all rows of the snapshot; `sample` is only a sample. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outgrow.schema.names import fold

StorageClass = Literal["integer", "real", "text", "blob"]
CLASSES: tuple[StorageClass, ...] = ("integer", "real", "text", "blob")

Value = int | float | str | bytes | None
"""One stored value. Text that is not UTF-8 is a `str` with surrogate escapes."""

EXACT_INTEGERS = 2**53
"""Beyond this, neighbouring integers share one double."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """Evidence about one column.

    `counts` holds the number of values per storage class, zero counts left out; `nulls` counts
    NULLs. `min_integer` and `max_integer` range over integer values only, `min_real` and
    `max_real` over reals. `max_bytes` is the length of the longest text or blob in bytes,
    `mean_bytes` their mean length. `sample` holds some of the non-NULL values, in storage order.
    """

    column: str
    rows: int
    nulls: int
    counts: tuple[tuple[StorageClass, int], ...]
    min_integer: int | None = None
    max_integer: int | None = None
    min_real: float | None = None
    max_real: float | None = None
    max_bytes: int = 0
    mean_bytes: float = 0.0
    sample: tuple[Value, ...] = ()

    @property
    def classes(self) -> frozenset[StorageClass]:
        """Storage classes met."""
        return frozenset(name for name, _ in self.counts)

    def count(self, storage_class: StorageClass) -> int:
        """Values of one storage class."""
        return dict(self.counts).get(storage_class, 0)

    @property
    def values(self) -> int:
        """Values that are not NULL."""
        return self.rows - self.nulls


@dataclass(frozen=True, slots=True, kw_only=True)
class TableProfile:
    """Evidence about one table.

    `bytes` is what its b-tree takes in the file, indexes not counted (0: unknown).
    """

    table: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    bytes: int = 0
    min_rowid: int | None = None
    max_rowid: int | None = None

    @property
    def estimated_bytes(self) -> int:
        """What all values take, about: 8 bytes for a number, the mean length for text and blobs."""
        return round(
            sum(
                8 * (column.count("integer") + column.count("real"))
                + column.mean_bytes * (column.count("text") + column.count("blob"))
                for column in self.columns
            )
        )

    def column(self, name: str) -> ColumnProfile:
        """The profile of that column, ASCII case ignored; KeyError if none."""
        for column in self.columns:
            if fold(column.column) == fold(name):
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Evidence about every table of one snapshot."""

    tables: tuple[TableProfile, ...]

    def table(self, name: str) -> TableProfile:
        """The profile of that table, ASCII case ignored; KeyError if none."""
        for table in self.tables:
            if fold(table.table) == fold(name):
                return table
        raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A type that was considered for a column, and the stored value that rules it out."""

    type: str
    conversion: str
    reason: str
    value: str
