"""SQLite's JSON functions in PostgreSQL (functions/40_json.sql) beside those of SQLite itself."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import apsw
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outgrow.postgres.connect import connect
from outgrow.postgres.functions import install

old = pytest.mark.skipif(
    sqlite3.sqlite_version_info >= (3, 42), reason="the rules compared are those before JSON5 (3.42)"
)
many = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

TEXT_ONLY = [
    "json",
    "json_valid",
    "json_type",
    "json_array_length",
    "json_extract",
    "json_remove",
    "json_patch",
]
TAGGED_RESULT = ["json_extract", "->>"]
NAMES = {"->": "json_arrow", "->>": "json_arrow_text"}
COLUMNS = "key, value, type, atom, id, parent, fullkey, path"

Value = None | int | float | str | bytes


class Json(str):
    """A text with SQLite's JSON subtype."""

    __slots__ = ()


class Call(NamedTuple):
    """One call, of both engines: a function or an operator, and its arguments."""

    name: str
    arguments: tuple[Value, ...]

    def for_sqlite(self) -> tuple[str, tuple[Value, ...]]:
        marks = ["json(?)" if isinstance(each, Json) else "?" for each in self.arguments]
        values = tuple(str(each) if isinstance(each, Json) else each for each in self.arguments)
        if self.name in NAMES:
            return f"SELECT {marks[0]} {self.name} {marks[1]}", values
        return f"SELECT {self.name}({', '.join(marks)})", values

    def for_postgres(self) -> str:
        plain = {
            **dict.fromkeys(TEXT_ONLY, 99), "json_quote": 0, "json_array": 0, "json_object": 0
        }.get(self.name, 1)  # fmt: skip
        arguments = [
            literal(each if number < plain else tagged(each)) for number, each in enumerate(self.arguments)
        ]
        name = NAMES.get(self.name, self.name)
        result = f"sqlite.{name}({', '.join(arguments)})"
        if self.name in TAGGED_RESULT:
            return f"SELECT {result}"
        letter = "i" if self.name in ("json_valid", "json_array_length") else "t"
        return f"SELECT '{letter}' || {result}"


def call(name: str, *arguments: Value) -> Call:
    return Call(name, arguments)


def literal(value: Value) -> str:
    return "NULL::text" if value is None else "'" + str(value).replace("'", "''") + "'::text"


def tagged(value: Value) -> str | None:
    """A value of Python as a tagged one."""
    if value is None:
        return None
    if isinstance(value, Json):
        return "j" + json.dumps(json.loads(value), separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, bytes):
        return "b" + value.hex()
    letter = {int: "i", float: "r", str: "t"}[type(value)]
    return letter + str(value).replace("inf", "Infinity")


def comparable(value: Value) -> str | None:
    """A tagged value with its real, if it is one, as Python writes it."""
    if isinstance(value, str) and value.startswith("r"):
        return f"r{float(value[1:])!r}"
    return value if value is None else str(value)


def error(message: str) -> str:
    """An error as both versions of SQLite would have it; PostgreSQL before 16 has its own words for JSON."""
    if message.startswith(("JSON path error near", "bad JSON path")):
        return "!path"
    return "!malformed JSON" if message == "invalid input syntax for type json" else f"!{message}"


def by_sqlite(calls: list[Call]) -> list[str | None]:
    """What Python's SQLite gives."""
    results: list[str | None] = []
    connection = sqlite3.connect(":memory:")
    for one in calls:
        try:
            (value,) = connection.execute(*one.for_sqlite()).fetchone()
        except sqlite3.Error as e:
            results.append(error(str(e)))
        else:
            results.append(comparable(tagged(value)))
    connection.close()
    return results


def by_newer(calls: list[Call]) -> list[str | None]:
    """What the SQLite of APSW gives, a later version."""
    results: list[str | None] = []
    with apsw.Connection(":memory:") as connection:
        for one in calls:
            try:
                ((value,),) = connection.execute(*one.for_sqlite()).fetchall()
            except apsw.Error as e:
                results.append(error(str(e)))
            else:
                results.append(comparable(tagged(value)))
    return results


Ask = Callable[..., list[str | None]]


