"""Storing: a value in the type and form that a column of the target keeps.

SQLite applies the column's affinity when it stores; the plan may keep the column in a type of its
own besides. Used for DEFAULTs, generated columns and the INSERTs and UPDATEs of triggers.
"""

from __future__ import annotations

import re
from dataclasses import replace

from outgrow.errors import TranslationError
from outgrow.schema.model import Affinity
from outgrow.schema.names import literal
from outgrow.schema.target import TargetColumn
from outgrow.translate import held
from outgrow.translate.convert import as_flag, as_integer, as_real, as_text, spelled
from outgrow.translate.numerals import real_text
from outgrow.translate.scope import Parameters
from outgrow.translate.value import Moment, Rank, Value, described, integer_constant, refuse
from outgrow.translate.virtual import vectors

_FRACTION = re.compile(r"\.f+|\[\.f+\]")
_FORM = re.compile(rf"((?:YYYY-MM-DD)?[ T]?(?:HH:MM(?::SS)?)?)({_FRACTION.pattern})?(.*)")
_DIGITS = (
    (
        "YYYY-MM-DD",
        "(?!0000)[0-9]{4}-((0[13578]|1[02])-31|(0[13-9]|1[0-2])-(29|30)|(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
        "|02-29)",
    ),
    ("HH:MM", "([01][0-9]|2[0-3]):[0-5][0-9]"),
    (":SS", ":[0-5][0-9]"),
)
"""Days and times that there are; of 29 February only the cast knows the year."""
_INTERVALS = {"s": "second", "ms": "millisecond", "us": "microsecond"}


def stored(
    value: Value, wanted: TargetColumn, parameters: Parameters | None = None, *, queries: bool = True
) -> str:
    """SQL that PostgreSQL stores in `wanted` as SQLite stores the value; refused where the forms differ.

    What only the row can tell is left to the functions of the schema `sqlite`, which raise an error for
    a value that the column's type cannot keep. `queries` says whether a query may stand there.
    """
    if value.kind == "null" and value.constant is not None:
        return "NULL"
    like = held.column_value(wanted, wanted.name)
    if parameters is not None and value.parameter is not None:
        value = parameters.settle(value, held.plain_kind(like) or "tagged")
        if value.kind == like.kind and value.type == wanted.type:
            return f"${value.parameter}"
    if queries and like.kind == "text" and _changes_class(value, wanted):
        if value.constant is not None:
            raise _misfit(value, wanted)
        return _by_row(value, wanted, like)
    try:
        return _stored(value, wanted, like)
    except TranslationError:
        keeps_all = wanted.conversion in {"escaped", "tagged"}
        refused = _is_misfit(value, wanted) or not (queries or keeps_all)
        vector = like.kind == "held" and held.conversion_of(like)[0] in held.VECTOR_BLOBS
        if value.kind == "held" and not (refused or vector):
            return stored(held.stored_form(value), wanted, parameters, queries=queries)
        if refused or value.kind == "held":
            raise
        return _by_row(value, wanted, like)


def _changes_class(value: Value, wanted: TargetColumn) -> bool:
    """Whether a column of texts would make a text of what stays another class on SQLite."""
    return not _makes_texts(wanted) and held.stored_form(value).kind != "text"


def _makes_texts(wanted: TargetColumn) -> bool:
    """Whether SQLite makes a text of a number that is written into the column."""
    return wanted.affinity in {None, Affinity.TEXT}


def _is_misfit(value: Value, wanted: TargetColumn) -> bool:
    """Whether a literal is known not to fit; a text may yet be spelled as the column's values are."""
    recipe, _, _ = wanted.conversion.partition(":")
    if value.constant is None or recipe in {"escaped", "tagged"}:
        return False
    return not (value.kind == "text" and (recipe == "json" or recipe.endswith("-text")))


_STORE: dict[str, str] = {
    "integer": "store_integer", "real": "store_real", "text": "store_text", "blob": "store_blob",
    "boolean": "store_boolean",
}  # fmt: skip


