"""Functions on text and blobs, `LIKE`, `GLOB` and `quote`: what SQLite gives and what PostgreSQL gives."""

from __future__ import annotations

import itertools
import math
import sqlite3
import struct
from collections.abc import Sequence
from typing import Any

import apsw
import psycopg
import pytest
from function_engines import check, tagged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Row = tuple[Any, ...]

WORDS = (
    None, "", "a", "abc", "ABC", " a b ", "  ", "áÉñ", "日本語", "a\\b", "\\", "%_", "it's", "a\n\tb",
    "😀x", "Zz09", ".",
)  # fmt: skip
BLOBS = (None, b"", b"\x00", b"abc", b"\x00\xff\\'", "日本".encode(), bytes(range(256)))
NUMBERS = (
    None, 0, 1, 2, 3, 5, 100, -1, -2, -3, -7, 2**31 - 1, 2**31, -(2**31), 2**32 + 2, 2**63 - 1,
    -(2**63), 10**9,
)  # fmt: skip
PATTERNS = (
    None, "", "%", "_", "a%", "%B%", "a_c", "%\\", "\\%", "a\\b", "__", "%%", "Á%", "á__", "%😀%", "*",
    "?", "a*", "*b*", "[", "a[", "[a", "[]", "[]]", "[]a]", "[^]a]", "[^a]", "[^a]*", "[a-c]*", "[c-a]",
    "[a-]", "[-a]", "[a-c-e]", "[^-a]", "*[b]*", "[*]", "[?]b", "[\\]*", "a\\*", "[[]", "[^]", "[]-a]",
    "[%-~]?[bz]", "[A-Z][A-Z][A-Z]", "日?語", "[日-語]*", "*.*", "(a|b)+", "{2}$^", "*[*", "[a-b-]",
    "[--a]", "[^^]", "[a^]",
)  # fmt: skip


def _plain(value: Any) -> Any:
    """As PostgreSQL can have it: no NUL in text, 0 and 1 for booleans."""
    if isinstance(value, str):
        return value.replace("\0", "")
    return int(value) if isinstance(value, bool) else value


def on_postgres(pg: psycopg.Connection[Any], name: str, types: str, rows: Sequence[Row]) -> list[Any]:
    columns = types.split()
    names = [f"a{place}" for place in range(len(columns))]
    arrays = ", ".join(f"%s::{kind}[]" for kind in columns)
    query = (
        f'SELECT sqlite."{name}"({", ".join(names)}) FROM unnest({arrays}) WITH ORDINALITY'
        f" AS t ({', '.join(names)}, place) ORDER BY place"
    )
    return [_plain(row[0]) for row in pg.execute(query, [list(column) for column in zip(*rows, strict=True)])]


def on_sqlite(name: str, rows: Sequence[Row], *, new: bool = False) -> list[Any]:
    conn: Any = apsw.Connection(":memory:") if new else sqlite3.connect(":memory:")
    marks = ", ".join("?" * len(rows[0]))
    return [_plain(conn.execute(f'SELECT "{name}"({marks})', row).fetchone()[0]) for row in rows]


def same(
    pg: psycopg.Connection[Any], name: str, types: str, rows: Sequence[Row], *, new: bool = False
) -> None:
    got, wanted = on_postgres(pg, name, types, rows), on_sqlite(name, rows, new=new)
    wrong = [
        (name, row, "SQLite", w, "PostgreSQL", g)
        for row, g, w in zip(rows, got, wanted, strict=True)
        if (type(g), g) != (type(w), w)
    ]
    assert not wrong, wrong[:10]


def test_every_function_on_a_table_of_values(pg: psycopg.Connection[Any]) -> None:
    words, blobs = [(word,) for word in WORDS], [(blob,) for blob in BLOBS]
    pairs = list(itertools.product(WORDS, WORDS))
    for name in ("length", "upper", "lower", "trim", "ltrim", "rtrim", "unicode", "hex", "soundex"):
        same(pg, name, "text", words)
    for name in ("trim", "ltrim", "rtrim", "instr"):
        same(pg, name, "text text", pairs)
    same(pg, "octet_length", "text", words, new=True)
    same(pg, "octet_length", "bytea", blobs, new=True)
    for name in ("length", "hex"):
        same(pg, name, "bytea", blobs)
    same(
        pg,
        "instr",
        "bytea bytea",
        list(itertools.product(BLOBS, (None, b"", b"\x00", b"c", b"\xff\\", b"zz"))),
    )
    same(
        pg,
        "replace",
        "text text text",
        list(itertools.product(WORDS, (None, "", "a", "b ", "\\"), (None, "", "日"))),
    )
    same(pg, "substr", "text bigint", list(itertools.product(WORDS, NUMBERS)))
    same(pg, "substr", "bytea bigint", list(itertools.product(BLOBS, NUMBERS)))
    same(
        pg,
        "substr",
        "text bigint bigint",
        list(itertools.product((None, "", "héllo", "日本"), NUMBERS, NUMBERS)),
    )
    same(
        pg, "substr", "bytea bigint bigint", list(itertools.product((None, b"", b"hello"), NUMBERS, NUMBERS))
    )
    same(pg, "unicode", "text", [("\ufffe",), ("\uffff",), ("\ufffd",), ("\U0010ffff",)])


