"""Collations and order: which one SQLite would use, and what makes PostgreSQL equate and sort as it does.

NOCASE folds ASCII letters only, RTRIM ignores trailing spaces, BINARY compares bytes; NULLs are the
smallest. Used by `compare`, `ddl`, `expressions` and `query`.
Rules: https://www.sqlite.org/datatype3.html#collation
"""

from __future__ import annotations

from dataclasses import replace

from outgrow.translate import held, tree
from outgrow.translate.convert import as_key
from outgrow.translate.value import Rank, Value, refuse


def collation_of(left: Value, right: Value) -> str:
    """The collation SQLite compares two values with: an explicit one, else that of the first column.

    What is computed from a column by unary plus has its collation, but no affinity.
    """
    for value in (left, right):
        if value.explicit:
            return value.collation or "BINARY"
    for value in (left, right):
        if value.stored or value.collation is not None:
            return value.collation or "BINARY"
    return "BINARY"


def text_key(value: Value, collation: str, *, ordering: bool, bytewise: bool) -> Value:
    """What PostgreSQL equates (and with `ordering` sorts) as SQLite's collation does the text."""
    plain = replace(value, explicit=False, collation=None)
    if collation == "NOCASE":
        return replace(plain, sql=f'lower({value.within(Rank.OTHER)} COLLATE "C")', rank=Rank.ATOM)
    if collation == "RTRIM":
        trimmed = f"rtrim({value.sql}, ' ')"
        return (
            replace(plain, sql=f'{trimmed} COLLATE "C"', rank=Rank.OTHER)
            if ordering and not bytewise
            else replace(plain, sql=trimmed, rank=Rank.ATOM)
        )
    if collation != "BINARY":
        raise refuse(f"the collation {collation}")
    if ordering and not bytewise:
        return replace(plain, sql=f'{value.within(Rank.OTHER)} COLLATE "C"', rank=Rank.OTHER)
    return plain


def sort_key(value: Value) -> str:
    """What orders and equates a tagged value by its own collation."""
    collation = value.collation or "BINARY"
    if collation not in {"BINARY", "NOCASE", "RTRIM"}:
        raise refuse(f"the collation {collation}")
    return f"sqlite.key({value.sql})" if collation == "BINARY" else f"sqlite.key({value.sql}, '{collation}')"


def order_term(term: tree.Order, value: Value, *, bytewise: bool) -> str:
    """One term of ORDER BY for an already translated value."""
    if value.kind == "held" and not held.keeps_order(value):
        value = held.stored_form(value)
    if value.kind == "tagged":
        value = replace(value, sql=sort_key(value), rank=Rank.ATOM)
    if value.kind == "text":
        value = text_key(value, value.collation or "BINARY", ordering=True, bytewise=bytewise)
    first = term.nulls == "FIRST" if term.nulls is not None else not term.descending
    nulls = f" NULLS {'FIRST' if first else 'LAST'}" if value.nullable else ""
    return as_key(value).sql + (" DESC" if term.descending else "") + nulls
