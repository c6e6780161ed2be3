"""PostgreSQL's side: a moved database, and SQLite's SQL run there through the translator."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.pq import TransactionStatus

from logictest.databases import Databases
from logictest.decode import Column, decoded, documents, wrapped
from logictest.moved import Moved, moved
from logictest.results import Outcome, Row
from outgrow.errors import FindingsStop, OutgrowError, TranslationError
from outgrow.move.define import SqliteRefusesError, define, is_definition
from outgrow.options import Options
from outgrow.postgres.connect import connect
from outgrow.schema.target import TargetModel

TIMEOUT_SECONDS = 60
_COUNTED = ("INSERT", "UPDATE", "DELETE")
_TRANSACTIONS = ("BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "START", "ABORT")


class Translated(Protocol):
    """What `translate.statement` gives for one statement."""

    @property
    def sql(self) -> str:
        """PostgreSQL's text, empty when there is nothing to run."""

    @property
    def columns(self) -> Sequence[Column]:
        """The columns of its result."""

    @property
    def rows(self) -> tuple[Row, ...] | None:
        """The answer, where it is known without running anything."""


Translate = Callable[[str, TargetModel, bool], Translated]
"""A statement, the model and whether the database sorts bytewise; raises TranslationError."""


def translate(sql: str, model: TargetModel, bytewise: bool) -> Translated:
    """The translation of one statement by outgrow's entry for applications."""
    entry = import_module("outgrow.translate.statement").translate_statement
    found: Translated = entry(sql, model=model, bytewise=bytewise, parameters=())
    return found


class TranslatedTarget:
    """At most one moved database at a time; `load` replaces it."""

    def __init__(
        self, databases: Databases, options: Options | None = None, translation: Translate = translate
    ) -> None:
        self._databases, self._options, self._translate = databases, options or Options(), translation
        self._url: str | None = None
        self._connection: psycopg.Connection[Any] | None = None
        self._moved: Moved | None = None
        self._broken = Outcome(error="nothing was moved yet")

    def load(self, image: bytes, *, in_transaction: bool = False) -> Moved | None:
        """Moves the bytes of a SQLite file into a fresh database.

        A move that does not succeed is no error here: every later `run` says why, and None is returned.
        """
        self.close()
        self._url = self._databases.fresh()
        with tempfile.TemporaryDirectory(prefix="outgrow-logictest-") as folder:
            file = Path(folder) / "logictest.db"
            file.write_bytes(image)
            try:
                self._moved = moved(file, self._url, self._options)
            except FindingsStop as error:
                self._broken = Outcome(refused=f"the move stops: {error}")
                return None
            except OutgrowError as error:
                self._broken = Outcome(error=f"the move fails: {error}")
                return None
        self._connection = connect(self._url, autocommit=True)
        self._connection.prepare_threshold = None
        self._connection.execute(f"SET statement_timeout = '{TIMEOUT_SECONDS}s'")
        if in_transaction:
            self._connection.execute("BEGIN")
        return self._moved

    def run(self, sql: str) -> Outcome:
        """Translates one statement of SQLite's and runs it."""
        if self._moved is None or self._connection is None:
            return self._broken
        if is_definition(sql):
            return self._defined(sql, self._moved, self._connection)
        try:
            found = self._translate(sql, self._moved.model, self._moved.bytewise)
        except TranslationError as error:
            return Outcome(refused=error.missing)
        except ImportError:
            raise
        except Exception as error:  # a fault of the translator's is a result of the measurement
            return Outcome(error=f"the translator fails: {type(error).__name__}: {error}")
        if not found.sql:
            return Outcome(rows=found.rows, width=len(found.columns))
        text = wrapped(found.sql, found.columns)
        try:
            return self._ran(self._connection, text, found.columns)
        except psycopg.Error as error:
            said = str(error).strip() or type(error).__name__
            return Outcome(error=said.partition("\n")[0], translation=text)
        except Exception as error:  # so is a column that cannot be read back
            return Outcome(error=f"unreadable: {type(error).__name__}: {error}", translation=text)

    def _defined(self, sql: str, given: Moved, connection: psycopg.Connection[Any]) -> Outcome:
        """Runs a definition; what follows speaks of the schema as it then is."""
        try:
            found = define(sql, schema=given.schema, model=given.model, options=self._options)
        except SqliteRefusesError as error:
            return Outcome(error=str(error))
        except TranslationError as error:
            return Outcome(refused=error.missing)
        except Exception as error:  # a fault of the translator's is a result of the measurement
            return Outcome(error=f"the translator fails: {type(error).__name__}: {error}")
        text = ";\n".join(found.statements)
        try:
            with connection.transaction():
                for statement in found.statements:
                    connection.execute(statement.encode())
        except psycopg.Error as error:
            return Outcome(error=str(error).strip().partition("\n")[0], translation=text)
        self._moved = replace(given, model=found.model, schema=found.schema)
        return Outcome(translation=text)

    @staticmethod
    def _ran(connection: psycopg.Connection[Any], text: str, columns: Sequence[Column]) -> Outcome:
        if connection.info.transaction_status is TransactionStatus.INTRANS and not text.startswith(
            _TRANSACTIONS
        ):
            with connection.transaction():  # a statement that fails undoes itself, as in SQLite
                cursor = connection.execute(text.encode())
        else:
            cursor = connection.execute(text.encode())
        with cursor:
            single = not cursor.nextset()
            counted = single and (cursor.statusmessage or "").startswith(_COUNTED)
            return Outcome(
                rows=decoded(cursor.fetchall(), columns) if columns and cursor.description else None,
                width=len(columns),
                changes=cursor.rowcount if counted else None,
                documents=documents(columns),
                translation=text,
            )

    def close(self) -> None:
        """Drops the database, if there is one."""
        if self._connection is not None:
            self._connection.close()
        if self._url is not None:
            self._databases.drop(self._url)
        self._connection = self._url = self._moved = None
        self._broken = Outcome(error="nothing was moved yet")
