# ruff: noqa: E501 - one case is one line
"""Random expressions over typed columns: refused, or the same value on both engines."""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from translate_engines import differences

from outgrow.errors import TranslationError

_COLUMNS = ["n", "k", "r", "s", "c", "b", "f", "u", "d", "e", "x", "day", "id"]
_LITERALS = [
    "1", "0", "2", "-1", "10", "1.5", "0.0", "NULL", "'bob'", "'ALICE'", "'10'", "''", "'2024-01-31 10:20:30'", "'é'",
    "x'61'", "'abc'", "'7c9e6679-7425-40de-944b-e07fc1f90ae7'", "TRUE",
]  # fmt: skip
_BINARY = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "||",
    "=",
    "<>",
    "<",
    "<=",
    ">",
    ">=",
    "IS",
    "IS NOT",
    "AND",
    "OR",
    "LIKE",
    "&",
    "|",
]
_ONE = ["abs", "length", "lower", "upper", "typeof", "round", "trim", "date", "datetime", "NOT ", "- ", "+"]
_TWO = ["coalesce", "nullif", "max", "min", "instr"]
_AFTER = ["IS NULL", "NOTNULL", "COLLATE NOCASE", "IS TRUE", "IS NOT FALSE"]


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({1} {0} {2})".format, st.sampled_from(_BINARY), inner, inner),
        st.builds("{}({})".format, st.sampled_from(_ONE), inner),
        st.builds("{}({}, {})".format, st.sampled_from(_TWO), inner, inner),
        st.builds("({1} {0})".format, st.sampled_from(_AFTER), inner),
        st.builds("({} BETWEEN {} AND {})".format, inner, inner, inner),
        st.builds("({} {} ({}, {}))".format, inner, st.sampled_from(["IN", "NOT IN"]), inner, inner),
        st.builds("CASE WHEN {} THEN {} ELSE {} END".format, inner, inner, inner),
        st.builds("CASE {} WHEN {} THEN {} END".format, inner, inner, inner),
        st.builds("CAST({} AS {})".format, inner, st.sampled_from(["INTEGER", "TEXT", "REAL"])),
    )


_EXPRESSIONS = st.recursive(st.sampled_from(_COLUMNS + _LITERALS), _larger, max_leaves=6)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_EXPRESSIONS, condition=st.booleans())
def test_a_random_expression(
    interpreters_source: sqlite3.Connection, target: psycopg.Connection[Any], text: str, condition: bool
) -> None:
    query = f"SELECT id FROM t WHERE {text}" if condition else f"SELECT id, {text} FROM t"
    try:
        interpreters_source.execute(query).fetchall()
    except (sqlite3.Error, UnicodeDecodeError):
        return
    try:
        found = differences(interpreters_source, target, [query], refusals=False)
    except (TranslationError, psycopg.errors.NumericValueOutOfRange):
        return
    assert found == []
