"""`outgrow inspect`: what is in the file, what its columns really hold, what will become of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from outgrow.cli import common
from outgrow.errors import ConfigError
from outgrow.schema.names import fold


def command(  # noqa: PLR0917 - typer gives options by name
    source: common.Source,
    plan: common.PlanPath = None,
    types: common.Types = None,
    names: common.Names = None,
    rowids: common.Rowids = None,
    allow: common.Allow = None,
    tables: Annotated[
        list[str] | None,
        typer.Option("--table", "-t", metavar="TABLE", help="Show only this table; may be repeated."),
    ] = None,
    jobs: common.Jobs = None,
    json: common.Json = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write one self-contained page.")
    ] = None,
) -> None:
    """Show what SOURCE holds and what will become of it, every value looked at. Nothing is written.

    Exit codes: 0; 1 findings that would stop a move; 2 usage; 3 source.
    """
    from outgrow.findings import Severity, unallowed  # noqa: PLC0415
    from outgrow.move.confirm import confirm  # noqa: PLC0415 - heavy
    from outgrow.move.examine import examine  # noqa: PLC0415
    from outgrow.sqlite.connect import open_snapshot  # noqa: PLC0415

    given = common.read_plan_file(plan)
    options = common.facing(
        common.make_options(given, types=types, names=names, rowids=rowids, allow=allow), None
    )
    count = common.job_count(jobs)
    with common.progress(quiet=json) as watcher, open_snapshot(source, readers=count + 2) as snapshot:
        examined = examine(
            snapshot,
            jobs=count,
            progress=watcher,
            in_full=True,
            overrides=given.overrides,
            rowids=options.rowids,
        )
        made = confirm(snapshot, examined, options, given.overrides, jobs=count, progress=watcher)
    for name in tables or ():
        _known(name, [table.name for table in examined.database.tables])
    if html is not None:
        from outgrow.report.html import inspection_html  # noqa: PLC0415

        _write(html, inspection_html(examined.database, examined.profile, made))
    if json:
        from outgrow.report.json_report import inspection_json  # noqa: PLC0415

        common.print_json(inspection_json(examined.database, examined.profile, made))
    elif html is None:
        from outgrow.report.text import show_inspection  # noqa: PLC0415

        show_inspection(
            common.console(),
            examined.database,
            examined.profile,
            made,
            tables=tables or (),
            allowed=options.allow,
        )
    raise typer.Exit(1 if unallowed(made.findings, Severity.STOP, options.allow) else 0)


def _known(name: str, tables: list[str]) -> None:
    if fold(name) not in map(fold, tables):
        there = ", ".join(tables[:8]) + (" …" if len(tables) > 8 else "")
        raise ConfigError(f"--table {name}: the file has no such table; there are {there}")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}; name another file") from error
    typer.echo(f"wrote {path}", err=True)
