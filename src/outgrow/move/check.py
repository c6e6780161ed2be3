"""Everything that verification does with a target: values, objects, and one trial write per table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any

from outgrow.move.examine import Examined
from outgrow.move.progress import Progress
from outgrow.move.result import Verification
from outgrow.move.verify import Compared, VerifyJob, compare_table
from outgrow.move.work import Crew
from outgrow.plan.model import Outcome, TablePlan
from outgrow.postgres.catalog import missing, schema_facts
from outgrow.postgres.connect import adbc_url, connect, session_sql
from outgrow.postgres.trial import try_write
from outgrow.sqlite.connect import Snapshot

SHOWN = 100


def check_target(
    target: str,
    snapshot: Snapshot,
    examined: Examined,
    schema: str,
    tables: Sequence[TablePlan],
    outcomes: Sequence[Outcome],
    *,
    jobs: int,
    progress: Progress,
) -> Verification:
    """Compares every value of `tables`, looks for every moved object, and tries one write per table.

    Reads only, but for the trial writes, which are rolled back. Tables that the target lacks are
    reported as missing, not compared.
    """
    with connect(target, autocommit=True) as connection:
        gone = missing(schema_facts(connection, schema), tables, outcomes)
    absent = {name for table in tables for name in [table.source] if f"table: {name} ({table.name})" in gone}
    broken = {name for table in tables for name in [table.source] if any(g.startswith(f"column: {name}.") for g in gone)}
    whole = [table for table in tables if table.source not in absent | broken]
    job = VerifyJob(snapshot=snapshot, examined=examined, schema=schema, progress=progress)
    compared = _compare_all(target, job, whole, jobs)
    failed = _trial_writes(target, schema, whole)
    return Verification(
        rows=sum(entry.rows for entry in compared),
        values=sum(entry.values for entry in compared),
        differences=sum(entry.differences for entry in compared),
        shown=tuple(difference for entry in compared for difference in entry.shown)[:SHOWN],
        objects_missing=gone,
        writes_tested=len(whole),
        writes_failed=failed,
    )


def _compare_all(target: str, job: VerifyJob, tables: Sequence[TablePlan], jobs: int) -> list[Compared]:
    found: list[Compared] = []
    free: list[Any] = []
    lock = Lock()

    @contextmanager
    def lend() -> Iterator[Any]:
        with lock:
            connection = free.pop() if free else None
        connection = connection or _reader(target)
        try:
            yield connection
        finally:
            with lock:
                free.append(connection)

    def task(table: TablePlan) -> None:
        with lend() as connection:
            compared = compare_table(connection, job, table)
        with lock:
            found.append(compared)

    largest_first = sorted(tables, key=lambda table: (table.bytes, table.rows), reverse=True)
    try:
        with Crew(jobs) as crew:
            crew.run(partial(task, table) for table in largest_first)
    finally:
        for connection in free:
            connection.close()
    return sorted(found, key=lambda entry: entry.table)


def _reader(target: str) -> Any:
    """An ADBC connection whose scans keep the order in which rows lie: no parallel plans, no joined scans."""
    from adbc_driver_postgresql import dbapi  # noqa: PLC0415 - only verification needs it

    connection = dbapi.connect(adbc_url(target), autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute(session_sql())
        cursor.fetchall()
        for setting in ("max_parallel_workers_per_gather = 0", "synchronize_seqscans = off", "jit = off"):
            cursor.execute(f"SET {setting}")
    return connection


def _trial_writes(target: str, schema: str, tables: Sequence[TablePlan]) -> tuple[str, ...]:
    failed = []
    with connect(target, autocommit=True) as connection:
        for table in tables:
            reason = try_write(connection, schema, table)
            if reason is not None:
                failed.append(f"{table.source}: {reason}")
    return tuple(failed)
