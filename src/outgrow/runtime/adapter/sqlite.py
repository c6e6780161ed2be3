"""The adapter for a SQLite file: a connection for each block."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Literal

from outgrow.runtime.adapter.base import Configure, DatabaseAdapter, DbType, Health

Mode = Literal["rwc", "rw", "ro"]


class SQLiteAdapter(DatabaseAdapter):
    """Lends connections to the file `path`, which may be ":memory:" or a `file:` URI.

    `mode` is SQLite's: "rwc" makes the file when it is missing, "rw" does not, "ro" only reads. `timeout` is
    the seconds that a statement waits for another connection's lock. A database in memory lives until
    `close`.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        mode: Mode = "rwc",
        timeout: float = 5.0,
        configure: Configure | None = None,
    ) -> None:
        self.path, self.mode = str(path), mode
        self._timeout = timeout
        self._configure = configure
        self._lock = threading.Lock()
        self._memory: sqlite3.Connection | None = None
        self._closed = False

    @contextmanager
    def get_connection(self) -> Iterator[sqlite3.Connection]:
        """As `DatabaseAdapter.get_connection`."""
        connection = self._opened()
        try:
            if self._configure is not None:
                self._configure(connection)
            yield connection
        except BaseException:
            with suppress(sqlite3.Error):  # the block's own exception is the one to hear of
                connection.rollback()
            raise
        else:
            connection.commit()
        finally:
            connection.close()

    def get_db_type(self) -> DbType:
        """Always "sqlite"."""
        return "sqlite"

    def health_check(self) -> Health:
        """Reads the file's list of tables. Makes no file."""
        begun = perf_counter()
        if self._is_file and not Path(self.path).exists():
            made = "the first connection makes it" if self.mode == "rwc" else "mend its path"
            return self._health(None, f"the SQLite file {self.path} is not there: {made}")
        try:
            with closing(self._opened()) as connection:
                (count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            return self._health(None, f"the SQLite file {self.path} cannot be read: {error}")
        return self._health(perf_counter() - begun, f"SQLite file {self.path} with {count} objects")

    def _health(self, latency: float | None, detail: str) -> Health:
        return Health(ok=latency is not None, db_type="sqlite", latency=latency, detail=detail)

    def close(self) -> None:
        """As `DatabaseAdapter.close`; a file's connections are each closed with their block."""
        with self._lock:
            self._closed = True
            if self._memory is not None:
                self._memory.close()

    @property
    def _is_file(self) -> bool:
        return self.path != ":memory:" and not self.path.startswith("file:")

    def _opened(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise sqlite3.ProgrammingError("Cannot operate on a closed adapter.")
            name = self._uri()
            if self.path == ":memory:" and self._memory is None:
                self._memory = self._connect(name)
        return self._connect(name)

    def _uri(self) -> str:
        if self.path == ":memory:":  # all connections to one database, which lives while one of them does
            return f"file:/outgrow-{id(self)}?vfs=memdb"
        return f"{Path(self.path).absolute().as_uri()}?mode={self.mode}" if self._is_file else self.path

    def _connect(self, name: str) -> sqlite3.Connection:
        # A web framework may begin a request's block in one thread and end it in another.
        return sqlite3.connect(name, timeout=self._timeout, uri=True, check_same_thread=False)
