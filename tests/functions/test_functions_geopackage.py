# ruff: noqa: E501 - one case is one line
"""ST_MinX and its like over GeoPackage's geometry blobs, against geometries written here and real ones."""

from __future__ import annotations

import math
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.options import Options
from outgrow.postgres.functions import install

ENVELOPE = (
    "SELECT sqlite.st_minx(b), sqlite.st_maxx(b), sqlite.st_miny(b), sqlite.st_maxy(b), sqlite.st_isempty(b)"
)


@pytest.fixture(scope="module")
def target(new_database: Callable[[], str]) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(new_database(), autocommit=True) as connection:
        install(connection)
        yield connection


def asked(target: psycopg.Connection[Any], blob: bytes | None) -> tuple[Any, ...]:
    ((*found,),) = target.execute(f"{ENVELOPE} FROM (SELECT %s::bytea) AS one (b)", (blob,)).fetchall()
    return tuple(found)


def geometry(
    body: bytes, *, little: bool = True, empty: bool = False, envelope: tuple[float, ...] = ()
) -> bytes:
    """A GeoPackage blob around well-known binary; the envelope's kind follows from its length."""
    order = "<" if little else ">"
    kind = {0: 0, 4: 1, 6: 2, 8: 4}[len(envelope)]
    flags = int(little) | kind << 1 | int(empty) << 4
    return b"GP\0" + bytes([flags]) + struct.pack(f"{order}i{len(envelope)}d", 4326, *envelope) + body


def wkb(kind: int, *parts: bytes | float | int, little: bool = True) -> bytes:
    """One geometry: integers are counts, floats coordinates, bytes geometries inside."""
    order = "<" if little else ">"
    body = b"".join(
        part
        if isinstance(part, bytes)
        else struct.pack(f"{order}{'I' if isinstance(part, int) else 'd'}", part)
        for part in parts
    )
    return bytes([little]) + struct.pack(f"{order}I", kind) + body


POINT = wkb(1, 3.5, -2.0)
NOWHERE = wkb(1, math.nan, math.nan)
WIDE = (1e300, -5e-324, 0.1, math.inf)
SHAPES: list[tuple[bytes, tuple[float | None, ...]]] = [
    (geometry(POINT), (3.5, 3.5, -2.0, -2.0, 0)),
    (geometry(wkb(1, 3.5, -2.0, little=False), little=False), (3.5, 3.5, -2.0, -2.0, 0)),
    (geometry(POINT, envelope=(1.0, 2.0, 3.0, 4.0)), (1.0, 2.0, 3.0, 4.0, 0)),
    (geometry(POINT, little=False, envelope=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)), (1.0, 2.0, 3.0, 4.0, 0)),
    (geometry(POINT, envelope=(*WIDE, 5.0, 6.0, 7.0, 8.0)), (*WIDE, 0)),
    (geometry(wkb(2, 3, 1.0, 9.0, -4.0, 2.0, 0.5, 3.0)), (-4.0, 1.0, 2.0, 9.0, 0)),
    (geometry(wkb(1002, 2, 1.0, 9.0, 100.0, -4.0, 2.0, -100.0)), (-4.0, 1.0, 2.0, 9.0, 0)),
    (geometry(wkb(3002, 2, 1.0, 9.0, 100.0, 7.0, -4.0, 2.0, 0.0, 7.0)), (-4.0, 1.0, 2.0, 9.0, 0)),
    (geometry(wkb(3, 2, 3, 0.0, 0.0, 5.0, 5.0, 0.0, 0.0, 2, 1.0, -1.0, 2.0, 7.0)), (0.0, 5.0, -1.0, 7.0, 0)),
    (geometry(wkb(7, 2, POINT, wkb(5, 1, wkb(2, 2, 1.0, 1.0, 4.0, 0.0), little=False))), (1.0, 4.0, -2.0, 1.0, 0)),
    (geometry(wkb(4, 2, NOWHERE, POINT)), (3.5, 3.5, -2.0, -2.0, 0)),
    (geometry(wkb(7, 0), empty=True), (None, None, None, None, 1)),
    (geometry(NOWHERE, empty=True), (None, None, None, None, 1)),
    (b"GP", (None,) * 5),
    (b"not a geometry at all", (None,) * 5),
]  # fmt: skip


@pytest.mark.parametrize(("blob", "found"), SHAPES)
def test_envelopes(target: psycopg.Connection[Any], blob: bytes, found: tuple[float | None, ...]) -> None:
    assert list(map(repr, asked(target, blob))) == list(map(repr, found))


def test_null(target: psycopg.Connection[Any]) -> None:
    assert asked(target, None) == (None,) * 5


@pytest.mark.parametrize(
    ("blob", "said"),
    [
        (geometry(wkb(8, 1, 1.0, 1.0)), "a geometry of type 8 without an envelope"),
        (b"\0\1" + bytes(36) + b"\x7c" + bytes(20) + b"\xfe", "a geometry of SpatiaLite"),
    ],
)
def test_other_geometries_are_an_error(target: psycopg.Connection[Any], blob: bytes, said: str) -> None:
    with pytest.raises(psycopg.Error, match=said):
        asked(target, blob)


def test_the_triggers_of_a_real_geopackage(corpus_dir: Path, new_database: Callable[[], str]) -> None:
    """All move, and fill the R*Trees again with exactly the boxes that are there."""
    source, url = corpus_dir / "gpkg_gdal_sample.db", new_database()
    result = move(Request(source=str(source), target=url, options=Options()), Silent())
    assert [o.name for o in result.outcomes if o.kind == "triggers" and o.fate == "left"] == []
    assert sum(o.kind == "triggers" and o.fate == "moved" for o in result.outcomes) == 90
    with (
        closing(sqlite3.connect(f"file:{source}?immutable=1", uri=True)) as lite,
        psycopg.connect(url) as target,
    ):
        rows = lite.execute(
            "SELECT table_name, column_name FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index'"
        )
        for table, column in rows.fetchall():
            tree = f'"rtree_{table}_{column}"'
            # GDAL gave rows without a geometry a box, too, when it made the index; the triggers do not.
            without = f'SELECT fid FROM "{table}" WHERE "{column}" IS NULL'
            there = lite.execute(f"SELECT * FROM {tree} WHERE id NOT IN ({without}) ORDER BY id").fetchall()
            assert there
            target.execute(f"DELETE FROM {tree}".encode())
            target.execute(f'UPDATE "{table}" SET "{column}" = "{column}"'.encode())
            assert target.execute(f"SELECT * FROM {tree} ORDER BY id".encode()).fetchall() == there
            target.execute(f'UPDATE "{table}" SET fid = fid + 1000, "{column}" = "{column}"'.encode())
            moved = target.execute(f"SELECT id - 1000, * FROM {tree} ORDER BY id".encode()).fetchall()
            assert [(key, *row) for key, _, *row in moved] == there
            target.execute(f'DELETE FROM "{table}"'.encode())
            assert target.execute(f"SELECT count(*) FROM {tree}".encode()).fetchall() == [(0,)]
        target.rollback()
