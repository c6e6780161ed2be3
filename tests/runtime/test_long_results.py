"""Results that come in parts: as SQLite's, row by row, whatever a program does between two rows."""

from __future__ import annotations

import gc
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from outgrow.runtime import sqlite3 as shim
from outgrow.runtime.dbapi import rows

Sides = Callable[..., tuple[Any, Any]]

LONG = 50_000
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
FILL = "INSERT INTO t SELECT i, 'text ' || i, i / 8.0 FROM n"
QUERY = "SELECT i, words, part FROM t ORDER BY i"
ENDLESS = "SELECT a.i, b.words FROM t AS a, t AS b"
"""More rows than the sockets between hold: they take in megabytes, and then the server has ended."""


def filled(connection: Any, count: int) -> Any:
    """The connection, with a table of so many rows."""
    connection.execute("CREATE TABLE t(i INTEGER PRIMARY KEY, words TEXT, part REAL)")
    connection.execute(NUMBERS.format(count) + FILL)
    connection.commit()
    return connection


@pytest.fixture
def long(database: str) -> Iterator[shim.Connection]:
    """A connection with a result of many parts."""
    with closing(shim.connect(database)) as connection:
        yield filled(connection, LONG)


def state(connection: Any, url: str) -> str:
    """What the connection's process of the server is doing, as another one sees it."""
    pid = connection._engine.link.raw.info.backend_pid
    with psycopg.connect(url) as other:
        row = other.execute("SELECT state FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone()
    return str(row and row[0])


READERS: list[Callable[[Any], list[Any]]] = [
    lambda cursor: cursor.fetchall(),
    list,
    lambda cursor: list(iter(cursor.fetchone, None)),
    lambda cursor: [row for part in iter(lambda: cursor.fetchmany(300), []) for row in part],
    lambda cursor: [cursor.fetchone(), *cursor.fetchmany(600), *cursor.fetchall()],
]


@pytest.mark.parametrize("begins", [False, True])
def test_every_row_comes_once_and_in_order(sides: Sides, begins: bool) -> None:
    found = []
    for side in sides():
        connection = filled(side.connect(isolation_level=None), 2049)
        if begins:
            connection.execute("BEGIN")
            connection.execute("INSERT INTO t VALUES (0, 'first', NULL)")
        found.append(
            [
                read(connection.execute(f"{QUERY} LIMIT {count}"))
                for count in (0, 1, 511, 512, 513, 1023, 1024, 1025, 2048, 2049)
                for read in READERS
            ]
        )
    assert found[0] == found[1]


def test_who_wants_one_row_does_not_wait_for_the_others(long: shim.Connection, database: str) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    for _ in range(3):  # the third is prepared
        assert long.execute(ENDLESS).fetchone() == (1, "text 1")
        assert state(long, database) == "idle"
    assert next(long.execute(f"{endless} LIMIT 1")) == (1,)
    long.execute("INSERT INTO t VALUES (0, 'mine', NULL)")
    for _ in range(3):
        cursor = long.execute("SELECT a.i, b.i FROM t AS a, t AS b ORDER BY a.i")
        assert cursor.fetchone()[0] == 0
        cursor.close()
        assert (state(long, database), long.in_transaction) == ("idle in transaction", True)
    assert long.execute("SELECT words FROM t WHERE i = 0").fetchone() == ("mine",)
    long.rollback()
    assert long.execute("SELECT words FROM t WHERE i = 0").fetchone() is None


def test_a_cursor_that_runs_another_statement_forgets_the_rows(long: shim.Connection, database: str) -> None:
    cursor = long.execute(ENDLESS)
    cursor.fetchone()
    assert state(long, database) == "active"
    assert cursor.execute("SELECT 7").fetchall() == [(7,)]
    cursor.execute(ENDLESS)
    cursor.fetchone()
    cursor.executescript("SELECT 1; SELECT i FROM t;")
    assert cursor.fetchone() is None
    assert state(long, database) == "idle"


def test_a_cursor_in_a_cycle_is_stopped_when_it_is_collected(long: shim.Connection, database: str) -> None:
    cursor = long.execute(ENDLESS)
    cycle: list[Any] = [cursor]
    cycle.append(cycle)
    cursor.fetchone()
    del cursor, cycle
    gc.collect()
    assert state(long, database) == "idle"
    assert long.execute("SELECT count(*) FROM t").fetchone() == (LONG,)


@pytest.mark.parametrize("in_memory", [0, 1 << 20, 1 << 30])
@pytest.mark.parametrize("level", [None, ""])
def test_other_statements_may_stand_between_two_rows(
    sides: Sides, monkeypatch: pytest.MonkeyPatch, in_memory: int, level: str | None
) -> None:
    """What changes behind the reader is not seen of a result that SQLite has sorted, nor here."""
    monkeypatch.setattr(rows, "IN_MEMORY", in_memory)
    found = []
    for side in sides():
        connection = filled(side.connect(isolation_level=level), 5000)
        first = connection.execute("SELECT i, words, part, NULL, x'00ff' FROM t ORDER BY part DESC")
        got: list[Any] = [first.fetchone()]
        connection.execute("UPDATE t SET words = 'changed' WHERE i > 4000")
        second = connection.execute("SELECT words, count(*) FROM t GROUP BY part ORDER BY part")
        got += [first.fetchone(), second.fetchone(), *first.fetchmany(700)]
        connection.commit()
        got += [first.fetchone(), second.fetchone()]
        connection.execute("SAVEPOINT s")
        connection.execute("DELETE FROM t WHERE i < 100")
        connection.execute("ROLLBACK TO s")
        connection.execute("RELEASE s")
        got += [*first, *second, connection.in_transaction]
        found.append(got)
    assert found[0] == found[1]


def test_native_values_survive_the_file(long: shim.Connection, database: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(rows, "IN_MEMORY", 0)
    with closing(shim.connect(database, values="native")) as connection:
        query = "SELECT i, i / 3, part, words, CAST(i AS BLOB), i > 3 FROM t ORDER BY i LIMIT 3000"
        whole = connection.execute(query).fetchall()
        cursor = connection.execute(query)
        cursor.fetchone()
        connection.execute("SELECT 1")
        rest = cursor.fetchall()
    assert rest == whole[1:]
    assert [list(map(type, row)) for row in rest] == [list(map(type, row)) for row in whole[1:]]


@pytest.mark.parametrize("reads_on", [False, True])
def test_an_error_between_two_rows_leaves_the_transaction(long: shim.Connection, reads_on: bool) -> None:
    bad = f"SELECT json(CASE i WHEN {LONG - 1} THEN '{{' ELSE '1' END) FROM t ORDER BY i"
    for begin in ("INSERT INTO t VALUES (0, 'mine', NULL)", "SELECT 1", "BEGIN"):
        long.execute(begin)
        cursor = long.execute(bad)
        assert cursor.fetchone() == ("1",)
        is_open = long.in_transaction
        if not reads_on:
            assert long.execute("SELECT count(*) FROM t").fetchone()[0] >= LONG
        with pytest.raises(sqlite3.OperationalError, match="malformed JSON"):
            cursor.fetchall()
        assert cursor.fetchall() == []
        assert long.in_transaction is is_open
        long.execute("INSERT INTO t VALUES (-1, 'behind', NULL)")
        found = long.execute("SELECT words FROM t WHERE i < 1 ORDER BY i DESC").fetchall()
        assert found == ([("mine",)] if "mine" in begin else []) + [("behind",)]
        long.rollback()


def test_a_read_may_be_interrupted(long: shim.Connection) -> None:
    cursor = long.execute(ENDLESS)
    cursor.fetchone()
    long.interrupt()
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        cursor.fetchall()
    cursor = long.execute(ENDLESS)
    cursor.fetchone()
    long.set_progress_handler(lambda: 1, 1)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        cursor.fetchall()
    long.set_progress_handler(None, 0)
    assert long.execute("SELECT count(*) FROM t").fetchone() == (LONG,)


@pytest.mark.parametrize("begins", [False, True])
def test_a_connection_lost_between_two_rows_is_said_once(
    long: shim.Connection, database: str, begins: bool
) -> None:
    if begins:
        long.execute("INSERT INTO t VALUES (0, 'lost', NULL)")
    cursor = long.execute(ENDLESS)
    cursor.fetchone()
    pid = long._engine.link.raw.info.backend_pid
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with pytest.raises(sqlite3.OperationalError, match="connection to PostgreSQL is lost"):
        cursor.fetchall()
    assert not long.in_transaction
    assert long.execute("SELECT count(*) FROM t").fetchone() == (LONG,)


def test_a_closed_connection_gives_no_more_rows(long: shim.Connection, database: str) -> None:
    cursor = long.execute(ENDLESS)
    cursor.fetchone()
    long.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        cursor.fetchone()
    with closing(shim.connect(database)) as other:  # nothing is held by the one that was closed
        other.execute("DROP TABLE t")


def refused(**_: Any) -> Any:
    raise OSError(28, "No space left on device")


def full(**_: Any) -> Any:
    return Path("/dev/full").open("w+b")


@pytest.mark.parametrize("file", [refused, full])
def test_where_there_is_no_room_for_a_file(
    long: shim.Connection, monkeypatch: pytest.MonkeyPatch, file: Callable[..., Any]
) -> None:
    if file is full and not Path("/dev/full").exists():
        pytest.skip("only Linux has a device that is always full")
    monkeypatch.setattr(rows, "IN_MEMORY", 1)
    monkeypatch.setattr(rows, "TemporaryFile", file)
    cursor = long.execute(QUERY)
    assert cursor.fetchone()[0] == 1
    assert long.execute("SELECT count(*) FROM t").fetchone() == (LONG,)
    with pytest.raises(sqlite3.OperationalError, match="temporary files: No space left"):
        cursor.fetchall()
    assert long.execute("SELECT count(*) FROM t").fetchone() == (LONG,)


def test_time_between_two_rows_is_not_the_statements(long: shim.Connection, database: str) -> None:
    joined = "&" if "?" in database else "?"
    with closing(shim.connect(f"{database}{joined}options=-c%20statement_timeout%3D2000")) as connection:
        cursor = connection.execute(QUERY)
        cursor.fetchone()
        time.sleep(2.5)
        assert len(cursor.fetchall()) == LONG - 1


def test_psycopg_finds_the_connection_as_it_left_it(long: shim.Connection) -> None:
    cursor = long.execute(QUERY)
    cursor.fetchone()
    numbers = long.raw.execute("SELECT generate_series(1, 1000)").fetchall()
    assert (len(numbers), len(cursor.fetchall())) == (1000, LONG - 1)
    long.execute(QUERY).fetchall()
    with long.raw.pipeline():
        first, second = (long.raw.execute("SELECT generate_series(1, 1000)") for _ in range(2))
        assert len(first.fetchall()) == len(second.fetchall()) == 1000


def test_what_follows_a_result_in_parts_is_whole(long: shim.Connection) -> None:
    """Of a pipeline, too, that begins with rows."""
    long.execute("CREATE TABLE word(name TEXT PRIMARY KEY)")
    long.commit()
    long.isolation_level = None
    long.engine.reuses_keys = True
    ignoring = "INSERT OR IGNORE INTO word VALUES (?)"
    for number in range(5):
        assert len(long.execute(f"{QUERY} LIMIT 600").fetchall()) == 600
        found = long.executemany(ignoring, [(f"w{n}",) for n in range(8)]).rowcount
        assert found == (0 if number else 8)


def test_threads_may_share_a_connection(database: str) -> None:
    with closing(shim.connect(database, check_same_thread=False)) as connection:
        filled(connection, 20_000)
        found: list[int] = []
        done = threading.Event()

        def others() -> None:
            while not done.is_set():
                with suppress(sqlite3.ProgrammingError):
                    connection.execute("SELECT count(*) FROM t").fetchone()

        thread = threading.Thread(target=others)
        thread.start()
        try:
            for _ in range(5):
                found.append(sum(row[0] for row in connection.execute(QUERY)))
        finally:
            done.set()
            thread.join()
    assert found == [20_000 * 20_001 // 2] * 5


def test_a_result_need_not_fit_into_memory(database: str) -> None:
    program = f"""
import resource
from outgrow.runtime import sqlite3
connection = sqlite3.connect({database!r})
query = "{NUMBERS.format(100_000)} SELECT i, hex(zeroblob(1000)) FROM n"
read = connection.execute(query + " LIMIT 1000").fetchall()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(sum(len(row[1]) for row in connection.execute(query)))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
cursor = connection.execute(query)
cursor.fetchone()
connection.execute("SELECT 1")
print(sum(len(row[1]) for row in cursor))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    total, reading, rest, aside = map(int, said.split())
    assert (total, rest) == (200_000_000, 199_998_000)
    assert reading < 30  # of 200 MB
    assert aside < 120  # of which 64 stay in memory
