"""What the database remembers of its moves, as far as the connected user may read it.

Read once, before the checks. The ledger (`postgres.ledger`) says what was moved and whether it ended;
the kept model (`postgres.kept_model`) says what the tables are since then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import psycopg

from outgrow.errors import TargetError
from outgrow.move.kept import loaded
from outgrow.plan.model import Outcome, TablePlan
from outgrow.plan.stored import load_tables
from outgrow.postgres import kept_model
from outgrow.postgres.ledger import Ledger
from outgrow.runtime.health import queries
from outgrow.schema.target import Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One line of the ledger. `ended` is when the server's clock said so; None while it is under way."""

    target_schema: str
    source: str
    fingerprint: str
    state: Literal["loading", "done"]
    version: str
    began: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """All moves, and of the one into the schema at hand the plan and the relations as they are now.

    `relations` are None where no model is kept; `redefined` says that the application defined something
    since the move. `problem` says what this user may not read, `unread` what nobody can.
    """

    moves: tuple[Move, ...] = ()
    move: Move | None = None
    tables: tuple[TablePlan, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    relations: tuple[Relation, ...] | None = None
    redefined: bool = False
    problem: str = ""
    unread: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The tables and views that outgrow knows in the schema, by their names there."""
        if self.relations is not None:
            return frozenset(relation.name for relation in self.relations)
        views = {o.target for o in self.outcomes if o.kind == "views" and o.fate != "left"}
        return frozenset({table.name for table in self.tables} | views)

    @property
    def needs_pgvector(self) -> bool:
        """Whether a column that was moved is of pgvector's type, or an index of its kind."""
        return any(
            table.vectors or any(column.type.startswith("vector") for column in table.columns)
            for table in self.tables
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Access:
    readable: bool


def remembered(connection: psycopg.Connection[Any], schema: str) -> Remembered:
    """What is remembered of the move into `schema`, in the caller's transaction. Raises psycopg.Error."""
    found = _kept(connection, schema)
    access = queries.rows(connection, "ledger_access", _Access)
    if not access:
        return found
    if not access[0].readable:
        return replace(found, problem="this user may not read outgrow.move, where moves are remembered")
    moves = tuple(queries.rows(connection, "ledger", Move))
    move = next((entry for entry in moves if entry.target_schema == schema), None)
    found = replace(found, moves=moves, move=move)
    entry = Ledger(schema).entry(connection) if move is not None else None
    if entry is None:
        return found
    try:
        tables, outcomes = load_tables(entry.plan)
    except TargetError as error:
        return replace(found, unread=str(error))
    return replace(found, tables=tables, outcomes=outcomes)


def _kept(connection: psycopg.Connection[Any], schema: str) -> Remembered:
    """What the kept model says."""
    try:
        with connection.transaction():
            kept = kept_model.read(connection, schema)
        if kept is None:
            return Remembered()
        version, text = kept
        relations = loaded(text, schema).model.relations
    except psycopg.errors.InsufficientPrivilege:
        return Remembered(problem="this user may not read outgrow.model, where the tables' model is kept")
    except TargetError as error:
        return Remembered(unread=str(error))
    return Remembered(relations=tuple(r for r in relations if r.schema == schema), redefined=version > 1)
