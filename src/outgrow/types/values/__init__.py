"""The conversions, one file per type family: SQLite value to target value, checked.

To add one: write a function `(argument, sql_type) -> Conversion` in the family's file, name it in
the table below, give its way back in `types.restore`, and say in `types.choose` when it is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from outgrow.errors import ConfigError
from outgrow.types.values import booleans, dates, decimals, documents, epochs, escaped, plain, uuids, vectors
from outgrow.types.values.base import Conversion, Form

CONVERSIONS: Mapping[str, Callable[[str, str], Conversion]] = {
    "same": plain.same,
    "integer-text": plain.integer_text,
    "boolean": booleans.boolean,
    "timestamp-text": dates.timestamp_text,
    "timestamptz-text": dates.timestamptz_text,
    "date-text": dates.date_text,
    "time-text": dates.time_text,
    "timestamptz-epoch": epochs.timestamptz_epoch,
    "timestamptz-epoch-real": epochs.timestamptz_epoch_real,
    "uuid-text": uuids.uuid_text,
    "uuid-hex": uuids.uuid_hex,
    "uuid-blob": uuids.uuid_blob,
    "json": documents.document,
    "numbers": decimals.numbers,
    "numeric": decimals.numeric,
    "numeric-point": decimals.numeric_point,
    "vector": vectors.vector,
    "vector-int8": vectors.vector_int8,
    "bit": vectors.bit,
    "escaped": escaped.escaped,
}


@lru_cache(maxsize=4096)
def conversion(name: str, sql_type: str) -> Conversion:
    """The conversion that plan.toml calls `name`, bound to a target type; ConfigError if there is none."""
    kind, _, argument = name.partition(":")
    if kind not in CONVERSIONS:
        raise ConfigError(f"no conversion {name!r}; there are {', '.join(CONVERSIONS)}")
    return CONVERSIONS[kind](argument, sql_type)


__all__ = ["CONVERSIONS", "Conversion", "Form", "conversion"]
