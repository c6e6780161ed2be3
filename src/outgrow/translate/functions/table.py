"""The closed table of scalar functions: SQLite's name → the rule that gives PostgreSQL's equal.

A function that is not here is refused by name. Aggregates are in `aggregates`. Used by `expressions`.
Rules: https://www.sqlite.org/lang_corefunc.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from outgrow.translate.functions import choices, dates, json_texts, numbers, texts
from outgrow.translate.functions.rule import Rule, Setting, library, volatile
from outgrow.translate.value import Value, Volatility, refuse
from outgrow.translate.virtual import vectors


def _of_vectors(rule: Callable[[Sequence[Value]], Value]) -> Rule:
    """A function of sqlite-vec as a rule: it makes no difference where it stands."""
    return lambda arguments, _: rule(arguments)


_ANY = 99
FUNCTIONS: Mapping[str, tuple[int, int, Rule]] = {
    "abs": (1, 1, numbers.absolute),
    "char": (0, _ANY, texts.characters),
    "coalesce": (2, _ANY, choices.coalesce),
    "current_date": (0, 0, dates.current("current_date")),
    "current_time": (0, 0, dates.current("current_time")),
    "current_timestamp": (0, 0, dates.current("current_timestamp")),
    "date": (0, _ANY, dates.function("date")),
    "datetime": (0, _ANY, dates.function("datetime")),
    "hex": (1, 1, texts.hexadecimal),
    "if": (2, 3, choices.iif),
    "ifnull": (2, 2, choices.coalesce),
    "iif": (2, 3, choices.iif),
    "instr": (2, 2, texts.instr),
    "json_valid": (1, 2, json_texts.valid),
    "julianday": (0, _ANY, dates.function("julianday")),
    "length": (1, 1, texts.length),
    "likelihood": (2, 2, choices.same),
    "likely": (1, 1, choices.same),
    "lower": (1, 1, texts.folded("lower")),
    "ltrim": (1, 2, texts.trimmed("ltrim")),
    "max": (2, _ANY, choices.extreme("greatest")),
    "min": (2, _ANY, choices.extreme("least")),
    "nullif": (2, 2, choices.nullif),
    "random": (0, 0, numbers.random_integer),
    "randomblob": (1, 1, numbers.randomblob),
    "replace": (3, 3, texts.replaced),
    "round": (1, 2, numbers.rounded),
    "rtrim": (1, 2, texts.trimmed("rtrim")),
    "strftime": (1, _ANY, dates.function("strftime")),
    "substr": (2, 3, texts.substr),
    "substring": (2, 3, texts.substr),
    "time": (0, _ANY, dates.function("time")),
    "trim": (1, 2, texts.trimmed("btrim")),
    "typeof": (1, 1, choices.typeof),
    "unixepoch": (0, _ANY, dates.function("unixepoch")),
    "unlikely": (1, 1, choices.same),
    "upper": (1, 1, texts.folded("upper")),
    "zeroblob": (1, 1, texts.zeroblob),
    "ceil": (1, 1, numbers.whole_or_real("ceil")),
    "ceiling": (1, 1, numbers.whole_or_real("ceil")),
    "changes": (0, 0, volatile(library("changes", "", "integer", nullable=False), Volatility.VOLATILE)),
    "concat": (1, _ANY, library("concat", "V", "text", nullable=False)),
    "concat_ws": (2, _ANY, library("concat_ws", "TV", "text")),
    "floor": (1, 1, numbers.whole_or_real("floor")),
    "format": (1, _ANY, library("printf", "TV", "text")),
    "glob": (2, 2, texts.glob),
    "json": (1, 1, library("json", "T", "text", json=True)),
    "json_array": (0, _ANY, library("json_array", "J", "text", json=True, nullable=False)),
    "json_array_length": (1, 2, library("json_array_length", "T", "integer")),
    "json_extract": (2, _ANY, json_texts.extract),
    "json_insert": (1, _ANY, library("json_insert", "TJ", "text", json=True)),
    "json_object": (0, _ANY, library("json_object", "J", "text", json=True, nullable=False)),
    "json_patch": (2, 2, library("json_patch", "T", "text", json=True)),
    "json_quote": (1, 1, library("json_quote", "J", "text", json=True)),
    "json_remove": (1, _ANY, library("json_remove", "T", "text", json=True)),
    "json_replace": (1, _ANY, library("json_replace", "TJ", "text", json=True)),
    "json_set": (1, _ANY, library("json_set", "TJ", "text", json=True)),
    "json_type": (1, 2, library("json_type", "T", "text")),
    "last_insert_rowid": (
        0,
        0,
        volatile(library("last_insert_rowid", "", "integer", nullable=False), Volatility.VOLATILE),
    ),
    "like": (2, 3, texts.like),
    "log": (1, 2, numbers.log),
    "octet_length": (1, 1, library("octet_length_from", "V", "integer")),
    "printf": (1, _ANY, library("printf", "TV", "text")),
    "quote": (1, 1, library("quote", "V", "text", nullable=False)),
    "sign": (1, 1, library("sign", "V", "integer")),
    "sqlite_version": (0, 0, library("sqlite_version", "", "text", nullable=False)),
    "st_isempty": (1, 1, library("st_isempty", "B", "integer")),
    "st_maxx": (1, 1, library("st_maxx", "B", "real")),
    "st_maxy": (1, 1, library("st_maxy", "B", "real")),
    "st_minx": (1, 1, library("st_minx", "B", "real")),
    "st_miny": (1, 1, library("st_miny", "B", "real")),
    "soundex": (1, 1, library("soundex", "T", "text", nullable=False)),
    "timediff": (2, 2, library("timediff", "T", "text")),
    "total_changes": (
        0,
        0,
        volatile(library("total_changes", "", "integer", nullable=False), Volatility.VOLATILE),
    ),
    "trunc": (1, 1, numbers.whole_or_real("trunc")),
    "unhex": (1, 2, library("unhex", "T", "blob")),
    "unicode": (1, 1, library("unicode", "T", "integer")),
    **{name: (fewest, most, _of_vectors(rule)) for name, (fewest, most, rule) in vectors.FUNCTIONS.items()},
    **{
        name: (count, count, library(name, "R", "real"))
        for count, names in (
            (0, "pi"),
            (1, "acos acosh asin asinh atan atanh cos cosh degrees exp ln log10 log2 radians"),
            (1, "sin sinh sqrt tan tanh"),
            (2, "atan2 mod pow power"),
        )
        for name in names.split()
    },
}
"""Name → fewest arguments, most arguments, rule."""


def call(name: str, arguments: Sequence[Value], setting: Setting) -> Value:
    """The value of a scalar function call; TranslationError names a function that is not in the table."""
    entry = FUNCTIONS.get(name)
    if entry is None:
        raise refuse(f"the function {name}()")
    fewest, most, rule = entry
    if not fewest <= len(arguments) <= most:
        raise refuse(f"{name}() with {len(arguments)} arguments")
    return rule(arguments, setting)
