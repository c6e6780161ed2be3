"""INSERT OR REPLACE: the rows in the way of the new ones go. Used by `insert`.

Rules: https://www.sqlite.org/lang_conflict.html, https://www.sqlite.org/lang_replace.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from outgrow.schema.names import fold, literal, quote
from outgrow.schema.target import Relation, TargetColumn, UniqueKey
from outgrow.translate import tree
from outgrow.translate.collations import text_key
from outgrow.translate.expressions import condition
from outgrow.translate.grammar import read_expression
from outgrow.translate.held import column_value
from outgrow.translate.scope import Scope, relation_source
from outgrow.translate.triggers.firing import replacing
from outgrow.translate.value import refuse
from outgrow.translate.writes.changed import Change, table_name
from outgrow.translate.writes.fresh import Fresh, fresh_rows, given_rows


def replaced(
    source: tree.Query, columns: list[TargetColumn], relation: Relation, scope: Scope, prefix: str,
    text: str, returning: Change, *, declared: bool = False,
) -> Change:  # fmt: skip
    """The whole statement, into the table written `text`.

    `declared` says that keys ask for it and not the statement: those keys alone then count.
    """
    given = keys_given(relation, columns)
    keys = [key for key in given if key.conflict] if declared else given
    alone = len(given) == 1 and not (given[0].where or given[0].collations)
    if alone and not (relation.children or relation.triggers):
        rows = given_rows(source, columns, relation, scope)
        mended = [c for c in columns if fold(c.source) in rows.nullable and c.not_null and c.default]
        if declared or not mended:
            listed = ", ".join(quote(column.name) for column in columns)
            conflict = _updating(given[0], relation)
            before = f"{prefix}INSERT INTO {text} ({listed}) "
            return rows.inserted(returning, before, f"{conflict}{returning.sql}")
    rows = given_rows(source, columns, relation, scope, asks=False)
    names = {fold(column.source) for column in columns}
    whole = any(key.where or not {fold(n) for n in key.columns} <= names for key in given)
    new = fresh_rows(rows, columns, relation, whole=whole, mended=not declared)
    others = [key for key in given if key not in keys]
    where = in_the_way(keys, relation, scope)
    if others:  # such a row is an error, also where it is in the way by another key
        where = f"({where}) AND ({in_the_way(others, relation, scope)}) IS NOT TRUE"
    return _deleting(new, where, relation, scope, prefix, text, returning)


def keys_given(relation: Relation, columns: Sequence[TargetColumn]) -> list[UniqueKey]:
    """The unique keys that new rows could break: those of which a column is given."""
    if relation.unique_keys is None:
        raise refuse(f"REPLACE into {relation.source}, which has a unique index over an expression")
    names = {
        fold(column.source) for column in relation.columns if column.default is not None or column.generated
    }
    names |= {fold(column.source) for column in columns}
    return [key for key in relation.unique_keys if names & {fold(name) for name in key.columns}]


def _updating(key: UniqueKey, relation: Relation) -> str:
    """ON CONFLICT that leaves nothing of the row in the way."""
    listed = ", ".join(quote(relation.column(name).name) for name in key.columns)
    own = {fold(name) for name in key.columns}
    # A column that the statement leaves out goes back to its default, which EXCLUDED holds as well.
    sets = [
        f"{quote(column.name)} = EXCLUDED.{quote(column.name)}"
        for column in relation.columns
        if fold(column.source) not in own and not column.generated
    ]
    return f" ON CONFLICT ({listed}) DO " + (f"UPDATE SET {', '.join(sets)}" if sets else "NOTHING")


def _deleting(
    new: Fresh, where: str, relation: Relation, scope: Scope, prefix: str, text: str, returning: Change
) -> Change:
    """The rows `where` is true of are deleted first, in the same statement; "" for none."""
    if any(trigger.looks for trigger in relation.triggers):
        raise refuse(f"REPLACE into {relation.source}, whose BEFORE INSERT trigger sees what it replaces")
    fresh, gone = (_free(name, scope) for name in ("fresh", "gone"))
    head = f"{prefix.rstrip()}, " if prefix else "WITH "
    parts = [f"{fresh} AS ({new.sql})"]
    only = ""
    if where:
        old = f"{table_name(relation)} AS old USING {fresh} AS fresh"
        parts.append(f"{gone} AS (DELETE FROM {old} WHERE {silently(where, relation, scope)} RETURNING 1)")
        # Reading what went makes PostgreSQL delete before it inserts.
        only = f" WHERE (SELECT count(*) FROM {gone}) >= 0"
    sql = (
        f"{head}{', '.join(parts)} INSERT INTO {text} ({new.listed}) SELECT {new.listed} FROM {fresh}{only}"
        f"{returning.sql}"
    )
    return replace(returning, sql=sql, findings=(*returning.findings, *findings(relation)))


def _free(name: str, scope: Scope) -> str:
    """A name for a common table expression that the statement itself has not given."""
    while scope.common(name) is not None:
        name += "_"
    return quote(name)


_SILENTLY = "sqlite.replacing"


def in_the_way(keys: Sequence[UniqueKey], relation: Relation, scope: Scope) -> str:
    """The condition for a row called `old` to share a key with one called `fresh`; "" without keys."""
    return " OR ".join(f"({_same_key(key, relation, scope)})" for key in keys)


def silently(test: str, relation: Relation, scope: Scope) -> str:
    """The condition for a row to be deleted without firing DELETE triggers, unless they are to fire."""
    if scope.model.recursive_triggers or not any(t.event == "DELETE" for t in relation.triggers):
        return test
    return f"({test}) AND {_SILENTLY}({literal(replacing(relation))})"


def replaces_silently(sql: str) -> bool:
    """Whether the statement keeps DELETE triggers from firing, until somebody lets them again."""
    return f"{_SILENTLY}(" in sql


def _same_key(key: UniqueKey, relation: Relation, scope: Scope) -> str:
    parts = []
    for number, name in enumerate(key.columns):
        column = relation.column(name)
        sides = [column_value(column, f"{side}.{quote(column.name)}") for side in ("old", "fresh")]
        if key.collations and sides[0].kind == "text":
            sides = [text_key(v, key.collations[number], ordering=False, bytewise=True) for v in sides]
        elif key.collations and key.collations[number] != "BINARY":
            raise refuse(f"REPLACE into {relation.source} with a key of {column.source}, {column.type}")
        parts.append(f"{sides[0].sql} = {sides[1].sql}")
    if key.where is not None:
        for side in ("old", "fresh"):
            seen = replace(scope, sources=(relation_source(relation, side, relation.source),), outer=None)
            parts.append(f"({condition(read_expression(key.where), seen).sql})")
    return " AND ".join(parts)


def findings(relation: Relation) -> tuple[str, ...]:
    """What is to be known of rows that REPLACE deletes."""
    found = []
    if relation.children:
        found.append(
            f"OR REPLACE deletes the rows of {relation.source} in the way: the foreign keys of "
            f"{', '.join(relation.children)} act as with PRAGMA foreign_keys = ON"
        )
    return tuple(found)
