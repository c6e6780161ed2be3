"""Every value through its conversion without a target: how `inspect` and `plan` become certain.

`move` leaves this to the copy, whose conversions look at every value anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from outgrow.errors import CounterExample
from outgrow.move.encode import encode
from outgrow.move.examine import Examined, decide
from outgrow.move.progress import Progress
from outgrow.move.refutations import Refutations
from outgrow.move.work import Crew
from outgrow.options import Options
from outgrow.plan.model import Plan, TablePlan
from outgrow.plan.overrides import Overrides
from outgrow.sqlite.connect import Snapshot
from outgrow.sqlite.read import read_table
from outgrow.sqlite.rows import Reading, form_of


def confirm(
    snapshot: Snapshot,
    examined: Examined,
    options: Options,
    overrides: Overrides,
    *,
    jobs: int,
    progress: Progress,
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
        with Crew(jobs, on_stop=snapshot.interrupt) as crew:
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
    for arrays in read_table(
        snapshot, readings, examined.rows(table.source), seen, examined.database.encoding
    ):
        for at, name in list(waiting.items()):
            planned = table.column(name)
            try:
                encode(planned.conversion, planned.type, arrays[at], readings[at].form)
            except CounterExample as error:
                del waiting[at]
                error.table, error.column = table.source, name
                refutations.note(table, error)
        progress.table_advances(
            "confirm", table.source, len(arrays[0]), sum(array.nbytes for array in arrays)
        )
        if not waiting:
            break
    progress.table_ends("confirm", table.source)
