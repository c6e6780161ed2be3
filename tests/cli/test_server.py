"""`outgrow server`, as a person calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from outgrow.embedded import process

Program = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server(run_outgrow: Program, home: Path) -> Program:
    """`server(*args)` runs `outgrow server ARGS` with a home of its own."""

    def run(*args: str, stdin: str = "") -> tuple[int, str, str]:
        return run_outgrow("server", *args, env={"OUTGROW_HOME": str(home)}, stdin=stdin)

    return run


def test_its_life(server: Program, home: Path) -> None:
    url = f"postgresql://postgres@/postgres?host={home}/postgres"
    absent = {
        "state": "absent", "home": str(home), "data": f"{home}/postgres",
        "log": f"{home}/postgres/server.log", "version": None, "pid": None, "url": None,
    }  # fmt: skip
    code, stdout, stderr = server("status", "--json")
    assert (code, json.loads(stdout), stderr) == (0, absent, "")
    assert server("url", "my app") == (0, f"postgresql://postgres@/my%20app?host={home}/postgres\n", "")
    assert server("stop") == (0, "not running\n", "")
    assert server("start") == (0, f"{url}\n", "")
    # It outlives the command that started it.
    code, stdout, stderr = server("status", "--json")
    running = json.loads(stdout)
    os.kill(running["pid"], 0)
    assert (code, stderr) == (0, "")
    assert running == absent | {"state": "running", "version": "18", "pid": running["pid"], "url": url}
    assert server("status") == (
        0,
        f"state   running\nhome    {home}\ndata    {home}/postgres\nlog     {home}/postgres/server.log\n"
        f"version 18\npid     {running['pid']}\nurl     {url}\n",
        "",
    )
    assert server("start") == (0, f"{url}\n", "")
    assert json.loads(server("status", "--json")[1]) == running
    assert server("stop") == (0, "stopped\n", "")
    assert json.loads(server("status", "--json")[1]) == absent | {"state": "stopped", "version": "18"}
    assert process.alive(home / "postgres") is None


def test_psql_starts_the_server_and_takes_psql_s_arguments(server: Program) -> None:
    assert server("psql", "--", "-Atc", "SELECT current_database(), 6 * 7") == (0, "postgres|42\n", "")
    assert server("psql", "-qAt", stdin="CREATE DATABASE app;\nSELECT 'done';\n") == (0, "done\n", "")
    assert server("psql", "app", "-Atc", "SELECT current_database()") == (0, "app\n", "")
    assert server("psql", "app", "--", "-Atc", "SELECT current_user") == (0, "postgres\n", "")
    assert server("psql", "app", "-c", "SELECT nonsense")[0] == 1


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(server: Program, home: Path) -> None:
    """A terminal signals the whole process group of the command in the foreground."""
    program = (
        "import os, signal; from pathlib import Path; from outgrow.embedded.cluster import Cluster\n"
        f"Cluster(home=Path({str(home)!r})).start(); os.killpg(0, signal.SIGINT)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], start_new_session=True, capture_output=True, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert b"KeyboardInterrupt" in done.stderr
    assert json.loads(server("status", "--json")[1])["state"] == "running"
    assert server("psql", "-Atc", "SELECT 1") == (0, "1\n", "")


def test_a_home_that_cannot_be_written_ends_with_4(run_outgrow: Program) -> None:
    assert run_outgrow("server", "start", env={"OUTGROW_HOME": "/dev/null/home"}) == (
        4,
        "",
        "outgrow: /dev/null/home: Not a directory: free some space, or set OUTGROW_HOME to a directory that "
        "can be written, or give a server of your own with --to URL\n",
    )
