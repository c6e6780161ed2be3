"""`printf` and `format`: what SQLite 3.40 writes and what PostgreSQL writes."""

from __future__ import annotations

import math
import random
import sqlite3
import struct
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from function_engines import tagged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Case = tuple[Any, ...]

INTEGERS = (0, 1, -1, 7, 42, 999, 1000, -1234567, 2**31, 2**63 - 1, -(2**63))
REALS = (
    0.0, -0.0, 0.1, 0.5, 1.5, 2.5, -2.5, 9.5, 99.5, 0.05, 1 / 3, -2 / 3, 1e-4, 9.9999e-5, 1e-5,
    123456.7, 999999.5, 1e6, 1e15, 1e16, 1e17, 1e22, 1e23, 1e26, 1e27, 1e28, 1e100, 1e300,
    1.7976931348623157e308, 5e-324, 2.2250738585072014e-308, 1e-8, 9.999999e-9, 1e-300, 9.995, 1.005,
    2.675, 0.30000000000000004, 4503599627370496.5, float("inf"), -float("inf"),
)  # fmt: skip
TEXTS = (
    None, "", "a", "it's", 'say "x"', "日本語", "é'", "12abc", "-3.75e2x", " 9 ", "1e400",
    "9223372036854775808", b"42",
)  # fmt: skip
FLAGS = ("", "-", "+", " ", "0", "#", "!", ",", "-0", "+0", "!#", "0,", "-,", "+-", "!-", " 0#")
SIZES = ("", "1", "12", ".0", ".2", ".9", "3.1", "14.5", ".17", "30.12", ".", "05")


def on_sqlite(cases: Sequence[Case]) -> list[str | None]:
    """With text as PostgreSQL can have it: no NUL, no character cut through."""
    conn = sqlite3.connect(":memory:")
    conn.text_factory = lambda raw: raw.decode(errors="ignore").replace("\0", "")
    return [
        conn.execute(f"SELECT printf({', '.join('?' * len(case))})", case).fetchone()[0] for case in cases
    ]


def same(pg: psycopg.Connection[Any], cases: Sequence[Case]) -> None:
    """All cases in as many round trips as there are counts of arguments."""
    for count in {len(case) for case in cases}:
        some = [case for case in cases if len(case) == count]
        names = [f"a{place}" for place in range(count)]
        query = (
            f"SELECT sqlite.printf({', '.join(names)}) FROM unnest({', '.join(['%s::text[]'] * count)})"
            f" WITH ORDINALITY AS t ({', '.join(names)}, place) ORDER BY place"
        )
        columns = [[case[0] for case in some], *([tagged(c[i]) for c in some] for i in range(1, count))]
        got = [row[0] for row in pg.execute(query, columns)]
        wanted = on_sqlite(some)
        wrong = [
            (case, "SQLite", w, "PostgreSQL", g)
            for case, w, g in zip(some, wanted, got, strict=True)
            if w != g
        ]
        assert not wrong, wrong[:10]


def test_every_flag_and_size_on_every_conversion(pg: psycopg.Connection[Any]) -> None:
    rng = random.Random(1)  # two values of each kind, others for each format
    cases = [
        (f"<%{flag}{size}{letter}>", value)
        for letters, values in (("diuxXopr", INTEGERS), ("feEgG", REALS), ("szqQwc", TEXTS))
        for letter in letters
        for flag in FLAGS
        for size in SIZES
        for value in rng.sample(values, 2)
    ]
    same(pg, cases)


def test_arguments_of_another_kind(pg: psycopg.Connection[Any]) -> None:
    values = (*INTEGERS, *REALS, *TEXTS)
    same(pg, [(f"%{letter}|%.3{letter}", value, value) for letter in "dfgexusqQwcno" for value in values])


def test_odd_formats(pg: psycopg.Connection[Any]) -> None:
    formats = (
        None, "", "plain", "%", "a%", "%%", "%5%|", "%-5%|", "a%5", "a%yb", "%l", "a%l", "%ld",
        "%lld", "%llld", "a%Tb", "a%Sb", "%1$d", "%08,d", "%,08d", "%n", "%n%d", "a%nb%5n|", "%*d|",
        "%-*d|", "%*.*f|", "%.*d", "%.*s|", "%*", "%.", "%.*", "%5", "%-", "%*ld|", "%.2lf", "%5ld",
        "%5.3lld", "%*.2f", "日%d本%s語", "%2147483648d|", "%4294967297d|", "%.4294967297f|",
        "%.4294967298f|", "%s %s %s", "%5.10d|", "%-010d|", "%+010.3d|", "%010s|", "%.3c|", "%5.3c|",
        "%-5.3c|", "%d%%", "%\\n", "\\%d", "%  d", "%++d", "%#!0,+- d", "%s\n%d", "%é", "%.0Q",
        "%!.0q", "%3.1w|", "%0d", "%00005d",
    )  # fmt: skip
    arguments: tuple[Case, ...] = (
        (),
        (5,),
        (-7, 42),
        (-7, 3, 2.5),
        (2**32 + 3, -(2**31), "it's"),
        (None, None),
        ("日本", "é"),
    )
    same(pg, [(text, *values) for text in formats for values in arguments])
    row = pg.execute(
        "SELECT sqlite.printf(), sqlite.printf('%d'), sqlite.format('%d', 'i5'), sqlite.format('x')"
    ).fetchone()
    assert row == (None, "0", "5", "x")
    assert (
        pg.execute("SELECT sqlite.format(), sqlite.printf(NULL, 'i1'), sqlite.format('')").fetchone()
        == (None,) * 3
    )