@pytest.fixture(scope="module")
def target(server_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database with the functions, the settings as far from outgrow's as they go."""
    with connect(server_url, autocommit=True) as server:
        name = f"outgrow_{uuid.uuid4().hex[:16]}"
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        with psycopg.connect(server_url, dbname=name, autocommit=True) as connection:
            install(connection)
            connection.execute("SET extra_float_digits = -15")
            connection.execute("SET search_path = ''")
            connection.execute("""
                CREATE FUNCTION pg_temp.attempt(query text) RETURNS text LANGUAGE plpgsql AS $$
                DECLARE result text;
                BEGIN
                    EXECUTE query INTO result;
                    RETURN result;
                EXCEPTION WHEN OTHERS THEN
                    RETURN '!' || SQLERRM;
                END
                $$""")
            yield connection
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def ask(target: psycopg.Connection[Any]) -> Ask:
    """`ask(calls)` gives PostgreSQL's results in one round trip; an error is `!` and its message."""

    def answers(calls: list[Call]) -> list[str | None]:
        rows = target.execute(
            """
            SELECT pg_temp.attempt(q.query)
            FROM unnest(%s::text[]) WITH ORDINALITY AS q (query, at) ORDER BY q.at
            """,
            ([one.for_postgres() for one in calls],),
        ).fetchall()
        return [comparable(error(row[0][1:]) if row[0] and row[0][0] == "!" else row[0]) for row in rows]

    return answers


def same(
    ask: Ask, calls: list[Call], reference: Callable[[list[Call]], list[str | None]] = by_sqlite
) -> None:
    """Asserts that both engines give the same."""
    triples = zip(calls, reference(calls), ask(calls), strict=True)
    differences = [f"{one}: {expected!r}, got {got!r}" for one, expected, got in triples if expected != got]
    assert not differences, "\n".join(differences)


DOCUMENTS = [
    '{"a":1,"b":{"c":[1,2,{"d":3}]}}', '{"a":1,"b":[1,2]}', ' { "a" : 1.50 , "b" : [ 1 , 2e5 , "x y" ] } ',
    '{"a":1,"a":2}', '{"a":{"x":1},"a":{"b":2}}', '{"0":"zero","1":["one"],"-1":7}', '{"a":"b","b":"a"}',
    '[{"id":1,"n":null},{"id":2,"n":{"id":3}}]', "[]", "{}", "[ ]", "{ }", " [ 1 , [ 2 ] ] ", '""', '"x"',
    '" a b "', "null", "true", "false", " true ", "0", "-0", "-0.0", "1.0", "1E2", "1E+02", "0.1", "12e-3",
    "1e999", "-1e999", "1e-999", "-1e-999", "0e99999", "1" + "0" * 400, "0." + "0" * 400 + "1", "1e309",
    "123456789012345678", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "-9223372036854775809", "123456789012345678901234567890", "-1", "5",
    '{"a b":1,"a.b":2,"é":3,"":4,"a_b":5,"[0]":6,"$":7}', '{"a":null,"b":[null,{"c":null}],"null":"null"}',
    '["null", null, "nullnull", " null "]', '[-0E-830471962, null, "a  b"]',
    '["\\"", "\\\\", "\\/", "\\b\\f\\n\\r\\t", "\\u00e9", "\\\\u0041"]', '{"x": "a\\\\", "y": "\\\\\\" z"}',
    '"a\\/b\\n"', '"\\ud83d\\ude00"', '"\\u0041\\u00e9\\u20ac"', '"\x7f\u2028é😀"', '"a\\u0000b"',
    '["\\u0000"]', '{"a":"\\ud83d\\ude00 \\u00e9","b":{"c":"\\u00e9"}}', "\t\r\n[1]\n", '{"a":[[[[1]]]]}',
    "[1,2,3,4,5,6,7,8,9,10,11,12]",
]  # fmt: skip
MALFORMED = [
    "", " ", "[1,]", "{a:1}", "01", "-", "1.", ".5", "+1", "NaN", "Infinity", "1e", '"\\x"', '"\\u12"',
    "[1] x", "\ufeff[1]", "// x\n1", "\x0c1", "\xa01", "'a'", "1.5e+", "- 1", "[1 2]", '{"a" 1}', '{"a":1,}',
    "{1:2}", "tru", "True", "nullx", '"abc', "-Infinity", "0x10", '"\\v"', '"\t"', '"\x01"', "[", "]", "{",
    '{"a"}', '{"a":}', "[,1]", '["a" "b"]', "1 2", "[1}", '{"a":1]', "-01", "1.5.5", "1e5e5", "abc", "\x01",
    "[\x02]", '"a"1', "truefalse", "--1", '"\n"', "[1,,2]", "{,}", '{"a":1 "b":2}', "1\x0b", '"\\', '"\\"',
    "\\n1",
]  # fmt: skip
PATHS = [
    "$", "$.a", "$.b", "$.b.c", "$.b.c[0]", "$.b.c[#]", "$.b.c[#-1]", "$.b.c[#-1].d", "$.x", '$."b"',
    '$."b".c', '$."b"."c"[1]', "$[0]", "$[1]", "$[00]", "$[01]", "$[#]", "$[#-0]", "$[#-1]", "$[#-2]",
    "$[#-01]", "$[#-9]", "$[9]", "$[10]", "$[0].id", "$[1].n.id", "$[#-1].n.id", "$.a[0]", "$.a[0][0][0][0]",
    "$.b[0]", "$.b[1]", "$.b[1].c", "$.b[2]", "$.b[#]", "$.b[#-1]", "$.b[#-2]", "$.b[#-3]", "$.0", '$."0"',
    "$.1", "$.-1", "$.1[0]", "$.b.0", "$.b.1", "$.c.0", "$.a.b", "$.a.x", '$."a.b"', '$."a b"', "$.a b",
    "$.a_b", "$.é", '$.""', '$."[0]"', "$.$", "$.null", "$[99999999999]", "$[#-99999999999]",
    "$.b.c[99999999999999999999999]", "$.y", "$.c", "$.c.d", "$.c.d.e", "$.c[0]", "$.c[0][0].x", "$.c[1]",
    "$.c[#]", "$.c[#-1]", "$.c[00]", "$.c[0].x", "$.b[2].z", "$.b[#].z", "$.b[#][0]", "$.b[3]", '$."q q"',
    "$.q]q", '$.a"b',
]  # fmt: skip
BAD_PATHS = [
    "", "a", "$a", "$.", "$..a", "$[", "$[0", "$[ 0]", "$[0 ]", "$[#-]", "$[#+1]", "$[-1]", '$."a', '$."',
    '$."a"x', "$.b.[0]", "$ .a", "$[]", "$[x]", "$[0]x", "$.b.c[0].", "$.x.", "$.x[", "$.x[x", "$.a.[",
    "$.b[#x]", "$.a[#x]", "$.b[x", "$.c.", "$.c..d", "$.c[0]x", "$.b[2]x", "$.c.d.", "it's", "$.b.",
]  # fmt: skip


@old
def test_documents(ask: Ask) -> None:
    """What the functions of one document say of it."""
    names = ("json", "json_valid", "json_type", "json_array_length", "json_extract", "json_remove")
    same(ask, [call(name, doc) for name in names for doc in [*DOCUMENTS, *MALFORMED]])


@old
def test_paths(ask: Ask) -> None:
    """Every path in every document, malformed ones included."""
    pairs = [(doc, path) for doc in [*DOCUMENTS, None, "[1,"] for path in [*PATHS, *BAD_PATHS, None]]
    same(ask, [call("json_extract", doc, path) for doc, path in pairs])
    same(ask, [call(name, *each) for name in ("json_type", "json_array_length") for each in pairs[::5]])
    for operator in ("->", "->>"):
        same(ask, [call(operator, doc, path) for doc, path in pairs[::3] if path is None or path[:1] == "$"])


@old
def test_several_paths(ask: Ask) -> None:
    doc = DOCUMENTS[0]
    lists = [("$.a", "$.b"), ("$.x", "$.b.c"), (None, "$.a"), ("$.a", None), ("$.a", "bad"), ("$", "$")]
    same(
        ask,
        [call("json_extract", each, *paths) for each in (doc, None, "[", DOCUMENTS[2]) for paths in lists],
    )


@old
def test_edits(ask: Ask) -> None:
    """json_set, json_insert, json_replace and json_remove with every path."""
    values: list[Value] = [9, "text", Json('{"n": [1]}'), None, 1.5e20, 'q"\\\n']
    calls = [
        call(name, doc, path, values[number % len(values)])
        for name in ("json_set", "json_insert", "json_replace")
        for doc in [*DOCUMENTS[:10], *DOCUMENTS[-14:], None, "[1,"]
        for number, path in enumerate([*PATHS[1:], *BAD_PATHS, None])
    ]
    calls += [
        call("json_remove", doc, path)
        for doc in [*DOCUMENTS, None, "["]
        for path in [*PATHS, *BAD_PATHS, None]
    ]
    same(ask, calls)


@old
def test_several_edits(ask: Ask) -> None:
    doc = DOCUMENTS[1]
    same(
        ask,
        [
            call("json_set", doc),
            call("json_set", doc, "$.c"),
            call("json_insert", doc, "$.c", 1, "$.d"),
            call("json_replace", None, "$.c"),
            call("json_set", doc, "$.c.d", 1, "$.c.e", 2),
            call("json_set", doc, "$.c.d[0]", 1, "$.c.d[1]", 2, "$.c.d[#]", 3),
            call("json_set", doc, "$.a", 1, "$.a", 2),
            call("json_insert", doc, "$.a", 1, "$.z", 2, "$.z", 3),
            call("json_replace", doc, "$.a", Json("[]"), "$.b[0]", Json(' "s" '), "$.b[#-1]", -0.5),
            call("json_set", doc, "$.b[#]", 1, "$.b[#]", 2),
            call("json_set", doc, "$.x", b"\x00"),
            call("json_replace", doc, "$.x", b"\x00"),
            call("json_replace", doc, "$.a", b"\x00"),
            call("json_set", doc, "$.a", float("inf")),
            call("json_remove", "[0,1,2]", "$[0]", "$[0]"),
            call("json_remove", "[0,1,2]", "$[#-1]", "$[#-1]"),
            call("json_remove", doc, "$.a", "$.a", "$.b[0]"),
            call("json_remove", doc, "$", "$.a"),
            call("json_remove", doc, "$.a", None),
            call("json_remove", doc, "$.zz", "x"),
        ],
    )


@old
def test_constructors(ask: Ask) -> None:
    control = "".join(map(chr, range(1, 0x21))) + "\x7f\x80\u2028/\"\\'é😀"
    values: list[Value] = [
        None, 0, -1, 2**63 - 1, -(2**63), 0.0, 1.5, -0.5, 1e15, 1e14, 1e-5, 1e-4, 0.1, 1e300,
        123456789012345.6, float("inf"), float("-inf"), "", "x", "null", control, Json("[1, 2]"),
        Json('{"a" : "b c"}'), Json("null"), Json('"\\u00e9"'), b"", b"x",
    ]  # fmt: skip
    calls = [
        call(name, value)
        for name in ("json_quote", "json_array")
        for value in values
        if value != Json('"\\u00e9"')
    ]
    calls += [call("json_object", label, value) for label in values for value in (1, None, "x", b"")]
    same(
        ask,
        [
            *(
                one
                for one in calls
                if not isinstance(one.arguments[0], Json) or "u00e9" not in one.arguments[0]
            ),
            call("json_array"),
            call("json_array", *[v for v in values if not isinstance(v, bytes) and v != Json('"\\u00e9"')]),
            call("json_object"),
            call("json_object", "a"),
            call("json_object", "a", 1, "a", Json("[1]"), "b", None),
            call("json_object", "a", 1, "b"),
        ],
    )


@old
def test_patch(ask: Ask) -> None:
    documents = [
        '{"a":1}', "null", "[1]", "5", "{}", '{"a":null}', '{"a":{"b":null,"c":1}}', '{"a":{"b":1}}',
        '{"a":5}', '{"a":{"b":null,"c":[null,{"x":null}]}}', '{"b":{"x":null}}', '{"a":1,"a":2}', '{"a":{}}',
        '{ "b" : null }', '{"a":{"x":{"y":null,"z":[null]}}}', '{"a":{"x":1}}', None, "bad",
        '{"é\\n":1,"b":"\\u00e9"}', '{"é\\n":{"c":" "}}',
    ]  # fmt: skip
    same(ask, [call("json_patch", a, b) for a in documents for b in documents if b != '{"a":1,"a":2}'])


def test_as_newer_versions_have_it(ask: Ask) -> None:
    """What 3.40 has as an error or an oversight is as in later versions."""
    calls = [call(name, *each) for name in ("->", "->>") for each in [
        ("[1,2,3]", -1), ("[1,2,3]", -3), ("[1,2,3]", -4), ("[1,2,3]", 0), ("[1,2,3]", 3), ("[1,2,3]", "0"),
        ("[1,2,3]", "-1"), ('{"0":1}', "0"), ('{"0":1}', 0), ('{"a.b":1,"a":{"b":2}}', "a.b"),
        ('{"a_b":1}', "a_b"), ('{"a b":1}', "a b"), ("[[5]]", "[0]"), ("[[5]]", "[0][0]"),
        ('{"a":[5]}', "a[0]"), ('{"$":1}', "$"), ('{"a":1}', ""), ('{"":1}', ""), ('{"a":1}', '"a"'),
        ("[1,2]", 1.0), ('{"1.0":3}', 1.0), ('{"a":"x"}', "a"), ('{"a":"x"}', ".a"), ('{"é":1}', "é"),
        ("[1]", "#-1"), ("[1]", "[#-1]"), ("[1]", "["), ("[1]", "[]"), ('{"a":1}', "$x"), ("[7,8]", "[1"),
        ('{"a\\"b":1}', 'a"b'), ('{"a":1}', None), (None, "a"), ("x", None),
        ('{"a":null,"b":[1, "\\u00e9"]}', "a"), ('{"a":null,"b":[1, "\\u00e9"]}', "b"), ('{"a":true}', "a"),
        ('{"a":[]}', "a"), ('{"a":1,"a":2}', "a"), ("5", 0), ("5", "$"), ('"x"', "$"),
    ]]  # fmt: skip
    for label, key in [
        ("\\u0061", "a"), ("a", "\\u0061"), ('a\\"b', 'a"b'), ("a\\/b", "a/b"), ("a\\\\b", "a\\b"),
        ("\\u00e9", "é"), ("a\\nb", "a\nb"), ("\\ud83d\\ude00", "😀"),
    ]:  # fmt: skip
        calls.append(call("json_extract", f'{{"{label}":7}}', f"$.{key}"))
        calls.append(call("json_extract", f'[{{"x":[],"{label}":{{"{label}":" "}}}}]', f"$[0].{key}.{key}"))
        calls.append(call("json_remove", f'{{"{label}":7,"z":"\\u00e9"}}', f"$.{key}"))
        calls.append(call("json_set", f'{{"{label}":7,"z":"\\u00e9"}}', f"$.{key}", "\\"))
    calls += [
        call("json_set", "{}", "$.c", Json("{}"), "$.c.d", 1),
        call("json_set", '{"b":1}', "$.b", Json("[]"), "$.b[0]", 1),
        call("json_set", "[1]", "$", "x"),
        call("json_replace", "[1]", "$", 5),
        call("json_remove", '{"a":1,"a":2}', "$.a", "$.a"),
        call("json_patch", '{"a":1}', '{"a":2,"a":3}'),
        call("json_patch", '{"a":1}', '{"b":2,"b":3}'),
        call("json_patch", '{"a":1}', '{"a":null,"a":3}'),
        call("json_patch", '{"\\u0061":1}', '{"a":2}'),
        call("json_valid", None),
    ]
    same(ask, calls, by_newer)


def test_words_of_errors(target: psycopg.Connection[Any]) -> None:
    """Messages are SQLite's, those of paths the newer ones."""
    for path in ["", "x", "$.", "$.a.", "it's"]:
        with apsw.Connection(":memory:") as connection, pytest.raises(apsw.SQLError) as expected:
            connection.execute("""SELECT json_extract('{"a":{}}', ?)""", (path,)).fetchall()
        with pytest.raises(psycopg.errors.InvalidParameterValue) as got:
            target.execute("""SELECT sqlite.json_extract('{"a":{}}', %s::text)""", (path,))
        assert got.value.diag.message_primary in str(expected.value)
    if target.info.server_version >= 160000:
        for query in ("json('[')", "json_extract('[', '$')", "json_set('[')", "json_patch('{}', '[')"):
            with pytest.raises(psycopg.errors.InvalidJsonText, match=r"^malformed JSON\n"):
                target.execute(f"SELECT sqlite.{query}")


def test_half_a_pair_becomes_a_replacement(ask: Ask) -> None:
    docs = ['"\\ud83dx"', '"\\ude00"', '"\\ud83d\\ud83d\\ude00\\ude00"', '["\\\\ud83d", "\\ud83d"]']
    got = ask([call("json_extract", doc, path) for doc in docs for path in ("$", "$[1]")])
    assert got[:6] == ["t\ufffdx", None, "t\ufffd", None, "t\ufffd😀\ufffd", None]
    assert got[6:] == ['t["\\\\ud83d","\\ud83d"]', "t\ufffd"]


def test_grammar_of_servers_that_cannot_try(target: psycopg.Connection[Any]) -> None:
    """What PostgreSQL 14 and 15 use for json_valid."""
    texts = [*DOCUMENTS, *MALFORMED]
    got = target.execute(
        "SELECT sqlite._json_matches(t.t) FROM unnest(%s::text[]) WITH ORDINALITY AS t (t, at) ORDER BY at",
        (texts,),
    ).fetchall()
    assert [row[0] for row in got] == [True] * len(DOCUMENTS) + [False] * len(MALFORMED)


def rows_of(target: psycopg.Connection[Any], name: str, *arguments: Value) -> list[tuple[Any, ...]]:
    marks = ", ".join(["%s::text"] * len(arguments))
    return target.execute(f"SELECT {COLUMNS} FROM sqlite.{name}({marks})", arguments).fetchall()


def rows_by_sqlite(connection: Any, name: str, *arguments: Value) -> list[tuple[Any, ...]]:
    marks = ", ".join("?" * len(arguments))
    found = connection.execute(f"SELECT {COLUMNS} FROM {name}({marks})", arguments).fetchall()
    return [(tagged(r[0]), tagged(r[1]), r[2], tagged(r[3]), *r[4:]) for r in found]


def comparable_rows(rows: list[tuple[Any, ...]], *, ids: bool) -> list[tuple[Any, ...]]:
    """Rows with reals as Python writes them, and places instead of ids unless they are to be SQLite's."""
    place = {row[4]: at for at, row in enumerate(rows)}
    assert len(place) == len(rows)
    return [
        (
            *(row[0], comparable(row[1]), row[2], comparable(row[3])),
            *(row[4:6] if ids else (place[row[4]], place.get(row[5]))),
            *row[6:],
        )
        for row in rows
    ]


TREES = [
    *DOCUMENTS,
    '[1,[2,{"c d":3,"c_d":4,"c1":5,"1c":6,"":7,"é":8,"x\\ny":9,"q\\"q":[{}]}]]',
    '{"a":{"b":{}}}',
]


@old
def test_tables(target: psycopg.Connection[Any]) -> None:
    """json_each and json_tree without a path; the ids of json_tree are SQLite's."""
    reference = sqlite3.connect(":memory:")
    for doc in [*TREES, None]:
        for name in ("json_each", "json_tree"):
            expected = comparable_rows(rows_by_sqlite(reference, name, doc), ids=name == "json_tree")
            assert comparable_rows(rows_of(target, name, doc), ids=name == "json_tree") == expected, doc
    reference.close()
    for doc in MALFORMED[:3]:
        with pytest.raises(psycopg.Error):
            rows_of(target, "json_each", doc)


@old
def test_tables_of_a_path(target: psycopg.Connection[Any]) -> None:
    """json_each as in 3.40; json_tree as in newer ones, since 3.40 names the elements of arrays wrongly."""
    reference = sqlite3.connect(":memory:")
    with apsw.Connection(":memory:") as newer:
        for doc in TREES:
            if "\\u0000" in doc:
                continue
            for path in [*PATHS, None]:
                if path is not None and "[" in path and '"' in path:
                    continue
                expected = comparable_rows(rows_by_sqlite(reference, "json_each", doc, path), ids=False)
                assert comparable_rows(rows_of(target, "json_each", doc, path), ids=False) == expected, (
                    doc,
                    path,
                )
                if path is not None and "[" in path:
                    continue  # all versions name an element of an array wrongly
                expected = comparable_rows(rows_by_sqlite(newer, "json_tree", doc, path), ids=False)
                assert comparable_rows(rows_of(target, "json_tree", doc, path), ids=False) == expected, (
                    doc,
                    path,
                )
    reference.close()
    doc = '{"a":[1,{"b":[1,2]},3]}'
    for path, key, above in [
        ("$.a[1]", "i1", "$.a"),
        ("$.a[#-2]", "i1", "$.a"),
        ('$."a"[1].b', "tb", '$."a"[1]'),
    ]:
        rows = rows_of(target, "json_tree", doc, path)
        assert (rows[0][0], *rows[0][6:]) == (key, path, above)
        assert rows[-1][6:] == (
            f"{path}{'[1]' if key == 'tb' else '.b[1]'}",
            path if key == "tb" else f"{path}.b",
        )
    for path in ("bad", "$."):
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            rows_of(target, "json_tree", "{}", path)


@old
def test_aggregates(target: psycopg.Connection[Any]) -> None:
    values: list[Value] = [1, None, "a", 2.5, "", 'q"', -7, "a", None, 1]
    reference = sqlite3.connect(":memory:")
    reference.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, v)")
    reference.executemany("INSERT INTO t (v) VALUES (?)", [(v,) for v in values])
    target.execute("CREATE TEMP TABLE t (n serial, v text)")
    for value in values:
        target.execute("INSERT INTO pg_temp.t (v) VALUES (%s)", (tagged(value),))
    for query in [
        "json_group_array(v) FROM t",
        "json_group_array(v) FILTER (WHERE n > 3) FROM t",
        "json_group_array(v) FROM t WHERE n < 0",
        "json_group_object('k' || n, v) FROM t",
        "json_group_object('k' || n, v) FILTER (WHERE n % 2 = 0) FROM t",
        "json_group_object('k', v) FROM t WHERE n < 0",
        "json_group_array(v) OVER (ORDER BY n) FROM t ORDER BY n",
        "json_group_array(v) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM t ORDER BY n",
        "json_group_object('k' || n, v) OVER (PARTITION BY n % 2 ORDER BY n) FROM t ORDER BY n",
    ]:
        expected = reference.execute(f"SELECT {query}").fetchall()
        ours = query.replace("json_", "sqlite.json_").replace(" t", " pg_temp.t")
        assert target.execute(f"SELECT {ours}").fetchall() == expected, query
    reference.close()
    one = target.execute(
        "SELECT sqlite.json_group_array(v ORDER BY n DESC) FROM pg_temp.t WHERE n < 4"
    ).fetchone()
    assert one == ('["a",null,1]',)
    one = target.execute("SELECT sqlite.json_group_array(DISTINCT v ORDER BY v) FROM pg_temp.t").fetchone()
    assert one == ('[-7,1,2.5,"","a","q\\"",null]',)
    one = target.execute(
        "SELECT sqlite.json_group_array('j' || sqlite.json_array(v)) FROM pg_temp.t WHERE n < 4"
    )
    assert one.fetchone() == ('[[1],[null],["a"]]',)
    one = target.execute(
        "SELECT sqlite.json_group_object(substr(v, 2), v) FROM pg_temp.t WHERE n < 4"
    ).fetchone()
    assert one == ('{"1":1,"a":"a"}',)
    for condition in ("true", "n < 0"):
        one = target.execute(f"""
            SELECT sqlite.json_group_object('k' || n, v)
                   = sqlite.json_group_object(sqlite.json_member('k' || n, v))
                   AND sqlite.json_group_object(sqlite.json_member(NULL, v)) = '{{}}'
            FROM pg_temp.t WHERE {condition}""").fetchone()
        assert one == (True,)
    with pytest.raises(psycopg.Error, match="JSON cannot hold BLOB values"):
        target.execute("SELECT sqlite.json_group_array('b00')")


