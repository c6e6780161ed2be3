"""The shapes of select1 to select3 and of random/: one small table of integers, much arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from logictest.expressions import Expressions
from logictest.steps import Shape, Step, insert, positions, query, some, statement

_ROWS = 30
_ITEMS = (
    "a", "b", "c", "d", "e", "a-b", "b-c", "c-d", "d-e", "abs(a)", "abs(b-c)", "a+b*2", "a+b*2+c*3",
    "a+b*2+c*3+d*4", "a+b*2+c*3+d*4+e*5", "(a+b+c+d+e)/5", "a%7-b%5", "-a/3", "coalesce(a,b,c)",
    "nullif(a,b)", "CASE WHEN c>(SELECT avg(c) FROM t1) THEN a*2 ELSE b*10 END",
    "CASE WHEN a<b-3 THEN 111 WHEN a<=b THEN 222 WHEN a<b+3 THEN 333 ELSE 444 END",
    "CASE a+1 WHEN b THEN 111 WHEN c THEN 222 WHEN d THEN 333 WHEN e THEN 444 ELSE 555 END",
    "CASE WHEN a IS NULL THEN CASE WHEN b IS NULL THEN -1 ELSE b END ELSE CASE e WHEN a THEN 0 END END",
    "(SELECT count(*) FROM t1 AS x WHERE x.b<t1.b)",
    "(SELECT count(*) FROM t1 AS x WHERE x.c>t1.c AND x.d<t1.d)",
    "(SELECT max(x.a)-min(x.b) FROM t1 AS x WHERE x.e<t1.e)",
    "(SELECT sum(x.a) FROM t1 AS x WHERE x.b BETWEEN t1.b-10 AND t1.b)", "(SELECT avg(e) FROM t1)",
)  # fmt: skip
_CONDITIONS = (
    "a>b", "b>c", "c>d", "d>e", "(c<=d-2 OR c>=d+2)", "(a>b-2 AND a<b+2)", "(e>a AND e<b)", "(e>c OR e<d)",
    "d NOT BETWEEN 110 AND 150", "c BETWEEN b-2 AND d+2", "e+d BETWEEN a+b-10 AND c+130",
    "coalesce(a,b,c,d,e)<>0", "EXISTS(SELECT 1 FROM t1 AS x WHERE x.b<t1.b)",
    "NOT EXISTS(SELECT 1 FROM t1 AS x WHERE x.a>t1.e)", "a IN (SELECT e+1 FROM t1)",
    "b NOT IN (SELECT c FROM t1 WHERE c IS NOT NULL)", "a IS NOT b", "d NOTNULL", "a%2",
    "(a>125 OR NOT b>a)", "a=(SELECT min(e)+5 FROM t1)",
)  # fmt: skip


def _select(random: Random, count: int, *, nulls: bool) -> Iterator[Step]:
    yield statement("CREATE TABLE t1(a INTEGER, b INTEGER, c INTEGER, d INTEGER, e INTEGER)")
    for row in range(_ROWS):
        values: list[int | None] = [*random.sample(range(100 + 5 * row, 105 + 5 * row), 5)]
        if nulls and random.random() < 0.4:
            values[random.randrange(5)] = None
        names = random.sample("abcde", 5)
        yield insert(f"t1({','.join(names)})", values)
    for _ in range(count):
        items = some(random, _ITEMS, 1, 7)
        conditions = some(random, _CONDITIONS, 0, 3)
        sql = f"SELECT {','.join(items)}\n  FROM t1"
        if conditions:
            sql += f"\n WHERE {random.choice((' AND ', ' OR ')).join(conditions)}"
        if random.random() < 0.7:
            yield query(f"{sql}\n{positions(random, len(items))}", "nosort")
        else:
            yield query(sql, random.choice(("rowsort", "valuesort")))


# --- random/ ---

_TABLES = ("tab0", "tab1", "tab2")
_COLUMNS = ("col0", "col1", "col2")
Asked = Callable[[Random, str], str]


def _random(random: Random, count: int, *, ask: Asked) -> Iterator[Step]:
    for table in _TABLES:
        yield statement(f"CREATE TABLE {table}(col0 INTEGER, col1 INTEGER, col2 INTEGER)")
    for table in _TABLES:
        for _ in range(random.randint(3, 8)):
            yield insert(table, [None if random.random() < 0.1 else random.randrange(100) for _ in _COLUMNS])
    for _ in range(count):
        yield query(ask(random, random.choice(_TABLES)), random.choice(("rowsort", "rowsort", "valuesort")))


def _quantifier(random: Random) -> str:
    return random.choice(("", "", "ALL ", "DISTINCT "))


def _expressions(random: Random, table: str) -> str:
    del table
    makes = Expressions(random)
    items = [
        f"{random.choice((makes.value, makes.value, makes.aggregate))(4)}"
        f"{random.choice(('', ' AS col2', ' col1'))}"
        for _ in range(random.randint(1, 2))
    ]
    return f"SELECT {_quantifier(random)}{', '.join(items)}"


def _selects(random: Random, table: str) -> str:
    joined = random.random() < 0.25
    sources = f"{table} AS cor0" + (f" CROSS JOIN {random.choice(_TABLES)} AS cor1" if joined else "")
    columns = [f"{name}.{c}" for name in (("cor0", "cor1") if joined else ("cor0",)) for c in _COLUMNS]
    makes = Expressions(random, columns if joined else (*columns, *_COLUMNS))
    items = ["*"] if random.random() < 0.1 else [makes.value(3) for _ in range(random.randint(1, 3))]
    where = f" WHERE {makes.condition(3)}" if random.random() < 0.7 else ""
    return f"SELECT {_quantifier(random)}{', '.join(items)} FROM {sources}{where}"


def _aggregates(random: Random, table: str) -> str:
    makes = Expressions(random, _COLUMNS)
    items = [makes.aggregate(3) for _ in range(random.randint(1, 3))]
    where = f" WHERE {makes.condition(2)}" if random.random() < 0.4 else ""
    return f"SELECT {_quantifier(random)}{', '.join(items)} FROM {table} AS cor0{where}"


def _groups(random: Random, table: str) -> str:
    makes = Expressions(random, _COLUMNS)
    keys = some(random, _COLUMNS, 1, 3)
    grouped = Expressions(random, keys)
    items = [random.choice((grouped.value, makes.aggregate))(2) for _ in range(random.randint(1, 3))]
    sql = f"SELECT {_quantifier(random)}{', '.join(items)} FROM {table}"
    if random.random() < 0.4:
        sql += f" WHERE {makes.condition(2)}"
    sql += f" GROUP BY {', '.join(keys)}"
    if random.random() < 0.5:
        counted = f"{makes.aggregate(1)} {random.choice(('<', '>', '<>'))} {random.randrange(50)}"
        sql += f" HAVING {random.choice((grouped.condition(2), counted))}"
    return sql


SHAPES: dict[str, Shape] = {
    "select1": partial(_select, nulls=False),
    "select2": partial(_select, nulls=True),
    "random-expr": partial(_random, ask=_expressions),
    "random-select": partial(_random, ask=_selects),
    "random-aggregates": partial(_random, ask=_aggregates),
    "random-groupby": partial(_random, ask=_groups),
}
