"""SQLite's side of a statement of DDL: the schema before and after, from an empty SQLite that runs it.

Used by `define` and, for a schema that a target remembers, by `move.remembered`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import apsw

from outgrow.errors import TranslationError
from outgrow.plan.rowids import with_rowids
from outgrow.plan.rtree import MODULES as RTREE
from outgrow.schema.fulltext import MODULES as FULL_TEXT
from outgrow.schema.lexer import Token, TokenError, tokens, unquote
from outgrow.schema.model import Database, Table, Trigger
from outgrow.schema.names import fold, quote_sqlite
from outgrow.sqlite.catalog import Entry, read_catalog, view_of
from outgrow.sqlite.create_sql import parse_trigger, parse_virtual_table
from outgrow.sqlite.virtual import is_shadow


class SqliteRefusesError(TranslationError):
    """SQLite itself refuses the statement; the message is SQLite's own."""

    def __str__(self) -> str:
        return self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Everything in SQLite at one moment. `temp` holds temporary objects as if they were ordinary ones.

    `broken` holds what SQLite says of triggers that it cannot run, by place and folded name.
    """

    main: Database
    temp: Database
    broken: Mapping[tuple[str, str], str]
    texts: tuple[str, ...]

    def with_rowids(self, kept: Collection[str]) -> Catalog:
        """With the columns of rowids that the target has; `kept` are the folded names of their tables."""
        return replace(self, main=with_rowids(self.main, kept))


def first_tokens(sql: str, size: int = 2) -> list[Token]:
    """The first tokens that stand for something; fewer when the text ends or cannot be read."""
    found: list[Token] = []
    try:
        for token in tokens(sql):
            if found or token.word != ";":
                found.append(token)
            if len(found) == size:
                break
    except TokenError:
        pass
    return found


def refuse_virtual(sql: str) -> None:
    """TranslationError, which names the module, unless a virtual table is full text or an R*Tree."""
    head = first_tokens(sql, 1000)
    words = [token.word for token in head]
    if words[:2] != ["CREATE", "VIRTUAL"]:
        return
    at = words.index("USING") + 1 if "USING" in words else len(head)
    if at < len(head) and fold(unquote(head[at])) in {*FULL_TEXT, *RTREE}:
        return
    module = f" USING {unquote(head[at])}" if at < len(head) else ""
    raise TranslationError(f"CREATE VIRTUAL TABLE{module}", sql)


def replayed(texts: Iterable[str], attached: Iterable[tuple[str, Iterable[str]]] = ()) -> apsw.Connection:
    """An empty SQLite with that schema; functions, collations and modules it lacks are made up.

    `attached` are the names and texts of others, which are attached to it.
    """
    connection = apsw.Connection(":memory:", statementcachesize=0)  # one kept would show a view as it was
    connection.collation_needed(lambda known, name: known.create_collation(name, _bytewise))
    for setting in (apsw.SQLITE_DBCONFIG_DQS_DDL, apsw.SQLITE_DBCONFIG_DQS_DML):
        connection.config(setting, 1)
    for text in _shadows_last(tuple(texts)):
        _replay(connection, text, virtual=_is_virtual(text))
    for name, its_texts in attached:
        connection.execute(f"ATTACH ':memory:' AS {quote_sqlite(name)}")
        with closing(replayed(its_texts)) as other:
            connection.deserialize(name, other.serialize("main"))
    return connection


def _is_virtual(text: str) -> bool:
    return [token.word for token in first_tokens(text)] == ["CREATE", "VIRTUAL"]


def _shadows_last(texts: tuple[str, ...]) -> list[str]:
    """The texts with shadow tables at the end: a module makes its own, and refuses to find them there."""
    virtual = [parse_virtual_table(text) for text in texts if _is_virtual(text)]

    def is_shadow_of_one(text: str) -> bool:
        words = [token for token in first_tokens(text, 4) if token.word != "TEMP"]
        if len(words) < 3 or [token.word for token in words[:2]] != ["CREATE", "TABLE"]:
            return False
        return any(is_shadow(table, unquote(words[2])) for table in virtual)

    return sorted(texts, key=is_shadow_of_one)


def _bytewise(left: str, right: str) -> int:
    return (left > right) - (left < right)


def _replay(connection: apsw.Connection, text: str, *, virtual: bool) -> None:
    made_up: set[str] = set()
    while True:
        try:
            connection.execute(text)
        except apsw.Error as error:
            said = str(error)
            function = said.removeprefix("no such function: ")
            if function != said and function not in made_up:
                connection.create_scalar_function(function, lambda *_: None, deterministic=True)
                made_up.add(function)
            elif virtual:
                _write_virtual(connection, text)
                return
            elif said.startswith("object name reserved") or said.endswith(" already exists"):
                return  # sqlite_sequence and the like, or a shadow table that came with its virtual one
            else:
                raise TranslationError(f"the schema that was kept ({said})", text) from error
        else:
            return


def _write_virtual(connection: apsw.Connection, text: str) -> None:
    """A virtual table whose module is not here, or whose shadow tables are: its row alone."""
    place = "temp" if text.startswith("CREATE VIRTUAL TABLE temp.") else "main"
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        f"INSERT INTO {place}.sqlite_master VALUES ('table', ?1, ?1, 0, ?2)",
        (parse_virtual_table(text).name, text),
    )
    connection.execute("PRAGMA writable_schema = RESET")


def run_one(connection: apsw.Connection, sql: str) -> None:
    """Runs exactly one statement; a TranslationError with SQLite's message when it refuses."""
    numbers = count(1)

    def only_one(_cursor: Any, _sql: str, _bindings: Any) -> bool:
        if next(numbers) > 1:
            raise TranslationError("several statements at once", sql)
        return True

    cursor = connection.cursor()
    cursor.exec_trace = only_one
    try:
        cursor.execute(sql).fetchall()
    except apsw.BindingsError as error:
        raise TranslationError("a parameter in DDL", sql) from error
    except apsw.Error as error:
        raise SqliteRefusesError(str(error), sql) from error


