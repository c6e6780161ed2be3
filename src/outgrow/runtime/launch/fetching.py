# ruff: noqa: D102, SLF001
# The methods are those of sqlite3, described there, and they reach into cursors that are ours.
"""Cursors that write down what a program runs and fetches with them, and change nothing that it sees.

Every method does what the class below does and notes it afterwards. Rows are noted as the program fetches
them: SQLite's code calls a row factory of ours for each, which calls the program's. Made by `recording`.
Standard library only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

from outgrow.runtime.launch import converting, patching
from outgrow.runtime.launch.converting import notes
from outgrow.runtime.launch.parameters import Seen, SeenMany
from outgrow.runtime.launch.recorder import Fetched, Recorder, error_facts

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
        seen = Seen(args[1]) if len(args) > 1 else None
        passed = args if seen is None else (args[0], seen.passed, *args[2:])
        more = dict if seen is None else lambda: {"parameters": seen.as_json()}
        return self._outgrow_run("execute", self.outgrow_recorder.number(), passed, kwargs, more)

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        recorder, began = self.outgrow_recorder, _now()
        number = recorder.number()
        if len(args) < 2:
            return self._outgrow_run("executemany", number, args, kwargs, dict)
        seen = SeenMany(args[1], lambda sets: recorder.note("sets", began, n=number, sets=sets))
        passed = (args[0], seen.passed, *args[2:])
        return self._outgrow_run("executemany", number, passed, kwargs, lambda: {"sets": seen.as_json()})

    def executescript(self, *args: Any, **kwargs: Any) -> Any:
        return self._outgrow_run("executescript", self.outgrow_recorder.number(), args, kwargs, dict)

    def _outgrow_run(
        self, event: str, number: str, args: tuple[Any, ...], kwargs: dict[str, Any],
        more: Callable[[], dict[str, Any]],
    ) -> Any:  # fmt: skip
        self.outgrow_finish()
        run = getattr(self.outgrow_under, event)
        began = _now()
        try:
            run(self, *args, **kwargs)
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
        except Exception as own:  # a fault of the recording is not the program's
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
    fetched: Fetched | None = cursor._outgrow_fetched
    if fetched is not None:
        fetched.add(converting.stored(row))
    factory = cursor._outgrow_factory
    return row if factory is None else factory(cursor, row)
