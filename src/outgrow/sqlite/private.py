"""A private copy of a source that cannot be read where it lies without being written.

Three states need one: a hot rollback journal (a crashed writer: SQLite would roll it back in
place), a log with commits (reading it in place needs the shared index, which a second SQLite in
the same process would reset: https://www.sqlite.org/howtocorrupt.html section 2.2.1), and a log in
a folder where its index cannot be made. SQLite then recovers the copy, never the source. The copy
is a reflink where the file system can. Called by `still`, which decides.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from outgrow.errors import SourceError
from outgrow.sqlite import wal
from outgrow.sqlite.header import facts_of, filled, journal_path, wal_path

_CHUNK = 1 << 26
_BY_HAND = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM})


class SourceMovedError(Exception):
    """The source changed while it was being looked at; look again."""


@contextmanager
def copy_folder(source: Path) -> Iterator[Path]:
    """A new folder with room for a copy of `source`, removed at the end. SourceError when there is no room.

    TMPDIR comes first, then /var/tmp, since /tmp is often a small file system in memory.
    """
    beside = (facts_of(p) for p in (source, wal_path(source), journal_path(source)))
    need = sum(facts.st_size for facts in beside if facts is not None)
    need += need // 8
    places = dict.fromkeys((tempfile.gettempdir(), "/var/tmp"))  # noqa: S108 - only looked at; mkdtemp makes 0700
    room = [
        p for p in places if Path(p).is_dir() and os.access(p, os.W_OK) and shutil.disk_usage(p).free > need
    ]
    if not room:
        raise SourceError(
            f"{source} needs {need:,} bytes for a private copy (its log or journal is in use) and neither"
            f" {' nor '.join(places)} has them; stop the program that uses it, or set TMPDIR to a larger disk"
        )
    folder = Path(tempfile.mkdtemp(prefix="outgrow-", dir=room[0]))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def copy_held(source: Path, folder: Path, descriptors: list[int]) -> Path:
    """Copy database and log while a read transaction of this process holds the log where it is.

    The database comes first: a checkpoint meanwhile only moves pages that the log, copied after it,
    still has. A log that started afresh meanwhile has another header: SourceMovedError. Descriptors
    opened are appended to `descriptors`; closing one would drop the process's locks.
    """
    target = folder / "source.db"
    log = _open(wal_path(source), descriptors)
    before = wal.header(log)
    _copy(_open(source, descriptors), target)
    _copy(log, wal_path(target))
    if wal.header(log) != before:
        raise SourceMovedError
    return target


def copy_quiet(source: Path, folder: Path) -> Path:
    """Copy database, log and journal that nobody is using.

    No lock is held: that nothing changed is seen by the files' sizes and times, before and after.
    Raises SourceMovedError otherwise.
    """
    target = folder / "source.db"
    descriptors: list[int] = []
    try:
        before = _signature(source)
        _copy(_open(source, descriptors), target)
        for beside in (wal_path, journal_path):
            if beside(source).exists():
                _copy(_open(beside(source), descriptors), beside(target))
        if _signature(source) != before:
            raise SourceMovedError
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return target


def recover(copy: Path, source: Path) -> wal.WalState | None:
    """Let SQLite roll back or fold in what lies beside the copy; the log's state before that.

    Afterwards the copy stands alone. SourceError when SQLite cannot.
    """
    import apsw  # noqa: PLC0415 - heavy

    found = wal.read(wal_path(copy)) if filled(wal_path(copy)) else None
    if copy.stat().st_size == 0 and found is not None:
        _restore_first_page(copy, source, found)
    try:
        with closing(apsw.Connection(str(copy))) as connection:
            for statement in (
                "PRAGMA synchronous=OFF",
                "PRAGMA schema_version",
                "PRAGMA wal_checkpoint(TRUNCATE)",
            ):
                connection.execute(statement).fetchall()
    except apsw.Error as error:
        raise SourceError(
            f"{source} is damaged: {error}; restore it from a backup, or try `sqlite3 .recover`"
        ) from error
    return found


def _restore_first_page(copy: Path, source: Path, found: wal.WalState) -> None:
    """SQLite deletes a log beside an empty file; with page 1 in its place it reads the log."""
    descriptor = os.open(wal_path(copy), os.O_RDONLY | os.O_CLOEXEC)
    try:
        page = wal.first_page(descriptor, found)
    finally:
        os.close(descriptor)
    if page is None:
        raise SourceError(
            f"{source} is empty and its -wal holds only part of the database; restore the .db from a backup"
        )
    copy.write_bytes(page)


def _open(path: Path, descriptors: list[int]) -> int:
    try:
        descriptors.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except FileNotFoundError:
        raise SourceMovedError from None
    return descriptors[-1]


def _signature(source: Path) -> list[tuple[int, int, int] | None]:
    found = []
    for path in (source, wal_path(source), journal_path(source)):
        facts = facts_of(path)
        found.append((facts.st_size, facts.st_mtime_ns, facts.st_ino) if facts else None)
    return found


def _copy(descriptor: int, target: Path) -> None:
    """Copy an open file whole; the kernel shares the blocks where the file system can."""
    offset = 0
    try:
        with target.open("wb") as out:
            while count := _copy_some(descriptor, out.fileno(), offset):
                offset += count
    except OSError as error:
        raise SourceError(
            f"the private copy in {target.parent} failed: {error.strerror}; set TMPDIR"
        ) from error


def _copy_some(descriptor: int, target: int, offset: int) -> int:
    copy_file_range = getattr(os, "copy_file_range", None)  # Linux only
    if copy_file_range is not None:
        try:
            return int(copy_file_range(descriptor, target, _CHUNK, offset, offset))
        except OSError as error:
            if error.errno not in _BY_HAND:
                raise
    return os.pwrite(target, os.pread(descriptor, 1 << 20, offset), offset)
