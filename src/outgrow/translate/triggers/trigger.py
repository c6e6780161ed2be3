"""CREATE TRIGGER: a PL/pgSQL function and the trigger that calls it.

Stands after `query` and `store`, before `plan`, which creates triggers last, when the rows are in
place. What SQLite does and this keeps: a trigger does not fire while it is itself running
(recursive_triggers is off), however it is reached; RAISE(ABORT) undoes the statement; NEW cannot be
changed; the rows that REPLACE takes away fire nothing. Where PostgreSQL's moment differs, `differs` tells.
Rules: https://www.sqlite.org/lang_createtrigger.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from outgrow.schema.model import Trigger
from outgrow.schema.names import fold, literal, qualified, quote, shorten
from outgrow.schema.target import Relation, TargetModel
from outgrow.translate import tree
from outgrow.translate.expressions import condition
from outgrow.translate.queries.query import query
from outgrow.translate.scope import ROWID_NAMES, Scope, Source, relation_source
from outgrow.translate.statements import read_trigger
from outgrow.translate.triggers.body import FORGET, MEMORY, remember, statements
from outgrow.translate.triggers.firing import Place, replacing, running
from outgrow.translate.value import refuse, speaking_of
from outgrow.translate.walk import walk


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedTrigger:
    """CREATE FUNCTION, then CREATE TRIGGER; `name` is the trigger's name on the target."""

    name: str
    statements: tuple[str, ...]


def trigger(
    source: Trigger,
    *,
    model: TargetModel,
    bytewise: bool,
    place: Place | None = None,
    remembers: frozenset[str] = frozenset(),
) -> TranslatedTrigger:
    """The trigger on the target. `model` holds every relation it speaks of; raises TranslationError.

    `place` is where it fires among its like, without it alone; `remembers` is what `remembered_by` says
    of all triggers that this one may fire.
    """
    with speaking_of(source.sql):
        node = read_trigger(source.sql)
        remembers |= remembered_by(node)
        place = place or Place(name=shorten(fold(node.name)), last=True)
        return _trigger(node, model, place, remembers, bytewise=bytewise)


def remembered_by(node: tree.CreateTrigger) -> frozenset[str]:
    """Those of last_insert_rowid and changes that the trigger asks for."""
    asked = {part.name for part in walk((node.when, node.body)) if isinstance(part, tree.Call)}
    return frozenset(asked & {"last_insert_rowid", "changes"})


def _trigger(
    node: tree.CreateTrigger, model: TargetModel, place: Place, remembers: frozenset[str], *, bytewise: bool
) -> TranslatedTrigger:
    try:
        relation = model.relation(node.table)
    except KeyError:
        raise refuse(f"the table {node.table}") from None
    if node.timing == "INSTEAD OF" and node.columns:
        raise refuse("INSTEAD OF UPDATE OF columns")
    _refuse_unknown(node)
    scope = Scope(model=model, sources=_records(node, relation), bytewise=bytewise, subquery=query)
    function = qualified(relation.schema, shorten(fold(node.name), "_trigger"))
    body = _function_body(node, relation, scope, place, remembers)
    fired_by = _event(node, relation)
    event, never = (fired_by, "") if fired_by is not None else (node.event, " WHEN (false)")
    return TranslatedTrigger(
        name=place.name,
        statements=(
            f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {_dollar_quoted(body)}",
            f"CREATE TRIGGER {quote(place.name)} {node.timing} {event} ON "
            f"{qualified(relation.schema, relation.name)} FOR EACH ROW{never} EXECUTE FUNCTION {function}()",
        ),
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
    source = replace(relation_source(relation, name.upper(), name), qualified=True)
    current = (name, timing) in {("new", "AFTER"), ("old", "BEFORE")}
    return source if current else replace(source, key=())


def _event(node: tree.CreateTrigger, relation: Relation) -> str | None:
    """What fires the trigger; None for UPDATE OF columns that the table does not have, which nothing does."""
    if not node.columns:
        return node.event
    names = [name for column in node.columns if (name := _column_name(relation, column)) is not None]
    return f"UPDATE OF {', '.join(map(quote, names))}" if names else None


def _column_name(relation: Relation, column: str) -> str | None:
    """The target's name of a column after UPDATE OF; None for one that the table does not have."""
    try:
        return relation.column(column).name
    except KeyError:
        if fold(column) in ROWID_NAMES:
            raise refuse(f"UPDATE OF {column}") from None
        return None


def _refuse_unknown(node: tree.CreateTrigger) -> None:
    """What only SQLite's own connection counts."""
    if any(isinstance(part, tree.Call) and part.name == "total_changes" for part in walk(node)):
        raise refuse("total_changes() in a trigger")
    if (node.timing, node.event) != ("BEFORE", "INSERT"):
        return
    first = next((n for n, part in enumerate(node.body) if isinstance(part, tree.Insert)), len(node.body) - 1)
    asked = walk((node.when, node.body[: first + 1]))
    if any(isinstance(part, tree.Call) and part.name == "last_insert_rowid" for part in asked):
        raise refuse("last_insert_rowid() before an INSERT")


def _function_body(
    node: tree.CreateTrigger,
    relation: Relation,
    scope: Scope,
    place: Place,
    remembers: frozenset[str],
) -> str:
    leave = "RETURN OLD;" if node.event == "DELETE" else "RETURN NEW;"
    writes = any(isinstance(part, tree.Insert | tree.Update | tree.Delete) for part in node.body)
    setting = literal(running(relation, node.name))
    remembering = bool(remembers) and (writes or bool(remembered_by(node)))
    release = [f"PERFORM set_config({setting}, '', true);"] if writes else []
    release += FORGET if remembering else []
    # A row given up before it is written is not written; after that, the triggers that would follow are.
    ignore = [*release, "RETURN NULL;"] if node.timing != "AFTER" or place.last else None
    lines = statements(node, scope, ignore, remembering=remembering)
    if node.when is not None:
        test = condition(node.when, scope).sql
        lines = [f"IF {test} THEN", *(f"  {line}" for line in lines), "END IF;"]
    if remembering:
        lines = [*remember(node, relation), *lines]
    lines += release
    if writes:
        lines = [
            f"IF current_setting({setting}, true) = 'on' THEN",
            f"  {leave}",
            "END IF;",
            f"PERFORM set_config({setting}, 'on', true);",
            *lines,
        ]
    lines = [*_of_replace(node, relation), *lines]
    inner = "".join(f"  {line}\n" for line in [*lines, leave])
    declared = f"DECLARE\n  {MEMORY}\n" if remembering else ""
    return f"\n#variable_conflict use_column\n{declared}BEGIN\n{inner}END\n"


def _of_replace(node: tree.CreateTrigger, relation: Relation) -> list[str]:
    """A row that REPLACE takes away fires nothing; once the new one is in, others do again."""
    setting = literal(replacing(relation))
    if node.event == "DELETE" and relation.kind == "table":
        return [
            f"IF current_setting({setting}, true) = statement_timestamp()::text THEN",
            "  RETURN OLD;",
            "END IF;",
        ]
    deletes = any(other.event == "DELETE" for other in relation.triggers)
    if deletes and (node.timing, node.event) == ("AFTER", "INSERT"):
        return [f"PERFORM set_config({setting}, '', true);"]
    return []


def _dollar_quoted(body: str) -> str:
    """The body between dollar quotes that no text in it can close."""
    mark = "outgrow"
    while f"${mark}" in body:
        mark += "_"
    return f"${mark}${body}${mark}$"
