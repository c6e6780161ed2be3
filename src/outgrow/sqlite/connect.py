"""Opening a source: many readers, two kinds of connection, one moment, and nothing written.

First room of the spine's left side: `catalog`, `profile`, `rows` and the verification borrow their
connections here. apsw reads what needs a say in SQLite (catalog, profile, virtual tables,
collations that are not registered); ADBC reads rows into Arrow. What keeps the file still is told
in `still`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar

from outgrow.errors import OutgrowError, SourceError
from outgrow.sqlite.contentless import show_indexes
from outgrow.sqlite.still import Still, hold_still, source_error, uri

if TYPE_CHECKING:
    from adbc_driver_sqlite.dbapi import AdbcSqliteConnection
    from apsw import Connection

WAIT_SECONDS = 30.0
_C = TypeVar("_C")
_MISSING_PARTS = (
    "no such collation sequence", "no such module", "no such tokenizer", "no such function",
    "unknown function",
)  # fmt: skip
_BROKEN_FILE = ("malformed", "file is not a database", "disk I/O error")


class NeedsModule(SourceError):  # noqa: N818 - named as callers speak of it
    """The SQL needs a collation, module, tokenizer or function that this SQLite does not have.

    Through ADBC this says: read it through apsw, which has a fallback for collations.
    """


class Snapshot:
    """One moment of a source, for any number of readers up to `readers` of each kind at a time.

    `path` is the source, `file` what is really read (the source or a private copy), `fingerprint`
    an identity of the moment: equal while nothing is committed, another after any commit (on a file
    over 8 MiB a checkpoint counts as a change). `journal_mode` is the source's, "wal" or "delete".

    Lent connections must be given back before `close`. While a snapshot is open, nothing else in
    this process may open and close the source: POSIX would drop the lock that holds it still.
    """

    def __init__(self, path: Path, still: Still, stack: ExitStack, readers: int) -> None:
        self.path, self.file = path, still.file
        self.fingerprint, self.journal_mode = still.fingerprint, still.journal_mode
        self.readers = readers
        self._still, self._stack, self._closed = still, stack, False
        self._opened: list[Connection] = []
        self.interrupted = threading.Event()
        self._apsw: _Pool[Connection] = _Pool(self._open_apsw, readers)
        self._adbc: _Pool[AdbcSqliteConnection] = _Pool(self._open_adbc, readers)

    @contextmanager
    def apsw(self) -> Iterator[Connection]:
        """Lend an apsw connection; blocks while all are lent. Any thread may ask.

        Unknown collations compare like BINARY there, so an index in such a collation must not be
        relied on for order. Errors about the file leave as SourceError, missing parts as NeedsModule.
        """
        import apsw  # noqa: PLC0415 - heavy

        with self._apsw.lend() as connection:
            try:
                yield connection
            except apsw.Error as error:
                raise self._translated(error) from error

    @contextmanager
    def adbc(self) -> Iterator[AdbcSqliteConnection]:
        """Lend an ADBC connection (autocommit, one moment all the same); as `apsw` in all else."""
        import adbc_driver_manager  # noqa: PLC0415 - heavy

        with self._adbc.lend() as connection:
            try:
                yield connection
            except adbc_driver_manager.Error as error:
                raise self._translated(error) from error

    def interrupt(self) -> None:
        """Ends all reading, once and for all: queries at once, `read_table` at its next batch.

        Their threads get an error. Any thread may ask.
        """
        self.interrupted.set()
        for connection in tuple(self._opened):
            connection.interrupt()

    @property
    def unchanged(self) -> bool:
        """Whether the file read still has the bytes of the beginning; False means that a lock was lost."""
        return self._closed or self._still.unchanged

    def close(self) -> None:
        """Close all connections, let the source go, remove what was made for reading. May run twice.

        Raises SourceError when the file changed while it was read, so that nobody trusts the rows.
        """
        changed = not self.unchanged
        self._release()
        if changed:
            raise SourceError(f"{self.path} was changed while it was read; run the same command again")

    def _release(self) -> None:
        self._closed = True
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        if kind is None:
            self.close()
        else:
            self._release()
        return False

    def _translated(self, error: Exception) -> Exception:
        said = str(error)
        if any(part in said for part in _MISSING_PARTS):
            return NeedsModule(f"{self.path}: {said.splitlines()[0]}; this SQLite does not have it")
        if any(part in said for part in _BROKEN_FILE):
            return source_error(self.path, error)
        return error

    def _open_apsw(self) -> Connection:
        connection = open_apsw(self.file)
        self._stack.callback(connection.close, True)
        self._opened.append(connection)
        return connection

    def _open_adbc(self) -> AdbcSqliteConnection:
        from adbc_driver_sqlite import dbapi  # noqa: PLC0415 - heavy

        connection = dbapi.connect(uri(self.file, immutable=True), autocommit=True)
        self._stack.callback(connection.close)
        return connection


def open_snapshot(path: Path | str, readers: int = 1, *, wait: float = WAIT_SECONDS) -> Snapshot:
    """Open a source for up to `readers` readers of each kind at one moment; use it in a `with`.

    Waits up to `wait` seconds for other processes' locks. Raises SourceError when there is no
    readable database at `path`, and OutgrowError when this process has it open already.
    """
    given = Path(path)
    with ExitStack() as stack:
        source = Path(os.path.realpath(given))  # SQLite keeps -wal and -journal beside the real file
        stack.enter_context(_once(source))
        still = hold_still(source, stack, wait)
        return Snapshot(given, still, stack.pop_all(), readers)


def open_apsw(file: Path) -> Connection:
    """An apsw connection to a file that is held still; unknown collations compare like BINARY."""
    import apsw  # noqa: PLC0415 - heavy

    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(uri(file, immutable=True), flags=flags)
    connection.collation_needed(_add_collation)
    show_indexes(connection)
    return connection


def ask(connection: Connection, sql: str, *values: str | int) -> list[tuple[Any, ...]]:
    """All rows of a query, for questions whose answers are small."""
    return connection.execute(sql, values).fetchall()


def _add_collation(connection: Any, name: str) -> None:
    connection.create_collation(name, _compare)


def _compare(left: str, right: str) -> int:
    """Code point order, which is the byte order of UTF-8."""
    return (left > right) - (left < right)


_open_here: set[str] = set()
_open_lock = threading.Lock()


@contextmanager
def _once(source: Path) -> Iterator[None]:
    key = str(source)
    with _open_lock:
        if key in _open_here:
            raise OutgrowError(f"{source} is open in this process already; share that snapshot")
        _open_here.add(key)
    try:
        yield
    finally:
        with _open_lock:
            _open_here.discard(key)


class _Pool(Generic[_C]):
    """Up to `limit` connections, made when first needed, lent to one borrower at a time."""

    def __init__(self, make: Callable[[], _C], limit: int) -> None:
        self._make = make
        self._free: list[_C] = []
        self._slots = threading.Semaphore(limit)

    @contextmanager
    def lend(self) -> Iterator[_C]:
        with self._slots:
            try:
                connection = self._free.pop()
            except IndexError:
                connection = self._make()
            try:
                yield connection
            finally:
                self._free.append(connection)
