"""Lines for a terminal of any width and for a pipe: headings, grids that flow, prose.

No frames, no cut names: a grid whose columns do not fit puts the last of them on the next line,
and a name that is longer than its column stands alone on its line. All sections of `report.text`
are made of the lines built here; `rich` only adds the colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from outgrow.findings import Severity
from outgrow.report.printable import printable

STYLES: dict[Severity, str] = {
    Severity.STOP: "bold red",
    Severity.LOSS: "bold magenta",
    Severity.WARNING: "yellow",
    Severity.INFO: "cyan",
}
GAP = 2
HANG = 4
WIDEST = 36
"""A cell longer than this does not widen its column."""


class Shape(NamedTuple):
    """How a grid is set: indent of the first column, right-aligned columns, whether the last one wraps."""

    indent: int = 2
    right: frozenset[int] = frozenset()
    prose: bool = False


_PLAIN = Shape()


class _Slot(NamedTuple):
    line: int
    at: int
    width: int


def safe(text: str, style: str = "") -> Text:
    """Text from the database: never markup, one line, controls escaped."""
    return Text(printable(text), style=style)


def heading(text: str) -> Iterator[Text]:
    """A blank line and a section's title."""
    yield Text()
    yield Text(text, style="bold underline")


def prose(text: str, width: int, *, indent: int = 2, style: str = "", first: str = "") -> Iterator[Text]:
    """`text` filled to `width` columns; `first` stands before it and the rest hangs under its end.

    A word that is longer than a line is left whole.
    """
    hang = indent + cell_len(first)
    lines = _fill(printable(text).split(" "), max(width - hang, 20))
    for number, line in enumerate(lines):
        lead = " " * indent + first if number == 0 else " " * hang
        yield Text(lead, style=style).append(line)


def grid(rows: Sequence[Sequence[Text]], width: int, shape: Shape = _PLAIN) -> Iterator[Text]:
    """Rows of cells in aligned columns; every row has the same number of cells.

    Columns that would end beyond `width` continue on a line of their own under their row.
    """
    for lines in grid_rows(rows, width, shape):
        yield from lines


def grid_rows(rows: Sequence[Sequence[Text]], width: int, shape: Shape = _PLAIN) -> Iterator[list[Text]]:
    """The lines of each row apart, so that notes can stand between the rows."""
    slots = _slots(rows, width, shape) if rows else []
    for row in rows:
        yield list(_row(row, slots, width, shape))


def _slots(rows: Sequence[Sequence[Text]], width: int, shape: Shape) -> list[_Slot]:
    slots: list[_Slot] = []
    line, at = 0, shape.indent
    for column in range(len(rows[0])):
        lengths = [row[column].cell_len for row in rows]
        wide = max((n for n in lengths if n <= WIDEST), default=WIDEST)
        if slots and at + wide > width and at > shape.indent + HANG:
            line, at = line + 1, shape.indent + HANG
        slots.append(_Slot(line, at, wide))
        at += wide + GAP if wide else 0
    return slots


def _row(row: Sequence[Text], slots: Sequence[_Slot], width: int, shape: Shape) -> Iterator[Text]:
    current, number = Text(), 0
    for column, (cell, slot) in enumerate(zip(row, slots, strict=True)):
        if not cell.cell_len:
            continue
        at = slot.at
        if current.cell_len and slot.line == number and current.cell_len + GAP > at:
            at = current.cell_len + GAP
        if current.cell_len and (slot.line != number or (at > slot.at and at + cell.cell_len > width)):
            yield current
            current, at = Text(), min(slot.at, max(width - cell.cell_len, shape.indent + HANG))
        number = slot.line
        if shape.prose and column == len(row) - 1 and at + cell.cell_len > width:
            *before, cell = _wrapped(cell, width - at)  # noqa: PLW2901 - the last line goes on as the cell
            for piece in before:
                yield _padded(current, at).append_text(piece)
                current = Text()
        spare = slot.width - cell.cell_len if column in shape.right and at == slot.at else 0
        current = _padded(current, at + max(spare, 0)).append_text(cell)
    yield current


def _padded(line: Text, at: int) -> Text:
    return line.append(" " * max(at - line.cell_len, 0))


def _wrapped(cell: Text, width: int) -> list[Text]:
    return [Text(line, style=cell.style) for line in _fill(cell.plain.split(" "), max(width, 20))]


def _fill(words: Iterable[str], width: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines
