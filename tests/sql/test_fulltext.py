# ruff: noqa: E501 - one case is one line
"""Full text on SQLite and on the moved database: the same rows, ranks and marks, also after writes."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator

import psycopg
import pytest
from sql_engines import Moved, Outcome, Value, ordered

from outgrow.errors import TranslationError
from outgrow.move.define import define, is_definition
from outgrow.move.remembered import remembered
from outgrow.options import Options
from outgrow.postgres.functions import install
from outgrow.schema.target import TargetModel
from outgrow.translate.statement import translate_statement

FTS5 = """
CREATE VIRTUAL TABLE docs USING fts5(title, body, note UNINDEXED);
INSERT INTO docs VALUES
    ('The cat', 'a cat sat on the mat', 'x'), ('Dogs', 'the dog and the cat ran', 'cat'),
    ('Birds', 'nothing here', NULL), ('Ünïcode', 'naïve café', 5);
INSERT INTO docs(rowid, title, body) VALUES (20, 'late', 'the very late cat');
CREATE TABLE art(id INTEGER PRIMARY KEY, a TEXT, b TEXT, made TEXT);
INSERT INTO art VALUES
    (1, 'one two', 'three', '2020-01-01'), (7, 'two three', 'four', '2021-01-01'), (9, 'five', 'twos', '2022-01-01');
CREATE VIRTUAL TABLE af USING fts5(a, b, content=art, content_rowid=id, tokenize='porter unicode61');
INSERT INTO af(af) VALUES ('rebuild');
CREATE TRIGGER art_ai AFTER INSERT ON art BEGIN INSERT INTO af(rowid, a, b) VALUES (new.id, new.a, new.b); END;
CREATE TRIGGER art_ad AFTER DELETE ON art BEGIN
    INSERT INTO af(af, rowid, a, b) VALUES ('delete', old.id, old.a, old.b); END;
CREATE TRIGGER art_au AFTER UPDATE ON art BEGIN
    INSERT INTO af(af, rowid, a, b) VALUES ('delete', old.id, old.a, old.b);
    INSERT INTO af(rowid, a, b) VALUES (new.id, new.a, new.b); END;
CREATE VIEW v AS SELECT d.title, highlight(docs, 1, '<', '>') AS h FROM docs AS d WHERE docs MATCH 'cat' ORDER BY rank;
CREATE TABLE page(name TEXT PRIMARY KEY, text TEXT);
INSERT INTO page VALUES ('home', 'welcome home'), ('away', 'far from home'), ('x', 'nothing');
DELETE FROM page WHERE name = 'home'; INSERT INTO page VALUES ('home', 'welcome home');
CREATE VIRTUAL TABLE page_fts USING fts5(text, content='page', prefix='2 3');
INSERT INTO page_fts(page_fts) VALUES ('rebuild');
CREATE TRIGGER page_ai AFTER INSERT ON page BEGIN
    INSERT INTO page_fts(rowid, text) VALUES (new.rowid, new.text); END;
CREATE TRIGGER page_ad AFTER DELETE ON page BEGIN
    INSERT INTO page_fts(page_fts, rowid, text) VALUES ('delete', old.rowid, old.text); END;
