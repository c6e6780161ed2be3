"""`outgrow replay`: what a program did on SQLite, done again on PostgreSQL, and the differences."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from outgrow.cli import common
from outgrow.errors import ConfigError


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As written by outgrow run --record.")],
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The database that the file was moved to.")],
    schema: common.Schema = None,
    commit: Annotated[
        bool,
        typer.Option("--commit", help="Run on the database itself, and write to it, instead of on a copy."),
    ] = False,
    json: common.Json = False,
) -> None:
    """Run what FILE recorded on a copy of the database at URL, and compare results, errors and times.

    Exit codes: 0 no differences; 1 differences; 2 usage, or FILE is no recording; 4 target.
    """
    from outgrow.runtime.dbapi.opening import place  # noqa: PLC0415
    from outgrow.runtime.launch import scratch, state  # noqa: PLC0415 - heavy
    from outgrow.runtime.launch.comparing import Comparison  # noqa: PLC0415
    from outgrow.runtime.launch.replaying import Replay  # noqa: PLC0415

    where = place(to, schema, "sqlite")
    events = _events(file)
    header = next(events)
    standing = state.standing(where.url, where.schema, header)
    for line in standing.warnings:
        sys.stderr.write(f"outgrow: {line}\n")
    comparison = Comparison(standing.moments)
    with nullcontext(where.url) if commit else scratch.copy_of(where.url) as url:
        replay = Replay(url, where.schema, comparison, is_copy=not commit)
        replay.run(events)
    facts = {
        "recording": str(file), "database": standing.database, "schema": where.schema, "copy": not commit,
        "connections": replay.connections, "left_out": replay.calls_left_out, "steered": replay.steered,
    }  # fmt: skip
    if json:
        from outgrow.runtime.launch.outcome import as_json  # noqa: PLC0415

        common.print_json(as_json(comparison, facts, standing))
    else:
        from outgrow.runtime.launch.outcome import lines  # noqa: PLC0415

        for text in lines(comparison, facts):
            typer.echo(text)
    raise typer.Exit(int(any(group.differing for group in comparison.groups.values())))


def _events(file: Path) -> Iterator[dict[str, Any]]:
    """The header and the events. Raises ConfigError for a file that is no recording."""
    from outgrow.runtime.launch import journal  # noqa: PLC0415

    try:
        yield from journal.read(file)
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be read: {error.strerror}; record one with outgrow run --record"
        ) from error
    except journal.RecordingError as error:
        raise ConfigError(str(error)) from error
