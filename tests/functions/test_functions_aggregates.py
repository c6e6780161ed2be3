"""Aggregates of the schema sqlite against SQLite itself, plain, by group and over windows."""

from __future__ import annotations

import math
import sqlite3
from typing import Any

import psycopg
import pytest
from function_engines import Value, tagged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

OLD = sqlite3.sqlite_version_info < (3, 43)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def theirs(sql: str, values: list[Value]) -> list[Any]:
    """Rows of `sql` over t(n, x) in SQLite; one text for an error."""
    lite = sqlite3.connect(":memory:")
    lite.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, x)")
    lite.executemany("INSERT INTO t (x) VALUES (?)", [(v,) for v in values])
    try:
        return [tuple(tagged(v) for v in row) for row in lite.execute(sql)]
    except sqlite3.OperationalError as error:
        return [str(error)]
    finally:
        lite.close()


def ours(pg: psycopg.Connection[Any], sql: str, values: list[Value], kind: str = "text") -> list[Any]:
    """The same over unnested tagged values, or plain ones of the type `kind`."""
    given = [tagged(v) for v in values] if kind == "text" else values
    if kind == "float8":
        given = [None if v is None else float(v) for v in values]  # type: ignore[arg-type]
    try:
        found = pg.execute(
            f"WITH t AS (SELECT n, x FROM unnest(%s::{kind}[]) WITH ORDINALITY AS u (x, n)) {sql}".encode(),
            (given,),
        )
        return [tuple(_spelled(v) for v in row) for row in found]
    except psycopg.Error as error:
        return [error.diag.message_primary]


def _spelled(form: str | None) -> str | None:
    return tagged(float(form[1:])) if form and form[0] == "r" else form


AGGREGATES = """SELECT {0}sum(x){1}, {2}{0}total(x){3}, {2}{0}avg(x){3}, {0}min(x){1}, {0}max(x){1},
                       {2}{0}group_concat(x){3} FROM {4}"""
THEIRS = AGGREGATES.format("", "", "", "", "t")
OURS = AGGREGATES.format("sqlite.", "", "sqlite.v(", ")", "t")

SETS: list[list[Value]] = [
    [], [None], [1], [1, 2, None, 3], [1.5], [1, 1.0], [1.0, 1], [-0.0], ["a"], ["12", "3x", " 4 "],
    [b"5", "6"], [2**63 - 1], [2**63 - 1, 1], [2**63 - 1, 1, -5], [2**63 - 1, 0.5, 1], [0.5, 2**63 - 1, 1],
    [-(2**63), -1], [2**53, 1, 1, 1], [2**53, 1, 1, 0.5], [2**53 + 1, 2**53 + 1, 0.25], [1e308, 1e308],
    [1e308, 1e308, -1e308], [float("inf"), -float("inf")], [float("inf"), -float("inf"), 1.0], [0.1] * 10,
    [1e16, 1.0, -1e16], ["", None, "x"], [b"", "a", 5, 2.5], ["9223372036854775807", 1],
    [1, "a", b"a", "A"], [2**53 + 1, 2.0**53],
]  # fmt: skip


@pytest.mark.skipif(not OLD, reason="sums with compensation and prints 17 digits")
def test_sets(pg: psycopg.Connection[Any]) -> None:
    for values in SETS:
        assert ours(pg, OURS, values) == theirs(THEIRS, values), values


values = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.integers(-1000, 1000), st.floats(allow_nan=False),
    st.floats(-100, 100), st.text(alphabet="ab1. e", max_size=4), st.binary(max_size=0),
    st.sampled_from([b"1", b"z"]),
)  # fmt: skip


@pytest.mark.skipif(not OLD, reason="sums with compensation and prints 17 digits")
@quick
@given(st.lists(values, max_size=12))
def test_any_values(pg: psycopg.Connection[Any], rows: list[Value]) -> None:
    assert ours(pg, OURS, rows) == theirs(THEIRS, rows)


plain = st.one_of(st.none(), st.integers(-(2**40), 2**40))


@pytest.mark.skipif(not OLD, reason="sums with compensation")
@quick
@given(st.lists(plain, max_size=12), st.lists(st.none() | st.floats(-1e100, 1e100), max_size=12))
def test_plain_columns(pg: psycopg.Connection[Any], integers: list[Value], reals: list[Value]) -> None:
    lite = "SELECT sum(x), avg(x), total(x) FROM t"
    post = "SELECT sqlite.v(sqlite.sum(x)), sqlite.v(sqlite.avg(x)), sqlite.v(sqlite.total(x)) FROM t"
    assert ours(pg, post, integers, "bigint") == theirs(lite, integers)
    assert ours(pg, post, reals, "float8") == theirs(lite, reals)


