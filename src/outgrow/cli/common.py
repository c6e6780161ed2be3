"""What the verbs share: options as typer takes them, the plan file, the target, where output goes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outgrow.errors import ConfigError
from outgrow.options import NAME_POLICIES, ROWID_POLICIES, TYPE_POLICIES, Options

if TYPE_CHECKING:
    from rich.console import Console

    from outgrow.move.progress import Progress
    from outgrow.plan.toml import PlanFile

Source = Annotated[Path, typer.Argument(metavar="SOURCE", help="The SQLite file; it is only read.")]
Schema = Annotated[str | None, typer.Option("--schema", metavar="S", help="Target schema [public].")]
PlanPath = Annotated[
    Path | None, typer.Option("--plan", metavar="FILE", help="Decisions, as written by outgrow plan -o.")
]
Types = Annotated[
    str | None,
    typer.Option("--types", metavar="|".join(TYPE_POLICIES), help="How target types are chosen [inferred]."),
]
Names = Annotated[
    str | None,
    typer.Option("--names", metavar="|".join(NAME_POLICIES), help="How names are carried over [fold]."),
]
Rowids = Annotated[
    str | None,
    typer.Option(
        "--rowids",
        metavar="|".join(ROWID_POLICIES),
        help="Whose rowids move, of tables without INTEGER PRIMARY KEY: those that views and triggers read, "
        "or all [read].",
    ),
]
Allow = Annotated[
    list[str] | None,
    typer.Option("--allow", metavar="RULE", help="Accept findings of this rule; may be repeated."),
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, max=64, help="Streams at a time [number of CPUs, at most 4]."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]


_OWN_SCHEMAS = {"sqlite": "SQLite's functions", "outgrow": "what it remembers of its moves"}


def read_plan_file(path: Path | None) -> PlanFile:
    """The plan file, or one that sets nothing; ConfigError when it cannot be read."""
    from outgrow.plan.toml import PlanFile, read_plan  # noqa: PLC0415 - `--help` does without

    if path is None:
        return PlanFile()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the plan {path} cannot be read: {error}; write one with outgrow plan SOURCE -o {path}"
        ) from error
    return read_plan(text, str(path))


def make_options(
    plan: PlanFile,
    *,
    schema: str | None = None,
    types: str | None = None,
    names: str | None = None,
    rowids: str | None = None,
    allow: list[str] | None = None,
) -> Options:
    """The options of the command line over those of the plan file; ConfigError for a word that is unknown."""
    from outgrow.findings import known_rules  # noqa: PLC0415

    target_schema = schema or plan.schema or "public"
    if target_schema in _OWN_SCHEMAS:
        raise ConfigError(
            f"the target schema cannot be {target_schema}, where outgrow keeps "
            f"{_OWN_SCHEMAS[target_schema]}; name another one"
        )
    known = {rule.id for rule in known_rules()}
    for rule_id in allow or ():
        if rule_id not in known:
            raise ConfigError(
                f"--allow {rule_id}: no such rule; outgrow inspect shows the rules that the file meets"
            )
    return Options(
        schema=target_schema,
        types=_one_of("--types", types, TYPE_POLICIES) or plan.types or "inferred",  # type: ignore[arg-type]
        names=_one_of("--names", names, NAME_POLICIES) or plan.names or "fold",  # type: ignore[arg-type]
        json=plan.json or "jsonb",
        rowids=_one_of("--rowids", rowids, ROWID_POLICIES) or plan.rowids or "read",  # type: ignore[arg-type]
        allow=plan.allow | frozenset(allow or ()),
    )


def _one_of(option: str, value: str | None, known: tuple[str, ...]) -> str | None:
    if value is not None and value not in known:
        raise ConfigError(f"{option} {value}: it must be one of {', '.join(known)}")
    return value


def facing(options: Options, target: str | None) -> Options:
    """The options with what the target can do; without one, what outgrow's own PostgreSQL can."""
    if target is None:
        return replace(options, vectors=True)
    from outgrow.move.facts import with_facts  # noqa: PLC0415 - heavy
    from outgrow.postgres.connect import connect  # noqa: PLC0415

    with connect(target, autocommit=True) as connection:
        return with_facts(options, connection)


def job_count(jobs: int | None) -> int:
    """How many streams to run: what was asked, else the CPUs that this process may use, at most 4."""
    return jobs or min(
        4, max(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2)
    )


def own_server(source: Path) -> str:
    """URL of a database named after the file in outgrow's own PostgreSQL, which is started and kept."""
    from outgrow.embedded import cluster  # noqa: PLC0415 - only without --to

    server = cluster.of_environment()
    server.start()
    return server.ensure_database(cluster.database_name(source))


def console(*, stderr: bool = False) -> Console:
    """A rich console on stdout or stderr; wide and plain when that is no terminal."""
    from rich.console import Console  # noqa: PLC0415

    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(file=stream)
    return Console(file=stream, width=int(os.environ.get("COLUMNS", "120")), no_color=True, highlight=False)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """Live progress on a terminal, plain lines elsewhere, always on stderr."""
    from outgrow.report import progress as shown  # noqa: PLC0415

    if quiet:
        chosen = shown.quiet()
    elif sys.stderr.isatty():
        chosen = shown.terminal(console(stderr=True))
    else:
        chosen = shown.plain(sys.stderr)
    with chosen as watcher:
        yield watcher


def print_json(document: object) -> None:
    """One JSON document on stdout."""
    import json  # noqa: PLC0415

    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
