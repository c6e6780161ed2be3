"""Post-data, last of all: triggers, named so that they fire in SQLite's order.

Called by `plan.views` once every view has its place; what has no equal stays behind with its text, and
what differs is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from outgrow.errors import TranslationError
from outgrow.findings import Finding
from outgrow.plan.keys import BY_PLAN, KeyInput, Made
from outgrow.plan.model import Outcome, Statement
from outgrow.schema.model import Trigger
from outgrow.schema.names import fold, qualified, shorten
from outgrow.schema.target import TargetModel
from outgrow.translate import tree, trigger
from outgrow.translate.statements import read_trigger
from outgrow.translate.triggers.differs import Firing
from outgrow.translate.triggers.firing import Place, places
from outgrow.translate.triggers.trigger import remembered_by


@dataclass(frozen=True, slots=True, kw_only=True)
class _Together:
    """What is known of all triggers of the database."""

    places: Mapping[str, Place]
    firing: Firing
    remembers: frozenset[str]


def plan_triggers(
    given: KeyInput, model: TargetModel, views: Mapping[str, frozenset[str]]
) -> tuple[list[Made], TargetModel]:
    """All triggers, and the model with what its tables fire; `views` says what each view reads, folded."""
    made: list[Made] = []
    nodes = list(_read(given))
    firing = Firing(
        triggers=nodes, model=model, views=views, actions=_actions(given), parents=_parents(given)
    )
    model = _with_triggers(model, firing)
    together = _Together(
        places=places(nodes),
        firing=firing,
        remembers=frozenset(name for node in nodes for name in remembered_by(node)),
    )
    for entry in given.database.triggers:
        made += _trigger(entry, model, given, together)
    moved = {fold(o.name) for part in made if isinstance(part, Statement) for o in part.outcomes}
    there = replace(firing, triggers=[node for node in nodes if fold(node.name) in moved])
    return made, _with_triggers(model, there)


def _read(given: KeyInput) -> Iterator[tree.CreateTrigger]:
    """The triggers that can be read and are wanted, in order of creation."""
    for entry in given.database.triggers:
        if given.overrides.leaves("trigger", entry.name) or given.overrides.table(entry.table).leave:
            continue
        try:
            yield read_trigger(entry.sql)
        except (TranslationError, RecursionError):
            continue


def _actions(given: KeyInput) -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    """What foreign keys write to children when a parent's row goes or changes."""
    found: dict[tuple[str, str], frozenset[tuple[str, str]]] = {}
    for table in given.database.tables:
        for key in table.foreign_keys:
            for event, action in (("DELETE", key.on_delete), ("UPDATE", key.on_update)):
                if action not in {"NO ACTION", "RESTRICT"}:
                    there = "DELETE" if (event, action) == ("DELETE", "CASCADE") else "UPDATE"
                    at = (fold(key.parent_table), event)
                    found[at] = found.get(at, frozenset()) | {(fold(table.name), there)}
    return found


def _parents(given: KeyInput) -> dict[str, frozenset[str]]:
    return {
        fold(table.name): frozenset(fold(key.parent_table) for key in table.foreign_keys)
        for table in given.database.tables
    }


def _with_triggers(model: TargetModel, firing: Firing) -> TargetModel:
    relations = tuple(
        replace(
            relation,
            triggers=tuple(
                firing.fires(node) for node in firing.triggers if fold(node.table) == fold(relation.source)
            ),
        )
        for relation in model.relations
    )
    return replace(model, relations=relations)


def _trigger(entry: Trigger, model: TargetModel, given: KeyInput, together: _Together) -> Iterator[Made]:
    left = Outcome(
        kind="triggers",
        name=entry.name,
        fate="left",
        text=entry.sql,
        table=entry.table,
        source_name=entry.name,
    )
    if given.overrides.leaves("trigger", entry.name):
        yield replace(left, reason=BY_PLAN)
        return
    if given.overrides.table(entry.table).leave:
        yield replace(left, reason=f"{entry.table} stays behind")
        return
    place = together.places.get(fold(entry.name))
    try:
        made = trigger(
            entry, model=model, bytewise=given.options.bytewise, place=place, remembers=together.remembers
        )
    except TranslationError as error:
        yield replace(left, reason=str(error), rule="trigger.left")
        yield Finding(rule="trigger.left", object=entry.name, detail=str(error))
        return
    function = qualified(given.options.schema, shorten(fold(entry.name), "_trigger"))
    yield Statement(
        sql=";\n".join(made.statements),
        why=f"trigger {entry.name}",
        phase="post-data",
        after_all=True,
        outcomes=(replace(left, fate="moved", rule="trigger.left", target=made.name),),
        reverse=f"DROP FUNCTION {function}() CASCADE",
    )
    for detail in together.firing.differs(read_trigger(entry.sql)):
        yield Finding(rule="trigger.differs", object=entry.name, detail=detail)
