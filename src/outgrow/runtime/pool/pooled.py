"""What a pool hands out, a `Connection` that goes back when it is closed or forgotten, and its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from outgrow.runtime.dbapi.connection import Connection
from outgrow.runtime.pool.checkout import Checkout, Forgotten


class PooledConnection(Connection):
    """A connection of a pool. `close` gives it back; so does losing the last reference, and then it is told.

    `checkout` is what the pool wrote down of it, `forget` what to tell when it is being destroyed.
    """

    checkout: Checkout | None = None
    forget: Callable[[Forgotten], None] | None = None

    def __del__(self) -> None:
        if self.forget is not None and not getattr(self, "_closed", True):
            self.forget(self)  # comes to life again, and is closed by another thread
        else:
            super().__del__()


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStats:
    """Numbers of a pool: connections now, then requests and connections since it was opened.

    `queued` requests had to wait, `waited` seconds together; `failed` got none. `lost` connections were
    found broken; `leaked` were never given back by those who took them.
    """

    size: int
    idle: int
    out: int
    waiting: int
    requests: int
    queued: int
    waited: float
    failed: int
    connected: int
    connect_errors: int
    lost: int
    leaked: int

    @classmethod
    def of(cls, said: Mapping[str, int], *, out: int, leaked: int) -> PoolStats:
        """Of what psycopg_pool says; it leaves out what is 0."""
        errors = said.get("connections_errors", 0)
        return cls(
            size=said.get("pool_size", 0),
            idle=said.get("pool_available", 0),
            out=out,
            waiting=said.get("requests_waiting", 0),
            requests=said.get("requests_num", 0),
            queued=said.get("requests_queued", 0),
            waited=said.get("requests_wait_ms", 0) / 1000,
            failed=said.get("requests_errors", 0),
            connected=said.get("connections_num", 0) - errors,
            connect_errors=errors,
            lost=said.get("returns_bad", 0) + said.get("connections_lost", 0),
            leaked=leaked,
        )
