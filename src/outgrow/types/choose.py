"""From evidence to one type per column, the same at both ends of every foreign key.

Stands between the profile and the plan. `choose` is pure and total: what a conversion later
refuses comes back in `refuted`, and the next candidate is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from outgrow.findings import Finding
from outgrow.options import Options
from outgrow.schema.model import Affinity, Column, Database, Table
from outgrow.schema.names import fold
from outgrow.types.candidates import Candidate, Evidence, candidates, plausible_units
from outgrow.types.declared import declared
from outgrow.types.formats import DateFormat, date_formats
from outgrow.types.observed import ColumnProfile, Profile, Rejected

ColumnKey = tuple[str, str]
"""Table and column in source spelling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The type taken for one column, why, and what was ruled out on the way."""

    type: str
    conversion: str
    evidence: str
    considered: tuple[Rejected, ...] = ()
    fixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuted:
    """A stored value that a conversion refused."""

    type: str
    conversion: str
    reason: str
    value: str


def choose(
    database: Database,
    profile: Profile,
    options: Options,
    *,
    fixed: Mapping[ColumnKey, tuple[str, str]] | None = None,
    refuted: Mapping[ColumnKey, tuple[Refuted, ...]] | None = None,
) -> tuple[dict[ColumnKey, Choice], tuple[Finding, ...]]:
    """A choice for every column of every table, and the findings that the values give rise to.

    `fixed` holds (type, conversion) that the user set; `refuted` what conversions have refused so
    far in this run. Foreign-key partners get one type where one type holds both ends.
    """
    refuted = refuted or {}
    fixed = fixed or {}
    sibling = _sibling_format(database, profile)
    choices: dict[ColumnKey, Choice] = {}
    open_to: dict[ColumnKey, tuple[Candidate, ...]] = {}
    for table in database.tables:
        for column in table.columns:
            key = (table.name, column.name)
            seen = profile.table(table.name).column(column.name)
            evidence = Evidence(table=table, column=column, profile=seen, options=options, sibling=sibling)
            open_to[key] = candidates(evidence)
            choices[key] = _first(open_to[key], refuted.get(key, ()), fixed.get(key))
    _agree_on_keys(database, profile, choices, open_to, refuted)
    findings = [
        finding
        for table in database.tables
        for column in table.columns
        for finding in _findings(table, column, profile.table(table.name).column(column.name), choices)
    ]
    return choices, tuple(findings)


def _first(found: Iterable[Candidate], refuted: Iterable[Refuted], fixed: tuple[str, str] | None) -> Choice:
    if fixed is not None:
        return Choice(type=fixed[0], conversion=fixed[1], evidence="set in the plan", fixed=True)
    gone = {(entry.type, entry.conversion): entry for entry in refuted}
    considered: list[Rejected] = []
    for candidate in found:
        entry = gone.get((candidate.type, candidate.conversion))
        if entry is None:
            return Choice(
                type=candidate.type,
                conversion=candidate.conversion,
                evidence=candidate.evidence,
                considered=tuple(considered),
            )
        considered.append(
            Rejected(type=entry.type, conversion=entry.conversion, reason=entry.reason, value=entry.value)
        )
    last = list(gone.values())[-1]
    return Choice(type=last.type, conversion=last.conversion, evidence="nothing holds every value", considered=tuple(considered))


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


def _agree_on_keys(
    database: Database,
    profile: Profile,
    choices: dict[ColumnKey, Choice],
    open_to: Mapping[ColumnKey, tuple[Candidate, ...]],
    refuted: Mapping[ColumnKey, tuple[Refuted, ...]],
) -> None:
    for group in _key_groups(database):
        if len({(choices[key].type, choices[key].conversion) for key in group}) == 1:
            continue
        agreed = _agreement(group, profile, choices, open_to, refuted)
        if agreed is None:
            continue
        for key, candidate in agreed.items():
            if not choices[key].fixed and choices[key].type != candidate.type:
                choices[key] = replace(
                    choices[key],
                    type=candidate.type,
                    conversion=candidate.conversion,
                    evidence=f"{candidate.evidence}; the type of its foreign-key partner",
                )


def _agreement(
    group: tuple[ColumnKey, ...],
    profile: Profile,
    choices: Mapping[ColumnKey, Choice],
    open_to: Mapping[ColumnKey, tuple[Candidate, ...]],
    refuted: Mapping[ColumnKey, tuple[Refuted, ...]],
) -> dict[ColumnKey, Candidate] | None:
    """One type for all columns of a key group: the parents' choice first, then any that all can hold."""
    wanted = list(dict.fromkeys(choices[key].type for key in group))
    wanted += [candidate.type for key in group for candidate in open_to[key] if candidate.type not in wanted]
    for target in wanted:
        recipe = next((choices[key].conversion for key in group if choices[key].type == target), "same")
        found = {
            key: _as_type(
                target, recipe, profile.table(key[0]).column(key[1]), choices[key], open_to[key], refuted.get(key, ())
            )
            for key in group
        }
        if all(candidate is not None for candidate in found.values()):
            return {key: candidate for key, candidate in found.items() if candidate is not None}
    return None


