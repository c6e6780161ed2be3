"""`verify`: a later comparison of a file with the database it was moved to, both sides read afresh."""

from __future__ import annotations

import time

from outgrow.errors import TargetError
from outgrow.move.check import check_target
from outgrow.move.examine import examine
from outgrow.move.progress import Progress
from outgrow.move.result import Result, TableResult
from outgrow.options import Options
from outgrow.plan.model import Outcome, TablePlan
from outgrow.plan.stored import load_tables
from outgrow.postgres.connect import connect, server_facts
from outgrow.postgres.ledger import Ledger
from outgrow.postgres.redact import redact
from outgrow.schema.names import fold
from outgrow.sqlite.connect import open_snapshot


def verify(source: str, target: str, options: Options, *, jobs: int, progress: Progress) -> Result:
    """Compares every value, object and a trial write, by the plan that the target remembers.

    Raises TargetError when the schema holds no finished move.
    """
    begin = time.perf_counter()
    tables, outcomes = _remembered(target, options.schema)
    with open_snapshot(source, readers=jobs + 2) as snapshot:
        examined = examine(snapshot, jobs=jobs, progress=progress)
        here = {fold(table.name) for table in examined.database.tables}
        progress.stage("verify", f"{len(tables)} tables")
        present = tuple(table for table in tables if fold(table.source) in here)
        verification = check_target(
            target, snapshot, examined, options.schema, present, outcomes, jobs=jobs, progress=progress
        )
    return Result(
        source=source,
        target=redact(target, target),
        schema=options.schema,
        outcomes=outcomes,
        tables=tuple(TableResult(source=t.source, target=t.name, rows=t.rows, bytes=t.bytes) for t in tables),
        verification=verification,
        seconds={"total": time.perf_counter() - begin},
    )


def _remembered(target: str, schema: str) -> tuple[tuple[TablePlan, ...], tuple[Outcome, ...]]:
    ledger = Ledger(schema)
    with connect(target, autocommit=True) as connection:
        server_facts(connection)
        entry = ledger.entry(connection) if ledger.exists(connection) else None
    if entry is None:
        raise TargetError(f"schema {schema} of the target holds no move by outgrow; move the file first, or name its --schema")
    if entry.state != "done":
        raise TargetError(f"the move into schema {schema} is not finished; run the same outgrow move again")
    return load_tables(entry.plan)
