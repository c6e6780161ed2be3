"""The pool for asyncio: aiosqlite's shape, cancellation, and tasks that outnumber the connections."""

from __future__ import annotations

import asyncio
import gc
import logging
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from pool_servers import wait_until

from outgrow.postgres.connect import connect
from outgrow.runtime.pool.async_pool import AsyncPool
from outgrow.runtime.pool.pool import Pool, PoolTimeout

ENDLESS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c"
RUNS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'
  AND query LIKE '%RECURSIVE%'
"""


@pytest.fixture
def run(database: str) -> Callable[..., Any]:
    """Runs a test's coroutine with a pool of up to two and a table `t`."""

    def start(test: Callable[[AsyncPool], Coroutine[Any, Any, Any]], **options: Any) -> Any:
        async def main() -> Any:
            async with AsyncPool(database, **{"max_size": 2, **options}) as pool:
                async with pool.connection() as db:
                    await db.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, n INTEGER)")
                return await asyncio.wait_for(test(pool), 120)

        return asyncio.run(main())

    return start


async def numbers(pool: AsyncPool) -> list[int]:
    async with pool.connection() as db, db.execute("SELECT n FROM t ORDER BY id") as cursor:
        return [row[0] async for row in cursor]


async def running(database: str) -> None:
    """Waits until the endless statement runs."""

    def wait() -> None:
        with connect(database, autocommit=True) as plain:
            wait_until(lambda: plain.execute(RUNS).fetchone() == (1,))

    await asyncio.to_thread(wait)


def test_the_shape_of_aiosqlite(run: Callable[..., Any]) -> None:
    async def test(pool: AsyncPool) -> None:
        async with pool.connection() as db:
            cursor = await db.execute("INSERT INTO t (n) VALUES (?)", (1,))
            assert (cursor.lastrowid, cursor.rowcount, cursor.connection) == (1, 1, db)
            assert db.in_transaction
            await db.commit()
            assert not db.in_transaction
            await db.executemany("INSERT INTO t (n) VALUES (:n)", [{"n": n} for n in range(2, 200)])
            assert db.total_changes == 199
            assert await db.execute_insert("INSERT INTO t (n) VALUES (200)") == (200,)
            db.row_factory = sqlite3.Row
            async with db.execute("SELECT id, n FROM t ORDER BY id") as rows:
                first = await rows.fetchone()
                assert (first["n"], rows.description[0][0]) == (1, "id")
                assert [row["n"] for row in await rows.fetchmany(2)] == [2, 3]
                assert len(await rows.fetchmany()) == rows.arraysize == 1
                assert [row["n"] async for row in rows] == [*range(5, 201)]
                assert await rows.fetchone() is None
            db.row_factory = None
            assert await db.execute_fetchall("SELECT max(n) FROM t") == [(200,)]
            cursor = await db.cursor()
            await cursor.execute("SELECT count(*) FROM t")
            assert await cursor.fetchall() == [(200,)]
            await db.rollback()
            assert await db.execute_fetchall("SELECT n FROM t") == [(1,)]
            assert any([line.startswith("CREATE TABLE") async for line in db.iterdump()])
            said: list[str] = []
            await db.set_trace_callback(said.append)
            await db.executescript("INSERT INTO t (n) VALUES (5); DELETE FROM t WHERE n = 5;")
            assert any("DELETE" in sql for sql in said)
            assert await db.run(lambda connection: connection.isolation_level) == db.isolation_level == ""

    run(test)


@pytest.mark.parametrize("error", [ValueError, None])
def test_a_block_commits_or_rolls_back(run: Callable[..., Any], error: type[Exception] | None) -> None:
    async def test(pool: AsyncPool) -> list[int]:
        try:
            async with pool.connection() as db:
                await db.execute("INSERT INTO t (n) VALUES (1)")
                if error:
                    raise error
        except ValueError:
            pass
        return await numbers(pool)

    assert run(test) == ([] if error else [1])


