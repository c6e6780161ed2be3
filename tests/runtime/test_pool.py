"""A pool under load, under failure and behind PgBouncer, on real servers."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest
from pool_servers import pgbouncer, restartable, wait_until

from outgrow.embedded.cluster import Cluster
from outgrow.errors import ConfigError
from outgrow.postgres.connect import connect
from outgrow.runtime.pool import backend
from outgrow.runtime.pool.pool import Pool, PoolTimeout, ServerRefuses, ServerUnreachable

SLOW = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1e8) SELECT max(n) FROM c"


@pytest.fixture
def made() -> Iterator[Callable[..., Pool]]:
    """Makes pools that are closed at the end."""
    pools: list[Pool] = []

    def make(url: str, **options: object) -> Pool:
        pools.append(Pool(url, **options))  # type: ignore[arg-type]
        return pools[-1]

    yield make
    for pool in pools:
        pool.close(timeout=0)


@pytest.fixture
def pool(database: str, made: Callable[..., Pool]) -> Pool:
    """A pool of up to three with a table `t`."""
    pool = made(database, max_size=3, timeout=30)
    with pool.connection() as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)")
    return pool


@pytest.fixture(scope="module")
def _cluster() -> Iterator[Cluster]:
    with restartable() as cluster:
        yield cluster


@pytest.fixture
def own_server(_cluster: Cluster) -> Cluster:
    """A server of these tests' own, running, which they may stop."""
    _cluster.start()
    return _cluster


def rows(pool: Pool, sql: str = "SELECT n FROM t ORDER BY id") -> list[object]:
    with pool.connection() as connection:
        return [row[0] for row in connection.execute(sql)]


def write(pool: Pool, sql: str, level: str | None = "") -> None:
    with pool.connection() as connection:
        connection.isolation_level = level
        connection.execute(sql)


# Lending.


def test_a_block_commits_at_its_end(pool: Pool) -> None:
    with pool.connection() as connection:
        connection.execute("INSERT INTO t (n) VALUES (?)", (1,))
        assert connection.in_transaction
    assert rows(pool) == [1]
    assert pool.held() == ()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit, SystemExit])
def test_a_block_that_fails_is_rolled_back(pool: Pool, error: type[BaseException]) -> None:
    def fail() -> None:
        with pool.connection() as connection:
            connection.execute("INSERT INTO t (n) VALUES (1)")
            raise error

    with pytest.raises(error):
        fail()
    assert rows(pool) == []
    assert pool.held() == ()


def test_what_is_open_is_rolled_back_when_a_connection_is_given_back(pool: Pool) -> None:
    connection = pool.getconn()
    connection.execute("INSERT INTO t (n) VALUES (1)")
    pool.putconn(connection)
    assert rows(pool) == []
    assert pool.held() == ()


def test_a_connection_can_be_given_back_twice_and_then_does_nothing(pool: Pool) -> None:
    connection = pool.getconn()
    pool.putconn(connection)
    pool.putconn(connection)
    connection.close()
    assert pool.stats().idle == pool.stats().size == 1
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_a_connection_of_another_pool_is_not_taken(
    pool: Pool, database: str, made: Callable[..., Pool]
) -> None:
    other = made(database)
    connection = other.getconn()
    with pytest.raises(sqlite3.ProgrammingError, match="not of this pool"):
        pool.putconn(connection)
    with (
        closing(sqlite3.connect(":memory:")) as standard,
        pytest.raises(sqlite3.ProgrammingError, match="not of this pool"),
    ):
        pool.putconn(standard)
    assert connection.execute("SELECT 1").fetchone() == (1,)
    other.putconn(connection)


def test_the_next_user_finds_nothing_of_the_last_one(database: str, made: Callable[..., Pool]) -> None:
    pool = made(database, max_size=1)
    with pool.connection() as connection:
        raw = connection.raw
        connection.row_factory = sqlite3.Row
        connection.isolation_level = None
        connection.execute("CREATE TEMP TABLE mine (a)")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
    with pool.connection() as connection:
        assert connection.raw is raw
        assert connection.row_factory is None
        assert connection.isolation_level == ""
        assert not connection.in_transaction
        assert connection.raw.execute("SHOW synchronous_commit").fetchone() == ("on",)
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            connection.execute("SELECT * FROM mine")


