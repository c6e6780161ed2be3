"""The rows of CREATE TABLE … AS, and what SQLite refuses of ADD COLUMN when the table has rows."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.move.define.planner import Fixed
from outgrow.move.define.sides import Given, Side
from outgrow.move.define.source import Catalog, first_tokens, refusal_with_a_row
from outgrow.options import Options
from outgrow.schema.model import View
from outgrow.schema.names import fold, literal, qualified, quote_sqlite
from outgrow.schema.target import TEMPORARY, TargetModel
from outgrow.translate import view
from outgrow.translate.statement import translate_statement
from outgrow.types.choose import ColumnKey


def query_of(sql: str) -> str | None:
    """The query of CREATE TABLE … AS; None for any other statement."""
    found = [token for token in first_tokens(sql, len(sql) + 1) if token.kind != "end"]
    words = [token.word for token in found]
    at = 2 if words[1:2] in (["TEMP"], ["TEMPORARY"]) else 1
    if words[at : at + 1] != ["TABLE"]:
        return None
    at += 1
    if words[at : at + 3] == ["IF", "NOT", "EXISTS"]:
        at += 3
    at += 1
    if words[at : at + 1] == ["."]:
        at += 2
    if words[at : at + 1] != ["AS"]:
        return None
    last = found[-2] if words[-1] == ";" else found[-1]
    return sql[found[at + 1].start : last.end]


def types_of_query(
    query: str, after: Catalog, before: Catalog, model: TargetModel, options: Options
) -> Fixed:
    """Columns of CREATE TABLE AS that come from a column kept in a type of its own keep that type."""
    found = view(View(name="q", sql=f"CREATE VIEW q AS {query}"), model=model, bytewise=options.bytewise)
    fixed: dict[ColumnKey, tuple[str, str]] = {}
    for old, new in ((before.main, after.main), (before.temp, after.temp)):
        there = {fold(table.name) for table in old.tables}
        for table in new.tables:
            if fold(table.name) in there or len(table.columns) != len(found.columns):
                continue
            for column, result in zip(table.columns, found.columns, strict=True):
                if column.declared_type and result.conversion not in {"same", "tagged"}:
                    kept = "numeric" if result.type.startswith("numeric(") else result.type
                    fixed[table.name, column.name] = (kept, result.conversion)
    return fixed


def rows_of_query(query: str, side: Side, model: TargetModel, options: Options) -> Iterator[str]:
    """The rows of CREATE TABLE AS."""
    for table in side.after.tables:
        if side.is_new(table.name):
            text = f"INSERT INTO {quote_sqlite(table.name)} {query}"
            yield translate_statement(text, model=model, bytewise=options.bytewise).sql


def guards(side: Side, given: Given, sql: str) -> Iterator[str]:
    """What SQLite says of ADD COLUMN only when the table has rows, as a test of the target's table."""
    for table in side.after.tables:
        origin = side.origins.get(fold(table.name))
        if origin is None or len(table.columns) <= len(origin.columns) or fold(origin.name) not in side.given:
            continue
        refusal = refusal_with_a_row(given.schema, sql, origin, temporary=side.schema == TEMPORARY)
        if refusal:
            relation = side.given[fold(origin.name)]
            yield (
                f"DO $outgrow$ BEGIN IF EXISTS (SELECT FROM {qualified(relation.schema, relation.name)})"
                f" THEN RAISE EXCEPTION '%', {literal(refusal)}; END IF; END $outgrow$"
            )
