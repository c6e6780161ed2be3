"""The outcome of choosing: one type per column, with what was ruled out on the way.

Made by `types.choose`; read by everyone after it. Pure values.
"""

from __future__ import annotations

from dataclasses import dataclass

from outgrow.types.observed import Rejected

ColumnKey = tuple[str, str]
"""Table and column in source spelling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The type taken for one column, why, and what was ruled out on the way.

    `fixed` says that the user set it. `exhausted` says that every candidate was refuted, this last
    one included: no move can succeed with it.
    """

    type: str
    conversion: str
    evidence: str
    considered: tuple[Rejected, ...] = ()
    fixed: bool = False
    exhausted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuted:
    """A stored value that a conversion refused."""

    type: str
    conversion: str
    reason: str
    value: str
