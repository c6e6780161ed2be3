"""The numbers of new rows as SQLite gives them, where a program asks for these (`keys=sqlite`).

Without AUTOINCREMENT the next rowid is the one behind the greatest there is: a number of a row that was
deleted or never came to be is given again. With AUTOINCREMENT the sequence goes on, and what a failed
statement or an undone transaction took of it is given back. Used by `statement`, which says what stands
before an INSERT, and by `standing`, which knows what was undone. Rule: https://www.sqlite.org/autoinc.html
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from outgrow.runtime.dbapi.session import serial_of
from outgrow.runtime.dbapi.wire import Request
from outgrow.schema.names import literal, qualified, quote
from outgrow.schema.target import Relation

# Who asks first waits for the end of the transactions that asked, in a statement of its own, so that the next
# one sees their rows. Where the user may not set the sequence, it goes on as it stands.
_WAIT = """
SELECT CASE WHEN pg_catalog.has_sequence_privilege({sequence}, 'UPDATE')
       THEN pg_catalog.pg_advisory_xact_lock({lock}) END
""".strip()
_BEHIND_THE_GREATEST = """
SELECT CASE WHEN pg_catalog.has_sequence_privilege(s.name, 'UPDATE') AND t.largest < 9223372036854775807
       THEN pg_catalog.setval(s.name::regclass, t.largest + 1, false) END
FROM (SELECT {sequence} AS name OFFSET 0) AS s, (SELECT greatest(max({key}), 0) AS largest FROM {table}) AS t
""".strip()

# SQLite goes on behind the greatest row there is, too, whoever has put it there.
_REACHED = """
SELECT CASE WHEN (pg_catalog.has_sequence_privilege(s.name, 'SELECT')
                  AND pg_catalog.has_sequence_privilege(s.name, 'UPDATE')) IS NOT TRUE THEN NULL
       WHEN t.largest > sqlite.reached(s.name) THEN pg_catalog.setval(s.name::regclass, t.largest)
       ELSE sqlite.reached(s.name) END
FROM (SELECT {sequence} AS name OFFSET 0) AS s, (SELECT greatest(max({key}), 0) AS largest FROM {table}) AS t
""".strip()

# Not while another transaction takes numbers, and never below a row: what can't be given back stays a gap.
_TRY = "SELECT pg_catalog.pg_try_advisory_xact_lock({lock})"
_BACK = """
SELECT CASE WHEN pg_catalog.pg_try_advisory_xact_lock({lock}) AND t.reached < sqlite.reached(s.name)
       THEN pg_catalog.setval(s.name::regclass, greatest(t.reached, 1), t.reached > 0) END
FROM (SELECT {sequence} AS name OFFSET 0) AS s, (SELECT greatest($1, max({key})) AS reached FROM {table}) AS t
""".strip()

_INT8 = 20
_NUMBER = struct.Struct(">q")


@dataclass(frozen=True, slots=True)
class Numbering:
    """How the rows of one table get SQLite's numbers.

    `before` is sent before an INSERT, in its transaction. With `back` the last of it gives where the sequence
    stands, as `reached` reads it, unless there is none that the user may set; `back` sets it there again,
    given that number.
    """

    before: tuple[Request, ...]
    back: tuple[str, ...] = ()


def numbering(relation: Relation, *, counts: bool) -> Numbering:
    """That of a table whose rowid has a sequence; `counts` says that it is one with AUTOINCREMENT."""
    key = relation.column(relation.rowid_alias or "").name
    table = qualified(relation.schema, relation.name)
    wanted = {
        "sequence": f"pg_catalog.pg_get_serial_sequence({literal(table)}, {literal(key)})",
        "lock": serial_of(relation.schema), "key": quote(key), "table": table,
    }  # fmt: skip
    first = _REACHED if counts else _BEHIND_THE_GREATEST
    return Numbering(
        before=tuple(Request(sql.format_map(wanted).encode(), repeats=True) for sql in (_WAIT, first)),
        back=tuple(sql.format_map(wanted) for sql in (_TRY, _BACK)) if counts else (),
    )


def before(by: Numbering | None) -> tuple[Request, ...]:
    """What is sent before an INSERT, if anything."""
    return by.before if by is not None else ()


def reached(value: bytes | None) -> int | None:
    """Where a sequence stood before an INSERT; None where the user may not set it."""
    return None if value is None else int(_NUMBER.unpack(value)[0])


class Taken:
    """Where sequences stood before the rows of one transaction took numbers of them.

    `depth` is the number of savepoints that the program has set.
    """

    def __init__(self) -> None:
        self._marks: list[tuple[int, Numbering, int]] = []

    def note(self, depth: int, by: Numbering, stood: int) -> None:
        """A row came; what stood before the first one since a savepoint counts."""
        if not any(depth == known and by == other for known, other, _ in self._marks):
            self._marks.append((depth, by, stood))

    def released(self, depth: int) -> None:
        """What came since savepoints that were let go belongs to the one before them."""
        self._marks = [(min(known, depth), by, stood) for known, by, stood in self._marks]

    def undone(self, depth: int = 0) -> list[Request]:
        """What gives the numbers back that were taken with so many savepoints and more, and forgets them."""
        gone = [mark for mark in self._marks if mark[0] >= depth]
        self._marks = [mark for mark in self._marks if mark[0] < depth]
        first: dict[Numbering, int] = {}
        for _, by, stood in gone:
            first.setdefault(by, stood)
        return [request for by, stood in first.items() for request in back(by, stood)]

    def forget(self) -> None:
        """The numbers were used."""
        self._marks.clear()


def back(by: Numbering, stood: int) -> list[Request]:
    """What gives the numbers beyond that one back."""
    lock, sql = by.back
    return [Request(lock.encode()), Request(sql.encode(), [_NUMBER.pack(stood)], [_INT8], [1])]
