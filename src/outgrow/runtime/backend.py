"""One server connection of a pool: made, examined before it is handed out, and told apart from a pooler's.

`Pool` gives psycopg_pool this class to make connections with. What an application sees is made over it
by `connection`; here nothing of SQLite is known.
"""

from __future__ import annotations

import os
import re
import select
import threading
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from time import monotonic
from typing import Any, Self

import psycopg
from psycopg import pq

from outgrow.postgres.redact import redact

_APPLICATION = resources.files("outgrow.postgres").joinpath("sql", "application.sql")
_ANSWER_SECONDS = 5.0
# libpq gives a failed connection no code, only words. These do not heal by waiting; with a server in
# another language the request waits until its timeout, and the words are in the message all the same.
_HOPELESS = re.compile(
    r"authentication failed|no password supplied|pg_hba\.conf|(?:database|role) \".*\" does not exist"
    r"|does not support SSL|certificate|invalid (?:connection|port)",
)


class News:
    """How the attempts to connect of one pool went. Any thread may call.

    `ever` says that one succeeded; `reason` is why the last one failed, "" when it did not; `hopeless`
    that waiting does not help.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.ever = False
        self.reason = ""
        self.hopeless = False

    def connected(self) -> None:
        """Writes down a success."""
        with self._changed:
            self.ever, self.reason, self.hopeless = True, "", False
            self._changed.notify_all()

    def failed(self, reason: str) -> None:
        """Writes down a failure; `reason` holds no password."""
        with self._changed:
            self.reason = re.sub(r"^connection (?:failed|is bad): ", "", reason)
            self.hopeless = _HOPELESS.search(reason) is not None
            self._changed.notify_all()

    def wait_for_first(self, timeout: float) -> None:
        """Waits until an attempt succeeded, or none ever will, at most `timeout` seconds."""
        if not self.ever:
            with self._changed:
                self._changed.wait_for(lambda: self.ever or self.hopeless, timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """What every session of a pool is set to: seconds, None for what the server says."""

    statement_timeout: float | None = None
    idle_in_transaction_timeout: float | None = None
    read_only: bool = False

    def values(self) -> dict[str, str]:
        """PostgreSQL's names and values."""
        found = {}
        if self.statement_timeout is not None:
            found["statement_timeout"] = f"{round(self.statement_timeout * 1000)}ms"
        if self.idle_in_transaction_timeout is not None:
            found["idle_in_transaction_session_timeout"] = (
                f"{round(self.idle_in_transaction_timeout * 1000)}ms"
            )
        if self.read_only:
            found["default_transaction_read_only"] = "on"
        return found

    def of_transaction(self) -> tuple[bytes, ...]:
        """Statements that set the same for one transaction, after its BEGIN: what a pooler does not mix up."""
        values = self.values()
        # the default is that of the transaction after this one
        found = ["SET TRANSACTION READ ONLY"] if values.pop("default_transaction_read_only", None) else []
        found += [f"SET LOCAL {name} = '{value}'" for name, value in values.items()]
        return tuple(statement.encode() for statement in found)


class Backend(psycopg.Connection[tuple[Any, ...]]):
    """A psycopg connection in autocommit that knows when it last was of use, and what it speaks with.

    `used_at` is a time of `monotonic()`; `pooler` says that a pooler stands between, which may give each
    transaction to another server process.
    """

    used_at = 0.0
    pooler = False

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
        """As psycopg's. Of `kwargs` these are ours: `news`, `settings` and `pooler` (None: to be found out).

        Raises psycopg.Error.
        """
        news: News = kwargs.pop("news")
        settings, pooler = kwargs.pop("settings"), kwargs.pop("pooler")
        try:
            made = super().connect(conninfo, **kwargs)
            made._prepare(settings, pooler)
        except psycopg.Error as error:
            news.failed(redact(str(error).strip().partition("\n")[0] or type(error).__name__, conninfo))
            raise
        news.connected()
        return made

    def _prepare(self, settings: SessionSettings, pooler: bool | None) -> None:
        """Finds out whether a pooler stands between, unless told, and sets the session.

        A pooler makes up the process number that it tells its clients. What differs between pools is not
        set behind one, where it would reach the clients of others.
        """
        self.execute(_APPLICATION.read_bytes())
        self.used_at = monotonic()
        if pooler is None:
            row = self.execute("SELECT pg_catalog.pg_backend_pid()").fetchone()
            pooler = row is None or row[0] != self.info.backend_pid
        self.pooler = pooler
        if not pooler and (values := settings.values()):
            calls = ", ".join("pg_catalog.set_config(%s, %s, false)" for _ in values)
            self.execute(f"SELECT {calls}".encode(), [word for pair in values.items() for word in pair])

    def stands(self, check_after: float) -> bool:
        """Whether the server still answers, as far as can be told cheaply.

        A server that ends a session says so, and then the socket is readable; a look at it costs no
        round trip. What was of use less than `check_after` seconds ago is believed otherwise; after that
        a firewall between may have forgotten the connection, and the server is asked.
        """
        if self.closed or self.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            return False
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        if not poll.poll(0) and monotonic() - self.used_at < check_after:
            return True
        try:
            return self._answers(poll)
        except psycopg.Error:
            return False

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
        self.used_at = monotonic()
        return good

    def forsake(self) -> None:
        """Makes the socket useless to this process, which inherited it: its parent goes on using it."""
        with suppress(OSError, psycopg.Error):
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, self.pgconn.socket)
            os.close(nowhere)
