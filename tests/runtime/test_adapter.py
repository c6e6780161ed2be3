"""One interface on both databases, settings that are read at first use, and a fallback that is loud."""

from __future__ import annotations

import gc
import logging
import re
import sqlite3
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pool_servers import restartable, wait_until

from outgrow.embedded.cluster import Cluster
from outgrow.errors import ConfigError
from outgrow.runtime.adapter import (
    ConfiguredAdapter,
    DatabaseAdapter,
    FallbackAdapter,
    FallbackWarning,
    PostgreSQLAdapter,
    SQLiteAdapter,
    create_adapter,
    get_adapter,
    reset_adapter,
)
from outgrow.runtime.pool.pool import PoolTimeout, ServerRefuses, ServerUnreachable
from outgrow.runtime.settings import Settings

SETTINGS = ("DB_TYPE", "DATABASE_TYPE", "STORAGE_BACKEND", "DATABASE_URL", "POSTGRES_HOST", "SQLITE_PATH")


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An application's directory, and an environment without settings."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "app").mkdir()
    (tmp_path / ".env").write_text("")  # so that none of the machine's is found
    monkeypatch.chdir(tmp_path / "app")
    return tmp_path / "app"


@pytest.fixture(params=["file", "memory", "postgresql"])
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseAdapter]:
    """An adapter of each kind, with a table `t`."""
    made: DatabaseAdapter
    if request.param == "postgresql":
        made = PostgreSQLAdapter(request.getfixturevalue("database"), max_size=3)
    else:
        made = SQLiteAdapter(tmp_path / "app.db" if request.param == "file" else ":memory:", timeout=0.1)
    with made:
        with made.get_connection() as connection:
            connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, made TEXT)")
        yield made


def rows(adapter: DatabaseAdapter) -> list[int]:
    with adapter.get_connection() as connection:
        return [row[0] for row in connection.execute("SELECT n FROM t ORDER BY id")]


# Both databases alike.


def test_a_block_commits_at_its_end(adapter: DatabaseAdapter) -> None:
    with adapter.get_connection() as connection:
        assert isinstance(connection, sqlite3.Connection)
        connection.execute(f"INSERT INTO t (n) VALUES ({adapter.placeholder()})", (1,))
    assert rows(adapter) == [1]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_block_that_fails_is_rolled_back(adapter: DatabaseAdapter, error: type[BaseException]) -> None:
    def fail() -> None:
        with adapter.get_connection() as connection:
            connection.execute("INSERT INTO t (n) VALUES (1)")
            raise error

    with pytest.raises(error):
        fail()
    assert rows(adapter) == []


def test_the_present_is_utc_as_text(adapter: DatabaseAdapter) -> None:
    with adapter.get_connection() as connection:
        connection.execute(f"INSERT INTO t (made) VALUES ({adapter.now_function()})")
        (said,) = connection.execute("SELECT made FROM t").fetchone()
        (same,) = connection.execute(f"SELECT made <= {adapter.now_function()} FROM t").fetchone()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", said)
    assert same == 1


def test_a_block_in_a_block_has_a_connection_of_its_own(adapter: DatabaseAdapter) -> None:
    with adapter.get_connection() as outer:
        outer.execute("SELECT 1")
        with adapter.get_connection() as inner:
            assert inner is not outer
            inner.execute("INSERT INTO t (n) VALUES (1)")
        assert outer.execute("SELECT n FROM t").fetchall() == [(1,)]
    assert rows(adapter) == [1]


def test_a_block_may_end_in_another_thread(adapter: DatabaseAdapter) -> None:
    block = adapter.get_connection()
    with ThreadPoolExecutor(1) as threads:
        connection = threads.submit(block.__enter__).result()
        connection.execute("INSERT INTO t (n) VALUES (1)")
        threads.submit(block.__exit__, None, None, None).result()
    assert rows(adapter) == [1]


