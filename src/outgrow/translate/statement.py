"""One SQLite statement, as an application sends it: the PostgreSQL statement that means the same.

The entry for programs that run, for `outgrow sql` and for tests; views, triggers and DDL have entries of
their own. What a statement gives is described by its columns, so that the caller can hand out the values
that SQLite would have given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from outgrow.schema.names import literal
from outgrow.schema.target import TargetModel
from outgrow.translate import control, tree
from outgrow.translate.natural import in_natural_order
from outgrow.translate.queries.query import query
from outgrow.translate.scope import PARAMETER_TYPES, Parameters, Reader, Scope
from outgrow.translate.statements import StatementReader
from outgrow.translate.value import Kind, Value, refuse, speaking_of
from outgrow.translate.writes.change import change


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One result column. `label` is its name on SQLite.

    `kind` is the storage class of its values, as far as it is known: "tagged" says that each value is a
    text behind a letter for its class (i, r, t, b); "boolean", "number" and "held" (only for those who
    wanted it) come back through `types.restore` by `conversion` and `type`. What the plan keeps in another
    type of its own (a date, a uuid, JSON) comes in the form in which SQLite stored it. `declared` is the
    declared type of the column that it is read from, "" for anything computed.
    """

    label: str
    kind: Kind
    type: str
    conversion: str = "same"
    declared: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """The statement on PostgreSQL, with `$1`, `$2`, ... for its parameters.

    `sql` is "" when there is nothing to run; `rows` then holds the answer that is known already, if the
    statement has one. `parameters` says how each is to be sent, `names` which number a named one has.
    `keyed` says that behind the columns the rowid of each inserted row follows, NULL for one that was there;
    `writes` is the table that the statement changes; `numbered` says that a sequence may give its new rows
    their rowids. `many` is the same for many rows, whose statements have nothing to do with each other: each
    parameter is an array, of the values of all sets in their order; "" where there is no such statement.
    """

    sql: str
    columns: tuple[Column, ...] = ()
    parameters: tuple[Kind, ...] = ()
    names: tuple[tuple[str, int], ...] = ()
    rows: tuple[tuple[int | float | str | bytes | None, ...], ...] | None = None
    findings: tuple[str, ...] = ()
    keyed: bool = False
    writes: str = ""
    numbered: bool = False
    many: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the caller makes of the rows.

    `native` values come as PostgreSQL holds them (dates, JSON, UUIDs, flags). `keyed` is for a program's
    runtime: every INSERT gives the rowid of its rows, in one more column that `Translated.columns` does not
    list, columns in the form `escaped` come in it, and rows in SQLite's order. `row_by_row` takes an UPDATE's
    rows one after the other, so that a key is free when the next row wants it.
    """

    native: bool = False
    keyed: bool = False
    row_by_row: bool = False

    @property
    def reader(self) -> Reader:
        """Who reads."""
        if self.native:
            return "native"
        return "program" if self.keyed else "application"


_PLAIN = Wanted()


def translate_statement(
    sql: str,
    *,
    model: TargetModel,
    bytewise: bool,
    parameters: Sequence[Kind] = (),
    wanted: Wanted = _PLAIN,
) -> Translated:
    """The translation of one statement; `parameters` are the storage classes of those bound, if known.

    Raises TranslationError, which names what PostgreSQL cannot do the same.
    """
    with speaking_of(sql):
        explained = control.explained(sql)
        if explained is not None:
            found = translate_statement(explained, model=model, bytewise=bytewise, parameters=parameters)
            return _plan_of(found)
        known = control.answer(sql, model)
        if known is not None:
            return Translated(
                sql=known.sql,
                columns=tuple(Column(label=label, kind="tagged", type="text") for label in known.labels),
                rows=known.rows,
                findings=known.findings,
            )
        return _translated(sql, model, parameters, wanted, bytewise=bytewise)


class Translator:
    """Translates for one model, each statement once for the classes of its parameters.

    Keeps the `size` translations that were asked for last; any thread may ask.
    """

    def __init__(
        self, model: TargetModel, *, bytewise: bool, size: int = 4096, wanted: Wanted = _PLAIN
    ) -> None:
        def translated(sql: str, parameters: tuple[Kind, ...]) -> Translated:
            return translate_statement(
                sql, model=model, bytewise=bytewise, parameters=parameters, wanted=wanted
            )

        self._translated = lru_cache(maxsize=size)(translated)

    def __call__(self, sql: str, parameters: tuple[Kind, ...] = ()) -> Translated:
        """As `translate_statement`."""
        return self._translated(sql, parameters)


def _translated(
    sql: str, model: TargetModel, known: Sequence[Kind], wanted: Wanted, *, bytewise: bool
) -> Translated:
    reader = StatementReader(sql, parameters_allowed=True)
    node = reader.statement()
    reader.accept(";")
    reader.expect_end()
    bound = Parameters(known)
    scope = Scope(
        model=model, bytewise=bytewise, subquery=query, parameters=bound, reader=wanted.reader,
        keyed=wanted.keyed, row_by_row=wanted.row_by_row,
    )  # fmt: skip
    findings: tuple[str, ...] = ()
    keyed, writes, numbered, many = False, "", False, ""
    if wanted.keyed and isinstance(node, tree.Query):
        node = in_natural_order(node, model)
    elif wanted.keyed and isinstance(node, tree.Insert) and node.source is not None:
        node = replace(node, source=in_natural_order(node.source, model))
    if isinstance(node, tree.Query):
        result = query(node, scope, reader=wanted.reader)
        text, values, labels = result.sql, result.columns, result.labels
    else:
        found = change(node, scope)
        text, values, labels = found.sql, found.columns, found.labels
        findings, keyed, writes, numbered = found.findings, found.keyed, node.table, found.numbered
        many = _many(found.bundle, bound) if found.bundle is not None else ""
    return Translated(
        sql=_with_unused(text, bound),
        columns=tuple(_column(label, value) for label, value in zip(labels, values, strict=True)),
        parameters=bound.settled,
        names=tuple(reader.parameter_names.items()),
        findings=findings,
        keyed=keyed,
        writes=writes,
        numbered=numbered,
        many=many,
    )


_PARAMETER = re.compile(r"""'(?:[^'\\]|\\.)*'|"[^"]*"|\$(?P<number>\d+)""", re.DOTALL)


