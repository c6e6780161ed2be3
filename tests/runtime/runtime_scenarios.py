"""What programs do with sqlite3: each scenario gets a way to connect and yields all that it comes to know."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from typing import Any

Connect = Callable[..., Any]
Scenario = Callable[[Connect], Iterator[Any]]

SCENARIOS: list[Scenario] = []


def scenario(function: Scenario) -> Scenario:
    SCENARIOS.append(function)
    return function


def error(act: Callable[[], object]) -> tuple[str, str, str | None]:
    """The class, message and code of what an act raises."""
    try:
        act()
    except (sqlite3.Error, sqlite3.Warning, TypeError, ValueError, LookupError, OverflowError) as raised:
        return type(raised).__name__, str(raised), getattr(raised, "sqlite_errorname", None)
    return "none", "", None


def told(function: Scenario, connect: Connect) -> list[str]:
    """All that a scenario yields, with the types."""
    return [repr(each) for each in function(connect)]


PEOPLE = """
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT NOT NULL, mail TEXT UNIQUE, age INTEGER CHECK (age > 0),
  score REAL DEFAULT 1.5, photo BLOB, since TIMESTAMP DEFAULT '2024-01-01 00:00:00');
CREATE TABLE pet(id INTEGER PRIMARY KEY, owner INTEGER REFERENCES person(id), name TEXT);
"""


def people(connect: Connect, **settings: Any) -> Any:
    connection = connect(**settings)
    connection.executescript(PEOPLE)
    connection.execute("INSERT INTO person(name, mail, age) VALUES ('Ada', 'a@x', 36)")
    connection.commit()
    return connection


@scenario
def rows_and_types(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    values = ("Bob", None, 3, 2.0, b"\x00\xff", "2024-02-03 04:05:06")
    sql = "INSERT INTO person(name, mail, age, score, photo, since) VALUES (?, ?, ?, ?, ?, ?)"
    yield connection.execute(sql, values).lastrowid
    yield connection.execute("SELECT * FROM person ORDER BY id").fetchall()
    yield connection.execute("SELECT 1, 1.5, 'x', x'00', NULL, 2 > 1, 5 / 2, 5 / 2.0, 'a' || 1").fetchone()
    yield connection.execute("SELECT ?, ?, ?, ?, ?", (1, 1.5, "x", b"y", None)).fetchone()
    yield connection.execute("SELECT typeof(?), typeof(?), typeof(?)", (True, 2**40, -0.0)).fetchone()
    yield connection.execute("SELECT ?, ?", (float("nan"), float("inf"))).fetchone()
    yield connection.execute("SELECT max(age), count(*), avg(score), sum(age) FROM person").fetchone()


@scenario
def cursors(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    cursor = connection.cursor()
    yield cursor.description, cursor.rowcount, cursor.lastrowid, cursor.arraysize
    cursor.executemany("INSERT INTO pet(name) VALUES (?)", ((f"pet {n}",) for n in range(7)))
    yield cursor.rowcount, cursor.description
    cursor.execute("SELECT id, name AS Label, id + 1 FROM pet ORDER BY id")
    yield cursor.description, cursor.rowcount
    yield (
        cursor.fetchone(),
        cursor.fetchmany(2),
        cursor.fetchmany(),
        next(cursor),
        [*cursor],
        cursor.fetchone(),
    )
    yield cursor.fetchall(), cursor.fetchmany(3)
    yield [row[0] for row in connection.execute("SELECT id FROM pet WHERE id > ? ORDER BY id DESC", (4,))]
    yield cursor.execute("DELETE FROM pet WHERE id < 3").rowcount
    yield cursor.execute("UPDATE pet SET name = upper(name)").rowcount
    yield cursor.execute("UPDATE pet SET name = 'none' WHERE id = 99").rowcount
    yield connection.total_changes
    cursor.close()
    yield error(lambda: cursor.execute("SELECT 1"))


@scenario
def nested_loops(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    connection.executemany("INSERT INTO pet(id, owner) VALUES (?, 1)", [(n,) for n in range(1, 1500)])
    seen = 0
    for (key,) in connection.execute("SELECT id FROM pet ORDER BY id"):
        seen += connection.execute("SELECT count(*) FROM person WHERE id = ?", (key,)).fetchone()[0]
        if key % 500 == 0:
            connection.execute("UPDATE pet SET name = ? WHERE id = ?", (str(key), key))
    yield seen, connection.execute("SELECT name FROM pet WHERE name NOT NULL ORDER BY id").fetchall()


@scenario
def rows_by_name(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    connection.row_factory = sqlite3.Row
    row = connection.execute("SELECT id, name AS 'Full Name', mail FROM person").fetchone()
    yield type(row).__name__, row.keys(), tuple(row), len(row), row["ID"], row["full name"], row[-1], row[0:2]
    same = connection.execute("SELECT id, name AS 'Full Name', mail FROM person").fetchone()
    yield dict(row), hash(row) == hash(same), row == same
    yield error(lambda: row["nope"]), isinstance(row, sqlite3.Row)
    connection.row_factory = lambda cursor, values: {
        d[0]: v for d, v in zip(cursor.description, values, strict=True)
    }
    yield connection.execute("SELECT name, age FROM person").fetchall()
    connection.row_factory = lambda cursor, values: dict(sqlite3.Row(cursor, values))
    yield connection.execute("SELECT age, name FROM person").fetchone()
    cursor = connection.cursor()
    cursor.row_factory = None
    yield cursor.execute("SELECT name FROM person").fetchone()


@scenario
def parameters(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    ask = connection.execute
    yield ask("SELECT ?2, ?1, ?2", (1, 2)).fetchone()
    yield ask("SELECT :a, @b, $c, :a", {"a": 1, "b": "x", "c": None, "more": 0}).fetchone()
    yield ask("SELECT name FROM person WHERE mail = :m AND age = :n", {"m": "a@x", "n": 36}).fetchall()
    yield ask("SELECT ?, ?3, ?", (1, 2, 3, 4)).fetchone()
    yield ask("SELECT '?', \"name\", ':a' FROM person -- ? :x\n WHERE id = ?", [1]).fetchone()
    for given in ((), (1, 2), {"x": 1}, None, 5, (object(),), (2**70,), ("\ud800",)):
        yield error(lambda given=given: ask("SELECT ?", given))[0]
    yield error(lambda: ask("SELECT ?", (1, 2)))
    yield error(lambda: ask("SELECT :a", {"b": 1}))[0]
    yield (
        ask("SELECT typeof(?)", (bytearray(b"xy"),)).fetchone(),
        ask("SELECT ?", (memoryview(b"z"),)).fetchone(),
    )


@scenario
def transactions(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    other = connect()
    yield connection.in_transaction
    connection.execute("INSERT INTO pet(name) VALUES ('a')")
    yield connection.in_transaction, other.execute("SELECT count(*) FROM pet").fetchone()
    connection.rollback()
    yield connection.in_transaction, connection.execute("SELECT count(*) FROM pet").fetchone()
    with connection:
        connection.execute("INSERT INTO pet(name) VALUES ('b')")
    yield connection.in_transaction, other.execute("SELECT name FROM pet").fetchall()
    with contextlib.suppress(ZeroDivisionError), connection:
        connection.execute("INSERT INTO pet(name) VALUES ('c')")
        raise ZeroDivisionError
    yield connection.in_transaction, connection.execute("SELECT name FROM pet").fetchall()
    connection.execute("SELECT 1")
    yield connection.in_transaction
    connection.execute("BEGIN IMMEDIATE")
    yield connection.in_transaction, error(lambda: connection.execute("BEGIN"))
    connection.execute("COMMIT")
    yield error(lambda: connection.execute("COMMIT")), error(lambda: connection.execute("ROLLBACK"))
    connection.commit()
    connection.rollback()


@scenario
def failures_leave_the_transaction(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    connection.execute("INSERT INTO pet(name) VALUES ('kept')")
    yield error(lambda: connection.execute("INSERT INTO person(name, mail) VALUES ('Eve', 'a@x')"))
    yield connection.in_transaction, connection.execute("SELECT name FROM pet").fetchall()
    connection.execute("INSERT INTO pet(name) VALUES ('kept, too')")
    yield error(lambda: connection.execute("SELECT nothing FROM nowhere"))
    yield error(lambda: connection.execute("INSERT INTO person(id, name) VALUES (1, 'again')"))
    rows = [("x", "1@x"), ("y", "2@x"), ("z", "1@x"), ("w", "3@x")]
    yield error(lambda: connection.executemany("INSERT INTO person(name, mail) VALUES (?, ?)", rows))
    yield connection.execute("SELECT name FROM person ORDER BY name").fetchall()
    connection.commit()
    yield connect().execute("SELECT name FROM pet ORDER BY id").fetchall()


@scenario
def a_failure_first(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    yield error(lambda: connection.execute("INSERT INTO person(name) VALUES (NULL)"))
    yield connection.in_transaction
    connection.execute("INSERT INTO pet(name) VALUES ('then')")
    connection.commit()
    yield connection.execute("SELECT name FROM pet").fetchall()


@scenario
def errors_by_name(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    run = connection.execute
    for sql in (
        "INSERT INTO person(name) VALUES (NULL)", "INSERT INTO person(name, age) VALUES ('x', -1)",
        "INSERT INTO person(id, name) VALUES (1, 'x')", "INSERT INTO person(name, mail) VALUES ('x', 'a@x')",
    ):  # fmt: skip
        kind, message, code = error(lambda sql=sql: run(sql))
        yield kind, code, message.partition(":")[0]
    for sql in (
        "SELECT * FROM nowhere", "SELECT nothing FROM person", "SELEC 1", "SELECT 1 FROM", "SELECT (", "",
        "SELECT nofunction(1)", "SELECT abs(1, 2)", "INSERT INTO person(nix) VALUES (1)", "DROP TABLE nix",
        "CREATE TABLE person(x)", "SELECT 'open", "SELECT 1; SELECT 2", "UPDATE nowhere SET a = 1", "; ;",
        "ALTER TABLE person ADD COLUMN name", "SELECT * FROM person WHERE", "INSERT INTO person VALUES (1)",
    ):  # fmt: skip
        yield sql, error(lambda sql=sql: run(sql))


@scenario
def savepoints(connect: Connect) -> Iterator[Any]:
    connection = people(connect, isolation_level=None)
    run = connection.execute
    run("SAVEPOINT one")
    yield connection.in_transaction
    run("INSERT INTO pet(name) VALUES ('a')")
    run("SAVEPOINT Two")
    run("INSERT INTO pet(name) VALUES ('b')")
    yield error(lambda: run("INSERT INTO person(name) VALUES (NULL)"))
    run("ROLLBACK TO two")
    run("INSERT INTO pet(name) VALUES ('c')")
    run("RELEASE TWO")
    yield error(lambda: run("RELEASE two")), connection.in_transaction
    run("RELEASE SAVEPOINT one")
    yield connection.in_transaction, run("SELECT name FROM pet ORDER BY id").fetchall()
    run("BEGIN")
    run('SAVEPOINT "a b"')
    run("DELETE FROM pet")
    run("ROLLBACK TO SAVEPOINT 'a b'")
    run("COMMIT")
    yield run("SELECT count(*) FROM pet").fetchone()


@scenario
def autocommit(connect: Connect) -> Iterator[Any]:
    connection = people(connect, isolation_level=None)
    connection.execute("INSERT INTO pet(name) VALUES ('a')")
    yield connection.in_transaction, connect().execute("SELECT count(*) FROM pet").fetchone()
    rows = [(1, "x"), (2, "y"), (1, "z"), (3, "w")]
    yield error(lambda: connection.executemany("INSERT INTO person(id, name) VALUES (? + 10, ?)", rows))[0]
    yield connect().execute("SELECT name FROM person ORDER BY id").fetchall()
    connection.isolation_level = "EXCLUSIVE"
    connection.execute("INSERT INTO pet(name) VALUES ('b')")
    yield connection.in_transaction, connection.isolation_level
    connection.isolation_level = None
    yield connection.in_transaction, connect().execute("SELECT count(*) FROM pet").fetchone()


@scenario
def scripts(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    connection.execute("INSERT INTO pet(name) VALUES ('before')")
    connection.executescript(
        """
        -- a comment; with a semicolon
        CREATE TABLE note(id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT); /* ; */
        CREATE TRIGGER noted AFTER INSERT ON pet BEGIN
          INSERT INTO note(text) VALUES ('pet ' || new.name); UPDATE note SET text = upper(text);
        END;
        INSERT INTO pet(name) VALUES ('x;y');
        SELECT * FROM note;
        BEGIN; INSERT INTO note(text) VALUES ('in'); COMMIT
        """
    )
    yield connection.in_transaction, connection.execute("SELECT id, text FROM note ORDER BY id").fetchall()
    yield error(lambda: connection.executescript("INSERT INTO note(text) VALUES ('1'); nonsense; SELECT 1"))
    yield connect().execute("SELECT text FROM note ORDER BY id").fetchall()


@scenario
def definitions(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    for _ in range(2):
        connection.execute("CREATE TABLE IF NOT EXISTS item(a, b TEXT DEFAULT 'x', UNIQUE (a, b))")
        connection.execute("CREATE INDEX IF NOT EXISTS item_b ON item(b)")
    connection.execute("INSERT INTO item(a) VALUES (1), ('one'), (1.5), (x'01'), (NULL)")
    yield connection.execute("SELECT a, typeof(a), b, rowid FROM item ORDER BY rowid").fetchall()
    connection.execute("ALTER TABLE item ADD COLUMN c INTEGER NOT NULL DEFAULT 7")
    connection.execute("ALTER TABLE item RENAME COLUMN b TO d")
    connection.execute("ALTER TABLE item RENAME TO thing")
    yield connection.execute("SELECT * FROM thing ORDER BY rowid LIMIT 1").description
    yield connection.execute("PRAGMA table_info(thing)").fetchall()
    yield error(lambda: connection.execute("SELECT * FROM item"))
    connection.execute("CREATE VIEW v AS SELECT d || c AS dc FROM thing WHERE a = 1")
    yield connection.execute("SELECT * FROM v").fetchall()
    connection.commit()
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE gone(x)")
    connection.execute("INSERT INTO gone VALUES (1)")
    yield connection.execute("SELECT * FROM gone").fetchall()
    connection.rollback()
    yield error(lambda: connection.execute("SELECT * FROM gone"))
    connection.execute("CREATE TEMP TABLE t(x INTEGER)")
    connection.execute("INSERT INTO t VALUES (1), (2)")
    yield (
        connection.execute("SELECT sum(x) FROM t").fetchall(),
        error(lambda: connect().execute("SELECT * FROM t")),
    )
    connection.execute("DROP VIEW v")
    connection.execute("DROP TABLE thing")
    names = "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite%' ORDER BY name"
    yield connection.execute(names).fetchall(), connect().execute(names).fetchall()


@scenario
def writes(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    run = connection.execute
    yield run("INSERT OR IGNORE INTO person(name, mail) VALUES ('x', 'a@x')").rowcount
    cursor = run("INSERT OR REPLACE INTO person(id, name, mail) VALUES (5, 'y', 'a@x')")
    yield cursor.rowcount, cursor.lastrowid
    sql = "INSERT INTO person(id, name) VALUES (?, ?) ON CONFLICT(id) DO UPDATE SET name = excluded.name"
    yield [run(sql, (n, f"n{n}")).rowcount for n in (5, 6, 6)]
    yield run("SELECT id, name, mail FROM person ORDER BY id").fetchall()
    cursor = run("INSERT INTO person(name) VALUES ('r') RETURNING id, name AS n")
    yield cursor.fetchall(), [each[0] for each in cursor.description], cursor.lastrowid
    yield run("UPDATE person SET age = coalesce(age, 0) + 1 WHERE id > 5 RETURNING id, age").fetchall()
    yield run("DELETE FROM person WHERE id = 5 RETURNING name").fetchall()
    run("INSERT INTO pet(name) SELECT name FROM person")
    yield run("SELECT changes(), last_insert_rowid(), total_changes()").fetchone()
    yield run("WITH n(x) AS (VALUES (1), (2)) SELECT sum(x) FROM n").fetchone()
    run("INSERT INTO pet DEFAULT VALUES")
    yield run("SELECT count(*) FROM pet WHERE name IS NULL").fetchone()


@scenario
def converters(connect: Connect) -> Iterator[Any]:
    detect = sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES
    sqlite3.register_converter("point", lambda raw: tuple(map(int, raw.split(b";"))))
    sqlite3.register_converter("decimal", lambda raw: decimal.Decimal(raw.decode()))
    sqlite3.register_adapter(decimal.Decimal, str)
    sqlite3.register_converter("date", lambda raw: datetime.date.fromisoformat(raw.decode()))
    connection = connect(detect_types=detect)
    connection.execute("CREATE TABLE t(p point, d DECIMAL(10,2), n integer, day date)")
    connection.execute("INSERT INTO t VALUES (?, ?, ?, ?)", ("4;5", decimal.Decimal("1.5"), 7, "2024-02-03"))
    yield connection.execute("SELECT p, d, n, day FROM t").fetchone()
    yield connection.execute("SELECT n AS 'n [decimal]', p || '' AS p FROM t").fetchone()
    yield connection.execute("SELECT n AS 'n [decimal]' FROM t").description
    yield connection.execute("SELECT q.p FROM (SELECT p FROM t) AS q").fetchone()
    yield connect().execute("SELECT p, d FROM t").fetchone()
    connection.execute("INSERT INTO t(p, day) VALUES (NULL, NULL)")
    yield connection.execute("SELECT p, day FROM t WHERE n IS NULL").fetchone()


class Pair:
    """Adapts itself."""

    def __conform__(self, protocol: object) -> str | None:
        return "a;b" if protocol is sqlite3.PrepareProtocol else None


@scenario
def adapters(connect: Connect) -> Iterator[Any]:
    connection = connect()
    yield connection.execute("SELECT ?, typeof(?)", (Pair(), Pair())).fetchone()
    sqlite3.register_adapter(datetime.timedelta, lambda delta: delta.total_seconds())
    yield connection.execute("SELECT ?", (datetime.timedelta(minutes=1),)).fetchone()
    yield error(lambda: connection.execute("SELECT ?", (complex(1, 2),)))


@scenario
def text_factories(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    for factory in (bytes, bytearray, lambda raw: raw.decode() + "!", str):
        connection.text_factory = factory
        yield connection.execute("SELECT name, id, 'é' FROM person").fetchall()


@scenario
def closed(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    cursor = connection.cursor()
    connection.execute("INSERT INTO pet(name) VALUES ('lost')")
    connection.close()
    connection.close()
    yield error(lambda: connection.execute("SELECT 1")), error(connection.commit)
    yield error(lambda: cursor.execute("SELECT 1")), error(connection.cursor)
    yield connect().execute("SELECT count(*) FROM pet").fetchone()


@scenario
def own_functions(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    connection.execute("INSERT INTO person(name, age) VALUES ('Bob', 3), ('Cy', 9)")
    connection.create_function("twice", 1, lambda value: value * 2, deterministic=True)
    yield connection.execute(
        "SELECT twice(name), twice(age) FROM person WHERE twice(age) > 6 ORDER BY id"
    ).fetchall()
    connection.create_function("regexp", 2, lambda pattern, value: pattern in value)
    yield connection.execute("SELECT name FROM person WHERE name REGEXP ?", ("o",)).fetchall()
    connection.create_collation("backwards", lambda a, b: (a < b) - (a > b))
    yield connection.execute("SELECT name FROM person ORDER BY name COLLATE backwards").fetchall()
    connection.row_factory = sqlite3.Row
    yield [dict(row) for row in connection.execute("SELECT twice(age) AS t, mail FROM person ORDER BY id")]
    connection.create_function("twice", 1, None)
    yield error(lambda: connection.execute("SELECT twice(1)"))


@scenario
def dump(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    connection.execute("INSERT INTO pet(owner, name) VALUES (1, 'it''s')")
    connection.execute("UPDATE person SET photo = x'00ff'")
    connection.commit()
    yield [*connection.iterdump()]
    copy = sqlite3.connect(":memory:")
    connection.backup(copy)
    yield copy.execute("SELECT * FROM person").fetchall(), copy.execute("SELECT * FROM pet").fetchall()
    copy.close()


@scenario
def blobs(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    connection.execute("UPDATE person SET photo = zeroblob(8)")
    with connection.blobopen("person", "photo", 1) as blob:
        blob.write(b"abc")
        blob[5] = 120
        blob.seek(0)
        yield blob.read(4), blob.read(), len(blob), blob.tell(), blob[0], blob[-3:]
        yield error(lambda: blob.write(b"1"))
    yield connection.execute("SELECT photo FROM person").fetchone()
    yield error(lambda: connection.blobopen("person", "photo", 9))[:2]
    yield error(lambda: connection.blobopen("person", "nix", 1))[0]


@scenario
def pragmas(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    ask = connection.execute
    yield ask("PRAGMA user_version").fetchone()
    ask("PRAGMA user_version = 5")
    yield ask("PRAGMA user_version").fetchone()
    yield (
        [row[1:] for row in ask("PRAGMA table_info('person')")],
        ask("PRAGMA foreign_key_list(pet)").fetchall(),
    )
    yield [row[1] for row in ask("PRAGMA table_list") if not row[1].startswith("sqlite_")]
    yield ask("PRAGMA cache_size = 100").fetchall(), ask("PRAGMA cache_size").fetchone()
    before = ask("PRAGMA schema_version").fetchone()[0]
    ask("CREATE TABLE more(x)")
    yield (
        ask("PRAGMA schema_version").fetchone()[0] - before,
        ask("SELECT count(*) FROM pragma_table_info('pet')").fetchone(),
    )


@scenario
def traces(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    with warnings.catch_warnings(record=True) as told:  # from Python 3.12 on
        warnings.simplefilter("always")
        connection.execute("SELECT ?, ?, :x", (1, "it's", None))
    yield [(str(each.message), each.filename) for each in told]
    connection.execute("INSERT INTO pet(name) VALUES (?)", ("a",))
    connection.commit()
    connection.set_trace_callback(None)
    connection.execute("SELECT 2")
    yield seen


@scenario
def dates(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    ask = connection.execute
    yield ask(
        "SELECT date('2024-02-29', '+1 year'), strftime('%Y/%m', since), julianday('2024-01-01') FROM person"
    ).fetchone()
    yield ask("SELECT count(*) FROM person WHERE since >= datetime('2023-12-31', '+1 day')").fetchone()
    yield ask("SELECT since FROM person WHERE since BETWEEN ? AND ?", ("2023", "2025")).fetchall()


@scenario
def sequences(connect: Connect) -> Iterator[Any]:
    connection = connect()
    connection.execute("CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT)")
    yield [connection.execute("INSERT INTO a(t) VALUES (?)", (n,)).lastrowid for n in "xyz"]
    connection.execute("DELETE FROM a")
    yield connection.execute("INSERT INTO a(t) VALUES ('next')").lastrowid
    connection.commit()
    yield connection.execute("SELECT * FROM sqlite_sequence").fetchall()
    yield connection.execute("UPDATE sqlite_sequence SET seq = 40 WHERE name = 'a'").rowcount
    yield connection.execute("INSERT INTO a(t) VALUES ('later')").lastrowid
    connection.execute("DELETE FROM a")
    yield connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", ("a",)).rowcount
    yield connection.execute("INSERT INTO a(t) VALUES ('first')").lastrowid


@scenario
def temporary_tables(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    run = connection.execute
    yield (
        run('PRAGMA temp.table_info("person")').fetchall(),
        run("PRAGMA temp.foreign_key_list(pet)").fetchall(),
    )
    run("CREATE TEMP TABLE t(id INTEGER PRIMARY KEY, x TEXT NOT NULL)")
    run("CREATE INDEX temp.t_x ON t(x)")
    yield run("PRAGMA temp.table_info(t)").fetchall(), run("PRAGMA temp.index_list(t)").description
    yield run("INSERT INTO t(x) VALUES ('a')").lastrowid, run("SELECT * FROM temp.t").fetchall()
    run("CREATE TEMP VIEW tv AS SELECT x || name FROM t, person")
    yield run("SELECT * FROM tv").fetchall()
    run("DROP TABLE t")
    yield error(lambda: run("SELECT * FROM t"))


@scenario
def functions_called_once(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    calls: list[Any] = []
    connection.create_function("slug", 1, lambda text: calls.append(text) or text.lower().replace(" ", "-"))
    connection.create_function("pure", 2, lambda a, b: f"{a}{b}", deterministic=True)
    connection.execute("INSERT INTO pet(name, owner) VALUES (slug(?), ?)", ("My Cat", 1))
    connection.executemany("INSERT INTO pet(name) VALUES (slug(:n) || '!')", [{"n": "A B"}, {"n": "C"}])
    connection.execute("UPDATE pet SET name = pure(?, 'x') WHERE name = pure(?2, 'a-b!')", ("new", ""))
    yield calls, connection.execute("SELECT name, owner FROM pet ORDER BY id").fetchall()
    connection.execute("CREATE VIRTUAL TABLE note USING fts5(body)")
    connection.execute("INSERT INTO note VALUES ('one two'), ('three')")
    connection.create_function("quoted", 1, lambda text: f'"{text}"')
    yield connection.execute("SELECT body FROM note WHERE note MATCH quoted(?)", ("two",)).fetchall()
    yield connection.execute(
        "SELECT slug(body) FROM note WHERE note MATCH 'three OR one' ORDER BY body"
    ).fetchall()


@scenario
def tables_without_rowid(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    run = connection.execute
    run("CREATE TABLE word(k TEXT PRIMARY KEY, n) WITHOUT ROWID")
    yield run("INSERT INTO person(id, name) VALUES (41, 'a')").lastrowid
    yield run("INSERT INTO word VALUES ('one', 1)").lastrowid, run("SELECT last_insert_rowid()").fetchone()
    yield connection.executemany("INSERT INTO word VALUES (?, ?)", [("two", 2), ("three", 3)]).lastrowid
    yield run("INSERT OR REPLACE INTO word SELECT name, id FROM person WHERE id > 99").lastrowid
    yield run("SELECT last_insert_rowid(), changes()").fetchone()


@scenario
def boxes(connect: Connect) -> Iterator[Any]:
    connection = connect(isolation_level=None)
    run = connection.execute
    run("CREATE VIRTUAL TABLE box USING rtree(id, x0, x1, y0, y1)")
    run("CREATE VIRTUAL TABLE IF NOT EXISTS box USING rtree(id, x0, x1)")
    run("INSERT INTO box VALUES (1, 0.1, 2.3, 0, 1), (2, 5, 6, 5, 6)")
    run("INSERT INTO box(x0, x1, y0, y1) VALUES (1, 1, 1, 1)")
    run("UPDATE box SET x1 = x1 + 1 WHERE id = 1")
    run("INSERT OR REPLACE INTO box VALUES (2, 9, 9, 9, 9)")
    yield run("SELECT * FROM box ORDER BY id").fetchall(), run("PRAGMA table_info(box)").fetchall()
    yield run("SELECT rowid FROM box WHERE x0 <= 1.5 AND x1 >= 1 ORDER BY id").fetchall()
    for values in ("1, 0, 0, 0, 0", "7, 3, 2, 0, 0"):
        yield error(lambda values=values: run(f"INSERT INTO box VALUES ({values})"))
    run("ALTER TABLE box RENAME TO crate")
    yield error(lambda: run("INSERT INTO crate VALUES (7, 3, 2, 0, 0)"))
    run("DELETE FROM crate WHERE id = 2")
    yield (
        run("SELECT count(*) FROM crate").fetchone(),
        run("SELECT name FROM sqlite_master ORDER BY 1").fetchall(),
    )
    yield error(lambda: run("CREATE VIRTUAL TABLE crate USING rtree(id, a, b)"))
    run("DROP TABLE crate")
    run("CREATE VIRTUAL TABLE box USING rtree_i32(id, a0, a1, +note)")
    run("INSERT INTO box VALUES (1, 2.7, 3, 'hey')")
    run("CREATE VIRTUAL TABLE temp.box2 USING rtree(id, a0, a1)")
    run("INSERT INTO box2 VALUES (1, 2.7, 3)")
    yield (
        run("SELECT * FROM box").fetchall(),
        run("SELECT id, a0 > 2.6 FROM temp.box2 WHERE a1 >= 3").fetchall(),
    )
    run("DROP TABLE box")
    run("DROP TABLE box2")
    yield run("SELECT name FROM sqlite_master").fetchall()


@scenario
def temporary_virtual_tables(connect: Connect) -> Iterator[Any]:
    run = people(connect, isolation_level=None).execute
    run('CREATE VIRTUAL TABLE temp."words of" USING fts5(a)')
    run("CREATE TEMP TABLE beside(a)")
    run("CREATE TABLE lasting(a)")
    run("INSERT INTO \"words of\" VALUES ('x y')")
    yield run('SELECT * FROM "words of" WHERE "words of" MATCH \'y\'').fetchall()
    run("ALTER TABLE lasting ADD COLUMN b")
    run('DROP TABLE "words of"')
    run("DROP TABLE beside")
    yield run("SELECT name FROM sqlite_temp_master").fetchall(), run("SELECT * FROM lasting").description


@scenario
def pragmas_before_a_rebuild(connect: Connect) -> Iterator[Any]:
    connection = people(connect, isolation_level=None)
    run = connection.execute
    run("INSERT INTO pet(name, owner) VALUES ('a', 1)")
    run("PRAGMA foreign_keys = OFF")
    yield run("PRAGMA foreign_keys").fetchone()
    run("BEGIN")
    run("CREATE TABLE new(id INTEGER PRIMARY KEY, name TEXT, more TEXT DEFAULT 'm')")
    run("INSERT INTO new(id, name) SELECT id, name FROM person")
    run("DROP TABLE person")
    run("ALTER TABLE new RENAME TO person")
    yield run("PRAGMA foreign_key_check").fetchall()
    run("COMMIT")
    run("PRAGMA foreign_keys = ON")
    yield run("PRAGMA foreign_keys").fetchone(), run("SELECT * FROM person").fetchall()
    yield run("PRAGMA foreign_key_list(pet)").fetchall()
    yield error(lambda: run("INSERT INTO pet(owner) VALUES (99)"))
    run("PRAGMA recursive_triggers = ON")
    yield run("PRAGMA recursive_triggers").fetchone()
    run("CREATE TABLE gone(id)")
    run("CREATE TRIGGER t AFTER DELETE ON person BEGIN INSERT INTO gone VALUES (old.id); END")
    run("INSERT OR REPLACE INTO person(id, name) VALUES (1, 'again')")
    yield run("SELECT * FROM gone").fetchall()


@scenario
def keys_that_shift(connect: Connect) -> Iterator[Any]:
    connection = connect()
    run = connection.execute
    run("CREATE TABLE t(id INTEGER PRIMARY KEY, u TEXT UNIQUE)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(n, f"u{n}") for n in range(1, 10)])
    run("UPDATE t SET u = 'x' || id WHERE id IN (2, 7)")
    run("DELETE FROM t WHERE id = 3")
    yield run("UPDATE t SET id = id - 1 WHERE id > ?", (3,)).rowcount
    yield run("SELECT * FROM t").fetchall()
    yield error(lambda: run("UPDATE t SET id = 1 WHERE id > 4"))
    yield run("SELECT id FROM t WHERE u > '' ORDER BY id").fetchall(), connection.in_transaction


@scenario
def rows_come_by_their_rowid(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    run = connection.execute
    connection.executemany("INSERT INTO pet(name) VALUES (?)", [(name,) for name in "dcba"])
    run("UPDATE pet SET owner = 1 WHERE id IN (1, 3)")
    yield (
        run("SELECT * FROM pet").fetchall(),
        run("SELECT name FROM pet WHERE owner IS NULL LIMIT 1").fetchall(),
    )
    run("CREATE TABLE copy(id INTEGER PRIMARY KEY, name TEXT)")
    run("INSERT INTO copy(name) SELECT name FROM pet")
    yield (
        run("SELECT * FROM copy AS c WHERE c.id > 1").fetchall(),
        run("SELECT count(*) FROM copy").fetchone(),
    )
    yield run("SELECT name, (SELECT max(id) FROM copy) FROM pet").fetchall()
    yield run("WITH pet AS (SELECT 5 AS five) SELECT * FROM pet").fetchall()


@scenario
def rowids_named_twice(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    run = connection.execute
    run("CREATE TABLE new(id INTEGER PRIMARY KEY, name TEXT)")
    run("INSERT INTO new(rowid, id, name) SELECT rowid, id, name FROM person")
    run("INSERT INTO new(rowid, id, name) VALUES (5, 6, 'six')")
    yield run("SELECT rowid, * FROM new").fetchall()
    sql = "WITH o AS (SELECT rowid, * FROM new) SELECT o.rowid, o.name FROM o JOIN person AS p"
    yield run(f"{sql} ON p.rowid = o.rowid").fetchall()


@scenario
def pragmas_at_the_start(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    ask = connection.execute
    for sql in (
        "PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "PRAGMA synchronous = NORMAL",
        "PRAGMA synchronous", "PRAGMA busy_timeout = 3000", "PRAGMA busy_timeout",
        "PRAGMA temp_store = MEMORY", "PRAGMA temp_store", "PRAGMA mmap_size = 0", "PRAGMA foreign_keys = ON",
        "PRAGMA foreign_keys", "PRAGMA integrity_check",
        "PRAGMA quick_check(1)", "PRAGMA optimize", "PRAGMA encoding", "PRAGMA case_sensitive_like = OFF",
        "PRAGMA cache_spill", "PRAGMA cache_spill = 50", "PRAGMA cache_spill", "PRAGMA cache_spill(off)",
        "PRAGMA compile_options", "PRAGMA locking_mode", "PRAGMA auto_vacuum", "PRAGMA freelist_count",
        "PRAGMA legacy_alter_table = OFF", "PRAGMA trusted_schema = ON", "PRAGMA application_id",
    ):  # fmt: skip
        yield sql, ask(sql).fetchall()


@scenario
def like_by_case(connect: Connect) -> Iterator[Any]:
    connection = connect(isolation_level=None)
    connection.create_function("twice", 1, lambda text: text * 2)
    run = connection.execute
    run("CREATE TABLE l(t TEXT, n, b BLOB)")
    run("INSERT INTO l VALUES ('Abc', 1, x'41'), ('abc', 'ABC', NULL)")
    run("INSERT INTO l VALUES ('a\\c%', 'x_y', 'q'), ('ÄÖ', 2.5, 'Q')")
    asked: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("SELECT t FROM l WHERE t LIKE 'a%'", ()),
        ("SELECT t FROM l WHERE t LIKE ?", ("A%",)),
        ("SELECT t FROM l WHERE t NOT LIKE 'a_c'", ()),
        ("SELECT t FROM l WHERE t LIKE 'a\\c%'", ()),
        ("SELECT t FROM l WHERE t LIKE ? ESCAPE '\\'", ("a\\\\%",)),
        ("SELECT n FROM l WHERE n LIKE '%B%'", ()),
        ("SELECT t FROM l WHERE t LIKE 'a|\\c|%' ESCAPE '|'", ()),
        ("SELECT b FROM l WHERE b LIKE 'q'", ()),
        ("SELECT like('A%', t), like('ä%', t) FROM l", ()),
        ("SELECT t FROM l WHERE t LIKE 'a|' ESCAPE '|'", ()),
        ("SELECT twice(t) FROM l WHERE t LIKE 'A%'", ()),
        ("SELECT 'x' LIKE ?, 'X' LIKE ?", ("X", "X")),
        ("SELECT t FROM l WHERE t LIKE 'aXc' ESCAPE 'X'", ()),
        ("SELECT 'Abc' LIKE NULL, NULL LIKE 'a'", ()),
        ("SELECT count(*) FROM l AS a JOIN l AS b ON a.t LIKE b.t", ()),
    )
    for switch in ("case_sensitive_like", "case_sensitive_like = ON", "case_sensitive_like = OFF"):
        yield run(f"PRAGMA {switch}").fetchall()
        for sql, values in asked:
            yield sql, run(sql, values).fetchall()
    run("PRAGMA case_sensitive_like = 1")
    run("CREATE TABLE other(a)")
    yield run("SELECT t FROM l WHERE t LIKE 'A%'").fetchall()


@scenario
def what_is_gathered_in_order(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    run = connection.execute
    connection.executemany("INSERT INTO pet(owner, name) VALUES (1, ?)", [(name,) for name in "dbca"])
    run("UPDATE pet SET owner = NULL WHERE name = 'c'")
    yield run("SELECT group_concat(name) FROM (SELECT rowid, name FROM pet ORDER BY name)").fetchall()
    sql = "SELECT owner, group_concat(name, '') FROM (SELECT * FROM pet ORDER BY name DESC) GROUP BY owner"
    yield run(f"{sql} ORDER BY 1").fetchall(), run("SELECT group_concat(name) FROM pet").fetchall()
    yield run(
        "SELECT json_group_array(name) FROM (SELECT name FROM pet ORDER BY id DESC LIMIT 2) AS q"
    ).fetchall()


@scenario
def rebuilding_as_tools_do(connect: Connect) -> Iterator[Any]:
    connection = connect(isolation_level=None)
    run = connection.execute
    run('CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER CHECK ("n" >= 0))')
    run("CREATE TABLE b(a INTEGER REFERENCES a(id) DEFERRABLE INITIALLY DEFERRED)")
    run("CREATE VIEW v AS SELECT n FROM a")
    run("INSERT INTO a VALUES (1, 5)")
    yield error(lambda: run("INSERT INTO a VALUES (2, -1)"))
    run("BEGIN")
    run("INSERT INTO b VALUES (1)")
    run("CREATE INDEX b_a ON b(a)")
    run("INSERT INTO b VALUES (7)")
    run("INSERT INTO a VALUES (7, 7)")
    run("COMMIT")
    run("PRAGMA foreign_keys = OFF")
    run("BEGIN")
    run("PRAGMA defer_foreign_keys = ON")
    yield run("PRAGMA defer_foreign_keys").fetchone()
    run("CREATE TABLE new(id INTEGER PRIMARY KEY, n TEXT)")
    run("INSERT INTO new SELECT * FROM a")
    run("PRAGMA legacy_alter_table = ON")
    run("DROP TABLE a")
    run("ALTER TABLE new RENAME TO a")
    run("PRAGMA legacy_alter_table = OFF")
    run("COMMIT")
    yield run("PRAGMA defer_foreign_keys").fetchone()
    yield run("SELECT * FROM v").fetchall(), run("SELECT * FROM b").fetchall()


@scenario
def blob_columns_hold_anything(connect: Connect) -> Iterator[Any]:
    connection = connect()
    run = connection.execute
    run("CREATE TABLE cache(key BLOB, raw INTEGER, value BLOB)")
    run("CREATE UNIQUE INDEX cache_key ON cache(key, raw)")
    for key in (1, 1.5, "one", b"\x00one", 2**40):
        run("INSERT INTO cache VALUES (?, 1, ?)", (key, key))
    for key in (1, 1.5, "one", b"\x00one", 2**40):
        yield run("SELECT rowid, value FROM cache WHERE key = ? AND raw = ?", (key, 1)).fetchall()
    yield error(lambda: run("INSERT INTO cache VALUES (?, 1, NULL)", ("one",)))[0]
    yield run("UPDATE cache SET value = value || '!' WHERE typeof(key) = 'text'").rowcount
    yield run("SELECT value, typeof(value), length(value) FROM cache ORDER BY value").fetchall()


@scenario
def numeric_columns(connect: Connect) -> Iterator[Any]:
    connection = connect()
    run = connection.execute
    run("CREATE TABLE j(price DECIMAL(10,2), n NUMERIC, b BOOLEAN, d DOUBLE, f FLOAT)")
    for value in (0, 1.5, 2.0, "3", 2**60, -0.25, None, True):
        run("INSERT INTO j VALUES (?, ?, ?, ?, ?)", (value, value, 1, value, value))
    yield run("SELECT * FROM j").fetchall(), run("SELECT sum(price), max(n), avg(d) FROM j").fetchall()
    yield run("SELECT price FROM j WHERE price > 1 ORDER BY price DESC").fetchall()


@scenario
def rebuilding_between_two_keys(connect: Connect) -> Iterator[Any]:
    connection = connect(isolation_level=None)
    run = connection.execute
    run("CREATE TABLE beds (id INTEGER PRIMARY KEY)")
    run("INSERT INTO beds VALUES (1)")
    run("CREATE TABLE plants (id INTEGER PRIMARY KEY, nom TEXT, bed INTEGER REFERENCES beds(id))")
    run("CREATE TABLE w (id INTEGER PRIMARY KEY, p INTEGER REFERENCES plants(id))")
    run("INSERT INTO plants VALUES (1, 'rose', 1)")
    run("INSERT INTO w VALUES (1, 1)")
    run("PRAGMA foreign_keys = 0")
    run("BEGIN")
    run("CREATE TABLE plants_new (id INTEGER PRIMARY KEY, nom TEXT, bed INTEGER REFERENCES beds(id), more)")
    run("INSERT INTO plants_new (rowid, id, nom, bed) SELECT rowid, id, nom, bed FROM plants")
    run("DROP TABLE plants")
    run("ALTER TABLE plants_new RENAME TO plants")
    run("CREATE INDEX idx_plants_nom ON plants (nom)")
    run("COMMIT")
    run("PRAGMA foreign_keys = 1")
    yield run("SELECT * FROM plants").fetchall(), run("PRAGMA foreign_key_check").fetchall()
    yield error(lambda: run("INSERT INTO w VALUES (2, 9)"))


@scenario
def names_of_rowids_and_ties(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    run = connection.execute
    for sql in (
        "WITH o AS (SELECT rowid, * FROM pet) SELECT o.* FROM o", "SELECT * FROM (SELECT oid, name FROM pet)",
        "SELECT rowid, name FROM pet", "SELECT * FROM (SELECT pet.rowid FROM pet)",
    ):  # fmt: skip
        yield [each[0] for each in run(sql).description]
    connection.executemany("INSERT INTO pet(owner, name) VALUES (?, ?)", [(1, "b"), (1, "a"), (None, "c")])
    run("UPDATE pet SET name = 'b' WHERE id IN (1, 3)")
    yield (
        run("SELECT id FROM pet ORDER BY name").fetchall(),
        run("SELECT id FROM pet ORDER BY 1 DESC").fetchall(),
    )
    yield run("SELECT name FROM pet ORDER BY owner DESC LIMIT 2").fetchall()
    yield run("SELECT DISTINCT name FROM pet ORDER BY name").fetchall()


@scenario
def functions_in_changes(connect: Connect) -> Iterator[Any]:
    connection = people(connect)
    run = connection.execute
    connection.executemany("INSERT INTO pet(owner, name) VALUES (?, ?)", [(1, "b"), (1, "a"), (None, "c")])
    connection.commit()
    connection.create_function("twice", 1, lambda value: value * 2)
    connection.create_function("fails", 1, lambda value: 1 // 0)
    yield run("UPDATE pet SET name = twice(name), owner = NULL WHERE twice(id) > ?", (2,)).rowcount
    yield connection.in_transaction, run("SELECT * FROM pet").fetchall()
    yield error(lambda: run("UPDATE pet SET name = fails(name)")), run("SELECT changes()").fetchone()
    yield run("DELETE FROM pet WHERE twice(name) = 'bb'").rowcount, run("SELECT id FROM pet").fetchall()
    cursor = connection.cursor()
    cursor.executemany("UPDATE pet SET name = twice(name) WHERE id = ?", [(2,), (3,), (9,)])
    yield cursor.rowcount, run("SELECT name FROM pet").fetchall()
    connection.rollback()
    yield run("SELECT * FROM pet").fetchall()


@scenario
def names_of_the_rowid(connect: Connect) -> Iterator[Any]:
    """A column may have one of them for its own; of several that are given, the last counts."""
    connection = connect(isolation_level=None)
    connection.execute("CREATE TABLE bare (a, rowid TEXT)")
    connection.execute("CREATE TABLE keyed (id INTEGER PRIMARY KEY, oid TEXT, n)")
    for sql in (
        "INSERT INTO bare VALUES (1, 'r')",
        "INSERT INTO bare (a, rowid) VALUES (2, 's')",
        "INSERT INTO bare (_rowid_, a, rowid) VALUES (9, 3, 't')",
        "UPDATE bare SET rowid = 'z' WHERE oid = 2",
        "UPDATE bare SET oid = 12 WHERE rowid = 't'",
        "DELETE FROM bare WHERE rowid = 'r'",
        "INSERT INTO keyed (oid, n) VALUES ('o', 1)",
        "INSERT INTO keyed (rowid, oid, n) VALUES (8, 'p', 1)",
        "INSERT INTO keyed (id, rowid, oid) VALUES (10, 11, 'q')",
        "INSERT INTO keyed (rowid, id, oid) VALUES (12, 13, 'r')",
        "UPDATE keyed SET _rowid_ = 5 WHERE oid = 'o'",
        "INSERT INTO keyed (id, oid) VALUES (5, 'x') ON CONFLICT (id) DO UPDATE SET oid = 'x!'",
        "INSERT OR IGNORE INTO keyed (rowid, oid) VALUES (5, 'no'), (6, 'yes')",
    ):
        cursor = connection.execute(sql)
        yield cursor.lastrowid, cursor.rowcount
    yield connection.execute("SELECT _rowid_, oid, * FROM bare ORDER BY a").fetchall()
    yield connection.execute("SELECT rowid, * FROM keyed ORDER BY id").fetchall()


@scenario
def numbers_of_autoincrement(connect: Connect) -> Iterator[Any]:
    connection = connect(isolation_level=None)
    connection.execute("CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, a)")
    connection.execute("INSERT INTO counted (a) VALUES (1), (2)")
    connection.executemany(
        "UPDATE sqlite_sequence SET seq = ? WHERE name = ?", [(7, "counted"), (9, "counted")]
    )
    connection.executemany("INSERT INTO counted (a) VALUES (?)", [(3,), (4,)])
    yield connection.execute("SELECT * FROM counted").fetchall()
    yield connection.execute("SELECT * FROM sqlite_sequence").fetchall()
