"""Rowids of tables without an INTEGER PRIMARY KEY: where they are wanted, they move as a hidden column.

Called by `move.examine` before the profile, so that the column is measured, copied and verified like any
other. Views and triggers that read the rowid of such a table want it, and full-text tables that index its
text; plan.toml can say so, or not.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from outgrow.errors import ConfigError
from outgrow.options import RowidPolicy
from outgrow.plan.fulltext import content_by_rowid
from outgrow.plan.overrides import Overrides
from outgrow.schema.model import Affinity, Column, Database, Index, IndexColumn, Table
from outgrow.schema.names import fold
from outgrow.translate import rowids_read

_NAMES = ("rowid", "_rowid_", "oid")


def wanted_rowids(database: Database, overrides: Overrides, policy: RowidPolicy = "read") -> frozenset[str]:
    """The folded names of the tables whose rowids are to be kept in a column of their own.

    ConfigError when the plan asks for one that SQLite does not have or show.
    """
    texts = [view.sql for view in database.views] + [trigger.sql for trigger in database.triggers]
    read = {fold(name) for sql in texts for name in rowids_read(sql)}
    read |= content_by_rowid(database.virtual_tables)
    found = set()
    for table in database.tables:
        wanted = fold(table.name) in read or (policy == "all" and _name(table) is not None)
        set_to = overrides.table(table.name).rowid
        if set_to and table.rowid_alias is None and _name(table) is None:
            why = "is WITHOUT ROWID" if table.without_rowid else "has columns of all names of the rowid"
            raise ConfigError(f"the plan's tables.{table.name}.rowid: the table {why}; remove the line")
        if set_to or (set_to is None and wanted):
            found.add(fold(table.name))
    return frozenset(found)


def with_rowids(database: Database, wanted: Collection[str]) -> Database:
    """The database with a hidden, unique column for the rowid in each of those tables, by folded name."""
    tables = tuple(_with_rowid(t) if fold(t.name) in wanted else t for t in database.tables)
    return replace(database, tables=tables)


def _name(table: Table) -> str | None:
    names = {fold(column.name) for column in table.columns}
    return None if table.without_rowid else next((name for name in _NAMES if name not in names), None)


def _with_rowid(table: Table) -> Table:
    name = _name(table)
    if table.rowid_alias is not None or name is None:
        return table
    column = Column(name=name, declared_type="INTEGER", affinity=Affinity.INTEGER, not_null=True, hidden=True)
    key = IndexColumn(column=name, expression=None, collation="BINARY")
    index = Index(name=name, table=table.name, columns=(key,), unique=True, origin="u")
    return replace(table, columns=(*table.columns, column), rowid_alias=name, indexes=(*table.indexes, index))
