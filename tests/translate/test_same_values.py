"""Expressions and queries over typed columns: the same rows and value classes on both engines."""

from __future__ import annotations

from typing import Any

import apsw
import psycopg
import pytest

from translate_engines import differences

EXPRESSIONS = {
    "comparisons": [
        "n = 3", "n = '3'", "n == 10", "n <> '10'", "n != 3", "n = 'abc'", "n < 'abc'", "n > 'abc'", "n = 3.0", "n < 2.5",
        "n > 9007199254740992.0", "r > 1", "r = 1.5", "r = '1.5'", "r < n", "r = n", "n = r", "n >= r", "n IS 10", "n IS NULL",
        "n IS NOT NULL", "n IS NOT 10", "n IS k", "n ISNULL", "n NOTNULL", "n NOT NULL", "s = 'bob'", "s = 'BOB'", "s < 'b'",
        "s >= 'Alice'", "'b' > s", "s IS 'bob'", "s IS NOT NULL", "s = NULL", "s IS NULL", "c = 'alice'", "c <> 'ALICE'",
        "c = 'É'", "c < 'b'", "'alice' = c", "c = s", "s = c", "s = 'alice' COLLATE NOCASE", "s COLLATE NOCASE = 'ALICE'",
        "x = 'pad'", "x = 'pad  '", "x < 'pad '", "s COLLATE RTRIM = 'bob   '", "b = x'00ff'", "b > x'61'", "b <> x''", "f = 1",
        "f = 0", "f", "NOT f", "f IS 1", "f IS NOT 1", "f = 2", "f > 0", "f = 'x'", "f = '1'", "f IN (0, 1)", "f <> 1", "1 = f",
        "f IS NULL", "f IS TRUE", "f IS NOT FALSE", "n IS TRUE", "r IS FALSE", "u = '0f8fad5b-d9cb-469f-a165-70867728950e'",
        "u = '0F8FAD5B-D9CB-469F-A165-70867728950E'", "u > '7c9e6679-7425-40de-944b-e07fc1f90ae6'", "u = 'nothing'", "u < 'a'",
        "d = '2024-01-31 10:20:30'", "d > '2024-01-31'", "d < '2024-01-31 10:20:31'", "d = '2024-01-31'", "d BETWEEN '2024' || '-01' AND '2024-02'",
        "d >= '2024-01-31 10:20:30' AND d <= '2024-02-29 00:00:00'", "day = '1999-12-31'", "day < '2000-01-01'", "day > '2'|| '0'",
        "m = 2.5", "m > 2", "m < 9.99", "m = n", "m >= r", "m = '10'", "m IN (10, 2.5)", "m <> 9.99", "e = 0", "e > 1000", "e IS NULL",
        "n BETWEEN 1 AND 10", "n NOT BETWEEN k AND 5", "s BETWEEN 'A' AND 'b'", "n IN (3, 10, NULL)", "n NOT IN (3, 10)",
        "s IN ('bob', 'Alice')", "c IN ('ALICE')", "s IN (c)", "n IN ()", "n NOT IN ()", "n IN ('3', 10.0)", "s IN ('bob', NULL)",
        "(n, k) = (10, 1)", "(n, k) <> (10, 1)", "1 < 2 < 3", "3 > 2 > 1", "n = k = 0", "n IS k IS 1", "NOT n IS NULL",
        "n < 5 = k > 0", "n + 1 > k * 2", "day = date(d)", "(k > 0) = 1", "(k > 0) + 1 = 2", "\"Odd \"\"name\" = 7", "u = u", "d IS d",
        "s = \"bob\"", "coalesce(n, k) = '0'", "n + 0 = '3'", "lower(s) > 5", "1 = 1", "1 = '1'", "NULL IS NULL",
    ],
    "logic": [
        "n AND k", "n OR k", "NOT n", "n AND NULL", "n OR NULL", "NULL AND 0", "NOT NULL", "NOT n = 3", "NOT s LIKE 'a%'",
        "n = 3 OR n = 10 AND k = 1", "(n = 3 OR n = 10) AND k = 1", "NOT f AND n", "NOT (f AND n)", "r AND 1", "m OR 0", "TRUE", "FALSE OR f",
        "n IS NOT NULL AND NOT f", "NOT NOT n", "- n < 0", "NOT EXISTS (SELECT 1 FROM p WHERE t_id = t.id)",
    ],
    "arithmetic": [
        "n + 1", "n - k", "n * 2", "n / 2", "n / k", "n % 3", "n % k", "-n / 2", "-7 / 2", "-7 % 2", "n / 0", "n % 0", "7 / 2.0", "r / 2",
        "r * n", "r / 0", "1 + 2", "2000000000 + 2000000000", "2147483647 * 2", "n + NULL", "-n", "- -n", "+n", "~k", "k & 3", "k | 8", "1 << 40",
        "k << 3", "k >> 1", "-k >> 1", "n || 'x'", "s || n", "1 || 2", "'a' || NULL", "s || '-' || c", "f + 1", "f || 'x'", "f * 2", "(k > 1) + 1", "(k > 1) || ''",
        "u || ''", "d || '!'", "0x1F", "0xFFFFFFFFFFFFFFFF", "9223372036854775807", "-9223372036854775808", "1e3", ".5", "5.", "1.5e-3",
        "m * 1.0", "m * 2.5 + 1.5", "m / 4.0", "2 * k + 3 * k", "2 + 3 * 4 - 1", "(2 + 3) * 4", "2 - (3 - 4)", "8 / 4 / 2", "8 / (4 / 2)", "'2' + 3", "n * '2'", "-1 || 5", "k - -2", "k - (-2)", "1 - -1", "k*-1",
    ],
    "functions": [
        "abs(n)", "abs(r)", "abs(-5)", "coalesce(n, k)", "ifnull(s, 'z')", "ifnull(f, 0)", "ifnull(n, 0) + 1", "coalesce(u, 'none')",
        "coalesce(d, '1970-01-01 00:00:00')", "nullif(n, 3)", "nullif(s, '')", "nullif(c, 'ALICE')", "nullif(f, 1)", "iif(n > 5, 'big', 'small')",
        "iif(f, 1, 0)", "iif(f, 'y')", "if(n, s, c)", "max(n, k)", "min(n, k)", "max(s, 'b')", "min(s, c || '')", "max(1, NULL, 3)", "max(n, k, 4)",
        "length(s)", "length(b)", "length(n)", "length(u)", "length(d)", "length('héllo')", "lower(s)", "upper(s)", "lower('ÄB')", "upper('äb')", "upper(c)",
        "trim(s)", "trim('xxaxx', 'x')", "ltrim('  a')", "rtrim('a  ')", "rtrim(x)", "trim(s, 'Ae')", "replace(s, 'l', 'L')", "replace(s, '', 'x')", "replace('aXa', 'a', 'bb')",
        "substr(s, 2)", "substr(s, 2, 2)", "substr(s, 0, 3)", "substr(s, 0)", "substr(s, -3)", "substr(s, -3, 2)", "substr(s, -10, 7)", "substr(s, -2, 10)", "substr(s, 20)",
        "substr(s, 1, 0)", "substr(s, k)", "substr(s, k, 2)", "substr(s, -k, 3)", "substring(s, 2, 3)", "substr(s, 2, length(s))", "instr(s, 'l')", "instr(s, '')", "instr('hello', 'z')",
        "hex(b)", "hex(x'00ff')", "lower(hex(b))", "round(r)", "round(2.5)", "round(-2.5)", "round(n)", "round(0.49999999999999994)", "round(r, 0)", "typeof(n)", "typeof(s)", "typeof(r)", "typeof(b)", "typeof(f)",
        "typeof(m)", "typeof(u)", "typeof(NULL)", "typeof(1.5)", "typeof(k > 0)", "typeof(id) = 'integer'", "char(65, 10, 233)", "likely(n)", "zeroblob(3)", "length(randomblob(40))", "abs(random() % 5) < 5",
        "length(hex(randomblob(16)))", "typeof(random())", "length(CURRENT_TIMESTAMP)", "random() = random()",
    ],
    "casts and cases": [
        "CAST(n AS TEXT)", "CAST(r AS INTEGER)", "CAST(-2.7 AS INTEGER)", "CAST(n AS REAL)", "CAST('12' AS INTEGER)", "CAST(f AS TEXT)", "CAST(1 AS TEXT) || 'x'", "CAST(n AS INTEGER) / 2",
        "CAST(u AS TEXT)", "CAST(n AS NUMERIC)", "CAST(1e300 AS INTEGER)", "CAST(k AS REAL) / 2", "CAST(n AS TEXT) = '3'", "CAST(b AS BLOB)", "CAST(NULL AS TEXT)", "CAST('1.5' AS REAL)",
        "CASE WHEN n > 5 THEN 'y' ELSE 'n' END", "CASE n WHEN 3 THEN 'three' WHEN '10' THEN 'ten' END", "CASE WHEN n THEN 1 ELSE 0 END", "CASE c WHEN 'ALICE' THEN 1 END", "CASE s WHEN 'ALICE' THEN 1 ELSE 0 END",
        "CASE WHEN f THEN r ELSE 0 END", "CASE WHEN n IS NULL THEN NULL ELSE n END", "CASE f WHEN 1 THEN 'on' WHEN 0 THEN 'off' END", "CASE WHEN 0 THEN 1 END", "CASE WHEN n > 5 THEN u END", "CASE WHEN k THEN f ELSE 1 END",
    ],
    "patterns": [
        "s LIKE 'al%'", "s LIKE 'AL%'", "s LIKE '%e'", "s LIKE '_ob'", "s LIKE 'ä%'", "s LIKE '%\\x'", "s LIKE '%\\%%' ESCAPE '\\'", "s LIKE '%!%!_%' ESCAPE '!'", "s LIKE c", "s LIKE s", "n LIKE '1%'", "s NOT LIKE 'a%'",
        "u LIKE '7C%'", "d LIKE '2024-01%'", "s LIKE NULL", "c LIKE 'ALI%'", "s LIKE '%' || 'ob'", "s LIKE '10%'", "s GLOB 'A*'", "s GLOB 'a*'", "s GLOB '?ob'", "s GLOB '*[a-c]'", "s GLOB '[^A]*'", "s GLOB '*%*'", "s GLOB '*\\x'",
        "s NOT GLOB 'A*'", "s GLOB '[Ab]*'", "f LIKE '1'",
    ],
    "dates": [
        "date(d)", "datetime(d)", "time(d)", "date(day)", "datetime(day)", "strftime('%Y', d)", "strftime('%Y-%m', d)", "strftime('%d/%m/%Y', d)", "strftime('%H:%M', d)", "strftime('%s', d)", "strftime('%w', d)", "strftime('%j', d)",
        "strftime('%s', d) + 1", "julianday(d)", "julianday(day)", "unixepoch(d)", "date(d, '+1 day')", "datetime(d, '-3 hours', '+90 seconds')", "date(d, 'start of month')", "date(d, 'start of month', '+1 month', '-1 day')", "date(d, 'start of year')",
        "datetime(n, 'unixepoch')", "date('2024-01-31')", "datetime('2024-01-31 10:20')", "datetime('1997-01-01')", "strftime('%Y-%m-%dT%H:%M:%fZ', d)", "julianday(d) - julianday('2024-01-01')", "date(d) = '2024-01-31'", "strftime('%Y', d) = '2024'",
        "strftime('%m', d) || 'x'", "strftime('%F %T', d)", "strftime('\"%Y\"%%', d)", "CAST(strftime('%Y', d) AS INTEGER)", "typeof(strftime('%s', 'now'))", "length(datetime('now'))", "date('now') = date('now')",
        "d > datetime('now')", "time('2024-01-01 10:11:12')",
    ],
    "subqueries": [
        "(SELECT count(*) FROM p WHERE t_id = t.id)", "(SELECT label FROM p WHERE t_id = t.id ORDER BY id)", "(SELECT label FROM p WHERE t_id = t.id ORDER BY label DESC LIMIT 1)", "EXISTS (SELECT 1 FROM p WHERE t_id = t.id AND qty > 2)",
        "id IN (SELECT t_id FROM p)", "id NOT IN (SELECT t_id FROM p)", "id NOT IN (SELECT t_id FROM p WHERE t_id IS NOT NULL)", "s IN (SELECT label FROM p)", "c IN (SELECT label || '' FROM p)", "n > (SELECT avg(qty) FROM p)", "m > (SELECT avg(price) FROM p)",
        "(SELECT sum(price * qty) FROM p WHERE t_id = t.id) IS NULL", "(SELECT max(label) FROM p)", "id IN (SELECT max(t_id) FROM p)", "coalesce((SELECT qty FROM p WHERE p.id = t.id), -1)", "(SELECT t.n + qty FROM p WHERE p.id = t.id)",
    ],
}  # fmt: skip


