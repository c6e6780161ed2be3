"""The first half of the walk: catalog, profile, choices, plan. Nothing is written.

`inspect` and `plan` end here after `confirm` has looked at every value; `move` leaves that to the
copy, whose conversions look at every value anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock

from outgrow.findings import Finding
from outgrow.move.progress import Progress
from outgrow.move.refutations import Refutations
from outgrow.move.work import Crew
from outgrow.options import Options, RowidPolicy
from outgrow.plan.build import build, with_content
from outgrow.plan.model import Plan
from outgrow.plan.overrides import Overrides
from outgrow.plan.rowids import wanted_rowids, with_rowids
from outgrow.schema.model import Database, Table
from outgrow.schema.names import fold
from outgrow.sqlite import profile as profiling
from outgrow.sqlite.catalog import read_catalog
from outgrow.sqlite.connect import Snapshot
from outgrow.sqlite.extent import Rows, rowid_range, rows_of, split
from outgrow.sqlite.sample import take_sample
from outgrow.types.choose import ColumnKey, choose
from outgrow.types.evidence import range_tells
from outgrow.types.observed import Profile, TableProfile, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What the file says of itself.

    `database` has virtual tables' content as tables, `selects` is how to read these.
    """

    database: Database
    selects: Mapping[str, str]
    profile: Profile

    def rows(self, table: str) -> Rows:
        """Where that table's rows are read from."""
        return rows_of(self.database.table(table), self.selects.get(table))


def examine(
    snapshot: Snapshot, *, jobs: int, progress: Progress, in_full: bool = False,
    overrides: Overrides | None = None, rowids: RowidPolicy = "read",
) -> Examined:  # fmt: skip
    """Catalog and profile of a snapshot, with the rowids that are wanted. Raises ConfigError.

    `in_full` adds what no decision needs but a reader may want: the least and greatest number of
    every column, and the pages of every table, which reads the file once more.
    """
    progress.stage("catalog")
    with snapshot.apsw() as connection:
        catalog = read_catalog(snapshot, str(snapshot.path))
        catalog = with_rowids(catalog, wanted_rowids(catalog, overrides or Overrides(), rowids))
        database, selects = with_content(catalog)
        pages = profiling.table_bytes(connection) if in_full else {}
    progress.stage("profile", f"{len(database.tables)} tables")
    profiles = _Profiling(snapshot, database.encoding, jobs, progress, in_full=in_full)
    with Crew(jobs, on_stop=snapshot.interrupt) as crew:
        crew.run(partial(profiles.look, table, selects.get(table.name), crew) for table in database.tables)
    tables = tuple(profiles.of(table, pages.get(fold(table.name), 0)) for table in database.tables)
    return Examined(database=database, selects=selects, profile=Profile(tables=tables))


class _Profiling:
    """The profile of all tables, piece by piece, from several threads."""

    def __init__(
        self, snapshot: Snapshot, encoding: str, jobs: int, progress: Progress, *, in_full: bool
    ) -> None:
        self._snapshot, self._encoding, self._jobs, self._progress = snapshot, encoding, jobs, progress
        self._ranges = (lambda *_: True) if in_full else range_tells
        self._parts: dict[str, list[TableProfile]] = {}
        self._lock = Lock()

    def of(self, table: Table, size: int) -> TableProfile:
        """The table's profile, once all its pieces are there."""
        return replace(profiling.merge(self._parts[table.name]), bytes=size)

    def look(self, table: Table, select: str | None, crew: Crew) -> None:
        """Samples a table and gives the crew its pieces."""
        rows = rows_of(table, select)
        with self._snapshot.apsw() as connection:
            bounds = rowid_range(connection, rows)
            sample = take_sample(connection, table, rows, bounds, self._encoding)
        for part in split(rows, bounds, self._jobs):
            crew.give(partial(self._measure, table, part, sample, bounds))

    def _measure(
        self,
        table: Table,
        part: Rows,
        sample: tuple[tuple[Value, ...], ...],
        bounds: tuple[int, int] | None,
    ) -> None:
        with self._snapshot.apsw() as connection:
            found = profiling.profile_rows(connection, table, part, sample, bounds, self._ranges)
        with self._lock:
            self._parts.setdefault(table.name, []).append(found)
        self._progress.table_advances("profile", table.name, found.rows, 0)


def decide(
    examined: Examined,
    options: Options,
    overrides: Overrides,
    refutations: Refutations,
    extra: tuple[Finding, ...] = (),
) -> Plan:
    """The plan that follows from the evidence so far."""
    fixed = _fixed(examined.database, overrides)
    choices, findings = choose(
        examined.database, examined.profile, options, fixed=fixed, refuted=refutations.by_column
    )
    return build(
        examined.database,
        examined.profile,
        choices,
        options,
        overrides=overrides,
        selects=examined.selects,
        findings=(*extra, *refutations.stops, *findings),
    )


def _fixed(database: Database, overrides: Overrides) -> dict[ColumnKey, tuple[str, str]]:
    result = {}
    for table in database.tables:
        for column in table.columns:
            override = overrides.column(table.name, column.name)
            if override.type is not None and override.conversion is not None:
                result[table.name, column.name] = (override.type, override.conversion)
    return result
