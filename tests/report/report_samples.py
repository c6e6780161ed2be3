"""Sample values for the reports: a file with everything in it, an empty one, 300 tables, a hostile one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from outgrow.findings import Finding
from outgrow.move.result import Difference, Result, TableResult, Verification
from outgrow.plan.model import ColumnPlan, Outcome, Plan, Statement, TablePlan
from outgrow.schema.model import (
    Column,
    Database,
    Index,
    IndexColumn,
    Table,
    Trigger,
    View,
    VirtualTable,
)
from outgrow.types.affinity import affinity
from outgrow.types.observed import ColumnProfile, Profile, Rejected, TableProfile

HOSTILE = '"><script>alert(1)</script>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the reports take, of one file."""

    database: Database
    profile: Profile
    plan: Plan
    result: Result


def column(source: str, declared: str, target: str = "", **fields: object) -> ColumnPlan:
    values = {
        "source": source,
        "name": source.lower(),
        "declared": declared,
        "type": target,
        "conversion": "same",
    }
    return ColumnPlan(**{**values, **fields})  # type: ignore[arg-type]


def table(plan: TablePlan, **fields: object) -> Table:
    columns = tuple(
        Column(name=c.source, declared_type=c.declared, affinity=affinity(c.declared)) for c in plan.columns
    )
    values = {"name": plan.source, "sql": f'CREATE TABLE "{plan.source}" (…)', "columns": columns}
    return Table(**{**values, **fields})  # type: ignore[arg-type]


def index(name: str, of: str, on: str) -> Index:
    key = IndexColumn(column=on, expression=None, collation="BINARY")
    return Index(name=name, table=of, columns=(key,), unique=False, origin="c", sql=f"CREATE INDEX {name} …")


READINGS = TablePlan(
    source="readings",
    name="readings",
    rows=3_000_000,
    bytes=311_040_000,
    key=("id",),
    identity_next=3_000_001,
    columns=(
        column("id", "INTEGER", "bigint", identity=True, not_null=True, evidence="the rowid"),
        column(
            "taken_at",
            "DATETIME",
            "timestamptz",
            conversion="timestamptz-text:YYYY-MM-DD HH:MM:SS.ffffff+00:00",
            not_null=True,
            evidence="all values have one format",
        ),
        column(
            "value",
            "",
            "text",
            conversion="escaped",
            evidence="holds integers, reals and text, and text holds all of it exactly",
            considered=(
                Rejected(
                    type="double precision", conversion="same", reason="is text, not a number", value="'n/a'"
                ),
                Rejected(type="bigint", conversion="same", reason="is not an integer", value="21.5"),
            ),
        ),
        column(
            "Note", "VARCHAR(255)", "text", collation="NOCASE", evidence="declared as text, holds only text"
        ),
    ),
)
SENSORS = TablePlan(
    source="Sensors",
    name="sensors",
    rows=12,
    bytes=4096,
    key=("uuid",),
    columns=(
        column(
            "uuid", "CHAR(36)", "uuid", conversion="uuid-text", not_null=True, evidence="all values are UUIDs"
        ),
        column("active", "BOOLEAN", "boolean", conversion="boolean", default="true", evidence="declared so"),
        column("photo", "BLOB", "bytea", evidence="holds only blobs"),
        column("price", "REAL", "double precision", fixed=True, evidence="set in the plan"),
    ),
)
ORDER = TablePlan(
    source="a very long table name that PostgreSQL cannot hold because it has more than sixty-three bytes",
    name="a very long table name that postgresql cannot hold beca_1a2b3c4d",
    rows=2,
    bytes=4096,
    columns=(column("ctid", "TEXT", "text", name="ctid_", evidence="declared as text, holds only text"),),
)
EMPTY = TablePlan(
    source="audit", name="audit", rows=0, bytes=4096, columns=(column("id", "INTEGER", "bigint"),)
)
LEFT_OUT = TablePlan(source="cache", name="cache", rows=7, leave=True, columns=(column("k", "TEXT", "text"),))
NOTES_FTS = TablePlan(
    source="notes_fts",
    name="notes_fts",
    rows=40,
    virtual=True,
    select="SELECT body FROM notes_fts",
    columns=(column("body", "", "text", evidence="the text that was indexed"),),
)
FINDINGS = (
    Finding(rule="type.mixed", object="readings.value", count=14,
            detail="holds integer, real and text, kept in escaped form",
            sample=("id 7: 'n/a'", "id 9: 'n/a'")),
    Finding(rule="value.too-large", object="Sensors.photo", detail="1,200,000,000 bytes",
            count=1, sample=("uuid 9f1c…",)),
    Finding(rule="trigger.left", object="keep_latest", detail="RAISE(IGNORE) has no equal in PostgreSQL"),
    Finding(rule="name.changed", object=ORDER.source, detail=f"becomes {ORDER.name}"),
    Finding(rule="name.changed", object=f"{ORDER.source}.ctid",
            detail="becomes ctid_, a name of PostgreSQL's own"),
    Finding(rule="virtual.unreadable", object="places", detail="the module vec9 is not loaded"),
)  # fmt: skip
TRIGGER = "CREATE TRIGGER keep_latest BEFORE INSERT ON readings\nBEGIN\n\tSELECT RAISE(IGNORE);\nEND"
OUTCOMES = (
    Outcome(kind="triggers", name="keep_latest", fate="left", rule="trigger.left", text=TRIGGER,
            reason="RAISE(IGNORE) has no equal in PostgreSQL"),
    Outcome(kind="virtual_tables", name="places", fate="left", rule="virtual.unreadable",
            reason="the module vec9 is not loaded", text="CREATE VIRTUAL TABLE places USING vec9(x)"),
    Outcome(kind="tables", name="cache", fate="left", rule="table.left", reason="the plan says so"),
    Outcome(kind="tables", name="audit", fate="moved"),
    Outcome(kind="columns", name="audit.id", fate="moved"),
    Outcome(kind="virtual_tables", name="notes_fts", fate="changed", reason="becomes an ordinary table"),
)  # fmt: skip


