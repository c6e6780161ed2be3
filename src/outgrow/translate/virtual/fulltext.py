"""What a full-text table can be asked: the parts of a search as PostgreSQL text.

A search finds rows by the vector and its GIN index (`fts_search`), then makes sure of those whose vector
cannot tell (`fts_holds`). `scope` keeps a `Search` for each full-text table in sight, `matching` fills in
what is asked; `plan.fulltext` makes the vector. Functions: functions/70_fulltext.sql.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outgrow.schema.fulltext import FullText
from outgrow.schema.names import fold, literal, qualified, quote
from outgrow.schema.target import Relation
from outgrow.translate import held
from outgrow.translate.convert import as_text, to_integer, to_real
from outgrow.translate.value import Rank, Value, Volatility, constant, made, refuse

AUXILIARY = frozenset({"bm25", "highlight", "matchinfo", "offsets", "snippet"})
_RANK = re.compile(r"\s*bm25\s*(?:\((?P<weights>[-+.eE0-9,\s]*)\)\s*)?\Z", re.IGNORECASE)


_SNIPPET_OF_FTS3 = tuple(constant(value) for value in ("<b>", "</b>", "<b>...</b>", -1, 15))
"""What `snippet` of FTS3 and FTS4 takes for arguments that are not given."""


def vector_sql(relation: Relation) -> str:
    """The expression of the column with the index's entries. TranslationError where a text cannot be had."""
    declared = _declared(relation)
    return f"sqlite.fts_vector({literal(declared.tokenizer)}, VARIADIC {texts_indexed(relation, '')})"


def _declared(relation: Relation) -> FullText:
    if relation.full_text is None:
        raise refuse(f"the full-text table {relation.source}")
    return relation.full_text