def _as_type(
    target: str,
    recipe: str,
    seen: ColumnProfile,
    choice: Choice,
    found: Iterable[Candidate],
    refuted: Iterable[Refuted],
) -> Candidate | None:
    """The candidate by which a column can hold the target type; `recipe` is its partner's, for an empty one."""
    if choice.type == target:
        return Candidate(type=choice.type, conversion=choice.conversion, evidence=choice.evidence)
    if choice.fixed:
        return None
    gone = {(entry.type, entry.conversion) for entry in refuted}
    possible = [candidate for candidate in found if candidate.type == target]
    if not seen.values:
        possible.append(Candidate(type=target, conversion=recipe, evidence="no values"))
    elif target == "bigint" and seen.classes == {"text"}:
        possible.append(Candidate(type="bigint", conversion="integer-text", evidence="text that spells integers"))
    elif target == "text" and "text" not in seen.classes:
        possible = [candidate for candidate in possible if candidate.conversion != "escaped"]
    for candidate in possible:
        if (candidate.type, candidate.conversion) not in gone and _holds_nothing_odd(candidate, seen):
            return candidate
    return None


def _holds_nothing_odd(candidate: Candidate, seen: ColumnProfile) -> bool:
    return candidate.conversion != "same" or seen.values == 0 or len(seen.classes) == 1


def _key_groups(database: Database) -> tuple[tuple[ColumnKey, ...], ...]:
    """Columns joined by foreign keys, parents first within a group."""
    leader: dict[ColumnKey, ColumnKey] = {}

    def find(key: ColumnKey) -> ColumnKey:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    parents: dict[ColumnKey, None] = {}
    members: dict[ColumnKey, None] = {}
    for child, parent in _key_pairs(database):
        leader[find(child)] = find(parent)
        parents.setdefault(parent)
        members.update({parent: None, child: None})
    groups: dict[ColumnKey, list[ColumnKey]] = {}
    for key in sorted(members, key=lambda key: key not in parents):
        groups.setdefault(find(key), []).append(key)
    return tuple(tuple(group) for group in groups.values())


def _key_pairs(database: Database) -> list[tuple[ColumnKey, ColumnKey]]:
    tables = {fold(table.name): table for table in database.tables}
    pairs = []
    for table in database.tables:
        for key in table.foreign_keys:
            parent = tables.get(fold(key.parent_table))
            if parent is None or len(key.parent_columns) != len(key.columns):
                continue
            names = {fold(column.name): column.name for column in parent.columns}
            own = {fold(column.name): column.name for column in table.columns}
            pairs += [
                ((table.name, own[fold(child)]), (parent.name, names[fold(other)]))
                for child, other in zip(key.columns, key.parent_columns, strict=True)
                if fold(other) in names and fold(child) in own
            ]
    return pairs


