"""`python benchmarks/runtime_stress.py`: many threads on one pool, and a server that restarts among them.

Every thread writes and reads through `outgrow.runtime.pool.Pool` and remembers what it was told is
committed. In the middle the server is stopped (`--crash`: as by a crash) and started again. Afterwards
another driver looks whether all of that is there, whether nothing is there twice or in part, and who
still holds a connection. A COMMIT that the restart cut off may have happened or not, and is counted apart.
Exits with 1 when anything was lost, left over or stuck.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

import measure
import server
import table
from runtime_writer import COUNTERS, Diary, Writer

GRACE = 60.0
"""Seconds after the end that a thread may take for what it has begun."""

_SCHEMA = """
CREATE TABLE entries (
  id INTEGER PRIMARY KEY, writer INTEGER NOT NULL, number INTEGER NOT NULL, part INTEGER NOT NULL,
  note TEXT NOT NULL, UNIQUE (writer, number, part)
);
CREATE TABLE counters (id INTEGER PRIMARY KEY, value INTEGER NOT NULL);
"""


def main(words: Sequence[str] | None = None) -> int:
    """Runs, checks and prints."""
    arguments = _arguments(words)
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # the server stops on purpose
    faulthandler.dump_traceback_later(arguments.seconds + 2 * GRACE + 60, exit=True)
    folder = Path(tempfile.mkdtemp(prefix="outgrow-stress-"))
    try:
        with server.started(folder) as target:
            wrong = _stress(folder, target, arguments)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        faulthandler.cancel_dump_traceback_later()
    print("\n" + ("\n".join(wrong) if wrong else "Nothing was lost, left over or stuck."))
    return 1 if wrong else 0


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=50, help="threads of the application [50]")
    parser.add_argument("--seconds", type=float, default=60, help="how long they work [60]")
    parser.add_argument("--connections", type=int, default=10, help="connections of the pool at most [10]")
    parser.add_argument("--crash", action="store_true", help="stop the server as a crash would")
    parser.add_argument("--down", type=float, default=1, help="seconds between stop and start [1]")
    parser.add_argument("--no-restart", action="store_true", help="leave the server alone")
    return parser.parse_args(words)


def _stress(folder: Path, target: server.Server, arguments: argparse.Namespace) -> list[str]:
    """One run; what went wrong, in words."""
    from outgrow.runtime.pool.pool import Pool  # noqa: PLC0415 - psycopg_pool

    url = _moved(folder, target)
    pool = Pool(url, min_size=2, max_size=arguments.connections, timeout=30, statement_timeout=30)
    until = time.monotonic() + arguments.seconds
    writers = [Writer(pool, number, until) for number in range(1, arguments.threads + 1)]
    for writer in writers:
        writer.start()
    if not arguments.no_restart:
        time.sleep(arguments.seconds / 2)
        target.cluster.stop(immediate=arguments.crash)
        time.sleep(arguments.down)
        target.cluster.start()
    stuck = _join(writers, until + GRACE)
    wrong = [f"{name} is stuck" for name in stuck]
    wrong += [f"{held} is still held" for held in pool.held()]
    wrong += _connections(url, arguments.connections)
    pool.close()
    wrong += _connections(url, 0)
    diaries = [writer.diary for writer in writers if writer.name not in stuck]
    wrong += [line for diary in diaries for line in diary.wrong]
    wrong += _lost(url, diaries) + _cut_off(diaries, 0 if arguments.no_restart else arguments.connections)
    _print(diaries, arguments, target.version())
    return wrong


def _moved(folder: Path, target: server.Server) -> str:
    """The URL of a moved database with empty `entries` and all counters at 0."""
    source = folder / "stress.db"
    connection = sqlite3.connect(source)
    connection.executescript(_SCHEMA)
    connection.executemany("INSERT INTO counters VALUES (?, 0)", ((n,) for n in range(1, COUNTERS + 1)))
    connection.commit()
    connection.close()
    measure.outgrow("move", str(source), "--json", "--to", target.fresh("stress"))
    return target.url("stress")


def _join(writers: Sequence[Writer], until: float) -> list[str]:
    """Waits for all; the names of those that do not end."""
    for writer in writers:
        writer.join(max(0.0, until - time.monotonic()))
    stuck = [writer.name for writer in writers if writer.is_alive()]
    if stuck:
        faulthandler.dump_traceback(all_threads=True)
    return stuck


# --- what is there afterwards ---


@contextmanager
def _looking(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url, autocommit=True, application_name="looks") as connection:
        yield connection


def _connections(url: str, allowed: int) -> list[str]:
    """What is told when more than `allowed` others are connected, or one has a transaction open."""
    sql = (
        "SELECT count(*), count(*) FILTER (WHERE xact_start IS NOT NULL) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name <> 'looks'"
    )
    until = time.monotonic() + 5  # a process of the server ends a moment after its connection
    with _looking(url) as connection:
        while True:
            count, busy = connection.execute(sql).fetchone() or (0, 0)
            if count <= allowed and not busy:
                return []
            if time.monotonic() > until:
                return [f"{count} connections instead of at most {allowed}, {busy} in a transaction"]
            time.sleep(0.1)


def _lost(url: str, diaries: Sequence[Diary]) -> list[str]:
    """Where the database holds something else than the threads were told."""
    with _looking(url) as connection:
        parts: Counter[tuple[int, int]] = Counter()
        for writer, number in connection.execute("SELECT writer, number FROM entries"):
            parts[writer, number] += 1
        values = dict(connection.execute("SELECT id, value FROM counters").fetchall())
    wrong, raised = [], Counter[int]()
    for diary in diaries:
        for write, counter in diary.committed.items():
            raised[counter] += 1
            if (found := parts.pop(write[:2], 0)) != write[2]:
                wrong.append(f"{write} was committed, and {found} of its {write[2]} rows are there")
        for write, counter in diary.unknown.items():
            found = parts.pop(write[:2], 0)
            if found not in (0, write[2]):
                wrong.append(f"{write} is half there: {found} of {write[2]} rows")
            raised[counter] += found == write[2]
        for write in diary.failed:
            if found := parts.pop(write[:2], 0):
                wrong.append(f"{write} failed before its commit, and {found} of its rows are there")
    wrong += [f"{write} is there, and nobody wrote it" for write in parts]
    wrong += [
        f"counter {counter} is {value} and was raised {raised[counter]} times"
        for counter, value in sorted(values.items())
        if value != raised[counter]
    ]
    return wrong


def _cut_off(diaries: Sequence[Diary], connections: int) -> list[str]:
    """What is told when more requests failed than were under way when the server stopped.

    One connection serves one request at a time, so that no more than `connections` had begun.
    """
    failed = sum(sum(diary.errors.values()) for diary in diaries)
    if failed <= connections:
        return []
    return [f"{failed} requests failed, of which at most {connections} had begun when the server stopped"]


# --- what is printed ---


def _print(diaries: Sequence[Diary], arguments: argparse.Namespace, version: str) -> None:
    how = "no restart" if arguments.no_restart else "a crash" if arguments.crash else "a restart"
    print(table.machine(version))
    print(
        f"\n{arguments.threads} threads, {arguments.connections} connections, {arguments.seconds:.0f} s, "
        f"{how} in the middle\n"
    )
    rows = []
    for name, found in (
        ("reads", [seconds for diary in diaries for seconds in diary.reads]),
        ("writes", [seconds for diary in diaries for seconds in diary.writes]),
    ):
        quantiles = statistics.quantiles(found, n=100) if len(found) > 1 else [float("nan")] * 99
        rows.append((
            name,
            f"{len(found):,}",
            f"{len(found) / arguments.seconds:,.0f}",
            *(f"{quantiles[at - 1] * 1e3:.1f}" for at in (50, 99)),
            f"{max(found, default=float('nan')) * 1e3:,.0f}",
        ))  # fmt: skip
    print(table.markdown(("", "done", "per second", "p50 ms", "p99 ms", "longest ms"), rows))
    unknown, failed = (sum(len(getattr(d, kind)) for d in diaries) for kind in ("unknown", "failed"))
    print(f"\n{failed} writes failed before their commit, {unknown} with a commit of unknown outcome.\n")
    errors = sum((diary.errors for diary in diaries), Counter[str]())
    if errors:
        print(table.markdown(("what failed", "times"), ((kind, str(n)) for kind, n in errors.most_common())))


if __name__ == "__main__":
    sys.exit(main())