def _by_row(value: Value, wanted: TargetColumn, like: Value) -> str:
    place = literal(wanted.source)
    if like.kind == "text" and not _makes_texts(wanted):
        return f"sqlite.only_text({held.tagged(value).sql}, {place})"
    if like.kind in _STORE:
        return f"sqlite.{_STORE[like.kind]}({held.tagged(value).sql}, {place})"
    if like.kind == "number":
        cast = "" if wanted.type == "numeric" else f"::{wanted.type}"
        return f"sqlite.store_numeric({held.tagged(value).sql}, {place}){cast}"
    if like.kind == "tagged":
        return held.tagged(value).sql
    recipe, _ = held.conversion_of(like)
    if recipe == "escaped":
        return f"sqlite.escape({_with_affinity(held.tagged(value).sql, wanted)})"
    if recipe == "json":
        return _document(value, wanted)
    if recipe == "integer-text":
        return f"sqlite.store_integer(sqlite.integer_affinity({held.tagged(value).sql}), {place})"
    if recipe.startswith("uuid-") or recipe.endswith("-text") or recipe == "boolean":
        return _checked(value, wanted, like)
    raise _misfit(value, wanted)


def _document(value: Value, wanted: TargetColumn) -> str:
    """A text as JSON; an error that names the column where that would lose something."""
    if _makes_texts(wanted):
        text = as_text(held.stored_form(value))
    else:  # a number stays one on SQLite, or becomes one
        tagged = _with_affinity(held.tagged(value).sql, wanted)
        place = f"{literal(wanted.source)}, NULL::{wanted.type}"
        text = replace(value, sql=f"sqlite.only_text({tagged}, {place})", rank=Rank.ATOM)
    if wanted.type == "jsonb":
        return f"sqlite.store_json({text.sql}, {literal(wanted.source)})"
    return f"{text.within(Rank.ATOM)}::{wanted.type}"


def _with_affinity(tagged: str, wanted: TargetColumn) -> str:
    function = {
        Affinity.INTEGER: "integer_affinity", Affinity.NUMERIC: "numeric_affinity",
        Affinity.REAL: "real_affinity", Affinity.TEXT: "text_affinity",
    }.get(wanted.affinity or Affinity.BLOB)  # fmt: skip
    return tagged if function is None else f"sqlite.{function}({tagged})"


def _checked(value: Value, wanted: TargetColumn, like: Value) -> str:
    """A text in the column's own type, if that gives the text back; else an error that names the column."""
    recipe, argument = held.conversion_of(like)
    back = held.stored_form(replace(like, sql="outgrow_value.typed")).sql
    if recipe == "uuid-blob":
        given = f"sqlite.store_blob({held.tagged(value).sql}, {literal(wanted.source)})"
        typed = "CASE WHEN length(outgrow_value.given) = 16 THEN encode(outgrow_value.given, 'hex')::uuid END"
    else:
        given = as_text(held.stored_form(value)).sql
        typed = f"CASE WHEN {_shape(recipe, argument)} THEN outgrow_value.given::{wanted.type} END"
    if recipe == "boolean":
        false, _, true = map(literal, argument.partition("/"))
        typed = f"CASE outgrow_value.given WHEN {true} THEN true WHEN {false} THEN false END"
    inner = f"SELECT given, {typed} AS typed FROM (SELECT {given} AS given) AS outgrow_value"
    # A literal or bound value would be refused as soon as it is planned, were it not for the query.
    tagged = held.tagged(value).sql
    misfit = f"sqlite.misfit((SELECT {tagged}), {literal(wanted.source)}, NULL::{wanted.type})"
    same = f"{back} IS NOT DISTINCT FROM outgrow_value.given"
    chosen = f"CASE WHEN {same} THEN outgrow_value.typed ELSE {misfit} END"
    return f"(SELECT {chosen} FROM ({inner}) AS outgrow_value)"


def _shape(recipe: str, spelling: str) -> str:
    """Whether a text looks like one of that form, so that its cast does not fail with an error of its own."""
    if recipe.startswith("uuid-"):
        return f"outgrow_value.given ~ '^[0-9A-Fa-f-]{{{36 if recipe == 'uuid-text' else 32}}}$'"
    found = _FORM.match(spelling)
    shape, fraction, zone = found.groups() if found else ("", None, "")
    for word, digits in _DIGITS:
        shape = shape.replace(word, digits)
    shape += r"(\.[0-9]{1,6})?" if fraction else ""
    return f"outgrow_value.given ~ '^{shape}{re.escape(zone)}$'"


def _stored(value: Value, wanted: TargetColumn, like: Value) -> str:
    if like.kind == "held":
        return _held(value, wanted, like)
    rules = {
        "integer": _integer,
        "real": _real,
        "text": _text,
        "blob": _blob,
        "boolean": _boolean,
        "number": _number,
    }
    return rules[like.kind](value, wanted)


def _misfit(value: Value, wanted: TargetColumn) -> Exception:
    kept = "" if wanted.conversion == "same" else f" ({wanted.conversion})"
    return refuse(f"storing {described(value)} in column {wanted.source}, {wanted.type}{kept}")


