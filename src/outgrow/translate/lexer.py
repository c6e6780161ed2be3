"""Cuts SQLite text into tokens, exactly where SQLite's own tokenizer cuts it.

First step of every translation: `grammar` reads these tokens. It stands on its own because what
sits in quotes decides what is a name and what is a string, and a general SQL tokenizer disagrees
with SQLite there: double quotes, back ticks and brackets are names, and a double-quoted text that
is no name is a string.
Rules: https://www.sqlite.org/lang_expr.html#literal_values_constants_ and lang_keywords.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from outgrow.errors import TranslationError

TokenKind = Literal["word", "quoted", "string", "blob", "number", "parameter", "operator", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` is the value without its quotes; `upper` its ASCII upper case for words.

    A `quoted` token is a name in quotes; `quote` is the quote it had, which matters for double quotes.
    """

    kind: TokenKind
    text: str
    start: int
    upper: str = ""
    quote: str = ""


_PATTERN = re.compile(
    r"""
      (?P<space>[ \t\n\f\r]+ | --[^\n]* | /\*.*?(?:\*/|\Z))
    | (?P<blob>[xX]'(?P<hex>[0-9a-fA-F]*)')
    | (?P<number>0[xX][0-9a-fA-F]+ | (?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)
    | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\])
    | (?P<parameter>\?[0-9]* | [:@$\#][A-Za-z0-9_$:\x80-\U0010ffff]+)
    | (?P<operator>->> | -> | \|\| | << | >> | <= | >= | <> | == | != | [-+*/%&|<>=~(),.;])
    """,
    re.VERBOSE | re.DOTALL,
)

_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def tokens(sql: str) -> tuple[Token, ...]:
    """The tokens of `sql` in order, comments and spaces left out, closed by one `end` token.

    Raises TranslationError where no SQLite token begins.
    """
    found: list[Token] = []
    position = 0
    while position < len(sql):
        match = _PATTERN.match(sql, position)
        if match is None:
            raise TranslationError(missing=f"the character {sql[position]!r} at {position + 1}", sql=sql)
        if match.lastgroup != "space" and match["space"] is None:
            found.append(_token(match, position))
        position = match.end()
    found.append(Token("end", "", position))
    return tuple(found)


def _token(match: re.Match[str], start: int) -> Token:
    text = match[0]
    if match["blob"] is not None:
        return Token("blob", match["hex"], start)
    if match["word"] is not None:
        return Token("word", text, start, text.translate(_UPPER))
    if match["string"] is not None:
        return Token("string", text[1:-1].replace("''", "'"), start, quote="'")
    if match["quoted"] is not None:
        quote = text[0]
        inner = text[1:-1] if quote == "[" else text[1:-1].replace(quote * 2, quote)
        return Token("quoted", inner, start, quote=quote)
    if match["number"] is not None:
        return Token("number", text.replace("_", ""), start)
    if match["parameter"] is not None:
        return Token("parameter", text, start)
    return Token("operator", {"==": "=", "!=": "<>"}.get(text, text), start)
