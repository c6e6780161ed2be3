"""The picture of a run."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import pytest
from report_samples import Sample
from rich.console import Console

from outgrow.report.svg import run_svg
from outgrow.report.text import show_result


def picture(sample: Sample) -> str:
    console = Console(
        record=True, width=100, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    show_result(console, sample.result)
    return run_svg(console, title="outgrow move")


def test_picture_holds_the_run_and_asks_for_nothing(sample: Sample) -> None:
    svg = picture(sample)
    text = "\n".join(
        "".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    )
    assert "outgrow\xa0move" in text
    assert "moved\xa0and\xa0verified:\xa05\xa0tables,\xa03,000,054\xa0rows" in text
    assert "@font-face" not in svg
    assert "cdnjs" not in svg


def test_picture_is_the_same_for_the_same_run(sample: Sample) -> None:
    assert picture(sample) == picture(sample)


def test_a_console_that_records_nothing() -> None:
    with pytest.raises(ValueError, match="record=True"):
        run_svg(Console(file=io.StringIO()), title="x")
