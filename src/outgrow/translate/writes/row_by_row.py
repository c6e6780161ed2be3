"""UPDATE OR IGNORE and OR REPLACE: row after row, because each row may stand in the way of the next.

Where no row can break a rule, PostgreSQL's own UPDATE is written; else `sqlite.each_row` runs a statement
for each row, in the order in which SQLite takes them. Used by `change`.
Rules: https://www.sqlite.org/lang_conflict.html
"""

from __future__ import annotations

import re
from dataclasses import replace

from outgrow.schema.names import fold, literal, quote
from outgrow.schema.target import Relation, TargetColumn, UniqueKey
from outgrow.translate import tree
from outgrow.translate.expressions import condition, order_terms, translate
from outgrow.translate.queries.ordering import limit_clause
from outgrow.translate.scope import PARAMETER_TYPES, ROWID_NAMES, Parameters, Scope, Source
from outgrow.translate.value import Value, refuse
from outgrow.translate.walk import walk
from outgrow.translate.writes.assignments import new_values
from outgrow.translate.writes.changed import Change, column_of, table_name
from outgrow.translate.writes.replacing import findings, in_the_way, silently

_PARAMETER = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\d+)""")


def is_wanted(node: tree.Update, relation: Relation, scope: Scope) -> bool:
    """Whether a row that the statement changes could break a rule that the conflict clause is about."""
    if _keys_changed(node, relation):
        return True
    if node.conflict == "IGNORE" and relation.checks:
        return True
    return any(
        column.not_null
        and (node.conflict == "IGNORE" or column.default is not None)
        and (expression is None or translate(expression, scope).nullable)
        for column, expression in _pairs(node, relation)
    )


def _pairs(node: tree.Update, relation: Relation) -> list[tuple[TargetColumn, tree.Expression | None]]:
    """The columns that are set, and to what; None for one column of a subquery's."""
    found: list[tuple[TargetColumn, tree.Expression | None]] = []
    for names, expression in node.assignments:
        columns = [column_of(relation, name) for name in names]
        if isinstance(expression, tree.Row) and len(expression.items) == len(columns):
            found += zip(columns, expression.items, strict=True)
        else:
            found += [(column, expression if len(columns) == 1 else None) for column in columns]
    return found


def _keys_changed(node: tree.Update, relation: Relation) -> list[UniqueKey]:
    """The unique keys that the statement could make repeat: by a column, or by what a predicate reads."""
    keys = relation.unique_keys
    if keys is None:
        if node.conflict == "REPLACE":
            raise refuse(f"UPDATE OR REPLACE of {relation.source} with a unique index over an expression")
        return [UniqueKey(columns=())]
    changed = {fold(column.source) for column, _ in _pairs(node, relation)}
    changed |= {fold(column.source) for column in relation.columns if column.generated}
    return [key for key in keys if key.where or changed & {fold(name) for name in key.columns}]


def refuse_declared(node: tree.Update, relation: Relation) -> None:
    """Refuses an UPDATE without a conflict clause of a key that declares one."""
    if node.conflict or relation.unique_keys is None:
        return
    for key in _keys_changed(node, relation):
        if key.conflict:
            raise refuse(
                f"UPDATE of a key of {relation.source} that declares ON CONFLICT {key.conflict}: "
                f"write UPDATE OR {key.conflict}"
            )


def is_one(node: tree.Update, source: Source) -> bool:
    """Whether WHERE holds a whole unique key to known values, so that there is one row at most."""
    if source.relation is None:
        return False
    held = _held(node.where, source)
    if (held.keys() & ROWID_NAMES) - source.columns.keys() and source.rowid is not None:
        return True
    for key in source.relation.unique_keys or ():
        names = [fold(name) for name in key.columns]
        collations = key.collations or ("BINARY",) * len(names)
        if not key.where and all(
            held.get(name) in {"BINARY", collation} for name, collation in zip(names, collations, strict=True)
        ):
            return True
    return False


def _held(where: tree.Expression | None, source: Source) -> dict[str, str]:
    """The columns that a condition holds to a value, with the collation that compares them."""
    if not isinstance(where, tree.Binary):
        return {}
    if where.operator == "AND":
        return _held(where.left, source) | _held(where.right, source)
    if where.operator != "=":
        return {}
    for name, other in ((where.left, where.right), (where.right, where.left)):
        if isinstance(name, tree.Name) and _is_known(other):
            column = source.columns.get(fold(name.column))
            if name.table is None or fold(name.table) == fold(source.name):
                return {fold(name.column): (column and column.collation) or "BINARY"}
    return {}


