"""`outgrow plan`: every decision as a file to edit, or the target's whole DDL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outgrow.cli import common
from outgrow.errors import ConfigError

if TYPE_CHECKING:
    from outgrow.plan.model import Plan


def command(  # noqa: PLR0917 - typer gives options by name
    source: common.Source,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the plan there (- for stdout)."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="URL", help="Plan for what this server can do; it is only asked."),
    ] = None,
    plan: common.PlanPath = None,
    schema: common.Schema = None,
    types: common.Types = None,
    names: common.Names = None,
    rowids: common.Rowids = None,
    allow: common.Allow = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the target's DDL as one script instead.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False,
    jobs: common.Jobs = None,
) -> None:
    """Decide what becomes of SOURCE, every value looked at, and write it down. Nothing is moved.

    Exit codes: 0; 1 findings that would stop a move; 2 usage; 3 source; 4 target, with --to.
    """
    from outgrow.move.confirm import confirm  # noqa: PLC0415 - heavy
    from outgrow.move.examine import examine  # noqa: PLC0415
    from outgrow.move.migrate import stop_on  # noqa: PLC0415
    from outgrow.plan.toml import write_plan  # noqa: PLC0415
    from outgrow.sqlite.connect import open_snapshot  # noqa: PLC0415

    if output is not None and str(output) != "-" and output.exists() and not force:
        raise ConfigError(f"{output} exists; give --force to overwrite it, or another name")
    given = common.read_plan_file(plan)
    options = common.make_options(given, schema=schema, types=types, names=names, rowids=rowids, allow=allow)
    if to is not None or not sql:  # without a server, the script is to load on any
        options = common.facing(options, to)
    count = common.job_count(jobs)
    with common.progress(quiet=False) as watcher, open_snapshot(source, readers=count + 2) as snapshot:
        examined = examine(
            snapshot, jobs=count, progress=watcher, overrides=given.overrides, rowids=options.rowids
        )
        made = confirm(snapshot, examined, options, given.overrides, jobs=count, progress=watcher)
    if sql:
        from outgrow.plan.script import script  # noqa: PLC0415
        from outgrow.postgres.functions import script_with_schema as functions  # noqa: PLC0415

        typer.echo("".join(functions() if made.needs_functions else ()) + script(made), nl=False)
    elif output is None or str(output) == "-":
        typer.echo(write_plan(made, options.allow), nl=False)
    else:
        _write(output, write_plan(made, options.allow), made)
    stop_on(made, options.allow)


def _write(path: Path, text: str, plan: Plan) -> None:
    from outgrow.report.text import show_plan  # noqa: PLC0415

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}; name another file") from error
    show_plan(common.console(stderr=True), plan)
    typer.echo(f"wrote {path}; edit it, then: outgrow move SOURCE --plan {path}", err=True)
