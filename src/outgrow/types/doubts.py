"""The findings that a column's values give rise to, once its type is chosen.

Part of `types.choose`: what was seen, what becomes of it, and a counter-example for what was ruled out.
"""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.findings import Finding
from outgrow.schema.model import Affinity, Column
from outgrow.types.choice import Choice
from outgrow.types.declared import declared
from outgrow.types.guesses.moments import plausible_units
from outgrow.types.guesses.texts import UUID_TEXT
from outgrow.types.observed import ColumnProfile
from outgrow.types.values.base import show

_CLASS_OF_AFFINITY = {Affinity.INTEGER: "integer", Affinity.REAL: "real", Affinity.TEXT: "text"}
_MIXED = {"escaped", "numeric-point", "numbers"}
_DATES = {"datetime", "datetimetz", "date", "time"}
_SHOWN = 3


def doubts(where: str, column: Column, seen: ColumnProfile, choice: Choice) -> Iterator[Finding]:
    """Findings on one column; `where` is its table.column in source spelling."""
    if choice.exhausted:
        last = choice.considered[-1]
        detail = f"{last.value} {last.reason}; no type holds every value"
        yield Finding(rule="value.too-large", object=where, detail=detail, count=1, sample=(last.value,))
    yield from _classes(where, seen, choice)
    yield from _declaration(where, column, seen, choice)
    yield from _dates(where, column, seen, choice)


def _held(seen: ColumnProfile) -> str:
    return ", ".join(f"{count} {name}" for name, count in seen.counts)


def _classes(where: str, seen: ColumnProfile, choice: Choice) -> Iterator[Finding]:
    if len(seen.classes) > 1 and choice.conversion in _MIXED:
        yield Finding(
            rule="type.mixed",
            object=where,
            detail=f"holds {_held(seen)}; becomes {choice.type} ({choice.conversion})",
            count=seen.values - max(count for _, count in seen.counts),
            sample=tuple(_odd_ones(seen)),
        )
    elif choice.conversion == "escaped" and seen.classes == {"text"} and not choice.fixed:
        shown = [entry for entry in choice.considered if entry.conversion == "same"]
        for entry in shown[:1]:
            detail = f"{entry.value} {entry.reason}; becomes text (escaped)"
            yield Finding(
                rule="text.not-storable", object=where, detail=detail, count=1, sample=(entry.value,)
            )


def _odd_ones(seen: ColumnProfile) -> Iterator[str]:
    """A few values of the rarer storage classes, printable."""
    commonest = max(seen.counts, key=lambda entry: entry[1])[0]
    kinds = {int: "integer", float: "real", str: "text", bytes: "blob"}
    odd = [value for value in seen.sample if value is not None and kinds[type(value)] != commonest]
    for value in list(dict.fromkeys(odd))[:_SHOWN]:
        text = repr(value) if not isinstance(value, bytes) else f"x'{value[:16].hex()}'"
        yield text.encode(errors="backslashreplace").decode()[:60]


def _declaration(where: str, column: Column, seen: ColumnProfile, choice: Choice) -> Iterator[Finding]:
    expected = _CLASS_OF_AFFINITY.get(column.affinity) if column.declared_type else None
    if len(seen.classes) == 1 and expected is not None and expected not in seen.classes:
        yield Finding(
            rule="type.declaration-contradicted",
            object=where,
            detail=f"declared {column.declared_type}, holds {_held(seen)}; becomes {choice.type}",
            count=seen.values,
        )
    for entry in choice.considered:
        detail, sample = f"{entry.value} {entry.reason}; becomes {choice.type}", (entry.value,)
        if entry.conversion == "json":
            yield Finding(rule="json.not-kept", object=where, detail=detail, count=1, sample=sample)
        elif entry.type.startswith(("numeric(", "varchar(")):
            yield Finding(
                rule="type.declaration-ignored", object=where, detail=detail, count=1, sample=sample
            )
    odd = _undeclared(column, seen, choice)
    if odd:
        detail = f"declared {column.declared_type}; not every value is one, so it becomes {choice.type}"
        yield Finding(
            rule="type.declaration-ignored", object=where, detail=detail, count=len(odd), sample=odd
        )


def _undeclared(column: Column, seen: ColumnProfile, choice: Choice) -> tuple[str, ...]:
    """A few values, all of one class, that are no UUID or boolean although the declaration says so."""
    meaning = declared(column.declared_type).meaning
    if len(seen.classes) != 1 or choice.fixed or choice.type == meaning:
        return ()
    refuted = tuple(entry.value for entry in choice.considered if entry.type == meaning)
    if meaning == "boolean":
        ends = [end for end in (seen.min_integer, seen.max_integer) if end is not None and end not in {0, 1}]
        reals = [end for end in (seen.min_real, seen.max_real) if end is not None]
        texts = [value for value in seen.sample if isinstance(value, str | bytes)]
        return refuted or tuple(dict.fromkeys(map(show, [*ends, *reals, *texts])))[:_SHOWN]
    if meaning == "uuid":
        odd = [value for value in seen.sample if not isinstance(value, str) or not UUID_TEXT.match(value)]
        return refuted or tuple(dict.fromkeys(map(show, odd)))[:_SHOWN]
    return ()


def _dates(where: str, column: Column, seen: ColumnProfile, choice: Choice) -> Iterator[Finding]:
    if declared(column.declared_type).meaning not in _DATES or not seen.values:
        return
    if choice.type == "text" and seen.classes == {"text"}:
        yield Finding(
            rule="date.mixed-formats",
            object=where,
            detail=f"declared {column.declared_type}; the values have no single exact format; it stays text",
            count=seen.values,
            sample=_undatable(seen, choice),
        )
    elif choice.type in {"bigint", "double precision", "numeric"}:
        units = plausible_units(seen)
        detail = f"could be {' or '.join(units)}" if units else "lies outside 1990 to 2100 in every unit"
        for entry in choice.considered[:1]:
            detail = f"{entry.value} {entry.reason} in {entry.type}"
        ends = (seen.min_integer, seen.max_integer, seen.min_real, seen.max_real)
        yield Finding(
            rule="date.unit-unclear",
            object=where,
            detail=f"declared {column.declared_type}, holds numbers; {detail}, so it becomes {choice.type}",
            count=seen.values,
            sample=tuple(dict.fromkeys(str(end) for end in ends if end is not None)),
        )


def _undatable(seen: ColumnProfile, choice: Choice) -> tuple[str, ...]:
    """The value that ruled a format out; without one, a few values that have none in common."""
    if choice.considered:
        return (choice.considered[0].value,)
    texts = [repr(value) for value in seen.sample if isinstance(value, str)]
    return tuple(dict.fromkeys(texts))[:_SHOWN]
