"""Writes tests/report/expected anew after a wanted change: `python tests/report/renew.py`."""

from __future__ import annotations

import json
from pathlib import Path

from report_samples import sample
from test_text import inspected, shown

from outgrow.report.json_report import inspection_json
from outgrow.report.text import show_plan, show_result

EXPECTED = Path(__file__).parent / "expected"


def main() -> None:
    one = sample()
    texts = {f"inspection_{width}.txt": shown(inspected(one), width) for width in (80, 100, 200)}
    texts |= {
        f"result_{w}.txt": shown(lambda console: show_result(console, one.result), w) for w in (80, 100)
    }
    texts["plan_100.txt"] = shown(lambda console: show_plan(console, one.plan))
    document = inspection_json(one.database, one.profile, one.plan)
    texts["inspection.json"] = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    EXPECTED.mkdir(exist_ok=True)
    for name, text in texts.items():
        (EXPECTED / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
