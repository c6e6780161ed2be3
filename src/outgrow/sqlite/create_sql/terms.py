"""The terms of a key, `(expression [COLLATE c] [ASC|DESC] [NULLS ...], ...)`, in keys and indexes alike."""

from __future__ import annotations

from dataclasses import dataclass

from outgrow.schema.lexer import unquote
from outgrow.schema.names import fold
from outgrow.sqlite.create_sql.reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTerm:
    """One term: `expression` is its raw text without order and without a COLLATE that governs it whole.

    `name` is the word when the term is a lone name, which is a column if the table has one so
    called. `collation` is upper-cased.
    """

    expression: str
    name: str | None = None
    collation: str | None = None
    descending: bool = False


def key_terms(reader: Reader) -> tuple[tuple[KeyTerm, ...], bool]:
    """The terms between parentheses, and whether AUTOINCREMENT stood after the last (only keys may)."""
    reader.expect("(")
    found = [_term(reader)]
    while reader.accept(","):
        found.append(_term(reader))
    autoincrement = reader.accept("AUTOINCREMENT")
    reader.expect(")")
    return tuple(found), autoincrement


def _term(reader: Reader) -> KeyTerm:
    first = reader.place
    reader.skip_to(",", ")", "ASC", "DESC", "NULLS", "AUTOINCREMENT")
    last = reader.place
    descending = reader.accept("DESC") or (reader.accept("ASC") and False)
    if reader.accept("NULLS"):
        reader.advance()
    if first == last:
        raise reader.expected("a column or expression")
    expression = reader.text(first, last)
    bare, collation = split_collation(expression)
    return KeyTerm(expression=bare, name=_lone_name(bare), collation=collation, descending=descending)


def split_collation(expression: str) -> tuple[str, str | None]:
    """`x COLLATE c` as ("x", "C"); the whole text and None when no COLLATE governs it whole."""
    reader = Reader(expression)
    start = reader.place
    if reader.at_name():
        reader.qualified_name()
        if reader.at("("):
            reader.parenthesised()
    elif reader.at("("):
        reader.parenthesised()
    end = reader.place
    if end > start and reader.accept("COLLATE"):
        collation = reader.name()
        if reader.finished:
            return reader.text(start, end), fold(collation).upper()
    return expression, None


def _lone_name(expression: str) -> str | None:
    reader = Reader(expression)
    while reader.accept("("):
        pass
    token = reader.advance()
    while reader.accept(")"):
        pass
    if reader.finished and token.kind in ("name", "quoted", "string"):
        return unquote(token)
    return None