def _is_known(node: tree.Expression) -> bool:
    """Whether it is one value for the whole statement, as far as the tree tells."""
    of_a_trigger = isinstance(node, tree.Name) and fold(node.table or "") in {"new", "old"}
    return isinstance(node, tree.Constant | tree.Parameter) or of_a_trigger


def update(
    node: tree.Update, relation: Relation, source: Source, scope: Scope, prefix: str, returning: Change
) -> Change:
    """The statement as a query of `sqlite.each_row`; refused where the order of the rows is not known.

    OR REPLACE of one row is an UPDATE of its own.
    """
    if prefix or node.sources:
        raise refuse(f"UPDATE OR {node.conflict} with {'WITH' if prefix else 'FROM'}")
    inside = replace(scope, sources=(source,), outer=scope)
    keys = _keys_changed(node, relation)
    alone = is_one(node, source)
    if not alone and any(isinstance(part, tree.Query) for part in walk(node.assignments)):
        raise refuse(f"UPDATE OR {node.conflict} of many rows with a subquery in SET")
    if node.conflict == "REPLACE" and alone and node.where is not None and node.limit is None:
        where = condition(node.where, inside).sql
        sql = _replacing(node, relation, source, inside, keys, where) + returning.sql
        return replace(returning, sql=sql, findings=findings(relation))
    if scope.parameters is None:
        raise refuse(f"UPDATE OR {node.conflict} in a trigger, of rows that may break a rule of {node.table}")
    chosen = _chosen(node, source, inside, ordered=bool(keys) and not alone)
    if node.conflict == "REPLACE":
        one = _replacing(node, relation, source, inside, keys, _found(source))
    else:
        one = _ignoring(node, relation, source, inside)
    shown = returning.columns or (Value(sql="true", kind="boolean", type="boolean"),)
    results = ", ".join(f"({value.sql})::{value.type}" for value in shown)
    names = [f"c{number}" for number in range(1, len(shown) + 1)]
    types = ", ".join(f"{name} {value.type}" for name, value in zip(names, shown, strict=True))
    texts = [
        literal(table_name(relation)), _dynamic(chosen, scope.parameters),
        _dynamic(f"{one} RETURNING {results}", scope.parameters), _given(scope.parameters),
        "true" if node.conflict == "IGNORE" else "false",
    ]  # fmt: skip
    listed = f"{', '.join(names)} " if returning.columns else ""
    return replace(
        returning,
        sql=f"SELECT {listed}FROM sqlite.each_row({', '.join(texts)}) AS changed ({types})",
        findings=tuple(_findings(node, relation, ordered=bool(keys) and not alone)),
    )


def _chosen(node: tree.Update, source: Source, scope: Scope, *, ordered: bool) -> str:
    """The keys of the rows to change, as arrays of texts, in SQLite's order."""
    relation = source.relation
    if relation is None or (ordered and source.rowid is None):
        raise refuse(
            f"UPDATE OR {node.conflict} of the unique key of {node.table}: the order in which SQLite takes "
            "its rows is not known; hold WHERE to one row"
        )
    where = f" WHERE {condition(node.where, scope).sql}" if node.where is not None else ""
    keys = [value.sql for value in _key(source)]
    place = source.rowid.sql if source.rowid is not None else ""
    limit = ""
    if node.limit is not None:
        first = order_terms(node.order, scope) or place
        limit = (f" ORDER BY {first}" if first else "") + limit_clause(node.limit, node.offset, scope)
    listed = ", ".join(f"{key}::text" for key in keys)
    text = f"{table_name(relation)} AS {source.reference}"
    if not limit or not place:
        order = f" ORDER BY {place}" if place and not limit else ""
        return f"SELECT ARRAY[{listed}] FROM {text}{where}{order}{limit}"
    return (
        f"SELECT ARRAY[{listed}] FROM {text} WHERE {source.reference}.ctid IN"
        f" (SELECT {source.reference}.ctid FROM {text}{where}{limit}) ORDER BY {place}"
    )


