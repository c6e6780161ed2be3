"""The parts of which every shape is made: a file without results, as statements and queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from logictest.reader import Query, SortMode, Statement

Step = Statement | Query
Shape = Callable[[Random, int], Iterator[Step]]
"""Makes a file of about so many queries; the same seed gives the same file."""


def statement(sql: str) -> Statement:
    """A statement; whether it succeeds, SQLite will say."""
    return Statement(sql=sql)


def query(sql: str, sort: SortMode = "rowsort", label: str = "") -> Query:
    """A query; SQLite will say what its columns are."""
    return Query(sql=sql, types="", sort=sort, label=label)


def insert(table: str, values: Sequence[object]) -> Statement:
    """One row of integers, reals, texts, blobs and NULLs."""
    return statement(f"INSERT INTO {table} VALUES({','.join(map(literal, values))})")


def literal(value: object) -> str:
    """A value as SQLite writes it."""
    match value:
        case None:
            return "NULL"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case bytes():
            return f"x'{value.hex()}'"
        case float() if abs(value) == float("inf"):
            return "9e999" if value > 0 else "-9e999"
    return repr(value)


def some(random: Random, choices: Sequence[str], least: int, most: int) -> list[str]:
    """A few different ones, in any order."""
    return random.sample(choices, min(len(choices), random.randint(least, most)))


def positions(random: Random, count: int) -> str:
    """ORDER BY all result columns, so that only equal rows are left without an order."""
    order = random.sample(range(1, count + 1), count)
    return f" ORDER BY {','.join(map(str, order))}"
