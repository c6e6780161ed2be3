"""The choice of a type: what speaks for it, what refutes it, and that foreign-key partners agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from unit_values import check, column, database, foreign_key, profiles, table

from outgrow.errors import ConfigError
from outgrow.findings import Finding
from outgrow.options import Options
from outgrow.schema.model import Column
from outgrow.types.choose import Choice, Refuted, choose
from outgrow.types.observed import Value

FLOATS = bytes(32)
UUID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
NOW = "2024-01-02 03:04:05"


def chosen(
    one: Column, values: Sequence[Value], refuted: Sequence[Refuted] = (), *, checks: Any = (), **options: Any
) -> tuple[Choice, tuple[Finding, ...]]:
    """The choice for one column of table t and its findings."""
    entry = table("t", [one], checks=tuple(map(check, checks)))
    profile = profiles([entry], {one.name: values})
    choices, findings = choose(
        database(entry), profile, Options(**options), refuted={("t", one.name): tuple(refuted)}
    )
    return choices["t", one.name], findings


INFERRED = [
    ("a", "INTEGER", [1, None], "bigint same"),
    ("a", "REAL", [1.0], "double precision same"),
    ("a", "TEXT", ["x"], "text same"),
    ("a", "BLOB", [b"x"], "bytea same"),
    ("a", "", [1], "bigint same"),
    ("a", "INTEGER", [1, "x"], "text escaped"),
    ("a", "", [1, 2.5], "double precision numbers"),
    ("a", "", [2**53 + 1, 2.5], "numeric numeric-point"),
    ("a", "BOOLEAN", [0, 1], "boolean boolean:0/1"),
    ("a", "BOOLEAN", [0, 2], "bigint same"),
    ("a", "bool", ["f", "t", None], "boolean boolean:f/t"),
    ("a", "tinyint(1)", [0], "boolean boolean:0/1"),
    ("a", "DECIMAL(10,2)", [1.5, 2], "numeric(10,2) numeric"),
    ("a", "DECIMAL(2,4)", [1.5], "numeric numeric"),
    ("a", "DATETIME", [NOW], "timestamp timestamp-text:YYYY-MM-DD HH:MM:SS[.ffffff]"),
    ("a", "DATETIME", [NOW + "Z"], "timestamptz timestamptz-text:YYYY-MM-DD HH:MM:SSZ"),
    ("a", "DATETIME", [NOW, "x"], "text same"),
    ("a", "DATE", ["2024-01-02"], "date date-text:YYYY-MM-DD"),
    ("a", "DATE", [NOW], "text same"),
    ("a", "TIME", ["03:04"], "time time-text:HH:MM"),
    ("a", "DATETIME", [1_700_000_000], "timestamptz timestamptz-epoch:s"),
    ("a", "DATETIME", [1_700_000_000_000], "timestamptz timestamptz-epoch:ms"),
    ("a", "DATETIME", [2_460_825.5], "timestamptz timestamptz-epoch:julian"),
    ("a", "DATETIME", [86_400], "bigint same"),
    ("zdate", "TIMESTAMP", [700_000_000], "timestamptz timestamptz-epoch:apple"),
    ("created_at", "TEXT", [NOW], "timestamp timestamp-text:YYYY-MM-DD HH:MM:SS[.ffffff]"),
    ("created_at", "INTEGER", [1_700_000_000], "bigint same"),
    ("a", "TEXT", [NOW], "text same"),
    ("a", "UUID", [UUID], "uuid uuid-text"),
    ("a", "UUID", [UUID.replace("-", "")], "uuid uuid-hex"),
    ("user_id", "TEXT", [UUID.upper()], "uuid uuid-text:upper"),
    ("a", "BINARY(16)", [bytes(16)], "bytea same"),
    ("a", "GUID", [bytes(16)], "uuid uuid-blob"),
    ("guid", "BLOB", [bytes(16), bytes(15)], "bytea same"),
    ("a", "JSON", ["{}"], "jsonb json"),
    ("meta", "TEXT", ["{}", '{"a": 1}'], "jsonb json"),
    ("meta", "TEXT", ["{}", "[1, 2]"], "text same"),  # Python's repr looks so, too
    ("meta", "TEXT", ["{}", "x"], "text same"),
    ("a", "TEXT", ["{}"], "text same"),
    ("a", "STRING", ["x", 5], "text escaped"),
    ("a", "VARCHAR(3)", ["longer"], "text same"),
    ("embedding", "BLOB", [FLOATS], "bytea same"),
    ("a", "INTEGER", [], "bigint same"),
    ("a", "DATETIME", [], "timestamp timestamp-text:YYYY-MM-DD HH:MM:SS[.ffffff]"),
    ("a", "timestamptz", [], "timestamptz timestamptz-text:YYYY-MM-DD HH:MM:SS[.ffffff]+00:00"),
    ("a", "SERIAL", [], "bigint same"),
    ("a", "NOTATYPE", [], "text same"),
    ("a", "", [], "text escaped"),
]


@pytest.mark.parametrize(("name", "declared", "values", "expected"), INFERRED)
def test_inferred(name: str, declared: str, values: list[Value], expected: str) -> None:
    choice, _ = chosen(column(name, declared), values)
    assert f"{choice.type} {choice.conversion}" == expected


@pytest.mark.parametrize(
    ("policy", "name", "declared", "values", "expected"),
    [
        ("declared", "a", "VARCHAR(3)", ["abc"], "varchar(3) same"),
        ("declared", "a", "DATETIME", [NOW], "timestamp timestamp-text:YYYY-MM-DD HH:MM:SS[.ffffff]"),
        ("declared", "created_at", "TEXT", [NOW], "text same"),
        ("declared", "meta", "TEXT", ["{}"], "text same"),
        ("declared", "is_x", "INT", [1], "bigint same"),
        ("faithful", "a", "DATETIME", [NOW], "text same"),
        ("faithful", "a", "BOOLEAN", [1], "bigint same"),
        ("faithful", "a", "JSON", ["{}"], "text same"),
        ("faithful", "a", "", [1, "x"], "text escaped"),
    ],
)
def test_policies(policy: str, name: str, declared: str, values: list[Value], expected: str) -> None:
    choice, _ = chosen(column(name, declared, default="0"), values, types=policy)
    assert f"{choice.type} {choice.conversion}" == expected


def test_a_flag_shows_by_its_name_and_default_or_by_its_check() -> None:
    assert chosen(column("is_x", "INT", default="0"), [1])[0].type == "boolean"
    assert chosen(column("is_x", "INT"), [1])[0].type == "bigint"
    assert chosen(column("k", "INT"), [1], checks=['"k" IN (0, 1)'])[0].type == "boolean"
    assert chosen(column("k", "INT"), [1], checks=["k IN (0, 1, 2)"])[0].type == "bigint"


def test_json_and_vectors_follow_the_options() -> None:
    assert chosen(column("a", "JSON"), ["{}"], json="json")[0].type == "json"
    assert chosen(column("embedding", "BLOB"), [FLOATS], vectors=True)[0].type == "vector(8)"
    assert chosen(column("embedding", "BLOB"), [FLOATS, bytes(36)], vectors=True)[0].type == "bytea"


def refutation(sql_type: str, conversion: str) -> Refuted:
    return Refuted(type=sql_type, conversion=conversion, reason="does not fit", value="7")


def test_a_refuted_candidate_gives_way_and_is_told() -> None:
    refuted = [refutation("numeric(10,2)", "numeric")]
    choice, findings = chosen(column("a", "DECIMAL(10,2)"), [1.5], refuted)
    assert (choice.type, [entry.type for entry in choice.considered]) == ("numeric", ["numeric(10,2)"])
    assert [(f.rule, f.object, f.detail, f.count, f.sample) for f in findings] == [
        ("type.declaration-ignored", "t.a", "7 does not fit; becomes numeric", 1, ("7",))
    ]


def test_when_everything_is_refuted_the_move_must_stop() -> None:
    refuted = [refutation("text", "same"), refutation("text", "escaped")]
    choice, findings = chosen(column("a", "TEXT"), ["x"], refuted)
    assert choice.exhausted
    assert [f.rule for f in findings if f.severity.value == "stop"] == ["value.too-large"]


def one_of_each(
    parent: tuple[str, list[Value]], child: tuple[str, list[Value]], **more: Any
) -> tuple[str, str]:
    """Types of parent.id and child.ref, a foreign key between them."""
    tables = [
        table("parent", [column("id", parent[0], primary_key=1)]),
        table("child", [column("ref", child[0])], foreign_keys=(foreign_key("ref", "PARENT", "id"),)),
    ]
    profile = profiles(tables, {"id": parent[1], "ref": child[1]})
    choices, _ = choose(database(*tables), profile, Options(), **more)
    pair = choices["parent", "id"], choices["child", "ref"]
    return f"{pair[0].type} {pair[0].conversion}", f"{pair[1].type} {pair[1].conversion}"


@pytest.mark.parametrize(
    ("parent", "child", "expected"),
    [
        (("INTEGER", [1]), ("TEXT", ["1"]), ("bigint same", "bigint integer-text")),
        (("INTEGER", [1]), ("TEXT", []), ("bigint same", "bigint same")),
        (("INTEGER", [1]), ("DECIMAL(5,2)", [1]), ("bigint same", "bigint same")),
        (("UUID", [UUID]), ("TEXT", [UUID]), ("uuid uuid-text", "uuid uuid-text")),
        (("TEXT", ["x"]), ("INTEGER", []), ("text same", "text same")),
        (("TEXT", ["1"]), ("INTEGER", [1]), ("bigint integer-text", "bigint same")),
        (("TEXT", ["1"]), ("REAL", [1.5]), ("text same", "double precision same")),
        (("INTEGER", [1]), ("REAL", [1.0]), ("bigint same", "double precision same")),
    ],
)
def test_foreign_key_partners_agree(
    parent: tuple[str, list[Value]], child: tuple[str, list[Value]], expected: tuple[str, str]
) -> None:
    assert one_of_each(parent, child) == expected


def test_a_refuted_partner_goes_its_own_way() -> None:
    refuted = {("child", "ref"): (refutation("bigint", "integer-text"),)}
    assert one_of_each(("INTEGER", [1]), ("TEXT", ["01"]), refuted=refuted) == ("bigint same", "text same")


def test_one_odd_child_does_not_spoil_the_others() -> None:
    key = foreign_key("ref", "parent", "id")
    tables = [
        table("parent", [column("id", "INTEGER", primary_key=1)]),
        table("good", [column("ref", "TEXT")], foreign_keys=(key,)),
        table("bad", [column("ref", "TEXT")], foreign_keys=(key,)),
    ]
    refuted = {("bad", "ref"): (refutation("bigint", "integer-text"),)}
    choices, _ = choose(
        database(*tables), profiles(tables, {"id": [1], "ref": ["1"]}), Options(), refuted=refuted
    )
    assert {name: choices[name, "ref"].conversion for name in ("good", "bad")} == {
        "good": "integer-text",
        "bad": "same",
    }


def test_what_the_user_sets_is_kept_and_its_partner_follows() -> None:
    pair = one_of_each(("INTEGER", [1]), ("TEXT", ["1"]), fixed={("child", "ref"): ("TEXT", "same")})
    assert pair == ("bigint same", "text same")
    pair = one_of_each(("INTEGER", [1]), ("INT", [1]), fixed={("parent", "id"): (" Int8 ", "same")})
    assert pair == ("bigint same", "bigint same")


def test_a_type_that_is_none_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="is no type that a column can have"):
        one_of_each(("INTEGER", [1]), ("TEXT", ["1"]), fixed={("child", "ref"): ("text); DROP", "same")})


FINDINGS = [
    ("INTEGER", [1, "x", "x"], ["type.mixed"]),
    ("INTEGER", ["x"], ["type.declaration-contradicted"]),
    ("DATETIME", [NOW, "x"], ["date.mixed-formats"]),
    ("DATETIME", [5], ["date.unit-unclear"]),
    ("BOOLEAN", [0, 2], ["type.declaration-ignored"]),
    ("GUID", ["x"], ["type.declaration-ignored"]),
    ("", [1], []),
    ("TEXT", [], []),
]


@pytest.mark.parametrize(("declared", "values", "rules"), FINDINGS)
def test_findings(declared: str, values: list[Value], rules: list[str]) -> None:
    _, findings = chosen(column("a", declared), values)
    assert [finding.rule for finding in findings] == rules
    assert all(finding.object == "t.a" and finding.count for finding in findings)


def test_text_that_cannot_be_stored_is_named() -> None:
    refuted = [Refuted(type="text", conversion="same", reason="holds NUL", value="'a'")]
    choice, findings = chosen(column("a", "TEXT"), ["a\0"], refuted)
    assert choice.conversion == "escaped"
    assert [(f.rule, f.detail) for f in findings] == [
        ("text.not-storable", "'a' holds NUL; becomes text (escaped)")
    ]


def test_a_column_without_values_takes_the_format_of_its_siblings() -> None:
    tables = [table("t", [column("a", "DATETIME"), column("b", "DATETIME")])]
    choices, _ = choose(database(*tables), profiles(tables, {"a": [NOW + "Z"]}), Options())
    assert choices["t", "b"].conversion == choices["t", "a"].conversion
