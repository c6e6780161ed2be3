"""Which rows break a constraint that stays NOT VALID: how many, and the keys of the first.

Called by `move.construct` when PostgreSQL will not validate; the answer becomes a finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from outgrow.schema.names import qualified, quote

SHOWN = 5

_CONSTRAINT = """
SELECT c.contype::text, pg_get_expr(c.conbin, c.conrelid), c.confrelid::regclass::text,
       ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, i)
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY k.i),
       ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(n, i)
             JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY k.i),
       ARRAY(SELECT a.attname::text
             FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(n, o)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n
             WHERE i.indrelid = c.conrelid AND i.indisprimary ORDER BY k.o)
FROM pg_constraint c
WHERE c.conrelid = %s::regclass AND c.conname = %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offenders:
    """Rows that break a constraint."""

    count: int
    sample: tuple[str, ...]


def offenders(connection: psycopg.Connection[Any], schema: str, table: str, constraint: str) -> Offenders:
    """Counts and names the rows of `table` that break a CHECK or a foreign key."""
    row = connection.execute(_CONSTRAINT, (qualified(schema, table), constraint)).fetchone()
    if row is None:
        return Offenders(count=0, sample=())
    kind, expression, parent, columns, parents, key = row
    child = qualified(schema, table)
    if kind == "c":
        wrong = f"FROM {child} c WHERE NOT ({expression})"
    else:
        present = " AND ".join(f"c.{quote(name)} IS NOT NULL" for name in columns)
        match = " AND ".join(f"p.{quote(a)} = c.{quote(b)}" for a, b in zip(parents, columns, strict=True))
        wrong = f"FROM {child} c WHERE {present} AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE {match})"
    shown = list(dict.fromkeys([*key, *columns]))
    values = ", ".join(f"left(c.{quote(name)}::text, 60)" for name in shown)
    counted = connection.execute(f"SELECT count(*) {wrong}".encode()).fetchone()
    rows = connection.execute(f"SELECT {values} {wrong} LIMIT {SHOWN}".encode()).fetchall()
    sample = tuple(", ".join(f"{n}={v}" for n, v in zip(shown, values, strict=True)) for values in rows)
    return Offenders(count=counted[0] if counted else 0, sample=sample)
