"""Runs one program in lockstep: each command on the SQLite home, then under `outgrow run` on the moved one.

`programs.py` gives it a program and a server; what comes back is a `Played` for `report`.
"""

from __future__ import annotations

import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lockstep import tables
from lockstep.masks import Masks
from lockstep.program import Line, Program, Typed
from lockstep.stage import Ran, Stage
from lockstep.tables import Compared

_SAID_BY_US = (
    "outgrow: no process of "  # what `outgrow run` adds for a command that does not open the database
)


class PrepareError(Exception):
    """The program's own commands, or the move, failed before there was anything to compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command line, how it ended on both sides, and what is different ("" for nothing)."""

    line: str
    sqlite: Ran
    postgres: Ran
    difference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of one program."""

    program: Program
    steps: tuple[Step, ...]
    tables: tuple[Compared, ...]
    files: tuple[str, ...]


def play(
    program: Program, *, folder: Path, scripts: Path, url: str, told: Callable[[Program, Step, Masks], None]
) -> Played:
    """Moves what the program made to the empty database at `url` and runs its commands; `told` hears of each.

    With url "" both sides are SQLite: what is different then is of the program. Raises PrepareError.
    """
    began = time.time()
    stage = Stage(program=program, folder=folder, scripts=scripts)
    for line, ran in stage.prepare():
        if ran.code != 0:
            raise PrepareError(f"{text_of(line)} ended with {ran.code}: {ran.stderr or ran.stdout}")
    masks = Masks(began, program.masks)
    before: tuple[str, ...] = ()
    if url:
        _move(stage, url)
        before = (str(_outgrow()), "run", "--db", str(stage.database), "--to", url, "--")
    steps = []
    for step in _steps(stage, before, masks):
        told(program, step, masks)
        steps.append(step)
    there = url or str(folder / "moved" / program.database)
    found = tuple(tables.compared(folder / "sqlite" / program.database, there, masks))
    return Played(program=program, steps=tuple(steps), tables=found, files=tuple(_files(stage, masks)))


def text_of(line: Line) -> str:
    """The command line as it is shown."""
    return line.line if isinstance(line, Typed) else line


def _outgrow() -> Path:
    return Path(sysconfig.get_path("scripts")) / "outgrow"


def _move(stage: Stage, url: str) -> None:
    options = [*stage.program.move]
    if stage.program.plan:
        plan = stage.folder / "plan.toml"
        plan.write_text(stage.program.plan)
        options += ["--plan", str(plan)]
    _move_file(stage, stage.database, url, options)
    for schema, name in stage.program.attached.items():
        _move_file(stage, stage.database.parent / name, url, ["--schema", schema])


def _move_file(stage: Stage, file: Path, url: str, options: Sequence[str]) -> None:
    words = [str(_outgrow()), "move", str(file), "--to", url, *options]
    with stage.on("moved"):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PrepareError(f"outgrow move ended with {done.returncode}: {done.stdout}{done.stderr}")


def _steps(stage: Stage, before: tuple[str, ...], masks: Masks) -> Iterator[Step]:
    for line in stage.program.commands:
        with stage.on("sqlite"):
            mine = stage.run(line)
        with stage.on("moved"):
            theirs = stage.run(line, before)
        found = _difference(mine, theirs, masks)
        yield Step(line=text_of(line), sqlite=mine, postgres=theirs, difference=found)


def _difference(mine: Ran, theirs: Ran, masks: Masks) -> str:
    parts = []
    if mine.code != theirs.code:
        parts.append(f"exit code {mine.code}, under outgrow {theirs.code}")
    said = "".join(
        line for line in theirs.stderr.splitlines(keepends=True) if not line.startswith(_SAID_BY_US)
    )
    if masks.text(mine.stdout) != masks.text(theirs.stdout):
        parts.append("stdout")
    if masks.text(mine.stderr) != masks.text(said):
        parts.append("stderr")
    return ", ".join(parts)


def _files(stage: Stage, masks: Masks) -> Iterator[str]:
    """Files of the home, but for the database, that are there on one side only or have another content."""
    left, right = (_contents(stage, side) for side in ("sqlite", "moved"))
    for name in sorted(left.keys() | right.keys()):
        if name not in left or name not in right:
            yield f"{name}: only on {'SQLite' if name in left else 'PostgreSQL'}"
        elif left[name] != right[name] and _masked(left[name], masks) != _masked(right[name], masks):
            yield f"{name}: another content"


def _contents(stage: Stage, side: str) -> dict[str, bytes]:
    root = stage.folder / side
    ours = {stage.program.database + suffix for suffix in ("", "-wal", "-shm", "-journal")}
    found = {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes() for name, path in found.items()
        if name not in ours and not any(Path(name).match(p) for p in stage.program.not_compared)
    }  # fmt: skip


def _masked(content: bytes, masks: Masks) -> str:
    return masks.text(content.decode("utf-8", "backslashreplace"))
