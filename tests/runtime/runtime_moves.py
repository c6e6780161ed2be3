"""What tests here share besides fixtures."""

from __future__ import annotations

from pathlib import Path

from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.options import Options


def move_into(path: Path, url: str, schema: str) -> None:
    """Moves a file into a schema."""
    move(Request(source=str(path), target=url, options=Options(schema=schema), verify=False), Silent())
