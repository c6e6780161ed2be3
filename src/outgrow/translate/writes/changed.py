"""The table that a statement changes: how it is named, which rows it shows, what RETURNING gives of them.

Used by `insert`, `replacing`, `row_by_row` and `change`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from outgrow.schema.names import fold, literal, qualified, quote
from outgrow.schema.target import Event, Relation, TargetColumn
from outgrow.translate import tree
from outgrow.translate.expressions import translate
from outgrow.translate.queries.core import item_label, projected
from outgrow.translate.scope import ROWID_NAMES, Scope, Source, relation_source
from outgrow.translate.value import Value, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The statement's text, the columns of its RETURNING clause, and what is to be known of it.

    `keyed` says that one more column follows them: the rowid of the row, NULL when it was there before;
    `numbered` that a sequence may give a row its rowid. `bundle` is set for an INSERT of one row that may go
    with others of its kind: what stands before the row, its values, and what stands behind.
    """

    sql: str
    columns: tuple[Value, ...] = ()
    labels: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    keyed: bool = False
    numbered: bool = False
    bundle: tuple[str, tuple[str, ...], str] | None = None


def relation_of(name: str, scope: Scope) -> Relation:
    """The table or view that is changed; TranslationError when there is none."""
    try:
        return scope.model.relation(name)
    except KeyError:
        raise refuse(f"the table {name}") from None


def column_of(relation: Relation, name: str) -> TargetColumn:
    """The column of that name, which may be one of the rowid's; TranslationError when there is none."""
    if fold(name) in rowid_names(relation) and relation.rowid_alias is not None:
        return relation.column(relation.rowid_alias)
    try:
        return relation.column(name)
    except KeyError:
        raise refuse(f"the column {relation.source}.{name}") from None


def rowid_names(relation: Relation) -> frozenset[str]:
    """The words that mean the rowid there: those that no column has for a name."""
    own = {"docid"} if relation.full_text is not None and not relation.full_text.is_fts5 else set()
    words = frozenset() if relation.rtree else ROWID_NAMES | own
    return words - {fold(column.source) for column in relation.columns if not column.hidden}


def target(relation: Relation, alias: str | None) -> tuple[str, Source]:
    """How the changed table is written, and its rows in sight."""
    text = table_name(relation)
    reference = quote(alias) if alias else quote(relation.name)
    return f"{text} AS {reference}" if alias else text, relation_source(
        relation, reference, alias or relation.source
    )


def table_name(relation: Relation) -> str:
    """The table's name on PostgreSQL."""
    return qualified(relation.schema, relation.name)


def returning(items: tuple[tree.Item, ...], source: Source, scope: Scope) -> Change:
    """The RETURNING clause, "" for none."""
    if not items:
        return Change(sql="")
    inside = replace(scope, sources=(source,), outer=scope)
    columns: list[Value] = []
    labels: list[str] = []
    for item in items:
        if item.expression is None:
            columns += [
                projected(source.columns[fold(label)], reader=scope.reader) for label in source.labels
            ]
            labels += source.labels
            continue
        columns.append(projected(translate(item.expression, inside), reader=scope.reader))
        labels.append(item_label(item, inside))
    return Change(
        sql=f" RETURNING {', '.join(column.sql for column in columns)}",
        columns=tuple(columns), labels=tuple(labels),
    )  # fmt: skip


def with_rowid(found: Change, node: tree.Insert, source: Source, scope: Scope) -> Change:
    """The RETURNING clause with the new row's rowid behind its columns, where that is asked for.

    On SQLite the row that an upsert changes does not become the last one inserted.
    """
    relation = source.relation
    if not scope.keyed or source.rowid is None or relation is None or relation.kind == "view":
        return found
    key = source.rowid.sql
    updates = any(upsert.assignments for upsert in node.upserts)
    shown = f"CASE WHEN {source.reference}.xmax = 0 THEN {key} END" if updates else key
    return replace(found, sql=f"{found.sql}, {shown}" if found.sql else f" RETURNING {shown}", keyed=True)


def is_rowid(relation: Relation, column: TargetColumn) -> bool:
    """Whether a sequence numbers the column, which stands for the rowid; in an R*Tree a trigger does."""
    alias = relation.rowid_alias if not relation.rtree else None
    return alias is not None and fold(column.source) == fold(alias)


def is_numbered(node: tree.Insert, relation: Relation, scope: Scope) -> bool:
    """Whether a sequence may give a new row its rowid: no row is sure to bring one."""
    if relation.kind == "view" or relation.rtree or relation.vectors or relation.rowid_alias is None:
        return False
    given = [fold(name) for name in node.columns] or [
        fold(column.source) for column in relation.columns if not (column.generated or column.hidden)
    ]
    names = {fold(relation.rowid_alias), *rowid_names(relation)}
    place = next((place for place, name in enumerate(given) if name in names), None)
    if place is None or node.source is None:
        return True
    return not all(_is_given(select, place, scope) for select in node.source.selects)


def _is_given(select: tree.Select, place: int, scope: Scope) -> bool:
    """Whether the value at that place of a row of VALUES is known to be none of NULL."""
    if select.sources or place >= len(select.items):
        return False
    value = select.items[place].expression
    if isinstance(value, tree.Parameter):
        return scope.parameters is not None and scope.parameters.holds(value.number)
    return isinstance(value, tree.Constant) and value.value is not None


def kept_rowid(text: str, column: TargetColumn, relation: Relation) -> str:
    """A rowid that is stored, NULL for the next one; the next one then goes beyond it."""
    return f"sqlite.keep_rowid({literal(table_name(relation))}, {literal(column.name)}, {text})"


def standing_in(node: tree.Insert | tree.Update, relation: Relation) -> tuple[str, ...]:
    """What is to be known of a conflict clause where triggers fire: on SQLite it stands in for their own.

    TranslationError where one of them has a clause of its own, which PostgreSQL would obey, and where REPLACE
    would take rows away there.
    """
    event: Event = "INSERT" if isinstance(node, tree.Insert) else "UPDATE"
    if not node.conflict:
        return ()
    meant = {word for trigger in relation.triggers if trigger.event == event for word in trigger.conflicts}
    if meant - ({"REPLACE"} if node.conflict == "REPLACE" else {node.conflict, "ABORT"}):
        raise refuse(
            f"{event} OR {node.conflict} on {relation.source}, whose triggers write to tables with keys; "
            "the clause would be theirs, too"
        )
    if "ABORT" not in meant or node.conflict == "ABORT":
        return ()
    return (
        f"OR {node.conflict}: on SQLite it is the clause of what the triggers of {relation.source} write; "
        "here a conflict there is an error",
    )


def guarded(where: str, event: Event, relation: Relation) -> str:
    """The WHERE of a change to a view, which SQLite allows only where a trigger stands instead.

    PostgreSQL would change the table behind a simple view.
    """
    if relation.kind != "view":
        return where
    test = f"sqlite.changes_view({literal(table_name(relation))}, {literal(event)})"
    return f" WHERE {test} AND ({where.removeprefix(' WHERE ')})" if where else f" WHERE {test}"