def test_threads_share_an_adapter(adapter: DatabaseAdapter) -> None:
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _: rows(adapter), range(20))) == [[]] * 20


def test_a_closed_adapter_lends_nothing(adapter: DatabaseAdapter) -> None:
    adapter.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"), adapter.get_connection():
        pass
    assert adapter.health_check().ok is False if adapter.get_db_type() == "postgresql" else True


def test_every_connection_is_configured(tmp_path: Path, database: str) -> None:
    def by_name(connection: sqlite3.Connection) -> None:
        connection.row_factory = sqlite3.Row

    for made in (SQLiteAdapter(tmp_path / "a.db", configure=by_name),
                 PostgreSQLAdapter(database, configure=by_name)):  # fmt: skip
        with made, made.get_connection() as connection:
            row = connection.execute("SELECT 1 AS one").fetchone()
            assert (row["one"], row[0], row["ONE"]) == (1, 1, 1)


def test_a_healthy_database_says_what_it_is(adapter: DatabaseAdapter) -> None:
    health = adapter.health_check()
    assert health.ok
    assert health.db_type == adapter.get_db_type()
    assert health.latency is not None
    assert health.latency > 0
    wanted = {
        "sqlite": r"SQLite file .* with 1 objects",
        "postgresql": r"PostgreSQL \d.*, database outgrow_.* 0 of 3 .*",
    }
    assert re.fullmatch(wanted[health.db_type], health.detail)


def test_a_sick_database_says_why(tmp_path: Path, own_server: Cluster) -> None:
    missing = SQLiteAdapter(tmp_path / "no.db").health_check()
    assert (missing.ok, missing.latency) == (False, None)
    assert (
        missing.detail == f"the SQLite file {tmp_path / 'no.db'} is not there: the first connection makes it"
    )
    assert not (tmp_path / "no.db").exists()
    (tmp_path / "bad.db").write_bytes(b"no database" * 1000)
    assert (
        SQLiteAdapter(tmp_path / "bad.db")
        .health_check()
        .detail.endswith("cannot be read: file is not a database")
    )
    own_server.stop()
    with PostgreSQLAdapter(own_server.url(), timeout=1) as adapter:
        health = adapter.health_check()
    assert (health.ok, health.db_type, health.latency) == (False, "postgresql", None)
    assert health.detail.startswith("no connection to PostgreSQL within 1 s: ")


def test_sqlite_makes_its_file_unless_told(tmp_path: Path) -> None:
    for mode in ("rw", "ro"):
        adapter = SQLiteAdapter(tmp_path / "app.db", mode=mode)
        with pytest.raises(sqlite3.OperationalError, match="unable to open"), adapter.get_connection() as c:
            c.execute("SELECT 1 FROM sqlite_master")
    assert not (tmp_path / "app.db").exists()
    with SQLiteAdapter(tmp_path / "app.db").get_connection() as connection:
        connection.execute("CREATE TABLE t (n)")
    with SQLiteAdapter(f"file:{tmp_path / 'app.db'}?mode=ro").get_connection() as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


@pytest.mark.parametrize("name", ["with space.db", "100%.db", "a?b#c.db", "ü.db"])
def test_any_file_name_will_do(name: str, tmp_path: Path) -> None:
    with SQLiteAdapter(tmp_path / name).get_connection() as connection:
        connection.execute("CREATE TABLE t (n)")
    assert [path.name for path in tmp_path.iterdir()] == [name]


# Settings.


