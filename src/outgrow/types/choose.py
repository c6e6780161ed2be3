"""From evidence to one type per column, the same at both ends of every foreign key.

Stands between the profile and the plan. `choose` is pure and total: what a conversion later
refuses comes back in `refuted`, and the next candidate is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from outgrow.findings import Finding
from outgrow.options import Options
from outgrow.schema.model import Database
from outgrow.types.candidates import candidates
from outgrow.types.choice import Choice, ColumnKey, Refuted
from outgrow.types.declared import declared
from outgrow.types.doubts import doubts
from outgrow.types.evidence import Candidate, Evidence
from outgrow.types.formats import DateFormat, date_formats
from outgrow.types.observed import Profile, Rejected
from outgrow.types.partners import Columns, agreed
from outgrow.types.target_type import parse_type

__all__ = ["Choice", "ColumnKey", "Refuted", "choose"]


def choose(
    database: Database,
    profile: Profile,
    options: Options,
    *,
    fixed: Mapping[ColumnKey, tuple[str, str]] | None = None,
    refuted: Mapping[ColumnKey, tuple[Refuted, ...]] | None = None,
) -> tuple[dict[ColumnKey, Choice], tuple[Finding, ...]]:
    """A choice for every column of every table, and the findings that the values give rise to.

    `fixed` holds (type, conversion) that the user set, in any spelling (ConfigError when the type is none);
    `refuted` what conversions have refused so
    far in this run. Foreign-key partners get one type where one type holds both ends. When every
    candidate of a column is refuted, the finding `value.too-large` stops.
    """
    refuted, fixed = refuted or {}, fixed or {}
    sibling = _sibling_format(database, profile)
    choices: dict[ColumnKey, Choice] = {}
    found: dict[ColumnKey, tuple[Candidate, ...]] = {}
    for table in database.tables:
        for column in table.columns:
            key = (table.name, column.name)
            seen = profile.table(table.name).column(column.name)
            evidence = Evidence(table=table, column=column, profile=seen, options=options, sibling=sibling)
            found[key] = candidates(evidence)
            choices[key] = _first(found[key], refuted.get(key, ()), fixed.get(key))
    columns = Columns(choices=choices, candidates=found, refuted=refuted, profile=profile)
    choices |= agreed(database, columns)
    findings = [
        finding
        for table in database.tables
        for column in table.columns
        for finding in doubts(
            f"{table.name}.{column.name}",
            column,
            columns.seen((table.name, column.name)),
            choices[table.name, column.name],
        )
    ]
    return choices, tuple(findings)


def _first(found: Iterable[Candidate], refuted: Iterable[Refuted], fixed: tuple[str, str] | None) -> Choice:
    """The best candidate that no stored value has refuted."""
    if fixed is not None:
        return Choice(
            type=str(parse_type(fixed[0])), conversion=fixed[1], evidence="set in the plan", fixed=True
        )
    considered = tuple(
        Rejected(type=entry.type, conversion=entry.conversion, reason=entry.reason, value=entry.value)
        for entry in refuted
    )
    gone = {(entry.type, entry.conversion) for entry in considered}
    for candidate in found:
        if (candidate.type, candidate.conversion) not in gone:
            return Choice(
                type=candidate.type,
                conversion=candidate.conversion,
                evidence=candidate.evidence,
                considered=considered,
            )
    last = considered[-1]
    return Choice(
        type=last.type,
        conversion=last.conversion,
        evidence="nothing holds every value",
        considered=considered,
        exhausted=True,
    )


def _sibling_format(database: Database, profile: Profile) -> DateFormat | None:
    """The commonest format among declared date-and-time columns that hold text."""
    seen: Counter[DateFormat] = Counter()
    for table in database.tables:
        for column in table.columns:
            if declared(column.declared_type).meaning not in {"datetime", "datetimetz"}:
                continue
            sample = profile.table(table.name).column(column.name).sample
            texts = [value for value in sample if isinstance(value, str)]
            for form in date_formats(texts)[:1] if len(texts) == len(sample) else ():
                seen[form] += 1
    return seen.most_common(1)[0][0] if seen else None
