"""Which relations a view or trigger speaks of: `schema.order` puts them in order of creation by it."""

from __future__ import annotations

from itertools import islice

from outgrow.errors import TranslationError
from outgrow.schema.lexer import TokenError, tokens, unquote
from outgrow.schema.names import fold
from outgrow.translate import tree
from outgrow.translate.cursor import RESERVED
from outgrow.translate.scope import ROWID_NAMES
from outgrow.translate.statements import read_trigger, read_view
from outgrow.translate.walk import walk


def depends_on(sql: str) -> frozenset[str]:
    """The names of the relations that a CREATE VIEW or CREATE TRIGGER text reads or writes, as written there.

    For a text the translator cannot read it is every name in the text, which is more than it needs:
    the caller keeps the names it knows.
    """
    try:
        creates_view = "VIEW" in [token.word for token in islice(tokens(sql), 3)]
        found = read_view(sql) if creates_view else read_trigger(sql)
    except (TokenError, TranslationError, RecursionError):
        return _all_names(sql)
    named = {node.name for node in walk(found) if isinstance(node, tree.TableRef)}
    written = {
        node.table for node in walk(found) if isinstance(node, tree.Insert | tree.Update | tree.Delete)
    }
    subject = {found.table} if isinstance(found, tree.CreateTrigger) else set()
    commons = {fold(node.name) for node in walk(found) if isinstance(node, tree.Common)}
    return frozenset(name for name in named | written | subject if fold(name) not in commons)


def rowids_read(sql: str) -> frozenset[str]:
    """The names of the relations whose rowid a CREATE VIEW or CREATE TRIGGER text reads or sets.

    Where a name without a table could mean several, it is all of them; none for a text the translator
    cannot read. Two rowids that are compared do not count, because a primary key tells the rows as well.
    """
    try:
        creates_view = "VIEW" in [token.word for token in islice(tokens(sql), 3)]
        found = read_view(sql) if creates_view else read_trigger(sql)
    except (TokenError, TranslationError, RecursionError):
        return frozenset()
    known: dict[str, set[str]] = {}
    for node in walk(found):
        if isinstance(node, tree.TableRef):
            known.setdefault(fold(node.alias or node.name), set()).add(node.name)
        elif isinstance(node, tree.Insert | tree.Update | tree.Delete):
            known.setdefault(fold(node.alias or node.table), set()).add(node.table)
    if isinstance(found, tree.CreateTrigger):
        known |= {"new": {found.table}, "old": {found.table}}
    everything = set().union(*known.values())
    read: set[str] = set()
    compared: set[int] = set()
    for node in walk(found):
        if isinstance(node, tree.Binary) and node.operator == "=":
            if _is_rowid(node.left) and _is_rowid(node.right):
                compared |= {id(node.left), id(node.right)}
        elif isinstance(node, tree.Name) and _is_rowid(node) and id(node) not in compared:
            read |= known.get(fold(node.table), set()) if node.table is not None else everything
        elif isinstance(node, tree.Insert) and {fold(name) for name in node.columns} & ROWID_NAMES:
            read.add(node.table)
    return frozenset(read)


def _is_rowid(node: tree.Expression) -> bool:
    return isinstance(node, tree.Name) and fold(node.column) in ROWID_NAMES


def _all_names(sql: str) -> frozenset[str]:
    try:
        found = tuple(tokens(sql))
    except TokenError:
        return frozenset()
    return frozenset(
        unquote(t) for t in found if t.kind == "quoted" or (t.kind == "name" and t.word not in RESERVED)
    )
