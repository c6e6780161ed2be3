"""What triggers do together: whom they fire, and where PostgreSQL's moment can be told from SQLite's.

SQLite runs AFTER triggers, and what foreign keys ask for, after each row, PostgreSQL after the last row of
the statement. Read from the statements of all triggers together; used by `plan.triggers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from outgrow.schema.names import fold
from outgrow.schema.target import Fires, TargetModel
from outgrow.translate import tree
from outgrow.translate.scope import ROWID_NAMES
from outgrow.translate.triggers.firing import Writing, conflicts, table_of
from outgrow.translate.walk import walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """All triggers of a database, what each view reads, and which tables a foreign key writes to.

    `views` goes by folded name; `actions` gives, for the folded name of a parent and an event, the children
    with the event that a foreign key makes of it there; `parents` are those of each child.
    """

    triggers: Sequence[tree.CreateTrigger]
    model: TargetModel
    views: Mapping[str, frozenset[str]] = field(default_factory=dict)
    actions: Mapping[tuple[str, str], frozenset[tuple[str, str]]] = field(default_factory=dict)
    parents: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def fires(self, node: tree.CreateTrigger) -> Fires:
        """What writers of its table must know of the trigger and of those that it fires."""
        programs = (node, *self._reached(node))
        own = fold(node.table) in set().union(*(self._touched(each) for each in programs))
        ignores = any(isinstance(part, tree.Raise) and part.action == "IGNORE" for part in walk(node.body))
        return Fires(
            timing=node.timing,
            event=node.event,
            looks=(node.timing, node.event) == ("BEFORE", "INSERT") and (own or ignores),
            conflicts=frozenset(word for each in programs for word in conflicts(each, self.model)),
        )

    def differs(self, node: tree.CreateTrigger) -> Iterator[str]:
        """What the trigger does otherwise on PostgreSQL, one line each."""
        raised = {part.action for part in walk(node.body) if isinstance(part, tree.Raise)}
        if "FAIL" in raised:
            yield "RAISE(FAIL) undoes what the statement did before it, as RAISE(ABORT) does"
        if node.timing == "BEFORE":
            yield from self._before(node, ignores="IGNORE" in raised)
        elif node.timing == "AFTER":
            yield from self._after(node)

    def _before(self, node: tree.CreateTrigger, *, ignores: bool) -> Iterator[str]:
        if ignores and any((fold(node.table), node.event) in made for made in self.actions.values()):
            yield (
                f"RAISE(IGNORE) keeps a row of {node.table} as it is when its parent goes or changes, "
                "on SQLite the statement fails for the foreign key"
            )
        if child := self._early_child(node):
            yield (
                f"when one statement changes many rows of {node.table}, foreign keys write to {child} "
                "after the last of them, on SQLite after each, and it speaks of that"
            )
        if node.event != "INSERT" and self._meddles(node):
            yield (
                f"it changes rows of {node.table} itself, which PostgreSQL refuses for a row that the same "
                "statement has yet to change"
            )

    def _after(self, node: tree.CreateTrigger) -> Iterator[str]:
        if node.event != "DELETE" and (parent := self._late_parent(node)):
            yield f"it writes to {parent}, a parent of {node.table}, after PostgreSQL has asked for it"
        if seen := self._seen_at_the_end(node):
            yield (
                f"when one statement changes many rows of {node.table}, it runs after the last of them, "
                f"on SQLite after each: {seen}"
            )
        if (late := self._too_late(node)) is not None:
            other, table = late
            yield (
                f"it runs before {other.name}, which a foreign key fires for rows of {other.table}, "
                f"on SQLite after it; both speak of {table}"
            )

    def _seen_at_the_end(self, node: tree.CreateTrigger) -> str:
        """How the trigger can tell that all rows are changed already; "" when it cannot."""
        table = fold(node.table)
        if any(table in self._unpinned(part, node) for part in (node.when, *node.body)):
            return f"it speaks of other rows of {node.table}"
        for other in self._reached(node):
            parts = (other.when, *other.body)
            if fold(other.table) == table:
                touched = set().union(*(self._unpinned(part, other) for part in parts))
            else:
                touched = self._touched(other)
            if table in touched:
                return f"{other.name}, which it fires, speaks of {node.table}"
        own_written, own_touched = self._all_written(node), self._all_touched(node)
        for other in self.triggers:
            if (other.timing, other.event, fold(other.table)) != ("BEFORE", node.event, table):
                continue
            common = (own_written & self._all_touched(other)) | (own_touched & self._all_written(other))
            if common - {table}:
                return f"{other.name} has then run for all rows, and both speak of {min(common - {table})}"
        return ""

    def _too_late(self, node: tree.CreateTrigger) -> tuple[tree.CreateTrigger, str] | None:
        """An AFTER trigger that a foreign key of the table fires, and a table that both speak of."""
        fired = self.actions.get((fold(node.table), node.event), frozenset())
        own_written, own_touched = self._all_written(node), self._all_touched(node)
        for other in self.triggers:
            if other.timing == "AFTER" and (fold(other.table), other.event) in fired:
                common = own_written & self._all_touched(other) | own_touched & self._all_written(other)
                if common and (other is not node or _numbers(node, common)):
                    return other, min(common)
        return None

    def _early_child(self, node: tree.CreateTrigger) -> str:
        """A table that the trigger speaks of and foreign keys of its own table write to; "" for none."""
        made = self.actions.get((fold(node.table), node.event), frozenset())
        written = {child for child, _ in made}
        for other in self.triggers:
            if (fold(other.table), other.event) in made:
                written |= self._all_written(other)
        return min(written & self._all_touched(node), default="")

    def _late_parent(self, node: tree.CreateTrigger) -> str:
        """A parent whose rows or keys the trigger or those it fires change; "" for none."""
        parents = self.parents.get(fold(node.table), frozenset())
        parts = (part for each in (node, *self._reached(node)) for part in each.body)
        written = {
            fold(part.table)
            for part in parts
            if isinstance(part, Writing) and not (isinstance(part, tree.Update) and not self._sets_key(part))
        }
        return min(parents & written, default="")

    def _sets_key(self, node: tree.Update) -> bool:
        """Whether the UPDATE sets a column that a foreign key can point to."""
        try:
            relation = self.model.relation(node.table)
        except KeyError:
            return True
        names = {fold(name) for columns, _ in node.assignments for name in columns}
        if relation.unique_keys is None or names & {*ROWID_NAMES, fold(relation.rowid_alias or "rowid")}:
            return True
        return any(names & {fold(column) for column in key.columns} for key in relation.unique_keys)

    def _meddles(self, node: tree.CreateTrigger) -> bool:
        programs = (node, *self._reached(node))
        changes = (
            part for each in programs for part in each.body if isinstance(part, tree.Update | tree.Delete)
        )
        return any(fold(part.table) == fold(node.table) for part in changes)

    def _reached(self, node: tree.CreateTrigger) -> list[tree.CreateTrigger]:
        """The triggers that the body's writes fire, and those that theirs do, without the trigger itself."""
        found: list[tree.CreateTrigger] = []
        waiting = [node]
        while waiting:
            written = set(_events(waiting.pop()))
            for other in self.triggers:
                if (fold(other.table), other.event) in written and other is not node and other not in found:
                    found.append(other)
                    waiting.append(other)
        return found

    def _all_touched(self, node: tree.CreateTrigger) -> set[str]:
        return set().union(*(self._touched(each) for each in (node, *self._reached(node))))

    def _all_written(self, node: tree.CreateTrigger) -> set[str]:
        return {table for each in (node, *self._reached(node)) for table, _ in _events(each)}

    def _touched(self, node: tree.CreateTrigger) -> set[str]:
        return self._through_views(table_of(part) for part in walk((node.when, node.body)))

    def _unpinned(self, node: object, trigger: tree.CreateTrigger) -> set[str]:
        """The tables that a statement or expression reads or writes beyond the row that fired the trigger."""
        pinned = set().union(*(self._pinned(part, trigger) for part in walk(node)))
        return self._through_views(
            table_of(part) for part in walk(node) if table_of(part) and id(part) not in pinned
        )

    def _pinned(self, part: object, trigger: tree.CreateTrigger) -> set[int]:
        """The nodes of one statement or SELECT that its WHERE ties to the fired row by its key."""
        table = fold(trigger.table)
        if isinstance(part, tree.Update | tree.Delete) and fold(part.table) == table:
            return {id(part)} if self._tied(part.where, trigger, part.alias or part.table) else set()
        if not isinstance(part, tree.Select):
            return set()
        own = [
            j.source
            for j in part.sources
            if isinstance(j.source, tree.TableRef) and table_of(j.source) == table
        ]
        if len(own) != 1 or not self._tied(part.where, trigger, own[0].alias or own[0].name):
            return set()
        return {id(own[0])}

    def _tied(self, where: tree.Expression | None, trigger: tree.CreateTrigger, name: str) -> bool:
        try:
            relation = self.model.relation(trigger.table)
        except KeyError:
            return False
        given = {_same_column(test, name) for test in _conjunction(where)}
        own = {fold(column.source) for column in relation.columns}
        if given & (ROWID_NAMES - own) or fold(relation.rowid_alias or "") in given - {""}:
            return True
        keys = [key.columns for key in relation.unique_keys or () if key.where is None]
        return any(columns and {fold(column) for column in columns} <= given for columns in keys)

    def _through_views(self, names: Iterable[str]) -> set[str]:
        found: set[str] = set()
        waiting = [name for name in names if name]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.views.get(name, ())
        return found


