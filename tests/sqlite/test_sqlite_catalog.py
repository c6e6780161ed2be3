from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from outgrow.errors import SourceError
from outgrow.schema.model import (
    Affinity,
    Check,
    Column,
    Database,
    ForeignKey,
    Index,
    IndexColumn,
    Table,
    Trigger,
    View,
)
from outgrow.sqlite.catalog import read_catalog
from outgrow.sqlite.connect import open_snapshot

Catalog = Callable[[str], Database]


def test_whole_table(catalog: Catalog) -> None:
    parent = "CREATE TABLE P(x INTEGER PRIMARY KEY)"
    sql = (
        "CREATE TABLE t(id INTEGER CONSTRAINT pk PRIMARY KEY AUTOINCREMENT, a VARCHAR(3) NOT NULL DEFAULT 'z'"
        " COLLATE NOCASE CONSTRAINT once UNIQUE, b INT REFERENCES p ON DELETE CASCADE CHECK (b <> 3),"
        " c AS (b + 1), d REAL AS (b * 2) STORED, CONSTRAINT pair UNIQUE (a, B), CONSTRAINT pos"
        " CHECK (b > 0))"
    )
    index = "CREATE INDEX i ON t(b DESC, lower(a) COLLATE RTRIM, a) WHERE b > 1"
    found = catalog(f"{parent};{sql};{index}; INSERT INTO t(id, a, b) VALUES (5, 'q', 1); DELETE FROM t")
    assert found.table("T") == Table(
        name="t", sql=sql, primary_key=("id",), primary_key_name="pk", rowid_alias="id", autoincrement=True,
        columns=(
            Column(name="id", declared_type="INTEGER", affinity=Affinity.INTEGER, primary_key=1),
            Column(name="a", declared_type="VARCHAR(3)", affinity=Affinity.TEXT, not_null=True, default="'z'",
                   collation="NOCASE"),
            Column(name="b", declared_type="INT", affinity=Affinity.INTEGER),
            Column(name="c", declared_type="", affinity=Affinity.BLOB, generated="b + 1",
                   generated_kind="VIRTUAL"),
            Column(name="d", declared_type="REAL", affinity=Affinity.REAL, generated="b * 2",
                   generated_kind="STORED"),
        ),
        checks=(Check(name=None, expression="b <> 3", column="b"), Check(name="pos", expression="b > 0")),
        foreign_keys=(ForeignKey(name=None, columns=("b",), parent_table="p", parent_columns=("x",),
                                 implicit=True,
                                 on_delete="CASCADE"),),
        indexes=(
            Index(name="sqlite_autoindex_t_1", table="t", unique=True, origin="u", constraint_name="once",
                  columns=(IndexColumn(column="a", expression=None, collation="NOCASE"),)),
            Index(name="sqlite_autoindex_t_2", table="t", unique=True, origin="u", constraint_name="pair",
                  columns=(IndexColumn(column="a", expression=None, collation="NOCASE"),
                           IndexColumn(column="b", expression=None, collation="BINARY"))),
            Index(name="i", table="t", unique=False, origin="c", where="b > 1", sql=index,
                  columns=(IndexColumn(column="b", expression=None, collation="BINARY", descending=True),
                           IndexColumn(column=None, expression="lower(a)", collation="RTRIM"),
                           IndexColumn(column="a", expression=None, collation="NOCASE"))),
        ),
        sequence=5,
    )  # fmt: skip
    assert found.internal == ("sqlite_sequence",)


@pytest.mark.parametrize(
    ("sql", "alias"),
    [
        ("CREATE TABLE t(a integer primary key)", "a"),
        ("CREATE TABLE t(a INTEGER, PRIMARY KEY (a DESC))", "a"),
        ("CREATE TABLE t(b, a INTEGER, PRIMARY KEY (a))", "a"),
        ("CREATE TABLE t(a INTEGER UNIQUE PRIMARY KEY)", "a"),
        ("CREATE TABLE t(a INTEGER PRIMARY KEY DESC)", None),
        ("CREATE TABLE t(a INT PRIMARY KEY)", None),
        ("CREATE TABLE t(a BIGINT PRIMARY KEY)", None),
        ("CREATE TABLE t(a INTEGER PRIMARY KEY) WITHOUT ROWID", None),
        ("CREATE TABLE t(a INTEGER, b, PRIMARY KEY (a, b))", None),
        ("CREATE TABLE t(a INTEGER)", None),
    ],
)
def test_rowid_alias(make: Callable[..., Path], sql: str, alias: str | None) -> None:
    """The oracle: a NULL put into an alias becomes the rowid."""
    path = make(sql)
    with open_snapshot(path) as snapshot:
        assert read_catalog(snapshot).tables[0].rowid_alias == alias
    with closing(apsw.Connection(str(path))) as connection:
        try:
            connection.execute("INSERT INTO t(a) VALUES (NULL)").fetchall()
            filled = connection.execute("SELECT a IS rowid FROM t").fetchall() == [(1,)]
        except (apsw.ConstraintError, apsw.SQLError):
            filled = False
    assert filled == (alias is not None)


