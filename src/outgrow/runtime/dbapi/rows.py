"""The rows of a long result, of which the server goes on sending while a program reads.

SQLite makes a row when it is asked for: a program that takes the first of a million has not waited for the
others, and one that reads them all has never had them all in memory. So a long result comes in parts, as it
is read. What is still to come when another statement is sent is taken in before, in memory and, where it is
much, in a temporary file; what nobody wants any more the server is told to end. Between `session` and
`cursor`.
"""

from __future__ import annotations

import pickle
from collections import deque
from contextlib import suppress
from tempfile import TemporaryFile
from threading import RLock
from typing import IO, Any

import psycopg
from psycopg import pq
from psycopg.abc import Transformer

from outgrow.runtime.dbapi.session import Session

Row = tuple[Any, ...]

IN_MEMORY = 64 << 20
"""Bytes, about, of a result that is taken in before it is read; what is more goes to a file."""
_SAMPLED = 16
"""Of so many rows one is measured."""
_A_FIELD = 24
"""Bytes that libpq needs for a field beside its value."""


class Rest:
    """What follows the first part of a result. Not for two threads at once, but for `lock`.

    `lock` is held by whoever uses the connection. Raises psycopg.Error, and OSError where there is no room
    for a temporary file.
    """

    def __init__(self, session: Session, transformer: Transformer, lock: RLock) -> None:
        self._session, self._transformer, self._lock = session, transformer, lock
        self._over = False
        self._error: BaseException | None = None
        self._kept: deque[pq.abc.PGresult] = deque()
        self._size = 0
        self._file: IO[bytes] | None = None
        self._in_file = 0
        self._number = session.read_by(self)

    def part(self) -> list[Row] | None:
        """The rows of the next part as psycopg makes them; None behind the last."""
        with self._lock:
            if self._kept:
                return self._rows(self._kept.popleft())
            if self._file is not None:
                self._in_file -= 1
                rows: list[Row] = pickle.load(self._file)  # noqa: S301 - a file of our own, without a name
                if not self._in_file:
                    self._shut()
                return rows
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if self._over:
                return None
            try:
                found = self._session.part()
            except BaseException:
                self._over = True
                raise
            if found is None:
                self._over = True
                return None
            return self._rows(found)

    def take_all(self) -> None:
        """Takes in what is still to come; what goes wrong in it is raised when it is read."""
        self._over = True
        try:
            try:
                while (found := self._session.part()) is not None:
                    self._keep(found)
            except psycopg.Error as error:
                self._error = error
            if self._file is not None:
                self._file.seek(0)  # which writes what is left, or fails
        except OSError as error:
            self._error = error
            self._shut()
            self._session.stop(self._number)
        except BaseException:
            self._error = psycopg.errors.QueryCanceled("interrupted")
            self._shut()
            raise

    def close(self) -> None:
        """Has the server end what is still to come. Raises psycopg.Error when the transaction is lost."""
        with self._lock:
            over, self._over = self._over, True
            self._kept.clear()
            self._error = None
            self._shut()
            if not over:
                self._session.stop(self._number)

    def __del__(self) -> None:
        self._shut()
        # Whoever has the lock finds this gone before sending anything.
        if not self._over and self._lock.acquire(blocking=False):
            self._over = True
            try:
                with suppress(Exception):  # nobody is there to be told
                    self._session.stop(self._number)
            finally:
                self._lock.release()

    def _shut(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # of what was not written yet, and is not wanted any more
                file.close()

    def _rows(self, found: pq.abc.PGresult) -> list[Row]:
        self._transformer.set_pgresult(found, set_loaders=False)
        return self._transformer.load_rows(0, found.ntuples, tuple)

    def _keep(self, found: pq.abc.PGresult) -> None:
        if self._size < IN_MEMORY:
            self._kept.append(found)
            self._size += _size_of(found)
            return
        if self._file is None:
            self._file = TemporaryFile(prefix="outgrow")  # noqa: SIM115 - it goes with this
        pickle.dump(self._rows(found), self._file, protocol=5)
        self._in_file += 1


def _size_of(found: pq.abc.PGresult) -> int:
    values = [
        found.get_value(row, column) or b""
        for row in range(0, found.ntuples, _SAMPLED)
        for column in range(found.nfields)
    ]
    return _SAMPLED * (sum(map(len, values)) + _A_FIELD * len(values))