def test_schema_and_values_may_stand_in_the_url(database: str, made: Callable[..., Pool]) -> None:
    with made(f"{database}&schema=shop").connection() as connection:
        connection.execute("CREATE TABLE item (a)")
    with connect(database) as plain:
        assert plain.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'item'").fetchall() == [
            ("shop",)
        ]


def test_a_definition_of_another_is_known_at_the_next_check_out(pool: Pool, database: str) -> None:
    assert rows(pool) == []
    other = Pool(database)
    with other.connection() as connection:
        connection.execute("CREATE TABLE later (n)")
        connection.execute("INSERT INTO later VALUES ('7')")
    other.close()
    assert rows(pool, "SELECT n FROM later") == ["7"]


@pytest.mark.parametrize(
    "options",
    [{"min_size": 2, "max_size": 1}, {"min_size": -1}, {"max_size": 0}, {"timeout": -1},
     {"statement_timeout": 1e9}, {"max_idle": float("nan")}],
)  # fmt: skip
def test_numbers_that_cannot_be(database: str, options: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="give "):
        Pool(database, **options)  # type: ignore[arg-type]


# Shortage.


def test_a_request_waits_for_one_to_come_back(database: str, made: Callable[..., Pool]) -> None:
    pool = made(database, max_size=1)
    first = pool.getconn()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(rows, pool, "SELECT 1")
        wait_until(lambda: pool.stats().waiting == 1)
        first.close()
        assert waiting.result(60) == [1]


def test_a_request_that_waited_in_vain_is_told_who_has_what(database: str, made: Callable[..., Pool]) -> None:
    pool = made(database, max_size=2)
    with ThreadPoolExecutor(1, thread_name_prefix="greedy") as threads:
        first = threads.submit(pool.getconn).result()
        second = pool.getconn()
        with pytest.raises(PoolTimeout) as refused:
            pool.getconn(timeout=0.05)
        assert isinstance(refused.value, sqlite3.OperationalError)
        assert refused.value.sqlite_errorname == "SQLITE_BUSY"
        said = str(refused.value)
        assert said.startswith(
            "no connection became free within 0.05 s: 2 of 2 are out, the longest by greedy_0 at "
        )
        assert f"; this thread has one itself, taken at {__file__}:" in said
        assert said.endswith(": give connections back sooner, or let the pool be larger")
        by = [(held.holder, held.place.rpartition(":")[0]) for held in pool.held()]
        assert [holder for holder, _ in by] == ["greedy_0", threading.current_thread().name]
        assert by[1][1] == __file__
        first.close()
        second.close()
    assert rows(pool, "SELECT 1") == [1]


def test_a_server_without_a_connection_left_is_not_one_that_is_down(
    own_server: Cluster, made: Callable[..., Pool]
) -> None:
    with connect(own_server.url(), autocommit=True) as plain:
        plain.execute("ALTER SYSTEM SET max_connections = 6")
    own_server.stop()
    others = [psycopg.connect(own_server.start()) for _ in range(5)]
    try:
        pool = made(own_server.url(), max_size=2, timeout=60)
        with pool.connection(), pytest.raises(PoolTimeout) as refused:
            pool.getconn(timeout=2)
        assert type(refused.value) is PoolTimeout
        assert "1 of 2 are out, " in str(refused.value)
        assert "; no more can be made: " in str(refused.value)
        late = made(own_server.url(), timeout=2)
        with pytest.raises(PoolTimeout, match="too many clients") as refused:
            late.getconn()
        assert type(refused.value) is PoolTimeout
    finally:
        others[0].autocommit = True
        others[0].execute("ALTER SYSTEM RESET max_connections")
        for other in others:
            other.close()
        own_server.stop()


