"""`outgrow doctor`: a moved database is healthy, and each thing that goes wrong is one whole check."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

import outgrow
from outgrow.errors import ConfigError
from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.options import Options
from outgrow.postgres import functions
from outgrow.runtime.health import activity, capacity, server, source_code
from outgrow.runtime.health.application import Application, configuration
from outgrow.runtime.health.check import Check
from outgrow.runtime.health.database import judge_time_zone
from outgrow.runtime.health.examine import Report, examine
from outgrow.runtime.health.subject import Session
from outgrow.runtime.health.table import CHECKS
from outgrow.runtime.health.text import report_lines

SHOP = """
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, born DATE);
INSERT INTO person VALUES (1, 'Ada', '1815-12-10'), (2, 'Grace', '1906-12-09');
CREATE TABLE pet (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES person, name TEXT CHECK (name <> ''));
INSERT INTO pet VALUES (1, 1, 'Rex');
CREATE TABLE log (at TEXT, said TEXT);
INSERT INTO log VALUES ('then', 'so');
CREATE INDEX pet_name ON pet (name);
CREATE VIEW names AS SELECT name FROM person;
CREATE TRIGGER heard AFTER INSERT ON pet BEGIN INSERT INTO log VALUES ('now', new.name); END;
"""
QUIET = {"server.latency", "server.clock"}
"""Checks that measure: on a busy machine they may say anything."""


@pytest.fixture
def source(make_sqlite: Callable[..., Path]) -> Path:
    return make_sqlite(SHOP)


@pytest.fixture
def shop(source: Path, database: str) -> str:
    """URL of a database to which the shop was moved."""
    _move(source, database)
    return database


def _move(source: Path, url: str, schema: str = "public") -> None:
    move(Request(source=str(source), target=url, options=Options(schema=schema), verify=False), Silent())


@pytest.fixture
def role(database: str) -> Iterator[str]:
    """A role without any right on the database; gone at the end."""
    name = f"app_{uuid.uuid4().hex[:12]}"
    _run(database, f"CREATE ROLE {name} LOGIN")
    yield name
    _run(database, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def _run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for sql in statements:
            connection.execute(sql.encode())


def _as(url: str, role: str) -> str:
    """The URL with sessions as that role, whom the test server would not let in by itself."""
    return f"{url}&options={quote(f'-c role={role}')}"


def _said(report: Report) -> dict[str, Check]:
    return {check.id: check for check in report.checks}


def _wrong(report: Report) -> set[str]:
    return {check.id for check in report.wrong()} - QUIET


def _found(url: str, wanted: str, **options: str) -> Check:
    """That check on the database, once it is made sure that no other found anything."""
    report = examine(url, Application(), **options)  # type: ignore[arg-type]
    assert _wrong(report) <= {wanted}
    return _said(report)[wanted]


def _check(wanted: str, status: str, found: tuple[str, ...], advice: tuple[str, ...] = ()) -> Check:
    titles = {kind.id: kind.title for kind in CHECKS}
    return Check(id=wanted, title=titles[wanted], status=status, found=found, advice=advice)  # type: ignore[arg-type]


def _settings(url: str, **more: str) -> Application:
    return configuration({"DATABASE_URL": url, **more}, None, Path("/"))


def test_a_moved_database_is_healthy(shop: str, source: Path) -> None:
    with psycopg.connect(shop) as connection:
        name, user = connection.info.dbname, connection.info.user
    report = examine(shop, Application())
    said = _said(report)
    assert [check.id for check in report.checks] == [kind.id for kind in CHECKS]
    assert _wrong(report) == set()
    skipped = {check.id for check in report.checks if check.status == "skipped"}
    assert skipped == {"app.database", "app.code"}
    assert said["connection"].found[0].startswith(f"database {name} at ")
    assert said["connection"].found[0].endswith(f" as user {user}")
    assert said["app.old-file"].found == (f"{source}: not written to since the move",)
    assert re.fullmatch(
        rf"{re.escape(str(source))} was moved here by outgrow \S+, done \d{{4}}-\d\d-\d\d \d\d:\d\d UTC",
        said["move.state"].found[0],
    )
    assert re.fullmatch(r"200 round trips: p50 [\d.]+ ms, p99 [\d.]+ ms.*", said["server.latency"].found[0])
    fixed = {check.id: check.found[0] for check in report.checks if check.id in HEALTHY}
    assert fixed == {key: text.format(user=user) for key, text in HEALTHY.items()}
    assert report.schema == "public"


HEALTHY = {
    "server.writable": "the server takes writes",
    "server.autovacuum": "on",
    "database.encoding": "UTF8, in the database and in sessions",
    "database.search-path": "public: tables of schema public are found by their bare names",
    "database.activity": "no transaction is open for long, and nobody waits for a lock",
    "move.objects": "4 tables and views, none missing",
    "table.privileges": "user {user} may read and write 4 tables and views",
    "table.identities": "2 identities, none behind its column",
    "table.indexes": "all indexes are valid",
    "table.constraints": "all constraints were checked on all rows",
    "table.triggers": "all triggers fire, and all foreign keys are checked",
    "table.statistics": "the planner has statistics of all tables with more than a few rows",
    "table.bloat": "few dead rows; 3 tables were not vacuumed yet",
    "table.write": (
        "a new row of log was written and rolled back; nothing is left of it, not in its sequence either"
    ),
}


def test_nothing_is_left_behind(shop: str) -> None:
    before = _dump(shop)
    assert _wrong(examine(shop, Application())) == set()
    assert _dump(shop) == before


def _dump(url: str) -> list[object]:
    queries = (
        "SELECT last_value, is_called FROM person_id_seq",
        "SELECT last_value, is_called FROM pet_id_seq",
        "SELECT * FROM person ORDER BY 1",
        "SELECT * FROM pet ORDER BY 1",
        "SELECT * FROM log ORDER BY 1",
        "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
        "SELECT setting FROM pg_settings WHERE source = 'database' ORDER BY name",
    )
    with psycopg.connect(url) as connection:
        return [connection.execute(query.encode()).fetchall() for query in queries]


def test_an_identity_behind_its_column(shop: str) -> None:
    _run(shop, "SELECT setval('pet_id_seq', 1, false)")
    assert _found(shop, "table.identities") == _check(
        "table.identities",
        "failure",
        ("1 identity behind or used up, so an INSERT fails", "pet.id: next 1, but 1 is there already"),
        ("SELECT setval('public.pet_id_seq', (SELECT max(id) FROM public.pet));",),
    )


def test_the_statement_that_is_advised_mends_it(shop: str) -> None:
    _run(shop, "INSERT INTO person VALUES (7, 'Mary', NULL)")
    (advice,) = _found(shop, "table.identities").advice
    _run(shop, advice)
    assert _found(shop, "table.identities").status == "ok"
    with psycopg.connect(shop) as connection:
        row = connection.execute("INSERT INTO person (name) VALUES ('Jean') RETURNING id").fetchone()
    assert row == (8,)


def test_an_identity_that_comes_to_its_end(shop: str) -> None:
    _run(
        shop,
        "CREATE TABLE coupon (id serial PRIMARY KEY)",
        "SELECT setval('coupon_id_seq', 2000000000)",
        "CREATE TABLE seat (id smallint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)",
        "SELECT setval('seat_id_seq', 32767)",
    )
    assert _found(shop, "table.identities") == _check(
        "table.identities",
        "failure",
        (
            "1 identity behind or used up, so an INSERT fails",
            "seat.id: the last value, 32767, was given",
            "coupon.id: next 2000000001, last 2147483647",
        ),
        ("Renumber the rows with the largest values, or make the column and its sequence bigint.",),
    )
    _run(shop, "DROP TABLE seat")
    assert _found(shop, "table.identities") == _check(
        "table.identities",
        "warning",
        ("1 identity comes to an end", "coupon.id: next 2000000001, last 2147483647"),
        ("Make the column, what refers to it and its sequence bigint.",),
    )


def test_many_identities_are_read_a_few_at_a_time(shop: str) -> None:
    names = [f"t{number:03}" for number in range(120)]
    _run(shop, *(f'CREATE TABLE {name} ("Id" bigint GENERATED ALWAYS AS IDENTITY, a text)' for name in names))
    _run(shop, "INSERT INTO t119 OVERRIDING SYSTEM VALUE VALUES (5, '')", "ANALYZE t119")
    found = _found(shop, "table.identities")
    assert found.found[1:] == ("t119.Id: next 1, but 5 is there already",)
    assert found.advice == (
        """SELECT setval('public."t119_Id_seq"', (SELECT max("Id") FROM public.t119));""",
    )


def test_a_large_table_is_not_read_as_a_whole(shop: str) -> None:
    _run(
        shop,
        "CREATE TABLE huge (id bigint GENERATED BY DEFAULT AS IDENTITY)",
        "UPDATE pg_class SET relpages = 20000 WHERE relname = 'huge'",
        "ALTER TABLE huge SET (autovacuum_enabled = on)",
    )
    check = _said(examine(shop, Application()))["table.identities"]
    assert check.found == (
        "2 identities, none behind its column; huge.id has no index to read the largest value from",
    )


def test_an_invalid_index(shop: str) -> None:
    _run(shop, "INSERT INTO pet VALUES (2, 1, 'Rex'), (3, 1, 'Rex')", "SELECT setval('pet_id_seq', 3)")
    with psycopg.connect(shop, autocommit=True) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("CREATE UNIQUE INDEX CONCURRENTLY one_name ON pet (name)")
    assert _found(shop, "table.indexes") == _check(
        "table.indexes",
        "failure",
        (
            "1 index is invalid: written to and never used",
            "one_name on pet: its keys may be there twice",
        ),
        ("REINDEX INDEX public.one_name;",),
    )


def test_an_index_of_the_move_that_is_invalid_is_told_once(shop: str) -> None:
    _run(shop, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'pet_name'::regclass")
    assert _found(shop, "table.indexes") == _check(
        "table.indexes",
        "warning",
        ("1 index is invalid: written to and never used", "pet_name on pet"),
        ("REINDEX INDEX public.pet_name;",),
    )


def test_a_constraint_that_is_not_valid(shop: str) -> None:
    _run(shop, "ALTER TABLE person ADD CONSTRAINT long_name CHECK (length(name) > 3) NOT VALID")
    assert _found(shop, "table.constraints") == _check(
        "table.constraints",
        "warning",
        (
            "1 constraint is NOT VALID: older rows may break them",
            "check long_name on person",
        ),
        (
            "Mend or delete the rows that break it, which outgrow move named; then:",
            "ALTER TABLE public.person VALIDATE CONSTRAINT long_name;",
        ),
    )


def test_a_constraint_that_the_move_left_not_valid(make_sqlite: Callable[..., Path], database: str) -> None:
    source = make_sqlite(
        "CREATE TABLE a (id INTEGER PRIMARY KEY);"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a);"
        "INSERT INTO b VALUES (1, 9)"
    )
    _move(source, database)
    check = _found(database, "table.constraints")
    assert check.status == "warning"
    assert check.found[1:] == ("foreign key b_a_fkey on b, left so by the move",)


def test_triggers_that_are_disabled(shop: str) -> None:
    _run(shop, "ALTER TABLE pet DISABLE TRIGGER ALL")
    assert _found(shop, "table.triggers") == _check(
        "table.triggers",
        "failure",
        (
            "2 triggers or foreign keys do nothing",
            "trigger heard on pet: disabled",
            "foreign key pet_owner_fkey on pet: its triggers are disabled, so rows that break it get in",
        ),
        (
            "ALTER TABLE public.pet ENABLE TRIGGER heard;",
            "ALTER TABLE public.pet ENABLE TRIGGER ALL;",
        ),
    )


def test_sessions_in_which_no_trigger_fires(shop: str) -> None:
    name = shop.partition("///")[2].partition("?")[0]
    _run(shop, f"ALTER DATABASE {name} SET session_replication_role = 'replica'")
    check = _found(shop, "table.triggers")
    assert check.status == "failure"
    assert check.found == (
        "sessions have session_replication_role = replica: no trigger fires, no foreign key is checked",
    )
    assert check.advice[1] == f"ALTER DATABASE {name} RESET session_replication_role;"


def test_the_time_zone_of_sessions(shop: str) -> None:
    name = shop.partition("///")[2].partition("?")[0]
    _run(shop, f"ALTER DATABASE {name} SET timezone = 'America/Denver'")
    assert _found(shop, "database.time-zone") == _check(
        "database.time-zone",
        "warning",
        (
            "sessions get America/Denver (set for the database), not UTC: a time without a zone is taken for "
            "local time, and what SQLite kept in UTC shifts by hours when a session compares, stores or "
            "shows it",
        ),
        (f"ALTER DATABASE {name} SET timezone = 'UTC';",),
    )
    _run(shop, f"ALTER DATABASE {name} SET timezone = 'Etc/GMT'")
    assert _found(shop, "database.time-zone").status == "ok"
    _run(shop, f"ALTER DATABASE {name} SET datestyle = 'German'")
    check = _found(shop, "database.time-zone")
    assert (check.status, check.advice) == (
        "warning",
        (f"ALTER DATABASE {name} SET datestyle = 'ISO, YMD';",),
    )


SESSION = Session(
    user_name="app", database="shop", identity="1/5", time_zone="Europe/Berlin", time_zone_source="user",
    keeps_utc=False, date_style="ISO, MDY", client_encoding="UTF8", replication_role="origin",
    read_only=False,
    idle_timeout="0", in_recovery=False, schemas=["public"], pid=1,
)  # fmt: skip


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        ("user", ("ALTER ROLE app RESET timezone;", "ALTER DATABASE shop SET timezone = 'UTC';")),
        ("database user", ("ALTER ROLE app IN DATABASE shop SET timezone = 'UTC';",)),
        ("client", ("Take the time zone out of PGTZ, PGOPTIONS and the URL.",)),
        ("configuration file", ("ALTER DATABASE shop SET timezone = 'UTC';",)),
    ],
)
def test_the_time_zone_is_mended_where_it_was_set(source: str, advice: tuple[str, ...]) -> None:
    assert judge_time_zone(replace(SESSION, time_zone_source=source)).advice == advice


def test_a_database_in_another_encoding(database: str) -> None:
    name = f"latin_{uuid.uuid4().hex[:12]}"
    _run(database, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    try:
        other = re.sub(r"///[^?]*", f"///{name}", database)
        check = _said(examine(other, Application()))["database.encoding"]
    finally:
        _run(database, f"DROP DATABASE {name} WITH (FORCE)")
    assert check.status == "failure"
    assert check.found == (f"the database {name} has the encoding SQL_ASCII, which does not hold all text",)


def test_sessions_in_another_encoding(shop: str) -> None:
    check = _found(f"{shop}&client_encoding=LATIN1", "database.encoding")
    assert check.status == "warning"
    assert check.found == ("UTF8, but sessions speak LATIN1, which does not hold all text",)


def test_a_collation_whose_rules_changed(shop: str) -> None:
    with psycopg.connect(shop, autocommit=True) as connection:
        if connection.info.server_version < 150000:
            pytest.skip("PostgreSQL 14 keeps no version of the database's collation")
        name = connection.info.dbname
        row = connection.execute(
            "SELECT pg_database_collation_actual_version(oid) FROM pg_database "
            "WHERE datname = current_database()"
        ).fetchone()
        if row is None or row[0] is None:
            pytest.skip("the collation of this database has no version")
        connection.execute("UPDATE pg_database SET datcollversion = '0' WHERE datname = current_database()")
    check = _found(shop, "database.collation")
    assert check.status == "warning"
    assert check.found[1:] == (f"the database's was version 0, is version {row[0]}",)
    assert check.advice == (
        f"REINDEX DATABASE {name};",
        f"ALTER DATABASE {name} REFRESH COLLATION VERSION;",
    )


def test_a_schema_that_sessions_do_not_look_in(source: Path, database: str) -> None:
    _move(source, database, "shop")
    name = database.partition("///")[2].partition("?")[0]
    check = _found(database, "database.search-path", schema="shop")
    assert check.status == "warning"
    assert check.found == (
        "sessions look in public, not in shop: its tables are not found by their bare names",
    )
    assert check.advice[1].endswith(f" IN DATABASE {name} SET search_path = shop;")
    report = examine(f"{database}&schema=shop", Application())
    assert (report.schema, _wrong(report)) == ("shop", set())
    assert _said(report)["database.search-path"].found == (
        "sessions look in public; the URL names schema shop to outgrow.connect",
    )


def test_a_bare_name_that_means_another_table(shop: str) -> None:
    with psycopg.connect(shop) as connection:
        user = connection.info.user
    _run(shop, f"CREATE SCHEMA {user}", f"CREATE TABLE {user}.pet (id int)")
    assert _found(shop, "database.search-path") == _check(
        "database.search-path",
        "failure",
        (
            "1 bare name means what another schema has",
            f"pet means {user}.pet",
        ),
        (f"ALTER ROLE {user} SET search_path = public, public;",),
    )


def test_a_schema_that_is_not_there(shop: str) -> None:
    report = examine(shop, Application(), schema="nowhere")
    assert _wrong(report) == {"move.state"}
    assert _said(report)["move.state"] == _check(
        "move.state",
        "failure",
        ("there is no schema nowhere; there are moves into public",),
        ("Name the schema with --schema, or move the file first.",),
    )


def test_a_database_without_a_move(database: str) -> None:
    _run(database, "CREATE TABLE t (a int)")
    report = examine(database, Application())
    assert _wrong(report) == set()
    said = _said(report)
    assert said["move.state"] == _check(
        "move.state", "skipped", ("schema public has 1 table and no move by outgrow",)
    )
    assert said["table.write"].status == "skipped"


def test_what_an_application_defined_through_outgrow(database: str) -> None:
    with closing(outgrow.connect(database)) as connection:
        connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT)")
        connection.execute("CREATE TABLE c (d TEXT)")
        connection.execute("INSERT INTO a VALUES (5, 'x')")
        connection.execute("DROP TABLE c")
        connection.commit()
    report = examine(database, Application())
    assert _wrong(report) - {"table.identities"} == set()
    said = _said(report)
    assert said["move.state"].found == ("no move; outgrow defined 1 table or view in schema public",)
    assert said["move.objects"].found == ("1 table or view, none missing",)
    assert said["table.write"].found == ("a row of a was changed into itself and rolled back",)


def test_what_is_dropped_through_outgrow_is_not_missed(shop: str) -> None:
    with closing(outgrow.connect(shop)) as connection:
        connection.execute("DROP VIEW names")
        connection.execute("DROP TABLE log")
        connection.commit()
    assert _found(shop, "move.objects").found == ("2 tables and views, none missing",)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            """UPDATE outgrow.move SET plan = '{"version": 0}'""",
            "the target remembers its move in the form 0, which this outgrow does not read; use the one that "
            "moved it, or move the file again with --replace",
        ),
        (
            "ALTER TABLE outgrow.move RENAME COLUMN version TO edition",
            'what moves left cannot be read: column "version" does not exist',
        ),
    ],
)
def test_a_ledger_that_cannot_be_read(shop: str, statement: str, found: str) -> None:
    _run(shop, statement)
    assert _found(shop, "move.state") == _check("move.state", "failure", (found,))


def test_a_move_that_did_not_end(shop: str, source: Path) -> None:
    _run(shop, "UPDATE outgrow.move SET state = 'loading', ended = NULL")
    check = _found(shop, "move.state")
    assert check.status == "failure"
    assert check.found[0].startswith(f"the move of {source} by outgrow ")
    assert check.found[0].endswith(" has not ended")
    assert check.advice == ("Run the same outgrow move again: it goes on from where it stopped.",)


def test_tables_and_columns_that_are_gone(shop: str) -> None:
    _run(shop, "DROP TABLE log CASCADE", "ALTER TABLE pet DROP COLUMN owner", "CREATE TABLE other (a int)")
    check = _found(shop, "move.objects")
    assert check.status == "failure"
    assert check.found[0] == "2 objects are gone that outgrow made; outgrow does not know other"
    assert set(check.found[1:]) >= {"table log", "column pet.owner"}


def test_smaller_things_that_are_gone(shop: str) -> None:
    _run(shop, "DROP INDEX pet_name", "ALTER TABLE person ALTER COLUMN name DROP NOT NULL")
    check = _found(shop, "move.objects")
    assert check.status == "warning"
    assert check.found == (
        "all tables and columns are there, and 2 other things are gone or changed",
        "not null: person.name (name)",
        "index: pet.pet_name (pet_name)",
    )


def test_what_an_application_may_not_do(shop: str, role: str) -> None:
    _run(
        shop,
        "DROP SCHEMA sqlite CASCADE",  # as a move by a user who may not make it
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON person, log TO {role}",
        f"GRANT SELECT ON pet TO {role}",
        f"GRANT USAGE, CREATE ON SCHEMA public TO {role}",
    )
    report = examine(shop, _settings(_as(shop, role)))
    assert _wrong(report) == {"table.privileges", "database.functions"}
    said = _said(report)
    assert said["table.privileges"] == _check(
        "table.privileges",
        "failure",
        (
            f"user {role} may not use 2 tables and views as the application does",
            "names: no SELECT",
            "pet: no INSERT, UPDATE, DELETE",
        ),
        (
            f"GRANT SELECT ON public.names TO {role};",
            f"GRANT INSERT, UPDATE, DELETE ON public.pet TO {role};",
        ),
    )
    assert said["database.functions"].found == (
        f"not installed, and user {role} may not install them, so outgrow.connect refuses",
    )
    assert said["table.write"].found == ("a row of log was changed into itself and rolled back",)
    _run(shop, *said["table.privileges"].advice)
    assert _wrong(examine(shop, _settings(_as(shop, role)))) == {"database.functions"}


def test_who_may_not_look_is_told_so(shop: str, role: str) -> None:
    _run(
        shop,
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"ALTER ROLE {role} SET row_security = on",
    )
    with psycopg.connect(shop, autocommit=True) as connection:
        functions.install(connection)
    report = examine(_as(shop, role), Application())
    said = _said(report)
    assert _wrong(report) == set()
    assert said["move.state"] == _check(
        "move.state",
        "skipped",
        ("this user may not read outgrow.move, where moves are remembered",),
        ("Run outgrow doctor as the user who moved, or:", f"GRANT SELECT ON outgrow.move TO {role};"),
    )
    assert said["move.objects"].found == ("4 tables and views, none missing",)
    assert said["table.identities"] == _check(
        "table.identities",
        "skipped",
        (f"none could be looked at; user {role} may not read the sequences of person.id, pet.id",),
    )
    assert said["app.old-file"].status == "skipped"


def test_rows_that_are_hidden(shop: str, role: str) -> None:
    _run(
        shop,
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT CREATE ON DATABASE {shop.partition('///')[2].partition('?')[0]} TO {role}",
        "ALTER TABLE pet ENABLE ROW LEVEL SECURITY",
    )
    report = examine(shop, _settings(_as(shop, role)))
    assert _wrong(report) == {"table.privileges"}
    assert _said(report)["table.privileges"] == _check(
        "table.privileges",
        "warning",
        (f"row security hides rows of 1 table from user {role}", "pet"),
        ("ALTER TABLE public.pet DISABLE ROW LEVEL SECURITY;",),
    )


def test_tables_without_statistics(shop: str) -> None:
    _run(shop, *_filled("fresh"))
    report = examine(shop, Application())
    assert _wrong(report) == {"table.statistics", "server.autovacuum"}
    assert _said(report)["table.statistics"] == _check(
        "table.statistics",
        "warning",
        ("1 table was never analyzed, so plans are guesses", "fresh"),
        ("ANALYZE public.fresh;",),
    )
    _run(shop, "ANALYZE public.fresh")
    assert _wrong(examine(shop, Application())) == {"server.autovacuum"}


def _filled(name: str) -> tuple[str, str]:
    """A table of 1,000 rows that autovacuum does not come to."""
    return (
        f"CREATE TABLE {name} (a int) WITH (autovacuum_enabled = false)",
        f"INSERT INTO {name} SELECT generate_series(1, 1000)",
    )


def test_dead_rows(shop: str) -> None:
    _run(
        shop,
        "ALTER TABLE log SET (autovacuum_enabled = false)",
        "INSERT INTO log SELECT 'now', 'so' FROM generate_series(1, 11000)",
        "UPDATE log SET said = 'then'",
    )
    report = examine(shop, Application())
    assert _wrong(report) == {"table.bloat", "server.autovacuum"}
    said = _said(report)
    assert said["table.bloat"] == _check(
        "table.bloat",
        "warning",
        ("1 table is full of dead rows", "log: 11,001 dead beside 11,001 live"),
        ("VACUUM (ANALYZE) public.log;",),
    )
    assert said["server.autovacuum"] == _check(
        "server.autovacuum",
        "warning",
        ("off for 1 table: dead rows stay, and statistics grow old", "log"),
        ("ALTER TABLE public.log RESET (autovacuum_enabled);",),
    )


def test_functions_of_another_outgrow(shop: str, role: str) -> None:
    with psycopg.connect(shop, autocommit=True) as connection:
        functions.install(connection)
        said = connection.execute("SELECT obj_description('sqlite'::regnamespace, 'pg_namespace')").fetchone()
        assert said is not None
        connection.execute(f"COMMENT ON SCHEMA sqlite IS '{said[0].rpartition(' ')[0]} old'")
    told = f"version old, and this outgrow has {functions.version()}"
    assert _found(shop, "database.functions").found == (f"{told}; outgrow.connect brings them up to date",)
    report = examine(shop, _settings(_as(shop, role)))
    assert _said(report)["database.functions"].found == (
        f"{told}; user {role} may not bring them up to date",
    )
    assert "database.functions" in _wrong(report)


def test_a_schema_sqlite_of_somebody_else(shop: str) -> None:
    _run(shop, "DROP SCHEMA sqlite CASCADE", "CREATE SCHEMA sqlite")
    assert _found(shop, "database.functions") == _check(
        "database.functions",
        "warning",
        ("the schema sqlite is not outgrow's, so what calls SQLite's functions does not work",),
        ("ALTER SCHEMA sqlite RENAME TO something_else;",),
    )


def test_a_read_only_database(shop: str) -> None:
    name = shop.partition("///")[2].partition("?")[0]
    _run(shop, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    report = examine(shop, Application())
    assert _wrong(report) == {"server.writable", "table.write"}
    said = _said(report)
    assert re.fullmatch(
        rf"sessions of user \w+ in database {name} are read-only", said["server.writable"].found[0]
    )
    assert "read-only transaction" in said["table.write"].found[0]


def test_a_table_that_takes_no_new_row(shop: str) -> None:
    _run(
        shop,
        "ALTER TABLE log ADD COLUMN by text NOT NULL DEFAULT 'x'",
        "ALTER TABLE log ALTER by DROP DEFAULT",
    )
    check = _found(shop, "table.write")
    assert check.status == "failure"
    assert check.found[0].startswith(
        'log does not take a new row: null value in column "by" of relation "log"'
    )


@contextmanager
def _idle(url: str, *statements: str) -> Iterator[int]:
    """Another session in a transaction that has done that; its process id."""
    with psycopg.connect(url, application_name="sleeper") as connection:
        for sql in statements:
            connection.execute(sql.encode())
        yield connection.info.backend_pid
        connection.rollback()


def test_a_session_that_idles_in_a_transaction(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "IDLE_SECONDS", 0)
    with _idle(shop, "SELECT 1") as pid:
        check = _found(shop, "database.activity")
    assert check.status == "warning"
    assert check.found[0] == "1 session with old transactions or waiting for locks"
    assert re.fullmatch(
        rf"pid {pid}, user \w+ \(sleeper\): idle in transaction, for [\d.]+ m?s", check.found[1]
    )
    assert check.advice == (
        f"SELECT pg_terminate_backend({pid});",
        "Let the application commit or roll back before it waits for something else.",
        "Set idle_in_transaction_session_timeout for its role, such as to '60s', so that it cannot last.",
    )


def test_a_session_that_waits_for_another(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "LOCK_SECONDS", 0)
    change = "UPDATE pet SET name = 'Max'"
    with _idle(shop, change) as holder, psycopg.connect(shop) as waiting, ThreadPoolExecutor(1) as threads:
        done = threads.submit(waiting.execute, change)
        while not _waits(shop, waiting.info.backend_pid):
            assert not done.done()
        check, pid = _found(shop, "database.activity"), waiting.info.backend_pid
        waiting.cancel()
        with pytest.raises(psycopg.errors.QueryCanceled):
            done.result()
    assert check.status == "warning"
    assert re.fullmatch(
        rf"pid {pid}, user \w+: waits for a lock behind {holder}, for [\d.]+ m?s",
        check.found[1],
    )
    assert check.advice == ()


def _waits(url: str, pid: int) -> bool:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT cardinality(pg_blocking_pids(%s))", (pid,)).fetchone()
    return row is not None and row[0] > 0


def test_a_prepared_transaction_that_was_forgotten() -> None:
    left = activity.Busy(
        pid=0, user_name="app", application="move-7", state="prepared", seconds=7200, blocked_by=[]
    )
    assert left.told() == "prepared transaction move-7 of user app, for 2 h 00 min"
    assert left.end() == "Finish it with COMMIT PREPARED or ROLLBACK PREPARED."


def test_a_locked_table_holds_up_one_check_and_no_other(shop: str) -> None:
    with _idle(shop, "LOCK TABLE pet IN ACCESS EXCLUSIVE MODE"):
        report = examine(shop, Application())
    assert _wrong(report) == {"table.identities"}
    assert _said(report)["table.identities"] == _check(
        "table.identities",
        "failure",
        ("could not be looked at: canceling statement due to lock timeout",),
        ("Mend that, or look again when the server is less busy.",),
    )


def test_the_application_uses_this_database(shop: str) -> None:
    with psycopg.connect(shop) as connection:
        name, user = connection.info.dbname, connection.info.user
    application = _settings(shop, POSTGRES_POOL_MAX="7")
    report = examine(shop, application, workers=3)
    assert _wrong(report) == set()
    assert _said(report)["app.database"].found == (
        f"the application uses database {name} as user {user} (DATABASE_URL in the environment)",
    )
    assert (
        _said(report)["server.connections"]
        .found[0]
        .startswith("3 processes with a pool of up to 7: 21 connections; ")
    )
    assert _wrong(examine(None, application)) == set()


def test_a_pool_that_is_too_large(shop: str) -> None:
    report = examine(shop, _settings(shop, POSTGRES_POOL_MAX="5000"), workers=2)
    assert _wrong(report) == {"server.connections"}
    check = _said(report)["server.connections"]
    assert check.status == "failure"
    assert check.found[0].startswith(
        "2 processes with a pool of up to 5000: 10000 connections, and there can be "
    )


def test_the_application_uses_another_database(shop: str, new_database: Callable[[], str]) -> None:
    other = new_database()
    with psycopg.connect(shop) as ours, psycopg.connect(other) as theirs:
        name, user, elsewhere = ours.info.dbname, ours.info.user, theirs.info.dbname
    report = examine(shop, _settings(other))
    assert _wrong(report) == {"app.database"}
    check = _said(report)["app.database"]
    assert check.status == "failure"
    assert check.found[0].startswith(
        f"the application uses database {elsewhere} as user {user} (DATABASE_URL in the environment), "
        f"which is not database {name} at "
    )


def test_the_application_cannot_connect(shop: str) -> None:
    wrong = re.sub(r"///[^?]*", "///no_such_database", shop)
    report = examine(shop, _settings(wrong))
    assert _wrong(report) == {"app.database"}
    check = _said(report)["app.database"]
    assert check.status == "failure"
    assert 'database "no_such_database" does not exist' in check.found[0]


def test_the_application_is_still_on_sqlite(shop: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DB_TYPE=sqlite\nSQLITE_PATH=app.db\n")
    report = examine(shop, configuration({}, tmp_path, Path("/")))
    assert _wrong(report) == {"app.database"}
    assert _said(report)["app.database"] == _check(
        "app.database",
        "failure",
        (
            f"the application uses the SQLite file app.db (DB_TYPE, SQLITE_PATH in {tmp_path}/.env), "
            "not PostgreSQL",
        ),
        ("Set DATABASE_URL to the URL of the database, and take out what says sqlite.",),
    )


def test_settings_that_contradict_each_other(shop: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"DATABASE_URL={shop}\n")
    report = examine(shop, configuration({"DB_TYPE": "sqlite"}, tmp_path, Path("/")))
    check = _said(report)["app.database"]
    assert check.status == "failure"
    assert check.found == (
        f"DB_TYPE in the environment says sqlite, and DATABASE_URL in {tmp_path}/.env says postgresql: "
        "make them agree",
    )


def test_an_application_that_nothing_is_said_of(shop: str, tmp_path: Path) -> None:
    report = examine(shop, configuration({}, tmp_path, Path("/")))
    assert _wrong(report) == {"app.database"}
    assert _said(report)["app.database"].found == (
        f"no variable and no .env in {tmp_path} says which database to use, so the application uses its own "
        "default, which was a SQLite file",
    )


def test_a_fallback_that_takes_writes(shop: str) -> None:
    application = _settings(shop, OUTGROW_FALLBACK="read-write", OUTGROW_FALLBACK_PATH="spare.db")
    check = _said(examine(shop, application))["app.database"]
    assert check.status == "warning"
    assert check.found[0].endswith(
        ", and while that cannot be reached it writes to spare.db; the two then differ"
    )


def test_code_that_opens_the_old_file(shop: str, tmp_path: Path) -> None:
    app = tmp_path / "code"
    for folder in ("hooks", "venv/lib", "old", ".hidden", "node_modules"):
        (app / folder).mkdir(parents=True)
    (app / ".env").write_text(f"DATABASE_URL={shop}\n")
    (app / "old" / "pyvenv.cfg").touch()
    (app / "hooks" / "send.py").write_text("import sqlite3\n\nsqlite3.connect('db/app.db')\n")
    (app / "cache.py").write_text("import sqlite3\nsqlite3.connect('cache.db')\n")
    (app / "broken.py").write_text("def (\n")
    for folder in ("venv/lib", "old", ".hidden", "node_modules"):
        (app / folder / "x.py").write_text("import sqlite3\nsqlite3.connect('app.db')\n")
    report = examine(shop, configuration({}, app, Path("/")))
    assert _wrong(report) == {"app.code"}
    assert _said(report)["app.code"] == _check(
        "app.code",
        "warning",
        (
            "1 place opens the file that was moved, whatever the configuration says; 1 place opens other "
            "SQLite files; 1 file could not be read as Python",
            "hooks/send.py:3: sqlite3.connect('db/app.db')",
        ),
        (
            "Let them ask the configuration: outgrow.runtime.settings.read_settings(), or the adapter. Run a "
            "program that cannot be changed under outgrow run.",
        ),
    )


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite3.connect('a.db')", "a.db"),
        ("sqlite3.connect(database='a.db')", "a.db"),
        ("sqlite3.connect('file:a.db?mode=rw', uri=True)", "a.db"),
        ("sqlite3.connect('plain')", "plain"),
        ("import sqlite3 as s; s.connect('a.db')", "a.db"),
        ("from sqlite3 import connect as c; c('a.db')", "a.db"),
        ("import outgrow.runtime.sqlite3 as s3; s3.connect('a.db')", "a.db"),
        ("await aiosqlite.connect('a.db')", "a.db"),
        ("apsw.Connection('a.db')", "a.db"),
        ("SQLiteAdapter('db/database.db')", "db/database.db"),
        ("db.SQLiteAdapter(path='a.db')", "a.db"),
        ("peewee.SqliteDatabase('a.db', pragmas={})", "a.db"),
        ("create_engine('sqlite:///a.db')", "a.db"),
        ("create_async_engine('sqlite+aiosqlite:////srv/a.db')", "/srv/a.db"),
        ("databases.Database(url='sqlite:///a.db?x=1')", "a.db"),
        ("DB = 'a.db'\nsqlite3.connect(DB)", "a.db"),
        ("class C:\n  DB: str = 'a.db'\n  def f(self):\n    sqlite3.connect(self.DB)", "a.db"),
        ("DB = Path(__file__).parent / 'db' / 'a.db'\nsqlite3.connect(str(DB))", "…/db/a.db"),
        ("sqlite3.connect(os.path.join(BASE, 'a.db'))", "…/a.db"),
        ("sqlite3.connect(f'{home}/a.db')", "…/a.db"),
        ("sqlite3.connect(BASE + '/a.db')", "…/a.db"),
        ("sqlite3.connect(Path('a.db').resolve())", "a.db"),
        ("sqlite3.connect(':memory:')", None),
        ("sqlite3.connect('')", None),
        ("sqlite3.connect('file::memory:?cache=shared', uri=True)", None),
        ("sqlite3.connect('postgresql://localhost/a')", None),
        ("sqlite3.connect(path)", None),
        ("sqlite3.connect(f'{path}')", None),
        ("sqlite3.connect(os.environ['DB'])", None),
        ("DB = os.environ.get('DB', 'a.db')\nsqlite3.connect(DB)", None),
        ("DB = 'a.db'\nDB = read()\nsqlite3.connect(DB)", None),
        ("os.environ.get('DATABASE_URL', 'sqlite:///a.db')", None),
        ("create_engine('sqlite://')", None),
        ("create_engine('sqlite:///:memory:')", None),
        ("create_engine('postgresql://localhost/a')", None),
        ("http.connect('a.db')", None),
        ("open('a.db')", None),
        ("SQLiteError('no such table')", None),
    ],
)  # fmt: skip
def test_calls_that_open_a_file_whatever_is_configured(text: str, path: str | None) -> None:
    found = source_code.openings(text.encode(), "m.py")
    assert [place.path for place in found] == ([] if path is None else [path])


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_somebody_writes_to_the_old_file(shop: str, source: Path, mode: str) -> None:
    with closing(sqlite3.connect(source)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute("INSERT INTO person (name) VALUES ('Mary')")
        connection.commit()
        os.utime(source, ns=(_later(source), _later(source)))
        check = _found(shop, "app.old-file")
    assert check.status == "failure"
    assert check.found[0] == "1 file was written to after the move; PostgreSQL lacks that"
    assert re.fullmatch(rf"{re.escape(str(source))} at [\d-]+ [\d:]+ UTC", check.found[1])


def _later(path: Path) -> int:
    return path.stat().st_mtime_ns + 5_000_000_000


def test_a_file_that_was_only_touched(shop: str, source: Path) -> None:
    os.utime(source, ns=(_later(source), _later(source)))
    assert _found(shop, "app.old-file").status == "ok"


def test_the_old_file_beside_the_application(shop: str, source: Path, tmp_path: Path) -> None:
    app = tmp_path / "app"
    (app / "db").mkdir(parents=True)
    (app / ".env").write_text(f"DATABASE_URL={shop}\n")
    moved = source.rename(app / "db" / source.name)
    assert _said(examine(shop, Application()))["app.old-file"].status == "skipped"
    application = configuration({}, app, Path("/"))
    assert _said(examine(shop, application))["app.old-file"].found == (
        f"{moved}: not written to since the move",
    )
    with closing(sqlite3.connect(moved)) as connection:
        connection.execute("DELETE FROM log")
        connection.commit()
    os.utime(moved, ns=(_later(moved), _later(moved)))
    check = _said(examine(shop, application))["app.old-file"]
    assert check.status == "failure"
    assert check.found[1].startswith(f"{moved} at ")


@pytest.mark.parametrize(
    ("major", "today", "status", "found"),
    [
        (13, date(2024, 1, 1), "failure", "PostgreSQL 13.4; outgrow needs 14 or newer"),
        (14, date(2026, 11, 12), "ok", "PostgreSQL 14.4; version 14 gets fixes until 2026-11-12"),
        (14, date(2026, 11, 13), "warning", "PostgreSQL 14.4; version 14 got its last fixes on 2026-11-12"),
        (99, date(2026, 1, 1), "ok", "PostgreSQL 99.4"),
    ],
)
def test_versions(major: int, today: date, status: str, found: str) -> None:
    verdict = server.judge_version(major, f"{major}.4", today)
    assert (verdict.status, verdict.found) == (status, (found,))


@pytest.mark.parametrize(
    ("host", "address", "status"),
    [
        ("/var/run/postgresql", "", "ok"),
        ("localhost", "::1", "ok"),
        ("localhost", "127.0.0.1", "ok"),
        ("127.0.0.2", "", "ok"),
        ("db.example.org", "192.0.2.7", "warning"),
        ("192.0.2.7", "", "warning"),
    ],
)
def test_connections_without_tls(host: str, address: str, status: str) -> None:
    assert server.judge_plain(host, address).status == status


def test_a_standby() -> None:
    assert server.judge_writable(replace(SESSION, in_recovery=True)).found == (
        "the server is a standby and takes no writes",
    )


def test_latency() -> None:
    near = server.judge_latency([1.0] * 198 + [80.0, 90.0])
    assert (near.status, near.found) == ("ok", ("200 round trips: p50 1.00 ms, p99 80.00 ms",))
    far = server.judge_latency([20.0])
    assert far.status == "warning"
    assert far.found[0].startswith("1 round trip: p50 20.00 ms, p99 20.00 ms; ")


def test_clocks() -> None:
    assert server.judge_clock(timedelta(seconds=-2)).status == "ok"
    ahead, behind = (server.judge_clock(timedelta(hours=hours)) for hours in (1, -1))
    assert ahead.found[0].startswith("3,600.0 s ahead of this machine's clock: ")
    assert behind.found[0].startswith("3,600.0 s behind this machine's clock: ")


ROOM = capacity.Room(
    most=100, reserved=3, role_limit=-1, database_limit=-1, others=20, elsewhere=2, other_users=5, same=4
)


@pytest.mark.parametrize(
    ("room", "pool", "workers", "status", "found"),
    [
        (
            ROOM, 10, 4, "ok",
            "4 processes with a pool of up to 10: 40 connections; max_connections = 100 less 3 that are "
            "reserved: 97 for the application, of which others use 20",
        ),
        (
            ROOM, 10, 8, "warning",
            "8 processes with a pool of up to 10: 80 connections, and others leave 77 of 97 "
            "(max_connections = 100 less 3 that are reserved)",
        ),
        (
            ROOM, 10, 10, "failure",
            "10 processes with a pool of up to 10: 100 connections, and there can be 97 "
            "(max_connections = 100 less 3 that are reserved)",
        ),
        (
            replace(ROOM, role_limit=10), 6, 2, "failure",
            "2 processes with a pool of up to 6: 12 connections, and there can be 10 "
            "(the role's CONNECTION LIMIT)",
        ),
        (
            replace(ROOM, database_limit=10), 6, 1, "warning",
            "1 process with a pool of up to 6: 6 connections, and others leave 5 of 10 "
            "(the database's CONNECTION LIMIT)",
        ),
        (
            ROOM, None, 1, "ok",
            "max_connections = 100 less 3 that are reserved: 97 for the application, of which others use 20; "
            "how large its pool is, no setting says",
        ),
        (
            replace(ROOM, same=75), None, 1, "warning",
            "max_connections = 100 less 3 that are reserved: 97 for the application, of which others use 20, "
            "and it has 75 already",
        ),
    ],
)  # fmt: skip
def test_pools(room: capacity.Room, pool: int | None, workers: int, status: str, found: str) -> None:
    verdict = capacity.judge(room, pool, workers, [])
    assert (verdict.status, verdict.found) == (status, (found,))


Runner = Callable[..., tuple[int, str, str]]


def _quiet() -> list[str]:
    return [word for wanted in sorted(QUIET) for word in ("--allow", wanted)]


def test_the_program_says_healthy(run_outgrow: Runner, shop: str) -> None:
    _, out, _ = run_outgrow("doctor", "--to", shop, *_quiet(), check=0)
    assert re.fullmatch(r"healthy: \d+ checks ok, 2 skipped(?:, \d allowed)?", out.splitlines()[-1])


def test_the_program_reads_the_settings_of_the_application(
    run_outgrow: Runner, shop: str, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(f"DATABASE_URL={shop}\n")
    _, out, _ = run_outgrow("doctor", "--json", *_quiet(), check=0)
    document = json.loads(out)
    assert set(document) == {"target", "schema", "healthy", "checks"}
    assert document["healthy"] is True
    said = {check["id"]: check for check in document["checks"]}
    assert list(said) == [kind.id for kind in CHECKS]
    assert said["app.database"]["status"] == "ok"
    assert said["table.identities"] == {
        "id": "table.identities",
        "title": "Identities",
        "status": "ok",
        "allowed": False,
        "found": ["2 identities, none behind its column"],
        "advice": [],
    }


def test_what_is_found_may_be_allowed_by_its_id(run_outgrow: Runner, shop: str) -> None:
    _run(shop, "ALTER TABLE pet DISABLE TRIGGER heard")
    _, out, _ = run_outgrow("doctor", "--to", shop, *_quiet(), check=1)
    assert out.splitlines()[-1].startswith("not healthy: 1 failure; ")
    assert "\n           ALTER TABLE public.pet ENABLE TRIGGER heard;\n" in out
    run_outgrow("doctor", "--to", shop, *_quiet(), "--allow", "table.triggers", check=0)


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        ([], {}, "neither --to nor a setting of the application names a database"),
        ([], {"DATABASE_URL": "sqlite:///app.db"}, "the application uses the SQLite file app.db"),
        ([], {"DB_TYPE": "sqlite", "DATABASE_URL": "postgresql:///x"}, "DB_TYPE in the environment says"),
        (["--to", "postgresql:///x", "--allow", "nothing"], {}, "no such check; there are connection, app."),
        (["--to", "postgresql:///x", "--app", "nowhere"], {}, "--app nowhere is not a directory"),
        (["--to", "postgresql+psycopg2:///x"], {}, "names a driver"),
    ],
)  # fmt: skip
def test_usage(run_outgrow: Runner, arguments: list[str], environment: dict[str, str], said: str) -> None:
    _, out, err = run_outgrow("doctor", *arguments, env=environment, check=2)
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_a_server_that_does_not_answer(run_outgrow: Runner, tmp_path: Path) -> None:
    url = f"postgresql://app:sesame4711@/shop?host={tmp_path}"
    _, out, err = run_outgrow("doctor", "--to", url, "--json", check=4)
    document = json.loads(out)
    assert "sesame" not in out + err
    assert document["healthy"] is False
    first, *others = document["checks"]
    assert first["status"] == "failure"
    assert first["found"][0].startswith(
        f"cannot connect to database shop at the socket in {tmp_path} as user app: "
    )
    assert first["advice"] == ["Start the server, or mend host and port in the URL."]
    assert {check["status"] for check in others} == {"skipped"}
    _, out, err = run_outgrow("doctor", "--to", url, check=4)
    assert "sesame" not in out + err
    assert out.splitlines()[-1] == "not reached"


def test_no_password_is_said(shop: str, tmp_path: Path) -> None:
    secret = "sesame4711"
    url = shop.replace("///", f"//:{secret}@/")
    (tmp_path / ".env").write_text(f"DATABASE_URL={re.sub('/outgrow_[^?]*', '/no_such', url)}\n")
    report = examine(url, configuration({}, tmp_path, Path("/")))
    shown = [line.plain for line in report_lines(report, 80)]
    assert secret not in json.dumps(report.as_json()) + "\n".join(shown)
    assert _said(report)["app.database"].status == "failure"
    with pytest.raises(ConfigError) as error:
        examine(f"postgresql://u:{secret}@host/db?nonsense=1", Application())
    assert secret not in str(error.value)


def test_a_narrow_window(shop: str) -> None:
    _run(shop, "ALTER TABLE pet DISABLE TRIGGER ALL", "SELECT setval('pet_id_seq', 1, false)")
    report = examine(shop, Application())
    lines = [line.plain for line in report_lines(report, 80)]
    long = [line for line in lines if len(line) > 80 and not line.endswith(";")]
    assert [line for line in long if max(map(len, line.split())) < 40] == []  # a path is not cut
    assert any(line.startswith("  FAILURE  table.triggers  ") for line in lines)


def test_many_objects_are_cut_in_the_text_only(shop: str) -> None:
    _run(shop, *(sql for number in range(15) for sql in _filled(f"t{number}")))
    report = examine(shop, Application())
    assert len(_said(report)["table.statistics"].advice) == 15
    lines = [line.plain.strip() for line in report_lines(report, 100)]
    assert lines.count("and 5 more, all with --json") == 4


def test_the_reference_names_every_check() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "doctor.md"
    table = page.read_text().partition("\n## Checks\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z.-]+)` \| ([^|]+) \|", table, re.MULTILINE)
    assert rows == [(kind.id, kind.title) for kind in CHECKS]
