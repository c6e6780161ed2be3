"""Queries that only SQLite can answer, answered by it over the rows that they read.

A function or collation that a program has registered runs in its own process, and so must the query that
uses it. The tables it reads are copied into the empty `shadow`, the query runs there, and the copies go. What
SQLite answers is by definition what the program expects; it costs the way of the rows, so there is a limit,
and every such statement is told once. Used by `engine` where `translate` has no equal.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

from outgrow.errors import TranslationError
from outgrow.runtime.dbapi.failures import failure
from outgrow.runtime.dbapi.shadow import Shadow
from outgrow.schema.names import fold, quote_sqlite
from outgrow.schema.target import Qualified, Relation, TargetModel

ROWS_AT_MOST = 100_000
"""Rows that one statement may have copied; beyond that it is refused, which says what to do instead."""

_numbers = count()

SHADOW = re.compile(
    r"(?P<table>.+)_(?:data|idx|content|docsize|config|segments|segdir|stat|node|rowid|parent)\Z",
    re.IGNORECASE | re.DOTALL,
)
"""A shadow table of FTS3/4/5 or R*Tree: https://www.sqlite.org/vtab.html#shadowtables"""

Fetch = Callable[[str], list[tuple[Any, ...]]]

_OWN_WORDS = {"regexp": "regexp", "like": "like", "glob": "glob", "match": "match"}
"""Operators of SQL that call a function of the program's, if it has registered one."""


class OnlyLocalError(Exception):
    """A query that only SQLite can answer; `tables` are those that it reads, `error` says why."""

    def __init__(self, tables: frozenset[str], error: TranslationError) -> None:
        self.tables, self.error = tables, error
        super().__init__(tables, error)


class OwnFunctions:
    """The names of what a program has registered with its connection."""

    def __init__(self) -> None:
        self.scalars: dict[str, bool] = {}
        """The functions that are no aggregates, by folded name, and whether each is deterministic."""
        self._names: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def set(self, name: str, *, there: bool, deterministic: bool | None = None) -> None:
        """A function, aggregate or collation came or went; `deterministic` is for a scalar function."""
        if deterministic is not None and there:
            self.scalars[fold(name)] = deterministic
        else:
            self.scalars.pop(fold(name), None)
        (self._names.add if there else self._names.discard)(fold(name))
        calls = [rf"\b{re.escape(each)}\s*\(" for each in sorted(self._names)]
        calls += [rf"\b{word}\b" for word, name in _OWN_WORDS.items() if name in self._names]
        calls += [rf"\bcollate\s+[\"'`\[]?{re.escape(each)}\b" for each in sorted(self._names)]
        self._pattern = re.compile("|".join(calls), re.IGNORECASE) if calls else None

    def called(self, sql: str) -> bool:
        """Whether the statement may call one of them."""
        return self._pattern is not None and self._pattern.search(sql) is not None


def number() -> int:
    """A number that comes once, for a text that is to be prepared anew."""
    return next(_numbers)


def read_by(shadow: Shadow, sql: str) -> frozenset[str] | None:
    """The folded names of the tables that a query reads, through views too; None where SQLite does not say.

    Each says in which database it is. SQLite's own are not among them, but for `sqlite_sequence`: the shadow
    has the others.
    """
    found: set[str] = set()

    def note(action: int, table: str | None, _: str | None, database: str | None, __: str | None) -> int:
        if action == sqlite3.SQLITE_READ and table:
            found.add(named(table, database))
        return sqlite3.SQLITE_OK

    with shadow.watched(note):
        try:
            # Only what is prepared anew is told to the authorizer; no text comes twice.
            shadow.cursor().execute(f"EXPLAIN /* {number()} */ {sql}")
        except sqlite3.ProgrammingError:  # the values are not there, but the statement was read
            pass
        except sqlite3.Error:
            return None
    return frozenset(name for name in found if is_counted(name) or not name.startswith("sqlite_"))


def is_counted(name: str) -> bool:
    """Whether it is the name of a sqlite_sequence."""
    return str(name) == "sqlite_sequence"


def named(table: str, database: str | None) -> str:
    """The folded name of a table that the authorizer is asked for, in its database."""
    return fold(table) if database is None else Qualified(fold(table), database)


