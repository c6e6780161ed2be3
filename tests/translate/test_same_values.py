"""Expressions and queries over typed columns: the same rows and value classes on both engines.

The cases are the lines of same_values/*.sql: expressions by topic, whole queries, ordered queries.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from translate_engines import Newest, differences

_CASES = Path(__file__).with_name("same_values")
_TOPICS = sorted(path.stem for path in _CASES.glob("*.sql") if path.stem not in {"queries", "ordered"})


def _lines(name: str) -> list[str]:
    return (_CASES / f"{name}.sql").read_text().splitlines()


@pytest.mark.parametrize("topic", _TOPICS)
def test_an_expression_has_the_same_value_on_every_row(
    topic: str, source: Newest, target: psycopg.Connection[Any]
) -> None:
    assert differences(source, target, [f"SELECT id, {text} FROM t" for text in _lines(topic)]) == []


@pytest.mark.parametrize("topic", ["comparisons", "logic", "patterns"])
def test_a_condition_keeps_the_same_rows(topic: str, source: Newest, target: psycopg.Connection[Any]) -> None:
    assert differences(source, target, [f"SELECT id FROM t WHERE {text}" for text in _lines(topic)]) == []


def test_a_query_gives_the_same_rows(source: Newest, target: psycopg.Connection[Any]) -> None:
    assert differences(source, target, _lines("queries")) == []


def test_an_ordered_query_gives_them_in_the_same_order(
    source: Newest, target: psycopg.Connection[Any]
) -> None:
    assert differences(source, target, _lines("ordered"), ordered=True) == []
