"""What a statement gave on SQLite, by a recording, against what it gives on PostgreSQL.

Values only. Before it stands `replaying`, which runs the statements; what comes out is a `Comparison`,
grouped by the text of the statement, for `cli.replay` to print.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from outgrow.runtime.launch.chance import DEFINED, Shape, binds_now, columns_of_the_moment, shape

Kind = Literal[
    "error", "no-error", "error-class", "rows", "order", "reals", "columns", "rowcount", "lastrowid"
]

MEANINGS: dict[Kind, str] = {
    "error": "PostgreSQL gives an error, SQLite gave none",
    "no-error": "SQLite gave an error, PostgreSQL gives none",
    "error-class": "another class of error",
    "rows": "other rows",
    "order": "the same rows in another order, though the statement has ORDER BY",
    "reals": "the same rows but for the last digits of reals",
    "columns": "other names of columns",
    "rowcount": "another rowcount",
    "lastrowid": "another lastrowid",
}
"""The kinds of difference, the worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference of one execution: what SQLite gave and what PostgreSQL gives, in words."""

    kind: Kind
    sqlite: str
    postgresql: str
    parameters: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gave:
    """What PostgreSQL gave for one execution; `error` is (class, message)."""

    error: tuple[str, str] | None = None
    rowcount: int = -1
    lastrowid: int | None = None
    columns: tuple[str, ...] | None = None
    us: int = 0


@dataclass(slots=True)
class Group:
    """All executions of one text.

    `differing` counts executions, `first` has the first difference of each kind; times are of executions
    without an error on either side.
    """

    sql: str
    shape: Shape
    runs: int = 0
    same: int = 0
    reordered: int = 0
    not_compared: Counter[str] = field(default_factory=Counter)
    differing: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    first: dict[Kind, Difference] = field(default_factory=dict)
    sqlite_us: array[int] = field(default_factory=lambda: array("q"))
    postgresql_us: array[int] = field(default_factory=lambda: array("q"))


class Comparison:
    """Takes executions one by one. `moments` are names of columns that hold the moment of their run."""

    def __init__(self, moments: Collection[str] = ()) -> None:
        self.groups: dict[str, Group] = {}
        self.functions: set[str] = set()
        self.moments = set(moments)

    def group(self, sql: str) -> Group:
        """The group of that text."""
        found = self.groups.get(sql)
        if found is None:
            self.moments |= columns_of_the_moment(sql)
            found = self.groups[sql] = Group(sql, shape(sql, self.functions))
        return found

    def skip(self, sql: str, why: str) -> None:
        """An execution that was not run again."""
        group = self.group(sql)
        group.runs += 1
        group.not_compared[why] += 1

    def take(self, event: Mapping[str, Any], gave: Gave, rows: Rows | None) -> None:
        """One execution; `rows` is what was fetched on both sides, None where nothing was."""
        group = self.group(event["sql"] if "sql" in event else f"{event['event']}()")
        group.runs += 1
        found = [*_errors(event, gave)]
        why = ""
        if found and group.shape.chance == DEFINED:  # a recording holds no Python
            found, why = [], DEFINED
        if not found and gave.error is None:
            chance = _chance(group.shape, event)
            counts = [*_counts(event, gave, group.shape)]
            results, why = self._results(group, event, rows, chance)
            if chance and any(difference.kind == "rowcount" for difference in counts):
                counts, why = [difference for difference in counts if difference.kind != "rowcount"], chance
            found = [*counts, *results]
        if gave.error is None and "error" not in event:
            group.sqlite_us.append(int(event["us"]) + (rows.recorded["us"] if rows else 0))
            group.postgresql_us.append(gave.us + (rows.us if rows else 0))
        self._count(group, found, why)

    def _count(self, group: Group, found: list[Difference], why: str) -> None:
        if found:
            group.differing += 1
            for difference in found:
                group.kinds[difference.kind] += 1
                group.first.setdefault(difference.kind, difference)
        elif why:
            group.not_compared[why] += 1
        else:
            group.same += 1

    def _results(
        self, group: Group, event: Mapping[str, Any], rows: Rows | None, chance: str
    ) -> tuple[list[Difference], str]:
        """How the rows differ, or why they cannot be compared."""
        if rows is None:
            return [], "the program never read its rows" if "columns" in event else ""
        if rows.error is not None:
            there = rows.recorded.get("error")
            if there is not None:
                return [], ""
            return [
                _difference("error", event, _rows_in_words(rows.recorded), _error_in_words(rows.error))
            ], ""
        kind, what = _rows_differ(rows)
        if not kind:
            return [], ""
        if kind == "order":
            if not group.shape.is_ordered:
                group.reordered += 1
                return [], ""
            return [_difference("order", event, *what)], ""
        if chance:
            return [], chance
        if kind == "rows":
            names = set(rows.differing_columns())
            if names and names <= self.moments:
                return [], "columns that hold the moment of the run: " + ", ".join(sorted(names))
            if not group.shape.is_ordered and (group.shape.is_limited or not rows.recorded["complete"]):
                return [], "a part of the rows, without ORDER BY"
        return [_difference(kind, event, *what)], ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What was fetched of one result.

    `recorded` is the line of the recording, `now` the digests of what PostgreSQL gave, or there is an
    `error` (class, message); `first` are its first rows, as JSON holds them.
    """

    recorded: Mapping[str, Any]
    now: Mapping[str, Any]
    columns: Sequence[str]
    first: Sequence[Any] = ()
    us: int = 0
    error: tuple[str, str] | None = None

    def differing_columns(self) -> list[str]:
        """The names, folded, of the columns whose values are not the same in the same order."""
        there, here = self.recorded["by_column"], self.now["by_column"]
        if self.recorded["count"] != self.now["count"] or not len(there) == len(here) == len(self.columns):
            return []
        return [name.lower() for name, a, b in zip(self.columns, there, here, strict=True) if a != b]


