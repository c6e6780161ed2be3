"""What SQLite says of its own schema: the rows of sqlite_master and of the pragmas that describe it.

Pure reading, for the target to keep (postgres.source_schema): applications ask for these rows by name.
`catalog` reads the same to understand the schema; here every row stays as SQLite gives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outgrow.sqlite.connect import ask

if TYPE_CHECKING:
    from apsw import Connection

Row = tuple[Any, ...]
Rows = tuple[Row, ...]

_CODECS = {"UTF-8": "utf-8", "UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}
_SETTINGS = ("user_version", "application_id", "encoding", "page_size", "auto_vacuum")

# Columns of each answer, the texts marked: they are read as bytes, so that none can stop the reading.
_MASTER = ("type$", "name$", "tbl_name$", "rootpage", "sql$")
_TABLE_LIST = ("schema$", "name$", "type$", "ncol", "wr", "strict")
_TABLE_XINFO = ("cid", "name$", "type$", "notnull", "dflt_value$", "pk", "hidden")
_INDEX_LIST = ("seq", "name$", "unique", "origin$", "partial")
_INDEX_XINFO = ("seqno", "cid", "name$", "desc", "coll$", "key")
_FOREIGN_KEY_LIST = ("id", "seq", "table$", "from$", "to$", "on_update$", "on_delete$", "match$")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSchema:
    """Rows as SQLite orders them, each with the columns of its pragma.

    `columns`, `indexes` and `foreign_keys` have the table's name before them, `index_columns` the index's,
    or that of a table WITHOUT ROWID, which stands for its primary key. `settings` are names and values.
    """

    master: Rows
    tables: Rows
    columns: Rows
    indexes: Rows
    index_columns: Rows
    foreign_keys: Rows
    settings: Rows


def read_source_schema(connection: Connection, journal_mode: str | None = None) -> SourceSchema:
    """Everything that SQLite says of the schema `main`.

    A view or virtual table that SQLite cannot read has no columns here, as it has none there. Bytes that
    are no text become U+FFFD. `connection` must be inside one read transaction or immutable; an immutable one
    does not know the file's `journal_mode`.
    """
    settings = tuple((name, ask(connection, f"PRAGMA main.{name}")[0][0]) for name in _SETTINGS)
    settings += (("journal_mode", journal_mode or ask(connection, "PRAGMA main.journal_mode")[0][0]),)
    reader = _Reader(connection, _CODECS[dict(settings)["encoding"]])
    columns: list[Row] = []
    indexes: list[Row] = []
    index_columns: list[Row] = []
    foreign_keys: list[Row] = []
    for schema, name, kind, _, without_rowid, _ in reader.table_list():
        if schema != "main":
            continue
        columns += reader.columns(name, kind)
        listed = reader.of("pragma_index_list", _INDEX_LIST, name)
        indexes += listed
        for index in (*(row[2] for row in listed), *((name,) if without_rowid else ())):
            index_columns += reader.of("pragma_index_xinfo", _INDEX_XINFO, index)
        foreign_keys += reader.of("pragma_foreign_key_list", _FOREIGN_KEY_LIST, name)
    return SourceSchema(
        master=reader.master(),
        # Read again: where one view is broken, SQLite counts the columns of others only after their use.
        tables=reader.table_list(),
        columns=tuple(columns),
        indexes=tuple(indexes),
        index_columns=tuple(index_columns),
        foreign_keys=tuple(foreign_keys),
        settings=settings,
    )


class _Reader:
    def __init__(self, connection: Connection, codec: str) -> None:
        self._connection, self._codec = connection, codec

    def master(self) -> Rows:
        return tuple(
            (*row[:3], row[3] if isinstance(row[3], int) else None, row[4])
            for row in self._rows(_MASTER, "main.sqlite_master ORDER BY rowid")
        )

    def table_list(self) -> Rows:
        """Tables and views of `main`, and the catalog of `temp`, which SQLite always lists."""
        rows = self._rows(_TABLE_LIST, "pragma_table_list")
        return tuple(row for row in rows if row[0] == "main" or row[:2] == ("temp", "sqlite_temp_schema"))

    def columns(self, name: str, kind: str) -> Rows:
        import apsw  # noqa: PLC0415 - heavy

        try:
            return self.of("pragma_table_xinfo", _TABLE_XINFO, name)
        except apsw.InterruptError:
            raise
        except apsw.Error:
            if kind not in ("view", "virtual"):
                raise
            return ()

    def of(self, pragma: str, columns: tuple[str, ...], name: str) -> Rows:
        """The rows that a pragma has of `name`, the name before each."""
        return tuple((name, *row) for row in self._rows(columns, f"{pragma}(?, 'main')", name))

    def _rows(self, columns: tuple[str, ...], source: str, *values: str) -> Rows:
        terms = (f'CAST("{c[:-1]}" AS BLOB)' if c.endswith("$") else f'"{c}"' for c in columns)
        rows = ask(self._connection, f"SELECT {', '.join(terms)} FROM {source}", *values)
        return tuple(tuple(self._text(v) if isinstance(v, bytes) else v for v in row) for row in rows)

    def _text(self, value: bytes) -> str:
        """PostgreSQL has no NUL in text; SQLite's own parser reads to the first one, too."""
        return value.decode(self._codec, errors="replace").partition("\0")[0]
