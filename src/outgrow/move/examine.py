"""The first half of the walk: catalog, profile, choices, plan. Nothing is written.

`inspect` and `plan` end here after `confirm` has looked at every value; `move` leaves that to the
copy, whose conversions look at every value anyway.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock

import pyarrow as pa

from outgrow.errors import CounterExample
from outgrow.findings import Finding
from outgrow.move.progress import Progress
from outgrow.move.work import Crew
from outgrow.options import Options
from outgrow.plan.build import build, with_content
from outgrow.plan.model import Plan, TablePlan
from outgrow.plan.overrides import Overrides
from outgrow.schema.model import Database, Table
from outgrow.schema.names import fold
from outgrow.sqlite import profile as profiling
from outgrow.sqlite.catalog import read_catalog
from outgrow.sqlite.connect import Snapshot
from outgrow.sqlite.read import read_table
from outgrow.sqlite.rows import Reading, form_of
from outgrow.types.choose import ColumnKey, Refuted, choose
from outgrow.types.observed import Profile, TableProfile, Value
from outgrow.types.values import conversion
from outgrow.types.values.base import ARROW_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What the file says of itself: `database` with virtual content as tables, how to read these, the profile."""

    database: Database
    selects: Mapping[str, str]
    profile: Profile

    def rows(self, table: str) -> profiling.Rows:
        """Where that table's rows are read from."""
        return profiling.rows_of(self.database.table(table), self.selects.get(table))


def examine(snapshot: Snapshot, *, jobs: int, progress: Progress, sizes: bool = False) -> Examined:
    """Catalog and profile of a snapshot; `sizes` also counts the pages of every table, which reads the file once."""
    progress.stage("catalog")
    with snapshot.apsw() as connection:
        database, selects = with_content(read_catalog(snapshot, str(snapshot.path)))
        pages = profiling.table_bytes(connection) if sizes else {}
    progress.stage("profile", f"{len(database.tables)} tables")
    parts: dict[str, list[TableProfile]] = {table.name: [] for table in database.tables}
    lock = Lock()
    with Crew(jobs) as crew:
        crew.run(
            _profile_task(snapshot, crew, table, selects.get(table.name), database.encoding, jobs, parts, lock, progress)
            for table in database.tables
        )
    tables = tuple(
        replace(profiling.merge(parts[table.name]), bytes=pages.get(fold(table.name), 0)) for table in database.tables
    )
    return Examined(database=database, selects=selects, profile=Profile(tables=tables))


def _profile_task(
    snapshot: Snapshot,
    crew: Crew,
    table: Table,
    select: str | None,
    encoding: str,
    jobs: int,
    parts: dict[str, list[TableProfile]],
    lock: Lock,
    progress: Progress,
) -> Callable[[], None]:
    def piece(
        rows: profiling.Rows, sample: tuple[tuple[Value, ...], ...], bounds: tuple[int, int] | None
    ) -> None:
        with snapshot.apsw() as connection:
            found = profiling.profile_rows(connection, table, rows, sample, bounds)
        with lock:
            parts[table.name].append(found)
        progress.table_advances("profile", table.name, found.rows, 0)

    def task() -> None:
        rows = profiling.rows_of(table, select)
        with snapshot.apsw() as connection:
            bounds = profiling.rowid_range(connection, rows)
            sample = profiling.take_sample(connection, table, rows, bounds, encoding)
        for part in profiling.split(rows, bounds, jobs):
            crew.give(partial(piece, part, sample, bounds))

    return task


