"""What an application's statement is on PostgreSQL, found once for each combination of parameters' classes.

`Statements` holds those of one model; `engine` asks it with the values bound. Before it stands `translate`,
after it `session`, which sends what is prepared here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from outgrow.errors import TranslationError
from outgrow.runtime.dbapi.binding import Layout
from outgrow.runtime.dbapi.numbering import Numbering, numbering
from outgrow.runtime.dbapi.values import OIDS, Encoder, encoders, fixes
from outgrow.schema.lexer import TokenError, tokens
from outgrow.schema.target import TargetModel
from outgrow.translate.statement import Translated, Wanted, translate_statement
from outgrow.translate.value import Kind

_AT_MOST = 4096
_OF_THE_SESSION = re.compile(r"\bsqlite\.(?:last_insert_rowid|changes|total_changes)\(")

_OR_ROLLBACK = re.compile(r"\bOR\s+ROLLBACK\b", re.IGNORECASE)

DML = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE"})
DEFINITIONS = frozenset({"CREATE", "ALTER", "DROP"})
TRANSACTIONS = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"})


class Prepared:
    """One translation, ready to be sent.

    `sql` is the text as bytes; `encode` gives the binary form of each parameter, `oids` their types; `fix` is
    what each column still needs to be SQLite's value, by its place; `label_sql` is a SELECT for SQLite with
    the same column names; `asks_session` says that it calls last_insert_rowid() or changes(), `escapes` that
    texts which are no UTF-8 may come. `numbering` has its table number new rows as SQLite does, and
    `may_leave_out` says that a number may be taken for a row that is not inserted. `many` is the statement
    for many sets of values, see `bundles`; b"" for none.
    """

    __slots__ = (
        "asks_session", "encode", "escapes", "fix", "formats", "inserts", "keyed", "label_sql",
        "many", "may_leave_out", "numbering", "oids", "sql", "translated", "width",
    )  # fmt: skip

    def __init__(
        self, translated: Translated, *, native: bool, inserts: bool, numbering: Numbering | None = None
    ) -> None:
        self.translated = translated
        self.numbering = numbering
        self.sql = translated.sql.encode()
        self.encode: tuple[Encoder, ...] = encoders(translated.parameters)
        self.oids = [OIDS[kind] for kind in translated.parameters]
        self.formats = [1] * len(self.oids)
        self.fix: tuple[tuple[int, Callable[[Any], Any]], ...] = fixes(translated.columns, native=native)
        self.escapes = any(column.conversion.startswith("escaped") for column in translated.columns)
        self.keyed = translated.keyed
        self.inserts = inserts
        self.may_leave_out = b"ON CONFLICT" in self.sql or not self.sql.startswith(b"INSERT")
        self.width = len(translated.columns)
        self.asks_session = _OF_THE_SESSION.search(translated.sql) is not None
        self.many = b"" if self.asks_session else translated.many.encode()
        self.label_sql = _label_sql([column.label for column in translated.columns])

    def values(self, given: Sequence[Any]) -> list[bytes | None]:
        """The parameters as they are sent."""
        return [
            None if value is None else encode(value) for encode, value in zip(self.encode, given, strict=True)
        ]

    def takes(self, kinds: Sequence[Kind], values: Sequence[Any]) -> bool:
        """Whether values of these classes can be sent without becoming others."""
        return _fits(self.translated.parameters, kinds, values)

    def mended(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """The rows of a result as SQLite's values, without the rowid behind them."""
        if self.keyed:
            rows = [row[: self.width] for row in rows]
        if not self.fix:
            return rows
        made = [list(row) for row in rows]
        for place, mend in self.fix:
            for row in made:
                row[place] = mend(row[place])
        return [tuple(row) for row in made]


