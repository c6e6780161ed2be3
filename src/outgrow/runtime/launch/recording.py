"""Connections and cursors that write down what a program does with them, and change nothing that it sees.

`patching` puts `recorded` in the place of `sqlite3.Connection`, over SQLite's own class or over `redirect`'s.
Every method does what the class below does and notes it afterwards. Rows are noted as the program fetches
them: SQLite's code calls a row factory of ours for each, which calls the program's. Standard library only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

from outgrow.runtime.launch import converting, parameters, patching
from outgrow.runtime.launch.converting import notes
from outgrow.runtime.launch.parameters import Seen, SeenMany
from outgrow.runtime.launch.recorder import Fetched, Recorder, error_facts
from outgrow.runtime.launch.targets import Target

_ARGUMENTS = (
    "database", "timeout", "detect_types", "isolation_level", "check_same_thread", "factory",
    "cached_statements", "uri",
)  # fmt: skip
_NOT_REPLAYED = ("backup", "blobopen", "serialize", "deserialize", "load_extension", "enable_load_extension")
_DEFINING = ("create_function", "create_aggregate", "create_window_function", "create_collation")

_now = time.perf_counter_ns


class RecordedCursor:
    """Mixed in before a class of cursors, `outgrow_under`."""

    outgrow_under: ClassVar[Any]
    outgrow_recorder: ClassVar[Recorder]
    outgrow_name = ""  # of the connection
    _outgrow_fetched: Fetched | None = None
    _outgrow_factory: Any = None
    _outgrow_depth = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        under = self.outgrow_under
        under.__init__(self, *args, **kwargs)
        connection: Any = args[0] if args else kwargs.get("connection")
        self.outgrow_name = connection.outgrow_name
        if under is patching.REAL_CURSOR:
            under.row_factory.__set__(self, _seen_row)

    @property
    def row_factory(self) -> Any:
        return self._outgrow_factory

    @row_factory.setter
    def row_factory(self, factory: Any) -> None:
        self._outgrow_factory = factory

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        number = self.outgrow_recorder.number()
        seen = Seen(args[1]) if len(args) > 1 else None
        passed = args if seen is None else (args[0], seen.passed, *args[2:])
        return self._outgrow_run("execute", number, args, lambda: self.outgrow_under.execute(self, *passed, **kwargs),
                                 lambda: {} if seen is None else {"parameters": seen.as_json()})  # fmt: skip

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        number, recorder = self.outgrow_recorder.number(), self.outgrow_recorder
        seen: SeenMany | None = None
        if len(args) > 1:
            began = _now()
            seen = SeenMany(args[1], lambda sets: recorder.note("sets", began, n=number, sets=sets))
        passed = args if seen is None else (args[0], seen.passed, *args[2:])
        return self._outgrow_run("executemany", number, args, lambda: self.outgrow_under.executemany(self, *passed, **kwargs),
                                 lambda: {} if seen is None else {"sets": seen.as_json()})  # fmt: skip

    def executescript(self, *args: Any, **kwargs: Any) -> Any:
        number = self.outgrow_recorder.number()
        return self._outgrow_run("executescript", number, args,
                                 lambda: self.outgrow_under.executescript(self, *args, **kwargs), dict)  # fmt: skip

    def _outgrow_run(
        self,
        event: str,
        number: str,
        args: tuple[Any, ...],
        run: Callable[[], Any],
        more: Callable[[], dict[str, Any]],
    ) -> Any:
        self.outgrow_finish()
        began = _now()
        try:
            run()
        except BaseException as error:
            self._outgrow_note(event, number, began, args, more, error)
            raise
        self._outgrow_note(event, number, began, args, more, None)
        return self

    def _outgrow_note(
        self, event: str, number: str, began: int, args: tuple[Any, ...], more: Callable[[], dict[str, Any]],
        error: BaseException | None,
    ) -> None:  # fmt: skip
        recorder, under = self.outgrow_recorder, self.outgrow_under
        if not args or not isinstance(args[0], str):
            return
        try:
            facts: dict[str, Any] = {
                "c": self.outgrow_name,
                "n": number,
                "sql": str.__str__(args[0]),
                **more(),
            }
            if error is not None:
                facts["error"] = error_facts(error)
            else:
                description = under.description.__get__(self)
                facts |= {
                    "rowcount": under.rowcount.__get__(self),
                    "lastrowid": under.lastrowid.__get__(self),
                }
                if description is not None:
                    facts["columns"] = [column[0] for column in description]
            recorder.note(event, began, **facts)
            if "columns" in facts:
                self._outgrow_fetched = Fetched(number, recorder.rows)
                recorder.keep(self)
        except Exception as own:  # noqa: BLE001 - a fault of the recording is not the program's
            recorder.broke(own)

    # Rows.

    def outgrow_finish(self) -> None:
        """Writes what was fetched of the last statement."""
        fetched, self._outgrow_fetched = self._outgrow_fetched, None
        if fetched is not None:
            self.outgrow_recorder.forget(self)
            self.outgrow_recorder.note_rows(fetched)

    def _outgrow_take(
        self, fetch: Callable[..., Any], *args: Any, wanted: int | None = 1, one: bool = False, **kwargs: Any
    ) -> Any:
        """Fetches `wanted` rows, None for all; with `one` the result is a row, not a list."""
        fetched = self._outgrow_fetched
        if fetched is None or self._outgrow_depth:
            return fetch(self, *args, **kwargs)
        before, began, outer = fetched.digest.count, _now(), notes.seen
        notes.seen = []
        self._outgrow_depth = 1
        try:
            result = fetch(self, *args, **kwargs)
        except StopIteration:
            fetched.complete = True
            raise
        except BaseException as error:
            fetched.error = error
            raise
        finally:
            self._outgrow_depth = 0
            notes.seen = outer
            fetched.ns += _now() - began
            if fetched.complete:
                self.outgrow_finish()
        if one and result is not None and fetched.digest.count == before:
            fetched.add(result)  # the shim hands out a single row without asking anybody
        if wanted is None or fetched.digest.count - before < wanted:
            fetched.complete = True
            self.outgrow_finish()
        return result

    def fetchone(self, *args: Any, **kwargs: Any) -> Any:
        return self._outgrow_take(self.outgrow_under.fetchone, *args, one=True, **kwargs)

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        size = args[0] if args else kwargs.get("size", self.arraysize)  # type: ignore[attr-defined]
        return self._outgrow_take(self.outgrow_under.fetchmany, *args, wanted=size, **kwargs)

    def fetchall(self, *args: Any, **kwargs: Any) -> Any:
        return self._outgrow_take(self.outgrow_under.fetchall, *args, wanted=None, **kwargs)

    def __iter__(self) -> Any:
        return self.outgrow_under.__iter__(self)

    def __next__(self) -> Any:
        return self._outgrow_take(self.outgrow_under.__next__, one=True)

    def _shown(self, rows: list[Any]) -> list[Any]:
        """The shim's rows on their way to the program; SQLite's own cursor has no such method."""
        if self._outgrow_fetched is not None:
            for row in rows:
                self._outgrow_fetched.add(row)
        return self.outgrow_under._shown(self, rows)  # type: ignore[no-any-return]

    def close(self) -> None:
        self.outgrow_finish()
        self.outgrow_under.close(self)

    def __del__(self) -> None:
        self.outgrow_finish()


def _seen_row(cursor: Any, row: tuple[Any, ...]) -> Any:
    """The row factory that SQLite's code calls for every row of a recorded cursor."""
    fetched: Fetched | None = cursor._outgrow_fetched  # noqa: SLF001 - ours
    if fetched is not None:
        fetched.add(converting.stored(row))
    factory = cursor._outgrow_factory  # noqa: SLF001
    return row if factory is None else factory(cursor, row)


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
