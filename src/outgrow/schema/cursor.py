"""A cursor over SQLite's tokens: the moves that a hand-written grammar makes, whatever it reads.

Stands between `lexer` and the grammars: the CREATE texts of `sqlite.create_sql` and the expressions
and statements of `translate`. Each subclasses it, says what its refusals are and adds what only it needs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from outgrow.errors import OutgrowError
from outgrow.schema.lexer import Token, TokenError, tokens, unquote


class Cursor(ABC):
    """A place among the tokens of one SQL text, closed by one `end` token that it never passes.

    Words are compared with `Token.word`: keywords in upper case, operators in their first spelling.
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        try:
            found = tuple(tokens(sql))
        except TokenError as error:
            raise self.refusal(error) from error
        self._tokens = (*found, Token("end", "", len(sql), len(sql)))
        self._words = [token.word for token in self._tokens]
        self._at = 0

    @abstractmethod
    def refusal(self, error: TokenError) -> OutgrowError:
        """The error of the side that reads, for a place that is not in its grammar."""

    def expected(self, what: str) -> OutgrowError:
        """The refusal of the token under the cursor, where `what` should stand."""
        return self.refusal(TokenError(f"{what} expected", self.sql, self.token.start))

    @property
    def token(self) -> Token:
        """The token under the cursor."""
        return self._tokens[self._at]

    def ahead(self, distance: int = 1) -> Token:
        """A later token; the `end` token beyond the last."""
        return self._tokens[min(self._at + distance, len(self._tokens) - 1)]

    def advance(self) -> Token:
        """The token under the cursor, which moves on."""
        token = self.token
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def at(self, *words: str) -> bool:
        """Whether the cursor stands at one of these keywords or operators."""
        return self._words[self._at] in words

    def at_phrase(self, *words: str) -> bool:
        """Whether these keywords or operators stand here in this order."""
        return self._words[self._at : self._at + len(words)] == list(words)

    def accept(self, *words: str) -> bool:
        """Moves over the keywords or operators if they stand here in this order; whether they did."""
        if not self.at_phrase(*words):
            return False
        self._at += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Moves over the keywords or operators; a refusal when something else stands here."""
        if not self.accept(*words):
            raise self.expected(" ".join(words))

    def at_name(self) -> bool:
        """Whether a name can be read here: a word in any quotes or none. SQLite takes a string as one."""
        return self.token.kind in ("name", "quoted", "string")

    def name(self) -> str:
        """A name without its quotes, consumed; a refusal when none stands here."""
        if not self.at_name():
            raise self.expected("a name")
        return unquote(self.advance())

    def names(self) -> tuple[str, ...]:
        """`(name, name, ...)`."""
        self.expect("(")
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        self.expect(")")
        return tuple(found)
