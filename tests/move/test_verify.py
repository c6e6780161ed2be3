"""`verify` names whatever was changed on the target after the move, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest

from outgrow.errors import TargetError
from outgrow.move.progress import Silent
from outgrow.move.result import Result
from outgrow.move.reverify import verify
from outgrow.options import Options

ROWS, VALUES = 16, 3 * 5 + 3 * 7 + 4 * 3 + 3 * 2 + 3 * 2


def differences(result: Result) -> list[tuple[str, str, str, str, str]]:
    assert result.verification is not None
    assert result.verification.differences == len(result.verification.shown)
    return sorted((d.table, d.key, d.column, d.source, d.target) for d in result.verification.shown)


def lacking(result: Result) -> tuple[str, ...]:
    assert result.verification is not None
    return result.verification.objects_missing


def test_nothing_was_changed(moved: Any) -> None:
    result = moved.verify()
    found = result.verification
    assert (found.rows, found.values, found.differences) == (ROWS, VALUES, 0)
    assert (found.objects_missing, found.writes_tested, found.writes_failed) == ((), 5, ())
    assert result.exit_code(frozenset()) == 0


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE author SET score = 0.1::float8 + 1.3877787807814457e-17 WHERE id = 1",
         [("author", "1", "score", "0.1", "0.10000000000000002")]),
        ("UPDATE author SET score = '-0' WHERE id = 2", [("author", "2", "score", "0.0", "-0.0")]),
        ("UPDATE author SET score = NULL WHERE id = 7", [("author", "7", "score", "2.5", "NULL")]),
        ("UPDATE author SET active = true WHERE id = 2", [("author", "2", "active", "0", "1")]),
        ("UPDATE author SET born = '1815-12-11' WHERE id = 1",
         [("author", "1", "born", "'1815-12-10'", "'1815-12-11'")]),
        ("DELETE FROM log WHERE level = 2", [("log", "2, 'other', 1.5", "(row)", "a row", "no such row")]),
        ("INSERT INTO log VALUES (1, 'same', 0.5)",
         [("log", "1, 'same', 0.5", "(row)", "no such row", "a row")]),
        ("INSERT INTO book VALUES ('z', 1)", [("book", "'z'", "(row)", "no such row", "a row")]),
        ("UPDATE book SET title = CASE isbn WHEN 'a-1' THEN 'Two' ELSE 'One' END WHERE isbn LIKE 'a-_'",
         [("book", "'a-1'", "title", "'One'", "'Two'"), ("book", "'a-2'", "title", "'Two'", "'One'")]),
        ("UPDATE book SET cover = '' WHERE isbn = 'a-2'", [("book", "'a-2'", "cover", "NULL", "x''")]),
        ("UPDATE book SET meta = '{\"n\": [2, 1]}' WHERE isbn = 'a-2'",
         [("book", "'a-2'", "meta", "'{\"n\": [1, 2]}'", "'{\"n\": [2, 1]}'")]),
        ("UPDATE book SET price = 10.51 WHERE isbn = 'a-1'", [("book", "'a-1'", "price", "10.5", "10.51")]),
        ("UPDATE book SET added = added + interval '1 second' WHERE isbn = 'b-1'",
         [("book", "'b-1'", "added", "'2024-01-04 03:04:05'", "'2024-01-04 03:04:06'")]),
        ("UPDATE log SET message = NULL WHERE message = ''",
         [("log", "NULL, '', NULL", "(row)", "a row", "no such row"),
          ("log", "NULL, NULL, NULL", "(row)", "no such row", "a row")]),
    ],
)  # fmt: skip
def test_a_planted_difference_is_named(moved: Any, statement: str, expected: list[tuple[str, ...]]) -> None:
    moved.run("ALTER TABLE book DISABLE TRIGGER USER", statement, "ALTER TABLE book ENABLE TRIGGER USER")
    result = moved.verify()
    assert differences(result) == expected
    assert lacking(result) == ()
    assert result.exit_code(frozenset()) == 1


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DROP INDEX book_title", ["index: book.book_title (book_title)"]),
        ("ALTER TABLE author DROP CONSTRAINT sane", ["check: author.sane (sane)"]),
        ("ALTER TABLE author DROP CONSTRAINT author_name_key",
         ["unique constraint: author.sqlite_autoindex_author_1 (author_name_key)"]),
        ("ALTER TABLE book DROP CONSTRAINT book_author_id_fkey",
         ["foreign key: book.FOREIGN KEY (author_id) → author (book_author_id_fkey)"]),
        ("ALTER TABLE audit DROP CONSTRAINT audit_pkey", ["primary key: audit.PRIMARY KEY (audit_pkey)"]),
        ("DROP TRIGGER book_added ON book", ["trigger: book_added (book_added)"]),
        ("ALTER TABLE book DISABLE TRIGGER book_added", ["trigger: book_added (book_added)"]),
        ("DROP VIEW titles", ["view: titles (titles)"]),
        ("ALTER TABLE author ALTER score DROP DEFAULT", ["default: author.score (score)"]),
        ("ALTER TABLE author ALTER name DROP NOT NULL", ["not null: author.name (name)"]),
        ("ALTER TABLE audit ALTER id DROP IDENTITY", ["identity: audit.id (id)"]),
        ("DROP TABLE log", ["table: log (log)"]),
        ("ALTER TABLE log DROP COLUMN seen", ["column: log.seen (seen)"]),
        ("ALTER TABLE log ALTER level TYPE integer",
         ["type of column: log.level is integer, the move made it bigint"]),
        ("ALTER TABLE book ALTER price TYPE numeric(12,2)",
         ["type of column: book.price is numeric(12,2), the move made it numeric(10,2)"]),
    ],
)  # fmt: skip
def test_a_lost_object_is_named(moved: Any, statement: str, expected: list[str]) -> None:
    moved.run(statement)
    result = moved.verify()
    assert list(lacking(result)) == expected
    assert differences(result) == []
    assert result.exit_code(frozenset()) == 1


def test_a_constraint_of_the_same_name_on_another_table_does_not_count(moved: Any) -> None:
    moved.run(
        "ALTER TABLE author DROP CONSTRAINT sane",
        "ALTER TABLE log ADD CONSTRAINT sane CHECK (level < 9) NOT VALID",
    )
    assert lacking(moved.verify()) == ("check: author.sane (sane)",)


def test_rows_in_another_order_are_the_same_rows(moved: Any) -> None:
    moved.run(
        "UPDATE author SET name = name WHERE id = 1", "UPDATE book SET title = title WHERE isbn = 'a-1'",
        "UPDATE log SET level = level WHERE level = 1", "UPDATE anything SET a = a WHERE b IS NOT NULL",
    )  # fmt: skip
    assert moved.rows("SELECT level FROM log") == [(2,), (None,), (1,), (1,)]
    result = moved.verify()
    assert (result.verification.rows, differences(result)) == (ROWS, [])
    assert result.exit_code(frozenset()) == 0


@pytest.mark.parametrize(
    ("statement", "table", "reason"),
    [
        ("ALTER SEQUENCE author_id_seq RESTART WITH 3", "author",
         "the identity would give 3, but id goes up to 7 already"),
        ("ALTER TABLE author ALTER active DROP DEFAULT, ALTER score SET NOT NULL", "author", None),
        ("ALTER TABLE log ALTER message SET NOT NULL", "log", None),
        ("CREATE OR REPLACE FUNCTION book_added_trigger() RETURNS trigger LANGUAGE plpgsql AS "
         "'BEGIN PERFORM no_such_function(); RETURN NEW; END'", "book",
         "function no_such_function() does not exist"),
    ],
)  # fmt: skip
def test_the_write_test_finds_what_only_an_insert_shows(
    moved: Any, statement: str, table: str, reason: str | None
) -> None:
    moved.run("DELETE FROM log WHERE message = '' OR level IS NULL", statement)
    result = moved.verify()
    found = {finding.object: finding.detail for finding in result.findings}
    assert list(found) == [table]
    assert {finding.rule for finding in result.findings} == {"verify.write-test"}
    assert found[table].startswith(reason or "null value in column")
    assert result.verification is not None
    assert [text.partition(": ")[0] for text in result.verification.writes_failed] == [table]
    assert result.exit_code(frozenset()) == 1


def test_the_write_test_leaves_no_trace(moved: Any) -> None:
    state = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
    content = "SELECT count(*), sum(id) FROM author UNION ALL SELECT count(*), sum(id) FROM audit"
    before = moved.rows(state), moved.rows(content)
    assert moved.verify().exit_code(frozenset()) == 0
    assert (moved.rows(state), moved.rows(content)) == before
    moved.run("INSERT INTO author(name) VALUES ('Di')")
    assert moved.rows("SELECT max(id) FROM author") == [(8,)]
    before = moved.rows(state), moved.rows(content)
    moved.verify()
    assert (moved.rows(state), moved.rows(content)) == before


def test_a_source_that_changed_its_tables(moved: Any, shop: Path) -> None:
    with apsw.Connection(str(shop)) as connection:
        connection.execute(
            "CREATE TABLE fresh(a); ALTER TABLE log ADD COLUMN more; ALTER TABLE anything RENAME TO something"
        )
    result = verify(str(shop), moved.target, Options(), jobs=2, progress=Silent())
    assert lacking(result) == (
        "table: anything is no longer in the file",
        "table: fresh came into the file after the move",
        "table: something came into the file after the move",
        "column: log.more came into the file after the move",
    )
    assert differences(result) == []
    assert result.exit_code(frozenset()) == 1


def test_another_file_is_refused(moved: Any, make_sqlite: Any) -> None:
    other = make_sqlite("CREATE TABLE elsewhere(a)")
    with pytest.raises(
        TargetError, match=rf"schema public .* holds the move of {moved.source}, not of {other};"
    ):
        verify(str(other), moved.target, Options(), jobs=2, progress=Silent())


def test_a_target_without_a_move_is_refused(database: str, moved: Any) -> None:
    with pytest.raises(
        TargetError, match="schema public of the target holds no move by outgrow; move the file first"
    ):
        verify(str(moved.source), database, Options(), jobs=2, progress=Silent())
    with pytest.raises(TargetError, match="schema other of the target holds no move by outgrow"):
        moved.verify(schema="other")
    moved.run("UPDATE outgrow.move SET state = 'loading'")
    with pytest.raises(
        TargetError, match="the move into schema public is not finished; run the same outgrow move"
    ):
        moved.verify()
