"""DDL that a moved application sends, as the PostgreSQL statements that do the same.

The statement runs on an empty SQLite; the schemas before and after are planned, and what differs is what
there is to run. Stands beside the walk: `plan` decides what each object becomes, `translate` gives its
text. The caller keeps the schema's CREATE texts and the model from one statement to the next.

Columns that no row has been seen of get the type that their declaration means, without its size, which
SQLite holds nobody to; a column that may hold any class is text in the form `escaped`. Temporary objects
live in pg_temp.
Rules: https://www.sqlite.org/lang_altertable.html, https://www.sqlite.org/lang_createtable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from outgrow.errors import OutgrowError, TranslationError
from outgrow.move.define.attached import Attached, Elsewhere, elsewhere
from outgrow.move.define.difference import Difference, Stages
from outgrow.move.define.filled import guards, query_of, rows_of_query, types_of_query
from outgrow.move.define.planner import Fixed
from outgrow.move.define.sides import Given, origins_of, planned_side
from outgrow.move.define.source import (
    SqliteRefusesError,
    catalog_of,
    first_tokens,
    refuse_virtual,
    replayed,
    run_one,
)
from outgrow.options import Options
from outgrow.plan.fulltext import content_by_rowid
from outgrow.schema.names import fold
from outgrow.schema.target import TEMPORARY, Relation, TargetModel
from outgrow.translate.statement import translate_statement

__all__ = ["Attached", "Defined", "SqliteRefusesError", "define", "is_definition"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """What a statement of DDL becomes.

    `statements` run in order, in one transaction. `schema` and `model` are what the next call is given:
    SQLite's CREATE texts in its order, temporary objects last and marked TEMP; and what SQL may then speak
    of. `findings` say, one line each, what differs. `database` is the attached one to which schema and model
    belong; "" for the main one.
    """

    statements: tuple[str, ...]
    schema: tuple[str, ...]
    model: TargetModel
    findings: tuple[str, ...]
    database: str = ""


def is_definition(sql: str) -> bool:
    """Whether the first statement of a text is CREATE, ALTER or DROP."""
    return bool(first_tokens(sql)) and first_tokens(sql)[0].word in {"CREATE", "ALTER", "DROP"}


def define(
    sql: str, *, schema: Sequence[str], model: TargetModel, options: Options, legacy_renames: bool = False,
    attached: Sequence[Attached] = (),
) -> Defined:  # fmt: skip
    """The PostgreSQL of one statement of DDL, and schema and model afterwards.

    `schema` holds the CREATE texts of what is there, `model` what became of it; a table or view that the
    model does not have stayed behind and is left alone. With `legacy_renames` views and triggers go on saying
    the name of a table that is renamed (PRAGMA legacy_alter_table). A definition may be about one of the
    databases that are `attached`. Raises TranslationError, with SQLite's own message where SQLite refuses.
    """
    if not is_definition(sql):
        raise TranslationError("a statement that neither creates nor alters nor drops", sql)
    refuse_virtual(sql)
    try:
        there = attached and elsewhere(sql, schema, attached, legacy_renames=legacy_renames)
        if there:
            return _defined_elsewhere(there, model, options, legacy_renames=legacy_renames)
        kept = {fold(r.source) for r in model.relations if any(column.hidden for column in r.columns)}
        others = [(each.name, each.schema) for each in attached]
        with closing(replayed(schema, others)) as connection:
            before = catalog_of(connection).with_rowids(kept)
            if legacy_renames:
                connection.execute("PRAGMA legacy_alter_table = ON")
            run_one(connection, sql)
            after = catalog_of(connection)
        origins = origins_of(before.main, after.main)
        still = {name for name, old in origins.items() if fold(old.name) in kept}
        still |= content_by_rowid(after.main.virtual_tables)
        if options.rowids == "all":
            still |= {fold(table.name) for table in after.main.tables if fold(table.name) not in origins}
        after = after.with_rowids(still)
        return _defined(sql, Given(before=before, after=after, model=model, options=options, schema=schema))
    except TranslationError:
        raise
    except OutgrowError as error:
        raise TranslationError(str(error), sql) from error


def _defined_elsewhere(
    there: Elsewhere, model: TargetModel, options: Options, *, legacy_renames: bool
) -> Defined:
    """A definition in an attached database; `model` and `options` are those of the main one."""
    its = there.database
    made = define(
        there.text, schema=its.schema, model=its.model, options=its.options, legacy_renames=legacy_renames
    )
    statements = made.statements
    if there.rows:
        models = [(name, made.model if name == its.name else other) for name, other in model.attached]
        seen = replace(model, attached=tuple(models))
        filled = translate_statement(there.rows, model=seen, bytewise=options.bytewise)
        statements = (*statements, filled.sql)
    return replace(made, statements=statements, database=its.name)


def _defined(sql: str, given: Given) -> Defined:
    before, after, model = given.before, given.after, given.model
    if before.texts == after.texts:
        return Defined(statements=(), schema=after.texts, model=model, findings=())
    types = given.options.types
    options = replace(given.options, types="faithful" if types == "faithful" else "declared")
    query = query_of(sql)
    fixed: Fixed = {}
    if query is not None:
        fixed = types_of_query(query, after, before, model, options)
    main = planned_side(given, "main", options, fixed)
    temp = planned_side(
        given, "temp", replace(options, schema=TEMPORARY), fixed,
        (replace(main.old.model, attached=model.attached), replace(main.new.model, attached=model.attached)),
    )  # fmt: skip
    renames = main.renames or temp.renames
    stages: list[Stages] = []
    found: list[tuple[Relation, ...]] = []
    lines: list[str] = []
    for side in (main, temp):
        done = Difference(side, renames=renames)
        stages.append(done.stages)
        found.append(done.relations())
        lines += done.findings(sql)
    there = replace(model, relations=(*found[1], *found[0]))
    for side, stage in zip((main, temp), stages, strict=True):
        if query is not None:
            stage.rows.extend(rows_of_query(query, side, there, options))
        stage.altered[:0] = guards(side, given, sql)
    return Defined(
        statements=Stages.joined(*stages),
        schema=after.texts,
        model=there,
        findings=tuple(dict.fromkeys(lines)),
    )
