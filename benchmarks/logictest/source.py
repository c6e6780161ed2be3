"""SQLite's side: the standard library's module, in memory."""

from __future__ import annotations

import sqlite3

from logictest.results import Outcome


class Source:
    """An empty database in memory in which SQL is run as it stands, each statement on its own."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.text_factory = lambda data: data.decode(errors="surrogateescape")

    def run(self, sql: str) -> Outcome:
        """Runs one statement."""
        cursor = self._connection.cursor()
        try:
            cursor.execute(sql)
            rows = None if cursor.description is None else tuple(map(tuple, cursor.fetchall()))
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
            return Outcome(error=str(error))
        finally:
            changes = cursor.rowcount
            cursor.close()
        width = len(cursor.description or ())
        return Outcome(rows=rows, width=width, changes=None if changes < 0 else changes)

    @property
    def changes(self) -> int:
        """Rows that were inserted, updated or deleted so far, by triggers and foreign keys too."""
        return self._connection.total_changes

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    def image(self) -> bytes:
        """The database as the bytes of a file, with what an open transaction has written."""
        if self._connection.execute("PRAGMA page_count").fetchone() == (0,):
            self._connection.execute("PRAGMA user_version = 0")  # gives the empty database its first page
        return self._connection.serialize()

    def close(self) -> None:
        """Lets it go."""
        self._connection.close()
