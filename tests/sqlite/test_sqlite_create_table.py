from __future__ import annotations

from contextlib import closing

import apsw
import pytest

from outgrow.sqlite.create_sql import (
    CheckText,
    ColumnText,
    ForeignKeyText,
    KeyTerm,
    KeyText,
    LexError,
    TableText,
    parse_table,
)

TEXTS = {
    "every_column_clause": (
        """CREATE TABLE t(
          id INTEGER CONSTRAINT pk PRIMARY KEY DESC ON CONFLICT REPLACE,
          a VARCHAR(10) NOT NULL ON CONFLICT IGNORE DEFAULT 'x, y (z)' COLLATE NoCase CHECK (a <> ')'),
          b INT CONSTRAINT positive CHECK (b > 0 -- why
          ) UNIQUE ON CONFLICT FAIL,
          c DOUBLE PRECISION DEFAULT -1.5e3 REFERENCES p ON DELETE SET NULL ON UPDATE NO ACTION MATCH FULL,
          d REFERENCES p(x) NOT DEFERRABLE,
          e INT REFERENCES p(x) DEFERRABLE INITIALLY DEFERRED,
          f GENERATED ALWAYS AS (b || ')') STORED, g TEXT AS (a) VIRTUAL, h AS (1)
        ) -- the end""",
        TableText(
            name="t",
            columns=(
                ColumnText(name="id", declared_type="INTEGER"),
                ColumnText(name="a", declared_type="VARCHAR(10)", not_null=True,
                           not_null_on_conflict="IGNORE",
                           default="'x, y (z)'", collation="NOCASE"),
                ColumnText(name="b", declared_type="INT"),
                ColumnText(name="c", declared_type="DOUBLE PRECISION", default="-1.5e3"),
                ColumnText(name="d"),
                ColumnText(name="e", declared_type="INT"),
                ColumnText(name="f", generated="b || ')'", generated_kind="STORED"),
                ColumnText(name="g", declared_type="TEXT", generated="a", generated_kind="VIRTUAL"),
                ColumnText(name="h", generated="1", generated_kind="VIRTUAL"),
            ),
            primary_key=KeyText(name="pk", terms=(KeyTerm(expression="id", name="id", descending=True),),
                                column="id", on_conflict="REPLACE"),
            uniques=(KeyText(name=None, terms=(KeyTerm(expression="b", name="b"),), column="b",
                             on_conflict="FAIL"),),
            checks=(CheckText(name=None, expression="a <> ')'", column="a"),
                    CheckText(name="positive", expression="b > 0", column="b")),
            foreign_keys=(
                ForeignKeyText(name=None, columns=("c",), parent_table="p", parent_columns=()),
                ForeignKeyText(name=None, columns=("d",), parent_table="p", parent_columns=("x",)),
                ForeignKeyText(name=None, columns=("e",), parent_table="p", parent_columns=("x",),
                               deferrable=True, initially_deferred=True),
            ),
        ),
    ),
    "table_constraints_without_commas": (
        """CREATE TABLE "a b"(x, y COLLATE RTRIM,
          CONSTRAINT k PRIMARY KEY (x COLLATE nocase DESC, y) ON CONFLICT ABORT
          UNIQUE (y) CHECK (x < y) CONSTRAINT fk FOREIGN KEY (x, y) REFERENCES "p q" (m, n)
            ON DELETE CASCADE DEFERRABLE INITIALLY IMMEDIATE, CONSTRAINT nothing
        ) WITHOUT ROWID, STRICT""",
        TableText(
            name="a b",
            columns=(ColumnText(name="x"), ColumnText(name="y", collation="RTRIM")),
            primary_key=KeyText(
                name="k", on_conflict="ABORT",
                terms=(KeyTerm(expression="x", name="x", collation="NOCASE", descending=True),
                       KeyTerm(expression="y", name="y")),
            ),
            uniques=(KeyText(name=None, terms=(KeyTerm(expression="y", name="y"),)),),
            checks=(CheckText(name=None, expression="x < y"),),
            foreign_keys=(ForeignKeyText(name="fk", columns=("x", "y"), parent_table="p q",
                                         parent_columns=("m", "n"), deferrable=True),),
            without_rowid=True, strict=True,
        ),
    ),
    "odd_names_and_types": (
        """create table if not exists "a"."b"([a`b] "my type"(1), `c"d` TEXT[], 'e' VARCHAR(255) , key,
          replace UNSIGNED BIG INT, "x""y" DECIMAL(10, -2) DEFAULT(1+(2)),
          abort "DOUBLE PRECISION" DEFAULT "0",
          n INT GENERATED ALWAYS AS (1), "check" DEFAULT CURRENT_TIMESTAMP, z INT DEFAULT true NULL)""",
        TableText(
            name="b",
            columns=(
                ColumnText(name="a`b", declared_type="my type"),
                ColumnText(name='c"d', declared_type="TEXT[]"),
                ColumnText(name="e", declared_type="VARCHAR(255)"),
                ColumnText(name="key"),
                ColumnText(name="replace", declared_type="UNSIGNED BIG INT"),
                ColumnText(name='x"y', declared_type="DECIMAL(10, -2)", default="1+(2)"),
                ColumnText(name="abort", declared_type="DOUBLE PRECISION", default='"0"'),
                ColumnText(name="n", declared_type="INT", generated="1", generated_kind="VIRTUAL"),
                ColumnText(name="check", default="CURRENT_TIMESTAMP"),
                ColumnText(name="z", declared_type="INT", default="true"),
            ),
        ),
    ),
    "autoincrement_both_ways": (
        "CREATE TABLE t(id INTEGER, PRIMARY KEY (id AUTOINCREMENT))",
        TableText(
            name="t",
            columns=(ColumnText(name="id", declared_type="INTEGER"),),
            primary_key=KeyText(name=None, terms=(KeyTerm(expression="id", name="id"),), autoincrement=True),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
def test_parse(case: str) -> None:
    sql, expected = TEXTS[case]
    assert parse_table(sql) == expected


@pytest.mark.parametrize("case", ["every_column_clause", "odd_names_and_types", "autoincrement_both_ways"])
def test_sqlite_takes_the_text_and_names_the_same_columns(case: str) -> None:
    sql, expected = TEXTS[case]
    with closing(apsw.Connection(":memory:")) as connection:
        connection.execute(sql.replace('"a"."b"', '"b"')).fetchall()
        rows = connection.execute(
            "SELECT name, type, dflt_value FROM pragma_table_xinfo(?)", (expected.name,)
        )
        found = rows.fetchall()
    assert found == [(c.name, c.declared_type, c.default) for c in expected.columns]


def test_added_column_keeps_its_comment_and_place() -> None:
    with closing(apsw.Connection(":memory:")) as connection:
        connection.execute(
            "CREATE TABLE t(a /* first */ INT -- one\n, b TEXT CHECK(b <> '') /* last */ ); ALTER TABLE t"
            ' ADD COLUMN c NUMERIC(5) DEFAULT (0) CHECK(c >= 0); ALTER TABLE t RENAME COLUMN b TO "order";'
            'ALTER TABLE t RENAME TO "t 2"'
        ).fetchall()
        sql = connection.execute("SELECT sql FROM sqlite_schema").fetchall()[0][0]
    parsed = parse_table(sql)
    assert (parsed.name, [c.name for c in parsed.columns]) == ("t 2", ["a", "order", "c"])
    assert parsed.checks == (
        CheckText(name=None, expression="\"order\" <> ''", column="order"),
        CheckText(name=None, expression="c >= 0", column="c"),
    )


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("CREATE TABLE t(a", "a column constraint expected"),
        ("CREATE TABLE t(a INT CHECK (a", ") expected"),
        ("CREATE TABLE t(a INT) WITHOUT", "a table option expected"),
        ("CREATE TABLE t(a INT DEFAULT)", "a default value expected"),
        ("CREATE TABLE t AS SELECT 1", "( expected"),
        ("CREATE TABLE t(a, PRIMARY KEY ())", "a column or expression expected"),
    ],
)
def test_refusals(sql: str, reason: str) -> None:
    with pytest.raises(LexError) as raised:
        parse_table(sql)
    assert raised.value.reason == reason
