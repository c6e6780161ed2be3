"""Reads SQLite's queries, CREATE VIEW and CREATE TRIGGER into `tree`.

Stands on `grammar`, before `queries`, `view` and `trigger`. Clauses that are not in the closed list
(windows, OR REPLACE, upsert, table functions, ...) raise TranslationError by name.
"""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from outgrow.schema.target import Qualified
from outgrow.translate import tree
from outgrow.translate.grammar import Reader

_COMPOUNDS = ("UNION", "INTERSECT", "EXCEPT")
_AFTER_SOURCE = frozenset(
    {"CROSS", "INNER", "LEFT", "NATURAL", "RIGHT", "FULL", "OUTER", "WINDOW", "INDEXED"}
)
_AFTER_ITEM = frozenset({"WINDOW"})


class StatementReader(Reader):
    """The expression grammar plus queries and statements.

    `parameter_names` maps the names of bound parameters to their numbers, `largest` is the largest one.
    """

    def __init__(self, sql: str, *, parameters_allowed: bool = False) -> None:
        super().__init__(sql)
        self.parameters_allowed = parameters_allowed
        self.parameter_names: dict[str, int] = {}
        self.largest = 0

    def query(self) -> tree.Query:
        """WITH …, SELECTs joined by compound operators, ORDER BY, LIMIT."""
        recursive, commons = self._with()
        selects: list[tree.Select] = []
        operators: list[str] = []
        self._core(selects, operators)
        while self.at(*_COMPOUNDS):
            operator = self.advance().word
            if operator == "UNION" and self.accept("ALL"):
                operator = "UNION ALL"
            operators.append(operator)
            self._core(selects, operators)
        order = self.order_by()
        limit, offset = self._limit()
        return tree.Query(tuple(selects), tuple(operators), order, limit, offset, commons, recursive)

    def _with(self) -> tuple[bool, tuple[tree.Common, ...]]:
        if not self.accept("WITH"):
            return False, ()
        recursive = self.accept("RECURSIVE")
        found = [self._common()]
        while self.accept(","):
            found.append(self._common())
        return recursive, tuple(found)

    def _common(self) -> tree.Common:
        name = self.name()
        columns = self.names() if self.at("(") else ()
        self.expect("AS")
        if self.accept("NOT"):
            self.expect("MATERIALIZED")
        else:
            self.accept("MATERIALIZED")
        self.expect("(")
        query = self.query()
        self.expect(")")
        return tree.Common(name, columns, query)

    def _core(self, selects: list[tree.Select], operators: list[str]) -> None:
        if not self.accept("VALUES"):
            self.expect("SELECT")
            selects.append(self._select())
            return
        selects.append(self._row())
        while self.accept(","):
            operators.append("UNION ALL")
            selects.append(self._row())

    def _row(self) -> tree.Select:
        self.expect("(")
        items = tuple(
            tree.Item(expression, f"column{number}")
            for number, expression in enumerate(self.expressions(), 1)
        )
        self.expect(")")
        return tree.Select(items)

    def _select(self) -> tree.Select:
        distinct = self.accept("DISTINCT")
        if not distinct:
            self.accept("ALL")
        items = [self._item()]
        while self.accept(","):
            items.append(self._item())
        sources = self._from() if self.accept("FROM") else ()
        where = self.expression() if self.accept("WHERE") else None
        group = self.expressions() if self.accept("GROUP", "BY") else ()
        having = self.expression() if self.accept("HAVING") else None
        windows = self._windows() if self.accept("WINDOW") else ()
        return tree.Select(tuple(items), sources, where, group, having, distinct, windows)

    def _windows(self) -> tuple[tuple[str, tree.Window], ...]:
        found: list[tuple[str, tree.Window]] = []
        while True:
            name = self.name()
            self.expect("AS")
            found.append((name, self.window()))
            if not self.accept(","):
                return tuple(found)

    def _item(self) -> tree.Item:
        if self.accept("*"):
            return tree.Item(None)
        if self.at_name() and self.ahead().word == "." and self.ahead(2).word == "*":
            table = self.name()
            self.advance()
            self.advance()
            return tree.Item(None, table=table)
        start = self.token.start
        expression = self.expression()
        text = self.sql[start : self.token.start].rstrip()  # comments belong to it
        return tree.Item(expression, self._alias(_AFTER_ITEM), text=text)

    def _alias(self, not_here: frozenset[str]) -> str | None:
        if self.accept("AS"):
            return self.name()
        return self.name() if self.at_name() and not self.at(*not_here) else None

    def _from(self) -> tuple[tree.Join, ...]:
        joins = [tree.Join("CROSS", self._source())]
        while True:
            if self.accept(","):
                joins.append(self._join("CROSS", natural=False))
                continue
            natural = self.accept("NATURAL")
            kind = self._join_kind()
            if kind is None:
                if natural:
                    raise self.unexpected()
                return tuple(joins)
            joins.append(self._join(kind, natural=natural))

    def _join_kind(self) -> tree.JoinKind | None:
        outer: tuple[tree.JoinKind, ...] = ("LEFT", "RIGHT", "FULL")
        for word in outer:
            if self.accept(word):
                self.accept("OUTER")
                self.expect("JOIN")
                return word
        for words in (("INNER", "JOIN"), ("CROSS", "JOIN"), ("JOIN",)):
            if self.accept(*words):
                return "CROSS" if words[0] == "CROSS" else "INNER"
        return None

    def _join(self, kind: tree.JoinKind, *, natural: bool) -> tree.Join:
        source = self._source()
        if self.accept("ON"):
            return tree.Join(
                "INNER" if kind == "CROSS" else kind, source, on=self.expression(), natural=natural
            )
        if self.at("USING"):
            self.advance()
            return tree.Join(
                "INNER" if kind == "CROSS" else kind, source, using=self.names(), natural=natural
            )
        return tree.Join(kind, source, natural=natural)

    def _source(self) -> tree.TableRef | tree.Derived | tree.TableCall | tree.Nested:
        if self.accept("("):
            if not self.at("SELECT", "WITH", "VALUES"):
                joins = self._from()
                self.expect(")")
                return tree.Nested(joins)
            query = self.query()
            self.expect(")")
            return tree.Derived(query, self._alias(_AFTER_SOURCE))
        name = self._table_name()
        if self.accept("("):
            arguments = () if self.at(")") else self.expressions()
            self.expect(")")
            return tree.TableCall(name.lower(), arguments, self._alias(_AFTER_SOURCE))
        alias = self._alias(_AFTER_SOURCE)
        if self.accept("INDEXED", "BY"):
            self.name()
        else:
            self.accept("NOT", "INDEXED")
        return tree.TableRef(name, alias)

    def _table_name(self) -> str:
        name = self.name()
        if not self.accept("."):
            return name
        return Qualified(self.name(), name)

    def _limit(self) -> tuple[tree.Expression | None, tree.Expression | None]:
        if not self.accept("LIMIT"):
            return None, None
        first = self.expression()
        if self.accept(","):
            return self.expression(), first
        return first, self.expression() if self.accept("OFFSET") else None

    def create_view(self) -> tree.CreateView:
        """CREATE VIEW …, whole."""
        self._create("VIEW")
        name = self._table_name()
        columns = self.names() if self.at("(") else ()
        self.expect("AS")
        query = self.query()
        self.accept(";")
        self.expect_end()
        return tree.CreateView(name, columns, query)

    def _create(self, what: str) -> None:
        self.expect("CREATE")
        if self.at("TEMP", "TEMPORARY"):
            raise self.refused(f"a temporary {what.lower()}")
        self.expect(what)
        self.accept("IF", "NOT", "EXISTS")

    def create_trigger(self) -> tree.CreateTrigger:
        """CREATE TRIGGER …, whole."""
        self._create("TRIGGER")
        name = self._table_name()
        timing: tree.Timing = "BEFORE"
        if self.accept("AFTER"):
            timing = "AFTER"
        elif self.accept("INSTEAD", "OF"):
            timing = "INSTEAD OF"
        else:
            self.accept("BEFORE")
        event = self.advance().word
        if event not in {"INSERT", "UPDATE", "DELETE"}:
            raise self.unexpected()
        columns = self._update_of()
        self.expect("ON")
        table = self._table_name()
        self.accept("FOR", "EACH", "ROW")
        when = self.expression() if self.accept("WHEN") else None
        body = self._body()
        return tree.CreateTrigger(name, timing, cast(tree.Event, event), columns, table, when, body)

    def _update_of(self) -> tuple[str, ...]:
        if not self.accept("OF"):
            return ()
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        return tuple(found)

    def _body(self) -> tuple[tree.Statement, ...]:
        self.expect("BEGIN")
        found: list[tree.Statement] = []
        while not self.accept("END"):
            found.append(self._statement())
            self.expect(";")
        self.accept(";")
        self.expect_end()
        return tuple(found)

    def _statement(self) -> tree.Statement:
        """One statement of a trigger's body."""
        if not self.at("SELECT", "VALUES", "WITH", "INSERT", "REPLACE", "UPDATE", "DELETE"):
            raise self.refused(f"{self.token.word} in a trigger")
        return self.statement()

    def statement(self) -> tree.Statement:
        """SELECT, INSERT, REPLACE, UPDATE or DELETE, with or without WITH."""
        if self.at("SELECT", "VALUES"):
            return self.query()
        start, largest, names = self._at, self.largest, dict(self.parameter_names)
        _, commons = self._with()
        if self.accept("INSERT"):
            conflict = self.advance().word if self.accept("OR") else ""
            return self._insert(conflict, commons)
        if self.accept("REPLACE"):
            return self._insert("REPLACE", commons)
        if self.accept("UPDATE"):
            return self._update(commons)
        if self.accept("DELETE"):
            return self._delete(commons)
        self._at, self.largest, self.parameter_names = start, largest, names
        return self.query()

    def _insert(self, conflict: str, commons: tuple[tree.Common, ...]) -> tree.Insert:
        self.expect("INTO")
        table = self._table_name()
        alias = self.name() if self.accept("AS") else None
        columns = self.names() if self.at("(") else ()
        if self.accept("DEFAULT", "VALUES"):
            return tree.Insert(table, columns, None, conflict, alias, (), self._returning(), commons)
        source = self.query()
        upserts: list[tree.Upsert] = []
        while self.accept("ON", "CONFLICT"):
            upserts.append(self._upsert())
        return tree.Insert(
            table, columns, source, conflict, alias, tuple(upserts), self._returning(), commons
        )

    def _upsert(self) -> tree.Upsert:
        target: tuple[tree.Expression, ...] = ()
        target_where = None
        if self.accept("("):
            target = self.expressions()
            self.expect(")")
            target_where = self.expression() if self.accept("WHERE") else None
        self.expect("DO")
        if self.accept("NOTHING"):
            return tree.Upsert(target, target_where)
        self.expect("UPDATE")
        assignments = self._assignments()
        return tree.Upsert(
            target, target_where, assignments, self.expression() if self.accept("WHERE") else None
        )

    def _returning(self) -> tuple[tree.Item, ...]:
        if not self.accept("RETURNING"):
            return ()
        items = [self._item()]
        while self.accept(","):
            items.append(self._item())
        return tuple(items)

    def _update(self, commons: tuple[tree.Common, ...]) -> tree.Update:
        conflict = self.advance().word if self.accept("OR") else ""
        table = self._table_name()
        alias = self._target_alias()
        assignments = self._assignments()
        sources = self._from() if self.accept("FROM") else ()
        where = self.expression() if self.accept("WHERE") else None
        returning = self._returning()
        order = self.order_by()
        limit, offset = self._limit()
        return tree.Update(
            table, assignments, where, conflict, alias, sources, order, limit, offset,
            returning or self._returning(), commons,
        )  # fmt: skip

    def _target_alias(self) -> str | None:
        alias = self.name() if self.accept("AS") else None
        if self.accept("INDEXED", "BY"):
            self.name()
        else:
            self.accept("NOT", "INDEXED")
        return alias

    def _delete(self, commons: tuple[tree.Common, ...]) -> tree.Delete:
        self.expect("FROM")
        table = self._table_name()
        alias = self._target_alias()
        where = self.expression() if self.accept("WHERE") else None
        returning = self._returning()
        order = self.order_by()
        limit, offset = self._limit()
        return tree.Delete(table, where, alias, order, limit, offset, returning or self._returning(), commons)

    def _assignments(self) -> tuple[tuple[tuple[str, ...], tree.Expression], ...]:
        self.expect("SET")
        found = [self._assignment()]
        while self.accept(","):
            found.append(self._assignment())
        return tuple(found)

    def _assignment(self) -> tuple[tuple[str, ...], tree.Expression]:
        columns = self.names() if self.at("(") else (self.name(),)
        self.expect("=")
        return columns, self.expression()

    def parameter(self) -> tree.Expression:
        """`?`, `?NNN`, `:name`, `@name`, `$name`, numbered as SQLite numbers them."""
        if not self.parameters_allowed:
            return super().parameter()
        text = self.advance().text
        if text == "?":
            self.largest += 1
            return tree.Parameter(self.largest)
        if text[0] == "?":
            number = int(text[1:])
            self.largest = max(self.largest, number)
            return tree.Parameter(number)
        if text not in self.parameter_names:
            self.largest += 1
            self.parameter_names[text] = self.largest
        return tree.Parameter(self.parameter_names[text])


@lru_cache(maxsize=512)
def read_view(sql: str) -> tree.CreateView:
    """The tree of a CREATE VIEW text; TranslationError for what the closed list does not hold."""
    return StatementReader(sql).create_view()


@lru_cache(maxsize=512)
def read_trigger(sql: str) -> tree.CreateTrigger:
    """The tree of a CREATE TRIGGER text; TranslationError for what the closed list does not hold."""
    return StatementReader(sql).create_trigger()
