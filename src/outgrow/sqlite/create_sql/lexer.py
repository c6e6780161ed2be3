"""SQLite's tokens, by the rules of its own tokenizer (https://www.sqlite.org/src/file/src/tokenize.c).

First step of everything that reads SQL text: the parsers of this package, and whoever else must
know where a literal ends and a keyword begins. Text without a token of its own (spaces, comments)
is found again through the offsets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from outgrow.errors import SourceError

Kind = Literal["name", "quoted", "string", "blob", "number", "variable", "operator", "comment"]


class LexError(SourceError):
    """A SQL text that SQLite's own grammar does not take; `offset` counts characters from 0."""

    def __init__(self, reason: str, sql: str, offset: int) -> None:
        self.reason, self.sql, self.offset = reason, sql, offset
        super().__init__(reason, sql, offset)

    def __str__(self) -> str:
        near = " ".join(self.sql[self.offset : self.offset + 40].split())
        return f"SQL text cannot be read: {self.reason} at character {self.offset + 1}, near {near!r}"


class Token(NamedTuple):
    """One token: `text` is its spelling, `sql[start:end]` in characters.

    A name is an unquoted word, keyword or not: SQLite decides by place. A quoted is a word in
    double quotes, backticks or brackets; a string is in single quotes. Whether a double-quoted word
    is a string after all is for the reader of an expression to say.
    """

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """A name in ASCII upper case, an operator as it is, "" for all else: what grammars compare."""
        if self.kind == "name":
            return self.text.translate(_ASCII_UPPER)
        return self.text if self.kind == "operator" else ""


_ASCII_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")

# Every alternative is linear in the text. U+FEFF is a space to SQLite; a comment may end with the text.
_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\n\f\r\ufeff][ \t\n\v\f\r\ufeff]*)
    | (?P<comment>--[^\n]*|/\*(?=[\s\S])[^*]*(?:\*(?!/)[^*]*)*(?:\*/)?)
    | (?P<blob>[xX]'(?:[0-9a-fA-F]{2})*')
    | (?P<badblob>[xX]')
    | (?P<number>(?:0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*
        |(?:[0-9]+(?:_[0-9]+)*(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?)
        (?![A-Za-z0-9_$\x80-\U0010ffff]))
    | (?P<name>[A-Za-z_\x80-\ufefe\uff00-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
    | (?P<string>'[^']*(?:''[^']*)*')
    | (?P<quoted>"[^"]*(?:""[^"]*)*"|`[^`]*(?:``[^`]*)*`|\[[^\]]*\])
    | (?P<variable>\?[0-9]*|[$@:\#][A-Za-z0-9_$\x80-\U0010ffff]+(?:::[A-Za-z0-9_$\x80-\U0010ffff]+)*
        (?:\([^)\s]*\))?)
    | (?P<operator>->>|->|\|\||<<|>>|<=|>=|<>|==|!=|[-+*/%=<>&|~,;().])
    """,
    re.VERBOSE,
)
_UNTERMINATED = {"'": "a string without its end", '"': "a quoted name without its end",
                 "`": "a quoted name without its end", "[": "a quoted name without its end"}  # fmt: skip


def tokens(sql: str, *, comments: bool = False) -> Iterator[Token]:
    """The tokens of `sql` in order, spaces left out, comments too unless asked for.

    Raises LexError where SQLite would say "unrecognized token". The iterator is lazy: a caller may
    stop before a faulty place.
    """
    position, end, match = 0, len(sql), _TOKEN.match
    while position < end:
        found = match(sql, position)
        if found is None or found.lastgroup == "badblob":
            raise LexError(_reason(sql, position), sql, position)
        kind, start, position = found.lastgroup, position, found.end()
        if kind != "space" and (comments or kind != "comment"):
            yield Token(kind, found.group(), start, position)  # type: ignore[arg-type]


def _reason(sql: str, position: int) -> str:
    first = sql[position]
    if first in _UNTERMINATED:
        return _UNTERMINATED[first]
    if first in "xX":
        return "a blob literal that is not pairs of hexadecimal digits"
    return "a malformed number" if first.isascii() and first.isdigit() else "an unrecognized token"


def unquote(token: Token) -> str:
    """The name or text that a name, quoted or string token spells."""
    text = token.text
    if token.kind == "quoted" and text[0] == "[":
        return text[1:-1]
    if token.kind in ("quoted", "string"):
        return text[1:-1].replace(text[0] * 2, text[0])
    return text
