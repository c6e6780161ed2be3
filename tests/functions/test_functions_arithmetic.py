"""Arithmetic of the schema sqlite against SQLite itself: operators, numeric scalars, mathematics."""

from __future__ import annotations

import itertools
import math
import sqlite3
from typing import Any

import psycopg
import pytest
from function_engines import Value, check
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

OLD = pytest.mark.skipif(sqlite3.sqlite_version_info >= (3, 43), reason="rounds and takes logarithms anew")
quick = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

OPERANDS: list[Value] = [
    None, 0, 1, -1, 3, -7, 63, 64, -63, -64, 65, 2**31, -(2**31), 2**53 + 1, 2**62, 2**63 - 1, -(2**63),
    3037000500, 0.0, -0.0, 1.0, 1.5, -2.5, 1e308, -1e308, 5e-324, -5e-324, 1e-308, 1e-200, 1e200, 2.0**63,
    -(2.0**63), 1e300, float("inf"), -float("inf"), "", "abc", "12abc", " 12 ", "1.5x", "1e5",
    "9223372036854775808", "1e400", b"12", b"1.5x", b"",
]  # fmt: skip


OPERATORS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "remainder": "%"}
BITS = {"bit_and": "&", "bit_or": "|", "shift_left": "<<", "shift_right": ">>"}


def test_operators(pg: psycopg.Connection[Any]) -> None:
    pairs = list(itertools.product(OPERANDS, OPERANDS))
    for name, operator in OPERATORS.items():
        check(pg, f"sqlite.{name}(x, y)", f"?1 {operator} ?2", pairs)
    for name, operator in BITS.items():
        ours = f"sqlite.v(sqlite.{name}(sqlite.integer_from(x), sqlite.integer_from(y)))"
        check(pg, ours, f"?1 {operator} ?2", pairs)
    rows = [(v,) for v in OPERANDS]
    check(pg, "sqlite.negate(x)", "-?1", rows)
    check(pg, "sqlite.v(sqlite.bit_not(sqlite.integer_from(x)))", "~?1", rows)
    pairs = [(a, b) for a, b in pairs if type(a) in (int, type(None)) and type(b) in (int, type(None))]
    for name in ("add", "subtract", "multiply"):
        ours = f"sqlite.{name}_integers(substr(x, 2)::bigint, substr(y, 2)::bigint)"
        check(pg, ours, f"?1 {OPERATORS[name]} ?2", pairs)


reals = st.one_of(
    st.floats(allow_nan=False),
    st.builds(math.ldexp, st.floats(1, 2), st.integers(-1074, 1022)),
    st.builds(math.ldexp, st.floats(1, 2), st.sampled_from([-1074, -1022, -540, -512, 511, 512, 1022])),
)
integers = st.builds(lambda n, k: n >> k, st.integers(-(2**63), 2**63 - 1), st.integers(0, 62))


@quick
@given(
    st.lists(
        st.tuples(reals, reals) | st.tuples(integers, integers) | st.tuples(integers, reals), min_size=100
    )
)
def test_any_operands(pg: psycopg.Connection[Any], pairs: list[tuple[Value, Value]]) -> None:
    for name, operator in OPERATORS.items():
        check(pg, f"sqlite.{name}(x, y)", f"?1 {operator} ?2", pairs)


def test_a_quotient_halfway_between_two_subnormals(pg: psycopg.Connection[Any]) -> None:
    halfway = 1.4131150712075712e-154, 2.0111711894913896e154
    above = math.nextafter(halfway[0], 1), halfway[1]
    below = math.nextafter(halfway[0], 0), halfway[1]
    thirds = [(math.ldexp(n, -1074), float(d)) for n in range(1, 40) for d in (2, 3, 4, 6, 8)]
    check(pg, "sqlite.divide(x, y)", "?1 / ?2", [halfway, above, below, *thirds])


def test_scalars(pg: psycopg.Connection[Any]) -> None:
    rows = [(v,) for v in OPERANDS]
    check(pg, "sqlite.abs(x)", "abs(?1)", [row for row in rows if row != (-(2**63),)])
    check(pg, "sqlite.v(sqlite.sign(x))", "sign(?1)", rows)
    check(pg, "sqlite.v(sqlite.round(sqlite.real_from(x)))", "round(?1)", rows)
    with pytest.raises(psycopg.Error, match="integer overflow"):
        pg.execute("SELECT sqlite.abs('i-9223372036854775808')")
    pairs = list(itertools.product(OPERANDS, OPERANDS))
    triples = [(a, b, OPERANDS[(i * 7) % len(OPERANDS)]) for i, (a, b) in enumerate(pairs)]
    for name in ("max", "min"):
        check(pg, f"sqlite.{name}_of(x, y)", f"{name}(?1, ?2)", pairs)
        check(pg, f"sqlite.{name}_of(x, y, z)", f"{name}(?1, ?2, ?3)", triples)


