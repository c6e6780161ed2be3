"""Every name on the target, and the model that SQL texts are resolved against.

The first step of `plan.build`; everything after it asks here what a relation or column is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from outgrow.errors import ConfigError
from outgrow.findings import Finding
from outgrow.options import Options
from outgrow.plan.overrides import Overrides
from outgrow.plan.rtree import boxes
from outgrow.plan.vectors import held_vectors
from outgrow.schema.model import Database, Index, Table
from outgrow.schema.names import MAX_BYTES, Namespace, column_names, fold, quote, relation_names
from outgrow.schema.target import Relation, TargetColumn, TargetModel, UniqueKey
from outgrow.types.choose import Choice, ColumnKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """Target names: relations by source name, columns by (table, column), and who else took a name.

    `relations_taken` is the schema's one namespace for tables, views, indexes and sequences.
    """

    relations: Mapping[str, str]
    columns: Mapping[ColumnKey, str]
    relations_taken: Namespace
    constraints: dict[str, Namespace] = field(default_factory=dict)

    def constraint(self, table: str, wanted: str, suffix: str) -> str:
        """A constraint name that is free on its table."""
        return self.constraints.setdefault(table, Namespace()).take(wanted, suffix=suffix)


def name_everything(
    database: Database, options: Options, overrides: Overrides
) -> tuple[Naming, tuple[Finding, ...]]:
    """Names for tables, views and columns by policy and override; ConfigError when two overrides collide."""
    sources = [table.name for table in database.tables] + [view.name for view in database.views]
    relations = _overridden(
        relation_names(sources, options.names),
        {name: overrides.table(name).name for name in sources},
        "relation",
    )
    columns: dict[ColumnKey, str] = {}
    for table in database.tables:
        names = [column.name for column in table.columns]
        chosen = _overridden(
            column_names(names, options.names),
            {name: overrides.column(table.name, name).name for name in names},
            f"column of {table.name}",
        )
        columns |= {(table.name, name): target for name, target in chosen.items()}
    findings = [
        Finding(rule="name.changed", object=source, detail=f"{source} becomes {target}")
        for source, target in relations.items()
        if fold(source) != fold(target)
    ]
    findings += [
        Finding(rule="name.changed", object=f"{table}.{column}", detail=f"{column} becomes {target}")
        for (table, column), target in columns.items()
        if fold(column) != fold(target)
    ]
    taken = Namespace(relations.values())
    return Naming(relations=relations, columns=columns, relations_taken=taken), tuple(findings)


def _overridden(made: dict[str, str], wanted: Mapping[str, str | None], what: str) -> dict[str, str]:
    result = {source: wanted[source] or target for source, target in made.items()}
    seen: dict[str, str] = {}
    for source, target in result.items():
        if target in seen:
            raise ConfigError(
                f"the plan gives the {what} name {target} to both {seen[target]} and {source}; "
                "change one of them"
            )
        if len(target.encode()) > MAX_BYTES:
            raise ConfigError(f"the plan's name {target} is longer than PostgreSQL's 63 bytes; shorten it")
        quote(target)
        seen[target] = source
    return result


def _unique_keys(table: Table) -> tuple[UniqueKey, ...] | None:
    """All unique keys of a table, the primary key's first; None when one is over an expression."""
    found = []
    if table.primary_key and not any(index.origin == "pk" for index in table.indexes):
        found.append(UniqueKey(columns=table.primary_key, conflict=declared_conflict(table.on_conflict)))
    for index in sorted(table.indexes, key=lambda index: index.origin != "pk"):
        if index.unique:
            if not all(key.column for key in index.columns):
                return None
            columns = tuple(key.column or "" for key in index.columns)
            found.append(
                UniqueKey(
                    columns=columns, where=index.where, collations=_collations(index),
                    conflict=declared_conflict(index.on_conflict),
                )
            )  # fmt: skip
    return tuple(found)


def declared_conflict(word: str | None) -> str:
    """What ON CONFLICT says in a declaration; "" for what is so without."""
    return "" if word in {None, "ABORT"} else str(word)


def _collations(index: Index) -> tuple[str, ...]:
    """Those of the index's columns; () when all are BINARY."""
    found = tuple(key.collation for key in index.columns)
    return found if set(found) - {"BINARY"} else ()


def target_model(
    database: Database, options: Options, naming: Naming, choices: Mapping[ColumnKey, Choice]
) -> TargetModel:
    """The tables as PostgreSQL will have them; views join it one by one as they are translated."""
    relations = tuple(
        Relation(
            source=table.name,
            schema=options.schema,
            name=naming.relations[table.name],
            rowid_alias=table.primary_key[0] if table.rtree else table.rowid_alias,
            primary_key=table.primary_key,
            rtree=boxes(table, choices),
            vectors=held_vectors(table, choices),
            without_rowid=table.without_rowid,
            unique_keys=_unique_keys(table),
            columns=tuple(
                TargetColumn(
                    source=column.name,
                    name=naming.columns[table.name, column.name],
                    type=choices[table.name, column.name].type,
                    conversion=choices[table.name, column.name].conversion,
                    not_null=column.not_null or column.name == table.rowid_alias,
                    collation=None if column.collation in {None, "BINARY"} else column.collation,
                    affinity=column.affinity,
                    generated=column.generated is not None,
                    declared=column.declared_type,
                    hidden=column.hidden,
                )
                for column in table.columns
            ),
        )
        for table in database.tables
    )
    return TargetModel(schema=options.schema, relations=relations)
