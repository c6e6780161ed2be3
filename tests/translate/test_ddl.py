# ruff: noqa: E501 - one case is one line
"""Defaults, checks, generated columns, index keys and predicates: the exact text, and that PostgreSQL takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from translate_engines import MODEL, column

from outgrow.errors import TranslationError
from outgrow.schema.model import Affinity, IndexColumn
from outgrow.schema.target import Relation, TargetColumn, TargetModel
from outgrow.translate import expression, index_key

NOW = "statement_timestamp() AT TIME ZONE 'utc'"
SECOND = f"date_trunc('second', {NOW})"
STAMP = column("w", "timestamp", "timestamp-text:YYYY-MM-DD HH:MM:SS")
UUID4 = """(
        lower(hex(randomblob(4)))
        || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))),2) || '-'
        || substr('89ab',abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))),2) || '-' || lower(hex(randomblob(6)))
    )"""
TEXT = column("w", "text")
BIGINT = column("w", "bigint")
DEFAULTS = [
    ("CURRENT_TIMESTAMP", STAMP, SECOND),
    ("datetime('now')", STAMP, SECOND),
    ("CURRENT_TIMESTAMP", TEXT, f"to_char({NOW}, 'YYYY-MM-DD HH24:MI:SS')"),
    ("CURRENT_DATE", TEXT, f"to_char({NOW}, 'YYYY-MM-DD')"),
    ("current_time", TEXT, f"to_char({NOW}, 'HH24:MI:SS')"),
    ("(date('now'))", column("w", "date", "date-text:YYYY-MM-DD"), f"(date_trunc('day', {NOW}))::date"),
    ("CURRENT_TIME", column("w", "time", "time-text:HH:MM:SS"), f"({SECOND})::time"),
    (
        "CURRENT_TIMESTAMP",
        column("w", "timestamptz", "timestamptz-text:YYYY-MM-DD HH:MM:SS"),
        f"(({SECOND}) AT TIME ZONE 'UTC')",
    ),
    (
        "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        column("w", "timestamptz", "timestamptz-text:YYYY-MM-DDTHH:MM:SS.fffZ"),
        f"((date_trunc('milliseconds', {NOW})) AT TIME ZONE 'UTC')",
    ),
    (
        "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
        column("w", "timestamp", "timestamp-text:YYYY-MM-DD HH:MM:SS[.ffffff]"),
        f"date_trunc('milliseconds', {NOW})",
    ),
    (
        "strftime('%Y-%m-%dT%H:%M:%fZ', CURRENT_TIMESTAMP)",
        TEXT,
        f'to_char({SECOND}, \'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\')',
    ),
    ("strftime('%s', 'now')", BIGINT, f"floor(extract(epoch from {NOW}))::bigint"),
    ("unixepoch()", BIGINT, f"floor(extract(epoch from {NOW}))::bigint"),
    ("(strftime('%s', 'now') * 1000)", BIGINT, f"(floor(extract(epoch from {NOW}))::bigint) * 1000"),
    ("unixepoch()", column("w", "timestamptz", "timestamptz-epoch:s"), f"(({SECOND}) AT TIME ZONE 'UTC')"),
    (
        "(unixepoch() * 1000)",
        column("w", "timestamptz", "timestamptz-epoch:ms"),
        f"'epoch'::timestamptz + floor(extract(epoch from {NOW}))::bigint * 1000 * interval '1 millisecond'",
    ),
    (
        "julianday('now')",
        column("w", "double precision"),
        f"((floor(extract(epoch from {NOW}) * 1000)::bigint + 210866760000000)::double precision / 86400000.0)",
    ),
    (UUID4, column("w", "uuid", "uuid-text"), "gen_random_uuid()"),
    ("(1 + 2)", BIGINT, "1::bigint + 2"),
    ("(1 = 1)", column("w", "boolean", "boolean:0/1"), "(1 = 1)"),
    ("1", column("w", "boolean", "boolean:0/1"), "true"),
    ("'yes'", column("w", "boolean", "boolean:no/yes"), "true"),
    ("'10'", BIGINT, "10"),
    ("(1.5)", column("w", "numeric", "numeric"), "1.5::numeric"),
    ("x'00ff'", column("w", "bytea"), "'\\x00ff'::bytea"),
    ("NULL", TEXT, "NULL"),
    ('"a\'b"', TEXT, "'a''b'"),
    ("'a\\b'", TEXT, "E'a\\\\b'"),
    ("datetime('now', '+1 day')", STAMP, f"date_trunc('second', ({NOW} + interval '1 day'))"),
]


@pytest.mark.parametrize(("sql", "wanted", "expected"), DEFAULTS)
def test_a_default(sql: str, wanted: TargetColumn, expected: str) -> None:
    assert expression(sql, model=MODEL, relation="t", purpose="default", wanted=wanted) == expected


def test_postgresql_takes_every_default(target: psycopg.Connection[Any]) -> None:
    for number, (sql, wanted, _) in enumerate(DEFAULTS):
        text = expression(sql, model=MODEL, relation="t", purpose="default", wanted=wanted)
        target.execute(f"CREATE TABLE d{number} (w {wanted.type} DEFAULT {text}, x int)")
        target.execute(f"INSERT INTO d{number}(x) VALUES (1)")
        stored = target.execute(f"SELECT w IS NULL FROM d{number}").fetchone()
        assert (sql, stored) == (sql, (sql == "NULL",))


def test_random_defaults_differ_and_have_their_form(target: psycopg.Connection[Any]) -> None:
    for sql, wanted, pattern in [
        (UUID4, TEXT, "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"),
        ("lower(hex(randomblob(16)))", TEXT, "^[0-9a-f]{32}$"),
        ("hex(randomblob(40))", TEXT, "^[0-9A-F]{80}$"),
        ("(abs(random()) % 1000)", BIGINT, "^[0-9]{1,3}$"),
        ("lower(hex(randomblob(16)))", column("w", "uuid", "uuid-hex"), "^[0-9a-f-]{36}$"),
        ("randomblob(16)", column("w", "uuid", "uuid-blob"), "^[0-9a-f-]{36}$"),
    ]:
        text = expression(sql, model=MODEL, relation="t", purpose="default", wanted=wanted)
        rows = target.execute(
            f"SELECT ({text})::text ~ '{pattern}', ({text})::text FROM generate_series(1, 100)"
        ).fetchall()
        assert (sql, {row[0] for row in rows}) == (sql, {True})
        assert (sql, len({row[1] for row in rows}) > 50) == (sql, True)


CHECKS = [
    ("n >= 0", "n >= 0"),
    ("n", "n <> 0"),
    ("f", "f"),
    ("f IN (0, 1)", "f IN (false, true)"),
    ("f = 1 OR n IS NULL", "f = true OR n IS NULL"),
    ("(n > 0 OR k > 0) AND r < 1.5", "(n > 0 OR k > 0) AND r < '1.5'::double precision"),
    ("s IN ('a', 'b''c')", "s IN ('a', 'b''c')"),
    ("length(s) <= 255", "length(s) <= 255"),
    ("length(b) = 16", "octet_length(b) = 16"),
    ("s LIKE '%Trailers%'", "lower(s COLLATE \"C\") LIKE '%trailers%'"),
    ("s > 'a'", "s COLLATE \"C\" > 'a'"),
    ("c = 'x'", 'lower(c COLLATE "C") = lower(\'x\' COLLATE "C")'),
    ("typeof(n) = 'integer'", "CASE WHEN n IS NULL THEN 'null' ELSE 'integer' END = 'integer'"),
    ("typeof(k) = 'integer'", "'integer'::text = 'integer'"),
    ("n % 2 = 0", "n % 2 = 0"),
    ("n / k > 1", "n / NULLIF(k, 0) > 1"),
    ("n != 3 AND NOT f", "n <> 3 AND NOT f"),
    ('"Odd ""name" > 0', '"Odd ""name" > 0'),
    ("t.n > 0", "n > 0"),
    ("[n] > 0 AND `k` > 0", "n > 0 AND k > 0"),
    ("d <= CURRENT_TIMESTAMP", None),
    ("u <> '00000000-0000-0000-0000-000000000000'", "u <> '00000000-0000-0000-0000-000000000000'::uuid"),
    ("n BETWEEN 1 AND 5", "n BETWEEN 1 AND 5"),
    ("m >= 0.5", "m >= 0.5"),
]


@pytest.mark.parametrize(("sql", "expected"), [case for case in CHECKS if case[1] is not None])
def test_a_check(sql: str, expected: str) -> None:
    folded = Relation(
        source="t", schema="public", name="t", columns=tuple(_plain(c) for c in MODEL.relation("t").columns)
    )
    model = TargetModel(schema="public", relations=(folded,))
    assert expression(sql, model=model, relation="t", purpose="check") == expected


def _plain(given: TargetColumn) -> TargetColumn:
    return given if given.source != 'Odd "name' else column('Odd "name', "bigint", name='Odd "name')


def test_postgresql_takes_every_check(target: psycopg.Connection[Any]) -> None:
    for sql, _ in CHECKS:
        target.execute(
            f"ALTER TABLE t ADD CHECK ({expression(sql, model=MODEL, relation='t', purpose='check')}) NOT VALID"
        )


def test_a_deep_expression_is_refused_and_a_long_list_is_not() -> None:
    deep = "(" * 900 + "n" + ")" * 900
    with pytest.raises(TranslationError, match="nested this deep"):
        expression(deep, model=MODEL, relation="t", purpose="check")
    numbers = ", ".join(map(str, range(2000)))
    assert expression(f"n IN ({numbers})", model=MODEL, relation="t", purpose="check") == f"n IN ({numbers})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared(TargetColumn):
    """A column whose affinity the model knows."""

    affinity: Affinity | None = None


def test_the_affinity_decides_between_texts_and_numbers() -> None:
    columns = tuple(
        Declared(source=affinity.value, name=affinity.value.lower(), type="text", affinity=affinity)
        for affinity in (Affinity.TEXT, Affinity.NUMERIC, Affinity.BLOB)
    )
    model = TargetModel(
        schema="public", relations=(Relation(source="a", schema="public", name="a", columns=columns),)
    )
    cases = {
        "text = 0": "text = '0'",
        "0 = text": "'0' = text",
        "text < 10": "text COLLATE \"C\" < '10'",
        "text > '2024'": "text COLLATE \"C\" > '2024'",
        "text IN (1, 2)": "text IN ('1', '2')",
        '"numeric" = 0': 'CASE WHEN "numeric" IS NOT NULL THEN false END',
        "blob > 0": "CASE WHEN blob IS NOT NULL THEN true END",
    }
    for sql, expected in cases.items():
        assert expression(sql, model=model, relation="a", purpose="check") == expected


def test_json_valid_of_jsonb_is_true_unless_null() -> None:
    held = Relation(source="j", schema="public", name="j", columns=(column("doc", "jsonb", "json"),))
    model = TargetModel(schema="public", relations=(held,))
    sql = '(JSON_VALID("doc") OR "doc" IS NULL)'
    expected = "CASE WHEN doc IS NOT NULL THEN true END OR doc IS NULL"
    assert expression(sql, model=model, relation="j", purpose="check") == expected


INDEXES = [
    (IndexColumn(column="k", expression=None, collation="BINARY"), "k"),
    (IndexColumn(column="n", expression=None, collation="BINARY"), "n NULLS FIRST"),
    (IndexColumn(column="n", expression=None, collation="BINARY", descending=True), "n DESC NULLS LAST"),
    (IndexColumn(column="s", expression=None, collation="BINARY"), 's COLLATE "C" NULLS FIRST'),
    (IndexColumn(column="s", expression=None, collation="NOCASE", descending=True), '(lower(s COLLATE "C")) DESC NULLS LAST'),
    (IndexColumn(column="x", expression=None, collation="RTRIM"), "(rtrim(x, ' ')) NULLS FIRST"),
    (IndexColumn(column="u", expression=None, collation="BINARY"), "u NULLS FIRST"),
    (IndexColumn(column=None, expression="lower(s)", collation="BINARY"), '(lower(s COLLATE "C")) COLLATE "C" NULLS FIRST'),
    (IndexColumn(column=None, expression="n + k", collation="BINARY"), "(n + k) NULLS FIRST"),
    (IndexColumn(column=None, expression="k > 1", collation="BINARY"), "((k > 1)::int::bigint)"),
    (IndexColumn(column=None, expression="coalesce(n, k)", collation="BINARY"), "(coalesce(n, k::bigint))"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "expected"), INDEXES)
def test_an_index_key(
    key: IndexColumn,
    expected: str,
) -> None:
    assert index_key(key, model=MODEL, relation="t", bytewise=False) == expected


def test_a_database_that_sorts_bytewise_needs_no_collation() -> None:
    key = IndexColumn(column="s", expression=None, collation="BINARY")
    assert index_key(key, model=MODEL, relation="t", bytewise=True) == "s NULLS FIRST"
    assert expression("s > 'a'", model=MODEL, relation="t", purpose="check", bytewise=True) == "s > 'a'"


def test_postgresql_takes_every_index_and_uses_it_for_the_translated_order(
    target: psycopg.Connection[Any],
) -> None:
    for number, (key, _) in enumerate(INDEXES):
        text = index_key(key, model=MODEL, relation="t", bytewise=False)
        target.execute(f"CREATE INDEX i{number} ON t ({text})")
        target.execute("SET enable_seqscan = off; SET enable_sort = off")
        plan = "\n".join(
            row[0] for row in target.execute(f"EXPLAIN SELECT id FROM t ORDER BY {text}").fetchall()
        )
        assert (text, "Sort" in plan) == (text, False)
        target.execute(f"DROP INDEX i{number}")


def test_a_predicate_and_a_generated_column(target: psycopg.Connection[Any]) -> None:
    where = expression("s IS NOT NULL AND s != '' AND f = 0", model=MODEL, relation="t", purpose="where")
    assert where == "s IS NOT NULL AND s <> '' AND f = false"
    target.execute(f"CREATE INDEX partial ON t (s) WHERE {where}")
    text = expression("n * 2", model=MODEL, relation="t", purpose="generated", wanted=BIGINT)
    assert text == "n * 2"
    target.execute(f"CREATE TABLE g (n bigint, w bigint GENERATED ALWAYS AS ({text}) STORED)")


REFUSED = [
    ("n IN (SELECT 1)", "check", None, "a subquery here"),
    ("count(n) > 1", "check", None, "the aggregate count() here"),
    ("nosuch > 1", "check", None, "the column nosuch"),
    ("s REGEXP 'a'", "check", None, "the operator REGEXP"),
    ("s = 'a' COLLATE unicase", "check", None, "the collation UNICASE"),
    ("n = ?", "check", None, "a bound parameter in DDL"),
    ("abs(n, k)", "check", None, "abs() with 2 arguments"),
    ("random()", "where", None, "an expression that depends on settings or time in where"),
    ("date(d) = '2024-01-01'", "where", None, "an expression that depends on settings or time in where"),
    ("date('now')", "generated", TEXT, "an expression that depends on settings or time in generated"),
    ("1.5", "default", BIGINT, "storing the literal 1.5 in column w, bigint"),
    ("n", "default", BIGINT, "the column n"),
    ("GEN_RANDOM_UUID()", "default", TEXT, "the function gen_random_uuid()"),
    ("n; DROP TABLE t", "check", None, "';' at 2"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "purpose", "wanted", "missing"), REFUSED)
def test_what_has_no_equal_is_refused_by_name(
    sql: str, purpose: Any, wanted: TargetColumn | None, missing: str
) -> None:
    with pytest.raises(TranslationError) as caught:
        expression(sql, model=MODEL, relation="t", purpose=purpose, wanted=wanted)
    assert (caught.value.missing, caught.value.sql) == (missing, sql)
