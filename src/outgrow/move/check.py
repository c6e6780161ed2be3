"""Everything that verification does with a target: values, objects, and one trial write per table.

The last step of `migrate`, and what `reverify` does at any later time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from threading import Lock
from typing import Any

import adbc_driver_manager
import psycopg

from outgrow.errors import TargetError
from outgrow.findings import Finding
from outgrow.move.examine import Examined
from outgrow.move.progress import Progress
from outgrow.move.result import Verification
from outgrow.move.verify import Compared, VerifyJob, compare_table
from outgrow.move.work import Crew
from outgrow.plan.model import Outcome, TablePlan
from outgrow.postgres.apply import is_passing, say
from outgrow.postgres.catalog import missing, schema_facts
from outgrow.postgres.connect import adbc_url, connect, session_sql
from outgrow.postgres.redact import redact
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
        gone = missing(schema_facts(connection, schema, tables), tables, outcomes)
    broken = {entry.table for entry in gone}
    whole = [table for table in tables if table.source not in broken]
    job = VerifyJob(snapshot=snapshot, examined=examined, schema=schema, progress=progress)
    compared = _compare_all(target, job, whole, jobs)
    failed = _trial_writes(target, schema, whole)
    return Verification(
        rows=sum(entry.rows for entry in compared),
        values=sum(entry.values for entry in compared),
        differences=sum(entry.differences for entry in compared),
        shown=tuple(difference for entry in compared for difference in entry.shown)[:SHOWN],
        objects_missing=tuple(entry.text for entry in gone),
        writes_tested=len(whole),
        writes_failed=failed,
    )


def failed_writes(verification: Verification | None) -> tuple[Finding, ...]:
    """A finding for each table that refused its trial row."""
    failed = () if verification is None else verification.writes_failed
    return tuple(
        Finding(rule="verify.write-test", object=table, detail=reason)
        for table, _, reason in (text.partition(": ") for text in failed)
    )


def lost(error: psycopg.Error, target: str) -> TargetError:
    """What to say when PostgreSQL ends a session or refuses one of outgrow's own statements."""
    said = redact(say(error), target)
    if error.sqlstate is None or is_passing(error):
        return TargetError(f"PostgreSQL ended the session: {said}; mend that and run the same command again")
    return TargetError(
        f"PostgreSQL refuses what outgrow asks of it: {said}; grant the target user that right"
    )


def _compare_all(target: str, job: VerifyJob, tables: Sequence[TablePlan], jobs: int) -> list[Compared]:
    found: list[Compared] = []
    free: list[Any] = []
    readers: list[Any] = []
    lock = Lock()

    @contextmanager
    def lend() -> Iterator[Any]:
        with lock:
            connection = free.pop() if free else None
        if connection is None:
            connection = _reader(target)
            with lock:
                readers.append(connection)
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

    def stop() -> None:
        job.snapshot.interrupt()
        for connection in tuple(readers):
            with suppress(adbc_driver_manager.Error):  # it had nothing to give up
                connection.adbc_cancel()

    largest_first = sorted(tables, key=lambda table: (table.bytes, table.rows), reverse=True)
    try:
        with Crew(jobs, on_stop=stop) as crew:
            crew.run(partial(task, table) for table in largest_first)
    except adbc_driver_manager.Error as error:
        said = redact(str(error).strip().partition("\n")[0], target)
        raise TargetError(
            f"reading back from PostgreSQL failed: {said}; run the same command again"
        ) from error
    finally:
        for connection in readers:
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
