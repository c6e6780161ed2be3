"""The report for people, at a terminal or at the other end of a pipe; its last line says how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from outgrow.report.figures import counted
from outgrow.report.text.layout import Shape, grid_rows, prose, safe
from outgrow.runtime.health.check import Check, Status
from outgrow.runtime.health.examine import Report

_STYLES: dict[Status, str] = {"ok": "green", "warning": "yellow", "failure": "bold red", "skipped": "dim"}
_SHOWN = 10
"""So many objects and so many pieces of advice of one check are shown; --json has them all."""


def show_report(console: Console, report: Report) -> None:
    """Print the whole report."""
    for line in report_lines(report, console.width):
        console.print(line, soft_wrap=True, highlight=False)


def report_lines(report: Report, width: int) -> Iterator[Text]:
    """All lines of `show_report`."""
    yield from prose(
        f"{report.target or 'the database of PGHOST'}, schema {report.schema}", width, indent=0, style="bold"
    )
    yield Text()
    # of a database that cannot be reached there is nothing to say but why
    shown = report.checks if report.reached else report.checks[:1]
    rows = [_row(check, allowed=check.id in report.allowed) for check in shown]
    for check, lines in zip(shown, grid_rows(rows, width, Shape(prose=True)), strict=True):
        yield from lines
        yield from _details(check, width)
    yield Text()
    yield _last(report)


def _row(check: Check, *, allowed: bool) -> list[Text]:
    loud = check.status in {"failure", "warning"} and not allowed
    word = "allowed" if allowed and check.status in {"failure", "warning"} else check.status
    return [
        Text(word.upper() if loud else word, style=_STYLES[check.status] if loud or not allowed else "green"),
        Text(check.id, style="bold" if loud else ""),
        safe(check.found[0] if check.found else "", "" if check.status != "skipped" else "dim"),
    ]


def _details(check: Check, width: int) -> Iterator[Text]:
    for line in check.found[1 : _SHOWN + 1]:
        yield from prose(line, width, indent=11, first="- ")
    yield from _more(check.found[1:])
    for line in check.advice[:_SHOWN]:
        if line.endswith(";"):  # a statement stays on one line, to be copied
            yield Text(" " * 11).append_text(safe(line, "green"))
        else:
            yield from prose(line, width, indent=11, style="green", first="→ ")
    yield from _more(check.advice)


def _more(lines: Sequence[str]) -> Iterator[Text]:
    if len(lines) > _SHOWN:
        yield Text(f"{' ' * 11}and {len(lines) - _SHOWN} more, all with --json", style="dim")


def _last(report: Report) -> Text:
    if not report.reached:
        return Text("not reached", style="bold red")
    counts = {status: sum(check.status == status for check in report.checks) for status in _STYLES}
    fine = f"{counted(counts['ok'], 'check')} ok"
    fine += f", {counts['skipped']} skipped" if counts["skipped"] else ""
    wrong = report.wrong()
    allowed = counts["failure"] + counts["warning"] - len(wrong)
    fine += f", {allowed} allowed" if allowed else ""
    if not wrong:
        return Text(f"healthy: {fine}", style="bold green")
    failures = sum(check.status == "failure" for check in wrong)
    parts = [counted(failures, "failure")] if failures else []
    parts += [counted(len(wrong) - failures, "warning")] if len(wrong) > failures else []
    return Text(f"not healthy: {', '.join(parts)}; {fine}", style="bold red" if failures else "bold yellow")
