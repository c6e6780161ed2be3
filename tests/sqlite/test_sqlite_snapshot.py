from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from outgrow.errors import OutgrowError, SourceError
from outgrow.sqlite.connect import NeedsModule, Snapshot, open_snapshot

Other = Callable[..., "subprocess.Popen[str]"]
Plain = Callable[[Path, str], list[tuple[object, ...]]]
Beside = Callable[[Path], dict[str, str]]

WRITER = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
print(c.execute("PRAGMA journal_mode=" + sys.argv[2]).fetchone()[0], flush=True)
n = 0
while True:
    n += 1
    c.execute("BEGIN IMMEDIATE")
    c.execute("INSERT INTO t(v, pad) VALUES (?, zeroblob(300))", (n,))
    c.execute("INSERT INTO t(v, pad) VALUES (?, zeroblob(300))", (-n,))
    c.execute("COMMIT")
"""
HOLDER = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("PRAGMA locking_mode=EXCLUSIVE")
c.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
c.execute("COMMIT")
c.close()
print("free", flush=True)
"""
COMMITTER = """
import fcntl, os, sys, time
file = os.open(sys.argv[1], os.O_RDWR)
fcntl.lockf(file, fcntl.LOCK_EX, 510, 0x40000002)  # EXCLUSIVE, as in a commit without a journal
last = os.pread(file, 4096, os.fstat(file).st_size - 4096)
os.ftruncate(file, os.fstat(file).st_size - 4096)
print("header written, last page missing", flush=True)
sys.stdin.readline()
time.sleep(0.3)
os.pwrite(file, last, os.fstat(file).st_size)
fcntl.lockf(file, fcntl.LOCK_UN)
print("committed", flush=True)
sys.stdin.readline()
"""
CRASHER = """
import os, signal, sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("PRAGMA cache_size=5")
c.execute("BEGIN")
c.execute("UPDATE t SET pad = randomblob(3000), v = 99")
os.kill(os.getpid(), signal.SIGKILL)
"""


def read(snapshot: Snapshot, sql: str) -> list[tuple[Any, ...]]:
    """The query's rows, which every kind of reader agrees on."""
    with snapshot.apsw() as reader:
        expected = reader.execute(sql).fetchall()
    with snapshot.adbc() as reader, reader.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.fetchall() == expected
    return expected


@pytest.mark.parametrize("mode", ["WAL", "DELETE", "TRUNCATE", "MEMORY", "OFF"])
def test_all_readers_agree_while_another_process_writes(
    make: Callable[..., Path], other: Other, mode: str
) -> None:
    path = make("CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER, pad BLOB)")
    writer = other(WRITER, path, mode)
    assert writer.stdout is not None
    assert writer.stdout.readline() == mode.lower() + "\n"
    seen: list[tuple[int, object]] = []
    while len(seen) < 8 or len({count for count, _ in seen}) < 2:
        assert writer.poll() is None
        with open_snapshot(path, readers=3) as snapshot, ExitStack() as stack:
            assert snapshot.journal_mode == ("wal" if mode == "WAL" else "delete")
            apsw_readers = [stack.enter_context(snapshot.apsw()) for _ in range(3)]
            cursors = [stack.enter_context(stack.enter_context(snapshot.adbc()).cursor()) for _ in range(3)]
            answers = set()
            for _ in range(5):
                answers |= {
                    tuple(c.execute("SELECT count(*), sum(v) FROM t").fetchall()) for c in apsw_readers
                }
                for cursor in cursors:
                    cursor.execute("SELECT count(*), sum(v) FROM t NOT INDEXED")
                    answers.add(tuple(cursor.fetchall()))
            (((count, total),),) = answers
            assert count % 2 == 0
            assert total in (0, None)
            seen.append((count, snapshot.fingerprint))
    assert seen == sorted(seen, key=lambda pair: pair[0])
    assert len({count for count, _ in seen}) == len({mark for _, mark in seen})


