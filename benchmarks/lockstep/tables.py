"""What is stored at the end: every table of the SQLite copy against the same table of PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockstep.masks import Masks
from outgrow.runtime import sqlite3 as shim


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A table, how many rows SQLite has, and what differs ("" for nothing)."""

    name: str
    rows: int
    difference: str


def compared(file: Path, url: str, masks: Masks) -> Iterator[Compared]:
    """Compares the rows of all tables, each read by the same statement on both."""
    with sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True) as here:
        names = [name for (name,) in here.execute(_TABLES)]
        there = shim.connect(url)
        try:
            for name in names:
                yield _table(name, here, there, masks)
        finally:
            there.close()


_TABLES = """
    SELECT name FROM sqlite_schema AS t WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    AND NOT EXISTS (  -- what a virtual table keeps its rows in
      SELECT 1 FROM sqlite_schema AS v
      WHERE v.sql LIKE 'CREATE VIRTUAL%' AND t.name LIKE v.name || '\\_%' ESCAPE '\\'
      AND t.name <> v.name)
    ORDER BY name
"""


def _table(name: str, here: Any, there: Any, masks: Masks) -> Compared:
    quoted = '"' + name.replace('"', '""') + '"'
    try:
        mine, labels = _rows(here, f"SELECT * FROM {quoted}")
    except sqlite3.Error as error:  # a virtual table whose module this SQLite lacks
        return Compared(name=name, rows=0, difference=f"not readable on SQLite: {error}")
    order = f"SELECT * FROM {quoted} ORDER BY {', '.join(str(n) for n in range(1, len(labels) + 1))}"
    mine, _ = _rows(here, order)
    try:
        theirs, their_labels = _rows(there, order)
    except sqlite3.Error as error:
        return Compared(name=name, rows=len(mine), difference=f"{type(error).__name__}: {error}")
    if labels != their_labels:
        return Compared(name=name, rows=len(mine), difference=f"columns {labels} and {their_labels}")
    return Compared(name=name, rows=len(mine), difference=_difference(mine, theirs, masks))


def _rows(connection: Any, sql: str) -> tuple[list[tuple[Any, ...]], list[str]]:
    cursor = connection.execute(sql)
    return cursor.fetchall(), [column[0] for column in cursor.description]


def _difference(mine: list[tuple[Any, ...]], theirs: list[tuple[Any, ...]], masks: Masks) -> str:
    left, right = _masked(mine, masks), _masked(theirs, masks)
    if left == right:
        return ""
    if left != [repr(row) for row in mine]:  # moments are not in the same order
        left, right = sorted(left), sorted(right)
        if left == right:
            return ""
    only_left = [row for row in left if row not in right]
    only_right = [row for row in right if row not in left]
    if not only_left and not only_right:
        return "the order of rows"
    return f"SQLite only {only_left[:3]}, PostgreSQL only {only_right[:3]}"


def _masked(rows: list[tuple[Any, ...]], masks: Masks) -> list[str]:
    return [repr(tuple(masks.value(value) for value in row)) for row in rows]
