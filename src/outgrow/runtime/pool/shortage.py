"""Why a request gets no connection from a pool: the errors, and what they tell people to do.

All are errors of sqlite3, with the codes that it has for the like, so that what a program does about a
busy database or one that cannot be opened it does here, too. Used by `pool` and `async_pool`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outgrow.runtime.pool.checkout import Held


class PoolTimeout(sqlite3.OperationalError):
    """No connection became free in time, or too many requests wait for one already."""

    sqlite_errorcode, sqlite_errorname = 5, "SQLITE_BUSY"


class ServerUnreachable(PoolTimeout):
    """No connection could be made in time, because nobody answers."""

    sqlite_errorcode, sqlite_errorname = 14, "SQLITE_CANTOPEN"


class ServerRefuses(sqlite3.OperationalError):
    """The server answers, and does not let this user or database in. Waiting does not help."""

    sqlite_errorcode, sqlite_errorname = 14, "SQLITE_CANTOPEN"


def unreachable(timeout: float, reason: str) -> ServerUnreachable:
    """After `timeout` seconds without a server."""
    return ServerUnreachable(
        f"no connection to PostgreSQL within {timeout:g} s: {reason}: start the server, or mend the URL"
    )


def refused(reason: str) -> ServerRefuses:
    """After a refusal."""
    return ServerRefuses(f"cannot connect to PostgreSQL: {reason}: mend the URL or the server's settings")


def timed_out(
    timeout: float, size: int, held: Sequence[Held], own: Held | None = None, reason: str = ""
) -> PoolTimeout:
    """After `timeout` seconds in which none of `size` came back.

    `own` is one that the caller has itself, `reason` why no more can be made.
    """
    mine = f"; this thread has one itself, taken at {own.place}" if own else ""
    no_more = f"; no more can be made: {reason}" if reason else ""
    return PoolTimeout(
        f"no connection became free within {timeout:g} s: {_out(size, held)}{mine}{no_more}: "
        "give connections back sooner, or let the pool be larger"
    )


def too_many(waiting: int, size: int, held: Sequence[Held]) -> PoolTimeout:
    """Where `waiting` others wait already."""
    return PoolTimeout(
        f"{waiting} requests wait for a connection already: {_out(size, held)}: try again later"
    )


def closed() -> sqlite3.ProgrammingError:
    """For a pool that is closed."""
    return sqlite3.ProgrammingError("Cannot operate on a closed pool.")


def _out(size: int, held: Sequence[Held]) -> str:
    longest = f", the longest by {held[0]}" if held else ""
    return f"{len(held)} of {size} are out{longest}"
