"""What a run of the suite is told as: counts by file, reasons, failures; text and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cpython.not_applicable import reason
from cpython.runner import Outcome

TO_REACH = 90.0
"""Percent of the applicable tests of a file that must pass."""

MUST_REACH = ("test_dbapi", "test_types", "test_transactions", "test_factory", "test_regression")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Tests of one file. `skipped` are those that the suite leaves out on this machine."""

    file: str
    passed: int = 0
    failed: int = 0
    not_applicable: int = 0
    skipped: int = 0

    @property
    def percent(self) -> float:
        """The passed of the applicable ones; 100 where none is."""
        applicable = self.passed + self.failed
        return 100 * self.passed / applicable if applicable else 100.0

    def __add__(self, other: Count) -> Count:
        return Count(
            file=self.file,
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            not_applicable=self.not_applicable + other.not_applicable,
            skipped=self.skipped + other.skipped,
        )


def judged(outcome: Outcome | None, standard: Outcome) -> Outcome:
    """The outcome (None for a test that did not run) in the light of the standard module's.

    What the suite skips is skipped only where it skips it for the standard module too; a test that
    fails here with the standard module tells nothing, and counts as skipped.
    """
    if standard.status == "failed":
        return replace(standard, status="skipped", reason="fails here with the standard module too")
    if outcome is None:
        return Outcome(test=standard.test, status="failed", reason="did not run")
    if outcome.status == "skipped" and standard.status == "passed":
        why = f"skipped ({outcome.reason}), which the standard module is not"
        return replace(outcome, status="failed", reason=why)
    return outcome


def counts(outcomes: Iterable[Outcome], table: Mapping[str, str]) -> list[Count]:
    """One count for each file, in the suite's order."""
    found: dict[str, Count] = {}
    for outcome in outcomes:
        seen = found.get(outcome.file, Count(file=outcome.file))
        kind = "not_applicable" if reason(outcome.test, table) is not None else outcome.status
        found[outcome.file] = seen + Count(file=outcome.file, **{kind: 1})
    return list(found.values())


def missed(found: Iterable[Count]) -> list[Count]:
    """The files that must reach `TO_REACH` and do not."""
    return [count for count in found if count.file in MUST_REACH and count.percent < TO_REACH]


def as_rows(found: Sequence[Count]) -> list[tuple[str, ...]]:
    """Rows for a table: file, passed, failed, not applicable, skipped, percent; the total last."""
    total = sum(found, Count(file="all"))
    return [
        (
            count.file,
            str(count.passed),
            str(count.failed),
            str(count.not_applicable),
            str(count.skipped),
            f"{count.percent:.1f} %",
        )
        for count in (*found, *([total] if len(found) > 1 else []))
    ]


def failed(outcomes: Iterable[Outcome], table: Mapping[str, str]) -> list[Outcome]:
    """The failing applicable tests."""
    return [o for o in outcomes if o.status == "failed" and reason(o.test, table) is None]


def failure_lines(outcomes: Iterable[Outcome], table: Mapping[str, str], *, traces: bool) -> list[str]:
    """The failing applicable tests, each with its reason and its failing subtests."""
    lines = []
    for outcome in failed(outcomes, table):
        lines.append(f"{outcome.test}: {outcome.reason}")
        if outcome.bad:
            lines.append(f"    {len(outcome.bad)} of {outcome.subtests} subtests: {'; '.join(outcome.bad)}")
        if traces:
            lines.extend(f"    {line}" for line in outcome.trace.splitlines())
    return lines


def passing_though_not_applicable(outcomes: Iterable[Outcome], table: Mapping[str, str]) -> list[str]:
    """Tests of the table that ran and passed: either an accident, or a row too many."""
    return [o.test for o in outcomes if o.status == "passed" and reason(o.test, table) is not None]


def as_json(outcomes: Sequence[Outcome], table: Mapping[str, str]) -> dict[str, object]:
    """Counts by file and every test."""
    return {
        "files": {
            count.file: {
                "passed": count.passed,
                "failed": count.failed,
                "not_applicable": count.not_applicable,
                "skipped": count.skipped,
                "percent": round(count.percent, 1),
            }
            for count in counts(outcomes, table)
        },
        "tests": [
            {
                "test": outcome.test,
                "status": "not applicable" if (why := reason(outcome.test, table)) else outcome.status,
                "reason": why or outcome.reason,
                "subtests": outcome.subtests,
                "failed_subtests": list(outcome.bad),
                "traceback": outcome.trace,
            }
            for outcome in outcomes
        ],
    }
