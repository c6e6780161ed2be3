"""The end of `move` and `verify` in a terminal: what arrived, what did not, and one last line on both."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Literal, get_args

from rich.console import Console
from rich.text import Text

from outgrow.findings import Severity, unallowed
from outgrow.move.result import Result, Stage, Verification
from outgrow.plan.model import Outcome
from outgrow.report.figures import count, counted, duration, throughput
from outgrow.report.inspection import renamed
from outgrow.report.text.findings import finding_lines, left_lines, object_counts
from outgrow.report.text.inspection import renamed_lines
from outgrow.report.text.layout import Shape, grid, heading, prose, safe

Verb = Literal["move", "verify"]
_STAGES: tuple[str, ...] = get_args(Stage)
_SHOWN = 50


def show_result(
    console: Console, result: Result, *, verb: Verb = "move", allowed: frozenset[str] = frozenset()
) -> None:
    """Print the whole result; the last line says in words how it ended. `allowed`: rule ids of `--allow`."""
    for line in result_lines(result, console.width, verb=verb, allowed=allowed):
        console.print(line, soft_wrap=True, highlight=False)


def result_lines(result: Result, width: int, *, verb: Verb, allowed: frozenset[str]) -> Iterator[Text]:
    """All lines of `show_result`."""
    where = f"{result.source} → {result.target}, schema {result.schema}"
    yield from prose(where, width, indent=0, style="bold")
    if result.resumed:
        told = (
            "was moved before; nothing was copied again"
            if result.was_done
            else "went on from an interrupted run"
        )
        yield Text(f"  {told}", style="dim")
    if result.outcomes:
        yield from heading("Objects")
        yield Text()
        yield from object_counts(result.objects(), width)
    yield from left_lines(_left(result), width)
    yield from renamed_lines(renamed(result.names, result.outcomes), width)
    yield from finding_lines(result.findings, width, allowed)
    yield from _verification(result.verification, width)
    yield from _seconds(result, width)
    yield Text()
    yield from _last(result, width, verb, allowed)


def _left(result: Result) -> tuple[Outcome, ...]:
    return tuple(outcome for outcome in result.outcomes if outcome.fate == "left")


def _verification(verification: Verification | None, width: int) -> Iterator[Text]:
    if verification is None:
        return
    yield from heading("Verification")
    yield Text()
    compared = f"{counted(verification.rows, 'row')} and {counted(verification.values, 'value')} compared"
    wrong = verification.differences
    yield Text(f"  {compared}, ").append(counted(wrong, "difference"), style=_good(not wrong))
    if verification.writes_tested:
        refused = len(verification.writes_failed)
        tested = f"  {counted(verification.writes_tested, 'table')} tried with a new row: "
        yield Text(tested).append(
            f"{count(refused)} refused it" if refused else "all took it", style=_good(not refused)
        )
    for missing in verification.objects_missing:
        yield Text("  missing on the target: ", style="red").append_text(safe(missing, "bold"))
    for failed in verification.writes_failed:
        yield Text("  refuses a new row: ", style="red").append_text(safe(failed, "bold"))
    yield from _differences(verification, width)


def _good(good: bool) -> str:
    return "green" if good else "bold red"


def _differences(verification: Verification, width: int) -> Iterator[Text]:
    shown = verification.shown[:_SHOWN]
    if not shown:
        return
    yield Text()
    head = [Text(word, style="dim") for word in ("table", "key", "column", "in the source", "in the target")]
    rows = [[safe(text) for text in (d.table, d.key, d.column, d.source, d.target)] for d in shown]
    yield from grid([head, *rows], width)
    if verification.differences > len(shown):
        yield Text(f"  and {counted(verification.differences - len(shown), 'more difference')}", style="dim")


def _seconds(result: Result, width: int) -> Iterator[Text]:
    if not result.seconds:
        return
    yield from heading("Time")
    yield Text()
    stages = sorted(result.seconds, key=lambda stage: (*_STAGES, stage).index(stage))
    rows = [
        [safe(stage), Text(duration(result.seconds[stage])), Text(_speed(result, stage), style="dim")]
        for stage in stages
    ]
    yield from grid(rows, width, Shape(right=frozenset({1})))


def _speed(result: Result, stage: str) -> str:
    seconds = result.seconds[stage]
    if stage == "copy":
        return throughput(sum(t.rows for t in result.tables), sum(t.bytes for t in result.tables), seconds)
    if stage == "verify" and result.verification is not None:
        return throughput(result.verification.rows, 0, seconds)
    return ""


_ADVICE: dict[Verb, str] = {
    "move": "mend the cause and move again with --replace",
    "verify": "the file or the target was changed since the move; the places are named above",
}


def _last(result: Result, width: int, verb: Verb, allowed: frozenset[str]) -> Iterator[Text]:
    """Advice first; the very last line is one line, so that a script may read it."""
    wrong, left = _wrong(result.verification), _left(result)
    if wrong:
        yield safe(f"not the same: {', '.join(wrong)}; {_ADVICE[verb]}", "bold red")
        return
    losses = {finding.rule for finding in unallowed(result.findings, Severity.LOSS, allowed)}
    if losses:
        allow = " ".join(f"--allow {rule}" for rule in sorted(losses))
        advice = f"Write by hand what is named above, or accept it with {allow}."
        yield from prose(advice, width, indent=0, style="yellow")
    text = _done(result, verb)
    text += f", {counted(len(left), 'object')} left behind" if left else ""
    if result.verification is None:
        text += f"; now: outgrow verify {shlex.quote(result.source)} --to {shlex.quote(result.target)}"
    yield safe(text, "bold yellow" if losses else "bold green")


def _wrong(verification: Verification | None) -> list[str]:
    if verification is None:
        return []
    parts = [counted(verification.differences, "difference")] if verification.differences else []
    missing, failed = len(verification.objects_missing), len(verification.writes_failed)
    parts += [f"{counted(missing, 'object')} missing on the target"] if missing else []
    parts += [f"{counted(failed, 'table refuses', 'tables refuse')} a new row"] if failed else []
    return parts


def _done(result: Result, verb: Verb) -> str:
    objects = result.objects()
    kinds = objects.keys() & {"tables", "virtual_tables"}
    tables = len(result.tables) or sum(objects[kind]["moved"] for kind in kinds)
    verified = result.verification
    if verified is None:
        rows = sum(table.rows for table in result.tables)
        return f"moved, not verified: {counted(tables, 'table')}, {counted(rows, 'row')}"
    word = "moved and verified" if verb == "move" else "verified"
    return (
        f"{word}: {counted(tables, 'table')}, {counted(verified.rows, 'row')}, "
        f"{counted(verified.values, 'value')}, 0 differences"
    )
