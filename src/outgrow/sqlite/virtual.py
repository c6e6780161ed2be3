"""Virtual tables: which ordinary tables are theirs, and how their rows can be read.

Called by `catalog`. A shadow table is known by name: SQLite marks it only while the module is
loaded, and marks a user's table too when it has the name of a shadow that was never made (the
external content of a full-text table). So the modules' own naming rules are kept here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from outgrow.schema.model import Affinity, Column, Vectors, VirtualTable
from outgrow.schema.names import fold, quote_sqlite
from outgrow.sqlite import contentless, vec0
from outgrow.sqlite.connect import ask
from outgrow.sqlite.create_sql import VirtualTableText, tokens, unquote
from outgrow.types.affinity import affinity

if TYPE_CHECKING:
    from apsw import Connection

_RTREE = ("node", "rowid", "parent")
_FTS3 = ("segments", "segdir", "docsize", "stat")
_FTS5 = ("data", "idx", "docsize", "config")
_VEC0 = ("info", "chunks", "rowids", "auxiliary")
_VEC0_NUMBERED = re.compile(r"(vector_chunks|metadatachunks|metadatatext)\d\d\Z")
_OWN_SHADOWS: Mapping[str, tuple[str, ...]] = {
    "fts3": _FTS3, "fts4": _FTS3, "fts5": _FTS5, "rtree": _RTREE, "rtree_i32": _RTREE,
    "geopoly": _RTREE, "vec0": _VEC0, "spellfix1": ("vocab",),
}  # fmt: skip
_ANY_SHADOW = frozenset(("content", *(suffix for own in _OWN_SHADOWS.values() for suffix in own)))
_FULL_TEXT = ("fts3", "fts4", "fts5")
_DERIVED = ("fts4aux", "fts5vocab", "fts3tokenize", "dbstat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the rows can be had: the fields of VirtualTable that say so."""

    columns: tuple[Column, ...] = ()
    how: Literal["module", "shadow"] | None = None
    select: str | None = None
    why_not: str | None = None
    vectors: Vectors | None = None
    sequence: int | None = None


def is_shadow(text: VirtualTableText, table: str) -> bool:
    """Whether the ordinary table of that name was made by the virtual table.

    Of a module that is not known, only tables with a suffix that some known module uses are taken
    for shadows: to move one too many loses nothing.
    """
    prefix = fold(text.name) + "_"
    if not fold(table).startswith(prefix):
        return False
    suffix, module = fold(table)[len(prefix) :], fold(text.module)
    if module in _FULL_TEXT and suffix == "content":
        return _has_content(text)
    if module in _OWN_SHADOWS and suffix in _OWN_SHADOWS[module]:
        return True
    if module not in _OWN_SHADOWS and suffix in _ANY_SHADOW:
        return True
    return module == "vec0" and _VEC0_NUMBERED.match(suffix) is not None


def virtual_table(
    connection: Connection, text: VirtualTableText, sql: str, shadows: tuple[str, ...]
) -> VirtualTable:
    """The virtual table with the best way to read it: its module, else its shadow tables, else a reason."""
    reading = _read(connection, text)
    return VirtualTable(
        name=text.name, module=fold(text.module), arguments=text.arguments, sql=sql, shadow_tables=shadows,
        columns=reading.columns, select=reading.select, unreadable=reading.why_not,
        readable=reading.how, rank=_rank(connection, text, shadows), vectors=reading.vectors,
        sequence=reading.sequence,
    )  # fmt: skip


def _read(connection: Connection, text: VirtualTableText) -> Reading:
    import apsw  # noqa: PLC0415 - heavy

    if reason := _no_rows_of_its_own(text):
        return Reading(why_not=reason)
    if contentless.is_contentless(text) and not _has_content(text):
        return _by_index(connection, text)
    try:
        return _by_module(connection, text)
    except apsw.Error as error:
        said = str(error)
    try:
        reading = _by_shadow(connection, text, said)
        if reading.select is not None:
            connection.execute(f"SELECT * FROM ({reading.select}) LIMIT 1").fetchall()
    except (apsw.Error, ValueError, IndexError) as error:
        return Reading(why_not=f"{said}; nor from its shadow tables: {error}")
    return reading


def _rank(connection: Connection, text: VirtualTableText, shadows: tuple[str, ...]) -> str:
    for shadow in shadows:
        if fold(text.module) == "fts5" and fold(shadow) == fold(text.name) + "_config":
            rows = ask(connection, f"SELECT v FROM {quote_sqlite(shadow)} WHERE k = 'rank'")
            return str(rows[0][0]) if rows else ""
    return ""


def _no_rows_of_its_own(text: VirtualTableText) -> str | None:
    module = fold(text.module)
    if module in _DERIVED:
        return f"{module} shows what other tables hold; it has no rows of its own"
    if module in _FULL_TEXT and _option(text, "content") == "" and not _has_content(text):
        if module != "fts5" or _option(text, "columnsize") == "0":
            return "contentless: it holds an index of the text, not the text"
        if (_option(text, "detail") or "full").lower() != "full":
            return "contentless: its index does not hold where the words stand"
    return None


