"""`outgrow run --record`: every call is written down as it was, and the program notices nothing."""

from __future__ import annotations

import json
import math
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outgrow.runtime.launch import encoding, journal
from outgrow.runtime.launch.converting import Converted
from outgrow.runtime.launch.encoding import Digest

Run = Callable[..., Any]
Make = Callable[..., Path]
Record = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def record(run_outgrow: Run, tmp_path: Path) -> Record:
    """Runs the text of a program with app.db recorded; the lines of the recording."""

    def started(text: str, *options: str, code: int = 0) -> list[dict[str, Any]]:
        path = tmp_path / "program.py"
        path.write_text(text)
        done = run_outgrow(
            "run", "--db", "app.db", "--record", "r.jsonl", *options, "--", sys.executable, path, check=code
        )
        sys.stdout.write(f"{done.stdout}\n{done.stderr}\n")
        return lines(tmp_path / "r.jsonl")

    return started


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def told(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events without times and numbers."""
    varying = {"at", "us", "c", "n", "pid", "began", "ordered", "unordered", "rounded", "by_column"}
    return [{key: value for key, value in event.items() if key not in varying} for event in found]


CALLS = """
import sqlite3
c = sqlite3.connect("app.db")
c.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE)")
c.execute("INSERT INTO t (a) VALUES (?)", ("x",))
c.executemany("INSERT INTO t (a) VALUES (:a)", [{"a": 1}, {"a": 2.5}])
c.commit()
try:
    c.execute("INSERT INTO t (a) VALUES ('x')")
except sqlite3.IntegrityError:
    pass
c.rollback()
c.execute("SELECT id, a AS value FROM t ORDER BY id").fetchall()
cursor = c.execute("SELECT id FROM t")
next(cursor)
with c:
    cursor.execute("DELETE FROM t WHERE id = 3")
c.isolation_level = None
c.executescript("BEGIN; DELETE FROM t; ROLLBACK")
c.create_function("twice", 1, lambda v: v * 2)
c.close()
"""


def test_every_call_is_a_line(record: Record, tmp_path: Path) -> None:
    header, *events = told(record(CALLS, "--rows", "1"))
    assert header == {
        "outgrow": "recording", "version": 1, "engine": "sqlite", "database": str(tmp_path / "app.db"),
        "file": None, "schema": None,
    }  # fmt: skip
    insert, select = "INSERT INTO t (a) VALUES (?)", "SELECT id, a AS value FROM t ORDER BY id"
    assert events == [
        {
            "event": "process", "sqlite": sqlite3.sqlite_version, "python": sys.version.split()[0],
            "program": "program.py",
        },
        {"event": "connect", "isolation_level": "", "detect_types": 0, "autocommit": -1, "read_only": False},
        {
            "event": "execute", "sql": "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE)", "rowcount": -1,
            "lastrowid": 0,
        },
        {"event": "execute", "sql": insert, "parameters": ["x"], "rowcount": 1, "lastrowid": 1},
        {
            "event": "executemany", "sql": "INSERT INTO t (a) VALUES (:a)", "sets": [{"a": 1}, {"a": 2.5}],
            "rowcount": 2, "lastrowid": None,
        },
        {"event": "commit"},
        {
            "event": "execute", "sql": "INSERT INTO t (a) VALUES ('x')",
            "error": {
                "class": "IntegrityError", "message": "UNIQUE constraint failed: t.a",
                "name": "SQLITE_CONSTRAINT_UNIQUE",
            },
        },
        {"event": "rollback"},
        {"event": "execute", "sql": select, "rowcount": -1, "lastrowid": 3, "columns": ["id", "value"]},
        {"event": "rows", "complete": True, "count": 3, "rows": [[1, "x"]]},
        {"event": "execute", "sql": "SELECT id FROM t", "rowcount": -1, "lastrowid": 3, "columns": ["id"]},
        {"event": "rows", "complete": False, "count": 1, "rows": [[1]]},
        {"event": "execute", "sql": "DELETE FROM t WHERE id = 3", "rowcount": 1, "lastrowid": 3},
        {"event": "exit", "failed": False},
        {"event": "isolation_level", "value": None},
        {
            "event": "executescript", "sql": "BEGIN; DELETE FROM t; ROLLBACK", "rowcount": -1,
            "lastrowid": None,
        },
        {"event": "define", "method": "create_function", "name": "twice"},
        {"event": "close"},
    ]  # fmt: skip


# What a recording must not change, told by the program itself.
PECULIAR = r"""
import collections, datetime, decimal, enum, sqlite3, sys, warnings
warnings.simplefilter("ignore")
adapted = []

