"""What all verbs share: help at once, exit codes, one line on stderr, no password, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import outgrow
from outgrow.cli import VERBS

SOURCE = Path(outgrow.__file__).parents[1]
HEAVY = ("adbc_driver_manager", "apsw", "numpy", "psycopg", "pyarrow", "pydantic", "rich", "sqlglot")


@pytest.fixture
def run_verb(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run_verb(body, *args, **env)` runs the program with a verb `inspect` that does what `body` says."""

    def run(body: str, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "verb.py").write_text(
            "import sys, types\nimport outgrow.errors as errors\nfrom outgrow.cli import main\n"
            f"def command(words: list[str]) -> None:\n    {body}\n"
            "sys.modules['outgrow.cli.inspect'] = types.SimpleNamespace(command=command)\nmain()\n"
        )
        return subprocess.run(
            [sys.executable, tmp_path / "verb.py", "inspect", *args],
            env=os.environ | {"PYTHONPATH": str(SOURCE)} | env, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_help_names_every_verb_and_loads_nothing_heavy() -> None:
    program = (
        "import sys\nfrom outgrow.cli import main\ntry: main()\n"
        f"finally: print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--help"],
        env=os.environ | {"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "[]\n")
    described = dict(line.split(maxsplit=1) for line in done.stdout.partition("Commands:\n")[2].splitlines())
    assert described == VERBS


def test_version(run_outgrow: Callable[..., tuple[int, str, str]]) -> None:
    assert run_outgrow("--version") == (0, f"outgrow {outgrow.__version__}\n", "")


@pytest.mark.parametrize(
    "args", [["bogus"], ["--bogus"], ["server", "bogus"], ["server", "status", "--bogus"], []]
)
def test_wrong_usage_ends_with_2(args: list[str], run_outgrow: Callable[..., tuple[int, str, str]]) -> None:
    code, stdout, stderr = run_outgrow(*args)
    assert (code, stdout) == (2, "")
    assert stderr.startswith("Usage: outgrow")


@pytest.mark.parametrize(
    ("raised", "code", "line"),
    [
        ("errors.ConfigError('a: b')", 2, "a: b"),
        ("errors.SourceError('two\\nlines')", 3, "two lines"),
        ("errors.TargetError('\\x1b[2Jtable é')", 4, "\\x1b[2Jtable é"),
        ("errors.FindingsStop('stop')", 1, "stop"),
        ("errors.TargetError('at postgresql://u:hunter22@h, hunter22')", 4, "at postgresql://u:***@h, ***"),
        ("errors.TargetError('from the environment: sesame99')", 4, "from the environment: ***"),
        ("KeyboardInterrupt", 130, "interrupted; the same command goes on from here"),
        (
            "ZeroDivisionError('no hunter22')", 5,
            "internal error: ZeroDivisionError: no *** (please report; OUTGROW_DEBUG=1 shows where)",
        ),
        ("AssertionError", 5, "internal error: AssertionError (please report; OUTGROW_DEBUG=1 shows where)"),
    ],
)  # fmt: skip
def test_an_error_is_one_line_and_an_exit_code(
    raised: str, code: int, line: str, run_verb: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = run_verb(f"print('so far'); raise {raised}", "postgresql://u:hunter22@h", PGPASSWORD="sesame99")
    assert (done.returncode, done.stdout, done.stderr) == (code, "so far\n", f"outgrow: {line}\n")


def test_a_warning_of_psycopgs_is_not_the_users(
    run_verb: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """It logs one for a transaction that Ctrl-C ends within a statement."""
    warned = "import logging; logging.getLogger('psycopg').warning('error ignored in rollback')"
    done = run_verb(f"{warned}; raise KeyboardInterrupt", "app.db")
    assert done.stderr == "outgrow: interrupted; the same command goes on from here\n"


def test_debug_shows_where_and_still_no_password(
    run_verb: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = run_verb("raise KeyError('hunter22')", "password=hunter22", OUTGROW_DEBUG="1")
    assert done.returncode == 5
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert "verb.py" in done.stderr
    assert "hunter22" not in done.stderr


def test_ctrl_c_in_the_middle(tmp_path: Path) -> None:
    (tmp_path / "verb.py").write_text(
        "import sys, time, types\nfrom outgrow.cli import main\n"
        "def command() -> None:\n    print('working', flush=True)\n    time.sleep(60)\n"
        "sys.modules['outgrow.cli.inspect'] = types.SimpleNamespace(command=command)\nmain()\n"
    )
    with subprocess.Popen(
        [sys.executable, tmp_path / "verb.py", "inspect"],
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert running.stdout.readline() == "working\n"
        time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        assert running.communicate(timeout=20) == (
            "",
            "outgrow: interrupted; the same command goes on from here\n",
        )
    assert running.returncode == 130


@pytest.mark.parametrize("lines", [1, 200_000])
def test_a_reader_that_leaves_is_no_error(lines: int, tmp_path: Path) -> None:
    (tmp_path / "verb.py").write_text(
        "import sys, types\nfrom outgrow.cli import main\n"
        f"def command() -> None:\n    for n in range({lines}): print(n)\n"
        "sys.modules['outgrow.cli.inspect'] = types.SimpleNamespace(command=command)\nmain()\n"
    )
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, tmp_path / "verb.py", "inspect"],
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        stdout=writer, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")
