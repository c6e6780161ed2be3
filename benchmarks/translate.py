"""`python benchmarks/translate.py`: how long one statement takes to translate, new and seen before.

The statements are those of tests/sql/statements.sql over their tables. Prints Markdown.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import table
from outgrow.errors import TranslationError
from outgrow.move.examine import decide, examine
from outgrow.move.progress import Silent
from outgrow.move.refutations import Refutations
from outgrow.options import Options
from outgrow.plan.overrides import Overrides
from outgrow.schema.target import TargetModel
from outgrow.sqlite.connect import open_snapshot
from outgrow.translate.statement import Translator

CASES = Path(__file__).resolve().parents[1] / "tests" / "sql"
ROUNDS = 5


def main() -> None:
    """Measures and prints."""
    model = _model()
    texts = (CASES / "statements.sql").read_text().splitlines()
    new: list[float] = []
    seen: list[float] = []
    for _ in range(ROUNDS):
        translate = Translator(model, bytewise=True)
        for text in texts:
            try:
                new.append(_timed(translate, text))
            except TranslationError:
                continue
            seen.append(min(_timed(translate, text) for _ in range(20)))
    rows = [
        (name, f"{statistics.median(found) * 1e6:,.1f}", f"{max(found) * 1e6:,.1f}")
        for name, found in (("new", new), ("seen before", seen))
    ]
    print(table.markdown(("statement", "median µs", "slowest µs"), rows))


def _timed(translate: Translator, text: str) -> float:
    begin = time.perf_counter()
    translate(text)
    return time.perf_counter() - begin


def _model() -> TargetModel:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "source.db"
        connection = sqlite3.connect(path)
        connection.executescript((CASES / "statements_setup.sql").read_text())
        connection.close()
        with open_snapshot(path, readers=3) as snapshot:
            examined = examine(snapshot, jobs=1, progress=Silent())
    return decide(examined, Options(bytewise=True), Overrides(), Refutations()).model


if __name__ == "__main__":
    main()
