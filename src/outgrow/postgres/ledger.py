"""What the target remembers of a move: schema `outgrow` with the plan, the progress and what is done.

Written by `move` all along the way, read by its next run and by `verify`. Progress is written in the
transaction of the rows or objects it speaks of, so that an interrupted move goes on exactly where
PostgreSQL stands.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from typing import Any, Literal

import psycopg

from outgrow.errors import TargetError
from outgrow.postgres import kept_model

State = Literal["loading", "done"]

_TABLES = """
CREATE SCHEMA IF NOT EXISTS outgrow;
CREATE TABLE IF NOT EXISTS outgrow.move (
  target_schema text PRIMARY KEY, source text NOT NULL, fingerprint text NOT NULL,
  plan_digest text NOT NULL, plan text NOT NULL, refuted text NOT NULL, state text NOT NULL,
  version text NOT NULL, began timestamptz NOT NULL DEFAULT now(), ended timestamptz);
CREATE TABLE IF NOT EXISTS outgrow.progress (
  target_schema text NOT NULL, table_name text NOT NULL, chunks integer NOT NULL,
  row_count bigint NOT NULL, finished boolean NOT NULL, PRIMARY KEY (target_schema, table_name));
CREATE TABLE IF NOT EXISTS outgrow.made (
  target_schema text NOT NULL, statement text NOT NULL, table_name text, fate text NOT NULL,
  reason text NOT NULL, PRIMARY KEY (target_schema, statement));
"""

# Read from the catalog, because to_regclass() fails in a schema that the user may not enter.
_ACCESS = """
SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'),
  has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
  AND has_table_privilege(c.oid, 'DELETE')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'outgrow' AND c.relname = 'made'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The move into one schema, as the target remembers it."""

    source: str
    fingerprint: str
    plan_digest: str
    plan: str
    refuted: str
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one table is: chunks and rows committed, and whether that is all."""

    chunks: int
    rows: int
    finished: bool


def digest(text: str) -> str:
    """A short identity of a SQL text or plan."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


class Ledger:
    """The move into one target schema. Methods run in the caller's transaction on the connection given."""

    def __init__(self, schema: str) -> None:
        self._schema = schema

    def prepare(self, connection: psycopg.Connection[Any]) -> None:
        """Makes the ledger's tables where they are missing; TargetError when the user may not."""
        if self.exists(connection):
            return
        try:
            connection.execute(_TABLES)
        except psycopg.errors.InsufficientPrivilege as error:
            raise TargetError(
                "the target user may not create the schema outgrow, where a move keeps its progress; "
                "grant CREATE on the database"
            ) from error
        except psycopg.errors.UniqueViolation:  # another outgrow made them at the same moment
            connection.execute(_TABLES)

    def exists(self, connection: psycopg.Connection[Any], *, writable: bool = True) -> bool:
        """Whether the target has a ledger.

        Raises TargetError when it has one that the user may not read, or not write to while `writable`.
        """
        row = connection.execute(_ACCESS).fetchone()
        if row is None:
            return False
        if row[0] and (row[1] or not writable):
            return True
        rights = "SELECT, INSERT, UPDATE, DELETE" if writable else "SELECT"
        raise TargetError(
            "the schema outgrow, where moves keep their progress, belongs to another user; connect as "
            f"that user, or grant USAGE on it and {rights} on its tables"
        )

    def entry(self, connection: psycopg.Connection[Any]) -> Entry | None:
        """The move into this schema, if there was one."""
        row = connection.execute(
            "SELECT source, fingerprint, plan_digest, plan, refuted, state FROM outgrow.move "
            "WHERE target_schema = %s",
            (self._schema,),
        ).fetchone()
        if row is None:
            return None
        return Entry(
            source=row[0], fingerprint=row[1], plan_digest=row[2], plan=row[3], refuted=row[4], state=row[5]
        )

    def begin(self, connection: psycopg.Connection[Any], entry: Entry, version: str) -> None:
        """Starts anew: forgets all earlier progress of this schema."""
        self.forget(connection)
        connection.execute(
            "INSERT INTO outgrow.move "
            "(target_schema, source, fingerprint, plan_digest, plan, refuted, state, version) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (self._schema, *astuple(entry), version),
        )

    def replan(self, connection: psycopg.Connection[Any], entry: Entry) -> None:
        """Notes another plan for the move that is under way."""
        connection.execute(
            "UPDATE outgrow.move SET plan = %s, plan_digest = %s, refuted = %s WHERE target_schema = %s",
            (entry.plan, entry.plan_digest, entry.refuted, self._schema),
        )

    def end(self, connection: psycopg.Connection[Any], plan: str) -> None:
        """The move is complete; `plan` is what verification will need."""
        connection.execute(
            "UPDATE outgrow.move SET state = 'done', plan = %s, ended = now() WHERE target_schema = %s",
            (plan, self._schema),
        )

    def forget(self, connection: psycopg.Connection[Any]) -> None:
        """Removes every trace of this schema's move."""
        for table in ("move", "progress", "made"):
            connection.execute(f"DELETE FROM outgrow.{table} WHERE target_schema = %s", (self._schema,))
        kept_model.forget(connection, self._schema)

    def progress(self, connection: psycopg.Connection[Any]) -> dict[str, Progress]:
        """Progress per source table."""
        rows = connection.execute(
            "SELECT table_name, chunks, row_count, finished FROM outgrow.progress WHERE target_schema = %s",
            (self._schema,),
        )
        return {
            name: Progress(chunks=chunks, rows=count, finished=done) for name, chunks, count, done in rows
        }

    def advance(self, connection: psycopg.Connection[Any], table: str, progress: Progress) -> None:
        """Notes a table's progress, in the transaction of its rows."""
        connection.execute(
            "INSERT INTO outgrow.progress VALUES (%s, %s, %s, %s, %s) "
            "ON CONFLICT (target_schema, table_name) DO UPDATE "
            "SET chunks = EXCLUDED.chunks, row_count = EXCLUDED.row_count, finished = EXCLUDED.finished",
            (self._schema, table, progress.chunks, progress.rows, progress.finished),
        )

    def forget_table(self, connection: psycopg.Connection[Any], table: str) -> None:
        """The table starts anew."""
        for name in ("progress", "made"):
            connection.execute(
                f"DELETE FROM outgrow.{name} WHERE target_schema = %s AND table_name = %s",
                (self._schema, table),
            )

    def reason(self, connection: psycopg.Connection[Any], statement: str) -> str | None:
        """Why PostgreSQL refused a statement, by digest; "" when it is done, None when it was not tried."""
        row = connection.execute(
            "SELECT reason FROM outgrow.made WHERE target_schema = %s AND statement = %s",
            (self._schema, statement),
        ).fetchone()
        return None if row is None else row[0]

    def make(
        self, connection: psycopg.Connection[Any], statement: str, table: str | None, fate: str, reason: str
    ) -> None:
        """Notes a statement as done, in its transaction."""
        connection.execute(
            "INSERT INTO outgrow.made VALUES (%s, %s, %s, %s, %s) ON CONFLICT (target_schema, statement) "
            "DO UPDATE SET fate = EXCLUDED.fate, reason = EXCLUDED.reason",
            (self._schema, statement, table, fate, reason),
        )
