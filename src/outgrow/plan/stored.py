"""What the target remembers of a plan, so that a later `verify` can read both sides with the same eyes.

Written into the ledger by `move.migrate`, read back by its next run and by `move.reverify`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from outgrow.plan.model import ColumnPlan, Outcome, TablePlan

VERSION = 1


def dump_tables(tables: tuple[TablePlan, ...], outcomes: tuple[Outcome, ...]) -> str:
    """Tables and outcomes as JSON, without the evidence."""
    rows = []
    for table in tables:
        entry = asdict(table)
        for column in entry["columns"]:
            del column["considered"], column["evidence"]
        rows.append(entry)
    return json.dumps(
        {"version": VERSION, "tables": rows, "outcomes": [asdict(outcome) for outcome in outcomes]}
    )


def load_tables(text: str) -> tuple[tuple[TablePlan, ...], tuple[Outcome, ...]]:
    """The inverse of `dump_tables`; ValueError for a version that is not known."""
    document = json.loads(text)
    if document["version"] != VERSION:
        raise ValueError(f"stored plan version {document['version']}")
    return tuple(map(_table, document["tables"])), tuple(Outcome(**entry) for entry in document["outcomes"])


def _table(entry: dict[str, Any]) -> TablePlan:
    columns = tuple(ColumnPlan(**column) for column in entry.pop("columns"))
    return TablePlan(
        columns=columns, **{**entry, "key": tuple(entry["key"]), "primary_key": tuple(entry["primary_key"])}
    )
