"""Contentless tables of FTS5: what their index holds, read as text.

FTS5 shows its index only through a table of fts5vocab, which every reading connection makes in its own temp
schema. A row's column comes as its tokens in order, U+0001 before each, which the tokenizer `kept` of
functions/70_fulltext.sql takes apart again. Used by `connect` and `virtual`.
Rules: https://www.sqlite.org/fts5.html#contentless_tables and #the_fts5vocab_virtual_table_module
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from outgrow.schema.fulltext import declared_full_text
from outgrow.schema.names import fold, quote_sqlite
from outgrow.sqlite.create_sql import LexError, VirtualTableText, parse_virtual_table

if TYPE_CHECKING:
    from apsw import Connection

_WRITTEN = (
    "SELECT sql FROM main.sqlite_schema WHERE type = 'table'"
    " AND sql LIKE 'create virtual table%fts5%content%'"
)


def is_contentless(text: VirtualTableText) -> bool:
    """Whether the table has an index and no text."""
    return fold(text.module) == "fts5" and declared_full_text("fts5", text.arguments, ()).content == ""


def show_indexes(connection: Connection) -> None:
    """Makes the table of the terms of each contentless table of the file, where that can be done."""
    import apsw  # noqa: PLC0415 - heavy

    with suppress(apsw.Error):  # a file that cannot be read says so when it is
        for (sql,) in connection.execute(_WRITTEN).fetchall():
            with suppress(LexError, apsw.Error):
                text = parse_virtual_table(str(sql))
                if is_contentless(text):
                    terms, table = (_sql_text(name) for name in (_terms(text.name), text.name))
                    connection.execute(
                        f"CREATE VIRTUAL TABLE temp.{terms} USING fts5vocab('main', {table}, 'instance')"
                    )


def select(name: str, columns: Sequence[str]) -> str:
    """The SELECT of rowid and columns."""
    terms, sizes = f"temp.{quote_sqlite(_terms(name))}", f"main.{quote_sqlite(name + '_docsize')}"
    listed = "".join(
        f", max(CASE WHEN col = {_sql_text(column)} THEN tokens END) AS {quote_sqlite(column)}"
        for column in columns
    )
    inner = f"SELECT doc, col, char(1) || term AS term FROM {terms} ORDER BY doc, col, offset"
    held = f"SELECT doc, col, group_concat(term, '') AS tokens FROM ({inner}) GROUP BY doc, col"
    return (
        f"SELECT sizes.id AS rowid{listed} FROM {sizes} AS sizes LEFT JOIN ({held}) AS held"
        " ON held.doc = sizes.id GROUP BY sizes.id"
    )


def _terms(name: str) -> str:
    return f"{name} outgrow terms"


def _sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
