"""The rows that an INSERT gives, as the table's columns keep them. Used by `insert` and `replacing`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from outgrow.schema.names import fold, quote
from outgrow.schema.target import Relation, TargetColumn
from outgrow.translate import tree
from outgrow.translate.expressions import translate
from outgrow.translate.queries.query import query
from outgrow.translate.scope import Scope
from outgrow.translate.value import Value, refuse
from outgrow.translate.virtual.rtree import kept
from outgrow.translate.writes.changed import Change, is_rowid, kept_rowid


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """VALUES or a SELECT, and by folded source name the columns that may get a NULL.

    `single` are the values of a row that is the only one, as a SELECT can have them.
    """

    sql: str
    nullable: frozenset[str]
    single: tuple[str, ...] = ()

    def inserted(self, found: Change, before: str, behind: str) -> Change:
        """The statement that has the rows between two texts."""
        bundle = (before, self.single, behind) if self.single else None
        return replace(found, sql=f"{before}{self.sql}{behind}", bundle=bundle)


def given_rows(
    source: tree.Query, columns: list[TargetColumn], relation: Relation, scope: Scope, *, asks: bool = True
) -> Rows:
    """The rows to insert, each value as its column keeps it.

    A NULL for the rowid asks for the next one; unless `asks`, it stays NULL, for a query around it.
    """
    plain = not (source.order or source.limit or source.commons) and set(source.operators) <= {"UNION ALL"}
    rows = [_values(select, columns, scope) for select in source.selects]
    if not plain or relation.kind == "view" or any(row is None for row in rows):
        return _selected(source, columns, relation, scope, asks=asks)
    texts = []
    nullable: set[str] = set()
    single: tuple[str, ...] = ()
    for row in rows:
        parts = []
        for value, column in zip(row or (), columns, strict=True):
            if _may_be_null(value, scope):
                nullable.add(fold(column.source))
            parts.append(_text(value, column, relation, scope, asks=asks))
        texts.append(f"({', '.join(parts)})")
        single = tuple(
            kept_rowid("NULL", column, relation) if part == _NEXT else part
            for part, column in zip(parts, columns, strict=True)
        )
    return Rows(
        sql=f"VALUES {', '.join(texts)}", nullable=frozenset(nullable),
        single=single if len(rows) == 1 else (),
    )  # fmt: skip


_NEXT = "DEFAULT"


def _values(select: tree.Select, columns: list[TargetColumn], scope: Scope) -> list[Value] | None:
    """A row of VALUES; None for a SELECT that reads a table."""
    if select.sources or select.where is not None or select.distinct or select.group or select.having:
        return None
    if len(select.items) != len(columns) or any(item.expression is None for item in select.items):
        raise refuse(f"INSERT of {len(select.items)} values into {len(columns)} columns")
    return [translate(item.expression or tree.Constant(None), scope) for item in select.items]


def _may_be_null(value: Value, scope: Scope) -> bool:
    if value.parameter is not None and scope.parameters is not None:
        return not scope.parameters.holds(value.parameter)
    return value.nullable


def _text(value: Value, column: TargetColumn, relation: Relation, scope: Scope, *, asks: bool) -> str:
    if asks and is_rowid(relation, column) and value.kind == "null":
        return _NEXT
    text = kept(value, column, relation, scope)
    if asks:
        return kept_rowid(text, column, relation) if is_rowid(relation, column) else text
    # In a query around them, PostgreSQL would take a bare parameter for a text.
    return f"{text}::{_whole_type(column)}" if text.startswith("$") else text


def _selected(
    source: tree.Query, columns: list[TargetColumn], relation: Relation, scope: Scope, *, asks: bool
) -> Rows:
    result = query(source, scope)
    if len(result.columns) != len(columns):
        raise refuse(f"INSERT of {len(result.columns)} values into {len(columns)} columns")
    names = [f"v{number}" for number in range(1, len(columns) + 1)]
    texts = []
    inside = replace(scope, parameters=None)
    for value, name, column in zip(result.columns, names, columns, strict=True):
        seen = replace(value, sql=f"rows.{name}", constant=None, digits=None, flag=None)
        text = kept(seen, column, relation, inside)
        texts.append(kept_rowid(text, column, relation) if asks and is_rowid(relation, column) else text)
    nullable = frozenset(
        fold(c.source) for v, c in zip(result.columns, columns, strict=True) if _may_be_null(v, scope)
    )
    if texts == [f"rows.{name}" for name in names]:
        return Rows(sql=result.sql, nullable=nullable)
    sql = f"SELECT {', '.join(texts)} FROM ({result.sql}) AS rows ({', '.join(names)})"
    return Rows(sql=sql, nullable=nullable)


def _whole_type(column: TargetColumn) -> str:
    """The column's type for a cast that must not shorten a text, as a cast to varchar(n) does."""
    return "text" if column.family == "text" else column.type


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A query for the new rows, its columns named as the table's; `columns` are those that are inserted."""

    sql: str
    columns: tuple[TargetColumn, ...]

    @property
    def listed(self) -> str:
        """The inserted columns' names."""
        return ", ".join(quote(column.name) for column in self.columns)


def fresh_rows(
    rows: Rows, columns: list[TargetColumn], relation: Relation, *, whole: bool, mended: bool = False
) -> Fresh:
    """`rows`, given without asking for rowids, as a query around which conditions can stand.

    With `whole` it has all columns of the table, those left out by their defaults; with `mended` a NULL
    becomes the default where the column takes none.
    """
    texts = []
    for number, column in enumerate(columns, 1):
        text = f"given.v{number}::{_whole_type(column)}"
        if is_rowid(relation, column):
            text = kept_rowid(text, column, relation)
        elif mended and column.not_null and column.default is not None:
            text = f"coalesce({text}, {column.default})"
        texts.append(f"{text} AS {quote(column.name)}")
    there = {fold(column.source) for column in columns}
    others = [c for c in relation.columns if whole and not c.generated and fold(c.source) not in there]
    for column in others:
        text = f"({column.default or 'NULL'})::{_whole_type(column)}"
        if is_rowid(relation, column):
            text = kept_rowid("NULL", column, relation)
        texts.append(f"{text} AS {quote(column.name)}")
    names = ", ".join(f"v{number}" for number in range(1, len(columns) + 1))
    sql = f"SELECT {', '.join(texts)} FROM ({rows.sql}) AS given ({names})"
    computed = [c for c in relation.columns if whole and c.generated and c.formula is not None]
    if computed:
        formulas = ", ".join(f"({c.formula})::{c.type} AS {quote(c.name)}" for c in computed)
        sql = f"SELECT *, {formulas} FROM ({sql}) AS plain"
    return Fresh(sql=sql, columns=(*columns, *others))
