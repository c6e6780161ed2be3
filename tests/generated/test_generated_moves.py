"""Random schemas and rows move, verify, and read the same by a reader of the test's own.

Verification and the copy share the reading of SQLite; the comparison here shares nothing with
either: apsw's Python rows against psycopg's, through a small map of its own.
"""

from __future__ import annotations

import contextlib
import math
import os
import struct
import tempfile
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw
import psycopg
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st
from psycopg.rows import TupleRow

from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.options import Options

EXAMPLES = int(os.environ.get("OUTGROW_EXAMPLES", "40"))
often = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)

DECLARED = st.sampled_from(
    [
        "INTEGER",
        "INT",
        "BIGINT",
        "REAL",
        "DOUBLE",
        "TEXT",
        "VARCHAR(5)",
        "BLOB",
        "",
        "NUMERIC",
        "DECIMAL(10,2)",
        "BOOLEAN",
        "DATETIME",
        "DATE",
        "TIME",
        "JSON",
        "UUID",
        "STRING",
        "TIMESTAMP",
        "NOTATYPE",
    ]
)
NAMES = st.one_of(
    st.sampled_from(
        [
            "id",
            "ID2",
            "name",
            "created_at",
            "is_on",
            "meta",
            "user_id",
            "ctid",
            "XMIN",
            "select",
            "Order",
            'a"b',
            "a'b",
            'x"; drop table y; --',
            "é",
            "É",
            "a b",
            "x" * 63,
            "x" * 70 + "1",
            "x" * 70 + "2",
            "%s",
            "\\",
            "new\nline",
            "$1",
            "rowid",
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6),
)
TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=6),
    st.sampled_from(
        [
            "",
            "5",
            "5.0",
            "-0",
            "1e5",
            "Inf",
            "NULL",
            "X'00'",
            "CAST(X'00' AS TEXT)",
            "'",
            "''",
            "it's",
            "\\N",
            "\\.",
            "a\0b",
            "true",
            "false",
            "2024-01-02",
            "2024-02-30",
            "2024-01-02 03:04:05",
            "2024-01-02T03:04:05.5",
            "03:04:05",
            "24:00:00",
            "2024-01-02 03:04:05+02:00",
            "{}",
            '{"a":1,"a":2}',
            "[1e400000]",
            "{bad",
            "7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "7C9E6679-7425-40DE-944B-E07FC1F90AE7",
            "\t\r\n",
            "a" * 3000,
        ]
    ),
)
INTEGERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0, 1, -1, 2**53 + 1, 2**31, 86_400, 1_700_000_000, 1_700_000_000_000]),
)
REALS = st.one_of(
    st.floats(allow_nan=False),
    st.sampled_from(
        [
            0.0,
            -0.0,
            5.0,
            0.5,
            1.25,
            5e-324,
            1e308,
            math.inf,
            -math.inf,
            2.0**53,
            1_700_000_000.25,
            2_460_825.5,
        ]
    ),
)
BLOBS = st.one_of(st.binary(max_size=8), st.just(bytes(16)))
BY_CLASS = [INTEGERS, REALS, TEXTS, BLOBS]
DEFAULTS = st.sampled_from(
    [
        None,
        "0",
        "1",
        "-5",
        "1.5",
        "'x'",
        "''",
        "NULL",
        "x'00'",
        "'it''s'",
        "CURRENT_TIMESTAMP",
        "(1 + 2)",
        "TRUE",
        "'5'",
    ]
)


@dataclass(frozen=True)
class Sketch:
    """One table: its SQL and rows for its columns, in order."""

    name: str
    columns: tuple[str, ...]
    statements: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def ascii_folded(name: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in name)


@st.composite
def columns(draw: st.DrawFn) -> tuple[str, st.SearchStrategy[Any]]:
    """A column's definition after its name, and its values: of one storage class, or of any."""
    declared = draw(DECLARED)
    default = draw(DEFAULTS)
    collation = draw(st.sampled_from(["", "", "", " COLLATE NOCASE", " COLLATE RTRIM"]))
    text = declared + (f" DEFAULT {default}" if default is not None else "") + collation
    kind = draw(st.sampled_from([*BY_CLASS, *BY_CLASS, st.one_of(*BY_CLASS), st.none(), st.integers(0, 1)]))
    return text, st.one_of(st.none(), kind, kind, kind)


