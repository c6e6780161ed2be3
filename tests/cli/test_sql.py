"""`outgrow sql`: what is printed, and how it ends."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

Program = Callable[..., tuple[int, str, str]]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, b BOOLEAN)")
    connection.execute("INSERT INTO t VALUES (1, 'x', 1)")
    connection.commit()
    connection.close()
    return path


def test_a_plain_statement_stays_plain(run_outgrow: Program, source: Path) -> None:
    code, out, err = run_outgrow("sql", "SELECT s FROM t WHERE id = ?", "--db", source)
    assert (code, err) == (0, "")
    assert out == "SELECT t.s FROM public.t WHERE t.id = $1;\n-- $1: integer\n"


def test_statements_from_standard_input_go_on_from_one_another(run_outgrow: Program, source: Path) -> None:
    text = (
        "ALTER TABLE t ADD COLUMN n INTEGER; SELECT n FROM t WHERE b; DROP TABLE gone; PRAGMA wal_checkpoint;"
    )
    code, out, _ = run_outgrow("sql", "--db", source, stdin=text)
    assert code == 1
    assert out.splitlines() == [
        "ALTER TABLE public.t ADD COLUMN n bigint;",
        "SELECT t.n FROM public.t WHERE t.b;",
        "-- refused: no such table: gone",
        "--   DROP TABLE gone",
        "-- nothing to run",
        "-- answer: 0, -1, -1",
        "-- PRAGMA wal_checkpoint: PostgreSQL makes checkpoints by itself",
    ]


def test_json_tells_columns_and_findings(run_outgrow: Program, source: Path) -> None:
    code, out, _ = run_outgrow("sql", "SELECT coalesce(id, s) AS v FROM t", "--db", source, "--json")
    (told,) = json.loads(out)
    assert code == 0
    assert told["columns"] == [{"name": "v", "kind": "tagged", "type": "text"}]
    assert len(told["findings"]) == 2


def test_a_moved_database_remembers_what_is_needed(run_outgrow: Program, source: Path, database: str) -> None:
    assert run_outgrow("move", source, "--to", database)[0] == 0
    code, out, _ = run_outgrow(
        "sql", "SELECT id FROM t WHERE b = 1; CREATE INDEX i ON t(s)", "--to", database
    )
    assert code == 0
    assert out.splitlines()[0] == "SELECT t.id FROM public.t WHERE t.b = true;"
    assert out.splitlines()[1].startswith("CREATE INDEX i ON public.t")


@pytest.mark.parametrize("sql", ["PRAGMA table_info(t)", "SELECT name FROM sqlite_master"])
def test_what_was_kept_at_the_move_says_so(sql: str, run_outgrow: Program, source: Path) -> None:
    _, out, _ = run_outgrow("sql", sql, "--db", source)
    assert "-- says what SQLite said at the move; what was defined in the target later is not in it" in out


def test_an_attached_database_is_a_schema(run_outgrow: Program, source: Path, database: str) -> None:
    for schema in ("public", "old"):
        assert run_outgrow("move", source, "--to", database, "--schema", schema)[0] == 0
    text = (
        "ATTACH 'b.db' AS old; SELECT s FROM old.t; ATTACH 'c.db' AS gone; PRAGMA old.user_version;"
        "DETACH old; SELECT s FROM old.t"
    )
    code, out, _ = run_outgrow("sql", "--to", database, stdin=text)
    assert code == 1
    lines = out.splitlines()
    assert lines[:3] == [
        "-- nothing to run",
        f"-- ATTACH: old is the schema old of the target, to which {source} was moved",
        "SELECT t.s FROM old.t;",
    ]
    assert (
        "-- refused: no PostgreSQL equal for ATTACH … AS gone: schema gone of the target holds no move" in out
    )
    assert "sqlite.kept_setting('old', 'user_version')" in out
    assert "-- refused: no PostgreSQL equal for a table of another database (old): move its file into" in out


def test_definitions_in_an_attached_database(run_outgrow: Program, source: Path, database: str) -> None:
    for schema in ("public", "old"):
        assert run_outgrow("move", source, "--to", database, "--schema", schema)[0] == 0
    text = (
        "ATTACH 'b.db' AS old; CREATE TABLE old.made(a INTEGER); SELECT a FROM made; DROP TABLE old.t;"
        "SELECT s FROM old.t; SELECT s FROM t; CREATE TABLE here AS SELECT * FROM made; DROP TABLE made"
    )
    code, out, _ = run_outgrow("sql", "--to", database, stdin=text)
    assert code == 1
    for line in (
        "SELECT made.a FROM old.made;", "DROP TABLE IF EXISTS old.t;", "SELECT t.s FROM public.t;",
        "INSERT INTO public.here (a) SELECT made.a FROM old.made;", "DROP TABLE IF EXISTS old.made;",
        "-- refused: no PostgreSQL equal for the table t",
    ):  # fmt: skip
        assert line in out, out


def test_a_database_that_was_not_moved(run_outgrow: Program, database: str) -> None:
    code, out, err = run_outgrow("sql", "SELECT 1", "--to", database)
    assert (code, out) == (4, "")
    assert "schema public of the target holds no move by outgrow; move the file first" in err
    assert len(err.splitlines()) == 1


def test_a_moved_database_remembers_what_a_row_can_break(
    run_outgrow: Program, make_sqlite: Callable[..., Path], database: str
) -> None:
    source = make_sqlite(
        "CREATE TABLE p(id INTEGER PRIMARY KEY, s TEXT NOT NULL DEFAULT 'x', n INTEGER CHECK (n > 0));"
        "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p);"
        "CREATE TRIGGER d AFTER DELETE ON p BEGIN DELETE FROM c; END"
    )
    assert run_outgrow("move", source, "--to", database)[0] == 0
    for sql in ("INSERT OR IGNORE INTO p(s) VALUES (:s)", "REPLACE INTO p VALUES (1, :s, 2)"):
        told = [run_outgrow("sql", sql, *side)[:2] for side in (("--db", source), ("--to", database))]
        assert [code for code, _ in told] == [0, 0]
        assert told[0][1] == told[1][1], sql


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("SELECT 1",), 2, "name the schema"),
        (("SELECT 1", "--to", "postgresql://127.0.0.1:1/x", "--names", "fold"), 2, "remembers its --types"),
        (("SELECT 'a", "--db", "SOURCE"), 2, "a string without its end at character 8"),
        (("", "--db", "SOURCE"), 2, "there is no statement"),
        (("SELECT 1", "--db", "nowhere.db"), 3, "does not exist"),
        (("SELECT 1", "--to", "postgresql://127.0.0.1:1/x"), 4, ""),
    ],
)
def test_bad_input(
    run_outgrow: Program, source: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    ended, out, err = run_outgrow("sql", *(str(source) if part == "SOURCE" else part for part in arguments))
    assert (ended, out) == (code, "")
    assert says in err
    assert len(err.splitlines()) == 1


def test_kept_rowids_are_compared_and_remembered(
    run_outgrow: Program, make_sqlite: Callable[..., Path], database: str
) -> None:
    source = make_sqlite(
        "CREATE TABLE t(name TEXT); CREATE VIEW v AS SELECT rowid AS n, name FROM t;"
        "INSERT INTO t(rowid, name) VALUES (7, 'x')"
    )
    assert run_outgrow("move", source, "--to", database)[0] == 0
    assert run_outgrow("verify", source, "--to", database)[0] == 0
    code, out, _ = run_outgrow("sql", "SELECT rowid, * FROM t; INSERT INTO t VALUES ('y')", "--to", database)
    assert (code, out.splitlines()) == (
        0, ["SELECT t.rowid, t.name FROM public.t;", "INSERT INTO public.t (name) VALUES ('y');"]
    )  # fmt: skip
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE t SET rowid = 8")
    assert run_outgrow("verify", source, "--to", database)[0] == 1
