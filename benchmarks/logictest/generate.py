"""Writes sqllogictest files of the shapes that SQLite's own have, with what SQLite gives as their results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from logictest import evidence, indexes, joins, mixed, selects
from logictest.reader import Query, Record, Statement, Threshold, write
from logictest.results import DEFAULT_THRESHOLD, Row, rendered, written
from logictest.source import Source
from logictest.steps import Shape, Step

SHAPES: dict[str, Shape] = {
    **selects.SHAPES,
    **joins.SHAPES,
    **indexes.SHAPES,
    **mixed.SHAPES,
    **evidence.SHAPES,
}


def generate(folder: Path, seed: int, count: int, shapes: Sequence[str] | None = None) -> Iterator[Path]:
    """One file of about `count` queries per shape; the same seed gives the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in shapes or SHAPES:
        path = folder / f"{name}_{seed}.test"
        steps = SHAPES[name](Random(f"{name} {seed}"), count)
        path.write_text(write(complete(steps)), encoding="utf-8")
        yield path


def complete(steps: Iterable[Step]) -> Iterator[Record]:
    """The steps with the results of an empty SQLite database; a query that fails becomes a statement."""
    yield Threshold(values=DEFAULT_THRESHOLD)
    source = Source()
    try:
        for step in steps:
            found = source.run(step.sql)
            if isinstance(step, Statement) or found.rows is None:
                yield Statement(sql=step.sql, succeeds=not found.failed)
            else:
                yield _complete(step, found.rows, found.width)
    finally:
        source.close()


def _complete(step: Query, rows: Sequence[Row], width: int) -> Query:
    types = "".join(map(_type, zip(*rows, strict=True))) if rows else "I" * width
    lines = rendered(rows, types, step.sort)
    return replace(step, types=types, expected=written(lines, DEFAULT_THRESHOLD))


def _type(column: Iterable[object]) -> str:
    """I for integers, R where there is a real, T where there is anything else."""
    classes = {type(value) for value in column} - {type(None)}
    if not classes <= {int, float}:
        return "T"
    return "R" if float in classes else "I"
