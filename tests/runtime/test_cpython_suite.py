"""The runner of CPython's own tests, benchmarks/cpython: what it counts, and what it survives."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from cpython import not_applicable, report
from cpython.places import places
from cpython.runner import SHIM, STANDARD, Outcome, Run
from cpython.suite import MissingSuite, files

STUBBORN = """
import os, sqlite3, time
globals().update({name: value for name, value in vars(sqlite3).items() if not name.startswith("__")})

class Connection(sqlite3.Connection):
    def commit(self):
        time.sleep(60)

    def rollback(self):
        os._exit(3)
"""


@pytest.fixture(autouse=True)
def _suite() -> None:
    """Required in CI: elsewhere an interpreter may come without its tests."""
    try:
        files()
    except MissingSuite:
        if os.environ.get("CI"):
            raise
        pytest.skip("this interpreter comes without its tests")


def one_of(*names: str) -> Callable[[str], bool]:
    return lambda test: test in names


def test_the_standard_module_passes() -> None:
    found = list(Run(module=STANDARD, limit=30).file("test_backup", lambda _: True))
    assert {(outcome.status, outcome.reason) for outcome in found} == {("passed", "")}
    assert [count.percent for count in report.counts(found, {})] == [100.0]


def test_every_row_of_the_table_names_a_test() -> None:
    run = Run(module=STANDARD, limit=30)
    rows = not_applicable.reasons()
    not_applicable.check([test for name in files() for test in run.tests(name)], rows)
    assert all(why.endswith(".") for why in rows.values())


def test_a_stale_row_is_told() -> None:
    with pytest.raises(not_applicable.StaleRow, match=r"test_dbapi\.Gone\.test_x, which is no test"):
        not_applicable.check(["test_dbapi.ConnectionTests.test_close"], {"test_dbapi.Gone.test_x": "Gone."})


def test_the_run_goes_on_after_a_test_that_hangs_or_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stubborn_sqlite3.py").write_text(STUBBORN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    name = "test_dbapi.ConnectionTests.test_"
    found = Run(module="stubborn_sqlite3", limit=1).file(
        "test_dbapi", one_of(f"{name}commit", f"{name}cursor", f"{name}exceptions", f"{name}rollback")
    )
    ended = {outcome.test.removeprefix(name): outcome for outcome in found}
    assert {test: outcome.status for test, outcome in ended.items()} == {
        "commit": "failed",
        "cursor": "passed",
        "exceptions": "passed",
        "rollback": "failed",
    }
    assert ended["commit"].reason.startswith("Timeout (0:00:01)! in File ")
    assert ended["rollback"].reason == "the process ended with 3"


def test_the_runtime_layer_stands_in_and_leaves_no_database(server_url: str) -> None:
    def databases() -> list[str]:
        with psycopg.connect(server_url) as connection:
            sql = "SELECT datname FROM pg_database WHERE datname LIKE 'logictest%'"
            return [name for (name,) in connection.execute(sql)]

    before = databases()
    with places(server_url) as made:
        run = Run(module=SHIM, limit=30, places=made)
        memory = run.file("test_dbapi", lambda test: test.startswith("test_dbapi.ClosedConTests."))
        file = run.file(
            "test_transactions", one_of("test_transactions.TransactionTests.test_toggle_auto_commit")
        )
        assert {(outcome.status, outcome.reason) for outcome in (*memory, *file)} == {("passed", "")}
    assert databases() == before


def test_a_skip_counts_only_where_the_standard_module_is_skipped_too() -> None:
    test = "test_dbapi.X.test_y"
    skipped = Outcome(test=test, status="skipped", reason="no blobs")
    passed, failed = Outcome(test=test, status="passed"), Outcome(test=test, status="failed")
    assert report.judged(skipped, passed).status == "failed"
    assert report.judged(skipped, skipped) == skipped
    assert report.judged(failed, failed).status == "skipped"
    assert report.judged(None, passed).reason == "did not run"
