"""`outgrow move`: a SQLite file becomes a verified PostgreSQL database."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from outgrow.cli import common


def command(  # noqa: PLR0917 - typer gives options by name
    source: common.Source,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="URL", help="Target database [a PostgreSQL of outgrow's own]."),
    ] = None,
    plan: common.PlanPath = None,
    schema: common.Schema = None,
    types: common.Types = None,
    names: common.Names = None,
    rowids: common.Rowids = None,
    allow: common.Allow = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Drop the target's tables of the same names first.")
    ] = False,
    jobs: common.Jobs = None,
    no_verify: Annotated[
        bool, typer.Option("--no-verify", help="Do not compare the values afterwards.")
    ] = False,
    json: common.Json = False,
) -> None:
    """Move SOURCE to PostgreSQL and compare every value.

    Exit codes: 0 done and verified; 1 findings that stop, objects left behind, or differences; 2
    usage; 3 source; 4 target. Interrupted, the same command goes on.
    """
    from outgrow.move.migrate import Request, move  # noqa: PLC0415 - heavy
    from outgrow.sqlite.header import first_look  # noqa: PLC0415

    given = common.read_plan_file(plan)
    options = common.make_options(given, schema=schema, types=types, names=names, rowids=rowids, allow=allow)
    first_look(source.resolve())
    target = to if to is not None else common.own_server(source)
    request = Request(
        source=str(source),
        target=target,
        options=options,
        overrides=given.overrides,
        replace=replace,
        jobs=common.job_count(jobs),
        verify=not no_verify,
    )
    with common.progress(quiet=json) as watcher:
        result = move(request, watcher)
    if json:
        common.print_json(result.as_json())
    else:
        from outgrow.report.text import show_result  # noqa: PLC0415

        console = common.console()
        show_result(console, result, allowed=options.allow)
        if to is None:
            from outgrow.embedded.cluster import database_name  # noqa: PLC0415

            command_line = shlex.join(["outgrow", "server", "psql", database_name(source)])
            for line in (f"connect: {command_line}", f"     or: {result.target}"):
                console.print(line, markup=False, soft_wrap=True)
    raise typer.Exit(result.exit_code(options.allow))
