"""Full text: what FTS5 finds, ranks and marks, and what tsvector, tsquery and the functions on text do."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import apsw
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WORDS = (
    "one", "two", "three", "Four", "five", "the", "The", "THE", "of", "and", "NEAR", "not", "André",
    "andre", "ANDRÉ", "a\u0301b", "ab", "naïve", "naive", "Straße", "İstanbul", "istanbul", "Ωμέγα",
    "ωμεγα", "Привет", "привет", "日本語", "日本", "café", "cafe's", "don't", "42", "4.2", "3,000",
    "x86_64", "running", "runs", "ran", "relational", "relation", "generously", "cats", "😀", "½",
    "foo-bar", "foo", "bar", "a", "b", "c", "Nguyễn", "Zoë", "Müller", "\u017fet",
)  # fmt: skip
ENDINGS = (
    "ational", "ization", "iveness", "fulness", "ousness", "tional", "biliti", "entli", "ousli",
    "ation", "alism", "aliti", "iviti", "enci", "anci", "izer", "logi", "alli", "ator", "bli",
    "eli", "ical", "ness", "icate", "iciti", "ful", "ative", "alize", "ement", "ance", "ence",
    "able", "ible", "ment", "ant", "ent", "ion", "ism", "ate", "iti", "ous", "ive", "ize", "al",
    "er", "ic", "ou", "s", "es", "ss", "sses", "ies", "eed", "ed", "ing", "at", "bl", "iz", "y",
    "ly", "ity", "e", "ll",
)  # fmt: skip
GLUE = (" ", " ", " ", " ", ", ", ". ", ": ", "\n", " - ", "; ", "... ")
TERMS = (
    "one", "two", "three", "the", "of", "andre", "foo", "bar", "a", "b", "naive", "cafe", "42", "run", "ab",
)  # fmt: skip
NAMES = ("a", "b", "c", "d", "e", "f")
TOKENIZERS = (
    ("unicode61",), ("unicode61", "remove_diacritics", "0"), ("unicode61", "remove_diacritics", "2"),
    ("ascii",), ("porter",), ("porter", "ascii"), ("unicode61", "tokenchars", "-_'"), ("trigram",),
    ("unicode61", "separators", "aEé", "tokenchars", " .😀"),
    ("ascii", "tokenchars", "-_", "separators", "b"),
    ("porter", "unicode61", "remove_diacritics", "0", "tokenchars", "-"),
    ("trigram", "case_sensitive", "1"), ("trigram", "remove_diacritics", "1"),
)  # fmt: skip
SOME = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# One of each rule of the grammar, and of each error.
QUERIES = (
    "", " ", '""', 'a ""', '"" a', 'a AND ""', 'a NOT ""', 'a OR ""', "-{a b}:one x", "-{a b}:one OR x",
    "a:(b:one) OR x", "zz:one", "NEAR(one two)", "near(one two)", "one(two)", '"one', "one two)", "(one",
    "one AND", "AND", "one NOT", "one;", "NEAR(one two, 1x)", 'NEAR(one "" two)', "NEAR(one one)",
    "one + two", "on* + two", "one + tw*", "a:^one", "^one two", "NEAR(^one two)", "(one) two", "one (two)",
    "a : b : c", "{a b:one", "-a:one", "one + ", "*", "* x y", "*x", "one**", "one'", "a:", "NEAR", "NEAR(",
    "NEAR(one", "NEAR()", "NEAR(one,", "NEAR(one,5", "one-two", '"a"" b"', "{a zz}:one", "A:one", '"A":one',
    '^"" one', 'one + "" + two', "(((one)))", "one OR two AND three NOT x", "NOT one", "x\x1ay", "one,two",
    "a:(one", "- a:one", "+one", "one AND OR", "{}:one", "a:{b}:x", 'NEAR(one two,"5")', "NEAR(one two, 5 5)",
    "NEAR(a b, 99999999999999)", "a:-b:one", "a:(one AND two)", "(one two three", "{a}(one)", "one* two*",
    "(", ")", "()", '"a" *', 'one "', 'one (two "', "- ", '-zz "', "-zz ;", '{zz "x', "one -a", "one -zz",
    'zz:"', "-a", "{a", "{a b} one", "^a:one", "one(two) ;", 'near(a) "', "NEAR(a b) c", "NEAR(a,b)",
    "NEAR(a b,5 c)", 'NEAR "a"', "NEAR (one two)", "a b:c d", "a NOT b NOT c", "a NOT b c", "a OR b c NOT d",
    "(a OR b) AND c", "a:(b OR c) NOT d", "a:(b OR -a:x)", "-a:(b OR x)", '^"one two" three', "one+two+three",
    "NEAR(one+two x,3)", "NEAR(one two three)", 'NEAR("x one" "y")', "one\ntwo\tthree", "é", '"é', "\x1a",
    'a"b"', '"a"b', "AND OR", '"AND"', "a AND(b)", "a NOT(b)", "a:NEAR(one two)", "{a b}:NEAR(one two,0)",
    "{a b}:^one", '{a b}:"one two"*', "a:*", "(a:*)", "one AND AND", "((a)", "(a))", "a:b:", "{a,b}:x",
    "NEAR(a b", "NEAR(a b,", "NEAR(a b,)", "NEAR(+)", "^^a", "^(a)", "^", "a ^", "a + ^b", "a*b", "a*b*c *",
    "NEAR(a b,0)", "!", "NEAR(b a,1)", "NEAR(a b c,1)", "one{a}:two", "one AND b:(two)", "one b:(two)",
    '"one two" OR "three a"',
)  # fmt: skip
ROWS = (
    ("one two three a", "x one"), ("NEAR a", "y z"), ("", "b"), (None, "one three"), ("x", "a b c d"),
    ("b c", "d"), ("é", "e"), ("one x two", "AND or"),
)  # fmt: skip


def written(tokenizer: Sequence[str]) -> str:
    """A tokenizer as FTS5's option `tokenize` has it."""
    return " ".join(w if w.isalnum() and w.isascii() else "'" + w.replace("'", "''") + "'" for w in tokenizer)


