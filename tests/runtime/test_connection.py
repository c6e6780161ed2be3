"""What the shim does that sqlite3 cannot be asked: moved types, other sessions, lost connections, rights."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import itertools
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from runtime_moves import move_into
from runtime_programs import told as examples

import outgrow
from outgrow.embedded.throwaway import throwaway
from outgrow.runtime import sqlite3 as shim
from outgrow.runtime.dbapi import local
from outgrow.runtime.dbapi.connection import Connection
from outgrow.runtime.dbapi.fetching import Fetching
from outgrow.runtime.dbapi.transactional import Transactional

Moved = Callable[..., tuple[Path, str]]

SHOP = """
CREATE TABLE item(id INTEGER PRIMARY KEY, "Name" TEXT COLLATE NOCASE UNIQUE, price DECIMAL(10,2),
  active BOOLEAN NOT NULL DEFAULT 1, doc JSON, at TIMESTAMP, day DATE, code UUID, weight REAL, mixed,
  raw BLOB);
CREATE TABLE part(item INTEGER REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED, n INTEGER);
CREATE VIEW cheap AS SELECT id, "Name", price FROM item WHERE price < 2;
INSERT INTO item VALUES
  (1, 'Ada', 1.5, 1, '{"a": [1, 2]}', '2024-01-02 03:04:05', '2024-01-02',
   '6f1c2d3e-0000-4000-8000-000000000001', 1.25, 'x', x'00'),
  (2, 'Bob', 3, 0, NULL, NULL, NULL, '6f1c2d3e-0000-4000-8000-000000000002', NULL, 7, NULL);
