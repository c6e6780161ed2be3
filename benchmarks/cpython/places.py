"""The databases of a run: a fresh one for every `:memory:`, one for every file until its test ends.

Making one takes tens of milliseconds, so a thread keeps some ready, and drops the used ones. The
server is the one of `logictest.databases`, whose databases have SQLite's functions already.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from cpython.stand_in import MEMORY
from logictest.databases import Databases, databases

_READY = 6
_PATIENCE = 300.0


class Places:
    """URLs by place. One thread asks; another makes and drops the databases."""

    def __init__(self, server: Databases) -> None:
        self._server = server
        self._ready: queue.Queue[str | psycopg.Error] = queue.Queue(maxsize=_READY)
        self._used: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._files: dict[str, str] = {}
        self._given: list[str] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="makes databases", daemon=True)
        self._thread.start()

    def url(self, place: str) -> str:
        """The URL for ":memory:", new every time, or for a file's path.

        Raises psycopg.Error, and queue.Empty from a server that takes minutes.
        """
        if place in self._files:
            return self._files[place]
        made = self._ready.get(timeout=_PATIENCE)
        if isinstance(made, psycopg.Error):
            self._ready.put(made)
            raise made
        self._given.append(made)
        url = _uri(made)
        if place != MEMORY:
            self._files[place] = url
        return url

    def forget(self) -> None:
        """Ends all databases that were given; what is connected to them is disconnected."""
        for given in self._given:
            self._used.put(given)
        self._given, self._files = [], {}

    def close(self) -> None:
        """Ends the thread and every database. Raises psycopg.Error."""
        self._stopped.set()
        self._thread.join()
        self.forget()
        while not self._ready.empty():
            if isinstance(made := self._ready.get(), str):
                self._used.put(made)
        self._drop_used()

    def _serve(self) -> None:
        try:
            while not self._stopped.is_set():
                made = self._server.fresh()
                while not self._hand_over(made):
                    self._drop_used()
        except psycopg.Error as error:
            self._ready.put(error)

    def _hand_over(self, made: str) -> bool:
        """Whether `made` found a place among the ready ones, or will not be needed any more."""
        if self._stopped.is_set():
            self._used.put(made)
            return True
        try:
            self._ready.put(made, timeout=0.05)
        except queue.Full:
            return False
        return True

    def _drop_used(self) -> None:
        while not self._used.empty():
            self._server.drop(self._used.get())


@contextmanager
def places(url: str | None) -> Iterator[Places]:
    """Places on the server of that URL, whose user may make databases, or on a throwaway one."""
    with databases(url) as server:
        made = Places(server)
        try:
            yield made
        finally:
            made.close()


def _uri(conninfo: str) -> str:
    """A connection string in keyword form as a URI."""
    parameters = {key: str(value) for key, value in conninfo_to_dict(conninfo).items() if value is not None}
    name = quote(parameters.pop("dbname"), safe="")
    return f"postgresql:///{name}?{urlencode(parameters, quote_via=quote)}"
