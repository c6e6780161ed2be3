"""`inspect --json`: the inspection as a document for scripts; docs/reference/json.md promises its shape.

Names are exact; text that UTF-8 cannot hold is given in its printable form, infinities as the
strings "Infinity" and "-Infinity". Values of the database appear only as counter-examples, ranges
and findings' samples.
"""

from __future__ import annotations

import math
from typing import Any

from outgrow.move.result import finding_json
from outgrow.plan.model import Outcome, Plan
from outgrow.report.inspection import ColumnView, Inspection, TableView, inspect, plan_names
from outgrow.report.printable import encodable
from outgrow.report.wording import real_text
from outgrow.schema.model import Database
from outgrow.types.observed import ColumnProfile, Profile, Rejected


def inspection_json(database: Database, profile: Profile, plan: Plan) -> dict[str, Any]:
    """The whole inspection as plain dicts, lists, strings and numbers; `json.dumps` needs no help with it."""
    view = inspect(database, profile, plan)
    document = {
        "source": _source(view),
        "plan": {"schema": plan.schema, "types": plan.types, "names": plan.names, "json": plan.json},
        "objects": view.objects,
        "tables": [_table(table) for table in view.tables],
        "views": [{"name": v.name, "columns": list(v.columns), "broken": v.broken} for v in database.views],
        "triggers": [{"name": t.name, "table": t.table} for t in database.triggers],
        "virtual_tables": [
            {
                "name": v.name,
                "module": v.module,
                "readable": v.readable,
                "unreadable": v.unreadable,
                "shadow_tables": list(v.shadow_tables),
            }
            for v in database.virtual_tables
        ],
        "collations": list(database.collations),
        "left": [_outcome(outcome) for outcome in view.left],
        "changed": [_outcome(outcome) for outcome in view.changed],
        "findings": [finding_json(finding) for finding in view.findings],
        "names": dict(plan_names(plan)),
    }
    clean: dict[str, Any] = _clean(document)
    return clean


def _source(view: Inspection) -> dict[str, Any]:
    database = view.database
    return {
        "path": database.path,
        "bytes": view.size,
        "encoding": database.encoding,
        "page_size": database.page_size,
        "page_count": database.page_count,
        "journal_mode": database.journal_mode,
        "user_version": database.user_version,
        "application_id": database.application_id,
    }


def _table(table: TableView) -> dict[str, Any]:
    plan, source = table.plan, table.table
    return {
        "name": plan.source,
        "target": plan.name,
        "rows": plan.rows,
        "bytes": plan.bytes,
        "left": plan.leave,
        "virtual": table.virtual.module if table.virtual else None,
        "without_rowid": bool(source and source.without_rowid),
        "strict": bool(source and source.strict),
        "key": list(plan.key),
        "identity_next": plan.identity_next,
        "indexes": [index.name for index in source.indexes if index.origin == "c"] if source else [],
        "columns": [_column(column) for column in table.columns],
    }


def _column(column: ColumnView) -> dict[str, Any]:
    plan = column.plan
    return {
        "name": plan.source,
        "target": plan.name,
        "declared_type": plan.declared,
        "holds": None if column.profile is None else _holds(column.profile),
        "type": plan.type,
        "conversion": plan.conversion,
        "not_null": plan.not_null,
        "identity": plan.identity,
        "default": plan.default,
        "generated": plan.generated,
        "collation": plan.collation,
        "evidence": plan.evidence,
        "rejected": [_rejected(rejected) for rejected in plan.considered],
        "set_by_user": plan.fixed,
    }


def _holds(profile: ColumnProfile) -> dict[str, Any]:
    return {
        **{name: profile.count(name) for name in ("integer", "real", "text", "blob")},
        "null": profile.nulls,
        "min_integer": profile.min_integer,
        "max_integer": profile.max_integer,
        "min_real": profile.min_real,
        "max_real": profile.max_real,
        "longest_bytes": profile.max_bytes,
    }


def _rejected(rejected: Rejected) -> dict[str, Any]:
    return {
        "type": rejected.type,
        "conversion": rejected.conversion,
        "reason": rejected.reason,
        "value": rejected.value,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "kind": outcome.kind,
        "name": outcome.name,
        "reason": outcome.reason,
        "text": outcome.text,
        "rule": outcome.rule,
    }


def _clean(value: Any) -> Any:
    """The same document with every string encodable and every float one that JSON has."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else real_text(value)
    if isinstance(value, dict):
        return {encodable(key): _clean(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_clean(entry) for entry in value]
    return value
