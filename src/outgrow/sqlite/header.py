"""The first look at a file, before SQLite sees it: is it a database at all, and which kind.

First step of `connect`. It answers what SQLite would say less clearly (missing, a directory, empty,
encrypted, cut short) and reads the few header fields on which the way of opening depends
(https://www.sqlite.org/fileformat2.html#the_database_header).
"""

from __future__ import annotations

import fcntl
import math
import os
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from outgrow.errors import SourceError
from outgrow.sqlite import wal

MAGIC = b"SQLite format 3\0"
LOCK_BYTES = (0x40000000, 512)  # PENDING, RESERVED and the SHARED range of SQLite's unix locks
SHARED_BYTES = (0x40000002, 510)
_SAMPLE = 65536
_RANDOM_BITS = 0.98  # of what random bytes would give; compressed files reach it too

_OTHER_FILES = (
    (b"\x1f\x8b", "a gzip file; unpack it first"),
    (b"PK\x03\x04", "a zip file; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd file; unpack it first"),
    (b"PRAGMA foreign_keys", "a SQL dump; load it first: sqlite3 new.db < dump.sql"),
    (b"BEGIN TRANSACTION", "a SQL dump; load it first: sqlite3 new.db < dump.sql"),
    (b"PGDMP", "a PostgreSQL dump; use pg_restore"),
    (b"** This file contains an SQLite 2", "a database of SQLite 2; convert it with sqlite 2 .dump"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the first 100 bytes and the file system say. `raw` is empty when only the -wal has content."""

    raw: bytes
    size: int
    page_size: int
    journal_mode: Literal["wal", "delete"]


def wal_path(path: Path) -> Path:
    """The write-ahead log beside a database."""
    return path.with_name(path.name + "-wal")


def shm_path(path: Path) -> Path:
    """The index of the write-ahead log, which exists while a process has the database open."""
    return path.with_name(path.name + "-shm")


def journal_path(path: Path) -> Path:
    """The rollback journal beside a database."""
    return path.with_name(path.name + "-journal")


def facts_of(path: Path) -> os.stat_result | None:
    """What the file system says of a file; None when it does not exist, as a journal after each commit."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def filled(path: Path) -> bool:
    """Whether a file exists and is not empty."""
    facts = facts_of(path)
    return facts is not None and facts.st_size > 0


def first_look(path: Path) -> Header:
    """Header of the database at `path`; SourceError when there is none to be read.

    Opens and closes the file, so it must not be called while this process holds SQLite's locks on
    it: POSIX drops all locks of a process on a file with the first descriptor that it closes.
    """
    descriptor = _open(path)
    try:
        return _judge(path, descriptor)
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError(f"{path} is a directory; name the SQLite file inside it")
        if not stat.S_ISREG(mode):
            raise SourceError(f"{path} is not a regular file; name the SQLite file itself")
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise SourceError(f"{path} does not exist; check the path of the SQLite file") from None
    except PermissionError:
        raise SourceError(
            f"{path} cannot be read: permission denied; run as a user who may read it"
        ) from None
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be opened: {error}; check the path and the disk") from None


def _judge(path: Path, descriptor: int) -> Header:
    size = os.fstat(descriptor).st_size
    start = os.pread(descriptor, _SAMPLE, 0)
    if size == 0:
        return _only_wal(path)
    if start[:16] != MAGIC:
        raise SourceError(f"{path} is {_what_else(start, size)}")
    if size < 512:
        raise SourceError(f"{path} is damaged: {size} bytes are less than a page; restore it from a backup")
    page_size = _page_size(path, start)
    if max(start[18], start[19]) > 2:
        raise SourceError(
            f"{path} has a format newer than SQLite 3; update outgrow, or VACUUM INTO a new file"
        )
    mode: Literal["wal", "delete"] = "wal" if start[19] == 2 else "delete"
    _refuse_cut(path, descriptor, page_size)
    return Header(raw=start[:100], size=size, page_size=page_size, journal_mode=mode)


def _only_wal(path: Path) -> Header:
    log = wal_path(path)
    state = wal.read(log) if filled(log) else None
    if state is None:
        raise SourceError(
            f"{path} is empty (0 bytes), it holds no database; check the path or restore a backup"
        )
    return Header(raw=b"", size=0, page_size=state.page_size, journal_mode="wal")


def _page_size(path: Path, start: bytes) -> int:
    declared = int.from_bytes(start[16:18], "big")
    page_size = 65536 if declared == 1 else declared
    if page_size < 512 or page_size & (page_size - 1) or start[21:24] != b"\x40\x20\x20":
        raise SourceError(f"{path} is damaged: its header makes no sense; restore it from a backup")
    return page_size


def _refuse_cut(path: Path, descriptor: int, page_size: int) -> None:
    """Refuse a file that is shorter than its header says.

    A writer puts the header in place before the pages that it promises, so what looks short is looked
    at again under SQLite's SHARED lock, which no commit can pass. Where a writer holds the file, or
    with a log or a hot journal beside it, only SQLite can tell.
    """
    if _missing(path, descriptor, page_size) is None or not _lock_shared(descriptor):
        return
    missing = _missing(path, descriptor, page_size)
    if missing is not None:
        size, promised = missing
        raise SourceError(f"{path} is cut short: {size:,} of {promised:,} bytes are there; copy it again")


def _missing(path: Path, descriptor: int, page_size: int) -> tuple[int, int] | None:
    """Size of the file and the size that its header promises, where that is more."""
    before = os.fstat(descriptor)
    start = os.pread(descriptor, 100, 0)
    if filled(wal_path(path)) or filled(journal_path(path)) or start[24:28] != start[92:96]:
        return None
    after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        return None
    promised = int.from_bytes(start[28:32], "big") * page_size
    return (after.st_size, promised) if after.st_size < promised else None


def _lock_shared(descriptor: int) -> bool:
    """Take SQLite's SHARED lock until the descriptor is closed; False where a writer commits just now.

    A file system without locks has no writers to wait for either.
    """
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB, SHARED_BYTES[1], SHARED_BYTES[0])
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


def _what_else(start: bytes, size: int) -> str:
    for beginning, what in _OTHER_FILES:
        if start.startswith(beginning):
            return f"not a SQLite database but {what}"
    if size % 512 == 0 and _looks_random(start):
        return (
            "encrypted or not a SQLite database (its bytes look random); decrypt it with the program that"
            " made it (SQLCipher: sqlcipher_export) and move the plain copy"
        )
    return "not a SQLite database (its first bytes are not SQLite's); name the database file"


def _looks_random(sample: bytes) -> bool:
    """Whether the entropy per byte is what a random sample of that length would have."""
    total = len(sample)
    entropy = -sum(n / total * math.log2(n / total) for n in Counter(sample).values())
    expected = 8 - 255 / (2 * total * math.log(2))  # Miller-Madow bias of 256 symbols
    return entropy >= _RANDOM_BITS * max(expected, 0)
