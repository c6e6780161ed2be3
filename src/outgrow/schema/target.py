"""The target as a model: what each source relation and column is called and typed on PostgreSQL.

Made by `types.choose` and `schema.names`, read by `translate` (which resolves SQL against it) and
by the DDL writers. Pure.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal, Self

from outgrow.errors import TranslationError
from outgrow.schema.fulltext import FullText
from outgrow.schema.model import Affinity, Vectors
from outgrow.schema.names import fold

TEMPORARY = "pg_temp"
"""The schema of temporary relations."""

Family = Literal[
    "integer", "real", "numeric", "boolean", "text", "bytea", "timestamp", "timestamptz",
    "date", "time", "uuid", "json", "vector", "other",
]  # fmt: skip

Event = Literal["INSERT", "UPDATE", "DELETE"]

_FAMILIES: dict[str, Family] = {
    "smallint": "integer", "integer": "integer", "bigint": "integer", "int2": "integer", "int4": "integer",
    "int8": "integer", "int": "integer", "double precision": "real", "real": "real", "float8": "real",
    "float4": "real", "numeric": "numeric", "decimal": "numeric", "boolean": "boolean", "bool": "boolean",
    "text": "text", "varchar": "text", "character varying": "text", "char": "text", "bytea": "bytea",
    "timestamp": "timestamp", "timestamp without time zone": "timestamp", "timestamptz": "timestamptz",
    "timestamp with time zone": "timestamptz", "date": "date", "time": "time",
    "time without time zone": "time", "uuid": "uuid", "jsonb": "json", "json": "json", "vector": "vector",
}  # fmt: skip


def family(sql_type: str) -> Family:
    """The family of a PostgreSQL type name such as `numeric(10,2)`; "other" when outgrow does not know it."""
    return _FAMILIES.get(sql_type.partition("(")[0].strip().lower(), "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetColumn:
    """One column on the target.

    `source` and `name` are the spellings on the two sides, `type` the PostgreSQL type as written in
    DDL, `conversion` the recipe that the plan records (see `types.values`): "same" means the value
    is held as itself. `collation` is the source's collation when it is not BINARY (NOCASE, RTRIM, …),
    `affinity` its affinity (None: not a table's column); `generated` says that it is computed. `default` and
    `formula` are PostgreSQL's texts of its default and of what computes it. `declared` is its declared type
    in SQLite's words. A `hidden` one, such as the rowid of a table that declares none, is left out by `*` and
    by INSERT without columns.
    """

    source: str
    name: str
    type: str
    conversion: str = "same"
    not_null: bool = False
    collation: str | None = None
    affinity: Affinity | None = None
    generated: bool = False
    default: str | None = None
    formula: str | None = None
    declared: str = ""
    hidden: bool = False

    @property
    def label(self) -> str:
        """What SQLite calls it in a result."""
        return "rowid" if self.hidden and fold(self.source) in {"rowid", "_rowid_", "oid"} else self.source

    @property
    def family(self) -> Family:
        """Family of `type`."""
        return family(self.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class UniqueKey:
    """What may not repeat: source columns, and the SQLite text of a partial index's predicate.

    `collations` are what equates the values of each column; () for BINARY throughout. `conflict` is the word
    after ON CONFLICT in its declaration, "" for ABORT, which is the default.
    """

    columns: tuple[str, ...]
    where: str | None = None
    collations: tuple[str, ...] = ()
    conflict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fires:
    """What a statement that writes must know of a trigger on its table.

    `looks` says that it can tell, before a row goes in, whether a row that REPLACE takes away is still
    there. `conflicts` are the conflict clauses of those of its own statements that can meet a taken key;
    on SQLite a clause of the statement outside stands in for all of them.
    """

    timing: Literal["BEFORE", "AFTER", "INSTEAD OF"]
    event: Event
    looks: bool = False
    conflicts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table or view on the target.

    `rowid_alias` is the source name of the rowid's column, if any; `primary_key` lists source names.
    `unique_keys` are all of them, the primary key's first; None where one is over an expression.
    `checks` are the conditions of its CHECK constraints, as PostgreSQL has them; `children` the source names
    of the tables whose foreign keys point to it; `triggers` those that stand on it.
    `vectors` is set for a vec0 table whose vectors pgvector holds.
    `rtree` are an R*Tree's coordinate columns by source name: least and greatest of each dimension in turn.
    `full_text` is set for a full-text table. `without_rowid` says that its rows had no rowids on SQLite.
    """

    source: str
    schema: str
    name: str
    columns: tuple[TargetColumn, ...]
    kind: Literal["table", "view"] = "table"
    rowid_alias: str | None = None
    primary_key: tuple[str, ...] = ()
    unique_keys: tuple[UniqueKey, ...] | None = ()
    checks: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    triggers: tuple[Fires, ...] = ()
    rtree: tuple[str, ...] = ()
    full_text: FullText | None = None
    vectors: Vectors | None = None
    without_rowid: bool = False

    def column(self, source_name: str) -> TargetColumn:
        """The column of that source name, ASCII case ignored; KeyError when there is none."""
        for column in self.columns:
            if fold(column.source) == fold(source_name):
                return column
        raise KeyError(source_name)


def box_keys(coordinates: tuple[str, ...]) -> tuple[str, ...]:
    """SQL of the boxes that an R*Tree is indexed by, one for every two dimensions.

    `coordinates` is SQL for the least and greatest of each dimension in turn; a dimension without a partner
    is beside 0.
    """
    padded = (*coordinates, "0", "0") if len(coordinates) % 4 else coordinates
    return tuple(
        f"box(point({padded[n]}, {padded[n + 2]}), point({padded[n + 1]}, {padded[n + 3]}))"
        for n in range(0, len(padded), 4)
    )


class Qualified(str):
    """A table's name with the database before it that a SQL text gives.

    Equal to a bare name only if the database is `main`.
    """

    __slots__ = ("database",)

    def __new__(cls, name: str, database: str) -> Self:
        """The name; `database` is folded."""
        made = super().__new__(cls, name)
        made.database = fold(database)
        return made

    database: str

    def __eq__(self, other: object) -> bool:
        database = other.database if isinstance(other, Qualified) else "main"
        return self.database == database and super().__eq__(other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(str(self)) if self.database == "main" else hash((str(self), self.database))


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetModel:
    """All relations of one target schema that a SQL text may speak of, temporary ones first.

    `attached` are the databases that SQL knows by a name of their own, each a schema of the target.
    `recursive_triggers` and `case_sensitive_like` are the pragmas of these names in one session; with the
    first one REPLACE fires DELETE triggers.
    """

    schema: str
    relations: tuple[Relation, ...]
    attached: tuple[tuple[str, TargetModel], ...] = ()
    recursive_triggers: bool = False
    case_sensitive_like: bool = False

    def relation(self, source_name: str) -> Relation:
        """The relation of that source name, ASCII case ignored; KeyError when there is none.

        As SQLite looks: temporary, then its own, then attached ones; a `Qualified` name only where it says.
        """
        if isinstance(source_name, Qualified):
            return self.of(source_name.database).relation(str(source_name))
        for relation in self.relations:
            if fold(relation.source) == fold(source_name):
                return relation
        for _, model in self.attached:
            with suppress(KeyError):
                return model.relation(source_name)
        raise KeyError(source_name)

    def of(self, database: str) -> TargetModel:
        """What a database of that name holds; TranslationError when there is none."""
        name = fold(database)
        if name in {"main", "temp"}:
            own = (r for r in self.relations if (r.schema == TEMPORARY) == (name == "temp"))
            return replace(self, relations=tuple(own), attached=())
        for known, model in self.attached:
            if fold(known) == name:
                return model
        raise TranslationError(
            f"a table of another database ({database}): move its file into a schema {name} of this "
            f"database, and ATTACH it AS {name}"
        )