def test_no_more_than_so_many_wait(database: str, made: Callable[..., Pool]) -> None:
    pool = made(database, max_size=1, max_waiting=1)
    first = pool.getconn()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(rows, pool, "SELECT 1")
        wait_until(lambda: pool.stats().waiting == 1)
        with pytest.raises(PoolTimeout, match="1 requests wait for a connection already: 1 of 1 are out"):
            pool.getconn()
        first.close()
        assert waiting.result(60) == [1]


def test_a_connection_in_a_block_in_a_block_is_a_second_one(pool: Pool) -> None:
    with pool.connection() as outer:
        outer.execute("INSERT INTO t (n) VALUES (1)")
        with pool.connection() as inner:
            assert inner.raw is not outer.raw
            assert inner.execute("SELECT count(*) FROM t").fetchone() == (0,)
            inner.execute("INSERT INTO t (n) VALUES (2)")
    assert sorted(map(str, rows(pool))) == ["1", "2"]


def test_many_threads_lose_nothing(pool: Pool) -> None:
    with pool.connection() as connection:
        connection.execute("INSERT INTO t VALUES (1, 0)")

    def add() -> None:
        for _ in range(20):
            with pool.connection() as connection:
                connection.execute("UPDATE t SET n = n + 1 WHERE id = 1")

    with ThreadPoolExecutor(16) as threads:
        for done in [threads.submit(add) for _ in range(16)]:
            done.result(120)
    assert rows(pool) == [320]
    stats = pool.stats()
    assert (stats.out, stats.waiting, stats.failed, stats.leaked) == (0, 0, 0, 0)
    assert stats.size == stats.idle <= 3


# Leaks.


