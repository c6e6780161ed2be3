"""Values of the schema sqlite against SQLite itself: text of reals, casts, affinities, order, truth."""

from __future__ import annotations

import itertools
import math
import sqlite3
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import psycopg
import pytest
from function_engines import Value, check, same, tagged, untagged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

OLD_DIGITS = pytest.mark.skipif(sqlite3.sqlite_version_info >= (3, 43), reason="prints 17 digits of a real")
quick = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

VALUES: list[Value] = [
    None, 0, 1, -1, 2, 7, -7, 64, 2**31, -(2**31), 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**62,
    2**62 + 1, 2**63 - 1, -(2**63) + 1, -(2**63), 0.0, -0.0, 1.0, 1.5, -2.5, 0.1, 1e15, 1e-5, 2.0**53,
    2.0**53 + 2, -(2.0**53), 2.0**62, 2.0**63, -(2.0**63), 9.2e18, 1e300, -1e300, 5e-324, -5e-324,
    1.7976931348623157e308, float("inf"), -float("inf"), "", " ", "a", "B", "abc", "0", "12", "-12", "+12",
    " 12 ", "12 x", "12abc", "1.0", "1.5", "1.5x", "-0", "-0.0", "1e5", "1E+2", "1e", "1.e", "1e+", "1.e3",
    ".5", "5.", ".", "-", "+-5", "- 5", "e5", ".e5", "0x10", "1_0", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "99999999999999999999",
    "00000000000000000000012", "4503599627370497.0", "1e18", "1e19", "9007199254740993.0", "1e400",
    "-1e400", "1e-400", "0e99999999999", "1e99999999999", "0." + "0" * 400 + "1e401",
    "1" + "0" * 400 + "e-400", "\x0b5\x0c", "\n5\r\n", "\xa05", "٣", "infinity", "NaN", "é", "𝄞", b"",
    b"12", b" 1.5x", b"abc", "é".encode(), b"\\", b"\x01",
]  # fmt: skip


