"""Whole reports as a terminal without colour shows them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import HOSTILE, ORDER, Sample
from rich.console import Console
from rich.text import Text

from outgrow.move.result import Difference, Verification
from outgrow.plan.model import Outcome
from outgrow.report.inspection import renamed
from outgrow.report.text import show_inspection, show_plan, show_result
from outgrow.report.text.layout import Shape, grid

EXPECTED = Path(__file__).parent / "expected"
Show = Callable[[Console], None]


def shown(show: Show, width: int = 100, *, terminal: bool = False) -> str:
    out = io.StringIO()
    show(
        Console(file=out, width=width, force_terminal=terminal, color_system="standard" if terminal else None)
    )
    return out.getvalue()


def inspected(sample: Sample, **options: object) -> Show:
    def show(console: Console) -> None:
        show_inspection(console, sample.database, sample.profile, sample.plan, **options)  # type: ignore[arg-type]

    return show


@pytest.mark.parametrize("width", [80, 100, 200])
def test_inspection(sample: Sample, width: int) -> None:
    expected = (EXPECTED / f"inspection_{width}.txt").read_text(encoding="utf-8")
    assert shown(inspected(sample), width) == expected


@pytest.mark.parametrize("width", [80, 100])
def test_result(sample: Sample, width: int) -> None:
    expected = (EXPECTED / f"result_{width}.txt").read_text(encoding="utf-8")
    assert shown(lambda console: show_result(console, sample.result), width) == expected


def test_plan(sample: Sample) -> None:
    expected = (EXPECTED / "plan_100.txt").read_text(encoding="utf-8")
    assert shown(lambda console: show_plan(console, sample.plan)) == expected


def test_inspection_of_an_empty_file(nothing: Sample) -> None:
    assert shown(inspected(nothing)) == (
        "empty.db\n"
        "  512 B · 1 page of 512 bytes · UTF-16le · journal delete · user_version 0 · application_id 0\n"
        "  0 tables, 0 rows; planned for schema app, types faithful, names preserve, json\n"
        "  no findings\n"
        "\n"
        "0 tables and 0 rows can move.\n"
        "Now: outgrow move empty.db\n"
    )


def test_inspection_of_one_table_says_nothing_of_the_others(sample: Sample) -> None:
    assert shown(inspected(sample, tables=["sensors"])) == (
        "\n"
        "Sensors\n"
        "  12 rows · 4.1 kB · ordered by uuid · WITHOUT ROWID · STRICT\n"
        "  column  declared  becomes                        holds           range\n"
        "  uuid    CHAR(36)  uuid not null                  text 12         up to 36 bytes\n"
        "      all values are UUIDs (uuid-text)\n"
        "  active  BOOLEAN   boolean                        integer 12      0 … 1\n"
        "      declared so (boolean)\n"
        "  photo   BLOB      bytea                          blob 3, null 9  up to 1,200,000,000 bytes\n"
        "      holds only blobs\n"
        "  price   REAL      double precision (set by you)  real 12         9.99\n"
        "      set in the plan\n"
        "\n"
        "Findings\n"
        "\n"
        "  STOP    value.too-large\n"
        "          A value is larger than PostgreSQL holds in one field (1 GB).\n"
        "          Sensors.photo (1 row)\n"
        "            1,200,000,000 bytes\n"
        "            such as uuid 9f1c…\n"
        "          → Move that value out of the database, or leave the table out in the plan.\n"
        "\n"
        "A move would stop: value.too-large. Mend what is named here, or change the plan.\n"
    )


def test_an_empty_table_is_shown_when_asked_for(sample: Sample) -> None:
    assert shown(inspected(sample, tables=["audit"])) == (
        "\n"
        "audit\n"
        "  0 rows · 4.1 kB · no key\n"
        "  column  declared  becomes  holds    range  because\n"
        "  id      INTEGER   bigint   nothing\n"
        "\n"
        "1 table and 0 rows can move.\n"
        "Now: outgrow move '/srv/app/weather station.db'\n"
    )


def test_inspection_of_a_table_that_is_not_there(sample: Sample) -> None:
    with pytest.raises(KeyError, match="nowhere"):
        shown(inspected(sample, tables=["nowhere"]))


def test_what_stops_cannot_be_allowed(sample: Sample) -> None:
    lines = shown(inspected(sample, allowed=frozenset({"value.too-large"}))).splitlines()
    assert "  STOP    value.too-large" in lines
    assert lines[-1] == "A move would stop: value.too-large. Mend what is named here, or change the plan."


def test_300_tables_begin_with_a_summary(many: Sample) -> None:
    lines = shown(inspected(many)).splitlines()
    overview = lines.index("Where the bytes are")
    assert lines[overview + 2] == "  t299  299 rows  299.0 kB"
    assert lines[overview + 22] == "  and 180 smaller tables: 24,300 rows, 24.3 MB"
    assert lines.index("t001") == overview + 24
    assert lines[lines.index("100 empty tables") + 1].startswith("  t000 (4 columns), t003 (4 columns), ")
    assert "t000" not in lines


def test_hostile_text_stays_text(hostile: Sample) -> None:
    name = HOSTILE + "[bold red]x[/]\\x1b[2J\\u202egnp"
    for show in (inspected(hostile), lambda console: show_result(console, hostile.result)):
        text = shown(show)
        assert set(text) & {"\x1b", "\x07", "\0", "\r", "\u202e"} == set()
        assert "</pre>--\\x1b]0;x\\x07" in text
        assert name in text.splitlines()[0]
    assert "      not </style><b>: a\\0b\\r\\n[link=x] <i>" in shown(inspected(hostile)).splitlines()


def test_colour_adds_nothing_but_colour_and_bars(sample: Sample) -> None:
    plain = shown(inspected(sample))
    coloured = Text.from_ansi(shown(inspected(sample), terminal=True)).plain
    bar = "  " + "▇" * 16
    assert coloured == plain.replace("  311.0 MB\n", f"  311.0 MB{bar}\n", 1)


def test_only_what_sql_speaks_of_is_renamed() -> None:
    outcomes = (
        Outcome(kind="tables", name="Order", fate="moved"),
        Outcome(kind="columns", name="Order.Id", fate="moved"),
        Outcome(kind="columns", name="Order.ctid", fate="moved"),
        Outcome(kind="indexes", name="Order.by_id", fate="moved", target="by_id"),
        Outcome(kind="indexes", name="Order.by_name", fate="moved", target="by_name_2"),
        Outcome(kind="primary_keys", name="Order.PRIMARY KEY", fate="moved", target="order_pkey"),
    )
    names = (
        ("Order", "order_2"), ("Order.Id", "order_2.id"), ("Order.ctid", "order_2.ctid_"),
        ("Order.by_id", "by_id"),
        ("Order.by_name", "by_name_2"), ("Order.PRIMARY KEY", "order_pkey"),
    )  # fmt: skip
    assert renamed(names, outcomes) == (
        ("Order", "order_2"), ("Order.ctid", "order_2.ctid_"), ("Order.by_name", "by_name_2"),
    )  # fmt: skip


def last_line(show: Show) -> str:
    return shown(show).splitlines()[-1]


def test_last_line_when_all_is_well(sample: Sample) -> None:
    result = replace(sample.result, outcomes=sample.result.outcomes[3:], findings=())
    result = replace(result, outcomes=tuple(o for o in result.outcomes if o.fate != "left"))
    assert last_line(lambda console: show_result(console, result)) == (
        "moved and verified: 5 tables, 3,000,054 rows, 12,000,086 values, 0 differences"
    )
    assert last_line(lambda console: show_result(console, result, verb="verify")) == (
        "verified: 5 tables, 3,000,054 rows, 12,000,086 values, 0 differences"
    )


def test_last_line_without_verification(sample: Sample) -> None:
    result = replace(sample.result, verification=None, outcomes=(), findings=())
    assert last_line(lambda console: show_result(console, result)) == (
        "moved, not verified: 5 tables, 3,000,054 rows; now: outgrow verify "
        "'/srv/app/weather station.db' --to postgresql://app@localhost:5432/weather"
    )


def test_differences_are_listed_with_both_values(sample: Sample) -> None:
    difference = Difference(table="readings", key="id=7", column="value", source="'n/a'", target="NULL")
    verification = Verification(
        rows=3_000_054, values=12_000_086, differences=3, shown=(difference,), objects_missing=("index x",),
        writes_tested=5, writes_failed=("Sensors: null value in column uuid",),
    )  # fmt: skip
    result = replace(sample.result, verification=verification, outcomes=(), findings=(), names=(), seconds={})
    assert shown(lambda console: show_result(console, result)) == (
        "/srv/app/weather station.db → postgresql://app@localhost:5432/weather, schema public\n"
        "\n"
        "Verification\n"
        "\n"
        "  3,000,054 rows and 12,000,086 values compared, 3 differences\n"
        "  5 tables tried with a new row: 1 refused it\n"
        "  missing on the target: index x\n"
        "  refuses a new row: Sensors: null value in column uuid\n"
        "\n"
        "  table     key   column  in the source  in the target\n"
        "  readings  id=7  value   'n/a'          NULL\n"
        "  and 2 more differences\n"
        "\n"
        "not the same: 3 differences, 1 object missing on the target, 1 table refuses a new row; "
        "mend the cause and move again with --replace\n"
    )


def test_long_names_are_never_cut(sample: Sample) -> None:
    for width in (40, 80, 120):
        text = shown(inspected(sample), width)
        assert ORDER.source in text
        assert f"→ {ORDER.name}" in text


CELLS = st.text(alphabet="ab界 é", max_size=60).map(str.strip)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6), st.integers(20, 200))
def test_a_grid_shows_every_cell_whole_and_in_order(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = [line.plain for line in grid([[Text(c) for c in row] for row in rows], width, Shape())]
    text = "\n".join(lines)
    at = 0
    for cell in (cell for row in rows for cell in row):
        at = text.index(cell, at) + len(cell)
    assert all(len(line) == len(line.rstrip()) or not line.strip() for line in lines)
