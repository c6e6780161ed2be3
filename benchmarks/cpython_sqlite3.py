"""`python benchmarks/cpython_sqlite3.py`: CPython's tests of `sqlite3`, run against the runtime layer.

Every `:memory:` is a fresh PostgreSQL database, and every file that a test opens is one too. Prints
passed, failed and not applicable by file, and why a test is not applicable. `--standard` runs the
same with the standard module.
"""

from __future__ import annotations

import argparse
import json
import platform
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import table
from cpython import not_applicable, report
from cpython.places import places
from cpython.runner import SHIM, STANDARD, Outcome, Run
from cpython.suite import MissingSuite, files

_MARKS = {"passed": ".", "failed": "F", "skipped": "s"}


def main(words: Sequence[str] | None = None) -> int:
    """Runs what the arguments name.

    1 where a file is below what is to be reached (with `--only` where a test fails), 2 without a suite.
    """
    arguments = _arguments(words)
    try:
        names = files()
    except MissingSuite as error:
        print(error, file=sys.stderr)
        return 2
    wanted = _wanted(arguments.only)
    standard = list(_told(_run(Run(module=STANDARD, limit=arguments.limit), names, wanted)))
    for outcome in report.failed(standard, {}):
        print(f"fails here with the standard module: {outcome.test}: {outcome.reason}", file=sys.stderr)
    rows = not_applicable.reasons()
    if not arguments.only:
        not_applicable.check((outcome.test for outcome in standard), rows)
    if arguments.standard:
        outcomes, rows = standard, {}
    else:
        outcomes = _with_shim(arguments, standard, rows)
    if arguments.json:
        print(json.dumps(report.as_json(outcomes, rows), indent=1))
    else:
        _print(outcomes, rows, arguments)
    if arguments.only or arguments.standard:
        return int(bool(report.failed(outcomes, rows)))
    return int(bool(report.missed(report.counts(outcomes, rows))))


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", metavar="URL", help="a server where databases may be made [a throwaway one]")
    parser.add_argument("--standard", action="store_true", help="with the standard module: all must pass")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="TEST",
        help="a file, class or test, as test_dbapi.CursorTests (repeatable)",
    )
    parser.add_argument(
        "--all", action="store_true", help="run the not applicable ones too, and tell which of them pass"
    )
    parser.add_argument("--failures", action="store_true", help="list the failing tests with their last line")
    parser.add_argument("--tracebacks", action="store_true", help="... and with all of it")
    parser.add_argument("--json", action="store_true", help="print JSON: every test with its traceback")
    parser.add_argument("--limit", type=float, default=30, metavar="SECONDS", help="for one test [30]")
    return parser.parse_args(words)


def _wanted(only: Sequence[str]) -> Callable[[str], bool]:
    if not only:
        return lambda _: True
    return lambda test: any(test == name or test.startswith(f"{name}.") for name in only)


def _with_shim(
    arguments: argparse.Namespace, standard: Sequence[Outcome], rows: Mapping[str, str]
) -> list[Outcome]:
    """The same tests with the runtime layer; those that are not applicable only with `--all`."""
    runs = {o.test for o in standard if arguments.all or not_applicable.reason(o.test, rows) is None}
    names = dict.fromkeys(o.file for o in standard if o.test in runs)
    with places(arguments.to) as found:
        suite = Run(module=SHIM, limit=arguments.limit, places=found)
        ended = {o.test: o for o in _told(_run(suite, names, runs.__contains__))}
    return [report.judged(ended.get(usual.test), usual) for usual in standard]


def _run(suite: Run, names: Iterable[str], wanted: Callable[[str], bool]) -> Iterator[Outcome]:
    for name in names:
        yield from suite.file(name, wanted)


def _told(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """The same outcomes, a mark for each on stderr: a dot, F or s."""
    file = ""
    for outcome in outcomes:
        if outcome.file != file:
            file = outcome.file
            print(f"\n{file} ", end="", file=sys.stderr)
        print(_MARKS[outcome.status], end="", file=sys.stderr, flush=True)
        yield outcome
    print(file=sys.stderr)


def _print(outcomes: Sequence[Outcome], rows: Mapping[str, str], arguments: argparse.Namespace) -> None:
    module = STANDARD if arguments.standard else SHIM
    print(f"{module}, tests of Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}\n")
    head = ("", "passed", "failed", "not applicable", "skipped", "passed of the applicable")
    print(table.markdown(head, report.as_rows(report.counts(outcomes, rows))))
    if used := list(_used(rows, [outcome.test for outcome in outcomes])):
        print("\n" + table.markdown(("not applicable", "why"), used))
    if arguments.failures or arguments.tracebacks:
        print("\n" + "\n".join(report.failure_lines(outcomes, rows, traces=arguments.tracebacks)))
    for test in report.passing_though_not_applicable(outcomes, rows) if arguments.all else ():
        print(f"{test} passes: is its row in {not_applicable.TABLE.name} still right?")


def _used(rows: Mapping[str, str], tests: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The rows that count for one of `tests`."""
    names = {name for test in tests for name in (test, test.rpartition(".")[0])}
    return ((name, why) for name, why in rows.items() if name in names)


if __name__ == "__main__":
    sys.exit(main())
