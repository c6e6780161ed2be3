"""Text of the database on its way to a screen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outgrow.report.figures import counted, duration, size, throughput
from outgrow.report.printable import encodable, printable, printable_lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain é 界 🙂", "plain é 界 🙂"),
        ("a\nb\tc\r\0", "a\\nb\\tc\\r\\0"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202edcb", "abc\\u202edcb"),
        ("bad \udcff byte", "bad \\xff byte"),
        ("half \ud83d pair", "half \\ud83d pair"),
        ("C:\\new", "C:\\new"),
    ],
)
def test_printable(text: str, expected: str) -> None:
    assert printable(text) == expected


@given(st.text(st.characters()))
def test_printable_holds_no_control_and_fits_utf8(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cs", "Zl", "Zp"}


def test_lines_of_sql() -> None:
    assert printable_lines("\nCREATE VIEW v AS\r\n\tSELECT 1 \x07\n\n") == [
        "CREATE VIEW v AS",
        "    SELECT 1 \\x07",
    ]


def test_encodable_keeps_all_that_utf8_holds() -> None:
    assert encodable("a\nb\x1b") == "a\nb\x1b"
    assert encodable("a\n\udcff") == "a\\n\\xff"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_960, "1.0 MB"),
        (5e14, "500.0 TB"),
    ],
)
def test_size(number: float, expected: str) -> None:
    assert size(number) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.04, "40 ms"), (0.0999, "0.1 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"), (125, "2 min 05 s"),
     (3725, "1 h 02 min")],
)  # fmt: skip
def test_duration(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


def test_counted() -> None:
    assert counted(1, "index", "indexes") == "1 index"
    assert counted(1200, "index", "indexes") == "1,200 indexes"


def test_throughput() -> None:
    assert throughput(3_000_000, 311_000_000, 3.0) == "1,000,000 rows/s, 103.7 MB/s"
    assert throughput(3, 0, 0.0) == ""