def test_a_connection_that_is_forgotten_comes_back(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    connection = pool.getconn()
    raw = connection.raw
    connection.execute("INSERT INTO t (n) VALUES (1)")
    del connection
    gc.collect()
    wait_until(lambda: not pool.held())
    assert pool.stats().leaked == 1
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage().startswith(
        f"a connection was never given back: {threading.current_thread().name} at {__file__}:"
    )
    assert rows(pool) == []
    with pool.connection() as connection:
        assert connection.raw is raw


def test_those_that_wait_get_what_was_forgotten(database: str, made: Callable[..., Pool]) -> None:
    pool = made(database, max_size=1)
    kept = [pool.getconn()]
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(rows, pool, "SELECT 1")
        wait_until(lambda: pool.stats().waiting == 1)
        kept.clear()
        gc.collect()
        assert waiting.result(60) == [1]


def test_a_forgotten_one_is_looked_for_before_a_request_fails(
    database: str, made: Callable[..., Pool]
) -> None:
    pool = made(database, max_size=1)
    gc.disable()
    try:
        pool.getconn().execute("SELECT 1")
        with pool.connection(timeout=0.05) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        gc.enable()
    assert pool.stats().leaked == 1


def test_a_connection_that_is_out_too_long_is_told_once(
    database: str, made: Callable[..., Pool], caplog: pytest.LogCaptureFixture
) -> None:
    pool = made(database, leak_after=0.04)
    with pool.connection():
        wait_until(lambda: caplog.records)
        threading.Event().wait(0.2)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"at {__file__}:" in record.getMessage()


# Servers that end and come back.


def test_a_connection_that_the_server_ended_is_not_handed_out(pool: Pool, database: str) -> None:
    with pool.connection() as connection:
        number = connection.raw.info.backend_pid
    with connect(database, autocommit=True) as plain:
        plain.execute("SELECT pg_terminate_backend(%s, 60000)", [number])
    with pool.connection() as connection:
        assert connection.raw.info.backend_pid != number
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert pool.stats().lost == 1


def test_requests_that_come_while_the_server_restarts_wait_for_it(
    own_server: Cluster, made: Callable[..., Pool]
) -> None:
    pool = made(own_server.url(), max_size=4, timeout=60)
    with ThreadPoolExecutor(8) as threads:
        connections = [pool.getconn() for _ in range(4)]
        for connection in connections:
            connection.close()
        own_server.stop(immediate=True)
        waiting = [threads.submit(rows, pool, "SELECT 1") for _ in range(8)]
        wait_until(lambda: pool.stats().waiting == 8)
        own_server.start()
        assert [done.result(60) for done in waiting] == [[1]] * 8
    assert pool.stats().failed == 0
    assert pool.held() == ()


def test_a_request_under_way_hears_of_it_and_the_next_one_works(
    own_server: Cluster, made: Callable[..., Pool]
) -> None:
    pool = made(own_server.url(), max_size=1, timeout=60)

    def cut_off() -> None:
        with pool.connection() as connection:
            connection.execute("CREATE TABLE lost (a)")
            own_server.stop(immediate=True)
            own_server.start()
            connection.execute("INSERT INTO lost VALUES (1)")

    with pytest.raises(sqlite3.OperationalError, match="the connection to PostgreSQL is lost"):
        cut_off()
    assert rows(pool, "SELECT count(*) FROM sqlite_master") == [1]


def test_a_server_that_is_down_is_told_and_found_again(
    own_server: Cluster, made: Callable[..., Pool]
) -> None:
    pool = made(own_server.url(), timeout=60)
    own_server.stop()
    with pytest.raises(ServerUnreachable) as refused:
        pool.getconn(timeout=1)
    assert refused.value.sqlite_errorname == "SQLITE_CANTOPEN"
    assert str(refused.value).startswith("no connection to PostgreSQL within 1 s: ")
    assert str(refused.value).endswith(": start the server, or mend the URL")
    own_server.start()
    assert rows(pool, "SELECT 1") == [1]
    own_server.stop()
    with pytest.raises(ServerUnreachable):
        pool.getconn(timeout=1)
    own_server.start()
    assert rows(pool, "SELECT 1") == [1]


@pytest.mark.parametrize("least", [0, 1, 2])
def test_a_server_that_comes_late_is_waited_for(
    own_server: Cluster, made: Callable[..., Pool], monkeypatch: pytest.MonkeyPatch, least: int
) -> None:
    monkeypatch.setattr(backend, "_RECONNECT_SECONDS", 0.05)  # psycopg_pool gives up again and again
    pool = made(own_server.url(), min_size=least, max_size=2, timeout=3600)
    own_server.stop()
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(rows, pool, "SELECT 1") for _ in range(2)]
        wait_until(lambda: pool.stats().connect_errors > 5)
        own_server.start()
        assert [done.result(60) for done in waiting] == [[1], [1]]


def test_what_lay_idle_is_asked_before_it_goes_out(
    own_server: Cluster, made: Callable[..., Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = made(own_server.url(), check_after=0.0, timeout=60)
    with pool.connection() as connection:
        silent = connection.raw.info.backend_pid
    with pool.connection() as connection:  # it answers, and is handed out again
        assert connection.raw.info.backend_pid == silent
    monkeypatch.setattr(backend, "_ANSWER_SECONDS", 0.1)
    os.kill(silent, signal.SIGSTOP)
    try:
        with pool.connection() as connection:
            assert connection.raw.info.backend_pid != silent
    finally:
        os.kill(silent, signal.SIGCONT)


@pytest.mark.parametrize("wrong", ["nobody@/postgres", "postgres@/nothing"])
def test_a_refusal_is_told_at_once(own_server: Cluster, made: Callable[..., Pool], wrong: str) -> None:
    url = own_server.url().replace("postgres@/postgres", wrong)
    pool = made(url, timeout=3600)
    for _ in range(2):
        with pytest.raises(ServerRefuses, match="cannot connect to PostgreSQL: ") as refused:
            pool.getconn()
        assert refused.value.sqlite_errorname == "SQLITE_CANTOPEN"
    if "nothing" in wrong:
        own_server.ensure_database("nothing")
        assert rows(pool, "SELECT 1") == [1]


# Sessions.


def test_timeouts_are_kept_by_the_server(database: str, made: Callable[..., Pool]) -> None:
    pool = made(database, statement_timeout=1, max_size=1)
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            rows(pool, SLOW)
        with pool.connection() as connection:
            connection.execute("PRAGMA synchronous = OFF")  # whose traces are wiped out afterwards


def test_a_transaction_that_idles_is_ended(database: str, made: Callable[..., Pool]) -> None:
    patient = made(database)
    with patient.connection() as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)")
    pool = made(database, idle_in_transaction_timeout=0.3)

    def idle() -> None:
        with pool.connection() as connection:
            connection.execute("INSERT INTO t (n) VALUES (1)")
            number = connection.raw.info.backend_pid
            with connect(database, autocommit=True) as plain:
                gone = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)"
                wait_until(lambda: plain.execute(gone, [number]).fetchone() == (True,))
            connection.execute("INSERT INTO t (n) VALUES (2)")

    with pytest.raises(sqlite3.OperationalError, match="lost"):
        idle()
    assert rows(patient) == []


