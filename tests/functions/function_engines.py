"""One expression on SQLite and, over tagged values, on the functions of the schema sqlite."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from typing import Any

import psycopg

Value = int | float | str | bytes | None


def tagged(value: Value) -> str | None:
    """`value` as it travels."""
    if value is None:
        return None
    if isinstance(value, float):
        return "r" + {"inf": "Infinity", "-inf": "-Infinity"}.get(repr(value), repr(value))
    if isinstance(value, bytes):
        return "b" + value.hex()
    return f"{'t' if isinstance(value, str) else 'i'}{value}"


def untagged(form: str | None) -> Value:
    """The value of a tagged text."""
    if form is None:
        return None
    kinds: dict[str, Any] = {"i": int, "r": float, "t": str, "b": bytes.fromhex}
    return kinds[form[0]](form[1:])


def same(a: Value, b: Value, units: int = 0) -> bool:
    """Whether two values and their classes are the same, reals within `units` of the last place."""
    if isinstance(a, float) and isinstance(b, float) and units and math.isfinite(a):
        return abs(a - b) <= units * math.ulp(a)
    return type(a) is type(b) and repr(a) == repr(b)


def check(
    pg: psycopg.Connection[Any], ours: str, theirs: str, rows: Sequence[tuple[Value, ...]], units: int = 0
) -> None:
    """Evaluates `ours` of tagged x and y, and `theirs` of ?1 and ?2, for every row."""
    columns = [[tagged(v) for v in column] for column in zip(*rows, strict=True)]
    names = "xyz"[: len(columns)]
    found = pg.execute(
        f"SELECT {ours} FROM unnest({', '.join(['%s::text[]'] * len(columns))})"
        f" WITH ORDINALITY AS u ({', '.join(names)}, n) ORDER BY n".encode(),
        columns,
    ).fetchall()
    lite = sqlite3.connect(":memory:")
    wrong = []
    for row, (form,) in zip(rows, found, strict=True):
        (want,) = lite.execute(f"SELECT {theirs}", row).fetchone()
        if not same(want, untagged(form), units):
            wrong.append((row, want, form))
    lite.close()
    assert not wrong, f"{len(wrong)} of {len(rows)} differ in {ours}: {wrong[:5]}"
