"""The verbs move, verify, plan and inspect as a user runs them: exit codes, streams, names, no password."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

SMALL = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x'), (2, NULL);"
LOSS = SMALL + "CREATE VIEW v AS SELECT sqlite_source_id() FROM t;"
Run = Callable[..., Any]
Make = Callable[..., Path]


def ask(url: str, *statements: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def last(stderr: str) -> str:
    return stderr.splitlines()[-1]


def test_done_and_verified(run_outgrow: Run, make_sqlite: Make, database: str) -> None:
    source = make_sqlite(SMALL)
    done = run_outgrow("move", source, "--to", database, check=0)
    assert done.stdout.splitlines()[-1] == "moved and verified: 1 table, 2 rows, 4 values, 0 differences"
    assert "Traceback" not in done.stderr
    done = run_outgrow("verify", source, "--to", database, check=0)
    assert done.stdout.splitlines()[-1] == "verified: 1 table, 2 rows, 4 values, 0 differences"


def test_json_is_one_document(run_outgrow: Run, make_sqlite: Make, database: str) -> None:
    done = run_outgrow("move", make_sqlite(LOSS), "--to", database, "--json", check=1)
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert document["objects"] == {
        "tables": {"source": 1, "moved": 1, "left": 0, "changed": 0},
        "columns": {"source": 2, "moved": 2, "left": 0, "changed": 0},
        "primary_keys": {"source": 1, "moved": 1, "left": 0, "changed": 0},
        "identities": {"source": 1, "moved": 1, "left": 0, "changed": 0},
        "views": {"source": 1, "moved": 0, "left": 1, "changed": 0},
    }
    assert [(entry["kind"], entry["name"], entry["text"]) for entry in document["left"]] == [
        ("views", "v", "CREATE VIEW v AS SELECT sqlite_source_id() FROM t")
    ]
    assert [(finding["rule"], finding["severity"]) for finding in document["findings"]] == [
        ("view.left", "loss")
    ]
    assert document["names"] == {"t": "t", "t.id": "t.id", "t.a": "t.a"}
    assert document["verified"] == {
        "rows": 2, "values": 4, "differences": 0, "shown": [], "objects_missing": [], "writes_tested": 1,
        "writes_failed": [],
    }  # fmt: skip
    assert {"connect", "profile", "plan", "pre-data", "copy", "post-data", "verify", "total"} == document[
        "seconds"
    ].keys()


def test_an_error_with_json_is_one_line_on_stderr(run_outgrow: Run, tmp_path: Path) -> None:
    done = run_outgrow("move", tmp_path / "none.db", "--json", check=3)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


def test_findings_and_what_allows_them(run_outgrow: Run, make_sqlite: Make, database: str) -> None:
    source = make_sqlite(LOSS)
    done = run_outgrow("move", source, "--to", database, check=1)
    assert "accept it with --allow view.left" in " ".join(done.stdout.split())
    run_outgrow("move", source, "--to", database, "--allow", "view.left", check=0)


def test_no_verify(run_outgrow: Run, make_sqlite: Make, database: str) -> None:
    done = run_outgrow("move", make_sqlite(SMALL), "--to", database, "--no-verify", "--json", check=0)
    assert json.loads(done.stdout)["verified"] is None


def test_a_difference(run_outgrow: Run, make_sqlite: Make, database: str) -> None:
    source = make_sqlite(SMALL)
    run_outgrow("move", source, "--to", database, check=0)
    ask(database, "UPDATE t SET a = 'y' WHERE id = 1")
    done = run_outgrow("verify", source, "--to", database, check=1)
    assert re.search(r"^ +t +1 +a +'x' +'y'$", done.stdout, re.MULTILINE)
    assert done.stdout.splitlines()[-1].startswith("not the same: 1 difference; ")
    shown = json.loads(run_outgrow("verify", source, "--to", database, "--json", check=1).stdout)["verified"][
        "shown"
    ]
    assert shown == [{"table": "t", "key": "1", "column": "a", "source": "'x'", "target": "'y'"}]


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["--types", "guess"], 2, "--types guess: it must be one of faithful, declared, inferred"),
        (["--allow", "none.such"], 2, "--allow none.such: no such rule"),
        (["--plan", "none.toml"], 2, "the plan none.toml cannot be read"),
        (["--to", "mysql://x/y"], 2, "the target URL cannot be read"),
        (["--to", "postgresql://nobody:open-sesame@127.0.0.1:1/x"], 4, "cannot connect to database x"),
        (["--to", "postgresql://u:open-sesame@no-such-host.invalid/x"], 4, "cannot connect to database x"),
    ],
)  # fmt: skip
def test_what_is_refused(
    run_outgrow: Run, make_sqlite: Make, args: list[str], code: int, message: str
) -> None:
    for more in ([], ["--json"]):
        done = run_outgrow(
            "move", make_sqlite(SMALL, "a.db") if not more else "a.db", *args, *more, check=code
        )
        assert done.stdout == ""
        assert last(done.stderr).startswith(f"outgrow: {message}")
        assert "open-sesame" not in done.stderr
        assert "Traceback" not in done.stderr


def test_a_target_that_has_a_table(run_outgrow: Run, make_sqlite: Make, database: str) -> None:
    ask(database, "CREATE TABLE t (mine text)", "INSERT INTO t VALUES ('kept')")
    done = run_outgrow("move", make_sqlite(SMALL), "--to", database, check=4)
    assert last(done.stderr) == (
        "outgrow: the target already has t in schema public; "
        "give another --schema or database, or --replace to drop what the plan makes"
    )
    assert ask(database, "SELECT * FROM t") == [("kept",)]
    run_outgrow("move", "app.db", "--to", database, "--replace", check=0)
    assert ask(database, "SELECT * FROM t ORDER BY 1") == [(1, "x"), (2, None)]


def test_the_password_is_nowhere(run_outgrow: Run, make_sqlite: Make, database: str) -> None:
    """Where the server asks for no password, as peer authentication does not, any is as good."""
    password = str(conninfo_to_dict(database).get("password") or "open-sesame")
    target = make_conninfo(database, password=password)
    source = make_sqlite(LOSS)
    said = []
    for args in (["move"], ["move", "--json"], ["move", "--replace"], ["verify"], ["verify", "--json"]):
        done = run_outgrow(*args[:1], source, "--to", target, *args[1:], check=1 if args[0] == "move" else 0)
        said.append(done.stdout + done.stderr)
    ledger = ask(database, "SELECT row_to_json(m)::text FROM outgrow.move m")
    assert all(password not in text for text in (*said, str(ledger)))


@pytest.mark.parametrize(
    "name",
    ["with space.db", "100%.db", "what?.db", "a#b.db", "größe-名.db", "-dash.db", "q'uote\".db", "file:x.db"],
)
def test_file_names(run_outgrow: Run, tmp_path: Path, database: str, name: str) -> None:
    with apsw.Connection(str(tmp_path / name)) as connection:
        connection.execute(SMALL)
    connection.close()
    done = run_outgrow("move", "--to", database, "--json", "--", name, check=0)
    assert json.loads(done.stdout)["source"] == name
    assert ask(database, "SELECT count(*) FROM t") == [(2,)]
    (tmp_path / "link.db").symlink_to(tmp_path / name)
    assert json.loads(run_outgrow("move", "--to", database, "--json", "link.db", check=0).stdout)["resumed"]


@pytest.mark.parametrize("jobs", ["1", "8"])
def test_jobs(run_outgrow: Run, make_sqlite: Make, database: str, jobs: str) -> None:
    tables = "".join(
        f"CREATE TABLE t{n}(id INTEGER PRIMARY KEY, a TEXT); CREATE INDEX i{n} ON t{n}(a);"
        f"INSERT INTO t{n} VALUES (1, 'x'), (2, 'y');"
        for n in range(20)
    )
    done = run_outgrow("move", make_sqlite(tables), "--to", database, "--jobs", jobs, "--json", check=0)
    document = json.loads(done.stdout)
    assert (document["verified"]["rows"], document["verified"]["writes_tested"]) == (40, 20)
    assert [table["source"] for table in document["tables"]] == [f"t{n}" for n in range(20)]


def test_without_a_target_a_server_of_its_own(run_outgrow: Run, make_sqlite: Make, home: Path) -> None:
    source = make_sqlite(SMALL)
    env = {"OUTGROW_HOME": str(home)}
    done = run_outgrow("move", source, env=env, check=0)
    url = re.search(r"^ +or: (postgresql://.*)$", done.stdout, re.MULTILINE)
    assert url is not None
    assert ask(url[1], "SELECT * FROM t ORDER BY 1") == [(1, "x"), (2, None)]
    run_outgrow("verify", source, env=env, check=0)


def test_plan_writes_a_file_once(run_outgrow: Run, make_sqlite: Make, tmp_path: Path, database: str) -> None:
    source = make_sqlite(SMALL)
    done = run_outgrow("plan", source, "-o", "plan.toml", check=0)
    assert done.stdout == ""
    text = (tmp_path / "plan.toml").read_text()
    assert run_outgrow("plan", source, check=0).stdout == text
    done = run_outgrow("plan", source, "-o", "plan.toml", check=2)
    assert last(done.stderr) == "outgrow: plan.toml exists; give --force to overwrite it, or another name"
    run_outgrow("plan", source, "-o", "plan.toml", "--force", check=0)
    assert (tmp_path / "plan.toml").read_text() == text
    run_outgrow("move", source, "--to", database, "--plan", "plan.toml", check=0)


def test_a_value_that_does_not_fit_the_plan(
    run_outgrow: Run, make_sqlite: Make, tmp_path: Path, database: str
) -> None:
    source = make_sqlite(SMALL)
    (tmp_path / "plan.toml").write_text(
        '[tables.t.columns]\na = {type = "date", conversion = "date-text:YYYY-MM-DD"}\n'
    )
    for verb in (["move", source, "--to", database], ["plan", source], ["inspect", source]):
        done = run_outgrow(*verb, "--plan", "plan.toml", check=1)
        said = done.stdout + done.stderr
        assert "value.does-not-fit" in said
        assert "t.a" in said
        assert "'x'" in said
    assert ask(database, "SELECT to_regclass('public.t')") == [(None,)]


def test_inspect(run_outgrow: Run, make_sqlite: Make, tmp_path: Path) -> None:
    source = make_sqlite(LOSS)
    done = run_outgrow("inspect", source, check=0)
    assert "view.left" in done.stdout
    assert json.loads(run_outgrow("inspect", source, "--json", check=0).stdout)["plan"]["schema"] == "public"
    run_outgrow("inspect", source, "--html", "page.html", check=0)
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")
    done = run_outgrow("inspect", source, "--table", "none", check=2)
    assert last(done.stderr) == "outgrow: --table none: the file has no such table; there are t"


def test_the_order_is_always_the_same(run_outgrow: Run, make_sqlite: Make, database: str) -> None:
    tables = "".join(
        f"CREATE TABLE t{n}(a, b TEXT UNIQUE, CHECK (a > 0)); INSERT INTO t{n} VALUES (1, 'x'), ('y', 'z');"
        for n in range(6)
    )
    source = make_sqlite(tables)
    seen = []
    for schema in ("one", "two", "three"):
        done = run_outgrow("move", source, "--to", database, "--schema", schema, "--jobs", "4", "--json")
        document = json.loads(done.stdout)
        seen.append([document[key] for key in ("objects", "left", "changed", "findings", "tables", "names")])
    assert seen[0] == seen[1] == seen[2]


NEEDS_FUNCTIONS = SMALL + "CREATE VIEW v AS SELECT printf('%d', id) AS p FROM t;"


@pytest.mark.parametrize("schema", ["sqlite", "outgrow"])
@pytest.mark.parametrize("verb", ["move", "plan", "verify"])
def test_a_schema_of_outgrow_s_own_is_no_target(
    verb: str, schema: str, run_outgrow: Run, make_sqlite: Make
) -> None:
    target = () if verb == "plan" else ("--to", "postgresql://127.0.0.1:1/x")
    done = run_outgrow(verb, make_sqlite(SMALL), *target, "--schema", schema, check=2)
    assert f"the target schema cannot be {schema}, where outgrow keeps" in last(done.stderr)


def test_another_s_schema_sqlite_is_refused(run_outgrow: Run, make_sqlite: Make, database: str) -> None:
    source = make_sqlite(NEEDS_FUNCTIONS)
    ask(database, "CREATE SCHEMA sqlite", "CREATE TABLE sqlite.mine(id int)")
    done = run_outgrow("move", source, "--to", database, check=4)
    assert "the target's schema sqlite is not outgrow's" in last(done.stderr)
    assert ask(database, "SELECT relname FROM pg_class WHERE relname IN ('t', 'mine')") == [("mine",)]
    ask(database, "DROP TABLE sqlite.mine")
    run_outgrow("move", source, "--to", database, check=0)
