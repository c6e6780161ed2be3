"""SQLite's SQL on PostgreSQL: what one closed table of nodes and functions can say exactly, and nothing else.

`grammar` and `statements` read the tokens of `schema.lexer` into `tree`; `expressions`, `functions`,
`aggregates`, `moments`, `compare` give each node its PostgreSQL equal as a typed `value`; `ddl`, `view`
and `trigger` are the entries. Stands after `types` and before `plan`; pure.
"""

from outgrow.translate.ddl import Purpose, expression, index_key
from outgrow.translate.depends import depends_on, rowids_read
from outgrow.translate.triggers.trigger import TranslatedTrigger, trigger
from outgrow.translate.view import TranslatedView, view

__all__ = [
    "Purpose",
    "TranslatedTrigger",
    "TranslatedView",
    "depends_on",
    "expression",
    "index_key",
    "rowids_read",
    "trigger",
    "view",
]
