"""The shape of evidence/: definitions and their errors, REPLACE, UPDATE, aggregates, IN, triggers."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from logictest.steps import Shape, Step, query, statement

_TABLES = {
    "t1": "t1( x INTEGER, y VARCHAR(8) )", "t2": "t2(y INTEGER PRIMARY KEY)", "t3": "t3(z INTEGER UNIQUE)",
    "t4": "t4(a TEXT UNIQUE)", "t5": "t5(k INTEGER PRIMARY KEY, v VARCHAR(16), u INTEGER UNIQUE)",
}  # fmt: skip
_ROWS = (
    "t1 VALUES(1,'true')", "t1 VALUES(0,'false')", "t1 VALUES(NULL,'NULL')", "t1 VALUES(2,'true')",
    "t1 VALUES(4.0,'true')", "t2 SELECT x+10 FROM t1 WHERE x IS NOT NULL", "t3 VALUES(3)", "t3 VALUES(NULL)",
    "t4 VALUES('b')", "t4 VALUES(NULL)", "t5 VALUES(1,'true',1)", "t5 VALUES(2,'false',NULL)",
)  # fmt: skip
_EVENTS = (
    "UPDATE", "DELETE", "INSERT", "AFTER DELETE", "AFTER INSERT", "AFTER UPDATE", "BEFORE DELETE",
    "BEFORE INSERT", "BEFORE UPDATE", "AFTER UPDATE OF x",
)  # fmt: skip
_BODIES = (
    "SELECT 1;", "INSERT INTO log(what, n) VALUES('{0}', 1);",
    "UPDATE t5 SET v = 'by {0}' WHERE k = 1;",
    "INSERT INTO log(what, n) SELECT y, count(*) FROM t1 GROUP BY y;",
)  # fmt: skip
_CALLS = ("count", "avg", "sum", "total", "min", "max", "group_concat")
_SIDES = ("1", "1.0", "'1'", "null", "2", "'a'", "x'303132'", "1.23")


def _evidence(random: Random, count: int) -> Iterator[Step]:
    for text in (*_TABLES.values(), "log(what TEXT, n INTEGER)"):
        yield statement(f"CREATE TABLE {text}")
    for text in _ROWS:
        yield statement(f"INSERT INTO {text}")
    yield statement("CREATE INDEX t1i1 ON t1(x)")
    asked = (_aggregate, _member, _changed, _replaced, _trigger, _view, _index, _table)
    for number in range(count // 4):
        yield from random.choice(asked)(random, number)


def _aggregate(random: Random, number: int) -> Iterator[Step]:
    del number
    where = random.choice(("", " WHERE y='null'", " WHERE y='true'"))
    call, distinct = random.choice(_CALLS), random.choice(("", "DISTINCT "))
    for column in "xy":
        yield query(f"SELECT {call}({distinct}{column}) FROM t1{where}")
    yield query(f"SELECT {call}(DISTINCT x, y) FROM t1")
    yield query(f"SELECT {distinct}x FROM t1 WHERE x NOT NULL ORDER BY x", "nosort")


def _member(random: Random, number: int) -> Iterator[Step]:
    del number
    left, word = random.choice(_SIDES), random.choice(("IN", "NOT IN"))
    table = random.choice(("t2", "t3", "t4"))
    listed = ", ".join(random.sample(_SIDES, random.randrange(4)))
    yield query(f"SELECT {left} {word} ({listed})")
    yield query(f"SELECT 1 FROM t1 WHERE {left} {word} ({listed})")
    yield query(f"SELECT {left} {word} {table}")
    yield query(f"SELECT {left} {word} (SELECT * FROM {table})")
    yield query(f"SELECT x {word} (SELECT min(x), max(x) FROM t1) FROM t1")


def _changed(random: Random, number: int) -> Iterator[Step]:
    where = random.choice(("", " WHERE x>0", " WHERE y='foo'", " WHERE x IS NULL"))
    change = random.choice((f"x={number}", "x=x+2", "x=3, x=4, x=5", "z='foo'", f"y='new {number}'", "x=3+1"))
    yield statement(f"UPDATE t1 SET {change}{where}")
    yield query("SELECT x, y FROM t1")
    yield query("SELECT what, n FROM log")


def _replaced(random: Random, number: int) -> Iterator[Step]:
    word = random.choice(("INSERT OR REPLACE INTO", "REPLACE INTO", "INSERT INTO", "INSERT OR IGNORE INTO"))
    yield statement(f"{word} t5 VALUES({random.randrange(6)}, 'row {number}', {random.randrange(6)})")
    yield query("SELECT k, v, u FROM t5")


def _trigger(random: Random, number: int) -> Iterator[Step]:
    name, event = f"t1r{number}", random.choice(_EVENTS)
    when = random.choice(("", "", " WHEN 1"))
    create = f"CREATE TRIGGER {name} {event} ON t1{when} BEGIN {random.choice(_BODIES).format(name)} END;"
    yield statement(create)
    yield statement(create)
    yield statement(f"INSERT INTO t1 VALUES({number}, 'fired')")
    yield statement(f"UPDATE t1 SET x=x+1 WHERE x={number}")
    yield statement(f"DELETE FROM t1 WHERE y='fired' AND x={number + 1}")
    yield query("SELECT what, n FROM log")
    yield query("SELECT k, v FROM t5")
    yield statement(f"DROP TRIGGER {name}")
    yield statement(f"DROP TRIGGER {name}")


def _view(random: Random, number: int) -> Iterator[Step]:
    name = f"view{number}"
    create = f"CREATE VIEW {name} AS SELECT x FROM t1 WHERE x>{random.randrange(3)}"
    yield statement(create)
    yield statement(create)
    yield query(f"SELECT x FROM {name}")
    yield statement(f"DELETE FROM {name} WHERE x>0")
    yield statement(f"INSERT INTO {name} VALUES(2)")
    yield statement(f"UPDATE {name} SET x=2")
    yield query("SELECT x, y FROM t1")
    yield statement(f"DROP VIEW {name}")
    yield statement(f"DROP VIEW {name}")


def _index(random: Random, number: int) -> Iterator[Step]:
    name = f"i{number}"
    yield statement(f"CREATE INDEX {name} ON t1({random.choice(('x', 'y', 'x, y DESC', 'x+1'))})")
    yield statement(f"REINDEX {random.choice(('', 't1', name, 'NOCASE'))}".strip())
    yield query("SELECT x, y FROM t1 WHERE x+1>2")
    yield statement(f"DROP INDEX {name}")
    yield statement(f"DROP INDEX {name}")
    yield statement(f"DROP INDEX IF EXISTS {name}")


def _table(random: Random, number: int) -> Iterator[Step]:
    name = f"other{number}"
    yield statement(f"CREATE TABLE {name}( x INTEGER, y {random.choice(('VARCHAR(8)', 'TEXT', ''))})")
    yield statement(f"CREATE TABLE {name}(x)")
    yield statement(f"INSERT INTO {name} SELECT x, y FROM t1")
    yield statement(f"INSERT INTO {name} VALUES('7', 8)")
    yield query(f"SELECT x, y, typeof(y) FROM {name}")
    yield statement(f"DROP TABLE {name}")
    yield statement(f"DROP TABLE {name}")
    yield statement(f"DROP TABLE IF EXISTS {name}")


SHAPES: dict[str, Shape] = {"evidence": _evidence}
