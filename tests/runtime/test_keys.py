"""The numbers of new rows with `keys=sqlite`: those that SQLite gives."""

from __future__ import annotations

import re
import sqlite3
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from outgrow.runtime import sqlite3 as shim

TABLES = (
    "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE, n INTEGER CHECK (n > 0))",
    "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE)",
    "CREATE TABLE bare (name TEXT UNIQUE)",
    "CREATE TABLE source (name TEXT)",
    "INSERT INTO source VALUES ('x'), ('y'), ('z')",
)

CASES = {
    "the highest is deleted": [
        "INSERT INTO item(name) VALUES ('a'), ('b'), ('c')",
        "DELETE FROM item WHERE id = 3",
        "INSERT INTO item(name) VALUES ('d')",
        "DELETE FROM item",
        "INSERT INTO item(name) VALUES ('e')",
    ],
    "one fails": [
        "INSERT INTO item(name) VALUES ('a')",
        "INSERT INTO item(name) VALUES ('a')",
        "INSERT INTO item(name, n) VALUES ('b', 0)",
        "INSERT INTO item(name) VALUES ('c')",
    ],
    "one is ignored": [
        "INSERT INTO item(name) VALUES ('a')",
        "INSERT OR IGNORE INTO item(name) VALUES ('a')",
        "INSERT INTO item(name) VALUES ('a') ON CONFLICT DO NOTHING",
        "INSERT INTO item(name) VALUES ('a') ON CONFLICT (name) DO UPDATE SET n = 5",
        "INSERT INTO item(name) VALUES ('b')",
    ],
    "one is undone": [
        "BEGIN", "INSERT INTO item(name) VALUES ('a')", "ROLLBACK",
        "BEGIN", "INSERT INTO item(name) VALUES ('b')", "SAVEPOINT s", "INSERT INTO item(name) VALUES ('c')",
        "ROLLBACK TO s", "INSERT INTO item(name) VALUES ('d')", "COMMIT",
    ],
    "one is replaced": [
        "INSERT INTO item(name) VALUES ('a'), ('b')",
        "REPLACE INTO item(name) VALUES ('b')",
        "INSERT OR REPLACE INTO item(name) VALUES ('a')",
        "INSERT INTO item(name) VALUES ('c')",
    ],
    "some are given": [
        "INSERT INTO item VALUES (40, 'a', 1)",
        "INSERT INTO item(id, name) VALUES (NULL, 'b')",
        "INSERT INTO item(name, rowid) VALUES ('c', 50)",
        "DELETE FROM item WHERE id = 50",
        "INSERT INTO item VALUES (NULL, 'd', 2), (60, 'e', 3), (NULL, 'f', 4)",
        "INSERT INTO item DEFAULT VALUES",
    ],
    "from a query": [
        "INSERT INTO item(name) SELECT name FROM source ORDER BY name",
        "DELETE FROM item WHERE id > 1",
        "INSERT INTO item(name) SELECT name || '!' FROM source ORDER BY name DESC",
        "WITH w(v) AS (VALUES ('w')) INSERT INTO item(name) SELECT v FROM w",
    ],
    "below nothing": [
        "INSERT INTO item(id, name) VALUES (0, 'a')",
        "INSERT INTO item(name) VALUES ('b')",
    ],
    "AUTOINCREMENT gives none again": [
        "INSERT INTO counted(name) VALUES ('a'), ('b')",
        "DELETE FROM counted WHERE id = 2",
        "INSERT INTO counted(name) VALUES ('c')",
        "DELETE FROM counted",
        "INSERT INTO counted(name) VALUES ('d')",
    ],
    "AUTOINCREMENT takes none for one that fails": [
        "INSERT INTO counted(name) VALUES ('a')",
        "INSERT INTO counted(name) VALUES ('a')",
        "INSERT INTO counted(id, name) VALUES (50, 'a')",
        "INSERT INTO counted(name) VALUES ('d')",
        "DELETE FROM counted WHERE name = 'd'",
        "INSERT INTO counted(name) VALUES ('a')",
        "INSERT INTO counted(name) VALUES ('e')",
        "BEGIN",
        "INSERT INTO counted(name) VALUES ('a')",
        "INSERT INTO counted(name) VALUES ('f')",
        "INSERT INTO counted(name) VALUES ('f')",
        "INSERT INTO counted(name) VALUES ('g')",
        "COMMIT",
        "INSERT OR ROLLBACK INTO counted(name) VALUES ('g')",
        "INSERT INTO counted(name) SELECT name FROM source ORDER BY name",
    ],
    "AUTOINCREMENT takes one for a row that is left out": [
        "INSERT INTO counted(name) VALUES ('a')",
        "INSERT OR IGNORE INTO counted(name) VALUES ('a')",
        "INSERT OR IGNORE INTO counted(name) VALUES ('a'), ('b'), ('a'), ('c')",
        "INSERT INTO counted(name) VALUES ('a') ON CONFLICT DO NOTHING",
        "INSERT INTO counted(name) VALUES ('a') ON CONFLICT (name) DO UPDATE SET name = 'd'",
        "REPLACE INTO counted(name) VALUES ('b')",
        "INSERT INTO counted(name) VALUES ('e')",
    ],
    "AUTOINCREMENT takes none for one that is undone": [
        "INSERT INTO counted(name) VALUES ('a')",
        "BEGIN", "INSERT INTO counted(name) VALUES ('b'), ('c')", "DELETE FROM counted", "ROLLBACK",
        "BEGIN", "INSERT INTO counted(name) VALUES ('d')", "SAVEPOINT s",
        "INSERT INTO counted(name) VALUES ('e')", "SAVEPOINT t", "INSERT INTO counted VALUES (90, 'f')",
        "RELEASE t", "ROLLBACK TO s", "INSERT INTO counted(name) VALUES ('g')", "RELEASE s",
        "INSERT INTO counted(name) VALUES ('h')", "ROLLBACK",
        "SAVEPOINT u", "INSERT INTO counted(name) VALUES ('i')", "ROLLBACK TO u",
        "INSERT INTO counted(name) VALUES ('j')", "RELEASE u",
        "DELETE FROM counted", "INSERT INTO counted(name) VALUES ('k')",
    ],
    "AUTOINCREMENT goes on behind the greatest": [
        "INSERT INTO counted(id, name) VALUES (-5, 'a')",
        "INSERT INTO counted(name) VALUES ('b')",
        "UPDATE counted SET id = 30 WHERE name = 'a'",
        "INSERT INTO counted(name) VALUES ('c')",
        "DELETE FROM counted WHERE id > 1",
        "INSERT INTO counted(name) VALUES ('d')",
        "DELETE FROM sqlite_sequence",
        "INSERT INTO counted(name) VALUES ('e')",
    ],
    "a rowid that no column shows": [
        "INSERT INTO bare VALUES ('a'), ('b')",
        "DELETE FROM bare WHERE rowid = 2",
        "INSERT INTO bare VALUES ('a')",
        "INSERT INTO bare VALUES ('c')",
    ],
}  # fmt: skip


