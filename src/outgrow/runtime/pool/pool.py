"""A pool of connections for the threads of an application, each of which speaks SQLite's SQL.

psycopg_pool keeps the connections; here they are examined when they go out, written down while they are
out, and handed out as what `connection` makes of them. `adapter` opens a pool from settings, `async_pool`
lends its connections to asyncio. Nothing is opened before the first connection is asked for.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from time import monotonic
from typing import Any, Self

import psycopg
import psycopg_pool

from outgrow.errors import ConfigError
from outgrow.postgres.connect import conninfo
from outgrow.runtime.dbapi.forks import forsake
from outgrow.runtime.dbapi.link import link_of
from outgrow.runtime.dbapi.opening import Keys, Values, place
from outgrow.runtime.dbapi.wire import Request
from outgrow.runtime.pool import shortage
from outgrow.runtime.pool.backend import Backend, News, SessionSettings, backends
from outgrow.runtime.pool.checkout import Checkouts, Held
from outgrow.runtime.pool.pooled import PooledConnection, PoolStats
from outgrow.runtime.pool.shortage import PoolTimeout, ServerRefuses, ServerUnreachable

__all__ = [
    "Held", "Pool", "PoolStats", "PoolTimeout", "PooledConnection", "ServerRefuses", "ServerUnreachable",
]  # fmt: skip

log = logging.getLogger("outgrow.runtime")

_LEAST_SECONDS = 0.05
"""How long a request waits at least: psycopg_pool gives nothing to one that does not wait at all."""

_RETURN_SECONDS = 2.0
"""How long a request waits at least for one that was forgotten, taken back, and is on its way to the pool."""

_LONGEST_SECONDS = 2_000_000
"""What PostgreSQL's 32 bits of milliseconds hold."""

_pools: weakref.WeakSet[Pool] = weakref.WeakSet()
_inherited: list[object] = []


