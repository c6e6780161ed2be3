"""The check of which database the application would really use as it is configured now."""

from __future__ import annotations

from outgrow.runtime.health.application import Application
from outgrow.runtime.health.check import Verdict, failure, ok, skipped, warning
from outgrow.runtime.health.server import place
from outgrow.runtime.health.subject import Configured, Session, Subject
from outgrow.runtime.settings import KIND_VARIABLES, Settings


def database(subject: Subject) -> Verdict:
    """The application's database against the one that is examined."""
    application, settings = subject.application, subject.application.settings
    if application.problem:
        return failure(application.problem, advice=["Mend the variables that are named here."])
    if settings is None:
        return _unsaid(application)
    if settings.kind == "sqlite":
        return failure(
            f"the application uses the SQLite file {settings.path} ({settings.said_by}), not PostgreSQL",
            advice=["Set DATABASE_URL to the URL of the database, and take out what says sqlite."],
        )
    return _postgresql(subject, settings, subject.configured or Configured())


def _unsaid(application: Application) -> Verdict:
    if application.directory is None:
        return skipped(
            "no variable and no .env here says which database the application uses",
            advice=["Name the application's directory with --app."],
        )
    return warning(
        f"no variable and no .env in {application.directory} says which database to use, so the application "
        "uses its own default, which was a SQLite file",
        advice=[
            f"Set DATABASE_URL, or {KIND_VARIABLES[0]} and POSTGRES_HOST, where the application reads them."
        ],
    )


def _postgresql(subject: Subject, settings: Settings, configured: Configured) -> Verdict:
    theirs, ours = configured.session, subject.session
    if theirs is None:
        return failure(
            f"the application cannot connect ({settings.said_by}): {configured.problem}",
            advice=["Mend the variables that are named here."],
        )
    where = f"database {theirs.database} as user {theirs.user_name} ({settings.said_by})"
    if theirs.identity != ours.identity:
        return failure(
            f"the application uses {where}, which is not {_named(subject, ours)}",
            advice=["Set the variables to the database that is meant, or give that one with --to."],
        )
    if settings.fallback == "read-write":
        return warning(
            f"the application uses {where}, and while that cannot be reached it writes to "
            f"{settings.fallback_path}; the two then differ",
            advice=["Set OUTGROW_FALLBACK to read-only or none."],
        )
    also = (
        f"; while that cannot be reached it reads {settings.fallback_path}" if settings.fallback_path else ""
    )
    return ok(f"the application uses {where}{also}")


def _named(subject: Subject, session: Session) -> str:
    return f"database {session.database} at {place(subject.plain.info)}, which --to names"
