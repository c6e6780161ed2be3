"""Rows of the source as Arrow batches, in C from the page to the batch.

The driver takes a column's type from the first batch and quietly converts text and blobs later
on, so the SELECT begins with a typed row, and every column is read in a form that the profile has
proven for this very snapshot. A column of several storage classes is read as four.
Before: `sqlite.profile`. After: the conversions, and verification.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from outgrow.schema.names import quote_sqlite
from outgrow.sqlite.extent import Rows
from outgrow.sqlite.sample import stored_text
from outgrow.types.observed import CLASSES, ColumnProfile
from outgrow.types.values.base import MIXED_TYPE, Form, raw_bytes

BATCH_BYTES = 4 * 2**20
LARGEST_BATCH = 96 * 2**20
"""No batch is planned beyond this, whatever the longest value; one value may be longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One column to read and the form it comes in."""

    column: str
    form: Form


def form_of(profile: ColumnProfile) -> Form:
    """The form that holds every value of a column; TEXT for one without values."""
    classes = profile.classes
    if len(classes) > 1:
        return Form.MIXED
    return Form(next(iter(classes))) if classes else Form.TEXT


def batch_rows(profiles: Sequence[ColumnProfile]) -> int:
    """Rows per batch so that a batch has about BATCH_BYTES and never plans more than LARGEST_BATCH."""
    mean = sum(8 + column.mean_bytes for column in profiles) or 8
    longest = sum(8 + column.max_bytes for column in profiles) or 8
    return max(1, min(65_536, int(BATCH_BYTES / mean), int(LARGEST_BATCH / longest)))


def select_sql(
    readings: Sequence[Reading], rows: Rows, *, encoding: str = "UTF-8", order: Sequence[str] = ()
) -> str:
    """The SELECT whose first row only gives the types; `order` lists SQL terms to sort the others by."""
    items = [_items(reading, encoding) for reading in readings]
    typed = ", ".join(sample for item in items for _, sample in item)
    wanted = ", ".join(expression for item in items for expression, _ in item)
    body = f"SELECT {wanted} FROM {rows.source}{rows.where}"
    if order:
        # LIMIT keeps the subquery's ORDER BY, which SQLite may otherwise drop inside a compound.
        body = f"SELECT * FROM ({body} ORDER BY {', '.join(order)} LIMIT -1)"
    return f"SELECT {typed} UNION ALL {body}"


def _items(reading: Reading, encoding: str) -> tuple[tuple[str, str], ...]:
    name = quote_sqlite(reading.column)
    if reading.form is Form.INTEGER:
        return ((name, "0"),)
    if reading.form is Form.REAL:
        return ((name, "0.0"),)
    if reading.form is Form.TEXT:
        return ((name, "''"),) if encoding == "UTF-8" else ((f"CAST({name} AS BLOB)", "x''"),)
    if reading.form is Form.BLOB:
        return ((name, "x''"),)
    kinds = " ".join(f"WHEN '{kind}' THEN {code}" for code, kind in enumerate(CLASSES))
    kind = f"CASE typeof({name}) {kinds} END"
    return (
        (kind, "0"),
        (f"CASE typeof({name}) WHEN 'integer' THEN {name} END", "0"),
        (f"CASE typeof({name}) WHEN 'real' THEN {name} END", "0.0"),
        (f"CASE WHEN typeof({name}) IN ('text', 'blob') THEN CAST({name} AS BLOB) END", "x''"),
    )


def read(
    connection: Any, sql: str, readings: Sequence[Reading], *, rows_per_batch: int, encoding: str = "UTF-8"
) -> Iterator[list[pa.Array]]:
    """Batches of the rows, each one array per reading, in its form; the typed first row is left out.

    `connection` is an ADBC SQLite connection inside the snapshot. Raises the driver's error when
    SQLite cannot run the SELECT.
    """
    cursor = connection.cursor()
    try:
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(rows_per_batch)})
        cursor.execute(sql)
        reader = cursor.fetch_record_batch()
        try:
            yield from _batches(reader, readings, encoding)
        finally:
            reader.close()
    finally:
        cursor.close()


def _batches(reader: Any, readings: Sequence[Reading], encoding: str) -> Iterator[list[pa.Array]]:
    skip = 1
    for batch in reader:
        part = batch.slice(skip) if skip else batch
        skip = 0
        if part.num_rows:
            yield assemble(part.columns, readings, encoding)


def assemble(columns: Sequence[pa.Array], readings: Sequence[Reading], encoding: str) -> list[pa.Array]:
    """One array per reading from the columns of `select_sql`."""
    result: list[pa.Array] = []
    at = 0
    for reading in readings:
        if reading.form is Form.MIXED:
            kind, integers, reals, raw = columns[at : at + 4]
            parts = [kind.cast(pa.int8()), integers, reals, _utf8_parts(kind, raw, encoding)]
            result.append(pa.StructArray.from_arrays(parts, fields=list(MIXED_TYPE)))
            at += 4
            continue
        array = columns[at]
        at += 1
        if reading.form is Form.TEXT and encoding != "UTF-8":
            array = _as_string(
                [None if raw is None else _utf8(raw, encoding) for raw in raw_bytes(array).to_pylist()]
            )
        result.append(array)
    return result


def _utf8_parts(kind: pa.Array, raw: pa.Array, encoding: str) -> pa.Array:
    """In a UTF-16 file, the text values among the raw bytes as UTF-8."""
    if encoding == "UTF-8":
        return raw
    pairs = zip(kind.to_pylist(), raw.to_pylist(), strict=True)
    return pa.array([_utf8(value, encoding) if code == 2 else value for code, value in pairs], pa.binary())


def _utf8(raw: bytes, encoding: str) -> bytes:
    return stored_text(raw, encoding).encode("utf-8", errors="surrogatepass")


def _as_string(values: list[bytes | None]) -> pa.Array:
    binary = pa.array(values, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(binary), binary.buffers(), binary.null_count, binary.offset)
