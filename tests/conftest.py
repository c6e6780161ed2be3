"""What all tests stand on: a real PostgreSQL, fresh databases, SQLite files, the program itself.

The server is a throwaway one of outgrow's own, shared by all workers of one run, or the one that
OUTGROW_TEST_URL names (its user must be allowed to create databases).
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import apsw
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

import outgrow
from outgrow.embedded.throwaway import throwaway
from outgrow.postgres.connect import connect

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what it puts in the background deaf to Ctrl-C, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"


class Ran(NamedTuple):
    """How a run of the program ended."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a database on the test server from which others can be made; not to be written to."""
    if given := os.environ.get("OUTGROW_TEST_URL"):
        yield given
        return
    with throwaway(_home_of_this_run(tmp_path_factory)) as cluster:
        url = cluster.start()
        with connect(url, autocommit=True) as connection:  # which would change plans and orders at any moment
            connection.execute("ALTER SYSTEM SET autovacuum_naptime = 2147483")
            connection.execute("SELECT pg_reload_conf()")
        yield url


def _home_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for all workers of this run, outside of pytest's own, which only root may enter."""
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (run / "outgrow-home").open("a+") as note:
        fcntl.flock(note, fcntl.LOCK_EX)
        note.seek(0)
        home = note.read()
        if not home:
            home = tempfile.mkdtemp(prefix="outgrow-test-")
            note.write(home)
    return Path(home)


@pytest.fixture(scope="session")
def _server(server_url: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(server_url, autocommit=True) as conn:
        yield conn


@pytest.fixture
def database(_server: psycopg.Connection[Any], server_url: str) -> Iterator[str]:
    """URL of a fresh database that sorts bytewise; dropped at the end."""
    with _fresh(_server, server_url) as url:
        yield url


@pytest.fixture(scope="session")
def new_database(_server: psycopg.Connection[Any], server_url: str) -> Iterator[Callable[[], str]]:
    """Makes such databases that last until the end of the session."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(_fresh(_server, server_url))


@contextmanager
def _fresh(_server: psycopg.Connection[Any], server_url: str) -> Iterator[str]:
    name = f"outgrow_{uuid.uuid4().hex[:16]}"
    version = _server.info.server_version
    locale = (
        "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
        if version >= 170000
        else "LOCALE 'C.UTF-8'"
    )
    _server.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {locale}")
    yield in_database(server_url, name)
    _server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def in_database(url: str, name: str) -> str:
    """`url`, in whatever form, as a URI of another database of the same server."""
    parameters = {key: str(value) for key, value in conninfo_to_dict(url).items() if key != "dbname"}
    return f"postgresql:///{quote(name, safe='')}?{urlencode(parameters, quote_via=quote)}"


@pytest.fixture
def home() -> Iterator[Path]:
    """An OUTGROW_HOME of the test's own; a server started there ends with the test, or with pytest."""
    path = Path(tempfile.mkdtemp(prefix="outgrow-home-"))
    with throwaway(path) as cluster:
        yield path
        cluster.stop(immediate=True)


@pytest.fixture
def make_sqlite(tmp_path: Path) -> Callable[..., Path]:
    """`make_sqlite(sql, name="app.db")` makes a SQLite file of SQL text or a .sql file; returns its path."""

    def make(sql: str | Path, name: str = "app.db") -> Path:
        path = tmp_path / name
        script = sql.read_text() if isinstance(sql, Path) else sql
        with apsw.Connection(str(path)) as conn:
            conn.execute(script).fetchall()
        conn.close()
        return path

    return make


@pytest.fixture(scope="session")
def corpus_dir() -> Path:
    """Directory of real databases: OUTGROW_CORPUS, else ../shared/corpus. Required in CI, else skipped."""
    return _required(Path(os.environ.get("OUTGROW_CORPUS", SHARED / "corpus")))


@pytest.fixture(scope="session")
def cases() -> dict[str, Any]:
    """The one-feature databases of OUTGROW_CASES, else ../shared/cases, by name."""
    directory = Path(os.environ.get("OUTGROW_CASES", SHARED / "cases"))
    return json.loads(_required(directory / "one_feature.json").read_text())


def _required(path: Path) -> Path:
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{path} is missing, and CI does not skip")
        pytest.skip(f"{path} is not here")
    return path


@pytest.fixture
def run_outgrow(tmp_path: Path) -> Callable[..., Ran]:
    """`run_outgrow(*args, env=None, check=None, stdin="")` runs the program in a directory of its own.

    `env` is added to the environment (a value None removes a variable); OUTGROW_HOME must come from
    the `home` fixture where a server may be started. `check` is the exit code to insist on.
    """

    def run(
        *args: str | Path, env: dict[str, str | None] | None = None, check: int | None = None, stdin: str = ""
    ) -> Ran:
        variables = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "OUTGROW_"))}
        variables |= {
            "PYTHONPATH": str(Path(outgrow.__file__).parents[1]),
            "OUTGROW_HOME": "/proc/no-server-without-the-home-fixture",
        }
        for key, value in (env or {}).items():
            variables.pop(key, None)
            if value is not None:
                variables[key] = value
        done = subprocess.run(
            [sys.executable, "-c", "from outgrow.cli import main; main()", *map(str, args)],
            env=variables, cwd=tmp_path, input=stdin, timeout=600,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert check is None or done.returncode == check, (
            f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run
