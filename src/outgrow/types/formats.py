"""Which date format a column's texts have: from a sample to the FORMATs that could fit all of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

DateKind = Literal["timestamp", "timestamptz", "date", "time"]

_TEXT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)?(?P<sep>[ T])?(?P<time>\d\d:\d\d(?P<seconds>:\d\d)?)?"
    r"(?P<fraction>\.\d{1,6})?(?P<zone>Z| ?[+-]\d\d:?\d\d(?: UTC)?| UTC)?\Z",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFormat:
    """A kind and a FORMAT as `types.values.dates` spells it; `recipe` is the conversion's name."""

    kind: DateKind
    spelling: str

    @property
    def recipe(self) -> str:
        """The conversion that reads it."""
        return f"{self.kind}-text:{self.spelling}"


def date_formats(texts: Sequence[str], *, whole: bool = False) -> tuple[DateFormat, ...]:
    """FORMATs that may fit every text given, the best first; empty when no one FORMAT can.

    A sample can only suggest: the conversion checks every value. `whole` says that seconds stay whole, as
    where SQLite's clock writes them. Others may have a fraction tomorrow, which Python leaves out where it is
    zero: a FORMAT that does the same is best, but for the zone `Z`, behind which it would upset the order of
    the texts.
    """
    found = [_TEXT.match(text) for text in texts]
    if not found or any(match is None or not (match["date"] or match["time"]) for match in found):
        return ()
    matches = [match for match in found if match is not None]
    heads = {(bool(m["date"]), m["sep"] or "", bool(m["time"]), bool(m["seconds"])) for m in matches}
    zones = {m["zone"] or "" for m in matches}
    if len(heads) != 1 or len(zones) != 1:
        return ()
    date, separator, time, seconds = heads.pop()
    zone = zones.pop()
    if bool(separator) != (date and time) or (zone and not (date and time)):
        return ()
    head = ("YYYY-MM-DD" if date else "") + separator + ("HH:MM" if time else "") + (":SS" if seconds else "")
    kind: DateKind = "date" if not time else "time" if not date else "timestamptz" if zone else "timestamp"
    fractions = _fractions({m["fraction"] or "" for m in matches}, zone, whole=whole) if seconds else ("",)
    return tuple(DateFormat(kind=kind, spelling=head + fraction + zone) for fraction in fractions)


def _fractions(seen: set[str], zone: str, *, whole: bool) -> tuple[str, ...]:
    lengths = {len(fraction) for fraction in seen}
    if lengths == {0}:
        return without_fraction(zone, whole=whole)
    fits: list[str] = []
    if len(lengths) == 1:
        fits.append("." + "f" * (lengths.copy().pop() - 1))
    if lengths <= {0, 7} and ".000000" not in seen:
        fits.append("[.ffffff]")
    if not any(fraction.endswith("0") for fraction in seen):
        fits.append("[.f]")
    return tuple(fits)


def without_fraction(zone: str, *, whole: bool) -> tuple[str, ...]:
    """How a FORMAT may write the fraction where no text has one, the best first."""
    if whole or zone == "Z":
        return ("", "[.ffffff]", "[.f]")
    return ("[.f]", "[.ffffff]") if zone.endswith(" UTC") else ("[.ffffff]", "[.f]")
