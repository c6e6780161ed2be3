"""DDL that a moved application sends, as the PostgreSQL statements that do the same.

The statement runs on an empty SQLite; the schemas before and after are planned, and what differs is what
there is to run. Stands beside the walk: `plan` decides what each object becomes, `translate` gives its
text. The caller keeps the schema's CREATE texts and the model from one statement to the next.

Columns that no row has been seen of get the type that their declaration means, without its size, which
SQLite holds nobody to; a column that may hold any class is text in the form `escaped`. Temporary objects
live in pg_temp.
Rules: https://www.sqlite.org/lang_altertable.html, https://www.sqlite.org/lang_createtable.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Literal

import apsw

from outgrow.errors import OutgrowError, TranslationError
from outgrow.findings import Finding
from outgrow.options import Options
from outgrow.plan.build import build, with_content
from outgrow.plan.model import Outcome, Plan, Statement
from outgrow.plan.overrides import ColumnOverride, Overrides, TableOverride
from outgrow.plan.tables import create_table
from outgrow.schema.lexer import Token, TokenError, tokens, unquote
from outgrow.schema.model import Affinity, Column, Database, ForeignKey, Table, Trigger, View
from outgrow.schema.names import (
    Namespace,
    column_names,
    fold,
    literal,
    qualified,
    quote,
    quote_sqlite,
    relation_names,
    shorten,
)
from outgrow.schema.target import Relation, TargetColumn, TargetModel
from outgrow.sqlite.catalog import Entry, read_catalog
from outgrow.sqlite.create_sql import parse_trigger
from outgrow.translate import TranslatedTrigger, depends_on, trigger, view
from outgrow.translate.statement import translate_statement
from outgrow.types.choose import Choice, ColumnKey, choose
from outgrow.types.declared import declared
from outgrow.types.observed import ColumnProfile, Profile, TableProfile
from outgrow.types.partners import key_groups

TEMPORARY = "pg_temp"
_Fixed = Mapping[ColumnKey, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """What a statement of DDL becomes.

    `statements` run in order, in one transaction. `schema` and `model` are what the next call is given:
    SQLite's CREATE texts, tables first, temporary objects last and marked TEMP; and what SQL may then speak
    of. `findings` say, one line each, what differs.
    """

    statements: tuple[str, ...]
    schema: tuple[str, ...]
    model: TargetModel
    findings: tuple[str, ...]


class SqliteRefusesError(TranslationError):
    """SQLite itself refuses the statement; the message is SQLite's own."""

    def __str__(self) -> str:
        return self.missing


def is_definition(sql: str) -> bool:
    """Whether the first statement of a text is CREATE, ALTER or DROP."""
    return bool(_head(sql)) and _head(sql)[0].word in {"CREATE", "ALTER", "DROP"}


def define(sql: str, *, schema: Sequence[str], model: TargetModel, options: Options) -> Defined:
    """The PostgreSQL of one statement of DDL, and schema and model afterwards.

    `schema` holds the CREATE texts of what is there, `model` what became of it; a table or view that the
    model does not have stayed behind and is left alone. Raises TranslationError, with SQLite's own message
    where SQLite refuses.
    """
    if not is_definition(sql):
        raise TranslationError("a statement that neither creates nor alters nor drops", sql)
    _refuse_virtual(sql)
    try:
        with closing(_replayed(schema)) as connection:
            before = _read(connection)
            _run(connection, sql)
            after = _read(connection)
        return _defined(sql, _Given(before=before, after=after, model=model, options=options, schema=schema))
    except TranslationError:
        raise
    except OutgrowError as error:
        raise TranslationError(str(error), sql) from error


# SQLite's side: the schema before and after.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Catalog:
    """Everything in SQLite at one moment. `temp` holds temporary objects as if they were ordinary ones.

    `broken` holds what SQLite says of triggers that it cannot run, by place and folded name.
    """

    main: Database
    temp: Database
    broken: Mapping[tuple[str, str], str]
    texts: tuple[str, ...]


