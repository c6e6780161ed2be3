"""INSERT, REPLACE, UPDATE and DELETE, as statements of their own and in the bodies of triggers.

Conflict clauses go by all unique keys of the table, partial and composite ones too. Used by `statement`
and `body`. Rules: https://www.sqlite.org/lang_insert.html, lang_conflict.html, lang_upsert.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from outgrow.schema.names import fold, literal, qualified, quote
from outgrow.schema.target import Relation, TargetColumn, UniqueKey
from outgrow.translate import tree
from outgrow.translate.expressions import condition, order_terms, translate
from outgrow.translate.grammar import read_expression
from outgrow.translate.query import item_label, limit_clause, projected, query, with_clause
from outgrow.translate.scope import Scope, Source, relation_source
from outgrow.translate.sources import from_clause
from outgrow.translate.store import stored
from outgrow.translate.value import Value, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The statement's text, and the columns of its RETURNING clause."""

    sql: str
    columns: tuple[Value, ...] = ()
    labels: tuple[str, ...] = ()


def change(node: tree.Insert | tree.Update | tree.Delete, scope: Scope) -> Change:
    """The translation of one statement that writes; TranslationError where PostgreSQL cannot do the same."""
    prefix, scope = with_clause(node.commons, scope)
    if isinstance(node, tree.Insert):
        return _insert(node, scope, prefix)
    if isinstance(node, tree.Update):
        return _update(node, scope, prefix)
    return _delete(node, scope, prefix)


def _relation(name: str, scope: Scope) -> Relation:
    try:
        return scope.model.relation(name)
    except KeyError:
        raise refuse(f"the table {name}") from None


def _column(relation: Relation, name: str) -> TargetColumn:
    if fold(name) in {"rowid", "oid", "_rowid_"} and relation.rowid_alias is not None:
        return relation.column(relation.rowid_alias)
    try:
        return relation.column(name)
    except KeyError:
        raise refuse(f"the column {relation.source}.{name}") from None


def _target(relation: Relation, alias: str | None) -> tuple[str, Source]:
    """How the changed table is written, and its rows in sight."""
    text = qualified(relation.schema, relation.name)
    reference = quote(alias) if alias else quote(relation.name)
    return f"{text} AS {reference}" if alias else text, relation_source(
        relation, reference, alias or relation.source
    )


def _returning(items: tuple[tree.Item, ...], source: Source, scope: Scope) -> Change:
    """The RETURNING clause, "" for none."""
    if not items:
        return Change(sql="")
    inside = replace(scope, sources=(source,), outer=scope)
    columns: list[Value] = []
    labels: list[str] = []
    for item in items:
        if item.expression is None:
            columns += [
                projected(source.columns[fold(label)], reader="application") for label in source.labels
            ]
            labels += source.labels
            continue
        columns.append(projected(translate(item.expression, inside), reader="application"))
        labels.append(item_label(item, inside))
    return Change(
        sql=f" RETURNING {', '.join(column.sql for column in columns)}",
        columns=tuple(columns), labels=tuple(labels),
    )  # fmt: skip


# INSERT


def _insert(node: tree.Insert, scope: Scope, prefix: str) -> Change:
    relation = _relation(node.table, scope)
    if relation.kind == "view" and (node.conflict or node.upserts):
        raise refuse("a conflict clause on a view")
    text, source = _target(relation, node.alias)
    returning = _returning(node.returning, source, scope)
    if node.source is None:
        if node.conflict not in {"", "ABORT", "FAIL", "ROLLBACK"}:
            raise refuse(f"INSERT OR {node.conflict} of DEFAULT VALUES")
        return replace(returning, sql=f"{prefix}INSERT INTO {text} DEFAULT VALUES{returning.sql}")
    columns = [_column(relation, name) for name in node.columns] or [
        column for column in relation.columns if not column.generated
    ]
    if node.conflict == "REPLACE":
        keys = _keys_given(relation, columns)
        if len(keys) > 1 or any(key.where for key in keys):
            return _replacing(node, relation, columns, keys, scope, prefix, returning)
    listed = ", ".join(quote(column.name) for column in columns)
    rows = _rows(node.source, columns, relation, scope)
    conflict = _conflict(node, relation, columns, source, scope)
    return replace(returning, sql=f"{prefix}INSERT INTO {text} ({listed}) {rows}{conflict}{returning.sql}")


