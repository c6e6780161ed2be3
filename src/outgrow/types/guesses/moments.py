"""Dates and times: texts of one format, and numbers of one unit in columns declared as dates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outgrow.schema.model import Affinity
from outgrow.schema.names import fold
from outgrow.types.evidence import Candidate, Evidence
from outgrow.types.formats import date_formats, without_fraction
from outgrow.types.observed import ColumnProfile
from outgrow.types.values.epochs import UNITS

_DATE_NAME = re.compile(
    r"(?:.*[_ ])?(?:at|on|date|time|datetime|timestamp|ts|when|day|created|updated|modified|changed|deleted"
    r"|added|started|ended|finished|completed|expires|expiry|expiration|since|until|deadline|due|birthday"
    r"|birthdate|dob|seen|joined|start|end|last_login|published)\Z"
    r"|.*(?:date|time|timestamp|_at|_on|At|On|Date|Time)(?:_utc)?\Z|(?:date|time)_.*\Z",
    re.IGNORECASE,
)
_NOW_DEFAULT = re.compile(
    r"current_timestamp|current_date|current_time|\b(?:datetime|date|time|strftime)\s*\(", re.IGNORECASE
)
_MEANINGS = {"date", "datetime", "datetimetz", "time"}
_PLAUSIBLE = (631_152_000_000_000, 4_102_444_800_000_000)
"""1990 to 2100 in microseconds since 1970."""


def date_text(e: Evidence) -> Iterator[Candidate]:
    """The formats that every text of the sample has, most exact first."""
    said = e.declared.meaning in _MEANINGS
    if not e.only("text") or (e.is_key and not said) or not (said or _hinted(e)):
        return
    if not e.profile.values:
        if said:
            yield _undated(e)
        return
    for form in date_formats(e.texts, whole=_by_the_clock(e)):
        if form.kind in {"timestamp", "timestamptz"} and e.declared.meaning in {"date", "time"}:
            continue
        yield Candidate(
            type=form.kind, conversion=form.recipe, evidence=f"{e.told}, every value is {form.spelling}"
        )


def _hinted(e: Evidence) -> bool:
    if not e.inferring or e.column.affinity not in {Affinity.TEXT, Affinity.BLOB}:
        return False
    return bool(_DATE_NAME.match(e.column.name)) or _by_the_clock(e)


def _by_the_clock(e: Evidence) -> bool:
    """Whether SQLite's clock fills the column, which gives whole seconds."""
    return bool(_NOW_DEFAULT.search(e.column.default or ""))


def _undated(e: Evidence) -> Candidate:
    """A declared date column without values: the declaration, in the format of its siblings."""
    meaning, why = e.declared.meaning, f"{e.told}, no values"
    if meaning == "date":
        return Candidate(type="date", conversion="date-text:YYYY-MM-DD", evidence=why)
    fraction = without_fraction("", whole=_by_the_clock(e))[0]
    if meaning == "time":
        return Candidate(type="time", conversion=f"time-text:HH:MM:SS{fraction}", evidence=why)
    if e.sibling is not None and not _by_the_clock(e):
        why = f"{why}; format of the other date columns"
        return Candidate(type=e.sibling.kind, conversion=e.sibling.recipe, evidence=why)
    if meaning == "datetimetz":
        recipe = f"timestamptz-text:YYYY-MM-DD HH:MM:SS{fraction}+00:00"
        return Candidate(type="timestamptz", conversion=recipe, evidence=why)
    recipe = f"timestamp-text:YYYY-MM-DD HH:MM:SS{fraction}"
    return Candidate(type="timestamp", conversion=recipe, evidence=why)


def date_number(e: Evidence) -> Iterator[Candidate]:
    """Numbers of the one plausible unit; a declared date has NUMERIC affinity, so whole ones are integers."""
    declared = e.declared.meaning in {"datetime", "datetimetz", "date"}
    if not declared or not e.profile.values or e.is_key or not e.only("integer", "real"):
        return
    units = plausible_units(e.profile)
    if len(units) == 1:
        yield Candidate(
            type="timestamptz",
            conversion=f"timestamptz-epoch:{units[0]}",
            evidence=f"{e.told}, every number is {units[0]} between 1990 and 2100",
        )


def plausible_units(profile: ColumnProfile) -> tuple[str, ...]:
    """Epoch units under which every number of the column falls between 1990 and 2100.

    Seconds since 2001 are thought of only where a column is called Z…, as CoreData does: small
    numbers would pass for them everywhere else.
    """
    ends = (profile.min_integer, profile.max_integer, profile.min_real, profile.max_real)
    numbers = [number for number in ends if number is not None]
    if not numbers:
        return ()
    low, high = _PLAUSIBLE
    fits = [
        name
        for name, unit in UNITS.items()
        if all(abs(number) < 1e18 and low <= number * unit.micros + unit.zero <= high for number in numbers)
    ]
    core_data = fold(profile.column).startswith("z")
    weaker = {"s" if core_data and "apple" in fits else "apple"}
    if "us" in fits:
        weaker.add("webkit")
    return tuple(name for name in fits if name not in weaker)
