"""A process that was forked leaves its parent's connections alone, and has its own."""

from __future__ import annotations

import subprocess
import sys

_BEFORE = """
import os, sys
from outgrow.runtime import sqlite3
connection = sqlite3.connect(sys.argv[1])
connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, who TEXT)")
connection.commit()


def forked(work):
    child = os.fork()
    if child == 0:
        try:
            work()
        except sqlite3.Error as error:
            print(type(error).__name__, error)
        sys.stdout.flush()
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0


def write(who):
    connection.execute("INSERT INTO t(who) VALUES (?)", (who,))
    connection.commit()


def found():
    return [who for who, in connection.execute("SELECT who FROM t ORDER BY id")]

"""

_OVER = "OperationalError what was under way stays with the process that was forked: here it is over"


def said(code: str, url: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _BEFORE + code, url],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()


def test_parent_and_child_may_use_what_was_opened_before(database: str) -> None:
    code = """
write("parent")
mine = connection.raw.info.backend_pid
for _ in range(3):
    forked(lambda: (write("child"), print(found(), connection.raw.info.backend_pid == mine, flush=True)))
    write("parent")
print(found(), connection.raw.info.backend_pid == mine)
"""
    *children, parent = said(code, database)
    both = ["parent", "child"] * 3
    assert children == [f"{both[: 2 * n]} False" for n in (1, 2, 3)]
    assert parent == f"{[*both, 'parent']} True"


def test_a_transaction_stays_with_the_parent(database: str) -> None:
    code = """
connection.execute("INSERT INTO t(who) VALUES ('parent')")
forked(lambda: connection.execute("INSERT INTO t(who) VALUES ('child')"))
forked(lambda: connection.commit())
forked(lambda: connection.rollback())
forked(lambda: connection.close())


def goes_on():
    try:
        connection.execute("SELECT 1")
    except sqlite3.OperationalError:
        write("child")
        print(found())


forked(goes_on)
connection.commit()
print(found())
"""
    found = said(code, database)
    assert found[0] == _OVER
    assert [line.split()[0] for line in found[1:-2]] == ["OperationalError"] * 2
    assert found[-2:] == ["['child']", "['parent', 'child']"]


def test_a_long_result_stays_with_the_parent(database: str) -> None:
    code = """
connection.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "
                   "INSERT INTO t SELECT i, 'row ' || i FROM n")
connection.commit()
cursor = connection.execute("SELECT id FROM t ORDER BY id")
print(cursor.fetchone())
forked(lambda: print(len(cursor.fetchall())))
forked(lambda: cursor.close())
forked(lambda: print(connection.execute("SELECT count(*) FROM t").fetchone()))
print(len(cursor.fetchall()))
"""
    first, read, counted, rest = said(code, database)
    assert (first, read, counted, rest) == ("(1,)", _OVER, "(50000,)", "49999")


def test_a_daemon_outlives_the_process_that_connected(database: str) -> None:
    code = """
reader, writer = os.pipe()
if os.fork():
    os.close(writer)
    connection.close()
    print(os.read(reader, 100).decode())
    os._exit(0)
os.close(reader)
import time
time.sleep(0.2)
write("daemon")
os.write(writer, str(found()).encode())
"""
    assert said(code, database) == ["['daemon']"]
