"""A connection to a SQLite file that is PostgreSQL now: the shim's, opened by the name of the file.

`patching` puts it in the place of `sqlite3.Connection`. It needs psycopg, so it is imported only when a
program opens such a file.
"""

from __future__ import annotations

import os
import weakref
from contextlib import suppress
from typing import Any, ClassVar

import psycopg

from outgrow.runtime.dbapi.connection import Connection
from outgrow.runtime.dbapi.cursor import Cursor
from outgrow.runtime.launch import patching
from outgrow.runtime.launch.targets import Target
from outgrow.runtime.urls import complete

_OLDEST_DRIVER = (3, 2)
_open: weakref.WeakSet[Redirected] = weakref.WeakSet()
_READ_ONLY = "-c default_transaction_read_only=on"


class Redirected(Connection):
    """One of the shim's connections, with the arguments that `sqlite3.connect` takes for a file."""

    target: ClassVar[Target]
    outgrow_file: ClassVar[str]  # what a program must be told when it asks for the name of its file

    def __init__(
        self, database: Any, timeout: float = 5.0, detect_types: int = 0, isolation_level: str | None = "",
        check_same_thread: bool = True, factory: Any = None, cached_statements: int = 128, uri: bool = False,
        **options: Any,
    ) -> None:  # fmt: skip
        target = self.target
        keys = target.keys or ("" if "keys=" in target.url.partition("?")[2] else "sqlite")
        found = patching.meant((database,), {"uri": uri})
        only_reads = found is not None and found[1].read_only
        super().__init__(
            read_only(target.url) if only_reads else target.url, timeout, detect_types, isolation_level,
            check_same_thread, factory, cached_statements, schema=target.schema or None,
            values=target.values or None,  # type: ignore[arg-type]  # checked by cli.run
            keys=keys or None,  # type: ignore[arg-type]
            **options,
        )  # fmt: skip
        _open.add(self)


def end() -> None:
    """Undoes what is open when the process ends, as SQLite's connections do; `sitecustomize` has it called.

    PostgreSQL would undo it too, but the numbers that it took would not be given back.
    """
    for connection in list(_open):
        with suppress(Exception):
            connection.abandon()


def redirected(target: Target) -> type[Any]:
    """The class of connections to that file."""
    Cursor.outgrow_base = Cursor  # type: ignore[attr-defined]  # sqlite3.Cursor is the stand-in here
    facts = {"target": target, "outgrow_cursor": Cursor, "outgrow_file": os.path.realpath(target.database)}
    made: Any = type("Connection", (Redirected,), facts)
    made.outgrow_base = made
    return made  # type: ignore[no-any-return]


def read_only(url: str) -> str:
    """`url` for a connection that writes nothing, as of a file opened with mode=ro."""
    if "://" not in url:  # libpq's other form
        return f"{url} options='{_READ_ONLY}'"
    if "options=" not in url:
        return complete(url, {"options": _READ_ONLY})
    head, word, rest = url.partition("options=")
    value, more, tail = rest.partition("&")
    return head + word + value + "%20" + _READ_ONLY.replace(" ", "%20").replace("=", "%3D") + more + tail


def check_driver() -> None:
    """ImportError when the program brings a psycopg that is too old, which stands in the way of ours."""
    found = tuple(int(part) for part in psycopg.__version__.split(".")[:2] if part.isdigit())
    if (0, 0) < found < _OLDEST_DRIVER:  # one that is lent does not know its version
        raise ImportError(f"psycopg {psycopg.__version__} is there, and 3.2 or newer is needed")
