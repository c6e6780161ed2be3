"""The check of the SQLite file that was moved: whether somebody has written to it since.

Split brain: the server reads PostgreSQL, a script goes on writing to the file, and both work. The file of
the ledger is looked at where it is on this machine, else files of its name in the application's directory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

from outgrow.errors import OutgrowError
from outgrow.report.figures import counted
from outgrow.runtime.health.check import Verdict, failure, ok, skipped
from outgrow.runtime.health.remembered import Move
from outgrow.runtime.health.server import skew
from outgrow.runtime.health.subject import Subject
from outgrow.sqlite.connect import open_snapshot
from outgrow.sqlite.header import filled, journal_path, wal_path

MOST_ENTRIES = 50_000
_SMALL = 8 << 20  # up to here the fingerprint is of the whole content
_MAGIC = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file of the move that was written to after it, and when last, by this machine's clock."""

    path: Path
    when: datetime


def old_file(subject: Subject) -> Verdict:
    """Whether any file that was moved into this database has changed since."""
    moves = [move for move in subject.remembered.moves if move.ended is not None]
    if not moves:
        return skipped(subject.remembered.problem or "outgrow remembers no move into this database")
    found = [(move, path) for move in moves for path in _files(move, subject.application.directory)]
    if not found:
        names = ", ".join(PurePath(move.source).name for move in moves)
        return skipped(
            f"{names} is not on this machine where it was moved from, nor in the application's directory"
        )
    ahead = skew(subject.plain)
    written = [w for move, path in found if (w := written_since(path, move, ahead)) is not None]
    if not written:
        return ok(f"{', '.join(str(path) for _, path in found)}: not written to since the move")
    return failure(
        f"{counted(len(written), 'file was', 'files were')} written to after the move; PostgreSQL lacks that",
        *(f"{w.path} at {w.when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" for w in written),
        advice=[
            "Find who writes (lsof, and the places that app.code names) and give them the new database.",
            "outgrow verify names the rows that differ; bring them over by hand.",
            "Then make the file read-only (chmod a-w), so that the next one who writes is told.",
        ],
    )


def written_since(path: Path, move: Move, ahead: timedelta) -> Written | None:
    """Whether the file holds another state than the one that was moved; `ahead` is the server's clock."""
    assert move.ended is not None  # noqa: S101 - its callers look at moves that ended
    parts = [path, *(p for p in (wal_path(path), journal_path(path)) if filled(p))]
    when = datetime.fromtimestamp(max(part.stat().st_mtime for part in parts), UTC)
    # a second of grace, because file systems round and clocks are read one after the other
    if when <= move.ended - ahead - timedelta(seconds=1):
        return None
    if sum(part.stat().st_size for part in parts) <= _SMALL and _fingerprint(path) == move.fingerprint:
        return None  # touched, or its log was folded in: the content is the one that was moved
    return Written(path=path, when=when)


def _fingerprint(path: Path) -> str | None:
    try:
        with open_snapshot(str(path), readers=1) as snapshot:
            return snapshot.fingerprint
    except OutgrowError:  # somebody is writing this very moment
        return None


def _files(move: Move, directory: Path | None) -> Iterator[Path]:
    source = Path(move.source)
    if _is_sqlite(source):
        yield source
    elif directory is not None:
        yield from (path for path in _named(directory, source.name) if _is_sqlite(path))


def _named(directory: Path, name: str) -> Iterator[Path]:
    """Files of that name below a directory, as far as a bounded walk comes."""
    left = MOST_ENTRIES
    for here, folders, names in os.walk(directory):
        folders[:] = sorted(
            folder for folder in folders if folder != "node_modules" and not folder.startswith(".")
        )
        if name in names:
            yield Path(here, name)
        left -= len(names) + len(folders)
        if left < 0:
            return


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(16) == _MAGIC
    except OSError:
        return False