def test_arguments_of_other_functions(target: psycopg.Connection[Any]) -> None:
    """json_extract_argument gives arrays and objects as JSON, as json_extract does within a function."""
    with apsw.Connection(":memory:") as newer:
        for doc, paths in [
            ("[[1]]", ["$[0]"]),
            ('["[1]"]', ["$[0]"]),
            ("[[1]]", ["$[0]", "$"]),
            ("[1]", ["$[1]"]),
        ]:
            ((expected,),) = newer.execute(
                f"SELECT json_array(json_extract(?, {', '.join('?' * len(paths))}))", (doc, *paths)
            ).fetchall()
            got = target.execute(
                "SELECT sqlite.json_array(sqlite.json_extract_argument(%s, VARIADIC %s::text[]))",
                (doc, paths),
            ).fetchone()
            assert got == (expected,)


def test_paths_from_columns(target: psycopg.Connection[Any]) -> None:
    """Documents and paths that the planner does not know."""
    got = target.execute(
        """
        SELECT sqlite.json_extract(d.doc, p.path), sqlite.json_type(d.doc, p.path),
               sqlite.json_arrow(d.doc, 't' || p.path), sqlite.json_extract(d.doc, p.path, '$')
        FROM (VALUES ('{"a":[1, 2]}')) AS d (doc), (VALUES ('$.a'), ('$.a[1]'), (NULL)) AS p (path)
        """
    ).fetchall()
    assert got == [
        ("t[1,2]", "array", "[1,2]", 't[[1,2],{"a":[1,2]}]'),
        ("i2", "integer", "2", 't[2,{"a":[1,2]}]'),
        (None, None, None, 't[null,{"a":[1,2]}]'),
    ]


