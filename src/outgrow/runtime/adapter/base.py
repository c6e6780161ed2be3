"""What an application may ask of its database, whichever it is."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Self

DbType = Literal["sqlite", "postgresql"]

Configure = Callable[[sqlite3.Connection], object]
"""Called with every connection before it is lent: sets its `row_factory`, for instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a database is. `latency` is the seconds of one round trip, None where nothing came back.

    `detail` is one line for people: what answered, or why nothing did.
    """

    ok: bool
    db_type: DbType
    latency: float | None
    detail: str


class DatabaseAdapter(ABC):
    """Lends connections to one database. Any thread may use it; nothing is opened before the first use."""

    @abstractmethod
    def get_connection(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection for a `with` block: commits at its end, rolls back when it ends with an exception.

        A block inside of another has a connection of its own, which does not see what the outer one has
        not committed. Raises sqlite3.OperationalError when there is no connection to be had.
        """

    @abstractmethod
    def get_db_type(self) -> DbType:
        """Which database connections speak to now."""

    @abstractmethod
    def health_check(self) -> Health:
        """Asks the database for an answer. Raises nothing when it is down."""

    @abstractmethod
    def close(self) -> None:
        """Ends all connections, after those that are out came back. It cannot be used any more."""

    def placeholder(self) -> str:
        """What stands for a value in SQL: `?` on both sides."""
        return "?"

    def now_function(self) -> str:
        """What SQL says for the present moment: UTC as `YYYY-MM-DD HH:MM:SS` on both sides."""
        return "CURRENT_TIMESTAMP"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