def in_sql(name: str, relation: Relation) -> str:
    """How SQL names the table of that name and no other."""
    database = f"{quote_sqlite(name.database)}." if isinstance(name, Qualified) else ""
    return database + quote_sqlite(relation.source)


def fill(
    shadow: Shadow, tables: Collection[str], model: TargetModel, fetch: Fetch, sql: str,
    numbers: Mapping[str, Sequence[tuple[Any, ...]]], *, limited: bool = True,
) -> int:  # fmt: skip
    """Copies the rows of those tables into the shadow; how many they are.

    `numbers` are those of each sqlite_sequence, by its name.

    Raises TranslationError for a table that cannot be copied or, if `limited`, has too many rows.
    """
    if not tables:
        return 0
    shadow.opened_for_rows()
    read: dict[str, Relation] = {}
    for name in sorted(tables, key=str):
        if name in numbers:
            place = quote_sqlite(name.database if isinstance(name, Qualified) else "main")
            insert = f"INSERT INTO {place}.sqlite_sequence(name, seq) VALUES (?, ?)"
            shadow.cursor().executemany(insert, numbers[name])
            continue
        relation = _relation(name, model)
        if relation is None and shadow.has_table(name):
            relation = _virtual(name, model)
            if relation is None:
                raise TranslationError(f"the table {name}, which was not moved", sql)
        if relation is None or relation.kind == "view":
            continue  # a view brings its tables; what else there is, such as json_each, is SQLite's own
        read[in_sql(name, relation)] = relation
    total = 0
    for table, relation in read.items():
        total += _copy(shadow, table, relation, fetch, ROWS_AT_MOST - total if limited else None, sql)
    return total


def _virtual(name: str, model: TargetModel) -> Relation | None:
    """The virtual table whose shadow table that is: SQLite's module makes its content anew."""
    found = SHADOW.match(name)
    if found is None:
        return None
    table = found["table"]
    relation = _relation(Qualified(table, name.database) if isinstance(name, Qualified) else table, model)
    if relation is None:
        return None
    text = relation.full_text
    if text is None:
        return relation if relation.rtree else None
    return relation if text.content != "" and not text.missing else None


def _relation(name: str, model: TargetModel) -> Relation | None:
    with suppress(KeyError):
        return model.relation(name)
    return None


def _copy(shadow: Shadow, table: str, relation: Relation, fetch: Fetch, at_most: int | None, sql: str) -> int:
    text = relation.full_text
    if relation.vectors is not None or (text is not None and (text.content == "" or text.missing)):
        raise TranslationError(f"a query of the virtual table {relation.source} outside of PostgreSQL", sql)
    labels = [column.label for column in relation.columns if not column.generated]
    if text is not None:
        labels = ["rowid", *text.columns]
    listed = ", ".join(map(quote_sqlite, labels))
    limit = "" if at_most is None else f" LIMIT {at_most + 1}"
    rows = fetch(f"SELECT {listed} FROM {table}{limit}")
    if at_most is not None and len(rows) > at_most:
        raise TranslationError(
            f"a query that SQLite has to answer over more than {ROWS_AT_MOST:,} rows of {relation.source}: "
            "compute in Python what a function of the program does, or narrow the query in SQL first",
            sql,
        )
    places = ", ".join("?" * len(labels))
    cursor = shadow.cursor()
    cursor.execute("BEGIN")  # a full-text index is then made in one piece
    try:
        cursor.executemany(f"INSERT INTO {table} ({listed}) VALUES ({places})", rows)
        if text is not None and text.rank:
            itself = quote_sqlite(relation.source)
            cursor.execute(f"INSERT INTO {table} ({itself}, rank) VALUES ('rank', ?)", (text.rank,))
    except sqlite3.Error as error:  # SQLite's module or collation is not here
        cursor.execute("ROLLBACK")
        said = f"a query of {relation.source} outside of PostgreSQL: {error}"
        raise TranslationError(said, sql) from None
    cursor.execute("COMMIT")
    return len(rows)


def cannot_write(sql: str) -> sqlite3.Error:
    """For a statement that writes with the program's own functions, which the server cannot call."""
    return failure(
        sqlite3.NotSupportedError,
        "a statement that writes cannot call a function of the program inside PostgreSQL: compute the value "
        f"in Python and bind it (in: {' '.join(sql.split())[:80]})",
        "SQLITE_ERROR",
    )