def test_bytes_and_characters(pg: psycopg.Connection[Any]) -> None:
    words = ("日本語", "aé", "é", "😀b", "abc", "it's 日", '"é"')
    same(
        pg,
        [
            (f"%{flag}{width}.{size}{letter}|", word)
            for flag in ("", "!", "-", "!-")
            for width in ("", "7")
            for size in range(7)
            for letter in "sqQw"
            for word in words
        ],
    )


def test_what_is_too_long_is_refused(pg: psycopg.Connection[Any]) -> None:
    for text in ("%1000000000d", "%.2000000000d", "%1999999999s", "%2000000000f", "%.1000000000c"):
        with pytest.raises(psycopg.errors.ProgramLimitExceeded, match="string or blob too big"):
            pg.execute("SELECT sqlite.printf(%s, 'i1')", (text,))
    same(
        pg,
        [
            ("%.5000f", 0.1),
            ("%.4096f", 0.1),
            ("%5000.3f", 2.5),
            ("%!.400f", 5e-324),
            ("%.330f", 1e-300),
            ("%.345f", 1e-310),
        ],
    )


def test_reals_at_every_precision(pg: psycopg.Connection[Any]) -> None:
    same(
        pg,
        [
            (f"%{flag}.{size}{letter}", x)
            for x in REALS
            for size in range(21)
            for letter in "feg"
            for flag in ("", "!")
        ],
    )


def _near_a_tie(rng: random.Random, size: int) -> float:
    """A number that lies a few steps off one that ends in 5 after `size` digits."""
    real = (rng.randrange(10 ** rng.randrange(1, 13)) + 0.5) / 10**size
    for _ in range(rng.randrange(5)):
        real = math.nextafter(real, rng.choice((0.0, 0.0, 0.0, math.inf)))
    return real


def test_reals_near_a_tie(pg: psycopg.Connection[Any]) -> None:
    rng = random.Random(2)
    sizes = [rng.randrange(15) for _ in range(4000)]
    same(
        pg,
        [(f"%{rng.choice(('', '!'))}.{size}{rng.choice('fffeg')}", _near_a_tie(rng, size)) for size in sizes],
    )


SOME = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SOME
@given(st.integers(0, 2**63))
def test_any_real(pg: psycopg.Connection[Any], seed: int) -> None:
    rng = random.Random(seed)
    cases: list[Case] = []
    for _ in range(200):
        real = rng.choice(
            (
                struct.unpack("<d", rng.randbytes(8))[0],
                round(rng.uniform(-1000, 1000), rng.randrange(7)),
                rng.randrange(10**17) / 10 ** rng.randrange(18),
                rng.random() * 10.0 ** rng.randrange(-30, 40),
            )
        )
        if not math.isnan(real):
            flags = "".join(rng.sample("!#+ ,0-", rng.choice((0, 0, 1, 2))))
            size = rng.randrange(21) if rng.random() < 0.9 else rng.randrange(20, 380)
            cases.append((f"%{flags}{rng.choice(('', 1, 25))}.{size}{rng.choice('feEgG')}", real))
    same(pg, cases)


@SOME
@given(
    st.lists(
        st.tuples(
            st.text("%%%%dsfxqc0123.*-+!#, lé", max_size=12).filter(
                lambda text: not any(w in text for w in _LONG)
            ),
            st.one_of(
                st.none(), st.integers(-2000, 2000), st.floats(-2000, 2000), st.text("aé'\" 1", max_size=4)
            ),
            st.one_of(st.none(), st.integers(-50, 50), st.text("aé'\" 1", max_size=4)),
        ),
        min_size=20,
        max_size=60,
    )
)
def test_any_format(pg: psycopg.Connection[Any], cases: list[Case]) -> None:
    same(pg, cases)


_LONG = tuple(f"{n:04d}" for n in range(1000, 4000) if set(str(n)) <= set("0123"))  # no megabytes of padding
