from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from outgrow.schema.model import Affinity, Column, Database, VirtualTable
from outgrow.sqlite.catalog import read_catalog
from outgrow.sqlite.connect import open_snapshot

Catalog = Callable[[str], Database]
WRITABLE = (
    "PRAGMA writable_schema=ON;"
    "UPDATE sqlite_schema SET sql = replace(sql, {old!r}, {new!r}) WHERE name = {name!r}"
)


def key(name: str) -> Column:
    return Column(name=name, declared_type="INTEGER", affinity=Affinity.INTEGER, not_null=True, primary_key=1)


def plain(name: str) -> Column:
    return Column(name=name, declared_type="", affinity=Affinity.BLOB)


def text(name: str) -> Column:
    return replace(plain(name), verbatim=True)


def hidden(name: str) -> Column:
    return replace(key(name), hidden=True)


def rewrite(path: Path, name: str, old: str, new: str) -> Path:
    """Change a CREATE text in place, as if a module that is not loaded here had made the table."""
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(WRITABLE.format(name=name, old=old, new=new)).fetchall()
    return path


def rows(path: Path, name: str) -> tuple[VirtualTable, list[tuple[object, ...]]]:
    with open_snapshot(path) as snapshot:
        (table,) = [v for v in read_catalog(snapshot).virtual_tables if v.name == name]
        assert table.select is not None
        with snapshot.apsw() as reader:
            return table, reader.execute(f"{table.select} ORDER BY 1").fetchall()


FULL_TEXT = (
    'CREATE VIRTUAL TABLE "d x" USING {}; INSERT INTO "d x"(rowid, "a b", c)'
    " VALUES (7, 'é', 'two'), (9, 3, NULL)"
)


@pytest.mark.parametrize("module", ["fts5", "FTS4", "fts3"])
def test_full_text_by_module(make: Callable[..., Path], module: str) -> None:
    path = make(FULL_TEXT.format(f'{module}("a b", c)'))
    table, found = rows(path, "d x")
    assert found == [(7, "é", "two"), (9, 3, None)]
    suffixes = {
        "fts5": ("_data", "_idx", "_content", "_docsize", "_config"),
        "fts4": ("_content", "_segments", "_segdir", "_docsize", "_stat"),
        "fts3": ("_content", "_segments", "_segdir"),
    }[module.lower()]
    assert table == VirtualTable(
        name="d x", module=module.lower(), arguments=('"a b"', "c"),
        columns=(hidden("rowid"), text("a b"), text("c")),
        sql=f'CREATE VIRTUAL TABLE "d x" USING {module}("a b", c)', readable="module",
        shadow_tables=tuple(f"d x{suffix}" for suffix in suffixes),
        select='SELECT rowid AS rowid, "a b", "c" FROM "d x"',
    )  # fmt: skip
    with open_snapshot(path) as snapshot:
        assert read_catalog(snapshot).tables == ()


@pytest.mark.parametrize("module", ["fts4", "fts3"])
def test_full_text_by_shadow(make: Callable[..., Path], module: str) -> None:
    """A tokenizer that is not there stops the module; the text is read from where it stores it."""
    path = make(FULL_TEXT.format(f'{module}("a b", c, tokenize=porter)'))
    table, found = rows(rewrite(path, "d x", "porter", "theirs"), "d x")
    assert found == [(7, "é", "two"), (9, 3, None)]
    assert (table.readable, table.columns) == ("shadow", (hidden("rowid"), text("a b"), text("c")))
    assert table.select == 'SELECT "docid" AS "rowid", "c0a b" AS "a b", "c1c" AS "c" FROM "d x_content"'


def test_fts5_by_shadow(make: Callable[..., Path]) -> None:
    path = make(FULL_TEXT.format('fts5("a b", c UNINDEXED, prefix=2)'))
    table, found = rows(rewrite(path, "d x", "prefix=2", "theirs=2"), "d x")
    assert found == [(7, "é", "two"), (9, 3, None)]
    assert (table.readable, table.columns) == ("shadow", (hidden("rowid"), text("a b"), text("c")))