def adapt(value):
    adapted.append(value)
    return str(value)

class Never:
    pass

class Nothing:
    pass

class Size(enum.IntEnum):
    SMALL = 3

class Keys(dict):
    def __missing__(self, key):
        print("asked for", key)
        return 5

class Places:
    def __len__(self):
        return 2
    def __getitem__(self, place):
        print("place", place)
        return place

def failing():
    yield (1,)
    raise RuntimeError("the iterator of the program")

def tried(act):
    try:
        print(act())
    except Exception as error:
        print(type(error), error, getattr(error, "sqlite_errorname", None))

sqlite3.register_adapter(decimal.Decimal, adapt)
sqlite3.register_adapter(Nothing, lambda value: None)
sqlite3.register_converter("money", lambda raw: decimal.Decimal(raw.decode()))
c = sqlite3.connect("app.db", detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES)
print(type(c), isinstance(c, sqlite3.Connection), type(c.cursor()), c.row_factory, c.text_factory)
c.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, m MONEY, d TIMESTAMP, a)")
insert = "INSERT INTO t (m, d, a) VALUES (?, ?, ?)"
moment = datetime.datetime(2024, 2, 29, 12, 30)
c.execute(insert, (decimal.Decimal("1.10"), moment, True))
c.execute(insert, [decimal.Decimal("2"), None, Size.SMALL])
named = {"m": decimal.Decimal("3"), "a": b"\x00\xff", "more": Never()}
c.execute("INSERT INTO t (m, a) VALUES (:m, :a)", named)
c.execute("INSERT INTO t (m, a) VALUES (:m, :a)", Keys(m=Nothing()))
c.execute("INSERT INTO t (m, a) VALUES (?, ?)", Places())
tried(lambda: c.execute("INSERT INTO t (a) VALUES (?)", (Never(),)))
tried(lambda: c.execute("INSERT INTO t (a) VALUES (?)", (2**63,)))
tried(lambda: c.execute("INSERT INTO t (a) VALUES (?)", ("\ud800",)))
tried(lambda: c.execute("INSERT INTO t (a) VALUES (?)", ()))
tried(lambda: c.execute("INSERT INTO t (a) VALUES (:a)", {}))
tried(lambda: c.execute("SELECT ?", {1, 2}))
tried(lambda: c.execute("SELECT 1; SELECT 2"))
tried(lambda: c.execute(b"SELECT 1"))
tried(lambda: c.execute())
tried(lambda: c.executemany("INSERT INTO t (a) VALUES (?)", failing()))
tried(lambda: c.executemany("INSERT INTO t (a) VALUES (?)", 7))
print(adapted, c.in_transaction, c.total_changes)
print(c.execute('SELECT m, d, a, id AS "x [money]" FROM t ORDER BY id').fetchall())
c.row_factory = sqlite3.Row
row = c.execute("SELECT * FROM t").fetchone()
print(type(row), row.keys(), tuple(row))
c.row_factory = lambda cursor, row: None if row[0] == 1 else {cursor.description[0][0]: row[0]}
cursor = c.execute("SELECT id FROM t ORDER BY id")
print(cursor.fetchone(), cursor.fetchone(), cursor.fetchmany(2), cursor.fetchall(), cursor.fetchone())
c.row_factory = None
for factory in (bytes, bytearray, lambda raw: raw.decode().upper()):
    c.text_factory = factory
    print(c.execute("SELECT 'text', x'00', typeof(a) FROM t LIMIT 1").fetchall())
