"""plan.toml: what is written reads back as the same plan, and a bad file is told where it is bad."""

from __future__ import annotations

import pytest
from unit_values import column, database, foreign_key, profiles, table

from outgrow.errors import ConfigError
from outgrow.options import Options
from outgrow.plan.build import build
from outgrow.plan.model import Plan
from outgrow.plan.overrides import ColumnOverride, Overrides, TableOverride
from outgrow.plan.toml import PlanFile, read_plan, write_plan
from outgrow.types.choose import Refuted, choose

TABLES = [
    table("Users", [column("Id", "INTEGER", primary_key=1), column('a"b', "DATETIME"), column("é.x", "")]),
    table(
        "x]\n# = ",
        [column("ref", "TEXT"), column("ctid", "BOOLEAN")],
        foreign_keys=(foreign_key("ref", "Users", "Id"),),
    ),
    table("gone", [column("a", "INT")]),
]
VALUES = {"Id": [1], 'a"b': ["2024-01-02 03:04:05"], "é.x": [5, "x"], "ref": ["1"], "ctid": [1], "a": [1]}


def planned(overrides: Overrides = Overrides(), options: Options = Options(schema="app")) -> Plan:  # noqa: B008
    source = database(*TABLES)
    profile = profiles(TABLES, VALUES)
    fixed = {
        (t.name, c.name): (over.type, over.conversion)
        for t in TABLES
        for c in t.columns
        if (over := overrides.column(t.name, c.name)).type and over.conversion
    }
    refuted = {
        ("Users", "é.x"): (Refuted(type="x", conversion="y", reason="does\nnot fit", value="'\x1b[31m'"),)
    }
    choices, findings = choose(source, profile, options, fixed=fixed, refuted=refuted)
    return build(source, profile, choices, options, overrides=overrides, findings=findings)


def decisions(plan: Plan) -> object:
    return [
        (t.source, t.name, [(c.source, c.name, c.type, c.conversion) for c in t.columns]) for t in plan.tables
    ]


def test_a_written_plan_reads_back_as_the_same_plan() -> None:
    plan = planned()
    text = write_plan(plan, frozenset({"view.left"}))
    read = read_plan(text, "plan.toml")
    assert (read.schema, read.types, read.names, read.json) == ("app", "inferred", "fold", "jsonb")
    assert read.allow == frozenset({"view.left"})
    again = planned(read.overrides)
    assert decisions(again) == decisions(plan)
    assert [s.sql for s in again.statements] == [s.sql for s in plan.statements]


def test_comments_carry_the_evidence_and_no_control_characters() -> None:
    text = write_plan(planned())
    assert "declared DATETIME, every value is YYYY-MM-DD HH:MM:SS" in text
    assert "\x1b" not in text
    assert "does·not fit" in text


def test_what_is_left_out_stays_left_out() -> None:
    overrides = Overrides(tables={"gone": TableOverride(leave=True)})
    plan = planned(overrides)
    assert [t.source for t in plan.tables] == ["Users", "x]\n# = "]
    assert read_plan(write_plan(plan), "p").overrides.table("GONE").leave is True


def test_a_plan_file_may_say_little() -> None:
    assert read_plan("", "p") == PlanFile()
    text = """[outgrow]
leave = ["view:V", "foreign key:t(a)"]
[tables.T]
name = "people"
[tables.T.columns]
A = {name = "b"}
"""
    columns = {"a": ColumnOverride(name="b")}
    assert read_plan(text, "p").overrides == Overrides(
        tables={"t": TableOverride(name="people", columns=columns)},
        leave=frozenset({"view:v", "foreign key:t(a)"}),
    )


BAD = [
    ("[outgrow", "p is not valid TOML"),
    ("[tables]\n[tables.t]\nleave = true\nleave = false\n", "p is not valid TOML"),
    ("colour = 1", "p: colour is not a setting; there are outgrow, tables"),
    ("outgrow = 1", "p: outgrow must be a table"),
    ("[outgrow]\nversion = 99", "p: version 99 is not known"),
    ("[outgrow]\nspeed = 1", "p: outgrow.speed is not a setting"),
    ("[outgrow]\nschema = 5", "p: outgrow.schema must be a text"),
    ('[outgrow]\nschema = ""', "p: outgrow.schema must be a text"),
    (
        '[outgrow]\ntypes = "guessed"',
        "p: outgrow.types is 'guessed'; it must be one of faithful, declared, inferred",
    ),
    ('[outgrow]\nnames = "upper"', "p: outgrow.names is 'upper'"),
    ('[outgrow]\njson = "text"', "p: outgrow.json is 'text'"),
    ('[outgrow]\nallow = "view.left"', "p: outgrow.allow must be a list of texts"),
    ('[outgrow]\nallow = ["no.rule"]', "p: outgrow.allow has 'no.rule', which is no rule"),
    ('[outgrow]\nleave = ["v"]', "p: outgrow.leave has 'v'; write KIND:NAME"),
    ('[outgrow]\nleave = ["table:v"]', "p: outgrow.leave has 'table:v'"),
    ("[tables]\nt = 5", "p: tables.t must be a table"),
    ("[tables.t]\nleave = 1", "p: tables.t.leave must be true or false"),
    ("[tables.t]\nrows = 1", "p: tables.t.rows is not a setting"),
    ("[tables.t]\ncolumns = 1", "p: tables.t.columns must be a table"),
    ('[tables.t.columns]\na = "text"', "p: tables.t.columns.a must be a table"),
    ('[tables.t.columns]\na = {type = "text"}', "p: tables.t.columns.a needs both type and conversion"),
    ('[tables.t.columns]\na = {conversion = "same"}', "p: tables.t.columns.a needs both type and conversion"),
    ("[tables.t.columns]\na = {name = 5}", "p: tables.t.columns.a.name must be a text"),
    ("[tables.t.columns]\na = {kind = 5}", "p: tables.t.columns.a.kind is not a setting"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_bad_file_is_told_where_it_is_bad(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_plan(text, "p")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (Overrides(tables={"nobody": TableOverride()}), "nobody"),
        (Overrides(tables={"users": TableOverride(columns={"nothing": ColumnOverride()})}), "nothing"),
        (Overrides(tables={"users": TableOverride(name="gone")}), "gone"),
        (Overrides(tables={"users": TableOverride(columns={"id": ColumnOverride(name="é.x")})}), "é.x"),
        (Overrides(tables={"users": TableOverride(name="x" * 64)}), "63 bytes"),
    ],
)
def test_a_plan_that_does_not_suit_the_file_is_refused(overrides: Overrides, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        planned(overrides)
