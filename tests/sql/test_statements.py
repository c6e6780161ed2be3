# ruff: noqa: E501 - one case is one line
"""Statements of applications, on SQLite and on the moved database: the same rows, names and classes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sql_engines import Moved, Outcome, Value, ordered

from outgrow.errors import TranslationError
from outgrow.translate.statement import Translator

SHARED = Path(__file__).resolve().parents[3] / "shared" / "cases" / "statements.sql"
_LINES = SHARED.read_text().splitlines() if SHARED.exists() else []
STATEMENTS = [line for line in _LINES if line.strip() and not line.startswith("--")]
SETUP = [line.removeprefix("-- ") for line in _LINES if line.startswith(("-- CREATE", "-- INSERT"))]
_DEFINITIONS = ("CREATE", "ALTER", "DROP")
REFUSED = {
    "ATTACH DATABASE 'x.db' AS x": "ATTACH: move the other file into a schema of this database, "
    "and name it there"
}
OF_A_SESSION = {"SELECT last_insert_rowid()", "SELECT changes()"}
"""Answered from what the session did, which only the program that runs the statements can tell."""
OWN = Path(__file__).with_name("statements.sql")
OWN_SETUP = Path(__file__).with_name("statements_setup.sql")


@pytest.fixture(scope="module")
def given(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    index = "CREATE INDEX ix ON t(s, n, r, b, d, j)"
    yield from _moved(";".join([*SETUP, index]), new_database(), tmp_path_factory)


@pytest.fixture(scope="module")
def own(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    yield from _moved(OWN_SETUP.read_text(), new_database(), tmp_path_factory)


def _moved(script: str, url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    path = tmp_path_factory.mktemp("sql") / "source.db"
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    moved = Moved(path, url)
    yield moved
    moved.close()


def _same(moved: Moved, sql: str, parameters: tuple[Value, ...] = ()) -> None:
    ours, theirs = moved.both(sql, parameters)
    assert isinstance(theirs, Outcome), theirs
    assert not theirs.error or ours.error, theirs
    left, right = ordered(ours, sql), ordered(theirs, sql)
    assert (list(map(repr, left.rows)), left.labels) == (list(map(repr, right.rows)), right.labels), (
        theirs.sql
    )
    assert bool(left.error) == bool(right.error), (left.error, right.error)


@pytest.mark.skipif(not STATEMENTS, reason="the shared statements are not here")
@pytest.mark.parametrize("sql", [line for line in STATEMENTS if not line.startswith(_DEFINITIONS)])
def test_a_shared_statement_means_the_same(
    given: Moved, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # ATTACH makes a file
    if sql in REFUSED:
        _, theirs = given.both(sql)
        assert isinstance(theirs, TranslationError)
        assert theirs.missing == REFUSED[sql]
    elif sql in OF_A_SESSION:
        assert given.on_postgres(sql).rows == [(0,)]
    elif sql.startswith("BEGIN"):
        assert given.on_postgres(sql).error == ""
        assert given.on_postgres("ROLLBACK").error == ""
    else:
        _same(given, sql)


@pytest.mark.parametrize("sql", OWN.read_text().splitlines())
def test_a_statement_means_the_same(own: Moved, sql: str) -> None:
    _same(own, sql)


WRITES = [
    "INSERT INTO item(name, price) VALUES ('new', 2.5), ('other', 3)",
    "INSERT INTO item VALUES (NULL, 'x', 1, NULL, NULL, NULL, NULL, '')",
    "INSERT INTO item(id, name) VALUES (50, 'fifty')",
    "INSERT OR IGNORE INTO item(id, name) VALUES (1, 'again')",
    "INSERT OR REPLACE INTO item(id, name) VALUES (1, 'again')",
    "REPLACE INTO tag(item_id, word, rank) VALUES (1, 'red', 7), (9, 'blue', 8)",
    "REPLACE INTO code(id, code, label) VALUES (9, 'B', 'two rows in the way'), (1, 'C', 'x')",
    "INSERT INTO tag VALUES (1, 'red', 5) ON CONFLICT(item_id, word) DO UPDATE SET rank = rank + excluded.rank",
    "INSERT INTO tag VALUES (1, 'red', 5) ON CONFLICT DO NOTHING",
    "INSERT INTO tag VALUES (1, 'red', 1) ON CONFLICT(item_id, word) DO UPDATE SET rank = 0 WHERE tag.rank > 100",
    "INSERT INTO item(name, price) SELECT name || '!', price * 2 FROM item WHERE price > 1",
    "INSERT INTO item(name, added) VALUES ('dated', '2024-05-06 07:08:09')",
    "INSERT INTO item(name, mixed) VALUES ('m', 1), ('n', 'text'), ('o', 2.5), ('p', x'00ff')",
    "UPDATE item SET price = price + 1, name = upper(name) WHERE id <= 2",
    "UPDATE item SET (name, price) = ('both', 9) WHERE id = 3",
    "UPDATE item SET price = (SELECT max(rank) FROM tag WHERE item_id = item.id)",
    "UPDATE item SET price = t.rank FROM tag AS t WHERE t.item_id = item.id AND t.word = 'red'",
    "UPDATE item SET mixed = mixed || 'x' WHERE mixed IS NOT NULL",
    "UPDATE item SET active = NOT active",
    "UPDATE OR IGNORE item SET price = 3 WHERE id = 1",
    "UPDATE item SET price = 0 ORDER BY id DESC LIMIT 2",
    "DELETE FROM item WHERE id IN (SELECT item_id FROM tag)",
    "DELETE FROM item ORDER BY price DESC LIMIT 1",
    "DELETE FROM tag",
    "WITH big AS (SELECT id FROM item WHERE price > 1) DELETE FROM item WHERE id IN big",
    "UPDATE item SET added = datetime(added, '+1 month') WHERE added IS NOT NULL",
]
AFTERWARDS = [
    "SELECT * FROM item ORDER BY id",
    "SELECT * FROM tag ORDER BY 1, 2",
    "SELECT * FROM code ORDER BY id",
]


@pytest.mark.parametrize("sql", WRITES)
def test_a_write_leaves_the_same_tables(own: Moved, sql: str) -> None:
    ours, theirs = own.afterwards(sql, AFTERWARDS)
    assert ours == theirs


PARAMETERS = [
    ("SELECT name FROM item WHERE id = ?", (1,)),
    ("SELECT name FROM item WHERE name = ? OR price > ?", ("apple", 2)),
    ("SELECT id FROM item WHERE added = ?", ("2024-01-31 10:20:30",)),
    ("SELECT id FROM item WHERE active = ?", (1,)),
    ("SELECT ?1 + ?1, ?2 || ?1, typeof(?3)", (2, "a", None)),
    ("SELECT id FROM item ORDER BY id LIMIT ? OFFSET ?", (2, 1)),
    ("SELECT ? IS NULL, coalesce(?, 'none')", (None, None)),
    ("SELECT id FROM item WHERE id IN (?, ?, ?) ORDER BY id", (1, "2", 3.0)),
    ("SELECT id FROM item WHERE name LIKE ? ORDER BY id", ("%A%",)),
    ("SELECT hex(?), length(?)", (b"\x00\xff", b"abc")),
    ("SELECT mixed FROM item WHERE mixed = ? ORDER BY id", (1,)),
    ("SELECT mixed FROM item WHERE mixed > ? ORDER BY id", ("a",)),
    *[
        (f"SELECT id, added FROM item WHERE {test} ORDER BY id", (text,))
        for test in (
            "added < ?",
            "added <= ?",
            "added > ?1",
            "? <= added",
            "added <> ?",
            "NOT added IN (?)",
            "added IS ?",
        )
        for text in (
            "2024-02-29 00:00:00",
            "2024-02",
            "2024",
            "",
            "x",
            "2024-02-29 00:00:00.1",
            "2023-02-29 00:00:00",
            None,
        )
    ],
]


@pytest.mark.parametrize(("sql", "parameters"), PARAMETERS)
def test_a_statement_with_parameters(own: Moved, sql: str, parameters: tuple[Value, ...]) -> None:
    _same(own, sql, parameters)


@pytest.mark.parametrize(
    ("sql", "translated"),
    [
        ("SELECT name FROM item WHERE id = ?", "SELECT item.name FROM public.item WHERE item.id = $1"),
        ("SELECT name FROM item WHERE name = :n", "SELECT item.name FROM public.item WHERE item.name = $1"),
        ("DELETE FROM tag WHERE item_id = ?", "DELETE FROM public.tag WHERE tag.item_id = $1"),
        ("UPDATE item SET price = ? WHERE id = ?", "UPDATE public.item SET price = $1 WHERE item.id = $2"),
        (
            "INSERT INTO tag VALUES (?, ?, ?)",
            "INSERT INTO public.tag (item_id, word, rank) VALUES ($1, $2, $3)",
        ),
    ],
)
def test_the_common_case_stays_plain(own: Moved, sql: str, translated: str) -> None:
    assert own.translated(sql).sql == translated


def test_a_join_of_many_tables_leaves_the_order_to_postgresql(own: Moved) -> None:
    def joined(count: int) -> str:
        links = " AND ".join(f"c{n}.id = c{n - 1}.id" for n in range(2, count))
        tables = ", ".join(f"code AS c{n}" for n in range(1, count))
        return f"SELECT 1 FROM {tables} JOIN code AS c{count} ON c{count}.id = c1.id OR 0 WHERE {links} OR 0"

    assert "CROSS JOIN" in own.translated(joined(8)).sql
    wide = own.translated(joined(9)).sql
    assert "JOIN" not in wide
    assert (
        "public.code AS c8, public.code AS c9 WHERE (c9.id = c1.id OR false) AND (c2.id = c1.id AND" in wide
    )
    _same(own, joined(9))


def test_distinct_takes_one_argument(own: Moved) -> None:
    ours, theirs = own.both("SELECT group_concat(DISTINCT word, ';') FROM tag")
    assert ours.error
    assert isinstance(theirs, TranslationError)


def test_an_index_is_used(own: Moved) -> None:
    own.post.execute("SET enable_seqscan = off")
    own.post.execute("CREATE INDEX item_added ON item (added)")
    for sql, index in (
        ("SELECT name FROM item WHERE id = 3", "item_pkey"),
        ("SELECT name FROM item WHERE added >= '2024-02'", "item_added"),
        ("SELECT name FROM item WHERE added BETWEEN '2024-02' AND '2024-03'", "item_added"),
        ("SELECT word FROM tag WHERE item_id = 3 AND word = 'x'", "tag_pkey"),
        ("SELECT id FROM item ORDER BY name LIMIT 1", "item_name"),
        ("SELECT id FROM code WHERE code = 'A'", "code_code_key"),
    ):
        plan = own.post.execute("EXPLAIN " + own.translated(sql).sql).fetchall()  # type: ignore[arg-type]
        assert index in str(plan), (sql, plan)
    own.post.execute("PREPARE dated AS " + own.translated("SELECT name FROM item WHERE added > ?").sql)  # type: ignore[arg-type]
    for mode in ("force_custom_plan", "force_generic_plan"):
        own.post.execute(f"SET plan_cache_mode = {mode}")  # type: ignore[arg-type]
        assert "item_added" in str(own.post.execute("EXPLAIN EXECUTE dated('2024-02')").fetchall())
    own.post.execute("RESET plan_cache_mode")
    own.post.execute("DROP INDEX item_added")
    own.post.execute("RESET enable_seqscan")


def test_a_translator_for_many_threads(given: Moved) -> None:
    """More statements than it keeps, from more threads than one."""
    translate = Translator(given.model, bytewise=given.bytewise, size=2)
    statements = [f"SELECT n + {number % 7} FROM t" for number in range(400)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(translate, statements))
    assert found == list(map(given.translated, statements))
    assert translate(statements[-1]) is translate(statements[-1])


def test_a_plan_has_sqlite_s_columns(given: Moved) -> None:
    sql = "EXPLAIN QUERY PLAN SELECT s FROM t WHERE id = ? AND n > (SELECT avg(n) FROM t)"
    ours, theirs = given.on_sqlite(sql, (1,)), given.on_postgres(sql, (1,))
    assert ours.labels == theirs.labels == ("id", "parent", "notused", "detail")
    assert [row[0] for row in theirs.rows] == list(range(1, len(theirs.rows) + 1))
    assert all(type(row[1]) is int and row[1] < row[0] and row[2] == 0 for row in theirs.rows), theirs.rows
    details = {str(row[3]): row for row in theirs.rows}
    above = {row[0]: str(row[3]) for row in theirs.rows}
    (filter_,) = (row for text, row in details.items() if text.startswith("Filter: "))
    assert above[filter_[1]].startswith(("Index Scan using t_pkey on t", "Seq Scan on t"))
    assert "$1" in "".join(details)
    assert given.translated(sql).findings == ("EXPLAIN QUERY PLAN: the words and the plan are PostgreSQL's",)


@pytest.mark.parametrize(
    "sql",
    [
        "EXPLAIN QUERY PLAN SELECT 1",
        "explain query plan INSERT INTO t(s) VALUES ('not written')",
        "EXPLAIN QUERY PLAN DELETE FROM t",
        "EXPLAIN QUERY PLAN UPDATE t SET n = 1 WHERE id = 1;",
    ],
)
def test_a_plan_runs_nothing(sql: str, given: Moved) -> None:
    before = given.on_postgres("SELECT count(*), sum(n) FROM t").rows
    found = given.on_postgres(sql)
    assert found.rows, found
    assert given.on_postgres("SELECT count(*), sum(n) FROM t").rows == before


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("EXPLAIN SELECT 1", "EXPLAIN, which prints SQLite's own bytecode: ask EXPLAIN QUERY PLAN"),
        ("EXPLAIN QUERY PLAN PRAGMA user_version", "EXPLAIN QUERY PLAN PRAGMA: it has no plan"),
        ("EXPLAIN QUERY PLAN SELECT * FROM nosuch", "the table nosuch"),
    ],
)
def test_what_has_no_plan(sql: str, says: str, given: Moved) -> None:
    with pytest.raises(TranslationError) as refusal:
        given.translated(sql)
    assert refusal.value.missing == says
