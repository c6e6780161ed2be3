"""What a walk did: the value that reports print and `--json` writes.

The shape of `as_json` is a promise to scripts (docs/reference/json.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from outgrow.findings import Finding, Severity, unallowed
from outgrow.plan.model import OBJECT_KINDS, Outcome

Stage = Literal["connect", "catalog", "profile", "plan", "pre-data", "copy", "post-data", "verify", "total"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where source and target differ. Values are printable; `key` names the row."""

    table: str
    key: str
    column: str
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What verification compared. `differences` counts all; `shown` holds the first of them."""

    rows: int = 0
    values: int = 0
    differences: int = 0
    shown: tuple[Difference, ...] = ()
    objects_missing: tuple[str, ...] = ()
    writes_tested: int = 0
    writes_failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableResult:
    """One table's names on both sides, its rows, and its bytes in the file (0: not measured)."""

    source: str
    target: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The end of `move` or `verify`. `target` is a URL without its password."""

    source: str
    target: str
    schema: str
    outcomes: tuple[Outcome, ...] = ()
    findings: tuple[Finding, ...] = ()
    tables: tuple[TableResult, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    verification: Verification | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    resumed: bool = False
    was_done: bool = False

    def exit_code(self, allowed: frozenset[str]) -> int:
        """0 when all is moved, or left by an allowed rule or the plan's word, and nothing differs; else 1.

        A table that refuses its trial row counts by its finding, verify.write-test.
        """
        verified = self.verification
        if verified is not None and (verified.differences or verified.objects_missing):
            return 1
        return 1 if unallowed(self.findings, Severity.LOSS, allowed) else 0

    def as_json(self) -> dict[str, Any]:
        """The `--json` document."""
        return {
            "source": self.source,
            "target": self.target,
            "schema": self.schema,
            "objects": self.objects(),
            "left": [
                {"kind": o.kind, "name": o.name, "reason": o.reason, "text": o.text}
                for o in self.outcomes
                if o.fate == "left"
            ],
            "changed": [
                {"kind": o.kind, "name": o.name, "reason": o.reason}
                for o in self.outcomes
                if o.fate == "changed"
            ],
            "findings": [finding_json(finding) for finding in self.findings],
            "tables": [
                {"source": t.source, "target": t.target, "rows": t.rows, "bytes": t.bytes}
                for t in self.tables
            ],
            "names": dict(self.names),
            "verified": None if self.verification is None else _verified(self.verification),
            "resumed": self.resumed,
            "seconds": {stage: round(value, 3) for stage, value in self.seconds.items()},
        }

    def objects(self) -> dict[str, dict[str, int]]:
        """Counts per kind: source = moved + left, of those moved `changed` in another form."""
        counts = {kind: {"source": 0, "moved": 0, "left": 0, "changed": 0} for kind in OBJECT_KINDS}
        for outcome in self.outcomes:
            row = counts[outcome.kind]
            row["source"] += 1
            row["left" if outcome.fate == "left" else "moved"] += 1
            row["changed"] += outcome.fate == "changed"
        return {kind: row for kind, row in counts.items() if row["source"]}


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding as the JSON document has it."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "object": finding.object,
        "detail": finding.detail,
        "count": finding.count,
        "sample": list(finding.sample),
        "remedy": finding.remedy,
    }


def _verified(verification: Verification) -> dict[str, Any]:
    return {
        "rows": verification.rows,
        "values": verification.values,
        "differences": verification.differences,
        "shown": [
            {"table": d.table, "key": d.key, "column": d.column, "source": d.source, "target": d.target}
            for d in verification.shown
        ],
        "objects_missing": list(verification.objects_missing),
        "writes_tested": verification.writes_tested,
        "writes_failed": list(verification.writes_failed),
    }
