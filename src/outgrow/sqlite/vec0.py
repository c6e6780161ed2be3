"""A sqlite-vec table read without sqlite-vec: SQL over its shadow tables.

Called by `virtual` when the module is not loaded. The layout (v0.1.x) is of chunks: `_rowids` says
in which chunk and at which place a row is; vectors, and metadata of fixed width, are packed into one
blob per chunk; long metadata text, auxiliary and partition values are ordinary columns. Layout read
from https://github.com/asg017/sqlite-vec/blob/main/sqlite-vec.c and checked against a real database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from outgrow.schema.model import Affinity, Column, Element, Metric, Vector, Vectors
from outgrow.schema.names import quote_sqlite
from outgrow.sqlite.create_sql import Token, tokens, unquote

_BITS = {"FLOAT": 32, "F32": 32, "INT8": 8, "I8": 8, "BIT": 1}
_WIDTHS = {"INTEGER": 8, "INT": 8, "FLOAT": 8, "DOUBLE": 8, "TEXT": 16}
_TYPES = {"INT": "INTEGER", "DOUBLE": "FLOAT", "BOOL": "BOOLEAN"}
_ELEMENTS: dict[int, Element] = {32: "float32", 8: "int8", 1: "bit"}
_METRICS: dict[str, Metric] = {"L2": "l2", "COSINE": "cosine", "L1": "l1"}
_INLINE = 12  # text up to so many bytes stands inside the chunk
Role = Literal["vector", "metadata", "partition", "auxiliary", "key", "option"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Definition:
    role: Role
    name: str = ""
    type: str = ""
    size: int = 0
    metric: Metric = "l2"


@dataclass(slots=True)
class _Query:
    """The SELECT in the making; each kind of column is numbered by itself."""

    table: str
    columns: list[Column] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    joins: dict[str, str] = field(default_factory=dict)
    counts: dict[Role, int] = field(default_factory=dict)

    def number(self, role: Role) -> str:
        number = self.counts.get(role, 0)
        self.counts[role] = number + 1
        return f"{number:02d}"

    def add(self, name: str, declared: str, affinity: Affinity, sql: str, *, key: bool = False) -> None:
        self.columns.append(
            Column(name=name, declared_type=declared, affinity=affinity, primary_key=int(key))
        )
        self.terms.append(f"{sql} AS {quote_sqlite(name)}")

    def join(self, alias: str, suffix: str, on: str) -> None:
        self.joins[alias] = f"LEFT JOIN {quote_sqlite(self.table + suffix)} AS {alias} ON {alias}.{on}"

    @property
    def sql(self) -> str:
        start = f"FROM {quote_sqlite(self.table + '_rowids')} AS r"
        return f"SELECT {', '.join(self.terms)} {' '.join([start, *self.joins.values()])}"


def select(table: str, arguments: tuple[str, ...]) -> tuple[tuple[Column, ...], str]:
    """Columns of a vec0 table (its key first) and the SQL over shadow tables that yields them.

    Vectors come as the blobs sqlite-vec gives. ValueError for a declaration that is not understood.
    """
    query = _Query(table)
    definitions = [_definition(tuple(tokens(argument))) for argument in arguments]
    key = next(
        (d for d in definitions if d.role == "key"), _Definition(role="key", name="rowid", type="INTEGER")
    )
    text_key = key.type == "TEXT"
    query.add(
        key.name,
        key.type,
        Affinity.TEXT if text_key else Affinity.INTEGER,
        "r.id" if text_key else "r.rowid",
        key=True,
    )
    for definition in definitions:
        if definition.role not in ("key", "option"):
            _ADD[definition.role](query, definition)
    return tuple(query.columns), query.sql


def vectors(arguments: tuple[str, ...]) -> Vectors:
    """What the columns of a vec0 table are. ValueError for a declaration that is not understood."""
    definitions = [_definition(tuple(tokens(argument))) for argument in arguments]

    def names(role: Role) -> tuple[str, ...]:
        return tuple(d.name for d in definitions if d.role == role)

    return Vectors(
        columns=tuple(
            Vector(
                name=d.name,
                element=_ELEMENTS[_BITS[d.type]],
                dimensions=d.size * 8 // _BITS[d.type],
                metric="hamming" if _BITS[d.type] == 1 else d.metric,
            )
            for d in definitions
            if d.role == "vector"
        ),
        partitions=names("partition"),
        metadata=names("metadata"),
    )


def _metric(words: tuple[Token, ...]) -> Metric:
    """What stands after `distance_metric =`; l2 by omission."""
    for name, equals, value in zip(words, words[1:], words[2:], strict=False):
        if name.word == "DISTANCE_METRIC" and equals.text == "=":
            return _METRICS[value.word]
    return "l2"


def _definition(words: tuple[Token, ...]) -> _Definition:
    if len(words) > 1 and words[1].text == "=":
        return _Definition(role="option")
    if words[0].text == "+":
        return _Definition(role="auxiliary", name=unquote(words[1]), type=words[2].word)
    name, kind = unquote(words[0]), words[1].word if len(words) > 1 else ""
    rest = tuple(word.word for word in words[2:4])
    if rest == ("PRIMARY", "KEY"):
        return _Definition(role="key", name=name, type=_TYPES.get(kind, kind))
    if rest == ("PARTITION", "KEY"):
        return _Definition(role="partition", name=name, type=_TYPES.get(kind, kind))
    if len(words) > 2 and words[2].text[:1] == "[" and kind in _BITS:
        return _Definition(
            role="vector",
            name=name,
            type=kind,
            size=int(words[2].text[1:-1]) * _BITS[kind] // 8,
            metric=_metric(words),
        )
    if kind in _WIDTHS or kind in ("BOOLEAN", "BOOL"):
        return _Definition(role="metadata", name=name, type=_TYPES.get(kind, kind))
    raise ValueError(f"the vec0 column {name} is declared in a way that is not known")


def _vector(query: _Query, column: _Definition) -> None:
    number = query.number("vector")
    query.join(f"v{number}", f"_vector_chunks{number}", "rowid = r.chunk_id")
    sql = f"substr(v{number}.vectors, r.chunk_offset * {column.size} + 1, {column.size})"
    query.add(column.name, "BLOB", Affinity.BLOB, sql)


def _partition(query: _Query, column: _Definition) -> None:
    query.join("k", "_chunks", "chunk_id = r.chunk_id")
    affinity = Affinity.INTEGER if column.type == "INTEGER" else Affinity.TEXT
    query.add(column.name, column.type, affinity, f"k.partition{query.number('partition')}")


def _auxiliary(query: _Query, column: _Definition) -> None:
    query.join("a", "_auxiliary", "rowid = r.rowid")
    query.add(column.name, column.type, Affinity.BLOB, f"a.value{query.number('auxiliary')}")


def _metadata(query: _Query, column: _Definition) -> None:
    number = query.number("metadata")
    query.join(f"m{number}", f"_metadatachunks{number}", "rowid = r.chunk_id")
    if column.type == "BOOLEAN":
        byte = _little_endian(f"substr(m{number}.data, r.chunk_offset / 8 + 1, 1)", 1)
        query.add(column.name, "BOOLEAN", Affinity.NUMERIC, f"(({byte}) >> (r.chunk_offset % 8)) & 1")
        return
    width = _WIDTHS[column.type]
    place = f"r.chunk_offset * {width} + 1"
    value = _little_endian(f"substr(m{number}.data, {place}, 8)", 8)
    if column.type == "INTEGER":
        query.add(column.name, "INTEGER", Affinity.INTEGER, value)
    elif column.type == "FLOAT":
        query.add(column.name, "REAL", Affinity.REAL, _double(value))
    else:
        query.join(f"x{number}", f"_metadatatext{number}", "rowid = r.rowid")
        length = _little_endian(f"substr(m{number}.data, {place}, 4)", 4)
        inline = f"CAST(substr(m{number}.data, {place} + 4, {length}) AS TEXT)"
        text = f"CASE WHEN {length} <= {_INLINE} THEN {inline} ELSE x{number}.data END"
        query.add(column.name, "TEXT", Affinity.TEXT, text)


def _little_endian(blob: str, width: int) -> str:
    """SQL for the integer in `width` bytes, the lowest first; 8 bytes are signed."""
    digit = "instr('123456789ABCDEF', substr(hex({0}), {1}, 1))".format
    terms = [f"(({digit(blob, 2 * n + 1)} * 16 + {digit(blob, 2 * n + 2)}) << {8 * n})" for n in range(width)]
    return f"({' | '.join(terms)})"


def _double(bits: str) -> str:
    """SQL for the IEEE double whose bits are that integer; exact, since every factor is a power of two."""
    mantissa, exponent = f"({bits} & 0xFFFFFFFFFFFFF)", f"(({bits} >> 52) & 2047)"
    size = (
        f"CASE {exponent} WHEN 0 THEN {mantissa} * pow(2.0, -1074)"
        f" WHEN 2047 THEN CASE {mantissa} WHEN 0 THEN 9e999 END"
        f" ELSE ({mantissa} | 0x10000000000000) * pow(2.0, {exponent} - 1075) END"
    )
    return f"(CASE WHEN {bits} < 0 THEN -1.0 ELSE 1.0 END * {size})"


_ADD = {"vector": _vector, "partition": _partition, "auxiliary": _auxiliary, "metadata": _metadata}
