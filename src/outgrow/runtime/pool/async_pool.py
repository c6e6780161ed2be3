"""A pool for asyncio: each connection that is out has a thread, and the event loop waits for none of them.

The connections are those of `pool`; what is lent has the shape of aiosqlite's (`async_connection`). How
many tasks have one at a time is decided here, before a thread is needed, so that a thousand waiting tasks
cost no thread.
"""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from time import monotonic
from typing import Any, Self

from outgrow.runtime.pool import shortage
from outgrow.runtime.pool.async_connection import AsyncConnection
from outgrow.runtime.pool.async_worker import Worker
from outgrow.runtime.pool.checkout import Held, place_of_call
from outgrow.runtime.pool.pool import Pool, PooledConnection, PoolStats

_AFTER_SECONDS = 0.1
"""How long a turn takes to come after a forgotten connection was found."""


class AsyncPool:
    """Connections to one database, lent to the tasks of this process.

    `pool` is the URL, then `options` are those of `Pool`; or a Pool that threads use, too. Any event loop
    of the process may use it.
    """

    def __init__(self, pool: str | Pool, **options: Any) -> None:
        self.pool = Pool(pool, **options) if isinstance(pool, str) else pool
        self._turns: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
            weakref.WeakKeyDictionary()
        )
        self._idle: list[Worker] = []
        self._waiting = 0
        self._process = os.getpid()

    @asynccontextmanager
    async def connection(self, timeout: float | None = None) -> AsyncIterator[AsyncConnection]:
        """A connection for a block: commits at its end, rolls back when it ends with an exception.

        A cancelled task is such an exception, too: its statement ends on the server, and the connection is
        of use again. Raises as `Pool.getconn`.
        """
        connection = await self._lent(timeout, place_of_call())
        try:
            yield connection
        except BaseException:
            await connection.end(commit=False)
            raise
        else:
            await connection.end(commit=True)

    async def getconn(self, timeout: float | None = None) -> AsyncConnection:
        """A connection, until its `close` is awaited; what is open then is rolled back.

        Raises as `Pool.getconn`.
        """
        return await self._lent(timeout, place_of_call())

    async def _lent(self, timeout: float | None, place: str) -> AsyncConnection:
        wait = self.pool.timeout if timeout is None else timeout
        deadline = monotonic() + wait
        lease = await self._turn(wait)
        task = asyncio.current_task()
        holder = f"task {task.get_name()}" if task else "asyncio"
        lending = lease.worker.begin(
            lambda: self.pool.lend(max(deadline - monotonic(), 0.0), holder=holder, place=place)
        )
        try:
            connection = await asyncio.shield(lending)
        except asyncio.CancelledError:
            # The thread may have to wait for a server; what it gets in the end goes back at once.
            lending.add_done_callback(_give_back)
            lease.lost()
            raise
        except BaseException:
            lease.back()
            raise
        return AsyncConnection(connection, lease)

    async def _turn(self, wait: float) -> _Lease:
        """Waits until this task may have a connection."""
        loop = asyncio.get_running_loop()
        if self._process != os.getpid():  # the threads stayed with the parent
            self._process = os.getpid()
            self._idle.clear()
            self._turns.clear()
        turns = self._turns.get(loop)
        if turns is None:
            turns = self._turns[loop] = asyncio.Semaphore(self.pool.max_size)
        limit = self.pool.max_waiting
        if limit and turns.locked() and self._waiting >= limit:
            raise shortage.too_many(limit, self.pool.max_size, self.held())
        self._waiting += 1
        try:
            if not await _acquired(turns, wait) and not (
                await asyncio.to_thread(self.pool.find_forgotten) and await _acquired(turns, _AFTER_SECONDS)
            ):
                raise shortage.timed_out(wait, self.pool.max_size, self.held())
        finally:
            self._waiting -= 1
        return _Lease(self, loop, turns, self._idle.pop() if self._idle else Worker())

    def held(self) -> tuple[Held, ...]:
        """Who has a connection, since when and by which line of code; the longest first."""
        return self.pool.held()

    def stats(self) -> PoolStats:
        """The numbers of now; `waiting` counts tasks, too."""
        said = self.pool.stats()
        return replace(said, waiting=said.waiting + self._waiting)

    async def close(self, timeout: float = 10.0) -> bool:
        """As `Pool.close`, without holding up the event loop."""
        done = await asyncio.to_thread(self.pool.close, timeout)
        while self._idle:
            self._idle.pop().end()
        return done

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def keep(self, worker: Worker) -> None:
        """Keeps a thread for the next connection."""
        if self.pool.closed:
            worker.end()
        else:
            self._idle.append(worker)


class _Lease:
    """The turn of one task and its thread, until they go back."""

    def __init__(
        self, pool: AsyncPool, loop: asyncio.AbstractEventLoop, turns: asyncio.Semaphore, worker: Worker
    ) -> None:
        self._pool, self._loop, self._turns = pool, loop, turns
        self.worker = worker

    def back(self) -> None:
        """After a connection was closed."""
        self._pool.keep(self.worker)
        self._turns.release()

    def lost(self) -> None:
        """For one that nobody will close. Any thread may call, the garbage collector's among them."""
        self.worker.end()
        with suppress(RuntimeError):  # the loop may be closed by now
            self._loop.call_soon_threadsafe(self._turns.release)


async def _acquired(turns: asyncio.Semaphore, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await turns.acquire()
    except TimeoutError:
        return False
    return True


def _give_back(lending: asyncio.Future[PooledConnection]) -> None:
    if not lending.cancelled() and lending.exception() is None:
        worker = Worker()
        worker.begin(lending.result().close)
        worker.end()
