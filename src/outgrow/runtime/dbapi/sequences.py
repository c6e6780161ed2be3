"""`sqlite_sequence`: where the identities of AUTOINCREMENT tables stand, to read and to set.

SQLite runs the program's statement on a copy of the table; what has changed in it is set on PostgreSQL's
sequences, at once and beyond any rollback. Used by `engine`. Rule: https://www.sqlite.org/autoinc.html
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from typing import Any

from psycopg import pq

from outgrow.runtime.dbapi.known import Known
from outgrow.runtime.dbapi.shadow import Shadow
from outgrow.runtime.dbapi.wire import Request
from outgrow.schema.names import literal, qualified, quote, quote_sqlite
from outgrow.schema.target import Qualified, Relation

Ask = Callable[[Request], pq.abc.PGresult]

_NAMED = re.compile(r"\bsqlite_sequence\b", re.IGNORECASE)
_DATABASE = re.compile(r"(\w+|\"[^\"]+\"|\[[^]]+\]|`[^`]+`)\s*\.\s*[\"`\[]?sqlite_sequence\b", re.IGNORECASE)
_NUMBER = struct.Struct(">q").unpack


def is_named(sql: str) -> bool:
    """Whether a statement speaks of the table."""
    return _NAMED.search(sql) is not None


def rows(known: Known, ask: Ask) -> list[tuple[Any, ...]]:
    """Name and greatest number given out, of each AUTOINCREMENT table that has given one."""
    found = []
    for relation in known.counting():
        (reached,) = _NUMBER(ask(_reached(relation)).get_value(0, 0) or bytes(8))
        if reached:
            found.append((relation.source, reached))
    return found


def change(shadow: Shadow, known: Known, ask: Ask, sql: str, values: Sequence[Any]) -> int:
    """Runs a statement that changes the table; how many rows it changed. Raises sqlite3.Error."""
    shadow.opened_for_rows()
    cursor = shadow.cursor()
    table = _table(shadow, sql)
    known = known.of(table)
    in_sql = f"{quote_sqlite(table.database)}.sqlite_sequence"
    cursor.executemany(f"INSERT INTO {in_sql}(name, seq) VALUES (?, ?)", rows(known, ask))
    before = dict(cursor.execute(f"SELECT name, seq FROM {in_sql}").fetchall())
    changed = cursor.execute(sql, values).rowcount
    after = dict(cursor.execute(f"SELECT name, seq FROM {in_sql}").fetchall())
    for relation in known.counting():
        name = relation.source
        if before.get(name) != after.get(name):
            ask(_set(relation, after.get(name)))
    return changed


def _table(shadow: Shadow, sql: str) -> Qualified:
    """The sqlite_sequence that a statement speaks of: the first there is, where it names no database."""
    named = _DATABASE.search(sql)
    if named is not None:
        return Qualified("sqlite_sequence", named[1].strip('"`[]'))
    found = (Qualified("sqlite_sequence", place) for place in shadow.places)
    return next((each for each in found if shadow.has_table(each)), Qualified("sqlite_sequence", "main"))


def _sequence(relation: Relation) -> tuple[str, str, str]:
    """SQL of the sequence, of the table and of its key."""
    table = qualified(relation.schema, relation.name)
    key = relation.column(relation.rowid_alias or "").name
    return f"pg_catalog.pg_get_serial_sequence({literal(table)}, {literal(key)})::regclass", table, quote(key)


def _reached(relation: Relation) -> Request:
    sequence, _, _ = _sequence(relation)
    return Request(f"SELECT sqlite.reached({sequence}::text)".encode())


def _set(relation: Relation, reached: Any) -> Request:
    """Goes on behind that number, or behind the greatest there is, which SQLite never goes below."""
    sequence, table, key = _sequence(relation)
    told = max(int(reached), 0) if isinstance(reached, int | float) else 0
    greatest = f"greatest({told}, coalesce((SELECT max({key}) FROM {table}), 0))"
    sql = f"SELECT pg_catalog.setval({sequence}, greatest(n, 1), n > 0) FROM (SELECT {greatest} AS n) AS one"
    return Request(sql.encode())
