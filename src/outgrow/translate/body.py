"""The statements of a trigger body as PL/pgSQL lines. Used by `trigger`."""

from __future__ import annotations

from dataclasses import replace

from outgrow.schema.names import fold, qualified, quote
from outgrow.schema.target import Relation, TargetColumn
from outgrow.translate import tree
from outgrow.translate.expressions import condition, translate
from outgrow.translate.query import query
from outgrow.translate.scope import Scope, relation_source
from outgrow.translate.sources import from_clause
from outgrow.translate.store import stored
from outgrow.translate.value import as_text, refuse
from outgrow.translate.walk import walk


def statements(node: tree.CreateTrigger, scope: Scope, leave: list[str] | None) -> list[str]:
    """The body's statements in order; `scope` has NEW and OLD in sight.

    `leave` are the lines that give up the row, for RAISE(IGNORE); None where they cannot.
    """
    lines: list[str] = []
    for statement in node.body:
        if isinstance(statement, tree.Query):
            lines += _raising(statement, scope, leave=leave)
        elif isinstance(statement, tree.Insert):
            lines.append(_insert(statement, scope))
        elif isinstance(statement, tree.Update):
            lines.append(_update(statement, scope))
        else:
            lines.append(_delete(statement, scope))
    return lines


def _relation(name: str, scope: Scope) -> Relation:
    try:
        relation = scope.model.relation(name)
    except KeyError:
        raise refuse(f"the table {name}") from None
    if relation.kind == "view":
        raise refuse(f"writing to the view {name}")
    return relation


def _column(relation: Relation, name: str) -> TargetColumn:
    if fold(name) == "rowid" and relation.rowid_alias is not None:
        return relation.column(relation.rowid_alias)
    try:
        return relation.column(name)
    except KeyError:
        raise refuse(f"the column {relation.source}.{name}") from None


def _target_scope(relation: Relation, scope: Scope) -> Scope:
    """The rows being changed, with NEW and OLD around them."""
    source = relation_source(relation, quote(relation.name), relation.source)
    return replace(scope, sources=(source,), outer=scope)


def _update(node: tree.Update, scope: Scope) -> str:
    relation = _relation(node.table, scope)
    inside = _target_scope(relation, scope)
    assignments = []
    for name, expression in node.assignments:
        column = _column(relation, name)
        assignments.append(f"{quote(column.name)} = {stored(translate(expression, inside), column)}")
    where = f" WHERE {condition(node.where, inside).sql}" if node.where is not None else ""
    return f"UPDATE {qualified(relation.schema, relation.name)} SET {', '.join(assignments)}{where};"


def _delete(node: tree.Delete, scope: Scope) -> str:
    relation = _relation(node.table, scope)
    where = (
        f" WHERE {condition(node.where, _target_scope(relation, scope)).sql}"
        if node.where is not None
        else ""
    )
    return f"DELETE FROM {qualified(relation.schema, relation.name)}{where};"


def _insert(node: tree.Insert, scope: Scope) -> str:
    relation = _relation(node.table, scope)
    target = qualified(relation.schema, relation.name)
    if node.source is None:
        return f"INSERT INTO {target} DEFAULT VALUES;"
    columns = [_column(relation, name) for name in node.columns] or list(relation.columns)
    listed = ", ".join(quote(column.name) for column in columns)
    rows = [_literal_row(select, columns, relation, scope) for select in node.source.selects]
    if all(row is not None for row in rows) and set(node.source.operators) <= {"UNION ALL"}:
        return f"INSERT INTO {target} ({listed}) VALUES {', '.join(row for row in rows if row is not None)};"
    return f"INSERT INTO {target} ({listed}) {_selected(node.source, columns, scope)};"


def _literal_row(
    select: tree.Select, columns: list[TargetColumn], relation: Relation, scope: Scope
) -> str | None:
    """A row of VALUES; None for a SELECT that reads a table. NULL for the rowid asks for the next one."""
    if select.sources or select.where is not None or select.distinct or select.group or select.having:
        return None
    if len(select.items) != len(columns) or any(item.expression is None for item in select.items):
        raise refuse(f"INSERT of {len(select.items)} values into {len(columns)} columns")
    texts = []
    for item, column in zip(select.items, columns, strict=True):
        value = translate(item.expression or tree.Constant(None), scope)
        rowid = relation.rowid_alias is not None and fold(column.source) == fold(relation.rowid_alias)
        if rowid and value.constant == (None,):
            texts.append("DEFAULT")
        elif rowid and value.nullable:
            raise refuse(f"a key for {relation.source} that may be NULL")
        else:
            texts.append(stored(value, column))
    return f"({', '.join(texts)})"


