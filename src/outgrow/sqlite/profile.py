"""The profile: what every column really holds, in one pass of SQL aggregates per table.

Exact counts by storage class cost three times what a scan costs, so a sample first says what a
column seems to hold and a count of that class alone proves or refutes it; only a refuted column is
counted class by class. After the catalog, before `types.choose`; readers are lent by
`sqlite.connect`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from outgrow.schema.model import Affinity, Column, Table
from outgrow.schema.names import fold, quote_sqlite
from outgrow.sqlite.extent import Rows
from outgrow.types.observed import CLASSES, ColumnProfile, StorageClass, TableProfile, Value

_BUILT_IN = {None, "BINARY", "NOCASE", "RTRIM"}


@dataclass(frozen=True, slots=True)
class _Assumption:
    """What a column is taken to hold until its aggregates say otherwise; no class assumes nothing.

    `rowid` is the table's rowid, of which the bounds say all.
    """

    kind: StorageClass | None = None
    nullable: bool = True
    ranges: bool = True
    rowid: bool = False


_NOTHING = _Assumption()


def profile_rows(
    connection: apsw.Connection,
    table: Table,
    rows: Rows,
    sample: Sequence[Sequence[Value]],
    bounds: tuple[int, int] | None,
    ranges: Callable[[Column, Sequence[Value]], bool],
) -> TableProfile:
    """The profile of one piece of a table; pieces are joined by `merge`.

    `bounds` is the whole table's `rowid_range`, `sample` what `take_sample` gave for it. `ranges`
    says of a column and its sample whether the least and the greatest number are wanted.
    """
    samples = _columnwise(table, sample)
    assumed = {
        column.name: _assume(column, samples[column.name], ranges=ranges(column, samples[column.name]))
        for column in table.columns
    }
    if table.rowid_alias is not None and bounds is not None:
        assumed[table.rowid_alias] = _Assumption("integer", rowid=True)
    first = _measure(connection, table.columns, rows, assumed, bounds)
    surprised = [column for column in table.columns if first[column.name] is None]
    if surprised:
        nothing = {column.name: _NOTHING for column in surprised}
        first |= _measure(connection, surprised, rows, nothing, bounds)
    columns = []
    for column in table.columns:
        measured = first[column.name]
        if measured is None:
            raise AssertionError(f"exact counts of {table.name}.{column.name} cannot be refuted")
        columns.append(_profile(column, measured, samples[column.name]))
    total = columns[0].rows if columns else 0
    return TableProfile(table=table.name, rows=total, columns=tuple(columns))


def table_bytes(connection: apsw.Connection) -> dict[str, int]:
    """Bytes of the pages of each b-tree, by folded table or index name; reads every page once."""
    rows = connection.execute("SELECT name, sum(pgsize) FROM dbstat WHERE aggregate = TRUE GROUP BY name")
    return {fold(name): int(size) for name, size in rows}


def merge(parts: Sequence[TableProfile]) -> TableProfile:
    """One profile of all pieces of a table."""
    columns = tuple(_merge_columns(column) for column in zip(*(part.columns for part in parts), strict=True))
    return TableProfile(table=parts[0].table, rows=sum(part.rows for part in parts), columns=columns)


def _merge_columns(parts: Sequence[ColumnProfile]) -> ColumnProfile:
    def least(values: Iterable[Any]) -> Any:
        return min((value for value in values if value is not None), default=None)

    def most(values: Iterable[Any]) -> Any:
        return max((value for value in values if value is not None), default=None)

    counts = {name: sum(part.count(name) for part in parts) for name in CLASSES}
    lengthy = counts["text"] + counts["blob"]
    weights = [(part.mean_bytes, part.count("text") + part.count("blob")) for part in parts]
    return ColumnProfile(
        column=parts[0].column,
        rows=sum(part.rows for part in parts),
        nulls=sum(part.nulls for part in parts),
        counts=tuple((name, count) for name, count in counts.items() if count),
        min_integer=least(part.min_integer for part in parts),
        max_integer=most(part.max_integer for part in parts),
        min_real=least(part.min_real for part in parts),
        max_real=most(part.max_real for part in parts),
        max_bytes=max(part.max_bytes for part in parts),
        mean_bytes=sum(mean * weight for mean, weight in weights) / lengthy if lengthy else 0.0,
        sample=parts[0].sample,
    )


def _columnwise(table: Table, sample: Sequence[Sequence[Value]]) -> dict[str, tuple[Value, ...]]:
    return {
        column.name: tuple(row[at] for row in sample if row[at] is not None)
        for at, column in enumerate(table.columns)
    }


_KIND: dict[type, StorageClass] = {int: "integer", float: "real", str: "text", bytes: "blob"}


_USUAL: dict[Affinity, StorageClass] = {
    Affinity.INTEGER: "integer",
    Affinity.REAL: "real",
    Affinity.TEXT: "text",
}


def _assume(column: Column, sample: Sequence[Value], *, ranges: bool) -> _Assumption:
    kinds = {_KIND[type(value)] for value in sample}
    if column.collation not in _BUILT_IN or len(kinds) > 1:
        return _NOTHING
    kind = next(iter(kinds), None) or _USUAL.get(column.affinity)
    return _Assumption(kind, nullable=not column.not_null, ranges=ranges)


def _expressions(column: Column, assumed: _Assumption) -> tuple[str, ...]:
    name = quote_sqlite(column.name)
    if assumed.rowid:
        return ()
    if assumed.kind is not None:
        # Neither typeof() nor octet_length() reads the value: long ones stay in their overflow pages.
        wanted = [f"count(*) FILTER (WHERE typeof({name}) = '{assumed.kind}')"]
        wanted += [f"count({name})"] if assumed.nullable else []
        if assumed.kind in {"text", "blob"}:
            wanted += [f"max(octet_length({name}))"]
            wanted += [f"avg(octet_length({name}))"] if assumed.kind == "blob" else []
        elif assumed.ranges:
            wanted += [f"min({name})", f"max({name})"]
        return tuple(wanted)
    kinds = tuple(f"count(*) FILTER (WHERE typeof({name}) = '{kind}')" for kind in CLASSES)
    integer = f"CASE typeof({name}) WHEN 'integer' THEN {name} END"
    real = f"CASE typeof({name}) WHEN 'real' THEN {name} END"
    size = f"CASE WHEN typeof({name}) IN ('text', 'blob') THEN octet_length({name}) END"
    return (
        *kinds,
        f"min({integer})",
        f"max({integer})",
        f"min({real})",
        f"max({real})",
        f"max({size})",
        f"avg({size})",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    rows: int
    counts: tuple[int, ...]
    integers: tuple[int | None, int | None] = (None, None)
    reals: tuple[float | None, float | None] = (None, None)
    max_bytes: int = 0
    mean_bytes: float = 0.0


_WIDTH = 60
"""Columns per query: well under SQLite's limit of 2000 result columns and cheap to prepare."""


