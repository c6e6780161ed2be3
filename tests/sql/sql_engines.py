"""One statement on SQLite and, translated, on the moved database: outcomes that can be compared."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from outgrow.errors import TranslationError
from outgrow.move.examine import decide, examine
from outgrow.move.facts import with_facts
from outgrow.move.migrate import Request, move
from outgrow.move.progress import Silent
from outgrow.move.refutations import Refutations
from outgrow.options import Options
from outgrow.plan.overrides import Overrides
from outgrow.postgres.functions import install
from outgrow.schema.names import literal, qualified, quote
from outgrow.schema.target import TargetModel
from outgrow.sqlite.connect import open_snapshot
from outgrow.translate.statement import Column, Translated, Translator, translate_statement

Value = int | float | str | bytes | None
Rows = list[tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a statement gave: its rows and column names, or the error (its class)."""

    rows: Rows
    labels: tuple[str, ...] = ()
    error: str = ""
    sql: str = ""


class Moved:
    """A SQLite file and the PostgreSQL database it was moved to; statements run in turn on both."""

    def __init__(
        self, path: Path, url: str, *, overrides: Overrides | None = None, verify: bool = False
    ) -> None:
        self.url = url
        self.lite = sqlite3.connect(path, isolation_level=None)
        self.lite.execute("PRAGMA synchronous = OFF")
        overrides = overrides or Overrides()
        request = Request(source=str(path), target=url, options=Options(), overrides=overrides, verify=verify)
        self.result = move(request, Silent())
        self.post = psycopg.connect(url, autocommit=True, cursor_factory=psycopg.RawCursor)
        install(self.post)
        options = with_facts(Options(), self.post)
        with open_snapshot(path, readers=3) as snapshot:
            examined = examine(snapshot, jobs=1, progress=Silent(), overrides=overrides)
            plan = decide(examined, options, overrides, Refutations())
        self.bytewise = options.bytewise
        self.plan, self.database = plan, examined.database
        self.model: TargetModel = plan.model
        self._model: TargetModel | None = None

    def close(self) -> None:
        self.lite.close()
        self.post.close()

    def on_sqlite(self, sql: str, parameters: Sequence[Value] = ()) -> Outcome:
        try:
            with closing(self.lite.execute(sql, parameters)) as cursor:
                labels = tuple(column[0] for column in cursor.description or ())
                return Outcome(rows=cursor.fetchall(), labels=labels)
        except sqlite3.Error as error:
            return Outcome(rows=[], error=f"{type(error).__name__}: {error}")

    def on_postgres(self, sql: str, parameters: Sequence[Value] = ()) -> Outcome:
        """Raises TranslationError."""
        kinds = [_KINDS[type(value)] for value in parameters]
        found = self._translator()(sql, tuple(kinds))
        labels = tuple(column.label for column in found.columns)
        if not found.sql:
            return Outcome(rows=list(found.rows or ()), labels=labels)
        try:
            with self.post.cursor() as cursor:
                cursor.execute(found.sql.encode(), parameters or None)
                rows = cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            return Outcome(rows=[], error=f"{type(error).__name__}: {error}", sql=found.sql)
        back = [tuple(map(_back, row, found.columns)) for row in rows]
        return Outcome(rows=back, labels=labels, sql=found.sql)

    def _translator(self) -> Translator:
        """One that remembers, for the model as it stands."""
        if self._model is not self.model:
            self._model, self._remembering = self.model, Translator(self.model, bytewise=self.bytewise)
        return self._remembering

    def translated(self, sql: str) -> Translated:
        """The translation with parameters of unknown kind."""
        return translate_statement(sql, model=self.model, bytewise=self.bytewise)

    def afterwards(self, sql: str, queries: Sequence[str]) -> tuple[list[Rows], list[Rows]]:
        """What the queries give after a write that is taken back, on both sides."""
        self.lite.execute("BEGIN")
        self.lite.execute(sql)
        ours = [self.on_sqlite(query).rows for query in queries]
        self.lite.execute("ROLLBACK")
        with self.post.transaction(force_rollback=True):
            written = self.on_postgres(sql)
            assert not written.error, (written.error, written.sql)
            theirs = [self.on_postgres(query).rows for query in queries]
        self._settle()
        return ours, theirs

    def _settle(self) -> None:
        """A rollback takes no number back, which SQLite's does."""
        for relation in self.model.relations:
            if relation.rowid_alias is not None:
                table, key = (
                    qualified(relation.schema, relation.name),
                    relation.column(relation.rowid_alias).name,
                )
                sequence = f"pg_get_serial_sequence({literal(table)}, {literal(key)})"
                reached = f"SELECT setval({sequence}, coalesce(max({quote(key)}), 0) + 1, false) FROM {table}"
                self.post.execute(reached.encode())

    def both(self, sql: str, parameters: Sequence[Value] = ()) -> tuple[Outcome, Outcome | TranslationError]:
        """Both outcomes, each in a transaction that is taken back."""
        self.lite.execute("BEGIN")
        ours = self.on_sqlite(sql, parameters)
        if self.lite.in_transaction:
            self.lite.execute("ROLLBACK")
        theirs: Outcome | TranslationError
        try:
            with self.post.transaction(force_rollback=True):
                theirs = self.on_postgres(sql, parameters)
        except TranslationError as error:
            theirs = error
        except psycopg.Error as error:
            theirs = Outcome(rows=[], error=f"{type(error).__name__}: {error}")
        self._settle()
        return ours, theirs


_KINDS = {int: "integer", float: "real", str: "text", bytes: "blob", type(None): "null", bool: "integer"}
_TAGS = {"i": int, "r": float, "t": str, "b": bytes.fromhex}


def _back(value: Any, column: Column) -> Value:
    if value is None:
        return None
    if column.kind == "number":
        pointed = column.conversion == "numeric-point"
        return (
            int(value)
            if (value.as_tuple().exponent == 0 if pointed else value == int(value))
            else float(value)
        )
    if column.kind == "tagged":
        return _TAGS[value[0]](value[1:])
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float | str | bytes):
        return value
    return str(value)


def ordered(outcome: Outcome, sql: str) -> Outcome:
    """The outcome with its rows in a fixed order, unless the statement orders them."""
    if "ORDER BY" in sql.upper():
        return outcome
    return replace(outcome, rows=sorted(outcome.rows, key=lambda row: [(str(type(v)), str(v)) for v in row]))
