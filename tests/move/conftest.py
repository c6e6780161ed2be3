"""A small database with everything in it, moved once per worker; each test has a copy of the result."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import outgrow
from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.move.result import Result
from outgrow.move.reverify import verify
from outgrow.options import Options
from outgrow.plan.toml import read_plan

PROGRAM = str(Path(outgrow.__file__).parents[1])


def in_other_database(url: str, name: str) -> str:
    return make_conninfo("", **{**conninfo_to_dict(url), "dbname": name})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A source file, and a database of the test's own to which it was moved."""

    source: Path
    target: str

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.target, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return rows(self.target, query)

    def verify(self, schema: str = "public") -> Result:
        return verify(str(self.source), self.target, Options(schema=schema), jobs=2, progress=Silent())


def rows(target: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(target, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def make_file(path: Path, script: str) -> Path:
    connection = apsw.Connection(str(path))
    connection.execute(script).fetchall()
    connection.close()
    return path


@pytest.fixture(scope="session")
def shop_sql() -> str:
    return (Path(__file__).parent / "shop.sql").read_text()


@pytest.fixture
def shop(shop_sql: str, tmp_path: Path) -> Path:
    """The shop as a file of the test's own."""
    return make_file(tmp_path / "shop.db", shop_sql)


@pytest.fixture(scope="module")
def _moved_once(
    server_url: str, shop_sql: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    name = f"outgrow_{uuid.uuid4().hex[:16]}"
    source = make_file(tmp_path_factory.mktemp("shop") / "shop.db", shop_sql)
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'".encode())
        result = move(
            Request(source=str(source), target=in_other_database(server_url, name), options=Options()),
            Silent(),
        )
        assert result.exit_code(frozenset()) == 0, result.as_json()
        yield source, name
        server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def moved(_moved_once: tuple[Path, str], server_url: str) -> Iterator[Moved]:
    """The shop, moved; what the test does to the target ends with it. The source is shared: read only."""
    source, template = _moved_once
    name = f"outgrow_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        yield Moved(source=source, target=in_other_database(server_url, name))
        server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


Mover = Callable[..., Result]


@pytest.fixture
def run_move(database: str) -> Mover:
    """`run_move(source, target=..., plan="toml", replace=False, **options)` moves in this process."""

    def run(
        source: Path, target: str = database, plan: str = "", replace: bool = False, **options: Any
    ) -> Result:
        given = read_plan(plan, "plan.toml")
        made = Options(allow=given.allow, **{"schema": given.schema or "public", **options})
        request = Request(
            source=str(source), target=target, options=made, overrides=given.overrides, replace=replace
        )
        return move(request, Silent())

    return run


@pytest.fixture
def moving(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """`moving(*args, **env)` starts the program and returns at once."""
    started: list[subprocess.Popen[str]] = []

    def start(*args: str | Path, **env: str) -> subprocess.Popen[str]:
        variables = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "OUTGROW_"))}
        process = subprocess.Popen(
            [sys.executable, "-c", "from outgrow.cli import main; main()", *map(str, args)],
            env=variables | {"PYTHONPATH": PROGRAM, "TMPDIR": str(tmp_path)} | env,
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