def test_full_text_of_another_table(make: Callable[..., Path]) -> None:
    """External content named like a shadow table is the user's own table; without module it is named."""
    sql = (
        "CREATE TABLE d_content(id INTEGER PRIMARY KEY, a TEXT); INSERT INTO d_content VALUES (4, 'x');"
        "CREATE VIRTUAL TABLE d USING fts5(a, content='d_content', content_rowid=id, prefix=2)"
    )
    path = make(sql)
    assert rows(path, "d")[1] == [(4, "x")]
    rewrite(path, "d", "prefix=2", "theirs=2")
    with open_snapshot(path) as snapshot:
        found = read_catalog(snapshot)
    assert [t.name for t in found.tables] == ["d_content"]
    (table,) = found.virtual_tables
    assert (table.readable, table.columns, table.select) == (None, (), None)
    assert table.unreadable is not None
    assert table.unreadable.endswith("; its text is in the table d_content")


def test_contentless(catalog: Catalog) -> None:
    found = catalog(
        "CREATE VIRTUAL TABLE d USING fts5(a, content=''); CREATE VIRTUAL TABLE e USING fts4(a,"
        ' content="");'
        "CREATE VIRTUAL TABLE f USING fts5vocab(d, row); INSERT INTO d(rowid, a) VALUES (1, 'x')"
    )
    assert [(v.name, v.readable, v.unreadable) for v in found.virtual_tables] == [
        ("d", "shadow", None),
        ("e", None, "contentless: it holds an index of the text, not the text"),
        ("f", None, "fts5vocab shows what other tables hold; it has no rows of its own"),
    ]
    assert found.tables == ()


def test_language_id_is_read(make: Callable[..., Path]) -> None:
    path = make(
        'CREATE VIRTUAL TABLE d USING fts4(a, languageid="lid"); INSERT INTO d(rowid, a, lid)'
        " VALUES (1, 'x', 5)"
    )
    table, found = rows(path, "d")
    assert found == [(1, "x", 5)]
    assert [c.name for c in table.columns] == ["rowid", "a", "lid"]


def test_rtree(make: Callable[..., Path]) -> None:
    path = make(
        "CREATE VIRTUAL TABLE g USING rtree(id, x0, x1, +note TEXT); INSERT INTO g VALUES (5,"
        " 0.5, 1.25, 'n');"
        "CREATE VIRTUAL TABLE h USING rtree_i32(k, a, b); INSERT INTO h VALUES (6, -7, 8);"
        "CREATE VIRTUAL TABLE p USING geopoly(name); INSERT INTO p(rowid, _shape, name) VALUES"
        " (3, '[[0,0],[1,0],[1,1],[0,0]]', 'tri')"
    )
    table, found = rows(path, "g")
    assert found == [(5, 0.5, 1.25, "n")]
    assert table.shadow_tables == ("g_rowid", "g_node", "g_parent")
    assert [(c.name, c.affinity) for c in table.columns] == [
        ("id", Affinity.INTEGER), ("x0", Affinity.REAL), ("x1", Affinity.REAL), ("note", Affinity.BLOB),
    ]  # fmt: skip
    assert rows(path, "h")[1] == [(6, -7, 8)]
    table, found = rows(path, "p")
    assert [c.name for c in table.columns] == ["rowid", "_shape", "name"]
    assert (found[0][0], found[0][2]) == (3, "tri")
    with open_snapshot(path) as snapshot:
        assert read_catalog(snapshot).tables == ()


def test_unknown_module(make: Callable[..., Path]) -> None:
    """Only conventional suffixes are taken for its shadow tables; another table stays the user's."""
    path = make(
        "CREATE TABLE d_data(a); CREATE TABLE d_mine(a); CREATE VIRTUAL TABLE d USING rtree(id, a, b)"
    )
    rewrite(path, "d", "rtree(id, a, b)", "theirs(a, 'b')")
    with open_snapshot(path) as snapshot:
        found = read_catalog(snapshot)
    assert found.virtual_tables == (
        VirtualTable(
            name="d", module="theirs", arguments=("a", "'b'"),
            sql="CREATE VIRTUAL TABLE d USING theirs(a, 'b')",
            shadow_tables=("d_data", "d_rowid", "d_node", "d_parent"),
            unreadable="no such module: theirs; the format of its shadow tables is not known",
        ),
    )  # fmt: skip
    assert [t.name for t in found.tables] == ["d_mine"]


INTEGERS = (0, 1, -1, 255, 2**62 + 12345, -(2**63), 2**63 - 1)
DOUBLES = (0.0, 1.5, -0.1, 5e-324, 1.7976931348623157e308, float("-inf"), 2.2250738585072014e-308)
TEXTS = ("", "short", "exactly12byt", "thirteen byte", "é" * 6, "é" * 40, "x")