def _rows_differ(rows: Rows) -> tuple[Literal["", "rows", "order", "reals"], tuple[str, str]]:
    there, here = rows.recorded, rows.now
    in_words = (_rows_in_words(there), _rows_in_words(here))
    if there["unordered"] == here["unordered"]:
        is_same = there["ordered"] == here["ordered"]
        return ("" if is_same else "order"), in_words
    if there.get("rounded") is not None and there["rounded"] == here.get("rounded"):
        return "reals", in_words
    if names := rows.differing_columns():
        which = f" differing in {', '.join(names)}"
        in_words = (in_words[0] + which, in_words[1])
    if there.get("rows"):
        pairs = zip(there["rows"], rows.first, strict=False)
        shown = next(((a, b) for a, b in pairs if a != b), None)
        if shown is not None:
            in_words = (f"{in_words[0]}: {_shown(shown[0])}", f"{in_words[1]}: {_shown(shown[1])}")
    return "rows", in_words


def _errors(event: Mapping[str, Any], gave: Gave) -> list[Difference]:
    there = event.get("error")
    if there is None:
        if gave.error is None:
            return []
        return [_difference("error", event, "no error", _error_in_words(gave.error))]
    said = _error_in_words((there["class"], there["message"]))
    if gave.error is None:
        return [_difference("no-error", event, said, "no error")]
    if gave.error[0] != there["class"]:
        return [_difference("error-class", event, said, _error_in_words(gave.error))]
    return []


def _counts(event: Mapping[str, Any], gave: Gave, shape: Shape) -> list[Difference]:
    found = []
    columns = event.get("columns")
    if (
        "rowcount" in event
        and columns is None
        and gave.columns is None
        and event["rowcount"] != gave.rowcount
    ):
        found.append(_difference("rowcount", event, str(event["rowcount"]), str(gave.rowcount)))
    if columns is not None and tuple(columns) != (gave.columns or ()):
        found.append(_difference("columns", event, ", ".join(columns), ", ".join(gave.columns or ())))
    inserts = (
        event["event"] == "execute" and shape.verb in ("INSERT", "REPLACE") and event.get("rowcount", 0) > 0
    )
    # None: the table has no rowid on PostgreSQL, which the program was told when it was moved
    if inserts and gave.lastrowid is not None and event.get("lastrowid") != gave.lastrowid:
        found.append(_difference("lastrowid", event, str(event.get("lastrowid")), str(gave.lastrowid)))
    return found


def _chance(shape: Shape, event: Mapping[str, Any]) -> str:
    if not shape.chance and shape.by_value and binds_now(event.get("parameters")):
        return "a date function of a bound 'now'"
    return shape.chance


def _difference(kind: Kind, event: Mapping[str, Any], sqlite: str, postgresql: str) -> Difference:
    return Difference(kind=kind, sqlite=sqlite, postgresql=postgresql, parameters=event.get("parameters"))


def _rows_in_words(facts: Mapping[str, Any]) -> str:
    return f"{facts['count']:,} row{'' if facts['count'] == 1 else 's'}"


def _error_in_words(error: tuple[str, str]) -> str:
    return f"{error[0]}: {error[1]}"


def _shown(row: Sequence[Any]) -> str:
    return "(" + ", ".join("null" if value is None else repr(value) for value in row) + ")"


def percentile(values: Sequence[int], share: float) -> int:
    """The value below which that share of the values lies; 0 for none."""
    ranked = sorted(values)
    return ranked[min(int(len(ranked) * share), len(ranked) - 1)] if ranked else 0
