"""What a name means at one place of a query: the columns in sight, aliases, rowids, and where TRUE is a name.

`query`, `view`, `trigger` and the one-expression entry build a `Scope`; `expressions` asks it. The
order of asking is SQLite's: columns of FROM, then result aliases, then the enclosing query, then a
double-quoted string.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from outgrow.schema.names import fold, quote
from outgrow.schema.target import Relation, TargetModel
from outgrow.translate import tree
from outgrow.translate.held import column_value
from outgrow.translate.value import Kind, Value, constant, integer_constant, refuse
from outgrow.translate.virtual.fulltext import Search, is_contentless, search_of

ROWID_NAMES = frozenset({"rowid", "oid", "_rowid_"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One table of FROM: its name in the query, and its columns by folded SQLite name, in order.

    `relation` is set for a table or view of the model. `hidden` holds the columns that `*` leaves out
    because USING or NATURAL merged them. `rowid` is the column that stands for the rowid; where there
    is none, `key` is a primary key without NULLs, which tells the same rows apart. `search` is set for a
    full-text table; `place` is SQL of the place of a row in the order of a query in FROM. `qualified` says
    that its columns are reached by `name.column` only, as those of NEW, OLD and excluded.
    """

    name: str
    columns: Mapping[str, Value]
    labels: tuple[str, ...]
    relation: Relation | None = None
    hidden: frozenset[str] = frozenset()
    rowid: Value | None = None
    key: tuple[Value, ...] = ()
    search: Search | None = None
    place: str = ""
    qualified: bool = False

    @property
    def reference(self) -> str:
        """What stands before the dot of its columns."""
        return next(iter(self.columns.values())).sql.rsplit(".", 1)[0]

    def nullable(self) -> Source:
        """The same source on the outer side of an outer join: every column may be NULL."""
        columns = {name: replace(value, nullable=True) for name, value in self.columns.items()}
        rowid = replace(self.rowid, nullable=True) if self.rowid is not None else None
        return replace(self, columns=columns, rowid=rowid)


def relation_source(
    relation: Relation, reference: str, name: str | None = None, *, rowid: bool = True
) -> Source:
    """A table or view as a source; `reference` qualifies its columns, already quoted, "" for not at all."""
    prefix = f"{reference}." if reference else ""
    every = {
        fold(column.source): column_value(column, prefix + quote(column.name)) for column in relation.columns
    }
    alias = every.get(fold(relation.rowid_alias)) if relation.rowid_alias and rowid else None
    labels = tuple(column.source for column in relation.columns if not column.hidden)
    unseen = fold(relation.rowid_alias or "") if relation.rowid_alias not in labels else ""
    columns = {name: value for name, value in every.items() if name != unseen}
    known = replace(alias, nullable=False, is_rowid=True) if alias is not None else None
    if known is not None and known.column is not None and relation.rtree:
        known = replace(known, column=replace(known.column, source="rowid"))  # so SQLite calls it there
    key = tuple(every[fold(column)] for column in relation.primary_key)
    if any(column.nullable for column in key):
        key = ()
    if is_contentless(relation):
        nothing = Value(sql="NULL::text", kind="text", type="text")
        columns |= {name: nothing for name in columns if name != fold(relation.rowid_alias or "")}
    search = search_of(relation, reference)
    if relation.full_text is not None and alias is not None and not relation.full_text.is_fts5:
        columns.setdefault("docid", as_docid(alias))
    return Source(
        name=name or relation.source, columns=columns, labels=labels, relation=relation, rowid=known, key=key,
        search=search,
    )  # fmt: skip


