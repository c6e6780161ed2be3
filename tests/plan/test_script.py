"""`plan --sql` prints a script that loads on an empty PostgreSQL and makes what `move` makes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from outgrow.embedded.cluster import binaries
from outgrow.move.confirm import confirm
from outgrow.move.examine import examine
from outgrow.move.facts import with_facts
from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.options import Options
from outgrow.plan.overrides import Overrides
from outgrow.plan.script import script
from outgrow.postgres.connect import connect
from outgrow.postgres.functions import install, installed, script_with_schema, version
from outgrow.sqlite.connect import open_snapshot

HOSTILE = """
CREATE TABLE "x""; drop table y; --"("col' \\ $$" TEXT DEFAULT 'a''b\\n; -- $x$', n INTEGER PRIMARY KEY);
CREATE TABLE child(p INTEGER REFERENCES "x""; drop table y; --", u TEXT UNIQUE, CHECK (u <> ':name %s'));
CREATE TABLE a_id_seq(x);
CREATE TABLE a(id INTEGER PRIMARY KEY);
CREATE UNIQUE INDEX "i\nj" ON child(u COLLATE NOCASE) WHERE p > 0;
CREATE VIEW "v\n;" AS SELECT u || ';' AS "a\nb" FROM child;
CREATE VIEW lost AS SELECT load_extension('x');
CREATE TRIGGER "t;" AFTER INSERT ON child BEGIN INSERT INTO a_id_seq VALUES (';$outgrow$'); END;
"""
CATALOG = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text || a.attidentity::text,
  pg_get_expr(d.adbin, d.adrelid), a.attcollation::regcollation::text
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND c.relkind IN ('r', 'v')
UNION ALL SELECT indexname, NULL, indexdef, NULL, NULL, NULL FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT conname, NULL, pg_get_constraintdef(oid), NULL, NULL, NULL FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT viewname, NULL, definition, NULL, NULL, NULL FROM pg_views WHERE schemaname = 'public'
UNION ALL SELECT sequencename, NULL, start_value::text, NULL, NULL, NULL FROM pg_sequences
UNION ALL SELECT tgname, NULL, pg_get_triggerdef(oid), NULL, NULL, NULL FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT proname, NULL, prosrc, NULL, NULL, NULL FROM pg_proc
  WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype
ORDER BY 1, 2, 3
"""


def catalog(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(CATALOG.encode()).fetchall()


def written(path: Path, options: Options) -> str:
    with open_snapshot(path, readers=3) as snapshot:
        examined = examine(snapshot, jobs=1, progress=Silent())
        plan = confirm(snapshot, examined, options, Overrides(), jobs=1, progress=Silent())
        return "".join(script_with_schema() if plan.needs_functions else ()) + script(plan)


def load(url: str, text: str) -> None:
    psql = Path(binaries()) / "psql"
    done = subprocess.run(
        [psql, url, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", "-"],
        input=text, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


SAMPLES = ("chinook_autoinc.db", "datasette_fixtures.db", "headscale.db", "pgloader_type_mismatch.db")


@pytest.mark.parametrize("name", ["hostile", *SAMPLES])
def test_it_loads_and_equals_what_move_makes(
    name: str, database: str, make_sqlite: Callable[..., Path], corpus_dir: Path
) -> None:
    source = make_sqlite(HOSTILE) if name == "hostile" else corpus_dir / name
    with connect(database, autocommit=True) as connection:
        options = with_facts(Options(), connection)
    load(database, written(source, options))
    loaded = catalog(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP EXTENSION IF EXISTS vector"
        )
    move(Request(source=str(source), target=database, options=Options()), Silent())
    made = catalog(database)
    assert [(*row[:2], str(row[2]).removesuffix(" NOT VALID"), *row[3:]) for row in made] == loaded


def test_the_functions_come_with_it(
    database: str, make_sqlite: Callable[..., Path], run_outgrow: Callable[..., Any]
) -> None:
    source = make_sqlite(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT CHECK (length(printf('%5s', a)) > 0));"
        "CREATE VIEW v AS SELECT printf('%05d', id) AS p FROM t"
    )
    load(database, run_outgrow("plan", source, "--sql", check=0).stdout)
    with psycopg.connect(database, autocommit=True) as connection:
        assert installed(connection) == version()
        connection.execute("INSERT INTO t(a) VALUES ('x')")
        assert connection.execute("SELECT p FROM v").fetchall() == [("00001",)]
        assert install(connection) is False


def test_what_is_left_stands_at_the_end_as_comments(make_sqlite: Callable[..., Path]) -> None:
    text = written(make_sqlite(HOSTILE), Options())
    tail = text.partition("\n-- left behind\n")[2]
    assert tail.splitlines()[0].startswith("-- views: lost: ")
    assert tail.splitlines()[1:] == ["--   CREATE VIEW lost AS SELECT load_extension('x')"]
    assert all(line.startswith("--") for line in tail.splitlines())
