"""The catalog queries of the checks: one file each in sql/, whose columns are named as the values' fields."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, TypeVar

import psycopg
from psycopg.rows import class_row

Row = TypeVar("Row")


def rows(
    connection: psycopg.Connection[Any], name: str, kind: type[Row], given: Mapping[str, Any] | None = None
) -> list[Row]:
    """The rows of sql/`name`.sql as values of `kind`, in the caller's transaction. Raises psycopg.Error."""
    text = (files(__package__) / "sql" / f"{name}.sql").read_bytes()
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(text, given).fetchall()


def row(
    connection: psycopg.Connection[Any], name: str, kind: type[Row], given: Mapping[str, Any] | None = None
) -> Row:
    """The one row of a query that always has one."""
    (found,) = rows(connection, name, kind, given)
    return found