def test_extraction_is_inlined_and_parallel_safe(target: psycopg.Connection[Any]) -> None:
    """The planner splits a constant path once, and may run the functions in parallel workers."""
    target.execute("CREATE TEMP TABLE docs (doc text)")
    plan = target.execute(
        "EXPLAIN (VERBOSE) SELECT sqlite.json_extract(doc, '$.a.b') FROM pg_temp.docs"
    ).fetchall()
    assert "{a,b}" in str(plan)
    assert target.execute(
        """
        SELECT p.proname
        FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname = 'sqlite' AND p.proname ~ '^_?json' AND p.proparallel <> 's'
        """
    ).fetchall() == []  # fmt: skip


def test_expression_index(target: psycopg.Connection[Any]) -> None:
    """An index on an extraction serves the query that says the same."""
    target.execute("CREATE TEMP TABLE indexed (doc text)")
    target.execute("CREATE INDEX ON pg_temp.indexed (sqlite.json_extract(doc, '$.a'))")
    target.execute(
        """INSERT INTO pg_temp.indexed SELECT '{"a":' || n || '}' FROM generate_series(1, 1000) AS n"""
    )
    target.execute("ANALYZE pg_temp.indexed")
    query = "SELECT doc FROM pg_temp.indexed WHERE sqlite.json_extract(doc, '$.a') = 'i7'"
    assert "Index Scan" in str(target.execute(f"EXPLAIN {query}").fetchall())
    assert target.execute(query).fetchall() == [('{"a":7}',)]


