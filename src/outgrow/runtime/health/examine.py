"""One examination: every check of the table in a transaction of its own, and what they add up to.

Called by `cli.doctor`. Whatever a check meets becomes its verdict, so one that fails takes no other with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from outgrow.errors import OutgrowError, TargetError
from outgrow.postgres.apply import say
from outgrow.postgres.connect import conninfo
from outgrow.postgres.redact import redact
from outgrow.runtime.health.application import Application
from outgrow.runtime.health.check import Check, CheckKind, Verdict, failure, skipped
from outgrow.runtime.health.subject import READER, TIMEOUTS, Subject, opened, redacted, schema_of
from outgrow.runtime.health.table import CHECKS
from outgrow.runtime.urls import without_own

EXIT_UNHEALTHY = 1
_BEFORE_REMEDY = ": "


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one examination found. `target` is the URL without its password, `allowed` are ids of checks."""

    target: str
    schema: str
    checks: tuple[Check, ...]
    allowed: frozenset[str] = frozenset()
    reached: bool = True

    def wrong(self) -> tuple[Check, ...]:
        """The failures and warnings that were not allowed."""
        return tuple(
            c for c in self.checks if c.status in {"failure", "warning"} and c.id not in self.allowed
        )

    def exit_code(self) -> int:
        """0 when nothing is wrong but what was allowed; 1 else; 4 when the database cannot be reached."""
        if not self.reached:
            return TargetError.exit_code
        return EXIT_UNHEALTHY if self.wrong() else 0

    def as_json(self) -> dict[str, Any]:
        """The `--json` document; docs/reference/doctor.md promises its shape."""
        return {
            "target": self.target,
            "schema": self.schema,
            "healthy": self.exit_code() == 0,
            "checks": [
                {
                    "id": check.id,
                    "title": check.title,
                    "status": check.status,
                    "allowed": check.id in self.allowed,
                    "found": list(check.found),
                    "advice": list(check.advice),
                }
                for check in self.checks
            ],
        }


def examine(
    url: str | None,
    application: Application,
    *,
    schema: str | None = None,
    workers: int = 1,
    allowed: frozenset[str] = frozenset(),
) -> Report:
    """Makes all checks on the database of `url`, else on that of the application's settings.

    Reads only, but for a write that is rolled back. Raises ConfigError for a URL that cannot be read; a
    database that cannot be reached is in the report.
    """
    settings = application.settings
    target = settings.url if url is None and settings is not None else url or ""
    conninfo(without_own(target))  # ConfigError, before anything is tried
    report = Report(
        target=redact(target, target),
        schema=schema or schema_of(target) or "public",
        checks=(),
        allowed=allowed,
    )
    try:
        with opened(url, schema, application, workers) as subject:
            report = replace(report, schema=subject.schema, checks=tuple(_checks(subject)))
    except (psycopg.Error, TargetError) as error:
        checks = tuple(_unreached(say(error) if isinstance(error, psycopg.Error) else str(error)))
        report = replace(report, checks=checks, reached=False)
    return replace(report, checks=tuple(_clean(check, url, application) for check in report.checks))


def _checks(subject: Subject) -> Iterator[Check]:
    for kind in CHECKS:
        yield kind.of(_looked(kind, subject))


def _looked(kind: CheckKind, subject: Subject) -> Verdict:
    """The verdict of a check, whatever it meets."""
    try:
        with (
            subject.main.transaction(force_rollback=True),
            subject.plain.transaction(force_rollback=True),
        ):
            subject.main.execute(READER)
            subject.plain.execute(TIMEOUTS)
            for connection in (subject.main, subject.plain):
                if not kind.writes:
                    connection.execute("SET LOCAL transaction_read_only = on")
            return kind.look(subject)
    except psycopg.errors.InsufficientPrivilege as error:
        return skipped(
            f"this user may not look: {say(error)}",
            advice=["Run outgrow doctor as the owner of the tables for this check."],
        )
    except (psycopg.Error, OSError) as error:
        said = say(error) if isinstance(error, psycopg.Error) else str(error)
        return failure(
            f"could not be looked at: {said}",
            advice=["Mend that, or look again when the server is less busy."],
        )
    except OutgrowError as error:
        return failure(str(error), advice=[])


def _unreached(reason: str) -> Iterator[Check]:
    """The report on a database that cannot be reached: why, and nothing else."""
    said, colon, remedy = reason.rpartition(_BEFORE_REMEDY)  # as `postgres.connect` writes it
    for kind in CHECKS:
        if kind.id == "connection":
            remedy = remedy[:1].upper() + remedy[1:] + "."
            yield kind.of(failure(said, advice=[remedy]) if colon else failure(reason, advice=[]))
        else:
            yield kind.of(skipped("not looked at without a connection"))


def _clean(check: Check, url: str | None, application: Application) -> Check:
    found, advice = (
        tuple(redacted(line, url, application) for line in lines) for lines in (check.found, check.advice)
    )
    return replace(check, found=found, advice=advice)
