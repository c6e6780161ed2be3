"""Columns, profiles and arrays for tests without an engine, and PostgreSQL's part of a round trip."""

from __future__ import annotations

import os
import struct
import uuid
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, settings

from outgrow.schema.model import Check, Column, Database, ForeignKey, Table
from outgrow.types.affinity import affinity
from outgrow.types.observed import CLASSES, ColumnProfile, Profile, TableProfile, Value
from outgrow.types.restore import restorer, struct_of
from outgrow.types.values import conversion
from outgrow.types.values.base import MIXED_TYPE, Form

quickly = settings(
    max_examples=12,
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
_KINDS = {int: "integer", float: "real", str: "text", bytes: "blob"}


def column(name: str, declared: str, **more: Any) -> Column:
    return Column(name=name, declared_type=declared, affinity=affinity(declared), **more)


def profile(name: str, values: Sequence[Value]) -> ColumnProfile:
    """What `sqlite.profile` says of a column with these values."""
    present = [value for value in values if value is not None]
    kinds = [_KINDS[type(value)] for value in present]
    integers = [value for value in present if isinstance(value, int)]
    reals = [value for value in present if isinstance(value, float)]
    sizes = [len(raw(value)) for value in present if isinstance(value, str | bytes)]
    return ColumnProfile(
        column=name,
        rows=len(values),
        nulls=len(values) - len(present),
        counts=tuple((kind, kinds.count(kind)) for kind in CLASSES if kind in kinds),
        min_integer=min(integers, default=None),
        max_integer=max(integers, default=None),
        min_real=min(reals, default=None),
        max_real=max(reals, default=None),
        max_bytes=max(sizes, default=0),
        mean_bytes=sum(sizes) / len(sizes) if sizes else 0.0,
        sample=tuple(present),
    )


def table(name: str, columns: Sequence[Column], **more: Any) -> Table:
    keys = sorted((c for c in columns if c.primary_key), key=lambda c: c.primary_key)
    return Table(name=name, sql="", columns=tuple(columns), primary_key=tuple(c.name for c in keys), **more)


def database(*tables: Table) -> Database:
    return Database(
        path="a.db",
        encoding="UTF-8",
        page_size=4096,
        page_count=1,
        journal_mode="delete",
        user_version=0,
        application_id=0,
        tables=tables,
    )


def profiles(tables: Iterable[Table], values: dict[str, Sequence[Value]]) -> Profile:
    """A profile of those tables; `values` by column name, no values for the others."""
    return Profile(
        tables=tuple(
            TableProfile(
                table=entry.name,
                rows=max((len(values.get(c.name, ())) for c in entry.columns), default=0),
                columns=tuple(profile(c.name, values.get(c.name, ())) for c in entry.columns),
            )
            for entry in tables
        )
    )


def check(expression: str) -> Check:
    return Check(name=None, expression=expression)


def foreign_key(child: str, parent_table: str, parent: str) -> ForeignKey:
    return ForeignKey(name=None, columns=(child,), parent_table=parent_table, parent_columns=(parent,))


def raw(value: str | bytes) -> bytes:
    return value.encode(errors="surrogateescape") if isinstance(value, str) else value


def form_for(values: Sequence[Value]) -> Form:
    kinds = {_KINDS[type(value)] for value in values if value is not None}
    return Form(kinds.pop()) if len(kinds) == 1 else Form.MIXED if kinds else Form.TEXT


def array(values: Sequence[Value], form: Form | None = None) -> pa.Array:
    """The values as `sqlite.rows` delivers them, in the middle of a longer array, so that slices count."""
    form = form or form_for(values)
    around: list[Value] = [None, *values, None]
    if form is Form.MIXED:
        return struct_of(around).cast(MIXED_TYPE).slice(1, len(values))
    if form is Form.TEXT:
        binary = pa.array([None if v is None else raw(v) for v in around], pa.binary())
        buffers = binary.buffers()
        return pa.Array.from_buffers(pa.string(), len(binary), buffers).slice(1, len(values))
    types = {Form.INTEGER: pa.int64(), Form.REAL: pa.float64(), Form.BLOB: pa.binary()}
    return pa.array(around, types[form]).slice(1, len(values))


def round_trip(recipe: str, sql_type: str, values: Sequence[Value], form: Form | None = None) -> list[Value]:
    """The values after encoding, PostgreSQL's reading of them, and the way back."""
    form = form or form_for(values)
    sent = conversion(recipe, sql_type).encode(array(values, form), form)
    back = restorer(recipe, sql_type)
    return stored(back.back(as_read(recipe, sql_type, sent)), back.kind)


def as_read(recipe: str, sql_type: str, sent: pa.Array) -> pa.Array:
    """The array that the restorer's SELECT reads once PostgreSQL has taken `sent`."""
    kind = recipe.partition(":")[0]
    if kind in {"uuid-text", "uuid-hex"}:
        return pa.array(
            [None if v is None else str(uuid.UUID(bytes=v)) for v in sent.to_pylist()], pa.string()
        )
    if kind == "integer-text":
        return sent.cast(pa.string())
    if kind == "date-text":
        return sent.cast(pa.timestamp("us"))
    if kind in {"numeric", "numeric-point"}:
        texts = [_numeric_text(value) for value in sent.to_pylist()]
        small = pa.types.is_decimal(sent.type) and sent.type.precision <= 15
        if small:
            return pa.array([None if text is None else float(text) for text in texts], pa.float64())
        return pa.array(texts, pa.string())
    return sent


def _numeric_text(value: Decimal | bytes | None) -> str | None:
    """What PostgreSQL prints for a numeric: of Arrow's decimal, or of the binary form."""
    if value is None or isinstance(value, Decimal):
        return None if value is None else f"{value:f}"
    count, weight, sign, scale = struct.unpack("!hhHH", value[:8])
    if sign in {0xD000, 0xF000}:
        return "Infinity" if sign == 0xD000 else "-Infinity"
    digits = struct.unpack(f"!{count}h", value[8:])
    assert all(0 <= digit < 10_000 for digit in digits)
    number = sum(Decimal(digit) * Decimal(10_000) ** (weight - at) for at, digit in enumerate(digits))
    return f"{'-' if sign == 0x4000 else ''}{number:.{scale}f}"


def stored(array: pa.Array, kind: str) -> list[Value]:
    """A restored array as SQLite values."""
    if kind == "text":
        return [
            None if v is None else v.decode(errors="surrogateescape")
            for v in array.cast(pa.binary()).to_pylist()
        ]
    if kind != "mixed":
        return list(array.to_pylist())
    result: list[Value] = []
    for row in array.to_pylist():
        code = row["class"]
        by_class = [row["i"], row["r"], (row["b"] or b"").decode(errors="surrogateescape"), row["b"]]
        result.append(None if code is None else by_class[code])
    return result


def same(left: Sequence[Value], right: Sequence[Value]) -> bool:
    """Equal values of equal storage classes, doubles by their bits."""
    return [_bits(value) for value in left] == [_bits(value) for value in right]


def _bits(value: Value) -> object:
    return struct.pack("!d", value) if isinstance(value, float) else (type(value), value)
