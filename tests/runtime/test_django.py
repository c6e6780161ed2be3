"""A project on Django says on PostgreSQL what it said on SQLite, and only its settings have changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from runtime_programs import KEPT_JSON, copied, said

PROGRAM = "museum_django.py"
SQLITE = "django.db.backends.sqlite3"
OUTGROW = "outgrow.runtime.django"
POSTGRESQL = "django.db.backends.postgresql"
ALL = ("queries", "raw", "writes", "structure")


@pytest.fixture
def museum(tmp_path: Path) -> Path:
    """The file that the project makes."""
    path = tmp_path / "museum.db"
    said(PROGRAM, SQLITE, path, "create")
    return path


def test_a_project_says_the_same_on_the_moved_database(
    museum: Path, database: str, tmp_path: Path, run_outgrow: Callable[..., Any]
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(KEPT_JSON)
    expected = said(PROGRAM, SQLITE, copied(museum), *ALL)
    run_outgrow("move", museum, "--to", database, "--plan", plan, check=0)
    assert said(PROGRAM, OUTGROW, database, *ALL) == expected


def test_a_project_begins_on_an_empty_database(tmp_path: Path, database: str) -> None:
    expected = said(PROGRAM, SQLITE, tmp_path / "museum.db", "create", *ALL)
    assert said(PROGRAM, OUTGROW, database, "create", *ALL) == expected


def test_the_engine_opens_a_sqlite_file_as_djangos_own_does(museum: Path) -> None:
    assert said(PROGRAM, OUTGROW, copied(museum), *ALL) == said(PROGRAM, SQLITE, copied(museum), *ALL)


def test_djangos_own_backend_reads_what_was_moved_once_its_types_are_aligned(
    museum: Path, database: str, run_outgrow: Callable[..., Any]
) -> None:
    expected = said(PROGRAM, SQLITE, copied(museum), "native")
    run_outgrow("move", museum, "--to", database, check=0)
    assert said(PROGRAM, POSTGRESQL, database, "align") == "3 []\n"
    with closing(psycopg.connect(database)) as connection:
        found = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'museum_piece'"
        ).fetchall()
    assert {
        "acquired": "timestamp with time zone", "address": "inet", "details": "jsonb", "lent_for": "interval",
        "number": "uuid", "value": "numeric", "fragile": "boolean", "views": "bigint", "title": "text",
    }.items() <= dict(found).items()  # fmt: skip
    assert said(PROGRAM, POSTGRESQL, database, "native") == expected


def test_dates_are_computed_as_djangos_functions_compute_them(tmp_path: Path, database: str) -> None:
    expected = said(PROGRAM, SQLITE, tmp_path / "own.db", "dates")
    assert said(PROGRAM, OUTGROW, tmp_path / "same.db", "dates") == expected
    assert said(PROGRAM, OUTGROW, database, "dates") == expected


def test_tests_of_a_project_leave_nothing_behind(
    database: str, museum: Path, run_outgrow: Callable[..., Any]
) -> None:
    run_outgrow("move", museum, "--to", database, check=0)
    assert said(PROGRAM, OUTGROW, database, "tested").splitlines() == [
        "1 0",
        "2 1",
        "the database of TEST NAME holds tables, and all tables there are dropped after the tests: "
        "name one without, or a schema without by ?schema=…",
    ]
    with closing(psycopg.connect(database)) as connection:
        left = connection.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'tests'"
        ).fetchone()
    assert left == (0,)
