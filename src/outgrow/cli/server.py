"""`outgrow server`: the PostgreSQL that outgrow brings along, for people.

`move` starts the same server by itself where no target is given.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from outgrow.cli import new_app
from outgrow.embedded.cluster import binaries, of_environment

app = new_app(no_args_is_help=True, help="Start, stop and use the PostgreSQL that outgrow brings along.")


@app.command()
def start() -> None:
    """Start the server, making it first where there is none, and print its URL."""
    typer.echo(of_environment().start())


@app.command()
def stop(
    immediate: Annotated[
        bool,
        typer.Option("--immediate", help="Wait for nothing; the next start recovers the rest."),
    ] = False,
) -> None:
    """Stop the server. Its data stays."""
    typer.echo("stopped" if of_environment().stop(immediate=immediate) else "not running")


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say whether the server runs, where its data is and how to connect."""
    facts = {
        key: str(value) if isinstance(value, Path) else value
        for key, value in asdict(of_environment().status()).items()
    }
    if as_json:
        typer.echo(json.dumps(facts))
        return
    for key, value in facts.items():
        if value is not None:
            typer.echo(f"{key:8}{value}")


@app.command()
def url(
    database: Annotated[str, typer.Argument(help="Name of the database.")] = "postgres",
) -> None:
    """Print the URL of a database of the server, whether or not it runs."""
    typer.echo(of_environment().url(database))


@app.command(context_settings={"ignore_unknown_options": True})
def psql(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DATABASE] [PSQL ARGS]",
            help="The database, then anything psql takes.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Open psql on a database of the server, starting it where needed."""
    database, *arguments = words if words and not words[0].startswith("-") else ["postgres", *(words or [])]
    program, own = str(binaries() / "psql"), of_environment()
    own.start()
    sys.stdout.flush()
    os.execv(program, [program, own.url(database), *arguments])  # noqa: S606 - psql takes this process's place
