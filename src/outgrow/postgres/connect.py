"""Connections to the target, and what the server at the other end is.

Every connection to PostgreSQL begins here, so that all of them read and print values alike and
fail with the same words. Before it stands `cli` with a URL; after it `postgres.catalog`, `apply`
and `rows`, and the facts go to `types.choose` and `plan`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from outgrow.errors import ConfigError, TargetError
from outgrow.postgres.redact import redact, uri_password

if TYPE_CHECKING:
    import psycopg

__all__ = ["OLDEST", "ServerFacts", "adbc_url", "connect", "redact", "server_facts", "session_sql"]

OLDEST = 14
"""Oldest major version of PostgreSQL that outgrow writes to."""

_CONNECT_SECONDS = 10
_SOCKET_DIRS = ("/var/run/postgresql", "/tmp")  # noqa: S108 - what libpq is built with: Debian's, then its own

# libpq gives a failed connection no code, only words; the server's part is in its own language,
# and then the last entry applies.
_REMEDIES: tuple[tuple[str, str], ...] = (
    ("no pg_hba.conf entry|no encryption", "allow this host and user in the server's pg_hba.conf"),
    ("no password supplied", "put the password into the URL, PGPASSWORD or ~/.pgpass"),
    ("authentication failed", "check the user and the password in the URL, PGPASSWORD or ~/.pgpass"),
    ('database ".*" does not exist', "make it with `createdb`, or name another one in the URL"),
    ('role ".*" does not exist', "make it with `createuser`, or name another user in the URL"),
    ("Connection refused|No such file", "start the server, or mend host and port in the URL"),
    ("resolve host|translate host name", "mend the host in the URL"),
    ("timeout expired|timed out|No route|unreachable", "check host, port and firewall"),
    ("SSL|certificate", "check sslmode and sslrootcert in the URL"),
    ("No space left|[Dd]isk full", "free some space on the server's disk"),
    ("too many clients|connection slots", "close other connections, or raise max_connections"),
    ("starting up|shutting down|recovery mode", "wait until the server is up, then run the same command"),
    ("", "check the URL"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What the server and the connected database are, as far as the plan depends on it.

    `version_num` is PostgreSQL's own number (150004 is 15.4). `database_collation_is_c` says that
    text sorts bytewise without a COLLATE. `pgvector` is "available" only where this user may
    create the extension.
    """

    database: str
    version_num: int
    encoding: str
    database_collation_is_c: bool
    can_create_schema: bool
    is_superuser: bool
    pgvector: Literal["installed", "available"] | None
    wal_level: str
    max_connections: int
    timezone: str
    in_recovery: bool
    read_only: bool

    @property
    def major(self) -> int:
        """The major version, such as 15."""
        return self.version_num // 10000


def connect(
    url: str,
    *,
    autocommit: bool = False,
    application_name: str = "outgrow",
    session: Literal["session", "application"] = "session",
) -> psycopg.Connection[tuple[object, ...]]:
    """A connection to `url` with the session of `sql/session.sql`; no transaction is open yet.

    With `session="application"` it is that of `sql/application.sql`, for a program's own statements.

    `url` is anything libpq takes: a URI, `key=value` words, or "" for the PG* environment variables
    alone. `application_name` yields to one in the URL. Raises ConfigError for a URL that cannot be
    read and TargetError when nobody answers or the server refuses; neither message holds a password.
    """
    import psycopg  # noqa: PLC0415 - a tenth of a second that `--help` does without

    try:
        conn = psycopg.connect(
            conninfo(url, application_name=application_name), autocommit=True, client_encoding="UTF8"
        )
    except psycopg.Error as error:
        raise _refused(url, error) from None
    try:
        conn.execute(_query(session))
        conn.autocommit = autocommit
    except psycopg.Error as error:
        conn.close()
        raise TargetError(f"{_where(url)} does not take outgrow's settings: {_line(error, url)}") from None
    return conn


def conninfo(url: str, *, application_name: str = "outgrow") -> str:
    """`url` in libpq's keyword form, with outgrow's defaults where it says nothing.

    The host is always named, because programs with a libpq of their own disagree about the default
    socket directory. Holds the password if `url` does. Raises ConfigError.
    """
    import psycopg.conninfo  # noqa: PLC0415

    if driver := re.match(r"(postgres(?:ql)?)\+\w+://", url):
        raise ConfigError(f"{driver[0]} names a driver, which PostgreSQL does not read: write {driver[1]}://")
    try:
        given = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.Error as error:
        raise _unreadable(url, error) from None
    defaults: dict[str, str] = {"fallback_application_name": application_name}
    if not os.environ.get("PGCONNECT_TIMEOUT"):
        defaults["connect_timeout"] = str(_CONNECT_SECONDS)
    elsewhere = ("PGHOST", "PGHOSTADDR", "PGSERVICE")
    if not {"hostaddr", "service"} & given.keys() and not any(map(os.environ.get, elsewhere)):
        defaults["host"] = _socket_dir(str(given.get("port") or os.environ.get("PGPORT") or 5432))
    return psycopg.conninfo.make_conninfo("", **defaults | {k: v for k, v in given.items() if v != ""})


