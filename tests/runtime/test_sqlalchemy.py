"""A program on SQLAlchemy says on PostgreSQL what it said on SQLite, and only its URL has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from runtime_programs import KEPT_JSON, copied, said, told
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    exc,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.ext.asyncio import create_async_engine

from outgrow.runtime.sqlalchemy import connect_args

PROGRAM = "library_sqlalchemy.py"
ALL = ("queries", "raw", "writes", "structure")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The file that the program makes."""
    path = tmp_path / "library.db"
    said(PROGRAM, f"sqlite:///{path}", "create")
    return path


def outgrow_url(url: str) -> str:
    return "outgrow" + url.removeprefix("postgresql")


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """On an empty database."""
    made = create_engine(outgrow_url(database), pool_size=3)
    yield made
    made.dispose()


WORD = Table(
    "word", MetaData(), Column("id", Integer, primary_key=True), Column("text", String(20), unique=True)
)


def test_a_program_says_the_same_on_the_moved_database(
    library: Path, database: str, tmp_path: Path, run_outgrow: Callable[..., Any]
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(KEPT_JSON)
    expected = said(PROGRAM, f"sqlite:///{copied(library)}", *ALL)
    run_outgrow("move", library, "--to", database, "--plan", plan, check=0)
    assert said(PROGRAM, outgrow_url(database), *ALL) == expected


def test_a_program_begins_on_an_empty_database(tmp_path: Path, database: str) -> None:
    expected = said(PROGRAM, f"sqlite:///{tmp_path}/library.db", "create", *ALL)
    assert said(PROGRAM, outgrow_url(database), "create", *ALL) == expected


def test_sqlalchemys_own_dialect_reads_what_was_moved_with_the_plan_of_the_page(
    library: Path, database: str, tmp_path: Path, run_outgrow: Callable[..., Any]
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(told("sqlalchemy.md", "toml")[0])
    expected = said(PROGRAM, f"sqlite:///{copied(library)}", "portable")
    run_outgrow("move", library, "--to", database, "--plan", plan, check=0)
    assert said(PROGRAM, database.replace("postgresql:", "postgresql+psycopg:"), "portable") == expected


def test_the_examples_of_the_page_run(library: Path, database: str, run_outgrow: Callable[..., Any]) -> None:
    run_outgrow("move", library, "--to", database, check=0)
    for example in told("sqlalchemy.md", "python"):
        exec(example.replace("outgrow://app@db.example.org/app", outgrow_url(database)), {})


@pytest.mark.parametrize(
    ("url", "given", "options"),
    [
        ("outgrow://us%40er:p%2Fw%3A@h:5433/db?schema=shop&sslmode=require",
         "postgresql://us%40er:p%2Fw%3A@h:5433/db?schema=shop&sslmode=require", {}),
        ("outgrow:///db?host=/run/x&user=me", "postgresql:///db?host=/run/x&user=me", {}),
        ("outgrow://h/db?timeout=3&isolation_level=IMMEDIATE", "postgresql://h/db",
         {"timeout": 3.0, "isolation_level": "IMMEDIATE"}),
        ("outgrow://h/db?application_name=a%20b%2B", "postgresql://h/db?application_name=a%20b%2B", {}),
    ],
)  # fmt: skip
def test_a_url_is_handed_on_whole(url: str, given: str, options: dict[str, Any]) -> None:
    assert connect_args(make_url(url)) == ([given], {"check_same_thread": False, **options})


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("outgrow://user@host", "the URL names no database: write outgrow://user@host/database"),
        ("outgrow://host/db?values=native", "values=native: SQLAlchemy's types read what SQLite gives"),
    ],
)  # fmt: skip
def test_a_url_that_cannot_work_is_refused(url: str, said: str) -> None:
    with pytest.raises(exc.ArgumentError, match="^" + said), create_engine(url).connect():
        pass


def test_nobody_answers() -> None:
    with pytest.raises(exc.OperationalError, match="unable to open database file") as caught:
        create_engine("outgrow://nobody:secret@127.0.0.1:1/db").connect()
    assert "secret" not in str(caught.value)


def _killed(engine_connection: Any, database: str) -> None:
    pid = engine_connection.connection.driver_connection.raw.info.backend_pid
    with closing(psycopg.connect(database, autocommit=True)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])


def test_a_connection_that_was_lost_while_idle_is_replaced(engine: Engine, database: str) -> None:
    WORD.metadata.create_all(engine)
    with engine.connect() as connection:
        _killed(connection, database)
    with engine.connect() as connection:
        assert connection.execute(select(WORD)).all() == []


def test_a_connection_that_was_lost_in_a_transaction_says_so(engine: Engine, database: str) -> None:
    WORD.metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(WORD.insert(), {"text": "lost"})
        _killed(connection, database)
        with pytest.raises(exc.OperationalError, match="the connection to PostgreSQL is lost") as caught:
            connection.execute(select(WORD))
        assert caught.value.connection_invalidated
    with engine.connect() as connection:
        assert connection.execute(select(WORD)).all() == []


def test_threads_share_the_pool(engine: Engine) -> None:
    WORD.metadata.create_all(engine)

    def work(number: int) -> None:
        with engine.begin() as connection:
            connection.execute(WORD.insert(), {"text": f"w{number}"})

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(40)))
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(WORD)) == 40


def test_savepoints_by_the_recipe_of_sqlalchemy_or_without(engine: Engine) -> None:
    WORD.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(WORD.insert(), {"text": "kept"})
        with (
            pytest.raises(exc.IntegrityError, match=r"UNIQUE constraint failed: word\.text"),
            connection.begin_nested(),
        ):
            connection.execute(WORD.insert(), {"text": "kept"})
        nested = connection.begin_nested()
        connection.execute(WORD.insert(), {"text": "undone"})
        nested.rollback()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        assert connection.scalars(select(WORD.c.text)).all() == ["kept"]


def test_an_asynchronous_engine_takes_the_same_url(database: str) -> None:
    async def work() -> list[Any]:
        engine = create_async_engine(outgrow_url(database))
        async with engine.begin() as connection:
            await connection.run_sync(WORD.metadata.create_all)
            await connection.execute(WORD.insert(), [{"text": "one"}, {"text": "two"}])

        async def asked(number: int) -> Any:
            async with engine.connect() as connection:
                return await connection.scalar(text("SELECT count(*) + :n FROM word"), {"n": number})

        try:
            return await asyncio.gather(*map(asked, range(8)))
        finally:
            await engine.dispose()

    assert asyncio.run(work()) == list(range(2, 10))
