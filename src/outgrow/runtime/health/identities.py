"""The check of every identity and sequence against the largest value that its column has already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from outgrow.report.figures import counted
from outgrow.runtime.health import queries
from outgrow.runtime.health.check import Verdict, failure, ok, skipped, warning
from outgrow.runtime.health.subject import Subject
from outgrow.schema.names import literal, qualified, quote

_AT_A_TIME = 50
_NEARLY = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """A column that a sequence feeds; `most` is the last value that both can hold.

    `quick` says that the column's largest value can be read without reading the whole of a large table.
    """

    on_table: str
    on_column: str
    sequence_schema: str
    sequence_name: str
    step: int
    cycles: bool
    most: int
    readable: bool
    quick: bool

    @property
    def place(self) -> str:
        """`table.column`."""
        return f"{self.on_table}.{self.on_column}"

    @property
    def sequence(self) -> str:
        """The sequence's name as SQL."""
        return qualified(self.sequence_schema, self.sequence_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one stands: the value that comes next, and the largest that the column has (None: no row)."""

    fed: Fed
    following: int
    largest: int | None


def identities(subject: Subject) -> Verdict:
    """Whether the next value of each is larger than all that are there, and not near its last."""
    fed = queries.rows(subject.main, "identities", Fed, {"schema": subject.schema})
    looked_at = [one for one in fed if one.readable and one.quick]
    return judge(list(_standings(subject, looked_at)), fed, subject)


def _standings(subject: Subject, fed: Sequence[Fed]) -> Iterator[Standing]:
    """Where they stand, in one query for fifty of them."""
    for start in range(0, len(fed), _AT_A_TIME):
        part = fed[start : start + _AT_A_TIME]
        text = "\nUNION ALL ".join(_standing_sql(subject.schema, n, one) for n, one in enumerate(part))
        for number, last, called, largest in subject.main.execute(text.encode()).fetchall():
            one = part[number]
            following = int(last) + (one.step if called else 0)
            yield Standing(fed=one, following=following, largest=None if largest is None else int(largest))


def _standing_sql(schema: str, number: int, fed: Fed) -> str:
    largest = f"SELECT max({quote(fed.on_column)}) FROM {qualified(schema, fed.on_table)}"
    return f"SELECT {number}, last_value, is_called, ({largest})::numeric FROM {fed.sequence}"


def judge(standings: Sequence[Standing], fed: Sequence[Fed], subject: Subject) -> Verdict:
    """The verdict on where they stand; `fed` are all, of which some may not have been looked at."""
    lagging = [s for s in standings if s.largest is not None and s.following <= s.largest]
    ended = [s for s in standings if s not in lagging and s.following > s.fed.most and not s.fed.cycles]
    near = [
        s for s in standings
        if s not in lagging and s not in ended and not s.fed.cycles and s.following > s.fed.most * _NEARLY
    ]  # fmt: skip
    unseen = _unseen(fed, subject.reader)
    if lagging or ended:
        return failure(
            f"{counted(len(lagging) + len(ended), 'identity', 'identities')} behind or used up, so an INSERT "
            f"fails{unseen}",
            *(f"{s.fed.place}: next {s.following}, but {s.largest} is there already" for s in lagging),
            *(f"{s.fed.place}: the last value, {s.fed.most}, was given" for s in ended),
            *map(_near, near),
            advice=_remedies(subject.schema, lagging, ended),
        )
    if near:
        return warning(
            f"{counted(len(near), 'identity comes', 'identities come')} to an end{unseen}",
            *map(_near, near),
            advice=["Make the column, what refers to it and its sequence bigint."],
        )
    if not standings:
        return skipped(f"none could be looked at{unseen}") if fed else ok("there are none")
    return ok(f"{counted(len(standings), 'identity', 'identities')}, none behind its column{unseen}")


def _remedies(schema: str, lagging: Sequence[Standing], ended: Sequence[Standing]) -> list[str]:
    """Setting a sequence forward mends it while there are values left."""
    found = [_mend(schema, s) for s in lagging if s.largest is not None and s.largest < s.fed.most]
    if ended or len(found) < len(lagging):
        found.append("Renumber the rows with the largest values, or make the column and its sequence bigint.")
    return found


def _near(standing: Standing) -> str:
    return f"{standing.fed.place}: next {standing.following}, last {standing.fed.most}"


def _mend(schema: str, standing: Standing) -> str:
    fed = standing.fed
    largest = f"SELECT max({quote(fed.on_column)}) FROM {qualified(schema, fed.on_table)}"
    return f"SELECT setval({literal(fed.sequence)}, ({largest}));"


def _unseen(fed: Sequence[Fed], user: str) -> str:
    hidden = [one.place for one in fed if not one.readable]
    slow = [one.place for one in fed if one.readable and not one.quick]
    told = f"; user {user} may not read the sequences of {', '.join(hidden)}" if hidden else ""
    return told + (f"; {', '.join(slow)} has no index to read the largest value from" if slow else "")
