"""What makes a statement's result differ between two runs on the same data, so that it cannot be compared.

Text only; asked by `comparing`. Rules: https://www.sqlite.org/deterministic.html and
https://www.sqlite.org/lang_datefunc.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from outgrow.schema.lexer import Token, TokenError, tokens, unquote

_ALWAYS = {
    "RANDOM", "RANDOMBLOB", "SQLITE_VERSION", "SQLITE_SOURCE_ID", "SQLITE_COMPILEOPTION_GET",
    "SQLITE_COMPILEOPTION_USED",
}  # fmt: skip
_DATES = {"DATE": 0, "TIME": 0, "DATETIME": 0, "JULIANDAY": 0, "UNIXEPOCH": 0, "STRFTIME": 1}
"""Functions that mean now when they are given no more arguments than this."""
DEFINED = "a function or collation of the program's own"
_OPERATORS = {"REGEXP", "MATCH", "GLOB", "LIKE"}  # they call functions of that name
_MOMENTS = {"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"}
_OF_THE_FILE = {
    "PAGE_COUNT", "FREELIST_COUNT", "DATA_VERSION", "SCHEMA_VERSION", "WAL_CHECKPOINT", "DATABASE_LIST",
    "COMPILE_OPTIONS", "CACHE_SIZE", "PAGE_SIZE", "MMAP_SIZE", "STATS", "OPTIMIZE",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a statement's text says about its result.

    `chance` names what differs from run to run, "" for nothing; `by_value` says that a bound 'now' would too.
    `is_ordered` and `is_limited` speak of the outermost query.
    """

    verb: str = ""
    chance: str = ""
    by_value: bool = False
    is_ordered: bool = False
    is_limited: bool = False


def shape(sql: str, functions: Collection[str]) -> Shape:
    """The shape of a statement; `functions` are those that the program defined, in upper case."""
    try:
        found = list(tokens(sql))
    except TokenError:
        return Shape()
    words = [token.word for token in found]
    outer = list(_outermost(found))
    verb = next((w for w in outer if w in {"SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "VALUES"}), "")
    first = next(iter(words), "")
    every = list(_chances(found, functions))
    chance = DEFINED if DEFINED in every else next(iter(every), "")
    if first == "EXPLAIN":
        chance = "EXPLAIN"
    elif first == "PRAGMA" and _OF_THE_FILE & {*words}:
        chance = "a PRAGMA of the file"
    return Shape(
        verb=verb if first in {"WITH", verb} else first,
        chance=chance,
        by_value=any(_calls(found, place) in _DATES for place in range(len(found))),
        is_ordered="ORDER" in outer,
        is_limited="LIMIT" in outer,
    )


def columns_of_the_moment(sql: str) -> set[str]:
    """The names of columns, folded, that a statement or definition fills with what differs at each run."""
    try:
        found = list(tokens(sql))
    except TokenError:
        return set()
    return {*_assigned(found), *_defaulted(found), *_inserted(found)}


def _outermost(found: Sequence[Token]) -> Iterator[str]:
    depth = 0
    for token in found:
        depth += (token.word == "(") - (token.word == ")")
        if depth == 0:
            yield token.word


def _calls(found: Sequence[Token], place: int) -> str:
    """The function whose name stands at that place, "" for none."""
    token = found[place]
    following = found[place + 1].word if place + 1 < len(found) else ""
    return unquote(token).upper() if token.kind in ("name", "quoted") and following == "(" else ""


def _collation(found: Sequence[Token], place: int) -> str:
    """The collation that a COLLATE at that place names, "" for none."""
    is_named = found[place].word == "COLLATE" and place + 1 < len(found)
    return unquote(found[place + 1]).upper() if is_named else ""


def _chances(found: Sequence[Token], functions: Collection[str]) -> Iterator[str]:
    operators = _OPERATORS & {*functions}
    for place, token in enumerate(found):
        if token.word in _MOMENTS:
            yield token.word
        function = _calls(found, place)
        if function in _ALWAYS:
            yield f"{function.lower()}()"
        elif function in functions or _collation(found, place) in functions or token.word in operators:
            yield DEFINED
        elif function in _DATES and _means_now(_arguments(found, place + 1), _DATES[function]):
            yield f"{function.lower()}('now')"


def _arguments(found: Sequence[Token], opening: int) -> list[list[Token]]:
    """The arguments of a call whose parenthesis opens there."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in found[opening:]:
        depth += (token.word == "(") - (token.word == ")")
        if depth == 0:
            break
        if depth == 1 and token.word == ",":
            parts.append([])
        elif depth > 1 or token.word != "(":
            parts[-1].append(token)
    return parts if parts != [[]] else []


def _means_now(arguments: list[list[Token]], implied: int) -> bool:
    texts = [
        unquote(token).lower() for part in arguments for token in part if token.kind in ("string", "quoted")
    ]
    return len(arguments) <= implied or "now" in texts


def _assigned(found: Sequence[Token]) -> Iterator[str]:
    """Of `SET a = datetime('now')`."""
    in_set = False
    for place, token in enumerate(found[:-2]):
        if token.word in ("SET", "WHERE", "FROM", "RETURNING", ";"):
            in_set = token.word == "SET"
        is_assigned = found[place + 1].word == "=" and found[place - 1].word in ("SET", ",")
        if in_set and is_assigned and any(_chances(_until_comma(found[place + 2 :]), ())):
            yield unquote(token).lower()


def _until_comma(found: Sequence[Token]) -> list[Token]:
    depth = 0
    part: list[Token] = []
    for token in found:
        depth += (token.word == "(") - (token.word == ")")
        if depth < 0 or (depth == 0 and token.word in (",", ";", "WHERE", "FROM", "RETURNING")):
            break
        part.append(token)
    return part


def _defaulted(found: Sequence[Token]) -> Iterator[str]:
    """Of `CREATE TABLE t (a DEFAULT CURRENT_TIMESTAMP)`."""
    if [token.word for token in found[:1]] != ["CREATE"] or "TABLE" not in [
        token.word for token in found[:3]
    ]:
        return
    opening = next((place for place, token in enumerate(found) if token.word == "("), None)
    for part in _arguments(found, opening) if opening is not None else ():
        if part and any(token.word == "DEFAULT" for token in part) and any(_chances(part, ())):
            yield unquote(part[0]).lower()


def _inserted(found: Sequence[Token]) -> Iterator[str]:
    """Of `INSERT INTO t (a) VALUES (datetime('now'))`, also in a trigger."""
    for place, token in enumerate(found):
        if token.word != "VALUES" or found[place - 1].word != ")" or place + 1 == len(found):
            continue
        opening = max((p for p in range(place) if found[p].word == "("), default=None)
        if opening is None:
            continue
        names = _arguments(found, opening)
        for name, value in zip(names, _arguments(found, place + 1), strict=False):
            if name and any(_chances(value, ())):
                yield unquote(name[0]).lower()


def binds_now(parameters: Any) -> bool:
    """Whether a bound value is the word that date functions read as now."""
    values = (
        parameters.values()
        if isinstance(parameters, dict)
        else parameters
        if isinstance(parameters, list)
        else ()
    )
    return any(isinstance(value, str) and value.strip().lower() == "now" for value in values)
