"""Expressions that stand in the target's DDL: defaults, checks, generated columns, index keys and predicates.

Entry of `plan` and `postgres.ddl` into the translator for everything that is one expression over one
table. Nothing here reads another table, because neither database allows it there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from outgrow.errors import TranslationError
from outgrow.schema.model import IndexColumn
from outgrow.schema.names import quote
from outgrow.schema.target import TargetColumn, TargetModel
from outgrow.translate import held
from outgrow.translate.collations import text_key
from outgrow.translate.convert import as_integer
from outgrow.translate.expressions import condition, translate
from outgrow.translate.grammar import read_expression
from outgrow.translate.scope import Scope, relation_source
from outgrow.translate.store import stored
from outgrow.translate.value import Rank, Value, Volatility, described, refuse, speaking_of

Purpose = Literal["default", "check", "generated", "index", "where"]

_BYTES = "substr(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 1, 16)"
_UUID4 = re.compile(
    r"\(*(lower|upper)\(?(hex\(randomblob\(4\)\))\)?\|\|'-'\|\|(lower|upper)?\(?hex\(randomblob\(2\)\)\)?\|\|'-4'\|\|"
    r"substr\((lower|upper)?\(?hex\(randomblob\(2\)\)\)?,2\)\|\|'-'\|\|substr\('89ab',(1\+\(?abs\(random\(\)\)%4\)?|"
    r"\(?abs\(random\(\)\)%4\)?\+1),1\)\|\|substr\((lower|upper)?\(?hex\(randomblob\(2\)\)\)?,2\)\|\|'-'\|\|"
    r"(lower|upper)?\(?hex\(randomblob\(6\)\)\)*\Z"
)


def expression(
    sql: str,
    *,
    model: TargetModel,
    relation: str,
    purpose: Purpose,
    wanted: TargetColumn | None = None,
    bytewise: bool = False,
) -> str:
    """PostgreSQL text of one SQLite expression of DDL, without enclosing parentheses.

    `relation` is the source name of the table it belongs to; a default sees no column. "check" and
    "where" give a condition; "default" and "generated" give what is stored in `wanted`, which they
    require; "generated", "index" and "where" give an IMMUTABLE expression. `bytewise` says the
    database sorts text by bytes, so that no COLLATE is needed. Raises TranslationError.
    """
    scope = _scope(model, relation, bytewise=bytewise, columns=purpose != "default")
    scope = replace(scope, fixed=purpose in {"check", "generated", "index", "where"})
    with speaking_of(sql):
        value = _for(purpose, sql, scope, wanted)
    if purpose in {"generated", "index", "where"} and value.volatility is not Volatility.IMMUTABLE:
        raise TranslationError(f"an expression that depends on settings or time in {purpose}", sql)
    return value.sql


def _scope(model: TargetModel, relation: str, *, bytewise: bool, columns: bool) -> Scope:
    sources = (relation_source(model.relation(relation), "", rowid=True),) if columns else ()
    return Scope(model=model, sources=sources, bytewise=bytewise)


def _for(purpose: Purpose, sql: str, scope: Scope, wanted: TargetColumn | None) -> Value:
    tree = read_expression(sql)
    if purpose in {"check", "where"}:
        return condition(tree, scope)
    if purpose == "index":
        return _indexed(translate(tree, scope), scope)
    if wanted is None:
        raise refuse(f"a {purpose} without a column")
    if purpose == "default" and wanted.family == "uuid":
        known = _random_uuid(sql, wanted)
        if known is not None:
            return Value(sql=known, kind="held", type="uuid", nullable=False, volatility=Volatility.VOLATILE)
    value = translate(tree, scope)
    return replace(value, sql=stored(value, wanted, queries=False), rank=Rank.OTHER)


def _random_uuid(sql: str, wanted: TargetColumn) -> str | None:
    """The ways SQLite schemas spell a random UUID, in a column held as uuid."""
    text = re.sub(r"\s+", "", sql).lower()
    if wanted.conversion.startswith("uuid-text") and _UUID4.match(text):
        return "gen_random_uuid()"
    bare = text.strip("()")
    hexadecimal = wanted.conversion.startswith("uuid-hex") and bare in {
        "lower(hex(randomblob(16",
        "hex(randomblob(16",
    }
    if hexadecimal or (wanted.conversion == "uuid-blob" and bare == "randomblob(16"):
        return f"encode({_BYTES}, 'hex')::uuid"
    return None


def _indexed(value: Value, scope: Scope) -> Value:
    if value.kind == "held" and held.conversion_of(value)[0] in {"json", "vector"}:
        raise refuse(f"an index over {described(value)}")
    if value.kind != "text":
        return replace(value, explicit=False)
    collation = value.collation if value.explicit or value.stored else None
    return text_key(value, collation or "BINARY", ordering=True, bytewise=scope.bytewise)


def index_key(column: IndexColumn, *, model: TargetModel, relation: str, bytewise: bool) -> str:
    """One key of CREATE INDEX: column or expression, its collation, direction and NULL order.

    NULLs come first ascending and last descending, as SQLite has them, so that the index serves the
    translated ORDER BY in both directions; a column that cannot be NULL needs no word. `rtrim` and
    `lower` stand for RTRIM and NOCASE. Raises TranslationError.
    """
    scope = replace(_scope(model, relation, bytewise=bytewise, columns=True), fixed=True)
    with speaking_of(column.expression or column.column or ""):
        value = _key_value(column, scope, model, relation)
    if value.volatility is not Volatility.IMMUTABLE:
        raise TranslationError(
            "an index over an expression that depends on settings or time", column.expression or ""
        )
    nulls = f" NULLS {'LAST' if column.descending else 'FIRST'}" if value.nullable else ""
    return value.sql + (" DESC" if column.descending else "") + nulls


def _key_value(column: IndexColumn, scope: Scope, model: TargetModel, relation: str) -> Value:
    if column.column is not None:
        target = model.relation(relation).column(column.column)
        value = held.column_value(target, quote(target.name))
    else:
        value = translate(read_expression(column.expression or ""), scope)
        if value.kind == "boolean" and value.column is None:
            value = as_integer(value)
    collated = replace(value, collation=column.collation, explicit=True) if value.kind == "text" else value
    key = _indexed(collated, replace(scope, bytewise=True))
    sql = key.sql if column.column is not None and key.sql == value.sql else f"({key.sql})"
    sorts = value.kind == "text" and column.collation == "BINARY" and not scope.bytewise
    return replace(key, sql=f'{sql} COLLATE "C"' if sorts else sql, rank=Rank.OTHER)