def text_of(choice: random.Random, most: int = 25) -> str:
    return "".join(choice.choice(WORDS) + choice.choice(GLUE) for _ in range(choice.randint(0, most)))


def query_of(choice: random.Random, columns: int, depth: int = 0, *, placed: bool = False) -> str:
    """A match expression that is well formed and often finds something.

    Where FTS5 places phrases (`placed`), NEAR is not part of OR and NOT: it may count places of earlier rows.
    """
    if depth < 2 and choice.random() < 0.5:
        one, two = (query_of(choice, columns, depth + 1, placed=placed) for _ in range(2))
        joined = f"{one} {choice.choice(('AND', 'OR', 'OR', 'NOT'))} {two}"
        if choice.random() < 0.4:
            joined = choice.choice(("", "", "a:", "-a:")) + f"({joined})"
        return joined
    near = not placed or depth == 0
    return " ".join(near_of(choice, columns, near=near) for _ in range(choice.choice((1, 1, 1, 2))))


def near_of(choice: random.Random, columns: int, *, near: bool) -> str:
    def term() -> str:
        word = choice.choice(TERMS) if choice.random() < 0.7 else choice.choice(WORDS)
        if not word.isalnum() or choice.random() < 0.3:
            word = '"' + choice.choice((word, f"{word} {choice.choice(TERMS)}")) + '"'
        return word + choice.choice(("", "", "", "*"))

    filters = ["", "", "", "a:", "-a:"] + [f"{{{n} {m}}}:" for n in NAMES[:columns] for m in NAMES[:1]]
    name = choice.choice(filters)
    if near and choice.random() < 0.2:
        return f"{name}NEAR({term()} {term()}{choice.choice(('', ', 2', ',0', ',5'))})"
    if near and choice.random() < 0.1:
        words = " ".join(choice.choice(TERMS) for _ in range(3))
        return f"{name}NEAR({words}, {choice.randint(0, 6)})"
    phrase = choice.choice(("+", " + ")).join(term() for _ in range(choice.choice((1, 1, 2))))
    return name + choice.choice(("", "", "", "^")) + phrase


def fts5(rows: Sequence[Sequence[str | None]], tokenizer: str = "unicode61") -> apsw.Connection:
    columns = ", ".join(NAMES[: len(rows[0])])
    conn = apsw.Connection(":memory:")
    quoted = tokenizer.replace('"', '""')
    conn.execute(f'CREATE VIRTUAL TABLE t USING fts5({columns}, tokenize = "{quoted}")')
    conn.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(rows[0]))})", rows)
    return conn


