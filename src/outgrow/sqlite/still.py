"""Holding a source still: one file that shows one moment and that nobody can change meanwhile.

Between the first look and the readers of `connect`. All readers open the result as immutable,
without locks, so any number of them and both SQLite libraries in this process (apsw's and ADBC's)
see the same bytes. What holds the file still depends on what is found:

- rollback mode: a guard's read transaction. Its SHARED lock keeps every writer's commit waiting.
- WAL mode, log empty: a guard's read transaction, which keeps checkpoints out of the file; others
  may go on writing to the log. The empty -wal and the -shm that any reader makes are removed again
  if they were not there before and nobody else came (proved by an exclusive lock on the file).
- WAL mode, log with commits: a private copy, made under the guard, recovered apart (see `private`).
- nobody there but a log without its index, a hot journal or a folder where we may not write: a
  private copy that was seen unchanged before and after.

Not one byte of the source is written in any of them. The locks are this process's; it loses them
when it closes any other descriptor of the file, so nothing else here may open the source meanwhile.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote_from_bytes

from outgrow.errors import SourceError
from outgrow.sqlite.header import LOCK_BYTES, Header, filled, first_look, shm_path, wal_path
from outgrow.sqlite.private import SourceMovedError, copy_folder, copy_held, copy_quiet, recover

if TYPE_CHECKING:
    import apsw

_PAUSE = 0.02
_WHOLE = 1 << 23  # hashed in about 5 ms
_SAMPLES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """`file` may be read as immutable until the stack it was made with closes.

    `watch` is an open descriptor of the source when that is `file` itself, and `stamp` its size and
    time then: a difference later means that a lock was lost. Both are None for a private copy.
    """

    file: Path
    journal_mode: Literal["wal", "delete"]
    fingerprint: str
    watch: int | None = None
    stamp: tuple[int, int] | None = None

    @property
    def unchanged(self) -> bool:
        """Whether the bytes are still those of the beginning."""
        return self.watch is None or _stamp(self.watch) == self.stamp


def uri(path: Path, *, immutable: bool) -> str:
    """The read-only SQLite URI of an absolute path, every special character escaped."""
    return f"file://{quote_from_bytes(os.fsencode(path))}?mode=ro" + ("&immutable=1" if immutable else "")


def hold_still(source: Path, stack: ExitStack, wait: float) -> Still:
    """Hold `source` (resolved) until `stack` closes; waits up to `wait` seconds for locks of others.

    Raises SourceError for a file that cannot be read or stays locked.
    """
    import apsw  # noqa: PLC0415 - heavy

    deadline = time.monotonic() + wait
    while True:
        why = "changes faster than it can be copied"
        with ExitStack() as attempt:
            try:
                still = _hold(source, attempt, max(deadline - time.monotonic(), 0.0))
                stack.push(attempt.pop_all())
            except SourceMovedError:
                pass
            except apsw.BusyError:
                why = "is held locked by another process"
            except apsw.Error as error:
                raise source_error(source, error) from error
            else:
                return still
        if time.monotonic() >= deadline:
            raise SourceError(
                f"{source} {why} (tried for {wait:.0f} s); try again when that has finished, or stop the"
                " program that uses it"
            )
        time.sleep(_PAUSE)


def source_error(source: Path, error: Exception) -> SourceError:
    """SQLite's message about the file as a SourceError that says what to do."""
    said = str(error).splitlines()[0]
    if "malformed" in said or "corrupt" in said:
        return SourceError(
            f"{source} is damaged: {said}; restore a backup, or recover it: sqlite3 FILE .recover"
        )
    if "not a database" in said:
        return SourceError(f"{source} is encrypted or damaged: {said}; decrypt it first or restore a backup")
    return SourceError(f"{source} cannot be read: {said}; check the file, its folder and the disk")


def _hold(source: Path, attempt: ExitStack, wait: float) -> Still:
    header = first_look(source)
    if header.journal_mode == "delete" and not wal_path(source).exists():
        return _hold_rollback(source, attempt, wait)
    return _hold_wal(source, header, attempt, wait)


def _hold_rollback(source: Path, attempt: ExitStack, wait: float) -> Still:
    import apsw  # noqa: PLC0415 - heavy

    watch = _watch(source, attempt)
    try:
        _guard(source, attempt, wait)
    except apsw.ReadOnlyError:  # a hot journal, which a read-only connection may not roll back
        return _copied(source, attempt)
    head = os.pread(watch, 100, 0)
    if head[19] != 1 or wal_path(source).exists():
        raise SourceMovedError
    return Still(
        file=source, journal_mode="delete", fingerprint=_fingerprint(watch), watch=watch, stamp=_stamp(watch)
    )


