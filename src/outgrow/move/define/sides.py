"""The main and the temporary schema as planned: before a statement of DDL and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from outgrow.move.define.parts import late_ones
from outgrow.move.define.planner import Fixed, Known, Planner, known_of
from outgrow.move.define.source import Catalog
from outgrow.options import Options
from outgrow.plan.build import with_content
from outgrow.plan.model import Plan
from outgrow.schema.model import Database, Table
from outgrow.schema.names import fold, qualified, shorten
from outgrow.schema.target import TEMPORARY, Relation, TargetModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a statement is about: SQLite before and after it, and what the caller keeps."""

    before: Catalog
    after: Catalog
    model: TargetModel
    options: Options
    schema: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The main or the temporary schema, before and after, as planned.

    `origins` leads from a table's folded name to the table it was; `given` holds the target's relations by
    folded source name, `broken` what SQLite says of triggers that it cannot run now.
    """

    schema: str
    before: Database
    after: Database
    origins: Mapping[str, Table]
    given: Mapping[str, Relation]
    old: Plan
    new: Plan
    broken: Mapping[str, str]

    @property
    def renames(self) -> bool:
        """Whether a table or column has another name now."""
        return any(
            fold(origin.name) != name or _renamed(origin, self.after.table(name))
            for name, origin in self.origins.items()
        )

    def is_new(self, name: str) -> bool:
        """Whether the statement made the table of that name."""
        return fold(name) not in self.origins

    def function(self, trigger_name: str) -> str:
        """The function of a trigger."""
        return qualified(self.schema, shorten(fold(trigger_name), "_trigger"))


def _renamed(old: Table, new: Table) -> bool:
    return len(old.columns) == len(new.columns) and any(
        fold(before.name) != fold(after.name) for before, after in zip(old.columns, new.columns, strict=True)
    )


def origins_of(before: Database, after: Database) -> dict[str, Table]:
    """What each table was before. One that is gone beside one that is new has been renamed."""
    old = {fold(table.name): table for table in before.tables}
    found = {fold(table.name): old[fold(table.name)] for table in after.tables if fold(table.name) in old}
    gone = [table for name, table in old.items() if name not in found]
    fresh = [table for table in after.tables if fold(table.name) not in old]
    if len(gone) == len(fresh) == 1:
        found[fold(fresh[0].name)] = gone[0]
    return found


def planned_side(
    about: Given,
    place: Literal["main", "temp"],
    options: Options,
    fixed: Fixed,
    outside: tuple[TargetModel, TargetModel] | None = None,
) -> Side:
    """The schema of one place, planned before and after; `outside` holds the main one's models for it."""
    before, after = (
        (catalog.main if place == "main" else catalog.temp) for catalog in (about.before, about.after)
    )
    broken_before, broken = (
        {name: said for (where, name), said in catalog.broken.items() if where == place}
        for catalog in (about.before, about.after)
    )
    own = [r for r in about.model.relations if (r.schema == TEMPORARY) == (place == "temp")]
    given = {fold(relation.source): relation for relation in own}
    views = {name: relation for name, relation in given.items() if relation.kind == "view"}
    content, content_after = with_content(before)[0], with_content(after)[0]
    origins = origins_of(content, content_after)
    planner = Planner(
        options=options,
        known={
            fold(table.name): known_of(table, table, given[fold(table.name)])
            if fold(table.name) in given
            else None
            for table in content.tables
        },
        views=views,
        outside=outside[0] if outside else None,
        broken=broken_before,
    )
    old = planner.plan(before)
    planned = {fold(statement.outcomes[0].name) for statement in late_ones(old, "views")}
    known: dict[str, Known | None] = {}
    for name, origin in origins.items():
        relation = given.get(fold(origin.name))
        table = content_after.table(name)
        known[name] = known_of(origin, table, relation) if relation is not None else None
    new = replace(
        planner,
        known=known,
        fixed=fixed,
        # A view that could be here and is not was left behind by the user.
        leave=frozenset(planned - views.keys()),
        outside=outside[1] if outside else None,
        broken=broken,
    ).plan(after)
    return Side(
        schema=options.schema, before=content, after=content_after, origins=origins, given=given, old=old,
        new=new, broken=broken,
    )  # fmt: skip