@pytest.fixture
def pg(pg: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    pg.execute("SET extra_float_digits = 0")
    return pg


def in_column(affinity: str, values: Sequence[Value]) -> list[Value]:
    """What a column of that type makes of the values."""
    lite = sqlite3.connect(":memory:")
    lite.execute(f"CREATE TABLE t (n INTEGER PRIMARY KEY, x {affinity})")
    lite.executemany("INSERT INTO t (x) VALUES (?)", [(v,) for v in values])
    found = [row[0] for row in lite.execute("SELECT x FROM t ORDER BY n")]
    lite.close()
    return found


TEXTS_OF_REALS = {
    0.0: "0.0", 1.0: "1.0", 0.1: "0.1", -2.5: "-2.5", 100.0: "100.0", 1e14: "100000000000000.0",
    1e15: "1.0e+15", 1e16: "1.0e+16", 0.0001: "0.0001", 0.00001: "1.0e-05", 1.234e-5: "1.234e-05",
    0.1 + 0.2: "0.3", 999999999999999.9: "1.0e+15", 123456789012345678.0: "1.23456789012346e+17",
    1e100: "1.0e+100", 5e-324: "4.94065645841247e-324", 1 / 3: "0.333333333333333",
    -2 / 3: "-0.666666666666667", 123456789.123456789: "123456789.123457",
    1.7976931348623157e308: "1.79769313486232e+308", float("inf"): "Inf", -float("inf"): "-Inf",
    528405658483078.5: "528405658483078.0",
}  # fmt: skip


def test_reals_print_as_sqlite_prints_them(pg: psycopg.Connection[Any]) -> None:
    found = pg.execute(
        "SELECT sqlite.text_of(x) FROM unnest(%s::float8[]) WITH ORDINALITY AS u (x, n) ORDER BY n",
        (list(TEXTS_OF_REALS),),
    ).fetchall()
    assert [row[0] for row in found] == list(TEXTS_OF_REALS.values())
    assert pg.execute("SELECT sqlite.text_of('-0'::float8), sqlite.text_of('NaN'::float8)").fetchone() == (
        "0.0",
        None,
    )


@st.composite
def reals(draw: st.DrawFn) -> float:
    """Any real, and those that end in a five after fifteen digits."""
    digits = draw(st.integers(0, 10**15 - 1)) * 10 + 5
    power = draw(st.integers(0, 25))
    return draw(
        st.one_of(
            st.floats(allow_nan=False),
            st.just(digits / 10**power),
            st.builds(lambda n, k: n / 2**k, st.integers(0, 2**53), st.integers(0, 60)),
            st.builds(lambda n, k: n / 10**k, st.integers(-(10**9), 10**9), st.integers(0, 9)),
        )
    )


@OLD_DIGITS
@quick
@given(st.lists(reals(), min_size=50, max_size=120))
def test_any_real_prints_as_in_sqlite(pg: psycopg.Connection[Any], values: list[float]) -> None:
    check(pg, "sqlite.v(sqlite.text_from(x))", "CAST(?1 AS TEXT)", [(v,) for v in values])


@pytest.mark.parametrize("digits", [3, 1, 0, -15])
def test_a_tagged_real_reads_back_whatever_the_setting(pg: psycopg.Connection[Any], digits: int) -> None:
    values = [v for v in VALUES if isinstance(v, float)] + [1 / 3, 2 / 3, 1e23, 2.2250738585072014e-308, 1e16]
    pg.execute("SET extra_float_digits = 3")
    shortest = pg.execute("SELECT 'r' || x::text FROM unnest(%b::float8[]) AS x", (values,)).fetchall()
    pg.execute(f"SET extra_float_digits = {digits}".encode())
    found = pg.execute(
        "SELECT sqlite.v(x) FROM unnest(%b::float8[]) WITH ORDINALITY AS u (x, n) ORDER BY n", (values,)
    ).fetchall()
    assert [repr(float(form[1:])) for (form,) in found] == [repr(v) for v in values]
    assert found == shortest
    finite = [v for v in values if math.isfinite(v)]
    exact = pg.execute("SELECT sqlite.exact(x)::text FROM unnest(%b::float8[]) AS x", (finite,)).fetchall()
    assert [Fraction(row[0]) for row in exact] == [Fraction(v) for v in finite]


def test_plain_values_are_tagged(pg: psycopg.Connection[Any]) -> None:
    cases = {
        "NULL::text": None, "'a'::text": "ta", "''::text": "t", "5::bigint": "i5", "5::integer": "i5",
        "5::smallint": "i5", "true": "i1", "false": "i0", "NULL::boolean": None,
        "decode('00ff','hex')": "b00ff", "''::bytea": "b", "1.5::float8": "r1.5", "1::float8": "r1",
        "'NaN'::float8": None, "7::numeric": "i7", "7.0::numeric": "i7", "7.5::numeric": "r7.5",
        "9223372036854775807::numeric": "i9223372036854775807",
        "9223372036854775808::numeric": "r9.223372036854776e+18", "1e400::numeric": "rInfinity",
        "'NaN'::numeric": None, "'-Infinity'::numeric": "r-Infinity", "NULL::numeric": None,
    }  # fmt: skip
    found = pg.execute(("SELECT " + ", ".join(f"sqlite.v({case})" for case in cases)).encode()).fetchone()
    assert found == tuple(cases.values())


CASTS = [
    ("sqlite.v(sqlite.typeof(x))", "typeof(?1)"),
    ("sqlite.v(sqlite.integer_from(x))", "CAST(?1 AS INTEGER)"),
    ("sqlite.v(sqlite.real_from(x))", "CAST(?1 AS REAL)"),
    ("sqlite.numeric_from(x)", "CAST(?1 AS NUMERIC)"),
    ("sqlite.v(sqlite.truth(x))", "NOT NOT ?1"),
    ("sqlite.add('i0', x)", "0 + ?1"),
]


@pytest.mark.parametrize(("ours", "theirs"), CASTS)
def test_casts(pg: psycopg.Connection[Any], ours: str, theirs: str) -> None:
    check(pg, ours, theirs, [(v,) for v in VALUES])


@OLD_DIGITS
def test_casts_to_text_and_blob(pg: psycopg.Connection[Any]) -> None:
    rows = [(v,) for v in VALUES]
    check(pg, "sqlite.v(sqlite.text_from(x))", "CAST(?1 AS TEXT)", rows)
    check(pg, "sqlite.v(sqlite.blob_from(x))", "CAST(?1 AS BLOB)", rows)


def test_plain_arguments(pg: psycopg.Connection[Any]) -> None:
    rows = [(v,) for v in VALUES if v is None or isinstance(v, str)]
    for function, theirs in (("v(sqlite.cast_integer(x))", "INTEGER"), ("v(sqlite.cast_real(x))", "REAL"),
                             ("cast_numeric(x)", "NUMERIC")):  # fmt: skip
        check(pg, f"sqlite.{function.replace('(x)', '(substr(x, 2))')}", f"CAST(?1 AS {theirs})", rows)
    check(pg, "sqlite.v(sqlite.truth_of(substr(x, 2)))", "NOT NOT ?1", rows)
    found = pg.execute(
        "SELECT sqlite.cast_integer(x) FROM unnest(%s::float8[]) AS x",
        ([1.9, -1.9, 9e99, -9e99, math.inf, -math.inf],),
    ).fetchall()
    most = 2**63 - 1
    assert [row[0] for row in found] == [1, -1, most, -(2**63), most, -(2**63)]


def test_affinities(pg: psycopg.Connection[Any]) -> None:
    for affinity in ("numeric", "integer", "real", "text"):
        values = [v for v in VALUES if affinity != "text" or not isinstance(v, float)]
        found = pg.execute(
            f"SELECT sqlite.{affinity}_affinity(x) FROM unnest(%s::text[]) WITH ORDINALITY AS u (x, n)"
            " ORDER BY n".encode(),
            ([tagged(v) for v in values],),
        ).fetchall()
        wrong = [
            (value, want, form)
            for value, want, (form,) in zip(values, in_column(affinity, values), found, strict=True)
            # a REAL column keeps -0.0 as 0.0
            if not same(want, 0.0 if form in ("r-0", "r-0.0") else untagged(form))
        ]
        assert not wrong, (affinity, wrong[:5])


numbers = st.one_of(
    st.from_regex(r"\A[ \t\n]?[+-]?[0-9]{0,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{0,3})?[ x]?\Z"),
    st.text(alphabet="0123456789.eE+- \tx", max_size=12),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)


@quick
@given(st.lists(numbers, min_size=50, max_size=120))
def test_any_text_as_a_number(pg: psycopg.Connection[Any], texts: list[str]) -> None:
    rows = [(text,) for text in texts]
    check(pg, "sqlite.v(sqlite.integer_from(x))", "CAST(?1 AS INTEGER)", rows)
    # SQLite before 3.43 may read a neighbour
    check(pg, "sqlite.v(sqlite.real_from(x))", "CAST(?1 AS REAL)", rows, units=2)
    check(pg, "sqlite.numeric_from(x)", "CAST(?1 AS NUMERIC)", rows, units=2)
    check(pg, "sqlite.add(x, 'i0')", "?1 + 0", rows, units=2)


def test_keys_sort_as_sqlite_does(pg: psycopg.Connection[Any]) -> None:
    pairs = list(itertools.product(VALUES, VALUES))
    check(pg, "sqlite.v(sqlite.key(x) < sqlite.key(y))", "?1 < ?2", pairs)
    check(pg, "sqlite.v(sqlite.key(x) = sqlite.key(y))", "?1 = ?2", pairs)
    texts = [
        "",
        " ",
        "a",
        "A",
        "a ",
        "A  ",
        "b",
        "B",
        "Z",
        "_",
        "é",
        "É",
        "a\t",
        "ab",
        "AB ",
        "i",
        "T",
        1,
        b"a",
        b"A",
    ]
    pairs = list(itertools.product(texts, texts))
    for collation in ("BINARY", "nocase", "RTRIM"):
        for operator in ("<", "="):
            check(
                pg, f"sqlite.v(sqlite.key(x, '{collation}') {operator} sqlite.key(y, '{collation}'))",
                f"?1 {operator} ?2 COLLATE {collation}", pairs,
            )  # fmt: skip
    with pytest.raises(psycopg.Error, match="no such collation sequence: de"):
        pg.execute("SELECT sqlite.key('ta', 'de')")


scalars = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(2**53 - 5000, 2**53 + 5000),
    st.integers(2**62 - 3000, 2**62 + 3000),
    st.floats(allow_nan=False),
    st.integers(2**53 - 3000, 2**53 + 5000).map(float),
    st.integers(2**62 - 3000, 2**62 + 3000).map(float),
)


@quick
@given(st.lists(st.tuples(scalars, scalars), min_size=50, max_size=120))
def test_any_numbers_compare_exactly(pg: psycopg.Connection[Any], pairs: list[tuple[Value, Value]]) -> None:
    check(pg, "sqlite.v(sqlite.key(x) < sqlite.key(y))", "?1 < ?2", pairs)
    check(pg, "sqlite.v(sqlite.key(x) = sqlite.key(y))", "?1 = ?2", pairs)
    check(pg, "sqlite.v(sqlite.compare(x, y) > 0)", "?1 > ?2", pairs)


@settings(quick, max_examples=100)
@given(st.binary(max_size=12) | st.text(max_size=6).map(str.encode))
def test_bytes_as_text(pg: psycopg.Connection[Any], value: bytes) -> None:
    (found,) = pg.execute("SELECT sqlite.text_of(%s::bytea)", (value,)).fetchone() or ("",)
    upto = value.partition(b"\0")[0]
    try:
        assert found == upto.decode()
    except UnicodeDecodeError:
        # which bytes make one U+FFFD is not SQLite's to say: what is valid is kept
        assert "�" in found
        assert found.replace("�", "") == upto.decode(errors="ignore").replace("�", "")
