"""Columns that hold every storage class, as no file of SQLite's own has: affinity, comparison, conversion."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from random import Random

from logictest.steps import Shape, Step, insert, literal, positions, query, some, statement

_VALUES: tuple[object, ...] = (
    None, 0, 1, -1, 2, 10, 9, 255, -7, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 0.0, -0.5, 1.0, 1.5, 10.0, 2.5,
    1e15, 1e16, 1e100, -1e-5, 3.0e20, float("inf"), "", " ", "0", "1", "01", "1.0", "1.50", "10", "9", "abc",
    "ABC", "Abc ", "abc ", "1abc", " 12 ", "-3", "+4", "1e2", ".5", "0x10", "é", "É", "z", "%", "a_c",
    "NULL", "9223372036854775808", b"", b"abc", b"1", b"10",
)  # fmt: skip
_BYTES: tuple[object, ...] = (*_VALUES, b"\x00", b"a\x00b", b"\xff\xfe", b"\xc3")
"""With bytes that are no text of PostgreSQL's: what reads those as text cannot be the same there."""

_COLUMNS = ("i", "r", "t", "n", "x", "b")
_OPERATORS = ("=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT")
_ONE = (
    "typeof({0})", "length({0})", "upper({0})", "lower({0})", "abs({0})", "hex({0})", "quote({0})",
    "trim({0})", "round({0})", "round({0}, 1)", "-{0}", "+{0}", "NOT {0}", "~{0}", "{0} IS NULL",
    "{0} ISNULL", "{0} IS TRUE", "CAST({0} AS INTEGER)", "CAST({0} AS REAL)", "CAST({0} AS TEXT)",
    "CAST({0} AS NUMERIC)", "CAST({0} AS BLOB)", "typeof(CAST({0} AS NUMERIC))", "{0} LIKE '1%'",
    "{0} GLOB '[0-9]*'", "substr({0}, 2)", "substr({0}, -2, 1)", "{0} || '!'", "typeof({0} || '')",
    "{0} COLLATE NOCASE", "unicode({0})", "coalesce({0}, 'none')", "{0} * 1", "typeof({0} * 1)", "{0} / 2",
    "{0} % 3", "instr({0}, '1')", "replace({0}, '1', 'one')", "CASE WHEN {0} THEN 'T' ELSE 'F' END",
)  # fmt: skip
_TWO = (
    "{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / {1}", "{0} % {1}", "{0} || {1}", "{0} & {1}", "{0} | {1}",
    "{0} << 1", "max({0}, {1})", "min({0}, {1})", "nullif({0}, {1})", "ifnull({0}, {1})",
    "iif({0}, {1}, 'no')", "typeof({0} + {1})", "{0} IN ({1}, 1, 'abc')", "{0} BETWEEN {1} AND 10",
    "CASE {0} WHEN {1} THEN 1 ELSE 0 END", "{0} LIKE {1}",
)  # fmt: skip
_AGGREGATES = (
    "count({0})", "count(DISTINCT {0})", "sum({0})", "total({0})", "avg({0})", "min({0})", "max({0})",
    "typeof(sum({0}))", "min(typeof({0}))", "sum(DISTINCT {0})",
)  # fmt: skip


def _rows(random: Random, count: int, *, values: tuple[object, ...]) -> Iterator[Step]:
    yield statement(
        "CREATE TABLE m(id INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT, n NUMERIC, x, b BLOB,"
        " c TEXT COLLATE NOCASE)"
    )
    for number in range(1, 61):
        yield insert("m", (number, *(random.choice(values) for _ in (*_COLUMNS, "c"))))
    for _ in range(count):
        yield from _changed(random) if random.random() < 0.06 else [_asked(random)]


def _asked(random: Random) -> Step:
    match random.randrange(6):
        case 0:
            groups = "" if random.random() < 0.5 else f" GROUP BY {_term(random)}"
            calls = ", ".join(call.format(_column(random)) for call in some(random, _AGGREGATES, 1, 3))
            return query(f"SELECT {calls} FROM m{groups}")
        case 1:
            keys = [f"{_column(random)}{random.choice(('', ' DESC', ' COLLATE NOCASE'))}" for _ in range(2)]
            return query(f"SELECT id, {_column(random)} FROM m ORDER BY {', '.join(keys)}, id", "nosort")
        case 2:
            items = [random.choice(_COLUMNS), f"typeof({_column(random)})"]
            return query(f"SELECT DISTINCT {', '.join(items)} FROM m{positions(random, 2)}", "nosort")
        case 3:
            return query(f"SELECT id, {_term(random)} FROM m WHERE {_condition(random)}")
        case 4:
            joined = f"{_column(random, 'a')} {random.choice(_OPERATORS)} {_column(random, 'b')}"
            return query(
                f"SELECT a.id, b.id FROM m AS a JOIN m AS b ON {joined} WHERE a.id<{random.randint(5, 20)}"
            )
    return query(f"SELECT id, {', '.join(_term(random) for _ in range(random.randint(1, 3)))} FROM m")


def _changed(random: Random) -> Iterator[Step]:
    column, value = random.choice((*_COLUMNS, "c")), literal(random.choice(_VALUES))
    yield statement(
        random.choice(
            (
                f"UPDATE m SET {column} = {value} WHERE id = {random.randint(1, 60)}",
                f"UPDATE m SET {column} = {_term(random)} WHERE id < {random.randint(2, 10)}",
                f"DELETE FROM m WHERE {_condition(random)} AND id > 50",
                f"INSERT INTO m({column}) VALUES ({value})",
            )
        )
    )
    yield query(f"SELECT id, {column}, typeof({column}) FROM m")


def _column(random: Random, table: str = "") -> str:
    name = random.choice((*_COLUMNS, "c"))
    return f"{table}.{name}" if table else name


def _term(random: Random) -> str:
    if random.random() < 0.6:
        return random.choice(_ONE).format(_column(random))
    other = random.choice((_column(random), literal(random.choice(_VALUES))))
    return random.choice(_TWO).format(_column(random), other)


def _condition(random: Random) -> str:
    other = random.choice((_column(random), literal(random.choice(_VALUES))))
    match random.randrange(4):
        case 0:
            return f"{_column(random)} IN ({other}, {literal(random.choice(_VALUES))})"
        case 1:
            return f"{_column(random)} BETWEEN {other} AND {_column(random)}"
    return f"{_column(random)} {random.choice(_OPERATORS)} {other}"


SHAPES: dict[str, Shape] = {
    "mixed": partial(_rows, values=_VALUES),
    "mixed-bytes": partial(_rows, values=_BYTES),
}