def test_foreign_keys(catalog: Catalog) -> None:
    found = catalog(
        "CREATE TABLE Two(a, B, PRIMARY KEY (B, a)); CREATE TABLE none(x); CREATE VIEW v AS SELECT 1 AS x;"
        "CREATE TABLE t(m REFERENCES none, n REFERENCES missing(q), o REFERENCES v(x), p REFERENCES two(A),"
        " q CONSTRAINT named REFERENCES T(q) ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,"
        " CONSTRAINT both FOREIGN KEY (m, n) REFERENCES two ON DELETE SET DEFAULT,"
        " FOREIGN KEY (m) REFERENCES two)"
    )
    assert found.table("t").foreign_keys == (
        ForeignKey(name=None, columns=("m",), parent_table="none", parent_columns=(), implicit=True),
        ForeignKey(name=None, columns=("n",), parent_table="missing", parent_columns=()),
        ForeignKey(name=None, columns=("o",), parent_table="v", parent_columns=()),
        ForeignKey(name=None, columns=("p",), parent_table="two", parent_columns=("A",)),
        ForeignKey(name="named", columns=("q",), parent_table="T", parent_columns=("q",),
                   on_update="SET NULL", deferrable=True, initially_deferred=True),
        ForeignKey(name="both", columns=("m", "n"), parent_table="two", parent_columns=("B", "a"),
                   implicit=True,
                   on_delete="SET DEFAULT"),
        ForeignKey(name=None, columns=("m",), parent_table="two", parent_columns=(), implicit=True),
    )  # fmt: skip


def test_without_rowid_and_strict(catalog: Catalog) -> None:
    found = catalog(
        "CREATE TABLE w(k TEXT, v, CONSTRAINT key PRIMARY KEY (k)) WITHOUT ROWID;"
        "CREATE TABLE s(a ANY, b INT) STRICT, WITHOUT ROWID".replace("b INT)", "b INT PRIMARY KEY)")
    )
    w, s = found.tables
    assert (w.without_rowid, w.strict, w.primary_key_name, w.rowid_alias) == (True, False, "key", None)
    assert [(i.origin, i.constraint_name) for i in w.indexes] == [("pk", "key")]
    assert (s.without_rowid, s.strict) == (True, True)
    assert s.column("A").affinity is Affinity.BLOB
    assert w.column("k").not_null


def test_index_terms(catalog: Catalog) -> None:
    found = catalog("CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE INDEX i ON t(id, a+1, [a] DESC, (a))")
    assert found.tables[0].indexes[0].columns == (
        IndexColumn(column="id", expression=None, collation="BINARY"),
        IndexColumn(column=None, expression="a+1", collation="BINARY"),
        IndexColumn(column="a", expression=None, collation="BINARY", descending=True),
        IndexColumn(column="a", expression=None, collation="BINARY"),
    )


