"""What the program's processes say to the `outgrow run` that started them: lines in a file.

A pipe would not do, since programs close what they did not open before they start others. Written to by the
bootstrap, `patching` and `recording`; read by `watching`. Standard library only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn

Event = Literal["loaded", "opened", "refused", "bypass", "unrecorded"]


_directories: list[str] = []


class Said(NamedTuple):
    """One line: what happened, in which process, and more of it."""

    event: str
    pid: int
    detail: str


def begin(directory: Path) -> None:
    """Makes the empty report in a directory that is only ours."""
    (directory / "log").touch(mode=0o600)


def use(environ: Mapping[str, str]) -> None:
    """Where the reports of this process go, by the environment that it began with."""
    _directories[:] = filter(None, environ.get("OUTGROW_RUN_REPORT", "").split(os.pathsep))


def say(event: Event, detail: str = "") -> None:
    """Adds a line to the report of each `outgrow run` above this process; none where that has ended."""
    line = "\t".join((event, str(os.getpid()), " ".join(detail.split()))) + "\n"
    for directory in _directories:
        try:
            log = os.open(Path(directory) / "log", os.O_WRONLY | os.O_APPEND)
        except OSError:
            continue
        try:
            os.write(log, line.encode("utf-8", "surrogateescape"))
        finally:
            os.close(log)


def stop(why: str) -> NoReturn:
    """Ends this process, which could only go on with the wrong database."""
    say("refused", why)
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # it may be closed, or nobody may read it
            stream.flush()
    os.write(2, f"outgrow: {why}\n".encode(errors="backslashreplace"))
    os._exit(2)


def read(directory: Path) -> list[Said]:
    """All that was said."""
    text = (directory / "log").read_text(encoding="utf-8", errors="surrogateescape")
    rows = (line.split("\t") for line in text.splitlines())
    return [Said(row[0], int(row[1]), row[2]) for row in rows if len(row) == 3]