roundable = st.one_of(
    st.floats(-1000, 1000),
    st.builds(lambda n, k: (10 * n + 5) / 10**k, st.integers(-(10**6), 10**6), st.integers(0, 8)),
    st.builds(lambda n, k: n / 2**k, st.integers(0, 2**30), st.integers(0, 40)),
    st.floats(allow_nan=False),
)


@OLD
@quick
@given(
    st.lists(
        st.tuples(roundable, st.sampled_from([2, 1, 3, 4, 8, 12, 14, 15, 16, 20, 30, 99, 0, -1])),
        min_size=100,
    )
)
def test_round(pg: psycopg.Connection[Any], pairs: list[tuple[Value, Value]]) -> None:
    ours = "sqlite.v(sqlite.round(sqlite.real_from(x), sqlite.integer_from(y)))"
    # reading the rounded decimal back, SQLite before 3.43 may give a neighbour
    check(pg, ours, "round(?1, ?2)", pairs, units=2)


def test_round_of_a_table(pg: psycopg.Connection[Any]) -> None:
    cases: list[tuple[float, int, float]] = [
        (2.5, 0, 3.0), (-2.5, 0, -3.0), (0.49999999999999994, 0, 1.0), (1.005, 2, 1.01), (0.285, 2, 0.29),
        (-1.005, 2, -1.01), (1e20, 2, 1e20), (2.567, -1, 3.0), (123.456, 1, 123.5), (9.995, 2, 10.0),
        (0.0, 2, 0.0), (5e-324, 5, 0.0), (math.inf, 2, math.inf), (-math.inf, 0, -math.inf),
    ]  # fmt: skip
    found = pg.execute(
        "SELECT sqlite.round(x, n) FROM unnest(%s::float8[], %s::bigint[]) AS u (x, n)",
        ([case[0] for case in cases], [case[1] for case in cases]),
    ).fetchall()
    assert [row[0] for row in found] == [case[2] for case in cases]


ONE = [
    "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "degrees", "exp", "ln", "log",
    "log10", "log2", "radians", "sin", "sinh", "sqrt", "tan", "tanh",
]  # fmt: skip
MATH: list[Value] = [
    *OPERANDS, 0.1, 0.5, -0.5, 0.3, 2, 10.0, 100.0, 709.78, 709.79, 710, -745.1, -745.2, 8, 1024, -3.0, "5",
    "5.0", *(10.0**k for k in range(-20, 20, 3)), *(2.0**k for k in range(-60, 60, 7)),
    *(k / 13 for k in range(-30, 30)),
]  # fmt: skip


@OLD
def test_mathematics(pg: psycopg.Connection[Any]) -> None:
    rows = [(v,) for v in MATH]
    for name in ONE:
        # one unit, for the C library of the server may be another
        check(pg, f"sqlite.v(sqlite.{name}(sqlite.math_from(x)))", f"{name}(?1)", rows, units=1)
    for name in ("ceil", "ceiling", "floor", "trunc"):
        check(pg, f"sqlite.{name}(x)", f"{name}(?1)", rows)
        plain = [row for row in rows if isinstance(row[0], float)]
        check(pg, f"sqlite.v(sqlite.{name}(sqlite.real_from(x)))", f"{name}(?1)", plain)
        plain = [row for row in rows if isinstance(row[0], int)]
        check(pg, f"sqlite.v(sqlite.{name}(sqlite.integer_from(x)))", f"{name}(?1)", plain)
    pairs = list(itertools.product(MATH[::2], MATH[1::2]))
    # log() of two arguments does not ask what its second one is
    check(pg, "sqlite.v(sqlite.log(sqlite.math_from(x), sqlite.real_from(y)))", "log(?1, ?2)", pairs, units=1)
    for name in ("pow", "power", "atan2", "mod"):
        ours = f"sqlite.v(sqlite.{name}(sqlite.math_from(x), sqlite.math_from(y)))"
        check(pg, ours, f"{name}(?1, ?2)", pairs, units=1)
    assert pg.execute("SELECT sqlite.pi()").fetchone() == (math.pi,)


def test_random_and_blobs(pg: psycopg.Connection[Any]) -> None:
    found = [row[0] for row in pg.execute("SELECT sqlite.random() FROM generate_series(1, 2000)")]
    assert len(set(found)) == 2000
    assert min(found) < -(2**62)
    assert max(found) > 2**62
    assert all(any(value >> bit & 1 for value in found) for bit in range(64))
    sizes = [None, -5, 0, 1, 31, 32, 33, 1000]
    lite = sqlite3.connect(":memory:")
    for size in sizes:
        (theirs,) = lite.execute("SELECT length(randomblob(?))", (size,)).fetchone()
        row = pg.execute(
            "SELECT length(sqlite.randomblob(%s::bigint)), sqlite.zeroblob(%s::bigint)", (size, size)
        ).fetchone()
        assert row == (theirs, lite.execute("SELECT zeroblob(?)", (size,)).fetchone()[0])
    lite.close()
