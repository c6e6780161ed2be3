"""Checks of what the move left: whether it ended, whether what it made is there, and the schema `sqlite`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC

from outgrow.postgres import functions
from outgrow.postgres.catalog import missing, schema_facts
from outgrow.report.figures import counted
from outgrow.runtime.health import queries
from outgrow.runtime.health.broken import Broken
from outgrow.runtime.health.check import Verdict, failure, ok, skipped, warning
from outgrow.runtime.health.remembered import Remembered
from outgrow.runtime.health.subject import Subject
from outgrow.schema.names import quote

_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Schema:
    present: bool
    usable: bool
    tables: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Relation:
    name: str
    kind: str
    columns: list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Access:
    present: bool
    usable: bool
    mendable: bool


def state(subject: Subject) -> Verdict:
    """Whether the schema holds a move that was finished."""
    name, memory = subject.schema, subject.remembered
    schema = queries.row(subject.plain, "schema", _Schema, {"schema": name})
    if not schema.present:
        return failure(
            f"there is no schema {name}{_elsewhere(memory, name)}",
            advice=["Name the schema with --schema, or move the file first."],
        )
    if not schema.usable:
        return failure(
            f"user {subject.session.user_name} may not use schema {name}",
            advice=[f"GRANT USAGE ON SCHEMA {quote(name)} TO {quote(subject.session.user_name)};"],
        )
    if memory.unread:
        return failure(memory.unread, advice=[])
    if memory.problem:
        return skipped(
            memory.problem,
            advice=[
                "Run outgrow doctor as the user who moved, or:",
                f"GRANT SELECT ON outgrow.move TO {quote(subject.reader)};",
            ],
        )
    if memory.move is None and memory.relations is not None:
        tables = counted(len(memory.relations), "table or view", "tables and views")
        return ok(f"no move; outgrow defined {tables} in schema {name}")
    if memory.move is None:
        tables = counted(schema.tables, "table")
        return skipped(f"schema {name} has {tables} and no move by outgrow{_elsewhere(memory, name)}")
    move = memory.move
    if move.state != "done" or move.ended is None:
        return failure(
            f"the move of {move.source} by outgrow {move.version} has not ended",
            advice=["Run the same outgrow move again: it goes on from where it stopped."],
        )
    ended = move.ended.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return ok(f"{move.source} was moved here by outgrow {move.version}, done {ended}")


def _elsewhere(memory: Remembered, schema: str) -> str:
    others = [move.target_schema for move in memory.moves if move.target_schema != schema]
    return f"; there are moves into {', '.join(others)}" if others else ""


def objects(subject: Subject) -> Verdict:
    """What outgrow made and is not there now, and what is there that outgrow does not know."""
    memory = subject.remembered
    if not memory.names:
        return skipped("outgrow remembers no table of this schema")
    if memory.move is not None and memory.move.state != "done":
        return skipped("the move has not ended")
    there = queries.rows(subject.main, "relations", _Relation, {"schema": subject.schema})
    lost = (*_lost_relations(memory, there), *_lost_columns(memory, there))
    changed = () if memory.redefined else tuple(_changed(subject))
    unknown = [relation.name for relation in there if relation.name not in memory.names]
    also = f"; outgrow does not know {_listed(unknown)}" if unknown else ""
    if lost:
        return failure(
            f"{counted(len(lost), 'object is', 'objects are')} gone that outgrow made{also}",
            *lost,
            *changed,
            advice=[
                "Restore them from a backup, or move the file again with --replace. What is dropped through "
                "outgrow.connect is not missed."
            ],
        )
    if changed:
        return warning(
            "all tables and columns are there, and "
            f"{counted(len(changed), 'other thing is', 'other things are')} gone or changed{also}",
            *changed,
            advice=[
                "Make them again as outgrow plan --sql prints them, or accept this with --allow move.objects."
            ],
        )
    return ok(f"{counted(len(memory.names), 'table or view', 'tables and views')}, none missing{also}")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _lost_relations(memory: Remembered, there: Sequence[_Relation]) -> Iterator[str]:
    kinds = {relation.name: relation.kind for relation in memory.relations or ()}
    for name in sorted(memory.names - {relation.name for relation in there}):
        yield f"{kinds.get(name, 'table')} {name}"


def _lost_columns(memory: Remembered, there: Sequence[_Relation]) -> Iterator[str]:
    columns = {relation.name: set(relation.columns or ()) for relation in there}
    known: dict[str, Sequence[str]] = {t.name: [c.name for c in t.columns] for t in memory.tables}
    if memory.relations is not None:
        known = {relation.name: [c.name for c in relation.columns] for relation in memory.relations}
    for table in sorted(known.keys() & columns.keys()):
        yield from (f"column {table}.{name}" for name in known[table] if name not in columns[table])


def _changed(subject: Subject) -> Iterator[str]:
    """Smaller things than tables and columns; what is there and does not work has checks of its own."""
    memory = subject.remembered
    there = schema_facts(subject.main, subject.schema, memory.tables)
    idle = queries.rows(subject.main, "broken", Broken, {"schema": subject.schema})
    there = replace(there, objects=there.objects | {(b.kind, b.on_table, b.name) for b in idle})
    gone = ("table: ", "column: ", "view: ")
    for entry in missing(there, memory.tables, memory.outcomes):
        if not entry.text.startswith(gone):
            yield entry.text


def sqlite_functions(subject: Subject) -> Verdict:
    """The schema `sqlite` against the functions of this outgrow."""
    there = functions.installed(subject.main)
    access = queries.row(subject.plain, "functions", _Access)
    user = subject.session.user_name
    if there is None and access.present:
        return warning(
            "the schema sqlite is not outgrow's, so what calls SQLite's functions does not work",
            advice=["ALTER SCHEMA sqlite RENAME TO something_else;"],
        )
    if there is None and not access.mendable:
        return warning(
            f"not installed, and user {user} may not install them, so outgrow.connect refuses",
            advice=[_INSTALL],
        )
    if there is None:
        return ok("not installed; outgrow.connect installs them")
    if not access.usable:
        return failure(
            f"user {user} may not use the schema sqlite, where SQLite's functions are",
            advice=[f"GRANT USAGE ON SCHEMA sqlite TO {quote(user)};"],
        )
    if there == functions.version():
        return ok(f"version {there}, as this outgrow has it")
    found = f"version {there}, and this outgrow has {functions.version()}"
    if access.mendable:
        return ok(f"{found}; outgrow.connect brings them up to date")
    return warning(f"{found}; user {user} may not bring them up to date", advice=[_INSTALL])


_INSTALL = (
    "Connect once as their owner, or where there are none as the owner of the database: "
    "python -c \"import outgrow; outgrow.connect('postgresql://...')\""
)