def fill(
    pg: psycopg.Connection[Any], rows: Sequence[Sequence[str | None]], tokenizer: str = "unicode61"
) -> list[str]:
    """The table t in PostgreSQL, with its vector generated and indexed; the names of the columns."""
    names = list(NAMES[: len(rows[0])])
    pg.execute("DROP TABLE IF EXISTS t")
    literal = tokenizer.replace("'", "''")
    pg.execute(
        f"CREATE TABLE t (rowid bigint PRIMARY KEY, {', '.join(f'{n} text' for n in names)}, v tsvector"
        f" GENERATED ALWAYS AS (sqlite.fts_vector('{literal}', {', '.join(names)})) STORED)"
    )
    pg.execute("CREATE INDEX ON t USING gin (v)")
    arrays = ", ".join("%s::text[]" for _ in names)
    pg.execute(
        f"INSERT INTO t SELECT place, {', '.join(names)} FROM unnest({arrays}) WITH ORDINALITY"
        f" AS r ({', '.join(names)}, place)",
        [list(column) for column in zip(*rows, strict=True)],
    )
    return names


def on_sqlite(conn: apsw.Connection, sql: str, *values: Any) -> Any:
    try:
        return conn.execute(sql, values).fetchall()
    except apsw.Error as error:
        return str(error).rstrip()


def on_postgres(pg: psycopg.Connection[Any], sql: str, *values: Any) -> Any:
    try:
        return [tuple(row) for row in pg.execute(sql, values)]
    except psycopg.Error as error:
        return (error.diag.message_primary or "").rstrip()


def test_every_character_is_split_and_folded(pg: psycopg.Connection[Any]) -> None:
    ranges = ((1, 0x3100), (0xA000, 0xABFF), (0xD700, 0xD800), (0xE000, 0x10500), (0x1F000, 0x1F900))
    codes = [code for first, end in ranges for code in range(first, end)]
    texts = ["x" + "yx ".join(chr(code) for code in codes[at : at + 400]) for at in range(0, len(codes), 400)]
    same_tokens(pg, texts, TOKENIZERS[:3])


def same_tokens(pg: psycopg.Connection[Any], texts: list[str], tokenizers: Sequence[Sequence[str]]) -> None:
    conn = apsw.Connection(":memory:")
    for tokenizer in tokenizers:
        tokenize = conn.fts5_tokenizer(tokenizer[0], list(tokenizer[1:]))
        got = pg.execute(
            "SELECT x, sqlite.fts_tokens(x, %s), starts, ends, tokens"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS t (x, n), sqlite._fts_scan(x, %s) ORDER BY n",
            (written(tokenizer), texts, written(tokenizer)),
        ).fetchall()
        for text, tokens, starts, ends, scanned in got:
            wanted = tokenize(text.encode(), apsw.FTS5_TOKENIZE_DOCUMENT, None)
            assert tokens == (scanned or []) == [word for _, _, word in wanted], (tokenizer, text)
            places = [
                (len(text[:s].encode()), len(text[:e].encode()))
                for s, e in zip(starts or (), ends or (), strict=True)
            ]
            assert places == [(start, end) for start, end, _ in wanted], (tokenizer, text)


@SOME
@given(
    st.lists(
        st.text("aBÉe\u0301\u0345 ßİǆΩя日😀.-_'\n1½ệ\u017f\u0130b\x01\x7f", max_size=25),
        min_size=20,
        max_size=40,
    )
)
def test_any_text_is_split(pg: psycopg.Connection[Any], texts: list[str]) -> None:
    same_tokens(pg, texts, TOKENIZERS)


def _kept(token: bytes) -> str:
    """A token that ends or goes on inside a character is kept in hexadecimal."""
    try:
        return token.decode()
    except UnicodeDecodeError:
        return f"\x02{token.hex()}"


def test_tokenizers_of_fts3(pg: psycopg.Connection[Any]) -> None:
    choice = random.Random(3)
    texts = [text_of(choice) for _ in range(60)]
    letters = "aeioubcdfglmnrstyyw"
    words = [
        "".join(choice.choices(letters, k=choice.randint(0, 6)))
        + "".join(choice.choice(ENDINGS) for _ in range(choice.randint(0, 3)))
        for _ in range(4000)
    ]
    odd = [
        "_x_",
        "a1b2c3d4",
        "abc123",
        "x" * 25,
        "ä" * 11,
        "é" + "a" * 30,
        "aaaaaaaaaé" * 3,
        "Éa",
        "123456789",
    ]
    for name, ours in (("simple", "simple"), ("unicode61", "unicode61"), ("porter", "fts3porter")):
        conn = apsw.Connection(":memory:")
        conn.execute(f"CREATE VIRTUAL TABLE k USING fts3tokenize({name})")
        for text in [*texts, " ".join([*words, *odd])]:
            found = conn.execute("SELECT CAST(token AS BLOB) FROM k WHERE input = ?", (text,))
            wanted = [_kept(token) for (token,) in found]
            assert on_postgres(pg, "SELECT sqlite.fts_tokens(%s, %s)", text, ours) == [(wanted,)]


