"""Threads for work that waits in C: a pool that stops at the first error and at Ctrl-C."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import count
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")
_END = object()


class Crew:
    """Up to `jobs` tasks at a time, lowest rank first and then in the order given.

    Tasks may give further tasks. `run` returns when all are done. The first exception stops what has
    not begun and is raised once the running tasks have ended; `on_stop` is called before that wait, to
    cut them short.
    """

    def __init__(self, jobs: int, on_stop: Callable[[], None] = lambda: None) -> None:
        self._on_stop = on_stop
        self._pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="outgrow")
        self._queue: queue.PriorityQueue[tuple[int, int, Callable[[], object]]] = queue.PriorityQueue()
        self._given = count()
        self._waiting: set[Future[Any]] = set()
        self._lock = threading.Lock()
        self.stopping = threading.Event()

    def give(self, task: Callable[[], object], rank: int = 0) -> None:
        """Queues a task; may be called from a running task."""
        with self._lock:
            if not self.stopping.is_set():
                self._queue.put((rank, next(self._given), task))
                self._waiting.add(self._pool.submit(self._next))

    def _next(self) -> None:
        if self.stopping.is_set():  # before the pool has heard of it
            return
        _, _, task = self._queue.get_nowait()
        task()

    def run(self, tasks: Iterable[Callable[[], object]] = ()) -> None:
        """Queues the tasks and waits until nothing is left."""
        for task in tasks:
            self.give(task)
        try:
            while True:
                with self._lock:
                    pending = set(self._waiting)
                if not pending:
                    return
                done, _ = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
                with self._lock:
                    self._waiting -= done
                for future in done:
                    future.result()
        except BaseException:
            self.stopping.set()
            self._on_stop()
            self._pool.shutdown(wait=True, cancel_futures=True)
            raise

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)


class ReadAhead(Generic[_T]):
    """An iterator whose items a thread of its own makes, at most `depth` ahead; `close` stops it."""

    def __init__(self, items: Iterator[_T], depth: int = 2) -> None:
        self._items = items
        self._queue: queue.Queue[object] = queue.Queue(depth)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._fill, name="outgrow-read", daemon=True)
        self._thread.start()

    def _fill(self) -> None:
        last: object = _END
        try:
            for item in self._items:
                if not self._put(item):
                    break
        except BaseException as error:
            last = error
        finally:
            close = getattr(self._items, "close", None)
            if close is not None:
                close()
        self._put(last)

    def _put(self, item: object) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def __iter__(self) -> Iterator[_T]:
        while True:
            item = self._queue.get()
            if item is _END:
                return
            if isinstance(item, BaseException):
                raise item
            yield item  # type: ignore[misc]

    def close(self) -> None:
        """Stops the thread and waits for it."""
        self._stop.set()
        self._thread.join()

    def __enter__(self) -> ReadAhead[_T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
