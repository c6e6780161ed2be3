"""Connections to compare: the standard sqlite3 on a file, and the shim on an empty or a moved database."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.move.result import Result
from outgrow.options import Options
from outgrow.runtime import sqlite3 as shim

sys.path.insert(0, str(Path(__file__).parent))


@dataclass
class Side:
    """One of the two: `connect` opens another connection to the same database, with sqlite3's options."""

    name: str
    connect: Callable[..., Any]


@pytest.fixture
def moved(database: str, make_sqlite: Callable[..., Path]) -> Callable[..., tuple[Path, str]]:
    """`moved(sql, **options)` makes a file, moves it, and gives the path and the URL."""

    def make(sql: str, **options: Any) -> tuple[Path, str]:
        path = make_sqlite(sql)
        moved_as(path, database, **options)
        return path, database

    return make


def moved_as(path: Path, url: str, **options: Any) -> Result:
    request = Request(source=str(path), target=url, options=Options(**options), verify=False)
    return move(request, Silent())


@pytest.fixture
def sides(database: str, tmp_path: Path) -> Iterator[Callable[..., tuple[Side, Side]]]:
    """`sides()` gives an empty database on both; `sides(path)` a file, of which a copy is moved."""
    with ExitStack() as stack:

        def make(source: Path | None = None, **options: Any) -> tuple[Side, Side]:
            path = tmp_path / "side.db"
            if source is not None:
                shutil.copy(source, path)
                moved_as(source, database, **options)

            def of(connect: Callable[..., Any], place: str) -> Callable[..., Any]:
                return lambda **settings: stack.enter_context(closing(connect(place, **settings)))

            return Side("sqlite3", of(sqlite3.connect, str(path))), Side(
                "outgrow", of(shim.connect, database)
            )

        yield make
