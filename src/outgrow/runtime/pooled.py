"""`PooledConnection`: what a pool hands out, a `Connection` that goes back when it is closed or forgotten."""

from __future__ import annotations

from collections.abc import Callable

from outgrow.runtime.checkout import Checkout, Forgotten
from outgrow.runtime.connection import Connection


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