def _key(source: Source) -> tuple[Value, ...]:
    """What tells one row from the others while rows change; its place where no trigger can move it."""
    if source.rowid is not None:
        return (source.rowid,)
    if source.key:
        return source.key
    if source.relation is not None and source.relation.triggers:
        raise refuse(f"a conflict clause for {source.name}, whose rows have no key")
    return (Value(sql=f"{source.reference}.ctid", kind="text", type="tid"),)


def _found(source: Source) -> str:
    """The condition for the row whose key is $2."""
    return " AND ".join(
        f"{key.sql} = ($2)[{number}]::{key.type}" for number, key in enumerate(_key(source), 1)
    )


def _ignoring(node: tree.Update, relation: Relation, source: Source, scope: Scope) -> str:
    new = new_values(node.assignments, relation, scope)
    sets = ", ".join(f"{quote(column.name)} = {text}" for column, text in new)
    return f"UPDATE {table_name(relation)} AS {source.reference} SET {sets} WHERE {_found(source)}"


def _replacing(
    node: tree.Update, relation: Relation, source: Source, scope: Scope, keys: list[UniqueKey], where: str
) -> str:
    """The UPDATE of the one row of which `where` is true, after the other rows with its new keys are gone."""
    new = {fold(column.source): text for column, text in new_values(node.assignments, relation, scope)}
    reference = source.reference
    texts, sets = [], []
    for column in relation.columns:
        name = quote(column.name)
        text = new.get(fold(column.source))
        if text is not None and column.not_null and column.default is not None:
            text = f"coalesce({text}, {column.default})"
        if column.generated and keys and any(fold(column.source) in map(fold, k.columns) for k in keys):
            raise refuse(f"UPDATE OR REPLACE of {relation.source}, whose key {column.source} is computed")
        kept = column.type if column.family != "text" else "text"
        texts.append(f"({text})::{kept} AS {name}" if text is not None else f"{reference}.{name}")
        if text is not None:
            sets.append(f"{name} = fresh.{name}")
    table = table_name(relation)
    fresh = f"SELECT {reference}.ctid AS place_, {', '.join(texts)} FROM {table} AS {reference}"
    parts = [f"fresh AS MATERIALIZED ({fresh} WHERE {where})"]
    only = ""
    if keys:
        way = silently(in_the_way(keys, relation, scope), relation, scope)
        parts.append(
            f"gone AS (DELETE FROM {table} AS old USING fresh"
            f" WHERE old.ctid <> fresh.place_ AND ({way}) RETURNING 1)"
        )
        only = " AND (SELECT count(*) FROM gone) >= 0"
    return (
        f"WITH {', '.join(parts)} UPDATE {table} AS {reference} SET {', '.join(sets)} FROM fresh"
        f" WHERE {reference}.ctid = fresh.place_{only}"
    )


def _dynamic(sql: str, parameters: Parameters) -> str:
    """A text that a function runs, which finds the statement's parameters in its own first."""

    def found(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        kind = parameters.kinds.get(int(match[1]), "tagged")
        return f"($1)[{match[1]}]::{PARAMETER_TYPES[kind]}"

    marked = sql.replace("($2)[", "\0[")  # the key, which is no parameter of the statement
    return literal(_PARAMETER.sub(found, marked).replace("\0[", "($2)["))


def _given(parameters: Parameters) -> str:
    """The parameters as texts."""
    texts = [f"${number}::{PARAMETER_TYPES[kind]}::text" for number, kind in enumerate(parameters.settled, 1)]
    return f"ARRAY[{', '.join(texts)}]::text[]"


def _findings(node: tree.Update, relation: Relation, *, ordered: bool) -> list[str]:
    found = list(findings(relation)) if node.conflict == "REPLACE" else []
    if node.conflict == "IGNORE" and any(trigger.event == "UPDATE" for trigger in relation.triggers):
        found.append(
            f"OR IGNORE: what a BEFORE trigger of {relation.source} did for a row that is ignored is undone; "
            "on SQLite it stays"
        )
    if ordered and node.where is not None:
        found.append(
            f"UPDATE OR {node.conflict} takes the rows of {relation.source} in the order of "
            f"{relation.rowid_alias}; SQLite takes them in that of an index where WHERE uses one"
        )
    return found