def test_a_read_only_pool_only_reads(pool: Pool, database: str, made: Callable[..., Pool]) -> None:
    reader = made(database, read_only=True)
    assert rows(reader) == []
    for level in ("", None):
        with pytest.raises(sqlite3.OperationalError, match="write a readonly database") as refused:
            write(reader, "INSERT INTO t (n) VALUES (1)", level)
        assert refused.value.sqlite_errorname == "SQLITE_READONLY"


def test_options_of_the_url_stay(database: str, made: Callable[..., Pool]) -> None:
    pool = made(f"{database}&options=-c%20work_mem%3D5MB", statement_timeout=7)
    with pool.connection() as connection:
        settings = [
            connection.raw.execute(f"SHOW {name}".encode()).fetchone()
            for name in ("work_mem", "statement_timeout")
        ]
    assert settings == [("5MB",), ("7s",)]


# The end.


def test_close_waits_for_what_is_out(pool: Pool) -> None:
    connection = pool.getconn()
    raw = connection.raw
    with ThreadPoolExecutor(1) as threads:
        closing = threads.submit(pool.close, 60)
        wait_until(lambda: pool.closed)
        with pytest.raises(sqlite3.ProgrammingError, match="Cannot operate on a closed pool"):
            pool.getconn()
        connection.execute("INSERT INTO t (n) VALUES (1)")
        connection.commit()
        connection.close()
        assert closing.result(60) is True
    assert raw.closed


def test_close_tells_what_did_not_come_back(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    connection = pool.getconn()
    raw = connection.raw
    assert pool.close(timeout=0) is False
    assert "the pool is closed while connections are out: " in caplog.text
    assert __file__ in caplog.text
    assert connection.execute("SELECT 1").fetchone() == (1,)
    connection.close()
    assert raw.closed


def test_those_that_wait_hear_that_the_pool_closes(database: str, made: Callable[..., Pool]) -> None:
    pool = made(database, max_size=1)
    first = pool.getconn()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.getconn)
        wait_until(lambda: pool.stats().waiting == 1)
        pool.close(timeout=0)
        with pytest.raises(sqlite3.ProgrammingError, match="closed pool"):
            waiting.result(60)
    first.close()


def test_a_pool_that_was_never_used_opens_nothing(database: str) -> None:
    before = {thread.name for thread in threading.enumerate()}
    with Pool(database) as pool:
        assert pool.stats().size == 0
        assert {thread.name for thread in threading.enumerate()} == before
    with pytest.raises(sqlite3.ProgrammingError):
        pool.getconn()


# Processes.

_PROCESS = """
import gc, os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)
from outgrow.runtime.pool.pool import Pool
pool = Pool(sys.argv[1], max_size=2, timeout=30)
"""


