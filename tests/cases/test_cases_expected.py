"""Every case ends verified, with the types and findings that it expects, and all objects counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from case_expectations import HERE, ONE_FEATURE, STORIES, actual, expected
from case_moves import assert_verified, moved, rows

from outgrow.move.result import Result

EXPECTED = expected(ONE_FEATURE)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_one_feature(
    name: str, cases: dict[str, Any], make_sqlite: Callable[..., Path], database: str
) -> None:
    path = make_sqlite(cases[name])
    result = moved(path, database)
    assert actual(result) == EXPECTED[name]
    assert_whole(path, database, result)


def test_no_case_is_forgotten(cases: dict[str, Any]) -> None:
    assert sorted(cases) == sorted(EXPECTED)


@pytest.mark.parametrize("story", STORIES)
def test_story(story: str, make_sqlite: Callable[..., Path], database: str) -> None:
    folder = HERE / "stories" / story
    path = make_sqlite(folder / "source.sql")
    result = moved(path, database)
    assert actual(result) == expected(folder / "expected.toml")
    assert_whole(path, database, result)


def assert_whole(path: Path, database: str, result: Result) -> None:
    """Verified; every object of the file has one outcome, and every row is there by another count."""
    assert_verified(result)
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        kinds = dict(
            connection.execute(
                "SELECT CASE WHEN sql LIKE 'create virtual%' THEN 'virtual_tables' ELSE type END, count(*) "
                "FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                "AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow') GROUP BY 1"
            )
        )
        counts = {
            table.source: connection.execute(f'SELECT count(*) FROM "{_quoted(table.source)}"').get
            for table in result.tables
        }
    finally:
        connection.close()
    objects = {kind: row["source"] for kind, row in result.objects().items()}
    pairs = (("table", "tables"), ("index", "indexes"), ("view", "views"), ("trigger", "triggers"))
    named = {kind: objects.get(plural, 0) for kind, plural in (*pairs, ("virtual_tables",) * 2)}
    assert {kind: count for kind, count in named.items() if count} == kinds
    target = {
        t.source: rows(database, f'SELECT count(*) FROM "{_quoted(t.target)}"')[0][0] for t in result.tables
    }
    assert target == counts


def _quoted(name: str) -> str:
    return name.replace('"', '""')