def _selected(source: tree.Query, columns: list[TargetColumn], scope: Scope) -> str:
    result = query(source, scope)
    if len(result.columns) != len(columns):
        raise refuse(f"INSERT of {len(result.columns)} values into {len(columns)} columns")
    names = [f"v{number}" for number in range(1, len(columns) + 1)]
    texts = [
        stored(replace(value, sql=f"rows.{name}"), column)
        for value, name, column in zip(result.columns, names, columns, strict=True)
    ]
    if texts == [f"rows.{name}" for name in names]:
        return result.sql
    return f"SELECT {', '.join(texts)} FROM ({result.sql}) AS rows ({', '.join(names)})"


def _raising(node: tree.Query, scope: Scope, *, leave: list[str] | None) -> list[str]:
    """SELECT RAISE(…) in the shapes that are conditions: bare, with WHERE, or in the branches of a CASE."""
    select = node.selects[0]
    simple = (
        len(node.selects) == 1 and len(select.items) == 1 and not (node.commons or select.group or node.order)
    )
    expression = select.items[0].expression
    if not _raises(node):
        query(node, replace(scope, sources=(), outer=scope))
    if not simple or select.having is not None or node.limit is not None or not _raises(expression):
        raise refuse("a SELECT in a trigger that is no RAISE")
    if isinstance(expression, tree.Raise):
        return _when_rows(select, _raise(expression, scope, leave=leave), scope)
    if not isinstance(expression, tree.Case) or select.sources:
        raise refuse("RAISE inside an expression")
    return _when_rows(select, _branches(expression, scope, leave=leave), scope)


def _raises(node: object) -> bool:
    return any(isinstance(part, tree.Raise) for part in walk(node))


def _branches(case: tree.Case, scope: Scope, *, leave: list[str] | None) -> list[str]:
    lines: list[str] = []
    for number, (test, result) in enumerate(case.branches):
        full = test if case.base is None else tree.Binary("=", case.base, test)
        lines.append(f"{'ELSIF' if number else 'IF'} {condition(full, scope).sql} THEN")
        lines += [f"  {line}" for line in _branch(result, scope, leave=leave)]
    if case.otherwise is not None:
        lines += ["ELSE", *(f"  {line}" for line in _branch(case.otherwise, scope, leave=leave))]
    return [*lines, "END IF;"]


def _branch(result: tree.Expression, scope: Scope, *, leave: list[str] | None) -> list[str]:
    if isinstance(result, tree.Raise):
        return _raise(result, scope, leave=leave)
    if isinstance(result, tree.Constant):
        return ["NULL;"]
    raise refuse("a CASE that raises in one branch and computes in another")


def _when_rows(select: tree.Select, lines: list[str], scope: Scope) -> list[str]:
    if not select.sources and select.where is None:
        return lines
    if not select.sources:
        test = condition(select.where or tree.Constant(1), scope).sql
    else:
        found = from_clause(select.sources, replace(scope, sources=(), outer=scope))
        inside = replace(scope, sources=found.sources, outer=scope)
        where = f" WHERE {condition(select.where, inside).sql}" if select.where is not None else ""
        test = f"EXISTS (SELECT 1 FROM {found.sql}{where})"
    return [f"IF {test} THEN", *(f"  {line}" for line in lines), "END IF;"]


def _raise(node: tree.Raise, scope: Scope, *, leave: list[str] | None) -> list[str]:
    if node.action == "IGNORE" and leave is not None:
        return leave
    if node.action != "ABORT" or node.message is None:
        raise refuse(f"RAISE({node.action})")
    message = as_text(translate(node.message, scope))
    text = f"coalesce({message.sql}, '')" if message.nullable else message.sql
    # SQLite reports SQLITE_CONSTRAINT_TRIGGER; 23000 is the class it falls into.
    return [f"RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = {text};"]
