# ruff: noqa: E501 - one case is one line
"""Random queries over columns of every affinity and of mixed classes: refused, or the same on both engines."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sql_engines import Moved, Outcome

SETUP = """
CREATE TABLE m(id INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT, n NUMERIC, x, b BLOB, c TEXT COLLATE NOCASE,
  k INTEGER, s TEXT, f REAL, flag BOOLEAN, at DATETIME, day DATE, price DECIMAL(8,2), doc JSON, u TEXT);
INSERT INTO m VALUES
 (1, 1, 1.5, 'a', 1, 1, x'61', 'A', 5, 'abc', 2.5, 1, '2024-01-31 10:20:30', '2024-01-31', 1.25, '{"a":1}', '7c9e6679-7425-40de-944b-e07fc1f90ae7'),
 (2, 'a', 'a', '1', 'a', 'a', 'a', 'a', 7, 'ABC', -0.5, 0, '2024-02-29 00:00:00', '2024-02-29', 10, '[]', '00000000-0000-4000-8000-000000000000'),
 (3, 2.5, 2.0, ' 1', 2.5, 2.5, 1, 'b ', -3, '10', 1e10, 1, NULL, NULL, 99.5, '{"a":[1,2]}', NULL),
 (4, x'61', x'6162', x'61', x'61', x'61', 1.5, x'41', 0, '', 0.0, 0, '1999-12-31 23:59:59', '1999-12-31', 0, NULL, '7c9e6679-7425-40de-944b-e07fc1f90ae8'),
 (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2024-02-28 12:00:00', '2024-02-28', NULL, '"s"', '7c9e6679-7425-40de-944b-e07fc1f90ae9'),
 (6, '1', 1, '1.0', '1', '1', '', 'B', 7, ' 10 ', 2.0, 1, '2024-01-31 10:20:31', '2024-01-30', -1.25, '1.5', NULL),
 (7, 1e15, 1e15, '1e2', 1e12, 1.0, 'b', '', 10, '1e2', 1e15, 1, '2024-05-01 00:00:00', '2024-05-01', 10, '{"b":null}', NULL),
 (8, 10, -0.5, 'Z', -10, '10', x'', 'é', 1, 'é', 3.0, 0, '2024-05-01 00:00:01', '2024-05-02', 3, 'true', NULL);
CREATE TABLE o(id INTEGER PRIMARY KEY, m INTEGER, x, t TEXT);
INSERT INTO o VALUES (1, 1, 1, 'a'), (2, 1, 'a', '1'), (3, 2, 2.5, 'Z'), (4, 9, NULL, NULL), (5, NULL, x'61', 'é');
"""
COLUMNS = ["i", "r", "t", "n", "x", "b", "c", "k", "s", "f", "flag", "at", "day", "price", "doc", "u", "id"]
LITERALS = [
    "1", "0", "2", "-1", "10", "1.5", "0.0", "1e15", "NULL", "'a'", "'A'", "'1'", "'10'", "' 1'", "''", "'é'", "x'61'",
    "'2024-01-31 10:20:30'", "'2024-02'", "'{\"a\":1}'", "'7c9e6679-7425-40de-944b-e07fc1f90ae7'", "TRUE",
]  # fmt: skip
BINARY = [
    "+", "-", "*", "/", "%", "||", "=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT", "AND", "OR", "&", "|", "<<", "LIKE",
]  # fmt: skip
ONE = [
    "abs({})", "length({})", "lower({})", "upper({})", "typeof({})", "round({})", "trim({})", "hex({})", "quote({})",
    "(NOT {})", "(- {})", "(+ {})", "(~ {})", "({} IS NULL)", "({} NOTNULL)", "({} IS TRUE)",
    "date({})", "unicode({})", "substr({}, 2)", "CAST({} AS INTEGER)", "CAST({} AS REAL)", "CAST({} AS NUMERIC)",
    "CAST({} AS TEXT)", "CAST({} AS BLOB)", "({} IN (1, 'a', 2.5))", "({} IN (SELECT x FROM o))",
]  # fmt: skip
TWO = [
    "coalesce({}, {})", "nullif({}, {})", "max({}, {})", "min({}, {})", "instr({}, {})", "iif({}, {}, 'no')",
    "({} IN ({}, 1))", "ifnull({}, {})", "CASE {} WHEN {} THEN 1 ELSE 'x' END",
    "(SELECT count(*) FROM o WHERE o.x = {} OR o.t = {})",
]  # fmt: skip
AGGREGATES = [
    "count({})", "sum({})", "total({})", "avg({})", "min({})", "max({})", "count(DISTINCT {})", "sum(DISTINCT {})",
    "avg(DISTINCT {})", "typeof(max({}))", "count({}) FILTER (WHERE k > 1)",
]  # fmt: skip
WINDOWS = [
    "row_number() OVER (ORDER BY {0}, id)", "rank() OVER (ORDER BY {0})", "count(*) OVER (PARTITION BY {0})",
    "lag({0}) OVER (ORDER BY id)", "first_value({0}) OVER (ORDER BY id)", "max({0}) OVER (ORDER BY id)",
    "dense_rank() OVER (PARTITION BY k > 3 ORDER BY {0} DESC)", "sum(k) OVER (PARTITION BY {0} ORDER BY id)",
]  # fmt: skip
QUERIES = [
    "SELECT id, {0}, {1} FROM m ORDER BY id",
    "SELECT id FROM m WHERE {0} ORDER BY id",
    "SELECT id FROM m WHERE {0} OR NOT {1} ORDER BY id",
    "SELECT id, {0} FROM m ORDER BY {0}, {1} DESC, id",
    "SELECT DISTINCT {0} FROM m",
    "SELECT {0}, count(*) FROM m GROUP BY {0}",
    "SELECT {2} FROM m",
    "SELECT id FROM m WHERE {0} COLLATE NOCASE > {1} ORDER BY id",
    "SELECT id FROM m WHERE {0} = {1} COLLATE NOCASE ORDER BY id",
    "SELECT id FROM m ORDER BY {0} COLLATE NOCASE DESC, {1} COLLATE RTRIM, id",
    "SELECT DISTINCT {0} COLLATE NOCASE FROM m",
    "SELECT {0}, {2} FROM m GROUP BY 1",
    "SELECT count(*) FROM m GROUP BY {0} HAVING {2} IS NOT NULL",
    "SELECT id, {3} FROM m ORDER BY id",
    "SELECT {0} FROM m UNION SELECT {1} FROM m",
    "SELECT {0} FROM m EXCEPT SELECT x FROM o",
    "SELECT {0} FROM m INTERSECT SELECT {1} FROM m",
    "SELECT {0} FROM m UNION ALL SELECT t FROM o",
    "SELECT m.id, o.id FROM m JOIN o ON o.x = {0}",
    "SELECT m.id, o.t FROM m LEFT JOIN o ON o.t = {0} AND o.x IS NOT {1}",
    "SELECT id, (SELECT max(o.x) FROM o WHERE o.m = m.id AND {0}) FROM m ORDER BY id",
    "SELECT id FROM m WHERE EXISTS (SELECT 1 FROM o WHERE o.x < {0}) ORDER BY id",
    "SELECT q, typeof(q), q || 'x', q > 1 FROM (SELECT {0} AS q, id FROM m) ORDER BY id",
    "WITH w(q) AS (SELECT {0} FROM m) SELECT q, count(*) FROM w WHERE q IS NOT {1} GROUP BY q",
]
"""{0} and {1} are expressions, {2} is an aggregate, {3} a window function."""


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({1} {0} {2})".format, st.sampled_from(BINARY), inner, inner),
        st.builds(str.format, st.sampled_from(ONE), inner),
        st.builds(str.format, st.sampled_from(TWO), inner, inner),
        st.builds("({} BETWEEN {} AND {})".format, inner, inner, inner),
        st.builds("CASE WHEN {} THEN {} ELSE {} END".format, inner, inner, inner),
    )


_LEAVES = st.one_of(st.sampled_from([f"m.{name}" for name in COLUMNS]), st.sampled_from(LITERALS))
_EXPRESSIONS = st.recursive(_LEAVES, _larger, max_leaves=4)
_CALLS = st.builds(str.format, st.sampled_from(AGGREGATES), _EXPRESSIONS)
_OVER = st.builds(str.format, st.sampled_from(WINDOWS), _EXPRESSIONS)
STATEMENTS = st.builds(str.format, st.sampled_from(QUERIES), _EXPRESSIONS, _EXPRESSIONS, _CALLS, _OVER)


@pytest.fixture(scope="module")
def moved(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    path = tmp_path_factory.mktemp("sql") / "mixed.db"
    connection = sqlite3.connect(path)
    connection.executescript(SETUP)
    connection.close()
    found = Moved(path, new_database())
    yield found
    found.close()


def rows(outcome: Outcome, sql: str) -> list[str]:
    found = [repr(row) for row in outcome.rows]
    return found if "ORDER BY" in sql.rsplit(")", 1)[-1] else sorted(found)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sql=STATEMENTS)
def test_a_random_statement(moved: Moved, sql: str) -> None:
    ours, theirs = moved.both(sql)
    if ours.error or not isinstance(theirs, Outcome):
        return  # an error on SQLite may be none here; a refusal is told
    if "out of range" in theirs.error:
        return  # an integer beyond 64 bits
    assert not theirs.error, (theirs.error, theirs.sql)
    assert rows(ours, sql) == rows(theirs, sql), theirs.sql
