"""Fresh databases on one PostgreSQL, each of which has SQLite's functions already."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from outgrow.embedded.throwaway import throwaway
from outgrow.postgres.connect import connect
from outgrow.postgres.functions import install

_BUILTIN_LOCALE_SINCE = 170000


class Databases:
    """Databases of one server that sort text bytewise; made from one template, which is kept here."""

    def __init__(self, connection: psycopg.Connection[Any], url: str, template: str) -> None:
        self._connection, self._url, self._template = connection, url, template

    def fresh(self) -> str:
        """URL of a new database."""
        name = _name()
        self._connection.execute(f"CREATE DATABASE {name} TEMPLATE {self._template}".encode())
        return make_conninfo(self._url, dbname=name)

    def drop(self, url: str) -> None:
        """Removes a database that `fresh` gave."""
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        self._connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


@contextmanager
def databases(url: str | None) -> Iterator[Databases]:
    """Databases on the server of that URL, whose user must be allowed to make them, or on a throwaway one."""
    if url is not None:
        with _on_server(url) as found:
            yield found
        return
    home = Path(tempfile.mkdtemp(prefix="outgrow-logictest-"))
    with throwaway(home) as cluster:
        try:
            with _on_server(cluster.start()) as found:
                yield found
        finally:
            cluster.stop(immediate=True)


@contextmanager
def _on_server(url: str) -> Iterator[Databases]:
    template = _name()
    with connect(url, autocommit=True) as connection:
        locale = (
            "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
            if connection.info.server_version >= _BUILTIN_LOCALE_SINCE
            else "LOCALE 'C'"
        )
        connection.execute(f"CREATE DATABASE {template} TEMPLATE template0 ENCODING 'UTF8' {locale}".encode())
        try:
            with connect(make_conninfo(url, dbname=template), autocommit=True) as inside:
                install(inside)
            yield Databases(connection, url, template)
        finally:
            if not connection.closed:
                connection.execute(f"DROP DATABASE IF EXISTS {template} WITH (FORCE)".encode())


def _name() -> str:
    return f"logictest_{uuid.uuid4().hex[:16]}"