CREATE VIRTUAL TABLE tri USING fts5(s, tokenize='trigram');
INSERT INTO tri VALUES ('abcdef'), ('xbcdx'), ('ABC');
CREATE VIRTUAL TABLE ranked USING fts5(a, b);
INSERT INTO ranked VALUES ('one', 'two'), ('two', 'one one'), ('one one one', 'x');
INSERT INTO ranked(ranked, rank) VALUES ('rank', 'bm25(1.0, 20.0)');
CREATE VIRTUAL TABLE bare USING fts5(a, b, content='', tokenize='porter');
INSERT INTO bare(rowid, a, b) VALUES (1, 'one two', 'three running'), (5, 'two', NULL), (7, NULL, ''), (9, 'Ünï two', 'one');
CREATE VIRTUAL TABLE bare3 USING fts5(a, content='', tokenize='trigram');
INSERT INTO bare3(rowid, a) VALUES (1, 'abc def'), (2, 'bcdef');
CREATE VIRTUAL TABLE reals USING fts5(r, i, bl);
INSERT INTO reals VALUES (1.5, 10, x'6162'), (2.25, 20, x'c3a9'), (1e300, 30, NULL);
CREATE VIRTUAL TABLE "My Docs" USING fts5("Select", "fts_vector", "a ""b");
INSERT INTO "My Docs" VALUES ('one', 'two', 'three'), ('two', 'x', 'y');
CREATE VIRTUAL TABLE six USING fts5(a, b, c, d, e, f);
INSERT INTO six VALUES ('one two', 'x', 'y', 'z', 'two two', 'one'), ('q', 'one', 'y', 'z', 'two', 'three two');
CREATE VIRTUAL TABLE dn USING fts5(a, b, detail=none, columnsize=0);
INSERT INTO dn VALUES ('one two', 'three'), ('two', 'one');
CREATE VIEW seen AS SELECT id, a || ' plus' AS a, made FROM art;
CREATE VIRTUAL TABLE ev USING fts5(a, made, content=seen, content_rowid=id);
INSERT INTO ev(ev) VALUES ('rebuild');
CREATE VIRTUAL TABLE odd USING fts5(n, m, tokenize = "unicode61 tokenchars '-_'");
INSERT INTO odd VALUES (1, 2.5), ('well-known', x'616263'), (NULL, 'a_b');
"""
SEARCHES = (
    "SELECT * FROM docs",
    "SELECT rowid, * FROM docs WHERE docs MATCH 'cat'",
    "SELECT rowid, rank FROM docs WHERE docs MATCH 'cat' ORDER BY rank",
    "SELECT rowid, bm25(docs, 10.0, 5.0) FROM docs WHERE docs MATCH 'cat OR dog' ORDER BY bm25(docs, 10.0, 5.0)",
    "SELECT rowid FROM docs WHERE title MATCH 'cat'",
    "SELECT rowid FROM docs WHERE docs = 'cat'",
    "SELECT rowid, rank FROM docs('cat') ORDER BY rank",
    "SELECT snippet(docs, -1, '[', ']', '...', 3), highlight(docs, 0, '<b>', '</b>'), highlight(docs, 2, '<', '>') FROM docs WHERE docs MATCH 'cat'",
    "SELECT rowid FROM docs WHERE docs MATCH 'cat AND'",
    "SELECT rowid FROM docs WHERE docs MATCH 'nowhere : cat'",
    "SELECT rowid FROM docs WHERE docs MATCH 'cat' AND rowid > 1",
    "SELECT * FROM art WHERE id IN (SELECT rowid FROM af WHERE af MATCH 'two')",
    "SELECT * FROM art WHERE id NOT IN (SELECT rowid FROM af WHERE af MATCH 'two')",
    "SELECT af.*, art.made FROM af JOIN art ON art.id = af.rowid WHERE af MATCH 'two' ORDER BY rank",
    "SELECT art.id FROM art JOIN af ON af.rowid = art.id AND af MATCH 'two'",
    "SELECT rowid, * FROM af",
    "SELECT a FROM af WHERE a MATCH 'two' AND b MATCH 'three'",
    "SELECT title FROM docs WHERE docs MATCH 'cat' AND rank MATCH 'bm25(10.0, 1.0)' ORDER BY rank",
    "SELECT count(*) FROM docs WHERE docs MATCH NULL",
    "SELECT d.rowid, bm25(docs) FROM docs AS d WHERE d.docs MATCH 'cat'",
    "SELECT rank FROM docs",
    "SELECT highlight(docs, 0, '<', '>'), snippet(docs, 1, '<', '>', '..', 2) FROM docs",
    "SELECT * FROM v",
    "SELECT a.title, b.title FROM docs a, docs b WHERE a.docs MATCH 'dog' AND b.docs MATCH 'birds'",
    "SELECT id, (SELECT count(*) FROM docs WHERE docs MATCH art.a) FROM art",
    "SELECT rowid FROM docs WHERE docs MATCH 'note : cat'",
    "SELECT rowid FROM docs WHERE docs MATCH 'body : cat NOT title : cat'",
    "SELECT rowid FROM docs WHERE docs MATCH 'NEAR(the cat late, 4)'",
    "SELECT a FROM art WHERE EXISTS (SELECT 1 FROM af WHERE af MATCH 'two' AND af.rowid = art.id)",
    "SELECT max(rowid), count(*) FROM docs WHERE docs MATCH 'cat'",
    "SELECT DISTINCT title FROM docs WHERE docs MATCH 'cat' ORDER BY rank",
    "SELECT p.name, p.text FROM page_fts JOIN page p ON p.rowid = page_fts.rowid WHERE page_fts MATCH 'ho*' ORDER BY p.name",
    "SELECT rowid, * FROM page_fts WHERE page_fts MATCH 'home' ORDER BY rowid",
    "SELECT *, rowid FROM page",
    "SELECT rowid, highlight(tri, 0, '<', '>') FROM tri WHERE tri MATCH 'bcd'",
    "SELECT rowid FROM tri WHERE tri MATCH 'abc'",
    "SELECT rowid FROM tri WHERE s LIKE '%bcd%'",
    "SELECT rowid, rank FROM ranked WHERE ranked MATCH 'one' ORDER BY rank",
    "SELECT rowid, n, m, typeof(n), typeof(m) FROM odd WHERE odd MATCH '1 OR \"well-known\" OR a_b' ORDER BY rowid",
    "SELECT rowid FROM odd WHERE odd MATCH 'abc OR 2'",
    "SELECT rowid, * FROM reals WHERE reals MATCH '\"1.5\" OR 20 OR ab OR é OR \"1.0e+300\"'",
    """SELECT rowid, *, highlight("My Docs", 1, '<', '>') AS h FROM "My Docs" WHERE "My Docs" MATCH 'two' ORDER BY rank""",
    "SELECT rowid, rank, bm25(six, 1, 2, 3, 4, 5, 6), highlight(six, 4, '<', '>') FROM six WHERE six MATCH 'two' ORDER BY rank",
    "SELECT rowid FROM six WHERE six MATCH 'e:two NEAR(one two)'",
    "WITH s AS (SELECT rowid AS r, rank AS k FROM six WHERE six MATCH 'two') SELECT r FROM s ORDER BY k",
    "SELECT r.rowid, (SELECT snippet(six, -1, '<', '>', '.', 4) FROM six WHERE six MATCH 'two' AND six.rowid = r.rowid) FROM reals r",
    "SELECT rowid, rank FROM dn WHERE dn MATCH 'one two' ORDER BY rank",
    "SELECT rowid, * FROM ev WHERE ev MATCH 'plus NOT 2022' ORDER BY rank",
    "SELECT art.made FROM art JOIN ev ON ev.rowid = art.id WHERE ev MATCH 'one'",
    "SELECT rowid, * FROM bare",
    "SELECT rowid, a, rank, highlight(bare, 0, '<', '>'), snippet(bare, -1, '<', '>', '.', 3) FROM bare WHERE bare MATCH 'two' ORDER BY rank",
    "SELECT rowid FROM bare WHERE bare MATCH '\"one two\" OR b:run OR ^uni'",
    "SELECT rowid FROM bare3 WHERE bare3 MATCH '\"bc d\"'",
)  # fmt: skip
WRITES = (
    "INSERT INTO art VALUES (11, 'two seven', 'x', 'y')", "UPDATE art SET a = 'seven' WHERE id = 7",
    "DELETE FROM art WHERE id = 1", "INSERT INTO docs VALUES ('new', 'cat', 'n')",
    "INSERT INTO docs(rowid, title) VALUES (99, 'cat')", "UPDATE docs SET body = 'dog' WHERE docs MATCH 'mat'",
    "DELETE FROM docs WHERE docs MATCH 'cat'", "REPLACE INTO docs(rowid, title) VALUES (1, 'cat two')",
    "INSERT INTO docs(docs) VALUES ('optimize')", "INSERT INTO docs(docs) VALUES ('rebuild')",
    "INSERT INTO docs(docs, rank) VALUES ('merge', 16)", "INSERT INTO af(af) VALUES ('rebuild')",
    "INSERT INTO af(af) VALUES ('delete-all')", "DELETE FROM af WHERE rowid = 1",
    "INSERT INTO af(rowid, a, b) VALUES (9, 'neu', 'zwei')",
    "INSERT INTO af(af, rowid, a, b) VALUES ('delete', 7, 'two three', 'four')",
    "INSERT INTO page VALUES ('new', 'home alone')", "DELETE FROM page WHERE name = 'away'",
    "INSERT INTO bare(bare, rowid, a, b) VALUES ('delete', 1, 'one two', 'three running')",
    "INSERT INTO bare(a) VALUES ('two runs')", "INSERT INTO bare(bare) VALUES ('delete-all')",
)  # fmt: skip
AFTERWARDS = (
    "SELECT rowid, * FROM docs ORDER BY rowid",
    "SELECT rowid, title FROM docs WHERE docs MATCH 'cat' ORDER BY rowid",
    "SELECT rowid, a, b FROM af WHERE af MATCH 'two OR seven OR zwei' ORDER BY rowid",
    "SELECT rowid FROM af WHERE af MATCH 'three' ORDER BY rowid",
    "SELECT rowid, * FROM af ORDER BY rowid",
    "SELECT rowid, * FROM page_fts WHERE page_fts MATCH 'home' ORDER BY rowid",
    "SELECT rowid, * FROM bare WHERE bare MATCH 'run OR two' ORDER BY rowid",
)
REFUSED = {
    "SELECT rowid FROM docs WHERE NOT docs MATCH 'cat'": "MATCH outside a full-text table, or where WHERE does not ask for it alone or with AND",
    "SELECT title MATCH 'x' FROM docs": "MATCH outside a full-text table, or where WHERE does not ask for it alone or with AND",
    "INSERT INTO docs(docs, rank) VALUES ('rank', 'bm25(2.0)')": "setting the rank of docs: give the weights in the query, as bm25(docs, …)",
    "SELECT rowid FROM docs WHERE docs MATCH 'cat' AND rank MATCH 'mine(1)'": "the rank function mine(1)",
    "UPDATE bare SET a = 'x'": "UPDATE of bare, a contentless table, which SQLite refuses too",
    "DELETE FROM bare": "DELETE of bare, a contentless table, which SQLite refuses too",
    "SELECT a FROM lang WHERE lang MATCH 'x'": "searching lang: its rows have languages of their own",
    "SELECT matchinfo(t3) FROM t3 WHERE t3 MATCH 'one'": "matchinfo() with 1 arguments of FTS4",
}
FTS3 = """
CREATE VIRTUAL TABLE t3 USING fts4(a, b);
INSERT INTO t3 VALUES ('one two three', 'four five'), ('two one', 'one'), ('three', 'one two');
CREATE VIRTUAL TABLE lang USING fts4(a, languageid=l);
INSERT INTO lang(a, l) VALUES ('x', 0), ('y', 2);
CREATE VIRTUAL TABLE u3 USING fts3(a, b, tokenize=unicode61 "remove_diacritics=0" "tokenchars=-");
INSERT INTO u3 SELECT * FROM t3;
INSERT INTO u3 VALUES ('Ünder-score é', 'né');
CREATE VIRTUAL TABLE p3 USING fts4(a, tokenize=porter);
INSERT INTO p3 VALUES ('Running runs'), ('a runner of the ran'), ('x_y relational');
CREATE TABLE c(id INTEGER PRIMARY KEY, x TEXT, y TEXT);
INSERT INTO c VALUES (3, 'alpha beta', 'gamma'), (5, 'beta', 'delta');
CREATE VIRTUAL TABLE cx USING fts4(content="c", x, y);
INSERT INTO cx(cx) VALUES ('rebuild');
CREATE TRIGGER c_bu BEFORE UPDATE ON c BEGIN DELETE FROM cx WHERE docid = old.rowid; END;
CREATE TRIGGER c_bd BEFORE DELETE ON c BEGIN DELETE FROM cx WHERE docid = old.rowid; END;
CREATE TRIGGER c_au AFTER UPDATE ON c BEGIN INSERT INTO cx(docid, x, y) VALUES (new.rowid, new.x, new.y); END;
CREATE TRIGGER c_ai AFTER INSERT ON c BEGIN INSERT INTO cx(docid, x, y) VALUES (new.rowid, new.x, new.y); END;
"""
QUERIES_OF_FTS3 = (
    "one AND", "AND one", "one OR", "one NOT two", "NOT one", '""', 'one ""', '"" one', 'one "', "(one", "one)",
    "(one two) three", "one OR two AND three", "one two OR three", "a:one", "b:one", "c:one", 'a:"one two"',
    '"one two"', '"one tw*"', "on* two", "^one", "^two", "a:^one", "one NEAR two", "one NEAR/1 three",
    "three NEAR/0 two", "one NEAR", "one NEAR AND two", "(one) NEAR two", "one NEAR (two)",
    "one-two", "-one two", "one -two", "", "   ", "!!!", "one !!! two", "near", "one and two", "one*two", '"one*"',
    "one^", "A:one", "a :one", "NEAR", "NEAR one", "one NOT", "a:one OR b:two", 'one"two three"',
    '"one two" NEAR three', "ORone", "one OR(two)", "one AND NOT two", "one NOT NOT two", '"one "two" three"',
    "one OR OR two", "(one OR two) NOT three", "one NOT (two OR three)", "!!! AND one", "one AND !!!", "NOT !!!",
    '""  NOT one', "(one two) (two three)", "one OR (two three) four", ")", "one NOT two NOT three",
    "one OR two NOT three", 'two a:"one"',
)  # fmt: skip
SEARCHES_OF_FTS3 = (
    "SELECT * FROM t3", "SELECT docid, a, l FROM lang WHERE a = 'y' AND l = 2", "SELECT * FROM lang", "SELECT docid, rowid, * FROM t3 WHERE t3 MATCH 'one' ORDER BY docid",
    "SELECT docid, * FROM cx WHERE cx MATCH 'beta'", "SELECT docid, * FROM cx",
    "SELECT * FROM u3 WHERE u3 MATCH 'under-score'", "SELECT offsets(u3) FROM u3 WHERE u3 MATCH 'é OR né'",
    "SELECT c.* FROM c JOIN cx ON c.id = cx.docid WHERE cx MATCH 'x:beta'",
    "SELECT docid, offsets(p3) FROM p3 WHERE p3 MATCH 'run OR x_y OR relations'",
    "SELECT snippet(t3), snippet(t3, '[', ']', '..', 0, 2) FROM t3 WHERE t3 MATCH 'one'",
    "SELECT rowid FROM t3 WHERE docid = 2 AND t3 MATCH 'one'",
)  # fmt: skip
WRITES_OF_FTS3 = (
    "INSERT INTO c VALUES (9, 'beta', 'z')", "UPDATE c SET x = 'zzz' WHERE id = 5", "DELETE FROM c WHERE id = 3",
    "INSERT INTO t3 VALUES ('one', 'new')", "INSERT INTO t3(docid, a) VALUES (77, 'one')",
    "UPDATE t3 SET a = 'none' WHERE docid = 1", "DELETE FROM t3 WHERE t3 MATCH 'four'",
    "INSERT INTO t3(t3) VALUES ('optimize')", "INSERT INTO t3(t3) VALUES ('merge=4,8')",
    "INSERT INTO cx(cx) VALUES ('rebuild')",
)  # fmt: skip


@pytest.fixture(scope="module")
def given(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    path = tmp_path_factory.mktemp("fulltext") / "source.db"
    connection = sqlite3.connect(path)
    connection.executescript(FTS5 + FTS3)
    connection.close()
    moved = Moved(path, new_database())
    yield moved
    moved.close()


def _rounded(outcome: Outcome, sql: str) -> list[tuple[Value, ...]]:
    return [
        tuple(f"{value:.9g}" if isinstance(value, float) else value for value in row)
        for row in ordered(outcome, sql).rows
    ]


def _same(moved: Moved, sql: str, parameters: tuple[Value, ...] = ()) -> None:
    ours, theirs = moved.both(sql, parameters)
    assert isinstance(theirs, Outcome), theirs
    assert (_rounded(ours, sql), bool(ours.error)) == (_rounded(theirs, sql), bool(theirs.error)), theirs
    assert ours.error or ours.labels == theirs.labels


@pytest.mark.parametrize("sql", [*SEARCHES, *SEARCHES_OF_FTS3])
def test_a_search_means_the_same(given: Moved, sql: str) -> None:
    _same(given, sql)


@pytest.mark.parametrize("sql", WRITES)
def test_the_index_follows_what_is_written(given: Moved, sql: str) -> None:
    ours, theirs = given.afterwards(sql, AFTERWARDS)
    assert ours == theirs


@pytest.mark.parametrize("sql", WRITES_OF_FTS3)
def test_the_index_of_fts3_follows_too(given: Moved, sql: str) -> None:
    queries = (
        "SELECT docid, * FROM t3 WHERE t3 MATCH 'one' ORDER BY docid", "SELECT docid, * FROM t3 ORDER BY docid",
        "SELECT docid, * FROM cx WHERE cx MATCH 'beta OR gamma' ORDER BY docid",
    )  # fmt: skip
    ours, theirs = given.afterwards(sql, queries)
    assert ours == theirs


@pytest.mark.parametrize("match", QUERIES_OF_FTS3)
def test_the_query_syntax_of_fts3(given: Moved, match: str) -> None:
    for sql in (
        "SELECT rowid, offsets(t3) FROM t3 WHERE t3 MATCH ?", "SELECT docid, a FROM t3 WHERE a MATCH ?",
        "SELECT docid FROM u3 WHERE u3 MATCH ?",
    ):  # fmt: skip
        _same(given, sql, (match,))


@pytest.mark.parametrize("sql", REFUSED)
def test_what_is_not_the_same_is_refused(given: Moved, sql: str) -> None:
    with pytest.raises(TranslationError) as refused:
        given.on_postgres(sql)
    assert refused.value.missing == REFUSED[sql]


def test_bound_values(given: Moved) -> None:
    _same(given, "SELECT rowid FROM docs WHERE docs MATCH ?", ("cat",))
    _same(given, "SELECT rowid FROM docs WHERE docs MATCH ?", (5,))
    _same(given, "SELECT rowid FROM docs WHERE docs MATCH ?", (None,))
    _same(given, "SELECT rowid, rank FROM docs WHERE docs MATCH ? ORDER BY rank LIMIT ?", ("cat", 2))
    _same(given, "SELECT rowid FROM docs WHERE docs MATCH ? || '*'", ("ca",))
    _same(given, "SELECT rowid, highlight(af, ?, ?, ?) FROM af WHERE af MATCH ?", (1, "a", "b", "two"))


def test_the_index_is_used(given: Moved) -> None:
    given.post.execute("SET enable_seqscan = off")
    for table in ("docs", "t3"):
        sql = given.translated(f"SELECT rowid FROM {table} WHERE {table} MATCH 'one'").sql
        plan = "\n".join(row[0] for row in given.post.execute(f"EXPLAIN {sql}".encode()))
        assert f"Bitmap Index Scan on {table}_fts" in plan
    given.post.execute("RESET enable_seqscan")


def test_psql_users_keep_the_index_current(given: Moved) -> None:
    with given.post.transaction(force_rollback=True):
        given.post.execute("INSERT INTO docs (title) VALUES ('by hand')")
        assert given.on_postgres("SELECT title FROM docs WHERE docs MATCH 'hand'").rows == [("by hand",)]


WORDS = ("one", "two", "three", "four", "ONE", "Éine", "x-y", "of", "the")


def _text(choice: random.Random, most: int) -> str:
    return " ".join(choice.choices(WORDS, k=choice.randint(0, most)))


def _query(choice: random.Random, depth: int = 2) -> str:
    if depth and choice.random() < 0.6:
        operator = choice.choice((" AND ", " OR ", " NOT ", " "))
        left, right = _query(choice, depth - 1), _query(choice, depth - 1)
        return (
            f"({left}){operator.strip() or 'AND'}({right})"
            if choice.random() < 0.5
            else f"{left}{operator}{right}"
        )
    word = choice.choice(("one", "two", "three", "four", "eine", "of"))
    return choice.choice(
        (word, word, f"{word[:2]}*", f'"{word} {choice.choice(WORDS)}"', f"a:{word}", f"b:{word}")
    )


@pytest.mark.parametrize("module", ["fts5", "fts4", "fts3"])
def test_any_query_finds_the_same(
    module: str, new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    choice = random.Random(module)
    path = tmp_path_factory.mktemp("random") / "source.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE VIRTUAL TABLE t USING {module}(a, b)")
        rows = [(_text(choice, 12), _text(choice, 6)) for _ in range(60)]
        connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
    connection.close()
    moved = Moved(path, new_database())
    shown = "highlight(t, 0, '<', '>')" if module == "fts5" else "offsets(t)"
    try:
        for number in range(60):
            if number == 40:
                for sql in (
                    "DELETE FROM t WHERE rowid % 3 = 0",
                    "UPDATE t SET a = b || ' one' WHERE rowid % 3 = 1",
                ):
                    assert moved.on_sqlite(sql).error == moved.on_postgres(sql).error == ""
            match = _query(choice)
            if module != "fts5":
                size = choice.choice((1, 2, 3, 5, 15, -2, -4))
                marks = f"snippet(t), snippet(t, '[', ']', '..', {choice.choice((-1, 0, 1))}, {size})"
                _same(moved, f"SELECT rowid, {marks}, {shown} FROM t WHERE t MATCH ?", (match,))
            if module == "fts5" or number % 2:
                _same(moved, "SELECT rowid FROM t WHERE t MATCH ?", (match,))
            if module != "fts5":
                near = f" NEAR/{choice.randint(0, 3)} ".join(choice.sample(WORDS[:4], 2))
                _same(moved, "SELECT rowid FROM t WHERE t MATCH ?", (near,))
            elif " NOT " not in match:
                ranks = f"rank, bm25(t, 5.0, 0.5), bm25(t, 3), {shown}"
                _same(moved, f"SELECT rowid, {ranks} FROM t WHERE t MATCH ? ORDER BY rowid", (match,))
                _same(moved, f"SELECT rowid, {ranks} FROM t WHERE t MATCH ?", (choice.choice(WORDS[:4]),))
    finally:
        moved.close()


def test_documents_that_a_vector_cannot_hold_are_found(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("long") / "source.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(a)")
        texts = [
            " ".join(f"w{n}" for n in range(20000)), "the cat " * 400 + "the dog", "cat dog", "the dog the cat",
            " ".join(f"word{n:020}" for n in range(30000)), "x " + "y" * 3000,
        ]  # fmt: skip
        connection.executemany("INSERT INTO t VALUES (?)", [(text,) for text in texts])
    connection.close()
    moved = Moved(path, new_database())
    try:
        for match in (
            "w19000", '"w19000 w19001"', '"w19000 w18000"', '"the dog"', '"the cat" NOT "the dog"', "cat dog",
            "word00000000000000029999", '"word00000000000000029998 word00000000000000029999"', "y" * 3000,
            "y" * 2500 + "*", "y" * 2999 + "z*", "NEAR(cat dog, 300)", "NEAR(the cat dog, 1)", "^w0", "cat NOT w1",
        ):  # fmt: skip
            _same(moved, "SELECT rowid, rank FROM t WHERE t MATCH ? ORDER BY rowid", (match,))
    finally:
        moved.close()


def test_full_text_tables_are_defined_renamed_and_dropped(database: str) -> None:
    lite = sqlite3.connect(":memory:", isolation_level=None)
    schema: tuple[str, ...] = ()
    model, options = TargetModel(schema="public", relations=()), Options(bytewise=True)
    with psycopg.connect(database, autocommit=True) as post:
        install(post)
        for sql in (
            "CREATE TABLE t(k TEXT PRIMARY KEY, a TEXT)",
            "CREATE VIRTUAL TABLE f USING fts5(a, b, tokenize=porter)",
            "CREATE VIRTUAL TABLE IF NOT EXISTS f USING fts5(a, b)",
            "CREATE VIRTUAL TABLE e USING fts4(content='t', a)",
            "CREATE TRIGGER ti AFTER INSERT ON t BEGIN INSERT INTO e(docid, a) VALUES (new.rowid, new.a); END",
            "ALTER TABLE f RENAME TO g",
            "INSERT INTO g VALUES ('running cats', '5'), (7, 'x')",
            "INSERT INTO t VALUES ('k', 'one two')",
        ):
            lite.execute(sql)
            if is_definition(sql):
                found = define(sql, schema=schema, model=model, options=options)
                schema, model, statements = found.schema, found.model, found.statements
                assert found.findings == ()
            else:
                statements = (translate_statement(sql, model=model, bytewise=True).sql,)
            for statement in statements:
                post.execute(statement.encode())
        for sql in ("SELECT rowid FROM g WHERE g MATCH 'run OR 7'", "SELECT a FROM e WHERE e MATCH 'two'"):
            theirs = post.execute(
                translate_statement(sql, model=model, bytewise=True).sql.encode()
            ).fetchall()
            assert lite.execute(sql).fetchall() == sorted(theirs)
        found = define("DROP TABLE g", schema=schema, model=model, options=options)
        assert found.statements == ("DROP TABLE IF EXISTS public.g",)
    lite.close()


def test_the_target_remembers_how_to_search(given: Moved) -> None:
    known = remembered(given.url, "public").model
    searched = [r for r in given.model.relations if r.full_text is not None]
    assert len(searched) > 5
    for relation in searched:
        assert known.relation(relation.source) == relation