def vec0_text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<i", len(raw)) + raw[:12].ljust(12, b"\0")


def test_vec0_by_shadow(make: Callable[..., Path]) -> None:
    """A table as sqlite-vec v0.1 stores it: every kind of column, decoded by SQL, all bits kept."""
    path = make(
        "CREATE TABLE v_info(key, value); CREATE TABLE v_chunks(chunk_id INTEGER PRIMARY KEY,"
        " size, sequence_id,"
        " partition00, validity, rowids); CREATE TABLE v_rowids(rowid INTEGER PRIMARY KEY, id,"
        " chunk_id, chunk_offset);"
        "CREATE TABLE v_vector_chunks00(rowid PRIMARY KEY, vectors); CREATE TABLE"
        " v_auxiliary(rowid PRIMARY KEY, value00);"
        "CREATE TABLE v_metadatachunks00(rowid PRIMARY KEY, data); CREATE TABLE"
        " v_metadatachunks01(rowid PRIMARY KEY, data);"
        "CREATE TABLE v_metadatachunks02(rowid PRIMARY KEY, data); CREATE TABLE"
        " v_metadatachunks03(rowid PRIMARY KEY, data);"
        "CREATE TABLE v_metadatatext02(rowid PRIMARY KEY, data); CREATE VIRTUAL TABLE v USING"
        " rtree(id, a, b);"
    )
    vectors = [struct.pack("<2f", n, -n) for n in range(7)]
    with closing(apsw.Connection(str(path))) as c:
        for name, content in (
            ("v_metadatachunks00", struct.pack("<7q", *INTEGERS)),
            ("v_metadatachunks01", struct.pack("<7d", *DOUBLES)),
            ("v_metadatachunks02", b"".join(map(vec0_text, TEXTS))),
            ("v_metadatachunks03", bytes([0b1010101])),
            ("v_vector_chunks00", b"".join(vectors)),
        ):  # fmt: skip
            c.execute(f"INSERT INTO {name} VALUES (1, ?)", (content,)).fetchall()
        c.execute("INSERT INTO v_chunks VALUES (1, 8, NULL, 'part', x'', x'')").fetchall()
        for n in range(7):
            c.execute("INSERT INTO v_rowids VALUES (?, ?, 1, ?)", (n + 1, f"k{n}", n)).fetchall()
            c.execute("INSERT INTO v_auxiliary VALUES (?, ?)", (n + 1, f"aux{n}")).fetchall()
            if len(TEXTS[n].encode()) > 12:
                c.execute("INSERT INTO v_metadatatext02 VALUES (?, ?)", (n + 1, TEXTS[n])).fetchall()
    declared = (
        "vec0(k text primary key, e float[2] distance_metric=cosine, n integer, d float, s text, f boolean,"
        " p text partition key, +x text, chunk_size=8)"
    )
    table, found = rows(rewrite(path, "v", "rtree(id, a, b)", declared), "v")
    assert table.readable == "shadow"
    assert [(c.name, c.declared_type) for c in table.columns] == [
        ("k", "TEXT"), ("e", "BLOB"), ("n", "INTEGER"), ("d", "REAL"), ("s", "TEXT"), ("f", "BOOLEAN"),
        ("p", "TEXT"), ("x", "TEXT"),
    ]  # fmt: skip
    assert found == [
        (f"k{n}", vectors[n], INTEGERS[n], DOUBLES[n], TEXTS[n], 1 - n % 2, "part", f"aux{n}")
        for n in range(7)
    ]


def test_vec0_of_a_real_database(copied: Callable[[str], Path]) -> None:
    path = copied("seed_pensieve.db")
    table, found = rows(path, "entities_vec_v2")
    assert (table.readable, len(table.shadow_tables)) == ("shadow", 11)
    assert [row[0] for row in found] == [1, 2, 3, 4, 5]
    assert {len(row[1]) for row in found} == {768 * 4}  # type: ignore[arg-type]
    assert {row[2:] for row in found} == {("image", 1751855520, 1751855520, "2025-07-07", "Terminal", 1)}
    with open_snapshot(path) as snapshot:
        tables = [t.name for t in read_catalog(snapshot).tables]
    assert not [name for name in tables if name.startswith(("entities_vec", "entities_fts"))]
