from __future__ import annotations

import pytest

from outgrow.sqlite.create_sql import (
    IndexText,
    KeyTerm,
    LexError,
    TriggerText,
    ViewText,
    VirtualTableText,
    parse_index,
    parse_trigger,
    parse_view,
    parse_virtual_table,
)


def test_index() -> None:
    sql = """CREATE UNIQUE INDEX IF NOT EXISTS main."i x" ON [t] (a, lower(b) COLLATE NOCASE DESC,
        (c || ',' ) ASC,        "d" COLLATE unicase NULLS LAST, e || f COLLATE NOCASE, coalesce(a, (b)))
        WHERE a IS NOT NULL AND (b > 0);"""
    assert parse_index(sql) == IndexText(
        name="i x", table="t", unique=True, where="a IS NOT NULL AND (b > 0)",
        terms=(
            KeyTerm(expression="a", name="a"),
            KeyTerm(expression="lower(b)", collation="NOCASE", descending=True),
            KeyTerm(expression="(c || ',' )"),
            KeyTerm(expression='"d"', name="d", collation="UNICASE"),
            KeyTerm(expression="e || f COLLATE NOCASE"),
            KeyTerm(expression="coalesce(a, (b))"),
        ),
    )  # fmt: skip


def test_view() -> None:
    assert parse_view('CREATE VIEW v(a, "b c") AS WITH q AS (SELECT 1) SELECT * FROM q -- end') == ViewText(
        name="v", columns=("a", "b c"), select="WITH q AS (SELECT 1) SELECT * FROM q"
    )
    assert parse_view("CREATE TEMP VIEW IF NOT EXISTS v AS SELECT 1;").columns == ()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            """CREATE TRIGGER tr AFTER UPDATE OF a, "b" ON t FOR EACH ROW WHEN new.a > (1) BEGIN
               SELECT CASE WHEN 1 THEN RAISE(ABORT, 'END;') END; UPDATE t SET a = 1; END""",
            TriggerText(
                name="tr", table="t", timing="AFTER", event="UPDATE", update_of=("a", "b"),
                when="new.a > (1)",
                body="SELECT CASE WHEN 1 THEN RAISE(ABORT, 'END;') END; UPDATE t SET a = 1;",
            ),
        ),
        (
            "CREATE TRIGGER tr INSTEAD OF DELETE ON v BEGIN DELETE FROM t; END;",
            TriggerText(name="tr", table="v", timing="INSTEAD OF", event="DELETE", update_of=(), when=None,
                        body="DELETE FROM t;"),
        ),
        (
            "CREATE TRIGGER tr INSERT ON t BEGIN SELECT 1; END",
            TriggerText(name="tr", table="t", timing="BEFORE", event="INSERT", update_of=(), when=None,
                        body="SELECT 1;"),
        ),
    ],
)  # fmt: skip
def test_trigger(sql: str, expected: TriggerText) -> None:
    assert parse_trigger(sql) == expected


def test_virtual_table() -> None:
    sql = "CREATE VIRTUAL TABLE \"d x\" USING FTS5(title, 'b, c', tokenize = 'unicode61 x', f(1, 2))"
    assert parse_virtual_table(sql) == VirtualTableText(
        name="d x", module="FTS5", arguments=("title", "'b, c'", "tokenize = 'unicode61 x'", "f(1, 2)")
    )
    assert parse_virtual_table("CREATE VIRTUAL TABLE v USING m").arguments == ()
    assert parse_virtual_table("CREATE VIRTUAL TABLE v USING m()").arguments == ()


@pytest.mark.parametrize(
    "sql", ["CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1;", "CREATE TRIGGER t UPSERT ON x"]
)
def test_trigger_refused(sql: str) -> None:
    with pytest.raises(LexError):
        parse_trigger(sql)
