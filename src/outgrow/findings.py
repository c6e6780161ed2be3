"""What outgrow noticed: a closed list of rules, and the findings that cite them.

Every loss or doubt on the walk becomes a `Finding`. A rule has a stable id, which is also the
name of its page in docs/rules/ and what `--allow` takes. This module knows only the rules'
facts; the code that detects one lives where the evidence is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache


class Severity(Enum):
    """How much a finding weighs, lightest first."""

    INFO = "info"
    """Worth knowing; nothing differs."""
    WARNING = "warning"
    """Carried whole, but in another form than its declaration promised."""
    LOSS = "loss"
    """An object stays behind; the move goes on and ends with exit 1 unless the rule is allowed."""
    STOP = "stop"
    """Nothing is written until it is mended or left out in the plan: there is no way to carry it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing outgrow looks for. `remedy` is one sentence that says what to do now."""

    id: str
    severity: Severity
    title: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule met at one object.

    `object` is the source object as `table` or `table.column` in its source spelling; `detail`
    says what was seen and what becomes of it; `count` is how many rows or values are concerned
    (0 when the rule speaks of a declaration); `sample` holds a few keys or values, printable.
    """

    rule: str
    object: str
    detail: str
    count: int = 0
    sample: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """Severity of the rule cited."""
        return rule(self.rule).severity

    @property
    def remedy(self) -> str:
        """Remedy of the rule cited."""
        return rule(self.rule).remedy


@cache
def _by_id() -> dict[str, Rule]:
    from outgrow.rules import RULES  # noqa: PLC0415 - the table of facts cites the classes above

    return {entry.id: entry for entry in RULES}


def rule(rule_id: str) -> Rule:
    """The rule of that id; KeyError when there is none (a bug: rules are a closed list)."""
    return _by_id()[rule_id]


def known_rules() -> tuple[Rule, ...]:
    """All rules, in the order of the docs."""
    return tuple(_by_id().values())


def is_allowed(entry: Rule, allowed: frozenset[str]) -> bool:
    """Whether the user accepts what the rule finds; what stops cannot be accepted."""
    return entry.id in allowed and entry.severity is not Severity.STOP


def unallowed(
    findings: Iterable[Finding], severity: Severity, allowed: frozenset[str]
) -> tuple[Finding, ...]:
    """Findings of exactly that severity whose rule the user did not allow; what stops cannot be allowed."""
    return tuple(f for f in findings if f.severity is severity and not is_allowed(rule(f.rule), allowed))
