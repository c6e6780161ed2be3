"""Whether a run went the way that was meant: the patch was loaded, and nobody wrote to the old file.

A hook that goes on writing to the SQLite file, with its errors swallowed, is found a week later, when its
rows are missed. So the file is looked at before and after, and the report of the program's processes is read.
Before it stands `cli.run` with the program's exit code.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from outgrow.errors import ConfigError, OutgrowError, SourceError
from outgrow.runtime.launch.reporting import Said
from outgrow.runtime.launch.targets import Target

State = tuple[tuple[str, int, int, int], ...]


def state_of(database: Path) -> State:
    """What the file system says of a database: of each file with content its inode, size and time."""
    found = []
    for suffix in ("", "-wal", "-journal"):
        path = database.with_name(database.name + suffix)
        try:
            facts = path.stat()
        except OSError:
            continue
        if facts.st_size or not suffix:  # a reader of WAL mode makes an empty log
            found.append((suffix, facts.st_ino, facts.st_size, facts.st_mtime_ns))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is to be said of a run: `failed` makes it one even if the program was content."""

    said: tuple[str, ...] = ()
    failed: OutgrowError | None = None


def judge(target: Target, program: str, report: list[Said], before: State, after: State) -> Judged:
    """The judgement of a run, by its report and by the state of the file before and after."""
    events = {said.event for said in report}
    name = target.database
    if "refused" in events:  # said by the process itself already
        return Judged(failed=ConfigError(next(said.detail for said in report if said.event == "refused")))
    if target.url and before != after:
        return Judged(
            failed=SourceError(_written(name, [said.detail for said in report if said.event == "bypass"]))
        )
    if "loaded" not in events:
        return Judged(failed=ConfigError(_not_loaded(name, program)))
    if "unrecorded" in events:
        return Judged(failed=ConfigError(next(said.detail for said in report if said.event == "unrecorded")))
    if not any(said.event == "opened" and said.detail == name for said in report):
        return Judged(said=(f"no process of {program} opened {name}: is it the file that the program uses?",))
    return Judged()


def _written(name: str, bypasses: list[str]) -> str:
    who = (
        f"{bypasses[0]}, which brings a SQLite of its own" if bypasses
        else "python -I, -E or -S, another language, or a program that was not started by outgrow run"
    )  # fmt: skip
    return (
        f"{name} was written to while the program ran, and PostgreSQL does not have that: a process went "
        f"past outgrow ({who}); find it, and move the file away so that it fails"
    )


def _not_loaded(name: str, program: str) -> str:
    return (
        f"no process of {program} loaded outgrow, so whatever it did with {name} it did on SQLite: start it "
        "by a Python without -I, -E and -S, and let PYTHONPATH reach it"
    )