def _many(bundle: tuple[str, tuple[str, ...], str], bound: Parameters) -> str:
    """The INSERT of many rows whose parameters are arrays; "" where one of them is not of the row."""
    before, values, behind = bundle
    used: set[int] = set()

    def named(found: re.Match[str]) -> str:
        if found["number"] is None:
            return found[0]
        used.add(int(found["number"]))
        return f"bundle.p{found['number']}"

    row = ", ".join(_PARAMETER.sub(named, value) for value in values)
    others = any(found["number"] for found in _PARAMETER.finditer(behind))
    if others or used != set(range(1, bound.count + 1)) or not used:
        return ""
    arrays = ", ".join(
        f"${number}::{PARAMETER_TYPES[kind]}[]" for number, kind in enumerate(bound.settled, 1)
    )
    names = ", ".join(f"p{number}" for number in sorted(used))
    return f"{before}SELECT {row} FROM unnest({arrays}) AS bundle({names}){behind}"


def _plan_of(found: Translated) -> Translated:
    """What PostgreSQL will do to run a statement, in the rows of EXPLAIN QUERY PLAN."""
    types = ", ".join(literal(PARAMETER_TYPES[kind]) for kind in found.parameters)
    chosen = ", ".join(f"sqlite.v({name})" for name in _PLAN)
    asked = f"sqlite.explain_query_plan({literal(found.sql)}, ARRAY[{types}]::text[])"
    return replace(
        found,
        sql=_mentioning(f"SELECT {chosen} FROM {asked}", found.parameters),
        columns=tuple(Column(label=name, kind="tagged", type="text") for name in _PLAN),
        findings=(*found.findings, "EXPLAIN QUERY PLAN: the words and the plan are PostgreSQL's"),
    )


_PLAN = ("id", "parent", "notused", "detail")


def _mentioning(sql: str, parameters: Sequence[Kind]) -> str:
    """A SELECT that reads none of its parameters, with a mention of each."""
    if not parameters:
        return sql
    types = [PARAMETER_TYPES[kind] for kind in parameters]
    listed = ", ".join(f"${number}::{type_}" for number, type_ in enumerate(types, 1))
    return f"WITH unused AS (SELECT {listed}) {sql}"


def _with_unused(sql: str, bound: Parameters) -> str:
    """The statement with a mention of every parameter: PostgreSQL wants to know the type of each."""
    unused = [n for n in range(1, bound.count + 1) if not re.search(rf"\${n}(?!\d)", sql)]
    if not unused or not sql:
        return sql
    types = [PARAMETER_TYPES[bound.kinds.get(number, "tagged")] for number in unused]
    mentioned = ", ".join(f"${number}::{type_}" for number, type_ in zip(unused, types, strict=True))
    common = f"unused AS (SELECT {mentioned})"
    for word in ("WITH RECURSIVE ", "WITH "):
        if sql.startswith(word):
            return f"{word}{common}, {sql.removeprefix(word)}"
    return f"WITH {common} {sql}"


def _column(label: str, value: Value) -> Column:
    conversion = "same"
    if value.column is not None and value.kind in {"boolean", "number", "held"}:
        conversion = value.column.conversion
    if value.kind == "number" and value.column is None:
        raise refuse("a number whose storage class is not known")
    return Column(
        label=label, kind=value.kind, type=value.type, conversion=conversion, declared=value.declared
    )