def _profile(plan: TablePlan, *columns: ColumnProfile) -> TableProfile:
    return TableProfile(table=plan.source, rows=plan.rows, bytes=plan.bytes, columns=columns)


def _holds(name: str, rows: int, *counts: tuple[str, int], **fields: object) -> ColumnProfile:
    held = sum(number for _, number in counts)
    return ColumnProfile(column=name, rows=rows, nulls=rows - held, counts=counts, **fields)  # type: ignore[arg-type]


PROFILE = Profile(
    tables=(
        _profile(
            READINGS,
            _holds("id", 3_000_000, ("integer", 3_000_000), min_integer=1, max_integer=3_000_000),
            _holds("taken_at", 3_000_000, ("text", 3_000_000), max_bytes=32),
            _holds("value", 3_000_000, ("integer", 40), ("real", 2_900_000), ("text", 14), min_integer=-4,
                   max_integer=21, min_real=-1.5, max_real=float("inf"), max_bytes=3),
            _holds("Note", 3_000_000, ("text", 11), max_bytes=1),
        ),
        _profile(
            SENSORS,
            _holds("uuid", 12, ("text", 12), max_bytes=36),
            _holds("active", 12, ("integer", 12), min_integer=0, max_integer=1),
            _holds("photo", 12, ("blob", 3), max_bytes=1_200_000_000),
            _holds("price", 12, ("real", 12), min_real=9.99, max_real=9.99),
        ),
        _profile(ORDER, _holds("ctid", 2, ("text", 1), max_bytes=9)),
        _profile(EMPTY, _holds("id", 0)),
        _profile(LEFT_OUT, _holds("k", 7, ("text", 7), max_bytes=4)),
    )
)  # fmt: skip


def _moved(*tables: TablePlan) -> tuple[Statement, ...]:
    return tuple(
        Statement(
            sql=f'CREATE TABLE "{t.name}" ()',
            why="the table",
            phase="pre-data",
            table=t.source,
            outcomes=(
                Outcome(kind="tables", name=t.source, fate="moved"),
                *(Outcome(kind="columns", name=f"{t.source}.{c.source}", fate="moved") for c in t.columns),
            ),
        )
        for t in tables
    )


def sample() -> Sample:
    database = Database(
        path="/srv/app/weather station.db",
        encoding="UTF-8",
        page_size=4096,
        page_count=76_000,
        journal_mode="wal",
        user_version=47,
        application_id=0,
        tables=(
            table(READINGS, indexes=(index("readings_taken", "readings", "taken_at"),)),
            table(SENSORS, strict=True, without_rowid=True),
            table(ORDER),
            table(EMPTY),
            table(LEFT_OUT),
        ),
        views=(View(name="latest", sql="CREATE VIEW latest AS SELECT 1", columns=("1",)),),
        triggers=(Trigger(name="keep_latest", table="readings", sql=TRIGGER),),
        virtual_tables=(
            VirtualTable(name="notes_fts", module="fts5", arguments=("body",), sql="…", readable="module"),
            VirtualTable(name="places", module="vec9", arguments=("x",), sql="…", unreadable="not loaded"),
        ),
        collations=("GERMAN",),
        internal=("sqlite_sequence",),
    )
    checked = Statement(
        sql="CREATE INDEX readings_taken ON readings (taken_at)", why="the index", phase="post-data",
        outcomes=(
            Outcome(kind="indexes", name="readings.readings_taken", fate="moved"),
            Outcome(kind="views", name="latest", fate="changed", reason="strftime() is sqlite.strftime()"),
        ),
    )  # fmt: skip
    plan = Plan(
        source=database.path,
        schema="public",
        types="inferred",
        names="fold",
        json="jsonb",
        tables=(READINGS, SENSORS, ORDER, EMPTY, LEFT_OUT, NOTES_FTS),
        statements=(*_moved(READINGS, SENSORS, ORDER), checked),
        outcomes=OUTCOMES,
        findings=FINDINGS,
    )
    return Sample(database=database, profile=PROFILE, plan=plan, result=_result(plan))


