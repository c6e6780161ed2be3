"""What a translated expression is: PostgreSQL text with the SQLite type it has.

Every rule of the translator takes and gives a `Value`. The static type decides which PostgreSQL
operator means the same; where it cannot decide, the rule refuses. Pure data; `convert` makes
one kind into another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from outgrow.errors import TranslationError
from outgrow.schema.names import literal
from outgrow.schema.target import TargetColumn
from outgrow.translate.numerals import real_text

Kind = Literal["integer", "real", "number", "text", "blob", "boolean", "null", "held", "tagged"]
"""Storage class, as far as it is known before the query runs.

`number` is integer or real; `boolean` is SQLite's 0 or 1 held as PostgreSQL boolean; `held` is a
value that the plan keeps in a type of its own (uuid, timestamp, jsonb, ...), see `held`; `tagged` is a
value of whichever class the row has, as text behind a letter for its class (i, r, t, b), which the
functions of the schema `sqlite` take and give.
"""

NUMBERS = frozenset({"integer", "real", "number", "boolean"})


class Rank(IntEnum):
    """How tightly the outermost operator of a text binds on PostgreSQL, loosest first."""

    OR = 1
    AND = 2
    NOT = 3
    IS = 4
    COMPARE = 5
    OTHER = 6
    ADD = 7
    MULTIPLY = 8
    ATOM = 9


class Volatility(IntEnum):
    """PostgreSQL's three classes; indexes and generated columns take only the first."""

    IMMUTABLE = 0
    STABLE = 1
    VOLATILE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The instant behind a date text: `sql` is a timestamp without zone in UTC.

    `spelling` is the format of the text in the words of `types.values.dates`, or `epoch:s`; "" when
    the format has no such name.
    """

    sql: str
    spelling: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A PostgreSQL expression that yields what the SQLite expression yields.

    `type` is its PostgreSQL type. `constant` is set for a literal (a one-element tuple, because NULL
    is a constant too). `column` is set while the value is a bare column. `collation` is SQLite's, None
    for BINARY; `explicit` says it came from COLLATE. `digits` is bigint SQL for a text that spells that
    integer; `natural` an integer known not to be negative; `flag` is boolean SQL for an integer that is
    0, 1 or NULL. `stored` says the value comes from a column (and so has an affinity). `json` says the text
    is the result of a JSON function, which others embed as JSON; `json_argument` is what to give them
    instead, if any. `numeric` says of a tagged value that it can only be a number. `parameter` is the
    number of a bound parameter. `declared` is the declared type of the column that the value is read from.
    `is_rowid` says that it was asked for as a rowid.
    """

    sql: str
    kind: Kind
    type: str
    rank: Rank = Rank.ATOM
    nullable: bool = True
    constant: tuple[int | float | str | bytes | None] | None = None
    column: TargetColumn | None = None
    collation: str | None = None
    explicit: bool = False
    volatility: Volatility = Volatility.IMMUTABLE
    moment: Moment | None = None
    digits: str | None = None
    natural: bool = False
    flag: str | None = None
    stored: bool = False
    json: bool = False
    json_argument: str = ""
    numeric: bool = False
    parameter: int | None = None
    declared: str = ""
    is_rowid: bool = False

    def within(self, rank: Rank) -> str:
        """The text as an operand of an operator of that rank, in parentheses where they are needed."""
        return self.sql if self.rank > rank or self.rank is Rank.ATOM else f"({self.sql})"


NULL = Value(sql="NULL", kind="null", type="text", constant=(None,))


def refuse(what: str) -> TranslationError:
    """The error for a combination that is not in the tables."""
    return TranslationError(missing=what)


@contextmanager
def speaking_of(sql: str) -> Iterator[None]:
    """Gives every refusal inside the SQL text it speaks of; a text nested too deep becomes one."""
    try:
        yield
    except TranslationError as error:
        raise TranslationError(error.missing, sql) from error
    except RecursionError as error:
        raise TranslationError("an expression nested this deep", sql) from error


def made(
    sql: str, kind: Kind, type_: str, *parts: Value, rank: Rank = Rank.ATOM, nullable: bool | None = None
) -> Value:
    """A value computed from `parts`: it is NULL only when one of them can be, unless told otherwise.

    Raises TranslationError when a part carries COLLATE: SQLite lets that reach a comparison outside.
    """
    if any(part.explicit for part in parts):
        raise refuse("COLLATE inside an expression")
    return Value(
        sql=sql,
        kind=kind,
        type=type_,
        rank=rank,
        nullable=any(part.nullable for part in parts) if nullable is None else nullable,
        volatility=max((part.volatility for part in parts), default=Volatility.IMMUTABLE),
    )


def truth(sql: str, *parts: Value, rank: Rank = Rank.COMPARE, nullable: bool | None = None) -> Value:
    """A boolean computed from `parts`."""
    return made(sql, "boolean", "boolean", *parts, rank=rank, nullable=nullable)


def integer_constant(value: int) -> Value:
    """An integer literal; untyped, so that PostgreSQL takes the type of what stands beside it."""
    sql = str(value) if value >= 0 else f"({value})"
    if value == -(2**63):
        sql = "('-9223372036854775808'::bigint)"
    return Value(
        sql=sql, kind="integer", type="bigint", nullable=False, constant=(value,), natural=value >= 0
    )


def constant(value: float | str | bytes | None) -> Value:
    """A literal. Text with NUL is refused: PostgreSQL cannot hold it."""
    if value is None:
        return NULL
    if isinstance(value, int):
        return integer_constant(value)
    if isinstance(value, float):
        sql = f"'{real_text(value)}'::double precision"
        return Value(sql=sql, kind="real", type="double precision", nullable=False, constant=(value,))
    if isinstance(value, bytes):
        return Value(
            sql=f"'\\x{value.hex()}'::bytea", kind="blob", type="bytea", nullable=False, constant=(value,)
        )
    if "\0" in value:
        raise refuse("a string with the character NUL")
    return Value(sql=literal(value), kind="text", type="text", nullable=False, constant=(value,))


def described(value: Value) -> str:
    """What a value is, for messages."""
    if value.column is not None:
        kept = (
            ""
            if value.column.conversion == "same"
            else f" kept as {value.column.type} ({value.column.conversion})"
        )
        return f"column {value.column.source}{kept}"
    if value.constant is not None:
        return f"the literal {value.constant[0]!r}"
    return {
        "number": "a number computed from integers and reals",
        "held": f"a value kept as {value.type}",
    }.get(value.kind, f"a {value.kind} value")