def _head(sql: str, size: int = 2) -> list[Token]:
    """The first tokens that stand for something; fewer when the text ends or cannot be read."""
    found: list[Token] = []
    try:
        for token in tokens(sql):
            if found or token.word != ";":
                found.append(token)
            if len(found) == size:
                break
    except TokenError:
        pass
    return found


def _refuse_virtual(sql: str) -> None:
    head = _head(sql, 1000)
    words = [token.word for token in head]
    if words[:2] != ["CREATE", "VIRTUAL"]:
        return
    at = words.index("USING") + 1 if "USING" in words else len(head)
    module = f" USING {unquote(head[at])}" if at < len(head) else ""
    raise TranslationError(f"CREATE VIRTUAL TABLE{module}", sql)


def _replayed(texts: Iterable[str]) -> apsw.Connection:
    """An empty SQLite with that schema; functions, collations and modules it lacks are made up."""
    connection = apsw.Connection(":memory:", statementcachesize=0)  # one kept would show a view as it was
    connection.collation_needed(lambda known, name: known.create_collation(name, _bytewise))
    for setting in (apsw.SQLITE_DBCONFIG_DQS_DDL, apsw.SQLITE_DBCONFIG_DQS_DML):
        connection.config(setting, 1)
    for text in texts:
        virtual = [token.word for token in _head(text)] == ["CREATE", "VIRTUAL"]
        _replay(connection, text, virtual=virtual)
    return connection


def _bytewise(left: str, right: str) -> int:
    return (left > right) - (left < right)


def _replay(connection: apsw.Connection, text: str, *, virtual: bool) -> None:
    made_up: set[str] = set()
    while True:
        try:
            connection.execute(text)
        except apsw.Error as error:
            said = str(error)
            function = said.removeprefix("no such function: ")
            if function != said and function not in made_up:
                connection.create_scalar_function(function, lambda *_: None, deterministic=True)
                made_up.add(function)
            elif virtual:
                _write_virtual(connection, text)
                return
            elif said.startswith("object name reserved") or said.endswith(" already exists"):
                return  # sqlite_sequence and the like, or a shadow table that came with its virtual one
            else:
                raise TranslationError(f"the schema that was kept ({said})", text) from error
        else:
            return


def _write_virtual(connection: apsw.Connection, text: str) -> None:
    """A virtual table whose module is not here, or whose shadow tables are: its row alone."""
    words = _head(text, 1000)
    at = 6 if [token.word for token in words[3:6]] == ["IF", "NOT", "EXISTS"] else 3
    name = unquote(words[at])
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("INSERT INTO sqlite_master VALUES ('table', ?1, ?1, 0, ?2)", (name, text))
    connection.execute("PRAGMA writable_schema = RESET")


def _run(connection: apsw.Connection, sql: str) -> None:
    """Runs exactly one statement; a TranslationError with SQLite's message when it refuses."""
    numbers = count(1)

    def only_one(_cursor: Any, _sql: str, _bindings: Any) -> bool:
        if next(numbers) > 1:
            raise TranslationError("several statements at once", sql)
        return True

    cursor = connection.cursor()
    cursor.exec_trace = only_one
    try:
        cursor.execute(sql).fetchall()
    except apsw.BindingsError as error:
        raise TranslationError("a parameter in DDL", sql) from error
    except apsw.Error as error:
        raise SqliteRefusesError(str(error), sql) from error


_ENTRIES = (
    "SELECT type, name, tbl_name, sql FROM {} WHERE sql IS NOT NULL"
    " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid"
)


