"""The adapter for PostgreSQL: a pool of connections that take SQLite's SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

from outgrow.runtime.adapter.base import Configure, DatabaseAdapter, DbType, Health

if TYPE_CHECKING:
    from outgrow.runtime.pool.pool import Pool

_HEALTH_SECONDS = 5.0
"""How long a health check waits for a connection at most: whoever asks wants an answer."""


class PostgreSQLAdapter(DatabaseAdapter):
    """Lends connections to the database of `url` from a `Pool`, whose options `options` are.

    Raises ConfigError for a URL that cannot be read.
    """

    def __init__(self, url: str, *, configure: Configure | None = None, **options: Any) -> None:
        from outgrow.runtime.pool.pool import Pool  # noqa: PLC0415 - psycopg, which SQLite's users do without

        self.pool: Pool = Pool(url, **options)
        self._configure = configure

    @contextmanager
    def get_connection(self) -> Iterator[sqlite3.Connection]:
        """As `DatabaseAdapter.get_connection`. Raises as `Pool.getconn`."""
        with self.pool.connection() as connection:
            if self._configure is not None:
                self._configure(connection)
            yield connection

    def get_db_type(self) -> DbType:
        """Always "postgresql"."""
        return "postgresql"

    def health_check(self) -> Health:
        """Waits for a connection and one answer, five seconds at most."""
        try:
            with self.pool.connection(min(self.pool.timeout, _HEALTH_SECONDS)) as connection:
                begun = perf_counter()
                connection.raw.execute("SELECT 1")
                latency = perf_counter() - begun
                info = connection.raw.info
                version = info.parameter_status("server_version")
                detail = f"PostgreSQL {version}, database {info.dbname} at {info.host}:{info.port}"
        except Exception as error:  # a health check reports, whatever went wrong
            return Health(ok=False, db_type="postgresql", latency=None, detail=str(error))
        stats = self.pool.stats()
        detail += f"; {stats.out} of {self.pool.max_size} connections are out, {stats.waiting} requests wait"
        return Health(ok=True, db_type="postgresql", latency=latency, detail=detail)

    def close(self) -> None:
        """As `DatabaseAdapter.close`."""
        self.pool.close()
