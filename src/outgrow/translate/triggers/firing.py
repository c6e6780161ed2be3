"""When triggers fire: SQLite's order among them, and what a statement that writes must know of them.

SQLite fires the triggers of one table, timing and event newest first, PostgreSQL by name. Used by
`plan.triggers`, which names them, and by `change`, `trigger` and `body`; `differs` goes on from here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from outgrow.schema.names import fold, shorten
from outgrow.schema.target import Relation, TargetModel
from outgrow.translate import tree
from outgrow.translate.scope import ROWID_NAMES

_OF_FOREIGN_KEYS = "RI_ConstraintTrigger"
"""What the names of PostgreSQL's own triggers begin with; SQLite does what a foreign key asks for first."""

Writing = tree.Insert | tree.Update | tree.Delete


def replacing(relation: Relation) -> str:
    """The setting that says, by its statement's time, that REPLACE takes rows of the table away."""
    return f"outgrow.replacing_{_digest(relation.schema, relation.name)}"


def running(relation: Relation, trigger_name: str) -> str:
    """The setting that is on while the trigger runs."""
    return f"outgrow.running_{_digest(relation.schema, trigger_name)}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A trigger among those of its table, timing and event: its name there, and whether it fires last."""

    name: str
    last: bool


def places(triggers: Sequence[tree.CreateTrigger]) -> dict[str, Place]:
    """Where each trigger fires, by folded name; `triggers` are in order of creation.

    A name changes only where PostgreSQL's order by name would not be SQLite's.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    for node in triggers:
        groups.setdefault((fold(node.table), node.timing, node.event), []).insert(0, fold(node.name))
    taken = {shorten(fold(node.name)) for node in triggers}
    found: dict[str, Place] = {}
    for (_, timing, _), names in groups.items():
        wanted = [shorten(name) for name in names]
        first = [_OF_FOREIGN_KEYS] if timing == "AFTER" else []
        if [*first, *wanted] != sorted([*first, *wanted], key=str.encode):
            wanted = _numbered(names, taken)
        for name, own in zip(names, wanted, strict=True):
            found[name] = Place(name=own, last=name == names[-1])
    return found


def _numbered(names: Sequence[str], taken: set[str]) -> list[str]:
    """The names behind numbers that sort as they stand; none is one of those taken."""
    width, mark = len(str(len(names))), "t"
    while True:
        numbered = [shorten(f"{mark}{number:0{width}}_{name}") for number, name in enumerate(names, 1)]
        if not taken & set(numbered):
            return numbered
        mark += "t"


def conflicts(node: tree.CreateTrigger, model: TargetModel) -> Iterator[str]:
    """The conflict clauses of the body's statements that can meet a taken key."""
    for part in node.body:
        if isinstance(part, tree.Insert | tree.Update):
            keyed = _can_conflict(part, model)
            if keyed is not None:
                yield (part.conflict or "ABORT") if keyed else "IGNORE"


def table_of(node: object) -> str:
    """The table that a node of a body reads or writes, folded; "" for any other node."""
    if isinstance(node, Writing):
        return fold(node.table)
    return fold(node.name) if isinstance(node, tree.TableRef) else ""


def _can_conflict(node: tree.Insert | tree.Update, model: TargetModel) -> bool | None:
    """Whether the statement gives a value to a column of a unique key, None for no.

    False is for the rowid of a table that has no such key on the target: there it meets no other.
    """
    if isinstance(node, tree.Insert) and node.upserts:
        return None
    try:
        relation = model.relation(node.table)
    except KeyError:
        return None
    if relation.full_text is not None and relation.full_text.content is not None:
        return None  # an index of another table's text takes every rowid
    if relation.unique_keys is None:
        return True
    if isinstance(node, tree.Insert):
        given = node.columns or tuple(column.source for column in relation.columns)
    else:
        given = tuple(name for names, _ in node.assignments for name in names)
    names = {fold(name) for name in given}
    if any(names & {fold(column) for column in key.columns} for key in relation.unique_keys):
        return True
    if not names & ROWID_NAMES:
        return None
    return relation.rowid_alias is not None
