"""The measuring stick itself: reader, comparison, generators, and what a run makes of a file."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from logictest import decode, results
from logictest.databases import databases
from logictest.generate import SHAPES, complete, generate
from logictest.reader import Digest, FormatError, Query, Record, Statement, Threshold, read, write
from logictest.report import Tally
from logictest.results import Outcome, has_order, rendered, same_rows
from logictest.runner import Compared, Event, FileRun, SetUp, Warned, judge
from logictest.source import Source
from logictest.steps import literal
from logictest.target import TranslatedTarget
from outgrow.errors import TranslationError
from outgrow.schema.target import TargetModel

# --- reader ---

SAMPLE = """\
# a comment
hash-threshold 8

onlyif mysql
halt

statement ok
CREATE TABLE t1(a INTEGER,
# stripped
  b TEXT)

statement error  # fails
INSERT INTO nowhere VALUES(1)

skipif sqlite
statement ok
one that is not ours

skipif mysql # not compatible
onlyif SQLite
query IT rowsort label-1
SELECT a, b
  FROM t1
----
1
(empty)
NULL
x

\t
query R
SELECT 1.5

query I nosort # comment
SELECT 1 WHERE 0
----

query I valuesort
SELECT a FROM t1
----
30 values hashing to 3c13dee48d9356ae19af2515e05e6b54


onlyif sqlite
halt

