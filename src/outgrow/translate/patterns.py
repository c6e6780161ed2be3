"""LIKE and GLOB.

SQLite's LIKE folds ASCII only and has no escape character unless told; PostgreSQL's folds nothing
and escapes with a backslash. GLOB becomes LIKE, or a regular expression when it has classes.
Used by `expressions`.
"""

from __future__ import annotations

import re

from outgrow.schema.names import fold, literal
from outgrow.translate import held
from outgrow.translate.convert import as_text
from outgrow.translate.value import Rank, Value, refuse, truth

_GLOB_CLASS = re.compile(r"\[(\^?)(\]?[^\]]*)\]")


def like(value: Value, pattern: Value, escape: Value | None, *, by_case: bool = False) -> Value:
    """`value LIKE pattern [ESCAPE escape]`; a blob matches nothing.

    ASCII letters are compared without case, unless `by_case` (PRAGMA case_sensitive_like). Raises
    TranslationError.
    """
    return _unless_blobs(_like(value, pattern, escape, by_case=by_case), value, pattern)


def _like(value: Value, pattern: Value, escape: Value | None, *, by_case: bool) -> Value:
    if "blob" in {value.kind, pattern.kind}:
        return _nothing(pattern if pattern.kind == "blob" else value)
    subject, wanted = as_text(held.stored_form(value)), as_text(held.stored_form(pattern))
    known = wanted.constant[0] if wanted.constant is not None else None
    mark = _escape(escape)
    if mark is None or (mark and not isinstance(known, str)):
        if by_case:
            raise refuse(
                "this ESCAPE, after PRAGMA case_sensitive_like = ON: take a constant that is no letter"
            )
        by_row = [wanted, subject, *([as_text(held.stored_form(escape))] if escape is not None else [])]
        return truth(f'sqlite."like"({", ".join(part.sql for part in by_row)})', *by_row, rank=Rank.ATOM)
    if mark and isinstance(known, str) and (len(known) - len(known.rstrip(mark))) % 2:
        return _nothing(subject)  # no character follows the escape character to match
    if by_case:
        sql = f"{subject.within(Rank.COMPARE)} LIKE {wanted.within(Rank.COMPARE)} ESCAPE {literal(mark)}"
    elif not isinstance(known, str):
        sql = f"{_folded(subject)} LIKE {_folded(wanted)} ESCAPE ''"
    else:
        left = subject.within(Rank.COMPARE) if fold(known) == known.upper() else _folded(subject)
        tail = "" if not mark and "\\" not in known else f" ESCAPE {literal(mark)}"
        sql = f"{left} LIKE {literal(fold(known))}{tail}"
    return truth(sql, subject, wanted)


def _folded(value: Value) -> str:
    return f'lower({value.within(Rank.OTHER)} COLLATE "C")'


def _nothing(value: Value) -> Value:
    """No match where the value is there, whatever stands on the other side; NULL where it is not."""
    if not value.nullable:
        return truth("false", value, rank=Rank.ATOM)
    return truth(f"CASE WHEN {value.within(Rank.IS)} IS NOT NULL THEN false END", value, rank=Rank.ATOM)


def _escape(value: Value | None) -> str | None:
    """The escape character, "" for none, None when PostgreSQL's LIKE cannot take it."""
    if value is None:
        return ""
    known = value.constant[0] if value.constant is not None else None
    if not isinstance(known, str) or len(known) != 1 or known.isalpha() or known in "%_":
        return None
    return known


def glob(value: Value, pattern: Value) -> Value:
    """`value GLOB pattern`; a blob matches nothing."""
    return _unless_blobs(_glob(value, pattern), value, pattern)


def _unless_blobs(found: Value, *sides: Value) -> Value:
    """The match, but false where the row shows that a side is a blob."""
    tagged = [held.stored_form(side) for side in sides if held.stored_form(side).kind == "tagged"]
    if not tagged:
        return found
    test = " OR ".join(f"left({side.sql}, 1) = 'b'" for side in tagged)
    return truth(f"CASE WHEN {test} THEN false ELSE {found.sql} END", found, rank=Rank.ATOM)


def _glob(value: Value, pattern: Value) -> Value:
    if "blob" in {value.kind, pattern.kind}:
        return _nothing(pattern if pattern.kind == "blob" else value)
    subject, wanted = as_text(held.stored_form(value)), as_text(held.stored_form(pattern))
    known = wanted.constant[0] if wanted.constant is not None else None
    found = _like_pattern(known) if isinstance(known, str) else None
    if found is not None:
        return truth(f"{subject.within(Rank.COMPARE)} LIKE {literal(found)}", subject)
    regex = _regex(known) if isinstance(known, str) else None
    if regex is not None:
        return truth(f'{subject.within(Rank.OTHER)} COLLATE "C" ~ {literal(f"^{regex}$")}', subject)
    return truth(f"sqlite.glob({wanted.sql}, {subject.sql})", wanted, subject, rank=Rank.ATOM)


def _like_pattern(pattern: str) -> str | None:
    if "[" in pattern:
        return None
    return re.sub(r"([\\%_])", r"\\\1", pattern).replace("*", "%").replace("?", "_")


def _regex(pattern: str) -> str | None:
    text, position = "", 0
    while position < len(pattern):
        char = pattern[position]
        if char == "[":
            found = _GLOB_CLASS.match(pattern, position)
            if found is None or not re.fullmatch(r"[A-Za-z0-9_. ,:/+\-]+", found[2]) or found[2][0] == "-":
                return None
            text += f"[{found[1]}{found[2]}]"
            position = found.end()
            continue
        text += {"*": ".*", "?": "."}.get(char) or (
            char if char.isalnum() and char.isascii() else f"\\{char}"
        )
        position += 1
    return text