class Refutations:
    """Counter-examples met so far: by column those that rule out a candidate, and those that stop.

    Thread-safe. A type that the user set is never replaced, so its counter-example stops.
    """

    def __init__(self) -> None:
        self._by_column: dict[ColumnKey, tuple[Refuted, ...]] = {}
        self._stops: dict[ColumnKey, Finding] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return sum(map(len, self._by_column.values())) + len(self._stops)

    @property
    def by_column(self) -> Mapping[ColumnKey, tuple[Refuted, ...]]:
        """What `types.choose` takes as refuted."""
        return dict(self._by_column)

    @property
    def stops(self) -> tuple[Finding, ...]:
        """Findings for values that do not fit what the user set."""
        return tuple(self._stops.values())

    def note(self, table: TablePlan, error: CounterExample) -> None:
        """Files one counter-example; `error.column` names the column."""
        column = table.column(error.column)
        key = (table.source, column.source)
        with self._lock:
            if column.fixed:
                self._stops[key] = Finding(
                    rule="value.does-not-fit",
                    object=f"{table.source}.{column.source}",
                    detail=f"{error.value} {error.reason}; the plan sets {column.type} ({column.conversion})",
                    count=1,
                    sample=(error.value,),
                )
                return
            entry = Refuted(type=column.type, conversion=column.conversion, reason=error.reason, value=error.value)
            self._by_column[key] = (*self._by_column.get(key, ()), entry)

    def dumps(self) -> str:
        """As JSON, for a ledger."""
        rows = [[*key, e.type, e.conversion, e.reason, e.value] for key, es in self._by_column.items() for e in es]
        return json.dumps(rows)

    @classmethod
    def loads(cls, text: str) -> Refutations:
        """The inverse of `dumps`."""
        made = cls()
        for table, column, sql_type, recipe, reason, value in json.loads(text):
            entry = Refuted(type=sql_type, conversion=recipe, reason=reason, value=value)
            made._by_column[table, column] = (*made._by_column.get((table, column), ()), entry)
        return made


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


def confirm(
    snapshot: Snapshot, examined: Examined, options: Options, overrides: Overrides, *, jobs: int, progress: Progress
) -> Plan:
    """The plan after every value went through its column's conversion; repeats until nothing is refuted."""
    refutations = Refutations()
    looked: set[tuple[str, str, str, str]] = set()
    progress.stage("confirm", "every value through its conversion")
    while True:
        plan = decide(examined, options, overrides, refutations)
        tasks = list(_looks(snapshot, examined, plan, looked, refutations, progress))
        if not tasks:
            return plan
        with Crew(jobs) as crew:
            crew.run(tasks)


def _looks(
    snapshot: Snapshot,
    examined: Examined,
    plan: Plan,
    looked: set[tuple[str, str, str, str]],
    refutations: Refutations,
    progress: Progress,
) -> Iterator[Callable[[], None]]:
    for table in plan.tables:
        columns = []
        for column in table.stored:
            mark = (table.source, column.source, column.type, column.conversion)
            if mark not in looked and not _proven(examined, table, column.source):
                columns.append(column.source)
            looked.add(mark)
        if columns and table.rows:
            yield partial(_look, snapshot, examined, table, columns, refutations, progress)


def _proven(examined: Examined, table: TablePlan, column: str) -> bool:
    """Whether the profile alone proves that every value fits."""
    planned = table.column(column)
    seen = examined.profile.table(table.source).column(column)
    plain = (planned.type, frozenset(seen.classes))
    return planned.conversion == "same" and plain in {
        ("bigint", frozenset({"integer"})),
        ("double precision", frozenset({"real"})),
        ("bytea", frozenset({"blob"})),
    }


def _look(
    snapshot: Snapshot,
    examined: Examined,
    table: TablePlan,
    columns: list[str],
    refutations: Refutations,
    progress: Progress,
) -> None:
    seen = examined.profile.table(table.source)
    readings = [Reading(column=name, form=form_of(seen.column(name))) for name in columns]
    waiting = dict(enumerate(columns))
    progress.table_begins("confirm", table.source, table.rows, table.bytes)
    for arrays in read_table(snapshot, readings, examined.rows(table.source), seen, examined.database.encoding):
        for at, name in list(waiting.items()):
            planned = table.column(name)
            try:
                encode_checked(planned.conversion, planned.type, arrays[at], readings[at])
            except CounterExample as error:
                del waiting[at]
                error.table, error.column = table.source, name
                refutations.note(table, error)
        progress.table_advances("confirm", table.source, len(arrays[0]), sum(array.nbytes for array in arrays))
        if not waiting:
            break
    progress.table_ends("confirm", table.source)


def encode_checked(name: str, sql_type: str, array: pa.Array, reading: Reading) -> pa.Array:
    """The column's array for PostgreSQL; CounterExample also for a form that the conversion does not take."""
    made = conversion(name, sql_type)
    if reading.form in made.forms:
        return made.encode(array, reading.form)
    if array.null_count < len(array):
        raise CounterExample(f"is {reading.form.value}, which {name} does not take", f"a {reading.form.value} value")
    form = min(made.forms, key=lambda form: form.value)
    return made.encode(pa.nulls(len(array), ARROW_TYPES[form]), form)
