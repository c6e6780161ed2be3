"""`inspect --html`: the inspection as one page that needs nothing but itself.

No request leaves the page: style and script are inline and named by hash in its own content
security policy, which forbids everything else. It can be read without script, printed, and passed
on; it holds values of the database only as counter-examples, ranges and samples of findings.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import PurePath

from outgrow.findings import Severity
from outgrow.plan.model import OBJECT_KINDS, Outcome, Plan
from outgrow.report.figures import count, counted, counted_severity, kind_name, size
from outgrow.report.html.charts import bytes_chart, classes_chart, severity_chart
from outgrow.report.html.element import Html, el, join
from outgrow.report.html.findings import changed_section, findings_section, left_section
from outgrow.report.html.tables import tables_section
from outgrow.report.inspection import Inspection, inspect, plan_names, renamed, severities
from outgrow.report.wording import verdict
from outgrow.schema.model import Database
from outgrow.types.observed import Profile


def inspection_html(
    database: Database, profile: Profile, plan: Plan, *, allowed: frozenset[str] = frozenset()
) -> str:
    """The whole page as text to be written as UTF-8; `allowed` are rule ids of `--allow`.

    Every text of the database is escaped, in elements and in attributes.
    """
    view = inspect(database, profile, plan)
    body = el(
        "body", _header(view, allowed), _navigation(view), el("main", *_sections(view, allowed)), _footer()
    )
    return f"<!DOCTYPE html>\n{el('html', _head(view), body, lang='en')}\n"


def _head(view: Inspection) -> Html:
    style, script = _asset("style.css"), _asset("filters.js")
    own = f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    policy = f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", f"{_file_name(view)} · outgrow inspect"),
        el("style", style),
        el("script", script, type="module"),
    )


def _header(view: Inspection, allowed: frozenset[str]) -> Html:
    database = view.database
    end = verdict(view, allowed)
    facts = (
        database.path,
        f"{counted(database.page_count, 'page')} of {count(database.page_size)} bytes",
        database.encoding,
        f"journal {database.journal_mode}",
        f"user_version {database.user_version}",
        f"application_id {database.application_id}",
    )
    mood = "good" if end.level is Severity.INFO else end.level.value
    return el(
        "header",
        el("p", "outgrow inspect", class_="kicker"),
        el("h1", _file_name(view)),
        el("p", " · ".join(facts), class_="quiet name"),
        el("p", end.text, *_command(end.command), class_=f"verdict {mood}"),
        _key_figures(view),
    )


def _command(command: str) -> tuple[str | Html, ...]:
    return (" Now: ", el("code", command)) if command else ()


def _key_figures(view: Inspection) -> Html:
    found = dict(severities(view.findings))
    heavy = [counted_severity(s, n) for s, n in found.items() if s is not Severity.INFO]
    figures = (
        ("in the file", size(view.size), counted(view.database.page_count, "page")),
        ("tables", count(view.ordinary), f"{sum(not t.plan.rows for t in view.tables)} empty"),
        ("rows", count(view.rows), counted(sum(len(t.columns) for t in view.tables), "column")),
        ("objects", count(len(view.outcomes)), f"{count(len(view.left))} left behind"),
        ("findings", count(len(view.findings)), ", ".join(heavy) or "none that weighs"),
    )
    items = (
        el("div", el("dt", word), el("dd", el("b", figure), el("span", note, class_="quiet")))
        for word, figure, note in figures
    )
    return el("dl", *items, class_="figures")


def _navigation(view: Inspection) -> Html:
    places = [
        ("objects", "Objects"),
        ("bytes", "Bytes"),
        ("classes", "Storage classes"),
        ("findings", "Findings"),
    ]
    places += [("tables", "Tables"), ("left", "Left behind")]
    places += [("changed", "Other form")] if _changed(view) else []
    places += [("names", "Names")]
    links = (el("li", el("a", word, href=f"#{place}")) for place, word in places)
    return el("nav", el("ul", *links), aria_label="Parts of this page")


def _sections(view: Inspection, allowed: frozenset[str]) -> list[Html]:
    anchors = {table.plan.source: f"t{number}" for number, table in enumerate(view.tables, 1)}
    sections = [
        el(
            "div",
            _section("objects", "What becomes of it", _objects(view)),
            _section("severities", "How much it weighs", severity_chart(view.findings)),
            class_="pair",
        ),
        _section("bytes", "Where the bytes are", bytes_chart(view.tables)),
        _section("classes", "What the tables hold", classes_chart(view.tables)),
        _section("findings", "Findings", findings_section(view.findings, anchors, allowed)),
        _section("tables", "Tables", tables_section(view.tables, view.findings, anchors)),
        _section("left", "Left behind", left_section(view.left)),
    ]
    changed = _changed(view)
    if changed:
        sections.append(_section("changed", "Moved in another form", changed_section(changed)))
    sections.append(_section("names", "Names", _names(view)))
    return sections


def _section(place: str, title: str, content: Html) -> Html:
    return el(
        "section", el("h2", title, id=f"{place}-title"), content, id=place, aria_labelledby=f"{place}-title"
    )


def _changed(view: Inspection) -> tuple[Outcome, ...]:
    return tuple(outcome for outcome in view.changed if outcome.kind != "columns")


def _objects(view: Inspection) -> Html:
    objects = view.objects
    if not objects:
        return el("p", "The file is empty.", class_="quiet")
    head = el(
        "tr", *(el("th", word, scope="col") for word in ("", "source", "moved", "of those changed", "left"))
    )
    rows = (
        el(
            "tr",
            el("th", kind_name(kind, 2), scope="row"),
            *(el("td", count(objects[kind][key]), class_=key if objects[kind][key] else "zero")
              for key in ("source", "moved", "changed", "left")),
        )
        for kind in OBJECT_KINDS
        if kind in objects
    )  # fmt: skip
    return el("table", el("thead", head), el("tbody", *rows), class_="numbers")


def _names(view: Inspection) -> Html:
    names = plan_names(view.plan)
    differing = renamed(names, view.outcomes)
    parts = [el("p", _policy(view), class_="quiet")]
    if differing:
        parts.append(_name_table(differing, "Names that change beyond case"))
    every = _name_table(names, "All names")
    parts.append(
        el("details", el("summary", f"All {counted(len(names), 'name')}"), every, class_="all-names")
    )
    return join(parts)


def _policy(view: Inspection) -> str:
    kept = "in lower case where nothing collides" if view.plan.names == "fold" else "in their own spelling"
    return f"Names are kept {kept}, in schema {view.plan.schema}."


def _name_table(names: Sequence[tuple[str, str]], label: str) -> Html:
    head = el("tr", el("th", "SQLite", scope="col"), el("th", "PostgreSQL", scope="col"))
    rows = (el("tr", el("td", old, class_="name"), el("td", new, class_="name")) for old, new in names)
    return el("table", el("thead", head), el("tbody", *rows), class_="names", aria_label=label)


def _footer() -> Html:
    text = "Made by outgrow. The page loads nothing; values appear only as ranges, counter-examples, samples."
    return el("footer", el("p", text, class_="quiet"))


def _file_name(view: Inspection) -> str:
    return PurePath(view.database.path).name or view.database.path


@cache
def _asset(name: str) -> Html:
    return Html(files("outgrow.report.html").joinpath(name).read_text(encoding="utf-8"))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
