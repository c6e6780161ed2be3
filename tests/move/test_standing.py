"""What a move does with a target that is not empty: goes on, begins anew, or refuses and touches nothing."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from outgrow.errors import FindingsStop, TargetError
from outgrow.move import standing
from outgrow.move.result import Result

OBJECTS = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
    " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1"
)
SHOP = ["anything", "audit", "author", "book", "book_added_trigger", "log", "titles"]
OWNED = (
    "SELECT relname, oid FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
)


def ask(url: str, *statements: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def objects(url: str) -> list[str]:
    return [name for (name,) in ask(url, OBJECTS)]


def rules(result: Result) -> list[str]:
    return [finding.rule for finding in result.findings]


def change(path: Path, sql: str) -> None:
    with apsw.Connection(str(path)) as connection:
        connection.execute(sql)
    connection.close()


def interrupt(url: str) -> None:
    """Makes a finished move look like one that was interrupted after its last table."""
    ask(url, "UPDATE outgrow.move SET state = 'loading'")


def test_a_finished_move_copies_nothing_again(run_move: Any, shop: Path, database: str) -> None:
    files = "SELECT relname, relfilenode FROM pg_class WHERE relkind IN ('r', 'i') ORDER BY 1"
    first = run_move(shop)
    assert (first.resumed, objects(database)) == (False, SHOP)
    before = dict(ask(database, files))
    second = run_move(shop)
    assert second.resumed
    assert second.exit_code(frozenset()) == 0
    assert (second.outcomes, second.findings, second.names) == (first.outcomes, first.findings, first.names)
    assert second.verification == first.verification
    after = dict(ask(database, files))
    made = [name for name in before if name in SHOP or name.startswith(("author_", "book_"))]
    assert {name: after[name] for name in made} == {name: before[name] for name in made}


def test_a_finished_move_of_a_source_that_changed_is_refused(
    run_move: Any, shop: Path, database: str
) -> None:
    run_move(shop)
    before = ask(database, OWNED)
    change(shop, "INSERT INTO log VALUES (9, 'new', 1.0)")
    with pytest.raises(
        TargetError, match="already has function book_added_trigger, anything, audit and 4 more in"
    ):
        run_move(shop)
    assert ask(database, OWNED) == before
    assert ask(database, "SELECT count(*) FROM log") == [(4,)]
    assert run_move(shop, replace=True).exit_code(frozenset()) == 0
    assert ask(database, "SELECT count(*) FROM log") == [(5,)]
    assert objects(database) == SHOP


def test_an_interrupted_move_of_a_source_that_changed_begins_anew(
    run_move: Any, shop: Path, database: str
) -> None:
    run_move(shop)
    interrupt(database)
    change(shop, "INSERT INTO log VALUES (9, 'new', 1.0); DROP TABLE anything; DROP VIEW titles")
    result = run_move(shop)
    assert (rules(result).count("source.changed"), result.exit_code(frozenset())) == (1, 0)
    assert objects(database) == [name for name in SHOP if name not in {"anything", "titles"}]
    assert ask(database, "SELECT count(*) FROM log") == [(5,)]


def test_an_interrupted_move_with_another_plan_begins_anew(run_move: Any, shop: Path, database: str) -> None:
    run_move(shop)
    interrupt(database)
    result = run_move(shop, plan='[tables.log]\nname = "journal"\n[tables.anything]\nleave = true\n')
    assert (result.exit_code(frozenset()), rules(result).count("source.changed")) == (0, 0)
    assert objects(database) == ["audit", "author", "book", "book_added_trigger", "journal", "titles"]
    interrupt(database)
    assert run_move(shop, types="faithful").exit_code(frozenset()) == 0
    assert objects(database) == SHOP
    assert ask(database, "SELECT pg_typeof(born)::text FROM author LIMIT 1") == [("text",)]


def test_an_interrupted_move_drops_only_what_it_made_itself(run_move: Any, shop: Path, database: str) -> None:
    run_move(shop)
    interrupt(database)
    change(shop, "CREATE TABLE foreigner(a); INSERT INTO foreigner VALUES (1)")
    ask(database, "CREATE TABLE foreigner (mine text)")
    before = ask(database, OWNED)
    with pytest.raises(TargetError, match="the target already has foreigner in schema public"):
        run_move(shop)
    assert ask(database, OWNED) == before


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE log (mine text)",
        "CREATE VIEW log AS SELECT 1",
        "CREATE TABLE titles (mine text)",
        "CREATE FUNCTION book_added_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE SEQUENCE log",
    ],
)
def test_a_name_that_is_taken_is_refused(run_move: Any, shop: Path, database: str, statement: str) -> None:
    ask(database, statement)
    before = objects(database)
    with pytest.raises(
        TargetError, match=r"the target already has .*(log|titles|book_added_trigger) in schema public"
    ):
        run_move(shop)
    assert objects(database) == before
    assert ask(database, "SELECT to_regclass('outgrow.move')") == [(None,)]


def test_replace_drops_what_the_plan_makes_and_nothing_else(run_move: Any, shop: Path, database: str) -> None:
    ask(
        database,
        "CREATE TABLE log (mine text)",
        "CREATE TABLE other (mine text)",
        "INSERT INTO other VALUES ('x')",
    )
    assert run_move(shop, replace=True).exit_code(frozenset()) == 0
    assert objects(database) == sorted([*SHOP, "other"])
    assert ask(database, "SELECT mine FROM other") == [("x",)]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("CREATE VIEW mine AS SELECT message FROM log", r"cannot drop .*view mine depends on table log"),
        (
            "CREATE TABLE mine (a bigint REFERENCES author)",
            r"cannot drop .*mine_a_fkey on table mine depends on",
        ),
    ],
)
def test_replace_refuses_when_something_else_depends_on_it(
    run_move: Any, shop: Path, database: str, statement: str, reason: str
) -> None:
    run_move(shop)
    ask(database, statement)
    before = ask(database, OWNED)
    with pytest.raises(TargetError, match=reason + ".*drop the dependent object yourself"):
        run_move(shop, replace=True)
    assert ask(database, OWNED) == before
    assert ask(database, "SELECT state FROM outgrow.move") == [("done",)]


def test_another_files_move_is_not_overwritten(
    run_move: Any, shop: Path, database: str, make_sqlite: Any
) -> None:
    run_move(shop)
    other = make_sqlite("CREATE TABLE elsewhere(a)", "other.db")
    with pytest.raises(
        TargetError, match=f"schema public of the target holds the move of {shop}; give another"
    ):
        run_move(other)
    assert objects(database) == SHOP
    assert run_move(other, schema="second").exit_code(frozenset()) == 0
    assert ask(database, "SELECT target_schema, source FROM outgrow.move ORDER BY 1") == [
        ("public", str(shop)), ("second", str(other)),
    ]  # fmt: skip


def test_a_ledger_of_another_file_whose_tables_are_gone(
    run_move: Any, shop: Path, database: str, make_sqlite: Any
) -> None:
    run_move(make_sqlite("CREATE TABLE elsewhere(a)", "other.db"))
    ask(database, "DROP TABLE elsewhere", "CREATE TABLE log (mine text)")
    with pytest.raises(TargetError, match="the target already has log in schema public"):
        run_move(shop)
    ask(database, "DROP TABLE log")
    assert run_move(shop).exit_code(frozenset()) == 0
    assert ask(database, "SELECT source FROM outgrow.move") == [(str(shop),)]


def test_the_same_file_under_another_name_goes_on(run_move: Any, shop: Path, tmp_path: Path) -> None:
    run_move(shop)
    assert run_move(shop.rename(tmp_path / "renamed.db")).resumed


def test_two_moves_into_two_schemas(run_move: Any, shop: Path, database: str) -> None:
    for schema in ("one", 'Odd "name"; --'):
        result = run_move(shop, schema=schema)
        assert (result.exit_code(frozenset()), result.resumed) == (0, False)
    assert objects(database) == []
    assert ask(database, """SELECT count(*) FROM "Odd ""name""; --".author""") == [(3,)]
    assert run_move(shop, schema='Odd "name"; --').resumed


def test_two_at_once_on_one_schema(
    run_move: Any, shop: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "PATIENCE", 0.1)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended('outgrow:public', 0))")
        with pytest.raises(
            TargetError, match="another outgrow works on schema public of this database; wait until"
        ):
            run_move(shop)
        assert run_move(shop, schema="other").exit_code(frozenset()) == 0
    assert run_move(shop).exit_code(frozenset()) == 0


def test_who_was_killed_holds_the_lock_until_the_server_notices(
    run_move: Any, shop: Path, database: str
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended('outgrow:public', 0))")
        threading.Timer(0.3, connection.close).start()
        assert run_move(shop).exit_code(frozenset()) == 0


def test_a_value_that_the_users_type_does_not_hold_leaves_nothing_behind(
    run_move: Any, shop: Path, database: str
) -> None:
    plan = '[tables.log.columns]\nmessage = {type = "uuid", conversion = "uuid-text"}\n'
    with pytest.raises(
        FindingsStop, match=r"value\.does-not-fit: log\.message: '?same'? .*set another|Set another"
    ):
        run_move(shop, plan=plan)
    assert objects(database) == []
    assert ask(database, "SELECT count(*) FROM outgrow.move") == [(0,)]
    assert run_move(shop).exit_code(frozenset()) == 0


@pytest.fixture
def role(database: str) -> Any:
    """`role(*grants)` makes a user with no rights but those, and gives a URL that works as this user."""
    made: list[str] = []

    def make(*grants: str) -> str:
        name = f"weak_{psycopg.conninfo.conninfo_to_dict(database)['dbname']}"
        ask(database, f"CREATE ROLE {name}", *(grant.format(role=name) for grant in grants))
        made.append(name)
        return make_conninfo(database, options=f"-c role={name}")

    yield make
    for name in made:
        ask(database, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_a_user_without_rights(run_move: Any, shop: Path, database: str, role: Any) -> None:
    weak = role()
    with pytest.raises(TargetError, match=r"may not create the schema outgrow.*grant CREATE on the database"):
        run_move(shop, target=weak)
    assert objects(database) == []


def test_a_user_with_rights_on_a_schema_that_is_there(
    run_move: Any, shop: Path, database: str, role: Any
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    weak = role(f"GRANT CREATE ON DATABASE {name} TO {{role}}", "CREATE SCHEMA here AUTHORIZATION {role}")
    assert run_move(shop, target=weak, schema="here").exit_code(frozenset()) == 0
    ask(database, f"REVOKE CREATE ON DATABASE {name} FROM weak_{name}")
    assert run_move(shop, target=weak, schema="here", replace=True).exit_code(frozenset()) == 0
    with pytest.raises(
        TargetError, match="PostgreSQL refuses the target schema: permission denied for database"
    ):
        run_move(shop, target=weak, schema="elsewhere")


def test_a_ledger_of_another_user(run_move: Any, shop: Path, database: str, role: Any) -> None:
    run_move(shop, schema="first")
    with pytest.raises(
        TargetError, match=r"the schema outgrow, .*belongs to another user; connect as that user"
    ):
        run_move(shop, target=role("CREATE SCHEMA here AUTHORIZATION {role}"), schema="here")


def test_a_server_that_takes_no_writes(run_move: Any, shop: Path, database: str) -> None:
    with pytest.raises(TargetError, match="is read-only for this user"):
        run_move(shop, target=make_conninfo(database, options="-c default_transaction_read_only=on"))
    assert objects(database) == []


def test_a_cancelled_installation_of_the_functions_ends_the_move(
    make_sqlite: Any, run_move: Any, database: str
) -> None:
    """Not as if the target could have no functions, which would leave views behind."""
    source = make_sqlite(
        "CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE VIEW v AS SELECT printf('%d', id) AS p FROM t"
    )
    waiting = (
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE '%outgrow.sqlite%'"
    )
    with psycopg.connect(database) as other, ThreadPoolExecutor(1) as threads:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('outgrow.sqlite'))")
        moving = threads.submit(run_move, source)
        while not moving.done() and not ask(database, waiting):
            time.sleep(0.05)
        with pytest.raises(TargetError, match="canceling statement due to user request"):
            moving.result(timeout=60)
    assert objects(database) == []
    run_move(source)
    assert objects(database) == ["t", "v"]
