"""Progress: what is counted, plain lines, the live display."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from rich.console import Console

from outgrow.move.progress import Progress
from outgrow.report.live import picture
from outgrow.report.progress import plain, quiet, terminal
from outgrow.report.tally import Tally


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def waits(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_plain_lines(clock: Clock) -> None:
    out = io.StringIO()
    with plain(out, clock) as progress:
        progress.stage("profile")
        progress.table_begins("profile", "readings", 0, 0)
        clock.waits(0.8)
        progress.table_advances("profile", "readings", 3_000_000, 0)
        progress.table_ends("profile", "readings")
        progress.stage("copy", "2 connections")
        progress.table_begins("copy", "readings", 3_000_000, 300_000_000)
        progress.table_begins("copy", "a\nb\x1b[2J", 1, 0)
        progress.table_advances("copy", "a\nb\x1b[2J", 1, 0)
        progress.table_ends("copy", "a\nb\x1b[2J")
        for _ in range(4):
            clock.waits(2)
            progress.table_advances("copy", "readings", 500_000, 50_000_000)
        clock.waits(4)
        progress.table_advances("copy", "readings", 1_000_000, 100_000_000)
        progress.table_ends("copy", "readings")
        progress.note("the source changed")
        progress.stage("post-data")
        progress.table_begins("post-data", "readings", 0, 0)
        clock.waits(1.2)
        progress.table_ends("post-data", "readings")
    assert out.getvalue().splitlines() == [
        "profile",
        "profile readings: 3,000,000 rows in 0.8 s",
        "copy: 2 connections",
        "copy a\\nb\\x1b[2J: 1 row in 0 ms",
        "copy readings: 1,500,000 of 3,000,000 rows (50%), 250,000 rows/s, 25.0 MB/s, about 6.0 s left",
        "copy readings: 3,000,000 of 3,000,000 rows (100%), 250,000 rows/s, 25.0 MB/s",
        "copy readings: 3,000,000 rows, 300.0 MB in 12.0 s (250,000 rows/s, 25.0 MB/s)",
        "the source changed",
        "post-data",
        "post-data readings: done in 1.2 s",
    ]


def test_the_whole_of_a_stage_is_learnt_from_the_one_before(clock: Clock) -> None:
    tally = Tally(clock)
    assert tally.stage("profile", "") is None
    for table, rows in (("a", 600), ("b", 400)):
        tally.begins("profile", table, 0, 0)
        tally.advances("profile", table, rows, 0)
        tally.ends("profile", table)
    before = tally.stage("copy", "")
    assert before is not None
    assert (before.rows_done, before.rows, before.tables, before.left) == (1000, 0, 0, None)
    tally.begins("copy", "a", 600, 0)
    clock.waits(2)
    tally.advances("copy", "a", 200, 0)
    now = tally.snapshot()
    assert (now.rows_done, now.rows, now.tables, now.share, now.row_rate, now.left) == (
        200,
        1000,
        2,
        0.2,
        100,
        8,
    )


def test_the_time_left_follows_the_present_rate(clock: Clock) -> None:
    tally = Tally(clock)
    tally.stage("profile", "")
    tally.begins("profile", "a", 10_000, 0)
    tally.stage("copy", "")
    tally.begins("copy", "a", 10_000, 0)
    for rows in (100,) * 10 + (10,) * 20:
        clock.waits(1)
        tally.advances("copy", "a", rows, 0)
    now = tally.snapshot()
    assert (now.rows_done, now.row_rate, now.left) == (1200, 10.0, 880.0)


def test_what_is_done_ahead_of_its_stage_counts_in_it(clock: Clock) -> None:
    tally = Tally(clock)
    tally.stage("copy", "")
    for table in ("a", "b"):
        tally.begins("copy", table, 10, 100)
        tally.advances("copy", table, 10, 100)
    tally.ends("copy", "a")
    tally.begins("verify", "a", 10, 100)
    clock.waits(1)
    tally.advances("verify", "a", 4, 40)
    now = tally.snapshot()
    assert (now.rows_done, now.rows, now.ended) == (20, 0, 1)
    assert [(state.stage, state.table) for state in now.running] == [("copy", "b"), ("verify", "a")]
    tally.advances("verify", "a", 6, 60)
    tally.ends("verify", "a")
    tally.stage("verify", "")
    now = tally.snapshot()
    assert (now.rows_done, now.rows, now.size_done, now.ended, now.tables) == (10, 20, 100, 1, 2)
    assert now.row_rate == 0


def test_counts_of_many_threads(clock: Clock) -> None:
    tally = Tally(clock)
    tally.stage("copy", "")

    def work(table: str) -> None:
        tally.begins("copy", table, 1000, 1000)
        for _ in range(1000):
            tally.advances("copy", table, 1, 2)
        assert tally.ends("copy", table).rows_done == 1000

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now = tally.snapshot()
    assert (now.rows_done, now.size_done, now.ended, now.running) == (8000, 16_000, 8, ())


def drawn(tally: Tally, width: int = 100) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        console.print(picture(tally.snapshot()))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_picture_of_several_hundred_tables(clock: Clock) -> None:
    tally = Tally(clock)
    tally.stage("profile", "")
    for n in range(300):
        tally.begins("profile", f"t{n}", 1000, 0)
    tally.stage("copy", "4 connections")
    for n in range(300):
        tally.begins("copy", f"t{n}", 1000, 0)
    clock.waits(2)
    for n in range(300):
        tally.advances("copy", f"t{n}", 500, 0)
    lines = drawn(tally)
    assert lines[0] == "copy  0 of 300 tables  2.0 s  4 connections"
    assert lines[1].endswith("50%  2.0 s left  150,000 of 300,000 rows  75,000 rows/s")
    assert [" ".join(line.split()) for line in lines[2:10]] == [
        f"t{n} 50% 500 of 1,000 rows 250 rows/s 2.0 s left" for n in range(8)
    ]
    assert lines[10:] == ["  and 292 more tables running"]


def test_picture_in_a_narrow_terminal_keeps_its_height(clock: Clock) -> None:
    tally = Tally(clock)
    tally.stage("copy", "")
    tally.begins("copy", "a very long name\n" * 20, 1000, 0)
    clock.waits(2)
    tally.advances("copy", "a very long name\n" * 20, 500, 0)
    lines = drawn(tally, 40)
    assert len(lines) == 3
    assert max(len(line) for line in lines) <= 40


def live(out: io.StringIO, clock: Clock) -> AbstractContextManager[Progress]:
    return terminal(Console(file=out, width=100, force_terminal=True, color_system=None), clock)


def test_terminal_leaves_a_line_for_each_stage(clock: Clock) -> None:
    out = io.StringIO()
    with live(out, clock) as progress:
        progress.stage("copy")
        progress.table_begins("copy", "[red]t[/]", 10, 1000)
        clock.waits(2)
        progress.table_advances("copy", "[red]t[/]", 10, 1000)
        progress.table_ends("copy", "[red]t[/]")
        progress.note("[red]noted[/]\x1b[2J")
        progress.stage("verify")
    text = out.getvalue()
    assert "copy: 1 table, 10 rows, 1.0 kB in 2.0 s (5 rows/s, 500 B/s)\n" in text
    assert "[red]noted[/]\\x1b[2J\n" in text
    assert text.endswith("verify: done in 0 ms\n")
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_terminal_gives_the_cursor_back_when_the_walk_breaks(
    error: type[BaseException], clock: Clock
) -> None:
    out = io.StringIO()

    def walk() -> None:
        with live(out, clock) as progress:
            progress.stage("copy")
            progress.table_begins("copy", "t", 10, 0)
            raise error

    with pytest.raises(error):
        walk()
    text = out.getvalue()
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    drawn_lines = 2
    assert text[text.rindex("\x1b[?25h") :].count("\x1b[2K") == drawn_lines, "the picture is gone"
    assert "copy: " not in text
    refreshing = [t for t in threading.enumerate() if type(t).__module__.startswith("rich")]
    for thread in refreshing:
        thread.join(5)
    assert [t for t in refreshing if t.is_alive()] == []


def test_events_after_the_end_do_no_harm(clock: Clock) -> None:
    late: list[Callable[[], None]] = []
    out = io.StringIO()
    with live(out, clock) as progress:
        late.append(lambda: progress.table_advances("copy", "t", 1, 1))
        late.append(lambda: progress.table_ends("copy", "t"))
    ended = out.getvalue()
    for call in late:
        call()
    assert out.getvalue() == ended


def test_quiet_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet() as progress:
        progress.stage("copy")
        progress.table_ends("copy", "t")
        progress.note("x")
    assert capfd.readouterr() == ("", "")


def test_progress_loads_no_rich_until_it_draws() -> None:
    code = "import sys, outgrow.report.progress; print('rich' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )
