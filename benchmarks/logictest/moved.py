"""A SQLite database moved by outgrow itself, and the model against which its SQL is translated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import apsw

from outgrow.errors import TargetError
from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.options import Options
from outgrow.plan.build import with_content
from outgrow.plan.model import Outcome, TablePlan
from outgrow.plan.naming import Naming, target_model
from outgrow.plan.stored import load_tables
from outgrow.postgres.connect import connect, server_facts
from outgrow.postgres.ledger import Ledger
from outgrow.schema.model import Database, View
from outgrow.schema.names import Namespace, column_names, fold
from outgrow.schema.order import dependency_order
from outgrow.schema.target import Relation, TargetColumn, TargetModel
from outgrow.sqlite.catalog import read_catalog
from outgrow.translate import depends_on, view
from outgrow.types.choose import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What the translator must know of a moved database. `left` says what stayed behind, and why.

    `schema` holds SQLite's CREATE texts, for definitions that follow.
    """

    model: TargetModel
    bytewise: bool
    left: tuple[str, ...]
    schema: tuple[str, ...] = ()


def moved(file: Path, url: str, options: Options) -> Moved:
    """Moves the file into the empty database of that URL. Raises OutgrowError."""
    result = move(Request(source=str(file), target=url, options=options, jobs=1, verify=False), Silent())
    with connect(url, autocommit=True) as connection:
        entry = Ledger(options.schema).entry(connection)
        bytewise = server_facts(connection).database_collation_is_c
    if entry is None:
        raise TargetError("the target remembers nothing of the move that just ended")
    tables, outcomes = load_tables(entry.plan)
    database, texts = _catalog(file)
    model = _model(database, tables, options)
    return Moved(
        model=_with_views(model, database.views, outcomes, bytewise=bytewise),
        bytewise=bytewise,
        schema=texts,
        left=tuple(f"{o.kind} {o.name}: {o.reason}" for o in result.outcomes if o.fate == "left"),
    )


_TEXTS = """
SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY rowid
"""


def _catalog(file: Path) -> tuple[Database, tuple[str, ...]]:
    connection = apsw.Connection(
        f"{file.as_uri()}?immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    )
    try:
        texts = tuple(str(text) for (text,) in connection.execute(_TEXTS))
        return read_catalog(connection, str(file)), texts
    finally:
        connection.close()


def _model(database: Database, tables: tuple[TablePlan, ...], options: Options) -> TargetModel:
    """The tables that were moved, with the names and types that the move ended with."""
    every, _ = with_content(database)
    names = {plan.source: plan.name for plan in tables}
    columns = [(plan.source, column) for plan in tables for column in plan.columns]
    naming = Naming(
        relations=names,
        columns={(table, column.source): column.name for table, column in columns},
        relations_taken=Namespace(names.values()),
    )
    choices = {
        (table, column.source): Choice(type=column.type, conversion=column.conversion, evidence="")
        for table, column in columns
    }
    there = replace(every, tables=tuple(table for table in every.tables if table.name in names))
    return target_model(there, options, naming, choices)


def _with_views(
    model: TargetModel, views: tuple[View, ...], outcomes: tuple[Outcome, ...], *, bytewise: bool
) -> TargetModel:
    """The model with every view that was moved, each after those that it reads."""
    names = {o.source_name: o.target for o in outcomes if o.kind == "views" and o.fate != "left"}
    moved_views = {fold(entry.name): entry for entry in views if entry.name in names}
    needs = {
        name: {fold(other) for other in depends_on(entry.sql)} & moved_views.keys()
        for name, entry in moved_views.items()
    }
    for name in dependency_order(needs):
        entry = moved_views[name]
        relation = _view_relation(entry, names[entry.name], model.schema)
        named = replace(model, relations=(*model.relations, relation))
        relation = replace(relation, columns=view(entry, model=named, bytewise=bytewise).columns)
        model = replace(model, relations=(*model.relations, relation))
    return model


def _view_relation(entry: View, name: str, schema: str) -> Relation:
    columns = column_names(entry.columns, "fold")
    return Relation(
        source=entry.name,
        schema=schema,
        name=name,
        columns=tuple(TargetColumn(source=c, name=columns[c], type="text") for c in entry.columns),
        kind="view",
    )
