"""Programs of `programs/`, run as their users run them: on a SQLite file, and on the moved database."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import outgrow

PROGRAMS = Path(__file__).parent / "programs"
PAGES = Path(__file__).parents[2] / "docs" / "how-to"

KEPT_JSON = '[outgrow]\nversion = 1\njson = "json"\n'
"""A plan that keeps every byte of a document, so that keys are printed in their order."""


def said(program: str, *arguments: str | Path) -> str:
    """What a program prints. Fails when it does."""
    source = str(Path(outgrow.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, str(PROGRAMS / program), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": source}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def copied(path: Path) -> Path:
    """A copy of a SQLite file beside it."""
    return Path(shutil.copy(path, path.with_suffix(".copy.db")))


def told(page: str, language: str) -> list[str]:
    """The fenced examples of a language on a how-to page."""
    text = (PAGES / page).read_text()
    return re.findall(rf"^```{language}[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
