"""The page: well formed, self-contained, and deaf to whatever the database says."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from report_samples import HOSTILE, Sample

from outgrow.report.html import inspection_html

VOID = {"meta", "input"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    def all(self, tag: str = "") -> list[Element]:
        inner = [e for child in self.children if isinstance(child, Element) for e in child.all(tag)]
        return [self, *inner] if tag in ("", self.tag) else inner

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class Page(HTMLParser):
    """Fails on an end tag that closes something else, on unknown quoting, on anything left open."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.stack = [self.root]
        self.feed(text)
        self.close()
        assert [element.tag for element in self.stack] == [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names))
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.stack[-1].children.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.stack[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def page(sample: Sample, **options: frozenset[str]) -> Element:
    return Page(inspection_html(sample.database, sample.profile, sample.plan, **options)).root


@pytest.mark.parametrize("name", ["sample", "nothing", "many", "hostile"])
def test_page_is_well_formed_and_leads_nowhere(name: str, request: pytest.FixtureRequest) -> None:
    root = page(request.getfixturevalue(name))
    ids = [e.attributes["id"] for e in root.all() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in root.all():
        names = set(element.attributes)
        assert not names & {"src", "style", "srcset", "action", "xlink:href", "data"}
        assert not [attribute for attribute in names if attribute.startswith("on")]
        if "href" in names:
            assert element.attributes["href"].removeprefix("#") in ids
            assert element.attributes["href"].startswith("#")
        if "aria-labelledby" in names:
            assert element.attributes["aria-labelledby"] in ids
        if element.tag == "svg":
            assert element.attributes["role"] == "img"
            assert element.attributes["aria-label"]
    assert {e.tag for e in root.all()} & {"iframe", "img", "link", "object", "base", "form"} == set()


@pytest.mark.parametrize("name", ["sample", "hostile"])
def test_only_the_pages_own_style_and_script_may_act(name: str, request: pytest.FixtureRequest) -> None:
    root = page(request.getfixturevalue(name))
    (style,), (script,) = root.all("style"), root.all("script")
    policy = next(e.attributes["content"] for e in root.all("meta") if "http-equiv" in e.attributes)
    assert policy == (
        f"default-src 'none'; style-src '{sha256(style.text)}'; script-src '{sha256(script.text)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"url\(|@import|https?:", style.text)
    assert not re.search(r"innerHTML|eval|fetch|https?:", script.text)


def sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_hostile_text_is_shown_as_text(hostile: Sample) -> None:
    raw = inspection_html(hostile.database, hostile.profile, hostile.plan)
    root = page(hostile)
    shown = HOSTILE + "[bold red]x[/]\\x1b[2J\\u202egnp"
    assert "<script>alert" not in raw
    assert "<img" not in raw
    assert "</style><b>" not in raw
    raw.encode()
    assert not set(raw) & set("\0\x07\x1b\r\u202e")
    names = [e.text for e in root.all("strong") if e.attributes.get("class") == "name"]
    assert names == [shown, shown]
    (sql,) = root.all("pre")
    assert sql.text == f"{shown}\n</pre>--\\x1b]0;x\\x07"
    assert [
        e.attributes["aria-label"] for e in root.all("table") if e.attributes.get("class") == "columns"
    ] == [f"Columns of {shown}"]


def section(root: Element, place: str) -> Element:
    return next(e for e in root.all("section") if e.attributes["id"] == place)


def test_bytes_are_drawn_largest_first(sample: Sample) -> None:
    rows = section(page(sample), "bytes").all("li")
    assert [(row.children[0].text, row.children[2].text) for row in rows][:2] == [  # type: ignore[union-attr]
        ("readings", "311.0 MB · 3,000,000 rows"),
        ("Sensors", "4.1 kB · 12 rows"),
    ]
    assert [row.all("rect")[1].attributes["width"] for row in rows] == ["100.00%", "0.40%", "0.40%", "0.40%"]


def test_beyond_20_tables_the_rest_is_one_bar(many: Sample) -> None:
    rows = section(page(many), "bytes").all("li")
    assert len(rows) == 21
    assert rows[0].text == "t299299.0 kB · 299 rows"
    assert rows[20].text == "279 smaller tables39.1 MB · 25,947 rows"


def test_storage_classes_of_a_column(sample: Sample) -> None:
    table = next(
        e for e in section(page(sample), "tables").all("details") if "readings" in e.all("summary")[0].text
    )
    row = table.all("tbody")[0].all("tr")[2]
    (bar,) = row.all("svg")
    assert bar.attributes["aria-label"] == "value: integer 40, real 2,900,000, text 14, null 99,946"
    assert [title.text for title in bar.all("title")] == [
        "integer: 40 (0.00133 %)",
        "real: 2,900,000 (96.7 %)",
        "text: 14 (0.000467 %)",
        "null: 99,946 (3.33 %)",
    ]
    assert [rect.attributes["class"] for rect in bar.all("rect")] == [
        "fill integer",
        "fill real",
        "fill text",
        "fill null",
    ]
    widths = [float(rect.attributes["width"].rstrip("%")) for rect in bar.all("rect")]
    assert sum(widths) == pytest.approx(100, abs=0.1)
    assert min(widths) > 1
    assert [cell.attributes["data-label"] for cell in row.all("td")] == [
        "Declared", "Holds", "Range", "Becomes", "Because",
    ]  # fmt: skip
    assert [item.text for item in row.all("li")] == [
        "not double precision: 'n/a' is text, not a number",
        "not bigint: 21.5 is not an integer",
    ]


def test_findings_lead_to_their_tables_and_can_be_hidden(sample: Sample) -> None:
    root = page(sample, allowed=frozenset({"value.too-large", "trigger.left"}))
    rules = [e for e in root.all("details") if e.attributes.get("class", "").startswith("rule ")]
    assert [(e.attributes["class"], e.all("code")[0].text) for e in rules] == [
        ("rule stop", "value.too-large"),
        ("rule loss", "trigger.left"),
        ("rule loss", "virtual.unreadable"),
        ("rule warning", "type.mixed"),
        ("rule info", "name.changed"),
    ]
    assert rules[0].all("summary")[0].text.endswith("1 finding")
    assert rules[1].all("summary")[0].text.endswith("1 finding, allowed")
    places = {e.attributes["id"]: e for e in root.all("details") if "id" in e.attributes}
    assert places[rules[0].all("a")[0].attributes["href"][1:]].all("summary")[0].text.startswith("Sensors")
    boxes = [e.attributes["id"] for e in root.all("input") if e.attributes["type"] == "checkbox"]
    assert boxes == ["show-stop", "show-loss", "show-warning", "show-info"]
    style = root.all("style")[0].text
    assert all(f"#{box}:not(:checked)" in style for box in boxes)


def test_what_stays_behind_keeps_its_sql(sample: Sample) -> None:
    items = section(page(sample), "left").all("li")
    assert [item.all("strong")[0].text for item in items] == ["keep_latest", "places", "cache"]
    assert items[0].all("pre")[0].text == (
        "CREATE TRIGGER keep_latest BEFORE INSERT ON readings\nBEGIN\n    SELECT RAISE(IGNORE);\nEND"
    )


def test_names(sample: Sample) -> None:
    changed, every = section(page(sample), "names").all("table")
    assert len(changed.all("tbody")[0].all("tr")) == 2
    assert [row.text for row in every.all("tbody")[0].all("tr")][:2] == [
        "readingsreadings",
        "readings.idreadings.id",
    ]