def test_a_commit_without_a_journal_is_waited_for(make: Callable[..., Path], other: Other) -> None:
    """Between the header's page and the last one the file is shorter than it says, and not damaged."""
    path = make("PRAGMA page_size=4096; CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(9000))")
    writer = other(COMMITTER, path)
    assert writer.stdin is not None
    assert writer.stdout is not None
    writer.stdout.readline()
    writer.stdin.write("\n")
    writer.stdin.flush()
    with open_snapshot(path, wait=20) as snapshot:
        assert writer.stdout.readline() == "committed\n"
        assert read(snapshot, "SELECT length(a) FROM t") == [(9000,)]


def test_a_writer_that_comes_later_is_not_seen(
    make: Callable[..., Path], plain: Plain, beside: Beside
) -> None:
    """In WAL mode others go on writing and checkpointing; the file that is read stays as it was."""
    path = make("PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1)")
    late = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=0.1, isolation_level=None);"
    late += "[c.execute('INSERT INTO t VALUES (zeroblob(4000))') for _ in range(3000)];"
    late += "print(c.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchall())"
    with open_snapshot(path, readers=2) as snapshot:
        assert snapshot.file == path
        assert read(snapshot, "SELECT count(*) FROM t") == [(1,)]
        ran = subprocess.run([sys.executable, "-c", late, path], capture_output=True, text=True, check=True)
        assert ran.stdout.startswith("[(1, ")  # busy: our read transaction is respected
        assert read(snapshot, "SELECT count(*) FROM t") == [(1,)]
        assert snapshot.unchanged
    assert plain(path, "SELECT count(*) FROM t") == [(3001,)]


def test_a_rollback_mode_writer_waits_for_the_snapshot(make: Callable[..., Path]) -> None:
    path = make("CREATE TABLE t(a); INSERT INTO t VALUES (1)")
    write = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=0.2, isolation_level=None);"
    write += "c.execute('INSERT INTO t VALUES (2)')"
    with open_snapshot(path, readers=2) as snapshot:
        read(snapshot, "SELECT * FROM t")
        ran = subprocess.run([sys.executable, "-c", write, path], capture_output=True, text=True, check=False)
        assert "database is locked" in ran.stderr
        assert read(snapshot, "SELECT * FROM t") == [(1,)]
    subprocess.run([sys.executable, "-c", write, path], check=True)


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_locked_by_another_process(
    make: Callable[..., Path], other: Other, mode: str, beside: Beside
) -> None:
    path = make(f"PRAGMA journal_mode={mode}; CREATE TABLE t(a); INSERT INTO t VALUES (7)")
    holder = other(HOLDER, path)
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    before = set(beside(path))
    with pytest.raises(SourceError) as raised:
        open_snapshot(path, wait=0.4)
    assert str(raised.value) == (
        f"{path} is held locked by another process (tried for 0 s); try again when that has finished, or"
        " stop the program that uses it"
    )
    assert set(beside(path)) == before
    timer = threading.Timer(0.5, lambda: (holder.stdin.write("\n"), holder.stdin.flush()))
    timer.start()
    with open_snapshot(path, wait=20) as snapshot:
        assert read(snapshot, "SELECT a FROM t") == [(7,)]
    timer.join()


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
@pytest.mark.parametrize("readers", [1, 4])
def test_nothing_is_written_or_left(
    make: Callable[..., Path], beside: Beside, mode: str, readers: int
) -> None:
    path = make(f"PRAGMA journal_mode={mode}; CREATE TABLE t(a); INSERT INTO t VALUES (1)")
    before, stamp = beside(path), path.stat().st_mtime_ns
    with open_snapshot(path, readers=readers) as snapshot:
        assert read(snapshot, "SELECT * FROM t") == [(1,)]
    assert (beside(path), path.stat().st_mtime_ns) == (before, stamp)
    assert not list(Path(tempfile.gettempdir()).glob(f"outgrow-*/{path.name}"))


@pytest.mark.parametrize(
    ("name", "objects"), [("seed_widgettdc_walonly.db", 23), ("plaso_wal_database.db", 2)]
)
def test_all_content_in_the_log(
    copied: Callable[[str], Path], beside: Beside, plain: Plain, name: str, objects: int
) -> None:
    path = copied(name)
    before = beside(path)
    sql = "SELECT type, name, sql FROM sqlite_schema ORDER BY rowid"
    with open_snapshot(path, readers=2) as snapshot:
        assert snapshot.file != path
        found = read(snapshot, sql)
        counts = [read(snapshot, f'SELECT count(*) FROM "{n}"')[0] for t, n, _ in found if t == "table"]
        private = snapshot.file
    assert beside(path) == before
    assert not private.parent.exists()
    assert found == plain(path, sql)
    assert counts == [plain(path, f'SELECT count(*) FROM "{n}"')[0] for t, n, _ in found if t == "table"]
    assert len(found) == objects