"""
ROWS = [
    (1, "Ada", 1.5, 1, '{"a": [1, 2]}', "2024-01-02 03:04:05", "2024-01-02",
     "6f1c2d3e-0000-4000-8000-000000000001", 1.25, "x", b"\0"),
    (2, "Bob", 3, 0, None, None, None, "6f1c2d3e-0000-4000-8000-000000000002", None, 7, None),
]  # fmt: skip


def test_rows_of_a_moved_file_are_those_of_sqlite(moved: Moved) -> None:
    path, url = moved(SHOP)
    query = "SELECT * FROM item ORDER BY id"
    with closing(sqlite3.connect(path)) as standard, closing(shim.connect(url)) as connection:
        found = connection.execute(query).fetchall()
        assert found == standard.execute(query).fetchall() == ROWS
        assert [[type(value) for value in row] for row in found] == [[type(v) for v in row] for row in ROWS]
        assert [d[0] for d in connection.execute(query).description] == [
            d[0] for d in standard.execute(query).description
        ]


def test_native_values(moved: Moved) -> None:
    _, url = moved(SHOP)
    with closing(outgrow.connect(url, values="native")) as connection:
        assert connection.execute("SELECT * FROM item ORDER BY id").fetchall() == [
            (1, "Ada", decimal.Decimal("1.50"), True, {"a": [1, 2]}, datetime.datetime(2024, 1, 2, 3, 4, 5),
             datetime.date(2024, 1, 2), uuid.UUID("6f1c2d3e-0000-4000-8000-000000000001"), 1.25, "x", b"\0"),
            (2, "Bob", decimal.Decimal("3.00"), False, None, None, None,
             uuid.UUID("6f1c2d3e-0000-4000-8000-000000000002"), None, 7, None),
        ]  # fmt: skip
        row = (3, "Cy", decimal.Decimal("0.10"), True, {"b": None}, datetime.datetime(2025, 1, 1, 0, 0, 1),
               datetime.date(2025, 1, 1), uuid.UUID(int=5), 2.5, b"y", None)  # fmt: skip
        connection.execute("INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        assert connection.execute("SELECT * FROM item WHERE id = 3").fetchone() == row


def test_schema_and_values_in_the_url(moved: Moved) -> None:
    _, url = moved(SHOP, schema="shop")
    with closing(shim.connect(f"{url}&schema=shop&values=native")) as connection:
        assert connection.execute("SELECT active FROM item ORDER BY id").fetchall() == [(True,), (False,)]
    with closing(shim.connect(url, schema="shop")) as connection:
        assert connection.execute("SELECT active FROM item ORDER BY id").fetchall() == [(1,), (0,)]
    for given, said in (
        ({"schema": "other"}, "schema is other, and the URL says shop: say it once"),
        ({"values": "both"}, "values is both: it must be sqlite or native"),
    ):
        with pytest.raises(sqlite3.OperationalError, match=said):
            shim.connect(f"{url}&schema=shop", **given)


def test_a_date_in_another_format_is_refused_by_name(moved: Moved) -> None:
    _, url = moved(SHOP)
    with closing(shim.connect(url)) as connection:
        connection.execute("INSERT INTO item(id, at) VALUES (3, ?)", ("2024-05-06 07:08:09",))
        with pytest.raises(sqlite3.IntegrityError, match=r"the column at is timestamp.*T07"):
            connection.execute("INSERT INTO item(id, at) VALUES (4, ?)", ("2024-05-06T07:08:09",))
        assert connection.execute("SELECT id, at FROM item WHERE id > 2").fetchall() == [
            (3, "2024-05-06 07:08:09")
        ]


def test_a_deferred_key_that_is_broken_leaves_the_transaction_open(moved: Moved) -> None:
    path, url = moved(SHOP)
    for connect, place in ((sqlite3.connect, path), (shim.connect, url)):
        with closing(connect(place)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("INSERT INTO part VALUES (99, 1)")
            with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY constraint failed"):
                connection.commit()
            assert connection.in_transaction
            connection.execute("INSERT INTO item(id, active) VALUES (99, 1)")
            connection.commit()
            assert connection.execute("SELECT n FROM part").fetchall() == [(1,)]


def test_a_result_of_many_rows_comes_in_parts(database: str) -> None:
    with closing(shim.connect(database)) as connection:
        connection.execute("CREATE TABLE n(i INTEGER)")
        connection.executemany("INSERT INTO n VALUES (?)", [(i,) for i in range(2000)])
        cursor = connection.execute("SELECT i FROM n ORDER BY i")
        found = [cursor.fetchone()[0], *(row[0] for row in cursor.fetchmany(700)), next(cursor)[0]]
        found += [row[0] for row in cursor.fetchmany(600)] + [row[0] for row in cursor]
        assert found == [*range(2000)]
        assert connection.execute("SELECT i FROM n ORDER BY i").fetchall() == [(i,) for i in range(2000)]


def test_more_statements_than_are_kept_prepared(database: str) -> None:
    with closing(shim.connect(database)) as connection:
        for _ in range(4):
            for number in range(300):
                sql = f"SELECT ? + {number}"
                assert connection.execute(sql, (1,)).fetchone() == (number + 1,)
        (count,) = connection.raw.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() or (0,)
        assert 200 < count <= 257


# Other sessions.


def test_what_another_session_defines(database: str) -> None:
    with closing(shim.connect(database)) as one, closing(shim.connect(database)) as other:
        one.execute("CREATE TABLE t(a INTEGER)")
        one.execute("INSERT INTO t VALUES (1)")
        one.commit()
        for _ in range(5):
            assert other.execute("SELECT * FROM t").fetchall() == [(1,)]
        one.execute("ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'x'")
        assert other.execute("SELECT * FROM t").fetchall() == [(1, "x")]
        one.execute("DROP TABLE t")
        with pytest.raises(sqlite3.OperationalError, match="no such table: t"):
            other.execute("SELECT * FROM t")


def test_what_another_process_defines(database: str) -> None:
    program = "import outgrow, sys; outgrow.connect(sys.argv[1]).execute('CREATE TABLE later(x)')"
    with closing(shim.connect(database)) as connection:
        subprocess.run([sys.executable, "-c", program, database], check=True, timeout=60)
        assert connection.execute("SELECT * FROM later").fetchall() == []


def test_writers_wait_and_then_say_locked(database: str) -> None:
    with closing(shim.connect(database)) as one, closing(shim.connect(database, timeout=0.2)) as other:
        one.executescript("CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 0);")
        one.execute("UPDATE t SET n = 1")
        with pytest.raises(sqlite3.OperationalError, match="database is locked") as refusal:
            other.execute("UPDATE t SET n = 2")
        assert refusal.value.sqlite_errorname == "SQLITE_BUSY"
        one.commit()
        other.execute("UPDATE t SET n = n + 10")
        other.commit()
        assert one.execute("SELECT n FROM t").fetchone() == (11,)


def test_immediate_transactions_are_alone(database: str) -> None:
    with closing(shim.connect(database, isolation_level=None)) as one:
        one.execute("CREATE TABLE t(n INTEGER)")
        one.execute("INSERT INTO t VALUES (0)")

        def add() -> None:
            with closing(shim.connect(database, isolation_level=None, timeout=30)) as connection:
                for _ in range(20):
                    connection.execute("BEGIN IMMEDIATE")
                    (n,) = connection.execute("SELECT n FROM t").fetchone()
                    connection.execute("UPDATE t SET n = ?", (n + 1,))
                    connection.execute("COMMIT")

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.execute("SELECT n FROM t").fetchone() == (80,)
        one.execute("BEGIN IMMEDIATE")
        with closing(shim.connect(database, isolation_level=None, timeout=0.1)) as other:
            with pytest.raises(sqlite3.OperationalError, match="database is locked"):
                other.execute("BEGIN EXCLUSIVE")
            assert not other.in_transaction
        one.execute("ROLLBACK")


def test_one_connection_for_many_threads(database: str) -> None:
    with closing(shim.connect(database, check_same_thread=False)) as connection:
        connection.execute("CREATE TABLE t(n INTEGER)")
        failures: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for step in range(30):
                    connection.execute("INSERT INTO t VALUES (?)", (number * 100 + step,))
                    connection.execute("SELECT count(*) FROM t").fetchone()
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        connection.commit()
        assert connection.execute("SELECT count(*), count(DISTINCT n) FROM t").fetchone() == (180, 180)
    with closing(shim.connect(database)) as connection:
        said: list[str] = []

        def use() -> None:
            try:
                connection.execute("SELECT 1")
            except sqlite3.ProgrammingError as error:
                said.append(str(error))

        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
        assert len(said) == 1
        assert said[0].startswith("SQLite objects created in a thread can only be used in that same thread.")


LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e9) SELECT max(i) FROM n"


def test_interrupt_from_another_thread(database: str) -> None:
    with closing(shim.connect(database, check_same_thread=False)) as connection:
        done = threading.Event()

        def interrupt() -> None:  # again, should the statement not have begun yet
            while not done.wait(0.3):
                connection.interrupt()

        with ThreadPoolExecutor(1) as threads:
            threads.submit(interrupt)
            with pytest.raises(sqlite3.OperationalError, match="interrupted"):
                connection.execute(LONG)
            done.set()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_progress_handler_ends_a_statement(database: str) -> None:
    with closing(shim.connect(database)) as connection:
        until = time.monotonic() + 0.3
        connection.set_progress_handler(lambda: time.monotonic() > until, 1000)
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            connection.execute(LONG)
        connection.set_progress_handler(None, 0)
        assert connection.execute("SELECT 1").fetchone() == (1,)


# Lost connections.


def test_a_server_that_restarts(home: Path) -> None:
    with throwaway(home) as cluster:
        url = cluster.start()
        with closing(shim.connect(url)) as connection, closing(shim.connect(url)) as busy:
            connection.executescript("CREATE TABLE t(n INTEGER); INSERT INTO t VALUES (1);")
            busy.execute("INSERT INTO t VALUES (2)")
            cluster.stop()
            cluster.start()
            assert connection.execute("SELECT n FROM t").fetchall() == [(1,)]
            connection.execute("INSERT INTO t VALUES (3)")
            connection.commit()
            with pytest.raises(sqlite3.OperationalError, match="connection to PostgreSQL is lost"):
                busy.execute("INSERT INTO t VALUES (4)")
            assert not busy.in_transaction
            busy.execute("INSERT INTO t VALUES (5)")
            busy.commit()
            assert busy.execute("SELECT n FROM t ORDER BY n").fetchall() == [(1,), (3,), (5,)]
            busy.execute("CREATE TEMP TABLE own(x)")
            cluster.stop(immediate=True)
            cluster.start()
            with pytest.raises(sqlite3.OperationalError, match="lost, and with it temporary tables"):
                busy.execute("SELECT * FROM own")


def test_a_session_that_is_ended(database: str) -> None:
    with closing(shim.connect(database)) as connection, psycopg.connect(database, autocommit=True) as admin:
        connection.execute("CREATE TABLE t(n INTEGER)")
        admin.execute("SELECT pg_terminate_backend(%s)", (connection.raw.info.backend_pid,))
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)


# What is refused.


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://nobody:s3cret@127.0.0.1:1/none", "Connection refused"),
        ("postgresql://u:s3cret@[bad/none", "the target URL cannot be read"),
    ],
)
def test_no_connection(url: str, says: str) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open database file") as refusal:
        shim.connect(url)
    assert says in str(refusal.value)
    assert "s3cret" not in str(refusal.value)
    assert refusal.value.sqlite_errorname == "SQLITE_CANTOPEN"


def test_tables_that_outgrow_did_not_move(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("CREATE TABLE theirs(x integer)")
    with pytest.raises(sqlite3.OperationalError, match="holds theirs, which outgrow did not move"):
        shim.connect(database)
    with closing(shim.connect(database, schema="own")) as connection:
        connection.execute("CREATE TABLE ours(x)")
        assert connection.execute("SELECT count(*) FROM ours").fetchone() == (0,)


def test_a_move_that_is_not_finished(moved: Moved) -> None:
    _, url = moved(SHOP)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("UPDATE outgrow.move SET state = 'loading'")
        admin.execute("DELETE FROM outgrow.model")
    with pytest.raises(sqlite3.OperationalError, match="the move into schema public is not finished"):
        shim.connect(url)


def test_a_move_by_an_outgrow_that_kept_no_model(moved: Moved) -> None:
    _, url = moved(SHOP)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP TABLE outgrow.model")
    for _ in range(2):
        with closing(shim.connect(url)) as connection:
            assert connection.execute("SELECT count(*) FROM cheap").fetchone() == (1,)
    with psycopg.connect(url) as admin:
        assert admin.execute("SELECT version FROM outgrow.model").fetchall() == [(1,)]


def test_a_role_that_may_only_use_the_tables(moved: Moved) -> None:
    _, url = moved(SHOP)
    role = f"app_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role}".encode())
        admin.execute(f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {role}".encode())
        admin.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}".encode())
    try:
        with closing(shim.connect(f"{url}&options=-c%20role%3D{role}")) as connection:
            assert connection.execute("SELECT price FROM cheap").fetchall() == [(1.5,)]
            assert connection.execute("INSERT INTO item(code, active) VALUES (NULL, 1)").lastrowid == 3
            with pytest.raises(sqlite3.OperationalError, match="access denied by PostgreSQL") as denied:
                connection.execute("DELETE FROM item")
            assert denied.value.sqlite_errorname == "SQLITE_AUTH"
            assert connection.in_transaction
            connection.commit()
            with pytest.raises(sqlite3.OperationalError, match=r"may not define.*grant CREATE"):
                connection.execute("CREATE TABLE more(x)")
            connection.execute("CREATE TABLE IF NOT EXISTS item(id)")
            assert connection.execute("SELECT count(*) FROM item").fetchone() == (3,)
    finally:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f"DROP OWNED BY {role}".encode())
            admin.execute(f"DROP ROLE {role}".encode())


def test_what_a_query_may_fetch_for_the_program_s_own_functions(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "ROWS_AT_MOST", 5)
    with closing(shim.connect(database)) as connection:
        connection.execute("CREATE TABLE t(n INTEGER)")
        connection.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(5)])
        connection.create_function("twice", 1, lambda n: n * 2)
        assert connection.execute("SELECT sum(twice(n)) FROM t").fetchone() == (20,)
        connection.execute("INSERT INTO t VALUES (5)")
        with pytest.raises(sqlite3.NotSupportedError, match="over more than 5 rows of t: compute in Python"):
            connection.execute("SELECT sum(twice(n)) FROM t")
        with pytest.raises(sqlite3.NotSupportedError, match="compute the value in Python and bind it"):
            connection.execute("INSERT INTO t SELECT twice(n) FROM t WHERE n > ?", (1,))
        with pytest.raises(sqlite3.NotSupportedError, match="over more than 5 rows of t: compute in Python"):
            connection.execute("UPDATE t SET n = twice(n)")
        with pytest.raises(sqlite3.NotSupportedError, match="over more than 5 rows of t: compute in Python"):
            connection.executemany("UPDATE t SET n = twice(n) WHERE n = ?", [(1,), (2,)])
        connection.create_function("lower", 1, lambda text: "mine")
        assert connection.execute("SELECT lower('X')").fetchone() == ("mine",)


def test_the_statistics_of_analyze_stay_listed(moved: Moved) -> None:
    path, url = moved("CREATE TABLE t (id INTEGER PRIMARY KEY, a); CREATE INDEX i ON t (a); ANALYZE")
    listed = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
    with closing(sqlite3.connect(path)) as file, closing(outgrow.connect(url)) as program:
        for definition in ("DROP INDEX i", "CREATE INDEX j ON t (a, id)", "CREATE VIEW v AS SELECT a FROM t"):
            file.execute(definition)
            program.execute(definition)
            assert program.execute(listed).fetchall() == file.execute(listed).fetchall()


def test_a_query_that_is_not_translated_is_answered_by_sqlite(database: str, caplog: Any) -> None:
    with closing(shim.connect(database)) as connection:
        connection.execute("CREATE TABLE t(s TEXT)")
        connection.executemany("INSERT INTO t VALUES (?)", [("b",), ("A",)])
        found = connection.execute(
            "SELECT s || 'x' COLLATE NOCASE AS k FROM t ORDER BY k, s COLLATE RTRIM || ''"
        )
        assert found.fetchall() == [("Ax",), ("bx",)]


# The module.


def test_no_method_of_sqlite3_reaches_the_empty_database_by_accident() -> None:
    """A new Python may bring new ones: each must be looked at."""
    harmless = {"setlimit", "getlimit", "getconfig", "setconfig", "row_factory", "text_factory"}
    own = {name for kind in (Connection, Transactional) for name in vars(kind)}
    errors = {name for name in dir(sqlite3) if name == "Warning" or name.endswith("Error")}
    public = {name for name in dir(sqlite3.Connection) if not name.startswith("_")}
    assert public - own - errors - harmless == set()
    for name in ("__call__", "__enter__", "__exit__", "__del__", "__init__"):
        assert name in own
    cursor = {name for kind in (shim.Cursor, Fetching) for name in vars(kind)}
    known = {"arraysize", "connection", "row_factory", "setinputsizes", "setoutputsize"}
    assert {name for name in dir(sqlite3.Cursor) if not name.startswith("_")} - cursor - known == set()


def test_the_module_is_the_standard_one_with_another_connect(tmp_path: Path) -> None:
    for name in ("Error", "IntegrityError", "Row", "PARSE_DECLTYPES", "register_adapter", "Binary", "adapt"):
        assert getattr(shim, name) is getattr(sqlite3, name)
    with closing(shim.connect(tmp_path / "file.db")) as connection:
        assert type(connection) is sqlite3.Connection
    assert set(dir(sqlite3)) <= set(dir(shim))
    assert outgrow.connect is shim.connect


def test_a_factory_of_the_program_s_own(database: str) -> None:
    class Mine(sqlite3.Connection):
        def execute(self, *arguments: Any) -> Any:
            return super().execute(*arguments)

        def count(self, table: str) -> int:
            return int(self.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    class Tidy(sqlite3.Cursor):
        def first(self) -> Any:
            return self.fetchone()[0]

    with closing(shim.connect(database, factory=Mine)) as connection:
        connection.execute("CREATE TABLE t(x)")
        connection.execute("INSERT INTO t VALUES (5)")
        assert connection.count("t") == 1
        assert isinstance(connection, Mine)
        cursor = connection.cursor(Tidy)
        cursor.execute("SELECT x FROM t")
        assert cursor.first() == 5


def test_attach_is_a_schema(database: str, make_sqlite: Callable[..., Path], moved: Moved) -> None:
    moved(SHOP)
    move_into(make_sqlite("CREATE TABLE old(x); INSERT INTO old VALUES (9);", "old.db"), database, "archive")
    with closing(shim.connect(database)) as connection:
        connection.execute("ATTACH 'old.db' AS archive")
        assert connection.execute("SELECT x, (SELECT count(*) FROM item) FROM archive.old").fetchall() == [
            (9, 2)
        ]
        connection.execute("INSERT INTO archive.old VALUES (10)")
        connection.commit()
        assert [row[1] for row in connection.execute("PRAGMA database_list")] == ["main", "archive"]
        connection.execute("DETACH archive")
        with pytest.raises(sqlite3.NotSupportedError, match="moved no file to a schema nix"):
            connection.execute("ATTACH 'x.db' AS nix")


def test_what_a_staging_table_held_goes_into_moved_columns(moved: Moved) -> None:
    """As programs gather rows in a temporary table, whose columns keep any value, before they write them."""
    path, url = moved(SHOP)
    rows = [(3, "Cy", 2, 1, '{"b": 2}', "2025-01-02 03:04:05", "2025-01-02", ROWS[0][7], 0.5, b"x", b"\1\2"),
            (4, None, None, 0, None, None, None, None, None, None, None)]  # fmt: skip
    found = []
    with closing(sqlite3.connect(path)) as standard, closing(shim.connect(url)) as connection:
        for each in (standard, connection):
            each.execute("CREATE TEMP TABLE new(a, b, c, d, e, f, g, h, i, j, k)")
            each.executemany(f"INSERT INTO new VALUES ({', '.join('?' * 11)})", rows)
            each.execute("INSERT INTO item SELECT outgrow_value.* FROM new AS outgrow_value")
            each.execute("UPDATE item SET (raw, day) = (SELECT k, g FROM new WHERE a = 3) WHERE id = 1")
            found.append(each.execute("SELECT * FROM item ORDER BY id").fetchall())
        assert found[0] == found[1]
        for column, wrong in (("raw", "text"), ("day", "no day"), ("weight", "heavy"), ("active", "maybe")):
            connection.execute("UPDATE new SET a = 9, k = ?", (wrong,))
            with pytest.raises(sqlite3.IntegrityError, match=column):
                connection.execute(f"INSERT INTO item(id, {column}) SELECT a, k FROM new LIMIT 1")


def test_switches_of_a_session_stay_its_own(database: str) -> None:
    with closing(shim.connect(database)) as connection, closing(shim.connect(database)) as other:
        connection.execute("CREATE TABLE t(s TEXT)")
        connection.execute("INSERT INTO t VALUES ('Abc')")
        for switch in ("case_sensitive_like", "recursive_triggers"):
            connection.execute(f"PRAGMA {switch} = ON")
        connection.execute("CREATE TABLE u(a)")  # which is written down for everyone
        connection.commit()
        asked = "SELECT count(*) FROM t WHERE s LIKE 'a%'"
        for defined in ("u", "v"):
            assert connection.execute(f"{asked} OR s IN (SELECT a FROM {defined})").fetchone() == (0,)
            assert connection.execute("PRAGMA recursive_triggers").fetchone() == (1,)
            assert other.execute(asked).fetchone() == (1,)
            assert other.execute("PRAGMA recursive_triggers").fetchone() == (0,)
            other.execute("CREATE TABLE IF NOT EXISTS v(a)")
            other.commit()


def test_switches_outlast_a_lost_connection(database: str) -> None:
    with closing(shim.connect(database)) as connection, psycopg.connect(database, autocommit=True) as admin:
        connection.execute("CREATE TABLE t(s TEXT)")
        connection.execute("INSERT INTO t VALUES ('Abc')")
        connection.commit()
        connection.execute("PRAGMA case_sensitive_like = ON")
        connection.execute("PRAGMA foreign_keys = OFF")
        pid = connection.raw.info.backend_pid
        admin.execute("SELECT pg_terminate_backend(%s, 60000)", (pid,))
        assert connection.execute("SELECT count(*) FROM t WHERE s LIKE 'a%'").fetchone() == (0,)
        assert connection.raw.info.backend_pid != pid
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (0,)


INTERRUPTED = """
import os, signal, sys, threading
import outgrow

