"""Checks of the server: its version, the way to it, whether it takes writes, how far it is, its clock."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from outgrow.postgres.connect import OLDEST
from outgrow.report.figures import counted
from outgrow.runtime.health import queries
from outgrow.runtime.health.check import Verdict, failure, ok, warning
from outgrow.runtime.health.subject import Session, Subject

# The last minor release of each major version: https://www.postgresql.org/support/versioning/
_LAST_RELEASE = {
    14: date(2026, 11, 12),
    15: date(2027, 11, 11),
    16: date(2028, 11, 9),
    17: date(2029, 11, 8),
    18: date(2030, 11, 14),
}
ROUND_TRIPS = 200
_BUDGET_SECONDS = 3.0
SLOW_MS = 5.0
"""A median round trip beyond this makes a page of a hundred small queries wait for half a second."""
SKEW_SECONDS = 2.0
_CLOCK_READINGS = 5


def connection(subject: Subject) -> Verdict:
    """That there is one, as whom and where to."""
    info = subject.plain.info
    between = "; a pooler stands between" if subject.session.pid != info.backend_pid else ""
    return ok(
        f"database {subject.session.database} at {place(info)} as user {subject.session.user_name}{between}"
    )


def place(info: psycopg.ConnectionInfo) -> str:
    """Where a connection leads, in words."""
    return f"the socket in {info.host}" if _is_socket(info.host) else f"{info.host}:{info.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    version_num: int
    version: str
    today: date


def version(subject: Subject) -> Verdict:
    """The server's version against what outgrow needs and what PostgreSQL's makers still mend."""
    server = queries.row(subject.main, "server", _Server)
    return judge_version(server.version_num // 10000, server.version, server.today)


def judge_version(major: int, text: str, today: date) -> Verdict:
    """The verdict on a version at a day."""
    if major < OLDEST:
        return failure(
            f"PostgreSQL {text}; outgrow needs {OLDEST} or newer",
            advice=["Upgrade the server, or move to another one."],
        )
    last = _LAST_RELEASE.get(major)
    if last is None:
        return ok(f"PostgreSQL {text}")
    if today > last:
        return warning(
            f"PostgreSQL {text}; version {major} got its last fixes on {last}",
            advice=["Plan the upgrade to a newer major version."],
        )
    return ok(f"PostgreSQL {text}; version {major} gets fixes until {last}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Encryption:
    ssl: bool
    version: str | None
    cipher: str | None
    gss: bool


def tls(subject: Subject) -> Verdict:
    """Whether what travels to the server can be read on the way."""
    found = queries.row(subject.plain, "tls", _Encryption)
    pgconn = subject.plain.pgconn
    if pgconn.ssl_in_use:  # a pooler between may speak otherwise with the server
        spoken = f"{found.version}, {found.cipher}" if found.ssl else "with what answers at that address"
        return ok(f"in use: {spoken}")
    if found.gss:
        return ok("not in use; the connection is encrypted by GSSAPI")
    return judge_plain(pgconn.host.decode(), pgconn.hostaddr.decode())


def judge_plain(host: str, address: str) -> Verdict:
    """The verdict on a connection that is not encrypted; `address` is the number that `host` stands for."""
    if _is_socket(host):
        return ok("not in use, and not needed on a socket of this machine")
    if _is_loopback(address or host):
        return ok("not in use, and not needed on this machine's own address")
    return warning(
        f"not in use: all data, and perhaps the password, can be read on the way to {host}",
        advice=[
            "Switch TLS on in the server (ssl = on), and add sslmode=verify-full and sslrootcert=system to "
            "the URL; sslmode=require encrypts without asking who answers."
        ],
    )


def writable(subject: Subject) -> Verdict:
    """Whether the application's sessions may write at all."""
    return judge_writable(subject.session)


def judge_writable(session: Session) -> Verdict:
    """The verdict on what a session says of itself."""
    if session.in_recovery:
        return failure(
            "the server is a standby and takes no writes",
            advice=[
                "Give the primary's host, or add target_session_attrs=read-write to a URL with several hosts."
            ],
        )
    if session.read_only:
        return failure(
            f"sessions of user {session.user_name} in database {session.database} are read-only",
            advice=[
                "Set default_transaction_read_only to off where it was set on: for the role, the database or "
                "the server. A provider sets it when the disk is full."
            ],
        )
    return ok("the server takes writes")


def latency(subject: Subject) -> Verdict:
    """The time of round trips."""
    return judge_latency(round_trips(subject.plain))


def round_trips(connection: psycopg.Connection[Any]) -> list[float]:
    """Milliseconds of up to `ROUND_TRIPS` executions of SELECT 1, for at most three seconds."""
    measured: list[float] = []
    end = time.monotonic() + _BUDGET_SECONDS
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        while len(measured) < ROUND_TRIPS and (not measured or time.monotonic() < end):
            began = time.perf_counter()
            cursor.execute("SELECT 1")
            measured.append((time.perf_counter() - began) * 1000)
    return measured


def judge_latency(milliseconds: Sequence[float]) -> Verdict:
    """The verdict on at least one measured round trip."""
    ranked = sorted(milliseconds)
    half, most = (ranked[min(len(ranked) * share // 100, len(ranked) - 1)] for share in (50, 99))
    found = f"{counted(len(ranked), 'round trip')}: p50 {half:.2f} ms, p99 {most:.2f} ms"
    if half <= SLOW_MS:
        return ok(found)
    return warning(
        f"{found}; code written for SQLite asks many small questions, and each waits that long",
        advice=[
            "Run the application near the database: in the same network, region and zone.",
            "Ask for many rows at a time: a join or IN instead of a query for each, executemany to write.",
        ],
    )


def clock(subject: Subject) -> Verdict:
    """The server's clock against this machine's."""
    return judge_clock(skew(subject.plain))


def skew(connection: psycopg.Connection[Any]) -> timedelta:
    """How far the server's clock is ahead of this machine's, by the quickest of a few answers."""
    best: tuple[timedelta, timedelta] | None = None
    for _ in range(_CLOCK_READINGS):
        before = datetime.now(UTC)
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
        after = datetime.now(UTC)
        assert row is not None  # noqa: S101 - a SELECT without FROM has one row
        taken = after - before
        ahead = datetime.fromtimestamp(row[0], UTC) - (before + taken / 2)
        best = min(best or (taken, ahead), (taken, ahead))
    assert best is not None  # noqa: S101 - the range above is not empty
    return best[1]


def judge_clock(ahead: timedelta) -> Verdict:
    """The verdict on how far the server's clock is ahead."""
    seconds = abs(ahead.total_seconds())
    if seconds <= SKEW_SECONDS:
        return ok(f"within {SKEW_SECONDS:g} s of this machine's clock")
    word = "ahead of" if ahead > timedelta() else "behind"
    return warning(
        f"{seconds:,.1f} s {word} this machine's clock: now() of the database and the application's own time "
        "differ by that",
        advice=["Let both machines take their time from NTP (timedatectl set-ntp true)."],
    )


def _is_socket(host: str) -> bool:
    return host.startswith(("/", "@"))  # @ begins the name of an abstract socket


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:  # a name that libpq kept
        return address == "localhost"
