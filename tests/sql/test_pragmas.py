"""Every pragma of SQLite: the same answer on both sides, a finding, or a refusal by name."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import psycopg
import pytest
from sql_engines import Moved

from outgrow.errors import TranslationError
from outgrow.translate.pragma.rules import RULES

SOURCE = """
PRAGMA page_size = 8192;
PRAGMA auto_vacuum = 2;
PRAGMA user_version = 7;
PRAGMA application_id = -3;
CREATE TABLE a(id INTEGER PRIMARY KEY, t TEXT COLLATE NOCASE UNIQUE, g AS (t || 'x'));
CREATE TABLE b(a_id INT REFERENCES a(id) ON DELETE CASCADE, n NOT NULL DEFAULT 5);
CREATE INDEX bn ON b(n DESC);
PRAGMA journal_mode = wal;
"""

# What is run on both sides, one after the other; each gives the same rows under the same names.
SAME: dict[str, tuple[str, ...]] = {
    "analysis_limit": ("", "=400", "", "=off", "", "=-1", "=0", ""),
    "application_id": ("", "=0x10", "", "(12)", "", "='-5'", ""),
    "auto_vacuum": ("", "=1", ""),
    "automatic_index": ("", "=off", "", "=7", "", "=-1", ""),
    "busy_timeout": ("=300", "", "=1000", "", "=0", "", "=-1", "", "=0x10"),
    "cache_size": ("", "=-8000", "", "='12'", "", "=off", "", "=5000000000", ""),
    "cache_spill": ("=off", "=100"),
    "case_sensitive_like": ("", "=off", "=0"),
    "cell_size_check": ("", "=on", "", "=no", ""),
    "checkpoint_fullfsync": ("", "=true", ""),
    "collation_list": ("",),
    "count_changes": ("", "=off", "=maybe"),
    "defer_foreign_keys": ("=off",),
    "empty_result_callbacks": ("", "=off"),
    "encoding": ("", "='UTF-16'", ""),
    "foreign_key_list": ("", "(b)", "=B", "(nosuch)"),
    "foreign_keys": ("=on", "", "=yes", "=1", ""),
    "full_column_names": ("", "=off", "=full"),
    "fullfsync": ("", "=1", ""),
    "ignore_check_constraints": ("", "=off"),
    "incremental_vacuum": ("", "(3)"),
    "index_info": ("", "(bn)"),
    "index_list": ("", "(a)", "(b)"),
    "index_xinfo": ("", "(bn)", "('sqlite_autoindex_a_1')"),
    "journal_mode": ("", "=nosuch", "=truncate", "", "=WAL", ""),
    "journal_size_limit": ("", "=6144000", "", "=-7", "", "=off", "", "=5000000000", ""),
    "legacy_alter_table": ("", "=off"),
    "legacy_file_format": ("", "=1"),
    "locking_mode": ("", "=EXCLUSIVE", "", "=nosuch", "=normal"),
    "mmap_size": ("", "=1000", "", "=10000000000", "", "=-1", "=off"),
    "optimize": ("", "(0xfffe)"),
    "page_size": ("", "=4096", ""),
    "query_only": ("", "=on", "", "=off", ""),
    "read_uncommitted": ("", "=on", "", "=off", ""),
    "recursive_triggers": ("", "=off"),
    "reverse_unordered_selects": ("", "=off"),
    "secure_delete": ("=fast", "", "=on", "", "=off", ""),
    "short_column_names": ("", "=on"),
    "shrink_memory": ("",),
    "soft_heap_limit": ("", "=3000000000", "", "=off", "=0", ""),
    "synchronous": ("", "=normal", "", "=3", "", "=off", "", "=nosuch", "", "=7", "", "=full", "", "=5", ""),
    "table_info": ("", "(a)", "(nosuch)"),
    "table_list": ("", "(a)"),
    "table_xinfo": ("", "(a)"),
    "temp_store": ("", "=memory", "", "=file", "", "=nosuch", "", "=2", "", "=7", ""),
    "threads": ("", "=3", "", "=100", "", "=off", "", "=-1", "=0", ""),
    "trusted_schema": ("", "=off", "", "=1", ""),
    "user_version": ("", "=8", "", "=-5", "", "=1.9", "", "=abc", "", "=5000000000", ""),
    "wal_autocheckpoint": ("", "=7", "", "=-5", "", "=off", ""),
    "writable_schema": ("", "=off", "=reset"),
}  # fmt: skip

REFUSED: dict[str, tuple[str, ...]] = {
    "cache_spill": ("",),
    "case_sensitive_like": ("=on", "=1", "(true)"),
    "compile_options": ("",),
    "count_changes": ("=on",),
    "data_version": ("",),
    "default_cache_size": ("", "=7"),
    "defer_foreign_keys": ("",),
    "empty_result_callbacks": ("=on",),
    "encoding": ("=nosuch",),
    "foreign_key_check": ("", "(b)"),
    "foreign_keys": ("=off", "=0", "=maybe"),
    "freelist_count": ("",),
    "full_column_names": ("=on",),
    "function_list": ("",),
    "ignore_check_constraints": ("=on",),
    "integrity_check": ("", "(1)"),
    "legacy_alter_table": ("=on",),
    "max_page_count": ("", "=100"),
    "module_list": ("",),
    "pragma_list": ("",),
    "quick_check": ("",),
    "recursive_triggers": ("=on",),
    "reverse_unordered_selects": ("=on",),
    "schema_version": ("", "=9"),
    "short_column_names": ("=off",),
    "temp_store_directory": ("",),
    "writable_schema": ("=on",),
    "nosuch": ("", "=1"),
}

# Run on PostgreSQL alone: SQLite's answer speaks of its own file, or would bind the whole process.
ELSEWHERE = {"database_list", "hard_heap_limit", "page_count", "wal_checkpoint"}


@pytest.fixture(scope="module")
def _moved(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    path = tmp_path_factory.mktemp("pragmas") / "a.db"
    with apsw.Connection(str(path)) as connection:
        connection.execute(SOURCE).fetchall()
    connection.close()
    moved = Moved(path, new_database())
    yield moved
    moved.close()


@pytest.fixture
def moved(_moved: Moved, tmp_path: Path) -> Iterator[Moved]:
    """Both sides as they were after the move, each in a session of its own."""
    path = tmp_path / "a.db"
    with apsw.Connection(str(path)) as connection:
        connection.execute(SOURCE).fetchall()
    connection.close()
    _moved.lite.close()
    _moved.lite = sqlite3.connect(path, isolation_level=None)
    kept = _moved.post.execute(b"SELECT * FROM outgrow.sqlite_settings").fetchall()
    yield _moved
    _moved.post.close()
    _moved.post = psycopg.connect(_moved.url, autocommit=True, cursor_factory=psycopg.RawCursor)
    for schema, name, value in kept:
        _moved.post.execute(
            b"UPDATE outgrow.sqlite_settings SET value = $3 WHERE schema = $1 AND name = $2",
            (schema, name, value),
        )


def test_every_pragma_has_a_case(moved: Moved) -> None:
    there = {name for (name,) in moved.lite.execute("PRAGMA pragma_list")}
    there |= {str(name) for (name,) in apsw.Connection(":memory:").execute("PRAGMA pragma_list")}
    assert there <= RULES.keys()
    assert RULES.keys() | {"nosuch"} == SAME.keys() | REFUSED.keys() | ELSEWHERE
    assert list(RULES) == sorted(RULES)


@pytest.mark.parametrize("name", SAME)
def test_the_same_answers(name: str, moved: Moved) -> None:
    for how in SAME[name]:
        sql = f"PRAGMA {name}{how}"
        ours, theirs = moved.on_sqlite(sql), moved.on_postgres(sql)
        assert not theirs.error, (sql, theirs)
        assert (ours.rows, ours.labels) == (theirs.rows, theirs.labels), (sql, theirs.sql)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str, moved: Moved) -> None:
    for how in REFUSED[name]:
        with pytest.raises(TranslationError) as refusal:
            moved.translated(f"PRAGMA {name}{how}")
        assert refusal.value.missing.startswith(f"PRAGMA {name}"), refusal.value
        assert len(refusal.value.missing.partition(": ")[2]) > 8, refusal.value


def test_a_number_of_the_application_is_kept_for_all(moved: Moved) -> None:
    moved.on_postgres("PRAGMA user_version = 42")
    with psycopg.connect(moved.url, autocommit=True) as other:
        rows = other.execute("SELECT user_version FROM sqlite.pragma_user_version('public')").fetchall()
    assert rows == [(42,)]


def test_a_number_follows_the_transaction(moved: Moved) -> None:
    for side in (moved.lite.execute, moved.on_postgres):
        side("BEGIN")
        side("PRAGMA user_version = 42")
        side("ROLLBACK")
    ours, theirs = moved.on_sqlite("PRAGMA user_version"), moved.on_postgres("PRAGMA user_version")
    assert ours.rows == theirs.rows == [(7,)]


def test_a_number_that_cannot_be_kept_is_no_silence(moved: Moved) -> None:
    moved.post.execute(b"BEGIN")
    moved.post.execute(b"DELETE FROM outgrow.sqlite_settings")
    assert "holds no move" in moved.on_postgres("PRAGMA user_version = 42").error
    moved.post.execute(b"ROLLBACK")


def test_query_only_holds_in_a_transaction_that_has_begun(moved: Moved) -> None:
    for begin in ("", "BEGIN"):
        for sql in (begin, "PRAGMA query_only = on", "SELECT * FROM a"):
            assert not sql or not moved.on_postgres(sql).error
        assert "ReadOnly" in moved.on_postgres("INSERT INTO a(t) VALUES ('x')").error
        moved.on_postgres("ROLLBACK")
        assert not moved.on_postgres("PRAGMA query_only = off").error
        assert not moved.on_postgres("DELETE FROM a").error


def test_deferred_foreign_keys_wait_for_the_end(moved: Moved) -> None:
    """Also those that were not declared DEFERRABLE."""
    begin = ("BEGIN", "PRAGMA defer_foreign_keys = ON", "INSERT INTO b VALUES (77, 1)")
    moved.lite.execute("PRAGMA foreign_keys = ON")
    for sql in (*begin, "INSERT INTO a(id) VALUES (77)", "COMMIT", "DELETE FROM a", *begin):
        ours, theirs = moved.on_sqlite(sql), moved.on_postgres(sql)
        assert (ours.error, theirs.error) == ("", ""), sql
    assert "FOREIGN KEY" in moved.on_sqlite("COMMIT").error
    moved.lite.execute("ROLLBACK")
    assert "foreign key" in moved.on_postgres("COMMIT").error
    for side in (moved.on_sqlite, moved.on_postgres):
        assert "foreign key" in side("INSERT INTO b VALUES (77, 1)").error.lower()


def test_waiting_for_a_lock_ends(moved: Moved) -> None:
    moved.on_postgres("PRAGMA busy_timeout = 0")
    with psycopg.connect(moved.url) as other:
        other.execute("LOCK TABLE b")
        assert "LockNotAvailable" in moved.on_postgres("INSERT INTO b VALUES (NULL, 1)").error


def test_only_what_changes_nothing_has_a_finding(moved: Moved) -> None:
    assert moved.translated("PRAGMA threads = 2").findings == (
        "PRAGMA threads: PostgreSQL has nothing that it could change; the value is only kept for the session",
    )
    assert moved.translated("PRAGMA foreign_keys = on").findings == ()
    assert moved.translated("PRAGMA foreign_keys").findings == (
        "PRAGMA foreign_keys: PostgreSQL always enforces them",
    )


def test_what_speaks_of_the_file(moved: Moved) -> None:
    assert moved.on_postgres("PRAGMA database_list").rows == [(0, "main", "")]
    assert moved.on_postgres("PRAGMA wal_checkpoint(truncate)").rows == [(0, -1, -1)]
    ((pages,),) = moved.on_postgres("PRAGMA page_count").rows
    whole = moved.post.execute(b"SELECT pg_database_size(current_database())").fetchone()
    assert whole is not None
    assert 1 < int(str(pages)) < whole[0] // 8192 // 4  # the program's tables, not PostgreSQL's catalog
    for name in ("database_list", "wal_checkpoint", "page_count"):
        assert len(moved.translated(f"PRAGMA {name}").findings) == 1


def test_a_limit_that_sqlite_keeps_for_the_process(moved: Moved) -> None:
    given = [
        moved.on_postgres(f"PRAGMA hard_heap_limit{how}").rows for how in ("", "=4000000000", "=off", "")
    ]
    assert given == [[(0,)], [(4000000000,)], [(4000000000,)], [(4000000000,)]]


def test_the_schema_of_a_pragma(moved: Moved) -> None:
    assert moved.on_postgres("PRAGMA MAIN.user_version").rows == [(7,)]
    with pytest.raises(TranslationError, match=r"PRAGMA temp\.table_info: PostgreSQL keeps no such catalog"):
        moved.translated("PRAGMA temp.table_info(a)")
