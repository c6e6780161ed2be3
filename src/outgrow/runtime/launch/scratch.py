"""A copy of a database that lives as long as it is needed, so that a replay writes to nothing of anybody's.

Used by `cli.replay`. PostgreSQL copies a database file by file, as long as nobody is connected to it:
https://www.postgresql.org/docs/current/manage-ag-templatedbs.html
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from outgrow.errors import TargetError
from outgrow.postgres.connect import connect
from outgrow.schema.names import quote

_ELSEWHERE = ("postgres", "template1")
_COMMIT = "or add --commit, which runs the statements on the database itself"


@contextmanager
def copy_of(url: str) -> Iterator[str]:
    """A connection string of a copy of the database, which is dropped at the end. Raises TargetError."""
    with connect(url, autocommit=True) as connection:
        original = connection.info.dbname
    name = f"outgrow_replay_{uuid.uuid4().hex[:12]}"
    with _beside(url, original) as server:
        try:
            server.execute(f"CREATE DATABASE {quote(name)} TEMPLATE {quote(original)}".encode())
        except psycopg.errors.ObjectInUse as error:
            raise TargetError(
                f"the database {original} cannot be copied while others are connected to it: end their "
                f"connections, {_COMMIT}"
            ) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise TargetError(
                f"the user {server.info.user} may not copy the database {original}: connect as its owner "
                f"with CREATEDB, {_COMMIT}"
            ) from error
        except psycopg.Error as error:
            said = str(error).partition("\n")[0]
            raise TargetError(
                f"the database {original} cannot be copied: {said}; mend that, {_COMMIT}"
            ) from error
    try:
        yield make_conninfo(url, dbname=name)
    finally:
        with _beside(url, original) as server:
            server.execute(f"DROP DATABASE IF EXISTS {quote(name)} WITH (FORCE)".encode())


def _beside(url: str, original: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection to another database of the same server."""
    refused: TargetError | None = None
    for name in _ELSEWHERE:
        if name != original:
            try:
                return connect(make_conninfo(url, dbname=name), autocommit=True)
            except TargetError as error:
                refused = error
    user = conninfo_to_dict(url).get("user") or "the user"
    raise TargetError(
        f"{user} may connect to no database beside {original}, from which it could be copied: allow one of "
        f"{', '.join(_ELSEWHERE)}, {_COMMIT}"
    ) from refused