LABELS = st.sampled_from(
    ["a", "b", "c", "id", "0", "1", "-1", "a b", "a_b", "é", "null", "a.b", "", "[0]", "$"]
)
SPACES = st.sampled_from(["", "", "", " ", "\n  ", "\t"])
NUMBERS = st.one_of(
    st.integers(-(2**65), 2**65).map(str),
    st.integers(-9, 9).map(str),
    st.floats(-1e15, 1e15).map(lambda x: f"{x:.6g}"),
    st.sampled_from(["1E5", "1e+30", "2.50", "-0", "1e-7"]),
)
STRINGS = st.one_of(
    st.text(max_size=6).map(json.dumps).filter(lambda t: "\\ud" not in t and "\\u0000" not in t),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6).map(
        lambda t: json.dumps(t, ensure_ascii=False)
    ),
    st.sampled_from(
        ['"a"', '"b"', '"\\/"', '"null"', '" : "', '"[1]"', '"\\\\"', '"\\"a\\""', '"\\ud83d\\ude00"']
    ),
)


def container(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    array = st.tuples(st.lists(inner, max_size=4), SPACES).map(
        lambda t: f"[{t[1]}" + f"{t[1]},{t[1]}".join(t[0]) + f"{t[1]}]"
    )
    members = st.tuples(st.lists(st.tuples(LABELS, inner), max_size=4), SPACES)
    return array | members.map(
        lambda t: "{" + t[1] + f"{t[1]},".join(f'{t[1]}"{k}"{t[1]}:{t[1]}{v}' for k, v in t[0]) + t[1] + "}"
    )


ATOMS = st.one_of(NUMBERS, STRINGS, st.sampled_from(["true", "false", "null"]))
JSON = st.recursive(ATOMS, container, max_leaves=12)
STEPS = st.one_of(
    LABELS.map(lambda k: f'."{k}"'),
    st.sampled_from([".a", ".b", ".id", ".0", "[0]", "[1]", "[2]", "[#]", "[#-1]", "[#-2]"]),
)
JSON_PATHS = st.lists(STEPS, min_size=1, max_size=4).map(lambda s: "$" + "".join(s))
VALUES = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(-1e9, 1e9).map(lambda x: float(f"{x:.9g}")),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
)  # fmt: skip


