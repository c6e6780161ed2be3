"""Links lead somewhere, and what the pages call by name is there."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import outgrow

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
SOURCE = Path(outgrow.__file__).parent
_LINK = re.compile(r"\]\((?P<target>[^)\s#]*)(?:#(?P<anchor>[^)\s]+))?\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    wrong = []
    for found in _LINK.finditer(_FENCE.sub("", page.read_text())):
        if "://" in found["target"]:
            continue
        target = (page.parent / found["target"]).resolve() if found["target"] else page
        if not target.exists() or (found["anchor"] and found["anchor"] not in _anchors(target)):
            wrong.append(found[0])
    assert wrong == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = (found["target"] for found in _LINK.finditer(_FENCE.sub("", page.read_text())))
        waiting += [(page.parent / target).resolve() for target in links if target and "://" not in target]
    assert set(PAGES) - seen == set()


def test_files_that_the_architecture_names_are_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = {name for name in re.findall(r"`([\w./]+\.(?:py|toml|md))`", text) if "/" in name}
    assert {name for name in named if not any((base / name).exists() for base in (ROOT, SOURCE))} == set()
    folders = set(re.findall(r"`([a-z]+(?:/\w+)*/)`", text))
    assert {name for name in folders if not (SOURCE / name).is_dir()} == set()


def test_the_picture_is_an_svg_that_loads_nothing() -> None:
    picture = ROOT / "docs" / "run.svg"
    assert ET.parse(picture).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    text = picture.read_text()
    assert re.findall(r"(?:href|src)=|url\((?!#)|@import|<script", text) == []
    assert "outgrow&#160;move&#160;examples/" in text
    assert "0&#160;differences" in text
