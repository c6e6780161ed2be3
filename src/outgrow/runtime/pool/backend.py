"""One server connection of a pool: made, examined before it is handed out, and told apart from a pooler's.

`Pool` gives psycopg_pool this class to make connections with. What an application sees is made over it
by `connection`; here nothing of SQLite is known.
"""

from __future__ import annotations

import re
import select
import threading
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Self

import psycopg
import psycopg_pool
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from outgrow.postgres.connect import application_session
from outgrow.postgres.redact import redact

_NO_OPTIONS = "unsupported startup parameter"
_ANSWER_SECONDS = 5.0
_RECONNECT_SECONDS = 3.0
"""How long psycopg_pool tries one reconnection, ever more slowly, before it begins anew."""
# libpq gives a failed connection no code, only words. These do not heal by waiting; with a server in
# another language the request waits until its timeout, and the words are in the message all the same.
_HOPELESS = re.compile(
    r"authentication failed|no password supplied|pg_hba\.conf|(?:database|role) \".*\" does not exist"
    r"|does not support SSL|certificate|invalid (?:connection|port)",
)
_CROWDED = re.compile(r"too many (?:clients|connections)|connection slots|no more connections allowed")


class News:
    """How the attempts to connect of one pool went. Any thread may call.

    `ever` says that one succeeded; `reason` is why the last one failed, "" when it did not; `hopeless`
    that waiting does not help; `crowded` that the server has no connection left. So many as `waiting`
    wait for the first success.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.ever = False
        self.reason = ""
        self.hopeless = self.crowded = False
        self.waiting = 0

    def connected(self) -> None:
        """Writes down a success."""
        with self._changed:
            self.ever, self.reason, self.hopeless, self.crowded = True, "", False, False
            self._changed.notify_all()

    def failed(self, reason: str) -> None:
        """Writes down a failure; `reason` holds no password."""
        with self._changed:
            self.reason = re.sub(r"^connection (?:failed|is bad): ", "", reason)
            self.hopeless = _HOPELESS.search(reason) is not None
            self.crowded = _CROWDED.search(reason) is not None
            self._changed.notify_all()

    def wait_for_first(self, pool: psycopg_pool.ConnectionPool[Backend], timeout: float) -> None:
        """Waits until an attempt of `pool` succeeded, or none ever will, at most `timeout` seconds."""
        if self.ever:
            return
        with self._changed:
            self.waiting += 1
        try:
            if not pool.get_stats()["pool_size"]:
                pool.check()  # which begins an attempt, as none is under way
            with self._changed:
                self._changed.wait_for(lambda: self.ever or self.hopeless, timeout)
        finally:
            with self._changed:
                self.waiting -= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """What every session of a pool is set to: seconds, None for what the server says."""

    statement_timeout: float | None = None
    idle_in_transaction_timeout: float | None = None
    read_only: bool = False

    def _values(self) -> dict[str, str]:
        timeouts = {
            "statement_timeout": self.statement_timeout,
            "idle_in_transaction_session_timeout": self.idle_in_transaction_timeout,
        }
        return {name: f"{round(value * 1000)}" for name, value in timeouts.items() if value is not None}

    def options(self) -> str:
        """What the server is told at the beginning of a session; RESET ALL comes back to it."""
        values = self._values() | ({"default_transaction_read_only": "on"} if self.read_only else {})
        return " ".join(f"-c {name}={value}" for name, value in values.items())

    def of_transaction(self) -> tuple[bytes, ...]:
        """Statements that set the same for the transaction that they are sent in: no pooler mixes them up."""
        values = self._values() | ({"transaction_read_only": "on"} if self.read_only else {})
        return tuple(
            f"SELECT pg_catalog.set_config('{name}', '{value}', true)".encode()
            for name, value in values.items()
        )


class Backend(psycopg.Connection[tuple[Any, ...]]):
    """A psycopg connection in autocommit that knows when it last was of use, and what it speaks with.

    `used_at` is a time of `monotonic()`; `pooler` says that a pooler stands between, which may give each
    transaction to another server process; `notified` that a notification came while it lay idle.
    """

    used_at = 0.0
    pooler = False
    notified = False

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
        """As psycopg's. Of `kwargs` these are ours: `news`, `settings` and `pooler` (None: to be found out).

        Raises psycopg.Error.
        """
        news: News = kwargs.pop("news")
        settings, pooler = kwargs.pop("settings"), kwargs.pop("pooler")
        try:
            made, pooler = cls._connected(conninfo, settings, pooler, kwargs)
            made.begin_session(pooler)
        except psycopg.Error as error:
            news.failed(redact(str(error).strip().partition("\n")[0] or type(error).__name__, conninfo))
            raise
        news.connected()
        return made

    @classmethod
    def _connected(
        cls, conninfo: str, settings: SessionSettings, pooler: bool | None, kwargs: dict[str, Any]
    ) -> tuple[Self, bool | None]:
        """A connection with the settings as its options, and whether it is known to be a pooler's."""
        options = "" if pooler else settings.options()
        if not options:
            return super().connect(conninfo, **kwargs), pooler
        given = conninfo_to_dict(conninfo).get("options") or ""
        try:
            return super().connect(conninfo, **kwargs, options=f"{given} {options}".strip()), pooler
        except psycopg.OperationalError as error:
            if pooler is None and _NO_OPTIONS in str(error):  # PgBouncer's words
                return super().connect(conninfo, **kwargs), True
            raise

    def begin_session(self, pooler: bool | None) -> None:
        """Sets what every application has, and finds out whether a pooler stands between unless told.

        A pooler makes up the process number that it tells its clients.
        """
        self.execute(application_session())
        if pooler is None:
            row = self.execute("SELECT pg_catalog.pg_backend_pid()").fetchone()
            pooler = row is None or row[0] != self.info.backend_pid
        self.pooler = pooler
        self.used_at = monotonic()

    def stands(self, check_after: float) -> bool:
        """Whether the server still answers, as far as can be told cheaply.

        A server that ends a session says so, and then the socket is readable; to look costs no round trip.
        What was of use less than `check_after` seconds ago is believed otherwise; after that a firewall
        between may have forgotten the connection, and the server is asked.
        """
        if self.closed or self.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            return False
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        ask = monotonic() - self.used_at >= check_after
        try:
            if poll.poll(0):
                self.pgconn.consume_input()
                ask = not self._heard_notification() or ask
            stands = self._answers(poll) if ask else True
        except psycopg.Error:
            return False
        return stands and self.pgconn.status == pq.ConnStatus.OK

    def _heard_notification(self) -> bool:
        heard = False
        while self.pgconn.notifies() is not None:
            heard = self.notified = True
        return heard

    def _answers(self, poll: select.poll) -> bool:
        """Whether an empty statement comes back. A peer that is gone without a word costs five seconds."""
        deadline = monotonic() + _ANSWER_SECONDS
        self.pgconn.send_query(b"")
        while self.pgconn.flush() or self.pgconn.is_busy():
            if not poll.poll(max(deadline - monotonic(), 0.0) * 1000):
                return False
            self.pgconn.consume_input()
        good = True
        while (result := self.pgconn.get_result()) is not None:
            good = good and result.status == pq.ExecStatus.EMPTY_QUERY
        self._heard_notification()
        return good


def backends(
    conninfo: str, *, news: News, settings: SessionSettings, pooler: bool | None, **sizes: Any
) -> psycopg_pool.ConnectionPool[Backend]:
    """psycopg_pool's pool of such connections, open; `sizes` are its own options."""
    return psycopg_pool.ConnectionPool(
        conninfo,
        connection_class=Backend,
        kwargs={
            "autocommit": True, "client_encoding": "UTF8", "prepare_threshold": None,
            "news": news, "settings": settings, "pooler": pooler,
        },
        open=True,
        name="outgrow",
        reconnect_timeout=_RECONNECT_SECONDS,
        reconnect_failed=partial(_try_again, news),
        **sizes,
    )  # fmt: skip


def _try_again(news: News, pool: psycopg_pool.ConnectionPool[Backend]) -> None:
    """Tries to connect anew for those who still wait, when psycopg_pool has given up."""
    if news.waiting or pool.get_stats().get("requests_waiting"):
        pool.check()
