"""Verification: every value of every row, read back and mapped back to what SQLite holds.

Both sides are read in the order in which they lie, which after a move is the same, and compared
column by column in Arrow. Where that shows a difference, they are read in key order, and only
where that differs too are rows matched one by one (`differences`). Nothing of the copy is used:
the reading of SQLite excepted, values come back through `types.restore`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from outgrow.move.differences import match_rows
from outgrow.move.examine import Examined
from outgrow.move.progress import Progress
from outgrow.move.result import Difference
from outgrow.move.work import ReadAhead
from outgrow.plan.model import ColumnPlan, TablePlan
from outgrow.postgres.rows import fetch
from outgrow.schema.names import qualified, quote, quote_sqlite
from outgrow.schema.target import family
from outgrow.sqlite.connect import Snapshot
from outgrow.sqlite.read import read_table
from outgrow.sqlite.rows import Reading, form_of
from outgrow.types.restore import (
    ANY_CLASS,
    BLOB,
    INTEGER,
    REAL,
    TEXT,
    Kind,
    Restorer,
    restorer,
    same_documents,
)

SHOWN = 20
"""Differences shown per table; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What comparing one table gave. `rows` and `values` were compared on both sides."""

    table: str
    rows: int
    values: int
    differences: int = 0
    shown: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyJob:
    """Everything that comparing tables needs; `profile` inside `examined` is of this very snapshot."""

    snapshot: Snapshot
    examined: Examined
    schema: str
    progress: Progress


def compare_table(target: Any, job: VerifyJob, table: TablePlan) -> Compared:
    """Compares one table; `target` is an ADBC connection whose plans keep the order of a scan."""
    job.progress.table_begins("verify", table.source, table.rows, table.bytes)
    sides = _Sides(target, job, table)
    for ordered in (False, True) if table.key and sides.orderable else (False,):
        rows = sides.zip(ordered=ordered)
        if rows is not None:
            job.progress.table_ends("verify", table.source)
            return Compared(table=table.source, rows=rows, values=rows * len(table.columns))
    compared = sides.match()
    job.progress.table_ends("verify", table.source)
    return compared


class _Sides:
    """Both readings of one table."""

    def __init__(self, target: Any, job: VerifyJob, table: TablePlan) -> None:
        self._target, self._job, self._table = target, job, table
        self._profile = job.examined.profile.table(table.source)
        self._readings = [
            Reading(column=c.source, form=form_of(self._profile.column(c.source))) for c in table.columns
        ]
        self._restorers = [restorer(c.conversion, c.type) for c in table.columns]

    @property
    def orderable(self) -> bool:
        """Whether both engines sort the key alike: text in a UTF-16 file does not compare by UTF-8 bytes."""
        texts = any(family(self._table.column(name).type) == "text" for name in self._table.key)
        return self._job.examined.database.encoding == "UTF-8" or not texts

    def source(self, *, ordered: bool) -> Iterator[list[pa.Array]]:
        order = [f"{quote_sqlite(name)} COLLATE BINARY" for name in self._table.key] if ordered else []
        batches = read_table(
            self._job.snapshot,
            self._readings,
            self._job.examined.rows(self._table.source),
            self._profile,
            self._job.examined.database.encoding,
            order=order,
        )
        for arrays in batches:
            yield [
                _by_kind(a, r.form.value, back)
                for a, r, back in zip(arrays, self._readings, self._restorers, strict=True)
            ]

    def target(self, *, ordered: bool) -> Iterator[list[pa.Array]]:
        wanted = ", ".join(
            f"{back.select(quote(column.name))} AS c{number}"
            for number, (column, back) in enumerate(zip(self._table.columns, self._restorers, strict=True))
        )
        sql = f"SELECT {wanted} FROM {qualified(self._job.schema, self._table.name)}"
        if ordered:
            sql += f" ORDER BY {', '.join(map(_order_term, map(self._table.column, self._table.key)))}"
        for batch in fetch(self._target, sql):
            yield [
                back.back(_plain(array)) for array, back in zip(batch.columns, self._restorers, strict=True)
            ]

    def zip(self, *, ordered: bool) -> int | None:
        """Rows compared when all are equal pairwise; None at the first difference."""
        total = 0
        equal = [_equal(back.kind) for back in self._restorers]
        with (
            ReadAhead(self.source(ordered=ordered), depth=1) as left,
            ReadAhead(self.target(ordered=ordered), depth=1) as right,
        ):
            for ours, theirs in _aligned(iter(left), iter(right)):
                if ours is None or theirs is None:
                    return None
                if not all(same(a, b) for same, a, b in zip(equal, ours, theirs, strict=True)):
                    return None
                total += len(ours[0])
                self._job.progress.table_advances("verify", self._table.source, len(ours[0]), _size(ours))
        return total

    def match(self) -> Compared:
        """Rows matched one by one, by key or as whole rows, and what is left over on either side."""
        keys = [at for at, column in enumerate(self._table.columns) if column.source in self._table.key]
        kinds = [back.kind for back in self._restorers]
        found = match_rows(
            (_python_rows(arrays, kinds) for arrays in self.source(ordered=False)),
            (_python_rows(arrays, kinds) for arrays in self.target(ordered=False)),
            keys,
            kinds,
        )
        names = [column.source for column in self._table.columns]
        shown = tuple(
            Difference(
                table=self._table.source,
                key=place.key,
                column="(row)" if place.column is None else names[place.column],
                source=place.source,
                target=place.target,
            )
            for place in found.shown[:SHOWN]
        )
        return Compared(
            table=self._table.source, rows=found.rows, values=found.rows * len(names),
            differences=found.differences, shown=shown,
        )  # fmt: skip


def _order_term(column: ColumnPlan) -> str:
    return quote(column.name) + (' COLLATE "C"' if family(column.type) == "text" else "")


def _size(arrays: Sequence[pa.Array]) -> int:
    return sum(array.nbytes for array in arrays)


def _plain(array: pa.Array) -> pa.Array:
    """An extension array (json, uuid) as its storage."""
    return array.storage if isinstance(array, pa.ExtensionArray) else array


Batch = list[pa.Array]


def _aligned(left: Iterator[Batch], right: Iterator[Batch]) -> Iterator[tuple[Batch | None, Batch | None]]:
    """Slices of the same number of rows of both sides; None for the side that has ended."""
    ours, theirs = next(left, None), next(right, None)
    while ours is not None and theirs is not None:
        rows = min(len(ours[0]), len(theirs[0]))
        yield [array.slice(0, rows) for array in ours], [array.slice(0, rows) for array in theirs]
        ours = [array.slice(rows) for array in ours] if len(ours[0]) > rows else next(left, None)
        theirs = [array.slice(rows) for array in theirs] if len(theirs[0]) > rows else next(right, None)
    if ours is not None or theirs is not None:
        yield ours, theirs


_CODE = {"integer": INTEGER, "real": REAL, "text": TEXT, "blob": BLOB}


def _by_kind(array: pa.Array, form: str, back: Restorer) -> pa.Array:
    """A source array in the shape in which the restorer gives the target's."""
    if form == back.kind or (form == "text" and back.kind == "json"):
        return array
    if array.null_count == len(array):
        return _nulls(len(array), back.kind)
    return array if form == "mixed" else to_struct(array, form)


