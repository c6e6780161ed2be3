"""Writes the expectations anew from what the program does now: `python tests/cases/renew.py`.

Read the difference before you keep it. Needs PYTHONPATH=src where outgrow is not installed.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import tomlkit

sys.path.insert(0, str(Path(__file__).parent))

from case_expectations import HERE, ONE_FEATURE, STORIES, actual
from case_moves import make, moved

from outgrow.embedded.throwaway import throwaway


def main() -> None:
    shared = os.environ.get("OUTGROW_CASES", str(HERE.parents[2] / "shared" / "cases"))
    cases = json.loads((Path(shared) / "one_feature.json").read_text())
    folder = Path(tempfile.mkdtemp(prefix="outgrow-cases-"))
    with throwaway(Path(tempfile.mkdtemp(prefix="outgrow-test-"))) as cluster:
        url = cluster.start()
        one = {name: _ends(folder / f"{name}.db", sql, url) for name, sql in sorted(cases.items())}
        ONE_FEATURE.write_text(_toml(one), encoding="utf-8")
        for story in STORIES:
            source = HERE / "stories" / story / "source.sql"
            ends = _ends(folder / f"story_{story}.db", source.read_text(encoding="utf-8"), url)
            (source.parent / "expected.toml").write_text(_toml(ends), encoding="utf-8")


def _ends(path: Path, sql: str, url: str) -> dict[str, Any]:
    return actual(moved(make(path, sql), url, schema=path.stem))


def _toml(document: dict[str, Any]) -> str:
    for part in (document, *(value for value in document.values() if isinstance(value, dict))):
        for name, value in part.items():
            if isinstance(value, list):
                part[name] = tomlkit.array().multiline(True)
                part[name].extend(value)
    return tomlkit.dumps(document)


if __name__ == "__main__":
    main()
