"""What a check is and what it says: values that `examine` makes and the report is written from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from outgrow.runtime.health.subject import Subject

Status = Literal["ok", "warning", "failure", "skipped"]
STATUSES: tuple[Status, ...] = ("ok", "warning", "failure", "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one look gave.

    `found` begins with one line that sums up, then a line for each object concerned. `advice` holds
    sentences, and SQL statements to run as they stand; those end in a semicolon.
    """

    status: Status
    found: tuple[str, ...]
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the report: which check, how it went, what was seen, what to do now.

    `skipped` says that there is nothing to look at here, or that this user may not look.
    """

    id: str
    title: str
    status: Status
    found: tuple[str, ...]
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckKind:
    """One entry of the table of checks; `writes` says that it needs a transaction that may write."""

    id: str
    title: str
    look: Callable[[Subject], Verdict]
    writes: bool = False

    def of(self, verdict: Verdict) -> Check:
        """The check with that verdict."""
        return Check(
            id=self.id, title=self.title, status=verdict.status, found=verdict.found, advice=verdict.advice
        )


def ok(*found: str, advice: Iterable[str] = ()) -> Verdict:
    """Nothing is wrong; `advice` is what may be done all the same."""
    return Verdict(status="ok", found=found, advice=tuple(advice))


def warning(*found: str, advice: Iterable[str]) -> Verdict:
    """It works, and something will go wrong or slow by it."""
    return Verdict(status="warning", found=found, advice=tuple(advice))


def failure(*found: str, advice: Iterable[str]) -> Verdict:
    """It does not work, or loses something, now or at the next write."""
    return Verdict(status="failure", found=found, advice=tuple(advice))


def skipped(*found: str, advice: Iterable[str] = ()) -> Verdict:
    """There is nothing to look at, or this user may not look; it does not count against the database."""
    return Verdict(status="skipped", found=found, advice=tuple(advice))
