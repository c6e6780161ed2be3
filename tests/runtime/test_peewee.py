"""A program on Peewee says on PostgreSQL what it said on SQLite, and only its URL has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from peewee import CharField, Model, SqliteDatabase, fn
from playhouse.db_url import connect
from runtime_programs import KEPT_JSON, copied, said, told

from outgrow.runtime.peewee import OutgrowDatabase, PooledOutgrowDatabase

PROGRAM = "workshop_peewee.py"
ALL = ("queries", "raw", "writes", "structure")
FIELDS = ("peewee", "playhouse.sqlite_ext")
"""Where a program may have its JSONField from."""


@pytest.fixture(params=FIELDS)
def json_field(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The module of the program's JSONField."""
    monkeypatch.setenv("WORKSHOP_JSON", request.param)
    return str(request.param)


@pytest.fixture
def workshop(tmp_path: Path, json_field: str) -> Path:
    """The file that the program makes."""
    path = tmp_path / "workshop.db"
    said(PROGRAM, f"sqlite:///{path}", "create")
    return path


def outgrow_url(url: str) -> str:
    return "outgrow" + url.removeprefix("postgresql")


class Word(Model):
    text = CharField(unique=True)


@pytest.fixture
def words(database: str) -> Iterator[OutgrowDatabase]:
    """A pool of connections to a database with a table of words."""
    made = connect(
        outgrow_url(database).replace("outgrow:", "outgrow+pool:") + "&max_connections=4&timeout=30"
    )
    with made.bind_ctx([Word]):
        with made.connection_context():
            made.create_tables([Word])
        yield made
    made.close_all()


def test_a_program_says_the_same_on_the_moved_database(
    workshop: Path, database: str, tmp_path: Path, run_outgrow: Callable[..., Any]
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(KEPT_JSON)
    expected = said(PROGRAM, f"sqlite:///{copied(workshop)}", *ALL)
    run_outgrow("move", workshop, "--to", database, "--plan", plan, check=0)
    assert said(PROGRAM, outgrow_url(database), *ALL) == expected


def test_a_time_gets_a_fraction_that_none_had_when_it_was_moved(
    workshop: Path, database: str, run_outgrow: Callable[..., Any]
) -> None:
    run_outgrow("move", workshop, "--to", database, check=0)
    made = OutgrowDatabase(database)
    with made.connection_context():
        made.execute_sql("UPDATE job SET pickup = '23:59:59.999999' WHERE id = 1")


@pytest.mark.usefixtures("json_field")
def test_a_program_begins_on_an_empty_database(tmp_path: Path, database: str) -> None:
    expected = said(PROGRAM, f"sqlite:///{tmp_path}/workshop.db", "create", *ALL)
    assert said(PROGRAM, outgrow_url(database), "create", *ALL) == expected


def test_peewees_own_class_reads_what_was_moved_with_the_plan_of_the_page(
    workshop: Path, database: str, tmp_path: Path, run_outgrow: Callable[..., Any], json_field: str
) -> None:
    with closing(psycopg.connect(database)) as connection:
        version = connection.info.server_version
    plan = tmp_path / "plan.toml"
    plan.write_text(told("peewee.md", "toml")[0])
    expected = said(PROGRAM, f"sqlite:///{copied(workshop)}", "portable")
    run_outgrow("move", workshop, "--to", database, "--plan", plan, check=0)
    if version < 170000 and json_field != "peewee":
        # As the page says: this field writes json(…), which older servers lack.
        with pytest.raises(AssertionError, match=r"function json\(unknown\) does not exist"):
            said(PROGRAM, database, "portable")
    else:
        assert said(PROGRAM, database, "portable") == expected


def test_the_examples_of_the_page_run(workshop: Path, database: str, run_outgrow: Callable[..., Any]) -> None:
    run_outgrow("move", workshop, "--to", database, check=0)
    parts = database.removeprefix("postgresql")
    for example in told("peewee.md", "python"):
        exec(example.replace("://app@db.example.org/app", parts), {})


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("outgrow://me:secret@h:5433/db?schema=shop", "postgresql://me:secret@h:5433/db?schema=shop"),
        ("outgrow:///db?host=/run/x&sslmode=require", "postgresql:///db?host=/run/x&sslmode=require"),
        ("outgrow://h/db?timeout=3&lock_type=IMMEDIATE", "postgresql://h/db"),
    ],
)
def test_a_url_is_handed_on_whole(url: str, given: str) -> None:
    assert connect(url).database == given


def test_a_path_opens_a_sqlite_file(tmp_path: Path) -> None:
    database = OutgrowDatabase(str(tmp_path / "app.db"))
    with database.connection_context():
        database.execute_sql("CREATE TABLE t (a)")
    with closing(SqliteDatabase(str(tmp_path / "app.db"))) as plain:
        assert plain.get_tables() == ["t"]


def test_a_url_is_known_later(database: str) -> None:
    deferred = OutgrowDatabase(None)
    deferred.init(outgrow_url(database))
    with deferred.connection_context():
        assert deferred.get_tables() == []


def test_threads_share_the_pool(words: PooledOutgrowDatabase) -> None:
    def work(number: int) -> None:
        with words.connection_context(), words.atomic():
            Word.create(text=f"w{number}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(40)))
    with words.connection_context():
        assert Word.select().count() == 40


def test_a_connection_that_was_lost_in_the_pool_is_replaced(
    words: PooledOutgrowDatabase, database: str
) -> None:
    with words.connection_context():
        pid = words.connection().raw.info.backend_pid
    with closing(psycopg.connect(database, autocommit=True)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    with words.connection_context():
        assert Word.select().count() == 0


def test_what_was_left_open_is_undone_when_a_connection_goes_back(words: PooledOutgrowDatabase) -> None:
    with words.connection_context():
        words.begin()
        Word.create(text="undone")
    with words.connection_context():
        assert Word.select().count() == 0


def test_a_function_of_the_program_is_answered_here(database: str) -> None:
    with_function = OutgrowDatabase(database)
    with_function.register_function(lambda text: text[::-1], "backwards", 1)
    with with_function.bind_ctx([Word]), with_function.connection_context():
        with_function.create_tables([Word])
        Word.create(text="star")
        assert Word.select(fn.backwards(Word.text)).scalar() == "rats"
        assert Word.update(text=fn.backwards(Word.text)).execute() == 1
        assert [word.text for word in Word.select()] == ["rats"]
