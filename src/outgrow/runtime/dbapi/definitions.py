"""CREATE, ALTER, DROP and ATTACH of an application: carried out, and written down for everyone.

The definition, SQLite's texts of the schema and the model are written in one transaction, so that what the
target keeps is what it has. Used by `connection`; `move.define` says what a definition is on PostgreSQL.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

import psycopg

from outgrow.errors import TranslationError
from outgrow.move.kept import lasting, refreshed
from outgrow.postgres import kept_model
from outgrow.runtime.dbapi.known import Known, keep_catalog, known, log, privileges
from outgrow.schema import document
from outgrow.schema.names import fold
from outgrow.schema.target import TEMPORARY, TargetModel

_HOLD = "SELECT version FROM outgrow.model WHERE target_schema = %s FOR UPDATE"


def define(raw: psycopg.Connection[Any], before: Known, sql: str, *, legacy_renames: bool = False) -> Known:
    """Runs one definition, and the state after it. In the caller's transaction.

    Raises TranslationError, TargetError and psycopg.Error.
    """
    from outgrow.move.define import define as planned  # noqa: PLC0415 - heavy, and rare
    from outgrow.move.facts import with_facts  # noqa: PLC0415

    schema = before.model.schema
    if before.version:  # whoever defines at the same time waits here, and then sees the other's
        with privileges(raw, schema):
            row = raw.execute(_HOLD, (schema,)).fetchone()
        if row is not None and row[0] != before.version:
            before = merged(before, known(raw, schema))
    remembered = refreshed(before.remembered, with_facts(before.options, raw))
    # No value has been seen yet: the types that take whatever SQLite would have taken.
    options = replace(remembered.options, types="faithful", rowids="all")
    made = planned(
        sql, schema=before.texts, model=before.model, options=options, legacy_renames=legacy_renames
    )
    raw.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for COMMIT would stand in the definition's way
    with privileges(raw, schema):
        for statement in made.statements:
            raw.execute(statement.encode())
            _validate(raw, statement)
        for finding in made.findings:
            log.warning("%s", finding)
        if before.deferred:
            _defer_again(raw, schema)
        version = before.version
        if lasting(made.schema) != lasting(before.texts):
            version = _keep(raw, before, made.model, made.schema)
    return before.changed(made.model, made.schema, version)


_DEFERRED = """
SELECT string_agg(format('%%I.%%I', n.nspname, c.conname), ', ') FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace
WHERE c.condeferred AND n.nspname = %s
"""


def _defer_again(raw: psycopg.Connection[Any], schema: str) -> None:
    """The keys that are declared to wait for COMMIT wait again."""
    row = raw.execute(_DEFERRED, (schema,)).fetchone()
    if row is not None and row[0]:
        raw.execute(f"SET CONSTRAINTS {row[0]} DEFERRED".encode())


_NOT_VALID = re.compile(
    r"(?P<table>ALTER TABLE \S+) ADD CONSTRAINT (?P<name>\"(?:[^\"]|\"\")+\"|\S+) .*NOT VALID\Z", re.S
)


def _validate(raw: psycopg.Connection[Any], statement: str) -> None:
    """Has a constraint that was just added hold for the rows that are there, unless they break it."""
    found = _NOT_VALID.match(statement)
    if found is not None:
        with suppress(psycopg.errors.IntegrityError), raw.transaction():
            raw.execute(f"{found['table']} VALIDATE CONSTRAINT {found['name']}".encode())


def _keep(raw: psycopg.Connection[Any], before: Known, model: TargetModel, texts: tuple[str, ...]) -> int:
    schema = model.schema
    remaining = lasting(texts)
    relations = tuple(relation for relation in model.relations if relation.schema != TEMPORARY)
    kept = replace(before.remembered, model=replace(model, relations=relations, attached=()), texts=remaining)
    keep_catalog(raw, schema, remaining)
    return kept_model.write(raw, schema, document.dump(kept))


def merged(own: Known, other: Known) -> Known:
    """What others have defined, with what only this session has."""
    if not own.temporary:
        return other
    own_relations = tuple(relation for relation in own.model.relations if relation.schema == TEMPORARY)
    model = replace(
        other.model, relations=(*own_relations, *other.model.relations), attached=own.model.attached
    )
    own_texts = tuple(text for text in own.texts if text not in lasting(own.texts))
    return other.changed(model, (*other.texts, *own_texts), other.version)


def attached(raw: psycopg.Connection[Any], before: Known, sql: str) -> Known | None:
    """The state after ATTACH or DETACH; None for any other statement. Raises TranslationError.

    A database attached AS a name is the schema of that name in lower case, to which its file was moved.
    """
    from outgrow.translate.control import attachment, detached  # noqa: PLC0415

    gone = detached(sql, before.model)
    if gone is not None:
        return before.changed(gone, before.texts, before.version)
    name = attachment(sql, before.model)
    if name is None:
        return None
    if kept_model.read(raw, fold(name)) is None:
        raise TranslationError(
            f"ATTACH … AS {name}: outgrow moved no file to a schema {fold(name)} of the target: move it with "
            f"--schema {fold(name)}",
            sql,
        )
    other = known(raw, fold(name))
    model = replace(before.model, attached=(*before.model.attached, (name, other.model)))
    return before.changed(model, before.texts, before.version)
