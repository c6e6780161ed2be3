"""What a case is expected to end as: a TOML file beside it, and the same shape of a result."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from case_moves import findings, not_moved, types

from outgrow.move.result import Result

HERE = Path(__file__).parent
ONE_FEATURE = HERE / "one_feature.toml"
STORIES = sorted(path.parent.name for path in HERE.glob("stories/*/source.sql"))


def expected(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def actual(result: Result) -> dict[str, Any]:
    """Types, findings and what is not as it was; an empty part is left out."""
    parts = {"types": types(result), "findings": findings(result), "not_moved": not_moved(result)}
    return {name: part for name, part in parts.items() if part}
