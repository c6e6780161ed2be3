"""The model of a target as the move left it, from what the target remembers of its plan.

For everyone who translates SQL for a moved database without the SQLite file: `outgrow sql --to`, and later
the runtime.
"""

from __future__ import annotations

from typing import Any

import psycopg

from outgrow.errors import TargetError
from outgrow.plan.model import TablePlan
from outgrow.plan.stored import load_tables
from outgrow.postgres.connect import connect, server_facts
from outgrow.postgres.ledger import Ledger
from outgrow.schema.names import qualified
from outgrow.schema.target import Relation, TargetColumn, TargetModel, UniqueKey
from outgrow.types.affinity import affinity

_UNIQUE = """
SELECT (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum > 0
        WHERE k.place <= i.indnkeyatts),
       i.indpred IS NOT NULL
FROM pg_index i
WHERE i.indrelid = to_regclass(%s) AND i.indisunique
ORDER BY i.indisprimary DESC, i.indexrelid
"""


_TEXTS = """
SELECT sql FROM outgrow.sqlite_master
WHERE schema = %s AND sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%%'
ORDER BY array_position(ARRAY['table', 'index', 'view', 'trigger'], type), rootpage, name
"""


def remembered_model(url: str, schema: str) -> tuple[TargetModel, bool, tuple[str, ...]]:
    """The model, whether the database sorts text by bytes, and SQLite's CREATE texts.

    TargetError when nothing was moved there.
    """
    with connect(url, autocommit=True) as connection:
        facts = server_facts(connection)
        ledger = Ledger(schema)
        entry = ledger.entry(connection) if ledger.exists(connection) else None
        if entry is None:
            raise TargetError(
                f"schema {schema} of the target holds no move by outgrow; "
                "move the file first, or name its --schema"
            )
        tables, _ = load_tables(entry.plan)
        relations = tuple(_relation(connection, table, schema) for table in tables)
        texts = connection.execute(_TEXTS.encode(), (schema,)).fetchall()
    model = TargetModel(schema=schema, relations=relations)
    return model, facts.database_collation_is_c, tuple(str(text) for (text,) in texts)


def _relation(connection: psycopg.Connection[Any], table: TablePlan, schema: str) -> Relation:
    rowid = next((c.source for c in table.columns if c.identity), None)
    return Relation(
        source=table.source,
        schema=schema,
        name=table.name,
        rowid_alias=rowid,
        primary_key=table.primary_key,
        unique_keys=_unique_keys(connection, table, schema),
        columns=tuple(
            TargetColumn(
                source=c.source, name=c.name, type=c.type, conversion=c.conversion, not_null=c.not_null,
                collation=c.source_collation, affinity=affinity(c.declared),
                generated=c.generated is not None,
            )
            for c in table.columns
        ),
    )  # fmt: skip


def _unique_keys(
    connection: psycopg.Connection[Any], table: TablePlan, schema: str
) -> tuple[UniqueKey, ...] | None:
    """The unique keys that PostgreSQL has; None when one is over an expression or a part of the rows."""
    sources = {column.name: column.source for column in table.columns}
    found = []
    for names, partial in connection.execute(_UNIQUE.encode(), (qualified(schema, table.name),)).fetchall():
        if partial or any(name not in sources for name in names):
            return None
        found.append(UniqueKey(columns=tuple(sources[name] for name in names)))
    return tuple(found)
