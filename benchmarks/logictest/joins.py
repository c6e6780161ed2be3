"""The shapes of select4 and select5, joins and compounds over many tables, and of outer joins."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from random import Random

from logictest.steps import Shape, Step, insert, positions, query, some, statement

_MANY = 9
_CHAIN = 64
_SIZES = (3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 24, 40, 64)
_COMPOUNDS = ("UNION", "UNION ALL", "INTERSECT", "EXCEPT")


def _many_tables(random: Random, count: int) -> Iterator[Step]:
    for n in range(1, _MANY + 1):
        columns = ", ".join(f"{letter}{n} INTEGER" for letter in "abcde")
        yield statement(f"CREATE TABLE t{n}({columns}, x{n} VARCHAR(30))")
        for row in range(20):
            numbers = [None if random.random() < 0.03 else random.randrange(1, 60) for _ in range(5)]
            yield insert(f"t{n}", (*numbers, f"table t{n} row {row}"))
        if n % 2:
            letter = random.choice("abcde")
            yield statement(f"CREATE INDEX t{n}{letter} ON t{n}({letter}{n})")
    for _ in range(count):
        yield query(*random.choice((_compound, _compound, _joined))(random))


def _compound(random: Random) -> tuple[str]:
    letter, parts = random.choice("abcde"), random.choice((2, 2, 3, 4, 6, _MANY))
    selects = []
    for n in random.sample(range(1, _MANY + 1), parts):
        item = f"{letter if random.random() < 0.7 else random.choice('abcde')}{n}"
        test = _filter(random, n)
        negated = f"NOT ({test})" if random.random() < 0.3 else test
        selects.append(f"SELECT {item}\n  FROM t{n}\n WHERE {negated}")
    text = selects[0]
    for select in selects[1:]:
        text += f"\n{random.choice(_COMPOUNDS)}\n{select}"
    return (text,)


def _filter(random: Random, n: int) -> str:
    terms = []
    for letter in random.sample("abcde", random.randint(1, 3)):
        values = ",".join(str(random.randrange(1, 60)) for _ in range(random.randint(1, 8)))
        sides = [f"{letter}{n}", str(random.randrange(1, 60))]
        random.shuffle(sides)
        one = random.choice(("<", ">", "=", "<>")).join(sides)
        terms.append(
            random.choice(
                (f"{letter}{n} in ({values})", one, f"({values.split(',')[0]}={letter}{n} OR {one})")
            )
        )
    return random.choice((" AND ", " OR ")).join(terms)


def _joined(random: Random) -> tuple[str]:
    tables = random.sample(range(1, _MANY + 1), random.randint(2, 4))
    terms = [
        f"{random.choice('abcde')}{left}={random.choice('abcde')}{right}" for left, right in pairwise(tables)
    ]
    terms += [f"({_filter(random, n)})" for n in tables if random.random() < 0.4]
    random.shuffle(terms)
    items = [
        f"{random.choice('abcdex')}{n}{random.choice(('', '', '*2'))}"
        for n in random.sample(tables, len(tables))
    ]
    items = [item.removesuffix("*2") if item.startswith("x") else item for item in items]
    sources = ", ".join(f"t{n}" for n in tables)
    return (f"SELECT {', '.join(items)}\n  FROM {sources}\n WHERE {' AND '.join(terms)}",)


def _chains(random: Random, count: int) -> Iterator[Step]:
    for n in range(1, _CHAIN + 1):
        yield statement(f"CREATE TABLE t{n}(a{n} INTEGER PRIMARY KEY, b{n} INTEGER, x{n} VARCHAR(40))")
    for n in range(1, _CHAIN + 1):
        links = random.sample(range(1, 11), 10)
        for row, link in zip(random.sample(range(1, 11), 10), links, strict=True):
            yield insert(f"t{n}", (row, link, f"table t{n} row {row}"))
    for _ in range(count):
        tables = random.sample(range(1, _CHAIN + 1), random.choice(_SIZES))
        terms = []
        for left, right in pairwise(tables):
            pair = [f"b{left}", f"a{right}"]
            random.shuffle(pair)
            terms.append("=".join(pair))
        terms.append(f"a{tables[0]}={random.randint(1, 10)}")
        random.shuffle(terms)
        items = random.sample([f"x{n}" for n in tables], len(tables))
        sources = ",".join(f"t{n}" for n in random.sample(tables, len(tables)))
        yield query(
            f"SELECT {','.join(items)}\n  FROM {sources}\n WHERE {chr(10).join(['', *_and(terms)]).strip()}",
            "valuesort",
        )


def _and(terms: list[str]) -> list[str]:
    return [term if at == 0 else f"   AND {term}" for at, term in enumerate(terms)]


_ON = (
    "l.k=r.k",
    "l.k=r.k AND l.n>r.m",
    "l.n<r.m",
    "l.k=r.k AND r.m IS NOT NULL",
    "l.s=r.s",
    "1",
    "0",
    "NULL",
)


def _outer(random: Random, count: int) -> Iterator[Step]:
    yield statement("CREATE TABLE l(id INTEGER PRIMARY KEY, k INTEGER, n INTEGER, s TEXT)")
    yield statement("CREATE TABLE r(id INTEGER PRIMARY KEY, k INTEGER, m INTEGER, s TEXT COLLATE NOCASE)")
    for table in "lr":
        for row in range(1, 13):
            key, number = (None if random.random() < 0.2 else random.randrange(6) for _ in range(2))
            yield insert(table, (row, key, number, random.choice(("a", "A", "b", "B ", "", "ab", None))))
    items = (
        "l.id",
        "r.id",
        "l.k",
        "r.k",
        "l.n",
        "r.m",
        "l.s",
        "r.s",
        "l.n+r.m",
        "coalesce(r.s,l.s)",
        "l.s||r.s",
        "l.s=r.s",
    )
    for _ in range(count):
        chosen = some(random, items, 1, 4)
        kind = random.choice(("JOIN", "LEFT JOIN", "LEFT OUTER JOIN", "INNER JOIN"))
        match random.randrange(6):
            case 0:
                source = f"l {kind} r USING ({random.choice(('k', 'k, s', 'id'))})"
            case 1:
                source = f"l NATURAL {kind} r"
            case 2:
                source = f"l {kind} r ON {random.choice(_ON)} LEFT JOIN l AS z ON z.k=r.m"
            case 3:
                source = (
                    f"l {kind} (SELECT * FROM r WHERE m>{random.randrange(4)}) AS r ON {random.choice(_ON)}"
                )
            case _:
                source = f"l {kind} r ON {random.choice(_ON)}"
        where = f" WHERE {random.choice(('r.id IS NULL', 'l.n>1', 'r.m<3 OR l.k=2', 'l.s IN (r.s)'))}"
        sql = f"SELECT {', '.join(chosen)} FROM {source}{where if random.random() < 0.5 else ''}"
        if random.random() < 0.5:
            yield query(sql + positions(random, len(chosen)), "nosort")
        else:
            yield query(sql)


SHAPES: dict[str, Shape] = {"select4": _many_tables, "select5": _chains, "outer-joins": _outer}
