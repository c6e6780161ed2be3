"""An R*Tree as a table: its boxes in a GiST index, and a trigger that stores rows as the R*Tree would.

Called by `plan.build`; what the trigger calls is in postgres/functions/62_rtree.sql, and
`translate.virtual.rtree` makes use of the index. SQLite keeps a coordinate in 32 bits, the least of a
dimension rounded down and the greatest rounded up, so that a box never shrinks; rows written on PostgreSQL
must not be told apart.
Rules: https://www.sqlite.org/rtree.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from outgrow.findings import Finding
from outgrow.plan.model import Statement, TablePlan
from outgrow.schema.model import Table, VirtualTable
from outgrow.schema.names import literal, qualified, quote
from outgrow.schema.target import box_keys, family

if TYPE_CHECKING:
    from outgrow.plan.keys import KeyInput, Made
    from outgrow.types.choose import Choice, ColumnKey

MODULES = frozenset({"rtree", "rtree_i32"})


def with_boxes(table: Table, source: VirtualTable) -> Table:
    """The table of a virtual table's content; of an R*Tree with its key and its coordinates."""
    if source.module not in MODULES:
        return table
    count = sum(not argument.lstrip().startswith("+") for argument in source.arguments)
    names = tuple(column.name for column in table.columns)
    return replace(table, primary_key=names[:1], rtree=names[1:count])


def boxes(table: Table, choices: Mapping[ColumnKey, Choice]) -> tuple[str, ...]:
    """The table's coordinates; none where the plan keeps one in a type that has no box."""
    chosen = [choices[table.name, name] for name in table.rtree]
    plain = all(c.conversion == "same" and family(c.type) in {"integer", "real"} for c in chosen)
    return table.rtree if plain else ()


def plan_rtree(given: KeyInput, name: str) -> Iterator[Made]:
    """Index and trigger of one R*Tree, made once its rows are there."""
    table = given.plans[name]
    yield _index(given, table)
    yield _trigger(given, table)
    dimensions = len(table.rtree) // 2
    detail = f"{dimensions} dimension{'s' * (dimensions > 1)}"
    yield Finding(rule="virtual.rtree", object=name, detail=detail, count=table.rows)


def _coordinates(table: TablePlan) -> tuple[str, ...]:
    return tuple(quote(table.column(name).name) for name in table.rtree)


def _index(given: KeyInput, table: TablePlan) -> Statement:
    name = given.naming.relations_taken.take(table.name, suffix="_box")
    keys = ", ".join(box_keys(_coordinates(table)))
    return Statement(
        build=f"CREATE INDEX {quote(name)} ON {given.name(table.source)} USING gist ({keys})",
        sql="",
        why=f"boxes of {table.source}",
        phase="post-data",
        table=table.source,
        reverse=f"DROP INDEX {qualified(given.options.schema, name)}",
    )


def _trigger(given: KeyInput, table: TablePlan) -> Statement:
    name = given.naming.relations_taken.take(table.name, suffix="_rtree")
    function = qualified(given.options.schema, name)
    on = given.name(table.source)
    body = "".join(f"  {line}\n" for line in _lines(table))
    return Statement(
        sql=(
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$outgrow$\nBEGIN\n{body}END\n$outgrow$;\n"
            f"CREATE TRIGGER {quote(name)} BEFORE INSERT OR UPDATE ON {on} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}()"
        ),
        why=f"rows of {table.source} as the R*Tree stores them",
        phase="post-data",
        table=table.source,
        reverse=f"DROP FUNCTION {function}() CASCADE",
    )


def _lines(table: TablePlan) -> Iterator[str]:
    """PL/pgSQL that makes of NEW what the R*Tree keeps of it, in the R*Tree's own order."""
    whole = family(table.column(table.rtree[0]).type) == "integer"
    functions = ("rtree_i32", "rtree_i32") if whole else ("rtree_down", "rtree_up")
    names = _coordinates(table)
    for number in range(0, len(names), 2):
        least, greatest = names[number : number + 2]
        for column, function in zip((least, greatest), functions, strict=True):
            yield f"NEW.{column} := sqlite.{function}(NEW.{column});"
        pair = f"({table.rtree[number]}<={table.rtree[number + 1]})"
        message = literal(f"rtree constraint failed: {table.source}.{pair}".replace("%", "%%"))
        yield f"IF NEW.{least} > NEW.{greatest} THEN"
        yield f"  RAISE EXCEPTION {message} USING ERRCODE = 'check_violation';"
        yield "END IF;"
    key = table.column(table.primary_key[0]).name
    yield f"IF NEW.{quote(key)} IS NULL THEN"
    yield f"  NEW.{quote(key)} := sqlite.next_rowid(TG_RELID, {literal(key)});"
    yield "END IF;"
    yield "RETURN NEW;"
