"""Every database of the corpus and every one-feature case reads, and SQLite agrees with what was read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from outgrow.schema.model import Database, Table
from outgrow.schema.names import quote_sqlite
from outgrow.sqlite.catalog import read_catalog
from outgrow.sqlite.connect import open_snapshot
from outgrow.sqlite.create_sql import parse_table

REFUSED = {"mendeley_encrypted.db", "seed_widgettdc_damaged.db"}


@pytest.fixture
def names(corpus: Path) -> list[str]:
    found = sorted(str(p.relative_to(corpus)) for p in corpus.rglob("*.db") if p.name not in REFUSED)
    assert len(found) > 40
    return found


def expressions(table: Table) -> Iterator[str]:
    yield from (check.expression for check in table.checks)
    for column in table.columns:
        yield from (text for text in (column.generated, None if column.generated else column.default) if text)
    for index in table.indexes:
        yield from (column.expression for column in index.columns if column.expression)
        yield from (text for text in (index.where,) if text)


def agree(database: Database, reader: apsw.Connection, unknown: set[str]) -> int:
    """Check everything against SQLite; how many expressions were prepared; `unknown` collects why not."""
    known = dict(reader.execute("SELECT type, count(*) FROM sqlite_schema GROUP BY type"))
    kept = len(database.tables) + len(database.virtual_tables) + len(database.internal)
    kept += sum(len(v.shadow_tables) for v in database.virtual_tables)
    assert kept == known.get("table", 0)
    assert (len(database.views), len(database.triggers)) == (known.get("view", 0), known.get("trigger", 0))
    prepared = 0
    for table in database.tables:
        where = quote_sqlite(table.name)
        written = parse_table(table.sql)
        types = [row[2] for row in reader.execute(f"PRAGMA table_xinfo({where})")]
        assert [c.declared_type.upper() for c in written.columns] == [t.upper() for t in types]
        for column, text in zip(table.columns, written.columns, strict=True):
            meta = reader.column_metadata("main", table.name, column.name)
            assert (column.collation or "BINARY") == meta[1].upper()
            assert column.not_null == bool(meta[2])
            assert (table.autoincrement and column.primary_key == 1) == bool(meta[4])
            assert text.default == column.default
        for expression in expressions(table):
            try:
                reader.execute(f"EXPLAIN SELECT ({expression}) FROM {where}").fetchall()
                prepared += 1
            except apsw.SQLError as error:
                unknown.add(str(error))
    for virtual in database.virtual_tables:
        assert (virtual.select is None) == (virtual.readable is None) == (virtual.unreadable is not None)
        if virtual.select:
            names = [d[0] for d in described(reader, virtual.select)]
            assert names == [c.name for c in virtual.columns]
    return prepared


def described(reader: apsw.Connection, sql: str) -> tuple[tuple[str, str], ...]:
    cursor, found = reader.cursor(), []
    cursor.exec_trace = lambda c, *_: not found.append(c.get_description())  # type: ignore[func-returns-value]
    cursor.execute(sql).fetchall()
    return found[0]


def test_corpus(names: list[str], copied: Callable[[str], Path]) -> None:
    prepared, unknown = 0, set[str]()
    for name in names:
        with open_snapshot(copied(name), readers=2) as snapshot, snapshot.apsw() as reader:
            prepared += agree(read_catalog(snapshot), reader, unknown)
    assert prepared > 500
    assert unknown == {"no such function: GEN_RANDOM_UUID"}  # a default that prefect registers itself


def test_one_feature_cases(corpus: Path, tmp_path: Path) -> None:
    cases, unknown = json.loads((corpus.parent / "cases" / "one_feature.json").read_text()), set[str]()
    assert len(cases) == 69
    for name, sql in cases.items():
        path = tmp_path / f"{name}.db"
        with closing(apsw.Connection(str(path))) as connection:
            connection.execute(sql).fetchall()
        with open_snapshot(path, readers=2) as snapshot, snapshot.apsw() as reader:
            agree(read_catalog(snapshot), reader, unknown)
    assert unknown == set()
