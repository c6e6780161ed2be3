"""What the user decided: the part of plan.toml that differs from what outgrow would do by itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from outgrow.schema.names import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnOverride:
    """A column's name, type and conversion as set; None leaves the choice to outgrow."""

    name: str | None = None
    type: str | None = None
    conversion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOverride:
    """A table's name, whether it stays behind, and its columns by folded source name."""

    name: str | None = None
    leave: bool = False
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
