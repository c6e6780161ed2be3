"""SQLite's tokens, by the rules of its own tokenizer (https://www.sqlite.org/src/file/src/tokenize.c).

The first step of everything that reads SQL text: the CREATE texts of `sqlite.create_sql`, the
grammar of `translate`, and whoever else must know where a literal ends, a keyword begins or a
parameter stands. It is one module because a second lexer is a second opinion on what is a name and
what is a string; a general SQL tokenizer disagrees with SQLite there. Text without a token of its
own (spaces, comments) is found again through the offsets. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, cast

from outgrow.errors import OutgrowError

Kind = Literal["name", "quoted", "string", "blob", "number", "parameter", "operator", "comment", "end"]


class TokenError(OutgrowError):
    """A place in a SQL text where SQLite reads nothing; `offset` counts characters from 0.

    It says neither whose text that is nor what follows: each side turns it into its own error.
    """

    def __init__(self, reason: str, sql: str, offset: int) -> None:
        self.reason, self.sql, self.offset = reason, sql, offset
        super().__init__(reason, sql, offset)

    def __str__(self) -> str:
        near = " ".join(self.sql[self.offset : self.offset + 40].split())
        return f"SQL text cannot be read: {self.reason} at character {self.offset + 1}, near {near!r}"


class Token(NamedTuple):
    """One token: `text` is its spelling, `sql[start:end]` in characters.

    A name is an unquoted word, keyword or not: SQLite decides by place. A quoted is a word in
    double quotes, backticks or brackets; a string is in single quotes. Whether a double-quoted word
    is a string after all is for the reader of an expression to say. A parameter is one of ?, ?NNN,
    :a, @a, $a, also with SQLite's `::` and `(...)` in it. `end` stands after the last token of a `Cursor`.

    `word` is what grammars compare: a name in ASCII upper case, an operator in the first of its
    spellings (= for ==, <> for !=), "" for all else.
    """

    kind: Kind
    text: str
    start: int
    end: int
    word: str = ""


_ASCII_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SAME_OPERATOR = {"==": "=", "!=": "<>"}

# Possessive repeats (*+) and the atomic group (?>) keep every alternative linear in the text and stop
# what is malformed from being read as something shorter. U+FEFF is a space to SQLite; a comment may
# end with the text.
_TOKEN = re.compile(
    r"""
      (?P<name>(?![xX]')[A-Za-z_\x80-\ufefe\uff00-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*+)
    | (?P<space>[ \t\n\f\r][ \t\n\v\f\r]*+|\ufeff)
    | (?P<comment>--[^\n]*+|/\*(?=[\s\S])[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?)
    | (?P<number>(?>0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*
        |(?:[0-9]+(?:_[0-9]+)*(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?)
        (?![A-Za-z0-9_$\x80-\U0010ffff]))
    | (?P<operator>->>|->|\|\||<<|>>|<=|>=|<>|==|!=|[-+*/%=<>&|~,;()]|\.(?![0-9]))
    | (?P<string>'[^']*+(?:''[^']*+)*+')
    | (?P<quoted>"[^"]*+(?:""[^"]*+)*+"|`[^`]*+(?:``[^`]*+)*+`|\[[^\]]*+\])
    | (?P<blob>[xX]'(?:[0-9a-fA-F]{2})*+')
    | (?P<parameter>\?[0-9]*+|[$@:\#](?:::)*[A-Za-z0-9_$\x80-\U0010ffff](?:[A-Za-z0-9_$\x80-\U0010ffff]|::)*+
        (?:\([^) \t\n\v\f\r]*+\)|(?!\()))
    | (?P<unread>[\s\S])
    """,
    re.VERBOSE,
)
_UNTERMINATED = {"'": "a string without its end", '"': "a quoted name without its end",
                 "`": "a quoted name without its end", "[": "a quoted name without its end"}  # fmt: skip


def tokens(sql: str, *, comments: bool = False) -> Iterator[Token]:
    """The tokens of `sql` in order, spaces left out, comments too unless asked for.

    Raises TokenError where SQLite would say "unrecognized token". The iterator is lazy: a caller may
    stop before a faulty place.
    """
    for found in _TOKEN.finditer(sql):
        kind = cast(Kind, found.lastgroup)
        if found.lastgroup == "space" or (kind == "comment" and not comments):
            continue
        text, (start, end) = found[0], found.span()
        if kind == "name":
            word = text.upper() if text.isascii() else text.translate(_ASCII_UPPER)
            yield Token(kind, text, start, end, word)
        elif kind == "operator":
            yield Token(kind, text, start, end, _SAME_OPERATOR.get(text, text))
        elif found.lastgroup == "unread":
            raise TokenError(_reason(sql, start), sql, start)
        else:
            yield Token(kind, text, start, end)


def _reason(sql: str, position: int) -> str:
    first = sql[position]
    if first in _UNTERMINATED:
        return _UNTERMINATED[first]
    if first in "xX":
        return "a blob literal that is not pairs of hexadecimal digits"
    if first in "$@:#":
        return "a parameter without a name or its closing parenthesis"
    return "a malformed number" if first in ".0123456789" else "an unrecognized token"


def unquote(token: Token) -> str:
    """The name or text that a name, quoted or string token spells."""
    text = token.text
    if token.kind == "quoted" and text[0] == "[":
        return text[1:-1]
    if token.kind in ("quoted", "string"):
        return text[1:-1].replace(text[0] * 2, text[0])
    return text


def statements(sql: str) -> Iterator[str]:
    """The statements of a text, each without its semicolon; those inside a trigger stay together.

    Raises TokenError where the text has no tokens.
    """
    start: int | None = None
    words: list[str] = []
    end = 0
    for token in tokens(sql):
        if start is None:
            if token.word == ";":
                continue
            start = token.start
        if token.word == ";" and not _inside_trigger(words):
            yield sql[start:end]
            start, words = None, []
            continue
        words.append(token.word)
        end = token.end
    if start is not None:
        yield sql[start:end]


def _inside_trigger(words: list[str]) -> bool:
    """Whether a semicolon after these words belongs to the body of a CREATE TRIGGER."""
    head = [word for word in words[:3] if word not in {"TEMP", "TEMPORARY"}][:2]
    return head == ["CREATE", "TRIGGER"] and not (words[-1] == "END" and ";" in words)
