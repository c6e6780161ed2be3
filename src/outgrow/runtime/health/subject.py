"""What the checks look at: two sessions, what the database remembers, how the application is configured.

Opened by `examine`. One session reads the catalog. The other shows what the application's sessions get;
where the application's settings reach the same database, it is opened by them, as their user. Neither is
set up beyond a transaction: a pooler would hand such settings on to the application.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import psycopg
from psycopg.conninfo import make_conninfo

from outgrow.errors import OutgrowError, TargetError
from outgrow.postgres.apply import say
from outgrow.postgres.connect import connect, conninfo
from outgrow.postgres.redact import redact
from outgrow.runtime.health import queries
from outgrow.runtime.health.application import Application
from outgrow.runtime.health.remembered import Remembered, remembered
from outgrow.runtime.urls import without_own

NAME = "outgrow doctor"
"""The application_name of both sessions."""
TIMEOUTS = "SET LOCAL statement_timeout = '5s'; SET LOCAL lock_timeout = '2s'"
"""For one check, in its transaction."""
_PLAIN_VALUES = "; SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'"
"""What psycopg reads in every server; not where the application's own settings are looked at."""
READER = TIMEOUTS + _PLAIN_VALUES


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a session gets that nobody has set up.

    `identity` is the same for all sessions in one database of one running server. `time_zone_source` is
    pg_settings' word for where the time zone was set; `keeps_utc` says that it is UTC's all year round.
    `schemas` is the search path, of schemas that are there; `pid` is the server process that answers.
    """

    user_name: str
    database: str
    identity: str
    time_zone: str
    time_zone_source: str
    keeps_utc: bool
    date_style: str
    client_encoding: str
    replication_role: str
    read_only: bool
    idle_timeout: str
    in_recovery: bool
    schemas: list[str]
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """Where the application's settings lead: a session's facts, or why there is none."""

    session: Session | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What one check may look at; it leaves both connections as they are.

    `workers` is how many processes of the application have a pool each; `in_url` says that a URL names the
    schema.
    """

    main: psycopg.Connection[Any]
    plain: psycopg.Connection[Any]
    session: Session
    schema: str
    remembered: Remembered
    application: Application
    configured: Configured | None
    workers: int
    in_url: bool

    @property
    def reader(self) -> str:
        """The user who reads the catalog, who may be another than the application's."""
        row = self.main.execute("SELECT current_user").fetchone()
        return str(row[0]) if row else ""

    @property
    def own(self) -> list[int]:
        """Process ids of the two sessions on the server."""
        return [self.main.info.backend_pid, self.plain.info.backend_pid]


@contextmanager
def opened(url: str | None, schema: str | None, application: Application, workers: int) -> Iterator[Subject]:
    """The subject of one examination; its connections are closed at the end.

    `url` is --to, None where the application's settings name the database. Raises TargetError when it
    cannot be reached, ConfigError for a URL that cannot be read.
    """
    settings = application.settings
    target = settings.url if url is None and settings is not None else url or ""
    with ExitStack() as stack:
        main = stack.enter_context(_session(target, encoding="UTF8"))
        plain = stack.enter_context(_session(target))
        session = facts(plain)
        configured = None
        if url is None:
            configured = Configured(session=session)
        elif settings is not None and settings.kind == "postgresql":
            configured, theirs = _configured(settings.url, stack)
            if theirs is not None and configured.session and configured.session.identity == session.identity:
                plain.close()
                plain, session = theirs, configured.session
        named = {schema_of(target), schema_of(settings.url if settings else "")} - {""}
        chosen = schema or schema_of(target) or next(iter(named), "public")
        yield Subject(
            main=main, plain=plain, session=session, schema=chosen, remembered=_memory(main, chosen),
            application=application, configured=configured, workers=workers, in_url=chosen in named,
        )  # fmt: skip


def facts(plain: psycopg.Connection[Any]) -> Session:
    """What a session nobody has set up gets. Raises TargetError."""
    try:
        return queries.row(plain, "session", Session)
    except psycopg.Error as error:
        raise TargetError(f"PostgreSQL does not say what its sessions get: {say(error)}") from error


def schema_of(url: str) -> str:
    """The schema that a URL names as outgrow's parameter; "" for none."""
    found = re.search(r"[?&]schema=([^&]*)", url)
    return unquote(found[1]) if found else ""


def redacted(text: str, url: str | None, application: Application) -> str:
    """`text` without any password that came in by a URL, a setting or the environment."""
    password = os.environ.get("PGPASSWORD")
    own = application.settings.url if application.settings else ""
    return redact(text, url or "", own, *([f"password={password}"] if password else []))


def _memory(main: psycopg.Connection[Any], schema: str) -> Remembered:
    try:
        with main.transaction():
            main.execute(READER)
            return remembered(main, schema)
    except psycopg.Error as error:
        return Remembered(unread=f"what moves left cannot be read: {say(error)}")


def _configured(url: str, stack: ExitStack) -> tuple[Configured, psycopg.Connection[Any] | None]:
    """Where the application's URL leads, and the session there."""
    try:
        theirs = stack.enter_context(_session(url))
        return Configured(session=facts(theirs)), theirs
    except (OutgrowError, psycopg.Error) as error:
        said = say(error) if isinstance(error, psycopg.Error) else str(error)
        return Configured(problem=redact(said, url)), None


def _session(url: str, *, encoding: str | None = None) -> psycopg.Connection[Any]:
    """A session as a driver opens it: what it gets is what server, database, role and environment say.

    Raises TargetError, and psycopg.Error for what comes and goes.
    """
    given = {"client_encoding": encoding} if encoding else {}
    text = make_conninfo(conninfo(without_own(url), application_name=NAME), **given)
    try:
        return psycopg.connect(text, autocommit=True)
    except psycopg.Error:
        connect(without_own(url), application_name=NAME).close()  # fails likewise, and has words for it
        return psycopg.connect(text, autocommit=True)
