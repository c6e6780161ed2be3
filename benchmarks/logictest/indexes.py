"""The shapes of index/: one table of integers, reals and texts, copied under different indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from logictest.expressions import Expressions
from logictest.steps import Shape, Step, insert, query, statement

_ROWS = 40
_COPIES = 4
_INTEGERS, _REALS, _TEXTS = ("col0", "col3"), ("col1", "col4"), ("col2", "col5")
_NUMBERS = _INTEGERS + _REALS
_COLUMNS = "pk INTEGER PRIMARY KEY, col0 INTEGER, col1 FLOAT, col2 TEXT, col3 INTEGER, col4 FLOAT, col5 TEXT"
_OPPOSITE = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


def _tables(random: Random) -> Iterator[Step]:
    """tab0, then its copies, which have indexes."""
    yield statement(f"CREATE TABLE tab0({_COLUMNS})")
    for pk in range(_ROWS):
        values = [_number(random, column) for column in ("col0", "col1")] + [_word(random)]
        values += [_number(random, column) for column in ("col3", "col4")] + [_word(random)]
        yield insert("tab0", (pk, *(None if random.random() < 0.03 else value for value in values)))
    for copy in range(1, _COPIES + 1):
        yield statement(f"CREATE TABLE tab{copy}({_COLUMNS})")
        for number in range(copy):
            keys = [f"{column}{_direction(random)}" for column in _some_numbers(random)]
            unique = random.random() < 0.1
            on = f"idx_tab{copy}_{number} ON tab{copy} ({', '.join([*keys, 'pk'] if unique else keys)})"
            yield statement(f"CREATE {'UNIQUE ' if unique else ''}INDEX {on}")
        yield statement(f"INSERT INTO tab{copy} SELECT * FROM tab0")


def _some_numbers(random: Random) -> list[str]:
    return random.sample(_NUMBERS, random.randint(1, 3))


def _direction(random: Random) -> str:
    return random.choice(("", " DESC"))


def _number(random: Random, column: str) -> int | float:
    return random.randrange(100) if column in _INTEGERS else round(random.uniform(0, 100), 2)


def _word(random: Random) -> str:
    return "".join(random.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(5))


# --- conditions ---

Makes = Callable[[Random, int], str]


def _compared(random: Random, depth: int) -> str:
    del depth
    column = random.choice(_NUMBERS)
    return f"{column} {random.choice(tuple(_OPPOSITE))} {_number(random, column)}"


def _between(random: Random, depth: int) -> str:
    del depth
    column = random.choice(_NUMBERS)
    least, most = _number(random, column), _number(random, column)
    if random.random() < 0.8:
        least, most = min(least, most), max(least, most)
    return f"{column} {random.choice(('', '', 'NOT '))}BETWEEN {least} AND {most}"


def _in(random: Random, depth: int) -> str:
    column = random.choice(_NUMBERS)
    if depth > 0 and random.random() < 0.3:
        return f"{column} IN (SELECT {random.choice(_NUMBERS)} FROM tab0 WHERE {_any(random, depth - 1)})"
    values = ",".join(str(_number(random, column)) for _ in range(random.randint(1, 8)))
    return f"{column} {random.choice(('', '', 'NOT '))}IN ({values})"


def _null(random: Random, depth: int) -> str:
    del depth
    return f"{random.choice(_NUMBERS + _TEXTS)} IS {random.choice(('', 'NOT '))}NULL"


def _any(random: Random, depth: int) -> str:
    """A condition of all sorts."""
    if depth <= 0:
        return random.choice((_compared, _compared, _compared, _between, _in, _null))(random, 0)
    terms = [_any(random, depth - random.randint(1, 2)) for _ in range(random.randint(1, 3))]
    return "(" + random.choice((" AND ", " OR ")).join(terms) + ")"


def _commuted(random: Random, depth: int) -> str:
    """A condition whose comparisons stand either way round."""
    if depth <= 0:
        column, operator = random.choice(_NUMBERS), random.choice(tuple(_OPPOSITE))
        value = _number(random, column)
        return random.choice((f"{column} {operator} {value}", f"{value} {_OPPOSITE[operator]} {column}"))
    terms = [_commuted(random, depth - random.randint(1, 2)) for _ in range(random.randint(1, 3))]
    return "(" + random.choice((" AND ", " OR ")).join(terms) + ")"


def _mostly(make: Makes) -> Makes:
    def made(random: Random, depth: int) -> str:
        return " AND ".join([make(random, depth), *([_any(random, 1)] if random.random() < 0.5 else [])])

    return made


# --- files ---


def _where(random: Random, count: int, *, make: Makes) -> Iterator[Step]:
    """Every condition on all copies, which must agree: queries of one label."""
    yield from _tables(random)
    for number in range(max(1, count // (_COPIES + 1))):
        condition, items = make(random, 2), random.choice(("pk", "pk, col0", "pk, col1", "col2, pk", "*"))
        for copy in range(_COPIES + 1):
            yield query(f"SELECT {items} FROM tab{copy} WHERE {condition}", "rowsort", f"label-{number}")


def _computed(random: Random, count: int) -> Iterator[Step]:
    """Random expressions and conditions on all copies, as in index/random."""
    yield from _tables(random)
    makes = Expressions(random, _NUMBERS)
    for number in range(max(1, count // (_COPIES + 1))):
        item = random.choice((makes.value, makes.value, makes.aggregate))(2)
        quantifier, alias = random.choice(("", "ALL ", "DISTINCT ")), random.choice(("", " AS col2", " col0"))
        test = makes.condition(2)
        for copy in range(_COPIES + 1):
            sql = f"SELECT {quantifier}{item}{alias} FROM tab{copy} AS cor0 WHERE {test}"
            yield query(sql, "rowsort", f"label-{number}")


def _ordered(random: Random, count: int, *, total: bool) -> Iterator[Step]:
    """ORDER BY with and without a last key; without one the result is sorted by the reader."""
    yield from _tables(random)
    for _ in range(count):
        keys = [
            f"{random.choice(_NUMBERS + _TEXTS)} {random.choice(('ASC', 'DESC', ''))}".strip()
            for _ in range(random.randint(1, 3))
        ]
        sql = f"SELECT pk, {random.choice(_NUMBERS)} FROM tab{random.randint(0, _COPIES)}"
        sql += f" WHERE {_any(random, 2)}" if random.random() < 0.6 else ""
        if not total:
            yield query(f"{sql} ORDER BY {', '.join(keys)}")
            continue
        limit = f" LIMIT {random.randrange(10)}" if random.random() < 0.3 else ""
        limit += f" OFFSET {random.randrange(5)}" if limit and random.random() < 0.5 else ""
        yield query(f"{sql} ORDER BY {', '.join([*keys, 'pk'])}{limit}", "nosort")


def _views(random: Random, count: int) -> Iterator[Step]:
    """Views, what their queries give and what they give, views of views, and their end; a dozen at a time."""
    yield from _tables(random)
    yield from _complements(random)
    at_a_time = 12
    for begin in range(0, count, at_a_time):
        views = [f"view_{number}" for number in range(begin, min(begin + at_a_time, count))]
        for name in views:
            items = ", ".join(["pk", *random.sample(_NUMBERS, 2)])
            table = f"tab{random.randint(0, _COPIES)}"
            yield statement(f"CREATE VIEW {name} AS SELECT {items} FROM {table} WHERE {_any(random, 2)}")
        for name in views:
            yield query(f"SELECT {random.choice(('*', 'pk', 'count(*), min(pk)'))} FROM {name}")
            if random.random() < 0.3:
                yield query(
                    f"SELECT a.pk, b.pk FROM {name} AS a JOIN {random.choice(views)} AS b ON a.pk=b.pk+1"
                )
        for name in views:
            yield statement(f"DROP VIEW {name}")


def _complements(random: Random) -> Iterator[Step]:
    """A view of a condition and one of its opposite, which together are the table; for every copy."""
    test = _compared(random, 0)
    for copy in range(_COPIES + 1):
        table, one, other, third = f"tab{copy}", f"view_1_{copy}", f"view_2_{copy}", f"view_3_{copy}"
        for name in (one, other, third):
            yield statement(f"DROP VIEW IF EXISTS {name}")
        yield statement(f"CREATE VIEW {one} AS SELECT pk, col0 FROM {table} WHERE {test}")
        yield statement(f"CREATE VIEW {other} AS SELECT pk, col0 FROM {table} WHERE NOT ({test})")
        yield statement(f"CREATE VIEW {third} AS SELECT pk FROM {one}")
        yield query(f"SELECT pk, col0 FROM {one}", label="label-1")
        for word in ("UNION ALL", "UNION"):
            yield query(f"SELECT pk, col0 FROM {one} {word} SELECT pk, col0 FROM {other}", label="label-all")
        yield query(f"SELECT pk FROM (SELECT pk, col0 FROM {table} WHERE {test}) AS sub", label="label-3")
        yield query(f"SELECT * FROM {third}", label="label-3")
        for name in (third, other, one, one):
            yield statement(f"DROP VIEW {name}")


def _deletes(random: Random, count: int) -> Iterator[Step]:
    """DELETE and refilling under indexes."""
    yield from _tables(random)
    for _ in range(count // 3):
        copy = random.randint(1, _COPIES)
        yield statement(f"DELETE FROM tab{copy} WHERE {_any(random, 2)}")
        yield query(f"SELECT * FROM tab{copy}")
        yield query(f"SELECT count(*), sum(col0), min(col2) FROM tab{copy} WHERE {_any(random, 1)}")
        if random.random() < 0.4:
            yield statement(
                f"INSERT INTO tab{copy} SELECT * FROM tab0 WHERE pk NOT IN (SELECT pk FROM tab{copy})"
            )


def _updates(random: Random, count: int) -> Iterator[Step]:
    """UPDATE, REPLACE and INSERT OR ..., some of which break a key."""
    yield from _tables(random)
    for _ in range(count // 2):
        copy = random.randint(1, _COPIES)
        key, number, real = (
            random.randrange(_ROWS + 10),
            random.randrange(100),
            round(random.uniform(0, 100), 2),
        )
        row = f"{key},{number},{real},'{_word(random)}',NULL,1.5,''"
        change = random.choice(
            (
                f"UPDATE tab{copy} SET col0=col0+{random.randrange(9)}, col3=col0 WHERE {_any(random, 1)}",
                f"UPDATE tab{copy} SET col1=col1*2, col2=col2||'x' WHERE {_any(random, 1)}",
                f"UPDATE tab{copy} SET pk=pk+1000 WHERE pk={random.randrange(_ROWS)}",
                f"UPDATE OR IGNORE tab{copy} SET pk=pk+1 WHERE pk={random.randrange(_ROWS)}",
                f"UPDATE tab{copy} SET pk={random.randrange(_ROWS)} WHERE pk={random.randrange(_ROWS)}",
                f"REPLACE INTO tab{copy} VALUES({row})",
                f"INSERT INTO tab{copy} VALUES({row})",
                f"INSERT OR IGNORE INTO tab{copy} VALUES({row})",
                f"INSERT INTO tab{copy} VALUES({row}) ON CONFLICT(pk) DO UPDATE SET col0=excluded.col0+col3",
                f"INSERT INTO tab{copy}(col0, col2) SELECT col3, col5 FROM tab0 WHERE {_any(random, 1)}",
            )
        )
        yield statement(change)
        yield query(f"SELECT * FROM tab{copy}")


SHAPES: dict[str, Shape] = {
    "index-random": partial(_where, make=_any),
    "index-computed": _computed,
    "index-between": partial(_where, make=_mostly(_between)),
    "index-in": partial(_where, make=_mostly(_in)),
    "index-commute": partial(_where, make=_commuted),
    "index-orderby": partial(_ordered, total=False),
    "index-orderby-nosort": partial(_ordered, total=True),
    "index-view": _views,
    "index-delete": _deletes,
    "index-update": _updates,
}
