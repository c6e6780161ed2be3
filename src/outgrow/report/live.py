"""The live picture of a stage: one line for the whole, one for each running table, however many there are."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from outgrow.report.figures import count, counted, duration, rate, size
from outgrow.report.printable import printable
from outgrow.report.tally import Snapshot

SHOWN = 8
"""Tables that the picture shows at the same time; the others are counted."""
_BAR = 24


def picture(now: Snapshot) -> RenderableType:
    """The stage now; nothing before the first stage."""
    if not now.stage:
        return Text()
    parts: list[RenderableType] = [_headline(now)]
    if now.rows_done or now.size_done or now.share is not None:
        parts.append(_whole(now))
    if now.running:
        parts.append(_tables(now))
    if len(now.running) > SHOWN:
        parts.append(Text(f"  and {counted(len(now.running) - SHOWN, 'more table')} running", style="dim"))
    return Group(*parts)


def _headline(now: Snapshot) -> Text:
    line = Text(printable(now.stage), style="bold cyan", no_wrap=True, overflow="ellipsis")
    if now.tables:
        line.append(f"  {count(now.ended)} of {counted(now.tables, 'table')}", style="default")
    elif now.ended:
        line.append(f"  {counted(now.ended, 'table')} done", style="default")
    line.append(f"  {duration(now.seconds)}", style="dim")
    return line.append(f"  {printable(now.detail)}" if now.detail else "", style="dim")


def _whole(now: Snapshot) -> RenderableType:
    parts = [f"{now.share:.0%}"] if now.share is not None else []
    parts += [f"{duration(now.left)} left"] if now.left else []
    parts += [_of(count(now.rows_done), now.rows and count(now.rows)) + " rows"] if now.rows_done else []
    parts += [_of(size(now.size_done), now.size and size(now.size))] if now.size_done else []
    parts += [f"{now.row_rate:,.0f} rows/s"] if now.row_rate else []
    parts += [f"{size(now.size_rate)}/s"] if now.size_rate else []
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    grid.add_row(_bar(now.share), Text("  ".join(parts)))
    return grid


def _tables(now: Snapshot) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, overflow="ellipsis", min_width=12)
    for _ in range(3):
        grid.add_column(no_wrap=True, justify="right")
    for state in now.running[:SHOWN]:
        name = state.table if state.stage == now.stage else f"{state.stage} {state.table}"
        rows = _of(count(state.rows_done), state.rows and count(state.rows)) if state.rows_done else ""
        speed = rate(state.rows_done, state.seconds)
        left = f"{duration(state.left)} left" if state.left else duration(state.seconds)
        share = "" if state.share is None else f"{state.share:.0%}"
        grid.add_row(
            Text("  " + printable(name)),
            Text(share),
            Text(f"{rows} rows  {speed:,.0f} rows/s" if rows else ""),
            Text(left, style="dim"),
        )
    return grid


def _bar(share: float | None) -> RenderableType:
    if share is None:
        return ProgressBar(total=None, pulse=True, width=_BAR)
    return ProgressBar(total=1.0, completed=share, width=_BAR)


def _of(part: str, whole: str | int) -> str:
    return f"{part} of {whole}" if whole else part
