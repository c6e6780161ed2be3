"""A move that is killed, interrupted, or loses its server goes on and ends as if nothing had happened."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import apsw
import psycopg
import pytest

from outgrow.embedded.cluster import Cluster

TABLES = ("narrow", "wide", "keyed", "few")
CHUNK = {"OUTGROW_CHUNK_ROWS": "3000"}
STATE = (
    "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text COLLATE \"C\")) FROM {table} t",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    "SELECT sequencename, start_value, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1",
    "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public' ORDER BY 1",
    "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
)


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("medium") / "medium.db"
    connection = apsw.Connection(str(path))
    connection.execute(
        """
        CREATE TABLE narrow(id INTEGER PRIMARY KEY AUTOINCREMENT, a INTEGER NOT NULL, b TEXT);
        CREATE TABLE wide(
          id INTEGER PRIMARY KEY, n INTEGER REFERENCES narrow(id), day TIMESTAMP, v REAL, raw BLOB,
          note TEXT DEFAULT 'x', CHECK (v >= 0));
        CREATE TABLE keyed(k TEXT, n INTEGER, PRIMARY KEY (k, n)) WITHOUT ROWID;
        CREATE TABLE few(a, b TEXT);
        CREATE INDEX wide_note ON wide(note, v DESC);
        CREATE INDEX narrow_b ON narrow(b);
        CREATE VIEW both_of AS SELECT b, note FROM narrow JOIN wide ON wide.n = narrow.id;
        CREATE TRIGGER wide_few AFTER DELETE ON wide BEGIN INSERT INTO few(b) VALUES (old.note); END;
        WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000)
          INSERT INTO narrow SELECT i, i % 91, 'text ' || (i * 7919 % 20000) FROM c;
        WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000)
          INSERT INTO wide SELECT i * 3, i, datetime(1700000000 + i * 61, 'unixepoch'), i / 7.0,
            CAST(printf('%0*d', i % 40, i) AS BLOB), 'note ' || (i % 977) FROM c;
        WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 10000)
          INSERT INTO keyed SELECT 'k' || (i % 100), i FROM c;
        INSERT INTO few VALUES (1, 'a'), (1, 'a'), (2.5, NULL), ('t', 'b');
        CREATE TRIGGER narrow_few AFTER INSERT ON narrow BEGIN INSERT INTO few(a) VALUES (new.id); END;
        CREATE TRIGGER keyed_few BEFORE INSERT ON keyed BEGIN INSERT INTO few(a) VALUES (new.n); END;
        CREATE TRIGGER few_few AFTER INSERT ON few BEGIN UPDATE few SET b = b || '+' WHERE a = new.a; END;
        """
    ).fetchall()
    connection.close()
    return path


def state(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        first, *rest = STATE
        queries = [*(first.format(table=table) for table in TABLES), *rest]
        return [connection.execute(query.encode()).fetchall() for query in queries]


def progress(url: str) -> dict[str, tuple[int, bool]]:
    """Rows committed and whether finished, by table; empty before the ledger stands."""
    with psycopg.connect(url) as connection:
        there = connection.execute("SELECT to_regclass('outgrow.progress')").fetchone()
        if there is None or there[0] is None:
            return {}
        found = connection.execute("SELECT table_name, row_count, finished FROM outgrow.progress").fetchall()
    return {name: (count, finished) for name, count, finished in found}


def started_copies(url: str) -> dict[str, str]:
    """Each table's file on disk: another one after a TRUNCATE, thus after a copy that began again."""
    with psycopg.connect(url) as connection:
        return dict(
            connection.execute(
                "SELECT relname, relfilenode::text FROM pg_class WHERE relname = ANY(%s)", (list(TABLES),)
            )
        )


def wait_until(condition: Callable[[], bool], process: Popen[str]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.005)


Start = Callable[..., Popen[str]]


def finish(moving: Start, source: Path, url: str) -> str:
    process = moving("move", source, "--to", url, **CHUNK)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stdout + stderr
    return stdout