def test_log_of_a_living_process(make: Callable[..., Path], beside: Beside) -> None:
    path = make("PRAGMA journal_mode=WAL; CREATE TABLE t(a)")
    with closing(sqlite3.connect(path, isolation_level=None)) as living:
        living.execute("INSERT INTO t VALUES (5)")
        before = beside(path)
        with open_snapshot(path) as snapshot:
            assert snapshot.file != path
            living.execute("INSERT INTO t VALUES (6)")
            living.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            assert read(snapshot, "SELECT * FROM t") == [(5,)]
        assert before.keys() == beside(path).keys()
        assert living.execute("SELECT * FROM t").fetchall() == [(5,), (6,)]


def test_hot_journal_is_rolled_back_in_a_copy_only(
    make: Callable[..., Path], beside: Beside, plain: Plain
) -> None:
    path = make(
        "CREATE TABLE t(v, pad); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 200)"
        " INSERT INTO t SELECT i, randomblob(3000) FROM n"
    )
    clean = plain(path, "SELECT v, pad FROM t")
    crashed = subprocess.run([sys.executable, "-c", CRASHER, path], check=False)
    assert crashed.returncode == -signal.SIGKILL
    before = beside(path)
    assert sorted(before) == ["a.db", "a.db-journal"]
    with open_snapshot(path, readers=2) as snapshot:
        assert read(snapshot, "SELECT v, pad FROM t") == clean
        mark = snapshot.fingerprint
    assert beside(path) == before
    assert plain(path, "SELECT v, pad FROM t") == clean  # SQLite rolls the source back now
    with open_snapshot(path) as snapshot:
        assert (snapshot.file, snapshot.fingerprint) == (path, mark)


@pytest.mark.parametrize("rows", [3, 3000])
@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_fingerprint(make: Callable[..., Path], plain: Plain, mode: str, rows: int) -> None:
    path = make(
        f"PRAGMA journal_mode={mode}; CREATE TABLE t(a, pad); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
        f" SELECT i+1 FROM n LIMIT {rows}) INSERT INTO t SELECT i, zeroblob(4000) FROM n"
    )

    def mark() -> str:
        with open_snapshot(path) as snapshot:
            return snapshot.fingerprint

    first = mark()
    assert mark() == first
    plain(path, "UPDATE t SET a = -1 WHERE rowid = 2")  # closes, so a log is checkpointed and removed
    second = mark()
    assert mark() == second != first
    with closing(sqlite3.connect(path, isolation_level=None)) as living:
        assert mark() == second
        living.execute("UPDATE t SET a = -2 WHERE rowid = 2")
        third = mark()
        assert mark() == third
        living.execute("UPDATE t SET a = -3 WHERE rowid = 2")
        fourth = mark()
    assert len({first, second, third, fourth}) == 4
    closed = mark()
    assert closed not in {first, second, third}
    assert mark() == closed


@pytest.mark.parametrize(
    "name", ["a b.db", "50%.db", "what?.db", "a#b.db", "é表.db", 'it\'s "q".db', "x&y=z;.db"]
)
@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_any_path(make: Callable[..., Path], tmp_path: Path, beside: Beside, name: str, mode: str) -> None:
    path = make(f"PRAGMA journal_mode={mode}; CREATE TABLE t(a); INSERT INTO t VALUES (1)", name)
    with open_snapshot(path) as snapshot:
        assert read(snapshot, "SELECT * FROM t") == [(1,)]
    assert list(beside(path)) == [name]


def test_symbolic_link_is_followed_to_the_log(copied: Callable[[str], Path], tmp_path: Path) -> None:
    path = copied("plaso_wal_database.db")
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "a.db"
    link.symlink_to(path)
    with open_snapshot(link) as snapshot:
        assert snapshot.path == link
        assert read(snapshot, "SELECT count(*) FROM sqlite_schema") == [(2,)]


