"""Which database file a program means: every way of naming it that `sqlite3.connect` takes.

Asked by `patching` for every connection that is opened. Rules: https://www.sqlite.org/uri.html and
https://www.sqlite.org/inmemorydb.html. Standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote_to_bytes


class Named(NamedTuple):
    """A file as a program names it: an absolute path, and whether it may only be read."""

    path: str
    read_only: bool = False


def named(database: object, *, is_uri: Callable[[], bool]) -> Named | None:
    """The file that SQLite would open; None for a database in memory, a temporary one, or what is no path.

    `is_uri` says whether a name that begins with `file:` is read as a URI; it is asked for those only.
    """
    if not isinstance(database, str | bytes | os.PathLike):
        return None
    try:
        name = os.fsdecode(database)
    except TypeError:
        return None
    if name.startswith("file:") and is_uri():
        return _of_uri(name)
    if name in ("", ":memory:"):
        return None
    return Named(_absolute(name))


def is_same(path: str, database: str) -> bool:
    """Whether two absolute paths are one file; it need not exist, as when it was moved away."""
    if path == database or os.path.realpath(path) == os.path.realpath(database):
        return True
    try:
        return Path(path).samefile(database)
    except (OSError, ValueError):
        return False


def _absolute(name: str) -> str:
    try:
        return os.path.abspath(name)  # noqa: PTH100 - Path.absolute keeps the dots
    except OSError:  # the working directory is gone
        return name


def _of_uri(uri: str) -> Named | None:
    rest, _, _ = uri.removeprefix("file:").partition("#")
    name, _, query = rest.partition("?")
    if name.startswith("//"):
        name = "/" + name[2:].partition("/")[2]
    said = dict(word.partition("=")[::2] for word in query.split("&") if word)
    path = os.fsdecode(unquote_to_bytes(name))
    if said.get("mode") == "memory" or said.get("vfs") == "memdb" or path in ("", ":memory:"):
        return None
    read_only = said.get("mode") == "ro" or said.get("immutable", "0").lower() in ("1", "true", "yes", "on")
    return Named(_absolute(path), read_only)