def test_constants_give_the_same_as_columns(pg: psycopg.Connection[Any]) -> None:
    row = pg.execute(
        """SELECT sqlite.substr('hello', 2, 3), sqlite.substr('hello', -3), sqlite.substr('hello', 0, 3),
                  sqlite.substr('hello', 3, -2), sqlite.substr(NULL::text, 1), sqlite.glob('[a-c]*', 'cab'),
                  sqlite.glob('a\\*', 'a\\b'), sqlite."like"('A\\%', 'a\\b'), sqlite."like"('1!%', '1%', '!'),
                  sqlite.replace('abc', '', NULL), sqlite.hex(NULL::text)"""
    ).fetchone()
    assert row == ("ell", "llo", "he", "he", None, True, True, True, True, "abc", "")


def test_like_and_glob(pg: psycopg.Connection[Any]) -> None:
    pairs = list(itertools.product(PATTERNS, WORDS))
    same(pg, "like", "text text", pairs)
    same(pg, "glob", "text text", pairs)
    sets = [pattern for pattern in PATTERNS if pattern and "[" in pattern]
    sets += [
        "[a-c-e]",
        "[]-a-z]",
        "[^]-a]",
        "[c-a-e]",
        "[a-c-]",
        "[^a-c-e]",
        "[日-語]",
        "[\\-a]",
        "[[-^]",
        "[^^-a]",
    ]
    same(pg, "glob", "text text", list(itertools.product(sets, "abcde-]^[\\_`?*A日昔語é\n")))
    escapes = (None, "\\", "%", "_", "a", "日", "!", "b")
    same(
        pg,
        "like",
        "text text text",
        list(itertools.product((*PATTERNS, "a!%", "!!", "a!", "日%日日", "%b"), WORDS, escapes)),
    )
    for escape in ("", "ab", "日本"):
        for value in ("a", None):
            with pytest.raises(
                psycopg.errors.InvalidEscapeCharacter, match="ESCAPE expression must be a single character"
            ):
                on_postgres(pg, "like", "text text text", [("a", value, escape)])
            with pytest.raises(
                sqlite3.OperationalError, match="ESCAPE expression must be a single character"
            ):
                on_sqlite("like", [("a", value, escape)])


def test_hexadecimal_digits_are_read(pg: psycopg.Connection[Any]) -> None:
    texts = (
        None,
        "",
        "4",
        "41",
        "aBcD",
        "4g",
        "41 42",
        "4 1",
        " 41",
        "41-42 ",
        "..41",
        "41.",
        "日41",
        "41\n",
        "\n",
        "é",
    )
    same(pg, "unhex", "text", [(text,) for text in texts], new=True)
    same(
        pg,
        "unhex",
        "text text",
        list(itertools.product(texts, (None, "", " ", "- ", ".", "4", "日\n.", "]^é-"))),
        new=True,
    )


def test_code_points_become_text(pg: psycopg.Connection[Any]) -> None:
    codes = (
        None,
        0,
        1,
        65,
        127,
        128,
        0x7FF,
        0x800,
        0xFFFD,
        0xFFFE,
        0xFFFF,
        0x10000,
        0x10FFFF,
        0x110000,
        -1,
        2**40,
    )
    for code, other in itertools.product(codes, (None, 98, -(2**63))):
        got = pg.execute('SELECT sqlite."char"(%s::bigint, %s::bigint)', (code, other)).fetchone()
        assert got == (on_sqlite("char", [(code, other)])[0],), (code, other)
    assert pg.execute('SELECT sqlite."char"(), sqlite."char"(55296, 57343)').fetchone() == (
        "",
        "\ufffd\ufffd",
    )


def test_concat(pg: psycopg.Connection[Any]) -> None:
    values = (None, "", "a", 0, -5, 1.5, b"xy", "日", 2**63 - 1)
    conn = apsw.Connection(":memory:")
    for row in itertools.product(values, (None, "b", 2), (None, "")):
        got = pg.execute(
            "SELECT sqlite.concat(%s, %s, %s), sqlite.concat_ws(%s, %s, %s, %s), sqlite.concat_ws(NULL, %s)",
            (*map(tagged, row), ", ", *map(tagged, row), tagged(row[0])),
        ).fetchone()
        wanted = conn.execute(
            "SELECT concat(?, ?, ?), concat_ws(?, ?, ?, ?), concat_ws(NULL, ?)", (*row, ", ", *row, row[0])
        ).fetchone()
        assert got == wanted, row


