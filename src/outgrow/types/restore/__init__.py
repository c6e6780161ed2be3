"""From a target value back to the SQLite value and its storage class.

Verification and the way back use this; it shares no code with `types.values`, so that a fault in
a conversion cannot hide itself. A `Restorer` says how to read a column from PostgreSQL and what
the array read means in SQLite's terms. One file per family, as in `types.values`.
"""

from __future__ import annotations

from collections.abc import Callable

from outgrow.errors import ConfigError
from outgrow.types.restore import moments, numbers, plain, vectors
from outgrow.types.restore.base import ANY_CLASS, BLOB, INTEGER, REAL, TEXT, Kind, Restorer, struct_of
from outgrow.types.restore.documents import same_document, same_documents
from outgrow.types.restore.plain import unescape

_WAYS_BACK: dict[str, Callable[[str, str], Restorer]] = {
    "same": plain.same,
    "integer-text": plain.text,
    "boolean": plain.boolean,
    "timestamp-text": moments.timestamp_text,
    "timestamptz-text": moments.timestamptz_text,
    "date-text": moments.timestamp_text,
    "time-text": moments.time_text,
    "timestamptz-epoch": moments.epoch,
    "timestamptz-epoch-real": moments.epoch_real,
    "uuid-text": plain.uuid_text,
    "uuid-hex": plain.uuid_hex,
    "uuid-blob": plain.uuid_blob,
    "json": plain.json_text,
    "numbers": numbers.numbers,
    "numeric": numbers.numeric,
    "numeric-point": numbers.numeric_point,
    "vector": vectors.vector,
    "vector-int8": vectors.vector_int8,
    "bit": vectors.bit,
    "escaped": plain.escaped,
}


def restorer(conversion: str, sql_type: str) -> Restorer:
    """The way back of a recipe; ConfigError for one that is unknown."""
    kind, _, argument = conversion.partition(":")
    if kind not in _WAYS_BACK:
        raise ConfigError(f"no conversion {conversion!r} to verify")
    return _WAYS_BACK[kind](argument, sql_type.lower())


__all__ = [
    "ANY_CLASS",
    "BLOB",
    "INTEGER",
    "REAL",
    "TEXT",
    "Kind",
    "Restorer",
    "restorer",
    "same_document",
    "same_documents",
    "struct_of",
    "unescape",
]