def test_tokenizers_that_are_wrong(pg: psycopg.Connection[Any]) -> None:
    for tokenizer in ("klingon", "porter klingon"):
        assert on_postgres(pg, "SELECT sqlite.fts_tokens('a', %s)", tokenizer) == "no such tokenizer: klingon"
    for tokenizer in (
        "unicode61 remove_diacritics 3",
        "unicode61 x 1",
        "unicode61 tokenchars",
        "trigram x 1",
    ):
        assert (
            on_postgres(pg, "SELECT sqlite.fts_tokens('a', %s)", tokenizer)
            == "error in tokenizer constructor"
        )
    assert on_postgres(pg, "SELECT sqlite.fts_tokens(NULL, 'porter')") == [([],)]


def test_words_are_stemmed_by_porters_first_algorithm(pg: psycopg.Connection[Any]) -> None:
    choice = random.Random(1)
    words = {
        "".join(choice.choice("aeioubcdfglmnrstyywxzé日") for _ in range(choice.randint(1, 6)))
        + "".join(choice.choice(ENDINGS) for _ in range(choice.randint(0, 3)))
        for _ in range(6000)
    }
    words |= {"a" * 62 + "ing", "a" * 61 + "ing", "é", "és", "as", "éed"}
    same_tokens(pg, [" ".join(words)], [("porter",)])


def test_every_rule_of_the_query_syntax(pg: psycopg.Connection[Any]) -> None:
    conn = fts5(ROWS)
    fill(pg, ROWS)
    for query in QUERIES:
        wanted = on_sqlite(conn, "SELECT rowid FROM t WHERE t MATCH ? ORDER BY rowid", query)
        indexed = "SELECT rowid FROM t WHERE v @@ sqlite.fts_query(%s, 'unicode61', '{a,b}') ORDER BY rowid"
        assert on_postgres(pg, indexed, query) == wanted, query
        exact = (
            "SELECT rowid FROM t WHERE sqlite.fts_match(ARRAY[a, b], '{a,b}', %s, 'unicode61') ORDER BY rowid"
        )
        assert on_postgres(pg, exact, query) == wanted, query
    nothing = "SELECT sqlite.fts_query(NULL, '', '{a}'), sqlite.fts_match('{x}', '{a}', NULL, '')"
    assert on_postgres(pg, nothing) == [(None, None)]