c.text_factory = str
tried(lambda: c.execute("SELECT CAST(x'ff' AS TEXT)").fetchone())
cursor = c.cursor()
cursor.arraysize = 2
cursor.execute("SELECT id FROM t")
print(len(cursor.fetchmany()), cursor.arraysize, cursor.connection is c, iter(cursor) is cursor)
cursor.close()
tried(cursor.fetchone)
lazy = c.execute("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")
print(next(lazy), next(lazy))
lazy.close()
got = c.execute("INSERT INTO t (a) VALUES (1), (2) RETURNING a")
print(got.fetchall(), got.rowcount, c.total_changes)
print(c.execute("PRAGMA user_version").fetchone(), list(c.iterdump())[0])
with sqlite3.connect(":memory:") as copy:
    c.commit()
    c.backup(copy)
    print(copy.execute("SELECT count(*) FROM t").fetchone())
reads = sqlite3.connect("file:app.db?mode=ro", uri=True)
tried(lambda: reads.execute("DELETE FROM t"))
c.close()
tried(lambda: c.execute("SELECT 1"))
tried(c.commit)
print(sqlite3.connect("app.db").execute("SELECT count(*) FROM t").fetchone())
"""


def test_the_program_notices_nothing(
    record: Record, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "plain"
    elsewhere.mkdir()
    plain = subprocess.run(
        [sys.executable, "-c", PECULIAR], cwd=elsewhere, capture_output=True, text=True, check=True
    )
    _, *events = record(PECULIAR)
    assert capsys.readouterr().out == plain.stdout + "\n\n"
    given = [
        event["parameters"] for event in events
        if "parameters" in event and "sqlite_master" not in event["sql"]  # iterdump binds from 3.13 on
    ]  # fmt: skip
    assert given == [
        ["1.10", "2024-02-29 12:30:00", True], ["2", None, 3], {"m": "3", "a": {"blob": "AP8="}},
        {"m": None, "a": 5}, [0, 1], [{"unsupported": "__main__.Never"}], [2**63], ["\ud800"], [], {}, "set",
    ]  # fmt: skip
    made = next(event for event in events if event["event"] == "executemany")
    assert (made["sets"], made["error"]["class"]) == ([[1]], "RuntimeError")


def test_digests_are_of_what_sqlite_holds(record: Record) -> None:
    text = (
        "import sqlite3\nsqlite3.register_converter('day', lambda raw: ('converted', raw))\n"
        "plain = sqlite3.connect('app.db')\nplain.executescript(\"CREATE TABLE t (d DAY, a); "
        "INSERT INTO t VALUES ('2024-01-01', 'text'), (7, x'00'), (NULL, 1.5)\")\n"
        "rich = sqlite3.connect('app.db', detect_types=1)\nrich.text_factory = lambda raw: ['x', raw]\n"
        "rich.row_factory = lambda cursor, row: 'nothing like it'\n"
        "for c in (plain, rich): c.execute('SELECT d, a FROM t ORDER BY rowid').fetchall()\n"
    )
    plain, rich = (event for event in record(text)[1:] if event["event"] == "rows")
    values: list[tuple[Any, ...]] = [("2024-01-01", "text"), (7, b"\0"), (None, 1.5)]
    assert plain == {**plain, **made(values)}
    assert rich == {**rich, **made(values, converted=[0])}
    assert plain["by_column"][1] == rich["by_column"][1]


def made(rows: list[tuple[Any, ...]], converted: list[int] | None = None) -> dict[str, Any]:
    digest = Digest(converted or ())
    for row in rows:
        digest.add(row)
    return digest.facts()


def test_processes_and_threads_write_into_one_file(record: Record) -> None:
    text = (
        "import multiprocessing, sqlite3, subprocess, sys, threading\n"
        "def work(name):\n"
        "    c = sqlite3.connect('app.db', timeout=60)\n"
        "    for i in range(25):\n"
        "        with c: c.execute('INSERT INTO t VALUES (?, ?)', (name, 'x' * 3000))\n"
        "    c.close()\n"
        "if __name__ == '__main__':\n"
        "    if len(sys.argv) > 1: work('process'); sys.exit()\n"
        "    sqlite3.connect('app.db').execute('CREATE TABLE t (a, b)')\n"
        "    started = [threading.Thread(target=work, args=('thread',)), "
        "multiprocessing.get_context('fork').Process(target=work, args=('fork',))]\n"
        "    for each in started[::-1]: each.start()\n"
        "    subprocess.run([sys.executable, __file__, 'sub'], check=True)\n"
        "    for each in started: each.join()\n"
    )
    _, *events = record(text)
    written = [event["parameters"][0] for event in events if "parameters" in event]
    assert {name: written.count(name) for name in written} == {"thread": 25, "fork": 25, "process": 25}
    assert len({event["n"] for event in events if event["event"] == "execute"}) == 76
    assert len({event["c"] for event in events if event["event"] == "connect"}) == 4


def test_connections_may_be_destroyed_while_a_line_is_written(record: Record) -> None:
    """One event within another: the garbage collector comes whenever anything is made."""
    _, *events = record(
        "import gc, sqlite3\n"
        "for i in range(300):\n    gc.set_threshold(i % 60 + 1)\n    c = sqlite3.connect('app.db')\n"
        "del c; gc.collect()\n"
    )
    assert [event["event"] for event in events].count("close") == 300


def test_a_program_that_is_killed_leaves_whole_lines(record: Record) -> None:
    text = (
        "import os, sqlite3\nc = sqlite3.connect('app.db', isolation_level=None)\n"
        "c.execute('CREATE TABLE t (a)')\nlate = c.execute('SELECT 1')\n"
        "c.execute('INSERT INTO t VALUES (1)')\nos.kill(os.getpid(), 9)\n"
    )
    events = record(text, code=128 + signal.SIGKILL)
    assert [event["sql"] for event in events if "sql" in event] == [
        "CREATE TABLE t (a)", "SELECT 1", "INSERT INTO t VALUES (1)",
    ]  # fmt: skip


def test_what_is_open_at_the_end_is_written(record: Record) -> None:
    text = (
        "import sqlite3\nc = sqlite3.connect('app.db')\nkept = c.execute('VALUES (1), (2)')\nkept.fetchone()"
    )
    assert told(record(text))[-2:] == [
        {"event": "rows", "complete": False, "count": 1}, {"event": "close", "implicit": True},
    ]  # fmt: skip


def test_an_early_end_is_a_line_that_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    journal.begin(path, {"engine": "sqlite"})
    with path.open("a") as out:
        out.write('{"event":"commit","at":2}\n{"event":"connect","at":1}\n{"event":"clo')
    header, *events = journal.read(path)
    assert header["engine"] == "sqlite"
    assert [event["event"] for event in events] == ["connect", "commit"]


def test_the_file_is_its_owners_alone_and_never_overwritten(
    record: Record, tmp_path: Path, run_outgrow: Run
) -> None:
    path = tmp_path / "r.jsonl"
    assert len(record("import sqlite3; sqlite3.connect('app.db').close()")) == 4
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    done = run_outgrow("run", "--db", "app.db", "--record", path, "--", "true", check=2)
    assert done.stderr == f"outgrow: {path} is there already; name another file, or remove it\n"
    assert path.read_bytes() == before
    done = run_outgrow("run", "--db", "app.db", "--record", tmp_path / "no" / "r", "--", "true", check=2)
    assert done.stderr.endswith("cannot be written: No such file or directory; name another file\n")


def test_a_recording_that_breaks_does_not_break_the_program(
    record: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "import os, sqlite3\nos.remove('r.jsonl')\nos.mkdir('r.jsonl')\n"
        "print(sqlite3.connect('app.db').execute('SELECT 1').fetchone())\nos.rmdir('r.jsonl')\n"
        "open('r.jsonl', 'w').close()\n"
    )
    assert record(text, code=2) == []
    out = capsys.readouterr().out
    said = "outgrow: the recording ends here: IsADirectoryError: [Errno 21] Is a directory:"
    assert out.startswith("(1,)\n\n" + said)
    assert out.count(said) == 2


def test_a_program_on_postgresql_is_recorded_alike(
    run_outgrow: Run, make_sqlite: Make, database: str, tmp_path: Path
) -> None:
    source = make_sqlite(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, d DATE); INSERT INTO t VALUES (1, 'x', NULL)"
    )
    run_outgrow("move", source, "--to", database, "--no-verify", check=0)
    text = (
        "import datetime, sqlite3\nc = sqlite3.connect('app.db', detect_types=1)\nc.row_factory = "
        "sqlite3.Row\n"
        "with c: print(c.execute('INSERT INTO t (a, d) VALUES (?, ?)', ('y', datetime.date(2024, 2, "
        "29))).lastrowid)\n"
        "print([dict(row) for row in c.execute('SELECT * FROM t ORDER BY id')])\n"
        "print(c.execute('SELECT a FROM t WHERE id = 2').fetchone()['a'], next(c.execute('SELECT 1'))[0])\n"
        "try: c.execute('INSERT INTO t (id) VALUES (1)')\nexcept sqlite3.IntegrityError as error: "
        "print(error)\n"
        "c.rollback()\nc.close()\n"
    )
    (tmp_path / "program.py").write_text(text)
    found = []
    for options in (("--to", database), ()):
        name = f"r{len(options)}.jsonl"
        program = (sys.executable, "-W", "ignore", tmp_path / "program.py")
        done = run_outgrow(
            "run", "--db", source, *options, "--record", name, "--rows", "9", "--", *program, check=0
        )
        found.append((done.stdout, lines(tmp_path / name)))
    (there, on_postgresql), (here, on_sqlite) = found
    assert there == here
    assert on_postgresql[0]["engine"] == "postgresql"
    assert _essence(on_postgresql) == _essence(on_sqlite)


def _essence(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What both engines must say alike: after a SELECT SQLite's lastrowid is the connection's."""
    varying = {"at", "us", "c", "n", "lastrowid", "converted", "rows", "ordered", "unordered", "by_column"}
    return [{key: value for key, value in event.items() if key not in varying} for event in events[2:]]


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, 2**63, -1, 1.0, 0.1, -0.0, 1e300, math.inf, -math.inf, "", "é\0\ud800", b"",
        b"\0\xff", Converted(b"7"),
    ],
)  # fmt: skip
def test_values_survive_exactly(value: Any) -> None:
    there = encoding.from_json(json.loads(json.dumps(encoding.to_json(value), allow_nan=False)))
    assert (type(there), there, repr(there)) == (type(value), value, repr(value))


