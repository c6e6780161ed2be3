"""A cursor over SQLite's tokens: what `grammar` and `statements` read with."""

from __future__ import annotations

from outgrow.errors import TranslationError
from outgrow.translate.lexer import Token, tokens

# Words that never are names in SQLite, however they stand (sqlite3_keyword_name without the
# fallback words of its grammar); all others may be column names.
RESERVED = frozenset(
    """
    ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CHECK COLLATE COMMIT CONSTRAINT CREATE DEFAULT
    DEFERRABLE DELETE DISTINCT DROP ELSE ESCAPE EXISTS FOREIGN FROM GROUP HAVING IN INDEX INSERT
    INTERSECT EXCEPT UNION INTO IS ISNULL JOIN LIMIT NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY
    REFERENCES RETURNING SELECT SET TABLE THEN TO TRANSACTION UNIQUE UPDATE USING VALUES WHEN WHERE
    """.split()  # noqa: SIM905 - a word list reads better as words
)


class Cursor:
    """A place among the tokens of one SQL text, and the questions a grammar asks there."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._tokens = tokens(sql)
        self._at = 0

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

    def refused(self, what: str) -> TranslationError:
        """The error for a construct that is not in the closed list."""
        return TranslationError(missing=what, sql=self.sql)

    def unexpected(self) -> TranslationError:
        """The error for a token that the grammar does not have here."""
        return self.refused(f"{self.token.text or 'the end of the text'!r} at {self.token.start + 1}")

    def at_word(self, *words: str) -> bool:
        """Whether the cursor stands at one of these keywords."""
        return self.token.kind == "word" and self.token.upper in words

    def at_operator(self, *operators: str) -> bool:
        """Whether the cursor stands at one of these operators."""
        return self.token.kind == "operator" and self.token.text in operators

    def accept(self, *words: str) -> bool:
        """Moves over the keywords if they stand here in this order."""
        for distance, word in enumerate(words):
            token = self.ahead(distance)
            if token.kind != "word" or token.upper != word:
                return False
        self._at += len(words)
        return True

    def accept_operator(self, operator: str) -> bool:
        """Moves over the operator if it stands here."""
        if self.at_operator(operator):
            self.advance()
            return True
        return False

    def expect(self, word: str) -> None:
        """Moves over the keyword; TranslationError when another token stands here."""
        if not self.accept(word):
            raise self.unexpected()

    def expect_operator(self, operator: str) -> None:
        """Moves over the operator; TranslationError when another token stands here."""
        if not self.accept_operator(operator):
            raise self.unexpected()

    def expect_end(self) -> None:
        """TranslationError unless all tokens are read."""
        if self.token.kind != "end":
            raise self.unexpected()

    def name(self) -> str:
        """A name in any quotes, as SQLite takes one (a string in single quotes included)."""
        token = self.token
        if token.kind in {"quoted", "string"} or (token.kind == "word" and token.upper not in RESERVED):
            self.advance()
            return token.text
        raise self.unexpected()

    def names(self) -> tuple[str, ...]:
        """Names in parentheses."""
        self.expect_operator("(")
        found = [self.name()]
        while self.accept_operator(","):
            found.append(self.name())
        self.expect_operator(")")
        return tuple(found)
