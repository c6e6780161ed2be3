"""Findings and objects that stay behind, as lines: the part that inspection and result share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from rich.text import Text

from outgrow.findings import Finding, is_allowed
from outgrow.plan.model import OBJECT_KINDS, ObjectKind, Outcome
from outgrow.report.figures import count, counted, counted_severity, kind_name
from outgrow.report.inspection import RuleFindings, by_rule, severities
from outgrow.report.printable import printable_lines
from outgrow.report.text.layout import STYLES, Shape, grid, heading, prose, safe


def severity_counts(findings: Collection[Finding]) -> Text:
    """`1 stop, 2 losses, 3 warnings`, each in its colour; `no findings` when there are none."""
    parts = [
        Text(counted_severity(severity, number), style=STYLES[severity])
        for severity, number in severities(findings)
    ]
    return Text(", ").join(parts) if parts else Text("no findings", style="green")


def finding_lines(findings: Collection[Finding], width: int, allowed: frozenset[str]) -> Iterator[Text]:
    """Every finding under its rule, heaviest first, with the rule's remedy; nothing when there are none."""
    if findings:
        yield from heading("Findings")
    for group in by_rule(findings):
        yield Text()
        yield from _group(group, width, is_allowed(group.rule, allowed))


def object_counts(objects: dict[str, dict[str, int]], width: int) -> Iterator[Text]:
    """Per kind of object: in the source, moved, of those in another form, left."""
    head = [Text(word, style="dim") for word in ("", "source", "moved", "of those changed", "left")]
    rows = [head, *(_object_row(kind, objects[kind]) for kind in OBJECT_KINDS if kind in objects)]
    yield from grid(rows, width, Shape(right=frozenset({1, 2, 3, 4})))


def left_lines(left: Sequence[Outcome], width: int) -> Iterator[Text]:
    """Objects that stay behind: kind, name, reason, and the SQLite text to write them by hand from."""
    if left:
        yield from heading("Left behind")
    for outcome in left:
        yield Text()
        head = Text("  ").append(f"{kind_name(outcome.kind)} ", style="magenta")
        head.append_text(safe(outcome.name, "bold"))
        yield head.append_text(safe(f"  {outcome.rule}", "dim")) if outcome.rule else head
        if outcome.reason:
            yield from prose(outcome.reason, width, indent=4)
        if outcome.text:
            yield from (Text(f"      {line}", style="dim") for line in printable_lines(outcome.text))


def changed_lines(changed: Iterable[Outcome], width: int) -> Iterator[Text]:
    """Objects that move in another form, those of one kind and reason together."""
    groups: dict[tuple[ObjectKind, str], list[str]] = {}
    for outcome in changed:
        groups.setdefault((outcome.kind, outcome.reason), []).append(outcome.name)
    if groups:
        yield from heading("Moved in another form")
        yield Text()
    for (kind, reason), names in groups.items():
        listed = f"{kind_name(kind, len(names))} {', '.join(names)}"
        yield from prose(listed, width)
        yield from prose(reason, width, indent=6, style="dim")


def _object_row(kind: ObjectKind, counts: dict[str, int]) -> list[Text]:
    left, changed = counts["left"], counts["changed"]
    return [
        Text(kind_name(kind, 2)),
        Text(count(counts["source"])),
        Text(count(counts["moved"])),
        Text(count(changed), style="yellow" if changed else "dim"),
        Text(count(left), style="bold magenta" if left else "dim"),
    ]


def _group(group: RuleFindings, width: int, allowed: bool) -> Iterator[Text]:
    rule = group.rule
    head = Text("  ").append(f"{rule.severity.value.upper():<8}", style=STYLES[rule.severity])
    head.append(rule.id, style="bold")
    yield head.append("  allowed", style="green") if allowed else head
    yield from prose(rule.title + ".", width, indent=10)
    for finding in group.findings:
        yield from _finding(finding, width)
    yield from prose(rule.remedy, width, indent=10, style="green", first="→ ")


def _finding(finding: Finding, width: int) -> Iterator[Text]:
    tail = f" ({counted(finding.count, 'row')})" if finding.count else ""
    yield Text(" " * 10).append_text(safe(finding.object, "bold")).append(tail)
    yield from prose(finding.detail, width, indent=12)
    if finding.sample:
        yield from prose(" · ".join(finding.sample), width, indent=12, style="dim", first="such as ")