@pytest.mark.parametrize("group", EXPRESSIONS)
def test_an_expression_has_the_same_value_on_every_row(
    group: str, source: apsw.Connection, target: psycopg.Connection[Any]
) -> None:
    assert differences(source, target, [f"SELECT id, {text} FROM t" for text in EXPRESSIONS[group]]) == []


@pytest.mark.parametrize("group", ["comparisons", "logic", "patterns"])
def test_a_condition_keeps_the_same_rows(
    group: str, source: apsw.Connection, target: psycopg.Connection[Any]
) -> None:
    assert (
        differences(source, target, [f"SELECT id FROM t WHERE {text}" for text in EXPRESSIONS[group]]) == []
    )


QUERIES = [
    "SELECT * FROM t",
    "SELECT t.*, p.label FROM t JOIN p ON p.t_id = t.id",
    "SELECT t.id, p.id FROM t, p WHERE p.t_id = t.id AND p.qty > 1",
    "SELECT t.id, p.label FROM t LEFT JOIN p ON p.t_id = t.id AND p.qty > 2",
    "SELECT a.id, b.id FROM t a, t b JOIN p ON p.t_id = b.id WHERE a.n = b.n",
    "SELECT t.id, p.id FROM t RIGHT JOIN p ON p.t_id = t.id",
    "SELECT t.id, p.id FROM t FULL JOIN p ON p.t_id = t.id",
    "SELECT id, label FROM t JOIN p USING (id)",
    "SELECT * FROM p NATURAL JOIN (SELECT id, n FROM t)",
    "SELECT t.id FROM t INNER JOIN p",
    "SELECT count(*), count(n), sum(n > 0), avg(n), min(n), max(n), sum(k), total(k), avg(k), avg(r), min(r), max(s), min(s) FROM t",
    "SELECT sum(k), sum(f), min(f), max(f), max(d), min(u), max(e), count(DISTINCT s), count(f) FROM t",
    "SELECT sum(n), avg(n), total(n), count(n), max(s), group_concat(s) FROM t WHERE id > 100",
    "SELECT t_id, count(*), sum(qty), group_concat(label) FROM p GROUP BY t_id",
    "SELECT t_id, count(*) FILTER (WHERE qty > 1), group_concat(label, '; ') FROM p GROUP BY t_id HAVING count(*) > 1",
    "SELECT group_concat(DISTINCT label) FROM p WHERE label = 'a'",
    "SELECT t.id, t.s, t.c, count(p.id) FROM t LEFT JOIN p ON p.t_id = t.id GROUP BY t.id",
    "SELECT upper(s) AS up, count(*) FROM t GROUP BY up HAVING up IS NOT NULL",
    "SELECT f, count(*) AS many FROM t GROUP BY 1 ORDER BY many DESC, f",
    "SELECT date(d), count(*) FROM t GROUP BY date(d)",
    "SELECT n > 5, count(*) FROM t GROUP BY n > 5",
    "SELECT DISTINCT s FROM t",
    "SELECT DISTINCT f, n > 5 FROM t",
    "SELECT s FROM t UNION SELECT label FROM p",
    "SELECT id, s FROM t UNION ALL SELECT id, label FROM p",
    "SELECT n FROM t INTERSECT SELECT qty FROM p",
    "SELECT id FROM t EXCEPT SELECT t_id FROM p",
    "SELECT 1 UNION SELECT 2 INTERSECT SELECT 2",
    "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 2 EXCEPT SELECT 1",
    "SELECT f FROM t UNION SELECT 1 UNION SELECT NULL",
    "SELECT u FROM t UNION SELECT 'none'",
    "SELECT d FROM t UNION SELECT '2000-01-01 00:00:00'",
    "SELECT id, 'x', 1, NULL FROM t UNION ALL SELECT id, label, qty, label FROM p",
    "VALUES (1, 'a'), (2, 'b')",
    "WITH big(i, name) AS (SELECT id, s FROM t WHERE n > 5) SELECT i, upper(name) FROM big JOIN p ON p.t_id = big.i",
    "WITH a AS (SELECT id FROM t), b AS (SELECT id FROM a WHERE id > 2) SELECT b.id, a.id FROM a, b",
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 5) SELECT x, x * x FROM c",
    "WITH RECURSIVE c(x, y) AS (VALUES (1, 'a') UNION ALL SELECT x + 1, y || 'b' FROM c WHERE x < 3) SELECT * FROM c",
    "SELECT q.up FROM (SELECT upper(s) AS up, n FROM t) AS q WHERE q.n > 1",
    "SELECT up FROM (SELECT upper(s) AS up FROM t WHERE n > 1)",
    "SELECT (SELECT s FROM t WHERE t.id = p.t_id), p.id FROM p",
    "SELECT id, rowid, oid, t._rowid_ FROM t WHERE rowid < 3",
    "SELECT [id], `n`, \"s\" AS 'quoted', t.\"c\" FROM [t] WHERE `id` = 1",
    "SELECT id AS \"select\", n AS \"x\"\"; DROP TABLE t; --\" FROM t",
    "SELECT s AS n, n + 1 AS m2 FROM t WHERE m2 > 3",
    "SELECT id /* a comment; */ FROM t -- the end",
    "SELECT count(*) FROM t WHERE n > (SELECT min(qty) FROM p WHERE p.t_id <> t.id)",
    "SELECT t.id FROM t WHERE (t.id, t.k) = (1, 1)",
    "SELECT id, sum(m) FROM t GROUP BY id",
    "SELECT sum(price), avg(price), sum(price * qty), max(price), count(price) FROM p",
    "SELECT x.id FROM t AS x WHERE EXISTS (SELECT 1 FROM t AS y WHERE y.n = x.n AND y.id <> x.id)",
]  # fmt: skip

