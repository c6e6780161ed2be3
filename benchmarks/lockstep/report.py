"""What came of the programs, as text: one row for each, and with `--verbose` what is different."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path

from lockstep.masks import Masks
from lockstep.program import Program
from lockstep.runner import Played, Step

HEAD = (
    "program",
    "version",
    "commands run",
    "same output",
    "different",
    "tables compared",
    "rows",
    "files the same",
)


def row(played: Played, version: str) -> tuple[str, ...]:
    """The row of a program."""
    commands = len(played.steps)
    different = sum(1 for step in played.steps if step.difference)
    wrong = sum(1 for table in played.tables if table.difference)
    return (
        played.program.name, version, str(commands), str(commands - different), str(different),
        f"{len(played.tables) - wrong} of {len(played.tables)} the same",
        f"{sum(table.rows for table in played.tables):,}", "no" if played.files else "yes",
    )  # fmt: skip


def is_same(played: Played) -> bool:
    """Whether nothing is different but what is known to be."""
    return not (
        any(step.difference and step.line not in played.program.known for step in played.steps)
        or any(table.difference for table in played.tables)
        or played.files
    )


def step_differences(program: Program, step: Step, masks: Masks) -> Iterator[str]:
    """What is different in one command."""
    if step.difference:
        yield f"\n{program.name}: `{step.line}`: {step.difference}"
        if why := program.known.get(step.line):
            yield f"  known: {why}"
        yield from _changes(step, masks)


def stored_differences(played: Played) -> Iterator[str]:
    """What is different in the tables and files at the end."""
    name = played.program.name
    for compared in played.tables:
        if compared.difference:
            yield f"\n{name}: table {compared.name}: {compared.difference}"
    yield from (f"\n{name}: file {file}" for file in played.files)


def explained(all_played: Sequence[Played]) -> Iterator[str]:
    """Which of the differences are known, and which commands were left out, each with the reason."""
    for played in all_played:
        name, different = played.program.name, {step.line for step in played.steps if step.difference}
        for line, why in played.program.known.items():
            if line in different:
                yield f"- {name}, different: `{line}`: {why}"
        yield from (f"- {name}, left out: `{line}`: {why}" for line, why in played.program.left_out.items())


def outputs(played: Played) -> Iterator[str]:
    """What every command wrote on SQLite."""
    for step in played.steps:
        yield f"\n$ {step.line}   [{step.sqlite.code}]\n{step.sqlite.stdout}{step.sqlite.stderr}"


def _changes(step: Step, masks: Masks, most: int = 40) -> Iterator[str]:
    for part in ("stdout", "stderr"):
        left, right = (_lines(masks.text(getattr(ran, part))) for ran in (step.sqlite, step.postgres))
        lines = list(
            difflib.unified_diff(left, right, f"{part} on SQLite", "under outgrow run", n=1, lineterm="")
        )
        yield from (f"  {line}" for line in lines[:most])
        if len(lines) > most:
            yield f"  ... {len(lines) - most} more"


def _lines(text: str) -> list[str]:
    """Lines; one that is a whole document is cut at its commas."""
    return [
        piece for line in text.splitlines() for piece in (line.split(", ") if len(line) > 400 else [line])
    ]


def version_of(distribution: str, scripts: Path) -> str:
    """The version of a distribution installed in another environment."""
    library = scripts.parent / "lib"
    places = [str(path) for path in library.glob("python*/site-packages")]
    for found in Distribution.discover(name=distribution, path=places):
        return found.version
    raise PackageNotFoundError(distribution)


def total(all_played: Sequence[Played]) -> str:
    """One line for all."""
    steps = [step for played in all_played for step in played.steps]
    same = sum(1 for step in steps if not step.difference)
    return f"{len(all_played)} programs, {len(steps)} commands, {same} with the same output"
