"""sqlite_master and the pragmas of a schema: what SQLite says and what PostgreSQL says after a move."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import apsw.ext
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outgrow.errors import TargetError
from outgrow.postgres import functions
from outgrow.postgres.ledger import Ledger
from outgrow.postgres.source_schema import forget, keep
from outgrow.schema.names import quote_sqlite
from outgrow.sqlite.connect import open_apsw
from outgrow.sqlite.pragmas import SourceSchema, read_source_schema

Row = tuple[Any, ...]
Answers = list[tuple[str | None, list[Row]]]

FAMILY = Path(functions.__file__).with_name("60_catalog.sql")
OF_A_NAME = (
    "pragma_table_info", "pragma_table_xinfo", "pragma_index_list", "pragma_index_info", "pragma_index_xinfo",
    "pragma_foreign_key_list", "pragma_table_list",
)  # fmt: skip
OF_ALL = ("sqlite_master", "pragma_table_list", "pragma_user_version", "pragma_application_id")
ODD_NAMES = (
    None, "", "nosuch", "main.a", "sqlite_master", "SQLITE_SCHEMA", "sqlite_temp_master",
    "Sqlite_Temp_Schema", "sqlite_sequence", "sqlite_stat1",
)  # fmt: skip

TABLES = """
CREATE TABLE a (i INTEGER PRIMARY KEY AUTOINCREMENT, t text DEFAULT 'it''s', r REAL DEFAULT -1.5e3 NOT NULL,
  d DEFAULT (datetime('now')), e varchar(10) DEFAULT CURRENT_TIMESTAMP, f "two words" (1, 2) DEFAULT NULL,
  g GENERATED ALWAYS AS (t || 'x'), s TEXT AS (t) STORED, h BLOB DEFAULT x'00', UNIQUE (t), UNIQUE (r, t));
CREATE TABLE w (a int, b text COLLATE nocase, c, PRIMARY KEY (b DESC, a)) WITHOUT ROWID;
CREATE TABLE wi (a INTEGER PRIMARY KEY, b) WITHOUT ROWID;
CREATE TABLE strict_one (a ANY, b INT, c BLOB) STRICT;
CREATE TABLE "Ünï ""q"" 'x'" ("SELECT" int, [a b] text, `c`, "É" DEFAULT "é", "" int);
CREATE TABLE descending (i INTEGER PRIMARY KEY DESC, j INT PRIMARY_KEY);
CREATE TABLE p (a REFERENCES a, b INT REFERENCES w (a) ON UPDATE SET NULL ON DELETE RESTRICT, c,
  d REFERENCES nosuch (x) MATCH FULL, FOREIGN KEY (b, c) REFERENCES W ON DELETE CASCADE DEFERRABLE);
