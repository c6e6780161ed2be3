"""Each rule has its page, and a case or test that meets it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from outgrow.findings import known_rules

TESTS = Path(__file__).parents[1]
PAGES = TESTS.parent / "docs" / "rules"
RULES = [rule.id for rule in known_rules()]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_its_page(rule: str) -> None:
    page = PAGES / f"{rule}.md"
    assert page.is_file(), f"docs/rules/{rule}.md is missing"
    assert page.read_text(encoding="utf-8").startswith(f"# {rule}\n"), "the page begins with its rule"


def test_there_is_no_page_without_a_rule() -> None:
    assert {page.stem for page in PAGES.glob("*.*.md")} == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_met_by_a_case_or_test(rule: str) -> None:
    here = Path(__file__)
    files = [path for path in TESTS.rglob("*.py") if path != here and "report" not in path.parts]
    told = re.compile(rf"(?<![\w.-]){re.escape(rule)}(?![\w-])")
    texts = (path.read_text(encoding="utf-8") for path in (*files, *TESTS.rglob("*.toml")))
    met = any(told.search(text.replace("\\.", ".")) for text in texts)
    assert met, f"no case or test expects {rule}"