@pytest.fixture
def pair(database: str) -> Iterator[tuple[Any, Any]]:
    """SQLite in memory and an empty database, both with the tables."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as ours:
        theirs = shim.connect(database, keys="sqlite", isolation_level=None)
        with closing(theirs):
            for connection in (ours, theirs):
                for sql in TABLES:
                    connection.execute(sql)
            yield ours, theirs


def numbers(connection: Any, statements: list[str]) -> list[Any]:
    """What each statement did to last_insert_rowid(), and the rows at the end."""
    found: list[Any] = []
    for sql in statements:
        with suppress(sqlite3.IntegrityError):
            connection.execute(sql)
        found.append(connection.execute("SELECT last_insert_rowid()").fetchone())
    found += connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
    for table in ("item", "counted", "bare"):
        found += connection.execute(f"SELECT rowid, name FROM {table} ORDER BY rowid").fetchall()
    return found


@pytest.mark.parametrize("name", CASES)
def test_rows_get_sqlites_numbers(pair: tuple[Any, Any], name: str) -> None:
    ours, theirs = pair
    assert numbers(theirs, CASES[name]) == numbers(ours, CASES[name])


def test_many_rows_one_after_the_other(pair: tuple[Any, Any]) -> None:
    names = [(name,) for name in "abacabadab"]
    for connection in pair:
        connection.executemany("INSERT OR IGNORE INTO item(name) VALUES (?)", names)
        connection.execute("DELETE FROM item WHERE id = 4")
        connection.executemany(
            "INSERT INTO item(id, name) VALUES (?, ?)", [(None, "e"), (9, "f"), (None, "g")]
        )
        connection.executemany("REPLACE INTO item(name) VALUES (?)", [("g",), ("a",)])
        with suppress(sqlite3.IntegrityError):
            connection.executemany("INSERT INTO item(name) VALUES (?)", [("h",), ("i",), ("h",), ("j",)])
        connection.execute("INSERT INTO item(name) VALUES ('k')")
    ours, theirs = (c.execute("SELECT id, name FROM item ORDER BY id").fetchall() for c in pair)
    assert theirs == ours


def test_autoincrement_takes_none_for_many_that_fail(pair: tuple[Any, Any]) -> None:
    one, ignoring = (f"INSERT{word} INTO counted(name) VALUES (?)" for word in ("", " OR IGNORE"))
    for connection in pair:
        for begin, end in (("SELECT 1", "SELECT 1"), ("BEGIN", "COMMIT"), ("BEGIN", "ROLLBACK")):
            connection.execute(begin)
            connection.executemany(ignoring, [(name,) for name in "abcadbe"])
            for names in ("fgah", "ijklmnopqra", "a"):
                with suppress(sqlite3.IntegrityError):
                    connection.executemany(one, [(f"{begin} {name}",) for name in names] + [("a",)])
            with suppress(sqlite3.IntegrityError):
                connection.execute("INSERT INTO counted(name) VALUES ('s'), ('t'), ('a')")
            connection.executemany(one, [(f"{end} {name}",) for name in "uvwxyz"])
            connection.execute(end)
            connection.execute("DELETE FROM counted WHERE name LIKE '% %'")
        connection.execute(one, ("last",))
    ours, theirs = (
        c.execute("SELECT id, name FROM counted ORDER BY id").fetchall()
        + c.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
        for c in pair
    )
    assert theirs == ours


def test_a_number_is_not_given_back_while_others_take_some(database: str) -> None:
    """A gap stays then; no number comes twice."""
    sql = "INSERT INTO item(name) VALUES (?)"
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )

    def connect() -> Any:
        return closing(
            shim.connect(database, keys="sqlite", isolation_level=None, check_same_thread=False, timeout=60)
        )

    with connect() as one, connect() as other, psycopg.connect(database, autocommit=True) as watch:
        one.execute("CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE)")
        one.execute("BEGIN")
        assert one.execute(sql, ("a",)).lastrowid == 1
        other.execute("BEGIN")
        waits = threading.Thread(target=other.execute, args=(sql, ("b",)))
        waits.start()
        while watch.execute(waiting).fetchone() == (0,):
            time.sleep(0.01)
        one.execute("ROLLBACK")
        waits.join()
        other.execute("COMMIT")
        found = [one.execute(sql, (name,)).lastrowid for name in "cd"]
        assert found == [3, 4]
        assert one.execute("SELECT id, name FROM item").fetchall() == [(2, "b"), (3, "c"), (4, "d")]
        # Whoever has put it there: SQLite goes on behind the greatest row.
        watch.execute("INSERT INTO item(id, name) VALUES (90, 'x')")
        assert one.execute(sql, ("e",)).lastrowid == 91


def test_writers_wait_for_each_other(database: str) -> None:
    """Nobody is given a number that another transaction has, and none is left out."""
    with closing(shim.connect(database, isolation_level=None)) as first:
        first.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)")
    failed: list[BaseException] = []

    def work(name: str) -> None:
        try:
            with closing(shim.connect(f"{database}&keys=sqlite", timeout=60)) as connection:
                for number in range(20):
                    connection.execute("INSERT INTO item(name) VALUES (?)", (f"{name} {number}",))
                    if number % 3:
                        connection.commit()
                    else:
                        connection.rollback()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    with closing(shim.connect(database)) as connection:
        found = [number for (number,) in connection.execute("SELECT id FROM item ORDER BY id")]
    assert found == list(range(1, 4 * 13 + 1))


def test_who_waits_too_long_is_told(database: str) -> None:
    with closing(shim.connect(database, keys="sqlite")) as one:
        one.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)")
        one.commit()
        one.execute("INSERT INTO item(name) VALUES ('a')")
        with closing(shim.connect(database, keys="sqlite", timeout=0.1)) as other:
            with pytest.raises(sqlite3.OperationalError, match="database is locked"):
                other.execute("INSERT INTO item(name) VALUES ('b')")
            other.execute("INSERT INTO item VALUES (7, 'c')")  # which asks for no number
            other.commit()


def test_a_key_that_counts_no_more_is_given_by_the_program(database: str) -> None:
    with closing(shim.connect(database, keys="sqlite", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)")
        connection.raw.execute("ALTER TABLE item ALTER id DROP IDENTITY")
        assert connection.execute("INSERT INTO item VALUES (7, 'a')").lastrowid == 7
        with suppress(sqlite3.IntegrityError):
            connection.execute("INSERT INTO item VALUES (7, 'b')")
        assert connection.execute("SELECT id, name FROM item").fetchall() == [(7, "a")]


def test_a_sequence_numbers_them_unless_told(database: str) -> None:
    with closing(shim.connect(database, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)")
        for _ in range(2):
            connection.execute("INSERT INTO item(name) VALUES ('a')")
            connection.execute("DELETE FROM item")
        assert connection.execute("INSERT INTO item(name) VALUES ('a')").lastrowid == 3


@pytest.mark.parametrize(
    ("options", "expected"),
    [((), [1, 1]), (("--keys", "sqlite"), [1, 1]), (("--keys", "identity"), [1, 2])],
)
def test_an_unchanged_program_gets_sqlites_numbers(
    tmp_path: Path,
    database: str,
    run_outgrow: Callable[..., Any],
    options: tuple[str, ...],
    expected: list[int],
) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import sqlite3\nc = sqlite3.connect('app.db', isolation_level=None)\n"
        "c.execute('CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)')\n"
        "for _ in range(2):\n    print(c.execute('INSERT INTO item(name) VALUES (1)').lastrowid)\n"
        "    c.execute('DELETE FROM item')\n"
    )
    run = ("run", "--db", "app.db", "--to", database, *options, "--", sys.executable, program)
    assert [int(line) for line in run_outgrow(*run, check=0).stdout.split()] == expected


ENDS = """
import atexit, os, sqlite3, sys, threading
connection = sqlite3.connect("app.db", check_same_thread=False)
connection.execute("INSERT INTO t(name) VALUES ('undone')")
how = sys.argv[1]
if how == "close": connection.close()
elif how == "forget": del connection
elif how == "commit late": atexit.register(connection.commit)
elif how == "raise": sys.stderr = open(os.devnull, "w"); raise RuntimeError
elif how == "exit": sys.exit(3)
elif how == "thread":
    del connection
    sql = "INSERT INTO t(name) VALUES ('x')"
    threading.Thread(target=lambda: sqlite3.connect("app.db").execute(sql)).start()