class Pool:
    """Connections to one database, lent to the threads of this process.

    `url` is anything that `outgrow.connect` takes for PostgreSQL. All times are in seconds. `timeout` is how
    long a request waits for a connection; at most `max_waiting` requests wait (0: any number). A connection
    is replaced after `max_lifetime`, and ended after `max_idle` without use while there are more than
    `min_size`. One that lay idle for `check_after` is asked for an answer before it goes out.
    `statement_timeout`, `idle_in_transaction_timeout` and `read_only` are kept by the server. What is out
    longer than `leak_after` is told in the log. `pooler` says whether a pooler in transaction mode stands
    between; None finds out. `schema`, `values`, `keys` and `isolation_level` are those of `outgrow.connect`.
    Raises ConfigError for numbers or a URL that cannot be.
    """

    def __init__(  # noqa: PLR0913 - one word for each property of a pool
        self, url: str, *, min_size: int = 1, max_size: int = 10, timeout: float = 30.0, max_waiting: int = 0,
        max_lifetime: float = 3600.0, max_idle: float = 600.0, check_after: float = 30.0,
        statement_timeout: float | None = None, idle_in_transaction_timeout: float | None = None,
        read_only: bool = False, leak_after: float | None = None, pooler: bool | None = None,
        schema: str | None = None, values: Values | None = None, keys: Keys | None = None,
        isolation_level: str | None = "",
    ) -> None:  # fmt: skip
        if not 0 <= min_size <= max_size or max_size < 1:
            raise ConfigError(
                f"a pool of {min_size} to {max_size} connections cannot be: give 0 <= min_size <= max_size"
            )
        times = (timeout, max_lifetime, max_idle, check_after, statement_timeout, idle_in_transaction_timeout)
        if any(seconds is not None and not 0 <= seconds < _LONGEST_SECONDS for seconds in times):
            raise ConfigError(f"a time of a pool is none: give seconds from 0 to {_LONGEST_SECONDS}")
        self._place = place(url, schema, values, keys)
        self.timeout = timeout
        self.min_size, self.max_size = min_size, max_size
        self._conninfo = conninfo(self._place.url)
        self.max_waiting, self._max_lifetime, self._max_idle = max_waiting, max_lifetime, max_idle
        self._check_after = check_after
        self._session = SessionSettings(
            statement_timeout=statement_timeout,
            idle_in_transaction_timeout=idle_in_transaction_timeout,
            read_only=read_only,
        )
        self._pooler = pooler
        self._isolation_level = isolation_level
        self._leak_after = leak_after
        self._closed = False
        self._begin()
        _heed_forks()
        _pools.add(self)

    def _begin(self) -> None:
        """The state of a pool that is not open yet, in the process that made it or in a child of it."""
        self._lock = threading.Lock()
        self._pool: psycopg_pool.ConnectionPool[Backend] | None = None
        self._news = News()
        self._checkouts = Checkouts(self._leak_after)

    # What is lent.

    @contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[PooledConnection]:
        """A connection for a block: commits at its end, rolls back when it ends with an exception.

        Blocks in one another have connections of their own. Raises as `getconn`.
        """
        connection = self.getconn(timeout)
        try:
            yield connection
        except BaseException:
            with suppress(sqlite3.Error):  # the block's own exception is the one to hear of
                connection.rollback()
            raise
        else:
            connection.commit()
        finally:
            connection.close()

    def getconn(self, timeout: float | None = None) -> PooledConnection:
        """A connection, until it is closed or given to `putconn`; what is open then is rolled back.

        Waits `timeout` seconds at most, by default the pool's. Raises PoolTimeout, ServerUnreachable
        (which is one) and ServerRefuses; sqlite3.ProgrammingError for a pool that is closed.
        """
        return self.lend(timeout)

    def lend(
        self, timeout: float | None = None, *, holder: str | None = None, place: str | None = None
    ) -> PooledConnection:
        """As `getconn`, on behalf of a `holder` whose code is at `place`."""
        raw = self._take(self.timeout if timeout is None else timeout)
        checkouts = self._checkouts
        checkout = checkouts.add(raw, holder, place)
        try:
            if raw.notified:
                raw.notified, link_of(raw).wire.notified = False, True
            connection = PooledConnection.over(
                raw,
                release=self._release,
                schema=self._place.schema,
                values=self._place.values,
                keys=self._place.keys,
                isolation_level=self._isolation_level,
            )
        except BaseException:
            self._release(raw)
            raise
        connection.checkout, connection.forget = checkout, checkouts.forget
        if raw.pooler:
            session = connection.engine.session
            limits = map(Request, self._session.of_transaction())
            session.before += tuple(limits)  # a pooler would give settings of a session to others
        return connection

    def putconn(self, connection: sqlite3.Connection) -> None:
        """Takes a connection back; one that is back already stays so.

        Raises sqlite3.ProgrammingError for one of another pool.
        """
        if not isinstance(connection, PooledConnection) or connection.forget != self._checkouts.forget:
            raise sqlite3.ProgrammingError("this connection is not of this pool: close it instead")
        connection.close()

    def held(self) -> tuple[Held, ...]:
        """Who has a connection, since when and by which line of code; the longest first."""
        return self._checkouts.held()

    def find_forgotten(self) -> bool:
        """Takes back the connections that nobody can give back any more; whether there were any."""
        return bool(self._checkouts.held()) and self._checkouts.find_forgotten()

    @property
    def closed(self) -> bool:
        """Whether it lends no more."""
        return self._closed

    def stats(self) -> PoolStats:
        """The numbers of now."""
        said = self._pool.get_stats() if self._pool is not None else {}
        return PoolStats.of(said, out=len(self._checkouts.held()), leaked=self._checkouts.leaked)

    def close(self, timeout: float = 10.0) -> bool:
        """Lends no more, waits until all is back, and ends the connections; whether all came back.

        After `timeout` seconds it waits no longer; what comes back later is ended then.
        """
        with self._lock:
            self._closed = True
            pool = self._pool
        done = self._checkouts.wait_for_all(timeout)
        if not done:
            out = "; ".join(map(str, self.held()))
            log.warning("the pool is closed while connections are out: %s", out)
        if pool is not None:
            pool.close()
        self._checkouts.stop()
        return done

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Inside.

    def _take(self, timeout: float) -> Backend:
        """A connection that stands, of those that are there or of new ones."""
        deadline = monotonic() + timeout
        pool, news = self._opened()
        news.wait_for_first(pool, timeout)
        looked = False
        while True:
            if news.hopeless and not news.ever:
                raise self._refused(pool, news.reason)
            try:
                least = _RETURN_SECONDS if looked else _LEAST_SECONDS
                raw = pool.getconn(max(deadline - monotonic(), least))
            except psycopg_pool.PoolTimeout:
                if looked or not self.find_forgotten():
                    raise self._timed_out(timeout, news.reason) from None
                looked = True
                continue
            except psycopg_pool.TooManyRequests:
                raise shortage.too_many(self.max_waiting, self.max_size, self.held()) from None
            except psycopg_pool.PoolClosed:  # by `close`, or because another request was refused
                raise (shortage.closed() if self._closed else shortage.refused(news.reason)) from None
            try:
                stands = raw.stands(self._check_after)
            except BaseException:
                pool.putconn(raw)
                raise
            if stands:
                return raw
            raw.close()
            pool.putconn(raw)  # which makes another in its stead

    def _opened(self) -> tuple[psycopg_pool.ConnectionPool[Backend], News]:
        with self._lock:
            if self._closed:
                raise shortage.closed()
            if self._pool is None:
                self._news = News()
                self._pool = backends(
                    self._conninfo,
                    news=self._news,
                    settings=self._session,
                    pooler=self._pooler,
                    min_size=self.min_size,
                    max_size=self.max_size,
                    max_waiting=self.max_waiting,
                    max_lifetime=self._max_lifetime,
                    max_idle=self._max_idle,
                )
            return self._pool, self._news

    def _release(self, raw: psycopg.Connection[Any]) -> None:
        """What a connection does with `raw` when it is closed."""
        pool = self._pool
        if pool is not None and isinstance(raw, Backend) and self._checkouts.remove(raw):
            raw.used_at = monotonic()
            pool.putconn(raw)

    def _refused(self, pool: psycopg_pool.ConnectionPool[Backend], reason: str) -> ServerRefuses:
        """The error for a server that lets nobody in. The next request begins anew, with a new attempt."""
        with self._lock:
            if self._pool is pool:
                self._pool = None
        pool.close(timeout=0)
        return shortage.refused(reason)

    def _timed_out(self, timeout: float, reason: str) -> PoolTimeout:
        held = self.held()
        silent = "" if self._news.ever else "it has not answered yet"
        if not held and not self._news.crowded and (reason or silent):
            return shortage.unreachable(timeout, reason or silent)
        return shortage.timed_out(timeout, self.max_size, held, self._checkouts.own(), reason)

    def after_fork(self) -> None:
        """In a child process: begins anew, and keeps its hands off what the parent goes on using."""
        for raw in self._checkouts.raws():
            forsake(raw)
        if self._pool is not None:
            self._pool._closed = True  # noqa: SLF001 - else its destruction would wait for the parent's threads
            _inherited.append(self._pool)
        self._begin()


@cache
def _heed_forks() -> None:
    os.register_at_fork(after_in_child=_after_fork)


def _after_fork() -> None:
    for pool in list(_pools):
        pool.after_fork()
