"""What a declared type means to people: `VARCHAR(32)`, `datetime`, `DECIMAL(10,2)`, `tinyint(1)`.

SQLite itself reads only the affinity out of it; the words are evidence all the same. To teach a
new spelling, add it to the table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Meaning = Literal[
    "boolean", "integer", "real", "decimal", "text", "blob", "date", "datetime", "datetimetz", "time",
    "uuid", "json", "vector", "none", "unknown",
]  # fmt: skip

_WORDS: dict[Meaning, str] = {
    "boolean": "bool, boolean, bit, logical",
    "datetimetz": "timestamptz, datetimetz, timestamp with time zone, datetimeoffset",
    "datetime": "datetime, timestamp, datetime2, smalldatetime, timestamp without time zone",
    "date": "date",
    "time": "time, time without time zone",
    "uuid": "uuid, guid, uniqueidentifier, char_uuid, uuid_text, uuid_blob",
    "json": "json, jsonb, json_text",
    "decimal": "decimal, numeric, number, money, dec, smallmoney, currency",
    "integer": "int, integer, tinyint, smallint, mediumint, bigint, unsigned big int, int2, int4, int8, "
    "serial, bigserial, long, unsigned bigint, integer unsigned",
    "real": "real, double, double precision, float, float4, float8",
    "text": "text, varchar, character varying, char, character, nvarchar, nchar, native character, "
    "varying character, clob, nclob, string, longtext, mediumtext, tinytext, citext, ntext, enum, xml, url, "
    "email",
    "blob": "blob, bytea, binary, varbinary, longblob, mediumblob, tinyblob, image, bytes, geometry, point, "
    "linestring, polygon, multipoint, multilinestring, multipolygon, geometrycollection",
    "vector": "vector, embedding, f32_blob",
}
_MEANINGS = {word: meaning for meaning, words in _WORDS.items() for word in words.split(", ")}
_SHAPE = re.compile(r"\s*([^(]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A declaration's meaning; `size` and `scale` are the numbers in its parentheses."""

    meaning: Meaning
    size: int | None = None
    scale: int | None = None


def declared(text: str) -> Declared:
    """The meaning of a declared type; "none" for an empty one, "unknown" for words not in the table."""
    if not text.strip():
        return Declared(meaning="none")
    found = _SHAPE.match(text.lower())
    words = " ".join((found[1] if found else text.lower().partition("(")[0]).split())
    size = int(found[2]) if found and found[2] else None
    scale = int(found[3]) if found and found[3] else None
    if words == "tinyint" and size == 1:
        return Declared(meaning="boolean", size=1)
    return Declared(meaning=_MEANINGS.get(words, "unknown"), size=size, scale=scale)