def _rows(
    source: tree.Query, columns: list[TargetColumn], relation: Relation, scope: Scope, *, asks: bool = True
) -> str:
    """The rows to insert, each value as its column keeps it.

    A NULL for the rowid asks for the next one; unless `asks`, it stays NULL, for what is done before.
    """
    rows = [_literal_row(select, columns, relation, scope, asks=asks) for select in source.selects]
    plain = not (source.order or source.limit or source.commons) and set(source.operators) <= {"UNION ALL"}
    if plain and all(row is not None for row in rows):
        return f"VALUES {', '.join(row for row in rows if row is not None)}"
    return _selected(source, columns, relation, scope, asks=asks)


def _literal_row(
    select: tree.Select, columns: list[TargetColumn], relation: Relation, scope: Scope, *, asks: bool
) -> str | None:
    """A row of VALUES; None for a SELECT that reads a table."""
    if select.sources or select.where is not None or select.distinct or select.group or select.having:
        return None
    if len(select.items) != len(columns) or any(item.expression is None for item in select.items):
        raise refuse(f"INSERT of {len(select.items)} values into {len(columns)} columns")
    texts = []
    for item, column in zip(select.items, columns, strict=True):
        value = translate(item.expression or tree.Constant(None), scope)
        if asks and _is_rowid(relation, column):
            texts.append(_rowid(value, column, relation, scope))
        else:
            texts.append(stored(value, column, scope.parameters))
    return f"({', '.join(texts)})"


def _is_rowid(relation: Relation, column: TargetColumn) -> bool:
    return relation.rowid_alias is not None and fold(column.source) == fold(relation.rowid_alias)


def _rowid(value: Value, column: TargetColumn, relation: Relation, scope: Scope) -> str:
    """A rowid to store: NULL asks for the next one, any other moves the next one beyond it."""
    if value.kind == "null":
        return "DEFAULT"
    return _kept_rowid(stored(value, column, scope.parameters), column, relation)


def _kept_rowid(text: str, column: TargetColumn, relation: Relation) -> str:
    """A rowid that is stored, NULL for the next one; the next one then goes beyond it."""
    return f"sqlite.keep_rowid({_table(relation)}, {literal(column.name)}, {text})"


def _table(relation: Relation) -> str:
    """The table's name as a text that PostgreSQL reads as a name."""
    return literal(qualified(relation.schema, relation.name))


def _selected(
    source: tree.Query, columns: list[TargetColumn], relation: Relation, scope: Scope, *, asks: bool
) -> str:
    result = query(source, scope)
    if len(result.columns) != len(columns):
        raise refuse(f"INSERT of {len(result.columns)} values into {len(columns)} columns")
    names = [f"v{number}" for number in range(1, len(columns) + 1)]
    texts = []
    for value, name, column in zip(result.columns, names, columns, strict=True):
        seen = replace(value, sql=f"rows.{name}", constant=None, digits=None, flag=None)
        texts.append(
            _rowid(seen, column, relation, scope)
            if asks and _is_rowid(relation, column)
            else stored(seen, column)
        )
    if texts == [f"rows.{name}" for name in names]:
        return result.sql
    return f"SELECT {', '.join(texts)} FROM ({result.sql}) AS rows ({', '.join(names)})"


def _conflict(
    node: tree.Insert, relation: Relation, columns: list[TargetColumn], source: Source, scope: Scope
) -> str:
    if node.upserts:
        if node.conflict not in {"", "ABORT"} or len(node.upserts) > 1:
            raise refuse("several conflict clauses")
        return _upsert(node.upserts[0], relation, source, scope)
    if node.conflict in {"", "ABORT", "FAIL", "ROLLBACK"}:
        return ""
    if node.conflict == "IGNORE":
        return " ON CONFLICT DO NOTHING"
    if node.conflict != "REPLACE":
        raise refuse(f"INSERT OR {node.conflict}")
    keys = _keys_given(relation, columns)
    if not keys:
        return ""
    target = ", ".join(quote(relation.column(name).name) for name in keys[0].columns)
    own = {fold(name) for name in keys[0].columns}
    # A column that the statement leaves out goes back to its default, which EXCLUDED holds as well.
    sets = [
        f"{quote(column.name)} = EXCLUDED.{quote(column.name)}"
        for column in relation.columns
        if fold(column.source) not in own and not column.generated
    ]
    return (
        f" ON CONFLICT ({target}) DO UPDATE SET {', '.join(sets)}"
        if sets
        else f" ON CONFLICT ({target}) DO NOTHING"
    )