class Statement:
    """One text that the application sends. `verb` is what it does, "" when it is empty.

    `is_dml` says that it begins with the word of a change, before which sqlite3 begins a transaction;
    `writes` also that it does behind a WITH. `rolls_back` says that its failure ends the transaction.
    """

    __slots__ = ("_exact", "_loose", "_of", "is_dml", "layout", "rolls_back", "sql", "verb", "writes")

    def __init__(self, sql: str, of: Statements) -> None:
        self.sql = sql
        self._of = of
        self.layout = Layout(sql)
        first, self.verb = verb_of(sql)
        self.is_dml = first in DML
        self.writes = first != "EXPLAIN" and self.verb in DML
        self.rolls_back = self.writes and _OR_ROLLBACK.search(sql) is not None
        self._exact: dict[tuple[Kind, ...], Prepared] = {}
        self._loose: Prepared | bool | None = None

    def prepared(self, kinds: tuple[Kind, ...], values: Sequence[Any]) -> Prepared:
        """The translation for parameters of those classes. Raises TranslationError."""
        found = self._exact.get(kinds)
        if found is not None:
            return found
        if self.writes and "null" in kinds:
            # Each set of columns that are NULL would be a statement of its own; one that asks not serves all.
            loose = self.for_any()
            if loose is not None and loose.takes(kinds, values):
                return loose
        found = self._exact[kinds] = self._of.translated(self.sql, kinds)
        return found

    def row_by_row(self, kinds: tuple[Kind, ...]) -> Prepared | None:
        """The translation of an UPDATE that takes one row after the other; None where there is none."""
        if self.verb != "UPDATE":
            return None
        try:
            return self._of.translated(self.sql, kinds, row_by_row=True)
        except TranslationError:
            return None

    def for_any(self) -> Prepared | None:
        """The translation that leaves open what is NULL; None where parameters would travel tagged."""
        if self._loose is None:
            try:
                found = self._of.translated(self.sql, ())
            except TranslationError:
                self._loose = False
            else:
                self._loose = False if "tagged" in found.translated.parameters else found
        return self._loose if isinstance(self._loose, Prepared) else None


class Statements:
    """The statements of one model. Any thread may ask; a translation may be made twice, never wrongly.

    `counting` are the tables with AUTOINCREMENT, by schema and name.
    """

    def __init__(
        self, model: TargetModel, *, bytewise: bool, native: bool,
        counting: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:  # fmt: skip
        self.model = model
        self._counting = counting
        self._bytewise = bytewise
        self._native = native
        self._wanted = Wanted(native=native, keyed=True)
        self._kept: dict[str, Statement] = {}
        self._numberings: dict[tuple[str, str], Numbering] = {}

    def statement(self, sql: str) -> Statement:
        """The statement of that text."""
        found = self._kept.get(sql)
        if found is None:
            if len(self._kept) >= _AT_MOST:
                for old in list(islice(self._kept, _AT_MOST // 4)):
                    self._kept.pop(old, None)
            found = self._kept[sql] = Statement(sql, self)
        return found

    def translated(self, sql: str, kinds: tuple[Kind, ...], *, row_by_row: bool = False) -> Prepared:
        """The translation, made anew. Raises TranslationError."""
        wanted = replace(self._wanted, row_by_row=row_by_row)
        made = translate_statement(
            sql, model=self.model, bytewise=self._bytewise, parameters=kinds, wanted=wanted
        )
        inserts = verb_of(sql)[1] in {"INSERT", "REPLACE"}
        numbered = self._numbering(made) if inserts else None
        if inserts and made.writes:
            inserts = not self.model.relation(made.writes).without_rowid
        return Prepared(made, native=self._native, inserts=inserts, numbering=numbered)

    def _numbering(self, made: Translated) -> Numbering | None:
        """How an INSERT's rows get SQLite's numbers; None where it takes none."""
        if not made.writes:
            return None
        relation = self.model.relation(made.writes)
        place = relation.schema, relation.name
        counts = place in self._counting
        if not (made.numbered or counts):
            return None
        if place not in self._numberings:
            self._numberings[place] = numbering(relation, counts=counts)
        return self._numberings[place]


def verb_of(sql: str) -> tuple[str, str]:
    """The first word of a statement, and the one that says what it does: behind a WITH another one."""
    first, depth = "", 0
    try:
        for token in tokens(sql):
            if token.word == ";" and not first:
                continue
            first = first or token.word or "?"
            if first not in {"WITH", "EXPLAIN"}:
                return first, first
            depth += (token.word == "(") - (token.word == ")")
            if depth == 0 and token.word in DML | {"SELECT", "VALUES"}:
                return first, token.word
    except TokenError:
        pass
    return first, first


def _fits(parameters: Sequence[Kind], kinds: Sequence[Kind], values: Sequence[Any]) -> bool:
    """Whether values of these classes can travel as those without becoming others."""
    if len(parameters) != len(kinds):
        return False
    for wanted, kind, value in zip(parameters, kinds, values, strict=True):
        if kind in {"null", wanted}:
            continue
        if not (kind == "integer" and wanted == "real" and int(float(value)) == value):
            return False
    return True


def _label_sql(labels: Sequence[str]) -> str:
    if not labels:
        return ""
    named = ", ".join('NULL AS "{}"'.format(label.replace('"', '""')) for label in labels)
    return f"SELECT {named} WHERE 0"