def test_quote(pg: psycopg.Connection[Any]) -> None:
    values: list[Any] = [
        None,
        "",
        "it's",
        "''",
        "a\\b",
        "日",
        0,
        -1,
        2**63 - 1,
        -(2**63),
        b"",
        b"\x00\xff",
        b"'",
    ]
    values += [
        0.0,
        -0.0,
        1.0,
        0.1,
        1 / 3,
        1e15,
        1e16,
        1e300,
        5e-324,
        1.7976931348623157e308,
        1e-5,
        float("inf"),
        -float("inf"),
    ]
    values += [
        2.2250738585072014e-308,
        1e22,
        1e23,
        123456789012345678.0,
        0.1 + 0.2,
        -2.5e-300,
        9007199254740993.0,
    ]
    values += [int(f"{n}" * 5) / 10**n for n in range(1, 10)] + [
        float(f"{n}.{n}e{n * 37 - 330}") for n in range(1, 10)
    ]
    wanted = on_sqlite("quote", [(value,) for value in values])
    got = on_postgres(pg, "quote", "text", [(tagged(value),) for value in values])
    assert got == wanted
    assert pg.execute("SELECT sqlite.quote(NULL)").fetchone() == ("NULL",)


LETTERS = "abAB\\%_*?[]^-é日 .!"
SOME = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
short = st.text(LETTERS, max_size=6)


@SOME
@given(st.lists(st.tuples(short, short, st.sampled_from(LETTERS)), min_size=20, max_size=60))
def test_any_pattern(pg: psycopg.Connection[Any], rows: list[tuple[str, str, str]]) -> None:
    same(pg, "glob", "text text", [row[:2] for row in rows])
    same(pg, "like", "text text", [row[:2] for row in rows])
    same(pg, "like", "text text text", rows)


@SOME
@given(
    st.lists(
        st.tuples(short, short, short, st.integers(-9, 9), st.integers(-9, 9), st.binary(max_size=5)),
        min_size=20,
        max_size=60,
    )
)
def test_any_text(pg: psycopg.Connection[Any], rows: list[tuple[str, str, str, int, int, bytes]]) -> None:
    same(pg, "replace", "text text text", [row[:3] for row in rows])
    same(pg, "trim", "text text", [row[:2] for row in rows])
    same(pg, "instr", "text text", [row[:2] for row in rows])
    same(pg, "soundex", "text", [row[:1] for row in rows])
    same(pg, "substr", "text bigint bigint", [(row[0], *row[3:5]) for row in rows])
    same(pg, "substr", "bytea bigint bigint", [(row[5], *row[3:5]) for row in rows])
    same(pg, "unhex", "text text", [(row[0], row[1]) for row in rows], new=True)


@SOME
@given(st.lists(st.integers(0, 2**64 - 1), min_size=20, max_size=60))
def test_any_real_is_quoted(pg: psycopg.Connection[Any], patterns: list[int]) -> None:
    reals = [struct.unpack("<d", struct.pack("<Q", bits))[0] for bits in patterns]
    reals = [real for real in reals if not math.isnan(real)] + [
        round(bits / 2**64, 4) * 1000 for bits in patterns
    ]
    got = on_postgres(pg, "quote", "text", [(tagged(real),) for real in reals])
    assert got == on_sqlite("quote", [(real,) for real in reals])


def test_nothing_hangs_on_settings_or_collations(pg: psycopg.Connection[Any]) -> None:
    for setting in (
        "standard_conforming_strings = off",
        "bytea_output = escape",
        "search_path = sqlite, pg_catalog",
    ):
        pg.execute(f"SET {setting}")
    icu = "provider = icu, locale = 'und-u-ks-level2', deterministic = false"
    try:
        pg.execute(f"CREATE COLLATION public.any_case ({icu})")
    except psycopg.errors.FeatureNotSupported:  # a PostgreSQL without ICU, such as the embedded one
        pg.execute("CREATE COLLATION public.any_case (locale = 'C')")
    row = pg.execute(
        """SELECT sqlite.glob('[b-]*', x), sqlite."like"('%C', x), sqlite.instr(x, 'C'),
                  sqlite.replace(x, 'B', 'z'), sqlite.hex(x), sqlite.upper(x), sqlite.soundex(x),
                  sqlite.trim(x, 'C'), sqlite.length(x), sqlite.quote(x),
                  sqlite.substr(x, -2), sqlite.unhex(sqlite.hex(x))
           FROM (SELECT 'tbc'::text COLLATE public.any_case AS x) AS t"""
    ).fetchone()
    assert row == (False, True, 0, "tbc", "746263", "TBC", "T120", "tbc", 3, "'bc'", "bc", b"tbc")


def test_a_place_in_a_blob_and_a_text(pg: psycopg.Connection[Any]) -> None:
    texts = ["", "a", "abc", "é", "aéb", "10", "x\U0001f600é"]
    blobs = [b"", b"\0", b"\0\xff", b"a\0b", "é".encode(), b"\xa9", b"b", b"1", b"0", b"\xff\xa9"]
    values = [*texts, *blobs, "aéb".encode(), 10, 1.5, None]
    check(pg, "sqlite.v(sqlite.instr_from(x, y))", "instr(?1, ?2)", list(itertools.product(values, values)))
