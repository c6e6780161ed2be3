"""CREATE, ALTER, DROP and ATTACH of an application: carried out, and written down for everyone.

The definition, SQLite's texts of the schema and the model are written in one transaction, so that what the
target keeps is what it has. Used by `connection`; `move.define` says what a definition is on PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg

from outgrow.errors import TranslationError
from outgrow.move.kept import lasting, refreshed
from outgrow.options import Options
from outgrow.postgres import kept_model
from outgrow.runtime.dbapi.known import Known, keep_catalog, known, log, privileges
from outgrow.schema import document
from outgrow.schema.names import fold, qualified
from outgrow.schema.target import TEMPORARY, TargetModel

_HOLD = "SELECT version FROM outgrow.model WHERE target_schema = %s FOR UPDATE"


def define(
    raw: psycopg.Connection[Any], before: Known, sql: str, *, legacy_renames: bool = False, keys: bool = False
) -> Known:
    """Runs one definition, and the state after it. In the caller's transaction.

    With `keys` a table's rows go before the table itself, as foreign keys have it (PRAGMA foreign_keys).
    Raises TranslationError, TargetError and psycopg.Error.
    """
    from outgrow.move.define import Attached  # noqa: PLC0415 - heavy, and rare
    from outgrow.move.define import define as planned  # noqa: PLC0415
    from outgrow.move.define.source import first_tokens  # noqa: PLC0415
    from outgrow.move.facts import with_facts  # noqa: PLC0415

    before = held(raw, before)

    def options(state: Known) -> Options:
        remembered = refreshed(state.remembered, with_facts(state.options, raw))
        # No value has been seen yet: the types that take whatever SQLite would have taken.
        return replace(remembered.options, types="faithful", rowids="all")

    made = planned(
        sql, schema=before.texts, model=before.model, options=options(before), legacy_renames=legacy_renames,
        attached=[
            Attached(name=name, schema=each.texts, model=each.model, options=options(each))
            for name, each in before.attached.items()
        ],
    )  # fmt: skip
    owner = before.attached[made.database] if made.database else before
    schema = owner.model.schema
    raw.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for COMMIT would stand in the definition's way
    with privileges(raw, schema):
        goes = keys and [token.word for token in first_tokens(sql)] == ["DROP", "TABLE"]
        for statement in (*(_emptied(owner.model, made.model) if goes else ()), *made.statements):
            raw.execute(statement.encode())
            _validate(raw, statement)
        for finding in made.findings:
            log.warning("%s", finding)
        for each in (before, *before.attached.values()):
            if each.deferred:
                _defer_again(raw, each.model.schema)
        if lasting(made.schema) != lasting(owner.texts):
            keep_catalog(raw, schema, lasting(made.schema))
            after = kept(raw, owner, made.model, made.schema)
        else:
            after = owner.changed(made.model, made.schema, owner.version)
    return before.with_state(made.database, after)


def _emptied(before: TargetModel, after: TargetModel) -> Iterator[str]:
    """What deletes the rows of a table that goes while others refer to it: its own triggers do not fire.

    Rule: https://www.sqlite.org/foreignkeys.html#fk_schemacommands
    """
    left = {(relation.schema, relation.name) for relation in after.relations}
    for relation in before.relations:
        others = {fold(name) for name in relation.children} - {fold(relation.source)}
        if relation.kind == "table" and others and (relation.schema, relation.name) not in left:
            table = qualified(relation.schema, relation.name)
            yield f"ALTER TABLE {table} DISABLE TRIGGER USER"
            yield f"DELETE FROM {table}"


def held(raw: psycopg.Connection[Any], before: Known) -> Known:
    """The state as it is once nobody else defines anything, which they cannot until the transaction ends."""
    now = {}
    for schema, version in sorted(before.versions):  # in one order, so that no two wait for each other
        if not version:
            continue
        with privileges(raw, schema):
            row = raw.execute(_HOLD, (schema,)).fetchone()
        if row is not None and row[0] != version:
            now[schema] = known(raw, schema)
    attached = {name: now.get(each.model.schema, each) for name, each in before.attached.items()}
    own = now.get(before.model.schema)
    if own is not None:
        before = merged(before, own)
    return before.attaching(attached) if now else before


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


def kept(raw: psycopg.Connection[Any], before: Known, model: TargetModel, texts: tuple[str, ...]) -> Known:
    """Writes down for everyone what lasts of a model; the state then. In the caller's transaction.

    Raises TargetError and psycopg.Error.
    """
    relations = tuple(relation for relation in model.relations if relation.schema != TEMPORARY)
    alone = TargetModel(schema=model.schema, relations=relations)  # without the switches of this session
    lasts = document.dump(replace(before.remembered, model=alone, texts=lasting(texts)))
    with privileges(raw, model.schema):
        return before.changed(model, texts, kept_model.write(raw, model.schema, lasts))


def merged(own: Known, other: Known) -> Known:
    """What others have defined, with what only this session has."""
    other = other.switched_as(own)
    if not own.temporary:
        return other
    other = other.attaching(own.attached)
    own_relations = tuple(relation for relation in own.model.relations if relation.schema == TEMPORARY)
    model = replace(other.model, relations=(*own_relations, *other.model.relations))
    own_texts = tuple(text for text in own.texts if text not in lasting(own.texts))
    return other.changed(model, (*other.texts, *own_texts), other.version)


def attached(raw: psycopg.Connection[Any], before: Known, sql: str) -> Known | None:
    """The state after ATTACH or DETACH; None for any other statement. Raises TranslationError.

    A database attached AS a name is the schema of that name in lower case, to which its file was moved.
    """
    from outgrow.translate.control import attachment, detached  # noqa: PLC0415

    gone = detached(sql, before.model)
    if gone is not None:
        left = {name for name, _ in gone.attached}
        return before.attaching({name: each for name, each in before.attached.items() if name in left})
    wanted = attachment(sql, before.model)
    if wanted is None:
        return None
    name = wanted.name
    if kept_model.read(raw, fold(name)) is None:
        raise TranslationError(
            f"ATTACH … AS {name}: outgrow moved no file to a schema {fold(name)} of the target: move it with "
            f"--schema {fold(name)}",
            sql,
        )
    found = known(raw, fold(name))
    if wanted.path and not _is_of(wanted.path, fold(name), found.remembered.source):
        raise TranslationError(
            f"ATTACH '{wanted.path}' AS {name}: the schema {fold(name)} of the target holds "
            f"{found.remembered.source}: attach that file, or move the other one to a schema of its own",
            sql,
        )
    return before.attaching({**before.attached, name: found})


def _is_of(path: str, schema: str, source: str) -> bool:
    """Whether a path is that of the file that was moved to the schema, or names the schema instead.

    Where one of both is not here (any more), its name decides: files may have been moved on another machine.
    """
    if not source or fold(path) == schema:
        return True
    here, there = Path(unquote(urlsplit(path).path) if path.startswith("file:") else path), Path(source)
    return here.samefile(there) if here.exists() and there.exists() else here.name == there.name
