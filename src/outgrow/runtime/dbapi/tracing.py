"""A statement with its values in it, as SQLite tells a trace callback. Used by `cursor`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from outgrow.runtime.dbapi.binding import Layout
from outgrow.runtime.dbapi.converting import real_as_text
from outgrow.schema.lexer import TokenError, tokens


def expanded(sql: str, values: Sequence[Any], layout: Layout) -> str:
    """The text with every parameter written as SQLite's literal."""
    if not layout.count:
        return sql
    parts: list[str] = []
    end, last = 0, 0
    known = {name: number for number, name in enumerate(layout.names, 1) if name is not None}
    try:
        for token in tokens(sql):
            if token.kind != "parameter":
                continue
            if token.text == "?":
                last += 1
                number = last
            else:
                number = known.get(token.text, last + 1)
                last = max(last, number)
            parts += [sql[end : token.start], literal(values[number - 1] if number <= len(values) else None)]
            end = token.end
    except TokenError:
        return sql
    return "".join(parts) + sql[end:]


def literal(value: Any) -> str:
    """A value as SQLite's SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'{}'".format(value.replace("'", "''"))
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return real_as_text(value)
    return f"x'{bytes(value).hex()}'"
