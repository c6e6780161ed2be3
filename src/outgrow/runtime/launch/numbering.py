"""The numbers of new rows in a replay: those that SQLite gave, where PostgreSQL would leave a gap.

An insert that fails, is undone or is ignored takes a number away from PostgreSQL and none from SQLite, and a
deleted last row gives its number back only there (docs/differences.md). Every later statement of a recording
names rows by SQLite's numbers, so one gap would make all the rest differ. So before the next insert the
sequence is set to the number that SQLite gave; how often is counted. Used by `replaying`, on a copy only.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import psycopg

from outgrow.schema.lexer import TokenError, tokens, unquote
from outgrow.schema.names import fold, literal, qualified
from outgrow.schema.target import TargetModel

_CONFLICT = {"IGNORE", "REPLACE", "CONFLICT"}


class Numbering:
    """Watches the calls of a replay; `steered` counts the inserts that got SQLite's number."""

    def __init__(self, watch: psycopg.Connection[Any]) -> None:
        self._watch = watch
        self._doubts = 0
        self._settled: dict[str, int] = {}
        self.steered = 0

    def after(self, event: Mapping[str, Any], *, failed: bool) -> None:
        """A call was made: whether it may have left a gap."""
        kind, words = event["event"], _words(str(event.get("sql", "")))
        undoes = kind == "rollback" or event.get("failed") or kind in ("close", "executescript")
        if (
            failed
            or undoes
            or "error" in event
            or "ROLLBACK" in words
            or "DELETE" in words
            or words & _CONFLICT
        ):
            self._doubts += 1

    def before(self, event: Mapping[str, Any], model: TargetModel) -> None:
        """A call is to be made: sets the sequence if it inserts one row whose number is known."""
        number = event.get("lastrowid")
        if event["event"] != "execute" or not number or event.get("rowcount") != 1 or not self._doubts:
            return
        table, columns = _inserted_into(str(event["sql"]))
        relation = (
            next((r for r in model.relations if fold(r.source) == fold(table)), None) if table else None
        )
        if relation is None or relation.rowid_alias is None:
            return
        key = relation.column(relation.rowid_alias).name
        place = qualified(relation.schema, relation.name)
        if self._settled.get(place) == self._doubts:
            return
        self._settled[place] = self._doubts
        with suppress(psycopg.Error):  # a table that its transaction alone sees yet
            if self._set(f"pg_get_serial_sequence({literal(place)}, {literal(key)})", number):
                self.steered += fold(relation.rowid_alias) not in columns and bool(columns)

    def _set(self, sequence: str, number: int) -> bool:
        """Has the sequence give that number next; whether it would have given another one."""
        name = self._watch.execute(f"SELECT {sequence}".encode()).fetchone()
        if name is None or name[0] is None:
            return False
        row = self._watch.execute(f"SELECT last_value + is_called::int FROM {name[0]}".encode()).fetchone()
        if row is None or row[0] == number:
            return False
        self._watch.execute("SELECT setval(%s::regclass, %s, false)", (name[0], number))
        return True


def _words(sql: str) -> set[str]:
    with suppress(TokenError):
        return {token.word for token in tokens(sql)}
    return set()


def _inserted_into(sql: str) -> tuple[str, set[str]]:
    """The table that a statement inserts into and the columns that it names, folded; "" for none."""
    try:
        found = list(tokens(sql))
    except TokenError:
        return "", set()
    place = next((p for p, token in enumerate(found) if token.word == "INTO"), None)
    if place is None or place + 1 >= len(found):
        return "", set()
    place += 1
    if place + 2 < len(found) and found[place + 1].word == ".":
        place += 2
    columns: set[str] = set()
    if place + 1 < len(found) and found[place + 1].word == "(":
        for token in found[place + 2 :]:
            if token.word == ")":
                break
            if token.word != ",":
                columns.add(fold(unquote(token)))
    return unquote(found[place]), columns
