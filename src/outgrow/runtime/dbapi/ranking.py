"""`INSERT INTO t (t, rank) VALUES ('rank', …)`: what a full-text table ranks by from now on.

SQLite keeps it in a table beside the index; the target has it in the model of the schema, so it is written as
a definition is. SQLite itself, in an empty database, says what is a function with weights. Used by `special`.
Rule: https://www.sqlite.org/fts5.html#the_rank_configuration_option
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

import psycopg

from outgrow.runtime.dbapi import definitions
from outgrow.runtime.dbapi.known import Known
from outgrow.runtime.dbapi.shadow import Shadow
from outgrow.schema.lexer import TokenError, tokens, unquote
from outgrow.schema.names import fold, quote_sqlite
from outgrow.schema.target import Qualified, Relation, TargetModel

_LIKELY = re.compile(r"\brank\b[\"'`\]]?\s*\)\s*VALUES", re.IGNORECASE)


def table_of(sql: str, model: TargetModel) -> tuple[str, Relation] | None:
    """The FTS5 table that a statement may tell what to rank by, as the statement names it; else None."""
    if _LIKELY.search(sql) is None:
        return None
    with suppress(TokenError):
        words = [unquote(token) for token in tokens(sql)]
        at = next((n for n, word in enumerate(words) if word.upper() == "INTO"), len(words))
        name: str = words[at + 1] if at + 1 < len(words) else ""
        if words[at + 2 : at + 3] == ["."]:
            at += 2
            name = Qualified(words[at + 1], name)
        given = [fold(word) for word in words[at + 2 : at + 7]]
        if given == ["(", fold(name), ",", "rank", ")"]:
            with suppress(KeyError):
                relation = model.relation(name)
                return (name, relation) if relation.full_text and relation.full_text.is_fts5 else None
    return None


def asked(name: str, known: Known, sql: str, values: Sequence[Any]) -> str | None:
    """What the statement has the table rank by; None where it says something else. Raises sqlite3.Error."""
    relation = known.model.relation(name)
    table = f"{quote_sqlite(known.place(relation))}.{quote_sqlite(f'{relation.source}_config')}"
    # A database of its own: after a rank that FTS5 refuses, it keeps the database locked.
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as alone:
        shadow = Shadow(alone)
        shadow.attach((name, each.texts) for name, each in known.attached.items())
        shadow.follow(known.texts)
        cursor = shadow.cursor()
        cursor.execute(sql, values)
        row = cursor.execute(f"SELECT v FROM {table} WHERE k = 'rank'").fetchone()
    return None if row is None else str(row[0])


def ranked(raw: psycopg.Connection[Any], before: Known, name: str, rank: str) -> Known:
    """Keeps that a table ranks by a function, and the state then. In the caller's transaction.

    Raises TargetError and psycopg.Error.
    """
    before = definitions.held(raw, before)
    relation = before.model.relation(name)
    owner = before.of(Qualified(relation.source, before.place(relation)))
    now = relation
    if relation.full_text is not None:
        now = replace(relation, full_text=replace(relation.full_text, rank=rank))
    relations = tuple(now if each is relation else each for each in owner.model.relations)
    after = definitions.kept(raw, owner, replace(owner.model, relations=relations), owner.texts)
    return before.with_state(before.place(relation), after)
