"""The copy: one table's rows from the snapshot into PostgreSQL, chunk by chunk, each value checked.

A chunk is one transaction with its line in the ledger. The first begins with TRUNCATE, so that
COPY can write frozen rows and, under wal_level=minimal, no WAL. A value that its conversion
refuses raises CounterExample and leaves the table empty or at its last chunk.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from outgrow.errors import CounterExample, TargetError
from outgrow.move.encode import encode
from outgrow.move.examine import Examined
from outgrow.move.progress import Progress
from outgrow.move.work import ReadAhead
from outgrow.plan.model import ColumnPlan, TablePlan
from outgrow.postgres import rows as target_rows
from outgrow.postgres.apply import say
from outgrow.postgres.ledger import Ledger
from outgrow.postgres.ledger import Progress as Done
from outgrow.schema.names import qualified
from outgrow.sqlite.connect import Snapshot
from outgrow.sqlite.extent import Rows, rowid_range
from outgrow.sqlite.read import read_table
from outgrow.sqlite.rows import Reading, form_of
from outgrow.types.values import conversion

CHUNK_ROWS = int(os.environ.get("OUTGROW_CHUNK_ROWS", "20000000"))
"""Rowids per transaction: what an interruption may cost at most. Later chunks cannot be frozen."""


class Stopped(Exception):  # noqa: N818 - no error: the walk is being left
    """Another table's error, or Ctrl-C, ends the walk; this table goes on from its last chunk next time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyJob:
    """Everything that one table's copy needs."""

    snapshot: Snapshot
    examined: Examined
    schema: str
    ledger: Ledger
    progress: Progress


def copy_table(
    connection: psycopg.Connection[Any], job: CopyJob, table: TablePlan, stopping: threading.Event
) -> int:
    """Copies what is missing of one table and returns its rows in all.

    `connection` is in autocommit mode; each chunk commits. Raises CounterExample with table and
    column set, TargetError when PostgreSQL refuses the rows, Stopped once `stopping` is set.
    """
    done = job.ledger.progress(connection).get(table.source, Done(chunks=0, rows=0, finished=False))
    if done.finished:
        job.progress.table_begins("copy", table.source, done.rows, table.bytes)
        job.progress.table_advances("copy", table.source, done.rows, 0)
        job.progress.table_ends("copy", table.source)
        return done.rows
    job.progress.table_begins("copy", table.source, table.rows, table.bytes)
    chunks = _chunks(job, table)
    rows = done.rows
    for number, chunk in enumerate(chunks):
        if number < done.chunks:
            continue
        with connection.transaction():
            if number == 0:
                connection.execute(f"TRUNCATE ONLY {qualified(job.schema, table.name)}")
            rows += _copy_chunk(connection, job, table, chunk, stopping, freeze=number == 0)
            last = number == len(chunks) - 1
            job.ledger.advance(connection, table.source, Done(chunks=number + 1, rows=rows, finished=last))
    job.progress.table_ends("copy", table.source)
    return rows


def _chunks(job: CopyJob, table: TablePlan) -> tuple[Rows, ...]:
    whole = job.examined.rows(table.source)
    with job.snapshot.apsw() as connection:
        bounds = rowid_range(connection, whole)
    if bounds is None or table.rows <= CHUNK_ROWS:
        return (whole,)
    low, high = bounds
    step = max(CHUNK_ROWS, -(-(high - low + 1) * CHUNK_ROWS // table.rows))
    return tuple(
        Rows(source=whole.source, rowid=whole.rowid, low=start, high=min(start + step - 1, high))
        for start in range(low, high + 1, step)
    )


def _copy_chunk(
    connection: psycopg.Connection[Any],
    job: CopyJob,
    table: TablePlan,
    chunk: Rows,
    stopping: threading.Event,
    *,
    freeze: bool,
) -> int:
    seen = job.examined.profile.table(table.source)
    columns = table.stored
    readings = [Reading(column=c.source, form=form_of(seen.column(c.source))) for c in columns]
    if not columns:
        raise TargetError(f"table {table.source} has no column that can be copied; leave it out in the plan")
    encoder = target_rows.Encoder([conversion(c.conversion, c.type) for c in columns])
    counted = [0]

    def chunks() -> Iterator[bytes]:
        batches = read_table(job.snapshot, readings, chunk, seen, job.examined.database.encoding)
        with ReadAhead(batches, depth=1) as ahead:
            for arrays in ahead:
                if stopping.is_set():
                    raise Stopped
                data = encoder.batch(_encode(arrays, readings, columns, table))
                counted[0] += len(arrays[0])
                job.progress.table_advances(
                    "copy", table.source, len(arrays[0]), sum(a.nbytes for a in arrays)
                )
                yield data
        yield encoder.end()

    sql = target_rows.copy_sql(qualified(job.schema, table.name), (c.name for c in columns), freeze=freeze)
    try:
        # Three threads overlap: SQLite is read, batches are encoded, bytes are sent.
        with ReadAhead((data for data in chunks() if data), depth=1) as encoded:
            target_rows.send(connection, sql, encoded)
    except psycopg.errors.DataError as error:
        raise _refused(error, table, columns) from error
    return counted[0]


def _encode(
    arrays: Sequence[Any], readings: Sequence[Reading], columns: Sequence[ColumnPlan], table: TablePlan
) -> list[Any]:
    result = []
    for array, reading, column in zip(arrays, readings, columns, strict=True):
        try:
            result.append(encode(column.conversion, column.type, array, reading.form))
        except CounterExample as error:
            error.table, error.column = table.source, column.source
            raise
    return result


def _refused(
    error: psycopg.Error, table: TablePlan, columns: Sequence[ColumnPlan]
) -> CounterExample | TargetError:
    """PostgreSQL's refusal of a value, as a counter-example when it names the column."""
    context = error.diag.context or ""
    found = re.search(r"COPY .*, line (\d+), column (.+?)(?::|$)", context.partition("\n")[0])
    if found:
        for column in columns:
            if column.name == found[2]:
                place = f"the value of row {found[1]}"
                return CounterExample(
                    f"is refused by PostgreSQL: {say(error)}", place, column.source, table.source
                )
    return TargetError(f"PostgreSQL refuses rows of {table.source}: {say(error)}")
