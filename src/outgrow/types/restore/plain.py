"""The way back of values held as themselves, of flags, UUIDs, JSON and escaped text."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from outgrow.types.restore.base import Restorer, Stored, as_it_is, as_text, from_texts, identity


def same(_: str, sql_type: str) -> Restorer:
    """`same`, by the type that holds it."""
    base = sql_type.partition("(")[0].strip()
    if base in {"bigint", "integer", "smallint"}:
        return Restorer(kind="integer", select=lambda q: f"{q}::bigint", back=identity)
    if base in {"double precision", "real"}:
        return Restorer(kind="real", select=lambda q: f"{q}::double precision", back=identity)
    if base == "bytea":
        return Restorer(kind="blob", select=as_it_is, back=identity)
    return text(_, sql_type)


def text(_: str, __: str) -> Restorer:
    """Anything that SQLite holds as the text that PostgreSQL prints."""
    return Restorer(kind="text", select=as_text, back=identity)


def json_text(_: str, __: str) -> Restorer:
    """`json`: PostgreSQL's text, to be compared as a value."""
    return Restorer(kind="json", select=as_text, back=identity)


def boolean(spelling: str, _: str) -> Restorer:
    """`boolean:0/1` as integers, `boolean:FALSE/TRUE` as those texts."""
    if spelling == "0/1":
        return Restorer(kind="integer", select=as_it_is, back=lambda array: array.cast(pa.int64()))
    false, _, true = spelling.partition("/")
    return Restorer(kind="text", select=as_it_is, back=lambda array: pc.if_else(array, true, false))


def uuid_text(case: str, _: str) -> Restorer:
    """`uuid-text`."""
    return Restorer(kind="text", select=as_text, back=lambda array: _cased(array, case))


def uuid_hex(case: str, _: str) -> Restorer:
    """`uuid-hex`."""
    return Restorer(
        kind="text",
        select=as_text,
        back=lambda array: _cased(pc.replace_substring(array, "-", ""), case),
    )


def _cased(array: pa.Array, case: str) -> pa.Array:
    return pc.utf8_upper(array) if case == "upper" else array


def uuid_blob(_: str, __: str) -> Restorer:
    """`uuid-blob`."""
    return Restorer(kind="blob", select=lambda q: f"uuid_send({q})", back=identity)


_INTEGER_FORM = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_REAL_FORM = re.compile(r"-?(?:[0-9]+\.[0-9]+(?:e[-+]?[0-9]+)?|[0-9]+e[-+]?[0-9]+|Inf)\Z")
_BLOB_FORM = re.compile(r"X'([0-9A-F]*)'\Z")
_BROKEN_TEXT_FORM = re.compile(r"CAST\(X'([0-9A-F]*)' AS TEXT\)\Z")


def escaped(_: str, __: str) -> Restorer:
    """`escaped`."""
    return Restorer(kind="mixed", select=as_text, back=lambda array: from_texts(array, unescape))


def unescape(form: str) -> Stored:
    """The stored value that an escaped text stands for."""
    if _INTEGER_FORM.match(form):
        return int(form)
    if _REAL_FORM.match(form):
        return float(form.replace("Inf", "inf"))
    if found := _BLOB_FORM.match(form):
        return bytes.fromhex(found[1])
    if found := _BROKEN_TEXT_FORM.match(form):
        return bytes.fromhex(found[1]).decode(errors="surrogateescape")
    if form.startswith("'") and form.endswith("'") and len(form) > 1:
        return form[1:-1].replace("''", "'")
    return form