def _integer(value: Value, wanted: TargetColumn) -> str:
    number = spelled(held.stored_form(value))
    known = number.constant[0] if number.constant is not None else None
    if isinstance(known, float) and known.is_integer() and abs(known) < 2**53:
        return integer_constant(int(known)).sql
    if number.kind not in {"integer", "boolean"}:
        raise _misfit(value, wanted)
    return as_integer(number).sql


def _real(value: Value, wanted: TargetColumn) -> str:
    number = spelled(held.stored_form(value))
    if number.kind not in {"integer", "boolean", "real", "number"}:
        raise _misfit(value, wanted)
    return as_real(number).sql


def _text(value: Value, wanted: TargetColumn) -> str:
    plain = held.stored_form(value)
    if plain.kind not in {"text", "integer", "boolean"} and not isinstance(_known(plain), float):
        raise _misfit(value, wanted)
    return as_text(plain).sql


def _known(value: Value) -> float | str | bytes | None:
    """The value of a literal; None for any other."""
    return value.constant[0] if value.constant is not None else None


def _blob(value: Value, wanted: TargetColumn) -> str:
    plain = held.stored_form(value)
    if plain.kind != "blob":
        raise _misfit(value, wanted)
    return plain.sql


def _boolean(value: Value, wanted: TargetColumn) -> str:
    flag = as_flag(spelled(value))
    if flag is None:
        raise _misfit(value, wanted)
    # DEFAULT takes no condition without parentheses.
    return f"({flag})" if " " in flag else flag


def _number(value: Value, wanted: TargetColumn) -> str:
    number = spelled(held.stored_form(value))
    known = number.constant[0] if number.constant is not None else None
    if isinstance(known, int | float) and abs(known) <= 2**53:
        return f"{real_text(known)}::{wanted.type}" if known >= 0 else f"({real_text(known)})::{wanted.type}"
    if number.kind == "number" and number.type == wanted.type:
        return number.sql
    if wanted.family == "numeric" and number.kind in {"integer", "boolean"}:
        return as_integer(number).sql
    if wanted.family == "real" and number.kind in {"real", "number"}:
        return as_real(number).sql
    raise _misfit(value, wanted)


def _held(value: Value, wanted: TargetColumn, like: Value) -> str:
    if value.kind == "held" and value.type == wanted.type and value.column is not None:
        if value.column.conversion == wanted.conversion:
            return value.sql
        raise _misfit(value, wanted)
    recipe, argument = held.conversion_of(like)
    if recipe in held.VECTOR_BLOBS:
        return vectors.as_vector(value, recipe).sql
    typed = held.typed_literal(value, like)
    if typed is not None:
        return typed.sql
    if recipe.endswith("-text") and recipe != "uuid-text" and value.moment is not None:
        return _date(value.moment, value, wanted, argument)
    if recipe in {"timestamptz-epoch", "timestamptz-epoch-real"}:
        return _epoch(spelled(value), wanted, argument)
    if recipe == "integer-text" and value.digits is not None:
        return value.digits
    if recipe == "escaped" and value.moment is not None and value.kind == "text" and value.digits is None:
        return value.sql
    raise _misfit(value, wanted)


def _date(moment: Moment, value: Value, wanted: TargetColumn, spelling: str) -> str:
    """The instant itself; its text must be spelled as the column's are, but for the fraction of a second."""
    zone = wanted.family == "timestamptz"
    plain = [
        re.sub(r"(Z|\+00:00| UTC)\Z", "Z", _FRACTION.sub("", text)) for text in (moment.spelling, spelling)
    ]
    if plain[0] != plain[1] or value.digits is not None:
        raise _misfit(value, wanted)
    if wanted.family in {"date", "time"}:
        return f"({moment.sql})::{wanted.family}"
    return f"(({moment.sql}) AT TIME ZONE 'UTC')" if zone else moment.sql


def _epoch(value: Value, wanted: TargetColumn, unit: str) -> str:
    if value.kind != "integer" or unit not in _INTERVALS:
        raise _misfit(value, wanted)
    if value.moment is not None and value.moment.spelling == f"epoch:{unit}":
        return (
            f"(({value.moment.sql}) AT TIME ZONE 'UTC')"
            if wanted.family == "timestamptz"
            else value.moment.sql
        )
    return f"'epoch'::{wanted.type} + {value.within(Rank.ADD)} * interval '1 {_INTERVALS[unit]}'"
