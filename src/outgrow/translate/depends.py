"""Which relations a view or trigger speaks of: `schema.order` puts them in order of creation by it."""

from __future__ import annotations

from itertools import islice

from outgrow.errors import TranslationError
from outgrow.schema.lexer import TokenError, tokens, unquote
from outgrow.schema.names import fold
from outgrow.translate import tree
from outgrow.translate.cursor import RESERVED
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


def _all_names(sql: str) -> frozenset[str]:
    try:
        found = tuple(tokens(sql))
    except TokenError:
        return frozenset()
    return frozenset(
        unquote(t) for t in found if t.kind == "quoted" or (t.kind == "name" and t.word not in RESERVED)
    )