def as_nobody(work: Callable[[], str]) -> str:
    """What `work` returns in a forked child that has no right to write; its errors too."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        try:
            answer = work()
        except Exception as error:
            answer = repr(error)
        os.write(send, answer.encode())
        os._exit(0)
    os.close(send)
    os.waitpid(child, 0)
    with os.fdopen(receive) as pipe:
        return pipe.read()


def test_read_only_folder(make: Callable[..., Path]) -> None:
    """A user who may read but not write, a clean WAL database and one with a log: both are read."""
    path = make("PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(path, folder / "clean.db")
        with closing(sqlite3.connect(path, isolation_level=None)) as living:
            living.execute("INSERT INTO t VALUES (2)")
            shutil.copy(path, folder / "log.db")
            shutil.copy(f"{path}-wal", folder / "log.db-wal")
        names = sorted(p.name for p in folder.iterdir())
        for file in folder.iterdir():
            file.chmod(0o444)
        folder.chmod(0o555)

        def count(file: Path) -> str:
            with open_snapshot(file) as snapshot:
                return f"{read(snapshot, 'SELECT count(*) FROM t')} {snapshot.file == file}"

        assert count(path) == "[(2,)] True"  # and all is imported before the fork
        assert as_nobody(lambda: count(folder / "clean.db")) == "[(1,)] False"
        assert as_nobody(lambda: count(folder / "log.db")) == "[(2,)] False"
        assert sorted(p.name for p in folder.iterdir()) == names
        folder.chmod(0o755)


def test_pool_lends_no_more_than_it_has(make: Callable[..., Path]) -> None:
    path = make("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3)")
    answers: list[int] = []
    lent, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal lent, most
        for _ in range(20):
            with snapshot.adbc() as reader, reader.cursor() as cursor:
                with lock:
                    lent += 1
                    most = max(most, lent)
                cursor.execute("SELECT sum(a) FROM t")
                answers.append(cursor.fetchall()[0][0])
                with lock:
                    lent -= 1

    with open_snapshot(path, readers=3) as snapshot:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [6] * 160
    assert most <= 3


def test_missing_parts_are_recognised(make: Callable[..., Path]) -> None:
    path = make("CREATE TABLE t(a)")
    with open_snapshot(path) as snapshot:
        with pytest.raises(NeedsModule), snapshot.adbc() as reader, reader.cursor() as cursor:
            cursor.execute("SELECT a FROM t ORDER BY a COLLATE unicase")
        with snapshot.apsw() as reader:
            assert reader.execute("SELECT a FROM t ORDER BY a COLLATE unicase").fetchall() == []
        with pytest.raises(NeedsModule, match="no such function: nope"), snapshot.apsw() as reader:
            reader.execute("SELECT nope(1)")
        with snapshot.adbc() as reader, reader.cursor() as cursor:  # the failed one serves on
            cursor.execute("SELECT 1")
            assert cursor.fetchall() == [(1,)]


def test_source_cannot_be_written_through_it(make: Callable[..., Path]) -> None:
    with (
        open_snapshot(make("CREATE TABLE t(a)")) as snapshot,
        snapshot.apsw() as reader,
        pytest.raises(apsw.ReadOnlyError),
    ):
        reader.execute("INSERT INTO t VALUES (1)")


def test_one_snapshot_of_a_file_at_a_time(make: Callable[..., Path]) -> None:
    path = make("CREATE TABLE t(a)")
    with open_snapshot(path) as snapshot, pytest.raises(OutgrowError, match="open in this process already"):
        open_snapshot(path)
    snapshot.close()
    with open_snapshot(path):
        pass


def test_a_lost_lock_is_noticed(make: Callable[..., Path]) -> None:
    """Closing any descriptor of the file drops the lock (POSIX); a writer that then gets in is seen."""
    path = make("CREATE TABLE t(a); INSERT INTO t VALUES (1)")
    write = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
    write += "c.execute('INSERT INTO t VALUES (2)')"
    snapshot = open_snapshot(path)
    path.read_bytes()
    subprocess.run([sys.executable, "-c", write, path], check=True)
    assert not snapshot.unchanged
    with pytest.raises(SourceError, match="was changed while it was read; run the same command again"):
        snapshot.close()
    snapshot.close()
