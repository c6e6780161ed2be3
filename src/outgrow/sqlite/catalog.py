"""The catalog of a source as a `schema.model.Database`: pragmas joined with the texts' own words.

Second step of the spine. Pragmas say what SQLite made of each declaration; `create_sql` says what
they leave out. Where both speak of the same thing (columns, foreign keys) they must agree, else the
table is refused by name: nothing is left out without a word.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from outgrow.errors import SourceError
from outgrow.schema.model import Database, Table, Trigger, View
from outgrow.schema.names import fold, quote_sqlite
from outgrow.sqlite.connect import Snapshot, ask
from outgrow.sqlite.create_sql import LexError, VirtualTableText, parse_virtual_table, tokens, unquote
from outgrow.sqlite.tables import read_table
from outgrow.sqlite.virtual import is_shadow, virtual_table

if TYPE_CHECKING:
    from apsw import Connection

_CODECS = {"UTF-8": "utf-8", "UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}
_BUILT_IN_COLLATIONS = frozenset({"BINARY", "NOCASE", "RTRIM"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of sqlite_schema; `sql` is "" where SQLite keeps none."""

    type: str
    name: str
    table: str
    sql: str


def read_catalog(source: Snapshot | Connection, path: str = "") -> Database:
    """Everything the catalog says, in the order of sqlite_schema.

    A bare connection must be inside one read transaction or immutable; `path` then names it in
    messages. Raises SourceError, which names the object, when a part of the catalog cannot be read.
    """
    with ExitStack() as stack:
        if isinstance(source, Snapshot):
            connection = stack.enter_context(source.apsw())
            return _database(connection, path or str(source.path), source.journal_mode)
        return _database(source, path, str(_pragma(source, "journal_mode")))


def _database(connection: Connection, path: str, journal_mode: str) -> Database:
    encoding = _pragma(connection, "encoding")
    entries = tuple(_entries(connection, encoding))
    virtual = [(entry, _virtual_text(entry)) for entry in entries if _is_virtual(entry)]
    ordinary = [entry for entry in entries if entry.type == "table" and not _is_virtual(entry)]
    internal = tuple(entry.name for entry in ordinary if _is_internal(entry.name))
    shadows = {
        entry.name: text.name for entry in ordinary for _, text in virtual if is_shadow(text, entry.name)
    }
    own = [entry for entry in ordinary if entry.name not in shadows and entry.name not in internal]
    return Database(
        path=path,
        encoding=encoding,
        page_size=_pragma(connection, "page_size"),
        page_count=_pragma(connection, "page_count"),
        journal_mode=journal_mode,
        user_version=_pragma(connection, "user_version"),
        application_id=_pragma(connection, "application_id"),
        tables=_tables(connection, own, entries),
        views=tuple(view_of(connection, entry) for entry in entries if entry.type == "view"),
        triggers=_triggers(entries),
        virtual_tables=tuple(
            virtual_table(connection, text, entry.sql, tuple(s for s, v in shadows.items() if v == text.name))
            for entry, text in virtual
        ),
        collations=_collations(entries),
        internal=internal,
    )


def _triggers(entries: tuple[Entry, ...]) -> tuple[Trigger, ...]:
    """Triggers, each with its table or view in that one's own spelling."""
    spelled = {fold(entry.name): entry.name for entry in entries if entry.type in ("table", "view")}
    return tuple(
        Trigger(name=entry.name, table=spelled.get(fold(entry.table), entry.table), sql=entry.sql)
        for entry in entries
        if entry.type == "trigger"
    )


def _pragma(connection: Connection, name: str) -> Any:
    return ask(connection, f"PRAGMA {name}")[0][0]


def _entries(connection: Connection, encoding: str) -> Iterable[Entry]:
    """Rows of sqlite_schema, read as bytes so that a text SQLite let in cannot stop the reading."""
    rows = ask(
        connection,
        "SELECT type, CAST(name AS BLOB), CAST(tbl_name AS BLOB), CAST(sql AS BLOB)"
        " FROM sqlite_schema ORDER BY rowid",
    )
    codec = _CODECS[encoding]
    for kind, name, table, sql in rows:
        try:
            known, parent = bytes(name).decode(codec), bytes(table).decode(codec)
        except UnicodeDecodeError as error:
            raise SourceError(
                f"the {kind} {bytes(name)!r} has a name that is not {encoding}; rename it in SQLite first"
            ) from error
        yield Entry(type=kind, name=known, table=parent, sql=_sql_text(known, sql, codec))


