"""One ordinary table with its columns, checks, keys and indexes.

Called by `catalog` for each table. Every fact comes from a pragma where there is one; the parsed
text adds names, expressions, collations and deferral.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from outgrow.errors import SourceError
from outgrow.schema.model import Check, Column, ForeignKey, Index, IndexColumn, Table
from outgrow.schema.names import fold
from outgrow.sqlite.connect import ask
from outgrow.sqlite.create_sql import IndexText, LexError, TableText, parse_index, parse_table
from outgrow.types.affinity import affinity

if TYPE_CHECKING:
    from apsw import Connection

_KINDS: Mapping[int, Literal["STORED", "VIRTUAL"]] = {2: "VIRTUAL", 3: "STORED"}
_EXPRESSION = -2


def read_table(
    connection: Connection, name: str, sql: str, *, without_rowid: bool, strict: bool,
    sequence: int | None, index_sql: Mapping[str, str | None], parents: Mapping[str, str],
) -> Table:  # fmt: skip
    """The table `name` whose text is `sql`; `parents` maps folded names of ordinary tables to their spelling.

    Raises SourceError, naming the table, when SQLite cannot describe it or text and pragmas disagree.
    """
    import apsw  # noqa: PLC0415 - heavy

    try:
        text = parse_table(sql)
        columns = _columns(connection, name, text, strict=strict)
        indexes = _indexes(connection, name, text, index_sql)
        foreign_keys = _foreign_keys(connection, name, text, parents)
    except LexError as error:
        raise SourceError(f"table {name}: {error}; please report this text") from error
    except apsw.Error as error:
        raise SourceError(f"table {name}: SQLite cannot describe it: {error}") from error
    primary = tuple(c.name for c in sorted(columns, key=lambda c: c.primary_key) if c.primary_key)
    key = text.primary_key
    return Table(
        name=name, sql=sql, columns=columns, primary_key=primary, without_rowid=without_rowid, strict=strict,
        primary_key_name=key.name if key else None, autoincrement=bool(key and key.autoincrement),
        rowid_alias=None if without_rowid else _rowid_alias(columns, primary, indexes),
        checks=tuple(Check(name=c.name, expression=c.expression, column=c.column) for c in text.checks),
        foreign_keys=foreign_keys, indexes=indexes, sequence=sequence,
        on_conflict=key.on_conflict if key else None,
    )  # fmt: skip


def _columns(connection: Connection, name: str, text: TableText, *, strict: bool) -> tuple[Column, ...]:
    rows = ask(
        connection,
        'SELECT name, type, "notnull", dflt_value, pk, hidden'
        " FROM pragma_table_xinfo(?, 'main') ORDER BY cid",
        name,
    )
    if [row[0] for row in rows] != [column.name for column in text.columns]:
        raise SourceError(f"table {name}: its text and PRAGMA table_xinfo name different columns")
    return tuple(
        Column(
            name=column, declared_type=declared, affinity=affinity(declared, strict=strict),
            not_null=bool(not_null), default=default, collation=written.collation, primary_key=key,
            generated=written.generated, generated_kind=_KINDS.get(hidden),
            on_conflict=written.not_null_on_conflict,
        )
        for (column, declared, not_null, default, key, hidden), written in zip(
            rows, text.columns, strict=True
        )
    )  # fmt: skip


def _rowid_alias(
    columns: tuple[Column, ...], primary: tuple[str, ...], indexes: tuple[Index, ...]
) -> str | None:
    """The INTEGER PRIMARY KEY that is the rowid: SQLite makes no index for it, unlike for DESC."""
    if len(primary) != 1 or any(index.origin == "pk" for index in indexes):
        return None
    column = next(column for column in columns if column.primary_key)
    return column.name if column.declared_type.upper() == "INTEGER" else None


def _indexes(
    connection: Connection, table: str, text: TableText, index_sql: Mapping[str, str | None]
) -> tuple[Index, ...]:
    listed = ask(
        connection,
        "SELECT name, \"unique\", origin FROM pragma_index_list(?, 'main') ORDER BY seq DESC",
        table,
    )
    written_keys = {tuple(fold(term.name or "") for term in key.terms): key for key in reversed(text.uniques)}
    found = []
    for name, unique, origin in listed:
        sql = index_sql.get(name)
        written = parse_index(sql) if sql else None
        columns = _index_columns(connection, name, written)
        key = text.primary_key if origin == "pk" else None
        if origin == "u":
            key = written_keys.get(tuple(fold(column.column or "") for column in columns))
        found.append(
            Index(
                name=name, table=table, columns=columns, unique=bool(unique), origin=origin,
                where=written.where if written else None, sql=sql,
                constraint_name=key.name if key else None, on_conflict=key.on_conflict if key else None,
            )
        )  # fmt: skip
    return tuple(found)


def _index_columns(connection: Connection, name: str, written: IndexText | None) -> tuple[IndexColumn, ...]:
    rows = ask(
        connection,
        "SELECT cid, name, \"desc\", coll FROM pragma_index_xinfo(?, 'main') WHERE key = 1 ORDER BY seqno",
        name,
    )
    found = []
    for place, (cid, column, descending, collation) in enumerate(rows):
        term = written.terms[place] if written else None
        is_expression = cid == _EXPRESSION and term is not None
        found.append(
            IndexColumn(
                column=None if is_expression else column,
                expression=term.expression if is_expression and term else None,
                collation=(collation or "BINARY").upper(),
                descending=bool(descending),
            )
        )
    return tuple(found)


def _foreign_keys(
    connection: Connection, table: str, text: TableText, parents: Mapping[str, str]
) -> tuple[ForeignKey, ...]:
    """Foreign keys in the order of the text; SQLite numbers them from the last to the first."""
    rows = ask(
        connection,
        'SELECT id, "table", "from", "to", on_update, on_delete'
        " FROM pragma_foreign_key_list(?, 'main') ORDER BY id DESC, seq",
        table,
    )
    groups = [list(group) for _, group in groupby(rows, key=lambda row: row[0])]
    columns = [tuple(fold(row[2]) for row in group) for group in groups]
    if columns != [tuple(fold(column) for column in key.columns) for key in text.foreign_keys]:
        raise SourceError(f"table {table}: its text and PRAGMA foreign_key_list name different foreign keys")
    return tuple(
        ForeignKey(
            name=written.name, columns=tuple(row[2] for row in group), parent_table=group[0][1],
            parent_columns=_parent_columns(connection, group, parents), implicit=group[0][3] is None,
            on_update=group[0][4], on_delete=group[0][5], deferrable=written.deferrable,
            initially_deferred=written.initially_deferred,
        )
        for group, written in zip(groups, text.foreign_keys, strict=True)
    )  # fmt: skip


def _parent_columns(
    connection: Connection, group: list[tuple[object, ...]], parents: Mapping[str, str]
) -> tuple[str, ...]:
    """Columns referred to; empty without such a parent table."""
    parent = parents.get(fold(str(group[0][1])))
    if parent is None:
        return ()
    if group[0][3] is not None:
        return tuple(str(row[3]) for row in group)
    key = ask(connection, "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE pk > 0 ORDER BY pk", parent)
    return tuple(str(row[0]) for row in key) if len(key) == len(group) else ()
