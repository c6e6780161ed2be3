from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from outgrow.schema.model import Database
from outgrow.sqlite.catalog import read_catalog
from outgrow.sqlite.connect import open_snapshot

SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.fixture(scope="session")
def corpus() -> Path:
    folder = Path(os.environ.get("OUTGROW_CORPUS", SHARED / "corpus"))
    if not folder.is_dir():
        if "CI" in os.environ:
            pytest.fail(f"{folder} is required in CI")
        pytest.skip(f"{folder} is not there")
    return folder


@pytest.fixture
def copied(corpus: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Copy a corpus database with what lies beside it; the originals are never opened."""

    def copy(name: str) -> Path:
        target = tmp_path / Path(name).name
        for suffix in ("", "-wal", "-journal"):
            if (corpus / (name + suffix)).exists():
                shutil.copyfile(corpus / (name + suffix), str(target) + suffix)
        return target

    return copy


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """A new database made by these statements; its schema runs on apsw, so it is SQLite's own judgement."""

    def build(sql: str, name: str = "a.db") -> Path:
        path = tmp_path / name
        with closing(apsw.Connection(str(path))) as connection:
            connection.execute("PRAGMA synchronous = OFF; " + sql).fetchall()
        return path

    return build


@pytest.fixture
def catalog(make: Callable[..., Path]) -> Callable[[str], Database]:
    def read(sql: str) -> Database:
        with open_snapshot(make(sql)) as snapshot:
            return read_catalog(snapshot)

    return read


@pytest.fixture
def beside() -> Callable[[Path], dict[str, str]]:
    """Every file of the source's folder with the hash of its bytes."""

    def look(path: Path) -> dict[str, str]:
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in path.parent.iterdir()}

    return look


@pytest.fixture
def other() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Another process that runs a script with these arguments; ended after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(script: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def plain() -> Callable[[Path, str], list[tuple[object, ...]]]:
    """One statement through Python's own sqlite3, committed."""

    def run(path: Path, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(path)) as connection, connection:
            return connection.execute(sql).fetchall()

    return run
