"""Plans one schema at one moment: what the target has keeps its name and type, what is new is chosen for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from outgrow.errors import TranslationError
from outgrow.move.define.temporary import late_statement, with_temporary
from outgrow.options import Options
from outgrow.plan.build import build, with_content
from outgrow.plan.model import Outcome, Plan
from outgrow.plan.overrides import ColumnOverride, Overrides, TableOverride
from outgrow.schema.model import Affinity, Column, Database, Table
from outgrow.schema.names import (
    Namespace,
    column_names,
    fold,
    literal,
    qualified,
    quote,
    relation_names,
    shorten,
)
from outgrow.schema.target import Relation, TargetColumn, TargetModel
from outgrow.sqlite.create_sql import parse_trigger
from outgrow.types.choose import Choice, ColumnKey, choose
from outgrow.types.declared import declared
from outgrow.types.observed import ColumnProfile, Profile, TableProfile
from outgrow.types.partners import key_groups

Fixed = Mapping[ColumnKey, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A table that the target has: its relation, and by folded name the columns that were there already."""

    relation: Relation
    columns: Mapping[str, TargetColumn]


def known_of(origin: Table, table: Table, relation: Relation) -> Known:
    """What the target has of a table that was `origin`; TranslationError when the model lacks a column."""
    declared, now = ([c for c in side.columns if not c.hidden] for side in (origin, table))
    if len(declared) == len(now):
        pairs = [(new.name, old.name) for old, new in zip(declared, now, strict=True)]
    else:
        there = {fold(column.name) for column in declared}
        pairs = [(column.name, column.name) for column in now if fold(column.name) in there]
    rowids = [[c.name for c in side.columns if c.hidden] for side in (table, origin)]
    pairs += zip(*rowids, strict=False)  # one may be wanted from now on
    try:
        return Known(relation=relation, columns={fold(new): relation.column(old) for new, old in pairs})
    except KeyError as error:
        raise TranslationError(f"{origin.name}.{error.args[0]}, which the model does not have") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans one side at one moment.

    `known` leads from folded names of tables to what the target has of them, None for one that stayed
    behind. `views` are those that it has. `outside` holds the relations of the other side, for temporary
    views. `broken` holds what SQLite says of triggers that it cannot run.
    """

    options: Options
    known: Mapping[str, Known | None]
    views: Mapping[str, Relation]
    fixed: Fixed = field(default_factory=dict)
    leave: frozenset[str] = frozenset()
    outside: TargetModel | None = None
    broken: Mapping[str, str] = field(default_factory=dict)

    def plan(self, database: Database) -> Plan:
        """The plan; what is known keeps its name and types."""
        return _with_broken(self._plan(database), self.broken)

    def _plan(self, database: Database) -> Plan:
        content, selects = with_content(database)
        overrides, fixed = self._overrides(content)
        profile = _nothing_seen(content)
        choices, findings = choose(content, profile, self.options, fixed=fixed)
        choices |= _unlimited(content, choices, fixed, blobs=self.options.types != "faithful")
        if self.outside is None:
            return build(
                content, profile, choices, self.options, overrides=overrides, selects=selects,
                findings=findings,
            )  # fmt: skip
        tables = replace(content, views=(), triggers=())
        views = {fold(entry.name) for entry in content.views}
        named = {name: entry for name, entry in overrides.tables.items() if name not in views}
        made = build(
            tables, profile, choices, self.options, overrides=Overrides(tables=named), findings=findings
        )
        return with_temporary(made, content, self.outside, bytewise=self.options.bytewise)

    def _overrides(self, database: Database) -> tuple[Overrides, Fixed]:
        tables: dict[str, TableOverride] = {}
        fixed = dict(self.fixed)
        own = {fold(table.name) for table in database.tables}
        there = [entry.relation for entry in self.known.values() if entry is not None]
        renamed = [e.relation.name for name, e in self.known.items() if e and fold(e.relation.source) != name]
        taken = Namespace({relation.name for relation in (*there, *self.views.values())} - {*renamed})
        for table in database.tables:
            name = fold(table.name)
            entry = self.known.get(name)
            if name in self.known and entry is None:
                tables[name] = TableOverride(leave=True)
                continue
            columns: dict[str, ColumnOverride] = {}
            for column, target, found in self._columns(table, entry):
                columns[fold(column.name)] = ColumnOverride(name=target)
                if found is not None:
                    fixed[table.name, column.name] = (found.type, found.conversion)
            kept = entry is not None and fold(entry.relation.source) == name
            target_name = entry.relation.name if entry and kept else self._free(table.name, taken)
            tables[name] = TableOverride(name=target_name, columns=columns)
        for each in database.views:
            name = fold(each.name)
            found_view = self.views.get(name)
            if name not in own:
                target_name = found_view.name if found_view else self._free(each.name, taken)
                tables[name] = TableOverride(name=target_name)
        names = {fold(each.name) for each in database.views}
        leave = frozenset(f"view:{name}" for name in self.leave if name in names)
        return Overrides(tables=tables, leave=leave), fixed

    def _free(self, source: str, taken: Namespace) -> str:
        return taken.take(relation_names((source,), self.options.names)[source])

    def _columns(
        self, table: Table, entry: Known | None
    ) -> Iterator[tuple[Column, str, TargetColumn | None]]:
        """Each column with its name on the target, and what it is there if it is."""
        found = entry.columns if entry is not None else {}
        kept = {name: target.name for name, target in found.items() if fold(target.source) == name}
        others = [column.name for column in table.columns if fold(column.name) not in kept]
        wanted = column_names(others, self.options.names)
        taken = Namespace(kept.values())
        for column in table.columns:
            name = fold(column.name)
            yield column, kept.get(name) or taken.take(wanted[column.name]), found.get(name)


def _with_broken(plan: Plan, broken: Mapping[str, str]) -> Plan:
    """The plan with a refusal for every trigger that SQLite cannot run: there its table cannot be written."""
    statements = list(plan.statements)
    outcomes = []
    for outcome in plan.outcomes:
        said = broken.get(fold(outcome.name)) if outcome.kind == "triggers" else None
        relations = [r for r in plan.model.relations if fold(r.source) == fold(outcome.table)]
        if said is None or not relations or outcome.rule != "trigger.left":
            outcomes.append(outcome)
        else:
            sql = _refusing(outcome, relations[0], said)
            statements.append(late_statement(sql, outcome.name, replace(outcome, fate="changed")))
    return replace(plan, statements=tuple(statements), outcomes=tuple(outcomes))


def _refusing(outcome: Outcome, relation: Relation, said: str) -> str:
    text = parse_trigger(outcome.text)
    function = qualified(relation.schema, shorten(fold(outcome.name), "_trigger"))
    each, when = ("ROW", "INSTEAD OF") if relation.kind == "view" else ("STATEMENT", "BEFORE")
    there = {fold(column.source): quote(column.name) for column in relation.columns}
    columns = [there[fold(name)] for name in text.update_of if fold(name) in there]
    event = f"UPDATE OF {', '.join(columns)}" if columns and each == "STATEMENT" else text.event
    return (
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
        "$outgrow$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $outgrow$;\n"
        f"CREATE TRIGGER {quote(shorten(fold(outcome.name)))} {when} {event} ON "
        f"{qualified(relation.schema, relation.name)} FOR EACH {each} "
        f"EXECUTE FUNCTION {function}({literal(said)})"
    )


def _nothing_seen(database: Database) -> Profile:
    return Profile(
        tables=tuple(
            TableProfile(
                table=table.name,
                rows=0,
                columns=tuple(
                    ColumnProfile(column=column.name, rows=0, nulls=0, counts=()) for column in table.columns
                ),
            )
            for table in database.tables
        )
    )


def _unlimited(
    database: Database, choices: Mapping[ColumnKey, Choice], fixed: Fixed, *, blobs: bool
) -> dict[ColumnKey, Choice]:
    """New columns in a type that takes all that SQLite would: no limits, any class where none is meant.

    The partner of a column that was there keeps that one's type.
    """
    tied = {key for group in key_groups(database) if any(key in fixed for key in group) for key in group}
    changed = {}
    for table in database.tables:
        for column in table.columns:
            key = (table.name, column.name)
            if key in fixed or key in tied:
                continue
            choice = choices[key]
            base = choice.type.partition("(")[0]
            if _takes_any_class(column, choice, blobs=blobs):
                changed[key] = replace(choice, type="text", conversion="escaped")
            elif column.affinity is Affinity.NUMERIC and choice == replace(
                choice, type="double precision", conversion="same"
            ):  # an integer stays one there
                changed[key] = replace(choice, type="numeric", conversion="numeric-point")
            elif base != choice.type and base in {"varchar", "numeric"}:
                changed[key] = replace(choice, type="text" if base == "varchar" else base)
    return changed


def _takes_any_class(column: Column, choice: Choice, *, blobs: bool) -> bool:
    """Whether the declaration promises no class: no type, ANY, or words whose affinity is not what they say.

    POINT, for instance, holds INT. BLOB promises one if `blobs` are to be believed; SQLite converts nothing.
    """
    if choice.conversion != "same":
        return False
    if column.affinity is Affinity.INTEGER:
        return declared(column.declared_type).meaning not in {"integer", "boolean"}
    if column.affinity is Affinity.BLOB:
        return not (blobs and declared(column.declared_type).meaning == "blob")
    return column.affinity is Affinity.NUMERIC and choice.type == "text"