_CLASS_OF_AFFINITY = {Affinity.INTEGER: "integer", Affinity.REAL: "real", Affinity.TEXT: "text"}


def _findings(
    table: Table, column: Column, seen: ColumnProfile, choices: Mapping[ColumnKey, Choice]
) -> Iterable[Finding]:
    choice = choices[(table.name, column.name)]
    where = f"{table.name}.{column.name}"
    held = ", ".join(f"{count} {name}" for name, count in seen.counts)
    if len(seen.classes) > 1 and choice.conversion in {"escaped", "numeric-point", "numbers"}:
        sizes = sorted(seen.counts, key=lambda entry: entry[1])
        yield Finding(
            rule="type.mixed",
            object=where,
            detail=f"holds {held}; becomes {choice.type} ({choice.conversion})",
            count=sum(count for _, count in sizes[:-1]),
            sample=tuple(_odd_ones(seen)),
        )
    elif choice.conversion == "escaped" and seen.classes == {"text"}:
        shown = [entry for entry in choice.considered if entry.conversion == "same"]
        yield Finding(
            rule="text.not-storable",
            object=where,
            detail=f"{shown[0].value if shown else 'a value'} {shown[0].reason if shown else ''}; becomes text (escaped)",
            count=1,
            sample=tuple(entry.value for entry in shown),
        )
    expected = _CLASS_OF_AFFINITY.get(column.affinity) if column.declared_type else None
    if len(seen.classes) == 1 and expected is not None and expected not in seen.classes:
        yield Finding(
            rule="type.declaration-contradicted",
            object=where,
            detail=f"declared {column.declared_type}, holds {held}; becomes {choice.type}",
            count=seen.values,
        )
    yield from _date_findings(where, column, seen, choice)
    for entry in choice.considered:
        if entry.conversion == "json":
            yield Finding(
                rule="json.not-kept", object=where, detail=f"{entry.value} {entry.reason}; becomes {choice.type}", count=1
            )
        elif entry.type.startswith("numeric("):
            yield Finding(
                rule="type.declaration-ignored",
                object=where,
                detail=f"{entry.value} {entry.reason}; becomes {choice.type}",
                count=1,
            )


def _date_findings(where: str, column: Column, seen: ColumnProfile, choice: Choice) -> Iterable[Finding]:
    if declared(column.declared_type).meaning not in {"datetime", "datetimetz", "date", "time"} or not seen.values:
        return
    if choice.type == "text" and seen.classes == {"text"}:
        ruled_out = next((entry.value for entry in choice.considered), None)
        sample = [value for value in seen.sample if isinstance(value, str)]
        shown = (ruled_out,) if ruled_out else tuple(dict.fromkeys(repr(text) for text in sample[:40]))[:3]
        yield Finding(
            rule="date.mixed-formats",
            object=where,
            detail=f"declared {column.declared_type}; the values have no single exact format, so it stays text",
            count=seen.values,
            sample=shown,
        )
    elif choice.type in {"bigint", "double precision", "numeric"}:
        units = plausible_units(seen)
        detail = f"could be {' or '.join(units)}" if units else "lies outside 1990 to 2100 in every unit"
        yield Finding(
            rule="date.unit-unclear",
            object=where,
            detail=f"declared {column.declared_type}, holds numbers; {detail}, so it becomes {choice.type}",
            count=seen.values,
            sample=tuple(str(x) for x in (seen.min_integer, seen.max_integer) if x is not None),
        )


def _odd_ones(seen: ColumnProfile) -> Iterable[str]:
    """A few values of the rarer storage classes."""
    commonest = max(seen.counts, key=lambda entry: entry[1])[0]
    kinds = {int: "integer", float: "real", str: "text", bytes: "blob"}
    odd = [value for value in seen.sample if value is not None and kinds[type(value)] != commonest]
    for value in odd[:3]:
        text = repr(value) if not isinstance(value, bytes) else f"x'{value[:16].hex()}'"
        yield text.encode(errors="backslashreplace").decode()[:60]
