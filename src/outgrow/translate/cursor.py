"""The cursor that `grammar` and `statements` read with: reserved words and the translator's refusals."""

from __future__ import annotations

from outgrow.errors import TranslationError
from outgrow.schema import cursor
from outgrow.schema.lexer import TokenError

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


class Cursor(cursor.Cursor):
    """The shared cursor, whose refusals are TranslationErrors and whose bare names are no reserved words."""

    def refusal(self, error: TokenError) -> TranslationError:
        """The error for a text that has no tokens here."""
        return self.refused(f"{error.reason} at {error.offset + 1}")

    def expected(self, what: str) -> TranslationError:  # noqa: ARG002 - the token found says more
        """The error for a token that the grammar does not have here."""
        return self.unexpected()

    def refused(self, what: str) -> TranslationError:
        """The error for a construct that is not in the closed list."""
        return TranslationError(missing=what, sql=self.sql)

    def unexpected(self) -> TranslationError:
        """The error for a token that the grammar does not have here, by its spelling."""
        return self.refused(f"{self.token.text or 'the end of the text'!r} at {self.token.start + 1}")

    def expect_end(self) -> None:
        """TranslationError unless all tokens are read."""
        if self.token.kind != "end":
            raise self.unexpected()

    def at_name(self) -> bool:
        """Whether a name can be read here. A word that SQLite reserves is one in quotes only."""
        return super().at_name() and self.token.word not in RESERVED
