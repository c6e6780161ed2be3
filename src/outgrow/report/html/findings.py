"""The page's findings by rule with filters, and the objects that stay behind with their SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from outgrow.findings import Finding, is_allowed
from outgrow.plan.model import Outcome
from outgrow.report.figures import counted, kind_name
from outgrow.report.html.element import Html, el, escaped, join
from outgrow.report.inspection import HEAVIEST_FIRST, RuleFindings, by_rule
from outgrow.report.printable import printable_lines

_OPEN = 10
"""Rules with more findings than this begin folded."""


def findings_section(
    findings: Sequence[Finding], anchors: Mapping[str, str], allowed: frozenset[str]
) -> Html:
    """All findings, the heaviest rules first. `anchors`: source table → id of its place on the page."""
    if not findings:
        return el("p", "Nothing was found that asks for a look.", class_="quiet")
    groups = (_rule(group, anchors, is_allowed(group.rule, allowed)) for group in by_rule(findings))
    return join((_filters(findings), el("div", *groups, class_="rules")))


def left_section(left: Sequence[Outcome]) -> Html:
    """Objects that stay behind, with the reason and the text to write them by hand from."""
    if not left:
        return el("p", "Everything in the file moves.", class_="quiet")
    return el("ul", *(_left(outcome) for outcome in left), class_="left")


def changed_section(changed: Sequence[Outcome]) -> Html:
    """Objects that move in another form, with what changes."""
    items = (
        el(
            "li",
            el("span", kind_name(o.kind), class_="kind"),
            " ",
            el("strong", o.name, class_="name"),
            el("p", o.reason),
        )
        for o in changed
    )
    return el("ul", *items, class_="left")


def badge(severity: str) -> Html:
    """The severity as a coloured word."""
    return el("span", severity, class_=f"badge {severity}")


def _filters(findings: Sequence[Finding]) -> Html:
    found = {finding.severity for finding in findings}
    boxes = (
        el(
            "label",
            el("input", type="checkbox", id=f"show-{s.value}", checked=True),
            " ",
            s.value,
        )
        for s in HEAVIEST_FIRST
        if s in found
    )
    text = el(
        "input", type="search", id="find-finding", placeholder="object, rule or text", autocomplete="off"
    )
    search = el("label", "Find ", text, class_="scripted", hidden=True)
    return el("fieldset", el("legend", "Show"), *boxes, search, class_="filters")


def _rule(group: RuleFindings, anchors: Mapping[str, str], allowed: bool) -> Html:
    rule, findings = group.rule, group.findings
    head = el(
        "summary",
        badge(rule.severity.value),
        " ",
        el("code", rule.id),
        " ",
        el("span", rule.title, class_="title"),
        " ",
        el("span", counted(len(findings), "finding") + (", allowed" if allowed else ""), class_="quiet"),
    )
    items = (_finding(finding, anchors) for finding in findings)
    remedy = el("p", rule.remedy, class_="remedy")
    unfolded = len(findings) <= _OPEN
    return el("details", head, el("ul", *items), remedy, class_=f"rule {rule.severity.value}", open=unfolded)


def _finding(finding: Finding, anchors: Mapping[str, str]) -> Html:
    table = next((t for t in (finding.object, finding.object.partition(".")[0]) if t in anchors), None)
    name = el("strong", finding.object, class_="name")
    if table is not None:
        name = el("a", name, href=f"#{anchors[table]}")
    parts: list[Html] = [name]
    if finding.count:
        parts.append(el("span", f" {counted(finding.count, 'row')}", class_="quiet"))
    parts.append(el("p", finding.detail))
    if finding.sample:
        samples = (el("li", el("code", text)) for text in finding.sample)
        parts.append(el("ul", *samples, class_="samples", aria_label="Examples"))
    return el("li", *parts)


def _left(outcome: Outcome) -> Html:
    parts = [
        el("span", kind_name(outcome.kind), class_="kind"),
        " ",
        el("strong", outcome.name, class_="name"),
        " ",
        el("code", outcome.rule) if outcome.rule else Html(),
        el("p", outcome.reason) if outcome.reason else Html(),
    ]
    if outcome.text:
        parts.append(el("pre", el("code", _sql(outcome.text)), tabindex="0"))
    return el("li", *parts)


def _sql(text: str) -> Html:
    return Html("\n".join(escaped(line) for line in printable_lines(text)))
