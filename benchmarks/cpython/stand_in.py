"""The module that the tests get as `sqlite3`: another module's names, and databases of our choice.

`connect` and `Connection` are the given module's but for their first argument, which `database` may
change: so `":memory:"` becomes the URL of an empty database. `worker` makes it, the tests use it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

MEMORY = ":memory:"

Arguments = tuple[tuple[Any, ...], dict[str, Any]]

_FACTORY, _URI = 5, 7  # positions in the arguments of sqlite3.connect


def stand_in(module: ModuleType, url: Callable[[str], str | None]) -> ModuleType:
    """A module with the names of `module`, whose databases are those that `url` gives.

    `url` gets ":memory:" or the absolute path of a file in the working directory. Where it gives
    None, and for any other place, the argument stays as it is.
    """

    def placed(arguments: tuple[Any, ...], options: Mapping[str, Any]) -> Arguments | None:
        """The same arguments with what `url` gives as the database; None for a place that is not ours."""
        database = arguments[0] if arguments else options.get("database")
        uri = arguments[_URI] if len(arguments) > _URI else options.get("uri", False)
        place = _place(database, bool(uri))
        if place is None:
            return None
        given = url(place)
        if given is None:
            return arguments, dict(options)
        if arguments:
            return (given, *arguments[1:]), dict(options)
        return arguments, {**options, "database": given}

    class Connection(module.Connection):  # type: ignore[misc, name-defined]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            arguments, options = placed(arguments, options) or (arguments, options)
            super().__init__(*arguments, **options)

    def connect(*arguments: Any, **options: Any) -> Any:
        factory = arguments[_FACTORY] if len(arguments) > _FACTORY else options.get("factory", Connection)
        if not isinstance(factory, type):  # a function gets the name that the test knows
            return module.connect(*arguments, **options)
        found = placed(arguments, options)
        if found is None:
            return module.connect(*arguments, **options)
        arguments, options = found
        if len(arguments) <= _FACTORY:
            options["factory"] = factory
        return module.connect(*arguments, **options)

    Connection.__module__, Connection.__qualname__ = "sqlite3", "Connection"
    made = ModuleType("sqlite3", module.__doc__)
    kept = {name: value for name, value in vars(module).items() if not name.startswith("__")}
    vars(made).update(kept)
    if hasattr(module, "__getattr__"):  # names that only warn when they are asked for
        vars(made)["__getattr__"] = module.__getattr__
    made.__path__ = list(sqlite3.__path__)  # so that `sqlite3.__main__` is found
    vars(made).update(connect=connect, Connection=Connection)
    return made


def _place(database: object, uri: bool) -> str | None:
    """The absolute path of a file in the working directory, ":memory:", or None for all else."""
    try:
        path = os.fsdecode(database)  # type: ignore[arg-type]
    except (TypeError, UnicodeError):
        return None
    if uri and path.startswith("file:"):
        path = unquote(urlsplit(path).path, errors="surrogateescape")
    if path in ("", MEMORY):
        return MEMORY
    if path.startswith(("postgresql:", "postgres:")):
        return None
    absolute = os.path.abspath(path)  # noqa: PTH100 - a path with undecodable bytes stays as it is
    ours = os.path.dirname(absolute) == os.getcwd() and not os.path.isdir(absolute)  # noqa: PTH109, PTH112, PTH120
    return absolute if ours else None
