"""The two copies of a program's home, used under one path, one after the other, so that no path differs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lockstep.program import Line, Program, Typed

_LIMIT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended: exit code (None where it had to be stopped) and what it wrote."""

    code: int | None
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a program plays: `folder` holds its homes, `scripts` the installed programs."""

    program: Program
    folder: Path
    scripts: Path

    @property
    def home(self) -> Path:
        """The path under which each home is used."""
        return self.folder / "home"

    @property
    def database(self) -> Path:
        """The SQLite file, under the path that the program knows."""
        return self.home / self.program.database

    def prepare(self) -> list[tuple[Line, Ran]]:
        """Makes the home called `sqlite` by the program's own commands, and the copy `moved`."""
        self.home.mkdir(parents=True)
        for name, content in self.program.files.items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        ran = [(line, self.run(line)) for line in self.program.prepare]
        self.home.rename(self.folder / "sqlite")
        shutil.copytree(self.folder / "sqlite", self.folder / "moved", symlinks=True)
        return ran

    @contextmanager
    def on(self, side: str) -> Iterator[None]:
        """While the block runs, the home is that of `side`."""
        kept = self.folder / side
        kept.rename(self.home)
        try:
            yield
        finally:
            self.home.rename(kept)

    def run(self, line: Line, before: tuple[str, ...] = ()) -> Ran:
        """Runs a command line in the home, `before` put before it."""
        typed = line if isinstance(line, Typed) else Typed(line=line)
        words = self.words(typed.line)
        try:
            done = subprocess.run(
                [*before, *words], cwd=self.home, env=self._environment(), input=typed.stdin.encode(),
                capture_output=True, timeout=_LIMIT, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as late:
            return Ran(code=None, stdout=_text(late.stdout), stderr=_text(late.stderr))
        return Ran(code=done.returncode, stdout=_text(done.stdout), stderr=_text(done.stderr))

    def words(self, line: str) -> list[str]:
        """The words of a command line, the program by its whole path."""
        import shlex  # noqa: PLC0415

        first, *rest = shlex.split(line.replace("{home}", str(self.home)))
        return [str(self.scripts / first), *rest]

    def _environment(self) -> Mapping[str, str]:
        plain = {
            "PATH": os.pathsep.join((str(self.scripts), "/usr/local/bin", "/usr/bin", "/bin")),
            "HOME": str(self.home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "dumb",
            "COLUMNS": "120", "LINES": "40", "NO_COLOR": "1", "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1", "EDITOR": "true", "VISUAL": "true",
        }  # fmt: skip
        given = {
            key: value.replace("{home}", str(self.home)) for key, value in self.program.environment.items()
        }
        return plain | given


def _text(written: bytes | None) -> str:
    return (written or b"").decode("utf-8", "backslashreplace")
