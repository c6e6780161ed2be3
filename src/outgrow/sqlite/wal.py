"""The write-ahead log as bytes: up to which commit it reaches, and a page 1 out of it.

Used by the first look, the private copy and the fingerprint. Format:
https://www.sqlite.org/fileformat2.html#the_write_ahead_log. Frames count while their salts are the
header's; what follows the last commit frame is nobody's yet.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

HEADER = 32
FRAME = 24
_MAGIC = (0x377F0682, 0x377F0683)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalState:
    """The log up to its last commit: `frames` of them, `pages` in the database after it.

    `identity` differs whenever another commit is the last one.
    """

    page_size: int
    frames: int
    pages: int
    identity: bytes


def read(path: Path) -> WalState | None:
    """State of the log at `path`; None when it holds no commit."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return state(descriptor)
    finally:
        os.close(descriptor)


def header(descriptor: int) -> bytes:
    """The first 32 bytes, which change when the log starts afresh."""
    return os.pread(descriptor, HEADER, 0)


def state(descriptor: int) -> WalState | None:
    """State of an open log; None when it holds no commit."""
    head = header(descriptor)
    if len(head) < HEADER or int.from_bytes(head[:4], "big") not in _MAGIC:
        return None
    page_size = int.from_bytes(head[8:12], "big")
    number, last, frames = 0, b"", 0
    while True:
        frame = os.pread(descriptor, FRAME, HEADER + number * (FRAME + page_size))
        if len(frame) < FRAME or frame[8:16] != head[16:24]:
            break
        number += 1
        if frame[4:8] != b"\0\0\0\0":
            last, frames = frame, number
    if not last:
        return None
    pages = int.from_bytes(last[4:8], "big")
    return WalState(page_size=page_size, frames=frames, pages=pages, identity=head + last)


def first_page(descriptor: int, found: WalState) -> bytes | None:
    """Newest page 1 in the log, when the log alone holds every page of the database; else None."""
    step = FRAME + found.page_size
    newest: dict[int, int] = {}
    for number in range(found.frames):
        place = HEADER + number * step
        newest[int.from_bytes(os.pread(descriptor, 4, place), "big")] = place + FRAME
    if not newest.keys() >= set(range(1, found.pages + 1)):
        return None
    return os.pread(descriptor, found.page_size, newest[1])
