"""Every object of every real database is counted: source = moved + left, as SQLite itself counts."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import apsw
import pytest

from outgrow.errors import SourceError
from outgrow.move.examine import Refutations, decide, examine
from outgrow.move.progress import Silent
from outgrow.move.result import Result
from outgrow.options import Options
from outgrow.plan.model import Plan
from outgrow.plan.overrides import Overrides, TableOverride
from outgrow.sqlite.connect import open_snapshot


def planned(path: Path, overrides: Overrides | None = None) -> Plan:
    with open_snapshot(path, readers=3) as snapshot:
        examined = examine(snapshot, jobs=1, progress=Silent())
        return decide(examined, Options(), overrides or Overrides(), Refutations())


def counted(plan: Plan) -> dict[str, int]:
    objects = Result(source="", target="", schema="", outcomes=plan.expected).objects()
    assert all(row["source"] == row["moved"] + row["left"] for row in objects.values())
    return {kind: row["source"] for kind, row in objects.items()}


def of_sqlite(path: Path) -> dict[str, int]:
    """The same counts from SQLite's schema table and pragmas alone, checks and virtual columns excepted."""
    connection = apsw.Connection(
        f"file:{path}?immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    )
    ask = lambda sql, *values: connection.execute(sql, values).fetchall()  # noqa: E731
    count: Counter[str] = Counter()
    for name, kind, without_rowid in ask(
        "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'"
    ):
        if name.startswith("sqlite_") or kind in {"shadow", "view"}:
            continue
        count["virtual_tables" if kind == "virtual" else "tables"] += 1
        if kind == "virtual":
            continue
        columns = ask('SELECT type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)', name)
        indexes = ask("SELECT name, origin FROM pragma_index_list(?)", name)
        count["columns"] += len(columns)
        count["not_nulls"] += sum(not_null for _, not_null, *_ in columns)
        count["defaults"] += sum(default is not None for _, _, default, *_ in columns)
        count["generated_columns"] += sum(hidden in {2, 3} for *_, hidden in columns)
        count["primary_keys"] += any(pk for *_, pk, _ in columns)
        count["unique_constraints"] += sum(origin == "u" for _, origin in indexes)
        count["indexes"] += sum(origin == "c" for _, origin in indexes)
        count["foreign_keys"] += len(
            {key for (key,) in ask("SELECT id FROM pragma_foreign_key_list(?)", name)}
        )
        keys = [kind.upper() for kind, _, _, pk, _ in columns if pk]
        count["identities"] += (
            keys == ["INTEGER"] and not without_rowid and "pk" not in {o for _, o in indexes}
        )
    for kind, number in ask(
        "SELECT type, count(*) FROM sqlite_schema WHERE type IN ('view', 'trigger') GROUP BY 1"
    ):
        count[f"{kind}s"] = number
    connection.close()
    return {kind: number for kind, number in count.items() if number}


def without(counts: dict[str, int], *kinds: str) -> dict[str, int]:
    return {kind: number for kind, number in counts.items() if kind not in kinds}


CORPUS = (
    "calibre.db", "chinook.db", "datasette_fixtures.db", "directus.db", "gnucash.db", "gpkg_gdal_sample.db",
    "headscale.db", "llm.db", "northwind.db", "ory_hydra.db", "pgloader_sqlite.db", "sakila_schema.db",
)  # fmt: skip


@pytest.mark.parametrize("name", CORPUS)
def test_counts_are_those_of_sqlite(name: str, corpus_dir: Path) -> None:
    plan = planned(corpus_dir / name)
    virtual = {table.source for table in plan.tables if table.virtual}
    columns = sum(len(table.columns) for table in plan.tables if table.virtual)
    found = counted(plan)
    found["columns"] -= columns
    of_virtual = Counter(o.kind for o in plan.expected if o.name.rpartition(".")[0] in virtual)
    assert set(of_virtual) <= {"columns"}
    assert without(found, "checks") == without(of_sqlite(corpus_dir / name), "checks")


def test_nothing_is_counted_twice(corpus_dir: Path) -> None:
    for path in sorted(corpus_dir.glob("*.db")):
        try:
            plan = planned(path)
        except SourceError:
            continue
        names = Counter((o.kind, o.name) for o in plan.expected if o.kind in {"tables", "views", "columns"})
        assert max(names.values(), default=1) == 1, path


def test_checks_are_counted_one_by_one(make_sqlite: Any) -> None:
    plan = planned(make_sqlite(
        "CREATE TABLE t(a CHECK (a > 0) CHECK (a < 9), b, CONSTRAINT c CHECK (a < b), CHECK ('check' <> b))"
    ))  # fmt: skip
    assert [o.name for o in plan.expected if o.kind == "checks"] == [
        "t.CHECK 1",
        "t.CHECK 2",
        "t.c",
        "t.CHECK 4",
    ]


def test_a_table_that_stays_behind_takes_its_objects_along(corpus_dir: Path) -> None:
    path = corpus_dir / "chinook.db"
    whole, less = planned(path), planned(path, Overrides(tables={"track": TableOverride(leave=True)}))
    assert counted(less) == counted(whole)
    left = Counter(o.kind for o in less.expected if o.fate == "left")
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    columns = connection.execute("SELECT count(*) FROM pragma_table_xinfo('Track')").get
    keys = connection.execute("SELECT count(*) FROM pragma_foreign_key_list('Track')").get
    pointing = connection.execute(
        "SELECT count(*) FROM sqlite_schema t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'"
        " AND lower(f.\"table\") = 'track'"
    ).get
    assert (left["tables"], left["columns"], left["foreign_keys"]) == (1, columns, keys + pointing)
    assert not [s.sql for s in less.statements if re.search(r"\btrack\b", s.sql)]