@pytest.mark.parametrize(
    ("columns", "tokenizer"),
    [
        (1, "unicode61"), (2, "porter"), (4, "unicode61"), (6, "unicode61"), (2, "trigram"),
        (3, "unicode61 tokenchars '-_'"),
    ],
)  # fmt: skip
def test_the_same_rows_match(pg: psycopg.Connection[Any], columns: int, tokenizer: str) -> None:
    choice = random.Random(columns)
    rows = [[text_of(choice, 60 // columns) for _ in range(columns)] for _ in range(200)]
    conn = fts5(rows, tokenizer)
    names = fill(pg, rows, tokenizer)
    queries = [query_of(choice, columns) for _ in range(80)]
    found = pg.execute(
        "WITH asked AS MATERIALIZED (SELECT q, sqlite.fts_query(q, %s, %s) AS x FROM unnest(%s::text[]) AS q)"
        " SELECT q, ARRAY(SELECT rowid FROM t WHERE v @@ x ORDER BY rowid) FROM asked",
        (tokenizer, names, queries),
    ).fetchall()
    some, matching = 0, "SELECT rowid FROM t WHERE t MATCH ?"
    for query, got in found:
        wanted = [row[0] for row in conn.execute(f"{matching} ORDER BY rowid", (query,))]
        assert got == wanted, query
        some += 0 < len(wanted) < len(rows)
    assert some > len(queries) / 3
    exact = pg.execute(
        "SELECT q, ARRAY(SELECT rowid FROM t WHERE rowid <= 30 AND"
        f" sqlite.fts_match(ARRAY[{', '.join(names)}], %s, q, %s) ORDER BY rowid)"
        " FROM unnest(%s::text[]) AS q",
        (names, tokenizer, queries[:8]),
    ).fetchall()
    for query, got in exact:
        wanted = [row[0] for row in conn.execute(f"{matching} AND rowid <= 30 ORDER BY rowid", (query,))]
        assert got == wanted, query


@pytest.mark.parametrize(("columns", "tokenizer"), [(1, "unicode61"), (2, "porter"), (5, "unicode61")])
def test_bm25(pg: psycopg.Connection[Any], columns: int, tokenizer: str) -> None:
    choice = random.Random(columns + 10)
    rows = [[text_of(choice, 40 // columns) for _ in range(columns)] for _ in range(80)]
    rows[3][0] = "the " * 200 + "one"
    conn = fts5(rows, tokenizer)
    names = fill(pg, rows, tokenizer)
    for weights in ([], [10.0, 0.5], [0.0]):
        for query in (
            *(query_of(choice, columns, placed=True) for _ in range(12)),
            "the",
            'one OR ("two" AND nowhere)',
        ):
            given_weights = "".join(f", {weight}" for weight in weights)
            wanted = conn.execute(
                f"SELECT rowid, bm25(t{given_weights}) FROM t WHERE t MATCH ? ORDER BY rowid", (query,)
            ).fetchall()
            got = pg.execute(
                "SELECT rowid, sqlite.fts_bm25("
                "v, %s, %s, %s, (SELECT sqlite.fts_statistics('t', 'v', %s, %s, %s))"
                f"{given_weights}) FROM t WHERE v @@ sqlite.fts_query(%s, %s, %s) ORDER BY rowid",
                (query, tokenizer, names) * 3,
            ).fetchall()
            assert [row[0] for row in got] == [row[0] for row in wanted], query
            for (_, ours), (_, theirs) in zip(got, wanted, strict=True):
                assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-15), query


@pytest.mark.parametrize(
    ("columns", "tokenizer"),
    [(1, "unicode61"), (2, "porter"), (3, "unicode61 remove_diacritics 2"), (2, "trigram")],
)
def test_highlight_and_snippet(pg: psycopg.Connection[Any], columns: int, tokenizer: str) -> None:
    choice = random.Random(columns + 20)
    rows: list[list[str | None]] = [
        [text_of(choice, 60 // columns) for _ in range(columns)] for _ in range(40)
    ]
    rows[5][0] = None
    conn = fts5(rows, tokenizer)
    names = fill(pg, rows, tokenizer)
    row = f"ARRAY[{', '.join(names)}]"
    for number in range(40):
        query = query_of(choice, columns, placed=True)
        place, size = choice.randrange(columns), choice.choice((1, 2, 5, 8, 15, 64))
        best = choice.choice((-1, place))
        wanted = conn.execute(
            f"SELECT rowid, highlight(t, {place}, '[', ']'), snippet(t, {best}, '<b>', '</b>', '…', {size})"
            " FROM t WHERE t MATCH ? AND rowid % 2 = ? ORDER BY rowid",
            (query, number % 2),
        ).fetchall()
        got = pg.execute(
            f"SELECT rowid, sqlite.fts_highlight({row}, %s, %s, %s, %s, '[', ']'),"
            f" sqlite.fts_snippet({row}, %s, %s, %s, %s, '<b>', '</b>', '…', %s)"
            " FROM t WHERE v @@ sqlite.fts_query(%s, %s, %s) AND rowid %% 2 = %s ORDER BY rowid",
            (
                *(names, place, query, tokenizer, names, best, query, tokenizer, size),
                *(query, tokenizer, names, number % 2),
            ),
        ).fetchall()
        assert got == wanted, (query, place, best, size)


def test_highlight_and_snippet_of_a_single_text(pg: psycopg.Connection[Any]) -> None:
    text = "First things first. The second one: a b c d. And then, at last, the Third one came to be it."
    conn = fts5([[text]])
    for query in (
        "one",
        '"second one" OR third',
        "the",
        "first* AND it",
        "NEAR(second one)",
        "nothing NOT a",
    ):
        for opening, closing, ellipsis, size in (
            ("[", "]", "...", 4),
            ("", "", "", 1),
            (None, None, None, 7),
        ):
            wanted = conn.execute(
                "SELECT highlight(t, 0, ?, ?), snippet(t, 0, ?, ?, ?, ?) FROM t WHERE t MATCH ?",
                (opening, closing, opening, closing, ellipsis, size, query),
            ).fetchall()
            got = pg.execute(
                "SELECT sqlite.fts_highlight(%s, %s, 'unicode61', %s, %s),"
                " sqlite.fts_snippet(%s, %s, 'unicode61', %s, %s, %s, %s)"
                " WHERE sqlite.fts_match(ARRAY[%s], '{a}', %s, 'unicode61')",
                (text, query, opening, closing, text, query, opening, closing, ellipsis, size, text, query),
            ).fetchall()
            assert got == wanted, query


def test_what_a_vector_cannot_hold_is_not_an_error(pg: psycopg.Connection[Any]) -> None:
    def holds(text: str, query: str) -> Any:
        return on_postgres(
            pg,
            "SELECT sqlite.fts_vector('unicode61', %s) @@ sqlite.fts_query(%s, 'unicode61', '{a}')",
            text,
            query,
        )[0][0]

    long = " ".join(f"w{n}" for n in range(20000))
    assert [holds(long, q) for q in ("w16000 + w16001", "w19000", "w19000 + w19001", "w16379 + w16382")] == [
        True, True, False, False,
    ]  # fmt: skip
    huge = " ".join(f"word{n:020}" for n in range(60000))
    assert [holds(huge, q) for q in ("word00000000000000000007", "word00000000000000059999")] == [True, False]
    assert holds("a b " * 300000, "b + a") is True
    word = "é" * 1500
    for query, found in (
        (word, True),
        (word[:400] + "*", True),
        (word + "e", False),
        (word[:700] + "*", True),
    ):
        assert holds(f"x {word} y", query) is found
    size = on_postgres(
        pg, "SELECT sqlite.fts_size(sqlite.fts_vector('unicode61', %s, %s))", "a b " * 9000, "c"
    )
    assert size == [(18001,)]
    assert on_postgres(pg, "SELECT sqlite.fts_size(sqlite.fts_vector('unicode61', NULL))") == [(0,)]


def test_distances_that_tsquery_cannot_say(pg: psycopg.Connection[Any]) -> None:
    rows = [["a " + "x " * 300 + "b"], ["a b"], ["b"], ["a b a b c"], ["p q r q p q"], ["q r p q"]]
    conn = fts5(rows)
    fill(pg, rows)
    indexed = "SELECT rowid FROM t WHERE v @@ sqlite.fts_query(%s, 'unicode61', '{a}') ORDER BY rowid"
    exact = "SELECT rowid FROM t WHERE sqlite.fts_match(ARRAY[a], '{a}', %s, 'unicode61') ORDER BY rowid"
    for query in (
        "NEAR(a b, 250)", "NEAR(a b, 400)", 'NEAR("a b a" "b a b", 0)', 'NEAR("p q r" "q r q" q, 0)',
        'NEAR("p q" "q r" "r q", 1)', 'NEAR("a b" "a b" c, 0)',
    ):  # fmt: skip
        wanted = on_sqlite(conn, "SELECT rowid FROM t WHERE t MATCH ? ORDER BY rowid", query)
        assert on_postgres(pg, indexed, query) == wanted, query
        assert on_postgres(pg, exact, query) == wanted, query
    assert on_postgres(pg, exact, "NEAR(a b, 270)") == [(2,), (4,)]
    assert on_postgres(pg, indexed, "NEAR(a b, 270)") == [(1,), (2,), (4,)]


def test_nothing_hangs_on_settings_or_collations(pg: psycopg.Connection[Any]) -> None:
    for setting in (
        "standard_conforming_strings = off", "search_path = sqlite, pg_catalog", "bytea_output = escape",
        "escape_string_warning = off", "backslash_quote = off",
        "default_text_search_config = 'pg_catalog.german'",
    ):  # fmt: skip
        pg.execute(f"SET {setting}")
    row = pg.execute(
        """SELECT sqlite.fts_tokens('André''s \\ Straße', 'unicode61 tokenchars ''\\'''),
                  sqlite.fts_vector('porter', 'Runs', 'it')
                      @@ sqlite.fts_query('a:run* b:it', 'porter', '{a,b}'),
                  sqlite.fts_vector('unicode61 tokenchars ''\\''', 'a\\b') @@
                  sqlite.fts_query('"a\\b"', 'unicode61 tokenchars ''\\''', '{a}'),
                  sqlite.fts_highlight('a b c', 'b', '', '<', '>')""".replace("\\", "\\\\")
    ).fetchone()
    assert row == (["andre", "s", "\\", "straße"], True, True, "a <b> c")
