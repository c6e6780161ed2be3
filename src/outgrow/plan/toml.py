"""plan.toml: the plan as a file that a person edits, with the evidence in its comments.

Written and read by the verbs of `cli`; what was read goes to `plan.build` as overrides. Writing shows
every decision; reading takes back what differs. `docs/reference/plan.md` is its manual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError

from outgrow.errors import ConfigError
from outgrow.findings import known_rules
from outgrow.options import NAME_POLICIES, ROWID_POLICIES, TYPE_POLICIES, JsonType, RowidPolicy, TypePolicy
from outgrow.plan.model import ColumnPlan, Plan, TablePlan
from outgrow.plan.overrides import ColumnOverride, Overrides, TableOverride
from outgrow.schema.names import NamePolicy, fold
from outgrow.types.values import conversion

VERSION = 1
_SETTINGS = {"version", "schema", "types", "names", "json", "rowids", "allow", "leave"}
_LEAVABLE = ("view", "trigger", "index", "check", "foreign key")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """A plan file as read: policies that it sets (None: not set) and overrides."""

    schema: str | None = None
    types: TypePolicy | None = None
    names: NamePolicy | None = None
    json: JsonType | None = None
    rowids: RowidPolicy | None = None
    allow: frozenset[str] = frozenset()
    overrides: Overrides = field(default_factory=Overrides)


def write_plan(plan: Plan, allow: frozenset[str] = frozenset()) -> str:
    """The plan as TOML text; `read_plan` of it gives the same decisions."""
    document = tomlkit.document()
    document.add(tomlkit.comment(f"outgrow plan for {_printable(PurePath(plan.source).name)}"))
    document.add(tomlkit.comment("Edit what you disagree with, then: outgrow move SOURCE --plan THIS-FILE"))
    document.add(tomlkit.comment("Types and conversions: docs/reference/types.md"))
    settings = tomlkit.table()
    settings.add("version", VERSION)
    settings.add("schema", plan.schema)
    _add(settings, "types", plan.types, " | ".join(TYPE_POLICIES))
    _add(settings, "names", plan.names, " | ".join(NAME_POLICIES))
    _add(settings, "json", plan.json, "jsonb keeps values, json keeps every byte")
    _add(settings, "rowids", plan.rowids, "read: where a view or trigger reads them | all")
    _add(settings, "allow", sorted(allow), "rule ids whose findings do not stop and do not count as loss")
    _add(settings, "leave", list(plan.leave), '"view:NAME", "trigger:NAME", "index:NAME", ...')
    document.add("outgrow", settings)
    tables = tomlkit.table(is_super_table=True)
    for table in plan.tables:
        tables.add(table.source, _table(table))
    for outcome in plan.outcomes:
        if outcome.kind in {"tables", "virtual_tables"} and outcome.rule == "table.left":
            left = tomlkit.table()
            left.add("leave", True)
            tables.add(outcome.name, left)
    document.add("tables", tables)
    return tomlkit.dumps(document)


def _add(table: Any, key: str, value: object, comment: str) -> None:
    item = tomlkit.item(value)
    item.comment(_printable(comment))
    table.add(key, item)


def _table(table: TablePlan) -> Any:
    result = tomlkit.table()
    _add(result, "name", table.name, f"{table.rows:,} rows")
    result.add("leave", False)
    if any(column.hidden for column in table.columns) and not table.virtual:
        _add(result, "rowid", True, "its rowids are kept in a column that * does not show")
    columns = tomlkit.table()
    for column in table.columns:
        entry = tomlkit.inline_table()
        entry.update({"name": column.name, "type": column.type, "conversion": column.conversion})
        _add(columns, column.source, entry, _why(column))
    result.add("columns", columns)
    return result


def _why(column: ColumnPlan) -> str:
    ruled_out = "; ".join(f"not {entry.type}: {entry.value} {entry.reason}" for entry in column.considered)
    return column.evidence + (f"; {ruled_out}" if ruled_out else "")


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "·" for char in text.encode(errors="replace").decode())


def read_plan(text: str, name: str) -> PlanFile:
    """The decisions of a plan file, `name` in messages; ConfigError with the place of what is wrong."""
    try:
        document = tomlkit.parse(text).unwrap()
    except TOMLKitError as error:
        raise ConfigError(
            f"{name} is not valid TOML: {error}; mend it or write a new one with outgrow plan -o"
        ) from error
    reader = _Reader(name)
    reader.only(document, {"outgrow", "tables"}, "")
    settings = reader.table(document, "outgrow", "")
    reader.only(settings, _SETTINGS, "outgrow.")
    if settings.get("version", VERSION) != VERSION:
        raise ConfigError(
            f"{name}: version {settings['version']} is not known; write a new one with outgrow plan -o"
        )
    tables = reader.table(document, "tables", "")
    return PlanFile(
        schema=reader.text(settings, "schema", "outgrow."),
        types=cast("TypePolicy | None", reader.choice(settings, "types", TYPE_POLICIES)),
        names=cast("NamePolicy | None", reader.choice(settings, "names", NAME_POLICIES)),
        json=cast("JsonType | None", reader.choice(settings, "json", ("jsonb", "json"))),
        rowids=cast("RowidPolicy | None", reader.choice(settings, "rowids", ROWID_POLICIES)),
        allow=frozenset(reader.rules(settings)),
        overrides=Overrides(
            tables={fold(source): reader.override(tables, source) for source in tables},
            leave=frozenset(reader.leave(settings)),
        ),
    )


class _Reader:
    """Takes values out of parsed TOML and says where one is wrong."""

    def __init__(self, name: str) -> None:
        self._name = name

    def only(self, table: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in table:
            if key not in known:
                raise ConfigError(
                    f"{self._name}: {where}{key} is not a setting; there are {', '.join(sorted(known))}"
                )

    def table(self, parent: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
        value = parent.get(key, {})
        if not isinstance(value, dict):
            raise ConfigError(f"{self._name}: {where}{key} must be a table")
        return value

    def text(self, parent: Mapping[str, Any], key: str, where: str) -> str | None:
        value = parent.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise ConfigError(f"{self._name}: {where}{key} must be a text, it is {value!r}")
        return value

    def choice(self, parent: Mapping[str, Any], key: str, known: tuple[str, ...]) -> str | None:
        value = self.text(parent, key, "outgrow.")
        if value is not None and value not in known:
            raise ConfigError(
                f"{self._name}: outgrow.{key} is {value!r}; it must be one of {', '.join(known)}"
            )
        return value

    def strings(self, parent: Mapping[str, Any], key: str) -> list[str]:
        value = parent.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise ConfigError(f"{self._name}: outgrow.{key} must be a list of texts")
        return value

    def rules(self, parent: Mapping[str, Any]) -> list[str]:
        known = {rule.id for rule in known_rules()}
        for rule_id in self.strings(parent, "allow"):
            if rule_id not in known:
                raise ConfigError(
                    f"{self._name}: outgrow.allow has {rule_id!r}, which is no rule; docs/rules lists them"
                )
        return self.strings(parent, "allow")

    def leave(self, parent: Mapping[str, Any]) -> list[str]:
        result = []
        for entry in self.strings(parent, "leave"):
            kind, colon, name = entry.partition(":")
            if not colon or kind not in _LEAVABLE:
                raise ConfigError(
                    f"{self._name}: outgrow.leave has {entry!r}; write KIND:NAME "
                    f"with KIND one of {', '.join(_LEAVABLE)}"
                )
            result.append(f"{kind}:{fold(name)}")
        return result

    def override(self, tables: Mapping[str, Any], source: str) -> TableOverride:
        where = f"tables.{source}."
        entry = self.table(tables, source, "tables.")
        self.only(entry, {"name", "leave", "rowid", "columns"}, where)
        for key in ("leave", "rowid"):
            if not isinstance(entry.get(key, False), bool):
                raise ConfigError(f"{self._name}: {where}{key} must be true or false")
        columns = self.table(entry, "columns", where)
        return TableOverride(
            name=self.text(entry, "name", where),
            leave=entry.get("leave", False),
            rowid=entry.get("rowid"),
            columns={fold(column): self.column(columns, column, where) for column in columns},
        )

    def column(self, columns: Mapping[str, Any], name: str, where: str) -> ColumnOverride:
        entry = self.table(columns, name, f"{where}columns.")
        place = f"{where}columns.{name}."
        self.only(entry, {"name", "type", "conversion"}, place)
        if ("type" in entry) != ("conversion" in entry):
            raise ConfigError(f"{self._name}: {place[:-1]} needs both type and conversion, or neither")
        if "type" in entry:
            self.recipe(entry, place)
        return ColumnOverride(
            name=self.text(entry, "name", place),
            type=self.text(entry, "type", place),
            conversion=self.text(entry, "conversion", place),
        )

    def recipe(self, entry: Mapping[str, Any], place: str) -> None:
        name, sql_type = self.text(entry, "conversion", place), self.text(entry, "type", place)
        try:
            conversion(name or "", sql_type or "")
        except (ConfigError, ValueError) as error:
            raise ConfigError(f"{self._name}: {place[:-1]}: {error}") from error
