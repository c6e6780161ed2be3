"""The statements of a trigger body as PL/pgSQL lines. Used by `trigger`."""

from __future__ import annotations

from dataclasses import replace

from outgrow.schema.names import literal, quote
from outgrow.schema.target import Relation
from outgrow.translate import tree
from outgrow.translate.convert import as_text
from outgrow.translate.expressions import condition, translate
from outgrow.translate.queries.query import query
from outgrow.translate.scope import Scope
from outgrow.translate.sources import from_clause
from outgrow.translate.triggers.firing import replacing
from outgrow.translate.value import refuse
from outgrow.translate.walk import walk
from outgrow.translate.writes.change import change
from outgrow.translate.writes.replacing import replaces_silently

MEMORY = (
    "outgrow_rowid text := coalesce(current_setting('outgrow.last_insert_rowid', true), ''); "
    "outgrow_changes text := coalesce(current_setting('outgrow.changes', true), ''); "
    "outgrow_count bigint; outgrow_row record;"
)
"""The variables of a trigger function that keeps what last_insert_rowid() and changes() say."""
FORGET = [
    "PERFORM set_config('outgrow.last_insert_rowid', outgrow_rowid, false);",
    "PERFORM set_config('outgrow.changes', outgrow_changes, false);",
]
"""What the statement outside goes on with, as SQLite has it after a trigger."""
_UNKNOWN = (
    "PERFORM set_config('outgrow.last_insert_rowid', 'rowid of a table without INTEGER PRIMARY KEY', false);"
)
"""Makes last_insert_rowid() an error that says why."""


def remember(node: tree.CreateTrigger, relation: Relation) -> list[str]:
    """The lines that make last_insert_rowid() the row that fired the trigger, once it is in the table."""
    if (node.timing, node.event) != ("AFTER", "INSERT"):
        return []
    if relation.rowid_alias is None:
        return [_UNKNOWN]
    key = quote(relation.column(relation.rowid_alias).name)
    return [f"PERFORM set_config('outgrow.last_insert_rowid', NEW.{key}::text, false);"]


def statements(
    node: tree.CreateTrigger, scope: Scope, leave: list[str] | None, *, remembering: bool = False
) -> list[str]:
    """The body's statements in order; `scope` has NEW and OLD in sight.

    `leave` are the lines that give up the row, for RAISE(IGNORE); None where they cannot. `remembering`
    keeps what last_insert_rowid() and changes() say.
    """
    lines: list[str] = []
    for statement in node.body:
        if isinstance(statement, tree.Query):
            lines += _raising(statement, scope, leave=leave)
            continue
        sql = change(statement, scope).sql
        relation = scope.model.relation(statement.table)
        lines += _counted(statement, relation, sql) if remembering else [f"{sql};"]
        if replaces_silently(sql):
            lines.append(f"PERFORM set_config({literal(replacing(relation))}, '', true);")
    return lines


def _counted(node: tree.Insert | tree.Update | tree.Delete, relation: Relation, sql: str) -> list[str]:
    """The statement, and what changes() and last_insert_rowid() say after it; a view counts nothing."""
    if relation.kind == "view":
        return [f"{sql};", "PERFORM set_config('outgrow.changes', '0', false);"]
    count = "PERFORM set_config('outgrow.changes', outgrow_count::text, false);"
    if not isinstance(node, tree.Insert) or relation.rowid_alias is None:
        unknown = ["IF outgrow_count > 0 THEN", f"  {_UNKNOWN}", "END IF;"]
        inserts = isinstance(node, tree.Insert)
        return [f"{sql};", "GET DIAGNOSTICS outgrow_count = ROW_COUNT;", *(unknown if inserts else []), count]
    key = quote(relation.column(relation.rowid_alias).name)
    keep = "PERFORM set_config('outgrow.last_insert_rowid', outgrow_row.rowid::text, false);"
    if node.upserts:  # a row that was there already is no new one
        keep = f"IF outgrow_row.fresh THEN {keep} END IF;"
    returned = f"{key} AS rowid, xmax = 0 AS fresh" if node.upserts else f"{key} AS rowid"
    return [
        "outgrow_count := 0;",
        f"FOR outgrow_row IN {sql} RETURNING {returned} LOOP",
        "  outgrow_count := outgrow_count + 1;",
        f"  {keep}",
        "END LOOP;",
        count,
    ]


def _raising(node: tree.Query, scope: Scope, *, leave: list[str] | None) -> list[str]:
    """SELECT RAISE(…) in the shapes that are conditions: bare, with WHERE, or in the branches of a CASE."""
    select = node.selects[0]
    simple = (
        len(node.selects) == 1 and len(select.items) == 1 and not (node.commons or select.group or node.order)
    )
    expression = select.items[0].expression
    if not _raises(node):
        query(node, replace(scope, sources=(), outer=scope))
        return []  # its rows go nowhere
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
    if node.action == "IGNORE" or node.message is None:
        raise refuse(f"RAISE({node.action}) in an AFTER trigger that fires before another")
    message = as_text(translate(node.message, scope))
    text = f"coalesce({message.sql}, '')" if message.nullable else message.sql
    # SQLite reports SQLITE_CONSTRAINT_TRIGGER; 23000 is the class it falls into. What PostgreSQL itself
    # does is ABORT; the rest is for whoever runs the statement.
    detail = f", DETAIL = 'RAISE({node.action})'" if node.action != "ABORT" else ""
    return [f"RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = {text}{detail};"]
