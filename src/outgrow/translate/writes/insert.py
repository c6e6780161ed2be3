"""INSERT and REPLACE, with their conflict clauses. Used by `change`.

Rules: https://www.sqlite.org/lang_insert.html, lang_conflict.html, lang_upsert.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from outgrow.schema.names import fold, quote
from outgrow.schema.target import Relation, TargetColumn
from outgrow.translate import tree
from outgrow.translate.expressions import condition, translate
from outgrow.translate.grammar import read_expression
from outgrow.translate.scope import Scope, Source, relation_source
from outgrow.translate.value import refuse
from outgrow.translate.walk import walk
from outgrow.translate.writes.assignments import assigned
from outgrow.translate.writes.changed import (
    Change,
    column_of,
    guarded,
    is_numbered,
    is_rowid,
    relation_of,
    returning,
    rowid_names,
    target,
    with_rowid,
)
from outgrow.translate.writes.fresh import fresh_rows, given_rows
from outgrow.translate.writes.replacing import keys_given, replaced

Part = TypeVar("Part")

_UNSEEN = "OR IGNORE: SQLite fires a BEFORE trigger of {} for a row that breaks NOT NULL or a CHECK, too"


def insert(node: tree.Insert, scope: Scope, prefix: str) -> Change:
    """The translation of an INSERT after `prefix`, its common table expressions."""
    relation = relation_of(node.table, scope)
    node = _once(node, relation)
    found = _inserted(node, relation, scope, prefix)
    return found if _stands_alone(node, relation) else replace(found, bundle=None)


def _stands_alone(node: tree.Insert, relation: Relation) -> bool:
    """Whether a row that is inserted has nothing to do with what its statement or others then do."""
    has_company = relation.triggers or relation.rtree or relation.full_text or relation.vectors
    refers_to_itself = fold(relation.source) in map(fold, relation.children)
    if has_company or refers_to_itself or node.returning or node.commons or node.source is None:
        return False
    inside = (*node.source.selects[0].items, *node.upserts)
    return not any(isinstance(part, tree.Query) for part in walk(inside))


def _inserted(node: tree.Insert, relation: Relation, scope: Scope, prefix: str) -> Change:
    if relation.kind == "view" and (node.conflict or node.upserts):
        raise refuse("a conflict clause on a view")
    declared = False
    if not node.conflict and relation.kind == "table":
        word = _declared(node, relation)
        node, declared = replace(node, conflict=word), bool(word)
    if node.upserts and (node.conflict not in {"", "ABORT"} or len(node.upserts) > 1):
        raise refuse("several conflict clauses")
    if node.upserts and (relation.rtree or relation.vectors):
        # SQLite: "UPSERT not implemented for virtual table"
        raise refuse(f"ON CONFLICT of the virtual table {relation.source}")
    if relation.vectors:  # vec0 knows no conflict clause and raises the error
        node = replace(node, conflict="")
    if node.conflict == "FAIL":
        _one_row_only(node, relation)
    text, source = target(relation, node.alias)
    found = with_rowid(returning(node.returning, source, scope), node, source, scope)
    found = replace(found, numbered=is_numbered(node, relation, scope))
    if node.source is None:
        return _defaults(node, relation, text, found, prefix)
    columns = _columns(node, relation)
    if node.conflict == "REPLACE":
        return replaced(node.source, columns, relation, scope, prefix, text, found, declared=declared)
    if node.conflict == "IGNORE" and not declared:
        return _ignoring(node.source, columns, relation, scope, prefix, text, found)
    rows = given_rows(node.source, columns, relation, scope)
    if relation.kind == "view":
        names = ", ".join(f"v{number}" for number in range(1, len(columns) + 1))
        selected = f"SELECT {names} FROM ({rows.sql}) AS given ({names})"
        rows = replace(rows, sql=selected + guarded("", "INSERT", relation))
    conflict = _upsert(node.upserts[0], relation, source, scope) if node.upserts else ""
    if node.conflict == "IGNORE":
        conflict = _ignoring_keys(columns, relation)
    listed = ", ".join(quote(column.name) for column in columns)
    return rows.inserted(found, f"{prefix}INSERT INTO {text} ({listed}) ", f"{conflict}{found.sql}")


def _once(node: tree.Insert, relation: Relation) -> tree.Insert:
    """The statement with one name for the rowid: of several, SQLite lets the last decide."""
    names = [fold(name) for name in node.columns]
    words = {fold(relation.rowid_alias or ""), *rowid_names(relation)}
    twice = [place for place, name in enumerate(names) if name in words][:-1]
    if node.source is None or not twice:
        return node
    selects = node.source.selects
    if any(len(s.items) != len(names) or any(i.expression is None for i in s.items) for s in selects):
        return node

    def kept(parts: tuple[Part, ...]) -> tuple[Part, ...]:
        return tuple(part for place, part in enumerate(parts) if place not in twice)

    source = replace(node.source, selects=tuple(replace(s, items=kept(s.items)) for s in selects))
    return replace(node, columns=kept(node.columns), source=source)


def _columns(node: tree.Insert, relation: Relation) -> list[TargetColumn]:
    """The columns that are given."""
    return [column_of(relation, name) for name in node.columns] or [
        column for column in relation.columns if not (column.generated or column.hidden)
    ]


def _declared(node: tree.Insert, relation: Relation) -> str:
    """What the table's own ON CONFLICT clauses say of a statement without one; "" for nothing."""
    if relation.unique_keys is None:
        return ""
    words = {key.conflict for key in keys_given(relation, _columns(node, relation)) if key.conflict}
    if len(words) > 1 or (words and node.upserts and len(relation.unique_keys) > 1):
        raise refuse(
            f"INSERT into {relation.source}, whose keys declare ON CONFLICT {' and '.join(sorted(words))}: "
            "write INSERT OR …, which holds for all of them"
        )
    return "" if node.upserts or not words else words.pop()


