"""The reviewed table `not_applicable.toml`: tests of SQLite's library or file, each with its reason."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

TABLE = Path(__file__).with_suffix(".toml")


class StaleRow(Exception):  # noqa: N818 - it says what is wrong with the row
    """A row names a test that this interpreter's suite does not have."""


def reasons(path: Path = TABLE) -> dict[str, str]:
    """Reasons by the name of a test (`test_dbapi.BlobTests.test_x`) or of a class.

    A row of a newer suite says `since = "3.12"`, and is left out before that.
    """
    rows = tomllib.loads(path.read_text())["row"]
    now = sys.version_info[:2]
    return {row["test"]: row["why"] for row in rows if _version(row.get("since", "3.0")) <= now}


def reason(test: str, table: Mapping[str, str]) -> str | None:
    """Why a test is not applicable; None for one that is. A row of its class counts for it."""
    return table.get(test) or table.get(test.rpartition(".")[0])


def check(tests: Iterable[str], table: Mapping[str, str]) -> None:
    """Raises StaleRow for the first row that names neither one of `tests` nor a class of theirs."""
    known = {name for test in tests for name in (test, test.rpartition(".")[0])}
    for name in table:
        if name not in known:
            raise StaleRow(f"{TABLE.name} names {name}, which is no test of this interpreter: remove the row")


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))