def run(code: str, url: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _PROCESS + code, url],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def test_a_forked_child_has_connections_of_its_own(pool: Pool, database: str) -> None:
    said = run(
        """
mine = pool.getconn()
mine.execute("INSERT INTO t (n) VALUES (1)")
with pool.connection() as idle:
    first = idle.raw.info.backend_pid
child = os.fork()
if child == 0:
    assert pool.held() == ()
    with pool.connection() as other:
        assert other.raw.info.backend_pid not in (first, mine.raw.info.backend_pid)
        print(other.execute("SELECT count(*) FROM t").fetchone(), flush=True)
    try:
        mine.execute("INSERT INTO t (n) VALUES (2)")
    except Exception as error:
        print(type(error).__name__, flush=True)
    mine.close()
    del mine, idle
    gc.collect()
    pool.close()
    sys.exit(0)
print(os.waitpid(child, 0)[1], flush=True)
mine.execute("INSERT INTO t (n) VALUES (3)")
mine.commit()
mine.close()
with pool.connection() as again:
    print(again.raw.info.backend_pid, [n for n, in again.execute("SELECT n FROM t ORDER BY id")])
print(first, pool.close())
""",
        database,
    ).splitlines()
    assert said[:3] == ["(0,)", "OperationalError", "0"]
    number, _, found = said[3].partition(" ")
    assert found == "[1, 3]"
    assert said[4] == f"{number} True" or said[4].endswith(" True")


def test_a_process_may_end_without_closing(pool: Pool, database: str) -> None:
    code = "kept = pool.getconn()\nprint(kept.execute('SELECT count(*) FROM t').fetchone())"
    assert run(code, database) == "(0,)\n"


# Behind PgBouncer.


@pytest.mark.parametrize("ignore_options", [False, True])
def test_nothing_of_a_session_reaches_others_through_a_pooler(
    database: str, made: Callable[..., Pool], ignore_options: bool
) -> None:
    with pgbouncer(database, size=1, ignore_options=ignore_options) as url:
        writer = made(url, max_size=3)
        reader = made(url, max_size=3, read_only=True, statement_timeout=30)
        with writer.connection() as connection:
            connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)")
            assert connection.raw.pooler
        for n in range(10):
            with writer.connection() as connection:
                connection.execute("INSERT INTO t (n) VALUES (?)", (n,))
            assert len(rows(reader)) == n + 1
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                write(reader, "INSERT INTO t (n) VALUES (99)")
        with psycopg.connect(url, prepare_threshold=None) as plain:
            shown = [
                plain.execute(f"SHOW {name}".encode()).fetchone()
                for name in ("statement_timeout", "default_transaction_read_only", "lock_timeout")
            ]
            assert shown == [("0",), ("off",), ("0",)]
        assert rows(writer) == list(range(10))


def test_a_statement_outside_of_a_transaction_keeps_its_limits_behind_a_pooler(
    database: str, made: Callable[..., Pool]
) -> None:
    with pgbouncer(database) as url:
        pool = made(url, read_only=True, statement_timeout=1)
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            rows(pool, SLOW)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            write(pool, "CREATE TABLE u (a)", None)


def test_threads_through_a_pooler_share_fewer_connections(database: str, made: Callable[..., Pool]) -> None:
    with pgbouncer(database, size=2) as url:
        pool = made(url, max_size=8)
        with pool.connection() as connection:
            connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)")
            connection.execute("INSERT INTO t VALUES (1, 0)")

        def add() -> None:
            for _ in range(10):
                with pool.connection() as connection:
                    (n,) = connection.execute("SELECT n FROM t WHERE id = 1 AND n >= ?", (0,)).fetchone()
                    assert n >= 0
                    connection.execute("UPDATE t SET n = n + 1 WHERE id = 1")

        with ThreadPoolExecutor(8) as threads:
            for done in [threads.submit(add) for _ in range(8)]:
                done.result(120)
        assert rows(pool) == [80]


def test_a_direct_connection_is_not_taken_for_a_pooler(pool: Pool) -> None:
    with pool.connection() as connection:
        assert not connection.raw.pooler