@pytest.fixture(scope="module")
def expected(medium: Path, server_url: str, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The state after a move that nothing disturbed."""
    from outgrow.move.migrate import Request, move  # noqa: PLC0415
    from outgrow.move.progress import Silent  # noqa: PLC0415
    from outgrow.options import Options  # noqa: PLC0415

    name = f"outgrow_whole_{os.getpid()}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'".encode())
        try:
            url = psycopg.conninfo.make_conninfo(server_url, dbname=name)
            assert (
                move(Request(source=str(medium), target=url, options=Options()), Silent()).exit_code(
                    frozenset()
                )
                == 0
            )
            return state(url)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def in_the_middle_of_a_table(url: str) -> bool:
    return any(rows > 0 and not finished for rows, finished in progress(url).values())


def after_one_table(url: str) -> bool:
    return any(finished for _, finished in progress(url).values())


def when_all_is_copied(url: str) -> bool:
    found = progress(url)
    return len(found) == len(TABLES) and all(finished for _, finished in found.values())


def when_the_move_is_done(url: str) -> bool:
    if not when_all_is_copied(url):
        return False
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT state FROM outgrow.move").fetchall() == [("done",)]


MOMENTS = [in_the_middle_of_a_table, after_one_table, when_all_is_copied, when_the_move_is_done]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_move_goes_on(
    moment: Callable[[str], bool], sent: signal.Signals, medium: Path, database: str, moving: Start,
    expected: list[Any], tmp_path: Path,
) -> None:  # fmt: skip
    process = moving("move", medium, "--to", database, "--jobs", "2", **CHUNK)
    wait_until(lambda: moment(database), process)
    process.send_signal(sent)
    stdout, stderr = process.communicate(timeout=30)
    if sent == signal.SIGINT:
        assert (process.returncode, stdout) == (130, "")
        assert stderr.splitlines()[-1] == "outgrow: interrupted; the same command goes on from here"
        assert "Traceback" not in stderr
        assert list(tmp_path.iterdir()) == []
    finished, before = progress(database), started_copies(database)
    with psycopg.connect(database) as connection:
        (was,) = connection.execute("SELECT state FROM outgrow.move").fetchone() or ("",)
    told = {"loading": "went on from an interrupted run", "done": "was moved before"}
    assert told[was] in finish(moving, medium, database)
    assert state(database) == expected
    after = started_copies(database)
    copied = [table for table, (rows, _) in finished.items() if rows]
    assert {table: after[table] for table in copied} == {table: before[table] for table in copied}
    assert progress(database) == {
        "narrow": (20000, True),
        "wide": (20000, True),
        "keyed": (10000, True),
        "few": (4, True),
    }


def test_a_move_whose_server_crashes_goes_on(medium: Path, home: Path, moving: Start) -> None:
    """On a server of the test's own, whatever OUTGROW_TEST_URL says: compared with a whole move there."""
    cluster = Cluster(home=home)
    cluster.start()
    url = cluster.ensure_database("crashing")
    process = moving("move", medium, "--to", url, **CHUNK)
    wait_until(lambda: in_the_middle_of_a_table(url), process)
    cluster.stop(immediate=True)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (4, "")
    assert stderr.splitlines()[-1].startswith("outgrow: ")
    assert stderr.splitlines()[-1].endswith("; mend that and run the same command again")
    assert "Traceback" not in stderr
    cluster.start()
    assert "went on from an interrupted run" in finish(moving, medium, url)
    whole = cluster.ensure_database("whole")
    assert "went on" not in finish(moving, medium, whole)
    assert state(url) == state(whole)


def test_another_chunk_size_begins_anew(
    medium: Path, database: str, moving: Start, expected: list[Any]
) -> None:
    process = moving("move", medium, "--to", database, **CHUNK)
    wait_until(lambda: in_the_middle_of_a_table(database), process)
    process.kill()
    process.communicate()
    process = moving("move", medium, "--to", database, OUTGROW_CHUNK_ROWS="7000")
    assert process.wait(timeout=120) == 0
    assert state(database) == expected