def _keys_given(relation: Relation, columns: list[TargetColumn]) -> list[UniqueKey]:
    """The unique keys that new rows could break: those of which a column is given."""
    if relation.unique_keys is None:
        raise refuse(f"REPLACE into {relation.source}, which has a unique index over an expression")
    names = {fold(column.source) for column in columns}
    return [key for key in relation.unique_keys if names & {fold(name) for name in key.columns}]


def _replacing(
    node: tree.Insert, relation: Relation, columns: list[TargetColumn], keys: list[UniqueKey],
    scope: Scope, prefix: str, returning: Change,
) -> Change:  # fmt: skip
    """REPLACE by several unique keys: the rows in the way are deleted first, in the same statement."""
    if node.source is None:
        raise refuse("REPLACE of DEFAULT VALUES")
    names = [f"v{number}" for number in range(1, len(columns) + 1)]
    rows = _rows(node.source, columns, relation, scope, asks=False)
    at = {fold(column.source): name for column, name in zip(columns, names, strict=True)}
    target = qualified(relation.schema, relation.name)
    old = relation_source(relation, "old", relation.source)
    tests = []
    for key in keys:
        if not all(fold(name) in at for name in key.columns):
            raise refuse(f"REPLACE into {relation.source} without all columns of its key")
        parts = [f"old.{quote(relation.column(name).name)} = fresh.{at[fold(name)]}" for name in key.columns]
        if key.where is not None:
            parts.append(condition(read_expression(key.where), replace(scope, sources=(old,))).sql)
        tests.append(" AND ".join(parts))
    typed = ", ".join(f"given.{name}::{column.type}" for column, name in zip(columns, names, strict=True))
    fresh = f"SELECT {typed} FROM ({rows}) AS given ({', '.join(names)})"
    in_the_way = " OR ".join(f"({test})" for test in tests)
    gone = f"DELETE FROM {target} AS old USING fresh WHERE {in_the_way} RETURNING 1"
    listed = ", ".join(quote(column.name) for column in columns)
    chosen = ", ".join(
        _kept_rowid(f"fresh.{name}", column, relation) if _is_rowid(relation, column) else f"fresh.{name}"
        for column, name in zip(columns, names, strict=True)
    )  # fmt: skip
    head = f"{prefix.rstrip()}, " if prefix else "WITH "
    sql = (
        f"{head}fresh ({', '.join(names)}) AS ({fresh}), gone AS ({gone})"
        f" INSERT INTO {target} ({listed}) SELECT {chosen} FROM fresh"
        # Reading `gone` makes PostgreSQL delete before it inserts.
        f" WHERE (SELECT count(*) FROM gone) >= 0{returning.sql}"
    )
    return replace(returning, sql=sql)


def _upsert(node: tree.Upsert, relation: Relation, source: Source, scope: Scope) -> str:
    target = ""
    if node.target:
        own = replace(scope, sources=(relation_source(relation, "", relation.source),))
        parts = [translate(part, own) for part in node.target]
        target = f" ({', '.join(part.sql if part.column else f'({part.sql})' for part in parts)})"
        where = node.target_where
        if where is None:
            where = _predicate_of(node.target, relation)
        if where is not None:
            target += f" WHERE {condition(where, own).sql}"
    if not node.assignments:
        return f" ON CONFLICT{target} DO NOTHING"
    if not target:
        raise refuse("ON CONFLICT DO UPDATE without its columns")
    excluded = relation_source(relation, "EXCLUDED", "excluded")
    # Unqualified names mean the row that is there.
    beside = replace(excluded, hidden=frozenset(excluded.columns))
    inside = replace(scope, sources=(source, beside), outer=scope)
    sets = _assignments(node.assignments, relation, inside)
    only = f" WHERE {condition(node.where, inside).sql}" if node.where is not None else ""
    return f" ON CONFLICT{target} DO UPDATE SET {sets}{only}"


def _predicate_of(target: tuple[tree.Expression, ...], relation: Relation) -> tree.Expression | None:
    """The predicate of the partial index that the conflict target can only mean."""
    names = {fold(part.column) for part in target if isinstance(part, tree.Name)}
    matching = [key for key in relation.unique_keys or () if {fold(name) for name in key.columns} == names]
    if matching and all(key.where is not None for key in matching):
        return read_expression(matching[0].where or "")
    return None