"""


@pytest.mark.parametrize("how", ["end", "close", "forget", "raise", "exit", "thread", "commit late"])
def test_a_program_that_ends_leaves_no_gap(
    how: str, make_sqlite: Callable[..., Path], run_outgrow: Callable[..., Any], database: str, tmp_path: Path
) -> None:
    """As SQLite has it, whose number was in the transaction that nobody ended."""
    path = make_sqlite("CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)", "app.db")
    run_outgrow("move", path, "--to", database, check=0)
    (tmp_path / "program.py").write_text(ENDS)
    run_outgrow("run", "--db", path, "--to", database, "--", sys.executable, tmp_path / "program.py", how)
    with closing(shim.connect(f"{database}&keys=sqlite")) as connection:
        connection.execute("INSERT INTO t(name) VALUES ('last')")
        rows = connection.execute("SELECT * FROM t").fetchall()
    assert rows == ([(1, "undone"), (2, "last")] if how == "commit late" else [(1, "last")])


def test_another_word_is_none(database: str) -> None:
    with pytest.raises(
        sqlite3.OperationalError, match=re.escape("keys is own: it must be identity or sqlite")
    ):
        shim.connect(f"{database}&keys=own")


def test_a_user_who_may_not_set_the_sequence_inserts_all_the_same(database: str) -> None:
    role = f"writer_{uuid.uuid4().hex[:12]}"
    with closing(shim.connect(database, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL)")
    rights = "; ".join(
        f"GRANT USAGE ON SCHEMA {schema} TO {role};"
        f"GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}"
        for schema in ("public", "outgrow", "sqlite")
    )
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN; {rights}".encode())
        try:
            url = f"{database}&keys=sqlite&options={quote(f'-c role={role}')}"
            with closing(shim.connect(url, isolation_level=None)) as connection:
                found = []
                for grant in (False, True):
                    if grant:
                        granted = "GRANT SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO"
                        owner.execute(f"{granted} {role}".encode())
                    for _ in range(2):
                        found.append(connection.execute("INSERT INTO item(name) VALUES ('a')").lastrowid)
                        connection.execute("DELETE FROM item")
                    with suppress(sqlite3.IntegrityError):
                        connection.execute("INSERT INTO counted(name) VALUES ('a'), (NULL)")
                    found.append(connection.execute("INSERT INTO counted(name) VALUES ('a')").lastrowid)
                assert found == [1, 2, 3, 1, 1, 4]
        finally:
            owner.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())
