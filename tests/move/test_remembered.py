"""The model that a moved database remembers is the one that its plan had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from outgrow.errors import TargetError
from outgrow.move.examine import decide, examine
from outgrow.move.facts import with_facts
from outgrow.move.progress import Silent
from outgrow.move.refutations import Refutations
from outgrow.move.remembered import remembered
from outgrow.move.result import Result
from outgrow.options import Options
from outgrow.plan.overrides import Overrides
from outgrow.schema.target import TargetModel
from outgrow.sqlite.connect import open_snapshot
from outgrow.translate.statement import translate_statement

Mover = Callable[..., Result]
Files = Callable[..., Path]
SOURCE = """
CREATE TABLE "Person"("Id" INTEGER PRIMARY KEY, "Mail" TEXT COLLATE NOCASE UNIQUE,
  gone BOOLEAN NOT NULL, at DATETIME, doc TEXT, half REAL AS (rate / 2) STORED, rate REAL, any);
CREATE UNIQUE INDEX one_alive ON "Person"(at) WHERE NOT gone;
CREATE TABLE word(w TEXT, n INTEGER, PRIMARY KEY (w, n)) WITHOUT ROWID;
CREATE UNIQUE INDEX lower_word ON word(lower(w));
CREATE VIRTUAL TABLE note USING fts5(title, body);
CREATE VIRTUAL TABLE box USING rtree(id, x0, x1);
CREATE VIEW "Alive" AS SELECT "Id", "Mail" AS mail, rate + 1, coalesce(rate, any) AS "Mixed"
  FROM "Person" WHERE NOT gone;
CREATE VIEW names AS SELECT mail FROM alive;
CREATE VIEW stays AS SELECT load_extension('x') AS x FROM word;
INSERT INTO "Person"("Id", "Mail", gone, at, doc, rate, any) VALUES
  (1, 'a@b', 0, '2024-01-01 00:00:00', '{"a": 1}', 1.5, 1),
  (2, 'c@d', 1, '2024-01-01 00:00:00', NULL, NULL, 'x');
INSERT INTO word VALUES ('x', 1);
INSERT INTO note VALUES ('t', 'b');
INSERT INTO box VALUES (1, 0, 1);
"""


def planned(source: Path, target: str, options: Options) -> TargetModel:
    with psycopg.connect(target) as connection:
        options = with_facts(options, connection)
    with open_snapshot(source, readers=3) as snapshot:
        return decide(examine(snapshot, jobs=1, progress=Silent()), options, Overrides(), Refutations()).model


@pytest.mark.parametrize("names", ["fold", "preserve"])
def test_the_model_is_the_plan_s(names: str, make_sqlite: Files, run_move: Mover, database: str) -> None:
    source = make_sqlite(SOURCE)
    run_move(source, names=names, schema="app")
    found = remembered(database, "app")
    assert found.model == planned(source, database, found.options)
    assert [relation.source for relation in found.model.relations] == [
        "Person", "word", "note", "box", "Alive", "names",
    ]  # fmt: skip
    assert (found.options.schema, found.options.names, found.options.bytewise) == ("app", names, True)


def test_an_upsert_finds_a_partial_key(make_sqlite: Files, run_move: Mover, database: str) -> None:
    run_move(make_sqlite(SOURCE))
    found = remembered(database, "public")
    sql = "INSERT OR REPLACE INTO person(mail, gone, at) VALUES ('e@f', 0, '2024-01-01 00:00:00')"
    made = translate_statement(sql, model=found.model, bytewise=True)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(made.sql.encode())
        rows = connection.execute("SELECT mail FROM person ORDER BY id").fetchall()
    assert rows == [("c@d",), ("e@f",)]


@pytest.mark.parametrize(
    ("done", "says"),
    [
        ("DROP SCHEMA outgrow CASCADE", "schema public of the target holds no move by outgrow"),
        ("DELETE FROM outgrow.move", "schema public of the target holds no move by outgrow"),
        ("UPDATE outgrow.move SET state = 'loading'", "the move into schema public is not finished"),
        ("DROP TABLE outgrow.sqlite_master", "the target keeps no SQLite catalog of schema public"),
        ("DELETE FROM outgrow.sqlite_settings", "the target keeps no SQLite catalog of schema public"),
        ("UPDATE outgrow.move SET plan = '{\"version\": 1}'", "the target remembers its move in the form 1"),
        (
            "UPDATE outgrow.sqlite_master SET sql = 'CREATE TABLE (' WHERE name = 'word'",
            "the SQLite catalog that the target keeps of schema public cannot be read",
        ),
    ],
)
def test_a_target_that_remembers_nothing(
    done: str, says: str, make_sqlite: Files, run_move: Mover, database: str
) -> None:
    run_move(make_sqlite("CREATE TABLE word(w TEXT)"))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP TABLE outgrow.model")
        connection.execute(done.encode())
    with pytest.raises(TargetError) as refusal:
        remembered(database, "public")
    assert str(refusal.value).startswith(says)
