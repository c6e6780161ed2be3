"""A cursor over tokens with the few moves that SQLite's CREATE grammar needs.

Stands between the lexer and the parsers of each object kind. It keeps the raw text, so that every
expression is handed on as it was written.
"""

from __future__ import annotations

from outgrow.sqlite.create_sql.lexer import LexError, Token, tokens, unquote

END = Token("operator", "", 0, 0)


class Reader:
    """Tokens of one SQL text, one step at a time; every refusal is a LexError at the place."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._tokens = tuple(tokens(sql))
        self._words = [token.word for token in self._tokens]
        self._at = 0

    def peek(self, ahead: int = 0) -> Token:
        """The token `ahead` steps on, `END` past the last."""
        place = self._at + ahead
        return self._tokens[place] if place < len(self._tokens) else END

    def next(self) -> Token:
        """The next token, consumed."""
        token = self.peek()
        self._at += 1
        return token

    def at(self, *words: str) -> bool:
        """Whether the next tokens are these words or operators."""
        return self._words[self._at : self._at + len(words)] == list(words)

    def take(self, *words: str) -> bool:
        """Consume these words when they are next; whether they were."""
        if self._words[self._at : self._at + len(words)] != list(words):
            return False
        self._at += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Consume these words or refuse."""
        if not self.take(*words):
            raise self.error(f"{' '.join(words)} expected")

    def error(self, reason: str) -> LexError:
        """A refusal at the next token."""
        place = self.peek()
        return LexError(reason, self.sql, len(self.sql) if place is END else place.start)

    @property
    def finished(self) -> bool:
        """Whether all is read; a trailing semicolon does not count."""
        return self.peek() is END or (self.at(";") and self.peek(1) is END)

    def name(self) -> str:
        """A name in any of the four quotings (SQLite takes a string as a name)."""
        if self.peek().kind not in ("name", "quoted", "string"):
            raise self.error("a name expected")
        return unquote(self.next())

    def qualified_name(self) -> str:
        """`name` or `schema.name`: the last part."""
        found = self.name()
        return self.name() if self.take(".") else found

    def names(self) -> tuple[str, ...]:
        """`(name, name, ...)`."""
        self.expect("(")
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        self.expect(")")
        return tuple(found)

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
        while True:
            token = self.peek()
            if depth == 0 and token.word in stops and token is not END:
                return
            if token is END:
                raise self.error(f"{' or '.join(stops)} expected")
            depth += {"(": 1, ")": -1}.get(token.word, 0)
            self._at += 1
