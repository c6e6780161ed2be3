"""Calls of a program's own functions that read no row: called here, once, and their values bound.

`MATCH escape(?)` or `VALUES (slug(?))` needs the function before the statement, not in it. A call is taken
out where SQLite, too, would call it once: of a function that is deterministic, in the VALUES of an INSERT, or
as what MATCH asks for. Used by `engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from outgrow.runtime.dbapi.binding import Layout
from outgrow.schema.lexer import Token, TokenError, tokens, unquote
from outgrow.schema.names import fold

Call = Callable[[str, Sequence[Any]], Any]

_CONSTANT = frozenset({"parameter", "string", "number", "blob"})
_BETWEEN = frozenset({"(", ")", ",", "-", "+", "||", "NULL"})


def folded(
    sql: str, layout: Layout, values: Sequence[Any], own: Mapping[str, bool], call: Call
) -> tuple[str, list[Any]] | None:
    """The statement with such calls taken out, and its values with theirs; None where there are none.

    `own` holds the program's scalar functions by folded name, and whether each is deterministic; `call` gives
    what an expression is for some values. Raises what the function raises, as sqlite3 has it.
    """
    try:
        read = list(tokens(sql))
    except TokenError:
        return None
    once = _is_plain_insert(read)
    made, given = [""], list(values)
    end, place, found = 0, 0, False
    numbers = _numbers(read, layout)
    while place < len(read):
        token = read[place]
        close = _constant_call(read, place, own)
        if close is not None and (once or own[_name(token)] or _behind_match(read, place)):
            text = _numbered(sql, read[place : close + 1], numbers)
            made.append(f"{sql[end : token.start]}?{len(given) + 1}")
            given.append(call(text, values))
            end, place, found = read[close].end, close, True
        elif token.kind == "parameter":
            made.append(f"{sql[end : token.start]}?{numbers[token.start]}")
            end = token.end
        place += 1
    return ("".join(made) + sql[end:], given) if found else None


def _name(token: Token) -> str:
    return fold(unquote(token)) if token.kind in {"name", "quoted"} else ""


def _is_plain_insert(read: Sequence[Token]) -> bool:
    words = {token.word for token in read}
    return (
        bool(read) and read[0].word in {"INSERT", "REPLACE"} and "VALUES" in words and "SELECT" not in words
    )


def _behind_match(read: Sequence[Token], place: int) -> bool:
    return place > 0 and read[place - 1].word == "MATCH"


def _constant_call(read: Sequence[Token], place: int, own: Collection[str]) -> int | None:
    """The place of the parenthesis that ends a call over constants; None for anything else."""
    if _name(read[place]) not in own or place + 1 >= len(read) or read[place + 1].word != "(":
        return None
    depth = 0
    for at in range(place + 1, len(read)):
        token = read[at]
        depth += (token.word == "(") - (token.word == ")")
        if depth == 0:
            return at
        nested = _name(token) in own and at + 1 < len(read) and read[at + 1].word == "("
        if not (token.kind in _CONSTANT or token.word in _BETWEEN or nested):
            return None
    return None


def _numbers(read: Sequence[Token], layout: Layout) -> dict[int, int]:
    """The number of each parameter, by where it begins."""
    named = {name: number for number, name in enumerate(layout.names, 1) if name is not None}
    found, last = {}, 0
    for token in read:
        if token.kind != "parameter":
            continue
        number = last + 1 if token.text == "?" else named[token.text]
        last = max(last, number)
        found[token.start] = number
    return found


def _numbered(sql: str, part: Sequence[Token], numbers: Mapping[int, int]) -> str:
    made, end = [], part[0].start
    for token in part:
        if token.kind == "parameter":
            made.append(f"{sql[end : token.start]}?{numbers[token.start]}")
            end = token.end
    return "".join(made) + sql[end : part[-1].end]
