"""From two plans of one schema to the statements that make the one out of the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from outgrow.errors import TranslationError
from outgrow.findings import Finding
from outgrow.move.define.parts import Part, index_name, late_ones, parts_of, plain, unnamed
from outgrow.move.define.planner import known_of
from outgrow.move.define.sides import Side
from outgrow.move.define.source import SqliteRefusesError
from outgrow.plan.fulltext import searchable
from outgrow.plan.model import Statement
from outgrow.plan.tables import create_table
from outgrow.schema.model import Database, Table
from outgrow.schema.names import fold, qualified, quote
from outgrow.schema.target import TEMPORARY, Relation
from outgrow.translate import depends_on


@dataclass(frozen=True, slots=True)
class Stages:
    """What there is to do, in the order in which it is done; later drops go before earlier makes."""

    triggers_gone: list[str] = field(default_factory=list)
    views_gone: list[str] = field(default_factory=list)
    indexes_gone: list[str] = field(default_factory=list)
    tables_gone: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    foreign_keys: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    triggers: list[str] = field(default_factory=list)

    @staticmethod
    def joined(main: Stages, temp: Stages) -> tuple[str, ...]:
        """Both sides: what temporary objects stand on goes after them and comes before them."""
        names = list(Stages.__dataclass_fields__)
        drops = names[: names.index("renamed")]
        pairs = [(temp, main) if name in drops else (main, temp) for name in names]
        return tuple(
            sql
            for name, pair in zip(names, pairs, strict=True)
            for side in pair
            for sql in getattr(side, name)
        )


class Difference:
    """What one side needs so that the target becomes what the new plan says."""

    def __init__(self, side: Side, *, renames: bool) -> None:
        self._side, self._renames = side, renames
        self.stages = Stages()
        self._made_views: set[str] = set()
        self._gone_views: set[str] = set()
        self._tables()
        self._parts()
        self._views()
        self._triggers()

    # Tables and columns.

    def _tables(self) -> None:
        side, stages = self._side, self.stages
        stay = {fold(origin.name) for origin in side.origins.values()}
        for table in side.before.tables:
            relation = side.given.get(fold(table.name))
            if fold(table.name) not in stay and relation is not None:
                name = qualified(relation.schema, relation.name)
                # SQLite lets foreign keys point nowhere; PostgreSQL drops them with their parent.
                cascade = " CASCADE" if _is_parent(table, side.before) else ""
                stages.tables_gone.append(f"DROP TABLE IF EXISTS {name}{cascade}")
        for planned in side.new.tables:
            if side.is_new(planned.source):
                relation = side.new.model.relation(planned.source)
                statement = searchable(create_table(planned, side.schema, ()), relation)
                stages.tables.append(_temporary(statement.sql) if side.schema == TEMPORARY else statement.sql)
                continue
            origin = side.origins[fold(planned.source)]
            self._alter(origin, side.given[fold(origin.name)])

    def _alter(self, origin: Table, relation: Relation) -> None:
        """Renames, drops and adds what the statement did of a table that is there."""
        side = self._side
        table = next(t for t in side.after.tables if side.origins.get(fold(t.name)) is origin)
        planned = side.new.table(table.name)
        name = qualified(side.schema, relation.name)
        if planned.name != relation.name:
            self.stages.renamed.append(f"ALTER TABLE {name} RENAME TO {quote(planned.name)}")
            name = qualified(side.schema, planned.name)
        known = known_of(origin, table, relation)
        kept = {fold(column.source) for column in known.columns.values()}
        for old in relation.columns:
            if fold(old.source) not in kept and not old.hidden:
                self.stages.altered.append(f"ALTER TABLE {name} DROP COLUMN IF EXISTS {quote(old.name)}")
        for column in planned.columns:
            there = known.columns.get(fold(column.source))
            if there is None:
                line = create_table(replace(planned, columns=(column,)), side.schema, ()).sql
                line = line.partition("(\n  ")[2].removesuffix("\n)")
                self.stages.altered.append(f"ALTER TABLE {name} ADD COLUMN {line}")
                continue
            if there.name != column.name:
                self.stages.renamed.append(
                    f"ALTER TABLE {name} RENAME COLUMN {quote(there.name)} TO {quote(column.name)}"
                )
            if column.not_null != side.old.table(origin.name).column(there.source).not_null:
                word = "SET" if column.not_null else "DROP"
                self.stages.altered.append(
                    f"ALTER TABLE {name} ALTER COLUMN {quote(column.name)} {word} NOT NULL"
                )

    # Keys, indexes, checks and foreign keys.

    def _parts(self) -> None:
        side = self._side
        now = {fold(origin.name): name for name, origin in side.origins.items()}
        old = dict(parts_of(side.old, side.before, now, renames=self._renames))
        new = dict(parts_of(side.new, side.after, {}, renames=self._renames))
        for part, statement in new.items():
            table, kind, _ = part
            if part in old:
                self._rename_index(old[part], statement)
                if kind == "functions" and statement.sql != old[part].sql:
                    self._drop_function(old[part])
                    self._stage_of(kind).extend(plain(statement))
            elif side.is_new(table):
                self._stage_of(kind).extend(plain(statement))
            elif kind == "foreign_keys":
                # Rows were let in while there was no parent; they may stay.
                known = len(side.origins[table].foreign_keys) == len(side.after.table(table).foreign_keys)
                self._stage_of(kind).extend(unnamed(statement, valid=not known))
            elif kind in {"indexes", "checks"} and not (kind == "checks" and self._renames):
                self._stage_of(kind).extend(unnamed(statement, valid=True))
        for part, statement in old.items():
            if part not in new and part[1] == "functions":
                self._drop_function(statement)
            elif part not in new and part[0] in side.origins:
                self._drop_part(part, statement)

    def _drop_function(self, statement: Statement) -> None:
        undo = (statement.reverse or "").removeprefix("DROP FUNCTION ")
        self.stages.triggers_gone.append(f"DROP FUNCTION IF EXISTS {undo}")

    def _drop_part(self, part: Part, statement: Statement) -> None:
        """An index or a constraint that is gone while its table stays."""
        table, kind, _ = part
        side, target = self._side, statement.outcomes[0].target if statement.outcomes else ""
        relation = side.given.get(fold(side.origins[table].name))
        if kind == "indexes":
            self.stages.indexes_gone.append(f"DROP INDEX IF EXISTS {qualified(side.schema, target)}")
        elif kind in {"checks", "foreign_keys"} and not self._renames and relation is not None:
            name = qualified(relation.schema, relation.name)
            self.stages.indexes_gone.append(f"ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {quote(target)}")

    def _stage_of(self, kind: str) -> list[str]:
        return self.stages.foreign_keys if kind == "foreign_keys" else self.stages.keys

    def _rename_index(self, old: Statement, new: Statement) -> None:
        before, after = index_name(old, self._side.schema), index_name(new, self._side.schema)
        if before and after and before != after:
            self.stages.renamed.append(
                f"ALTER INDEX IF EXISTS {quote(self._side.schema)}.{before} RENAME TO {after}"
            )

    # Views and triggers.

    def _views(self) -> None:
        side = self._side
        old = {fold(entry.outcomes[0].name): entry for entry in late_ones(side.old, "views")}
        new = {fold(entry.outcomes[0].name): entry for entry in late_ones(side.new, "views")}
        given = {name: relation for name, relation in side.given.items() if relation.kind == "view"}
        stay = {fold(entry.name) for entry in side.after.views}
        if self._renames:
            changed: set[str] = set()
            for name in given.keys() & new.keys():
                self.stages.renamed.extend(self._relabelled(given[name], side.new.model.relation(name)))
        else:
            changed = {name for name in given if name not in stay or _sql(old, name) != _sql(new, name)}
            changed = self._with_dependents(changed, given)
        order = [name for name in old if name in changed] + sorted(changed - old.keys())
        for name in reversed(order):
            self.stages.views_gone.append(f"DROP VIEW IF EXISTS {qualified(side.schema, given[name].name)}")
        self._gone_views = changed
        for name, statement in new.items():
            if name in changed or name not in given:
                self.stages.views.append(statement.sql)
                self._made_views.add(name)

    def _relabelled(self, old: Relation, new: Relation) -> Iterator[str]:
        """The view's own columns, whose names on SQLite follow the renamed one."""
        if len(old.columns) != len(new.columns):
            return
        names = self._view_names(old, new)
        for column, name in reversed(list(zip(old.columns, names, strict=True))):
            if column.name != name:
                yield (
                    f"ALTER VIEW {qualified(old.schema, old.name)} "
                    f"RENAME COLUMN {quote(column.name)} TO {quote(name)}"
                )

    @staticmethod
    def _view_names(old: Relation, new: Relation) -> list[str]:
        return [
            before.name if fold(before.source) == fold(after.source) else after.name
            for before, after in zip(old.columns, new.columns, strict=True)
        ]

    def _with_dependents(self, changed: set[str], given: Mapping[str, Relation]) -> set[str]:
        """The views with all that read them: PostgreSQL lets none of these stay."""
        needs = {
            fold(entry.name): {fold(name) for name in depends_on(entry.sql)}
            for entry in self._side.before.views
        }
        found = set(changed)
        while True:
            more = {name for name in given if name not in found and needs.get(name, set()) & found}
            if not more:
                return found
            found |= more

    def _triggers(self) -> None:
        side = self._side
        old = {fold(entry.outcomes[0].name): entry for entry in late_ones(side.old, "triggers")}
        new = {fold(entry.outcomes[0].name): entry for entry in late_ones(side.new, "triggers")}
        before = {fold(entry.name): entry.name for entry in side.before.triggers}
        after = {fold(entry.name) for entry in side.after.triggers}
        for name, spelled in before.items():
            if name not in after or (name in new and self._is_changed(name, old, new)):
                self.stages.triggers_gone.append(
                    f"DROP FUNCTION IF EXISTS {side.function(spelled)}() CASCADE"
                )
        for name, statement in new.items():
            if name not in before or self._is_changed(name, old, new):
                self.stages.triggers.append(statement.sql)

    def _is_changed(self, name: str, old: Mapping[str, Statement], new: Mapping[str, Statement]) -> bool:
        if fold(new[name].outcomes[0].table) in self._made_views:
            return True
        return _sql(old, name) != _sql(new, name)

    # What comes of it.

    def relations(self) -> tuple[Relation, ...]:
        """The relations of this side afterwards."""
        side = self._side
        found = []
        for relation in side.new.model.relations:
            name = fold(relation.source)
            if relation.kind == "table":
                origin = side.origins.get(name)
                same = origin is not None and origin == side.after.table(name)
                old = side.given.get(fold(origin.name)) if origin is not None else None
                found.append(_with_others(side.given[name], relation) if same else _ranking_as(old, relation))
            elif name in self._made_views or name not in side.given:
                found.append(relation)
            else:
                found.append(self._kept_view(side.given[name], relation))
        there = {fold(relation.source) for relation in found}
        stay = {fold(entry.name) for entry in side.after.views} - self._gone_views - there
        found += [r for name, r in side.given.items() if r.kind == "view" and name in stay]
        return tuple(found)

    def _kept_view(self, old: Relation, new: Relation) -> Relation:
        if not self._renames or len(old.columns) != len(new.columns):
            return old
        names = self._view_names(old, new)
        columns = tuple(
            replace(column, source=after.source, name=name)
            for column, after, name in zip(old.columns, new.columns, names, strict=True)
        )
        return replace(old, columns=columns)

    def findings(self, sql: str) -> list[str]:
        """What differs, one line each; TranslationError when it is the whole of what the statement makes."""
        side = self._side
        self._refuse_lost(sql)
        old = set() if self._renames else set(side.old.findings)
        fresh = [] if self._renames else [finding for finding in side.new.findings if finding not in old]
        return [_line(finding) for finding in fresh]

    def _refuse_lost(self, sql: str) -> None:
        """A new view, trigger or unique index that has no equal; one that waits for a table may wait."""
        side = self._side
        fresh = _views_and_triggers(side.after) - _views_and_triggers(side.before)
        broken = {fold(entry.name): entry.broken for entry in side.after.views if entry.broken}
        broken |= side.broken
        unique = _unique_indexes(side.after) - _unique_indexes(side.before)
        for name in sorted(fresh & broken.keys()):
            if broken[name].startswith("no such function"):
                raise SqliteRefusesError(broken[name], sql)
        for outcome in side.new.outcomes:
            if outcome.kind in {"views", "triggers"}:
                wanted = fold(outcome.name) in fresh - broken.keys()
            else:
                wanted = outcome.rule == "index.left" and outcome.name in unique
            if wanted:
                raise TranslationError(outcome.reason.removeprefix("no PostgreSQL equal for "), sql)


