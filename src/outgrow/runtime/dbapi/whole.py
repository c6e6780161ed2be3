"""A whole SQLite database as the statements that make it: how `backup` brings one to PostgreSQL.

sqlite3's own `iterdump` writes the rows of virtual tables without their rowids and before SQLite knows the
tables, so that no full-text table comes back. Here their modules make the shadow tables themselves. Used by
`connection`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from outgrow.runtime.dbapi.local import SHADOW
from outgrow.schema.names import fold, quote_sqlite

Step = tuple[str, list[tuple[Any, ...]] | None]
"""A statement, and the sets of values to run it with; None to run it once."""

_VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL\s+TABLE\b", re.IGNORECASE)
_BOXES = re.compile(r"\bUSING\s+[\"'`\[]?rtree", re.IGNORECASE)
_OTHERS = (
    "SELECT sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL "
    "ORDER BY type = 'trigger', type = 'view', rowid"
)


def steps(database: sqlite3.Connection) -> Iterator[Step]:
    """What makes the database anew: tables with their rows, then indexes, views and triggers.

    Raises sqlite3.NotSupportedError for a full-text table that keeps no text.
    """
    found = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL "
        "AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY rowid"
    ).fetchall()
    virtual = {fold(name): sql for name, sql in found if _VIRTUAL.match(sql)}
    for name, sql in sorted(found, key=lambda each: fold(each[0]) in virtual):
        shadow = SHADOW.match(name)
        if shadow is not None and fold(shadow["table"]) in virtual:
            continue
        yield sql, None
        yield _rows(database, name, virtual.get(fold(name), ""))
    with suppress(sqlite3.OperationalError):  # there is none without AUTOINCREMENT
        numbers = database.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
        yield "DELETE FROM sqlite_sequence", None
        yield "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", numbers
    for (sql,) in database.execute(_OTHERS).fetchall():
        yield sql, None


def _rows(database: sqlite3.Connection, name: str, virtual: str) -> Step:
    """The INSERT of a table's rows, each with its rowid; `virtual` is the text that makes a virtual table."""
    table = quote_sqlite(name)
    columns = [row for row in database.execute(f"PRAGMA table_xinfo({table})").fetchall() if not row[6]]
    names = [row[1] for row in columns]
    keys = [fold(row[2]) for row in columns if row[5]]
    if keys != ["integer"] and not _BOXES.search(virtual):  # whose first is the rowid by another name
        names = [*_rowid(database, table, {fold(each) for each in names}), *names]
    listed = ", ".join(map(quote_sqlite, names))
    rows = database.execute(f"SELECT {listed} FROM {table}").fetchall()
    if virtual and rows and all(set(row[1:]) == {None} for row in rows):
        raise sqlite3.NotSupportedError(
            f"a backup of {name}, which keeps no text: make its index anew on the other side"
        )
    places = ", ".join("?" * len(names))
    return f"INSERT INTO {table} ({listed}) VALUES ({places})", rows


def _rowid(database: sqlite3.Connection, table: str, taken: set[str]) -> list[str]:
    """The name by which a table's rowid can be given; none where it has none, or shows it as a column."""
    for word in ("rowid", "_rowid_", "oid"):
        if word not in taken:
            with suppress(sqlite3.OperationalError):  # WITHOUT ROWID
                database.execute(f"SELECT {word} FROM {table} LIMIT 0")
                return [word]
            break
    return []
