"""A process that runs the tests of one file and tells its parent about each, line by line in JSON.

It says which tests there are, is told which of them to run, and asks for the URL of each database
that a test opens. A test that takes too long ends this process (faulthandler writes where it was);
`runner` then starts another one with the tests that are left.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import io
import json
import os
import sys
import threading
import traceback
import unittest
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

if __package__ is None or __package__ == "":  # started as a file
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from cpython.stand_in import stand_in
from cpython.suite import load, test_id

Told = dict[str, Any]


class Parent:
    """The other end: what is told and what is asked, one line each. Any thread may use it."""

    def __init__(self, reads: TextIO, writes: TextIO) -> None:
        self._reads, self._writes, self._lock = reads, writes, threading.Lock()

    def tell(self, **facts: object) -> None:
        """One line, no answer."""
        with self._lock:
            self._write(facts)

    def ask(self, **facts: object) -> Any:
        """One line and its answer."""
        with self._lock:
            self._write(facts)
            return json.loads(self._reads.readline())

    def _write(self, facts: Told) -> None:
        self._writes.write(json.dumps(facts) + "\n")
        self._writes.flush()


class Result(unittest.TestResult):
    """Tells the parent of each test when it begins and how it ended."""

    def __init__(self, parent: Parent, limit: float) -> None:
        super().__init__()
        self._parent, self._limit = parent, limit
        self._ended: Told = {}

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802, D102
        super().startTest(test)
        self._ended = {"status": "passed", "subtests": 0, "bad": [], "reason": "", "trace": ""}
        self._parent.tell(start=test_id(test))
        _begin_clock(self._limit)

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802, D102
        gc.collect()  # connections that a test left open end with it
        faulthandler.cancel_dump_traceback_later()
        self._parent.tell(end=test_id(test), **self._ended)
        super().stopTest(test)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802, ARG002, D102
        self._failed(err)

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802, ARG002, D102
        self._failed(err)

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802, ARG002, D102
        self._ended |= {"status": "failed", "reason": "passes, and the suite expects a failure"}

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802, ARG002, D102
        if self._ended["status"] == "passed":
            self._ended |= {"status": "skipped", "reason": reason}

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: N802, D102
        self._ended["subtests"] += 1
        if err is not None:
            self._ended["bad"].append(subtest.id().removeprefix(test.id()).strip())
            self._failed(err)

    def _failed(self, err: Any) -> None:
        """Keeps the first failure of a test: those that follow are mostly its consequences."""
        if self._ended["status"] != "failed":
            kind, error, trace = err
            said = "".join(traceback.format_exception_only(kind, error)).strip()
            whole = "".join(traceback.format_exception(kind, error, trace))
            self._ended |= {"status": "failed", "reason": _first_line(said), "trace": whole}


def _begin_clock(limit: float) -> None:
    """Ends this process in `limit` seconds; what it writes then goes to the real stderr, not to a test's."""
    faulthandler.dump_traceback_later(limit, exit=True, file=2)


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def databases(parent: Parent, limit: float) -> Callable[[str], str | None]:
    """What stands for a place: a URL that the parent knows, or None where it knows none.

    A busy machine takes long to make a database, and that is not the test's time: its clock begins anew.
    """

    def url(place: str) -> str | None:
        faulthandler.cancel_dump_traceback_later()
        found: str | None = parent.ask(database=place)["url"]
        _begin_clock(limit)
        return found

    return url


def main(words: Sequence[str]) -> None:
    """`worker.py MODULE FILE SECONDS`: runs the file's tests with MODULE as sqlite3, in this directory."""
    name, file, limit = words[0], words[1], float(words[2])
    parent = _parent()
    faulthandler.enable()
    module = importlib.import_module(name)
    with contextlib.redirect_stdout(io.StringIO()):
        tests = load(file, stand_in(module, databases(parent, limit)))
    result = Result(parent, limit)
    for wanted in parent.ask(tests=list(tests))["run"]:
        unittest.TestSuite([tests.pop(wanted)]).run(result)


def _parent() -> Parent:
    """The pipes of this process for the parent alone: what a test prints goes to stderr."""
    reads, writes = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return Parent(os.fdopen(reads, encoding="utf-8"), os.fdopen(writes, "w", encoding="utf-8"))


if __name__ == "__main__":
    main(sys.argv[1:])
