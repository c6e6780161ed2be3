"""CREATE INDEX, VIEW, TRIGGER and VIRTUAL TABLE texts: what `sqlite.catalog` needs of each.

Bodies of views and triggers are handed on whole; `translate` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outgrow.sqlite.create_sql.reader import Reader
from outgrow.sqlite.create_sql.terms import KeyTerm, key_terms


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexText:
    """A CREATE INDEX; `where` is the raw predicate of a partial one."""

    name: str
    table: str
    unique: bool
    terms: tuple[KeyTerm, ...]
    where: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewText:
    """A CREATE VIEW: the named columns (empty when none are) and the SELECT's raw text."""

    name: str
    columns: tuple[str, ...]
    select: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerText:
    """A CREATE TRIGGER: table, when and on what it fires, WHEN text, statements between BEGIN and END."""

    name: str
    table: str
    timing: Literal["BEFORE", "AFTER", "INSTEAD OF"]
    event: Literal["INSERT", "UPDATE", "DELETE"]
    update_of: tuple[str, ...]
    when: str | None
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualTableText:
    """A CREATE VIRTUAL TABLE: module as written and the raw argument texts, stripped."""

    name: str
    module: str
    arguments: tuple[str, ...]


def parse_index(sql: str) -> IndexText:
    """The values of a CREATE [UNIQUE] INDEX text; LexError where it is not SQLite's."""
    reader = Reader(sql)
    reader.expect("CREATE")
    unique = reader.accept("UNIQUE")
    name = _object_name(reader, "INDEX")
    reader.expect("ON")
    table = reader.name()
    terms, _ = key_terms(reader)
    where = _rest(reader) if reader.accept("WHERE") else None
    if not reader.finished:
        raise reader.expected("WHERE or the end")
    return IndexText(name=name, table=table, unique=unique, terms=terms, where=where)


def parse_view(sql: str) -> ViewText:
    """The values of a CREATE VIEW text; LexError where it is not SQLite's."""
    reader = _created(sql)
    name = _object_name(reader, "VIEW")
    columns = reader.names() if reader.at("(") else ()
    reader.expect("AS")
    return ViewText(name=name, columns=columns, select=_rest(reader))


def parse_trigger(sql: str) -> TriggerText:
    """The values of a CREATE TRIGGER text; LexError where it is not SQLite's."""
    reader = _created(sql)
    name = _object_name(reader, "TRIGGER")
    timing = _timing(reader)
    event = _event(reader)
    update_of = _name_list(reader) if event == "UPDATE" and reader.accept("OF") else ()
    reader.expect("ON")
    table = reader.qualified_name()
    _ = reader.accept("FOR", "EACH", "ROW")
    when = _until(reader, "BEGIN") if reader.accept("WHEN") else None
    reader.expect("BEGIN")
    return TriggerText(
        name=name, table=table, timing=timing, event=event, update_of=update_of, when=when, body=_body(reader)
    )


def parse_virtual_table(sql: str) -> VirtualTableText:
    """The values of a CREATE VIRTUAL TABLE text; LexError where it is not SQLite's.

    Arguments are split as SQLite splits them: at commas outside parentheses.
    """
    reader = Reader(sql)
    reader.expect("CREATE", "VIRTUAL")
    name = _object_name(reader, "TABLE")
    reader.expect("USING")
    module = reader.name()
    arguments: list[str] = []
    if reader.accept("("):
        while True:
            first = reader.place
            reader.skip_to(",", ")")
            arguments.append(reader.text(first, reader.place))
            if not reader.accept(","):
                break
        reader.expect(")")
    return VirtualTableText(name=name, module=module, arguments=tuple(a for a in arguments if a))


def _created(sql: str) -> Reader:
    reader = Reader(sql)
    reader.expect("CREATE")
    _ = reader.accept("TEMP") or reader.accept("TEMPORARY")
    return reader


def _object_name(reader: Reader, kind: str) -> str:
    reader.expect(kind)
    reader.accept("IF", "NOT", "EXISTS")
    return reader.qualified_name()


def _timing(reader: Reader) -> Literal["BEFORE", "AFTER", "INSTEAD OF"]:
    if reader.accept("INSTEAD", "OF"):
        return "INSTEAD OF"
    if reader.accept("AFTER"):
        return "AFTER"
    reader.accept("BEFORE")
    return "BEFORE"


def _event(reader: Reader) -> Literal["INSERT", "UPDATE", "DELETE"]:
    if reader.accept("INSERT"):
        return "INSERT"
    if reader.accept("DELETE"):
        return "DELETE"
    reader.expect("UPDATE")
    return "UPDATE"


def _name_list(reader: Reader) -> tuple[str, ...]:
    found = [reader.name()]
    while reader.accept(","):
        found.append(reader.name())
    return tuple(found)


def _until(reader: Reader, word: str) -> str:
    first = reader.place
    reader.skip_to(word)
    return reader.text(first, reader.place)


def _rest(reader: Reader) -> str:
    first = reader.place
    while not reader.finished:
        reader.advance()
    return reader.text(first, reader.place)


def _body(reader: Reader) -> str:
    first, last = reader.place, reader.place
    while not reader.finished:
        last = reader.place
        reader.advance()
    if last == first or reader.text(last, last + 1).upper() != "END":
        raise reader.expected("END")
    return reader.text(first, last)
