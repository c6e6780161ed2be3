"""One move of one SQLite file, in process, and what a case says of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import psycopg

from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.move.result import Result
from outgrow.options import Options
from outgrow.plan.toml import read_plan


def moved(path: Path, url: str, *, plan: str = "", **options: Any) -> Result:
    """The move of a file into schema public; `plan` is the text of a plan file."""
    overrides = read_plan(plan, "plan.toml").overrides
    request = Request(source=str(path), target=url, options=Options(**options), overrides=overrides)
    return move(request, Silent())


def types(result: Result) -> dict[str, str]:
    """Target type or form of every column, by table.column."""
    return {o.name: o.reason.rpartition(" as ")[2] for o in result.outcomes if o.kind == "columns"}


def findings(result: Result) -> list[str]:
    """`rule object` of every finding, in order."""
    return [f"{finding.rule} {finding.object}" for finding in result.findings]


def not_moved(result: Result) -> list[str]:
    """`kind name: fate` of every object that is not as it was; columns are told by `types`."""
    return [
        f"{o.kind} {o.name}: {o.fate}" for o in result.outcomes if o.fate != "moved" and o.kind != "columns"
    ]


def assert_verified(result: Result) -> None:
    """Nothing differs, nothing is missing, every table took its trial row."""
    verification = result.verification
    assert verification is not None
    assert (verification.shown, verification.objects_missing, verification.writes_failed) == ((), (), ())
    assert verification.differences == 0


@contextmanager
def asking(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the target."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the target."""
    with asking(url) as connection:
        return connection.execute(sql).fetchall()


def make(path: Path, script: str, *values: tuple[str, list[tuple[Any, ...]]]) -> Path:
    """A SQLite file of a script; `values` are INSERTs with their rows."""
    connection = apsw.Connection(str(path))
    try:
        connection.execute("PRAGMA synchronous = OFF; " + script).fetchall()
        for sql, many in values:
            connection.executemany(sql, many)
    finally:
        connection.close()
    return path