def test_errors_are_those_of_sqlite3(run: Callable[..., Any]) -> None:
    async def test(pool: AsyncPool) -> None:
        async with pool.connection() as db:
            await db.execute("INSERT INTO t VALUES (1, 1)")
            with pytest.raises(sqlite3.IntegrityError, match=r"UNIQUE constraint failed: t\.id"):
                await db.execute("INSERT INTO t VALUES (1, 2)")
            with pytest.raises(sqlite3.OperationalError, match="no such table"):
                await db.execute("SELECT * FROM missing")

    run(test)


def test_a_connection_can_be_closed_twice_and_then_does_nothing(run: Callable[..., Any]) -> None:
    async def test(pool: AsyncPool) -> None:
        db = await pool.getconn()
        await db.execute("INSERT INTO t (n) VALUES (1)")
        await db.close()
        await db.close()
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            await db.execute("SELECT 1")
        assert await numbers(pool) == []

    run(test)


def test_a_cancelled_statement_ends_and_its_connection_is_of_use(
    run: Callable[..., Any], database: str
) -> None:
    async def test(pool: AsyncPool) -> None:
        async with pool.connection() as db:
            await db.execute("INSERT INTO t (n) VALUES (1)")
            endless = asyncio.ensure_future(db.execute_fetchall(ENDLESS))
            await running(database)
            endless.cancel()
            with pytest.raises(asyncio.CancelledError):
                await endless
            assert await db.execute_fetchall("SELECT n FROM t") == [(1,)]
            assert db.in_transaction
        assert await numbers(pool) == [1]

    run(test)


def test_a_cancelled_task_gives_its_connection_back(run: Callable[..., Any], database: str) -> None:
    async def test(pool: AsyncPool) -> None:
        async def work() -> None:
            async with pool.connection() as db:
                await db.execute("INSERT INTO t (n) VALUES (1)")
                await db.execute(ENDLESS)

        task = asyncio.create_task(work())
        await running(database)
        task.cancel()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert pool.held() == ()
        assert await numbers(pool) == []
        assert pool.stats().lost == 0

    run(test)


def test_a_timeout_is_a_cancellation(run: Callable[..., Any]) -> None:
    async def test(pool: AsyncPool) -> None:
        async with pool.connection() as db:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await db.execute(ENDLESS)
            assert await db.execute_fetchall("SELECT 1") == [(1,)]

    run(test)


def test_a_call_that_waits_for_another_is_left_out_when_cancelled(
    run: Callable[..., Any], database: str
) -> None:
    async def test(pool: AsyncPool) -> None:
        async with pool.connection() as db:
            endless = asyncio.ensure_future(db.execute_fetchall(ENDLESS))
            await running(database)
            waiting = asyncio.ensure_future(db.execute_insert("INSERT INTO t (n) VALUES (1)"))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert not endless.done()  # it is not the one that was cancelled
            await db.interrupt()
            with pytest.raises(sqlite3.OperationalError, match="interrupted"):
                await endless
        assert await numbers(pool) == []

    run(test)


def test_a_commit_that_is_cancelled_is_done(run: Callable[..., Any]) -> None:
    async def test(pool: AsyncPool) -> None:
        async def work() -> None:
            async with pool.connection() as db:
                await db.execute("INSERT INTO t (n) VALUES (1)")
                asyncio.get_running_loop().call_soon(task.cancel)

        task = asyncio.create_task(work())
        with pytest.raises(asyncio.CancelledError):
            await task
        assert pool.held() == ()
        assert await numbers(pool) == [1]

    run(test)


def test_many_tasks_share_few_connections_and_threads(run: Callable[..., Any]) -> None:
    async def test(pool: AsyncPool) -> None:
        async with pool.connection() as db:
            await db.execute("INSERT INTO t VALUES (1, 0)")
        threads = 0

        async def add() -> None:
            nonlocal threads
            async with pool.connection() as db:
                await db.execute("UPDATE t SET n = n + 1 WHERE id = 1")
                names = [thread.name for thread in threading.enumerate()]
                threads = max(threads, names.count("outgrow-async"))

        await asyncio.gather(*(add() for _ in range(200)))
        assert await numbers(pool) == [200]
        assert threads <= 2
        assert (pool.stats().leaked, pool.stats().failed, pool.stats().waiting) == (0, 0, 0)

    run(test)


