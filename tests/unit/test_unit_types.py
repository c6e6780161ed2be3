"""Affinity, declarations, date formats, target types, literal defaults."""

from __future__ import annotations

import math

import pytest

from outgrow.errors import ConfigError
from outgrow.schema.model import Affinity
from outgrow.types.affinity import affinity
from outgrow.types.declared import declared
from outgrow.types.defaults import changed_default, literal_default, number_text
from outgrow.types.formats import date_formats
from outgrow.types.observed import Value
from outgrow.types.target_type import parse_type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INT", "INTEGER"),
        ("bigint unsigned", "INTEGER"),
        ("POINT", "INTEGER"),
        ("FLOATING POINT", "INTEGER"),
        ("CHARINT", "INTEGER"),
        ("VARCHAR(5)", "TEXT"),
        ("CLOB", "TEXT"),
        ("longtext", "TEXT"),
        ("BLOB", "BLOB"),
        ("", "BLOB"),
        ("  ", "BLOB"),
        ("REAL", "REAL"),
        ("double", "REAL"),
        ("FLOA", "REAL"),
        ("DECIMAL", "NUMERIC"),
        ("STRING", "NUMERIC"),
        ("BOOLEAN", "NUMERIC"),
        ("DATE", "NUMERIC"),
        ("ANY", "NUMERIC"),
    ],
)
def test_affinity(text: str, expected: str) -> None:
    assert affinity(text) is Affinity(expected)


def test_any_in_a_strict_table_converts_nothing() -> None:
    assert affinity("any", strict=True) is Affinity.BLOB


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("none", None, None)),
        ("VARCHAR( 32 )", ("text", 32, None)),
        ("DECIMAL(10, 2)", ("decimal", 10, 2)),
        ("  double   PRECISION ", ("real", None, None)),
        ("tinyint(1)", ("boolean", 1, None)),
        ("tinyint(4)", ("integer", 4, None)),
        ("timestamp with time zone", ("datetimetz", None, None)),
        ("UNSIGNED BIG INT", ("integer", None, None)),
        ("ENUM('a','b')", ("text", None, None)),
        ("STR(ANGE", ("unknown", None, None)),
        ("nonsense", ("unknown", None, None)),
    ],
)
def test_declared(text: str, expected: tuple[str, int | None, int | None]) -> None:
    found = declared(text)
    assert (found.meaning, found.size, found.scale) == expected


@pytest.mark.parametrize(
    ("texts", "recipes"),
    [
        (["2024-01-02"], ["date-text:YYYY-MM-DD"]),
        (["03:04"], ["time-text:HH:MM"]),
        (["2024-01-02 03:04"], ["timestamp-text:YYYY-MM-DD HH:MM"]),
        (
            ["2024-01-02T03:04:05"],
            [f"timestamp-text:YYYY-MM-DDTHH:MM:SS{f}" for f in ("[.ffffff]", "[.f]")],
        ),
        (
            ["2024-01-02 03:04:05Z"],
            [f"timestamptz-text:YYYY-MM-DD HH:MM:SS{f}Z" for f in ("", "[.ffffff]", "[.f]")],
        ),
        (
            ["2024-01-02 03:04:05 +0000 UTC"],
            [f"timestamptz-text:YYYY-MM-DD HH:MM:SS{f} +0000 UTC" for f in ("[.f]", "[.ffffff]")],
        ),
        (
            ["2024-01-02 03:04:05.123456"],
            [f"timestamp-text:YYYY-MM-DD HH:MM:SS{f}" for f in (".ffffff", "[.ffffff]", "[.f]")],
        ),
        (["2024-01-02 03:04:05.000000"], ["timestamp-text:YYYY-MM-DD HH:MM:SS.ffffff"]),
        (["2024-01-02 03:04:05.120"], ["timestamp-text:YYYY-MM-DD HH:MM:SS.fff"]),
        (
            ["2024-01-02 03:04:05.123456", "2024-01-02 03:04:05"],
            ["timestamp-text:YYYY-MM-DD HH:MM:SS[.ffffff]", "timestamp-text:YYYY-MM-DD HH:MM:SS[.f]"],
        ),
        (
            ["2024-01-02 03:04:05.1 +0000 UTC", "2024-01-02 03:04:05.12 +0000 UTC"],
            ["timestamptz-text:YYYY-MM-DD HH:MM:SS[.f] +0000 UTC"],
        ),
        (["2024-01-02 03:04:05+02:00", "2024-01-02 03:04:05+03:00"], []),
        (["2024-01-02", "2024-01-02 03:04:05"], []),
        (["2024-01-02 03:04:05", ""], []),
        (["03:04Z"], []),
        (["٢٠٢٤-01-02"], []),
        ([], []),
    ],
)
def test_date_formats(texts: list[str], recipes: list[str]) -> None:
    assert [form.recipe for form in date_formats(texts)] == recipes


