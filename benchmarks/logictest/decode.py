"""From what PostgreSQL gives for a translated query to the values that SQLite would have given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol

import pyarrow as pa

from logictest.results import Row, Value
from outgrow.types.restore import BLOB, INTEGER, REAL, Restorer, restorer


class Column(Protocol):
    """A column of a translated query, as `translate.statement` describes it."""

    @property
    def label(self) -> str:
        """Its name for the application."""

    @property
    def kind(self) -> str:
        """Storage class as far as it is known, `held`, or `tagged`."""

    @property
    def type(self) -> str:
        """PostgreSQL type."""

    @property
    def conversion(self) -> str:
        """Recipe by which it is held."""


def is_held(column: Column) -> bool:
    """Whether the column is held in a form of the plan's, which only its restorer reads."""
    return column.kind != "tagged" and (column.kind == "held" or column.conversion != "same")


def wrapped(sql: str, columns: Sequence[Column]) -> str:
    """The query with every held column in the form in which its restorer reads it."""
    if not any(map(is_held, columns)):
        return sql
    names = [f"c{number}" for number in range(len(columns))]
    wanted = (
        restorer(column.conversion, column.type).select(name) if is_held(column) else name
        for name, column in zip(names, columns, strict=True)
    )
    return f"SELECT {', '.join(wanted)} FROM ({sql}) AS q ({', '.join(names)})"


def decoded(rows: Sequence[Sequence[Any]], columns: Sequence[Column]) -> tuple[Row, ...]:
    """Rows of psycopg's values as SQLite's; ValueError for a column that is not what it says."""
    if not columns or not rows:
        return tuple(() for _ in rows)
    given = zip(*rows, strict=True)
    values = [_column(list(entries), column) for entries, column in zip(given, columns, strict=True)]
    return tuple(zip(*values, strict=True))


def documents(columns: Sequence[Column]) -> frozenset[int]:
    """The places of the columns whose text PostgreSQL keeps as a JSON value only."""
    return frozenset(
        at
        for at, column in enumerate(columns)
        if is_held(column) and restorer(column.conversion, column.type).kind == "json"
    )


def _column(values: list[Any], column: Column) -> list[Value]:
    if is_held(column):
        return _restored(values, restorer(column.conversion, column.type))
    back = _DECODERS.get(column.kind, _same)
    return [None if value is None else back(value) for value in values]


def _same(value: Any) -> Value:
    if isinstance(value, bool):
        return int(value)
    return _number(value) if isinstance(value, Decimal) else value


def _number(value: Any) -> Value:
    """Integer or real, as NUMERIC affinity stores it."""
    if isinstance(value, int):
        return int(value)
    whole = value == value // 1 if abs(value) < 2**63 else False
    return int(value) if whole else float(value)


def _real(value: Any) -> Value:
    return float(value) if isinstance(value, Decimal | int) else value


def tagged(text: str) -> Value:
    """The value of a text with its class as the first letter."""
    letter, rest = text[:1], text[1:]
    match letter:
        case "i":
            return int(rest)
        case "r":
            return float(rest)
        case "t":
            return rest
        case "b":
            return bytes.fromhex(rest)
    raise ValueError(f"no tagged value begins like {text[:20]!r}")


_DECODERS: dict[str, Callable[[Any], Value]] = {"tagged": tagged, "number": _number, "real": _real}


def _restored(values: list[Any], back: Restorer) -> list[Value]:
    if all(value is None for value in values):
        return values
    array = back.back(pa.array(values))
    if not pa.types.is_struct(array.type):
        found: list[Value] = array.to_pylist()
        return found
    parts = zip(*(array.field(name).to_pylist() for name in ("class", "i", "r", "b")), strict=True)
    return [_of_class(*part) for part in parts]


def _of_class(code: int | None, integer: int | None, real: float | None, data: bytes | None) -> Value:
    if code is None:
        return None
    if code in {INTEGER, REAL}:
        return integer if code == INTEGER else real
    return data if code == BLOB else (data or b"").decode(errors="surrogateescape")
