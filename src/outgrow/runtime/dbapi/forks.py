"""Connections that a process inherits by `fork`: its parent goes on using them, so it must not.

SQLite's file may be opened before a server forks its workers; a connection to PostgreSQL is one stream of
bytes, and two processes that use it would read each other's answers. In the child its socket leads nowhere:
the connection counts as lost, and `standing` makes a new one. Used by `link` and by `pool`.
"""

from __future__ import annotations

import os
import weakref
from contextlib import suppress
from typing import Any

import psycopg

_watched: weakref.WeakSet[psycopg.Connection[Any]] = weakref.WeakSet()
_inherited: weakref.WeakSet[psycopg.Connection[Any]] = weakref.WeakSet()


def watch(raw: psycopg.Connection[Any]) -> None:
    """Has every child of this process forsake the connection."""
    _watched.add(raw)


def is_inherited(raw: psycopg.Connection[Any]) -> bool:
    """Whether the connection is that of a process from which this one was forked."""
    return raw in _inherited


def forsake(raw: psycopg.Connection[Any]) -> None:
    """Makes the socket useless to this process; what is sent on it from now on reaches nobody."""
    _inherited.add(raw)
    with suppress(OSError, psycopg.Error):
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, raw.pgconn.socket, inheritable=False)
        os.close(nowhere)


def _after_fork() -> None:
    for raw in list(_watched):
        forsake(raw)


os.register_at_fork(after_in_child=_after_fork)