def as_docid(rowid: Value) -> Value:
    """The rowid under the name that FTS3 and FTS4 have for it."""
    return rowid if rowid.column is None else replace(rowid, column=replace(rowid.column, source="docid"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A translated query: its text, and what each column is (a column's `sql` means nothing outside).

    `single` says it yields at most one row whatever the tables hold.
    """

    sql: str
    columns: tuple[Value, ...]
    labels: tuple[str, ...]
    single: bool = False


PARAMETER_TYPES: Mapping[Kind, str] = {
    "integer": "bigint", "real": "double precision", "text": "text", "blob": "bytea", "tagged": "text",
    "null": "text",
}  # fmt: skip


class Parameters:
    """The bound parameters of one statement: the kinds that the caller knows, and those that were chosen.

    One whose kind nobody knows travels tagged, or as what it is compared with or stored in.
    """

    def __init__(self, known: Sequence[Kind] = ()) -> None:
        self.kinds: dict[int, Kind] = dict(enumerate(known, 1))
        self.count = self._said = len(known)

    def value(self, number: int) -> Value:
        """The parameter's value."""
        self.count = max(self.count, number)
        kind = self.kinds.get(number, "tagged")
        type_ = PARAMETER_TYPES[kind]
        return Value(sql=f"${number}::{type_}", kind=kind, type=type_, parameter=number)

    def holds(self, number: int) -> bool:
        """Whether the caller said that the parameter has a value, which is not NULL."""
        return number <= self._said and self.kinds.get(number, "null") != "null"

    def settle(self, value: Value, kind: Kind) -> Value:
        """A parameter of unknown kind as one of `kind`; itself when it is known already."""
        if value.parameter is None or value.parameter in self.kinds or kind not in PARAMETER_TYPES:
            return value
        self.kinds[value.parameter] = kind
        return self.value(value.parameter)

    @property
    def settled(self) -> tuple[Kind, ...]:
        """How each parameter travels."""
        return tuple(self.kinds.get(number, "tagged") for number in range(1, self.count + 1))


Reader = Literal["query", "application", "program", "native", "view"]
"""Who gets the rows of a query: one around it, the application, a program's runtime (which reads the form
`escaped` itself, and PostgreSQL's own values where they are wanted `native`), or all who ask a view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Everything in sight. `commons` are the common table expressions by folded name.

    `subquery` translates a query nested here; None where none may stand (DDL outside views and
    triggers). `fixed` says that values may depend on nothing but the row, `aggregates` whether aggregate
    functions may stand here. `raw` are the sources that an aggregate's arguments see, where a bare column
    beside it stands for one row of the group; `windows` are those of the WINDOW clause; `parameters`
    what is known of the bound parameters. `reader` gets what RETURNING shows; `keyed` says that an INSERT
    shows its rowid, too, last; `row_by_row` that an UPDATE takes one row after the other;
    `placed` that an aggregate asks in which order the rows of a query in FROM come; `nested` that this is a
    query inside another.
    """

    model: TargetModel
    sources: tuple[Source, ...] = ()
    aliases: Mapping[str, tree.Expression] = field(default_factory=dict)
    outer: Scope | None = None
    commons: Mapping[str, Source] = field(default_factory=dict)
    bytewise: bool = False
    fixed: bool = False
    aggregates: bool = False
    subquery: Callable[[tree.Query, Scope], Result] | None = None
    raw: tuple[Source, ...] | None = None
    windows: Mapping[str, tree.Window] = field(default_factory=dict)
    parameters: Parameters | None = None
    reader: Reader = "application"
    keyed: bool = False
    row_by_row: bool = False
    placed: bool = False
    nested: bool = False

    def resolve(self, name: tree.Name) -> Value | tree.Expression:
        """The value a name stands for, or the expression behind a result alias. Raises TranslationError."""
        found = self._column(name)
        if found is not None:
            return found
        if name.table is None and fold(name.column) in self.aliases:
            return self.aliases[fold(name.column)]
        if self.outer is not None:
            return self._from_outside(name, self.outer)
        if name.table is None and name.double:
            return constant(name.column)
        if name.table is None and name.column.upper() in {"TRUE", "FALSE"}:
            return integer_constant(int(name.column.upper() == "TRUE"))
        raise refuse(f"the column {name.table + '.' if name.table else ''}{name.column}")

    def _from_outside(self, name: tree.Name, outer: Scope) -> Value:
        found = outer.resolve(name)
        if not isinstance(found, Value):
            raise refuse(f"the alias {name.column} inside a subquery")
        return found

    def _column(self, name: tree.Name) -> Value | None:
        matching = [s for s in self.sources if _meant(s, name)]
        key = fold(name.column)
        found = [s.columns[key] for s in matching if key in s.columns and (name.table or key not in s.hidden)]
        if not found and key in ROWID_NAMES:
            return self._rowid(name, matching)
        if not found and key == "rank":
            searched = [s.search for s in matching if s.search is not None and s.search.ranks]
            return searched[0].rank() if len(searched) == 1 else None
        if len(found) > 1:
            raise refuse(f"the ambiguous column {name.column}")
        return found[0] if found else None

    def label(self, name: tree.Name) -> str | None:
        """The column's name as its source spells it; None for a rowid, an alias or what stands outside."""
        key = fold(name.column)
        for source in self.sources:
            if key in source.columns and _meant(source, name):
                return next((label for label in source.labels if fold(label) == key), None)
        return None

    def searched(self, name: tree.Expression) -> tuple[Source, str | None] | None:
        """The full-text table that a name means as what MATCH asks, with the column unless it means all.

        Only those of FROM; None for any other expression.
        """
        if not isinstance(name, tree.Name):
            return None
        for source in self.sources:
            if source.search is None or (name.table is not None and fold(name.table) != fold(source.name)):
                continue
            if fold(name.column) == fold(source.search.relation.source):
                return source, None
            declared = source.search.relation.full_text
            if declared is not None and fold(name.column) in map(fold, declared.columns):
                return source, name.column
        return None

    def row_key(self, name: tree.Expression) -> tuple[Relation, tuple[Value, ...]] | None:
        """The primary key that a rowid name can be told by, with its table; None when it is no such name."""
        if not isinstance(name, tree.Name) or fold(name.column) not in ROWID_NAMES:
            return None
        for source in self.sources:
            if _meant(source, name):
                own = fold(name.column) not in source.columns and source.rowid is None
                return (source.relation, source.key) if own and source.relation and source.key else None
        return self.outer.row_key(name) if self.outer is not None else None

    def _rowid(self, name: tree.Name, matching: list[Source]) -> Value | None:
        with_rowid = [s for s in matching if s.relation is not None or s.rowid is not None]
        if not with_rowid:
            return None
        if len(with_rowid) > 1 or with_rowid[0].rowid is None:
            relation = with_rowid[0].relation
            advice = ""
            if len(with_rowid) == 1 and relation is not None and relation.kind == "table":
                advice = f": set rowid = true for {relation.source} in the plan, and move again"
            raise refuse(f"{name.column} of a table without INTEGER PRIMARY KEY{advice}")
        return with_rowid[0].rowid

    def nested_result(self, query: tree.Query) -> Result:
        """The translation of a query nested here; refused where none may stand."""
        if self.subquery is None:
            raise refuse("a subquery here")
        return self.subquery(query, self)

    def source_named(self, name: str) -> Source:
        """The source that `name.*` means; TranslationError when there is none."""
        for source in self.sources:
            if fold(source.name) == fold(name):
                return source
        raise refuse(f"the table {name}")

    def common(self, name: str) -> Source | None:
        """The common table expression of that name, here or in an enclosing query."""
        found = self.commons.get(fold(name))
        return found if found is not None or self.outer is None else self.outer.common(name)


def _meant(source: Source, name: tree.Name) -> bool:
    """Whether a name may be a column of the source, by what stands before its dot."""
    return not source.qualified if name.table is None else fold(source.name) == fold(name.table)