def _ignoring_keys(columns: list[TargetColumn], relation: Relation) -> str:
    """ON CONFLICT for keys that are declared to be ignored."""
    if not all(key.conflict for key in keys_given(relation, columns)):
        raise refuse(
            f"INSERT into {relation.source}, where some keys declare ON CONFLICT IGNORE and some do not: "
            "write INSERT OR …, which holds for all of them"
        )
    return " ON CONFLICT DO NOTHING"


def _one_row_only(node: tree.Insert, relation: Relation) -> None:
    """OR FAIL keeps what the statement did before it failed; that is nothing where it has one row."""
    one = node.source is None or (len(node.source.selects) == 1 and not node.source.selects[0].sources)
    if not one or relation.triggers:
        raise refuse(
            f"INSERT OR FAIL of more than one row into {relation.source}: PostgreSQL undoes a failed "
            "statement whole; insert the rows one by one, or write OR ABORT"
        )


def _defaults(node: tree.Insert, relation: Relation, text: str, found: Change, prefix: str) -> Change:
    """INSERT … DEFAULT VALUES."""
    conflict = ""
    if node.conflict == "IGNORE" and not relation.checks and not _required(relation, []):
        conflict = " ON CONFLICT DO NOTHING"
    elif node.conflict in {"IGNORE", "REPLACE"}:
        raise refuse(f"INSERT OR {node.conflict} of DEFAULT VALUES")
    return replace(found, sql=f"{prefix}INSERT INTO {text} DEFAULT VALUES{conflict}{found.sql}")


def _ignoring(
    source: tree.Query, columns: list[TargetColumn], relation: Relation, scope: Scope, prefix: str,
    text: str, found: Change,
) -> Change:  # fmt: skip
    """OR IGNORE: rows that break NOT NULL or a CHECK are left out; for unique keys PostgreSQL does it."""
    rows = given_rows(source, columns, relation, scope)
    doubtful = [
        column
        for column in columns
        if column.not_null and not is_rowid(relation, column) and fold(column.source) in rows.nullable
    ]
    missing = _required(relation, columns)
    listed = ", ".join(quote(column.name) for column in columns)
    if doubtful or missing or relation.checks:
        rows = given_rows(source, columns, relation, scope, asks=False)
        fresh = fresh_rows(rows, columns, relation, whole=bool(relation.checks))
        tests = [f"{quote(column.name)} IS NOT NULL" for column in doubtful]
        tests += ["false"] * bool(missing) + [f"({check}) IS NOT FALSE" for check in relation.checks]
        listed = fresh.listed
        sql = f"SELECT {listed} FROM ({fresh.sql}) AS fresh WHERE {' AND '.join(tests)}"
        rows = replace(rows, sql=sql, single=())
    made = rows.inserted(
        found, f"{prefix}INSERT INTO {text} ({listed}) ", f" ON CONFLICT DO NOTHING{found.sql}"
    )
    unseen = (doubtful or missing or relation.checks) and any(
        trigger.event == "INSERT" for trigger in relation.triggers
    )
    return replace(made, findings=(_UNSEEN.format(relation.source),) if unseen else ())


def _required(relation: Relation, columns: list[TargetColumn]) -> list[TargetColumn]:
    """The columns that must have a value and are not given one."""
    names = {fold(column.source) for column in columns}
    return [
        column
        for column in relation.columns
        if column.not_null and column.default is None and not column.generated
        and not is_rowid(relation, column) and fold(column.source) not in names
    ]  # fmt: skip


def _upsert(node: tree.Upsert, relation: Relation, source: Source, scope: Scope) -> str:
    on = ""
    if node.target:
        own = replace(scope, sources=(relation_source(relation, "", relation.source),))
        parts = [translate(part, own) for part in node.target]
        on = f" ({', '.join(part.sql if part.column else f'({part.sql})' for part in parts)})"
        where = node.target_where
        if where is None:
            where = _predicate_of(node.target, relation)
        if where is not None:
            on += f" WHERE {condition(where, own).sql}"
    if not node.assignments:
        return f" ON CONFLICT{on} DO NOTHING"
    if not on:
        on = _only_key(relation)
    excluded = relation_source(relation, "EXCLUDED", "excluded")
    inside = replace(scope, sources=(source, replace(excluded, qualified=True)), outer=scope)
    sets = assigned(node.assignments, relation, inside)
    only = f" WHERE {condition(node.where, inside).sql}" if node.where is not None else ""
    return f" ON CONFLICT{on} DO UPDATE SET {sets}{only}"


def _only_key(relation: Relation) -> str:
    """The conflict target that the statement leaves out; refused where there may be another."""
    keys = relation.unique_keys or ()
    if relation.unique_keys is None or len(keys) != 1 or keys[0].where or keys[0].collations:
        raise refuse(
            f"ON CONFLICT DO UPDATE without its columns, into {relation.source}, which has other keys, too"
        )
    return f" ({', '.join(quote(relation.column(name).name) for name in keys[0].columns)})"


def _predicate_of(names: tuple[tree.Expression, ...], relation: Relation) -> tree.Expression | None:
    """The predicate of the partial index that the conflict target can only mean."""
    wanted = {fold(part.column) for part in names if isinstance(part, tree.Name)}
    matching = [key for key in relation.unique_keys or () if {fold(name) for name in key.columns} == wanted]
    if matching and all(key.where is not None for key in matching):
        return read_expression(matching[0].where or "")
    return None
