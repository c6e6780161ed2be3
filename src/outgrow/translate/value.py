"""What a translated expression is: PostgreSQL text with the SQLite type it has.

Every rule of the translator takes and gives a `Value`. The static type decides which PostgreSQL
operator means the same; where it cannot decide, the rule refuses. Pure data and the few ways to
change one kind into another without changing what SQLite would see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import IntEnum
from typing import Literal

from outgrow.errors import TranslationError
from outgrow.schema.names import literal
from outgrow.schema.target import TargetColumn

Kind = Literal["integer", "real", "number", "text", "blob", "boolean", "null", "held", "tagged"]
"""Storage class, as far as it is known before the query runs.

`number` is integer or real; `boolean` is SQLite's 0 or 1 held as PostgreSQL boolean; `held` is a
value that the plan keeps in a type of its own (uuid, timestamp, jsonb, ...), see `held`; `tagged` is a
value of whichever class the row has, as text behind a letter for its class (i, r, t, b), which the
functions of the schema `sqlite` take and give.
"""

NUMBERS = frozenset({"integer", "real", "number", "boolean"})

_SPACES = " \t\n\v\f\r"
_NUMERIC = re.compile(rf"[{_SPACES}]*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?[{_SPACES}]*")


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


def real_text(value: float) -> str:
    """A double in the shortest spelling that PostgreSQL reads back to the same bits."""
    return {"inf": "Infinity", "-inf": "-Infinity"}.get(repr(value), repr(value))


def as_integer(value: Value) -> Value:
    """The same number as bigint; refused unless the value is an integer or NULL."""
    if value.kind == "boolean":
        if value.constant is None:
            return made(f"{value.within(Rank.ATOM)}::int::bigint", "integer", "bigint", value)
        return integer_constant(int(bool(value.constant[0])))
    if value.kind == "null":
        return replace(value, sql="NULL::bigint", type="bigint", kind="integer")
    if value.kind != "integer":
        raise refuse(f"an integer from {described(value)}")
    if value.type == "bigint":
        return value
    number = made(f"{value.within(Rank.ATOM)}::bigint", "integer", "bigint", value)
    return replace(number, natural=value.natural)


def spelled(value: Value) -> Value:
    """A text that spells a number as that number: what numeric affinity makes of it. Else itself."""
    if value.digits is not None:
        number = made(value.digits, "integer", "bigint", value, rank=Rank.OTHER)
        return replace(number, moment=value.moment)
    known = value.constant[0] if value.constant is not None else None
    found = number_of(known) if isinstance(known, str) else None
    return value if found is None else constant(found)


def as_real(value: Value) -> Value:
    """The same number as double precision, rounded as SQLite rounds an integer; refused for no number."""
    if value.constant is not None and isinstance(value.constant[0], int):
        return constant(float(value.constant[0]))
    if value.kind == "null":
        return replace(value, sql="NULL::double precision", type="double precision", kind="real")
    if value.kind not in NUMBERS:
        raise refuse(f"a number from {described(value)}")
    if value.type == "double precision":
        return replace(value, kind="real")
    source = as_integer(value) if value.kind == "boolean" else value
    return made(f"{source.within(Rank.ATOM)}::double precision", "real", "double precision", value)


def tag(value: Value) -> Value:
    """The value behind the letter of its class; refused for one held in a type of its own."""
    if value.kind == "tagged":
        return value
    decimal = value.constant is None or repr(value.constant[0]) != "-0.0"  # no decimal has that sign
    return replace(_tagged(value), numeric=(value.kind in NUMBERS and decimal) or value.kind == "null")


def _tagged(value: Value) -> Value:
    if value.constant is not None:
        return replace(_tagged_constant(value.constant[0]), stored=value.stored, collation=value.collation)
    if value.kind == "null":
        return _retagged(value, value.sql if value.parameter is not None else "NULL::text", Rank.ATOM)
    if value.kind in {"integer", "boolean"}:
        sql = f"sqlite.v({as_integer(value).sql})"
    elif value.kind in {"real", "blob"}:
        sql = f"sqlite.v({value.sql})"
    elif value.kind == "text":
        return _retagged(value, f"'t' || {value.within(Rank.OTHER)}", Rank.OTHER)
    elif value.kind == "number" and value.column is not None:
        recipe = value.column.conversion.partition(":")[0]
        function = {"numeric-point": "v_pointed", "numbers": "v_whole"}.get(recipe, "v")
        sql = f"sqlite.{function}({value.sql})"
    else:
        raise refuse(f"the storage class of {described(value)}")
    return _retagged(value, sql, Rank.ATOM)


def _retagged(value: Value, sql: str, rank: Rank) -> Value:
    """Keeps what comparisons ask of: the column, its collation, COLLATE."""
    return replace(
        value, sql=sql, kind="tagged", type="text", rank=rank, constant=None, digits=None, flag=None
    )


def _tagged_constant(known: float | str | bytes | None) -> Value:
    if known is None:
        return replace(NULL, sql="NULL::text", kind="tagged")
    if isinstance(known, int):
        text = f"i{int(known)}"
    elif isinstance(known, float):
        text = f"r{real_text(known)}"
    else:
        text = f"t{known}" if isinstance(known, str) else f"b{known.hex()}"
    return Value(sql=literal(text), kind="tagged", type="text", nullable=False)


def as_text(value: Value) -> Value:
    """The text SQLite makes of the value."""
    if value.constant is not None and isinstance(value.constant[0], int):
        return constant(str(int(value.constant[0])))
    if value.kind == "text":
        return value
    if value.kind == "null":
        return replace(value, sql="NULL::text", kind="text")
    if value.kind in {"integer", "boolean"}:
        number = as_integer(value)
        return replace(made(f"{number.within(Rank.ATOM)}::text", "text", "text", value), digits=number.sql)
    if value.kind == "real":
        return made(f"sqlite.text_of({value.sql})", "text", "text", value)
    return made(f"sqlite.text_from({tag(value).sql})", "text", "text", value)


_LITERAL = re.compile(r"\(?-?[0-9.]+\)?|true|false|NULL|'(?:[^']|'')*'")


def as_key(value: Value) -> Value:
    """The value as GROUP BY and ORDER BY take it: PostgreSQL reads a bare literal there as a position."""
    if not _LITERAL.fullmatch(value.sql):
        return value
    return replace(value, sql=f"({value.sql}::{value.type})", rank=Rank.ATOM)


def as_truth(value: Value) -> Value:
    """The value as a condition: NULL stays NULL, a number is true when not 0, a text by its number."""
    if value.constant is not None:
        return _constant_truth(value)
    if value.kind == "boolean":
        return value
    if value.kind in {"integer", "real", "number"}:
        return truth(f"{value.within(Rank.COMPARE)} <> 0", value)
    if value.kind == "text":
        return truth(f"sqlite.truth_of({value.sql})", value, rank=Rank.ATOM)
    return truth(f"sqlite.truth({tag(value).sql})", value, rank=Rank.ATOM)


def as_flag(value: Value) -> str | None:
    """The value as boolean SQL, when it can only be 0, 1 or NULL; else None."""
    if value.constant is not None:
        return {None: "NULL::boolean", 0: "false", 1: "true"}.get(_class_kept(value.constant[0]))
    return value.sql if value.kind == "boolean" else value.flag


def _class_kept(known: float | str | bytes | None) -> int | None:
    """The constant for a lookup in which 1.0 is not 1."""
    return known if known is None or isinstance(known, int) else -1


def _constant_truth(value: Value) -> Value:
    known = value.constant[0] if value.constant else None
    if known is None:
        return truth("NULL::boolean", value, rank=Rank.ATOM)
    if not isinstance(known, int | float):
        known = leading_number(known)
    return truth("true" if known else "false", rank=Rank.ATOM)


def exact_decimal(value: float) -> str:
    """All digits of a double, for comparisons with integers that must not round."""
    return format(Decimal(value), "f")


def looks_numeric(text: str) -> bool:
    """Whether a column of numeric affinity would turn this text into a number."""
    return number_of(text) is not None


def number_of(text: str) -> int | float | None:
    """The number that numeric affinity makes of a text, None when it stays a text."""
    return _as_number(text.strip(_SPACES)) if _NUMERIC.fullmatch(text) else None


_LEADING = re.compile(rf"[{_SPACES}]*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)")


def leading_number(text: str | bytes) -> int | float:
    """The number that arithmetic reads at the beginning of a text or blob; 0 when there is none."""
    found = _LEADING.match(text if isinstance(text, str) else text.decode("utf-8", errors="replace"))
    if found is None:
        return 0
    number = found[1]
    if any(mark in number for mark in ".eE"):
        return float(number)
    whole = int(number)
    return whole if -(2**63) <= whole < 2**63 else float(whole)


_LEADING_INTEGER = re.compile(rf"[{_SPACES}]*([-+]?[0-9]+)")


def _leading_integer(text: str | bytes) -> int:
    """The digits at the beginning of a text or blob, without an exponent; 0 when there are none."""
    found = _LEADING_INTEGER.match(text if isinstance(text, str) else text.decode("utf-8", errors="replace"))
    return int(found[1]) if found is not None else 0


def to_integer(value: Value) -> Value:
    """What CAST AS INTEGER makes of the value, as bigint: an argument that a function wants whole."""
    if value.constant is not None and not isinstance(value.constant[0], int):
        known = value.constant[0]
        if known is None:
            return as_integer(NULL)
        number = known if isinstance(known, float) else _leading_integer(known)
        clamped = max(min(number, 2.0**63), -(2.0**63)) if isinstance(number, float) else number
        return integer_constant(max(min(int(clamped), 2**63 - 1), -(2**63)))
    if value.kind in {"integer", "boolean", "null"}:
        return as_integer(value)
    if value.kind in {"real", "text"}:
        return made(f"sqlite.cast_integer({value.sql})", "integer", "bigint", value)
    return made(f"sqlite.integer_from({tag(value).sql})", "integer", "bigint", value)


def to_real(value: Value) -> Value:
    """What CAST AS REAL makes of the value, as double precision."""
    if value.constant is not None and isinstance(value.constant[0], str | bytes):
        return constant(float(leading_number(value.constant[0])))
    if value.kind in NUMBERS or value.kind == "null":
        return as_real(value)
    if value.kind == "text":
        return made(f"sqlite.cast_real({value.sql})", "real", "double precision", value)
    return made(f"sqlite.real_from({tag(value).sql})", "real", "double precision", value)


def _as_number(text: str) -> int | float:
    digits = text.lstrip("+-")
    if digits.isdigit() and len(digits.lstrip("0")) < 20:  # 2**63 has 19 digits
        whole = int(digits.lstrip("0") or "0") * (-1 if text[0] == "-" else 1)
        if -(2**63) <= whole < 2**63:
            return whole
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 2**63 else number


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
