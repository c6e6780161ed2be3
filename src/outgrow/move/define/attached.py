"""Definitions in an attached database, which is another schema of the target.

SQLite itself says which database a statement is about: the one whose schema changes when it runs. There the
statement is an ordinary definition, without the name that only its session has. Used by `define`.
Rules: https://www.sqlite.org/lang_naming.html, https://www.sqlite.org/lang_attach.html
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise

from outgrow.move.define.filled import query_of
from outgrow.move.define.source import replayed, run_one, versions_of
from outgrow.options import Options
from outgrow.schema.lexer import tokens, unquote
from outgrow.schema.names import fold, quote_sqlite
from outgrow.schema.target import TargetModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """An attached database: its name, and of it what `define` is given of the main one."""

    name: str
    schema: Sequence[str]
    model: TargetModel
    options: Options

    def text(self, sql: str) -> str:
        """A definition as the database itself would be told it: its name gone where it stands first."""
        found = list(tokens(sql))
        # At most CREATE UNIQUE INDEX IF NOT EXISTS name . — what follows belongs to the definition.
        for token, dot in pairwise(found[:8]):
            is_named = token.kind in ("name", "quoted", "string") and fold(unquote(token)) == fold(self.name)
            if is_named and dot.word == ".":
                return sql[: token.start] + sql[dot.end :]
        return sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A definition that is for an attached database, as `text` says it there.

    `rows` is the statement, with all databases in view, that fills the table of a CREATE TABLE … AS; else "".
    """

    database: Attached
    text: str
    rows: str = ""


def elsewhere(
    sql: str, schema: Sequence[str], attached: Sequence[Attached], *, legacy_renames: bool
) -> Elsewhere | None:
    """What the definition is in the attached database that it changes; None where it changes none.

    Raises TranslationError, with SQLite's own message where SQLite refuses.
    """
    with closing(replayed(schema, [(each.name, each.schema) for each in attached])) as connection:
        if legacy_renames:
            connection.execute("PRAGMA legacy_alter_table = ON")
        before = versions_of(connection)
        run_one(connection, sql)
        after = versions_of(connection)
        changed = next((each for each in attached if before[each.name] != after[each.name]), None)
        query = query_of(sql)
        if changed is None:
            return None
        if query is None:
            return Elsewhere(database=changed, text=changed.text(sql))
        name, text = connection.execute(
            f"SELECT name, sql FROM {quote_sqlite(changed.name)}.sqlite_master ORDER BY rowid DESC LIMIT 1"
        ).fetchall()[0]
    rows = f"INSERT INTO {quote_sqlite(changed.name)}.{quote_sqlite(str(name))} {query}"
    return Elsewhere(database=changed, text=str(text), rows=rows)
