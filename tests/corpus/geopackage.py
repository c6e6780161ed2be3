"""What an application with a GeoPackage brings along: ST_MinX and its like, which SQLite lacks."""

from __future__ import annotations

import math
import sqlite3
import struct
from collections.abc import Callable, Iterator

Envelope = tuple[float, float, float, float]
"""Least x, greatest x, least y, greatest y; all NaN of an empty geometry."""
_EMPTY = (math.nan,) * 4
_WITH_PARTS = {4, 5, 6, 7}  # MULTIPOINT, MULTILINESTRING, MULTIPOLYGON, GEOMETRYCOLLECTION


def register(connection: sqlite3.Connection) -> None:
    """ST_IsEmpty, ST_MinX, ST_MaxX, ST_MinY and ST_MaxY over GeoPackage's blobs; NULL for any other value."""
    connection.create_function("ST_IsEmpty", 1, _of(lambda found: int(math.isnan(found[0]))))
    for place, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        connection.create_function(name, 1, _of(lambda found, place=place: found[place]))


def _of(part: Callable[[Envelope], float]) -> Callable[[bytes | None], float | None]:
    def function(blob: bytes | None) -> float | None:
        value = part(_envelope(blob)) if blob is not None and blob[:2] == b"GP" else None
        return None if isinstance(value, float) and math.isnan(value) else value

    return function


def _envelope(blob: bytes) -> Envelope:
    flags = blob[3]
    size = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[flags >> 1 & 7]
    if size:
        found: Envelope = struct.unpack_from(("<" if flags & 1 else ">") + "4d", blob, 8)
        return found
    points = list(_points(blob, 8)[0])
    points = [(x, y) for x, y in points if not math.isnan(x)]
    if not points:
        return _EMPTY
    xs, ys = zip(*points, strict=True)
    return min(xs), max(xs), min(ys), max(ys)


def _points(blob: bytes, at: int) -> tuple[list[tuple[float, float]], int]:
    """The points of a well-known binary, and where it ends."""
    order = "<" if blob[at] else ">"
    (kind,) = struct.unpack_from(f"{order}I", blob, at + 1)
    width = 8 * {0: 2, 1: 3, 2: 3, 3: 4}[kind // 1000]
    at += 5
    if kind % 1000 == 1:
        return [struct.unpack_from(f"{order}2d", blob, at)], at + width
    (count,) = struct.unpack_from(f"{order}I", blob, at)
    at += 4
    found: list[tuple[float, float]] = []
    for _ in range(count):
        if kind % 1000 in _WITH_PARTS:
            more, at = _points(blob, at)
        else:
            more, at = _line(blob, at, order, width, rings=kind % 1000 == 3)
        found += more
    return found, at


def _line(
    blob: bytes, at: int, order: str, width: int, *, rings: bool
) -> tuple[list[tuple[float, float]], int]:
    """One point of a LINESTRING, or one ring of a POLYGON."""
    count = 1
    if rings:
        (count,) = struct.unpack_from(f"{order}I", blob, at)
        at += 4
    points: Iterator[tuple[float, float]] = (
        struct.unpack_from(f"{order}2d", blob, at + n * width) for n in range(count)
    )
    return list(points), at + count * width
