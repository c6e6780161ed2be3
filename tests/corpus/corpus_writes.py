"""Writes for the tables of a real database that have triggers, from its rows, keys and constants.

The statements are the same in every run: a generator seeded with the name of the database draws them
from SQLite's side as it stands, so that each follows from those before it.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

from outgrow.schema.model import Affinity, Database, Table, Trigger
from outgrow.schema.names import fold, quote_sqlite
from outgrow.schema.target import Relation, TargetColumn, TargetModel
from outgrow.translate import tree
from outgrow.translate.grammar import read_expression
from outgrow.translate.statements import read_trigger
from outgrow.translate.walk import walk

_NUMBERS = {Affinity.INTEGER, Affinity.NUMERIC, Affinity.REAL}

Value = int | float | str | bytes | None


def literal(value: Value) -> str:
    """The value as SQLite writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"X'{value.hex()}'" if isinstance(value, bytes) else repr(value)


@dataclass(slots=True)
class Target:
    """A table or view that is written to, and the texts of its triggers."""

    name: str
    columns: list[str]
    key: list[str]
    rowid: str | None
    relation: Relation
    checked: dict[str, list[Value]] = field(default_factory=dict)
    triggers: list[tree.CreateTrigger] = field(default_factory=list)

    @property
    def events(self) -> set[str]:
        return {trigger.event for trigger in self.triggers}


def targets(database: Database, moved: list[Trigger], model: TargetModel) -> list[Target]:
    """What the moved triggers stand on, in the order of the catalog."""
    found: dict[str, Target] = {}
    for entry in moved:
        name = fold(entry.table)
        if name not in found:
            found[name] = _target(database, model.relation(entry.table))
        found[name].triggers.append(read_trigger(entry.sql))
    return list(found.values())


def _target(database: Database, relation: Relation) -> Target:
    name = relation.source
    if relation.kind == "view":
        listed = [column.source for column in relation.columns]
        return Target(name=name, columns=listed, key=[], rowid=None, relation=relation)
    table = database.table(name)
    columns = [column.name for column in table.columns if not column.generated]
    key = list(table.primary_key) or ([table.rowid_alias] if table.rowid_alias else [])
    checked = _constants(*(read_expression(check.expression) for check in table.checks))
    return Target(
        name=name, columns=columns, key=key, rowid=table.rowid_alias, relation=relation, checked=checked
    )


