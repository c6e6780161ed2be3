"""Foreign-key partners: all columns that keys join get one type where one type holds them all.

PostgreSQL compares a key only with a column of its own type, SQLite with anything. Part of
`types.choose`, after each column has its own choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from outgrow.schema.model import Database
from outgrow.schema.names import fold
from outgrow.types.choice import Choice, ColumnKey, Refuted
from outgrow.types.evidence import Candidate
from outgrow.types.observed import ColumnProfile, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What is known of all columns: choices so far, candidates, counter-examples, profile."""

    choices: Mapping[ColumnKey, Choice]
    candidates: Mapping[ColumnKey, tuple[Candidate, ...]]
    refuted: Mapping[ColumnKey, tuple[Refuted, ...]]
    profile: Profile

    def seen(self, key: ColumnKey) -> ColumnProfile:
        """The column's profile."""
        return self.profile.table(key[0]).column(key[1])


def agreed(database: Database, columns: Columns) -> dict[ColumnKey, Choice]:
    """The choices that change so that foreign-key partners agree, where one type holds them."""
    changed: dict[ColumnKey, Choice] = {}
    for group in key_groups(database):
        if len({columns.choices[key].type for key in group}) == 1:
            continue
        for key, candidate in _agreement(group, columns).items():
            choice = columns.choices[key]
            if not choice.fixed and choice.type != candidate.type:
                changed[key] = replace(
                    choice,
                    type=candidate.type,
                    conversion=candidate.conversion,
                    evidence=f"{candidate.evidence}; the type of its foreign-key partner",
                )
    return changed


def _agreement(group: tuple[ColumnKey, ...], columns: Columns) -> dict[ColumnKey, Candidate]:
    """One type for a group: the parents' choice first, then any that all columns hold.

    When there is none, the first parent's type for as many as can hold it.
    """
    wanted = list(dict.fromkeys(columns.choices[key].type for key in group))
    wanted += [c.type for key in group for c in columns.candidates[key] if c.type not in wanted]
    holders = [_holders(target, group, columns) for target in wanted]
    return next((held for held in holders if len(held) == len(group)), holders[0])


def _holders(target: str, group: tuple[ColumnKey, ...], columns: Columns) -> dict[ColumnKey, Candidate]:
    """The columns of the group that can hold the target type, and how."""
    of_type = (columns.choices[key] for key in group if columns.choices[key].type == target)
    recipe = next((choice.conversion for choice in of_type), "same")
    found = {key: _as_type(target, recipe, key, columns) for key in group}
    return {key: candidate for key, candidate in found.items() if candidate is not None}


def _as_type(target: str, recipe: str, key: ColumnKey, columns: Columns) -> Candidate | None:
    """How a column can hold the target type; `recipe` is its partner's, for a column without values."""
    choice, seen = columns.choices[key], columns.seen(key)
    if choice.type == target:
        return Candidate(type=choice.type, conversion=choice.conversion, evidence=choice.evidence)
    if choice.fixed:
        return None
    if not seen.values:
        return Candidate(type=target, conversion=recipe, evidence="no values")
    possible = [candidate for candidate in columns.candidates[key] if candidate.type == target]
    if target == "bigint" and seen.classes == {"text"}:
        possible.append(
            Candidate(type="bigint", conversion="integer-text", evidence="text that spells integers")
        )
    elif target == "uuid" and seen.classes == {"text"}:
        possible.append(Candidate(type="uuid", conversion=recipe, evidence="text that spells UUIDs"))
    elif target == "text" and "text" not in seen.classes:
        possible = [candidate for candidate in possible if candidate.conversion != "escaped"]
    gone = {(entry.type, entry.conversion) for entry in columns.refuted.get(key, ())}
    return next((entry for entry in possible if (entry.type, entry.conversion) not in gone), None)


def key_groups(database: Database) -> tuple[tuple[ColumnKey, ...], ...]:
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
    """Child and parent column of every foreign key whose two ends exist, in declaration order."""
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