ORDERED = [
    "SELECT id FROM t ORDER BY n, id",
    "SELECT id FROM t ORDER BY n DESC, id DESC",
    "SELECT s FROM t ORDER BY s",
    "SELECT s FROM t ORDER BY s DESC",
    "SELECT c, id FROM t ORDER BY c, id",
    "SELECT s, id FROM t ORDER BY s COLLATE NOCASE, id",
    "SELECT c, id FROM t ORDER BY c COLLATE BINARY DESC, id",
    "SELECT s AS z, id FROM t ORDER BY z, 2",
    "SELECT s, n FROM t ORDER BY 2, 1",
    "SELECT id FROM t ORDER BY n NULLS LAST, id",
    "SELECT id FROM t ORDER BY d DESC, id LIMIT 3",
    "SELECT id FROM t ORDER BY id LIMIT 2 OFFSET 1",
    "SELECT id FROM t ORDER BY id LIMIT 1, 3",
    "SELECT id FROM t ORDER BY id LIMIT -1",
    "SELECT id FROM t ORDER BY u",
    "SELECT id FROM t ORDER BY b, id",
    "SELECT id FROM t ORDER BY f DESC, id",
    "SELECT id FROM t ORDER BY n IS NULL, n",
    "SELECT DISTINCT s FROM t ORDER BY s",
    "SELECT DISTINCT f, s FROM t ORDER BY s DESC, 1",
    "SELECT s FROM t UNION SELECT label FROM p ORDER BY 1",
    "SELECT s AS z FROM t UNION ALL SELECT label FROM p ORDER BY z DESC LIMIT 4",
    "SELECT id, s FROM t UNION SELECT id, label FROM p ORDER BY s, id",
    "SELECT t_id, count(*) FROM p GROUP BY t_id ORDER BY count(*) DESC, t_id",
    "SELECT group_concat(label ORDER BY label DESC) FROM p",
    "SELECT x FROM t ORDER BY x, id",
    "SELECT id FROM t ORDER BY -n, lower(s), id",
]


def test_a_query_gives_the_same_rows(source: apsw.Connection, target: psycopg.Connection[Any]) -> None:
    assert differences(source, target, QUERIES) == []


def test_an_ordered_query_gives_them_in_the_same_order(
    source: apsw.Connection, target: psycopg.Connection[Any]
) -> None:
    assert differences(source, target, ORDERED, ordered=True) == []
