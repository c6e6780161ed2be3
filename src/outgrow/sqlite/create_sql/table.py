"""CREATE TABLE as SQLite wrote it down: columns and constraints with all that pragmas leave out.

Stands between the reader of tokens and `sqlite.catalog`. The grammar is that of
https://www.sqlite.org/src/file/src/parse.y, with its freedoms: no comma is needed between table
constraints, a column's constraints come in any order, a CONSTRAINT name may name nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from outgrow.schema.lexer import unquote
from outgrow.sqlite.create_sql.reader import Reader
from outgrow.sqlite.create_sql.terms import KeyTerm, key_terms

__all__ = [
    "CheckText",
    "ColumnText",
    "ForeignKeyText",
    "KeyTerm",
    "KeyText",
    "TableText",
    "parse_table",
]

_CONSTRAINT_WORDS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})
_TYPE_ENDS = frozenset(
    {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "NOT", "NULL", "DEFAULT", "COLLATE", "REFERENCES"}
    | {"AS", "DEFERRABLE", "ON", "FOREIGN"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckText:
    """A CHECK: raw text between its parentheses, and the column it was written at, if any."""

    name: str | None
    expression: str
    column: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyText:
    """A PRIMARY KEY or UNIQUE constraint. `column` is set when it was written at a column."""

    name: str | None
    terms: tuple[KeyTerm, ...]
    column: str | None = None
    on_conflict: str | None = None
    autoincrement: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKeyText:
    """A foreign key as written; `parent_columns` is empty when none were named."""

    name: str | None
    columns: tuple[str, ...]
    parent_table: str
    parent_columns: tuple[str, ...]
    deferrable: bool = False
    initially_deferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnText:
    """A column definition. `default`, `generated` and the type are raw text as in PRAGMA table_xinfo."""

    name: str
    declared_type: str = ""
    not_null: bool = False
    not_null_on_conflict: str | None = None
    default: str | None = None
    collation: str | None = None
    generated: str | None = None
    generated_kind: Literal["STORED", "VIRTUAL"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableText:
    """A whole CREATE TABLE. Checks, uniques and foreign keys stand in the order of the text."""

    name: str
    columns: tuple[ColumnText, ...]
    primary_key: KeyText | None = None
    uniques: tuple[KeyText, ...] = ()
    checks: tuple[CheckText, ...] = ()
    foreign_keys: tuple[ForeignKeyText, ...] = ()
    without_rowid: bool = False
    strict: bool = False


@dataclass(slots=True)
class _Draft:
    columns: list[ColumnText] = field(default_factory=list)
    primary_key: KeyText | None = None
    uniques: list[KeyText] = field(default_factory=list)
    checks: list[CheckText] = field(default_factory=list)
    foreign_keys: list[ForeignKeyText] = field(default_factory=list)


def parse_table(sql: str) -> TableText:
    """The CREATE TABLE text of sqlite_schema (or one that a user wrote) as values.

    Raises LexError where the text is not SQLite's; CREATE TABLE ... AS SELECT is refused too, since
    sqlite_schema never holds it.
    """
    reader = Reader(sql)
    reader.expect("CREATE")
    _ = reader.accept("TEMP") or reader.accept("TEMPORARY")
    reader.expect("TABLE")
    reader.accept("IF", "NOT", "EXISTS")
    name = reader.qualified_name()
    draft = _Draft()
    reader.expect("(")
    _column(reader, draft)
    while not reader.at(")"):
        comma = reader.accept(",")
        if reader.token.word in _CONSTRAINT_WORDS:
            _table_constraint(reader, draft)
        elif comma:
            _column(reader, draft)
        else:
            raise reader.expected("a comma or )")
    reader.expect(")")
    options = _options(reader)
    return TableText(
        name=name, columns=tuple(draft.columns), primary_key=draft.primary_key,
        uniques=tuple(draft.uniques), checks=tuple(draft.checks), foreign_keys=tuple(draft.foreign_keys),
        without_rowid="WITHOUT ROWID" in options, strict="STRICT" in options,
    )  # fmt: skip


def _options(reader: Reader) -> frozenset[str]:
    found = set()
    while not reader.finished:
        if reader.accept("WITHOUT", "ROWID"):
            found.add("WITHOUT ROWID")
        elif reader.accept("STRICT"):
            found.add("STRICT")
        else:
            raise reader.expected("a table option")
        if not reader.accept(",") and not reader.finished:
            raise reader.expected("a comma")
    return frozenset(found)


def _column(reader: Reader, draft: _Draft) -> None:
    name = reader.name()
    facts: dict[str, object] = {"name": name, "declared_type": _declared_type(reader)}
    label: str | None = None
    while not reader.at(",", ")"):
        if reader.accept("CONSTRAINT"):
            label = reader.name()
            continue
        _column_constraint(reader, draft, facts, label)
        label = None
    draft.columns.append(ColumnText(**facts))  # type: ignore[arg-type]


def _declared_type(reader: Reader) -> str:
    first, opening = reader.place, reader.token
    while reader.token.kind != "end" and not reader.at(",", ")"):
        word = reader.token.word
        if word in _TYPE_ENDS or reader.at_phrase("GENERATED", "ALWAYS"):
            break
        if reader.at("("):
            reader.parenthesised()
        elif reader.at_name():
            reader.advance()
        else:
            raise reader.expected("a type name")
    # SQLite unquotes the whole type text, which ends it at the first closing quote.
    quoted = reader.place > first and opening.kind in ("quoted", "string")
    return unquote(opening) if quoted else reader.text(first, reader.place)


def _column_constraint(reader: Reader, draft: _Draft, facts: dict[str, object], label: str | None) -> None:
    name = str(facts["name"])
    if reader.accept("NOT", "NULL"):
        facts["not_null"], facts["not_null_on_conflict"] = True, _on_conflict(reader)
    elif reader.accept("NULL"):
        _on_conflict(reader)
    elif reader.accept("DEFAULT"):
        facts["default"] = _default(reader)
    elif reader.accept("COLLATE"):
        facts["collation"] = reader.name().upper()
    elif reader.at("GENERATED", "AS"):
        facts["generated"], facts["generated_kind"] = _generated(reader)
    elif reader.accept("CHECK"):
        draft.checks.append(CheckText(name=label, expression=reader.parenthesised(), column=name))
        _on_conflict(reader)
    elif reader.accept("PRIMARY", "KEY"):
        draft.primary_key = _column_key(reader, name, label)
    elif reader.accept("UNIQUE"):
        draft.uniques.append(_column_key(reader, name, label))
    elif reader.at("REFERENCES"):
        draft.foreign_keys.append(_references(reader, label, (name,)))
    elif _at_deferral(reader) and draft.foreign_keys:
        draft.foreign_keys[-1] = _with_deferral(reader, draft.foreign_keys[-1])
    else:
        raise reader.expected("a column constraint")


def _column_key(reader: Reader, column: str, label: str | None) -> KeyText:
    descending = reader.accept("DESC") or (reader.accept("ASC") and False)
    on_conflict = _on_conflict(reader)
    return KeyText(
        name=label, terms=(KeyTerm(expression=column, name=column, descending=descending),),
        column=column, on_conflict=on_conflict, autoincrement=reader.accept("AUTOINCREMENT"),
    )  # fmt: skip


def _default(reader: Reader) -> str:
    if reader.at("("):
        return reader.parenthesised()
    first = reader.place
    _ = reader.accept("+") or reader.accept("-")
    if reader.token.kind not in ("name", "quoted", "string", "number", "blob"):
        raise reader.expected("a default value")
    reader.advance()
    return reader.text(first, reader.place)


def _generated(reader: Reader) -> tuple[str, Literal["STORED", "VIRTUAL"]]:
    reader.accept("GENERATED", "ALWAYS")
    reader.expect("AS")
    expression = reader.parenthesised()
    if reader.accept("STORED"):
        return expression, "STORED"
    reader.accept("VIRTUAL")
    return expression, "VIRTUAL"


def _on_conflict(reader: Reader) -> str | None:
    return reader.advance().word if reader.accept("ON", "CONFLICT") else None


def _references(reader: Reader, label: str | None, columns: tuple[str, ...]) -> ForeignKeyText:
    reader.expect("REFERENCES")
    parent = reader.name()
    parent_columns = reader.names() if reader.at("(") else ()
    while reader.at("ON", "MATCH"):
        if reader.accept("MATCH"):
            reader.name()
            continue
        reader.advance()
        reader.advance()
        _ = reader.accept("SET", "NULL") or reader.accept("SET", "DEFAULT") or reader.accept("NO", "ACTION")
        _ = reader.accept("CASCADE") or reader.accept("RESTRICT")
    return ForeignKeyText(name=label, columns=columns, parent_table=parent, parent_columns=parent_columns)


def _at_deferral(reader: Reader) -> bool:
    return reader.at("DEFERRABLE") or reader.at_phrase("NOT", "DEFERRABLE")


def _with_deferral(reader: Reader, key: ForeignKeyText) -> ForeignKeyText:
    deferrable = not reader.accept("NOT")
    reader.expect("DEFERRABLE")
    deferred = reader.accept("INITIALLY", "DEFERRED")
    reader.accept("INITIALLY", "IMMEDIATE")
    return ForeignKeyText(
        name=key.name, columns=key.columns, parent_table=key.parent_table, parent_columns=key.parent_columns,
        deferrable=deferrable, initially_deferred=deferrable and deferred,
    )  # fmt: skip


def _table_constraint(reader: Reader, draft: _Draft) -> None:
    label = None
    while reader.accept("CONSTRAINT"):
        label = reader.name()
    if reader.accept("PRIMARY", "KEY"):
        draft.primary_key = _table_key(reader, label)
    elif reader.accept("UNIQUE"):
        draft.uniques.append(_table_key(reader, label))
    elif reader.accept("CHECK"):
        draft.checks.append(CheckText(name=label, expression=reader.parenthesised()))
        _on_conflict(reader)
    elif reader.accept("FOREIGN", "KEY"):
        columns = tuple(term.name or term.expression for term in key_terms(reader)[0])
        key = _references(reader, label, columns)
        draft.foreign_keys.append(_with_deferral(reader, key) if _at_deferral(reader) else key)
    elif not reader.at(",", ")"):
        raise reader.expected("a table constraint")


def _table_key(reader: Reader, label: str | None) -> KeyText:
    terms, autoincrement = key_terms(reader)
    return KeyText(name=label, terms=terms, on_conflict=_on_conflict(reader), autoincrement=autoincrement)
