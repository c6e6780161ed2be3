"""The model of a target as the move left it, from what the target remembers of its plan.

For everyone who translates SQL for a moved database without the SQLite file: `outgrow sql --to`, and later
the runtime. The source's schema is built anew from its CREATE texts; names and types are the stored plan's.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

import psycopg

from outgrow.errors import SourceError, TargetError, TranslationError
from outgrow.move.check import lost
from outgrow.move.define.attached import Attached
from outgrow.move.define.source import replayed
from outgrow.move.facts import with_facts
from outgrow.move.kept import Remembered, loaded, refreshed
from outgrow.options import Options
from outgrow.plan.build import with_content
from outgrow.plan.conflicts import with_conflicts
from outgrow.plan.fulltext import with_full_text
from outgrow.plan.keys import KeyInput
from outgrow.plan.model import Outcome, TablePlan
from outgrow.plan.naming import name_everything, target_model
from outgrow.plan.overrides import ColumnOverride, Overrides, TableOverride
from outgrow.plan.rowids import with_rowids
from outgrow.plan.stored import load_policies, load_tables
from outgrow.plan.views import plan_views_and_triggers
from outgrow.postgres import kept_model
from outgrow.postgres.connect import connect
from outgrow.postgres.ledger import Entry, Ledger
from outgrow.postgres.source_schema import kept_texts
from outgrow.schema import document
from outgrow.schema.model import Column, Database, Table
from outgrow.schema.names import fold
from outgrow.schema.target import TargetModel
from outgrow.sqlite.catalog import read_catalog
from outgrow.translate.control import attachment
from outgrow.types.affinity import affinity
from outgrow.types.choose import Choice
from outgrow.types.observed import Profile


def remembered(url: str, schema: str) -> Remembered:
    """What the target remembers of the move into `schema`; TargetError when no move of it was finished."""
    try:
        with connect(url, autocommit=True) as connection:
            kept = kept_model.read(connection, schema)
            if kept is None:
                return rebuilt(connection, schema)
            facts = with_facts(Options(schema=schema), connection)
    except psycopg.Error as error:
        raise lost(error, url) from error
    return refreshed(loaded(kept[1], schema), facts)


def keep_model(connection: psycopg.Connection[Any], schema: str) -> None:
    """Keeps in the target what was just moved, for those who run SQL on it; in the caller's transaction."""
    kept_model.write(connection, schema, document.dump(rebuilt(connection, schema)))


def rebuilt(connection: psycopg.Connection[Any], schema: str) -> Remembered:
    """The same from what the ledger and the source's catalog say, where no model is kept."""
    options = with_facts(Options(schema=schema), connection)
    entry = finished_move(connection, schema)
    texts = kept_texts(connection, schema)
    if texts is None:
        raise TargetError(
            f"the target keeps no SQLite catalog of schema {schema}; move the file again with --replace"
        )
    tables, outcomes = load_tables(entry.plan)
    options = replace(options, **load_policies(entry.plan))
    try:
        model = _model(_source(texts, tables), tables, outcomes, options)
    except (SourceError, TranslationError) as error:
        raise TargetError(
            f"the SQLite catalog that the target keeps of schema {schema} cannot be read: {error}; "
            "move the file again with --replace"
        ) from error
    return Remembered(source=entry.source, model=model, options=options, texts=texts)


def attach(url: str, sql: str, model: TargetModel) -> tuple[Attached, str] | None:
    """The database that an ATTACH attaches, and what is to be said; None for any other statement.

    A database attached AS a name is the schema of that name in lower case, to which its file was moved.
    TranslationError when there is none.
    """
    wanted = attachment(sql, model)
    if wanted is None:
        return None
    name = wanted.name
    try:
        found = remembered(url, fold(name))
    except TargetError as error:
        raise TranslationError(f"ATTACH … AS {name}: {error}", sql) from error
    said = f"ATTACH: {name} is the schema {fold(name)} of the target, to which {found.source} was moved"
    made = Attached(name=name, schema=found.texts, model=found.model, options=found.options)
    return made, said


def finished_move(connection: psycopg.Connection[Any], schema: str) -> Entry:
    """The move into that schema; TargetError when there is none, or when it has not ended."""
    ledger = Ledger(schema)
    entry = ledger.entry(connection) if ledger.exists(connection) else None
    if entry is None:
        raise TargetError(
            f"schema {schema} of the target holds no move by outgrow; "
            "move the file first, or name its --schema"
        )
    if entry.state != "done":
        raise TargetError(f"the move into schema {schema} is not finished; run the same outgrow move again")
    return entry


def _source(texts: tuple[str, ...], tables: tuple[TablePlan, ...]) -> Database:
    """The source with the tables that were moved, virtual ones by what was read of them."""
    with closing(replayed(texts)) as connection:
        catalog = read_catalog(connection, "the schema that the target remembers")
    kept = {fold(t.source) for t in tables if not t.virtual and any(column.hidden for column in t.columns)}
    ranks = {fold(table.source): table.rank for table in tables}
    catalog = replace(
        catalog,
        virtual_tables=tuple(
            replace(entry, rank=ranks.get(fold(entry.name), "")) for entry in catalog.virtual_tables
        ),
    )
    database, _ = with_content(with_rowids(catalog, kept))
    there = {fold(table.name): table for table in database.tables}
    return replace(
        database,
        tables=tuple(there.get(fold(planned.source)) or _content(planned) for planned in tables),
    )


def _content(planned: TablePlan) -> Table:
    """The table that a virtual table's content is."""
    return Table(
        name=planned.source,
        sql="",
        primary_key=planned.primary_key,
        rowid_alias=next((column.source for column in planned.columns if column.identity), None),
        rtree=planned.rtree,
        vectors=planned.vectors,
        columns=tuple(
            Column(
                name=c.source, declared_type=c.declared, affinity=affinity(c.declared), not_null=c.not_null
            )
            for c in planned.columns
        ),
    )


def _model(
    database: Database, tables: tuple[TablePlan, ...], outcomes: tuple[Outcome, ...], options: Options
) -> TargetModel:
    overrides = _decided(tables, outcomes)
    naming, _ = name_everything(database, options, overrides)
    choices = {
        (table.source, column.source): Choice(
            type=column.type, conversion=column.conversion, evidence="moved"
        )
        for table in tables
        for column in table.columns
    }
    given = KeyInput(
        database=database,
        profile=Profile(tables=()),
        plans={table.source: table for table in tables},
        naming=naming,
        model=with_full_text(database, target_model(database, options, naming, choices)),
        options=options,
        overrides=overrides,
    )
    return plan_views_and_triggers(replace(given, model=with_conflicts(given)))[1]


def _decided(tables: tuple[TablePlan, ...], outcomes: tuple[Outcome, ...]) -> Overrides:
    """The names that everything got, and the views and triggers that stayed behind."""
    views = [outcome for outcome in outcomes if outcome.kind == "views"]
    named = {fold(view.source_name): TableOverride(name=view.target) for view in views if view.target}
    named |= {
        fold(table.source): TableOverride(
            name=table.name,
            columns={fold(column.source): ColumnOverride(name=column.name) for column in table.columns},
        )
        for table in tables
    }
    left = frozenset(
        f"{outcome.kind.removesuffix('s')}:{fold(outcome.source_name)}"
        for outcome in outcomes
        if outcome.kind in {"views", "triggers"} and outcome.fate == "left"
    )
    return Overrides(tables=named, leave=left)
