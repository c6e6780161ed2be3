"""Runs the suite's files in processes of their own, and goes on after a test that ends one.

Before it stands `benchmarks/cpython_sqlite3.py` with what to run; the worker is `cpython.worker`;
after it `report` counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import outgrow
from cpython.places import Places

STANDARD, SHIM = "sqlite3", "outgrow.runtime.sqlite3"

Status = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one test ended. `bad` names its failed subtests, of `subtests` that ran.

    `reason` is the last line of the traceback (of a skip, the suite's word), `trace` all of it.
    """

    test: str
    status: Status
    reason: str = ""
    trace: str = ""
    subtests: int = 0
    bad: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The file of the suite, as `test_dbapi`."""
        return self.test.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run of the suite: the module that stands for sqlite3, and the seconds that a test may take.

    Without `places` the module opens what the tests name.
    """

    module: str
    limit: float
    places: Places | None = None

    def tests(self, name: str) -> list[str]:
        """The tests of a file, in the suite's order."""
        with _worker(self.module, name, self.limit) as worker:
            found = worker.tests()
            worker.write(run=[])
        return found

    def file(self, name: str, wanted: Callable[[str], bool]) -> Iterator[Outcome]:
        """The outcomes of a file's wanted tests, as they end."""
        rest: list[str] | None = None
        while rest is None or rest:
            with _worker(self.module, name, self.limit) as worker:
                tests = worker.tests()
                rest = [test for test in tests if wanted(test)] if rest is None else rest
                worker.write(run=rest)
                for outcome in self._outcomes(worker):
                    rest.remove(outcome.test)
                    yield outcome
            if rest and worker.begun is None:
                # It went without a word between two tests; the next one says more if it fails again.
                yield Outcome(test=rest.pop(0), status="failed", reason="did not run", trace=worker.said())

    def _outcomes(self, worker: Worker) -> Iterator[Outcome]:
        for line in worker.lines():
            match line:
                case {"database": str(place)}:
                    worker.write(url=None if self.places is None else self.places.url(place))
                case {"start": str(test)}:
                    worker.begun = test
                case {"end": str(test)} as facts:
                    worker.begun = None
                    self._forget()
                    yield _outcome(test, facts)
        if worker.begun is not None:
            self._forget()
            yield Outcome(test=worker.begun, status="failed", reason=worker.end(), trace=worker.said())

    def _forget(self) -> None:
        if self.places is not None:
            self.places.forget()


class Worker:
    """The parent's end of `cpython.worker`."""

    def __init__(self, process: subprocess.Popen[str], errors: IO[str]) -> None:
        self._process, self._errors = process, errors
        self.begun: str | None = None
        """The test that runs now."""

    def lines(self) -> Iterator[Any]:
        """What it tells, until it ends."""
        assert self._process.stdout is not None
        return map(json.loads, self._process.stdout)

    def tests(self) -> list[str]:
        """The tests of its file. Raises RuntimeError with its words when it cannot load them."""
        for line in self.lines():
            return list(line["tests"])
        self._process.wait()
        raise RuntimeError(f"the tests cannot be loaded:\n{self.said()}")

    def write(self, **facts: object) -> None:
        """Answers it; one that has just ended hears nothing."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(facts) + "\n")
            self._process.stdin.flush()

    def said(self) -> str:
        """The end of what it wrote to stderr."""
        self._errors.seek(0)
        return self._errors.read()[-4000:]

    def end(self) -> str:
        """Why it ended inside a test, in one line."""
        code = self._process.wait()
        said = self.said()
        begin = max(said.rfind("Timeout ("), said.rfind("Fatal Python error"))
        if begin < 0:
            return f"the process ended with {code}"
        lines = said[begin:].splitlines()
        frames = (line.strip() for line in lines[1:] if line.startswith("  File "))
        return f"{lines[0]} in {next(frames, 'an unknown place')}"


def _outcome(test: str, facts: Mapping[str, Any]) -> Outcome:
    return Outcome(
        test=test,
        status=facts["status"],
        reason=facts["reason"],
        trace=facts["trace"],
        subtests=facts["subtests"],
        bad=tuple(facts["bad"]),
    )


@contextmanager
def _worker(module: str, file: str, limit: float) -> Iterator[Worker]:
    script, package = Path(__file__).with_name("worker.py"), Path(outgrow.__file__).parents[1]
    path = os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH")]))
    with (
        tempfile.TemporaryDirectory(prefix="outgrow-cpython-") as directory,
        tempfile.TemporaryFile("w+", errors="replace") as errors,
    ):
        process = subprocess.Popen(
            [sys.executable, str(script), module, file, str(limit)],
            cwd=directory,
            env=os.environ | {"PYTHONPATH": path, "PYTHONFAULTHANDLER": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            yield Worker(process, errors)
        finally:
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None
                with suppress(BrokenPipeError):
                    pipe.close()
            if process.poll() is None:
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