def test_views_and_triggers(make: Callable[..., Path]) -> None:
    path = make(
        'CREATE TABLE t(a, b); CREATE VIEW v(x, "y z") AS SELECT a, b FROM t;'
        "CREATE VIEW w AS SELECT a+1, b, b FROM t;"
        "CREATE VIEW gone AS SELECT * FROM u; CREATE VIEW odd AS SELECT nosuch(1) AS n;"
        "CREATE TRIGGER r INSTEAD OF INSERT ON V BEGIN INSERT INTO t VALUES (new.x, nosuch()); END"
    )
    with open_snapshot(path) as snapshot:
        found = read_catalog(snapshot)
    assert found.views == (
        View(name="v", sql='CREATE VIEW v(x, "y z") AS SELECT a, b FROM t', columns=("x", "y z")),
        View(name="w", sql="CREATE VIEW w AS SELECT a+1, b, b FROM t", columns=("a+1", "b", "b:1")),
        View(name="gone", sql="CREATE VIEW gone AS SELECT * FROM u", broken="no such table: main.u"),
        View(name="odd", sql="CREATE VIEW odd AS SELECT nosuch(1) AS n", broken="no such function: nosuch"),
    )
    assert found.triggers == (
        Trigger(
            name="r", table="v",
            sql="CREATE TRIGGER r INSTEAD OF INSERT ON V BEGIN INSERT INTO t VALUES (new.x, nosuch()); END",
        ),
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_database_facts(make: Callable[..., Path], encoding: str) -> None:
    path = make(
        f"PRAGMA encoding='{encoding}'; PRAGMA page_size=1024; PRAGMA journal_mode=WAL; PRAGMA"
        f" user_version=7;"
        'PRAGMA application_id=-9; CREATE TABLE "tä€𝄞"("é" TEXT DEFAULT \'€\'); ANALYZE'
    )
    with open_snapshot(path) as snapshot:
        found = read_catalog(snapshot)
    assert (found.path, found.encoding, found.page_size, found.journal_mode) == (
        str(path),
        encoding,
        1024,
        "wal",
    )
    assert (found.user_version, found.application_id) == (7, -9)
    assert found.page_count * 1024 == path.stat().st_size
    assert [(t.name, t.columns[0].name, t.columns[0].default) for t in found.tables] == [("tä€𝄞", "é", "'€'")]


def test_unknown_collations(make: Callable[..., Path]) -> None:
    path = make("CREATE TABLE seed(x)")
    with closing(apsw.Connection(str(path))) as connection:
        for name in ("unicase", "Locale", "viewed"):
            connection.create_collation(name, lambda a, b: (a > b) - (a < b))
        connection.execute(
            'CREATE TABLE t(a TEXT COLLATE unicase PRIMARY KEY, b); CREATE INDEX i ON t(b COLLATE "Locale");'
            "CREATE VIEW v AS SELECT a FROM t ORDER BY a COLLATE viewed; INSERT INTO t VALUES"
            " ('B', 1), ('a', 2)"
        ).fetchall()
    with open_snapshot(path) as snapshot:
        found = read_catalog(snapshot)
        with snapshot.apsw() as reader:
            assert reader.execute("SELECT a FROM t ORDER BY b").fetchall() == [("B",), ("a",)]
    assert found.collations == ("UNICASE", "LOCALE", "VIEWED")
    assert found.table("t").columns[0].collation == "UNICASE"
    assert found.table("t").indexes[1].columns[0].collation == "LOCALE"
    assert found.views[0].columns == ("a",)


def test_generated_column_with_an_unknown_function(make: Callable[..., Path]) -> None:
    path = make("CREATE TABLE seed(x)")
    with closing(apsw.Connection(str(path))) as connection:
        connection.create_scalar_function("theirs", lambda x: x, 1, deterministic=True)
        connection.execute("CREATE TABLE t(a, b AS (theirs(a)), CHECK (theirs(a) > 0))").fetchall()
    with open_snapshot(path) as snapshot:
        table = read_catalog(snapshot).table("t")
    assert [(c.name, c.generated) for c in table.columns] == [("a", None), ("b", "theirs(a)")]
    assert table.checks == (Check(name=None, expression="theirs(a) > 0"),)


def test_names_that_look_like_sql(catalog: Catalog) -> None:
    evil = 'x"; drop table y; --'
    quoted = '"' + evil.replace('"', '""') + '"'
    found = catalog(
        f"CREATE TABLE {quoted}({quoted} INT PRIMARY KEY); CREATE TABLE y(a REFERENCES {quoted});"
        f'CREATE INDEX "\'i" ON {quoted}({quoted}); CREATE VIEW "v\'""" AS SELECT * FROM {quoted}'
    )
    assert [t.name for t in found.tables] == [evil, "y"]
    assert found.tables[1].foreign_keys[0].parent_columns == (evil,)
    assert (found.views[0].name, found.views[0].columns) == ("v'\"", (evil,))


def test_text_that_is_not_utf8(make: Callable[..., Path]) -> None:
    """In a comment it does no harm and passes; in a name or literal it is refused, by name."""
    for inside, refused in (("/* caf%% */", False), ("DEFAULT 'caf%%'", True)):
        path = make(f"CREATE TABLE t(a {inside})", f"{refused}.db")
        path.write_bytes(path.read_bytes().replace(b"%%", b"\xe9\xff"))
        with open_snapshot(path) as snapshot:
            if refused:
                with pytest.raises(SourceError, match="the SQL of t is not utf-8; rename or recreate it"):
                    read_catalog(snapshot)
            else:
                assert [c.name for c in read_catalog(snapshot).table("t").columns] == ["a"]


def test_bare_connection() -> None:
    with closing(apsw.Connection(":memory:")) as connection:
        connection.execute("CREATE TABLE t(a)").fetchall()
        found = read_catalog(connection, "memory")
    assert (found.path, found.journal_mode, [t.name for t in found.tables]) == ("memory", "memory", ["t"])
