# ruff: noqa: E501 - one case is one line
"""Triggers as a move makes them: when they fire, in which order, how often, and what stops them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sql_engines import Moved, Outcome

from outgrow.errors import TranslationError
from outgrow.plan.model import Outcome as Fate

TABLES = """
CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT UNIQUE, n INTEGER);
CREATE TABLE u(id INTEGER PRIMARY KEY, t INTEGER, n INTEGER);
CREATE TABLE log(id INTEGER PRIMARY KEY, what TEXT, a INTEGER, b INTEGER);
INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20), (3, 'c', 30);
INSERT INTO u VALUES (1, 1, 1), (2, 1, 2), (3, 2, 3);
"""


def logs(name: str, moment: str, what: str = "") -> str:
    """A trigger that only says that it ran."""
    return f"CREATE TRIGGER {name} {moment} BEGIN INSERT INTO log(what) VALUES ('{name}{what}'); END"


WRITES = [
    "INSERT INTO t(k, n) VALUES ('d', 40)",
    "UPDATE t SET n = n + 1 WHERE id = 1",
    "UPDATE t SET k = 'x' WHERE id = 2",
    "UPDATE t SET id = 70 WHERE id = 2",
    "UPDATE u SET n = 5 WHERE id = 2",
    "INSERT INTO u(t, n) VALUES (1, 9)",
    "DELETE FROM u WHERE id = 1",
    "DELETE FROM t WHERE id = 1",
    "INSERT INTO t(k, n) VALUES ('e', 50)",
    "INSERT INTO t(k, n) VALUES ('e', 50)",
    "DELETE FROM t WHERE id = 3",
]
EVERY = [
    f"{when} {event} ON t"
    for when in ("BEFORE", "AFTER")
    for event in ("INSERT", "UPDATE", "UPDATE OF n", "DELETE")
]
CASES: dict[str, tuple[list[str], list[str]]] = {
    "the newest fires first": (
        [logs(f"{name}{number}", moment) for number, moment in enumerate(EVERY) for name in ("m", "z", "b", "m2_")],
        WRITES,
    ),
    "names in the order of creation need no other": (
        [logs(f"{name}{number}", moment) for number, moment in enumerate(EVERY) for name in ("z", "m", "b")],
        WRITES,
    ),
    "the order of INSTEAD OF": (
        [
            "CREATE VIEW v AS SELECT id, k, n FROM t",
            *(logs(f"{name}i", "INSTEAD OF INSERT ON v") for name in ("m", "z", "b")),
            "CREATE TRIGGER vd INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE id = OLD.id; END",
            "CREATE TRIGGER vu INSTEAD OF UPDATE ON v BEGIN UPDATE t SET n = NEW.n, k = NEW.k || '!' WHERE id = OLD.id; END",
        ],
        ["INSERT INTO v(k) VALUES ('q'), ('r')", "UPDATE v SET n = n + 1", "DELETE FROM v WHERE id < 3"],
    ),
    "a name that PostgreSQL would sort before its own triggers": (
        [
            "CREATE TABLE c(id INTEGER PRIMARY KEY, t INTEGER REFERENCES t(id) ON DELETE CASCADE)",
            "INSERT INTO c VALUES (1, 1), (2, 1)",
            "CREATE TRIGGER \"0first\" AFTER DELETE ON t BEGIN INSERT INTO log(what, a) SELECT 'left', count(*) FROM c; END",
        ],
        ["DELETE FROM t WHERE id = 1"],
    ),
    "one that writes to its own table": (
        ["CREATE TRIGGER a AFTER UPDATE ON t BEGIN UPDATE t SET n = n + 100 WHERE id = NEW.id; INSERT INTO log(what) VALUES ('a'); END"],
        WRITES,
    ),
    "two that fire each other": (
        [
            "CREATE TRIGGER a AFTER UPDATE ON t BEGIN INSERT INTO log(what) VALUES ('a'); UPDATE u SET n = n + 1 WHERE t = NEW.id; END",
            "CREATE TRIGGER b AFTER UPDATE ON u BEGIN INSERT INTO log(what) VALUES ('b'); UPDATE t SET n = n + 1 WHERE id = NEW.t; END",
        ],
        [write for write in WRITES if "70" not in write],
    ),
    "three in a ring, entered twice": (
        [
            "CREATE TRIGGER a AFTER INSERT ON log WHEN NEW.what = 'x' BEGIN INSERT INTO u(t, n) VALUES (NEW.a, 0); UPDATE u SET n = 7 WHERE t = NEW.a; END",
            "CREATE TRIGGER b AFTER INSERT ON u BEGIN UPDATE t SET n = 1 WHERE id = NEW.t; END",
            "CREATE TRIGGER c AFTER UPDATE ON t BEGIN INSERT INTO log(what, a) VALUES ('x', NEW.id); END",
        ],
        ["UPDATE t SET n = 5 WHERE id = 1", "INSERT INTO u(t, n) VALUES (2, 2)", "INSERT INTO log(what, a) VALUES ('x', 3)"],
    ),
    "foreign keys fire them, too": (
        [
            "CREATE TABLE c(id INTEGER PRIMARY KEY, t INTEGER REFERENCES t(id) ON DELETE CASCADE ON UPDATE CASCADE)",
            "CREATE TABLE s(id INTEGER PRIMARY KEY, t INTEGER REFERENCES t(id) ON DELETE SET NULL ON UPDATE SET NULL)",
            "INSERT INTO c VALUES (1, 1), (2, 1), (3, 2)",
            "INSERT INTO s VALUES (1, 3)",
            "CREATE TRIGGER cd AFTER DELETE ON c BEGIN INSERT INTO log(what, a, b) SELECT 'cd', OLD.id, count(*) FROM t WHERE id = OLD.t; END",
            "CREATE TRIGGER cu AFTER UPDATE ON c BEGIN INSERT INTO log(what, a) VALUES ('cu', NEW.t); END",
            "CREATE TRIGGER su AFTER UPDATE OF t ON s BEGIN INSERT INTO log(what, a) VALUES ('su', OLD.t); DELETE FROM t WHERE id = 3; END",
        ],
        ["UPDATE t SET id = 9 WHERE id = 2", "DELETE FROM t WHERE id = 1", "UPDATE t SET id = 4 WHERE id = 3"],
    ),
    "a table that refers to itself": (
        [
            "CREATE TABLE tree(id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree(id) ON DELETE CASCADE)",
            "INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2), (4, 3)",
            "CREATE TRIGGER d AFTER DELETE ON tree BEGIN UPDATE u SET n = n + OLD.id; END",
        ],
        ["DELETE FROM tree WHERE id = 2", "DELETE FROM tree"],
    ),
    "REPLACE fires no delete trigger": (
        [logs(f"{event[:1]}{when[:1]}", f"{when} {event} ON t") for when in ("BEFORE", "AFTER") for event in ("INSERT", "UPDATE", "DELETE")],
        [
            "REPLACE INTO t VALUES (1, 'z', 1)",
            "INSERT OR REPLACE INTO t(k, n) VALUES ('b', 2)",
            "REPLACE INTO t VALUES (3, 'z', 3)",
            "REPLACE INTO t VALUES (30, 'DEFAULT', 3)",
            "REPLACE INTO t(id, k) VALUES (NULL, 'new')",
            "REPLACE INTO t SELECT id, k, n + 1 FROM t WHERE id = 30",
            "DELETE FROM t WHERE id = 3",
        ],
    ),
    "REPLACE in a trigger, of a table with triggers": (
        [
            "CREATE TRIGGER d AFTER DELETE ON u BEGIN INSERT INTO log(what, a) VALUES ('gone', OLD.id); END",
            "CREATE TRIGGER i AFTER INSERT ON t BEGIN REPLACE INTO u VALUES (NEW.id - 3, NEW.id, 0); DELETE FROM u WHERE id = 2; END",
        ],
        ["INSERT INTO t(k) VALUES ('d')", "DELETE FROM u WHERE id = 1"],
    ),
    "upserts": (
        [logs(f"{event[:1]}{when[:1]}", f"{when} {event} ON t") for when in ("BEFORE", "AFTER") for event in ("INSERT", "UPDATE", "DELETE")],
        [
            "INSERT INTO t VALUES (1, 'z', 1) ON CONFLICT(id) DO UPDATE SET n = excluded.n",
            "INSERT INTO t(k, n) VALUES ('z', 5) ON CONFLICT(k) DO NOTHING",
            "INSERT INTO t(k, n) VALUES ('a', 5) ON CONFLICT(k) DO NOTHING",
            "INSERT OR IGNORE INTO t(k, n) VALUES ('a', 5)",
        ],
    ),
    "RAISE(IGNORE) gives up the row and what would follow": (
        [
            logs("early", "AFTER INSERT ON t"),
            "CREATE TRIGGER late AFTER UPDATE ON t BEGIN INSERT INTO log(what) VALUES ('late'); SELECT RAISE(IGNORE) WHERE NEW.id = 2; INSERT INTO log(what) VALUES ('after'); END",
            "CREATE TRIGGER bi BEFORE INSERT ON t WHEN NEW.n = 40 BEGIN INSERT INTO log(what) VALUES ('bi'); SELECT RAISE(IGNORE); END",
            "CREATE TRIGGER bi2 BEFORE INSERT ON t BEGIN INSERT INTO log(what) VALUES ('bi2'); END",
            "CREATE TRIGGER bd BEFORE DELETE ON t BEGIN SELECT CASE WHEN OLD.id = 3 THEN RAISE(IGNORE) END; INSERT INTO log(what) VALUES ('bd'); END",
            "CREATE TRIGGER ud AFTER DELETE ON u BEGIN DELETE FROM t; INSERT INTO log(what) VALUES ('goes on'); END",
        ],
        WRITES,
    ),
    "RAISE(IGNORE) instead of": (
        [
            "CREATE VIEW v AS SELECT id, k, n FROM t",
            logs("second", "INSTEAD OF INSERT ON v"),
            "CREATE TRIGGER first INSTEAD OF INSERT ON v BEGIN INSERT INTO log(what) VALUES ('first'); SELECT RAISE(IGNORE) WHERE NEW.n = 1; INSERT INTO log(what) VALUES ('still'); END",
        ],
        ["INSERT INTO v(n) VALUES (1), (2), (1)"],
    ),
    "RAISE at depth": (
        [
            "CREATE TRIGGER a AFTER INSERT ON t BEGIN INSERT INTO log(what) VALUES ('a'); INSERT INTO u(t, n) VALUES (NEW.id, NEW.n); END",
            "CREATE TRIGGER b BEFORE INSERT ON u BEGIN SELECT CASE NEW.n WHEN 40 THEN RAISE(ABORT, 'forty') WHEN 50 THEN RAISE(ROLLBACK, 'fifty') WHEN 60 THEN RAISE(IGNORE) END; END",
        ],
        ["INSERT INTO t(k, n) VALUES ('p', 1)", "INSERT INTO t(k, n) VALUES ('d', 40)", "INSERT INTO t(k, n) VALUES ('e', 50)", "INSERT INTO t(k, n) VALUES ('f', 60)"],
    ),
    "last_insert_rowid() and changes() inside": (
        [
            "CREATE TABLE plain(x TEXT PRIMARY KEY, n INTEGER)",
            "CREATE TRIGGER a AFTER INSERT ON t BEGIN INSERT INTO log(what, a) VALUES ('one', last_insert_rowid()); INSERT INTO log(what, a, b) VALUES ('two', last_insert_rowid(), changes()); UPDATE u SET n = last_insert_rowid(); INSERT INTO log(what, a, b) VALUES ('three', last_insert_rowid(), changes()); END",
            "CREATE TRIGGER b AFTER UPDATE ON u BEGIN INSERT INTO log(what, a) VALUES ('b', last_insert_rowid()); INSERT INTO log(what, a) VALUES ('b', last_insert_rowid()); END",
            "CREATE TRIGGER c AFTER INSERT ON t WHEN last_insert_rowid() > 4 BEGIN INSERT INTO log(what, a) SELECT 'many', id FROM t; INSERT INTO log(what, a, b) VALUES ('c', last_insert_rowid(), changes()); INSERT OR IGNORE INTO t(id) VALUES (1); INSERT INTO log(what, a, b) VALUES ('d', last_insert_rowid(), changes()); END",
            "CREATE TRIGGER d AFTER DELETE ON t BEGIN DELETE FROM u WHERE n > 3; INSERT INTO log(what, b) VALUES ('gone', changes()); END",
        ],
        [
            "INSERT INTO t(k, n) VALUES ('d', 40)",
            "INSERT INTO t(k, n) VALUES ('e', 50)",
            "INSERT INTO t(id, k) VALUES (100, 'h')",
            "DELETE FROM t WHERE id = 1",
        ],
    ),
}  # fmt: skip


@pytest.fixture
def moving(database: str, make_sqlite: Callable[..., Path]) -> Iterator[Callable[[list[str]], Moved]]:
    """Moves the tables with what the statements add to them."""
    made: list[Moved] = []

    def start(statements: list[str]) -> Moved:
        moved = Moved(make_sqlite(";".join([TABLES, *statements])), database)
        moved.lite.execute("PRAGMA foreign_keys = ON")
        made.append(moved)
        return moved

    yield start
    for moved in made:
        moved.close()


def shown(moved: Moved) -> tuple[list[Any], list[Any]]:
    tables = [relation.source for relation in moved.model.relations if relation.kind == "table"]
    both: list[tuple[Outcome, Outcome]] = []
    for table in tables:
        sql = f'SELECT * FROM "{table}" ORDER BY 1'
        both.append((moved.on_sqlite(sql), moved.on_postgres(sql)))
    return [ours.rows for ours, _ in both], [theirs.rows for _, theirs in both]


def triggers(moved: Moved) -> list[Fate]:
    """What became of the triggers."""
    made = (outcome for statement in moved.plan.statements for outcome in statement.outcomes)
    return [outcome for outcome in (*moved.plan.outcomes, *made) if outcome.kind == "triggers"]


@pytest.mark.parametrize("name", CASES)
def test_the_same_writes_leave_the_same_tables(name: str, moving: Callable[[list[str]], Moved]) -> None:
    statements, writes = CASES[name]
    moved = moving(statements)
    assert [outcome.reason for outcome in triggers(moved) if outcome.fate == "left"] == []
    for write in writes:
        ours, theirs = moved.on_sqlite(write), moved.on_postgres(write)
        message = ours.error.partition(": ")[2]
        assert bool(ours.error) == bool(theirs.error), (write, ours.error, theirs.error)
        assert message in theirs.error or "UNIQUE" in message, (write, theirs.error)
        moved._settle()
        left, right = shown(moved)
        assert (write, right) == (write, left)


def test_a_trigger_keeps_its_name_where_the_order_is_the_same(moving: Callable[[list[str]], Moved]) -> None:
    first, second = logs("m", "AFTER INSERT ON t"), logs("z", "AFTER INSERT ON t")
    alone, before = logs("x", "AFTER DELETE ON t"), logs("a", "BEFORE INSERT ON t")
    moved = moving([first, second, alone, before])
    assert {outcome.name: outcome.target for outcome in triggers(moved)} == {
        "z": "t1_z",
        "m": "t2_m",
        "x": "x",
        "a": "a",
    }
    found = moved.post.execute(b"SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname")
    assert [name for (name,) in found.fetchall()] == ["a", "t1_z", "t2_m", "x"]


def test_a_new_name_is_none_that_another_trigger_has(moving: Callable[[list[str]], Moved]) -> None:
    first, second = logs("m", "AFTER INSERT ON t"), logs("z", "AFTER INSERT ON t")
    moved = moving([first, second, logs("t2_m", "BEFORE INSERT ON t")])
    assert {outcome.name: outcome.target for outcome in triggers(moved)} == {
        "z": "tt1_z",
        "m": "tt2_m",
        "t2_m": "t2_m",
    }


def test_what_a_clause_outside_would_change_inside_is_refused(moving: Callable[[list[str]], Moved]) -> None:
    moved = moving(
        [
            "CREATE TRIGGER a AFTER INSERT ON t BEGIN INSERT OR IGNORE INTO u(id, n) VALUES (1, 0); END",
            "CREATE TRIGGER b BEFORE INSERT ON u BEGIN SELECT RAISE(IGNORE) WHERE NEW.n = 7; END",
            "CREATE TRIGGER c AFTER UPDATE ON log BEGIN INSERT INTO t(k) VALUES (NEW.what); END",
        ]
    )
    assert moved.on_postgres("INSERT OR IGNORE INTO t(id) VALUES (1)").error == ""
    told = moved.translated("UPDATE OR IGNORE log SET a = 1").findings
    assert any("of what the triggers of log write" in line for line in told)
    for sql, missing in (
        ("REPLACE INTO t(id) VALUES (1)", "INSERT OR REPLACE on t, whose triggers write to tables with keys"),
        (
            "REPLACE INTO u(id) VALUES (1)",
            "REPLACE into u, whose BEFORE INSERT trigger sees what it replaces",
        ),
    ):
        with pytest.raises(TranslationError) as caught:
            moved.on_postgres(sql)
        assert caught.value.missing.startswith(missing)


def test_how_far_a_raise_goes_is_in_the_error(moving: Callable[[list[str]], Moved]) -> None:
    moved = moving(
        [
            f"CREATE TRIGGER {word} BEFORE INSERT ON t WHEN NEW.k = '{word}' BEGIN SELECT RAISE({word}, 'no {word}'); END"
            for word in ("ABORT", "FAIL", "ROLLBACK")
        ]
    )
    for word, detail in (("ABORT", ""), ("FAIL", "RAISE(FAIL)"), ("ROLLBACK", "RAISE(ROLLBACK)")):
        error = moved.on_postgres(f"INSERT INTO t(k) VALUES ('{word}')").error
        assert error.startswith(f"IntegrityConstraintViolation: no {word}\n")
        assert (f"DETAIL:  {detail}" in error) == bool(detail)


DIFFERS = {
    "CREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE u SET n = (SELECT count(*) FROM t); END": (
        "when one statement changes many rows of t, it runs after the last of them, on SQLite after each: "
        "it speaks of other rows of t"
    ),
    "CREATE TRIGGER x AFTER UPDATE ON t BEGIN UPDATE t SET n = 0 WHERE id > NEW.id; END": (
        "when one statement changes many rows of t, it runs after the last of them, on SQLite after each: "
        "it speaks of other rows of t"
    ),
    "CREATE TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO log(what) SELECT what FROM seen; END": (
        "when one statement changes many rows of t, it runs after the last of them, on SQLite after each: "
        "it speaks of other rows of t"
    ),
    "CREATE TRIGGER x AFTER DELETE ON t BEGIN DELETE FROM u WHERE t = OLD.id; END; "
    "CREATE TRIGGER y AFTER DELETE ON u BEGIN UPDATE t SET n = n - 1 WHERE id = OLD.t; END": (
        "when one statement changes many rows of t, it runs after the last of them, on SQLite after each: "
        "y, which it fires, speaks of t"
    ),
    "CREATE TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO log(what) VALUES ('a'); END; "
    "CREATE TRIGGER y BEFORE INSERT ON t BEGIN INSERT INTO log(what) VALUES ('b'); END": (
        "when one statement changes many rows of t, it runs after the last of them, on SQLite after each: "
        "y has then run for all rows, and both speak of log"
    ),
    "CREATE TABLE c(t INTEGER REFERENCES t(id) ON DELETE CASCADE); "
    "CREATE TRIGGER x AFTER DELETE ON t BEGIN INSERT INTO log(what) VALUES ('t'); END; "
    "CREATE TRIGGER y AFTER DELETE ON c BEGIN INSERT INTO log(what) VALUES ('c'); END": (
        "it runs before y, which a foreign key fires for rows of c, on SQLite after it; both speak of log"
    ),
    "CREATE TABLE c(t INTEGER REFERENCES t(id) ON DELETE CASCADE); "
    "CREATE TRIGGER x AFTER DELETE ON t BEGIN INSERT INTO log(what) VALUES ('t'); END; "
    "CREATE TRIGGER y AFTER DELETE ON c BEGIN UPDATE u SET n = 1; END": None,
    "CREATE TABLE c(t INTEGER REFERENCES t(id) ON DELETE CASCADE); "
    "CREATE TRIGGER x BEFORE DELETE ON t BEGIN INSERT INTO log(a) SELECT count(*) FROM c; END": (
        "when one statement changes many rows of t, foreign keys write to c after the last of them, "
        "on SQLite after each, and it speaks of that"
    ),
    "CREATE TABLE c(t INTEGER REFERENCES t(id) ON DELETE CASCADE); "
    "CREATE TRIGGER x BEFORE DELETE ON c BEGIN SELECT RAISE(IGNORE); END": (
        "RAISE(IGNORE) keeps a row of c as it is when its parent goes or changes, on SQLite the statement "
        "fails for the foreign key"
    ),
    "CREATE TABLE c(t INTEGER REFERENCES t(id)); "
    "CREATE TRIGGER x AFTER INSERT ON c BEGIN INSERT INTO t(id) VALUES (NEW.t); END": (
        "it writes to t, a parent of c, after PostgreSQL has asked for it"
    ),
    "CREATE TABLE c(t INTEGER REFERENCES t(id)); "
    "CREATE TRIGGER x AFTER INSERT ON c BEGIN UPDATE t SET n = n + 1 WHERE id = NEW.t; END": None,
    "CREATE TRIGGER x BEFORE UPDATE ON t BEGIN UPDATE t SET n = 0 WHERE id = NEW.id; END": (
        "it changes rows of t itself, which PostgreSQL refuses for a row that the same statement has yet "
        "to change"
    ),
    "CREATE TRIGGER x BEFORE INSERT ON t BEGIN SELECT RAISE(FAIL, 'no'); END": (
        "RAISE(FAIL) undoes what the statement did before it, as RAISE(ABORT) does"
    ),
    "CREATE TRIGGER x AFTER UPDATE ON t BEGIN UPDATE t SET n = 0 WHERE id = NEW.id; END": None,
    "CREATE TABLE k(a TEXT, b TEXT, PRIMARY KEY(a, b)); "
    "CREATE TRIGGER x AFTER INSERT ON k BEGIN UPDATE k SET b = 1 WHERE rowid = NEW.rowid AND a > 'a'; END": None,
    "CREATE TABLE k(a TEXT NOT NULL, b TEXT NOT NULL, n INTEGER, PRIMARY KEY(a, b)); "
    "CREATE TRIGGER x AFTER INSERT ON k BEGIN UPDATE k SET n = 1 WHERE NEW.b = b AND k.a = NEW.a; END": None,
    "CREATE TRIGGER x AFTER UPDATE ON t WHEN (SELECT n FROM t WHERE k = NEW.k AND n > 1) BEGIN DELETE FROM u; END": None,
    "CREATE TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO log(what) VALUES (NEW.k); END": None,
}


@pytest.mark.parametrize("text", DIFFERS)
def test_what_differs_is_told(text: str, moving: Callable[[list[str]], Moved]) -> None:
    view = "CREATE VIEW seen AS SELECT k AS what FROM t"
    moved = moving(
        [view, *text.split("; CREATE")[:1], *("CREATE" + rest for rest in text.split("; CREATE")[1:])]
    )
    told = [f.detail for f in moved.plan.findings if (f.rule, f.object) == ("trigger.differs", "x")]
    expected = DIFFERS[text]
    assert told == ([expected] if expected is not None else [])


def test_what_is_told_is_so(moving: Callable[[list[str]], Moved]) -> None:
    """Many rows in one statement: PostgreSQL's trigger sees them all, SQLite's those so far."""
    counting = "CREATE TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO log(a) SELECT count(*) FROM t; END"
    moved = moving([counting])
    for run in (moved.on_sqlite, moved.on_postgres):
        assert run("INSERT INTO t(k) VALUES ('d'), ('e')").error == ""
    assert [moved.on_sqlite("SELECT a FROM log").rows, moved.on_postgres("SELECT a FROM log").rows] == [
        [(4,), (5,)],
        [(5,), (5,)],
    ]
