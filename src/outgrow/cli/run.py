"""`outgrow run`: a program that nobody changed, with PostgreSQL in the place of its SQLite file."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from outgrow.cli import common, new_app
from outgrow.errors import ConfigError, OutgrowError
from outgrow.postgres.redact import redact
from outgrow.schema.names import fold

app = new_app()

_VALUES = ("sqlite", "native")
_KEYS = ("sqlite", "identity")
_TEXTS = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite^_%' ESCAPE '^'"


@app.command(name="run", context_settings={"allow_interspersed_args": False})
def command(
    program: Annotated[
        list[str],
        typer.Argument(
            metavar="PROGRAM [ARGS]", help="Any command that starts a Python; write -- before it."
        ),
    ],
    db: Annotated[Path, typer.Option("--db", metavar="SOURCE", help="The SQLite file that it opens.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="The database that the file is from now on.")
    ] = None,
    schema: common.Schema = None,
    values: Annotated[
        str | None,
        typer.Option("--values", metavar="|".join(_VALUES), help="Whose values rows hold [sqlite]."),
    ] = None,
    keys: Annotated[
        str | None,
        typer.Option(
            "--keys",
            metavar="|".join(_KEYS),
            help="Who numbers new rows: as SQLite does, by which inserts wait for each other, or PostgreSQL "
            "[sqlite].",
        ),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="FILE", help="Write down every statement and what came of it."),
    ] = None,
    rows: Annotated[
        int,
        typer.Option(
            "--rows",
            min=0,
            metavar="N",
            show_default=False,
            help="Record the first N rows of each result [0].",
        ),
    ] = 0,
) -> None:
    """Run PROGRAM; what it opens as SOURCE is the database at URL. Other SQLite files stay SQLite.

    Without --to it runs on SQLite, and --record writes down what it does there.

    Exit codes: the program's own. If that is 0: 2 when no process of it loaded outgrow, 3 when SOURCE was
    written to all the same. Before the program is started: 2 usage; 4 target.
    """
    _check(to, {"--schema": schema, "--values": values, "--keys": keys}, record, rows)
    database = Path(os.path.abspath(db))  # noqa: PTH100 - Path.absolute keeps the dots
    if to is not None:
        for line in _looked_at(to, schema or "public", database):
            _say(line)
    said = {"schema": schema or "", "values": values or "", "keys": keys or ""}
    facts = {"database": str(database), "url": to or "", **said}
    if record is None:
        raise typer.Exit(_run(program, facts))
    path = _begun(record, database, to)
    raise typer.Exit(
        _run(program, {**facts, "record": str(path), "rows": rows, "clock": time.monotonic_ns()})
    )


def _check(to: str | None, said: Mapping[str, str | None], record: Path | None, rows: int) -> None:
    if to is None and record is None:
        raise ConfigError(
            "say what the file becomes: --to URL for PostgreSQL, or --record FILE to write down what runs"
        )
    if to is None and any(said.values()):
        raise ConfigError(
            f"{', '.join(list(said)[:-1])} and {list(said)[-1]} are of a PostgreSQL: add --to URL, or leave "
            "them out"
        )
    for name, words in (("--values", _VALUES), ("--keys", _KEYS)):
        word = said[name]
        if word is not None and word not in words:
            raise ConfigError(f"{name} {word}: it must be one of {', '.join(words)}")
    if rows and record is None:
        raise ConfigError("--rows is of a recording: add --record FILE, or leave it out")


def _run(program: list[str], facts: dict[str, Any]) -> int:
    """Runs the program and looks at how it went; the exit code. Raises OutgrowError."""
    from outgrow.runtime.launch import reporting, spawn, watching  # noqa: PLC0415 - `--help` does without
    from outgrow.runtime.launch.targets import Target, environment  # noqa: PLC0415

    target = Target(**facts)
    database = Path(os.path.realpath(target.database))
    report = Path(tempfile.mkdtemp(prefix="outgrow-run-"))
    try:
        reporting.begin(report)
        before = watching.state_of(database)
        sys.stdout.flush()
        code = spawn.run(program, environment(target, report, os.environ))
        after = watching.state_of(database)
        judged = watching.judge(target, program[0], reporting.read(report), before, after)
    finally:
        shutil.rmtree(report, ignore_errors=True)
    for line in judged.said:
        _say(line)
    if judged.failed is not None:
        if code == 0:
            raise judged.failed
        _say(str(judged.failed))
    return code


def _looked_at(url: str, schema: str, database: Path) -> list[str]:
    """What is to be said of the target before the program starts. Raises ConfigError, TargetError."""
    from outgrow.postgres.connect import connect  # noqa: PLC0415 - heavy
    from outgrow.postgres.ledger import Ledger  # noqa: PLC0415
    from outgrow.runtime.dbapi.opening import place  # noqa: PLC0415
    from outgrow.sqlite.header import filled  # noqa: PLC0415

    where = place(url, None, None)
    chosen = fold(where.schema if where.schema != "public" else schema)
    with connect(where.url, autocommit=True) as connection:
        ledger = Ledger(chosen)
        moved = ledger.exists(connection, writable=False) and ledger.entry(connection) is not None
    if moved or not filled(database):
        return []
    return [
        f"schema {chosen} of the target holds no move, so the program begins with an empty database; if that "
        f"is not meant: outgrow move {database}"
    ]


def _begun(record: Path, database: Path, to: str | None) -> Path:
    """Makes the recording with its header; its absolute path. Raises ConfigError."""
    from outgrow.runtime.launch import journal  # noqa: PLC0415

    path = Path(os.path.abspath(record))  # noqa: PTH100
    try:
        header = {"engine": "sqlite" if to is None else "postgresql", "database": str(database)}
        journal.begin(path, header | _state(database))
    except FileExistsError:
        raise ConfigError(f"{record} is there already; name another file, or remove it") from None
    except OSError as error:
        raise ConfigError(f"{record} cannot be written: {error.strerror}; name another file") from error
    return path


def _state(database: Path) -> dict[str, str | None]:
    """What the file holds now, by digests that `replay` compares with the move's."""
    from outgrow.runtime.launch.state import digest_of_texts  # noqa: PLC0415
    from outgrow.sqlite.connect import ask, open_snapshot  # noqa: PLC0415

    try:
        with open_snapshot(database) as snapshot, snapshot.apsw() as connection:
            texts = ask(connection, _TEXTS)
            return {"file": snapshot.fingerprint, "schema": digest_of_texts(str(text) for (text,) in texts)}
    except OutgrowError:  # the program makes it, or says itself what is wrong with it
        return {"file": None, "schema": None}


def _say(line: str) -> None:
    sys.stderr.write(f"outgrow: {redact(line, *sys.argv[1:])}\n")