def _by_module(connection: Connection, text: VirtualTableText) -> Reading:
    facts = ask(
        connection, "SELECT name, type FROM pragma_table_xinfo(?, 'main') WHERE hidden <> 1", text.name
    )
    module = fold(text.module)
    columns = [
        Column(name=n, declared_type=t or "", affinity=affinity(t or ""), verbatim=module in _FULL_TEXT)
        for n, t in facts
    ]
    if module in ("rtree", "rtree_i32"):
        columns[0] = _key(columns[0].name)
        own = ", ".join(quote_sqlite(c.name) for c in columns)
    else:
        if language := _option(text, "languageid"):
            columns.append(
                Column(name=language, declared_type="INTEGER", affinity=Affinity.INTEGER, hidden=True)
            )
        key = "docid" if any(fold(c.name) == "rowid" for c in columns) else "rowid"
        own = ", ".join([f"{key} AS {key}", *(quote_sqlite(c.name) for c in columns)])
        columns = [replace(_key(key), hidden=True), *columns]
    select = f"SELECT {own} FROM {quote_sqlite(text.name)}"
    connection.execute(f"SELECT * FROM ({select}) LIMIT 1").fetchall()
    return Reading(columns=tuple(columns), how="module", select=select)


def _by_index(connection: Connection, text: VirtualTableText) -> Reading:
    import apsw  # noqa: PLC0415 - heavy

    names = [
        str(name)
        for (name,) in ask(
            connection, "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden = 0", text.name
        )
    ]
    select = contentless.select(text.name, names)
    contentless.show_indexes(connection)
    try:
        connection.execute(f"SELECT * FROM ({select}) LIMIT 1").fetchall()
    except apsw.Error as error:
        return Reading(why_not=str(error))
    columns = (
        replace(_key("rowid"), hidden=True),
        *(Column(name=name, declared_type="", affinity=Affinity.BLOB, verbatim=True) for name in names),
    )
    return Reading(columns=columns, how="shadow", select=select)


def _by_shadow(connection: Connection, text: VirtualTableText, said: str) -> Reading:
    module = fold(text.module)
    if module == "vec0":
        columns, select = vec0.select(text.name, text.arguments)
        return Reading(
            columns=columns,
            how="shadow",
            select=select,
            vectors=vec0.vectors(text.arguments),
            sequence=_sequence(connection, text.name + "_rowids"),
        )
    if module not in _FULL_TEXT:
        return Reading(why_not=f"{said}; the format of its shadow tables is not known")
    if not _has_content(text):
        return Reading(why_not=f"{said}; its text is in the table {_option(text, 'content')}")
    if _option(text, "compress") is not None:
        return Reading(why_not=f"{said}; its text is compressed by a function of the application")
    stored = ask(
        connection, "SELECT name FROM pragma_table_xinfo(?, 'main') ORDER BY cid", text.name + "_content"
    )
    names = _full_text_columns(text)
    own = ", ".join(
        f"{quote_sqlite(stored[n][0])} AS {quote_sqlite(name)}" for n, name in enumerate(("rowid", *names))
    )
    columns = (
        replace(_key("rowid"), hidden=True),
        *(Column(name=n, declared_type="", affinity=Affinity.BLOB, verbatim=True) for n in names),
    )
    return Reading(
        columns=columns, how="shadow", select=f"SELECT {own} FROM {quote_sqlite(text.name + '_content')}"
    )


def _sequence(connection: Connection, table: str) -> int | None:
    """The last key that an AUTOINCREMENT table gave."""
    if not ask(connection, "SELECT name FROM main.sqlite_schema WHERE name = 'sqlite_sequence'"):
        return None
    found = ask(connection, "SELECT seq FROM main.sqlite_sequence WHERE name = ?", table)
    return int(found[0][0]) if found else None


def _key(name: str) -> Column:
    return Column(name=name, declared_type="INTEGER", affinity=Affinity.INTEGER, not_null=True, primary_key=1)


def _has_content(text: VirtualTableText) -> bool:
    """Whether a full-text table keeps its text in a shadow table of its own."""
    return _option(text, "content") is None or _option(text, "contentless_unindexed") in ("1", "true", "on")


def _full_text_columns(text: VirtualTableText) -> tuple[str, ...]:
    """Column names as the module would have them; a table without any has one called content."""
    found = []
    for argument in text.arguments:
        words = tuple(tokens(argument))
        is_option = len(words) > 1 and words[1].text == "="
        if not is_option and words[0].word != "TOKENIZE":
            found.append(unquote(words[0]))
    return tuple(found) or ("content",)


def _option(text: VirtualTableText, key: str) -> str | None:
    """Value of `key=value` among a full-text table's arguments, unquoted; None when it is not there."""
    for argument in text.arguments if fold(text.module) in ("fts4", "fts5") else ():
        words = tuple(tokens(argument))
        if len(words) > 1 and words[0].word == key.upper() and words[1].text == "=":
            return "".join(unquote(word) for word in words[2:])
    return None
