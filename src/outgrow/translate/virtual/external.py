"""A full-text table whose text lies in another table, as a source: its index joined with that table.

The index keeps the text as it was indexed, which is what MATCH finds; what a SELECT shows is what the other
table holds now, as in SQLite. Used by `sources`.
Rules: https://www.sqlite.org/fts5.html#external_content_tables
"""

from __future__ import annotations

from dataclasses import replace

from outgrow.schema.model import Affinity
from outgrow.schema.names import Namespace, fold, qualified, quote
from outgrow.schema.target import Relation, TargetColumn, TargetModel
from outgrow.translate import held
from outgrow.translate.convert import as_text
from outgrow.translate.scope import ROWID_NAMES, Source, as_docid
from outgrow.translate.value import refuse
from outgrow.translate.virtual.fulltext import Search, texts_indexed


def content_key(relation: Relation, content: Relation) -> TargetColumn:
    """The column of the other table by which the index finds its rows. Raises TranslationError."""
    declared = relation.full_text
    key = declared.content_rowid if declared is not None else "rowid"
    if fold(key) in ROWID_NAMES and content.rowid_alias is not None:
        return content.column(content.rowid_alias)
    try:
        return content.column(key)
    except KeyError:
        raise refuse(f"{relation.source}, whose text has no {key} in {content.source}") from None


def source(relation: Relation, model: TargetModel, alias: str | None) -> tuple[Source, str] | None:
    """The source and its FROM item; None where the other table was not moved."""
    declared = relation.full_text
    if declared is None or declared.missing:
        return None
    try:
        content = model.relation(declared.content or "")
    except KeyError:
        return None
    key = content_key(relation, content)
    reference = quote(alias if alias is not None else relation.name)
    taken = Namespace(column.name for column in relation.columns)
    items, columns, shown = [], {}, []
    for name in declared.columns:
        own, other = relation.column(name), _column(content, name)
        items.append(f"text.{quote(other.name)} AS {quote(own.name)}")
        seen = replace(other, source=name, affinity=Affinity.BLOB, collation=None, hidden=False)
        columns[fold(name)] = held.column_value(seen, f"{reference}.{quote(own.name)}")
        shown.append(as_text(held.stored_form(columns[fold(name)])).sql)
    alias_column = relation.column(relation.rowid_alias or "rowid")
    rowid = held.column_value(replace(alias_column, not_null=True), f"{reference}.{quote(alias_column.name)}")
    vector, indexed = taken.take("fts_vector"), taken.take("fts_indexed")
    search = Search(
        relation=relation,
        vector=f"{reference}.{quote(vector)}",
        indexed=f"{reference}.{quote(indexed)}",
        shown=tuple(shown),
    )
    columns[fold(alias_column.source)] = rowid
    if not declared.is_fts5:
        columns.setdefault("docid", as_docid(rowid))
    text = (
        f"(SELECT text.{quote(key.name)} AS {quote(alias_column.name)}, {', '.join(items)},"
        f" entry.{quote(declared.vector)} AS {quote(vector)},"
        f" {texts_indexed(relation, 'entry')} AS {quote(indexed)}"
        f" FROM {qualified(content.schema, content.name)} AS text"
        f" LEFT JOIN {qualified(relation.schema, relation.name)} AS entry"
        f" ON entry.{quote(alias_column.name)} = text.{quote(key.name)}) AS {reference}"
    )
    found = Source(
        name=alias or relation.source,
        columns=columns,
        labels=tuple(declared.columns),
        relation=relation,
        rowid=rowid,
        search=search,
    )
    return found, text


def _column(content: Relation, name: str) -> TargetColumn:
    try:
        return content.column(name)
    except KeyError:
        raise refuse(f"the column {content.source}.{name}, which a full-text table indexes") from None