def adbc_url(url: str) -> str:
    """What adbc_driver_postgresql takes to reach the same database as `connect(url)`. Raises ConfigError.

    It holds the password if `url` does. The session's settings are not part of it, since connection
    poolers refuse them there: execute `session_sql()` first.
    """
    return conninfo(url)


def session_sql() -> str:
    """The one SELECT that makes any session one like those of `connect`."""
    return _query("session").decode()


def application_session() -> bytes:
    """The one SELECT that makes any session one like those of `connect` for an application."""
    return _query("application")


def server_facts(conn: psycopg.Connection[tuple[object, ...]]) -> ServerFacts:
    """The facts of the server at the other end, in one query of the caller's transaction.

    Raises TargetError for one that outgrow cannot write to: older than `OLDEST`, not UTF-8, a
    standby, or read-only.
    """
    from psycopg.rows import class_row  # noqa: PLC0415

    with conn.cursor(row_factory=class_row(ServerFacts)) as cursor:
        facts = cursor.execute(_query("server_facts")).fetchone()
    if facts is None:  # the database was dropped under us
        raise TargetError(f"the database {conn.info.dbname} is gone: make it again with `createdb`")
    _refuse(facts)
    return facts


def _refuse(facts: ServerFacts) -> None:
    if facts.version_num < OLDEST * 10000:
        raise TargetError(
            f"the server is PostgreSQL {facts.major}: outgrow needs {OLDEST} or newer; upgrade it, or leave "
            "out --to for a PostgreSQL of outgrow's own"
        )
    if facts.encoding != "UTF8":
        raise TargetError(
            f"the database {facts.database} has the encoding {facts.encoding}, which does not hold all text: "
            "make one with `createdb --encoding UTF8 --template template0`"
        )
    if facts.in_recovery:
        raise TargetError(
            "the server is a standby and takes no writes: give the primary's host, or add "
            "target_session_attrs=read-write to a URL with several hosts"
        )
    if facts.read_only:
        raise TargetError(
            f"the database {facts.database} is read-only for this user: set default_transaction_read_only "
            "to off, or connect as another user"
        )


def _socket_dir(port: str) -> str:
    """The directory where a server of that port listens, else the usual one."""
    return next((d for d in _SOCKET_DIRS if Path(d, f".s.PGSQL.{port}").exists()), _SOCKET_DIRS[0])


def _query(name: str) -> bytes:
    return resources.files(__package__).joinpath("sql", f"{name}.sql").read_bytes()


def _refused(url: str, error: psycopg.Error) -> ConfigError | TargetError:
    """Why there is no connection, in one line."""
    if _misencoded(url):
        return _unreadable(url, error)
    reason = _line(error, url)
    # Only the server's or the network's own words; psycopg says before them what was tried.
    reason = re.sub(r"^connection (?:failed|is bad): ", "", reason)
    reason = re.sub(r"^connection to server .*? failed: ", "", reason)
    reason = re.sub(r"^FATAL: +", "", reason)
    remedy = next(text for pattern, text in _REMEDIES if re.search(pattern, reason))
    return TargetError(f"cannot connect to {_where(url)}: {reason}: {remedy}")


def _unreadable(url: str, error: psycopg.Error) -> ConfigError:
    if _misencoded(url):
        return ConfigError(
            "the password in the URL holds a character that has a meaning there: "
            "write @ as %40, / as %2F, ? as %3F, # as %23, % as %25 and a space as %20"
        )
    return ConfigError(
        f"the target URL cannot be read: {_line(error, url)}: write it as postgresql://user@host:port/database"
    )


def _misencoded(url: str) -> bool:
    """Whether the password holds characters by which libpq would cut the URL in other places than meant."""
    return re.search(r"[@/?#\s]|%(?![0-9A-Fa-f]{2})", uri_password(url) or "") is not None


def _line(error: psycopg.Error, url: str) -> str:
    """The first line of what was said, without passwords."""
    first = str(error).strip().partition("\n")[0] or type(error).__name__
    return redact(first, url, os.environ.get("PGPASSWORD", "") and f"password={os.environ['PGPASSWORD']}")


def _where(url: str) -> str:
    """The target in words: database, place and user, as libpq understands the URL and the environment."""
    import psycopg.conninfo  # noqa: PLC0415
    from psycopg import pq  # noqa: PLC0415

    facts = {d.keyword.decode(): d.val.decode() for d in pq.Conninfo.get_defaults() if d.val is not None}
    facts |= {
        k: str(v) for k, v in psycopg.conninfo.conninfo_to_dict(conninfo(url)).items() if v not in (None, "")
    }
    user, host, port = (
        facts.get("user", ""),
        facts.get("host") or facts.get("hostaddr", ""),
        facts.get("port", ""),
    )
    place = f"the socket in {host}" if host.startswith("/") else f"{host}:{port}"
    service = f"service {facts['service']}, " if facts.get("service") else ""
    return redact(f"database {facts.get('dbname') or user} at {service}{place} as user {user}", url)