def _measure(
    connection: apsw.Connection,
    columns: Sequence[Column],
    rows: Rows,
    assumed: dict[str, _Assumption],
    bounds: tuple[int, int] | None,
) -> dict[str, _Measured | None]:
    result: dict[str, _Measured | None] = {}
    for start in range(0, len(columns), _WIDTH):
        part = columns[start : start + _WIDTH]
        lists = [_expressions(column, assumed[column.name]) for column in part]
        wanted = ", ".join(("count(*)", *(expression for expressions in lists for expression in expressions)))
        row = next(iter(connection.execute(f"SELECT {wanted} FROM {rows.source}{rows.where}")))
        at = 1
        for column, expressions in zip(part, lists, strict=True):
            values = row[at : at + len(expressions)]
            if assumed[column.name].rowid:
                result[column.name] = _Measured(
                    rows=row[0], counts=(row[0], 0, 0, 0), integers=bounds or (None, None)
                )
            else:
                result[column.name] = _read(assumed[column.name], row[0], values)
            at += len(expressions)
    return result


def _read(assumed: _Assumption, rows: int, values: Sequence[Any]) -> _Measured | None:
    """What the aggregates say; None when they refute the assumption."""
    if assumed.kind is None:
        return _Measured(
            rows=rows,
            counts=(values[0], values[1], values[2], values[3]),
            integers=(values[4], values[5]),
            reals=(values[6], values[7]),
            max_bytes=values[8] or 0,
            mean_bytes=values[9] or 0.0,
        )
    count, *others = values
    if count != (others.pop(0) if assumed.nullable else rows):
        return None
    counts = tuple(count if kind == assumed.kind else 0 for kind in CLASSES)
    if assumed.kind in {"text", "blob"}:
        longest, mean = others[0] or 0, others[1] if len(others) > 1 else None
        return _Measured(rows=rows, counts=counts, max_bytes=longest, mean_bytes=mean or 0.0)
    ends = (others[0], others[1]) if others else (None, None)
    if assumed.kind == "integer":
        return _Measured(rows=rows, counts=counts, integers=ends)
    return _Measured(rows=rows, counts=counts, reals=ends)


def _profile(column: Column, measured: _Measured, sample: tuple[Value, ...]) -> ColumnProfile:
    counts = tuple((name, count) for name, count in zip(CLASSES, measured.counts, strict=True) if count)
    return ColumnProfile(
        column=column.name,
        rows=measured.rows,
        nulls=measured.rows - sum(measured.counts),
        counts=counts,
        min_integer=measured.integers[0],
        max_integer=measured.integers[1],
        min_real=measured.reals[0],
        max_real=measured.reals[1],
        max_bytes=measured.max_bytes,
        mean_bytes=measured.mean_bytes or _mean_of(sample, measured.max_bytes),
        sample=sample,
    )


def _mean_of(sample: Sequence[Value], longest: int) -> float:
    """Mean length of a column of text, from the sample: it only sets the size of batches."""
    sizes = [
        min(longest, len(value.encode(errors="surrogatepass"))) for value in sample if isinstance(value, str)
    ]
    return sum(sizes) / len(sizes) if sizes else 0.0