def _sql_text(name: str, sql: bytes | None, codec: str) -> str:
    """The text; bytes that are no characters are let pass as U+FFFD inside comments, nowhere else."""
    if sql is None:
        return ""
    try:
        return bytes(sql).decode(codec)
    except UnicodeDecodeError as error:
        text = bytes(sql).decode(codec, errors="replace")
        if any("\ufffd" in token.text for token in tokens(text)):
            raise SourceError(
                f"the SQL of {name} is not {codec}; rename or recreate it in SQLite first"
            ) from error
        return text


def _is_virtual(entry: Entry) -> bool:
    if entry.type != "table":
        return False
    words = [token.word for _, token in zip(range(2), tokens(entry.sql), strict=False)]
    return words == ["CREATE", "VIRTUAL"]


def _virtual_text(entry: Entry) -> VirtualTableText:
    try:
        return parse_virtual_table(entry.sql)
    except LexError as error:
        raise SourceError(f"virtual table {entry.name}: {error}") from error


def _is_internal(name: str) -> bool:
    return fold(name).startswith("sqlite_")


def _tables(connection: Connection, own: list[Entry], entries: tuple[Entry, ...]) -> tuple[Table, ...]:
    facts = {
        name: (bool(without_rowid), bool(strict))
        for name, without_rowid, strict in ask(
            connection, "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main'"
        )
    }
    sequences = _sequences(connection, entries)
    index_sql = {entry.name: entry.sql or None for entry in entries if entry.type == "index"}
    parents = {fold(entry.name): entry.name for entry in own}
    return tuple(
        read_table(
            connection, entry.name, entry.sql, without_rowid=facts[entry.name][0],
            strict=facts[entry.name][1], sequence=sequences.get(fold(entry.name)), index_sql=index_sql,
            parents=parents,
        )
        for entry in own
    )  # fmt: skip


def _sequences(connection: Connection, entries: tuple[Entry, ...]) -> dict[str, int]:
    if not any(entry.name == "sqlite_sequence" for entry in entries):
        return {}
    rows = ask(
        connection, "SELECT name, max(seq) FROM sqlite_sequence WHERE typeof(seq) = 'integer' GROUP BY name"
    )
    return {fold(name): seq for name, seq in rows}


def view_of(connection: Connection, entry: Entry, place: Literal["main", "temp"] = "main") -> View:
    """A view with its columns, or with what SQLite says of one that it cannot read."""
    import apsw  # noqa: PLC0415 - heavy

    names: list[str] = []

    def look(cursor: Any, _sql: str, _bindings: Any) -> Literal[False]:
        names.extend(column[0] for column in cursor.get_description())
        return False

    cursor = connection.cursor()
    cursor.exec_trace = look
    try:
        cursor.execute(f"SELECT * FROM {place}.{quote_sqlite(entry.name)}")
    except apsw.ExecTraceAbort:
        return View(name=entry.name, sql=entry.sql, columns=tuple(names))
    except apsw.Error as error:
        return View(name=entry.name, sql=entry.sql, broken=str(error))
    finally:
        cursor.close()
    raise SourceError(f"view {entry.name} could not be prepared")


def _collations(entries: tuple[Entry, ...]) -> tuple[str, ...]:
    """Collations named anywhere in the schema that SQLite itself does not have, in order of first use."""
    found: dict[str, None] = {}
    for entry in entries:
        if "COLLATE" in entry.sql.upper() and not _is_virtual(entry):
            words = tuple(tokens(entry.sql))
            for word, name in pairwise(words):
                if word.word == "COLLATE":
                    found[unquote(name).upper()] = None
    return tuple(name for name in found if name not in _BUILT_IN_COLLATIONS)