def _result(plan: Plan) -> Result:
    moving = [table for table in plan.tables if not table.leave]
    return Result(
        source=plan.source,
        target="postgresql://app@localhost:5432/weather",
        schema=plan.schema,
        outcomes=plan.expected,
        findings=tuple(f for f in plan.findings if f.rule not in {"value.too-large"}),
        tables=tuple(TableResult(source=t.source, target=t.name, rows=t.rows, bytes=t.bytes) for t in moving),
        names=(
            *((t.source, t.name) for t in moving),
            *((f"{t.source}.{c.source}", f"{t.name}.{c.name}") for t in moving for c in t.columns),
        ),
        verification=Verification(rows=3_000_054, values=12_000_086, writes_tested=5),
        seconds={"profile": 0.8, "copy": 3.6, "verify": 1.8, "total": 6.42},
    )


def nothing() -> Sample:
    """A database without a table."""
    database = Database(
        path="empty.db", encoding="UTF-16le", page_size=512, page_count=1, journal_mode="delete",
        user_version=0, application_id=0,
    )  # fmt: skip
    plan = Plan(
        source="empty.db", schema="app", types="faithful", names="preserve", json="json",
        tables=(), statements=(), outcomes=(), findings=(),
    )  # fmt: skip
    verified = Result(
        source="empty.db", target="postgresql:///app", schema="app", verification=Verification()
    )
    return Sample(database=database, profile=Profile(tables=()), plan=plan, result=verified)


def many() -> Sample:
    """A database of 300 tables with 4 columns each, every third empty."""
    whole = sample()
    plans = tuple(
        replace(READINGS, source=f"t{n:03}", name=f"t{n:03}", rows=0 if n % 3 == 0 else n, bytes=n * 1000)
        for n in range(300)
    )
    database = replace(
        whole.database,
        tables=tuple(table(p) for p in plans),
        views=(),
        triggers=(),
        virtual_tables=(),
        collations=(),
    )
    profile = Profile(tables=tuple(replace(PROFILE.tables[0], table=p.source, rows=p.rows) for p in plans))
    plan = replace(whole.plan, tables=plans, statements=_moved(*plans), outcomes=(), findings=())
    return Sample(database=database, profile=profile, plan=plan, result=_result(plan))


def hostile() -> Sample:
    """Names, values and texts that try to be markup, escape sequences or paths."""
    whole = sample()
    name = HOSTILE + "[bold red]x[/]\x1b[2J\u202egnp"
    bad = replace(
        READINGS.columns[2],
        source=name, name=name, declared="[/] & <b>\x07", evidence="'\"><img src=x onerror=alert(1)>\udcff",
        considered=(Rejected(type="</style><b>", conversion="same", reason="<i>", value="a\0b\r\n[link=x]"),),
    )  # fmt: skip
    plan_table = replace(READINGS, source=name, name=name, columns=(bad,), key=(name,))
    holds = _holds(name, 1, ("integer", 1), min_integer=-(2**63), max_integer=2**63 - 1)
    plan = replace(
        whole.plan,
        source=name,
        tables=(plan_table,),
        statements=_moved(plan_table),
        outcomes=(
            Outcome(
                kind="views",
                name=name,
                fate="left",
                reason=name,
                text=f"{name}\n</pre>--\x1b]0;x\x07",
                rule="view.left",
            ),
        ),
        findings=(Finding(rule="view.left", object=name, detail=name, count=1, sample=(name, "]]>")),),
    )
    database = replace(
        whole.database, path=name, tables=(table(plan_table),), views=(View(name=name, sql=name),),
        triggers=(),
        virtual_tables=(VirtualTable(name=name, module=name, arguments=(name,), sql=name, unreadable=name),),
        collations=(name,),
    )  # fmt: skip
    result = replace(
        _result(plan),
        verification=Verification(
            rows=1, values=1, differences=1, objects_missing=(name,), writes_tested=1, writes_failed=(name,),
            shown=(Difference(table=name, key=name, column=name, source=name, target=name),),
        ),
    )  # fmt: skip
    return Sample(
        database=database,
        profile=Profile(tables=(TableProfile(table=name, rows=1, columns=(holds,)),)),
        plan=plan,
        result=result,
    )