class Writes:
    """The statements for one target, drawn from what SQLite's side holds."""

    def __init__(
        self, lite: sqlite3.Connection, target: Target, tables: dict[str, Table], seed: str, rounds: int
    ) -> None:
        self._lite, self._target, self._tables, self._rounds = lite, target, tables, rounds
        self._random = random.Random(f"{seed}:{target.name}")
        self._table = quote_sqlite(target.name)
        named = _constants(*((trigger.when, trigger.body) for trigger in target.triggers))
        there = {fold(column) for column in target.columns}
        self._hints = {name: values for name, values in named.items() if name in there}
        self._fresh = 0

    def __iter__(self) -> Iterator[str]:
        """Inserts, updates and deletes in turn; each is made when the one before it has run."""
        for _ in range(self._rounds):
            for copied in (True, False, True):
                yield self._insert(copied=copied)
            yield self._insert(copied=True, hinted=True)
            yield self._insert(copied=True, hinted=True)
            yield self._insert(copied=True, explicit=True)
            yield self._several()
            for column in self._updated():
                yield self._update(column)
                yield self._update(column, hinted=True)
            yield self._update(self._random.choice(self._target.columns), whole=True)
            yield self._conflicting("OR IGNORE")
            yield self._conflicting("OR REPLACE")
            if "DELETE" in self._target.events:
                yield self._delete()
                yield self._delete(hinted=True)
                yield self._insert(copied=True, hinted=True)
        if "DELETE" in self._target.events:
            yield self._delete_some()
            yield f"DELETE FROM {self._table}"
            yield self._insert(copied=False, hinted=True)

    def _rows(self, limit: int = 50) -> list[tuple[Value, ...]]:
        listed = ", ".join(quote_sqlite(column) for column in self._target.columns)
        return self._lite.execute(f"SELECT {listed} FROM {self._table} LIMIT {limit}").fetchall()

    def _of_column(self, column: str) -> Value:
        """A value that the column holds, or one that it could."""
        known = [row[self._target.columns.index(column)] for row in self._rows()]
        if known:
            return self._random.choice(known)
        return self._made(column)

    def _made(self, column: str) -> Value:
        parents = self._parents(column)
        if parents:
            return self._random.choice(parents)
        checked = self._target.checked.get(fold(column))
        if checked:
            return self._random.choice(checked)
        self._fresh += 1
        return _sample(self._target.relation.column(column), self._fresh % 90 + 1)

    def _parents(self, column: str) -> list[Value]:
        """Values that the column may hold by its foreign key or by the name of a key elsewhere."""
        table = self._tables.get(fold(self._target.name))
        for key in table.foreign_keys if table is not None else ():
            if (
                fold(column) in {fold(name) for name in key.columns}
                and fold(key.parent_table) in self._tables
            ):
                parent = self._tables[fold(key.parent_table)]
                place = [fold(name) for name in key.columns].index(fold(column))
                name = (key.parent_columns or parent.primary_key)[place]
                sql = f"SELECT {quote_sqlite(name)} FROM {quote_sqlite(parent.name)} LIMIT 20"
                return [value for (value,) in self._lite.execute(sql) if value is not None]
        return []

    def _hinted(self, column: str) -> Value:
        """A value that some trigger of the table asks for, mostly."""
        hints = self._hints.get(fold(column))
        if hints and self._random.random() < 0.8:
            return self._random.choice(hints)
        parents = self._parents(column)
        if parents and self._random.random() < 0.7:
            return self._random.choice(parents)
        return self._of_column(column)

    def _insert(
        self, *, copied: bool, hinted: bool = False, explicit: bool = False, verb: str = "INSERT"
    ) -> str:
        rows = self._rows()
        if rows and copied:
            row = list(self._random.choice(rows))
        else:
            row = [self._of_column(column) for column in self._target.columns]
        names, values = [], []
        for column, value in zip(self._target.columns, row, strict=True):
            if column != self._target.rowid or explicit:
                names.append(column)
                values.append(self._inserted(column, value, hinted=hinted))
        listed = ", ".join(quote_sqlite(name) for name in names)
        return f"{verb} INTO {self._table} ({listed}) VALUES ({', '.join(map(literal, values))})"

    def _inserted(self, column: str, value: Value, *, hinted: bool) -> Value:
        if column == self._target.rowid:
            return self._beyond(column)
        if self._target.key == [column] or column in self._unique():
            return self._changed(column, value)
        return self._hinted(column) if hinted else value

    def _several(self) -> str:
        """A statement of several rows."""
        first, second = self._insert(copied=True, hinted=True), self._insert(copied=True, hinted=True)
        return f"{first}, {second[second.index(' VALUES ') + 8 :]}"

    def _conflicting(self, word: str) -> str:
        """A row whose key is taken."""
        text = self._insert(copied=True, hinted=True, verb=f"INSERT {word}")
        rows = self._rows()
        key = self._target.rowid
        if key is None or not rows:
            return text
        taken = self._random.choice(rows)[self._target.columns.index(key)]
        text = text.replace("(", f"({quote_sqlite(key)}, ", 1)
        return text.replace(" VALUES (", f" VALUES ({literal(taken)}, ", 1)

    def _unique(self) -> set[str]:
        table = self._tables.get(fold(self._target.name))
        if table is None:
            return set()
        single = [index for index in table.indexes if index.unique and index.columns]
        return {index.columns[-1].column or "" for index in single}

    def _changed(self, column: str, value: Value) -> Value:
        """Another value of the column's kind."""
        self._fresh += 1
        target = self._target.relation.column(column)
        if target.conversion != "same":
            return _sample(target, self._fresh)
        if isinstance(value, int):
            return value + 1000 * self._fresh
        if isinstance(value, bytes):
            return bytes([self._fresh]) + value[1:]
        return f"{value or ''}{self._fresh}"

    def _beyond(self, column: str) -> int:
        sql = f"SELECT coalesce(max({quote_sqlite(column)}), 0) + 7 FROM {self._table}"
        return int(self._lite.execute(sql).fetchone()[0])

    def _updated(self) -> list[str]:
        """The columns that some UPDATE trigger names, those it compares, the key, and one more."""
        wanted: list[str] = []
        for trigger in self._target.triggers:
            if trigger.event == "UPDATE":
                wanted += trigger.columns
                wanted += [part.column for part in walk(trigger.when) if isinstance(part, tree.Name)]
        wanted += self._target.key
        wanted.append(self._random.choice(self._target.columns))
        there = {fold(column): column for column in self._target.columns}
        return list(dict.fromkeys(there[fold(name)] for name in wanted if fold(name) in there))

    def _where(self) -> str:
        """A condition that one row or a few meet."""
        rows = self._rows()
        if not rows:
            return "1"
        row = self._random.choice(rows)
        keys = self._target.key or self._target.columns[:1]
        tests = []
        for key in keys:
            value = row[self._target.columns.index(key)]
            test = f"= {literal(value)}" if value is not None else "IS NULL"
            tests.append(f"{quote_sqlite(key)} {test}")
        return " AND ".join(tests)

    def _update(self, column: str, *, hinted: bool = False, whole: bool = False) -> str:
        value = self._hinted(column) if hinted else self._of_column(column)
        if column in self._target.key:
            own = column == self._target.rowid
            value = self._beyond(column) if own else self._changed(column, self._of_column(column))
        text = f"UPDATE {self._table} SET {quote_sqlite(column)} = {literal(value)}"
        if not whole:
            return f"{text} WHERE {self._where()}"
        return f"UPDATE {self._table} SET {quote_sqlite(column)} = {quote_sqlite(column)}"

    def _delete(self, *, hinted: bool = False) -> str:
        if hinted and self._hints:
            columns = [column for column in self._target.columns if fold(column) in self._hints]
            if columns:
                column = self._random.choice(columns)
                value = self._random.choice(self._hints[fold(column)])
                return f"DELETE FROM {self._table} WHERE {quote_sqlite(column)} = {literal(value)}"
        return f"DELETE FROM {self._table} WHERE {self._where()}"

    def _delete_some(self) -> str:
        """Several rows at once."""
        column = quote_sqlite((self._target.key or self._target.columns)[0])
        some = f"SELECT {column} FROM {self._table} ORDER BY 1 LIMIT 3"
        return f"DELETE FROM {self._table} WHERE {column} IN ({some})"