def test_sqlites_clock_writes_whole_seconds() -> None:
    forms = [form.recipe for form in date_formats(["2024-01-02 03:04:05"], whole=True)]
    assert forms == [f"timestamp-text:YYYY-MM-DD HH:MM:SS{f}" for f in ("", "[.ffffff]", "[.f]")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BIGINT", "bigint"),
        ("int8", "bigint"),
        (" double  precision ", "double precision"),
        ("decimal(10, 2)", "numeric(10,2)"),
        ("Character Varying (5)", "varchar(5)"),
        ("numeric(5)", "numeric(5)"),
        ("timestamp with time zone", "timestamptz"),
        ("hstore", "hstore"),
    ],
)
def test_target_types_have_one_spelling(text: str, expected: str) -> None:
    assert str(parse_type(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text; drop table x",
        "varchar(3); drop",
        "text(5)",
        "numeric(1,2,3)",
        "numeric(-1)",
        'a"b',
        "varchar(1,2)",
        "text[]",
        "int4 default 5 --",
        "numeric(999999999)",
    ],
)
def test_what_is_no_target_type(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_type(text)


DEFAULTS = [
    ("5", "INTEGER", 5),
    ("-5", "INTEGER", -5),
    ("(- 5)", "INTEGER", -5),
    ("+5", "REAL", 5.0),
    ("5", "TEXT", "5"),
    ("1.50", "TEXT", "1.5"),
    ("1.0", "INTEGER", 1),
    ("1.5", "INTEGER", 1.5),
    (".5", "REAL", 0.5),
    ("1e3", "NUMERIC", 1000),
    ("0x10", "INTEGER", 16),
    ("0xFFFFFFFFFFFFFFFF", "INTEGER", -1),
    ("9223372036854775808", "INTEGER", 2.0**63),
    ("-9223372036854775808", "INTEGER", -(2**63)),
    ("9e999", "REAL", math.inf),
    ("NULL", "TEXT", None),
    ("'x'", "INTEGER", "x"),
    ("'5'", "INTEGER", 5),
    ("' 5 '", "INTEGER", 5),
    ("'5'", "BLOB", "5"),
    ("'1.5'", "NUMERIC", 1.5),
    ("'it''s'", "TEXT", "it's"),
    ('"dq"', "TEXT", "dq"),
    ("x'00ff'", "BLOB", b"\0\xff"),
    ("true", "INTEGER", 1),
    ("FALSE", "TEXT", "0"),
    ("word", "TEXT", "word"),
    ("('a)')", "TEXT", "a)"),
    ("''", "TEXT", ""),
]


@pytest.mark.parametrize(("sql", "by", "value"), DEFAULTS)
def test_literal_defaults(sql: str, by: str, value: Value) -> None:
    found = literal_default(sql, Affinity(by))
    assert found is not None
    assert (type(found.value), found.value) == (type(value), value)


@pytest.mark.parametrize(
    "sql",
    [
        "CURRENT_TIMESTAMP",
        "current_date",
        "(1+2)",
        "abs(-3)",
        "(5) + (6)",
        "-'5'",
        "'a' || 'b'",
        "x'0'",
        "1_000",
    ],
)
def test_what_is_no_literal(sql: str) -> None:
    assert literal_default(sql, Affinity.INTEGER) is None


@pytest.mark.parametrize(
    ("sql", "sql_type", "conversion", "expected"),
    [
        (
            "CURRENT_TIMESTAMP",
            "timestamp",
            "timestamp-text:YYYY-MM-DDTHH:MM:SS",
            "date_trunc('second', statement_timestamp() AT TIME ZONE 'utc')",
        ),
        (
            "(datetime('now'))",
            "timestamptz",
            "timestamptz-epoch:s",
            "date_trunc('second', statement_timestamp())",
        ),
        (
            "CURRENT_DATE",
            "timestamp",
            "timestamp-text:YYYY-MM-DD",
            "(statement_timestamp() AT TIME ZONE 'utc')::date",
        ),
        ("'2024-01-02'", "timestamp", "timestamp-text:YYYY-MM-DD HH:MM:SS", "'2024-01-02'::timestamp"),
        ("5", "text", "same", "'5'"),
        ("1e20", "text", "same", "'1.0e+20'"),
        ("'2024-02-30'", "timestamp", "timestamp-text:YYYY-MM-DD HH:MM:SS", None),
        ("datetime('now','localtime')", "timestamp", "timestamp-text:YYYY-MM-DD HH:MM:SS", None),
        ("CURRENT_TIMESTAMP", "text", "same", None),
        ("'x'", "bigint", "same", None),
    ],
)
def test_changed_defaults(sql: str, sql_type: str, conversion: str, expected: str | None) -> None:
    found = changed_default(sql, Affinity.NUMERIC, sql_type, conversion)
    assert (found and found[0]) == expected


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (5, "5"),
        (1.5, "1.5"),
        (1e20, "1.0e+20"),
        (1.5e-7, "1.5e-07"),
        (1e16, "10000000000000000.0"),
        (-0.0, "0.0"),
        (math.inf, "Inf"),
        (-math.inf, "-Inf"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (1e100, "1.0e+100"),
    ],
)
def test_numbers_as_sqlite_spells_them(number: float, text: str) -> None:
    assert number_text(number) == text
