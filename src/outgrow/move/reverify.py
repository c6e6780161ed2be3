"""`verify`: a later comparison of a file with the database it was moved to, both sides read afresh.

Called by `cli.verify`; reads the plan that `migrate` left in the target, then does what its last step did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import psycopg

from outgrow.errors import TargetError
from outgrow.move.check import Comparison, check_target, failed_writes, lost
from outgrow.move.examine import examine
from outgrow.move.progress import Clock, Progress
from outgrow.move.remembered import finished_move
from outgrow.move.result import Result, TableResult, Verification
from outgrow.move.verify import VerifyJob
from outgrow.options import Options
from outgrow.plan.model import Outcome, TablePlan
from outgrow.plan.overrides import Overrides, TableOverride
from outgrow.plan.stored import load_tables
from outgrow.postgres.connect import connect, server_facts
from outgrow.postgres.ledger import Entry
from outgrow.postgres.redact import redact
from outgrow.schema.model import Database
from outgrow.schema.names import fold
from outgrow.sqlite.connect import open_snapshot


def verify(source: str, target: str, options: Options, *, jobs: int, progress: Progress) -> Result:
    """Compares every value, object and a trial write, by the plan that the target remembers.

    Tables and columns that only one side has are named in `objects_missing`. Raises SourceError, and
    TargetError when the schema holds no finished move of this file.
    """
    clock = Clock()
    try:
        with clock.of("total"):
            entry = _remembered(target, options.schema)
            tables, outcomes = load_tables(entry.plan)
            with open_snapshot(source, readers=jobs + 2) as snapshot:
                with clock.of("profile"):
                    examined = examine(snapshot, jobs=jobs, progress=progress, overrides=_kept_rowids(tables))
                _refuse_other(entry, str(snapshot.path.resolve()), tables, examined.database, options.schema)
                changed = tuple(_changed(tables, outcomes, examined.database))
                progress.stage("verify", f"{len(tables)} tables")
                with clock.of("verify"):
                    job = VerifyJob(
                        snapshot=snapshot, examined=examined, schema=options.schema, progress=progress
                    )
                    comparable = _comparable(tables, examined.database)
                    with closing(Comparison(target, job)) as comparison:
                        verification = check_target(comparison, comparable, outcomes, jobs=jobs)
    except psycopg.Error as error:
        raise lost(error, target) from error
    return Result(
        source=source,
        target=redact(target, target),
        schema=options.schema,
        outcomes=outcomes,
        findings=failed_writes(verification),
        tables=tuple(TableResult(source=t.source, target=t.name, rows=t.rows, bytes=t.bytes) for t in tables),
        verification=_with(verification, changed),
        seconds=clock.seconds,
    )


def _kept_rowids(tables: Sequence[TablePlan]) -> Overrides:
    """The rowids that were moved are compared, and no others."""
    return Overrides(
        tables={
            fold(table.source): TableOverride(rowid=any(column.hidden for column in table.columns))
            for table in tables
        }
    )


def _with(verification: Verification, changed: tuple[str, ...]) -> Verification:
    return replace(verification, objects_missing=(*changed, *verification.objects_missing))


def _remembered(target: str, schema: str) -> Entry:
    with connect(target, autocommit=True) as connection:
        server_facts(connection)
        return finished_move(connection, schema)


def _refuse_other(
    entry: Entry, path: str, tables: Sequence[TablePlan], database: Database, schema: str
) -> None:
    """TargetError when the move was of another file: another path, and no table in common."""
    here = {fold(table.name) for table in database.tables}
    if entry.source != path and not any(fold(table.source) in here for table in tables):
        raise TargetError(
            f"schema {schema} of the target holds the move of {entry.source}, not of {path}; "
            "name the file that was moved, or another --schema"
        )


def _comparable(tables: Sequence[TablePlan], database: Database) -> tuple[TablePlan, ...]:
    """The plans of tables whose columns the file still has."""
    columns = {fold(table.name): {fold(c.name) for c in table.columns} for table in database.tables}
    return tuple(
        table
        for table in tables
        if {fold(column.source) for column in table.columns} <= columns.get(fold(table.source), set())
        and fold(table.source) in columns
    )


def _changed(tables: Sequence[TablePlan], outcomes: Sequence[Outcome], database: Database) -> Iterator[str]:
    """Tables and columns that came or went in the file since the move."""
    left = {fold(o.name) for o in outcomes if o.kind in {"tables", "virtual_tables"} and o.fate == "left"}
    moved = {fold(table.source): table for table in tables}
    here = {fold(table.name): table for table in database.tables}
    for name in sorted(moved.keys() - here.keys()):
        yield f"table: {moved[name].source} is no longer in the file"
    for name in sorted(here.keys() - moved.keys() - left):
        yield f"table: {here[name].name} came into the file after the move"
    for name in sorted(moved.keys() & here.keys()):
        before = {fold(column.source): column.source for column in moved[name].columns}
        now = {fold(column.name): column.name for column in here[name].columns}
        for column in sorted(before.keys() - now.keys()):
            yield f"column: {moved[name].source}.{before[column]} is no longer in the file"
        for column in sorted(now.keys() - before.keys()):
            yield f"column: {here[name].name}.{now[column]} came into the file after the move"
