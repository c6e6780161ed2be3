"""`python benchmarks/runtime.py`: the runtime layer against plain psycopg, and sqlite3 for comparison.

One table, moved by outgrow, one server, one socket. All sides do the same work in turn within every
round, in an order that changes, so that whatever else the machine does meets them alike; the ratio
is the median of the rounds' ratios. Before anything is timed, all sides must give the same rows.
Plain psycopg is what a careful programmer writes: `%s`, `conn.execute(...)`, psycopg's defaults.
"""

from __future__ import annotations

import argparse
import gc
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

import measure
import server
import table

ROWS = 10_000
BATCH = 1_000
OUTGROW, PSYCOPG, SQLITE = "outgrow", "psycopg", "sqlite3"

_SCHEMA = """
CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL, note TEXT);
CREATE TABLE events (id INTEGER PRIMARY KEY, item INTEGER NOT NULL, kind TEXT NOT NULL, weight REAL);
"""
_POINT = "SELECT id, name, price, note FROM items WHERE id = ?"
_FETCH = "SELECT id, name, price, note FROM items"
_INSERT = "INSERT INTO events (item, kind, weight) VALUES (?, ?, ?)"


class Cursor(Protocol):
    """What is used of a cursor, whoever made it."""

    def fetchone(self) -> Any: ...  # noqa: D102
    def fetchall(self) -> list[Any]: ...  # noqa: D102
    def executemany(self, sql: Any, rows: Any, /) -> object: ...  # noqa: D102


