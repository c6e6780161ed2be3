"""One process, or one block, measured: wall seconds, processor seconds and peak memory.

Every benchmark here stands on it. It imports nothing heavy: until a child runs its own program the
kernel counts this process's pages as the child's, and they must not hide the child's peak.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How one run ended: wall seconds, processor seconds (the server's apart), peak bytes.

    What was not measured is 0.
    """

    seconds: float
    processor: float = 0.0
    server: float = 0.0
    peak: int = 0
    output: str = ""


class Failed(Exception):  # noqa: N818 - a program failed, this one has no error
    """A measured program did not end with 0. `reason` is the first line of what it said last."""

    def __init__(self, program: str, code: int, said: str) -> None:
        self.reason = f"{program} ended with {code}: {said.partition(chr(10))[0]}"
        super().__init__(f"{program} ended with {code}: {said}")


def process(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Ran:
    """Runs a program to its end; Failed, with the end of what it said, when it does not exit with 0."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        begin = time.perf_counter()
        child = subprocess.Popen(
            command, env=environment, cwd="/tmp", stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        said = output.read()
        if child.returncode:
            end = (errors.read() or said).strip()[-2000:]
            raise Failed(command[0], child.returncode, end)
    return Ran(
        seconds=seconds, processor=usage.ru_utime + usage.ru_stime, peak=usage.ru_maxrss * 1024, output=said
    )


def block(work: Callable[[], object]) -> Ran:
    """Runs a function of this process; only its wall time counts."""
    begin = time.perf_counter()
    work()
    return Ran(seconds=time.perf_counter() - begin)


def outgrow(*arguments: str, **environment: str) -> Ran:
    """Runs the outgrow that this program imports, in a process of its own."""
    return python("from outgrow.cli import main; main()", *arguments, **environment)


def python(code: str, *arguments: str, **environment: str) -> Ran:
    """Runs Python code that can import the same outgrow."""
    import outgrow as package  # noqa: PLC0415 - named like the function above

    root = str(Path(package.__file__).parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    # An installed outgrow has its bytecode beside it, and is not asked to write nothing.
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return process([sys.executable, "-c", code, *arguments], inherited | {"PYTHONPATH": path} | environment)


def median(values: Sequence[float]) -> float:
    """The median, NaN for none."""
    return statistics.median(values) if values else float("nan")
