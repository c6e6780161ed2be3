"""Programs on Django, SQLAlchemy and Peewee under `outgrow run`: not even their URL has changed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from runtime_programs import KEPT_JSON, PROGRAMS, said

VERBS = ("queries", "raw", "writes", "structure")


@pytest.mark.parametrize(
    ("program", "where"),
    [
        ("museum_django.py", ("django.db.backends.sqlite3", "{}")),
        ("library_sqlalchemy.py", ("sqlite:///{}",)),
        ("workshop_peewee.py", ("sqlite:///{}",)),
    ],
)
def test_a_program_is_run_as_it_is(
    program: str, where: tuple[str, ...], database: str, tmp_path: Path, run_outgrow: Callable[..., Any]
) -> None:
    path, plan = tmp_path / "app.db", tmp_path / "plan.toml"
    database_is = [part.format(path) for part in where]
    said(program, *database_is, "create")
    plan.write_text(KEPT_JSON)
    run_outgrow("move", path, "--to", database, "--plan", plan, check=0)
    before = path.read_bytes()
    command = (sys.executable, PROGRAMS / program, *database_is, *VERBS)
    done = run_outgrow("run", "--db", path, "--to", database, "--", *command, check=0)
    assert path.read_bytes() == before
    assert done.stdout == said(program, *database_is, *VERBS)