def test_a_task_that_waits_in_vain_is_told_who_has_what(run: Callable[..., Any]) -> None:
    async def test(pool: AsyncPool) -> None:
        async with pool.connection():
            with pytest.raises(PoolTimeout) as refused:
                await pool.getconn(timeout=0.05)
            said = str(refused.value)
            assert said.startswith(
                "no connection became free within 0.05 s: 1 of 1 are out, the longest by task "
            )
            assert f" at {__file__}:" in said
        assert await numbers(pool) == []

    run(test, max_size=1)


def test_no_more_than_so_many_wait(run: Callable[..., Any]) -> None:
    async def test(pool: AsyncPool) -> None:
        async with pool.connection():
            waiting = asyncio.create_task(numbers(pool))
            while pool.stats().waiting == 0:
                await asyncio.sleep(0)
            with pytest.raises(PoolTimeout, match="1 requests wait for a connection already"):
                await pool.getconn()
        assert await waiting == []

    run(test, max_size=1, max_waiting=1)


def test_a_task_that_is_cancelled_while_it_waits_leaves_its_place(run: Callable[..., Any]) -> None:
    async def test(pool: AsyncPool) -> None:
        async with pool.connection():
            waiting = asyncio.create_task(numbers(pool))
            while pool.stats().waiting == 0:
                await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert await numbers(pool) == []
        assert pool.stats().waiting == 0

    run(test, max_size=1)


def test_what_a_cancelled_task_would_have_got_goes_back(database: str) -> None:
    async def main() -> None:
        # threads have all connections, so that the task's own thread waits
        shared = Pool(database, max_size=1)
        taken = await asyncio.to_thread(shared.getconn)
        pool = AsyncPool(shared)
        waiting = asyncio.create_task(pool.getconn())
        while pool.pool.stats().waiting == 0:
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        taken.close()
        async with pool.connection() as db:
            assert await db.execute_fetchall("SELECT 1") == [(1,)]
        assert await pool.close()
        assert shared.stats().leaked == 0

    asyncio.run(main())


@pytest.mark.parametrize("collected", [True, False])
def test_a_connection_that_is_forgotten_comes_back(
    run: Callable[..., Any], collected: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(pool: AsyncPool) -> None:
        db = await pool.getconn()
        await db.execute("INSERT INTO t (n) VALUES (1)")
        del db
        if collected:
            await asyncio.sleep(0.1)  # until the thread has let go of the last call, too
            gc.collect()
        # the only one; before a request fails for want of it, it is looked for
        async with pool.connection(0.2 if not collected else None) as db:
            assert await db.execute_fetchall("SELECT n FROM t") == []

    run(test, max_size=1)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "a connection was never given back: task " in record.getMessage()
    assert f" at {__file__}:" in record.getMessage()


def test_any_loop_may_use_a_pool(database: str) -> None:
    pool = AsyncPool(database, max_size=1)

    async def one() -> list[Any]:
        async with pool.connection() as db:
            return await db.execute_fetchall("SELECT 1")

    assert [asyncio.run(one()), asyncio.run(one())] == [[(1,)]] * 2
    assert asyncio.run(pool.close())


def test_close_waits_for_what_is_out(database: str) -> None:
    async def main() -> None:
        pool = AsyncPool(database)
        db = await pool.getconn()
        closing = asyncio.create_task(pool.close(60))
        while not pool.pool.closed:
            await asyncio.sleep(0.01)
        with pytest.raises(sqlite3.ProgrammingError, match="closed pool"):
            await pool.getconn()
        assert await db.execute_fetchall("SELECT 1") == [(1,)]
        await db.close()
        assert await closing is True

    asyncio.run(main())