def test_integer_columns_stay_integers(pg: psycopg.Connection[Any]) -> None:
    row = pg.execute(
        "SELECT pg_typeof(sqlite.sum(x::smallint))::text, pg_typeof(sqlite.sum(x::integer))::text,"
        " pg_typeof(sqlite.sum(x::bigint))::text, sqlite.sum(x::smallint), sqlite.sum(x::integer)"
        " FROM generate_series(1, 3) AS x"
    ).fetchone()
    assert row == ("bigint", "bigint", "bigint", 6, 6)
    with pytest.raises(psycopg.Error, match="out of range"):
        pg.execute("SELECT sqlite.sum(x) FROM (VALUES (9223372036854775807), (1)) AS t (x)")


def test_separators_order_and_filter(pg: psycopg.Connection[Any]) -> None:
    rows: list[Value] = ["b", None, 2, "a", b"c"]
    for separator in ("', '", "''", "n", "NULL", "x"):
        post = "sqlite.v({0})" if separator.startswith("'") else "{0}"
        post = {"n": "sqlite.v(n)", "NULL": "NULL"}.get(separator, post.format(separator))
        found = ours(pg, f"SELECT sqlite.v(sqlite.group_concat(x, {post})) FROM t", rows)
        assert found == theirs(f"SELECT group_concat(x, {separator}) FROM t", rows), separator
    found = pg.execute(
        "WITH t AS (SELECT * FROM (VALUES ('i2'), ('ta'), ('ta'), ('b63')) AS t (x))"
        " SELECT (SELECT sqlite.group_concat(x, 't-' ORDER BY sqlite.key(x) DESC) FROM t),"
        " (SELECT sqlite.group_concat(DISTINCT x) FROM t),"
        " (SELECT sqlite.group_concat(x) FILTER (WHERE x <> 'ta') FROM t)"
    ).fetchone()
    assert found == ("c-a-a-2", "c,2,a", "2,c")


def test_collations(pg: psycopg.Connection[Any]) -> None:
    rows: list[Value] = ["b", "A", "a", "B", None, "Z"]
    found = ours(
        pg,
        "SELECT sqlite.min(x, 'NOCASE'), sqlite.max(x, 'NOCASE'), sqlite.min(x), sqlite.max(x) FROM t",
        rows,
    )
    assert found == theirs(
        "SELECT min(x COLLATE NOCASE), max(x COLLATE NOCASE), min(x), max(x) FROM t", rows
    )  # fmt: skip
    assert ours(pg, "SELECT sqlite.max(x, 'NOCASE') FROM t", [None]) == [(None,)]


@pytest.mark.skipif(not OLD, reason="prints 17 digits")
def test_windows(pg: psycopg.Connection[Any]) -> None:
    rows: list[Value] = [3, 1.5, None, "a", 2**40, 7, b"z", -2, 0.25]
    for frame in ("ORDER BY n", "ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", ""):
        window = f" OVER ({frame})"
        lite = AGGREGATES.format("", window, "", window, "t ORDER BY n")
        post = AGGREGATES.format("sqlite.", window, "sqlite.v(", window + ")", "t ORDER BY n")
        assert ours(pg, post, rows) == theirs(lite, rows), frame


def test_by_group_in_parallel(pg: psycopg.Connection[Any]) -> None:
    pg.execute(
        "CREATE TABLE many AS SELECT i % 3 AS g, i::bigint AS b, i::float8 AS d, sqlite.v(i) AS x"
        " FROM generate_series(1, 30000) AS i"
    )
    pg.execute("ANALYZE many")
    pg.execute(
        "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0"
    )
    found = pg.execute(
        "SELECT g, sqlite.sum(b), sqlite.sum(d), sqlite.sum(x), sqlite.max(x), sqlite.avg(b) FROM many"
        " WHERE sqlite.truth(sqlite.add(x, sqlite.v(0.1::float8))) GROUP BY g ORDER BY g"
    ).fetchall()
    for g, b, d, x, most, mean in found:
        members = [i for i in range(1, 30001) if i % 3 == g]
        assert (b, d, x, most) == (sum(members), sum(members), f"i{sum(members)}", f"i{max(members)}")
        assert math.isclose(mean, sum(members) / len(members))
