"""The server that everybody loads: outgrow's own PostgreSQL, thrown away afterwards, fsync on.

One server with one configuration for all competitors; every run gets a database of its own that
begins empty, after a checkpoint, so that nobody pays for the writes of the one before.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from outgrow.embedded.cluster import Cluster
from outgrow.embedded.throwaway import throwaway


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server. Its own user can read and write in `exchange`."""

    cluster: Cluster
    exchange: Path

    @property
    def socket(self) -> str:
        """The directory of its socket."""
        return str(self.cluster.data)

    def url(self, database: str) -> str:
        """URL of a database."""
        return self.cluster.url(database)

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection in autocommit mode."""
        return psycopg.connect(self.url(database), autocommit=True)

    def fresh(self, database: str) -> str:
        """URL of an empty database of that name, all earlier writes on disk."""
        self.drop(database)
        url = self.cluster.ensure_database(database)
        with self.connect() as connection:
            connection.execute("CHECKPOINT")
        return url

    def drop(self, database: str) -> None:
        """Removes a database."""
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'.encode())

    def processor(self) -> float:
        """Processor seconds of all server processes that have ended: one for every connection, mostly."""
        pid = self.cluster.status().pid
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def version(self) -> str:
        """The server's version number."""
        with self.connect() as connection:
            return str(connection.execute("SHOW server_version").fetchone()[0])  # type: ignore[index]


@contextmanager
def started(folder: Path) -> Iterator[Server]:
    """A server whose files lie in a new directory inside `folder`; it ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="server-", dir=folder))
    with throwaway(home, durable=True) as cluster:
        cluster.start()
        exchange = home / "exchange"
        exchange.mkdir()
        exchange.chmod(0o777)
        yield Server(cluster=cluster, exchange=exchange)
