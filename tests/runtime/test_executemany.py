"""executemany: as many rows at once as can be, with SQLite's rows, counts, keys and errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

import pytest

from outgrow.runtime import sqlite3 as shim
from outgrow.runtime.dbapi.wire import Wire

Sides = Callable[..., tuple[Any, Any]]

TABLES = """
CREATE TABLE event(id INTEGER PRIMARY KEY, item INTEGER NOT NULL, kind TEXT NOT NULL DEFAULT 'd', weight REAL,
                   note, day DATE, CHECK (item <> 13));
CREATE TABLE word(name TEXT PRIMARY KEY, n INTEGER);
CREATE TABLE tree(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree(id));
CREATE TABLE watched(a INTEGER, seen INTEGER);
CREATE TABLE log(n INTEGER);
CREATE TRIGGER sees AFTER INSERT ON watched BEGIN INSERT INTO log SELECT count(*) FROM watched; END;
INSERT INTO word VALUES ('w5', 100), ('w7', 100);
"""

LOTS = range(2100)
ONE_BAD = [(n, "x" if n != 1234 else None) for n in LOTS]

CASES: dict[str, tuple[str, Iterable[Any]]] = {
    "several columns": (
        "INSERT INTO event(item, kind, weight) VALUES (?, ?, ?)", [(n + 50, "k", n / 3) for n in LOTS],
    ),
    "NULLs and classes": (
        "INSERT INTO event(item, kind, weight, note, day) VALUES (?, ?, ?, ?, ?)",
        [
            (n + 50, "é'\\" * (n % 4), n if n % 2 else n / 7, [None, n, n / 3, b"\0\xff", "42", "x"][n % 6],
             None if n % 3 else "2024-02-29")
            for n in LOTS
        ],
    ),
    "keys of their own": (
        "INSERT INTO event(id, item) VALUES (?, ?)", [(9000 - 3 * n, n + 50) for n in LOTS],
    ),
    "some keys of their own": (
        "INSERT INTO event(id, item) VALUES (?, ?)", [(None if n % 3 else 5 * n + 7, n + 50) for n in LOTS],
    ),
    "NULL for a key, names, twice": (
        "INSERT INTO event VALUES (NULL, :n, :s, :r, :s, :s)",
        [{"n": n + 50, "s": "s", "r": 1.5} for n in LOTS],
    ),
    "computed": (
        "INSERT INTO event(item, kind, note) VALUES (abs(?) + 1, upper(?), 'it''s $1' || ?)",
        [(-n - 50, "k", n) for n in LOTS],
    ),
    "ignored": ("INSERT OR IGNORE INTO word VALUES (?, ?)", [(f"w{n % 900}", n) for n in LOTS]),
    "the last is ignored": (
        "INSERT OR IGNORE INTO word VALUES (?, ?)", [*((f"x{n}", n) for n in LOTS), ("x1", 1)],
    ),
    "replaced": ("INSERT OR REPLACE INTO word VALUES (?, ?)", [(f"w{n}", n) for n in LOTS]),
    "replaced by one of their own": ("REPLACE INTO word VALUES (?, ?)", [(f"w{n % 40}", n) for n in LOTS]),
    "upserted": (
        "INSERT INTO word VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET n = n + excluded.n WHERE n < 5000",
        [(f"w{n % 7}", n) for n in LOTS],
    ),
    "upserted with values of theirs": (
        "INSERT INTO word VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET n = ?",
        [(f"w{n}", n, -n) for n in LOTS],
    ),
    "one meets another": ("INSERT INTO word VALUES (?, ?)", [(f"y{n if n != 1500 else 3}", n) for n in LOTS]),
    "one breaks NOT NULL": (
        "INSERT INTO event(item, kind) VALUES (?, ?)", [(n + 50, kind) for n, kind in ONE_BAD],
    ),
    "one breaks a CHECK": ("INSERT INTO event(item) VALUES (?)", [(n,) for n in LOTS]),
    "one is ignored by its CHECK": ("INSERT OR IGNORE INTO event(item) VALUES (?)", [(n,) for n in LOTS]),
    "one is too few": (
        "INSERT INTO event(item, kind) VALUES (?, ?)", [(n + 50, "k")[: 1 + (n != 1700)] for n in LOTS],
    ),
    "a subquery": (
        "INSERT INTO word VALUES (?, (SELECT count(*) FROM word) + ?)", [(f"z{n}", n) for n in range(300)],
    ),
    "a trigger": ("INSERT INTO watched VALUES (?, 1)", [(n,) for n in range(300)]),
    "children before their parents": ("INSERT INTO tree VALUES (?, ?)", [(n, n + 1) for n in range(300)]),
    "children after their parents": (
        "INSERT INTO tree VALUES (?, ?)", [(n, n - 1 or None) for n in range(1, 300)],
    ),
    "from a generator": ("INSERT INTO event(item) VALUES (?)", ((n + 50,) for n in LOTS)),
    "nothing": ("INSERT INTO event(item) VALUES (?)", []),
}  # fmt: skip

TABLES_AFTER = (
    "SELECT *, typeof(weight), typeof(note) FROM event ORDER BY id",
    "SELECT rowid, * FROM word ORDER BY name",
    "SELECT * FROM tree ORDER BY id",
    "SELECT * FROM watched ORDER BY a",
    "SELECT n FROM log ORDER BY n",
)


def ran(connection: Any, sql: str, sets: Iterable[Any]) -> list[Any]:
    """What a program sees of an executemany, and what the tables hold afterwards."""
    cursor = connection.cursor()
    before = connection.total_changes
    try:
        cursor.executemany(sql, sets)
    except sqlite3.Error as error:
        said: Any = type(error).__name__, str(error)
    else:
        said = cursor.rowcount
    told = connection.execute("SELECT changes(), last_insert_rowid()").fetchone()
    counted = None if "watched" in sql else connection.total_changes - before  # not what a trigger changes
    seen = [said, counted, told, connection.in_transaction]
    return seen + [connection.execute(query).fetchall() for query in TABLES_AFTER]


@pytest.mark.parametrize("level", [None, ""])
@pytest.mark.parametrize("case", CASES)
def test_the_same_as_one_after_the_other(sides: Sides, case: str, level: str | None) -> None:
    sql, sets = CASES[case]
    found = []
    given = list(sets)
    for number, side in enumerate(sides()):
        connection = side.connect(isolation_level=level, **({"keys": "sqlite"} if number else {}))
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = OFF")  # thousands of commits, of which none must last
        connection.executescript(TABLES)
        found.append([ran(connection, sql, iter(given)), ran(connection, sql, given)])
    assert found[0] == found[1]


def test_rows_go_together(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand in one request, whatever is NULL in them."""
    sent: list[int] = []
    run = Wire.run

    def counted(self: Wire, requests: Any) -> Any:
        sent.append(len(requests))
        return run(self, requests)

    with closing(shim.connect(database)) as connection:
        connection.executescript(TABLES)
        monkeypatch.setattr(Wire, "run", counted)
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO event(item, kind, note) VALUES (?, ?, ?)",
            [(n + 50, "k", None if n % 2 else "x") for n in range(3000)],
        )
        connection.executemany(
            "INSERT OR IGNORE INTO word VALUES (?, ?)", [(f"w{n}", n) for n in range(1000)]
        )
    assert sum(sent) < 20


def test_a_lock_is_waited_for_once(database: str) -> None:
    with (
        closing(shim.connect(database)) as first,
        closing(shim.connect(database, timeout=0.3)) as second,
    ):
        first.executescript(TABLES)
        first.execute("INSERT INTO word VALUES ('held', 1)")
        second.execute("INSERT INTO event(item) VALUES (50)")
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            second.executemany(
                "INSERT INTO word VALUES (?, ?)", [("free", 1), ("held", 2), ("other", 3), ("a", 4)]
            )
        assert second.in_transaction
        assert second.execute("SELECT count(*) FROM event").fetchone() == (1,)
        second.commit()
        first.commit()
    with closing(shim.connect(database)) as third:
        assert third.execute("SELECT name FROM word ORDER BY n").fetchall()[0] == ("held",)
