"""What `inspect` tells, joined: file, profile and plan side by side, in the order of the reports.

Text, JSON and HTML all show this one value, so that they cannot disagree. After `plan.build`,
before whoever prints. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from outgrow.findings import Finding, Rule, Severity, rule
from outgrow.move.result import Result
from outgrow.plan.model import ColumnPlan, Outcome, Plan, TablePlan
from outgrow.schema.model import Database, Table, VirtualTable
from outgrow.schema.names import fold
from outgrow.types.observed import ColumnProfile, Profile

HEAVIEST_FIRST = (Severity.STOP, Severity.LOSS, Severity.WARNING, Severity.INFO)
_NAMED = frozenset({"tables", "virtual_tables", "columns", "indexes", "views", "triggers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnView:
    """One column on both sides; `profile` is None when nothing was counted (a virtual table's)."""

    plan: ColumnPlan
    profile: ColumnProfile | None

    @property
    def holds(self) -> tuple[tuple[str, int], ...]:
        """Storage classes with their counts, `null` last; zero counts left out."""
        if self.profile is None:
            return ()
        nulls = (("null", self.profile.nulls),) if self.profile.nulls else ()
        return (*self.profile.counts, *nulls)

    @property
    def mixed(self) -> bool:
        """Whether values of several storage classes stand in the column, NULL not counted."""
        return self.profile is not None and len(self.profile.counts) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """One table on both sides; `virtual` is set where its rows are the content of a virtual table."""

    plan: TablePlan
    columns: tuple[ColumnView, ...]
    table: Table | None
    virtual: VirtualTable | None
    triggers: int = 0

    @property
    def index_count(self) -> int:
        """Indexes of CREATE INDEX; those of keys and constraints are not counted."""
        return sum(index.origin == "c" for index in self.table.indexes) if self.table else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFindings:
    """One rule and all findings that cite it."""

    rule: Rule
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """All that the reports of `inspect` show. `tables` are in the plan's order."""

    database: Database
    plan: Plan
    tables: tuple[TableView, ...]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]

    @property
    def size(self) -> int:
        """Bytes of the database by its own page count."""
        return self.database.page_size * self.database.page_count

    @property
    def ordinary(self) -> int:
        """Tables of the file that are not the content of a virtual one."""
        virtual = {fold(table.name) for table in self.database.virtual_tables}
        return sum(fold(table.name) not in virtual for table in self.database.tables)

    @property
    def rows(self) -> int:
        """Rows of all tables shown."""
        return sum(table.plan.rows for table in self.tables)

    @property
    def left(self) -> tuple[Outcome, ...]:
        """Objects that stay behind."""
        return tuple(o for o in self.outcomes if o.fate == "left")

    @property
    def changed(self) -> tuple[Outcome, ...]:
        """Objects that move in another form."""
        return tuple(o for o in self.outcomes if o.fate == "changed")

    @property
    def objects(self) -> dict[str, dict[str, int]]:
        """Counts per kind, as the end of a move has them."""
        plan = self.plan
        return Result(source=plan.source, target="", schema=plan.schema, outcomes=self.outcomes).objects()


def inspect(database: Database, profile: Profile, plan: Plan, tables: Collection[str] = ()) -> Inspection:
    """The joined view; `tables`, if any, limit it to them (ASCII case ignored) and to what hangs on them.

    KeyError names a table that the plan does not have.
    """
    wanted = {plan.table(name).source for name in tables}
    chosen = tuple(t for t in plan.tables if not wanted or t.source in wanted)
    return Inspection(
        database=database,
        plan=plan,
        tables=tuple(_table_view(database, profile, table) for table in chosen),
        outcomes=tuple(o for o in plan.expected if not wanted or _concerns(o.name, wanted)),
        findings=tuple(f for f in plan.findings if not wanted or _concerns(f.object, wanted)),
    )


def by_rule(findings: Iterable[Finding]) -> tuple[RuleFindings, ...]:
    """Findings grouped by rule, the heaviest severity first, then in the order they came."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.rule, []).append(finding)
    every = [RuleFindings(rule=rule(rule_id), findings=tuple(found)) for rule_id, found in groups.items()]
    return tuple(sorted(every, key=lambda group: HEAVIEST_FIRST.index(group.rule.severity)))


def severities(findings: Collection[Finding]) -> tuple[tuple[Severity, int], ...]:
    """How many findings each severity has, heaviest first; severities without any are left out."""
    found = [finding.severity for finding in findings]
    return tuple((severity, found.count(severity)) for severity in HEAVIEST_FIRST if severity in found)


def plan_names(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Source name → target name of all that moves: tables, `table.column`, then indexes and the like."""
    pairs: list[tuple[str, str]] = []
    for table in plan.tables:
        if not table.leave:
            pairs.append((table.source, table.name))
            pairs += ((f"{table.source}.{c.source}", f"{table.name}.{c.name}") for c in table.columns)
    pairs += ((o.name, o.target) for o in plan.expected if o.target and o.fate != "left")
    return tuple(pairs)


def renamed(names: Iterable[tuple[str, str]], outcomes: Iterable[Outcome]) -> tuple[tuple[str, str], ...]:
    """Pairs whose target is neither the source's spelling nor its lower case.

    Constraints are left out: SQL hardly speaks of them by name, and most have none in SQLite.
    A `table.column` or `table.index` whose last part keeps its name is left out, also under a renamed
    table: the table's own pair says it.
    """
    spoken = {outcome.name for outcome in outcomes if outcome.kind in _NAMED}
    pairs = tuple(pair for pair in names if pair[0] in spoken)
    whole = dict(pairs)
    return tuple((source, target) for source, target in pairs if not _follows(source, target, whole))


def _table_view(database: Database, profile: Profile, plan: TablePlan) -> TableView:
    name = fold(plan.source)
    profiled = next((t for t in profile.tables if fold(t.table) == name), None)
    seen = {fold(column.column): column for column in profiled.columns} if profiled else {}
    return TableView(
        plan=plan,
        columns=tuple(ColumnView(plan=c, profile=seen.get(fold(c.source))) for c in plan.columns),
        table=next((t for t in database.tables if fold(t.name) == name), None),
        virtual=next((v for v in database.virtual_tables if fold(v.name) == name), None),
        triggers=sum(fold(trigger.table) == name for trigger in database.triggers),
    )


def _concerns(name: str, tables: Collection[str]) -> bool:
    return any(name == table or name.startswith(table + ".") for table in tables)


def _follows(source: str, target: str, whole: dict[str, str]) -> bool:
    for at, char in enumerate(source):
        table = whole.get(source[:at]) if char == "." else None
        if table is not None:
            source, target = source[at + 1 :], target.removeprefix(table + ".")
            break
    return target in (source, fold(source))