statement ok
after the end
"""

RECORDS = [
    Threshold(line=2, values=8),
    Statement(line=7, sql="CREATE TABLE t1(a INTEGER,\n  b TEXT)"),
    Statement(line=12, sql="INSERT INTO nowhere VALUES(1)", succeeds=False),
    Query(
        line=21,
        sql="SELECT a, b\n  FROM t1",
        types="IT",
        sort="rowsort",
        label="label-1",
        expected=("1", "(empty)", "NULL", "x"),
    ),
    Query(line=31, sql="SELECT 1.5", types="R"),
    Query(line=34, sql="SELECT 1 WHERE 0", types="I", expected=()),
    Query(
        line=38,
        sql="SELECT a FROM t1",
        types="I",
        sort="valuesort",
        expected=Digest(count=30, md5="3c13dee48d9356ae19af2515e05e6b54"),
    ),
]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_every_record_of_a_file(ending: str) -> None:
    assert list(read(SAMPLE.replace("\n", ending))) == RECORDS


def test_another_engine_reads_other_records() -> None:
    assert list(read(SAMPLE, engine="mysql")) == RECORDS[:1]


@pytest.mark.parametrize(
    "text",
    [
        "statement maybe\nSELECT 1",
        "query IX\nSELECT 1",
        "query I sorted\nSELECT 1",
        "query",
        "hash-threshold many",
        "SELECT 1",
        "onlyif",
        "onlyif sqlite\nnothing",
    ],
)
def test_what_the_format_does_not_have(text: str) -> None:
    with pytest.raises(FormatError, match=r"line \d"):
        list(read(text))
    skipped: list[FormatError] = []
    assert list(read(f"{text}\n\nhash-threshold 1", skipped=skipped.append)) == [
        Threshold(line=4 - (text.count("\n") == 0), values=1)
    ]
    assert len(skipped) == 1


_LINES = st.lists(st.from_regex(r"[a-zA-Z(][ -~]{0,12}[a-zA-Z)]", fullmatch=True), min_size=1, max_size=3)
_SQL = _LINES.map("\n".join)
_RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.builds(Threshold, values=st.integers(0, 99)),
    st.builds(Statement, sql=_SQL, succeeds=st.booleans()),
    st.builds(
        Query,
        sql=_SQL,
        types=st.text("TIR", min_size=1, max_size=4),
        sort=st.sampled_from(("nosort", "rowsort", "valuesort")),
        label=st.sampled_from(("", "label-1")),
        expected=st.one_of(
            st.none(),
            st.lists(st.from_regex(r"[!$-~]{1,6}", fullmatch=True).filter(lambda v: v != "----")).map(tuple),
            st.builds(Digest, count=st.integers(1, 99), md5=st.just("0" * 32)),
        ),
    ),
)


@given(st.lists(_RECORDS, max_size=5))
def test_what_is_written_is_read(records: list[Record]) -> None:
    kept = [_without_line(record) for record in read(write(records))]
    assert kept == records


def _without_line(record: Record) -> Record:
    match record:
        case Threshold(values=values):
            return Threshold(values=values)
        case Statement(sql=sql, succeeds=succeeds):
            return Statement(sql=sql, succeeds=succeeds)
    return Query(
        sql=record.sql, types=record.types, sort=record.sort, label=record.label, expected=record.expected
    )


# --- results as text ---

TEXTS: list[tuple[results.Value, str, str]] = [
    (None, "T", "NULL"),
    (None, "I", "NULL"),
    (None, "R", "NULL"),
    ("", "T", "(empty)"),
    ("a\tb\x7f", "T", "a@b@"),
    ("é", "T", "@@"),
    (1.5, "T", "1.5"),
    (1e20, "T", "1.0e+20"),
    (12, "T", "12"),
    (b"ab", "T", "ab"),
    (b"\xff", "T", "@"),
    (7, "I", "7"),
    (-7.9, "I", "-7"),
    ("12abc", "I", "12"),
    ("abc", "I", "0"),
    (2**31, "I", str(-(2**31))),
    (2**63 - 1, "I", "-1"),
    (1e300, "I", "-1"),
    (1, "R", "1.000"),
    (2.0005, "R", "2.001"),
    ("1.25x", "R", "1.250"),
    (-0.0001, "R", "-0.000"),
]


@pytest.mark.parametrize(("value", "type_", "text"), TEXTS)
def test_a_value_as_the_reference_prints_it(value: results.Value, type_: str, text: str) -> None:
    assert rendered([(value,)], type_, "nosort") == (text,)


def test_sorting_is_of_texts() -> None:
    rows: list[results.Row] = [(9, "b"), (10, "a"), (10, None)]
    assert rendered(rows, "IT", "nosort") == ("9", "b", "10", "a", "10", "NULL")
    assert rendered(rows, "IT", "rowsort") == ("10", "NULL", "10", "a", "9", "b")
    assert rendered(rows, "IT", "valuesort") == ("10", "10", "9", "NULL", "a", "b")


def test_long_and_unreadable_results_are_hashed() -> None:
    assert results.written(("1", "2"), 2) == ("1", "2")
    assert results.written(("1", "2"), 1) == Digest(count=2, md5="6ddb4095eb719e2a9f0a3f95677d24e0")
    assert results.written(("1", "2"), 0) == ("1", "2")
    assert isinstance(results.written((" ",), 8), Digest)
    assert isinstance(results.written(("#1",), 8), Digest)


# --- the comparison ---


@pytest.mark.parametrize(
    ("left", "right", "ordered", "same"),
    [
        ([(1,), (2,)], [(2,), (1,)], False, True),
        ([(1,), (2,)], [(2,), (1,)], True, False),
        ([(1,), (1,), (2,)], [(1,), (2,), (2,)], False, False),
        ([(1,)], [(1.0,)], False, False),
        ([("1",)], [(1,)], False, False),
        ([(b"a",)], [("a",)], False, False),
        ([(0.0,)], [(-0.0,)], False, False),
        ([(0.1 + 0.2,)], [(0.3,)], False, False),
        ([(None,)], [("None",)], False, False),
        ([(None, "NoneType None")], [(None, "NoneType None")], True, True),
        ([(float("inf"),)], [(float("inf"),)], True, True),
        ([(1, 2)], [(2, 1)], False, False),
        ([], [], True, True),
        ([(1,)], [], False, False),
    ],
)
def test_rows_are_compared_with_their_classes(left: Any, right: Any, ordered: bool, same: bool) -> None:
    assert same_rows(left, right, ordered=ordered, documents=()) is same


def test_a_document_is_equal_as_a_value() -> None:
    left, right = [('{"b": 1,"a":[ ]}', "{}")], [('{"a": [], "b": 1}', "{}")]
    assert same_rows(left, right, ordered=True, documents={0})
    assert not same_rows(left, right, ordered=True, documents={1})


def test_the_rows_that_only_one_has() -> None:
    left: list[results.Row] = [(1,), (1,), (2,), (3.0,)]
    right: list[results.Row] = [(2,), (1,), (3,)]
    assert results.only_in(left, right, ()) == ((1,), (3.0,))
    assert results.only_in(right, left, ()) == ((3,),)


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("SELECT 1 ORDER BY 1", True),
        ("SELECT 1 UNION SELECT 2 order by 1", True),
        ("SELECT * FROM (SELECT 1 ORDER BY 1)", False),
        ("SELECT sum(a) OVER (ORDER BY a) FROM t", False),
        ("SELECT 'ORDER BY', \"order\" FROM t -- ORDER BY", False),
        ("WITH x AS (SELECT 1 ORDER BY 1) SELECT * FROM x ORDER BY 1", True),
        ("SELECT 'unfinished", False),
    ],
)
def test_the_order_of_the_outermost_query(sql: str, ordered: bool) -> None:
    assert has_order(sql) is ordered


ONE, TWO = Outcome(rows=((1,),), width=1), Outcome(rows=((1,), (2,)), width=1)
FAILED, REFUSED = Outcome(error="why"), Outcome(refused="what")


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (ONE, ONE, ("same", "")),
        (ONE, TWO, ("different", "another number of rows")),
        (ONE, Outcome(rows=((1.0,),), width=1), ("different", "other classes alone")),
        (ONE, Outcome(rows=((3,),), width=1), ("different", "other values")),
        (ONE, Outcome(rows=((1, 2),), width=2), ("different", "another number of columns")),
        (ONE, REFUSED, ("refused", "what")),
        (ONE, FAILED, ("error", "why")),
        (FAILED, ONE, ("error", "only SQLite fails: why")),
        (FAILED, FAILED, ("same", "")),
        (FAILED, REFUSED, ("same", "")),
        (Outcome(changes=1), Outcome(changes=2), ("different", "another number of rows changed")),
        (Outcome(changes=1), Outcome(), ("same", "")),
        (Outcome(rows=(), width=1), Outcome(rows=(), width=1), ("same", "")),
    ],
)
def test_how_a_record_ends(source: Outcome, target: Outcome, expected: tuple[str, str]) -> None:
    assert judge(Query(sql="SELECT 1", types="I"), source, target) == expected


def test_order_counts_where_the_record_and_the_query_say_so() -> None:
    turned = Outcome(rows=((2,), (1,)), width=1)
    sql = "SELECT a FROM t ORDER BY a"
    assert judge(Query(sql=sql, types="I"), TWO, turned) == ("different", "the order alone")
    assert judge(Query(sql=sql, types="I", sort="rowsort"), TWO, turned) == ("same", "")
    assert judge(Query(sql="SELECT a FROM t", types="I"), TWO, turned) == ("same", "")


# --- a run ---


class Twin:
    """SQLite as the other engine, from the same bytes; refuses what it is told to."""

    def __init__(self, refuses: str = "nothing") -> None:
        self.refuses, self.loads = refuses, 0
        self._source = Source()

    def load(self, image: bytes, *, in_transaction: bool = False) -> None:
        self.loads += 1
        self._source.close()
        self._source = Source()
        self._source._connection.deserialize(image)
        if in_transaction:
            self._source.run("BEGIN")

    def run(self, sql: str) -> Outcome:
        return Outcome(refused="a word") if self.refuses in sql else self._source.run(sql)


def run(text: str, target: Any) -> list[Event]:
    return list(FileRun(target).events(read(text)))


def summary(events: Sequence[Event]) -> list[str]:
    return [event.kind if isinstance(event, Compared) else type(event).__name__ for event in events]


def script(*lines: str) -> str:
    """Records of lines: `!` an expected error, `?` a query of one integer, the rest statements."""
    heads = {"!": "statement error\n", "?": "query I rowsort\n"}
    return "\n\n".join(
        heads[line[0]] + line[1:] if line[0] in heads else "statement ok\n" + line for line in lines
    )


def test_what_is_moved_and_what_is_compared() -> None:
    target = Twin()
    text = script(
        "CREATE TABLE t(a PRIMARY KEY)", "INSERT INTO t VALUES(1)", "!INSERT INTO t VALUES(1)",
        "INSERT INTO t VALUES(2)", "?SELECT a FROM t", "!DROP TABLE nowhere", "?SELECT count(*) FROM t",
        "CREATE INDEX i ON t(a)", "?SELECT a FROM t", "REPLACE INTO t VALUES(2)", "?SELECT a FROM nowhere",
    )  # fmt: skip
    assert summary(run(text, target)) == [
        "SetUp", "SetUp", "same", "same", "same", "same", "same", "same", "same", "same", "Warned", "same",
    ]  # fmt: skip
    assert target.loads == 1


def test_a_definition_that_is_refused_is_moved() -> None:
    target = Twin(refuses="CREATE VIEW")
    text = script("CREATE TABLE t(a)", "?SELECT 1", "CREATE VIEW v AS SELECT 2", "?SELECT * FROM v")
    assert summary(run(text, target)) == ["SetUp", "same", "refused", "same"]
    assert target.loads == 2


class Backwards(Twin):
    """Reads tables from their end, and so gives ties in another order."""

    def run(self, sql: str) -> Outcome:
        self._source.run("PRAGMA reverse_unordered_selects = 1")
        sql = re.sub(r"ORDER BY 1$", "ORDER BY 1, a", sql)
        return super().run(re.sub(r"ORDER BY a( DESC)?(?=;| LIMIT|$)", r"\g<0>, b DESC", sql))


ROWS = "INSERT INTO t VALUES (1, 'x', 'c'), (1, 'y', 'B'), (0, 'z', 'C')"


@pytest.mark.parametrize(
    ("sql", "note"),
    [
        ("SELECT a, b FROM t ORDER BY a", "but for the order of ties"),
        ("SELECT b FROM t ORDER BY a DESC LIMIT 1;", "but for the order of ties"),
        ("SELECT group_concat(b) FROM t", "but for the order of what is gathered"),
        ("SELECT c FROM t ORDER BY 1", "but for the order of ties"),
        ("SELECT b FROM t ORDER BY b", ""),
    ],
)
def test_what_sql_leaves_open_is_said(sql: str, note: str) -> None:
    text = script("CREATE TABLE t(a, b, c COLLATE NOCASE)", ROWS) + f"\n\nquery TT nosort\n{sql}\n"
    compared = [event for event in run(text, Backwards()) if isinstance(event, Compared)]
    assert [(event.kind, event.note) for event in compared] == [("same", note)]


def test_a_sum_in_another_order_is_told() -> None:
    class Rounded(Twin):
        def run(self, sql: str) -> Outcome:
            return super().run(sql.replace("0.3", "0.30000000000000004"))

    events = run(script("?SELECT sum(0.3)", "?SELECT 0.3"), Rounded())
    compared = [event for event in events if isinstance(event, Compared)]
    assert [(event.kind, event.note) for event in compared] == [
        ("same", "but for the rounding of a sum in another order"),
        ("different", ""),
    ]


def test_another_order_of_keys_is_different() -> None:
    class Wrong(Twin):
        def run(self, sql: str) -> Outcome:
            return super().run(sql.replace("ORDER BY a", "ORDER BY a DESC"))

    text = (
        script("CREATE TABLE t(a, b, c COLLATE NOCASE)", ROWS)
        + "\n\nquery TT nosort\nSELECT a, b FROM t ORDER BY a\n"
    )
    compared = [event for event in run(text, Wrong()) if isinstance(event, Compared)]
    assert [(event.kind, event.reason) for event in compared] == [("different", "the order alone")]


def test_after_a_refused_change_both_have_the_same_rows_again() -> None:
    target = Twin(refuses="UPDATE")
    text = script(
        "CREATE TABLE t(a)", "INSERT INTO t VALUES(1)", "UPDATE t SET a = 2", "?SELECT a FROM t",
        "UPDATE t SET a = 3 WHERE a = 9", "?SELECT a FROM t",
    )  # fmt: skip
    assert summary(run(text, target)) == ["SetUp", "SetUp", "refused", "same", "refused", "same"]
    assert target.loads == 2


def test_a_transaction_that_is_rolled_back() -> None:
    target = Twin()
    text = script(
        "CREATE TABLE t(a)", "BEGIN", "INSERT INTO t VALUES(1)", "?SELECT a FROM t", "ROLLBACK",
        "?SELECT a FROM t",
    )  # fmt: skip
    events = run(text, target)
    assert summary(events) == ["SetUp", "SetUp", "SetUp", "same", "same", "same"]
    assert [len(event.target.rows or ()) for event in events if isinstance(event, Compared)] == [1, 0, 0]


def test_an_empty_database_is_moved_too() -> None:
    assert summary(run(script("?SELECT 1"), Twin())) == ["same"]


def test_warnings_are_about_sqlite_alone() -> None:
    text = (
        "query I\nSELECT 1\n----\n2\n\nstatement ok\nSELECT nowhere\n\nstatement error\nSELECT 1\n\n"
        "query II\nSELECT 1\n\nquery I nosort one\nSELECT 1\n\nquery I nosort one\nSELECT 2\n"
    )
    events = run(text, Twin())
    assert [event.reason for event in events if isinstance(event, Warned)] == [
        "another result",
        "no such column: nowhere",
        "it does not fail",
        "not 2 columns",
        "another result than the first one",
    ]
    assert {event.kind for event in events if isinstance(event, Compared)} == {"same"}


def test_the_counts_of_a_run() -> None:
    text = script("CREATE TABLE t(a)", "UPDATE t SET a = 1", "UPDATE t SET a = 2", "?SELECT a FROM t")
    tally, total = Tally(keep=1), Tally(keep=1)
    for event in run(text, Twin(refuses="UPDATE")):
        tally.take(event, "some.test")
    total.add(tally)
    assert total.line() == "1 / 0 / 2 / 0  (1 moved)"
    assert list(total.details()) == [
        "       2  refused: a word",
        "",
        "--- refused: a word  (some.test:4)",
        "UPDATE t SET a = 1",
        "SQLite:      0 rows changed",
        "PostgreSQL:  refused: a word",
    ]


# --- generators ---


@settings(max_examples=19, deadline=None)
@given(shape=st.sampled_from(sorted(SHAPES)), seed=st.integers(0, 10**6))
def test_a_generated_file_passes_on_sqlite(shape: str, seed: int) -> None:
    check_shape(shape, seed, 12)


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_every_shape(shape: str) -> None:
    counts = check_shape(shape, 1, 30)
    assert counts["query"] >= 10
    assert counts["statement"] > 0


def check_shape(shape: str, seed: int, count: int) -> Counter[str]:
    """The file is what the seed says, is read back, and holds for SQLite, of which a twin gives the same."""
    records = list(complete(SHAPES[shape](Random(seed), count)))
    assert records == list(complete(SHAPES[shape](Random(seed), count)))
    text = write(records)
    assert [_without_line(record) for record in read(text)] == records
    events = run(text, Twin())
    assert [event for event in events if isinstance(event, Warned)] == []
    assert {event.kind for event in events if isinstance(event, Compared)} == {"same"}
    assert len(events) == len(records) - 1
    return Counter("query" if isinstance(record, Query) else "statement" for record in records[1:])


def test_files_are_written_by_name_and_seed(tmp_path: Path) -> None:
    paths = list(generate(tmp_path, 7, 5, ["mixed", "select1"]))
    assert [path.name for path in paths] == ["mixed_7.test", "select1_7.test"]
    again = list(generate(tmp_path / "again", 7, 5))
    assert {path.name for path in again} == {f"{name}_7.test" for name in SHAPES}
    for path in paths:
        assert path.read_text() == (tmp_path / "again" / path.name).read_text()


@given(
    st.one_of(
        st.none(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_subnormal=False),
        st.binary(),
        st.text("a'é"),
    )
)
def test_a_literal_is_its_value(value: object) -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        found = connection.execute(f"SELECT {literal(value)}").fetchone()[0]
    if isinstance(value, float):
        assert found == pytest.approx(value, rel=1e-14, abs=0)  # SQLite 3.40 reads literals less exactly
    elif value != -(2**63):  # which SQLite reads as minus 2**63, a real
        assert (type(found), found) == (type(value), value)


# --- PostgreSQL's side ---


@dataclass(frozen=True, kw_only=True)
class Column:
    kind: str
    type: str = "text"
    conversion: str = "same"
    label: str = "c"


@dataclass(frozen=True)
class Translation:
    sql: str
    columns: tuple[Column, ...] = ()
    rows: tuple[results.Row, ...] | None = None


@pytest.mark.parametrize(
    ("given_", "column", "expected"),
    [
        ("i-9223372036854775808", Column(kind="tagged"), -(2**63)),
        ("r1.5", Column(kind="tagged"), 1.5),
        ("r-Infinity", Column(kind="tagged"), float("-inf")),
        ("r1e+20", Column(kind="tagged"), 1e20),
        ("t", Column(kind="tagged"), ""),
        ("ti1", Column(kind="tagged"), "i1"),
        ("b", Column(kind="tagged"), b""),
        ("b00ff", Column(kind="tagged"), b"\x00\xff"),
        (None, Column(kind="tagged"), None),
        (True, Column(kind="boolean", type="boolean"), 1),
        (False, Column(kind="boolean", type="boolean", conversion="boolean:0/1"), 0),
        (2.0, Column(kind="number", type="double precision", conversion="numbers"), 2),
        (2.5, Column(kind="number", type="double precision", conversion="numbers"), 2.5),
        (1e300, Column(kind="number", type="double precision"), 1e300),
        ("2.0", Column(kind="number", type="numeric", conversion="numeric-point"), 2.0),
        ("2", Column(kind="number", type="numeric", conversion="numeric"), 2),
        (2.0, Column(kind="real", type="double precision"), 2.0),
        (3, Column(kind="integer", type="bigint"), 3),
        (b"a", Column(kind="blob", type="bytea"), b"a"),
        ("x", Column(kind="text"), "x"),
        (None, Column(kind="null"), None),
        ("x'", Column(kind="held", conversion="escaped"), "x'"),
        ("X'61'", Column(kind="held", conversion="escaped"), b"a"),
        ("1.0", Column(kind="held", conversion="escaped"), 1.0),
        (None, Column(kind="held", conversion="escaped"), None),
    ],
)
def test_a_value_that_comes_back(given_: Any, column: Column, expected: results.Value) -> None:
    ((found,),) = decode.decoded([(given_,)], [column])
    assert (type(found), found) == (type(expected), expected)


def test_an_unknown_tag_is_no_value() -> None:
    with pytest.raises(ValueError, match="no tagged value"):
        decode.tagged("x1")


MOMENT = Column(kind="held", type="timestamp", conversion="timestamp-text:YYYY-MM-DD HH:MM:SS")
TRANSLATIONS = {
    "SELECT tagged": Translation(
        "VALUES ('i1', 7.5::float8), (NULL, NULL)", (Column(kind="tagged"), Column(kind="real"))
    ),
    "SELECT at": Translation("SELECT at FROM public.t ORDER BY id", (MOMENT,)),
    "SELECT view": Translation("SELECT n FROM public.v", (Column(kind="integer", type="bigint"),)),
    "INSERT": Translation("INSERT INTO public.t(id, n) VALUES (9, 9)"),
    "INSERT again": Translation("INSERT INTO public.t(id) VALUES (9)"),
    "COUNT": Translation("SELECT count(*) FROM public.t", (Column(kind="integer", type="bigint"),)),
    "PRAGMA": Translation(""),
    "PRAGMA known": Translation("", (Column(kind="tagged"),), rows=((1,),)),
    "BEGIN": Translation("BEGIN"),
    "COMMIT": Translation("COMMIT"),
    "SELECT unreadable": Translation("SELECT 'x1'", (Column(kind="tagged"),)),
}  # fmt: skip


@pytest.fixture
def models() -> list[TargetModel]:
    return []


@pytest.fixture
def target(server_url: str, models: list[TargetModel]) -> Iterator[TranslatedTarget]:
    def translation(sql: str, model: TargetModel, bytewise: bool) -> Translation:
        models.append(model)
        assert bytewise
        if sql not in TRANSLATIONS:
            raise TranslationError(sql.lower())
        return TRANSLATIONS[sql]

    with databases(server_url) as server:
        found = TranslatedTarget(server, translation=translation)
        yield found
        found.close()


IMAGE = """
CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, at DATETIME, s TEXT COLLATE NOCASE);
INSERT INTO t VALUES(1, 5, '2024-01-31 10:20:30', 'a'), (2, NULL, NULL, NULL);
CREATE VIEW w AS SELECT n FROM v;
CREATE VIEW v AS SELECT n FROM t WHERE id = 1;
"""


def image() -> bytes:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(IMAGE)
        return connection.serialize()


def test_a_moved_database_answers(target: TranslatedTarget, models: list[TargetModel]) -> None:
    assert target.run("COUNT").error == "nothing was moved yet"
    target.load(image())
    assert target.run("SELECT tagged").rows == ((1, 7.5), (None, None))
    assert target.run("SELECT at").rows == (("2024-01-31 10:20:30",), (None,))
    assert target.run("SELECT view").rows == ((5,),)
    assert target.run("PRAGMA") == Outcome()
    assert target.run("PRAGMA known") == Outcome(rows=((1,),), width=1)
    assert target.run("SELECT nowhere") == Outcome(refused="select nowhere")
    assert target.run("SELECT unreadable").error == "unreadable: ValueError: no tagged value begins like 'x1'"
    relations = {relation.source: relation for relation in models[0].relations}
    assert set(relations) == {"t", "v", "w"}
    assert [(c.source, c.collation, c.not_null) for c in relations["t"].columns] == [
        ("id", None, True), ("n", None, False), ("at", None, False), ("s", "NOCASE", False),
    ]  # fmt: skip
    assert (relations["t"].rowid_alias, relations["t"].primary_key) == ("id", ("id",))
    assert [(c.source, c.type) for c in relations["w"].columns] == [("n", relations["t"].column("n").type)]


def test_a_statement_that_fails_does_not_end_the_transaction(target: TranslatedTarget) -> None:
    target.load(image())
    assert target.run("BEGIN").error is None
    assert target.run("INSERT").changes == 1
    assert "duplicate key" in (target.run("INSERT again").error or "")
    assert target.run("COMMIT").error is None
    assert target.run("COUNT").rows == ((3,),)


def test_a_move_within_a_transaction(target: TranslatedTarget) -> None:
    target.load(image(), in_transaction=True)
    assert target.run("INSERT").changes == 1
    target.load(image())
    assert target.run("COUNT").rows == ((2,),)


def test_a_run_with_a_server(target: TranslatedTarget) -> None:
    text = script(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, n)", "INSERT INTO t VALUES(1, 2)", "?SELECT nowhere"
    )
    assert summary(run(text, target)) == ["SetUp", "SetUp", "Warned", "same"]
    assert [type(event) for event in run(script("CREATE TABLE t(a)"), target)] == [SetUp]


def test_definitions_with_a_server(server_url: str) -> None:
    text = script(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, n)", "INSERT INTO t VALUES(1, 2)", "?SELECT n FROM t",
        "CREATE VIEW v AS SELECT n + 1 FROM t", "!CREATE VIEW v AS SELECT 1", "?SELECT * FROM v",
        "CREATE TABLE u(a)", "INSERT INTO u VALUES(1.5)", "?SELECT a FROM u", "DROP VIEW v",
        "!SELECT 1 FROM v",
    )  # fmt: skip
    with databases(server_url) as server:
        target = TranslatedTarget(server)
        found = summary(run(text, target))
        target.close()
    assert found == ["SetUp", "SetUp", *["same"] * 9]
