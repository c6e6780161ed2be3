"""CREATE TRIGGER: a PL/pgSQL function and the trigger that calls it.

Stands after `query` and `store`, before `plan`, which creates triggers last, when the rows are in
place. What SQLite does and this keeps: a trigger does not fire while it is itself running
(recursive_triggers is off), however it is reached; RAISE(ABORT) undoes the statement; NEW cannot be
changed. One difference is left: when one statement changes many rows, PostgreSQL runs its AFTER
triggers after the last row, SQLite after each.
Rules: https://www.sqlite.org/lang_createtrigger.html
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from outgrow.schema.model import Trigger
from outgrow.schema.names import fold, literal, qualified, quote, shorten
from outgrow.schema.target import Relation, TargetModel
from outgrow.translate import tree
from outgrow.translate.body import statements
from outgrow.translate.expressions import condition
from outgrow.translate.query import query
from outgrow.translate.scope import Scope, Source, relation_source
from outgrow.translate.statements import read_trigger
from outgrow.translate.value import refuse, speaking_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedTrigger:
    """CREATE FUNCTION, then CREATE TRIGGER."""

    statements: tuple[str, ...]


def trigger(source: Trigger, *, model: TargetModel, bytewise: bool) -> TranslatedTrigger:
    """The trigger on the target. `model` holds every relation it speaks of; raises TranslationError."""
    with speaking_of(source.sql):
        return _trigger(read_trigger(source.sql), model, bytewise=bytewise)


def _trigger(node: tree.CreateTrigger, model: TargetModel, *, bytewise: bool) -> TranslatedTrigger:
    try:
        relation = model.relation(node.table)
    except KeyError:
        raise refuse(f"the table {node.table}") from None
    if node.timing == "INSTEAD OF" and node.columns:
        raise refuse("INSTEAD OF UPDATE OF columns")
    scope = Scope(model=model, sources=_records(node, relation), bytewise=bytewise, subquery=query)
    name = shorten(fold(node.name))
    function = qualified(relation.schema, shorten(fold(node.name), "_trigger"))
    body = _function_body(node, relation, scope)
    return TranslatedTrigger(
        statements=(
            f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {_dollar_quoted(body)}",
            f"CREATE TRIGGER {quote(name)} {node.timing} {_event(node, relation)} ON "
            f"{qualified(relation.schema, relation.name)} FOR EACH ROW EXECUTE FUNCTION {function}()",
        )
    )


def _records(node: tree.CreateTrigger, relation: Relation) -> tuple[Source, ...]:
    """NEW and OLD as sources; before an INSERT the rowid is not known on SQLite, so NEW's is out of sight."""
    wanted = {"INSERT": ("new",), "DELETE": ("old",), "UPDATE": ("new", "old")}[node.event]
    found = tuple(_record(relation, name, node.timing) for name in wanted)
    if node.timing != "BEFORE" or node.event != "INSERT" or relation.rowid_alias is None:
        return found
    hidden = fold(relation.rowid_alias)
    return tuple(
        replace(
            source,
            columns={name: value for name, value in source.columns.items() if name != hidden},
            rowid=None,
        )
        for source in found
    )


def _record(relation: Relation, name: str, timing: tree.Timing) -> Source:
    """NEW or OLD. A changed primary key tells the row only as it now stands in the table."""
    source = relation_source(relation, name.upper(), name)
    current = (name, timing) in {("new", "AFTER"), ("old", "BEFORE")}
    return source if current else replace(source, key=())


def _event(node: tree.CreateTrigger, relation: Relation) -> str:
    if not node.columns:
        return node.event
    try:
        names = [quote(relation.column(column).name) for column in node.columns]
    except KeyError as error:
        raise refuse(f"the column {error.args[0]}") from None
    return f"UPDATE OF {', '.join(names)}"


def _function_body(node: tree.CreateTrigger, relation: Relation, scope: Scope) -> str:
    leave = "RETURN OLD;" if node.event == "DELETE" else "RETURN NEW;"
    writes = any(isinstance(part, tree.Insert | tree.Update | tree.Delete) for part in node.body)
    setting = literal(_setting(node, relation))
    release = [f"PERFORM set_config({setting}, '', true);"] if writes else []
    # A row given up by a BEFORE trigger is simply not written; after it, SQLite has more to give up.
    lines = statements(node, scope, [*release, "RETURN NULL;"] if node.timing == "BEFORE" else None)
    if node.when is not None:
        test = condition(node.when, scope).sql
        lines = [f"IF {test} THEN", *(f"  {line}" for line in lines), "END IF;"]
    if writes:
        lines = [
            f"IF current_setting({setting}, true) = 'on' THEN",
            f"  {leave}",
            "END IF;",
            f"PERFORM set_config({setting}, 'on', true);",
            *lines,
            *release,
        ]
    inner = "".join(f"  {line}\n" for line in [*lines, leave])
    return f"\n#variable_conflict use_column\nBEGIN\n{inner}END\n"


def _setting(node: tree.CreateTrigger, relation: Relation) -> str:
    """The session setting that is on while this trigger runs; an error undoes it with its transaction."""
    digest = hashlib.sha256(f"{relation.schema}\0{node.name}".encode()).hexdigest()[:16]
    return f"outgrow.running_{digest}"


def _dollar_quoted(body: str) -> str:
    """The body between dollar quotes that no text in it can close."""
    mark = "outgrow"
    while f"${mark}" in body:
        mark += "_"
    return f"${mark}${body}${mark}$"
