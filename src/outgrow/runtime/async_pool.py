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
from time import monotonic
from typing import Any, Self

from outgrow.runtime import shortage
from outgrow.runtime.async_connection import AsyncConnection
from outgrow.runtime.async_worker import Worker
from outgrow.runtime.checkout import Held, place_of_call
from outgrow.runtime.pool import Pool, PoolStats


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
        """A connection, until its `close` is awaited; what is open then is rolled back. Raises as `Pool.getconn`."""
        return await self._lent(timeout, place_of_call())

    async def _lent(self, timeout: float | None, place: str) -> AsyncConnection:
        wait = self.pool.timeout if timeout is None else timeout
        deadline = monotonic() + wait
        loop = asyncio.get_running_loop()
        turns = self._turns_of(loop)
        await self._turn(turns, wait)
        worker = self._idle.pop() if self._idle else Worker()
        task = asyncio.current_task()
        holder = f"task {task.get_name()}" if task else "asyncio"
