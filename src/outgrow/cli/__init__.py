"""The command line: one file per verb beside this one, and here what they share.

A verb's module is imported only when it is called, so that `outgrow --help` answers at once. Each
has a function `command`, or for a group of commands a `typer.Typer` named `app`; it prints its
result on stdout, logs on stderr and raises the errors of `outgrow.errors`. This module turns those
into one line and an exit code.
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from outgrow import __version__
from outgrow.errors import OutgrowError
from outgrow.postgres.redact import redact

VERBS = {
    "inspect": "Show what a SQLite file holds and what becomes of it.",
    "plan": "Write the decisions to an editable file, or print the SQL.",
    "move": "Move a SQLite file to PostgreSQL and verify every value.",
    "verify": "Compare a SQLite file and a PostgreSQL database by value.",
    "sql": "Print what SQLite's SQL is on PostgreSQL.",
    "run": "Run a program whose SQLite file is PostgreSQL from now on.",
    "replay": "Run recorded statements on PostgreSQL and compare.",
    "doctor": "Check a PostgreSQL database and what an application really uses.",
    "server": "Start, stop and use the PostgreSQL brought along.",
}

EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141
EXIT_INTERNAL = 5


class _ReaderLeft(Exception):  # noqa: N818 - nobody's error
    """The reader of stdout, such as `head`, has left: nobody wants the rest, nor a complaint about it."""


class _Verb(TyperCommand):
    """A verb by its name and one line of help; its module is imported when it is called.

    `Any` stands for typer's context class, which has no public name.
    """

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        return _load(str(self.name)).make_context(info_name, args, parent, **extra)


class _Verbs(TyperGroup):
    """The group of all verbs."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        for name, summary in VERBS.items():
            self.add_command(_Verb(name=name, help=summary, callback=None))

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except KeyboardInterrupt:  # typer itself would end without a word
            _complain("interrupted; the same command goes on from here")
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except BrokenPipeError:  # typer itself would end with 1, which says that something was found
            raise _ReaderLeft from None
        return result


def _load(verb: str) -> Any:
    """The command or group of commands of `verb`, as typer builds it."""
    module = importlib.import_module(f"outgrow.cli.{verb}")
    if hasattr(module, "app"):
        return typer.main.get_command(module.app)
    app = new_app()
    app.command(name=verb)(module.command)
    return typer.main.get_command(app)


def new_app(**options: Any) -> typer.Typer:
    """A typer app in the house's manner: plain help, there 0.1 s before rich help, and our errors."""
    return typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **options,
    )


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"outgrow {__version__}")
        raise typer.Exit


app = new_app(cls=_Verbs, no_args_is_help=True)


@app.callback()
def _outgrow(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Move an application from SQLite to PostgreSQL: schema, data and SQL, every value verified."""


def main() -> None:
    """The program `outgrow`: runs one verb and ends the process with its exit code.

    0 done and verified; 1 findings that stop, or differences; 2 usage; 3 source; 4 target; 5 our bug;
    130 interrupted.
    """
    gc.set_threshold(100_000)  # Python's default of 700 costs a sixth of the time from start to work
    # psycopg warns of a connection that is closed in the middle of a statement; what is to be said, we say.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start threads that nobody needs
    raise SystemExit(_run())


def _run() -> int:
    try:
        app(prog_name="outgrow")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except OutgrowError as error:
        _complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _complain("interrupted; the same command goes on from here")
        return EXIT_INTERRUPTED
    except _ReaderLeft:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's own last flush
        return EXIT_BROKEN_PIPE
    except Exception as error:
        return _own_bug(error)
    return 0


def _own_bug(error: Exception) -> int:
    """Says that this is our bug in one line, and where it is when OUTGROW_DEBUG=1."""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if os.environ.get("OUTGROW_DEBUG") == "1":
        sys.stderr.write(_redacted("".join(traceback.format_exception(error))))
    _complain(f"internal error: {what} (please report; OUTGROW_DEBUG=1 shows where)")
    return EXIT_INTERNAL


def _complain(message: str) -> None:
    """One line on stderr: no password, and nothing that a terminal would obey."""
    line = " ".join(_redacted(message).split())
    sys.stderr.write(f"outgrow: {''.join(c if c.isprintable() else ascii(c)[1:-1] for c in line)}\n")


def _redacted(text: str) -> str:
    """`text` without the passwords that this command was given, in whichever way."""
    password = os.environ.get("PGPASSWORD")
    return redact(text, *sys.argv[1:], *([f"password={password}"] if password else []))