CREATE INDEX ix ON p (a, lower(b) DESC, c COLLATE rtrim) WHERE c IS NOT NULL;
CREATE UNIQUE INDEX "Ix é" ON p (c);
CREATE INDEX ixw ON w (c);
CREATE TABLE copied AS SELECT i, t, i + 1 AS n FROM a;
INSERT INTO a (t) VALUES ('x');
ANALYZE;
PRAGMA user_version = -7;
PRAGMA application_id = 252006673;
"""
VIEWS = """
CREATE VIEW v AS SELECT i, t AS "T t", count(*), i + 1, CAST(t AS int) FROM a;
CREATE VIEW "V 2" (x, y) AS SELECT a, b FROM w;
CREATE VIRTUAL TABLE f USING fts5 (x, y UNINDEXED);
CREATE VIRTUAL TABLE f4 USING fts4 (x, y);
CREATE VIRTUAL TABLE r USING rtree (id, a, b);
CREATE TRIGGER tr AFTER INSERT ON a BEGIN SELECT 1; END;
CREATE TRIGGER "tr v" INSTEAD OF INSERT ON v BEGIN SELECT 2; END;
"""
BROKEN = """
CREATE VIEW no_table AS SELECT * FROM nosuch;
CREATE VIEW no_function AS SELECT nofunction(a) FROM w;
PRAGMA writable_schema = ON;
INSERT INTO sqlite_master VALUES ('table', 'gone', 'gone', 0, 'CREATE VIRTUAL TABLE gone USING nomodule(x)');
"""


@pytest.fixture
def pg(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("CREATE SCHEMA sqlite")
        conn.execute(FAMILY.read_bytes())  # alone: it stands on no other
        yield conn


def memory(script: str = "") -> apsw.Connection:
    conn = apsw.Connection(":memory:")
    conn.execute(script).fetchall()
    return conn


def names_of(source: SourceSchema) -> list[str | None]:
    """Every name there is, also in other cases, and names that are none."""
    known = [row[1] for row in source.master] + [row[2] for row in source.indexes]
    return [*known, *(name.swapcase() for name in known), *ODD_NAMES]


def of_sqlite(
    conn: apsw.Connection | sqlite3.Connection, names: Iterable[str | None]
) -> dict[str, Answers | list[Row]]:
    def rows(query: str, *values: str | None) -> list[Row]:
        try:
            return [tuple(row) for row in conn.execute(query, values).fetchall()]
        except (apsw.Error, sqlite3.Error):
            return []

    answers: dict[str, Answers | list[Row]] = {
        f"all {name}": rows(f"SELECT * FROM {name}") for name in OF_ALL
    }
    for name in OF_A_NAME:
        answers[name] = [(each, rows(f"SELECT * FROM {name}(?)", each)) for each in names]
    return answers


def of_postgres(
    pg: psycopg.Connection[Any], names: Iterable[str | None], schema: str = "app"
) -> dict[str, Answers | list[Row]]:
    names = list(names)
    answers: dict[str, Answers | list[Row]] = {
        f"all {name}": pg.execute(f"SELECT * FROM sqlite.{name}(%s)", (schema,)).fetchall() for name in OF_ALL
    }
    for name in OF_A_NAME:
        found: Answers = [(each, []) for each in names]
        for place, *row in pg.execute(
            "SELECT n.place, p.* FROM unnest(%s::text[]) WITH ORDINALITY AS n (name, place), "
            f"LATERAL sqlite.{name}(%s, n.name) AS p",
            (names, schema),
        ):
            found[place - 1][1].append(tuple(row))
        answers[name] = found
    return answers


def same(pg: psycopg.Connection[Any], conn: apsw.Connection) -> SourceSchema:
    """Keeps the schema of `conn` and compares all that can be asked."""
    source = read_source_schema(conn)
    keep(pg, "app", source)
    names = names_of(source)
    differ(of_postgres(pg, names), of_sqlite(conn, names))
    return source


def differ(got: dict[str, Any], wanted: dict[str, Any]) -> None:
    wrong = [
        (name, "SQLite", w, "PostgreSQL", g)
        for name in wanted
        for g, w in zip(got[name], wanted[name], strict=True)
        if repr(g) != repr(w)  # tells 1 from 1.0
    ]
    assert not wrong, wrong[:5]


def test_every_kind_of_object(pg: psycopg.Connection[Any]) -> None:
    conn = memory(TABLES + VIEWS)
    source = same(pg, conn)
    assert len(source.master) == len(conn.execute("SELECT * FROM sqlite_master").fetchall()) > 30
    assert dict(source.settings) == {
        "user_version": -7, "application_id": 252006673, "encoding": "UTF-8", "page_size": 4096,
        "auto_vacuum": 0, "journal_mode": "memory",
    }  # fmt: skip


def test_temporary_tables_are_not_the_sources(pg: psycopg.Connection[Any]) -> None:
    """Not even where they hide a table of the same name."""
    conn = memory("CREATE TABLE t (a); CREATE INDEX i ON t (a); CREATE TEMP TABLE t (b, c)")
    keep(pg, "app", read_source_schema(conn))
    conn.execute("DROP TABLE temp.t")
    names = ["t", "i"]
    differ(of_postgres(pg, names), of_sqlite(conn, names))


def test_sqlite_of_python_says_the_same(
    pg: psycopg.Connection[Any], make_sqlite: Callable[..., Path]
) -> None:
    """The reference engine; views are left out, of whose expressions it knows no types."""
    path = make_sqlite(TABLES)
    with closing(apsw.Connection(str(path))) as conn:
        source = read_source_schema(conn)
    keep(pg, "app", source)
    names = names_of(source)
    with closing(sqlite3.connect(path)) as old:
        got, wanted = of_postgres(pg, names), of_sqlite(old, names)
    for answers in got, wanted:  # the list of all tables is in the order of a hash
        answers["all pragma_table_list"].sort()
        for _, rows in answers["pragma_table_list"]:
            rows.sort()
    differ(got, wanted)


def test_columns_have_the_names_and_types_of_sqlite(pg: psycopg.Connection[Any]) -> None:
    conn = memory(TABLES)
    for name in (*OF_A_NAME, *OF_ALL):
        marks = "('app', 'a')" if name in OF_A_NAME else "('app')"
        described = pg.execute(f"SELECT * FROM sqlite.{name}{marks}").description or []
        wanted = apsw.ext.query_info(conn, f"SELECT * FROM {name}").description
        assert [column.name for column in described] == [column[0] for column in wanted], name
        assert {column.type_code for column in described} <= {20, 25}, name


def test_what_sqlite_cannot_read(pg: psycopg.Connection[Any], make_sqlite: Callable[..., Path]) -> None:
    path = make_sqlite(TABLES + VIEWS + BROKEN)
    with closing(open_apsw(path)) as conn:
        source = same(pg, conn)
        broken = ("no_table", "no_function", "gone")
        assert {row[1] for row in source.master} > set(broken)
        assert not [row for row in source.columns if row[0] in broken]
        for name in broken:
            with pytest.raises(apsw.SQLError):
                conn.execute("SELECT * FROM pragma_table_info(?)", (name,)).fetchall()
    rows = pg.execute("SELECT name, ncol FROM sqlite.pragma_table_list('app')").fetchall()
    assert {name: n for name, n in rows if name in ("v", "V 2", "f", *broken)} == {
        "v": 5, "V 2": 2, "f": 4, "no_table": 0, "no_function": 0, "gone": 0,
    }  # fmt: skip


def test_an_interrupt_is_no_broken_view() -> None:
    conn = memory(TABLES + VIEWS)
    conn.set_progress_handler(lambda: True, 1)
    with pytest.raises(apsw.InterruptError):
        read_source_schema(conn)


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_encodings(pg: psycopg.Connection[Any], encoding: str) -> None:
    source = same(pg, memory(f"PRAGMA encoding = '{encoding}'; {TABLES} {VIEWS}"))
    assert dict(source.settings)["encoding"] == encoding


def test_bytes_that_are_no_text(pg: psycopg.Connection[Any]) -> None:
    """What only a damaged or edited catalog has: SQLite reads to the first NUL, and PostgreSQL has none."""
    conn = memory("CREATE TABLE t (a DEFAULT 'x'); PRAGMA writable_schema = ON")
    conn.execute(
        "UPDATE sqlite_master SET rootpage = 'none', "
        "sql = CAST(CAST(sql AS BLOB) || x'202d2dff00' || 'no more' AS TEXT)"
    )
    keep(pg, "app", read_source_schema(conn))
    assert pg.execute("SELECT * FROM sqlite.sqlite_master('app')").fetchall() == [
        ("table", "t", "t", None, "CREATE TABLE t (a DEFAULT 'x') --\ufffd")
    ]


def test_an_empty_source(pg: psycopg.Connection[Any]) -> None:
    source = same(pg, memory())
    assert source.master == ()
    assert [row[:2] for row in source.tables] == [("main", "sqlite_schema"), ("temp", "sqlite_temp_schema")]


def test_long_names(pg: psycopg.Connection[Any]) -> None:
    name = quote_sqlite("é" * 5000)
    same(pg, memory(f"CREATE TABLE {name} (a REFERENCES {name}); CREATE INDEX i ON {name} (a)"))


def test_of_the_corpus(pg: psycopg.Connection[Any], corpus_dir: Path, tmp_path: Path) -> None:
    names = (
        "anki_modern",
        "calibre",
        "chinook_autoinc",
        "datasette_fixtures",
        "gpkg_gdal_sample",
        "northwind",
    )
    for name in names:
        copy = tmp_path / f"{name}.db"
        shutil.copyfile(corpus_dir / copy.name, copy)
        with closing(open_apsw(copy)) as conn:
            assert same(pg, conn).master


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
names = st.one_of(st.sampled_from(["a", "B", "select", "é", "É", 'q"', "x y"]), texts).filter(
    lambda name: not name.lower().startswith("sqlite_")
)
types = st.sampled_from(["", "INT", "integer", "Text", "varchar(10)", "DOUBLE PRECISION", "blob", "any"])
defaults = st.sampled_from(
    ["", "DEFAULT 1", "DEFAULT 'x'", "DEFAULT (1 + 2)", "NOT NULL", "UNIQUE", "DEFAULT NULL"]
)


@st.composite
def tables(draw: st.DrawFn) -> list[str]:
    """A table, and perhaps indexes of it; some will not pass."""
    name = quote_sqlite(draw(names))
    columns = [quote_sqlite(each) for each in draw(st.lists(names, min_size=1, max_size=4))]
    terms = [f"{column} {draw(types)} {draw(defaults)}" for column in columns]
    some = st.lists(st.sampled_from(columns), min_size=1, max_size=3).map(", ".join)
    tail = ""
    if draw(st.booleans()):
        terms.append(f"PRIMARY KEY ({draw(some)})")
        tail = draw(st.sampled_from(["", "WITHOUT ROWID", "STRICT"]))
    if draw(st.booleans()):
        terms.append(f"FOREIGN KEY ({draw(st.sampled_from(columns))}) REFERENCES {quote_sqlite(draw(names))}")
    made = [f"CREATE TABLE {name} ({', '.join(terms)}) {tail}"]
    order = st.sampled_from(["", "DESC"])
    made += [
        f"CREATE INDEX {quote_sqlite(draw(names))} ON {name} ({draw(some)} {draw(order)})"
        for _ in range(draw(st.integers(0, 2)))
    ]
    return made


@given(st.lists(tables(), max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[*HealthCheck])
def test_random_schemas(pg: psycopg.Connection[Any], made: list[list[str]]) -> None:
    conn = memory()
    for statement in (each for group in made for each in group):
        try:
            conn.execute(statement)
        except apsw.SQLError:
            continue
    same(pg, conn)


def answers_of(pg: psycopg.Connection[Any], schema: str = "app") -> int:
    """How many rows there are of anything."""
    return sum(
        len(rows[1]) if isinstance(rows[0], str) and isinstance(rows[1], list) else 1
        for found in of_postgres(pg, ["a", "ix", "p", "w"], schema).values()
        for rows in found
    )


def test_installed_with_the_others(database: str) -> None:
    with psycopg.connect(database) as pg:
        functions.install(pg)
        same(pg, memory(TABLES))


def test_nothing_kept_nothing_found(pg: psycopg.Connection[Any]) -> None:
    assert answers_of(pg) == 0
    forget(pg, "app")
    Ledger("app").prepare(pg)
    assert answers_of(pg) == 0
    keep(pg, "other", read_source_schema(memory(TABLES)))
    assert answers_of(pg) == 0
    assert pg.execute("SELECT * FROM sqlite.sqlite_master(NULL)").fetchall() == []


def test_each_target_schema_has_its_own(pg: psycopg.Connection[Any]) -> None:
    first, second = memory(TABLES), memory("CREATE TABLE a (other)")
    keep(pg, "app", read_source_schema(first))
    keep(pg, "App 2", read_source_schema(second))
    differ(of_postgres(pg, ["a", "w"], "App 2"), of_sqlite(second, ["a", "w"]))
    keep(pg, "app", read_source_schema(second))
    differ(of_postgres(pg, ["a", "w"]), of_sqlite(second, ["a", "w"]))
    forget(pg, "app")
    assert answers_of(pg) == 0
    assert answers_of(pg, "App 2") > 0


def test_kept_in_the_callers_transaction(pg: psycopg.Connection[Any]) -> None:
    source = read_source_schema(memory(TABLES))
    with pg.transaction():
        keep(pg, "app", source)
        assert answers_of(pg) > 0
        raise psycopg.Rollback
    assert answers_of(pg) == 0
    assert pg.execute("SELECT FROM pg_namespace WHERE nspname = 'outgrow'").fetchall() == []
    keep(pg, "app", source)
    with pg.transaction():
        forget(pg, "app")
        raise psycopg.Rollback
    assert answers_of(pg) > 0


def test_what_is_missing_is_made_again(pg: psycopg.Connection[Any]) -> None:
    conn = memory(TABLES)
    same(pg, conn)
    pg.execute("DROP TABLE outgrow.sqlite_columns, outgrow.sqlite_settings")
    assert pg.execute("SELECT * FROM sqlite.pragma_table_info('app', 'a')").fetchall() == []
    assert pg.execute("SELECT * FROM sqlite.pragma_user_version('app')").fetchall() == []
    same(pg, conn)


@pytest.fixture
def role(pg: psycopg.Connection[Any]) -> Iterator[str]:
    """A role that may do nothing but call the functions."""
    name = f"reader_{pg.info.dbname}"
    pg.execute(f"CREATE ROLE {name}; GRANT USAGE ON SCHEMA sqlite TO {name}")
    yield name
    pg.execute(f"RESET ROLE; DROP OWNED BY {name}; DROP ROLE {name}")


def test_the_applications_role_may_read(pg: psycopg.Connection[Any], role: str) -> None:
    conn = memory(TABLES)
    Ledger("app").prepare(pg)
    pg.execute(f"SET ROLE {role}")
    assert answers_of(pg) == 0
    pg.execute("RESET ROLE")
    keep(pg, "app", read_source_schema(conn))
    pg.execute(f"SET ROLE {role}; SET search_path = pg_temp")
    differ(of_postgres(pg, ["a", "w", "p"]), of_sqlite(conn, ["a", "w", "p"]))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        pg.execute("SELECT * FROM outgrow.move")


def test_a_user_who_may_not(pg: psycopg.Connection[Any], role: str) -> None:
    source = read_source_schema(memory(TABLES))
    pg.execute(f"SET ROLE {role}")
    with pytest.raises(TargetError, match="schema outgrow"):
        keep(pg, "app", source)
    pg.execute("RESET ROLE")
    keep(pg, "app", source)
    pg.execute(f"SET ROLE {role}")
    for attempt in (lambda: keep(pg, "app", source), lambda: forget(pg, "app")):
        with pytest.raises(TargetError, match="schema outgrow"):
            attempt()
    assert answers_of(pg) > 0


def test_another_user_of_the_same_schema(pg: psycopg.Connection[Any], role: str) -> None:
    """Who may write to the tables needs no right to make them."""
    conn = memory(TABLES)
    same(pg, conn)
    pg.execute(f"GRANT INSERT, DELETE ON ALL TABLES IN SCHEMA outgrow TO {role}; SET ROLE {role}")
    same(pg, conn)
