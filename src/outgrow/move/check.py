"""Everything that verification does with a target: values, objects, and one trial write per table.

The last step of `migrate`, which has tables compared as soon as nothing touches them any more; and
what `reverify` does at any later time.
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
from outgrow.move.result import Verification
from outgrow.move.verify import Compared, VerifyJob, compare_table
from outgrow.move.work import Crew
from outgrow.plan.model import Outcome, TablePlan
from outgrow.postgres.apply import is_passing, say
from outgrow.postgres.catalog import missing, schema_facts
from outgrow.postgres.connect import adbc_url, connect, session_sql
from outgrow.postgres.redact import redact
from outgrow.postgres.trial import try_write

SHOWN = 100


class Comparison:
    """Compares the tables of one target with the source, each once, several at a time if asked to.

    Connections are made when needed and kept until `close`.
    """

    def __init__(self, target: str, job: VerifyJob) -> None:
        self.target, self.schema = target, job.schema
        self._job = job
        self._found: dict[str, Compared] = {}
        self._free: list[Any] = []
        self._readers: list[Any] = []
        self._lock = Lock()

    def compare(self, table: TablePlan) -> None:
        """Compares one table unless that is done; any thread may ask. TargetError when it cannot be read."""
        with self._lock:
            if table.source in self._found:
                return
        try:
            with self._lend() as connection:
                compared = compare_table(connection, self._job, table)
        except adbc_driver_manager.Error as error:
            said = redact(str(error).strip().partition("\n")[0], self.target)
            raise TargetError(
                f"reading back from PostgreSQL failed: {said}; mend that and run the same command again"
            ) from error
        with self._lock:
            self._found[table.source] = compared

    def forget(self, table: str) -> None:
        """The table was made anew: what was compared no longer counts."""
        self._found.pop(table, None)

    def of(self, tables: Sequence[TablePlan], jobs: int) -> list[Compared]:
        """What comparing these tables gave, in the order of their names; compares those that are left."""
        left = [table for table in tables if table.source not in self._found]
        largest_first = sorted(left, key=lambda table: (table.bytes, table.rows), reverse=True)
        with Crew(jobs, on_stop=self.stop) as crew:
            crew.run(partial(self.compare, table) for table in largest_first)
        return [self._found[name] for name in sorted(table.source for table in tables)]

    def stop(self) -> None:
        """Cuts short what is being compared, once and for all; its threads get an error."""
        self._job.snapshot.interrupt()
        for connection in tuple(self._readers):
            with suppress(adbc_driver_manager.Error):  # it had nothing to give up
                connection.adbc_cancel()

    def close(self) -> None:
        """Closes all connections."""
        for connection in self._readers:
            connection.close()

    @contextmanager
    def _lend(self) -> Iterator[Any]:
        with self._lock:
            connection = self._free.pop() if self._free else None
        if connection is None:
            connection = _reader(self.target)
            with self._lock:
                self._readers.append(connection)
        try:
            yield connection
        finally:
            with self._lock:
                self._free.append(connection)


def check_target(
    comparison: Comparison, tables: Sequence[TablePlan], outcomes: Sequence[Outcome], *, jobs: int
) -> Verification:
    """Compares every value of `tables`, looks for every moved object, and tries one write per table.

    Reads only, but for the trial writes, which are rolled back. Tables that the target lacks are
    reported as missing, not compared.
    """
    target, schema = comparison.target, comparison.schema
    with reopened(target) as connection:
        gone = missing(schema_facts(connection, schema, tables), tables, outcomes)
    broken = {entry.table for entry in gone}
    whole = [table for table in tables if table.source not in broken]
    compared = comparison.of(whole, jobs)
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


def reopened(target: str) -> psycopg.Connection[Any]:
    """One more connection to a target that was reached before, in autocommit. Raises TargetError."""
    try:
        return connect(target, autocommit=True)
    except TargetError as error:
        raise TargetError(f"{error}; mend that and run the same command again") from error


def lost(error: psycopg.Error, target: str) -> TargetError:
    """What to say when PostgreSQL ends a session or refuses one of outgrow's own statements."""
    said = redact(say(error), target)
    if error.sqlstate is None or is_passing(error):
        return TargetError(f"PostgreSQL ended the session: {said}; mend that and run the same command again")
    return TargetError(
        f"PostgreSQL refuses what outgrow asks of it: {said}; grant the target user that right"
    )


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
    with reopened(target) as connection:
        for table in tables:
            reason = try_write(connection, schema, table)
            if reason is not None:
                failed.append(f"{table.source}: {reason}")
    return tuple(failed)
