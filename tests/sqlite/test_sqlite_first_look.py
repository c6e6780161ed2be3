from __future__ import annotations

import gzip
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from outgrow.errors import SourceError
from outgrow.sqlite.catalog import read_catalog
from outgrow.sqlite.connect import open_snapshot


def refusal(path: Path) -> str:
    with pytest.raises(SourceError) as raised, open_snapshot(path) as snapshot:
        read_catalog(snapshot)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_missing(tmp_path: Path) -> None:
    path = tmp_path / "no" / "a.db"
    assert refusal(path) == f"{path} does not exist; check the path of the SQLite file"
    assert list(tmp_path.iterdir()) == []


def test_directory(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path} is a directory; name the SQLite file inside it"


def test_not_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == f"{tmp_path}/pipe is not a regular file; name the SQLite file itself"


def test_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.touch()
    expected = f"{path} is empty (0 bytes), it holds no database; check the path or restore a backup"
    assert refusal(path) == expected
    Path(f"{path}-wal").touch()
    assert refusal(path) == expected
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.db", "a.db-wal"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"hello world, this is text\n" * 100, "not a SQLite database (its first bytes are not SQLite's)"),
        (gzip.compress(b"x" * 999, mtime=0), "not a SQLite database but a gzip file; unpack it first"),
        (b"PRAGMA foreign_keys=OFF;\nBEGIN;", "not a SQLite database but a SQL dump; load it first"),
        (random.Random(1).randbytes(8192), "encrypted or not a SQLite database"),
        (random.Random(1).randbytes(512), "encrypted or not a SQLite database"),
        (random.Random(1).randbytes(8191), "not a SQLite database (its first bytes are not SQLite's)"),
        (b"SQLite format 3\0", "damaged: 16 bytes are less than a page"),
        (b"SQLite format 3\0" + b"\xff" * 4080, "damaged: its header makes no sense"),
    ],
)
def test_no_database(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(content)
    assert refusal(path).startswith(f"{path} is {what}")


def test_encrypted(copied: Callable[[str], Path]) -> None:
    path = copied("mendeley_encrypted.db")
    assert refusal(path).startswith(f"{path} is encrypted or not a SQLite database (its bytes look random)")


def test_damaged(copied: Callable[[str], Path]) -> None:
    path = copied("seed_widgettdc_damaged.db")
    assert refusal(path) == (
        f"{path} is damaged: database disk image is malformed; restore a backup, or recover it:"
        " sqlite3 FILE .recover"
    )


def test_cut_short(make: Callable[..., Path]) -> None:
    path = make("PRAGMA page_size=4096; CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(20000))")
    os.truncate(path, 9000)
    assert refusal(path) == f"{path} is cut short: 9,000 of 24,576 bytes are there; copy it again"


def test_damaged_catalog(make: Callable[..., Path]) -> None:
    path = make("CREATE TABLE first(a); CREATE TABLE t(a)")
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE first", b"CREATE TUBLE first"))
    assert refusal(path).startswith(f"{path} is damaged: malformed database schema (first)")


def test_random_bytes_inside(make: Callable[..., Path]) -> None:
    path = make("CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(50000))")
    content = path.read_bytes()
    path.write_bytes(content[:100] + random.Random(2).randbytes(4000) + content[4100:])
    assert refusal(path).startswith(f"{path} is damaged: ")


def test_wal_without_the_rest_of_its_database(make: Callable[..., Path], tmp_path: Path) -> None:
    """An empty file whose log has only some of the pages is refused; one that has all of them is read."""
    path = make("PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1)")
    connection = apsw.Connection(str(path))
    connection.execute("INSERT INTO t VALUES (2)").fetchall()
    part = tmp_path / "part.db"
    part.touch()
    shutil.copy(f"{path}-wal", f"{part}-wal")
    connection.execute("CREATE TABLE u AS SELECT 3 AS b; VACUUM").fetchall()
    whole = tmp_path / "whole.db"
    whole.touch()
    shutil.copy(f"{path}-wal", f"{whole}-wal")
    connection.close()
    assert refusal(part) == (
        f"{part} is empty and its -wal holds only part of the database; restore the .db from a backup"
    )
    with open_snapshot(whole) as snapshot, snapshot.apsw() as reader:
        assert reader.execute("SELECT a FROM t UNION ALL SELECT b FROM u").fetchall() == [(1,), (2,), (3,)]
    assert whole.stat().st_size == 0
