"""The runnable parts of a page: what they are, and running them.

A fence of a page says after its language what is done with it:

    sql app.db       makes the SQLite file app.db
    toml plan.toml   writes that file
    python run       runs it in the page's directory, with the fresh database in URL
    console run      runs its `$` commands; the lines below each are the output they must give
    console          commands only; it may not claim an output

In shown output `…` stands for anything: on a line of its own for any number of lines, else for a part
of its line. Commands are `outgrow …`, `sqlite3 FILE SQL` and `echo $?`; `$URL` is a fresh database.
A command that ends in `# interrupted` gets a Ctrl-C when its rows are copied. Progress, which goes to
stderr, is not shown. `generate` and the tests in tests/docs use this module.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, chdir, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from outgrow.move.progress import Silent

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
WIDTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: language, what follows it on the fence's line, the text, and its line in the page."""

    language: str
    use: str
    body: str
    line: int
    span: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of a console block and the output shown for it."""

    text: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command really gave, the block it stands in, and what the page shows."""

    block: Block
    command: Command
    output: str


@dataclass(slots=True)
class Session:
    """A page's directory, its database and the exit code of the last command."""

    directory: Path
    url: str
    environment: Mapping[str, str] = field(default_factory=dict)
    code: int = 0


def blocks(page: str) -> Iterator[Block]:
    """All fenced blocks of a page in order."""
    for found in _FENCE.finditer(page):
        language, _, use = found["info"].strip().partition(" ")
        line = page.count("\n", 0, found.start()) + 1
        yield Block(language=language, use=use, body=found["body"], line=line, span=found.span("body"))


def commands(body: str) -> Iterator[Command]:
    """The commands of a console block; a line that ends with a backslash goes on in the next."""
    lines = body.splitlines()
    while lines:
        line = lines.pop(0)
        if not line.startswith("$ "):
            raise ValueError(f"a console block begins with a command, not with {line!r}")
        text = line.removeprefix("$ ")
        while text.endswith("\\"):
            text = text[:-1] + lines.pop(0).lstrip("> ")
        shown = []
        while lines and not lines[0].startswith("$ "):
            shown.append(lines.pop(0))
        yield Command(text=text, shown="\n".join(shown))


def is_run(page: str) -> bool:
    """Whether a page has anything to run."""
    return any(block.use == "run" for block in blocks(page))


def run_page(page: str, session: Session) -> Iterator[Ran]:
    """Runs a page from top to bottom in the session's directory and yields every command's output."""
    with chdir(session.directory):
        for block in blocks(page):
            if block.language == "sql" and block.use:
                _sqlite(Path(block.use), block.body)
            elif block.language == "toml" and block.use:
                Path(block.use).write_text(block.body, encoding="utf-8")
            elif (block.language, block.use) == ("python", "run"):
                environment = {**os.environ, **session.environment, "URL": session.url}
                subprocess.run([sys.executable, "-c", block.body], check=True, env=environment)  # noqa: S603 - our own page
            elif (block.language, block.use) == ("console", "run"):
                for command in commands(block.body):
                    yield Ran(block=block, command=command, output=_run(command.text, session))


def agrees(shown: str, output: str) -> bool:
    """Whether the output is what the page shows, `…` standing for anything."""
    pattern = ""
    for line in shown.strip("\n").splitlines():
        if line.strip() == "…":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += ".*".join(map(re.escape, line.rstrip().split("…"))) + "\n"
    given = "".join(line.rstrip() + "\n" for line in output.strip("\n").splitlines())
    return re.fullmatch(pattern, given) is not None


def _run(text: str, session: Session) -> str:
    words = shlex.split(text.replace("$URL", session.url), comments=True)
    if words == ["echo", "$?"]:
        return f"{session.code}\n"
    if words[0] == "sqlite3":
        return _sqlite(Path(words[1]), words[2])
    if words[0] != "outgrow":
        raise ValueError(f"{text!r} is neither outgrow nor sqlite3 nor echo $?")
    if words[1:3] == ["server", "psql"]:
        return _in_process_of_its_own(words[1:], session)
    with _interrupted() if text.endswith("# interrupted") else nullcontext(), _near():
        session.code, output = outgrow(words[1:], session.environment)
    return output


class _CtrlC(Silent):
    """Progress that is interrupted as by a person's Ctrl-C: in the main thread, between two steps."""

    def stage(self, name: str, detail: str = "") -> None:
        """Raises KeyboardInterrupt once the rows are there and the constraints are not."""
        super().stage(name, detail)
        if name == "post-data":
            raise KeyboardInterrupt


def _interrupted() -> AbstractContextManager[object]:
    from outgrow.cli import common  # noqa: PLC0415 - with all the rest of the program

    return mock.patch.object(common, "progress", return_value=nullcontext(_CtrlC()))


def _near() -> AbstractContextManager[object]:
    """A server as near as those of the pages' readers, however busy this machine is."""
    from outgrow.runtime.health import server  # noqa: PLC0415 - with all the rest of the program

    return mock.patch.object(server, "round_trips", return_value=[0.05] * server.ROUND_TRIPS)


def _sqlite(path: Path, sql: str) -> str:
    """Runs SQL on a file as the sqlite3 shell would; rows one a line, values parted by |."""
    import apsw  # noqa: PLC0415 - the command line reference does without

    connection = apsw.Connection(str(path))
    try:
        return "".join(
            "|".join("" if v is None else str(v) for v in row) + "\n" for row in connection.execute(sql)
        )
    finally:
        connection.close()


def outgrow(arguments: list[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Exit code and output of the program, run inside this process; of stderr only its one-line errors."""
    from outgrow.cli import _run as run_program  # noqa: PLC0415 - what the entry point calls

    before, argv = dict(os.environ), sys.argv
    out, err = io.StringIO(), io.StringIO()
    os.environ.update({"COLUMNS": str(WIDTH), **environment})
    sys.argv = ["outgrow", *arguments]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = run_program()
    finally:
        os.environ.clear()
        os.environ.update(before)
        sys.argv = argv
    said = [line for line in err.getvalue().splitlines() if line.startswith(("outgrow: ", "wrote "))]
    return code, "\n".join([*said, out.getvalue()]) if said else out.getvalue()


def _in_process_of_its_own(words: list[str], session: Session) -> str:
    """A process of its own, since psql takes the place of the one that starts it."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", "from outgrow.cli import main; main()", *words],
        env={**os.environ, **session.environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    session.code = done.returncode
    return done.stdout + done.stderr
