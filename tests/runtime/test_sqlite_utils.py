"""sqlite-utils and Datasette say on PostgreSQL what they said on SQLite, also under `outgrow run`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from runtime_programs import KEPT_JSON, PROGRAMS, copied, said, told

import outgrow

PROGRAM = "garden_sqlite_utils.py"
ALL = ("queries", "writes", "convert", "structure", "search")


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    """The file that the program makes."""
    path = tmp_path / "garden.db"
    said(PROGRAM, path, "create")
    return path


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(KEPT_JSON)
    return path


def test_a_program_says_the_same_on_the_moved_database(
    garden: Path, plan: Path, database: str, run_outgrow: Callable[..., Any]
) -> None:
    expected = said(PROGRAM, copied(garden), *ALL)
    run_outgrow("move", garden, "--to", database, "--plan", plan, "--rowids", "all", check=0)
    assert said(PROGRAM, database, *ALL) == expected


def test_a_program_begins_on_an_empty_database(tmp_path: Path, database: str) -> None:
    expected = said(PROGRAM, tmp_path / "garden.db", "create", *ALL)
    assert said(PROGRAM, database, "create", *ALL) == expected


def test_the_examples_of_the_page_run(garden: Path, database: str, run_outgrow: Callable[..., Any]) -> None:
    run_outgrow("move", garden, "--to", database, check=0)
    for example in told("datasette.md", "python"):
        exec(example.replace("postgresql://app@db.example.org/app", database), {})


def under_run(program: str, path: Path, url: str) -> str:
    """What a program prints that `outgrow run` starts."""
    start = ["-c", "from outgrow.cli import main; main()", "run", "--db", path, "--to", url, "--"]
    done = subprocess.run(
        [sys.executable, *map(str, start), sys.executable, str(PROGRAMS / program), str(path)],
        env={**os.environ, "PYTHONPATH": str(Path(outgrow.__file__).parents[1])},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_command_line_of_sqlite_utils_under_run(
    garden: Path, plan: Path, database: str, run_outgrow: Callable[..., Any]
) -> None:
    run_outgrow("move", garden, "--to", database, "--plan", plan, "--rowids", "all", check=0)
    given = under_run("commands_sqlite_utils.py", garden, database)
    assert given == said("commands_sqlite_utils.py", garden)  # the file has not been touched before


def test_datasette_under_run(
    garden: Path, plan: Path, database: str, run_outgrow: Callable[..., Any]
) -> None:
    made = sqlite_utils.Database(garden)
    made["plants"].enable_fts(["name"], create_triggers=True)
    made.close()
    run_outgrow("move", garden, "--to", database, "--plan", plan, "--rowids", "all", check=0)
    assert under_run("pages_datasette.py", garden, database) == said("pages_datasette.py", garden)