def _nulls(count: int, kind: Kind) -> pa.Array:
    types = {
        "integer": pa.int64(),
        "real": pa.float64(),
        "text": pa.string(),
        "blob": pa.binary(),
        "json": pa.string(),
    }
    if kind != "mixed":
        return pa.nulls(count, types[kind])
    children = [pa.nulls(count, field.type) for field in ANY_CLASS]
    return pa.StructArray.from_arrays(children, fields=list(ANY_CLASS))


def to_struct(array: pa.Array, form: str) -> pa.Array:
    """An array of one storage class as an array of any class."""
    code = pc.if_else(pc.is_valid(array), pa.scalar(_CODE[form], pa.int8()), pa.scalar(None, pa.int8()))
    parts = [
        code,
        array if form == "integer" else pa.nulls(len(array), pa.int64()),
        array if form == "real" else pa.nulls(len(array), pa.float64()),
        _bytes(array) if form in {"text", "blob"} else pa.nulls(len(array), pa.binary()),
    ]
    return pa.StructArray.from_arrays(parts, fields=list(ANY_CLASS))


def _bytes(array: pa.Array) -> pa.Array:
    """Text or blob as bytes, unchecked: source text need not be UTF-8."""
    if not pa.types.is_string(array.type):
        return array
    return pa.Array.from_buffers(pa.binary(), len(array), array.buffers(), array.null_count, array.offset)


def _equal(kind: Kind) -> Callable[[pa.Array, pa.Array], bool]:
    return _same_json if kind == "json" else _same


def _same(left: pa.Array, right: pa.Array) -> bool:
    if left.type != right.type and (pa.types.is_struct(left.type) or pa.types.is_struct(right.type)):
        return _same(_structured(left), _structured(right))
    if pa.types.is_struct(left.type):
        return all(_same(left.field(name), right.field(name)) for name in ("class", "i", "r", "b"))
    if pa.types.is_floating(left.type) and pa.types.is_floating(right.type):
        return _same(_bits(left), _bits(right))
    if left.type != right.type:
        left, right = _bytes(left), _bytes(right)
    same: bool = left.equals(right)
    return same


def _structured(array: pa.Array) -> pa.Array:
    if pa.types.is_struct(array.type):
        return array
    kinds = {pa.int64(): "integer", pa.float64(): "real", pa.string(): "text", pa.binary(): "blob"}
    return to_struct(array, kinds[array.type])


def _bits(array: pa.Array) -> pa.Array:
    """Doubles as their bit patterns, so that -0.0 and 0.0 differ."""
    return pa.Array.from_buffers(pa.int64(), len(array), array.buffers(), array.null_count, array.offset)


def _same_json(left: pa.Array, right: pa.Array) -> bool:
    if left.null_count != right.null_count or not pc.is_null(left).equals(pc.is_null(right)):
        return False
    differ = pc.fill_null(pc.not_equal(_bytes(left), _bytes(right)), False)
    try:
        return same_documents(left.filter(differ), right.filter(differ))
    except UnicodeDecodeError:
        return False


def _python_rows(arrays: Sequence[pa.Array], kinds: Sequence[Kind]) -> list[tuple[Any, ...]]:
    """Rows as tuples of stored values: int, float, bytes for a blob, str for text, None."""
    return list(
        zip(*(_python_column(array, kind) for array, kind in zip(arrays, kinds, strict=True)), strict=True)
    )


def _python_column(array: pa.Array, kind: Kind) -> list[Any]:
    if pa.types.is_struct(array.type):
        parts = zip(*(array.field(name).to_pylist() for name in ("class", "i", "r", "b")), strict=True)
        return [_python_value(*part) for part in parts]
    if pa.types.is_string(array.type):
        raw = _bytes(array).to_pylist()
        return [None if value is None else value.decode(errors="surrogateescape") for value in raw]
    del kind
    values: list[Any] = array.to_pylist()
    return values


def _python_value(code: int | None, i: int | None, r: float | None, b: bytes | None) -> Any:
    if code is None:
        return None
    if code == TEXT:
        return (b or b"").decode(errors="surrogateescape")
    return {INTEGER: i, REAL: r, BLOB: b or b""}[code]
