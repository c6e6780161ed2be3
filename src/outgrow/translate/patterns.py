"""LIKE and GLOB.

SQLite's LIKE folds ASCII only and has no escape character unless told; PostgreSQL's folds nothing
and escapes with a backslash. GLOB becomes LIKE, or a regular expression when it has classes.
Used by `expressions`.
"""

from __future__ import annotations

import re

from outgrow.schema.names import fold, literal
from outgrow.translate import held
from outgrow.translate.value import Rank, Value, as_text, refuse, truth

_GLOB_CLASS = re.compile(r"\[(\^?)(\]?[^\]]*)\]")


def like(value: Value, pattern: Value, escape: Value | None) -> Value:
    """`value LIKE pattern [ESCAPE escape]`, ASCII letters compared without case."""
    subject, wanted = as_text(held.stored_form(value)), as_text(held.stored_form(pattern))
    mark = _escape(escape)
    known = wanted.constant[0] if wanted.constant is not None else None
    if not isinstance(known, str):
        if mark:
            raise refuse("LIKE … ESCAPE with a pattern that is no literal")
        sql = f"{_folded(subject)} LIKE {_folded(wanted)} ESCAPE ''"
    else:
        if mark and (len(known) - len(known.rstrip(mark))) % 2:
            raise refuse("a LIKE pattern that ends in its escape character")
        left = subject.within(Rank.COMPARE) if fold(known) == known.upper() else _folded(subject)
        tail = "" if not mark and "\\" not in known else f" ESCAPE {literal(mark)}"
        sql = f"{left} LIKE {literal(fold(known))}{tail}"
    return truth(sql, subject, wanted)


def _folded(value: Value) -> str:
    return f'lower({value.within(Rank.OTHER)} COLLATE "C")'


def _escape(value: Value | None) -> str:
    if value is None:
        return ""
    known = value.constant[0] if value.constant is not None else None
    if not isinstance(known, str) or len(known) != 1 or known.isalpha() or known in "%_":
        raise refuse("LIKE … ESCAPE with anything but one literal character that is no letter")
    return known


def glob(value: Value, pattern: Value) -> Value:
    """`value GLOB pattern` for a literal pattern."""
    subject = as_text(held.stored_form(value))
    known = pattern.constant[0] if pattern.constant is not None else None
    if not isinstance(known, str):
        raise refuse("GLOB with a pattern that is no literal")
    if "[" not in known:
        escaped = re.sub(r"([\\%_])", r"\\\1", known).replace("*", "%").replace("?", "_")
        return truth(f"{subject.within(Rank.COMPARE)} LIKE {literal(escaped)}", subject)
    return truth(f'{subject.within(Rank.OTHER)} COLLATE "C" ~ {literal(f"^{_regex(known)}$")}', subject)


def _regex(pattern: str) -> str:
    text, position = "", 0
    while position < len(pattern):
        char = pattern[position]
        if char == "[":
            found = _GLOB_CLASS.match(pattern, position)
            if found is None or not re.fullmatch(r"[A-Za-z0-9_. ,:/+\-]+", found[2]) or found[2][0] == "-":
                raise refuse("this GLOB class")
            text += f"[{found[1]}{found[2]}]"
            position = found.end()
            continue
        text += {"*": ".*", "?": "."}.get(char) or (
            char if char.isalnum() and char.isascii() else f"\\{char}"
        )
        position += 1
    return text