def test_an_adapter_made_before_the_settings_are_loaded_takes_them(directory: Path, database: str) -> None:
    adapter = create_adapter()
    with pytest.raises(ConfigError, match="nothing says which database"):
        adapter.get_db_type()
    (directory / ".env").write_text(f"DATABASE_URL={database}\n")
    assert adapter.get_db_type() == "postgresql"
    with adapter, adapter.get_connection() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_change_counts_after_a_reset(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = ConfiguredAdapter()
    monkeypatch.setenv("DATABASE_URL", "sqlite:///first.db")
    assert adapter.settings.path == "first.db"
    monkeypatch.setenv("DATABASE_URL", "sqlite:///second.db")
    assert adapter.settings.path == "first.db"
    adapter.reset()
    assert adapter.settings.path == "second.db"
    assert adapter.settings.said_by == "DATABASE_URL in the environment"
    assert isinstance(adapter.adapter, SQLiteAdapter)
    adapter.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        adapter.get_db_type()


def test_contradictions_reach_whoever_asks(directory: Path) -> None:
    adapter = create_adapter(environ={"DB_TYPE": "sqlite", "DATABASE_URL": "postgresql://h/d"})
    for use in (adapter.get_connection, adapter.get_db_type, adapter.health_check):
        with pytest.raises(ConfigError, match="DB_TYPE in the environment says sqlite"):
            use()


def test_settings_decide_sizes_and_arguments_overrule(database: str) -> None:
    settings = Settings(kind="postgresql", url=database, pool_min=0, pool_max=2, timeout=60)
    adapter = create_adapter(settings, statement_timeout=9, max_size=1)
    assert isinstance(adapter, PostgreSQLAdapter)
    with adapter, adapter.get_connection() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        adapter.pool.timeout = 0.05
        with pytest.raises(PoolTimeout, match=r"within 0\.05 s: 1 of 1 are out"), adapter.get_connection():
            pass


def test_there_is_one_adapter_for_all(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert len({id(made) for made in threads.map(lambda _: get_adapter(), range(50))}) == 1
    monkeypatch.setenv("DATABASE_URL", "sqlite:///one.db")
    reset_adapter()
    assert get_adapter().settings.path == "one.db"
    monkeypatch.setenv("DATABASE_URL", "sqlite:///two.db")
    reset_adapter()
    assert get_adapter().settings.path == "two.db"
    reset_adapter()


# The fallback.


@pytest.fixture(scope="module")
def _cluster() -> Iterator[Cluster]:
    with restartable() as cluster:
        yield cluster


@pytest.fixture
def own_server(_cluster: Cluster) -> Cluster:
    """A server of these tests' own, running, which they may stop."""
    _cluster.start()
    return _cluster


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A SQLite file that may stand in."""
    path = tmp_path / "old.db"
    with SQLiteAdapter(path).get_connection() as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)")
        connection.execute("INSERT INTO t VALUES (1, 10)")
    return path


@pytest.fixture
def falling(own_server: Cluster, file: Path) -> Iterator[Callable[..., FallbackAdapter]]:
    """Makes an adapter of the server with that file behind it; the server has the table, too."""
    made: list[FallbackAdapter] = []

    def make(mode: str = "read-only", path: Path = file) -> FallbackAdapter:
        settings = Settings(
            kind="postgresql", url=own_server.url(), timeout=1, fallback=mode, fallback_path=str(path)
        )
        adapter = create_adapter(settings)
        assert isinstance(adapter, FallbackAdapter)
        adapter.probe_every = 0.05
        adapter.primary.pool.timeout = 60
        with adapter.get_connection() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, n INTEGER)")
            connection.execute("INSERT OR REPLACE INTO t VALUES (1, 20)")
        adapter.primary.pool.timeout = 1
        made.append(adapter)
        return adapter

    yield make
    for adapter in made:
        adapter.close()


def critical(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.CRITICAL]


def test_a_fallback_is_loud_read_only_and_ends(
    own_server: Cluster, falling: Callable[..., FallbackAdapter], file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    adapter = falling()
    assert (adapter.fallen_back, adapter.get_db_type(), rows(adapter)) == (None, "postgresql", [20])
    own_server.stop()
    with pytest.warns(FallbackWarning, match="PostgreSQL does not answer") as warned:
        assert rows(adapter) == [10]
    assert warned[0].filename == __file__
    assert adapter.get_db_type() == "sqlite"
    fallen = adapter.fallen_back
    assert fallen is not None
    assert (fallen.path, fallen.mode) == (str(file), "read-only")
    assert fallen.reason.startswith("no connection to PostgreSQL within 1 s: ")
    assert fallen.since.tzinfo is not None
    (said,) = critical(caplog)
    assert said == f"PostgreSQL does not answer; the application now works {fallen}"
    health = adapter.health_check()
    assert (health.ok, health.db_type, health.detail) == (False, "sqlite", f"fallen back, {fallen}")
    with (
        pytest.raises(sqlite3.OperationalError, match="attempt to write a readonly database"),
        adapter.get_connection() as connection,
    ):
        connection.execute("INSERT INTO t VALUES (2, 11)")
    own_server.start()
    wait_until(lambda: adapter.fallen_back is None)
    wait_until(lambda: len(critical(caplog)) == 2)
    assert critical(caplog)[1] == "PostgreSQL answers again, and is in use"
    assert (adapter.get_db_type(), rows(adapter), adapter.health_check().ok) == ("postgresql", [20], True)


def test_a_fallback_that_may_write_tells_what_stays_behind(
    own_server: Cluster, falling: Callable[..., FallbackAdapter], file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    adapter = falling("read-write")
    own_server.stop()
    with pytest.warns(FallbackWarning, match="read-write"), adapter.get_connection() as connection:
        connection.execute("INSERT INTO t VALUES (2, 11)")
    assert rows(adapter) == [10, 11]
    own_server.start()
    wait_until(lambda: len(critical(caplog)) == 2)
    assert critical(caplog)[1] == (
        f"PostgreSQL answers again, and is in use; what was written to {file} meanwhile is not in it"
    )
    assert rows(adapter) == [20]


def test_a_fallback_makes_no_file(
    own_server: Cluster, falling: Callable[..., FallbackAdapter], tmp_path: Path
) -> None:
    for mode in ("read-only", "read-write"):
        adapter = falling(mode, tmp_path / "none.db")
        own_server.stop()
        with pytest.raises(ServerUnreachable, match=r"none\.db is not there"):
            rows(adapter)
        assert adapter.fallen_back is None
        assert not (tmp_path / "none.db").exists()
        own_server.start()
    with pytest.raises(ValueError, match="must not make its file"):
        FallbackAdapter(adapter.primary, SQLiteAdapter("x.db"))


def test_only_a_server_that_does_not_answer_makes_it_fall_back(
    own_server: Cluster, falling: Callable[..., FallbackAdapter], file: Path
) -> None:
    refused = create_adapter(
        Settings(
            kind="postgresql", url=own_server.url("nothing"), timeout=60, fallback="read-only",
            fallback_path=str(file),
        )
    )  # fmt: skip
    with pytest.raises(ServerRefuses):
        rows(refused)
    adapter = falling()
    with adapter.get_connection() as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO t VALUES (1, 1)")
    held = [adapter.primary.pool.getconn(60) for _ in range(10)]
    with pytest.raises(PoolTimeout, match="10 of 10 are out"):
        rows(adapter)
    for connection in held:
        connection.close()
    assert adapter.fallen_back is None
    refused.close()


def test_without_being_asked_for_nothing_falls_back(own_server: Cluster, file: Path) -> None:
    with create_adapter(Settings(kind="postgresql", url=own_server.url(), timeout=1)) as adapter:
        own_server.stop()
        with pytest.raises(ServerUnreachable):
            rows(adapter)


def test_the_probe_keeps_no_adapter_alive(
    own_server: Cluster, falling: Callable[..., FallbackAdapter]
) -> None:
    adapter = falling()
    own_server.stop()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        rows(adapter)
    adapter.close()
    del adapter
    gc.collect()
    wait_until(lambda: "outgrow-fallback-probe" not in [thread.name for thread in threading.enumerate()])