@old
@many
@given(st.lists(st.tuples(JSON, JSON_PATHS, JSON_PATHS, VALUES), min_size=8, max_size=12))
def test_random_documents(ask: Ask, cases: list[tuple[str, str, str, Value]]) -> None:
    calls: list[Call] = []
    for doc, path, other, value in cases:
        calls += [call("json", doc), call("json_type", doc), call("json_extract", doc, "$")]
        calls += [
            call(name, doc, path)
            for name in ("json_extract", "json_type", "json_array_length", "->", "json_remove")
        ]
        calls += [call(name, doc, other, value) for name in ("json_set", "json_insert", "json_replace")]
        calls += [
            call("json_extract", doc, path, other),
            call("json_array", value, 1),
            call("json_quote", value),
        ]
    same(ask, calls)


@old
@many
@given(st.lists(JSON, min_size=1, max_size=4))
def test_random_trees(target: psycopg.Connection[Any], docs: list[str]) -> None:
    reference = sqlite3.connect(":memory:")
    for doc in docs:
        for name in ("json_each", "json_tree"):
            expected = comparable_rows(rows_by_sqlite(reference, name, doc), ids=name == "json_tree")
            assert comparable_rows(rows_of(target, name, doc), ids=name == "json_tree") == expected
    reference.close()


@settings(many, max_examples=10)
@given(st.lists(st.tuples(container(JSON), container(JSON)), min_size=8, max_size=12))
def test_random_patches(ask: Ask, cases: list[tuple[str, str]]) -> None:
    same(ask, [call("json_patch", *each) for each in cases], by_newer)


@old
@many
@given(
    st.lists(st.text(st.sampled_from('{}[]:,"\\u0041e-+. \nntrue1'), max_size=12), min_size=30, max_size=60)
)
def test_random_texts(ask: Ask, target: psycopg.Connection[Any], texts: list[str]) -> None:
    """What is JSON and what is not."""
    calls = [call("json_valid", text) for text in texts]
    same(ask, calls)
    grammar = target.execute(
        "SELECT array_agg(sqlite._json_matches(t)) FROM unnest(%s::text[]) WITH ORDINALITY u (t, at)",
        (texts,),
    ).fetchone()
    assert grammar is not None
    assert [f"i{int(each)}" for each in grammar[0]] == by_sqlite(calls)