def texts_indexed(relation: Relation, reference: str) -> str:
    """The texts of all columns as an array, NULL for those that are not indexed."""
    declared = _declared(relation)
    prefix = f"{reference}." if reference else ""
    texts: list[str] = []
    for name in declared.columns:
        column = relation.column(name)
        value = as_text(held.stored_form(held.column_value(column, prefix + quote(column.name))))
        if value.volatility is not Volatility.IMMUTABLE:
            raise refuse(f"the text of the column {column.source}, which depends on settings")
        texts.append(value.sql if declared.indexes(name) else "NULL")
    return f"ARRAY[{', '.join(texts)}]::text[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A full-text table in sight: `vector` and `indexed` are SQL for its entries and the texts indexed.

    `shown` is SQL for the texts that the table shows, each column's own. `asked` is SQL for what WHERE asks,
    None where it asks nothing; `weights` SQL for the numbers of `rank MATCH 'bm25(…)'`.
    """

    relation: Relation
    vector: str
    indexed: str
    shown: tuple[str, ...]
    asked: str | None = None
    weights: str | None = None

    @property
    def declared(self) -> FullText:
        """What was declared; refused where the index could not be moved."""
        declared = _declared(self.relation)
        if declared.missing:
            raise refuse(f"searching {self.relation.source}: {declared.missing}")
        return declared

    @property
    def ranks(self) -> bool:
        """Whether the table has a hidden column `rank`."""
        return _declared(self.relation).is_fts5

    def condition(self) -> str:
        """The rows that match what is asked."""
        count = len(self.declared.columns)
        tokenizer = literal(self.declared.tokenizer)
        return (
            f"{self.vector} @@ (SELECT sqlite.fts_search({self.asked}, {count}))"
            f" AND sqlite.fts_holds({self.vector}, {self.indexed}, {self.asked}, {tokenizer})"
        )

    def question(self, match: Value, column: str | None) -> str:
        """SQL for what is asked by a text, of one column or of all."""
        if match.nullable and match.constant is not None:
            return "NULL::jsonb"
        declared = self.declared
        folded = [fold(name) for name in declared.columns]
        place = "NULL" if column is None else str(folded.index(fold(column)))
        names = ", ".join(literal(name) for name in declared.columns)
        given = f"{as_text(match).sql}::text, {literal(declared.tokenizer)}, ARRAY[{names}], {place}"
        if declared.is_fts5:
            return f"(SELECT sqlite.fts5_asked({given}))"
        return f"(SELECT sqlite.fts3_asked({given}, {str(declared.module == 'fts4').lower()}))"

    def rank(self) -> Value:
        """The hidden column `rank`: NULL where nothing is asked."""
        if self.asked is None:
            return Value(sql="NULL::double precision", kind="real", type="double precision")
        return self._score(self.weights or rank_weights(self.declared.rank or "bm25"))

    def _score(self, weights: str) -> Value:
        if self.asked is None:
            return constant(-0.0)
        asked = self.asked
        declared, relation = self.declared, self.relation
        table = literal(qualified(relation.schema, relation.name))
        tokenizer = literal(declared.tokenizer)
        totals = (
            f"(SELECT sqlite.fts_totals({table}::regclass, {literal(declared.vector)},"
            f" {literal(texts_indexed(relation, ''))}, {len(declared.columns)}, {asked}, {tokenizer}))"
        )
        sql = f"sqlite.fts_score({self.vector}, {self.indexed}, {asked}, {tokenizer}, {totals}, {weights})"
        return Value(
            sql=sql, kind="real", type="double precision", nullable=False, volatility=Volatility.STABLE
        )

    def call(self, name: str, arguments: Sequence[Value]) -> Value:
        """An auxiliary function; `arguments` are those after the table's name."""
        if self.declared.is_fts5:
            if name == "bm25":
                weights = ", ".join(f"{to_real(value).sql}" for value in arguments)
                return self._score(f"ARRAY[{weights}]::float8[]")
            if name == "highlight" and len(arguments) == 3:
                return self._highlight(arguments)
            if name == "snippet" and len(arguments) == 5:
                return self._snippet(arguments)
        elif name == "offsets" and not arguments and self.asked is not None:
            sql = f"sqlite.fts3_offsets({self._shown()}, {self.asked}, {literal(self.declared.tokenizer)})"
            return made(sql, "text", "text", nullable=False)
        elif name == "snippet" and len(arguments) <= 5 and self.asked is not None:
            return self._snippet_of_fts3(arguments, self.asked)
        module = self.declared.module.upper()
        raise refuse(f"{name}() with {len(arguments) + 1} arguments of {module}")

    def _shown(self) -> str:
        pairs = zip(self.declared.columns, self.shown, strict=True)
        texts = [text if self.declared.indexes(name) else "NULL" for name, text in pairs]
        return f"ARRAY[{', '.join(texts)}]::text[]"

    def _highlight(self, arguments: Sequence[Value]) -> Value:
        place = self._place(arguments[0], lowest=0)
        if place.isdigit() and not self.declared.indexes(self.declared.columns[int(place)]):
            return self._plain(place)
        if self.asked is None:
            return self._plain(place)
        marks = ", ".join(f"{as_text(held.stored_form(value)).sql}::text" for value in arguments[1:])
        tokenizer = literal(self.declared.tokenizer)
        sql = f"sqlite._fts_highlight({self._shown()}, {place}, {self.asked}, {tokenizer}, {marks})"
        return Value(sql=sql, kind="text", type="text")

    def _snippet(self, arguments: Sequence[Value]) -> Value:
        place = self._place(arguments[0], lowest=-1)
        if place.isdigit() and not self.declared.indexes(self.declared.columns[int(place)]):
            raise refuse(f"a snippet of {self.declared.columns[int(place)]}, which is UNINDEXED")
        if self.asked is None:
            return self._plain("0" if place == "-1" else place)
        marks = ", ".join(f"{as_text(held.stored_form(value)).sql}::text" for value in arguments[1:4])
        size = to_integer(arguments[4])
        sql = (
            f"sqlite._fts_snippet({self._shown()}, {place}, {self.asked}, {literal(self.declared.tokenizer)},"
            f" {marks}, {size.sql}::integer)"
        )
        return Value(sql=sql, kind="text", type="text")

    def _snippet_of_fts3(self, arguments: Sequence[Value], asked: str) -> Value:
        given = [*arguments, *_SNIPPET_OF_FTS3[len(arguments) :]]
        marks = ", ".join(f"{as_text(held.stored_form(value)).sql}::text" for value in given[:3])
        place, size = (f"({to_integer(value).sql})::integer" for value in given[3:])
        sql = (
            f"sqlite.fts3_snippet({self._shown()}, {asked}, {literal(self.declared.tokenizer)},"
            f" {marks}, {place}, {size})"
        )
        return Value(sql=sql, kind="text", type="text")

    def _plain(self, place: str) -> Value:
        """A column's text without marks."""
        text = self.shown[int(place)] if place.isdigit() else f"({self._shown()})[{place} + 1]"
        return Value(sql=text, kind="text", type="text", rank=Rank.OTHER)

    def _place(self, value: Value, *, lowest: int) -> str:
        """The number of a column; refused beyond them, where SQLite raises an error."""
        number = to_integer(value)
        if number.constant is None:
            if self.declared.unindexed:
                raise refuse(f"a column of {self.relation.source} chosen by the row, where one is UNINDEXED")
            return f"({number.sql})::integer"
        known = int(number.constant[0] or 0)
        if not lowest <= known < len(self.declared.columns):
            raise refuse(f"the column {known} of {self.relation.source}")
        return f"{known}"


def search_of(relation: Relation, reference: str) -> Search | None:
    """The table's own search, where it keeps its text itself; `reference` is quoted."""
    if relation.full_text is None:
        return None
    if relation.full_text.missing:
        return Search(relation=relation, vector="", indexed="", shown=())
    prefix = f"{reference}." if reference else ""
    return Search(
        relation=relation,
        vector=prefix + quote(relation.full_text.vector),
        indexed=texts_indexed(relation, reference),
        shown=tuple(_texts(relation, reference)),
    )


def is_contentless(relation: Relation) -> bool:
    """Whether the table has an index and no text to show."""
    return relation.full_text is not None and relation.full_text.content == ""


def _texts(relation: Relation, reference: str) -> list[str]:
    if is_contentless(relation):
        return ["NULL::text" for _ in _declared(relation).columns]
    prefix = f"{reference}." if reference else ""
    columns = [relation.column(name) for name in _declared(relation).columns]
    values = [held.column_value(column, prefix + quote(column.name)) for column in columns]
    return [as_text(held.stored_form(value)).sql for value in values]


def rank_weights(text: str) -> str:
    """SQL for the weights that a rank function such as `bm25(10.0, 5.0)` gives its columns."""
    found = _RANK.match(text)
    if found is None:
        raise refuse(f"the rank function {text}")
    numbers = [word.strip() for word in (found["weights"] or "").split(",") if word.strip()]
    return f"ARRAY[{', '.join(numbers)}]::float8[]"
