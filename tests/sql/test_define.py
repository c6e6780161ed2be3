# ruff: noqa: E501 - one case is one line
"""DDL of a moved application: run on SQLite and, translated, on PostgreSQL; the same SQL then finds the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sql_engines import Moved, Outcome, Value, ordered

from outgrow.errors import TranslationError
from outgrow.move.define import Defined, define, is_definition
from outgrow.options import Options
from outgrow.postgres.functions import install
from outgrow.schema.target import TargetModel
from outgrow.translate.statement import Column, translate_statement
from outgrow.types.restore import restorer

SHARED = Path(__file__).resolve().parents[3] / "shared"
SOURCE = """
CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, s TEXT, r REAL, b BOOLEAN, d TEXT, j TEXT);
INSERT INTO t VALUES
  (1,10,'Alice',1.5,1,'2024-01-31 10:20:30','{"a":{"b":[1,2,{"c":"x"}]},"f":1.0,"t":true,"n":null}'),
  (2,3,'bob',-2.5,0,'2024-02-29','{"a":5}'),(3,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE "Kid"(id INTEGER PRIMARY KEY AUTOINCREMENT, t_id INTEGER REFERENCES t(id) ON DELETE CASCADE,
  code VARCHAR(5) UNIQUE, at DATETIME, "Odd ""Name" INTEGER CHECK ("Odd ""Name" > 0));
INSERT INTO "Kid" VALUES (1, 1, 'a', '2024-01-01 00:00:00', 1), (2, 1, 'b', '2024-01-02 10:20:30', 2);
CREATE TABLE log(id INTEGER PRIMARY KEY, what TEXT);
CREATE INDEX kid_at ON "Kid"(at);
CREATE VIEW star AS SELECT * FROM t;
CREATE VIEW over AS SELECT id, r AS name FROM star WHERE b IS NOT NULL;
CREATE VIEW plain AS SELECT id, n, n + 1 FROM t;
CREATE TRIGGER noted AFTER INSERT ON t BEGIN INSERT INTO log(what) VALUES ('t ' || NEW.id || ' ' || coalesce(NEW.s, '')); END;
CREATE TRIGGER plain_insert INSTEAD OF INSERT ON plain BEGIN INSERT INTO t(id, n) VALUES (NEW.id, 4); END;
"""


@dataclass
class Both:
    """A moved database to which DDL is sent as well; `schema` is what the program would keep."""

    moved: Moved
    schema: tuple[str, ...]
    options: Options

    def define(self, sql: str) -> Defined:
        return define(sql, schema=self.schema, model=self.moved.model, options=self.options)

    def ddl(self, sql: str) -> Defined:
        """Runs a statement of DDL on both; what SQLite refuses must be refused in its own words."""
        ours = self.moved.on_sqlite(sql)
        if ours.error:
            with pytest.raises(TranslationError) as refusal:
                self.define(sql)
            assert str(refusal.value) == ours.error.partition(": ")[2], sql
            return Defined(statements=(), schema=self.schema, model=self.moved.model, findings=())
        found = self.define(sql)
        with self.moved.post.transaction():
            for statement in found.statements:
                self.moved.post.execute(statement.encode())
        self.schema, self.moved.model = found.schema, found.model
        assert sorted(map(bare, found.schema)) == sorted(self.kept()), sql
        return found

    def kept(self) -> list[str]:
        """SQLite's own texts, which this version may space and type otherwise in CREATE TABLE AS."""
        rows = self.moved.lite.execute(
            "SELECT sql FROM sqlite_master WHERE sql NOT NULL AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
            " UNION ALL SELECT sql FROM sqlite_temp_master WHERE sql NOT NULL"
        )
        return [bare(row[0]) for row in rows]

    def check(self, sql: str, parameters: Sequence[Value] = ()) -> None:
        """Runs any statement on both."""
        if is_definition(sql):
            self.ddl(sql)
            return
        ours = self.moved.on_sqlite(sql, parameters)
        try:
            theirs = self.on_postgres(sql, parameters)
        except TranslationError as error:
            theirs = Outcome(rows=[], error=str(error))
        if ours.error:
            assert theirs.error, (sql, ours.error)
            return
        assert not theirs.error, (sql, theirs.sql, theirs.error)
        same = (ordered(ours, sql).rows, ours.labels) == (ordered(theirs, sql).rows, theirs.labels)
        assert same, (sql, theirs.sql, ours, theirs)
        assert types(ours) == types(theirs), (sql, theirs.sql)

    def on_postgres(self, sql: str, parameters: Sequence[Value]) -> Outcome:
        kinds = [KINDS[type(value)] for value in parameters]
        found = translate_statement(
            sql, model=self.moved.model, bytewise=self.moved.bytewise, parameters=kinds
        )
        labels = tuple(column.label for column in found.columns)
        if not found.sql:
            return Outcome(rows=[], labels=labels)
        text = found.sql
        if found.columns and not re.match(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", sql, re.IGNORECASE):
            names = [f"c{number}" for number in range(len(labels))]
            wanted = [
                restorer(c.conversion, c.type).select(n) if held(c) else n
                for c, n in zip(found.columns, names, strict=True)
            ]
            text = f"SELECT {', '.join(wanted)} FROM ({text}) AS q ({', '.join(names)})"
        try:
            with self.moved.post.cursor() as cursor:
                cursor.execute(text.encode(), parameters or None)
                rows = cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            return Outcome(rows=[], error=str(error), sql=text)
        columns = [decoded([row[at] for row in rows], c) for at, c in enumerate(found.columns)]
        return Outcome(rows=list(zip(*columns, strict=True)), labels=labels, sql=text)

    def catalog(self) -> set[str]:
        """What the target's schema holds."""
        rows = self.moved.post.execute(
            b"SELECT relkind || ' ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            b" UNION ALL SELECT 'f ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            b" UNION ALL SELECT 'c ' || conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'"
        )
        return {row[0] for row in rows}


KINDS = {int: "integer", float: "real", str: "text", bytes: "blob", type(None): "text"}
TAGS = {"i": int, "r": float, "t": str, "b": bytes.fromhex}


def held(column: Column) -> bool:
    return column.kind != "tagged" and (column.kind == "held" or column.conversion != "same")


def decoded(values: list[Any], column: Column) -> list[Value]:
    if held(column):
        back = restorer(column.conversion, column.type)
        array = back.back(pa.array(values, pa.string() if back.kind == "mixed" else None))
        if back.kind != "mixed":
            return array.to_pylist()
        return [None if row["class"] is None else class_of(row) for row in array.to_pylist()]
    if column.kind == "tagged":
        return [None if value is None else TAGS[value[0]](value[1:]) for value in values]
    return [int(value) if isinstance(value, bool) else value for value in values]


def class_of(row: dict[str, Any]) -> Value:
    return (row["i"], row["r"], (row["b"] or b"").decode(errors="replace"), row["b"])[row["class"]]


def bare(sql: str) -> str:
    return re.sub(r"\s+", "", sql.replace("CREATE TEMP ", "CREATE ").replace("INDEX temp.", "INDEX "))


def types(outcome: Outcome) -> list[list[str]]:
    return sorted([type(value).__name__ for value in row] for row in outcome.rows)


@pytest.fixture
def both(database: str, make_sqlite: Callable[..., Path]) -> Iterator[Both]:
    moved = Moved(make_sqlite(SOURCE), database)
    texts = [row[0] for row in moved.lite.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL")]
    yield Both(moved=moved, schema=tuple(texts), options=Options(bytewise=moved.bytewise))
    moved.close()


SCRIPTS: dict[str, str] = {
    "a table with everything": """
CREATE TABLE a1(id INTEGER PRIMARY KEY AUTOINCREMENT, b BOOLEAN DEFAULT 0, c DATETIME DEFAULT CURRENT_TIMESTAMP, d TEXT COLLATE NOCASE UNIQUE, e BLOB, f REAL NOT NULL, g INT DEFAULT (1+1), t_id INT REFERENCES t, CHECK (g > 0))
INSERT INTO a1(d, f, e, t_id) VALUES ('x', 1, x'00ff', 1)
INSERT INTO a1(d, f, c, b) VALUES ('Y', 2.5, '2024-05-06 07:08:09', 1)
INSERT INTO a1(d, f) VALUES ('y', 1)
INSERT INTO a1(d, f, g) VALUES ('q', 1, -1)
INSERT INTO a1(d, f) VALUES ('r', NULL)
SELECT id, b, d, e, f, g, t_id, c IS NOT NULL FROM a1 ORDER BY id
SELECT c FROM a1 WHERE b
SELECT id FROM a1 WHERE d = 'X'
UPDATE a1 SET b = 1, c = datetime('2024-01-01') WHERE id = 1 RETURNING id, b, c
DROP TABLE a1
SELECT count(*) FROM t
CREATE TABLE a1(x INTEGER)
INSERT INTO a1 VALUES (7)
SELECT * FROM a1""",
    "columns that promise no class": """
CREATE TABLE a3(k INT, v ANY, w TEXT) STRICT
INSERT INTO a3 VALUES (?, ?, ?) << [(1, 5, 'x'), (2, 'five', ''), (3, 5.5, 'z'), (4, b'5', None), (5, '7', 'y'), (6, None, '')]
INSERT INTO a3 VALUES (7, 1, 'x'), (8, 'text', 'y'), (9, x'00', 'z')
SELECT k, v, typeof(v), v = 5, v + 1 FROM a3 ORDER BY k
CREATE TABLE a4(a, b FOO, c STRING, d NUM, e VARCHAR(3), f DECIMAL(6,2))
INSERT INTO a4 VALUES (?, ?, ?, ?, ?, ?) << [(1, '1', '1', '1', 'longer than that', 1.125), ('1', 'x', 'x', '1.5', 1, 7), (2.5, '1e2', 2.0, b'1', 2.5, 0.1), (b'0', None, '', 'n', '', 1e10)]
SELECT a, b, c, d, e, f FROM a4
SELECT typeof(a), typeof(b), typeof(c), typeof(d), typeof(e), typeof(f) FROM a4
SELECT a, count(*) FROM a4 GROUP BY a ORDER BY a
SELECT max(a), min(b), sum(d) FROM a4
CREATE INDEX a4_a ON a4(a)
SELECT b FROM a4 WHERE a = 1""",
    "generated columns": """
CREATE TABLE g(id INTEGER PRIMARY KEY, p REAL, tot REAL GENERATED ALWAYS AS (p*2) VIRTUAL, u TEXT AS (upper('p' || id)) STORED)
INSERT INTO g(p) VALUES (1.5), (NULL)
SELECT * FROM g ORDER BY id
ALTER TABLE g ADD COLUMN half REAL AS (p / 2)
SELECT * FROM g ORDER BY id
ALTER TABLE g RENAME COLUMN p TO q
INSERT INTO g(q) VALUES (8)
SELECT * FROM g ORDER BY id
ALTER TABLE g DROP COLUMN q
ALTER TABLE g DROP COLUMN half
SELECT * FROM g ORDER BY id""",
    "add column": """
ALTER TABLE t ADD COLUMN extra INTEGER NOT NULL DEFAULT 5 CHECK (extra > 0)
SELECT id, extra FROM t ORDER BY id
SELECT * FROM star ORDER BY id
SELECT * FROM over ORDER BY id
INSERT INTO t(id, extra) VALUES (10, -1)
INSERT INTO t(id, extra) VALUES (10, NULL)
INSERT INTO t(id, s) VALUES (10, 'ten')
SELECT * FROM log
ALTER TABLE t ADD untyped
PRAGMA foreign_keys = ON
UPDATE t SET untyped = id WHERE id = 1
UPDATE t SET untyped = s WHERE id = 2
SELECT id, untyped FROM star ORDER BY id
ALTER TABLE t ADD COLUMN parent INTEGER REFERENCES t(id)
UPDATE t SET parent = 1 WHERE id = 2
UPDATE t SET parent = 999 WHERE id = 2
ALTER TABLE t ADD COLUMN flag BOOLEAN DEFAULT FALSE
ALTER TABLE t ADD COLUMN "Two Words" TEXT DEFAULT 'it''s' COLLATE NOCASE
SELECT id, flag, "Two Words", parent FROM t ORDER BY id
SELECT id FROM t WHERE "two words" = 'IT''S' ORDER BY id
ALTER TABLE t ADD COLUMN extra INTEGER
ALTER TABLE t ADD COLUMN u INTEGER UNIQUE""",
    "add column to an empty table": """
CREATE TABLE e(a)
ALTER TABLE e ADD COLUMN at TEXT DEFAULT CURRENT_TIMESTAMP
ALTER TABLE e ADD COLUMN must TEXT NOT NULL
INSERT INTO e(a, must) VALUES (?, 'x') << [(1,)]
INSERT INTO e(a) VALUES (1)
SELECT a, must, at IS NOT NULL FROM e""",
    "rename column": """
PRAGMA foreign_keys = ON
ALTER TABLE t RENAME COLUMN s TO "Full Name"
SELECT id, "full name" FROM t ORDER BY id
SELECT * FROM star ORDER BY id
SELECT * FROM over ORDER BY id
INSERT INTO t(id, "full name") VALUES (20, 'zz')
SELECT * FROM log
ALTER TABLE t RENAME n TO number
SELECT * FROM plain ORDER BY id
INSERT INTO plain(id, number) VALUES (21, 4)
SELECT * FROM plain ORDER BY id
ALTER TABLE t RENAME COLUMN id TO ident
INSERT INTO "Kid"(t_id, code) VALUES (21, 'z')
DELETE FROM t WHERE ident = 21
SELECT * FROM "Kid" ORDER BY id
ALTER TABLE "Kid" RENAME "Odd ""Name" TO odd
INSERT INTO "Kid"(odd) VALUES (-1)
INSERT INTO "Kid"(odd) VALUES (6)
SELECT odd FROM kid ORDER BY id
ALTER TABLE t RENAME COLUMN number TO ident
ALTER TABLE t RENAME COLUMN nosuch TO x""",
    "rename table": """
PRAGMA foreign_keys = ON
ALTER TABLE t RENAME TO "Main Table"
SELECT id, n FROM "main table" ORDER BY id
SELECT * FROM over ORDER BY id
INSERT INTO "Main Table"(id, s) VALUES (30, 'x')
SELECT * FROM log
DELETE FROM "Main Table" WHERE id = 1
SELECT * FROM kid
CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)
INSERT INTO t(x) VALUES ('new')
SELECT * FROM t
ALTER TABLE log RENAME TO notes
INSERT INTO "Main Table"(id) VALUES (31)
SELECT * FROM notes ORDER BY id
ALTER TABLE notes RENAME TO t
ALTER TABLE plain RENAME TO other""",
    "drop column": """
ALTER TABLE t DROP COLUMN j
SELECT * FROM star ORDER BY id
SELECT * FROM over ORDER BY id
INSERT INTO t(id, s) VALUES (40, 'forty')
SELECT * FROM log
ALTER TABLE t DROP COLUMN n
ALTER TABLE t DROP COLUMN id
ALTER TABLE "Kid" DROP COLUMN "odd ""name"
INSERT INTO "Kid"(code) VALUES ('q')
SELECT * FROM kid ORDER BY id
ALTER TABLE "Kid" DROP COLUMN at
ALTER TABLE "Kid" DROP COLUMN nosuch""",
    "indexes": """
CREATE UNIQUE INDEX ix9 ON t(s COLLATE NOCASE) WHERE n > 5
INSERT INTO t(id, n, s) VALUES (50, 6, 'ALICE')
INSERT INTO t(id, n, s) VALUES (50, 4, 'ALICE')
CREATE INDEX ix8 ON t(lower(s) DESC, n)
CREATE INDEX IF NOT EXISTS ix8 ON t(n)
CREATE INDEX ix8 ON t(n)
CREATE INDEX nowhere ON nosuch(n)
CREATE INDEX bad ON t(nosuch)
DROP INDEX ix9
INSERT INTO t(id, n, s) VALUES (51, 6, 'ALICE')
DROP INDEX IF EXISTS ix9
DROP INDEX ix9
DROP INDEX kid_at
CREATE UNIQUE INDEX u ON t(id, n)
INSERT OR REPLACE INTO t(id, n, s) VALUES (50, 7, 'replaced')
SELECT id, n, s FROM t ORDER BY id""",
    "views": """
CREATE VIEW vv AS SELECT id, ifnull(s,'') FROM t
SELECT * FROM vv ORDER BY id
CREATE VIEW ww(a, "B b") AS SELECT id, "ifnull(s,'')" FROM vv
SELECT a, "b B" FROM ww ORDER BY a
CREATE VIEW IF NOT EXISTS vv AS SELECT 1
CREATE VIEW vv AS SELECT 1
DROP VIEW vv
DROP VIEW ww
DROP VIEW IF EXISTS ww
DROP VIEW ww
DROP TABLE over
CREATE VIEW late AS SELECT x FROM later
CREATE TABLE later(x INTEGER)
INSERT INTO later VALUES (1)
SELECT * FROM late
DROP VIEW star
DROP VIEW over
CREATE VIEW star AS SELECT id FROM t
CREATE VIEW wrong AS SELECT nosuch FROM t
SELECT * FROM wrong
SELECT * FROM star ORDER BY id""",
    "a dropped table comes back": """
DROP TABLE t
SELECT * FROM log
CREATE TABLE t(b BOOLEAN, id INTEGER PRIMARY KEY, s TEXT, n INTEGER, r INTEGER)
INSERT INTO t VALUES (1, 1, 'one', 1, 7), (NULL, 2, 'two', NULL, 8)
SELECT * FROM star ORDER BY id
SELECT * FROM over ORDER BY id
SELECT * FROM plain ORDER BY id
INSERT INTO plain(id, n) VALUES (3, 3)
SELECT * FROM t ORDER BY id
SELECT * FROM log""",
    "triggers": """
CREATE TRIGGER IF NOT EXISTS noted AFTER INSERT ON t BEGIN SELECT 1; END
CREATE TRIGGER gone AFTER DELETE ON t WHEN OLD.n > 5 BEGIN INSERT INTO log(what) VALUES ('gone ' || OLD.id); DELETE FROM log WHERE id = 1; END
DELETE FROM t WHERE id = 1
SELECT * FROM log
DROP TRIGGER gone
DELETE FROM t WHERE id = 2
SELECT * FROM log
CREATE TRIGGER gone BEFORE UPDATE OF n, s ON t BEGIN SELECT RAISE(ABORT, 'no') WHERE NEW.n < 0; END
UPDATE t SET n = -1
UPDATE t SET r = -1
DROP TRIGGER IF EXISTS gone
DROP TRIGGER IF EXISTS gone
DROP TRIGGER gone
UPDATE t SET n = -1
CREATE TRIGGER x AFTER INSERT ON nosuch BEGIN SELECT 1; END
CREATE TRIGGER x AFTER UPDATE OF r ON t WHEN 0 BEGIN INSERT INTO later VALUES (NEW.r); END
UPDATE t SET n = 5
UPDATE t SET r = 5
CREATE TABLE later(y TEXT)
UPDATE t SET r = 5
SELECT * FROM later
DROP TABLE later
UPDATE t SET r = 5
DROP TRIGGER x
UPDATE t SET r = 6
SELECT * FROM t""",
    "create table as": """
CREATE TABLE IF NOT EXISTS a6 AS SELECT * FROM t
SELECT * FROM a6 ORDER BY id
INSERT INTO a6(id, b, s) VALUES (9, 1, 'nine')
SELECT id, b, typeof(b), s FROM a6 ORDER BY id
CREATE TABLE a7 AS SELECT k.at, count(*) AS c, 'x' || id AS x, "odd ""name" * 1.5 FROM "Kid" k GROUP BY id
SELECT * FROM a7 ORDER BY c, x
INSERT INTO a7(c, x) VALUES (?, ?) << [('text', 5), (2.5, b'0')]
SELECT c, typeof(c), x, typeof(x) FROM a7
CREATE TABLE a8 AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<3) SELECT x FROM c;
SELECT * FROM a8
CREATE TABLE "a9 ""b" AS VALUES (1, 'a'), (2.5, NULL)
SELECT * FROM "a9 ""b"
CREATE TABLE IF NOT EXISTS a8 AS SELECT 1
CREATE TABLE a8 AS SELECT 1
CREATE TEMPORARY TABLE temp_copy AS SELECT id, s FROM t WHERE b
SELECT * FROM temp_copy""",
    "temporary objects": """
CREATE TEMP TABLE tt(a, id INTEGER PRIMARY KEY)
INSERT INTO tt(a) VALUES (?) << [(1,), ('x',), (None,)]
SELECT * FROM tt ORDER BY id
CREATE UNIQUE INDEX tt_a ON tt(a)
INSERT INTO tt(a, id) VALUES (?, 3) << [('x',)]
CREATE TEMP VIEW tv AS SELECT tt.id, t.s, tt.a FROM tt JOIN t ON t.id = tt.id
SELECT * FROM tv ORDER BY id
CREATE TEMP TRIGGER tr AFTER INSERT ON tt BEGIN INSERT INTO log(what) VALUES ('tt ' || NEW.a); END
INSERT INTO tt(a) VALUES (?) << [('fires',)]
SELECT * FROM log
ALTER TABLE tt ADD COLUMN c TEXT DEFAULT 'c'
ALTER TABLE tt RENAME TO ttt
INSERT INTO ttt(a) VALUES (?) << [('again',)]
SELECT * FROM ttt ORDER BY id
SELECT * FROM tv ORDER BY id
SELECT * FROM log
ALTER TABLE t RENAME COLUMN s TO s2
SELECT * FROM tv ORDER BY id
CREATE TEMP TABLE ttt(x)
DROP VIEW tv
ALTER TABLE ttt RENAME a TO aa
INSERT INTO ttt(aa) VALUES (?) << [('more',)]
SELECT aa, id FROM ttt ORDER BY id
SELECT * FROM log
CREATE TABLE temp.other(x INTEGER)
INSERT INTO other VALUES (1)
SELECT * FROM other
DROP TABLE ttt
DROP TABLE other
CREATE TABLE other(y TEXT)
INSERT INTO other VALUES ('y')
SELECT * FROM other""",
    "a temporary table before one of the same name": """
CREATE TEMP TABLE t(x INTEGER)
INSERT INTO t VALUES (5)
SELECT * FROM t
CREATE INDEX t_x ON t(x)
DROP TABLE t
SELECT count(*) FROM t
CREATE INDEX t_x ON t(n)""",
    "rebuilding a table as frameworks do": """
DROP VIEW over
DROP VIEW star
DROP VIEW plain
CREATE TABLE "new__t" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "n" integer NULL, "s" varchar(20) NULL, "kind" bool NOT NULL)
INSERT INTO "new__t" ("id", "n", "s", "kind") SELECT "id", "n", "s", 0 FROM "t"
DROP TABLE "t"
ALTER TABLE "new__t" RENAME TO "t"
CREATE INDEX "t_n_1" ON "t" ("n")
INSERT INTO t(n, s, kind) VALUES (1, 'a name of some length, longer', 1)
SELECT * FROM t ORDER BY id
INSERT INTO "Kid"(t_id) VALUES (4)
CREATE TABLE "new__t" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "n" integer NULL UNIQUE)
INSERT INTO "new__t" SELECT "id", "id" FROM "t"
DROP TABLE "t"
ALTER TABLE "new__t" RENAME TO "t"
CREATE TABLE "new__t" (x)
INSERT INTO t(n) VALUES (100)
INSERT INTO t(n) VALUES (100)
SELECT * FROM t ORDER BY id""",
    "drop": """
DROP TABLE log
DROP TABLE IF EXISTS log
DROP TABLE log
DROP TABLE star
DROP VIEW t
CREATE TABLE log(other TEXT, id INTEGER PRIMARY KEY, what TEXT)
INSERT INTO t(id, s) VALUES (60, 'x')
SELECT * FROM log
DROP TABLE "Kid"
DROP TABLE t
DROP TABLE sqlite_master""",
    "spellings": """
/* first */ create -- second
 table if not exists main.[Odd Table] (`a b` integer primary key, "c""d" text default "dq")
insert into "odd table"("c""d") values ('x')
insert into [odd table] default values
select * from "odd table"
alter table main."ODD TABLE" add column 'quoted' int default -1;
select * from "odd table"
create table t2(a int, b int, primary key(b, a)) without rowid
insert into t2 values (1, 2), (1, 3)
insert into t2 values (1, 2)
select * from t2 order by b
create table user("order" text, "group" text, "Xmin" text, oid integer primary key)
insert into user("order", "group", xmin) values ('a', 'b', 'c')
select * from user
create tabel x(a)
create table x.y(a)
create table sqlite_x(a)
create table empty()""",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_both_go_on_alike(name: str, both: Both) -> None:
    for line in re.split(r"\n(?! )", SCRIPTS[name].strip()):
        sql, _, rows = line.partition(" << ")
        for row in ast.literal_eval(rows) if rows else [()]:
            both.check(sql, row)


# The shared cases.


_SHARED = SHARED / "cases" / "statements.sql"
_LINES = _SHARED.read_text().splitlines() if _SHARED.exists() else []


def test_the_shared_statements(both: Both) -> None:
    for sql in filter(is_definition, _LINES):
        found = both.ddl(sql)
        assert found.statements
        assert found.findings == ()
        for table, view in re.findall(r"TABLE (?:IF NOT EXISTS )?(\w+)|VIEW (\w+)", sql):
            both.check(f"SELECT * FROM {table or view}")
    both.check("SELECT count(*) FROM t")


# What the statements are.


EMPTY = TargetModel(schema="public", relations=())


def series(*statements: str, options: Options | None = None) -> list[Defined]:
    """One statement after the other, from an empty schema."""
    found = [Defined(statements=(), schema=(), model=EMPTY, findings=())]
    for sql in statements:
        last = found[-1]
        found.append(
            define(sql, schema=last.schema, model=last.model, options=options or Options(bytewise=True))
        )
    return found[1:]


def kinds(relation: str, found: Defined) -> dict[str, tuple[str, str]]:
    return {c.source: (c.type, c.conversion) for c in found.model.relation(relation).columns}


def test_types_follow_the_declaration_without_its_size() -> None:
    (found,) = series(
        "CREATE TABLE a(i INTEGER, b BOOLEAN, d DATETIME, u UUID, v VARCHAR(3), n DECIMAL(5,2), r REAL, bl BLOB, x, s STRING)"
    )
    assert kinds("a", found) == {
        "i": ("bigint", "same"),
        "b": ("boolean", "boolean:0/1"),
        "d": ("timestamp", "timestamp-text:YYYY-MM-DD HH:MM:SS[.ffffff]"),
        "u": ("uuid", "uuid-text"),
        "v": ("text", "same"),
        "n": ("numeric", "numeric"),
        "r": ("double precision", "same"),
        "bl": ("bytea", "same"),
        "x": ("text", "escaped"),
        "s": ("text", "escaped"),
    }


def test_a_faithful_move_stays_faithful() -> None:
    options = Options(bytewise=True, types="faithful")
    (found,) = series("CREATE TABLE a(b BOOLEAN, d DATETIME)", options=options)
    assert kinds("a", found) == {"b": ("bigint", "same"), "d": ("text", "escaped")}


def test_a_foreign_key_takes_its_parents_type() -> None:
    *_, found = series(
        "CREATE TABLE a(id INTEGER PRIMARY KEY)", "CREATE TABLE b(a REFERENCES a, n VARCHAR(9) REFERENCES c)"
    )
    assert kinds("b", found) == {"a": ("bigint", "same"), "n": ("text", "same")}
    assert found.findings == ("fk.missing-parent: b.FOREIGN KEY (n) → c: there is no table c",)


def test_types_that_the_model_has_stay(both: Both) -> None:
    before = both.moved.model.relation("kid").columns
    found = both.define('ALTER TABLE "Kid" ADD COLUMN more TEXT')
    assert found.model.relation("kid").columns[:-1] == before
    assert both.define("CREATE TABLE q(a)").model.relation("kid") is both.moved.model.relation("kid")


def test_findings_say_what_is_not_kept() -> None:
    table, view = series("CREATE TABLE a(x TEXT CHECK (x MATCH 'y'))", "CREATE VIEW v AS SELECT * FROM later")
    (line,) = table.findings
    assert line.startswith("check.left: a.CHECK 1: CHECK (x MATCH 'y'): no PostgreSQL equal for MATCH")
    assert view.findings == ("view.broken: v: SQLite cannot run it: no such table: main.later",)
    assert view.statements == ()


def test_a_trigger_and_a_child_are_known_of_a_table_that_stays(both: Both) -> None:
    both.ddl("CREATE TABLE own(id INTEGER PRIMARY KEY, n INTEGER)")
    both.ddl("CREATE TABLE own_child(id INTEGER PRIMARY KEY, own INTEGER REFERENCES own ON DELETE CASCADE)")
    both.ddl("CREATE TRIGGER own_new AFTER INSERT ON own BEGIN INSERT INTO log(what) VALUES ('own'); END")
    found = both.moved.model.relation("own")
    assert ([trigger.event for trigger in found.triggers], found.children) == (["INSERT"], ("own_child",))
    both.check("REPLACE INTO own VALUES (1, 1)")
    both.check("REPLACE INTO own VALUES (1, 2)")
    both.check("SELECT count(*) FROM log WHERE what = 'own'")


def test_a_table_left_behind_is_left_alone() -> None:
    options = Options(bytewise=True)
    schema = ("CREATE TABLE left_behind(a)", "CREATE VIEW v AS SELECT 1 AS one", "CREATE TABLE here(a TEXT)")
    (made,) = series("CREATE TABLE here(a TEXT)")
    for sql in (
        "ALTER TABLE left_behind ADD COLUMN b",
        "ALTER TABLE left_behind RENAME TO other",
        "DROP TABLE left_behind",
        "CREATE INDEX i ON left_behind(a)",
        "DROP VIEW v",
    ):
        found = define(sql, schema=schema, model=made.model, options=options)
        assert (found.statements, found.model) == ((), made.model), sql
        assert found.schema != schema


def test_the_newest_alter_table(database: str) -> None:
    """ADD and DROP CONSTRAINT and SET NOT NULL, which SQLite has since 3.53."""
    statements = (
        "CREATE TABLE a(x INTEGER, y TEXT)",
        "ALTER TABLE a ADD CONSTRAINT small CHECK (x < 10)",
        "ALTER TABLE a ADD CHECK (x > 0)",
        "ALTER TABLE a ALTER COLUMN y SET NOT NULL",
    )
    if apsw.sqlite_lib_version() < "3.53":
        pytest.skip("an older SQLite")
    found = series(*statements, "ALTER TABLE a DROP CONSTRAINT small", "ALTER TABLE a ALTER y DROP NOT NULL")
    with psycopg.connect(database, autocommit=True) as connection:
        for each in found[:4]:
            for sql in each.statements:
                connection.execute(sql.encode())
        for values in ("10, ''", "0, ''", "1, NULL"):
            with pytest.raises(psycopg.errors.IntegrityError):
                connection.execute(f"INSERT INTO a VALUES ({values})".encode())
        for each in found[4:]:
            for sql in each.statements:
                connection.execute(sql.encode())
        connection.execute("INSERT INTO a VALUES (10, NULL)")


REFUSED = {
    "create virtual table temp.v using 'vec0'(e float[3])": "no PostgreSQL equal for CREATE VIRTUAL TABLE USING vec0",
    "SELECT 1": "no PostgreSQL equal for a statement that neither creates nor alters nor drops",
    "CREATE TABLE x(a); CREATE TABLE y(a)": "no PostgreSQL equal for several statements at once",
    "CREATE TABLE x AS SELECT ?": "no PostgreSQL equal for a parameter in DDL",
    "CREATE TABLE t(a)": "table t already exists",
    "DROP TABLE nosuch": "no such table: nosuch",
    "DROP INDEX nosuch": "no such index: nosuch",
    "DROP VIEW nosuch": "no such view: nosuch",
    "DROP TRIGGER nosuch": "no such trigger: nosuch",
    "ALTER TABLE nosuch ADD x": "no such table: nosuch",
    "CREATE TABLE x(a, A)": "duplicate column name: A",
    "CREATE TABLE x(a) STRIKT": "unknown table option: STRIKT",
    "CREATE": "incomplete input",
    "CREATE TABLE 'x": 'unrecognized token: "\'x"',
    "CREATE VIEW v AS SELECT own(a) FROM t": "no such function: own",
    "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT own(NEW.a); END": "no such function: own",
    "CREATE TEMP TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END": "no PostgreSQL equal for a temporary trigger on a table that is not temporary",
}


@pytest.mark.parametrize("sql", REFUSED)
def test_what_is_refused(sql: str) -> None:
    (table,) = series("CREATE TABLE t(a INTEGER)")
    with pytest.raises(TranslationError) as refusal:
        define(sql, schema=table.schema, model=table.model, options=Options(bytewise=True))
    assert str(refusal.value) == REFUSED[sql]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE TABLE t(a)", True),
        (" /* c */ -- d\n alter table t rename to u", True),
        (";;\tdrop table t", True),
        ("\ufeffCREATE VIEW v AS SELECT 1", True),
        ("SELECT 'CREATE'", False),
        ("EXPLAIN CREATE TABLE t(a)", False),
        ('"CREATE" TABLE t(a)', False),
        ("CREATED", False),
        ("", False),
        ("-- CREATE", False),
        ("'", False),
    ],
)
def test_what_is_a_definition(sql: str, expected: bool) -> None:
    assert is_definition(sql) is expected


def test_a_schema_that_this_sqlite_cannot_make_is_kept_all_the_same() -> None:
    schema = (
        "CREATE TABLE c(a TEXT COLLATE german, CHECK (own(a) > 0))",
        "CREATE VIRTUAL TABLE v USING nosuchmodule(a, b)",
        "CREATE TABLE sqlite_sequence(name,seq)",
        "CREATE VIRTUAL TABLE f USING fts5(a)",
        'CREATE TABLE "f_data"(id INTEGER PRIMARY KEY, block BLOB)',
        "CREATE INDEX ci ON c(own(a))",
    )
    found = define("CREATE TABLE n(a INTEGER)", schema=schema, model=EMPTY, options=Options(bytewise=True))
    assert found.statements == ("CREATE TABLE public.n (\n  a bigint\n)",)
    assert set(map(bare, schema)) - set(map(bare, found.schema)) == {bare(schema[2]), bare(schema[4])}
    again = define("DROP TABLE n", schema=found.schema, model=found.model, options=Options(bytewise=True))
    assert again.statements == ("DROP TABLE IF EXISTS public.n",)


def test_names_follow_the_policy_and_stay_free() -> None:
    long = "x" * 80
    options = Options(bytewise=True, names="preserve", schema="Some Where")
    found, renamed = series(
        f'CREATE TABLE "{long}"(a, "B" INTEGER, ctid)',
        f'ALTER TABLE "{long}" RENAME ctid TO "Ctid_"',
        options=options,
    )
    relation = found.model.relation(long)
    assert len(relation.name) == 63
    assert [column.name for column in relation.columns] == ["a", "B", "ctid_"]
    assert found.statements[0].startswith(f'CREATE TABLE "Some Where".{relation.name} (')
    assert renamed.statements == (f'ALTER TABLE "Some Where".{relation.name} RENAME COLUMN ctid_ TO "Ctid_"',)


# Any series of statements.


@dataclass
class Pair:
    """Two empty databases; `schema` is PostgreSQL's."""

    post: psycopg.Connection[Any]
    schema: str
    lite: apsw.Connection = field(default_factory=lambda: apsw.Connection(":memory:", statementcachesize=0))

    def __post_init__(self) -> None:
        self.options = Options(bytewise=True, schema=self.schema)
        self.defined = Defined(
            statements=(), schema=(), model=TargetModel(schema=self.schema, relations=()), findings=()
        )
        self.post.execute(f"CREATE SCHEMA {self.schema}".encode())

    def run(self, sql: str) -> None:
        try:
            self.lite.execute(sql).fetchall()
            refused = ""
        except apsw.Error as error:
            refused = str(error)
        try:
            with self.post.transaction():
                self._translated(sql)
            said = ""
        except (TranslationError, psycopg.Error) as error:
            said = str(error)
        assert bool(said) == bool(refused), (sql, refused, said, self.defined.schema)

    def _translated(self, sql: str) -> None:
        model = self.defined.model
        if not is_definition(sql):
            self.post.execute(translate_statement(sql, model=model, bytewise=True).sql.encode())
            return
        found = define(sql, schema=self.defined.schema, model=model, options=self.options)
        for statement in found.statements:
            self.post.execute(statement.encode())
        self.defined = found

    def compare(self) -> None:
        """Every table and view gives the same, or nothing on either side."""
        names = self.lite.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
        for (name,) in names:
            sql = f'SELECT * FROM "{name}"'
            try:
                cursor = self.lite.execute(sql)
                ours = sorted(map(repr, cursor.fetchall()))
            except apsw.Error:
                with pytest.raises(TranslationError):
                    translate_statement(sql, model=self.defined.model, bytewise=True)
                continue
            found = translate_statement(sql, model=self.defined.model, bytewise=True)
            rows = self.post.execute(found.sql.encode()).fetchall()
            assert sorted(map(repr, rows)) == ours, (sql, self.defined.schema)


TABLES, COLUMNS = st.sampled_from(["a", "b", "c"]), st.sampled_from(["x", "y", "z"])
VIEWS, ROW = st.sampled_from(["v", "w"]), st.integers(1, 9)
DDL = st.one_of(
    st.builds(
        "CREATE TABLE {}(k INTEGER PRIMARY KEY, {} INTEGER, {} TEXT DEFAULT 'd')".format,
        TABLES,
        COLUMNS,
        COLUMNS,
    ),
    st.builds(
        "CREATE TABLE {}({} INTEGER UNIQUE, k INTEGER, p INTEGER REFERENCES {}(k))".format,
        TABLES,
        COLUMNS,
        TABLES,
    ),
    st.builds("CREATE TABLE {} AS SELECT * FROM {}".format, TABLES, TABLES),
    st.builds("CREATE VIEW {} AS SELECT * FROM {}".format, VIEWS, st.one_of(TABLES, VIEWS)),
    st.builds("CREATE VIEW {} AS SELECT {}, k FROM {}".format, VIEWS, COLUMNS, st.one_of(TABLES, VIEWS)),
    st.builds("CREATE INDEX {0}_{1} ON {0}({1})".format, TABLES, COLUMNS),
    st.builds(
        "CREATE TRIGGER tr AFTER INSERT ON {} BEGIN UPDATE {} SET {} = 7; END".format, TABLES, TABLES, COLUMNS
    ),
    st.builds("ALTER TABLE {} ADD COLUMN {} INTEGER DEFAULT 3".format, TABLES, COLUMNS),
    st.builds("ALTER TABLE {} RENAME COLUMN {} TO {}".format, TABLES, COLUMNS, COLUMNS),
    st.builds("ALTER TABLE {} RENAME TO {}".format, TABLES, TABLES),
    st.builds("ALTER TABLE {} DROP COLUMN {}".format, TABLES, COLUMNS),
    st.builds("DROP TABLE {}".format, TABLES),
    st.builds("DROP VIEW {}".format, VIEWS),
    st.builds("DROP INDEX {}_{}".format, TABLES, COLUMNS),
    st.just("DROP TRIGGER tr"),
)
NUMBERS = count()


@pytest.fixture
def post(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True, cursor_factory=psycopg.RawCursor) as connection:
        install(connection)
        yield connection


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statements=st.lists(DDL, min_size=4, max_size=14), rows=st.lists(ROW, min_size=14, max_size=14))
def test_any_series(post: psycopg.Connection[Any], statements: list[str], rows: list[int]) -> None:
    pair = Pair(post, f"s{next(NUMBERS)}")
    pair.run("CREATE TABLE a(k INTEGER PRIMARY KEY, x INTEGER, y TEXT)")
    for sql, number in zip(statements, rows, strict=False):
        pair.run(sql)
        pair.run(
            f"INSERT INTO {'abc'[number % 3]}(k) VALUES (NULL)"
            if number == 0
            else f"INSERT INTO a(k) VALUES ({number})"
        )
        pair.compare()
