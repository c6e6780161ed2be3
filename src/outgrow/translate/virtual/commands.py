"""What an INSERT into a full-text table means: a row, or one of the commands that it takes as rows.

Used by `change`. On PostgreSQL the index follows the rows by itself, so most commands have nothing to do;
those of a table whose text lies elsewhere write the index's copy of it.
Rules: https://www.sqlite.org/fts5.html#special_insert_commands and https://www.sqlite.org/fts3.html#commands
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from outgrow.schema.fulltext import FullText
from outgrow.schema.names import fold
from outgrow.schema.target import Relation, TargetModel
from outgrow.translate import tree
from outgrow.translate.value import refuse
from outgrow.translate.virtual.external import content_key

_IDLE = frozenset(
    {
        "automerge",
        "crisismerge",
        "flush",
        "hashsize",
        "merge",
        "optimize",
        "pgsz",
        "secure-delete",
        "usermerge",
    }
)
_NOTHING = tree.Constant(0)


def rewritten(node: tree.Insert, relation: Relation, model: TargetModel) -> tree.Insert | tree.Delete:
    """The statement on the moved table that has the effect of the INSERT. Raises TranslationError."""
    declared = relation.full_text
    if declared is None:
        return node
    names = [fold(name) for name in node.columns]
    if fold(relation.source) not in names:
        if declared.missing or declared.content is None:
            return node
        # Where the text lies elsewhere, SQLite does not look whether the rowid has entries already.
        return replace(node, conflict=node.conflict or "REPLACE") if not node.upserts else node
    values = _values(node)
    if fold(relation.source) in map(fold, declared.columns):
        return node
    given = dict(zip(names, values, strict=True))
    command = given.pop(fold(relation.source))
    if isinstance(command, tree.Name) and command.double and command.table is None:
        command = tree.Constant(command.column)  # no column is in sight: it is a string
    if not isinstance(command, tree.Constant) or not isinstance(command.value, str):
        raise refuse(f"a command to {relation.source} that is no text")
    return _command(command.value, given, relation, declared, model)


def refuse_change(node: tree.Insert | tree.Update | tree.Delete, relation: Relation) -> None:
    """Refuses what SQLite does for a table without text; raises TranslationError."""
    declared = relation.full_text
    if declared is None or declared.content != "" or isinstance(node, tree.Insert):
        return
    if isinstance(node, tree.Update) or not declared.deletes:
        word = "UPDATE" if isinstance(node, tree.Update) else "DELETE"
        raise refuse(f"{word} of {relation.source}, a contentless table, which SQLite refuses too")


def _values(node: tree.Insert) -> tuple[tree.Expression, ...]:
    """The one row of the INSERT."""
    select = node.source.selects[0] if node.source is not None and len(node.source.selects) == 1 else None
    if select is None or select.sources or select.where or len(select.items) != len(node.columns):
        raise refuse(f"a command to {node.table} that is no single row of VALUES")
    return tuple(_expressions(select))


def _expressions(select: tree.Select) -> Iterator[tree.Expression]:
    for item in select.items:
        if item.expression is None:
            raise refuse("a command that is a *")
        yield item.expression


def _command(
    text: str, given: dict[str, tree.Expression], relation: Relation, declared: FullText, model: TargetModel
) -> tree.Insert | tree.Delete:
    name = fold(text).partition("=")[0].strip() if not declared.is_fts5 else fold(text)
    elsewhere = declared.content is not None
    if name in _IDLE or (name in {"rebuild", "integrity-check"} and not elsewhere):
        return tree.Delete(relation.source, _NOTHING)
    if name == "delete" and declared.is_fts5 and elsewhere and "rowid" in given:
        return tree.Delete(relation.source, tree.Binary("=", tree.Name("rowid"), given["rowid"]))
    if name == "delete-all" and declared.is_fts5 and elsewhere:
        return tree.Delete(relation.source, None)
    if name == "rebuild" and declared.content:
        return _rebuilt(relation, declared, model)
    if name == "rank":
        raise refuse(
            f"setting the rank of {relation.source}: give the weights in the query, "
            f"as bm25({relation.source}, …)"
        )
    raise refuse(f"the command '{text}' to {relation.source}")


def _rebuilt(relation: Relation, declared: FullText, model: TargetModel) -> tree.Insert:
    """Every row of the table that holds the text, in place of what the index has of it."""
    try:
        content = model.relation(declared.content or "")
    except KeyError:
        raise refuse(f"the table {declared.content}") from None
    key = content_key(relation, content).source
    select = tree.Select(
        items=tuple(tree.Item(tree.Name(name)) for name in (key, *declared.columns)),
        sources=(tree.Join("CROSS", tree.TableRef(content.source)),),
    )
    return tree.Insert(
        relation.source,
        (relation.rowid_alias or "rowid", *declared.columns),
        tree.Query((select,)),
        conflict="REPLACE",
    )