_ENTRIES = (
    "SELECT type, name, tbl_name, sql FROM {} WHERE sql IS NOT NULL"
    " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " ORDER BY rowid"  # which is that in which they were made
)


def versions_of(connection: apsw.Connection) -> dict[str, int]:
    """How often the schema of each database has changed, by its name."""
    names = [str(row[1]) for row in connection.execute("PRAGMA database_list")]
    rows = {
        name: connection.execute(f"PRAGMA {quote_sqlite(name)}.schema_version").fetchone() for name in names
    }
    return {name: int(row[0]) for name, row in rows.items() if row}


def catalog_of(connection: apsw.Connection) -> Catalog:
    """Everything in SQLite now."""
    main, temporary = _entries(connection, "main"), _entries(connection, "temp")
    stored = [entry.sql for entry in temporary if entry.type in {"table", "index"}]
    with closing(replayed(stored)) as own:
        temp = read_catalog(own, "temp")
    return Catalog(
        main=read_catalog(connection, "main"),
        temp=replace(
            temp,
            views=tuple(view_of(connection, e, "temp") for e in temporary if e.type == "view"),
            triggers=tuple(
                Trigger(name=e.name, table=e.table, sql=e.sql) for e in temporary if e.type == "trigger"
            ),
        ),
        broken={
            (place, fold(entry.name)): said
            for place, entries in (("main", main), ("temp", temporary))
            for entry in entries
            if entry.type == "trigger" and (said := _complaint(connection, place, entry))
        },
        texts=(
            *(entry.sql for entry in main),
            *(_marked(entry.sql) for entry in temporary),
        ),
    )


def _complaint(connection: apsw.Connection, place: str, entry: Entry) -> str:
    """What SQLite says of any statement that would fire the trigger; "" when it can run."""
    text = parse_trigger(entry.sql)
    table = f"{place}.{quote_sqlite(entry.table)}"
    columns = text.update_of
    if text.event == "UPDATE" and not columns:
        rows = connection.execute("SELECT name FROM pragma_table_info(?, ?)", (entry.table, place))
        columns = tuple(str(name) for (name,) in rows)
    statement = {
        "INSERT": f"INSERT INTO {table} DEFAULT VALUES",
        "UPDATE": "".join(f"UPDATE {table} SET {quote_sqlite(c)} = NULL" for c in columns[:1]),
        "DELETE": f"DELETE FROM {table}",
    }[text.event]
    try:
        connection.execute(f"EXPLAIN {statement}")
    except apsw.Error as error:
        said = str(error)
        return "" if said == f"no such table: temp.{entry.table}" else said
    return ""


def _entries(connection: apsw.Connection, place: str) -> list[Entry]:
    rows = connection.execute(_ENTRIES.format(f"{place}.sqlite_master"))
    return [
        Entry(type=str(kind), name=str(name), table=str(table), sql=str(sql))
        for kind, name, table, sql in rows
    ]


def _marked(sql: str) -> str:
    """The text of a temporary object with the word that SQLite strikes from it; `kept.lasting` knows it."""
    if re.match(r"CREATE( UNIQUE)? INDEX ", sql):
        return re.sub(r"INDEX ", "INDEX temp.", sql, count=1)
    if sql.startswith("CREATE VIRTUAL TABLE "):
        return sql.replace("TABLE ", "TABLE temp.", 1)
    return "CREATE TEMP " + sql.removeprefix("CREATE ")


def refusal_with_a_row(schema: Sequence[str], sql: str, table: Table, *, temporary: bool) -> str:
    """What SQLite says of ADD COLUMN when the table has a row; "" when it lets it pass."""
    place = "temp" if temporary else "main"
    with closing(replayed(schema)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for entry in _entries(connection, place):
            if entry.type == "trigger":
                connection.execute(f"DROP TRIGGER {place}.{quote_sqlite(entry.name)}")
        columns = [column for column in table.columns if column.generated is None]
        listed = ", ".join(quote_sqlite(column.name) for column in columns)
        values = ", ".join("x''" if "BLOB" in column.declared_type.upper() else "1" for column in columns)
        try:
            connection.execute(f"INSERT INTO {place}.{quote_sqlite(table.name)} ({listed}) VALUES ({values})")
            connection.execute(sql)
        except apsw.Error as error:
            return str(error) if "annot add" in str(error) else ""
    return ""
