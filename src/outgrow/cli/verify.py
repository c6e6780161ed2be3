"""`outgrow verify`: both sides read afresh and compared, at any time after a move."""

from __future__ import annotations

from typing import Annotated

import typer

from outgrow.cli import common


def command(
    source: common.Source,
    to: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="Target database [in outgrow's own PostgreSQL].")
    ] = None,
    schema: common.Schema = None,
    allow: common.Allow = None,
    jobs: common.Jobs = None,
    json: common.Json = False,
) -> None:
    """Compare every value of SOURCE with the database it was moved to.

    Exit codes: 0 equal; 1 differences; 2 usage; 3 source; 4 target, or it holds no move of this file.
    """
    from outgrow.move.reverify import verify  # noqa: PLC0415 - heavy
    from outgrow.plan.toml import PlanFile  # noqa: PLC0415
    from outgrow.sqlite.header import first_look  # noqa: PLC0415

    options = common.make_options(PlanFile(), schema=schema, allow=allow)
    first_look(source.resolve())
    target = to if to is not None else common.own_server(source)
    with common.progress(quiet=json) as watcher:
        result = verify(str(source), target, options, jobs=common.job_count(jobs), progress=watcher)
    if json:
        common.print_json(result.as_json())
    else:
        from outgrow.report.text import show_result  # noqa: PLC0415

        show_result(common.console(), result, verb="verify", allowed=options.allow)
    raise typer.Exit(result.exit_code(options.allow))
