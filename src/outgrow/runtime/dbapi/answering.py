"""What only SQLite can answer, with rows from PostgreSQL: `Answering`, the middle of an engine.

The program's own functions, collations and authorizer, and copies of the whole database. Stands on `local`,
which knows the rows that a query reads.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from outgrow.errors import TranslationError
from outgrow.runtime.dbapi import local, sequences
from outgrow.runtime.dbapi.binding import classified
from outgrow.runtime.dbapi.failures import failure
from outgrow.runtime.dbapi.folding import folded
from outgrow.runtime.dbapi.known import log
from outgrow.runtime.dbapi.sending import Bound, Sending
from outgrow.runtime.dbapi.statement import Statement
from outgrow.schema.names import fold
from outgrow.schema.target import TEMPORARY

_MANY = 1000
"""Rows that are worth a warning when they are fetched for SQLite to answer."""


class Answering(Sending):
    """Runs in the shadow what PostgreSQL cannot. Raises sqlite3.Error."""

    def _ask_shadow(self, sql: str) -> None:
        said = self.shadow.complaint(sql, self.known.texts)
        if said is not None:
            raise said

    def _folded(self, statement: Statement, bound: Bound) -> tuple[Statement, Bound] | None:
        """The statement without those calls of the program's functions that can be made once, before it."""
        found = folded(statement.sql, statement.layout, bound[0], self.own.scalars, self._called)
        if found is None:
            return None
        return self.statements.statement(found[0]), classified(found[1])

    def _called(self, text: str, values: Sequence[Any]) -> Any:
        cursor = self.shadow.cursor()
        numbers = [int(number) for number in re.findall(r"\?(\d+)", text)]
        cursor.execute(f"SELECT {text}", values[: max(numbers, default=0)])
        return cursor.fetchone()[0]

    @contextmanager
    def whole(self) -> Iterator[None]:
        """The shadow with all that the schema holds, for as long as it is copied. Raises sqlite3.Error."""
        self.ready()
        self.shadow.follow(self.known.texts)
        if not self.shadow.complete:
            raise sqlite3.NotSupportedError(
                "a copy as a SQLite database: this SQLite lacks a module or a syntax of the schema"
            )
        tables = {fold(r.source) for r in self.known.model.relations if r.schema != TEMPORARY}
        counting = {"sqlite_sequence"} if any(True for _ in self.known.counting()) else set()
        only = local.OnlyLocalError(frozenset(tables | counting), TranslationError("a copy", ""))
        with self.filled("", only, limited=False):
            self.shadow.with_triggers(self.known.texts)
            yield

    @contextmanager
    def filled(self, sql: str, only: local.OnlyLocalError, *, limited: bool = True) -> Iterator[None]:
        """The shadow with the rows that a query reads, for as long as it runs there."""
        tables = only.tables
        alone = len(tables) > 1 and not self.session.open
        if alone:  # one moment of all tables
            self.session.isolation = b" ISOLATION LEVEL REPEATABLE READ READ ONLY"
            self.begin()
        try:
            numbers = {
                name: sequences.rows(self.known.of(name), self.asked)
                for name in tables
                if local.is_counted(name)
            }
            count = local.fill(
                self.shadow, tables, self.known.model, self._rows, sql, numbers, limited=limited
            )
        except TranslationError as error:
            raise failure(sqlite3.NotSupportedError, str(error), "SQLITE_ERROR", error) from None
        finally:
            if alone:
                self.session.isolation = b""
                self.rollback()
        if count and sql and sql not in self._said:
            self._said.add(sql)
            log.log(
                logging.WARNING if count > _MANY else logging.INFO,
                "outgrow: %s: %d rows were fetched for SQLite to answer: %s", only.error, count, sql,
            )  # fmt: skip
        try:
            with self.shadow.interruptible():
                yield
        finally:
            if tables:
                self.shadow.doubt()
