"""One table's rows through whichever driver can read it: ADBC, and apsw where ADBC lacks a part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import adbc_driver_manager
import pyarrow as pa

from outgrow.errors import SourceError
from outgrow.sqlite.connect import NeedsModule, Snapshot
from outgrow.sqlite.extent import Rows
from outgrow.sqlite.rows import Reading, assemble, batch_rows, read, select_sql
from outgrow.types.observed import TableProfile
from outgrow.types.values.base import Form

if TYPE_CHECKING:
    import apsw

_ARROW = {Form.INTEGER: pa.int64(), Form.REAL: pa.float64(), Form.TEXT: pa.string(), Form.BLOB: pa.binary()}


def read_table(
    snapshot: Snapshot,
    readings: Sequence[Reading],
    rows: Rows,
    profile: TableProfile,
    encoding: str,
    *,
    order: Sequence[str] = (),
) -> Iterator[list[pa.Array]]:
    """Batches of one array per reading, in its form, in storage order or in `order` (SQL terms).

    Raises NeedsModule when no driver here can read the table, SourceError when the file is damaged or
    the snapshot was interrupted.
    """
    wanted = [profile.column(reading.column) for reading in readings]
    size = batch_rows(wanted)
    sql = select_sql(readings, rows, encoding=encoding, order=order)
    try:
        with snapshot.adbc() as connection:
            batches = read(connection, sql, readings, rows_per_batch=size, encoding=encoding)
            first = list(islice(batches, 1))
            yield from _until_interrupted(snapshot, chain(first, batches))
            return
    except NeedsModule:
        pass
    except (adbc_driver_manager.Error, OSError) as error:
        if "no such" not in str(error) and "no query solution" not in str(error):
            raise
    with snapshot.apsw() as apsw_connection:
        found = _read_apsw(apsw_connection, readings, rows, encoding, order, size)
        yield from _until_interrupted(snapshot, found)


def _until_interrupted(snapshot: Snapshot, batches: Iterable[list[pa.Array]]) -> Iterator[list[pa.Array]]:
    for batch in batches:
        if snapshot.interrupted.is_set():
            raise SourceError(f"reading {snapshot.path} was interrupted; run the same command again")
        yield batch


def _read_apsw(
    connection: apsw.Connection,
    readings: Sequence[Reading],
    rows: Rows,
    encoding: str,
    order: Sequence[str],
    size: int,
) -> Iterator[list[pa.Array]]:
    """The same batches through Python objects. Text is read as its bytes, since it may not be UTF-8."""
    body = select_sql([*readings], rows, encoding="bytes", order=order)
    cursor = connection.execute(body)
    next(cursor)
    while batch := list(islice(cursor, size)):
        columns = [
            _array(values, kind)
            for values, kind in zip(zip(*batch, strict=True), _kinds(readings), strict=True)
        ]
        yield assemble(columns, readings, encoding)


def _kinds(readings: Sequence[Reading]) -> Iterator[Form]:
    for reading in readings:
        if reading.form is Form.MIXED:
            yield from (Form.INTEGER, Form.INTEGER, Form.REAL, Form.BLOB)
        else:
            yield reading.form


def _array(values: Sequence[Any], form: Form) -> pa.Array:
    if form is not Form.TEXT:
        return pa.array(values, _ARROW[form])
    binary = pa.array(values, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(binary), binary.buffers(), binary.null_count)
