"""What the user decided: the part of plan.toml that differs from what outgrow would do by itself.

Read by `plan.toml`, obeyed by `plan.build` and everyone it calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from outgrow.errors import ConfigError
from outgrow.schema.model import Database, ForeignKey, Table
from outgrow.schema.names import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnOverride:
    """A column's name, type and conversion as set; None leaves the choice to outgrow."""

    name: str | None = None
    type: str | None = None
    conversion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOverride:
    """A table's name, whether it stays behind, and its columns by folded source name.

    `rowid` says whether the rowids of a table without INTEGER PRIMARY KEY are kept; None: if they are read.
    """

    name: str | None = None
    leave: bool = False
    rowid: bool | None = None
    columns: dict[str, ColumnOverride] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """All of it. `tables` is keyed by folded source name; `leave` holds `kind:name` of other objects."""

    tables: dict[str, TableOverride] = field(default_factory=dict)
    leave: frozenset[str] = frozenset()

    def table(self, source: str) -> TableOverride:
        """What is set for that table; an empty override when nothing is."""
        return self.tables.get(fold(source), TableOverride())

    def column(self, table: str, column: str) -> ColumnOverride:
        """What is set for that column; an empty override when nothing is."""
        return self.table(table).columns.get(fold(column), ColumnOverride())

    def leaves(self, kind: str, name: str) -> bool:
        """Whether the user leaves that object behind, e.g. `leaves("view", "v_sales")`."""
        return f"{kind}:{fold(name)}" in self.leave


def check_label(table: Table, number: int) -> str:
    """What the table's CHECK number 1, 2, ... is called in the report and in the plan file."""
    return f"{table.name}.{table.checks[number - 1].name or f'CHECK {number}'}"


def foreign_key_label(table: Table, key: ForeignKey) -> str:
    """What a foreign key is called in the plan file: the table and its columns."""
    return f"{table.name}({','.join(key.columns)})"


def check_overrides(database: Database, overrides: Overrides) -> None:
    """ConfigError when an override names something that the file does not have."""
    views = {fold(view.name) for view in database.views}
    columns = {fold(table.name): {fold(c.name) for c in table.columns} for table in database.tables}
    unreadable = {fold(table.name) for table in database.virtual_tables} - columns.keys()
    for name, override in overrides.tables.items():
        if name not in views | unreadable | columns.keys():
            raise ConfigError(f"the plan's tables.{name}: the file has no such table; check its spelling")
        for column in override.columns:
            if column not in columns.get(name, ()):
                place = f"tables.{name}.columns.{column}"
                raise ConfigError(f"the plan's {place}: the file has no such column; check its spelling")
    known = set(_leavable(database))
    for entry in sorted(overrides.leave - known):
        kind = entry.partition(":")[0]
        there = ", ".join(sorted(name for name in known if name.startswith(f"{kind}:"))[:5]) or "none"
        raise ConfigError(f"the plan's leave has {entry}: the file has no such {kind}; there are {there}")


def _leavable(database: Database) -> Iterator[str]:
    """Every object that `leave` may name, in the form that it does."""
    yield from (f"view:{fold(view.name)}" for view in database.views)
    yield from (f"trigger:{fold(trigger.name)}" for trigger in database.triggers)
    for table in database.tables:
        yield from (f"index:{fold(index.name)}" for index in table.indexes if index.origin == "c")
        for vector in table.vectors.columns if table.vectors is not None else ():
            yield f"index:{fold(table.name)}.{fold(vector.name)}"
        yield from (f"check:{fold(check_label(table, n))}" for n in range(1, len(table.checks) + 1))
        yield from (f"foreign key:{fold(foreign_key_label(table, key))}" for key in table.foreign_keys)
