"""The order in which SQLite comes by the rows of one table: that of the rowid, though no SQL asks for it.

Programs print what they get, and an INSERT of a SELECT numbers rows as they come; PostgreSQL's order changes
with every UPDATE. Where SQLite would walk another index its order is that index's, which is not followed
here. Used by `statement` for a program's own statements. Rule: https://www.sqlite.org/lang_select.html#the_order_by_clause
"""

from __future__ import annotations

from dataclasses import replace

from outgrow.schema.names import fold
from outgrow.schema.target import TargetModel
from outgrow.translate import tree
from outgrow.translate.grouping import has_aggregate
from outgrow.translate.walk import walk


def in_natural_order(node: tree.Query, model: TargetModel) -> tree.Query:
    """The query ordered by the rowid of its only table, last of all; itself where there is none to say.

    Rows that ORDER BY holds for equal come in the order of reading, since SQLite's sort is stable.
    """
    select = node.selects[0]
    if len(node.selects) > 1 or select.group or select.distinct or len(select.sources) != 1:
        return node
    source = select.sources[0].source
    if not isinstance(source, tree.TableRef) or any(fold(c.name) == fold(source.name) for c in node.commons):
        return node
    try:
        relation = model.relation(source.name)
    except KeyError:
        return node
    asked = (select.items, select.having)
    windows = any(isinstance(part, tree.Call) and part.over is not None for part in walk(asked))
    special = relation.kind == "view" or relation.full_text or relation.rtree or relation.vectors
    if special or relation.rowid_alias is None or windows or has_aggregate(asked):
        return node
    key = tree.Name(relation.rowid_alias, table=source.alias or source.name)
    return replace(node, order=(*node.order, tree.Order(key)))
