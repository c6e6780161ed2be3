"""What is known of one column, and what a guess about its type looks like.

`types.guesses` read an `Evidence` and give `Candidate`s; `types.candidates` puts these in order.
Made from catalog and profile by `types.choose`. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outgrow.options import Options
from outgrow.schema.model import Column, Table
from outgrow.schema.names import fold
from outgrow.types.declared import Declared, declared
from outgrow.types.formats import DateFormat
from outgrow.types.observed import ColumnProfile, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A target type with its recipe, and one line on what speaks for it."""

    type: str
    conversion: str
    evidence: str


_MOMENTS_AND_FLAGS = {"boolean", "date", "datetime", "datetimetz", "time"}


def range_tells(column: Column, sample: Sequence[Value]) -> bool:
    """Whether the least and the greatest number of a column may speak for a type, or against one.

    `sample` holds some of its values. They can for moments in time and for flags, whichever are
    declared or look like it.
    """
    if declared(column.declared_type).meaning in _MOMENTS_AND_FLAGS:
        return True
    return bool(sample) and all(value in {0, 1} for value in sample)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of one column.

    `sibling` is the date format that most of the file's date columns have.
    """

    table: Table
    column: Column
    profile: ColumnProfile
    options: Options
    sibling: DateFormat | None = None

    @property
    def declared(self) -> Declared:
        """The declared type's meaning."""
        return declared(self.column.declared_type)

    @property
    def told(self) -> str:
        """The declaration in words, as a finding's first half."""
        return f"declared {self.column.declared_type}" if self.column.declared_type else "no declared type"

    @property
    def inferring(self) -> bool:
        """Whether names, defaults and CHECKs may speak where the declaration is silent."""
        return self.options.types == "inferred"

    @property
    def texts(self) -> tuple[str, ...]:
        """Text values of the sample."""
        return tuple(value for value in self.profile.sample if isinstance(value, str))

    @property
    def is_key(self) -> bool:
        """Whether the column is part of a primary or foreign key."""
        name = fold(self.column.name)
        in_foreign = any(name == fold(own) for key in self.table.foreign_keys for own in key.columns)
        return self.column.primary_key > 0 or in_foreign

    @property
    def is_indexed(self) -> bool:
        """Whether the column is a key of an index, where its text's own order and equality count."""
        return any(key.column == self.column.name for index in self.table.indexes for key in index.columns)

    def only(self, *classes: str) -> bool:
        """Whether all values are of these storage classes (true for a column without values)."""
        return self.profile.classes <= frozenset(classes)

    def within(self, low: int, high: int) -> bool:
        """Whether all integers lie in that range, both ends included."""
        ends = (self.profile.min_integer, self.profile.max_integer)
        known = (*ends, *(value for value in self.profile.sample if isinstance(value, int)))
        return all(value is None or low <= value <= high for value in known)