@st.composite
def tables(draw: st.DrawFn, name: str, parents: Sequence[Sketch]) -> Sketch:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique_by=ascii_folded))
    made = [draw(columns()) for _ in names]
    definitions = [f"{quoted(n)} {text}" for n, (text, _) in zip(names, made, strict=True)]
    key = draw(
        st.sampled_from(
            ["", "", " INTEGER PRIMARY KEY", " INTEGER PRIMARY KEY AUTOINCREMENT", "composite", "desc"]
        )
    )
    values = [strategy for _, strategy in made]
    options = ""
    if key.startswith(" INTEGER"):
        definitions[0], values[0] = quoted(names[0]) + key, st.one_of(st.none(), INTEGERS)
    elif key == "desc":
        definitions[0] = f"{quoted(names[0])} INTEGER PRIMARY KEY DESC"
    elif key == "composite":
        definitions.append(f"PRIMARY KEY ({', '.join(map(quoted, names[:2]))})")
        options = draw(st.sampled_from(["", " WITHOUT ROWID"]))
    if parents and draw(st.booleans()):
        parent = draw(st.sampled_from(parents))
        target = f"{quoted(parent.name)} ({quoted(parent.columns[0])})"
        definitions.append(f"FOREIGN KEY ({quoted(names[-1])}) REFERENCES {target}")
    statements = [f"CREATE TABLE {quoted(name)} ({', '.join(definitions)}){options}"]
    if draw(st.booleans()):
        indexed = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
        unique = draw(st.sampled_from(["", "UNIQUE "]))
        where = draw(st.sampled_from(["", f" WHERE {quoted(names[0])} IS NOT NULL"]))
        order = draw(st.sampled_from(["", " DESC", " COLLATE NOCASE"]))
        index = quoted(draw(st.sampled_from([f"{name}_pkey", f"ix {name}", "x" * 80 + name])))
        keys = ", ".join(quoted(column) + order for column in indexed)
        statements.append(f"CREATE {unique}INDEX {index} ON {quoted(name)} ({keys}){where}")
    rows = draw(st.lists(st.tuples(*values), max_size=6))
    return Sketch(name, tuple(names), tuple(statements), tuple(rows))


@st.composite
def databases(draw: st.DrawFn) -> tuple[str, list[Sketch]]:
    made: list[Sketch] = []
    for name in draw(
        st.lists(
            st.sampled_from(["t", "T2", "Users", "order", "y", "é t"]), min_size=1, max_size=3, unique=True
        )
    ):
        made.append(draw(tables(name, tuple(made))))
    return draw(st.sampled_from(["UTF-8", "UTF-8", "UTF-16le", "UTF-16be"])), made


def build(path: Path, encoding: str, sketches: Sequence[Sketch]) -> None:
    """The file; rows that a key or constraint refuses, or that find no rowid left, are not in it."""
    connection = apsw.Connection(str(path))
    connection.execute(f"PRAGMA encoding = '{encoding}'; PRAGMA synchronous = off")
    for sketch in sketches:
        for statement in sketch.statements:
            note(statement)
            connection.execute(statement)
        marks = ", ".join("?" * len(sketch.columns))
        for row in sketch.rows:
            with contextlib.suppress(apsw.ConstraintError, apsw.FullError, apsw.MismatchError):
                connection.execute(f"INSERT INTO {quoted(sketch.name)} VALUES ({marks})", row)
                note(row)
    connection.close()


@often
@given(databases())
def test_random_databases_move_whole(server_url: str, database: str, drawn: tuple[str, list[Sketch]]) -> None:
    encoding, sketches = drawn
    schema = f"s{uuid.uuid4().hex[:12]}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        build(path, encoding, sketches)
        result = move(Request(source=str(path), target=database, options=Options(schema=schema)), Silent())
        verification = result.verification
        assert verification is not None
        assert (verification.shown, verification.objects_missing) == ((), ())
        assert verification.differences == 0
        for finding in result.findings:
            event(finding.rule)
        source = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        with psycopg.connect(database, autocommit=True) as target:
            for sketch in sketches:
                compare(source, target, schema, sketch, dict(result.names), drawn_types(result.outcomes))
            target.execute(f"DROP SCHEMA {schema} CASCADE".encode())
        source.close()


