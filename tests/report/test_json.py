"""`inspect --json`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from report_samples import HOSTILE, Sample

from outgrow.report.json_report import inspection_json

EXPECTED = Path(__file__).parent / "expected" / "inspection.json"


def test_whole_document(sample: Sample) -> None:
    document = inspection_json(sample.database, sample.profile, sample.plan)
    assert document == json.loads(EXPECTED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["sample", "nothing", "many", "hostile"])
def test_round_trip(name: str, request: pytest.FixtureRequest) -> None:
    it: Sample = request.getfixturevalue(name)
    document = inspection_json(it.database, it.profile, it.plan)
    text = json.dumps(document, allow_nan=False, ensure_ascii=False)
    assert json.loads(text.encode()) == document
    assert len(document["tables"]) == len(it.plan.tables)


def test_infinity_and_bytes_that_are_no_text(sample: Sample, hostile: Sample) -> None:
    document = inspection_json(sample.database, sample.profile, sample.plan)
    holds = document["tables"][0]["columns"][2]["holds"]
    assert (holds["min_real"], holds["max_real"]) == (-1.5, "Infinity")
    column = inspection_json(hostile.database, hostile.profile, hostile.plan)["tables"][0]["columns"][0]
    assert column["evidence"] == "'\"><img src=x onerror=alert(1)>\\xff"
    assert column["name"] == HOSTILE + "[bold red]x[/]\x1b[2J\u202egnp"
    assert column["holds"]["max_integer"] == 2**63 - 1
