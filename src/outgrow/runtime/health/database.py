"""Checks of the database as a whole: encoding, time zone, collation, search path, extensions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from outgrow.report.figures import counted
from outgrow.runtime.health import queries
from outgrow.runtime.health.check import Verdict, failure, ok, warning
from outgrow.runtime.health.subject import Session, Subject
from outgrow.schema.names import quote

_COLLATION_VERSION_SINCE = 150000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Database:
    database: str
    encoding: str
    provider: str
    locale: str
    bytewise: bool
    recorded: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Collation:
    name: str
    recorded: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extension:
    name: str
    version: str
    newest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Invisible:
    name: str
    instead: str | None


def encoding(subject: Subject) -> Verdict:
    """UTF-8 in the database and in sessions."""
    found = queries.row(subject.main, "database", _Database)
    if found.encoding != "UTF8":
        return failure(
            f"the database {found.database} has the encoding {found.encoding}, which does not hold all text",
            advice=[
                "Make one with createdb --encoding UTF8 --template template0, and move again into that one."
            ],
        )
    if subject.session.client_encoding != "UTF8":
        return warning(
            f"UTF8, but sessions speak {subject.session.client_encoding}, which does not hold all text",
            advice=["Take client_encoding out of PGCLIENTENCODING, the URL, the role or the database."],
        )
    return ok("UTF8, in the database and in sessions")


def time_zone(subject: Subject) -> Verdict:
    """What a time without a zone means in the application's sessions."""
    return judge_time_zone(subject.session)


def judge_time_zone(session: Session) -> Verdict:
    """The verdict on the settings that a session got."""
    where = _set_where(session)
    found = f"sessions get {session.time_zone}{where}"
    if not session.keeps_utc:
        return warning(
            f"{found}, not UTC: a time without a zone is taken for local time, and "
            "what SQLite kept in UTC shifts by hours when a session compares, stores or shows it",
            advice=_utc(session),
        )
    if not session.date_style.startswith("ISO"):
        return warning(
            f"{found}; dates are written in the style {session.date_style}, which programs do not expect",
            advice=[f"ALTER DATABASE {quote(session.database)} SET datestyle = 'ISO, YMD';"],
        )
    return ok(f"{found}; dates are written in ISO's style")


def _set_where(session: Session) -> str:
    return {
        "default": "",
        "configuration file": " (set in the server's configuration)",
        "command line": " (set on the server's command line)",
        "environment variable": " (set in the server's environment)",
        "global": " (set for all roles)",
        "database": " (set for the database)",
        "user": f" (set for the role {session.user_name})",
        "database user": f" (set for the role {session.user_name} in this database)",
        "client": " (set by PGTZ, PGOPTIONS or the URL)",
    }.get(session.time_zone_source, f" (set by {session.time_zone_source})")


def _utc(session: Session) -> list[str]:
    role, database = quote(session.user_name), quote(session.database)
    if session.time_zone_source == "client":
        return ["Take the time zone out of PGTZ, PGOPTIONS and the URL."]
    if session.time_zone_source == "user":
        return [f"ALTER ROLE {role} RESET timezone;", f"ALTER DATABASE {database} SET timezone = 'UTC';"]
    if session.time_zone_source == "database user":
        return [f"ALTER ROLE {role} IN DATABASE {database} SET timezone = 'UTC';"]
    return [f"ALTER DATABASE {database} SET timezone = 'UTC';"]


def collation(subject: Subject) -> Verdict:
    """How text sorts, and whether indexes were built by the rules that are in force now."""
    found = queries.row(subject.main, "database", _Database)
    how = "by its bytes, as in SQLite" if found.bytewise else "by its own rules; moved columns sort by bytes"
    text = f"{found.provider} {found.locale}: text sorts {how}"
    changed = queries.rows(subject.main, "collations", _Collation, {"schema": subject.schema})
    lines = [f"{c.name} was version {c.recorded}, is version {c.version}" for c in changed]
    advice = [f"ALTER COLLATION {c.name} REFRESH VERSION;" for c in changed]
    if subject.main.info.server_version >= _COLLATION_VERSION_SINCE:
        now = queries.row(subject.main, "collation_now", _Version).version
        if found.recorded is not None and now is not None and found.recorded != now:
            lines.insert(0, f"the database's was version {found.recorded}, is version {now}")
            advice.insert(0, f"ALTER DATABASE {quote(found.database)} REFRESH COLLATION VERSION;")
    if not lines:
        return ok(text)
    return warning(
        f"{text}; its rules changed after indexes were built, which may miss rows or let keys in twice",
        *lines,
        advice=[f"REINDEX DATABASE {quote(found.database)};", *advice],
    )


def search_path(subject: Subject) -> Verdict:
    """Whether the tables are found by their bare names in the application's sessions."""
    hidden = queries.rows(subject.plain, "invisible", _Invisible, {"schema": subject.schema})
    session = subject.session
    role, path = quote(session.user_name), ", ".join(map(quote, session.schemas)) or "nothing"
    if not hidden:
        return ok(f"{path}: tables of schema {subject.schema} are found by their bare names")
    taken = [h for h in hidden if h.instead is not None]
    if taken:
        return failure(
            f"{counted(len(taken), 'bare name means', 'bare names mean')} what another schema has",
            *(f"{h.name} means {quote(str(h.instead))}.{quote(h.name)}" for h in taken),
            advice=[f"ALTER ROLE {role} SET search_path = {quote(subject.schema)}, public;"],
        )
    if subject.in_url:
        return ok(f"sessions look in {path}; the URL names schema {subject.schema} to outgrow.connect")
    return warning(
        f"sessions look in {path}, not in {subject.schema}: its tables are not found by their bare names",
        advice=[
            f"Add schema={subject.schema} to the URL that outgrow.connect gets; or for all sessions:",
            f"ALTER ROLE {role} IN DATABASE {quote(session.database)} "
            f"SET search_path = {quote(subject.schema)};",
        ],
    )


def extensions(subject: Subject) -> Verdict:
    """What is installed, and whether pgvector is where the move needs it."""
    there = queries.rows(subject.main, "extensions", _Extension)
    listed = ", ".join(_told(there)) or "none but plpgsql"
    if not subject.remembered.needs_pgvector:
        return ok(listed)
    if any(extension.name == "vector" for extension in there):
        return ok(f"{listed}; the move needs vector, which is there")
    return failure(
        f"{listed}; the move made columns of type vector, and pgvector is gone",
        advice=["CREATE EXTENSION vector;", "Then move the file again with --replace."],
    )


def _told(there: Iterable[_Extension]) -> Iterable[str]:
    for extension in there:
        newer = extension.newest if extension.newest not in (None, extension.version) else ""
        yield f"{extension.name} {extension.version}" + (f" ({newer} is there to update to)" if newer else "")