def _numbers(node: tree.CreateTrigger, tables: set[str]) -> bool:
    """Whether the trigger adds rows to one of the tables, so that it can be told how its runs followed."""
    return any(isinstance(part, tree.Insert) and fold(part.table) in tables for part in node.body)


def _events(node: tree.CreateTrigger) -> Iterator[tuple[str, str]]:
    """The tables that the body writes to, folded, each with the event that fires triggers there."""
    for part in node.body:
        if isinstance(part, tree.Insert):
            yield fold(part.table), "INSERT"
            if any(upsert.assignments for upsert in part.upserts):
                yield fold(part.table), "UPDATE"
        elif isinstance(part, tree.Update):
            yield fold(part.table), "UPDATE"
        elif isinstance(part, tree.Delete):
            yield fold(part.table), "DELETE"


def _conjunction(where: tree.Expression | None) -> Iterator[tree.Expression]:
    if isinstance(where, tree.Binary) and where.operator == "AND":
        yield from _conjunction(where.left)
        yield from _conjunction(where.right)
    elif where is not None:
        yield where


def _same_column(test: tree.Expression, name: str) -> str:
    """The column of `name`, folded, that the test equates with the same one of NEW or OLD; else ""."""
    if not isinstance(test, tree.Binary) or test.operator not in {"=", "IS"}:
        return ""
    if not isinstance(test.left, tree.Name) or not isinstance(test.right, tree.Name):
        return ""
    sides = {fold(side.table or name): fold(side.column) for side in (test.left, test.right)}
    column = sides.pop(fold(name), "")
    records = {"new": column, "old": column}
    return column if sides.items() <= records.items() and sides else ""