def _hold_wal(source: Path, header: Header, attempt: ExitStack, wait: float) -> Still:
    import apsw  # noqa: PLC0415 - heavy

    log, index = wal_path(source), shm_path(source)
    new = [path for path in (log, index) if not path.exists()]
    nobody = filled(log) and index in new
    if header.size == 0 or nobody or (new and not _may_create(source)):
        return _copied(source, attempt)
    attempt.callback(_remove_left, source, new)
    with ExitStack() as held:
        watch = _watch(source, held)
        try:
            _guard(source, held, wait)
        except (apsw.CantOpenError, apsw.ReadOnlyError):  # the index can be neither opened nor recovered
            return _copied(source, attempt)
        if filled(log):
            return _copied(source, attempt, held)
        attempt.push(held.pop_all())
    # A checkpoint may leave header and size as they were; only the time tells on a large file.
    stamp = _stamp(watch)
    return Still(
        file=source, journal_mode="wal", fingerprint=_fingerprint(watch, stamp[1]), watch=watch, stamp=stamp
    )


def _copied(source: Path, attempt: ExitStack, held: ExitStack | None = None) -> Still:
    """A private copy; `held` is the stack of the guard that keeps the log in place, if there is one."""
    folder = attempt.enter_context(copy_folder(source))
    if held is None:
        copy = copy_quiet(source, folder)
    else:
        descriptors: list[int] = []
        held.callback(_close_all, descriptors)
        copy = copy_held(source, folder, descriptors)
    mode: Literal["wal", "delete"] = "wal" if filled(wal_path(copy)) else first_look(copy).journal_mode
    written = source.stat().st_mtime_ns if mode == "wal" else 0
    state = recover(copy, source)
    moment = (written,) if state is None else (state.identity, state.frames)
    descriptor = _watch(copy, attempt)
    return Still(file=copy, journal_mode=mode, fingerprint=_fingerprint(descriptor, *moment))


def _guard(source: Path, stack: ExitStack, wait: float) -> apsw.Connection:
    """A connection inside a read transaction; apsw's errors pass."""
    import apsw  # noqa: PLC0415 - heavy

    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(uri(source, immutable=False), flags=flags)
    stack.callback(connection.close, True)
    connection.set_busy_handler(_patience(time.monotonic() + wait))
    connection.execute("BEGIN")
    connection.execute("PRAGMA schema_version").fetchall()
    return connection


def _patience(deadline: float) -> Callable[[int], bool]:
    """A busy handler that asks every few milliseconds.

    SQLite's own waits up to 100 ms between two tries and can miss for half a minute the gaps that a
    program leaves which commits without a pause.
    """

    def ask_again(tries: int) -> bool:
        time.sleep(0.0003 * (1 + tries % 7))
        return time.monotonic() < deadline

    return ask_again


def _watch(source: Path, stack: ExitStack) -> int:
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise SourceMovedError from None
    stack.callback(os.close, descriptor)
    return descriptor


def _may_create(source: Path) -> bool:
    """Whether files beside the source can be made and, with a lock on the source, safely removed."""
    return os.access(source.parent, os.W_OK | os.X_OK) and os.access(source, os.W_OK)


def _remove_left(source: Path, new: list[Path]) -> None:
    """Remove what our reading made beside the source, if it is alone with us and empty of commits."""
    if not any(path.exists() for path in new):
        return
    with suppress(OSError):  # someone has it open now: the files are theirs
        descriptor = os.open(source, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, LOCK_BYTES[1], LOCK_BYTES[0])
            if not filled(wal_path(source)):
                for path in new:
                    path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)


def _close_all(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _stamp(descriptor: int) -> tuple[int, int]:
    facts = os.fstat(descriptor)
    return facts.st_size, facts.st_mtime_ns


def _fingerprint(descriptor: int, *moment: bytes | int) -> str:
    """Identity of the content: all of a small file; of a large one blocks all over it and `moment`."""
    size, digest = os.fstat(descriptor).st_size, hashlib.sha256()
    if size <= _WHOLE:
        digest.update(os.pread(descriptor, size, 0))
        return f"content:{digest.hexdigest()[:32]}"
    for place in range(0, size, size // _SAMPLES):
        digest.update(os.pread(descriptor, 4096, place))
    digest.update(repr((size, moment)).encode())
    return f"sample:{digest.hexdigest()[:32]}"
