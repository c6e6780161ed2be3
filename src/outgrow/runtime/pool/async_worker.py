"""A thread that runs blocking calls for coroutines, one after the other, and ends those that are cancelled.

`async_pool` gives each connection that is out such a thread. A coroutine that is cancelled does not go on
before its call is over: whoever came next would find the connection in the middle of something.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_AGAIN_SECONDS = 0.1
"""How long a call has to end after it was told to stop, before it is told again: its statement may not
have begun the first time."""


class _Call(Generic[T]):
    """One call on its way to a thread, with the future of what it returns."""

    def __init__(self, act: Callable[[], T]) -> None:
        self._act = act
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._begun = self._over = self._dropped = False
        self.done: asyncio.Future[T] = self._loop.create_future()

    def run(self) -> None:
        """Runs it in this thread, unless it was dropped before."""
        with self._lock:
            if self._dropped:
                return
            self._begun = True
        result: T | None = None
        error: BaseException | None = None
        try:
            result = self._act()
        except BaseException as raised:
            error = raised
        with self._lock:  # from now on nobody stops what may run next here
            self._over = True
        with suppress(RuntimeError):  # the loop may be closed by now
            self._loop.call_soon_threadsafe(self._tell, result, error)

    def _tell(self, result: Any, error: BaseException | None) -> None:
        if error is not None:
            self.done.set_exception(error)
        else:
            self.done.set_result(result)

    def drop(self) -> bool:
        """Whether it had not begun, and so never will."""
        with self._lock:
            self._dropped = not self._begun
        return self._dropped

    def stop(self, how: Callable[[], None]) -> None:
        """Calls `how` while it runs, which makes it end."""
        with self._lock:
            if not self._over:
                with suppress(
                    Exception
                ):  # a server that is gone cannot be told; the call hears of that itself
                    how()


class Worker:
    """One thread. It ends with `end`, or with the process."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[_Call[Any] | None] = queue.SimpleQueue()
        threading.Thread(target=_work, args=(self._calls,), name="outgrow-async", daemon=True).start()

    async def run(
        self, act: Callable[[], T], *, stop: Callable[[], None] | None = None, always: bool = False
    ) -> T:
        """What `act` returns or raises.

        When the caller is cancelled, an `act` that waits for others is left out, unless it is `always` to be
        done; one that runs is told to `stop`, from another thread and until it does, and waited for.
        """
        call = _Call(act)
        self._calls.put(call)
        try:
            return await asyncio.shield(call.done)
        except asyncio.CancelledError:
            if always or not call.drop():
                await _to_the_end(asyncio.ensure_future(_over(call, stop)))
            raise

    def begin(self, act: Callable[[], T]) -> asyncio.Future[T]:
        """As `run`, without waiting."""
        call = _Call(act)
        self._calls.put(call)
        return call.done

    def end(self) -> None:
        """Ends the thread after the calls that wait."""
        self._calls.put(None)


def _work(calls: queue.SimpleQueue[_Call[Any] | None]) -> None:
    while (call := calls.get()) is not None:
        call.run()
        del call  # and with it what it would keep alive while this thread waits


async def _over(call: _Call[Any], stop: Callable[[], None] | None) -> None:
    """Waits for the end of a call, telling it to stop until it does."""
    loop = asyncio.get_running_loop()
    while stop is not None and not call.done.done():
        await loop.run_in_executor(None, call.stop, stop)
        await asyncio.wait([call.done], timeout=_AGAIN_SECONDS)
    await asyncio.wait([call.done])
    call.done.exception()  # else it would be reported as one that nobody asked for


async def _to_the_end(task: asyncio.Task[None]) -> None:
    """Waits for `task` however often the waiting is cancelled."""
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task])
