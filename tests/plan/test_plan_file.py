"""plan.toml: what it decides, what it refuses and where, and that writing it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from outgrow.errors import ConfigError
from outgrow.move.confirm import confirm
from outgrow.move.examine import examine
from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.move.result import Result
from outgrow.options import Options
from outgrow.plan.model import Plan
from outgrow.plan.toml import PlanFile, read_plan, write_plan
from outgrow.schema.names import quote_sqlite
from outgrow.sqlite.connect import open_snapshot

SHOP = """
CREATE TABLE Customer(Id INTEGER PRIMARY KEY, "Full Name" TEXT NOT NULL, since TEXT, vip INTEGER DEFAULT 0,
  CHECK (vip IN (0, 1)));
CREATE TABLE "order"(
  id INTEGER PRIMARY KEY, customer INTEGER REFERENCES Customer(Id), code TEXT, total NUMERIC,
  CONSTRAINT positive CHECK (total > 0), CHECK (length(code) = 36));
CREATE TABLE scratch(a);
CREATE INDEX order_code ON "order"(code);
CREATE VIEW totals AS SELECT customer, sum(total) AS total FROM "order" GROUP BY customer;
CREATE TRIGGER keep AFTER INSERT ON "order" BEGIN INSERT INTO scratch VALUES (new.code); END;
CREATE TRIGGER tidy AFTER INSERT ON scratch BEGIN DELETE FROM scratch WHERE a IS NULL; END;
INSERT INTO Customer VALUES (1, 'Ada', '2024-01-02 03:04:05', 1), (2, 'Bob', '2024-02-03 04:05:06', 0);
INSERT INTO "order" VALUES (1, 1, '6ba7b810-9dad-11d1-80b4-00c04fd430c8', 12.5);
DELETE FROM scratch;
"""


def planned(path: Path, given: PlanFile | None = None, **options: Any) -> Plan:
    given = given or PlanFile()
    with open_snapshot(path, readers=3) as snapshot:
        examined = examine(
            snapshot, jobs=1, progress=Silent(), overrides=given.overrides, rowids=given.rowids or "read"
        )
        options = {"rowids": given.rowids or "read", **options}
        return confirm(snapshot, examined, Options(**options), given.overrides, jobs=1, progress=Silent())


@pytest.fixture
def shop(make_sqlite: Callable[..., Path]) -> Path:
    return make_sqlite(SHOP)


@pytest.fixture
def run(shop: Path, database: str) -> Callable[[str], Result]:
    """Moves the shop by the text of a plan."""

    def go(plan: str) -> Result:
        given = read_plan(plan, "plan.toml")
        options = Options(allow=given.allow, names=given.names or "fold", types=given.types or "inferred")
        request = Request(source=str(shop), target=database, options=options, overrides=given.overrides)
        return move(request, Silent())

    return go


def catalog(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            """
            SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
              pg_get_expr(d.adbin, d.adrelid)
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND c.relkind IN ('r', 'v')
            UNION ALL SELECT indexname, NULL, indexdef, NULL, NULL FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT conname, NULL, pg_get_constraintdef(oid), convalidated, NULL FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
            UNION ALL SELECT tgname, NULL, pg_get_triggerdef(oid), NULL, NULL FROM pg_trigger
            WHERE NOT tgisinternal
            ORDER BY 1, 2, 3
            """
        ).fetchall()


def test_every_setting(run: Callable[[str], Result], database: str) -> None:
    result = run(
        """
        [outgrow]
        names = "preserve"
        leave = ["view:TOTALS", "trigger:keep", "index:order_code", "check:order.positive",
                 "check:order.CHECK 2", "foreign key:order(customer)"]
        allow = ["type.mixed"]
        [tables.scratch]
        leave = true
        [tables.order]
        name = "orders"
        [tables.order.columns]
        code = {name = "ref", type = "text", conversion = "same"}
        total = {type = "numeric(12,3)", conversion = "numeric"}
        [tables.Customer.columns."Full Name"]
        name = "full_name"
        """
    )
    assert result.exit_code(frozenset({"type.mixed"})) == 0
    left = [(o.kind, o.name, o.reason) for o in result.outcomes if o.fate == "left"]
    assert sorted(left) == [
        ("checks", "order.CHECK 2", "left out in the plan"),
        ("checks", "order.positive", "left out in the plan"),
        ("columns", "scratch.a", "scratch stays behind"),
        ("foreign_keys", "order.FOREIGN KEY (customer) → Customer", "left out in the plan"),
        ("indexes", "order.order_code", "left out in the plan"),
        ("tables", "scratch", "left out in the plan"),
        ("triggers", "keep", "left out in the plan"),
        ("triggers", "tidy", "scratch stays behind"),
        ("views", "totals", "left out in the plan"),
    ]
    assert {(name, old): kind for name, old, kind, *_ in catalog(database) if old} == {
        ("Customer", "Id"): "bigint", ("Customer", "full_name"): "text",
        ("Customer", "since"): "timestamp without time zone", ("Customer", "vip"): "boolean",
        ("orders", "id"): "bigint", ("orders", "customer"): "bigint", ("orders", "ref"): "text",
        ("orders", "total"): "numeric(12,3)",
    }  # fmt: skip
    assert result.objects()["tables"] == {"source": 3, "moved": 2, "left": 1, "changed": 0}
    assert dict(result.names)["order.code"] == "orders.ref"


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("[tables.nowhere]\nleave = true", "the plan's tables.nowhere: the file has no such table"),
        ("[tables.order.columns.x]\nname = 'y'",
         "the plan's tables.order.columns.x: the file has no such column"),
        ("[outgrow]\nleave = ['view:none']",
         "the plan's leave has view:none: the file has no such view; there are view:totals"),
        ("[outgrow]\nleave = ['table:order']",
         "plan.toml: outgrow.leave has 'table:order'; write KIND:NAME with KIND one of"),
        ("[outgrow]\nallow = ['none.such']", "plan.toml: outgrow.allow has 'none.such', which is no rule"),
        ("[outgrow]\ntypes = 'guess'",
         "plan.toml: outgrow.types is 'guess'; it must be one of faithful, declared, inferred"),
        ("[outgrow]\nshema = 'x'", "plan.toml: outgrow.shema is not a setting; there are allow, json,"),
        ("[tables.order]\nleave = 1", "plan.toml: tables.order.leave must be true or false"),
        ("[tables.order.columns]\ncode = 3", "plan.toml: tables.order.columns.code must be a table"),
        ("[tables.order.columns.code]\ntype = 'text'",
         "tables.order.columns.code needs both type and conversion, or neither"),
        ("[tables.order.columns.code]\ntype = 'text'\nconversion = 'magic'",
         "plan.toml: tables.order.columns.code: no conversion 'magic'; there are same, "),
        ("[tables.order.columns.code]\ntype = 'text); DROP TABLE x'\nconversion = 'same'",
         "tables.order.columns.code: .*no type that a column"),
        ("[tables.order]\nname = 'customer'", "the plan gives the relation name customer to both"),
        ("[tables.order]\nname = '" + "x" * 64 + "'", "longer than PostgreSQL's 63 bytes"),
        ("[outgrow]\nversion = 9", "plan.toml: version 9 is not known"),
        ("[outgrow\n", "plan.toml is not valid TOML: .* line 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_place(
    run: Callable[[str], Result], plan: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        run(plan)


def test_a_written_plan_decides_the_same(shop: Path, run: Callable[[str], Result], database: str) -> None:
    text = write_plan(planned(shop, vectors=True))
    bare = run("")
    before = catalog(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; DROP SCHEMA outgrow CASCADE; CREATE SCHEMA public")
    given = run(text)
    assert catalog(database) == before
    assert given.outcomes == bare.outcomes
    assert given.verification == bare.verification


def test_writing_and_reading_again_is_the_same_file(shop: Path) -> None:
    text = (
        '[outgrow]\nnames = "preserve"\nallow = ["type.mixed"]\n'
        'leave = ["foreign key:order(customer)", "trigger:keep",'
        ' "check:order.CHECK 2"]\n[tables.scratch]\nleave = true\n[tables.order]\nname = "orders"\n'
        '[tables.order.columns.code]\nname = "ref"\ntype = "text"\nconversion = "same"\n'
    )
    given = read_plan(text, "plan.toml")
    once = write_plan(planned(shop, given, names="preserve"), given.allow)
    again = read_plan(once, "plan.toml")
    assert (again.names, again.allow, again.overrides.leave) == (
        "preserve",
        given.allow,
        given.overrides.leave,
    )
    assert again.overrides.table("scratch").leave
    assert again.overrides.column("order", "code") == given.overrides.column("order", "code")
    twice = write_plan(planned(shop, again, names="preserve"), again.allow)
    assert decisions(twice) == decisions(once)


def decisions(text: str) -> list[str]:
    """A plan file without its comments, which say of every column that the plan sets it once it does."""
    return [line.partition(" # ")[0] for line in text.splitlines()]


def test_the_evidence_stands_in_comments(shop: Path) -> None:
    lines = {line.partition(" = ")[0]: line for line in write_plan(planned(shop)).splitlines()}
    assert lines["since"].partition("# ")[2] != ""
    assert 'type = "timestamp"' in lines["since"]
    assert (
        lines["vip"].partition("# ")[0]
        == 'vip = {name = "vip", type = "boolean", conversion = "boolean:0/1"} '
    )


HOSTILE = ('a"b', "a.b", "a\nb = 1", "a # b", "]", "é\u202e", "'''", "\\", " ", "a\x7fb", "\x01")


def test_hostile_names_survive(make_sqlite: Callable[..., Path]) -> None:
    columns = ", ".join(f"{quote_sqlite(name)} TEXT" for name in HOSTILE)
    values = ", ".join(["'2024-01-0x #\n[x]'"] * len(HOSTILE))
    tables = "".join(
        f"CREATE TABLE {quote_sqlite(name)}({columns}); INSERT INTO {quote_sqlite(name)} VALUES ({values});"
        for name in HOSTILE
    )
    plan = planned(make_sqlite(tables))
    given = read_plan(write_plan(plan), "plan.toml")
    assert set(given.overrides.tables) == set(HOSTILE)
    for table in plan.tables:
        for column in table.columns:
            override = given.overrides.column(table.source, column.source)
            assert (override.name, override.type, override.conversion) == (
                column.name,
                column.type,
                column.conversion,
            )


ROWIDS = """
CREATE TABLE read(name TEXT);
CREATE TABLE unread(name TEXT);
CREATE TABLE whole(name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE full(rowid, oid, _rowid_);
CREATE VIEW v AS SELECT rowid AS n, name FROM read;
"""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ["read"]),
        ("[tables.UNREAD]\nrowid = true", ["read", "unread"]),
        ("[tables.read]\nrowid = false", []),
        ("[outgrow]\nrowids = 'all'\n[tables.read]\nrowid = false", ["unread"]),
    ],
)
def test_rowids_are_kept_where_they_are_read_or_asked_for(
    make_sqlite: Callable[..., Path], text: str, kept: list[str]
) -> None:
    path = make_sqlite(ROWIDS)
    plan = planned(path, read_plan(text, "p"))
    assert [t.source for t in plan.tables if any(c.hidden for c in t.columns)] == kept
    again = planned(path, read_plan(write_plan(plan), "p"))
    assert [t.columns for t in again.tables if t.source in kept] == [
        tuple(replace(c, fixed=True, evidence="set in the plan") for c in t.columns)
        for t in plan.tables
        if t.source in kept
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tables.whole]\nrowid = true", "tables.whole.rowid: the table is WITHOUT ROWID; remove the line"),
        ("[tables.full]\nrowid = true", "tables.full.rowid: the table has columns of all names of the rowid"),
        ("[tables.read]\nrowid = 1", "tables.read.rowid must be true or false"),
    ],
)
def test_a_rowid_that_cannot_be_kept(make_sqlite: Callable[..., Path], text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        planned(make_sqlite(ROWIDS), read_plan(text, "p"))