def _read(connection: apsw.Connection) -> _Catalog:
    main, temporary = _entries(connection, "main"), _entries(connection, "temp")
    stored = [entry.sql for entry in temporary if entry.type in {"table", "index"}]
    with closing(_replayed(stored)) as own:
        temp = read_catalog(own, "temp")
    return _Catalog(
        main=read_catalog(connection, "main"),
        temp=replace(
            temp,
            views=tuple(View(name=e.name, sql=e.sql) for e in temporary if e.type == "view"),
            triggers=tuple(
                Trigger(name=e.name, table=e.table, sql=e.sql) for e in temporary if e.type == "trigger"
            ),
        ),
        broken={
            (place, fold(entry.name)): said
            for place, entries in (("main", main), ("temp", temporary))
            for entry in entries
            if entry.type == "trigger" and (said := _complaint(connection, place, entry))
        },
        texts=(
            *(entry.sql for entry in main),
            *(entry.sql if entry.type == "index" else _marked(entry.sql) for entry in temporary),
        ),
    )


def _complaint(connection: apsw.Connection, place: str, entry: Entry) -> str:
    """What SQLite says of any statement that would fire the trigger; "" when it can run."""
    text = parse_trigger(entry.sql)
    table = f"{place}.{quote_sqlite(entry.table)}"
    columns = text.update_of
    if text.event == "UPDATE" and not columns:
        rows = connection.execute("SELECT name FROM pragma_table_info(?, ?)", (entry.table, place))
        columns = tuple(str(name) for (name,) in rows)
    statement = {
        "INSERT": f"INSERT INTO {table} DEFAULT VALUES",
        "UPDATE": "".join(f"UPDATE {table} SET {quote_sqlite(c)} = NULL" for c in columns[:1]),
        "DELETE": f"DELETE FROM {table}",
    }[text.event]
    try:
        connection.execute(f"EXPLAIN {statement}")
    except apsw.Error as error:
        said = str(error)
        return "" if said == f"no such table: temp.{entry.table}" else said
    return ""


def _entries(connection: apsw.Connection, place: str) -> list[Entry]:
    rows = connection.execute(_ENTRIES.format(f"{place}.sqlite_master"))
    return [
        Entry(type=str(kind), name=str(name), table=str(table), sql=str(sql))
        for kind, name, table, sql in rows
    ]


def _marked(sql: str) -> str:
    """The text of a temporary object, from which SQLite strikes the word, with it."""
    return "CREATE TEMP " + sql.removeprefix("CREATE ")


