"""What the target remembers of a plan, so that a later `verify` can read both sides with the same eyes.

Written into the ledger by `move.migrate`, read back by its next run and by `move.reverify`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from outgrow.errors import TargetError
from outgrow.options import Options
from outgrow.plan.model import ColumnPlan, Outcome, TablePlan
from outgrow.schema.model import Vector, Vectors

VERSION = 2


def dump_tables(tables: tuple[TablePlan, ...], outcomes: tuple[Outcome, ...], options: Options) -> str:
    """Tables and outcomes as JSON, without the evidence, and the policies that made them."""
    rows = []
    for table in tables:
        entry = asdict(table)
        for column in entry["columns"]:
            del column["considered"], column["evidence"]
        rows.append(entry)
    return json.dumps(
        {
            "version": VERSION,
            "tables": rows,
            "outcomes": [asdict(outcome) for outcome in outcomes],
            "policies": {"types": options.types, "names": options.names, "json": options.json},
        }
    )


def load_tables(text: str) -> tuple[tuple[TablePlan, ...], tuple[Outcome, ...]]:
    """The inverse of `dump_tables`; TargetError when another version of outgrow wrote it."""
    document = _document(text)
    return tuple(map(_table, document["tables"])), tuple(Outcome(**entry) for entry in document["outcomes"])


def load_policies(text: str) -> dict[str, Any]:
    """What the stored plan was made with, as fields of Options; TargetError as `load_tables`."""
    policies: dict[str, Any] = _document(text)["policies"]
    return policies


def _document(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    if document["version"] != VERSION:
        raise TargetError(
            f"the target remembers its move in the form {document['version']}, which this outgrow does not "
            "read; use the one that moved it, or move the file again with --replace"
        )
    return document


def _table(entry: dict[str, Any]) -> TablePlan:
    columns = tuple(ColumnPlan(**column) for column in entry.pop("columns"))
    if entry.get("vectors"):
        entry["vectors"] = _vectors(entry["vectors"])
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    return TablePlan(columns=columns, **{**entry, **lists})


def _vectors(entry: dict[str, Any]) -> Vectors:
    return Vectors(
        columns=tuple(Vector(**column) for column in entry["columns"]),
        partitions=tuple(entry["partitions"]),
        metadata=tuple(entry["metadata"]),
    )
