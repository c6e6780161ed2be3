"""The catalog queries of the checks: one file each in sql/, whose columns are named as the values' fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any, TypeVar

import psycopg

Row = TypeVar("Row")


def rows(
    connection: psycopg.Connection[Any], name: str, kind: type[Row], given: Mapping[str, Any] | None = None
) -> list[Row]:
    """The rows of sql/`name`.sql as values of `kind`, in the caller's transaction. Raises psycopg.Error."""
    text = (files(__package__) / "sql" / f"{name}.sql").read_bytes()

    def values_of(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], Row]:
        names = [column.name for column in cursor.description or ()]
        return lambda values: kind(**dict(zip(names, map(_as_text, values), strict=True)))

    with connection.cursor(row_factory=values_of) as cursor:
        return cursor.execute(text, given).fetchall()


def row(
    connection: psycopg.Connection[Any], name: str, kind: type[Row], given: Mapping[str, Any] | None = None
) -> Row:
    """The one row of a query that always has one."""
    (found,) = rows(connection, name, kind, given)
    return found


def _as_text(value: Any) -> Any:
    """The value, with texts as such: a session in SQL_ASCII gets bytes for them."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return [_as_text(part) for part in value] if isinstance(value, list) else value
