"""A module shaped like the standard `sqlite3`: `import outgrow.runtime.sqlite3 as sqlite3`, and a URL does.

Everything is the standard module's own, exceptions, `Row`, adapters and constants, but for `connect`, which
gives a connection to PostgreSQL for a URL and the standard one for a file, and the classes that go with it.
"""

from __future__ import annotations

import sqlite3 as _standard
import warnings
from typing import Any

from outgrow.runtime.dbapi import blob, connection, cursor, transactional
from outgrow.runtime.dbapi.opening import is_url

LEGACY_TRANSACTION_CONTROL = transactional.LEGACY
Blob, Connection, Cursor = blob.Blob, connection.Connection, cursor.Cursor

_OWN = ["LEGACY_TRANSACTION_CONTROL", "Blob", "Connection", "Cursor", "connect"]
_DEPRECATED = {"OptimizedUnicode", "version", "version_info"}
__all__ = [  # noqa: PLE0604 - the names of the standard module, whichever Python has it
    *_OWN,
    *(name for name in dir(_standard) if not name.startswith("_") and name not in {*_OWN, *_DEPRECATED}),
]


def connect(database: Any, *arguments: Any, **options: Any) -> Any:
    """A connection to `postgresql://…`, else to a SQLite file as `sqlite3.connect` opens it.

    Beside sqlite3's own parameters a URL takes `schema` (where in the database the file was moved, "public"
    unless told), `values`: "sqlite" gives the values that SQLite gave, "native" PostgreSQL's (dates, JSON,
    UUIDs, decimals and flags as Python has them), and `keys`: "identity" has PostgreSQL number new rows,
    "sqlite" numbers them behind the greatest number, as SQLite does, for which inserts wait for each other's
    transactions. Raises sqlite3.OperationalError when there is no connection to be had.
    """
    if not is_url(database):
        return _standard.connect(database, *arguments, **options)
    made = options.get("factory") or (arguments[4] if len(arguments) > 4 else None)
    if made is None or made is _standard.Connection:
        made = Connection
    elif (
        isinstance(made, type) and issubclass(made, _standard.Connection) and not issubclass(made, Connection)
    ):
        made = type(made.__name__, (made, Connection), {"__module__": made.__module__})
    return made(database, *arguments, **options)


def __getattr__(name: str) -> Any:
    """What the standard module has; its warnings speak of who asked."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = getattr(_standard, name)
    for each in told:
        warnings.warn(each.message, each.category, stacklevel=2)
    if name not in _DEPRECATED:
        globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_standard)})
