# ruff: noqa: E501 - one case is one line
"""Views: the whole statement, the columns they give to whoever reads them next, and what is refused."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from translate_engines import MODEL

from outgrow.errors import TranslationError
from outgrow.schema.model import View
from outgrow.schema.target import Relation, TargetColumn, TargetModel
from outgrow.translate import depends_on, view


def _view(query: str, *columns: str, name: str = "v", model: TargetModel = MODEL) -> Any:
    return view(
        View(name=name, sql=f"CREATE VIEW {name} AS {query}", columns=columns), model=model, bytewise=True
    )


TEXTS = [
    (
        "SELECT id FROM t WHERE id = 1",
        ("id",),
        "CREATE VIEW public.v (id) AS SELECT t.id FROM public.t WHERE t.id = 1",
    ),
    (
        "SELECT t.id, label FROM t JOIN p ON p.t_id = t.id AND qty > 1",
        ("id", "label"),
        "CREATE VIEW public.v (id, label) AS SELECT t.id, p.label FROM public.t JOIN public.p"
        " ON p.t_id = t.id AND p.qty > 1",
    ),
    (
        "SELECT a.id FROM t AS a, p b LEFT JOIN p ON p.id = b.id",
        ("id",),
        "CREATE VIEW public.v (id) AS SELECT a.id FROM public.t AS a CROSS JOIN public.p AS b"
        " LEFT JOIN public.p ON p.id = b.id",
    ),
    (
        "SELECT f, n > 1, 'x', 1, NULL FROM t",
        ("f", "n > 1", "'x'", "1", "NULL"),
        'CREATE VIEW public.v (f, "n > 1", "\'x\'", "1", "null") AS'
        " SELECT t.f, (t.n > 1)::int::bigint, 'x'::text, 1::bigint, NULL::text FROM public.t",
    ),
    (
        "SELECT id FROM t ORDER BY n DESC LIMIT 5",
        ("id",),
        "CREATE VIEW public.v (id) AS SELECT t.id FROM public.t ORDER BY t.n DESC NULLS LAST LIMIT 5",
    ),
]


@pytest.mark.parametrize(("query", "columns", "expected"), TEXTS)
def test_the_statement(query: str, columns: tuple[str, ...], expected: str) -> None:
    assert _view(query, *columns).sql == expected


def test_the_columns_carry_type_conversion_and_collation() -> None:
    made = _view(
        "SELECT id, f, u, d, c, m * 2, count(*) AS many FROM t GROUP BY id",
        "id",
        "f",
        "u",
        "d",
        "c",
        "m2",
        "many",
    )
    assert made.columns == (
        TargetColumn(source="id", name="id", type="bigint", not_null=True),
        TargetColumn(source="f", name="f", type="boolean", conversion="boolean:0/1"),
        TargetColumn(source="u", name="u", type="uuid", conversion="uuid-text"),
        TargetColumn(source="d", name="d", type="timestamp", conversion="timestamp-text:YYYY-MM-DD HH:MM:SS"),
        TargetColumn(source="c", name="c", type="text", collation="NOCASE"),
        TargetColumn(source="m2", name="m2", type="numeric", conversion="numeric-point"),
        TargetColumn(source="many", name="many", type="bigint", not_null=True),
    )


def test_names_come_from_the_model_where_it_has_the_view() -> None:
    names = (
        TargetColumn(source="A", name="A", type="text"),
        TargetColumn(source="b", name="b_2", type="text"),
    )
    known = Relation(source="My View", schema="app", name="My View", columns=names, kind="view")
    model = TargetModel(schema="app", relations=(*MODEL.relations, known))
    made = view(
        View(name="My View", sql='CREATE VIEW "My View" AS SELECT id, n FROM t', columns=("A", "b")),
        model=model,
        bytewise=True,
    )
    assert made.sql == 'CREATE VIEW app."My View" ("A", b_2) AS SELECT t.id, t.n FROM public.t'


def test_a_view_over_a_view_knows_its_types(target: psycopg.Connection[Any]) -> None:
    first = _view(
        "SELECT id, f, upper(c) AS up, d FROM t WHERE f = 1", "id", "f", "up", "d", name="inner_view"
    )
    relation = Relation(
        source="inner_view", schema="public", name="inner_view", columns=first.columns, kind="view"
    )
    model = TargetModel(schema="public", relations=(*MODEL.relations, relation))
    second = _view(
        "SELECT * FROM inner_view WHERE f = 1 AND d > '2024-01-31'",
        "id",
        "f",
        "up",
        "d",
        name="outer_view",
        model=model,
    )
    target.execute(first.sql)
    target.execute(second.sql)
    assert target.execute("SELECT id, f, up FROM outer_view ORDER BY id").fetchall() == [
        (1, True, "ALICE"),
        (6, True, "ALICE  "),
    ]


def test_identifiers_cannot_become_sql(target: psycopg.Connection[Any]) -> None:
    hostile = 'x"; DROP TABLE t; --'
    quoted = '"x""; DROP TABLE t; --"'
    made = _view(
        f"SELECT {quoted}.id AS {quoted}, '''; DROP TABLE t; --' FROM t AS {quoted}", hostile, "'; DROP"
    )
    target.execute(made.sql)
    assert target.execute("SELECT count(*) FROM t").fetchone() == (6,)
    assert [column.name for column in made.columns] == ['x"; drop table t; --', "'; drop"]


REFUSED = [
    ("SELECT * FROM nowhere", "the table nowhere"),
    ("SELECT id FROM other.t", "a table of another database (other): move its file into a "
     "schema other of this database, and ATTACH it AS other"),
    ("SELECT id, id FROM t a, t A", "two tables called A in one FROM"),
    ("SELECT id FROM t, p", "the ambiguous column id"),
    ("SELECT id FROM t UNION SELECT id FROM p ORDER BY id + 1", "ORDER BY an expression that is no result column"),
    ("SELECT length(lower(s COLLATE NOCASE)) FROM t", "COLLATE inside an expression"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "missing"), REFUSED)
def test_what_has_no_equal_is_refused_by_name(query: str, missing: str) -> None:
    with pytest.raises(TranslationError) as caught:
        _view(query)
    assert (caught.value.missing, caught.value.sql) == (missing, f"CREATE VIEW v AS {query}")


def test_a_view_that_sqlite_cannot_read_is_refused() -> None:
    broken = View(name="v", sql="CREATE VIEW v AS SELECT nothing FROM t", broken="no such column: nothing")
    with pytest.raises(TranslationError, match="no such column: nothing"):
        view(broken, model=MODEL, bytewise=True)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "CREATE VIEW v AS SELECT * FROM a, b JOIN c ON x IN (SELECT y FROM d) WHERE EXISTS (SELECT 1 FROM e)",
            {"a", "b", "c", "d", "e"},
        ),
        ("CREATE VIEW v AS WITH q AS (SELECT * FROM a) SELECT * FROM q JOIN (SELECT 1 FROM b)", {"a", "b"}),
        ("CREATE TEMP VIEW v AS SELECT * FROM a", {"TEMP", "VIEW", "v", "a"}),
        (
            "CREATE TRIGGER x AFTER INSERT ON a BEGIN INSERT INTO b SELECT * FROM c; DELETE FROM d; UPDATE e SET f = 1; END",
            {"a", "b", "c", "d", "e"},
        ),
    ],
)
def test_what_a_text_depends_on(sql: str, expected: set[str]) -> None:
    assert depends_on(sql) == expected
