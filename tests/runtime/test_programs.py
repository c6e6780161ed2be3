"""Programs in lockstep, benchmarks/lockstep: what counts as different; two real programs."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from lockstep import report
from lockstep.catalogue import PROGRAMS
from lockstep.masks import Masks
from lockstep.program import Mask, Program
from lockstep.runner import Played, PrepareError, play

NOTES = """
import os, sqlite3, sys
connection = sqlite3.connect("notes.db")
verb, *given = sys.argv[1:]
if verb == "make":
    connection.execute("create table note (id integer primary key, text unique, at default current_date)")
elif verb == "add":
    print(connection.execute("insert into note (text) values (?)", given).lastrowid)
elif verb == "list":
    print(connection.execute("select id, text from note where text like ? order by id", given).fetchall())
elif verb == "process":
    print(os.getpid())
elif verb == "lose":
    connection.execute("insert into note (text) values (?)", (f"of process {os.getpid()}",))
elif verb == "export":
    with open("out.txt", "w") as out:
        out.write(str(os.getpid() if given else 1))
connection.commit()
"""

NOTES_PROGRAM = Program(
    name="notes",
    packages=("notes",),
    database="notes.db",
    files={"notes.py": NOTES},
    prepare=("python notes.py make", "python notes.py add one", "python notes.py add Two"),
    commands=(),
)


def _play(program: Program, folder: Path, url: str) -> Played:
    return play(
        program, folder=folder / "play", scripts=Path(sys.executable).parent, url=url, told=lambda *_: None
    )


def test_a_program_that_does_the_same_on_both(tmp_path: Path, database: str) -> None:
    """An error is compared by its last line, and the rows of all tables with their times taken out."""
    commands = ("add three", "list T%", "add one", "export", "list %", "nothing")
    program = replace(NOTES_PROGRAM, commands=tuple(f"python notes.py {words}" for words in commands))

    played = _play(program, tmp_path, database)

    assert [(step.line.split()[2], step.sqlite.code, step.difference) for step in played.steps] == [
        ("add", 0, ""), ("list", 0, ""), ("add", 1, ""), ("export", 0, ""), ("list", 0, ""),
        ("nothing", 0, ""),
    ]  # fmt: skip
    assert played.steps[1].postgres.stdout == "[(2, 'Two'), (3, 'three')]\n"
    assert [(table.name, table.rows, table.difference) for table in played.tables] == [("note", 3, "")]
    assert played.files == ()
    assert report.is_same(played)


def test_what_differs_is_found(tmp_path: Path, database: str) -> None:
    program = replace(
        NOTES_PROGRAM,
        commands=("python notes.py process", "python notes.py lose", "python notes.py export pid"),
    )

    played = _play(program, tmp_path, database)

    assert [step.difference for step in played.steps] == ["stdout", "", ""]
    assert "SQLite only" in played.tables[0].difference
    assert played.files == ("out.txt: another content",)
    assert not report.is_same(played)


def test_what_a_program_names_is_not_compared(tmp_path: Path) -> None:
    """With both sides on SQLite, as `--control` has it."""
    program = replace(
        NOTES_PROGRAM, commands=("python notes.py process",), masks=(Mask(pattern=r"\d+", why="a process"),)
    )

    assert report.is_same(_play(program, tmp_path, ""))


def test_a_program_that_cannot_begin(tmp_path: Path) -> None:
    program = replace(NOTES_PROGRAM, prepare=("python notes.py add one",))

    with pytest.raises(PrepareError, match=r"add one ended with 1: (.*\n)*.*no such table: note"):
        _play(program, tmp_path, "")


def test_only_moments_of_the_run_are_taken_out() -> None:
    masks = Masks(time.time())
    now = datetime.now(UTC)

    assert masks.text(f"at {now:%Y-%m-%d %H:%M:%S}, at {now:%Y-%m-%dT%H:%M:%SZ}, {now.timestamp()}") == (
        "at <now>, at <now>, <now>"
    )
    assert masks.text("2020-01-02 03:04:05, 1600000000") == "2020-01-02 03:04:05, 1600000000"
    assert masks.value(int(now.timestamp() * 1000)) == "<now>"
    assert masks.value(1600000000) == 1600000000


def test_a_traceback_is_its_last_line() -> None:
    """What stands before the cause belongs to the traceback; what stands before both does not."""
    text = (
        "a warning\npsycopg.errors.UniqueViolation: duplicate\nDETAIL:  Key\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    run()\n'
        "sqlite3.IntegrityError: UNIQUE constraint failed: t.a\n"
    )

    assert Masks(0).text(text) == "a warning\nsqlite3.IntegrityError: UNIQUE constraint failed: t.a\n"


@pytest.mark.parametrize(("name", "chosen"), [("sqlite-utils", slice(1, 11)), ("sqlitedict", slice(8))])
def test_a_real_program(name: str, chosen: slice, tmp_path: Path, database: str) -> None:
    """Some of the commands that `benchmarks/programs.py` runs."""
    _required(name)
    program = next(program for program in PROGRAMS if program.name == name)

    played = _play(replace(program, commands=program.commands[chosen]), tmp_path, database)

    assert [(step.line, step.difference) for step in played.steps if step.difference] == []
    assert [table for table in played.tables if table.difference] == []


def _required(distribution: str) -> None:
    """Comes with the extra `test`: elsewhere than in CI it may be missing."""
    try:
        version(distribution)
    except PackageNotFoundError:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{distribution} is not installed")
