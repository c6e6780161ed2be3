"""From what a program passes to `connect` to a connection of psycopg, ready for a session.

Used by `connection`. A URL may say, beside what libpq reads, `schema` (of the target), `values` and `keys`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import unquote

import psycopg

from outgrow.errors import ConfigError, TargetError
from outgrow.postgres import functions
from outgrow.postgres.connect import connect
from outgrow.runtime.dbapi.failures import failure
from outgrow.runtime.dbapi.known import log
from outgrow.runtime.urls import OWN, without_own

T = TypeVar("T")

Values = Literal["sqlite", "native"]
Keys = Literal["identity", "sqlite"]

_VALUES: dict[str, Values] = {"sqlite": "sqlite", "native": "native"}
_KEYS: dict[str, Keys] = {"identity": "identity", "sqlite": "sqlite"}

_PATIENCE = 10.0
"""Seconds that a lost connection waits for a server that is starting again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a session is: libpq's URL, the schema of the target, which values rows hold, who numbers them."""

    url: str
    schema: str
    values: Values
    keys: Keys


def is_url(database: Any) -> bool:
    """Whether `connect` is asked for PostgreSQL."""
    return isinstance(database, str) and database.startswith(("postgresql://", "postgres://"))


def place(url: str, schema: str | None, values: str | None, keys: str | None = None) -> Place:
    """The place that a URL and what goes with it name; sqlite3.OperationalError when they contradict."""
    said: dict[str, str] = {}
    for word in url.partition("?")[2].split("&"):
        key, _, value = word.partition("=")
        if key in OWN:
            said[key] = unquote(value)
    for key, given in (("schema", schema), ("values", values), ("keys", keys)):
        if given is not None and said.get(key, given) != given:
            raise failure(
                sqlite3.OperationalError, f"{key} is {given}, and the URL says {said[key]}: say it once",
                "SQLITE_CANTOPEN",
            )  # fmt: skip
    return Place(
        url=without_own(url),
        schema=schema or said.get("schema") or "public",
        values=_one_of(_VALUES, "values", values or said.get("values") or "sqlite"),
        keys=_one_of(_KEYS, "keys", keys or said.get("keys") or "identity"),
    )


def _one_of(words: Mapping[str, T], name: str, word: str) -> T:
    found = words.get(word)
    if found is None:
        said = f"{name} is {word}: it must be {' or '.join(words)}"
        raise failure(sqlite3.OperationalError, said, "SQLITE_CANTOPEN")
    return found


def opened(url: str, *, patient: bool = False) -> psycopg.Connection[Any]:
    """A connection in the application's session; sqlite3.OperationalError when there is none to be had.

    One that is `patient` waits some seconds for a server that is starting.
    """
    until = time.monotonic() + (_PATIENCE if patient else 0)
    while True:
        try:
            raw: psycopg.Connection[Any] = connect(url, autocommit=True, session="application")
        except (TargetError, ConfigError) as error:
            if time.monotonic() >= until or isinstance(error, ConfigError):
                said = f"unable to open database file: {error}"
                raise failure(sqlite3.OperationalError, said, "SQLITE_CANTOPEN", error) from None
            time.sleep(0.1)
        else:
            return raw


def circumstances(raw: psycopg.Connection[Any]) -> tuple[bool, bool]:
    """Whether a pooler stands between, and whether the server limits the time of a statement.

    Of a pooler the server's own number is another than the one given.
    """
    row = raw.execute(
        "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('statement_timeout') <> '0'"
    ).fetchone()
    return (row[0] != raw.info.backend_pid, row[1]) if row is not None else (False, False)


def with_functions(raw: psycopg.Connection[Any]) -> None:
    """Sees to it that SQLite's functions are there; TargetError when they are not and may not be made."""
    there = functions.installed(raw)
    if there == functions.version():
        return
    try:
        functions.install(raw)
    except psycopg.errors.InsufficientPrivilege as error:
        if there is None:
            raise TargetError(
                f"the database {raw.info.dbname} lacks the schema sqlite with SQLite's functions, and "
                f"{raw.info.user} may not make it: connect once as the owner, or grant CREATE on the database"
            ) from error
        log.warning("SQLite's functions in the target are another outgrow's: connect once as their owner")
