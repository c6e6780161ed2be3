# ruff: noqa: E501 - one case is one line
"""Random triggers under random writes: the same tables on both sides, or the plan said that they may differ."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sql_engines import Moved

from outgrow.errors import TranslationError
from outgrow.schema.names import quote_sqlite

TABLES = """
CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT UNIQUE, n INTEGER);
CREATE TABLE u(id INTEGER PRIMARY KEY, t INTEGER, n INTEGER);
CREATE TABLE c(id INTEGER PRIMARY KEY, t INTEGER REFERENCES t(id) ON DELETE CASCADE ON UPDATE CASCADE, n INTEGER);
CREATE TABLE log(id INTEGER PRIMARY KEY, what TEXT, a INTEGER, b INTEGER);
CREATE VIEW v AS SELECT id, k, n FROM t WHERE n IS NOT NULL;
INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20), (3, 'c', 30), (4, 'd', NULL);
INSERT INTO u VALUES (1, 1, 1), (2, 1, 2), (3, 2, 3);
INSERT INTO c VALUES (1, 1, 1), (2, 1, 2), (3, 2, 3), (4, NULL, 0);
"""
NUMBERS = {"t": ("id", "n"), "u": ("id", "t", "n"), "c": ("id", "t", "n"), "v": ("id", "n")}
ROUNDS = 14


class Drawn:
    """One random trigger."""

    def __init__(self, drawn: random.Random, number: int) -> None:
        self._drawn, self._number = drawn, number
        self.table = drawn.choice("ttucv")
        self.timing = drawn.choice(("BEFORE", "AFTER", "AFTER")) if self.table != "v" else "INSTEAD OF"
        self.event = drawn.choice(("INSERT", "UPDATE", "DELETE"))
        self.name = f"{drawn.choice('azm')}{number}"

    def __str__(self) -> str:
        of = f" OF {self._drawn.choice(('n', 'n', 'id'))}" if self._sees_columns() else ""
        when = f" WHEN {self._field()} > {self._drawn.randint(0, 3)}" if self._drawn.random() < 0.3 else ""
        body = "; ".join(self._statement() for _ in range(self._drawn.randint(1, 3)))
        moment = f"{self.timing} {self.event}{of} ON {self.table}{when}"
        return f"CREATE TRIGGER {self.name} {moment} BEGIN {body}; END"

    def _sees_columns(self) -> bool:
        return self.event == "UPDATE" and self.table != "v" and self._drawn.random() < 0.4

    def _field(self) -> str:
        """A number of the row that fires; before an INSERT its rowid is not known."""
        records = {"INSERT": ["NEW"], "DELETE": ["OLD"]}.get(self.event, ["NEW", "OLD"])
        early = (self.timing, self.event) == ("BEFORE", "INSERT")
        columns = [column for column in NUMBERS[self.table] if not (early and column == "id")]
        return f"{self._drawn.choice(records)}.{self._drawn.choice(columns)}"

    def _value(self) -> str:
        values = [
            self._field(),
            str(self._drawn.randint(0, 4)),
            f"{self._field()} + {self._drawn.randint(1, 3)}",
            f"(SELECT count(*) FROM {self._drawn.choice(('t', 'u', 'c', 'log'))})",
            f"(SELECT n FROM {self._drawn.choice('uc')} WHERE id = {self._field()})",
        ]
        if self._drawn.random() < 0.1:
            values = ["changes()", "last_insert_rowid()"]
        return self._drawn.choice(values)

    def _key(self) -> str:
        return self._drawn.choice(
            (f"id = {self._field()}", f"id = {self._drawn.randint(1, 4)}", f"n = {self._field()}")
        )

    def _statement(self) -> str:
        table, number = self._drawn.choice("tuc"), self._drawn.randint(1, 6)
        logged = f"INSERT INTO log(what, a, b) VALUES ('x{self._number}', {self._value()}, {self._value()})"
        others = [
            f"UPDATE {table} SET n = {self._value()} WHERE {self._key()}",
            f"DELETE FROM {table} WHERE {self._key()}",
            f"INSERT INTO u(t, n) VALUES ({self._value()}, {self._value()})",
            f"INSERT INTO c(t, n) VALUES ({self._field()}, {self._value()})",
            f"REPLACE INTO u VALUES ({number}, {self._value()}, {self._value()})",
            f"INSERT INTO u VALUES ({number}, 1, {self._value()}) ON CONFLICT(id) DO UPDATE SET n = n + 1",
            f"INSERT OR IGNORE INTO t(id, n) VALUES ({number}, {self._value()})",
            f"SELECT RAISE({self._drawn.choice(('ABORT', 'FAIL'))}, 'no {self._number}') WHERE {self._field()} = {number}",
            f"SELECT RAISE(IGNORE) WHERE {self._field()} > {number}",
        ]
        return logged if self._drawn.random() < 0.35 else self._drawn.choice(others)


def write(drawn: random.Random, views: set[str]) -> str:
    """A random statement; `views` are the events that v has triggers for.

    UPDATE and DELETE are of one row: the order in which PostgreSQL comes by several is its own.
    """
    table, n, key = drawn.choice("ttuc"), drawn.randint(0, 40), drawn.randint(1, 6)
    if views and drawn.random() < 0.2:
        through = {
            "INSERT": f"INSERT INTO v(k, n) VALUES ('v{n}', {n})",
            "UPDATE": f"UPDATE v SET n = {n} WHERE id = {key}",
            "DELETE": f"DELETE FROM v WHERE id = {key}",
        }
        return through[drawn.choice(sorted(views))]
    other, value = ("k", f"'k{n}'") if table == "t" else ("t", str(key))
    return drawn.choice(
        (
            f"INSERT INTO {table}({other}, n) VALUES ({value}, {n})",
            f"INSERT INTO {table}({other}, n) VALUES ({value}, {n}), (NULL, {n + 1})",
            f"INSERT OR REPLACE INTO {table} VALUES ({key}, {value}, {n})",
            f"INSERT INTO {table} VALUES ({key}, {value}, {n}) ON CONFLICT(id) DO UPDATE SET n = excluded.n",
            f"INSERT OR IGNORE INTO {table} VALUES ({key}, {value}, {n})",
            f"UPDATE {table} SET n = {n} WHERE id = {key}",
            f"UPDATE {table} SET id = {n + 7} WHERE id = {key}",
            f"DELETE FROM {table} WHERE id = {key}",
        )
    )


def remember(moved: Moved) -> None:
    """What the program that runs the statements keeps of the one before."""
    ((rowid, changes),) = moved.lite.execute("SELECT last_insert_rowid(), changes()")
    for name, value in (("last_insert_rowid", rowid), ("changes", changes)):
        moved.post.execute(f"SELECT set_config('outgrow.{name}', '{value}', false)".encode())


def differs(moved: Moved, sql: str) -> str:
    """How a statement ends otherwise on the two sides; "" for the same."""
    remember(moved)
    moved.lite.execute("BEGIN")
    ours = moved.on_sqlite(sql)
    try:
        theirs = moved.on_postgres(sql)
    except TranslationError:
        moved.lite.execute("ROLLBACK")
        return ""
    # A body's statement that leaves a child without parent is refused at its own end on PostgreSQL.
    stricter = theirs.error.startswith("ForeignKeyViolation")
    if moved.lite.in_transaction:
        moved.lite.execute("ROLLBACK" if ours.error or stricter else "COMMIT")
    moved._settle()
    if stricter:
        return ""
    if bool(ours.error) != bool(theirs.error):
        return f"{sql}: {ours.error!r} | {theirs.error!r}"
    for table in ("t", "u", "c", "log"):
        query = f"SELECT * FROM {table} ORDER BY 1"
        left, right = moved.on_sqlite(query).rows, moved.on_postgres(query).rows
        if left != right:
            return f"{sql}: {table} {left} | {right}"
    return ""


@pytest.mark.parametrize("seed", range(24))
def test_the_same_or_told(seed: int, database: str, make_sqlite: Callable[..., Path]) -> None:
    drawn = random.Random(seed)
    made = [Drawn(drawn, number) for number in range(drawn.randint(1, 4))]
    texts = [str(each) for each in made]
    with closing(Moved(make_sqlite(";".join([TABLES, *texts])), database)) as moved:
        moved.lite.execute("PRAGMA foreign_keys = ON")
        left = {outcome.name for outcome in moved.plan.outcomes if outcome.kind == "triggers"}
        for name in left:
            moved.lite.execute(f"DROP TRIGGER {quote_sqlite(name)}")
        told = {finding.object for finding in moved.plan.findings if finding.rule == "trigger.differs"}
        moved._settle()
        through = {each.event for each in made if each.table == "v" and each.name not in left}
        for _ in range(ROUNDS):
            difference = differs(moved, write(drawn, through))
            if difference and told:
                return
            assert difference == "", texts


def test_sqlite_takes_what_is_drawn() -> None:
    for seed in range(24):
        drawn = random.Random(seed)
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(TABLES)
            for number in range(drawn.randint(1, 4)):
                connection.execute(str(Drawn(drawn, number)))
