"""UPDATE and DELETE with a program's own functions: SQLite runs them on copies, and what changed goes back.

The table is locked against other writers while it is copied, changed and written back by rowid; the copies
are those of `local`. Used by `engine`. Rows must have rowids on PostgreSQL, by which they are told apart.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from outgrow.errors import TranslationError
from outgrow.runtime.dbapi import local
from outgrow.runtime.dbapi.shadow import Shadow
from outgrow.schema.names import quote_sqlite
from outgrow.schema.target import TargetModel

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What SQLite made of a table: rows by rowid as they are now, and the rowids that are gone.

    `table` is its name in SQL, `columns` names what the rows hold; `count` is how many rows the statement
    changed, as SQLite counts.
    """

    table: str
    columns: tuple[str, ...]
    updated: tuple[tuple[int, Row], ...]
    deleted: tuple[int, ...]
    count: int


def written_by(shadow: Shadow, sql: str, model: TargetModel) -> tuple[str, frozenset[str]] | None:
    """The table that an UPDATE or DELETE changes, and those it reads; None where it cannot be done so."""
    read, changed = set[str](), set[str]()

    def note(action: int, table: str | None, _: str | None, database: str | None, __: str | None) -> int:
        if action == sqlite3.SQLITE_READ and table:
            read.add(local.named(table, database))
        elif action in {sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE, sqlite3.SQLITE_INSERT} and table:
            changed.add(local.named(table, database))
        return sqlite3.SQLITE_OK

    with shadow.watched(note):
        try:
            shadow.cursor().execute(f"EXPLAIN /* {local.number()} */ {sql}")
        except sqlite3.ProgrammingError:  # the values are not there, but the statement was read
            pass
        except sqlite3.Error:
            return None
    if len(changed) != 1:  # a trigger writes, too
        return None
    (name,) = changed
    try:
        relation = model.relation(name)
    except KeyError:
        return None
    special = relation.full_text or relation.rtree or relation.vectors or relation.kind == "view"
    if special or relation.rowid_alias is None:
        return None
    return name, frozenset(each for each in read | {name} if not each.startswith("sqlite_"))


def changes(
    shadow: Shadow, name: str, tables: Collection[str], model: TargetModel, fetch: local.Fetch,
    sql: str, values: Sequence[Any],
) -> Changes:  # fmt: skip
    """Runs the statement on copies of the tables; what it changed. Raises sqlite3.Error, TranslationError."""
    local.fill(shadow, tables, model, fetch, sql, {})
    relation = model.relation(name)
    table = local.in_sql(name, relation)
    columns = tuple(column.source for column in relation.columns if not (column.generated or column.hidden))
    listed = ", ".join(map(quote_sqlite, columns))
    rows = f"SELECT rowid, {listed} FROM {table}"
    before = {row[0]: row[1:] for row in _all(shadow, rows)}
    count = shadow.cursor().execute(sql, values).rowcount
    after = {row[0]: row[1:] for row in _all(shadow, rows)}
    if after.keys() - before.keys():
        raise TranslationError("an UPDATE of a rowid with a function of the program", sql)
    return Changes(
        table=table,
        columns=columns,
        updated=tuple((key, row) for key, row in after.items() if _differ(row, before[key])),
        deleted=tuple(before.keys() - after.keys()),
        count=count,
    )


def _differ(left: Row, right: Row) -> bool:
    """Whether two rows differ in a value or in its class."""
    return left != right or list(map(type, left)) != list(map(type, right))


def _all(shadow: Shadow, sql: str) -> list[Row]:
    cursor = shadow.cursor()
    cursor.row_factory = None
    found: list[Row] = cursor.execute(sql).fetchall()
    return found


def written_back(made: Changes, run: Callable[[str, Sequence[Sequence[Any]]], object]) -> None:
    """Writes the changes; `run` runs a statement for each set of values."""
    table = made.table
    if made.updated:
        sets = ", ".join(f"{quote_sqlite(name)} = ?" for name in made.columns)
        run(f"UPDATE {table} SET {sets} WHERE rowid = ?", [(*row, key) for key, row in made.updated])
    if made.deleted:
        run(f"DELETE FROM {table} WHERE rowid = ?", [(key,) for key in made.deleted])
