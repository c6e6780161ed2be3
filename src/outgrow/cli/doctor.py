"""`outgrow doctor`: whether a database is healthy, and which one an application really uses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outgrow.cli import common
from outgrow.errors import ConfigError

if TYPE_CHECKING:
    from outgrow.runtime.health.application import Application


To = Annotated[
    str | None,
    typer.Option("--to", metavar="URL", help="The database [what the application's settings say]."),
]
App = Annotated[
    Path | None,
    typer.Option(
        "--app", metavar="DIR", help="The application: its .env and its code are read [the .env here]."
    ),
]
Workers = Annotated[
    int, typer.Option("--workers", min=1, max=100_000, help="Processes of the application, each with a pool.")
]
Allow = Annotated[
    list[str] | None,
    typer.Option("--allow", metavar="CHECK", help="Accept what this check finds; may be repeated."),
]


def command(
    to: To = None,
    app: App = None,
    schema: common.Schema = None,
    workers: Workers = 1,
    allow: Allow = None,
    json: common.Json = False,
) -> None:
    """Check a PostgreSQL database and what an application really uses.

    Reads only; the write test is rolled back. Exit codes: 0 healthy; 1 a failure or a warning that is not
    allowed; 2 usage; 4 the database cannot be reached.
    """
    from outgrow.runtime.health.application import configuration  # noqa: PLC0415 - heavy
    from outgrow.runtime.health.examine import examine  # noqa: PLC0415

    if app is not None and not app.is_dir():
        raise ConfigError(f"--app {app} is not a directory; name the one that the application's code lies in")
    allowed = _allowed(allow)
    application = configuration(os.environ, app.resolve() if app else None, Path.cwd())
    if to is None:
        _refuse_without_database(application)
    report = examine(to, application, schema=schema, workers=workers, allowed=allowed)
    if json:
        common.print_json(report.as_json())
    else:
        from outgrow.runtime.health.text import show_report  # noqa: PLC0415

        show_report(common.console(), report)
    raise typer.Exit(report.exit_code())


def _allowed(allow: list[str] | None) -> frozenset[str]:
    """The ids of checks to accept; ConfigError for one that there is not."""
    from outgrow.runtime.health.table import CHECKS  # noqa: PLC0415 - heavy

    known = [kind.id for kind in CHECKS]
    for wanted in allow or ():
        if wanted not in known:
            raise ConfigError(f"--allow {wanted}: no such check; there are {', '.join(known)}")
    return frozenset(allow or ())


def _refuse_without_database(application: Application) -> None:
    """ConfigError where neither --to nor the application's settings name a PostgreSQL database."""
    settings = application.settings
    if application.problem:
        raise ConfigError(f"{application.problem}; or say with --to URL which database to check")
    if settings is None:
        raise ConfigError(
            "neither --to nor a setting of the application names a database; give --to URL, or --app DIR "
            "with a DATABASE_URL in its .env"
        )
    if settings.kind == "sqlite":
        raise ConfigError(
            f"the application uses the SQLite file {settings.path} ({settings.said_by}); give --to URL to "
            "check the database that it should use"
        )