# What is known of each object, and the two plans.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    before: _Catalog
    after: _Catalog
    model: TargetModel
    options: Options
    schema: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A table that the target has: its relation, and by folded name the columns that were there already."""

    relation: Relation
    columns: Mapping[str, TargetColumn]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
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


def _origins(before: Database, after: Database) -> dict[str, Table]:
    """What each table was before. One that is gone beside one that is new has been renamed."""
    old = {fold(table.name): table for table in before.tables}
    found = {fold(table.name): old[fold(table.name)] for table in after.tables if fold(table.name) in old}
    gone = [table for name, table in old.items() if name not in found]
    fresh = [table for table in after.tables if fold(table.name) not in old]
    if len(gone) == len(fresh) == 1:
        found[fold(fresh[0].name)] = gone[0]
    return found


def _known(origin: Table, table: Table, relation: Relation) -> _Known:
    if len(origin.columns) == len(table.columns):
        pairs = [(new.name, old.name) for old, new in zip(origin.columns, table.columns, strict=True)]
    else:
        there = {fold(column.name) for column in origin.columns}
        pairs = [(column.name, column.name) for column in table.columns if fold(column.name) in there]
    try:
        return _Known(relation=relation, columns={fold(new): relation.column(old) for new, old in pairs})
    except KeyError as error:
        raise TranslationError(f"{origin.name}.{error.args[0]}, which the model does not have") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planner:
    """Plans one side at one moment.

    `known` leads from folded names of tables to what the target has of them, None for one that stayed
    behind. `views` are those that it has. `outside` holds the relations of the other side, for temporary
    views. `broken` holds what SQLite says of triggers that it cannot run.
    """

    options: Options
    known: Mapping[str, _Known | None]
    views: Mapping[str, Relation]
    fixed: _Fixed = field(default_factory=dict)
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
        choices |= _unlimited(content, choices, fixed)
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
        return _with_temporary(made, content, self.outside, bytewise=self.options.bytewise)

    def _overrides(self, database: Database) -> tuple[Overrides, _Fixed]:
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
        self, table: Table, entry: _Known | None
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
            statements.append(_late(sql, outcome.name, replace(outcome, fate="changed")))
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
    database: Database, choices: Mapping[ColumnKey, Choice], fixed: _Fixed
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
            if _takes_any_class(column, choice):
                changed[key] = replace(choice, type="text", conversion="escaped")
            elif base != choice.type and base in {"varchar", "numeric"}:
                changed[key] = replace(choice, type="text" if base == "varchar" else base)
    return changed


def _takes_any_class(column: Column, choice: Choice) -> bool:
    """Whether the declaration promises no class: no type, ANY, or words that SQLite reads as NUMERIC."""
    if choice.conversion != "same":
        return False
    if column.affinity is Affinity.BLOB:
        return declared(column.declared_type).meaning != "blob"
    return column.affinity is Affinity.NUMERIC and choice.type == "text"


def _with_temporary(made: Plan, database: Database, outside: TargetModel, *, bytewise: bool) -> Plan:
    """The plan of temporary tables with the views and triggers that may speak of all relations."""
    statements = list(made.statements)
    outcomes = list(made.outcomes)
    findings = list(made.findings)
    own = list(made.model.relations)
    for entry in database.views:
        left = Outcome(kind="views", name=entry.name, fate="left", text=entry.sql, source_name=entry.name)
        here = TargetModel(schema=TEMPORARY, relations=(*own, *outside.relations))
        try:
            found = view(entry, model=here, bytewise=bytewise)
        except TranslationError as error:
            outcomes.append(replace(left, reason=str(error), rule="view.left"))
            findings.append(Finding(rule="view.left", object=entry.name, detail=str(error)))
            continue
        name = fold(entry.name)
        own.append(
            Relation(source=entry.name, schema=TEMPORARY, name=name, columns=found.columns, kind="view")
        )
        statements.append(_late(found.sql, entry.name, replace(left, fate="moved", target=name)))
    here = TargetModel(schema=TEMPORARY, relations=(*own, *outside.relations))
    for each in database.triggers:
        left = Outcome(kind="triggers", name=each.name, fate="left", text=each.sql, table=each.table)
        try:
            made_trigger = _temporary_trigger(each, here, bytewise=bytewise)
        except (KeyError, TranslationError) as error:
            reason = f"there is no table {each.table}" if isinstance(error, KeyError) else str(error)
            outcomes.append(replace(left, reason=reason, rule="trigger.left"))
            findings.append(Finding(rule="trigger.left", object=each.name, detail=reason))
            continue
        statements.append(_late(";\n".join(made_trigger.statements), each.name, replace(left, fate="moved")))
    return replace(
        made,
        statements=tuple(statements),
        outcomes=tuple(outcomes),
        findings=tuple(findings),
        model=replace(made.model, relations=tuple(own)),
    )


def _temporary_trigger(entry: Trigger, model: TargetModel, *, bytewise: bool) -> TranslatedTrigger:
    if model.relation(entry.table).schema != TEMPORARY:
        raise TranslationError("a temporary trigger on a table that is not temporary", entry.sql)
    return trigger(entry, model=model, bytewise=bytewise)


def _late(sql: str, why: str, outcome: Outcome) -> Statement:
    return Statement(sql=sql, why=why, phase="post-data", after_all=True, outcomes=(outcome,))


# From two plans to statements.


@dataclass(frozen=True, slots=True)
class _Stages:
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
    def joined(main: _Stages, temp: _Stages) -> tuple[str, ...]:
        """Both sides: what temporary objects stand on goes after them and comes before them."""
        names = list(_Stages.__dataclass_fields__)
        drops = names[: names.index("renamed")]
        pairs = [(temp, main) if name in drops else (main, temp) for name in names]
        return tuple(
            sql
            for name, pair in zip(names, pairs, strict=True)
            for side in pair
            for sql in getattr(side, name)
        )


def _defined(sql: str, given: _Given) -> Defined:
    before, after, model = given.before, given.after, given.model
    if before.texts == after.texts:
        return Defined(statements=(), schema=after.texts, model=model, findings=())
    types = given.options.types
    options = replace(given.options, types="faithful" if types == "faithful" else "declared")
    query = _query_of(sql)
    fixed: _Fixed = {}
    if query is not None:
        fixed = _types_of_query(query, after, before, model, options)
    main = _side(given, "main", options, fixed)
    temp = _side(given, "temp", replace(options, schema=TEMPORARY), fixed, (main.old.model, main.new.model))
    renames = main.renames or temp.renames
    stages: list[_Stages] = []
    found: list[tuple[Relation, ...]] = []
    lines: list[str] = []
    for side in (main, temp):
        done = _Difference(side, renames=renames)
        stages.append(done.stages)
        found.append(done.relations())
        lines += done.findings(sql)
    there = TargetModel(schema=model.schema, relations=(*found[1], *found[0]))
    for side, stage in zip((main, temp), stages, strict=True):
        if query is not None:
            stage.rows.extend(_rows(query, side, there, options))
        stage.altered[:0] = _guards(side, given, sql)
    return Defined(
        statements=_Stages.joined(*stages),
        schema=after.texts,
        model=there,
        findings=tuple(dict.fromkeys(lines)),
    )


def _side(
    about: _Given,
    place: Literal["main", "temp"],
    options: Options,
    fixed: _Fixed,
    outside: tuple[TargetModel, TargetModel] | None = None,
) -> _Side:
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
    origins = _origins(content, content_after)
    planner = _Planner(
        options=options,
        known={
            fold(table.name): _known(table, table, given[fold(table.name)])
            if fold(table.name) in given
            else None
            for table in content.tables
        },
        views=views,
        outside=outside[0] if outside else None,
        broken=broken_before,
    )
    old = planner.plan(before)
    planned = {fold(statement.outcomes[0].name) for statement in _late_ones(old, "views")}
    known: dict[str, _Known | None] = {}
    for name, origin in origins.items():
        relation = given.get(fold(origin.name))
        table = content_after.table(name)
        known[name] = _known(origin, table, relation) if relation is not None else None
    new = replace(
        planner,
        known=known,
        fixed=fixed,
        # A view that could be here and is not was left behind by the user.
        leave=frozenset(planned - views.keys()),
        outside=outside[1] if outside else None,
        broken=broken,
    ).plan(after)
    return _Side(
        schema=options.schema, before=content, after=content_after, origins=origins, given=given, old=old,
        new=new, broken=broken,
    )  # fmt: skip


def _late_ones(plan: Plan, kind: Literal["views", "triggers"]) -> list[Statement]:
    return [
        statement
        for statement in plan.statements
        if statement.outcomes and statement.outcomes[0].kind == kind
    ]


_Part = tuple[str, str, object]
"""What a statement makes: the folded table as it is now called, the kind, and which of its kind."""


class _Difference:
    """What one side needs so that the target becomes what the new plan says."""

    def __init__(self, side: _Side, *, renames: bool) -> None:
        self._side, self._renames = side, renames
        self.stages = _Stages()
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
                statement = create_table(planned, side.schema, ())
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
        known = _known(origin, table, relation)
        kept = {fold(column.source) for column in known.columns.values()}
        for old in relation.columns:
            if fold(old.source) not in kept:
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
        old = dict(_parts_of(side.old, side.before, now, renames=self._renames))
        new = dict(_parts_of(side.new, side.after, {}, renames=self._renames))
        for part, statement in new.items():
            table, kind, _ = part
            if part in old:
                self._rename_index(old[part], statement)
            elif side.is_new(table):
                self._stage_of(kind).extend(_plain(statement))
            elif kind == "foreign_keys":
                # Rows were let in while there was no parent; they may stay.
                known = len(side.origins[table].foreign_keys) == len(side.after.table(table).foreign_keys)
                self._stage_of(kind).extend(_unnamed(statement, valid=not known))
            elif kind in {"indexes", "checks"} and not (kind == "checks" and self._renames):
                self._stage_of(kind).extend(_unnamed(statement, valid=True))
        for part, statement in old.items():
            if part not in new and part[0] in side.origins:
                self._drop_part(part, statement)

    def _drop_part(self, part: _Part, statement: Statement) -> None:
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
        before, after = _index_name(old, self._side.schema), _index_name(new, self._side.schema)
        if before and after and before != after:
            self.stages.renamed.append(
                f"ALTER INDEX IF EXISTS {quote(self._side.schema)}.{before} RENAME TO {after}"
            )

    # Views and triggers.

    def _views(self) -> None:
        side = self._side
        old = {fold(entry.outcomes[0].name): entry for entry in _late_ones(side.old, "views")}
        new = {fold(entry.outcomes[0].name): entry for entry in _late_ones(side.new, "views")}
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
        old = {fold(entry.outcomes[0].name): entry for entry in _late_ones(side.old, "triggers")}
        new = {fold(entry.outcomes[0].name): entry for entry in _late_ones(side.new, "triggers")}
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
                found.append(side.given[name] if same else relation)
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


def _parts_of(
    plan: Plan, database: Database, now: Mapping[str, str], *, renames: bool
) -> Iterator[tuple[_Part, Statement]]:
    """Keys, indexes, checks and foreign keys of a plan by what they are; `now` gives a table's later name.

    A foreign key is told by its place where a statement `renames` what its text speaks of.
    """
    numbers: Counter[object] = Counter()
    waiting = {
        fold(table.name): [_key_label(table, key) for key in table.foreign_keys] for table in database.tables
    }
    for statement in plan.statements:
        if statement.table is None or statement.phase != "post-data":
            continue
        own = fold(statement.table)
        kind = statement.outcomes[0].kind if statement.outcomes else "collated"
        which: object = None
        if kind == "indexes":
            which = fold(statement.outcomes[0].source_name)
        elif kind == "foreign_keys":
            label = statement.outcomes[0].name
            place = waiting[own].index(label)
            waiting[own][place] = ""
            numbers[own, kind, label] += 1
            which = place if renames else (label, numbers[own, kind, label])
        else:
            text = statement.outcomes[0].text if kind == "checks" else ""
            numbers[own, kind, text] += 1
            which = (text, numbers[own, kind, text])
        yield (now.get(own, own), kind, which), statement


def _key_label(table: Table, key: ForeignKey) -> str:
    """What `plan.constraints` calls a foreign key."""
    return f"{table.name}.{key.name or 'FOREIGN KEY (' + ', '.join(key.columns) + ')'} → {key.parent_table}"


def _plain(statement: Statement) -> list[str]:
    """The statement for a table without rows: nothing to validate later."""
    parts = (statement.build, statement.sql.removesuffix(" NOT VALID"))
    return [sql for sql in parts if sql]


def _unnamed(statement: Statement, *, valid: bool) -> list[str]:
    """The statement for a table that is there, where PostgreSQL names a constraint without a name.

    Not `valid`: rows that break it may stay.
    """
    parts = _plain(statement) if valid else [sql for sql in (statement.build, statement.sql) if sql]
    outcome = statement.outcomes[0]
    if outcome.kind in {"checks", "foreign_keys"} and not outcome.source_name:
        parts = [sql.replace(f"ADD CONSTRAINT {quote(outcome.target)} ", "ADD ", 1) for sql in parts]
    return parts


def _index_name(statement: Statement, schema: str) -> str:
    """The quoted name of the index that a statement makes; "" when it makes none."""
    if not statement.outcomes:
        return (statement.reverse or "").removeprefix(f"DROP INDEX {quote(schema)}.")
    outcome = statement.outcomes[0]
    return quote(outcome.target) if outcome.kind in {"primary_keys", "unique_constraints", "indexes"} else ""


# CREATE TABLE AS, and what SQLite refuses of a table with rows.


def _query_of(sql: str) -> str | None:
    """The query of CREATE TABLE … AS; None for any other statement."""
    found = [token for token in _head(sql, len(sql) + 1) if token.kind != "end"]
    words = [token.word for token in found]
    at = 2 if words[1:2] in (["TEMP"], ["TEMPORARY"]) else 1
    if words[at : at + 1] != ["TABLE"]:
        return None
    at += 1
    if words[at : at + 3] == ["IF", "NOT", "EXISTS"]:
        at += 3
    at += 1
    if words[at : at + 1] == ["."]:
        at += 2
    if words[at : at + 1] != ["AS"]:
        return None
    last = found[-2] if words[-1] == ";" else found[-1]
    return sql[found[at + 1].start : last.end]


def _types_of_query(
    query: str, after: _Catalog, before: _Catalog, model: TargetModel, options: Options
) -> _Fixed:
    """Columns of CREATE TABLE AS that come from a column kept in a type of its own keep that type."""
    found = view(View(name="q", sql=f"CREATE VIEW q AS {query}"), model=model, bytewise=options.bytewise)
    fixed: dict[ColumnKey, tuple[str, str]] = {}
    for old, new in ((before.main, after.main), (before.temp, after.temp)):
        there = {fold(table.name) for table in old.tables}
        for table in new.tables:
            if fold(table.name) in there or len(table.columns) != len(found.columns):
                continue
            for column, result in zip(table.columns, found.columns, strict=True):
                if column.declared_type and result.conversion not in {"same", "tagged"}:
                    kept = "numeric" if result.type.startswith("numeric(") else result.type
                    fixed[table.name, column.name] = (kept, result.conversion)
    return fixed


def _rows(query: str, side: _Side, model: TargetModel, options: Options) -> Iterator[str]:
    """The rows of CREATE TABLE AS."""
    for table in side.after.tables:
        if side.is_new(table.name):
            text = f"INSERT INTO {quote_sqlite(table.name)} {query}"
            yield translate_statement(text, model=model, bytewise=options.bytewise).sql


def _guards(side: _Side, given: _Given, sql: str) -> Iterator[str]:
    """What SQLite says of ADD COLUMN only when the table has rows, as a test of the target's table."""
    for table in side.after.tables:
        origin = side.origins.get(fold(table.name))
        if origin is None or len(table.columns) <= len(origin.columns) or fold(origin.name) not in side.given:
            continue
        refusal = _refusal_with_a_row(given.schema, sql, origin, temporary=side.schema == TEMPORARY)
        if refusal:
            relation = side.given[fold(origin.name)]
            yield (
                f"DO $outgrow$ BEGIN IF EXISTS (SELECT FROM {qualified(relation.schema, relation.name)})"
                f" THEN RAISE EXCEPTION '%', {literal(refusal)}; END IF; END $outgrow$"
            )


def _refusal_with_a_row(schema: Sequence[str], sql: str, table: Table, *, temporary: bool) -> str:
    place = "temp" if temporary else "main"
    with closing(_replayed(schema)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for entry in _entries(connection, place):
            if entry.type == "trigger":
                connection.execute(f"DROP TRIGGER {place}.{quote_sqlite(entry.name)}")
        columns = [column for column in table.columns if column.generated is None]
        listed = ", ".join(quote_sqlite(column.name) for column in columns)
        values = ", ".join("x''" if "BLOB" in column.declared_type.upper() else "1" for column in columns)
        try:
            connection.execute(f"INSERT INTO {place}.{quote_sqlite(table.name)} ({listed}) VALUES ({values})")
            connection.execute(sql)
        except apsw.Error as error:
            return str(error) if "annot add" in str(error) else ""
    return ""
