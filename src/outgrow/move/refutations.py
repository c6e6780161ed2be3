"""What conversions have refused so far in this run; the next plan takes it into account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from threading import Lock

from outgrow.errors import CounterExample
from outgrow.findings import Finding
from outgrow.plan.model import TablePlan
from outgrow.types.choose import ColumnKey, Refuted


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
            entry = Refuted(
                type=column.type, conversion=column.conversion, reason=error.reason, value=error.value
            )
            self._by_column[key] = (*self._by_column.get(key, ()), entry)

    def dumps(self) -> str:
        """As JSON, for a ledger."""
        rows = [
            [*key, e.type, e.conversion, e.reason, e.value] for key, es in self._by_column.items() for e in es
        ]
        return json.dumps(rows)

    @classmethod
    def loads(cls, text: str) -> Refutations:
        """The inverse of `dumps`."""
        made = cls()
        for table, column, sql_type, recipe, reason, value in json.loads(text):
            entry = Refuted(type=sql_type, conversion=recipe, reason=reason, value=value)
            made._by_column[table, column] = (*made._by_column.get((table, column), ()), entry)
        return made
