"""The SQL texts of sqlite_schema, read by a parser: what the pragmas do not tell.

CHECK texts, constraint names, COLLATE, generated expressions, DEFERRABLE, ON CONFLICT, index
expressions and predicates stand only in the text. `sqlite.catalog` joins them with the pragmas.
Pure: it opens nothing and imports no SQLite. Its tokens are those of `schema.lexer`.
"""

from outgrow.schema.lexer import Token, unquote
from outgrow.sqlite.create_sql.objects import (
    IndexText,
    TriggerText,
    ViewText,
    VirtualTableText,
    parse_index,
    parse_trigger,
    parse_view,
    parse_virtual_table,
)
from outgrow.sqlite.create_sql.reader import LexError, tokens
from outgrow.sqlite.create_sql.table import (
    CheckText,
    ColumnText,
    ForeignKeyText,
    KeyTerm,
    KeyText,
    TableText,
    parse_table,
)

__all__ = [
    "CheckText",
    "ColumnText",
    "ForeignKeyText",
    "IndexText",
    "KeyTerm",
    "KeyText",
    "LexError",
    "TableText",
    "Token",
    "TriggerText",
    "ViewText",
    "VirtualTableText",
    "parse_index",
    "parse_table",
    "parse_trigger",
    "parse_view",
    "parse_virtual_table",
    "tokens",
    "unquote",
]
