"""A SQLite database as values: what `sqlite.catalog` reads and everyone after it works on.

First room of the spine. Names are kept in their source spelling; SQL text is kept raw beside
what was read from it. Nothing here knows PostgreSQL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from outgrow.schema.names import fold

Action = Literal["NO ACTION", "RESTRICT", "SET NULL", "SET DEFAULT", "CASCADE"]


class Affinity(Enum):
    """SQLite's five column affinities (https://www.sqlite.org/datatype3.html#determination_of_column_affinity)."""

    INTEGER = "INTEGER"
    TEXT = "TEXT"
    BLOB = "BLOB"
    """Also called NONE: no conversion on store."""
    REAL = "REAL"
    NUMERIC = "NUMERIC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    `declared_type` is the text of the declaration, "" when there is none. `default` is the SQL
    text of the DEFAULT (None when absent), `generated` the SQL text inside AS (...). `collation`
    is the declared one upper-cased, None for BINARY by omission. `primary_key` is the 1-based
    position in the primary key, 0 outside it. In a STRICT table `declared_type` ANY has BLOB
    affinity. `hidden` says that `SELECT *` leaves the column out: it is the rowid, kept because it is wanted,
    or the language of a full-text table; `verbatim` that its values keep the form they are stored in,
    whatever they look like. `on_conflict` is the word after
    ON CONFLICT of its NOT NULL.
    """

    name: str
    declared_type: str
    affinity: Affinity
    not_null: bool = False
    default: str | None = None
    collation: str | None = None
    primary_key: int = 0
    generated: str | None = None
    generated_kind: Literal["STORED", "VIRTUAL"] | None = None
    hidden: bool = False
    verbatim: bool = False
    on_conflict: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A CHECK constraint: `expression` is the SQL text between the parentheses."""

    name: str | None
    expression: str
    column: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A foreign key as declared.

    `parent_columns` is resolved: for `REFERENCES p` without columns it holds the primary key of
    `p`; it is empty when the parent is missing or its key has another number of columns.
    `parent_table` is as written; SQLite compares it without case.
    """

    name: str | None
    columns: tuple[str, ...]
    parent_table: str
    parent_columns: tuple[str, ...]
    implicit: bool = False
    on_update: Action = "NO ACTION"
    on_delete: Action = "NO ACTION"
    deferrable: bool = False
    initially_deferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexColumn:
    """One key of an index: a column name or an expression's SQL text, never both.

    `collation` is the one the index uses, upper-cased (BINARY included).
    """

    column: str | None
    expression: str | None
    collation: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index. `origin`: c = CREATE INDEX, u = UNIQUE constraint, pk = PRIMARY KEY constraint.

    `where` is the SQL text of a partial index's predicate. For origin u and pk `name` is SQLite's
    sqlite_autoindex_… name and `sql` is None; `constraint_name` is the CONSTRAINT name if any, and
    `on_conflict` the word after its ON CONFLICT.
    """

    name: str
    table: str
    columns: tuple[IndexColumn, ...]
    unique: bool
    origin: Literal["c", "u", "pk"]
    where: str | None = None
    sql: str | None = None
    constraint_name: str | None = None
    on_conflict: str | None = None


Element = Literal["float32", "int8", "bit"]
Metric = Literal["l2", "cosine", "l1", "hamming"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """A vector column of a vec0 table: `dimensions` numbers (of 1 bit: `bit`), and how they are compared."""

    name: str
    element: Element
    dimensions: int
    metric: Metric = "l2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """What a vec0 table declares of its columns besides the key; what is in neither is auxiliary."""

    columns: tuple[Vector, ...]
    partitions: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()

    def column(self, name: str) -> Vector | None:
        """The vector column of that name, ASCII case ignored."""
        return next((column for column in self.columns if fold(column.name) == fold(name)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An ordinary table (shadow tables and sqlite_… tables are not among them).

    `primary_key` lists column names in key order. `rowid_alias` is the INTEGER PRIMARY KEY column
    when it really aliases the rowid (an `INTEGER PRIMARY KEY DESC` does not). `sequence` is the
    table's row in sqlite_sequence. `indexes` holds all three origins. `on_conflict` is the word after
    ON CONFLICT of the primary key.
    """

    name: str
    sql: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    primary_key_name: str | None = None
    rowid_alias: str | None = None
    autoincrement: bool = False
    without_rowid: bool = False
    strict: bool = False
    checks: tuple[Check, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    sequence: int | None = None
    rtree: tuple[str, ...] = ()
    """Of an R*Tree its coordinate columns: least and greatest of each dimension in turn."""
    vectors: Vectors | None = None
    """Of a vec0 table what it declares."""
    on_conflict: str | None = None

    def column(self, name: str) -> Column:
        """The column of that name, compared without ASCII case as SQLite does; KeyError if none."""
        for column in self.columns:
            if fold(column.name) == fold(name):
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view: `sql` is the whole CREATE VIEW text; `columns` SQLite's names for its columns, in order.

    `columns` is empty when SQLite itself cannot prepare the view; `broken` then holds its message.
    """

    name: str
    sql: str
    columns: tuple[str, ...] = ()
    broken: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger on a table or view: `sql` is the whole CREATE TRIGGER text."""

    name: str
    table: str
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualTable:
    """A virtual table and what SQLite stores for it.

    `module` is lower-cased (fts5, rtree, vec0, ...), `arguments` the raw argument texts.
    `shadow_tables` are the ordinary tables that belong to it. `columns` is what can be read as
    rows: by the module itself when `readable` is "module", from the shadow tables when "shadow";
    `readable` is None when neither is possible and `unreadable` says why. `select` is the SQL that
    yields `columns` in order. `rank` is what an FTS5 table was configured to rank by, "" when it was not;
    `vectors` what a vec0 table declares, `sequence` the last key it gave.
    """

    name: str
    module: str
    arguments: tuple[str, ...]
    sql: str
    columns: tuple[Column, ...] = ()
    shadow_tables: tuple[str, ...] = ()
    readable: Literal["module", "shadow"] | None = None
    select: str | None = None
    unreadable: str | None = None
    rank: str = ""
    vectors: Vectors | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Everything the catalog of one file says."""

    path: str
    encoding: Literal["UTF-8", "UTF-16le", "UTF-16be"]
    page_size: int
    page_count: int
    journal_mode: str
    user_version: int
    application_id: int
    tables: tuple[Table, ...] = ()
    views: tuple[View, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    virtual_tables: tuple[VirtualTable, ...] = ()
    collations: tuple[str, ...] = ()
    """Collations used that SQLite itself does not have, upper-cased."""
    internal: tuple[str, ...] = field(default=())
    """sqlite_sequence, sqlite_stat1, ...: SQLite's own bookkeeping, never moved as tables."""

    def table(self, name: str) -> Table:
        """The table of that name, compared without ASCII case; KeyError if none."""
        for table in self.tables:
            if fold(table.name) == fold(name):
                return table
        raise KeyError(name)