def _sample(column: TargetColumn, number: int) -> Value:
    """A value that the column can keep."""
    recipe, _, spelling = column.conversion.partition(":")
    if recipe.endswith("-text") and spelling.startswith("YYYY"):
        day, time = f"2024-05-{number % 28 + 1:02}", f"03:04:{number % 60:02}"
        text = spelling.replace("YYYY-MM-DD", day).replace("HH:MM:SS", time)
        return text.replace("[.ffffff]", "").replace(".ffffff", ".000001")
    if column.family == "uuid":
        text = f"00000000-0000-4000-8000-{number:012}"
        return bytes.fromhex(text.replace("-", "")) if recipe == "uuid-blob" else text
    if column.family == "boolean":
        return number % 2
    if column.family == "json":
        return json.dumps({"number": number})
    if column.family == "bytea":
        return bytes([number])
    return number if column.affinity in _NUMBERS else f"{column.source} {number}"


def _constants(*nodes: object) -> dict[str, list[Value]]:
    """Constants that columns are compared with, by folded column."""
    found: dict[str, list[Value]] = {}

    def add(name: object, *others: object) -> None:
        for other in others:
            if isinstance(name, tree.Name) and isinstance(other, tree.Constant):
                values = found.setdefault(fold(name.column), [])
                if other.value not in values:
                    values.append(other.value)

    for part in walk(nodes):
        if isinstance(part, tree.Binary):
            add(part.left, part.right)
            add(part.right, part.left)
        elif isinstance(part, tree.In) and isinstance(part.items, tuple):
            add(part.operand, *part.items)
        elif isinstance(part, tree.Between):
            add(part.operand, part.low, part.high)
    return found
