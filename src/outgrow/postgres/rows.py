"""Rows into PostgreSQL: Arrow arrays to `COPY ... (FORMAT binary)`, encoded in Rust.

After the conversions, before nothing: what is sent here is what PostgreSQL stores. And rows out of
it, for verification, by another driver altogether.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pgpq
import psycopg
import pyarrow as pa
from pgpq import encoders, schema

from outgrow.schema.names import quote
from outgrow.types.values.base import Conversion, Wire


def copy_sql(table: str, columns: Iterable[str], *, freeze: bool) -> str:
    """The COPY statement for those target columns; `table` is already qualified and quoted."""
    names = ", ".join(quote(column) for column in columns)
    return f"COPY {table} ({names}) FROM STDIN (FORMAT binary{', FREEZE' if freeze else ''})"


class Encoder:
    """Turns batches into the bytes of one COPY; its conversions fix the columns' types."""

    def __init__(self, conversions: Sequence[Conversion]) -> None:
        self._conversions = conversions
        self._encoder: Any = None

    def batch(self, arrays: Sequence[pa.Array]) -> bytes:
        """The bytes of one batch, the stream's header before the first."""
        names = [f"c{number}" for number in range(len(arrays))]
        batch = pa.RecordBatch.from_arrays(list(arrays), names=names)
        if self._encoder is not None:
            data: bytes = self._encoder.write_batch(batch)
            return data
        builders = {
            field.name: _builder(field, conversion.wire)
            for field, conversion in zip(batch.schema, self._conversions, strict=True)
        }
        self._encoder = pgpq.ArrowToPostgresBinaryEncoder.new_with_encoders(batch.schema, builders)
        header: bytes = self._encoder.write_header()
        first: bytes = self._encoder.write_batch(batch)
        return header + first

    def end(self) -> bytes:
        """The stream's trailer; empty when no batch came (COPY takes no bytes for no rows)."""
        if self._encoder is None:
            return b""
        data: bytes = self._encoder.finish()
        return data


def _builder(field: pa.Field, wire: Wire) -> Any:
    if wire == "jsonb":
        return encoders.StringEncoderBuilder.new_with_output(field, schema.Jsonb())
    return pgpq.ArrowToPostgresBinaryEncoder.infer_encoder(field)


def send(connection: psycopg.Connection[Any], sql: str, chunks: Iterable[bytes]) -> None:
    """Runs the COPY with those bytes.

    The default writer waits for the socket; psycopg's queued one would hold up to 1024 chunks.
    """
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for chunk in chunks:
            copy.write(chunk)


def fetch(connection: Any, sql: str) -> Iterator[pa.RecordBatch]:
    """Rows of a query over an ADBC PostgreSQL connection, as record batches in bounded memory."""
    cursor = connection.cursor()
    try:
        cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(4 * 2**20)})
        cursor.execute(sql)
        reader = cursor.fetch_record_batch()
        try:
            yield from reader
        finally:
            reader.close()
    finally:
        cursor.close()