def test_what_is_like_bytes_is_bytes_and_nan_is_nan() -> None:
    assert encoding.from_json(encoding.to_json(bytearray(b"ab"))) == b"ab"
    assert encoding.from_json(encoding.to_json(memoryview(b"ab"))) == b"ab"
    assert math.isnan(encoding.from_json(encoding.to_json(math.nan)))


def test_digests_tell_storage_classes_and_order_apart() -> None:
    def facts(*rows: tuple[Any, ...]) -> dict[str, Any]:
        return made(list(rows))

    classes = [facts((value,))["ordered"] for value in (None, 1, 1.0, "1", b"1", Converted(b"1"))]
    assert len(set(classes)) == 6
    assert facts(("ab", "c"))["ordered"] != facts(("a", "bc"))["ordered"]
    one, other = facts((1,), (2,)), facts((2,), (1,))
    assert one["ordered"] != other["ordered"]
    assert one["unordered"] == other["unordered"]
    assert facts((1,), (1,))["unordered"] != facts((1,))["unordered"]
    third = facts((0.1 + 0.2, "a")), facts((0.3, "a"))
    assert third[0]["unordered"] != third[1]["unordered"]
    assert third[0]["rounded"] == third[1]["rounded"]
    assert made([(7,), (1.5,), ("x",)], [0])["ordered"] == made([("7",), ("1.5",), ("x",)], [0])["ordered"]


def test_the_reference_names_every_key(record: Record) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "recording.md"
    named = set(re.findall(r"`(\w+)`", page.read_text()))
    for event in (*record(CALLS, "--rows", "2"), made([(1.5,)], converted=[0])):
        assert {*event, event.get("event", "event")} - named == set()