class Connection(Protocol):
    """What is used of a connection, whoever made it."""

    def execute(self, sql: Any, parameters: Any = ..., /) -> Cursor: ...  # noqa: D102
    def cursor(self) -> Cursor: ...  # noqa: D102
    def commit(self) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One competitor. All connections are to the same database.

    Statements on `single` are transactions of their own; those on `many` belong to one until `commit`, and so
    do those on `numbered`, which gives rows SQLite's numbers where it can.
    """

    single: Connection
    many: Connection
    numbered: Connection
    mark: str = "?"

    def sql(self, text: str) -> str:
        """The statement with this side's placeholder."""
        return text.replace("?", self.mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A piece of work. `run` does it once and returns for how many operations its time stands."""

    name: str
    run: Callable[[Side, random.Random], int]
    limit: float | None = None
    """What the ratio to psycopg may be at most."""


def main(words: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    arguments = _arguments(words)
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="outgrow-runtime-"))
    try:
        with server.started(folder) as target:
            print(table.machine(target.version()))
            source = _source(folder)
            measure.outgrow("move", str(source), "--json", "--to", target.fresh("bench"))
            with _sides(source, target.url("bench")) as sides:
                _agree(sides)
                print("\n" + _shown(_in_turn(sides, arguments.rounds)))
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60, help="how often each side does each work [60]")
    parser.add_argument("--folder", type=Path, help="where the files and the server lie [temporary]")
    return parser.parse_args(words)


def _source(folder: Path) -> Path:
    path = folder / "runtime.db"
    path.unlink(missing_ok=True)
    chance = random.Random(4)
    connection = sqlite3.connect(path)
    connection.executescript(_SCHEMA)
    rows = (
        (n, f"item {n}", round(chance.random() * 100, 2), "naïve café, " * chance.randrange(6) or None)
        for n in range(1, ROWS + 1)
    )
    connection.executemany("INSERT INTO items VALUES (?, ?, ?, ?)", rows)
    # One row, so that the columns' types are chosen from evidence.
    connection.execute(_INSERT, (1, "first", 0.5))
    connection.commit()
    connection.close()
    return path


@contextmanager
def _sides(source: Path, url: str) -> Iterator[dict[str, Side]]:
    """The three sides, connected."""
    from outgrow.runtime import sqlite3 as shim  # noqa: PLC0415 - a name like the standard module's

    def standard() -> sqlite3.Connection:
        return sqlite3.connect(source)

    opened: list[Any] = [
        *(psycopg.connect(url, autocommit=autocommit) for autocommit in (True, False)),
        *(shim.connect(url) for _ in range(2)),
        shim.connect(url, keys="sqlite"),
        *(standard() for _ in range(2)),
    ]
    plain, plainly, single, many, numbered, standard_single, standard_many = opened
    try:
        yield {
            PSYCOPG: Side(single=plain, many=plainly, numbered=plainly, mark="%s"),
            OUTGROW: Side(single=single, many=many, numbered=numbered),
            SQLITE: Side(single=standard_single, many=standard_many, numbered=standard_many),
        }
    finally:
        for connection in opened:
            connection.close()


def _agree(sides: Mapping[str, Side]) -> None:
    """Raises ValueError unless all sides give the same rows, of the same Python types."""
    found = {name: sorted(side.single.execute(_FETCH).fetchall()) for name, side in sides.items()}
    usual = [tuple((type(value), value) for value in row) for row in found[SQLITE]]
    for name, rows in found.items():
        if [tuple((type(value), value) for value in row) for row in rows] != usual:
            raise ValueError(f"{name} gives other rows than {SQLITE}")


# --- the work ---


def _points(side: Side, chance: random.Random) -> int:
    sql, connection = side.sql(_POINT), side.single
    for _ in range(100):
        connection.execute(sql, (chance.randrange(1, ROWS + 1),)).fetchone()
    return 100


def _points_in_transaction(side: Side, chance: random.Random) -> int:
    sql, connection = side.sql(_POINT), side.many
    connection.execute(side.sql(_INSERT), (1, "first", 0.5))  # whereupon one is open
    for _ in range(100):
        connection.execute(sql, (chance.randrange(1, ROWS + 1),)).fetchone()
    connection.commit()
    return 100


def _inserts_with_commit(side: Side, chance: random.Random) -> int:
    return _inserted(side, side.many, chance)


def _numbered_inserts_with_commit(side: Side, chance: random.Random) -> int:
    return _inserted(side, side.numbered, chance)


def _inserted(side: Side, connection: Connection, chance: random.Random) -> int:
    sql = side.sql(_INSERT)
    for number in range(50):
        connection.execute(sql, (number, "first", chance.random()))
        connection.commit()
    return 50


def _inserts(side: Side, chance: random.Random) -> int:
    sql, connection = side.sql(_INSERT), side.many
    for number in range(100):
        connection.execute(sql, (number, "first", chance.random()))
    connection.commit()
    return 100


def _many(side: Side, chance: random.Random) -> int:
    rows = [(number, "first", chance.random()) for number in range(BATCH)]
    side.many.cursor().executemany(side.sql(_INSERT), rows)
    side.many.commit()
    return 1


def _first(side: Side, _: random.Random) -> int:
    if side.single.execute(_FETCH).fetchone() is None:
        raise ValueError("no row")
    return 1


def _fetch(side: Side, _: random.Random) -> int:
    rows = side.single.execute(_FETCH).fetchall()
    if len(rows) != ROWS:
        raise ValueError(f"{len(rows)} rows instead of {ROWS}")
    return 1


CASES = (
    Case(name="point SELECT by primary key", run=_points, limit=1.25),
    Case(name="the same in an open transaction", run=_points_in_transaction),
    Case(name="INSERT and commit", run=_inserts_with_commit),
    Case(name="the same with keys=sqlite", run=_numbered_inserts_with_commit),
    Case(name="INSERT, 100 in one transaction", run=_inserts),
    Case(name=f"executemany of {BATCH:,} rows, and commit", run=_many),
    Case(name=f"fetchall of {ROWS:,} rows", run=_fetch, limit=1.15),
    Case(name="the first of them, and no other", run=_first),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Microseconds for one operation: on the wall, and of this process's processor."""

    wall: float
    processor: float


Times = dict[str, dict[str, list[Took]]]
"""Round by round, by case and side."""


def _in_turn(sides: Mapping[str, Side], rounds: int) -> Times:
    """All rounds. The first of each is not counted: it fills caches and prepares statements."""
    found: Times = {case.name: {name: [] for name in sides} for case in CASES}
    order = list(sides)
    for number in range(rounds + 1):
        for case in CASES:
            for name in order:
                took = _timed(case, sides[name], seed=number)
                if number:
                    found[case.name][name].append(took)
        order = [*order[1:], order[0]]
        for name, empties in ((PSYCOPG, "TRUNCATE events"), (SQLITE, "DELETE FROM events")):
            sides[name].many.execute(empties)  # outgrow's table is psycopg's
            sides[name].many.commit()
        _say(f"round {number} of {rounds}")
    return found


def _timed(case: Case, side: Side, seed: int) -> Took:
    chance = random.Random(seed)
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    operations = case.run(side, chance)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return Took(wall=wall / operations * 1e6, processor=processor / operations * 1e6)


def _shown(found: Times) -> str:
    rows = []
    for case in CASES:
        times = {name: [took.wall for took in found[case.name][name]] for name in found[case.name]}
        processor = {
            name: measure.median([took.processor for took in found[case.name][name]])
            for name in (OUTGROW, PSYCOPG)
        }
        ratios = [ours / plain for ours, plain in zip(times[OUTGROW], times[PSYCOPG], strict=True)]
        quarters = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else [ratios[0]] * 3
        rows.append((
            case.name,
            *(f"{measure.median(times[name]):,.0f}" for name in (PSYCOPG, OUTGROW)),
            f"{measure.median(ratios):.2f}",
            f"{quarters[0]:.2f} … {quarters[2]:.2f}",
            "" if case.limit is None else f"{case.limit:.2f}",
            f"{processor[OUTGROW] / processor[PSYCOPG]:.2f}",
            f"{measure.median(times[SQLITE]):,.0f}",
        ))  # fmt: skip
    head = (
        "",
        "psycopg µs",
        "outgrow µs",
        "/ psycopg",
        "half of the rounds",
        "to reach",
        "own CPU / psycopg",
        "sqlite3 µs",
    )
    return table.markdown(head, rows)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
