# ruff: noqa: D102
# The methods are those of sqlite3, described there.
"""Connections that write down what a program does with them, and change nothing that it sees.

`patching` puts `recorded` in the place of `sqlite3.Connection`, over SQLite's own class or over `redirect`'s.
Every method does what the class below does and notes it afterwards; statements and rows are noted by
`fetching`. Standard library only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

from outgrow.runtime.launch import converting, parameters, patching
from outgrow.runtime.launch.fetching import RecordedCursor
from outgrow.runtime.launch.recorder import Recorder, error_facts
from outgrow.runtime.launch.targets import Target

_ARGUMENTS = (
    "database", "timeout", "detect_types", "isolation_level", "check_same_thread", "factory",
    "cached_statements", "uri",
)  # fmt: skip
_NOT_REPLAYED = ("backup", "blobopen", "serialize", "deserialize", "load_extension", "enable_load_extension")
_DEFINING = ("create_function", "create_aggregate", "create_window_function", "create_collation")

_now = time.perf_counter_ns


class RecordedConnection:
    """Mixed in before a class of connections, `outgrow_under`."""

    outgrow_under: ClassVar[Any]
    outgrow_recorder: ClassVar[Recorder]
    outgrow_cursor: ClassVar[Any]
    outgrow_name = ""
    _outgrow_factory: Any = None
    _outgrow_text: Any = str
    _outgrow_open = False
    _outgrow_busy = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = dict(zip(_ARGUMENTS, args, strict=False)) | kwargs
        facts = {
            "c": self.outgrow_recorder.number(),
            "isolation_level": given.get("isolation_level", ""),
            "detect_types": int(given.get("detect_types", 0)),
            "autocommit": given.get("autocommit", -1),
            "read_only": _is_read_only(given),
        }
        began = _now()
        try:
            self.outgrow_under.__init__(self, *args, **kwargs)
        except BaseException as error:
            self.outgrow_recorder.note("connect", began, **facts, error=error_facts(error))
            raise
        self.outgrow_name = str(facts["c"])
        self._outgrow_open = True
        self.outgrow_recorder.note("connect", began, **facts)

    # Cursors.

    def cursor(self, factory: Any = None) -> Any:
        if factory is None:
            factory = self.outgrow_cursor
        elif isinstance(factory, type) and issubclass(factory, patching.Cursor):
            factory = patching.based(factory, self.outgrow_cursor)
        made = self.outgrow_under.cursor(self, factory)
        if self._outgrow_factory is not None:
            made.row_factory = self._outgrow_factory
        return made

    def execute(self, *args: Any) -> Any:
        return RecordedConnection.cursor(self).execute(*args)

    def executemany(self, *args: Any) -> Any:
        return RecordedConnection.cursor(self).executemany(*args)

    def executescript(self, *args: Any) -> Any:
        return RecordedConnection.cursor(self).executescript(*args)

    # Transactions.

    def _outgrow_do(self, event: str, act: Callable[..., Any], *args: Any, **facts: Any) -> Any:
        if self._outgrow_busy:  # the class below uses its own methods
            return act(self, *args)
        began = _now()
        self._outgrow_busy = True
        try:
            result = act(self, *args)
        except BaseException as error:
            self.outgrow_recorder.note(event, began, c=self.outgrow_name, **facts, error=error_facts(error))
            raise
        finally:
            self._outgrow_busy = False
        self.outgrow_recorder.note(event, began, c=self.outgrow_name, **facts)
        return result

    def commit(self) -> None:
        self._outgrow_do("commit", self.outgrow_under.commit)

    def rollback(self) -> None:
        self._outgrow_do("rollback", self.outgrow_under.rollback)

    def __exit__(self, kind: Any, value: Any, trace: Any) -> Any:
        leave = self.outgrow_under.__exit__
        return self._outgrow_do("exit", leave, kind, value, trace, failed=kind is not None)

    def close(self) -> None:
        if not self._outgrow_open:
            self.outgrow_under.close(self)
            return
        self.outgrow_recorder.finish(self.outgrow_name)
        self._outgrow_do("close", self.outgrow_under.close)
        self._outgrow_open = False

    def __del__(self) -> None:
        if self._outgrow_open:
            self._outgrow_open = False
            self.outgrow_recorder.note("close", _now(), c=self.outgrow_name, implicit=True)
        forget = getattr(self.outgrow_under, "__del__", None)
        if forget is not None:
            forget(self)

    @property
    def isolation_level(self) -> Any:
        return self.outgrow_under.isolation_level.__get__(self)

    @isolation_level.setter
    def isolation_level(self, level: Any) -> None:
        put = self.outgrow_under.isolation_level.__set__
        value = level if isinstance(level, str | None) else repr(level)
        self._outgrow_do("isolation_level", put, level, value=value)

    @property
    def autocommit(self) -> Any:
        return self.outgrow_under.autocommit.__get__(
            self
        )  # AttributeError before Python 3.12, as it should be

    @autocommit.setter
    def autocommit(self, value: Any) -> None:
        self._outgrow_do("autocommit", self.outgrow_under.autocommit.__set__, value, value=int(value))

    # How rows look.

    @property
    def row_factory(self) -> Any:
        return self._outgrow_factory

    @row_factory.setter
    def row_factory(self, factory: Any) -> None:
        self._outgrow_factory = factory

    @property
    def text_factory(self) -> Any:
        return self._outgrow_text

    @text_factory.setter
    def text_factory(self, factory: Any) -> None:
        self._outgrow_text = factory
        if self.outgrow_under is patching.REAL_CONNECTION and factory is not str:
            factory = converting.noting_text(factory)
        patching.REAL_CONNECTION.text_factory.__set__(self, factory)


def _noted(event: str, name: str) -> Callable[..., Any]:
    """A method that does what it did, noted by its name."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        began = _now()
        result = getattr(self.outgrow_under, name)(self, *args, **kwargs)
        facts = {"name": args[0] if args and isinstance(args[0], str) else str(kwargs.get("name", ""))}
        self.outgrow_recorder.note(event, began, c=self.outgrow_name, method=name, **facts)
        return result

    method.__name__ = name
    return method


for _event, _names in (("call", _NOT_REPLAYED), ("define", _DEFINING)):
    for _name in _names:
        if hasattr(patching.REAL_CONNECTION, _name):
            setattr(RecordedConnection, _name, _noted(_event, _name))


def _is_read_only(given: dict[str, Any]) -> bool:
    found = patching.meant((given.get("database"),), {"uri": given.get("uri", False)})
    return found is not None and found[1].read_only


def recorded(target: Target, base: type[Any] | None) -> type[Any]:
    """The class of recorded connections to that file, over SQLite's own or over `base`."""
    parameters.begin()
    recorder = Recorder(target)
    under_cursor = patching.REAL_CURSOR if base is None else base.outgrow_cursor
    cursors = (RecordedCursor, patching.Cursor if base is None else under_cursor)
    named = {"__module__": "sqlite3", "outgrow_recorder": recorder}
    cursor: Any = type("Cursor", cursors, {**named, "outgrow_under": under_cursor})
    cursor.outgrow_base = cursor
    under = patching.REAL_CONNECTION if base is None else base
    connections = (RecordedConnection, patching.Connection if base is None else base)
    made: Any = type("Connection", connections, {**named, "outgrow_under": under, "outgrow_cursor": cursor})
    made.outgrow_base = made
    return made  # type: ignore[no-any-return]
