"""Which types a column could have, best first, judged by declaration, profile, name and default.

A candidate is a guess that the evidence allows so far; only the conversion, which looks at every
value, makes it certain. Before: `types.guesses`. After: `types.choose`, which picks.
"""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.schema.model import Affinity
from outgrow.types.evidence import Candidate, Evidence
from outgrow.types.guesses import GUESSES
from outgrow.types.observed import EXACT_INTEGERS

_PLAIN = {"integer": "bigint", "real": "double precision", "text": "text", "blob": "bytea"}
_BY_AFFINITY = {
    Affinity.INTEGER: "bigint",
    Affinity.REAL: "double precision",
    Affinity.TEXT: "text",
    Affinity.BLOB: "bytea",
}
_EMPTY_NUMERIC = {
    "boolean": "bigint",
    "blob": "bytea",
    "integer": "bigint",
    "real": "double precision",
    "decimal": "double precision",
    "vector": "double precision",
}
"""Types of columns with NUMERIC affinity and no value by what their declaration means; else text."""


def candidates(evidence: Evidence) -> tuple[Candidate, ...]:
    """Types for the column, best first; the last one holds every value that PostgreSQL can store."""
    found: dict[tuple[str, str], Candidate] = {}
    plain = evidence.options.types == "faithful" or _is_verbatim(evidence)
    guesses = () if plain else GUESSES
    for guess in (*guesses, _by_class):
        for candidate in guess(evidence):
            found.setdefault((candidate.type, candidate.conversion), candidate)
    return tuple(found.values())


def _is_verbatim(e: Evidence) -> bool:
    """Whether a virtual table wants the column's values as they are stored."""
    return e.column.verbatim or e.column.name in e.table.rtree


def _by_class(e: Evidence) -> Iterator[Candidate]:
    """The plain type of the storage classes that are there; at last text with its reversible form."""
    classes = e.profile.classes
    if not classes and e.declared.meaning == "none" and not _is_verbatim(e):
        yield Candidate(type="text", conversion="escaped", evidence="no declaration, no values")
    elif not classes:
        yield Candidate(type=_empty_type(e), conversion="same", evidence=f"{e.told}, no values")
    elif len(classes) == 1:
        (only,) = classes
        yield Candidate(type=_PLAIN[only], conversion="same", evidence=f"{e.told}, every value is {only}")
    elif classes == {"integer", "real"}:
        evidence = f"{e.told}, integers and reals"
        if e.within(-EXACT_INTEGERS, EXACT_INTEGERS):
            yield Candidate(type="double precision", conversion="numbers", evidence=evidence)
        yield Candidate(type="numeric", conversion="numeric-point", evidence=evidence)
    kinds = ", ".join(f"{count} {name}" for name, count in e.profile.counts) or "no values"
    yield Candidate(type="text", conversion="escaped", evidence=f"{e.told}; holds {kinds}")


def _empty_type(e: Evidence) -> str:
    if e.declared.meaning == "none":
        return "text"
    return _BY_AFFINITY.get(e.column.affinity) or _EMPTY_NUMERIC.get(e.declared.meaning, "text")