def _views_and_triggers(database: Database) -> set[str]:
    views = {fold(entry.name) for entry in database.views}
    return views | {fold(entry.name) for entry in database.triggers}


def _unique_indexes(database: Database) -> set[str]:
    """As `plan.keys` calls them."""
    return {
        f"{table.name}.{index.constraint_name or index.name}"
        for table in database.tables
        for index in table.indexes
        if index.unique
    }


def _sql(statements: Mapping[str, Statement], name: str) -> str | None:
    return statements[name].sql if name in statements else None


def _line(finding: Finding) -> str:
    return f"{finding.rule}: {finding.object}: {finding.detail}"


def _is_parent(table: Table, database: Database) -> bool:
    """Whether another table's foreign key points to it."""
    name = fold(table.name)
    return any(
        fold(key.parent_table) == name
        for other in database.tables
        if fold(other.name) != name
        for key in other.foreign_keys
    )


def _temporary(sql: str) -> str:
    return "CREATE TEMPORARY TABLE " + sql.removeprefix("CREATE TABLE ")


def _ranking_as(old: Relation | None, new: Relation) -> Relation:
    """A table that was renamed, if it is for full text, with what it ranks by: SQLite's texts do not say."""
    if old is None or old.full_text is None or new.full_text is None:
        return new
    return replace(new, full_text=replace(new.full_text, rank=old.full_text.rank))


def _with_others(old: Relation, new: Relation) -> Relation:
    """A table that stays, with what is new around it: triggers and other tables' foreign keys."""
    if (old.triggers, old.children) == (new.triggers, new.children):
        return old
    return replace(old, triggers=new.triggers, children=new.children)
