"""Every database of the corpus moves whole, or is refused for what it is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest

from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.options import Options

SHARED = Path(__file__).parents[2].parent / "shared" / "corpus"
REFUSED = ("mendeley_encrypted.db", "seed_widgettdc_damaged.db")
_FOLDER = Path(os.environ.get("OUTGROW_CORPUS", SHARED))
NAMES = sorted(str(path.relative_to(_FOLDER)) for path in _FOLDER.rglob("*.db") if path.name not in REFUSED)


def copied(corpus: Path, name: str, folder: Path) -> Path:
    """A copy with its -wal or -journal; the originals are never opened."""
    target = folder / Path(name).name
    for suffix in ("", "-wal", "-journal"):
        if (corpus / (name + suffix)).exists():
            shutil.copyfile(corpus / (name + suffix), f"{target}{suffix}")
    return target


def counted(path: Path) -> dict[str, int]:
    """Rows of every table by SQLite's own count; a virtual table only where its module is here.

    Tables that an absent module keeps for itself go with it: SQLite cannot know them as shadow tables.
    """
    connection = apsw.Connection(str(path))
    connection.collation_needed(lambda own, name: own.create_collation(name, lambda a, b: (a > b) - (a < b)))
    listed = "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')"
    counts: dict[str, int] = {}
    absent = []
    try:
        for name, kind in connection.execute(listed).fetchall():
            quoted = name.replace('"', '""')
            try:
                counts[name] = connection.execute(f'SELECT count(*) FROM "{quoted}"').get
            except apsw.SQLError:
                assert kind == "virtual", f"{name} cannot be read"
                absent.append(f"{name}_")
    finally:
        connection.close()
    return {name: n for name, n in counts.items() if not name.startswith(("sqlite_", *absent))}


def test_the_corpus_is_there(corpus_dir: Path) -> None:
    assert len(NAMES) > 50
    assert all((corpus_dir / name).is_file() for name in (*NAMES, *REFUSED))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_missing(name: str, corpus_dir: Path, tmp_path: Path, database: str) -> None:
    path = copied(corpus_dir, name, tmp_path)
    result = move(Request(source=str(path), target=database, options=Options()), Silent())
    verification = result.verification
    assert verification is not None
    assert (verification.shown, verification.differences, verification.objects_missing) == ((), 0, ())
    assert verification.writes_failed == ()
    assert [o for o in result.outcomes if o.kind == "tables" and o.fate == "left"] == []

    expected = counted(copied(corpus_dir, name, tmp_path))
    contentless = {o.name for o in result.outcomes if o.kind == "virtual_tables" and o.fate == "left"}
    names = {table.source: table.target for table in result.tables}
    assert sorted(names) == sorted(set(expected) - contentless | (names.keys() - expected.keys()))
    with psycopg.connect(database) as connection:
        found = {source: _count(connection, target) for source, target in names.items()}
    assert {source: found[source] for source in expected.keys() - contentless} == {
        source: expected[source] for source in expected.keys() - contentless
    }
    assert verification.rows == sum(found.values())


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    quoted = table.replace('"', '""')
    row = connection.execute(f'SELECT count(*) FROM public."{quoted}"'.encode()).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused(
    name: str, corpus_dir: Path, tmp_path: Path, database: str, run_outgrow: Callable[..., Any]
) -> None:
    path = copied(corpus_dir, name, tmp_path)
    ran = run_outgrow("move", path, "--to", database, check=3)
    assert ran.stdout == ""
    assert path.name in ran.stderr.strip().splitlines()[-1]
    assert "Traceback" not in ran.stderr
    with psycopg.connect(database) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (0,)