connection = outgrow.connect(sys.argv[1])
connection.execute("CREATE TABLE t(n)")
connection.execute("INSERT INTO t VALUES (1)")
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    connection.execute(sys.argv[2])
except KeyboardInterrupt:
    print("interrupted", connection.in_transaction)
print(connection.execute("SELECT n FROM t").fetchall())
connection.commit()
"""


def test_ctrl_c_ends_the_statement_and_leaves_the_transaction(database: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, database, LONG],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("interrupted True\n[(1,)]\n", "")
    with closing(shim.connect(database)) as connection:
        assert connection.execute("SELECT n FROM t").fetchall() == [(1,)]


VIRTUAL = """
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, bio TEXT);
INSERT INTO person VALUES (1, 'ada', 'wrote programs'), (2, 'bob', 'reads programs'), (5, 'eve', 'listens');
CREATE VIRTUAL TABLE found USING fts5(name, bio, content='person', content_rowid='id');
INSERT INTO found(found) VALUES ('rebuild');
CREATE VIRTUAL TABLE note USING fts5(a, b);
INSERT INTO note(rowid, a, b) VALUES (3, 'x y', 'z'), (9, 'y', 'w');
CREATE VIRTUAL TABLE old USING fts4(a, b);
INSERT INTO old(docid, a, b) VALUES (3, 'x y', 'z'), (9, 'y', 'w');
CREATE VIRTUAL TABLE box USING rtree(id, x0, x1, y0, y1, +note);
INSERT INTO box VALUES (1, 0, 1, 0, 1, 'n'), (7, 2, 3, 4.5, 5, 'm');
"""


def test_shadow_tables_are_those_of_sqlites_modules(moved: Moved) -> None:
    path, url = moved(VIRTUAL)
    with closing(sqlite3.connect(path)) as standard, closing(shim.connect(url)) as connection:
        tables = [name for (name,) in standard.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert len(tables) > 20
        for table in tables:
            for query in (f'SELECT count(*) FROM "{table}"', f'SELECT * FROM "{table}"'):
                assert connection.execute(query).fetchall() == standard.execute(query).fetchall(), query


def test_shadow_tables_without_a_text_are_refused(moved: Moved) -> None:
    _, url = moved(
        "CREATE VIRTUAL TABLE note USING fts5(a, content=''); INSERT INTO note(rowid, a) VALUES (1, 'b');"
    )
    with closing(shim.connect(url)) as connection:
        with pytest.raises(sqlite3.NotSupportedError, match="the table note_data, which was not moved"):
            connection.execute("SELECT count(*) FROM note_data")
        with pytest.raises(sqlite3.NotSupportedError, match="note_data"):
            connection.execute("DELETE FROM note_data")


def test_a_backup_brings_full_text_and_boxes(moved: Moved, tmp_path: Path) -> None:
    more = (
        "CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO counted VALUES (7, 'x');"
        "DELETE FROM counted; CREATE TABLE bare(a, rowid TEXT); INSERT INTO bare VALUES (1, 'r');"
        "CREATE TABLE kept(k TEXT PRIMARY KEY, twice AS (k || k)) WITHOUT ROWID;"
        "INSERT INTO kept VALUES ('a');"
        "CREATE INDEX by_name ON person(name); CREATE VIEW names AS SELECT name FROM person;"
        "CREATE TRIGGER heard AFTER INSERT ON person BEGIN INSERT INTO kept VALUES (NEW.name); END;"
    )
    path, url = moved(VIRTUAL + more)
    everything = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    queries = (
        everything, "SELECT * FROM person", "SELECT rowid, * FROM found", "SELECT rowid, * FROM note",
        "SELECT docid, * FROM old", "SELECT * FROM kept", "SELECT _rowid_, * FROM bare",
        "SELECT * FROM sqlite_sequence", "SELECT rowid FROM found WHERE found MATCH 'programs'",
    )  # fmt: skip

    def told(connection: Any) -> list[Any]:
        return [connection.execute(query).fetchall() for query in queries]

    with (
        closing(sqlite3.connect(path)) as standard,
        closing(sqlite3.connect(tmp_path / "copy.db")) as copy,
        closing(shim.connect(url)) as connection,
        closing(shim.connect(url, schema="other")) as other,
    ):
        connection.backup(copy)
        assert told(copy) == told(standard)
        assert copy.execute("SELECT id, note FROM box WHERE x0 > 1").fetchall() == [(7, "m")]
        connection.backup(other)
        assert told(other) == told(standard)
        assert other.execute("SELECT id, note FROM box WHERE x0 > 1").fetchall() == [(7, "m")]
        other.execute("INSERT INTO person VALUES (9, 'new', '')")
        assert other.execute("SELECT k FROM kept ORDER BY k").fetchall() == [("a",), ("new",)]


def test_a_value_that_the_type_does_not_hold_is_refused_by_the_columns_name(moved: Moved) -> None:
    _, url = moved("CREATE TABLE t (n INTEGER, x REAL, b BLOB); INSERT INTO t VALUES (1, 1.5, x'00')")
    with closing(shim.connect(url)) as connection:
        for column, kind in (("n", "bigint"), ("x", "double precision"), ("b", "bytea")):
            with pytest.raises(
                sqlite3.IntegrityError, match=f"the column {column} is {kind}, which cannot keep"
            ):
                connection.execute(f"INSERT INTO t ({column}) VALUES (?)", ("text",))


def test_a_number_does_not_become_a_text(moved: Moved) -> None:
    """In a column that moved as text and that SQLite makes no text of what is written into it."""
    _, url = moved(
        "CREATE TABLE t (a TIMESTAMP, s STRING, n, x TEXT, bare);"
        "INSERT INTO t VALUES ('2026-01-01', 'one', 'a', 'b', NULL), ('now', 'two', 'c', 'd', NULL)"
    )
    with closing(shim.connect(url)) as connection:
        for value in (17, 1.5):
            for column in ("a", "s", "n"):
                with pytest.raises(
                    sqlite3.IntegrityError, match=f"the column {column} is text, which cannot keep"
                ):
                    connection.execute(f"INSERT INTO t ({column}) VALUES (?)", (value,))
                with pytest.raises(
                    sqlite3.IntegrityError, match=f"the column {column} is text, which cannot keep"
                ):
                    connection.execute(f"UPDATE t SET {column} = length(x) + ?", (value,))
                connection.execute(f"UPDATE t SET {column} = {column} || ?", (value,))
            connection.execute("INSERT INTO t (x, bare) VALUES (?, ?)", (value, value))
        found = connection.execute("SELECT a, s, n, x, bare FROM t").fetchall()
    assert found == [
        ("2026-01-01171.5", "one171.5", "a171.5", "b", None),
        ("now171.5", "two171.5", "c171.5", "d", None),
        (None, None, None, "17", 17),
        (None, None, None, "1.5", 1.5),
    ]


@pytest.mark.parametrize(
    "value",
    [17, 1.5, "now", b"x", "2026-12-01T10:00:00", "{", "", "0000-00-00", "2026-13-01", "2026-02-30",
     "2026-04-31 10:00:00", "2026-04-30 25:00:00", "24:00:00", "10:60:00"],
)  # fmt: skip
def test_a_value_in_another_form_than_the_moved_is_refused_by_the_columns_name(
    moved: Moved, value: Any
) -> None:
    _, url = moved("CREATE TABLE t (a TIMESTAMP, d DATE, e TIME, u UUID)")
    kinds = {"a": "timestamp", "d": "date", "e": "time", "u": "uuid"}
    with closing(shim.connect(url)) as connection:
        for column, kind in kinds.items():
            with pytest.raises(
                sqlite3.IntegrityError,
                match=rf"the column {column} is {kind}.*, which cannot keep .*: rebuild",
            ):
                connection.execute(f"INSERT INTO t ({column}) VALUES (?)", (value,))
            connection.execute(f"INSERT INTO t ({column}) VALUES (?)", (None,))
        for column, good in (("a", "2026-12-01 10:00:00.500000"), ("d", "2026-12-01"), ("e", "10:00:00")):
            connection.execute(f"INSERT INTO t ({column}) VALUES (?)", (good,))


def test_a_table_that_is_rebuilt_as_the_page_says_keeps_other_values(moved: Moved) -> None:
    """Of a column that had no values when it was moved, and has a view upon it."""
    _, url = moved(
        "CREATE TABLE lock (locked INT PRIMARY KEY, ctime TIMESTAMP, pid INT NOT NULL);"
        "CREATE VIEW locks AS SELECT ctime FROM lock; INSERT INTO lock VALUES (0, NULL, 5)"
    )
    values = ["2026-12-01T02:50:23", 17, b"\0", "now"]
    (script,) = examples("run.md", "sql")
    with closing(shim.connect(url)) as connection:
        for value in values:
            with pytest.raises(
                sqlite3.IntegrityError, match=r"which cannot keep .*: rebuild the table, or move"
            ):
                connection.execute("INSERT INTO lock VALUES (9, ?, 7)", (value,))
        connection.executescript(script)
        connection.executemany("INSERT INTO lock VALUES (?, ?, 7)", list(enumerate(values, 1)))
        assert [value for (value,) in connection.execute("SELECT ctime FROM locks")] == [None, *values]


def test_a_progress_handler_does_not_stop_the_copy(moved: Moved) -> None:
    """What is copied for SQLite to answer is no statement of the program's."""
    _, url = moved(VIRTUAL)
    with closing(shim.connect(url)) as connection:
        for most in (2**power for power in range(16)):
            calls = itertools.count()
            connection.set_progress_handler(lambda most=most, calls=calls: next(calls) > most, 1)  # type: ignore[misc]
            with contextlib.suppress(sqlite3.OperationalError):  # interrupted
                connection.execute("SELECT count(*) FROM note_docsize")
            connection.set_progress_handler(None, 0)
            assert connection.execute("SELECT count(*) FROM note_docsize").fetchone() == (2,)