def drawn_types(outcomes: Sequence[Any]) -> dict[str, str]:
    return {o.name: o.reason.rpartition(" as ")[2] for o in outcomes if o.kind == "columns"}


def compare(
    source: apsw.Connection,
    target: psycopg.Connection[TupleRow],
    schema: str,
    sketch: Sketch,
    names: dict[str, str],
    types: dict[str, str],
) -> None:
    """The multiset of rows is the same under `plain`, a reading of both sides that knows no recipe."""
    ours = source.execute(
        f"SELECT {', '.join(map(quoted, sketch.columns))} FROM {quoted(sketch.name)}"
    ).fetchall()
    held = [types[f"{sketch.name}.{column}"] for column in sketch.columns]
    wanted = ", ".join(
        quoted(names[f"{sketch.name}.{c}"].removeprefix(names[sketch.name] + ".")) for c in sketch.columns
    )
    theirs = target.execute(f"SELECT {wanted} FROM {schema}.{quoted(names[sketch.name])}".encode()).fetchall()
    left = sorted(repr([plain_source(v, t) for v, t in zip(row, held, strict=True)]) for row in ours)
    right = sorted(repr([plain_target(v, t) for v, t in zip(row, held, strict=True)]) for row in theirs)
    assert left == right


SIMPLE = {
    "bigint",
    "double precision",
    "text",
    "bytea",
    "boolean",
    "timestamp",
    "date",
    "time",
    "uuid",
    "escaped text",
}


_READ: dict[str, Callable[[Any], object]] = {
    "timestamp": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "uuid": lambda value: uuid.UUID(bytes=value) if isinstance(value, bytes) else uuid.UUID(value),
}


def plain_source(value: Any, held: str) -> object:
    """A SQLite value as it should look in that type, as far as one can tell without the recipe."""
    if value is None:
        return None
    if held == "escaped text":
        return spelled(value)
    if held == "bigint":
        return int(value)
    if held == "double precision":
        return struct.pack("!d", float(value))
    if held.startswith("numeric"):
        return Decimal(repr(value)).normalize() if isinstance(value, float) else Decimal(value).normalize()
    if held == "boolean":
        return value in {1, "true", "t", "yes", "y", "TRUE", "True"}
    if held in _READ:
        return _READ[held](value)
    return value if held in SIMPLE else "present"


def plain_target(value: Any, held: str) -> object:
    if value is None:
        return None
    if held == "double precision":
        return struct.pack("!d", value)
    if held.startswith("numeric"):
        return value.normalize()
    return value if held in SIMPLE else "present"


def spelled(value: Any) -> str:
    """The escaped form as docs/reference says it: literals for all but plain texts."""
    if isinstance(value, bytes):
        return "X'" + value.hex().upper() + "'"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "Inf" if value > 0 else "-Inf"
    if isinstance(value, int):
        return str(value)
    if "\0" in value:
        return "CAST(X'" + value.encode().hex().upper() + "' AS TEXT)"
    try:
        number = (
            bool(value)
            and value.isascii()
            and not value.isspace()
            and value == value.strip("+_ \t\n")
            and float(value)
        )
        looks = number is not False and value.lower() not in {"nan", "infinity", "-infinity", "inf", "-inf"}
    except ValueError:
        looks = False
    quotable = (
        value.startswith(("'", "CAST(X'"))
        or value in {"Inf", "-Inf", "X'00'"}
        or (looks and _canonical(value))
    )
    return "'" + value.replace("'", "''") + "'" if quotable else value


def _canonical(number: str) -> bool:
    """Whether a number is spelled with digits on both sides of its point and without leading zeros."""
    digits = number.lstrip("-")
    if digits.isdigit():
        return digits == "0" or not digits.startswith("0")
    mantissa, _, exponent = digits.partition("e")
    whole, point, fraction = mantissa.partition(".")
    return (
        whole.isdigit()
        and (bool(exponent) if not point else fraction.isdigit())
        and ("e" not in digits or bool(exponent))
    )