def _assignments(
    assignments: tuple[tuple[tuple[str, ...], tree.Expression], ...], relation: Relation, scope: Scope
) -> str:
    texts = []
    for names, expression in assignments:
        columns = [_column(relation, name) for name in names]
        if len(columns) == 1 and not isinstance(expression, tree.Row):
            texts.append(_set(columns[0], expression, relation, scope))
        elif isinstance(expression, tree.Row):
            if len(expression.items) != len(columns):
                raise refuse(f"{len(columns)} columns set to {len(expression.items)} values")
            for column, item in zip(columns, expression.items, strict=True):
                texts.append(_set(column, item, relation, scope))
        elif isinstance(expression, tree.Subquery):
            texts.append(_row_from(columns, expression, scope))
        else:
            raise refuse("several columns set to one value")
    return ", ".join(texts)


def _set(column: TargetColumn, expression: tree.Expression, relation: Relation, scope: Scope) -> str:
    text = stored(translate(expression, scope), column, scope.parameters)
    if _is_rowid(relation, column):  # the next key goes beyond one that an UPDATE gives, too
        text = _kept_rowid(text, column, relation)
    return f"{quote(column.name)} = {text}"


def _row_from(columns: list[TargetColumn], node: tree.Subquery, scope: Scope) -> str:
    result = query(node.query, scope)
    if len(result.columns) != len(columns):
        raise refuse(f"{len(columns)} columns set to {len(result.columns)} values")
    names = [f"v{number}" for number in range(1, len(columns) + 1)]
    texts = [
        stored(replace(value, sql=f"one.{name}", constant=None, digits=None, flag=None), column)
        for value, name, column in zip(result.columns, names, columns, strict=True)
    ]
    listed = ", ".join(quote(column.name) for column in columns)
    return f"({listed}) = (SELECT {', '.join(texts)} FROM ({result.sql} LIMIT 1) AS one ({', '.join(names)}))"


# UPDATE and DELETE


def _update(node: tree.Update, scope: Scope, prefix: str) -> Change:
    relation = _relation(node.table, scope)
    if node.conflict not in {"", "ABORT", "FAIL", "ROLLBACK"}:
        _refuse_conflicting(node, relation)
    text, source = _target(relation, node.alias)
    returning = _returning(node.returning, source, scope)
    around = replace(scope, sources=(source,), outer=scope)
    joined = from_clause(node.sources, replace(scope, sources=(), outer=scope)) if node.sources else None
    inside = replace(around, sources=(source, *joined.sources)) if joined is not None else around
    sets = _assignments(node.assignments, relation, inside)
    more = f" FROM {joined.sql}" if joined is not None else ""
    where = _where(node, relation, source, inside)
    return replace(returning, sql=f"{prefix}UPDATE {text} SET {sets}{more}{where}{returning.sql}")


def _refuse_conflicting(node: tree.Update, relation: Relation) -> None:
    """UPDATE OR IGNORE and OR REPLACE are plain where no unique key changes."""
    changed = {fold(name) for names, _ in node.assignments for name in names}
    keys = relation.unique_keys
    if keys is None or any(changed & {fold(name) for name in key.columns} for key in keys):
        raise refuse(f"UPDATE OR {node.conflict} of a unique key")


def _delete(node: tree.Delete, scope: Scope, prefix: str) -> Change:
    relation = _relation(node.table, scope)
    text, source = _target(relation, node.alias)
    returning = _returning(node.returning, source, scope)
    inside = replace(scope, sources=(source,), outer=scope)
    where = _where(node, relation, source, inside)
    return replace(returning, sql=f"{prefix}DELETE FROM {text}{where}{returning.sql}")


def _where(node: tree.Update | tree.Delete, relation: Relation, source: Source, scope: Scope) -> str:
    where = f" WHERE {condition(node.where, scope).sql}" if node.where is not None else ""
    if node.limit is None:
        return where
    if isinstance(node, tree.Update) and node.sources:
        raise refuse("LIMIT in UPDATE … FROM")
    # SQLite chooses the rows by ORDER BY, else in the order of the rowid.
    order = order_terms(node.order, scope)
    if not order and source.rowid is not None:
        order = source.rowid.sql
    ordered = f" ORDER BY {order}" if order else ""
    reference = next(iter(source.columns.values())).sql.rsplit(".", 1)[0]
    text = qualified(relation.schema, relation.name)
    limit = limit_clause(node.limit, node.offset, scope)
    chosen = f"SELECT {reference}.ctid FROM {text} AS {reference}{where}{ordered}{limit}"
    return f" WHERE {reference}.ctid IN ({chosen})"
