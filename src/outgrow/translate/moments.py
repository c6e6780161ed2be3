"""SQLite's date functions where PostgreSQL computes the same: of 'now', literals, columns held as dates.

SQLite's dates are texts made from texts. Each function here finds the instant behind its arguments
(`_instant`), applies the modifiers that mean the same on PostgreSQL, and prints it with `to_char` in
UTC. A text column needs SQLite's own parser and is refused. Used by `functions`.
Rules: https://www.sqlite.org/lang_datefunc.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from outgrow.schema.names import literal
from outgrow.translate import held
from outgrow.translate.value import Moment, Rank, Value, Volatility, described, made, refuse

NOW = "statement_timestamp() AT TIME ZONE 'utc'"
_DATETIME = "YYYY-MM-DD HH:MM:SS"
_PIECES = {
    "Y": ("YYYY", "YYYY"), "m": ("MM", "MM"), "d": ("DD", "DD"), "H": ("HH24", "HH"), "M": ("MI", "MM"),
    "S": ("SS", "SS"), "f": ("SS.MS", "SS.fff"), "F": ("YYYY-MM-DD", "YYYY-MM-DD"),
    "T": ("HH24:MI:SS", "HH:MM:SS"), "R": ("HH24:MI", "HH:MM"), "j": ("DDD", ""),
}  # fmt: skip
_FIELDS = {
    "%w": "dow", "%Y": "year", "%m": "month", "%d": "day", "%H": "hour", "%M": "minute", "%S": "second",
    "%j": "doy",
}  # fmt: skip
_SHIFT = re.compile(r"([+-]?\d{1,9})(?:\.0*)? (day|hour|minute|second|month|year)s?\Z")
_TEXT = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?\Z", re.ASCII)


def date_function(name: str, arguments: Sequence[Value]) -> Value:
    """date(), time(), datetime(), julianday(), unixepoch(): arguments as SQLite takes them."""
    instant = _instant(arguments, millis=name in {"julianday", "unixepoch"})
    if name == "julianday":
        millis = f"floor(extract(epoch from {instant.sql}) * 1000)::bigint"
        sql = f"(({millis} + 210866760000000)::double precision / 86400000.0)"
        return made(sql, "real", "double precision", instant)
    if name == "unixepoch":
        return _epoch(instant)
    spelling = {"date": "YYYY-MM-DD", "time": "HH:MM:SS", "datetime": _DATETIME}[name]
    return _printed(instant, spelling.replace("HH:MM", "HH24:MI"), spelling)


def strftime(arguments: Sequence[Value]) -> Value:
    """What strftime gives for a constant format of known specifiers."""
    known = arguments[0].constant[0] if arguments and arguments[0].constant is not None else None
    if not isinstance(known, str):
        raise refuse("strftime() with a format that is no literal")
    instant = _instant(arguments[1:], millis="%f" in known or "%s" in known)
    if known == "%s":
        number = _epoch(instant)
        return replace(
            made(f"{number.sql}::text", "text", "text", number), digits=number.sql, moment=number.moment
        )
    if known in _FIELDS:
        return _single(known, instant)
    pattern, spelling = _pattern(known)
    return _printed(instant, pattern, spelling)


def current(name: str) -> Value:
    """CURRENT_TIMESTAMP, CURRENT_DATE, CURRENT_TIME: texts in UTC."""
    return date_function(
        {"current_timestamp": "datetime", "current_date": "date", "current_time": "time"}[name], ()
    )


def _epoch(instant: Value) -> Value:
    number = made(f"floor(extract(epoch from {instant.sql}))::bigint", "integer", "bigint", instant)
    return replace(number, moment=Moment(sql=f"date_trunc('second', {instant.sql})", spelling="epoch:s"))


def _single(specifier: str, instant: Value) -> Value:
    field = _FIELDS[specifier]
    width = {"%w": 1, "%Y": 4, "%j": 3}.get(specifier, 2)
    digits = f"floor(extract({field} from {instant.sql}))::bigint"
    text = f"{digits}::text" if width == 1 else f"lpad({digits}::text, {width}, '0')"
    return replace(made(text, "text", "text", instant), digits=digits)


def _pattern(text: str) -> tuple[str, str]:
    """The to_char pattern of a strftime format, and its name in the words of `types.values.dates`."""
    pattern, spelling = "", ""
    for piece in re.findall(r"%.?|[^%]+", text, re.DOTALL):
        if piece[0] != "%" or piece == "%%":
            plain = piece.replace("%%", "%")
            quoted = '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
            pattern += plain if re.fullmatch(r"[-:/. ,]+", plain) else quoted
            spelling += plain
        elif piece[1:] in _PIECES:
            pattern += _PIECES[piece[1:]][0]
            spelling += _PIECES[piece[1:]][1]
        else:
            raise refuse(f"strftime() with {piece}")
    return pattern, spelling.replace(".fff000", ".ffffff")


def _printed(instant: Value, pattern: str, spelling: str) -> Value:
    text = made(f"to_char({instant.sql}, {literal(pattern)})", "text", "text", instant)
    unit = (
        "milliseconds"
        if ".fff" in spelling
        else "second"
        if "SS" in spelling
        else "minute"
        if "HH" in spelling
        else "day"
    )
    moment = Moment(sql=f"date_trunc('{unit}', {instant.sql})", spelling=spelling)
    return replace(text, volatility=max(text.volatility, Volatility.STABLE), moment=moment)


def _instant(arguments: Sequence[Value], *, millis: bool) -> Value:
    """The instant as timestamp without zone in UTC, of kind held. `millis`: its fraction will show."""
    rest = list(arguments[1:])
    base = arguments[0] if arguments else None
    known = base.constant[0] if base is not None and base.constant is not None else None
    if base is None or (isinstance(known, str) and known.lower() == "now"):
        start = _timestamp(NOW, nullable=False, volatility=Volatility.STABLE)
    elif rest and _word(rest[0]) == "unixepoch":
        start = _from_epoch(base)
        rest = rest[1:]
    elif isinstance(known, str):
        start = _from_literal(known)
    else:
        start = _from_text(base, millis=millis)
    return _shifted(start, rest)


def _timestamp(sql: str, *, nullable: bool, volatility: Volatility = Volatility.IMMUTABLE) -> Value:
    return Value(sql=sql, kind="held", type="timestamp", nullable=nullable, volatility=volatility)


def _word(value: Value) -> str:
    known = value.constant[0] if value.constant is not None else None
    if not isinstance(known, str):
        raise refuse("a date modifier that is no literal")
    return " ".join(known.lower().split())


def _from_epoch(value: Value) -> Value:
    if value.kind != "integer":
        raise refuse(f"unixepoch seconds from {described(value)}")
    # SQLite knows the years 0 to 9999 and gives NULL outside; PostgreSQL has no year 0.
    instant = f"to_timestamp({value.sql}) AT TIME ZONE 'UTC'"
    sql = f"CASE WHEN {value.within(Rank.COMPARE)} BETWEEN -62135596800 AND 253402300799 THEN {instant} END"
    return made(sql, "held", "timestamp", value, nullable=True)


def _from_literal(text: str) -> Value:
    if not _TEXT.match(text):
        raise refuse(f"the date {text!r}")
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise refuse(f"the date {text!r}") from error
    return _timestamp(f"'{text}'::timestamp", nullable=False)


def _from_text(value: Value, *, millis: bool) -> Value:
    moment = value.moment
    if value.kind == "held":
        moment = held.stored_form(value).moment
    # SQLite keeps milliseconds, and how it rounds to them changed between versions.
    fraction = r"\.f{1,3}" if millis else r"(?:\.f+|\[\.f+\])"
    known = rf"YYYY-MM-DD([ T]HH:MM(:SS({fraction})?)?(Z|\+00:00)?)?\Z"
    if moment is None or not re.match(known, moment.spelling):
        raise refuse(f"a date function of {described(value)}")
    return _timestamp(moment.sql, nullable=value.nullable, volatility=value.volatility)


def _shifted(start: Value, modifiers: Sequence[Value]) -> Value:
    sql, first_of_month = start.sql, False
    for modifier in modifiers:
        word = _word(modifier)
        found = _SHIFT.match(word)
        if word in {"start of day", "start of month", "start of year"}:
            sql = f"date_trunc('{word[9:]}', {sql})"
            first_of_month = word != "start of day"
        elif found is not None and (found[2] not in {"month", "year"} or first_of_month):
            sql = f"({sql} + interval '{int(found[1])} {found[2]}')"
            first_of_month = first_of_month and found[2] in {"month", "year"}
        else:
            # '+1 month' from January 31 is March 2 or 3 on SQLite and the end of February on PostgreSQL.
            raise refuse(f"the date modifier {word!r}")
    return replace(start, sql=sql)
