"""`outgrow replay`: what a program did on SQLite, done again on PostgreSQL, and all differences told."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import psycopg.conninfo
import pytest
from psycopg.conninfo import make_conninfo

from outgrow.runtime.launch.chance import columns_of_the_moment, shape
from outgrow.runtime.launch.comparing import Comparison, Gave, Rows
from outgrow.runtime.launch.encoding import Digest

Run = Callable[..., Any]
Make = Callable[..., Path]
Replayed = Callable[..., dict[str, Any]]

SHOP = """
CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, price REAL, day DATE,
  made TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')), photo BLOB);
INSERT INTO item (name, price, day, made) VALUES
  ('a', 1.5, '2024-01-01', '2024'), ('b', 0.1, NULL, '2024'), ('c', 0.2, '2024-02-29', '2024');
CREATE TABLE word (word TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO word VALUES ('x'), ('y');
"""

PROGRAM = """
import datetime, sqlite3, subprocess, sys, threading
def connect():
    c = sqlite3.connect("app.db", timeout=60, detect_types=sqlite3.PARSE_DECLTYPES)
    c.row_factory = sqlite3.Row
    return c
def add(c, name, price=None, day=None):
    with c:
        return c.execute("INSERT INTO item (name, price, day) VALUES (?, ?, ?)", (name, price, day)).lastrowid
def work(name):
    c = connect()
    for i in range(4): add(c, f"{name} {i}", i / 3, datetime.date(2024, 1, 1 + i))
    c.close()
if len(sys.argv) > 1:
    work(sys.argv[1])
    sys.exit()
c = connect()
try: add(c, "a")
except sqlite3.IntegrityError: pass
number = add(c, "d", 1e-7)
c.executemany("INSERT INTO item (name, photo) VALUES (:name, :photo)",
              ({"name": f"many {i}", "photo": bytes([i % 256])} for i in range(1200)))
c.execute("UPDATE item SET price = 2 WHERE id = ?", (number,))
c.rollback()
add(c, "e")
threads = [threading.Thread(target=work, args=(f"thread {i}",)) for i in range(2)]
for thread in threads: thread.start()
subprocess.run([sys.executable, __file__, "process"], check=True)
for thread in threads: thread.join()
print(len(c.execute("SELECT id, name, price, day, photo FROM item ORDER BY id").fetchall()))
c.execute("SELECT made, name FROM item").fetchall()
c.execute("SELECT random(), name FROM item").fetchall()
c.execute("SELECT julianday(?)", ("now",)).fetchone()
c.execute("SELECT name FROM item ORDER BY name").fetchone()
next(c.execute("SELECT word FROM word WHERE word > :w", {"w": "x"}))
for sql in ("SELECT nothing FROM item", "SELEC", "SELECT ?"):
    try: c.execute(sql)
    except sqlite3.Error: pass
c.execute("PRAGMA page_count").fetchall()
c.isolation_level = None
c.executescript("CREATE TABLE extra (a); INSERT INTO extra VALUES (1); BEGIN; DELETE FROM extra; ROLLBACK;")
print(c.execute("SELECT a FROM extra").fetchall()[0][0])
"""


@pytest.fixture
def recorded(make_sqlite: Make, run_outgrow: Run, database: str, tmp_path: Path) -> Callable[..., Path]:
    """Records a program on a file whose copy was moved to the database; `sql` is asked there before."""

    def record(text: str, *target_sql: str, schema: str = SHOP, rows: int = 0) -> Path:
        source = make_sqlite(schema)
        shutil.copy(source, tmp_path / "copy.db")
        run_outgrow("move", "copy.db", "--to", database, "--no-verify", check=0)
        with psycopg.connect(database, autocommit=True) as connection:
            for sql in target_sql:
                connection.execute(sql.encode())
        program = tmp_path / "program.py"
        program.write_text(text)
        options = ("--db", source, "--record", "r.jsonl", "--rows", str(rows))
        run_outgrow("run", *options, "--", sys.executable, "-W", "ignore", program, check=0)
        return tmp_path / "r.jsonl"

    return record


@pytest.fixture
def replayed(recorded: Callable[..., Path], run_outgrow: Run, database: str) -> Replayed:
    """Records a program and replays it; the document of --json."""

    def replay(text: str, *target_sql: str, code: int = 1, **more: Any) -> dict[str, Any]:
        done = run_outgrow(
            "replay", recorded(text, *target_sql, **more), "--to", database, "--json", check=code
        )
        found: dict[str, Any] = json.loads(done.stdout)
        assert all(line.removeprefix("outgrow: ") in found["warnings"] for line in done.stderr.splitlines())
        return found

    return replay


def differences(found: dict[str, Any]) -> dict[str, dict[str, tuple[str, str]]]:
    """By statement and kind what SQLite and PostgreSQL gave."""
    return {
        group["sql"]: {
            kind: (each["first"]["sqlite"], each["first"]["postgresql"])
            for kind, each in group["differences"].items()
        }
        for group in found["statements"]
        if group["differing"]
    }


def databases(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [
            name for (name,) in connection.execute("SELECT datname FROM pg_database WHERE datname ~ 'replay'")
        ]


def names(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM item ORDER BY id")]


def test_a_program_that_goes_over_has_no_differences(replayed: Replayed, database: str) -> None:
    found = replayed(PROGRAM, code=0)
    assert differences(found) == {}
    assert found["not_compared"] == {
        "columns that hold the moment of the run: made": 1, "random()": 1,
        "a date function of a bound 'now'": 1, "a PRAGMA of the file": 1,
    }  # fmt: skip
    assert (found["agreement"], found["warnings"]) == ("same file", [])
    assert (found["connections"], found["copy"], found["left_out"]) == (4, True, 0)
    assert found["steered"] >= 2  # after the failed insert and after the rollback
    assert found["same"] + 4 == found["calls"]
    assert names(database) == ["a", "b", "c"]
    assert databases(database) == []
    insert = next(
        group for group in found["statements"] if group["sql"].startswith("INSERT INTO item (name, pr")
    )
    assert insert["runs"] == 3 + 4 * 3
    assert all(insert["times"][engine]["p95"] > 0 for engine in ("sqlite", "postgresql"))


def program(*statements: str) -> str:
    """A program that runs statements and fetches all, going on after errors."""
    return (
        "import sqlite3\nc = sqlite3.connect('app.db', isolation_level=None)\n"
        f"for each in {list(statements)!r}:\n"
        "    sql, values = each if isinstance(each, tuple) else (each, ())\n"
        "    try: c.execute(sql, values).fetchall()\n    except sqlite3.Error: pass\n"
    )


def test_other_rows(replayed: Replayed) -> None:
    every, some, count = (
        "SELECT id, name, day FROM item ORDER BY id",
        "SELECT id FROM item",
        "SELECT count(*) FROM item",
    )
    found = replayed(
        program(every, some, count, "SELECT id FROM item WHERE id > 99"),
        "UPDATE item SET name = 'other' WHERE id = 2",
        "INSERT INTO word VALUES ('z')",
        rows=3,
    )
    assert differences(found) == {
        every: {"rows": ("3 rows differing in name: (2, 'b', null)", "3 rows: (2, 'other', null)")}
    }
    assert found["same"] == found["calls"] - 1


def test_more_rows_and_fewer(replayed: Replayed) -> None:
    found = replayed(program("SELECT id FROM item"), "DELETE FROM item WHERE id = 2")
    assert differences(found) == {"SELECT id FROM item": {"rows": ("3 rows", "2 rows")}}


def test_order_counts_where_there_is_order_by(replayed: Replayed) -> None:
    free, ordered, inner = (
        "SELECT id FROM item", "SELECT id FROM item ORDER BY price",
        "SELECT * FROM (SELECT id FROM item ORDER BY id)",
    )  # fmt: skip
    found = replayed(
        program(free, ordered, inner),
        "UPDATE item SET price = 3 WHERE id = 2",
        "CREATE TABLE other AS SELECT * FROM item",
        "DELETE FROM item",
        "INSERT INTO item OVERRIDING SYSTEM VALUE SELECT * FROM other ORDER BY id DESC",
    )
    assert differences(found) == {ordered: {"order": ("3 rows", "3 rows")}}


@pytest.mark.parametrize(
    ("sql", "same", "reordered", "kinds"),
    [
        ("SELECT a FROM t", 1, 1, {}),
        ("SELECT a FROM t WHERE b IN (SELECT b FROM u ORDER BY b)", 1, 1, {}),
        ("SELECT a FROM t ORDER BY b", 0, 0, {"order": 1}),
    ],
)
def test_rows_in_another_order(sql: str, same: int, reordered: int, kinds: dict[str, int]) -> None:
    there, here = Digest(), Digest()
    for one, other in ((1, 2), (2, 1), (2, 2)):
        there.add((one,))
        here.add((other,))
    comparison = Comparison()
    event = {"event": "execute", "sql": sql, "columns": ["a"], "rowcount": -1, "us": 5}
    recorded = {**there.facts(), "complete": True, "us": 7}
    comparison.take(
        event, Gave(columns=("a",), us=1), Rows(recorded=recorded, now=here.facts(), columns=("a",), us=2)
    )
    group = comparison.groups[sql]
    assert (group.same, group.reordered, dict(group.kinds)) == (same, reordered, kinds)
    assert (list(group.sqlite_us), list(group.postgresql_us)) == ([12], [3])


def test_last_digits_of_reals(replayed: Replayed) -> None:
    found = replayed(
        program("SELECT name, price FROM item ORDER BY id"),
        "UPDATE item SET price = 0.1000000000000001 WHERE id = 2",
    )
    assert [*differences(found)["SELECT name, price FROM item ORDER BY id"]] == ["reals"]


def test_errors_of_one_side_alone(replayed: Replayed) -> None:
    insert, other, missing = (
        "INSERT INTO word VALUES ('new')", "INSERT INTO word VALUES ('z')", "INSERT INTO word VALUES ('x')",
    )  # fmt: skip
    found = replayed(
        program(insert, other, missing),
        "ALTER TABLE word ADD CHECK (word <> 'new')",
        "INSERT INTO word VALUES ('z')",
        "DELETE FROM word WHERE word = 'x'",
    )
    gave = differences(found)
    assert [*gave] == [insert, other, missing]
    assert gave[insert]["error"][0] == "no error"
    assert gave[insert]["error"][1].startswith("IntegrityError: CHECK constraint failed")
    assert gave[other]["error"][1] == "IntegrityError: UNIQUE constraint failed: word.word"
    assert gave[missing] == {"no-error": ("IntegrityError: UNIQUE constraint failed: word.word", "no error")}


def test_another_class_of_error(replayed: Replayed) -> None:
    sql = "INSERT INTO item (name, price) VALUES (NULL, 1)"
    found = replayed(program(sql), "ALTER TABLE item DROP COLUMN price")
    assert [*differences(found)[sql]] == ["error-class"]


def test_counts(replayed: Replayed) -> None:
    update, insert = "UPDATE item SET price = 1 WHERE id > 1", "INSERT INTO item (name) VALUES ('new')"
    found = replayed(
        program(update, insert),
        "DELETE FROM item WHERE id = 3",
        "SELECT setval(pg_get_serial_sequence('item', 'id'), 70)",
    )
    assert differences(found) == {update: {"rowcount": ("2", "1")}, insert: {"lastrowid": ("4", "71")}}


def test_functions_of_the_program_are_told_apart(replayed: Replayed) -> None:
    text = (
        "import sqlite3\nc = sqlite3.connect('app.db')\nc.create_function('twice', 1, lambda v: v * 2)\n"
        "c.create_collation('backwards', lambda a, b: (a < b) - (a > b))\n"
        "c.execute('SELECT twice(id) FROM item').fetchall()\n"
        "c.execute('SELECT name FROM item ORDER BY name COLLATE backwards').fetchall()\n"
    )
    found = replayed(text, code=0)
    assert found["left_out"] == 2
    assert found["not_compared"] == {"a function or collation of the program's own": 2}


def test_what_sqlite_could_not_run_for_its_locks_is_left_out(replayed: Replayed) -> None:
    text = (
        "import sqlite3, threading\na = sqlite3.connect('app.db', timeout=0, isolation_level=None)\n"
        "b = sqlite3.connect('app.db', timeout=0)\na.execute('BEGIN EXCLUSIVE')\n"
        "try: b.execute('DELETE FROM item')\nexcept sqlite3.OperationalError as error: print(error)\n"
        "a.execute('COMMIT')\n"
        "cursor = a.cursor()\n"
        "def other():\n    try: cursor.execute('SELECT 1')\n    except sqlite3.ProgrammingError: pass\n"
        "thread = threading.Thread(target=other); thread.start(); thread.join()\n"
        "a.execute('SELECT id FROM item').fetchall()\n"
    )
    found = replayed(text, code=0)
    assert found["not_compared"] == {
        "SQLite was locked or interrupted": 1, "a connection of another thread": 1,
    }  # fmt: skip


def test_a_call_that_waits_for_another_connection_is_waited_for(
    recorded: Callable[..., Path], run_outgrow: Run, database: str
) -> None:
    """As when processes note the moments of a lock in another order than the one in which they had it."""
    path = recorded(
        "import sqlite3\nfor i in range(12):\n    c = sqlite3.connect('app.db')\n"
        "    if i == 11: c.execute('SELECT price FROM item WHERE id = 1').fetchall()\n"
        "    else:\n        c.execute('UPDATE item SET price = price * 2 + ? WHERE id = 1', (i,))\n"
        "        c.commit()\n        c.close()\n"
    )
    header, *events = (json.loads(line) for line in path.read_text().splitlines())
    last = max(event["at"] for event in events)
    reader = [event["c"] for event in events if event["event"] == "connect"][-1]
    shift = {"commit": last, "close": 2 * last}
    for event in events:
        is_of_reader = event.get("c") == reader or event["event"] == "rows"
        event["at"] += 3 * last if is_of_reader else shift.get(event["event"], 0)
    path.write_text("".join(json.dumps(line) + "\n" for line in (header, *events)))
    done = run_outgrow("replay", path, "--to", database, "--json", check=0)
    found = json.loads(done.stdout)
    assert (found["connections"], found["same"], found["calls"]) == (12, 35, 35)


def test_the_report_for_people(recorded: Callable[..., Path], run_outgrow: Run, database: str) -> None:
    path = recorded(
        "import sqlite3\nc = sqlite3.connect('app.db')\n"
        "for i in (1, 2, 3): c.execute('SELECT name FROM item WHERE id = ?', (i,)).fetchall()\n"
        "c.execute('SELECT random()').fetchall()\nc.execute('UPDATE word SET word = word'); c.close()\n",
        "UPDATE item SET name = E'oth\\ner' WHERE id = 2",
        rows=1,
    )
    done = run_outgrow("replay", path, "--to", database, check=1)
    name = re.search("outgrow_\\w+", database)
    assert name is not None
    head, _, times = done.stdout.partition("  time           SQLite  PostgreSQL\n")
    assert head == (
        f"{path}: 6 calls, 4 distinct, of 1 connection; on a copy of database {name[0]}\n"
        "\n"
        "  same                   4\n"
        "  not compared           1\n"
        "            1  random()\n"
        "  differences            1   of 1 distinct statement\n"
        "\n"
        "  SELECT name FROM item WHERE id = ?\n"
        "    other rows: 1 of 3\n"
        "      with        [2]\n"
        "      SQLite      1 row differing in name: ('b')\n"
        "      PostgreSQL  1 row: ('oth\\ner')\n"
        "\n"
    )
    assert re.findall(r"^  (\w+) +[\d.]+ \w+ +[\d.]+ \w+$", times, re.MULTILINE) == ["all", "p50", "p95"]
    assert times.count("times  ") == 4


def test_commit_writes_to_the_database_itself(
    recorded: Callable[..., Path], run_outgrow: Run, database: str
) -> None:
    path = recorded("import sqlite3\nc = sqlite3.connect('app.db')\nwith c: c.execute('DELETE FROM item')\n")
    with psycopg.connect(database) as other:
        done = run_outgrow("replay", path, "--to", database, check=4)
        assert "cannot be copied while others are connected to it" in done.stderr
        assert names(database) == ["a", "b", "c"]
        other.rollback()
        done = run_outgrow("replay", path, "--to", database, "--commit", check=0)
    assert "; on database outgrow_" in done.stdout
    assert names(database) == []


def test_a_user_who_may_not_copy_is_told(
    recorded: Callable[..., Path], run_outgrow: Run, database: str
) -> None:
    path = recorded(program("SELECT 1"))
    role = re.sub(".*(outgrow_\\w+).*", "\\1", database)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role}".encode())
        owner.execute(f"GRANT USAGE ON SCHEMA outgrow TO {role}".encode())
        owner.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA outgrow TO {role}".encode())
    try:
        url = make_conninfo(database, options=f"-c role={role}")
        done = run_outgrow("replay", path, "--to", url, check=4)
        user = psycopg.conninfo.conninfo_to_dict(database)["user"]
        assert done.stderr.splitlines()[-1] == (
            f"outgrow: the user {user} may not copy the database {role}: connect as its owner with CREATEDB, "
            "or add --commit, which runs the statements on the database itself"
        )
    finally:
        with psycopg.connect(database, autocommit=True) as owner:
            owner.execute(f"DROP OWNED BY {role}".encode())
            owner.execute(f"DROP ROLE {role}".encode())


def test_a_target_in_another_state_is_told(
    recorded: Callable[..., Path],
    run_outgrow: Run,
    make_sqlite: Make,
    database: str,
    new_database: Callable[[], str],
) -> None:
    path = recorded(program("SELECT id FROM item"))
    run_outgrow(
        "move", make_sqlite(SHOP + "DELETE FROM item", "d.db"), "--to", database, "--replace", check=0
    )
    done = run_outgrow("replay", path, "--to", database, check=1)
    assert done.stderr == (
        "outgrow: the file that was moved into schema public had other rows than the one the "
        "recording began with: "
        "rows may differ for that reason; move a copy of the file from before the recording\n"
    )
    done = run_outgrow("replay", path, "--to", new_database(), check=1)
    assert done.stderr.startswith("outgrow: schema public of the target holds no move")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no recording; make one with outgrow run --record"),
        ("{}\n", "is no recording; make one with outgrow run --record"),
        ("SQLite format 3", ", line 1 is no JSON; record it again"),
        (
            '{"outgrow": "recording", "version": 9}\n',
            "has the format 9, this outgrow reads 1; record it again",
        ),
        ('{"outgrow": "recording", "version": 1}\n[]\n', ", line 2 is no object; record it again"),
        (None, "cannot be read: No such file or directory; record one with outgrow run --record"),
    ],
)
def test_files_that_are_no_recordings(
    run_outgrow: Run, database: str, tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "r.jsonl"
    if content is not None:
        path.write_text(content)
    done = run_outgrow("replay", path, "--to", database, check=2)
    assert done.stderr.splitlines()[-1] in (f"outgrow: {path} {said}", f"outgrow: {path}{said}")


@pytest.mark.parametrize(
    ("sql", "chance"),
    [
        ("SELECT random() FROM t", "random()"),
        ("SELECT 'random()', \"random\" FROM t", ""),
        ("SELECT datetime('NOW', '-1 day')", "datetime('now')"),
        ("SELECT date(created) FROM t", ""),
        ("SELECT strftime('%Y'), 1", "strftime('now')"),
        ("SELECT strftime('%Y', d) FROM t", ""),
        ("SELECT datetime()", "datetime('now')"),
        ("SELECT * FROM t WHERE at < CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP"),
        ("SELECT mine(1)", "a function or collation of the program's own"),
        ("SELECT a FROM t WHERE a REGEXP ?", "a function or collation of the program's own"),
        ("SELECT a FROM t WHERE a LIKE ?", ""),
        ("EXPLAIN QUERY PLAN SELECT 1", "EXPLAIN"),
        ("PRAGMA main.page_count", "a PRAGMA of the file"),
        ("PRAGMA table_info(t)", ""),
    ],
)
def test_what_differs_from_run_to_run(sql: str, chance: str) -> None:
    assert shape(sql, {"MINE", "REGEXP"}).chance == chance


def test_the_shape_of_a_statement() -> None:
    found = shape("WITH a AS (SELECT 1 ORDER BY 1 LIMIT 1) INSERT INTO t SELECT * FROM a", ())
    assert (found.verb, found.is_ordered, found.is_limited) == ("INSERT", False, False)
    found = shape("SELECT a FROM t ORDER BY a LIMIT 3", ())
    assert (found.verb, found.is_ordered, found.is_limited) == ("SELECT", True, True)
    assert shape("SELECT 'unended", ()).verb == ""


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("CREATE TABLE t (a DEFAULT CURRENT_TIMESTAMP, b DEFAULT (date('now')), c DEFAULT 1)", {"a", "b"}),
        ("UPDATE t SET a = datetime('now'), B = ?, c = 1 WHERE d = date('now')", {"a"}),
        ("INSERT INTO t (a, \"b\", c) VALUES (?, lower(hex(randomblob(16))), 3)", {"b"}),
        ("CREATE TRIGGER u AFTER UPDATE ON t BEGIN UPDATE t SET changed = CURRENT_TIME WHERE a = new.a; END",
         {"changed"}),
        ("SELECT a FROM t", set()),
    ],
)  # fmt: skip
def test_columns_of_the_moment(sql: str, columns: set[str]) -> None:
    assert columns_of_the_moment(sql) == columns
