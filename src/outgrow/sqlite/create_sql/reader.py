"""The cursor that reads CREATE texts, with the raw text at hand.

Stands between `schema.cursor` and the parsers of each object kind. It keeps the raw text, so that every
expression is handed on as it was written. No word is reserved here: SQLite has taken the text already,
and older releases reserved fewer words.
"""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.errors import SourceError
from outgrow.schema import lexer
from outgrow.schema.cursor import Cursor
from outgrow.schema.lexer import Token, TokenError


class LexError(SourceError):
    """A SQL text that SQLite's own grammar does not take; `offset` counts characters from 0."""

    def __init__(self, cause: TokenError) -> None:
        self.reason, self.sql, self.offset = cause.reason, cause.sql, cause.offset
        super().__init__(cause)


def tokens(sql: str, *, comments: bool = False) -> Iterator[Token]:
    """`schema.lexer.tokens` of a text that the source holds: what is wrong with it is a LexError."""
    try:
        yield from lexer.tokens(sql, comments=comments)
    except TokenError as error:
        raise LexError(error) from error


class Reader(Cursor):
    """Tokens of one CREATE text, one step at a time; every refusal is a LexError at the place."""

    def refusal(self, error: TokenError) -> LexError:
        """The text of the source cannot be read."""
        return LexError(error)

    @property
    def finished(self) -> bool:
        """Whether all is read; a trailing semicolon does not count."""
        return self.token.kind == "end" or (self.at(";") and self.ahead().kind == "end")

    def qualified_name(self) -> str:
        """`name` or `schema.name`: the last part."""
        found = self.name()
        return self.name() if self.accept(".") else found

    def text(self, first: int, last: int) -> str:
        """Raw text from token number `first` up to, not with, token number `last`; "" when there is none."""
        if first >= last:
            return ""
        return self.sql[self._tokens[first].start : self._tokens[last - 1].end]

    @property
    def place(self) -> int:
        """Number of the next token, for `text`."""
        return self._at

    def parenthesised(self) -> str:
        """`( ... )` with balanced parentheses: the raw text between the outer ones."""
        self.expect("(")
        first = self._at
        self.skip_to(")")
        inner = self.text(first, self._at)
        self.expect(")")
        return inner

    def skip_to(self, *stops: str) -> None:
        """Move to the next of these words outside parentheses; a refusal when the text ends first."""
        depth = 0
        while not (depth == 0 and self.at(*stops)):
            if self.token.kind == "end":
                raise self.expected(" or ".join(stops))
            depth += {"(": 1, ")": -1}.get(self.token.word, 0)
            self.advance()
