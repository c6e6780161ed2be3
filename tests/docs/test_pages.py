"""What the pages show is what the program does: every example is run, every generated part compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from outgrow.embedded.cluster import Cluster
from outgrow.findings import known_rules

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
WITHOUT_EXAMPLE = {
    "value.too-large": "its example would be a file of more than 1 GB",
}


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.parent.name != "rules"],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_examples_give_the_output_shown(
    page: Path, snippets: ModuleType, own_server: Cluster, fresh_url: Callable[[Path], str], tmp_path: Path
) -> None:
    text = page.read_text()  # a rule's page is compared below, to the letter
    session = snippets.Session(
        directory=tmp_path, url=fresh_url(page), environment={"OUTGROW_HOME": str(own_server.home)}
    )
    wrong = [
        f"line {ran.block.line}: $ {ran.command.text}\nshown:\n{ran.command.shown}\ngiven:\n{ran.output}"
        for ran in snippets.run_page(text, session)
        if not snippets.agrees(ran.command.shown, ran.output)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_an_example_that_is_not_run_claims_no_output(page: Path, snippets: ModuleType) -> None:
    for block in snippets.blocks(page.read_text()):
        if block.language == "console" and block.use != "run":
            assert [command.shown for command in snippets.commands(block.body) if command.shown] == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_generated_parts_are_current(
    page: Path, generate: ModuleType, fresh_url: Callable[[Path], str]
) -> None:
    assert page.read_text() == generate.fresh(page, fresh_url), "run `python docs/generate.py`"


@pytest.mark.parametrize("rule", [rule.id for rule in known_rules()])
def test_a_rule_has_a_page_whose_example_meets_it(rule: str, snippets: ModuleType, repository: Path) -> None:
    text = (repository / "docs" / "rules" / f"{rule}.md").read_text()
    assert text.startswith(f"# {rule}\n")
    shown = [
        command.shown
        for block in snippets.blocks(text)
        if (block.language, block.use) == ("console", "run")
        for command in snippets.commands(block.body)
    ]
    assert any(f" {rule}\n" in output for output in shown) is (rule not in WITHOUT_EXAMPLE)


def test_every_rule_page_is_of_a_rule(repository: Path) -> None:
    pages = {page.stem for page in (repository / "docs" / "rules").glob("*.md")} - {"README"}
    assert pages == {rule.id for rule in known_rules()}


@pytest.mark.parametrize(
    ("shown", "output", "agree"),
    [
        ("a\nb", "a\nb\n", True),
        ("a\nb", "a\nc\n", False),
        ("a", "a\nb\n", False),
        ("a\n…", "a\nb\nc\n", True),
        ("…\nc", "a\nb\nc\n", True),
        ("…\nc", "a\nb\n", False),
        ("took … ms", "took 12 ms\n", True),
        ("took … ms", "took\n12 ms\n", False),
        ("1 + 1 (x)", "1 + 1 (x)  \n", True),
        ("", "", True),
        ("", "a\n", False),
    ],
)
def test_dots_stand_for_anything_and_nothing_else_does(
    shown: str, output: str, agree: bool, snippets: ModuleType
) -> None:
    assert snippets.agrees(shown, output) is agree
