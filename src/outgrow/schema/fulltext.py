"""A full-text table as it was declared: what is indexed, how text is split, where the text lies.

Read from the arguments of CREATE VIRTUAL TABLE by `plan`, kept in the model for `translate`, which asks
it what a query may say. Rules: https://www.sqlite.org/fts5.html#fts5_table_creation_and_initialization and
https://www.sqlite.org/fts3.html#creating_and_destroying_fts_tables. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from outgrow.schema.lexer import Token, TokenError, tokens, unquote
from outgrow.schema.names import fold

MODULES = ("fts3", "fts4", "fts5")

_TEXT = re.compile(r"[A-Za-z0-9_.\-]+\Z")
_REFUSED_OPTIONS = {
    "languageid": "its rows have languages of their own",
    "locale": "its rows have locales of their own",
    "tokendata": "its tokens carry data of their own",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FullText:
    """What was declared. `columns` are its columns in order, `unindexed` the folded names not indexed.

    `tokenizer` is the text that the functions of the schema `sqlite` take. `content` names the table
    that holds the text: None for the table itself, "" for none at all; `content_rowid` its key. `deletes`
    says that rows can be deleted.
    `missing` says why the index cannot be had on PostgreSQL, "" when it can. `vector` is the target's
    column with the index's entries; `rank` the function that it was configured to rank by, "" for bm25.
    """

    module: str
    columns: tuple[str, ...]
    unindexed: frozenset[str] = frozenset()
    tokenizer: str = ""
    content: str | None = None
    content_rowid: str = "rowid"
    deletes: bool = True
    missing: str = ""
    vector: str = ""
    rank: str = ""

    @property
    def is_fts5(self) -> bool:
        """Whether it has FTS5's query language and functions."""
        return self.module == "fts5"

    def indexes(self, column: str) -> bool:
        """Whether the words of that column are in the index."""
        return fold(column) not in self.unindexed


def declared_full_text(module: str, arguments: Iterable[str], columns: Iterable[str]) -> FullText:
    """The declaration behind the arguments of a table of one of MODULES; `columns` are its columns' names."""
    module = fold(module)
    options: dict[str, tuple[str, ...]] = {}
    unindexed: set[str] = set()
    for words in filter(None, map(_words, arguments)):
        if len(words) > 1 and words[1].word == "=" and not (module == "fts3" and words[0].word != "TOKENIZE"):
            key = fold(words[0].text)
            options[key] = tuple(_values(words[2:]))
            if key == "notindexed":
                unindexed.update(map(fold, options[key]))
        elif module != "fts5" and words[0].word == "TOKENIZE":
            options["tokenize"] = tuple(_values(words[1:]))
        elif module == "fts5" and any(word.word == "UNINDEXED" for word in words[1:]):
            unindexed.add(fold(unquote(words[0])))
    tokenizer, missing = _tokenizer(module, options.get("tokenize", ()))
    for option, reason in _REFUSED_OPTIONS.items():
        if option in options and options[option] not in {("0",), ("",)}:
            missing = missing or reason
    content = options.get("content")
    if "contentless_unindexed" in options:
        missing = missing or "it holds an index of the text, not the text"
    if content == ("",):
        tokenizer = f"kept {tokenizer}"
    return FullText(
        module=module,
        columns=tuple(columns),
        unindexed=frozenset(unindexed),
        tokenizer=tokenizer,
        content=None if content is None else "".join(content),
        content_rowid="".join(options.get("content_rowid", ("rowid",))),
        deletes=content is None or content != ("",) or options.get("contentless_delete", ("0",)) != ("0",),
        missing=missing,
    )


def _words(argument: str) -> tuple[Token, ...]:
    try:
        return tuple(tokens(argument))
    except TokenError:
        return ()


def _values(words: Iterable[Token]) -> Iterator[str]:
    """The words of an option's value, unquoted; words that stand without a space between are one."""
    text, end = "", -1
    for word in words:
        if word.start != end and end >= 0:
            yield text
            text = ""
        text += unquote(word) if word.kind in {"quoted", "string"} else word.text
        end = word.end
    yield text


def _tokenizer(module: str, given: tuple[str, ...]) -> tuple[str, str]:
    """The tokenizer as FTS5 would write it, and why it cannot be had ("" when it can)."""
    if module == "fts5":
        text = given[0] if len(given) == 1 else " ".join(given)
        return text or "unicode61", _unknown(text.split()[:1] or ["unicode61"], text)
    name, options = fold(given[0]) if given else "simple", given[1:]
    if name == "simple":
        return " ".join(["simple", *map(_quoted, options[:1])]), ""
    if name == "porter":
        return "fts3porter", ""
    if name != "unicode61":
        return "", f"the tokenizer {name} of {module.upper()}"
    parts = ["unicode61"]
    for option in options:
        key, _, value = option.partition("=")
        parts += [key, _quoted(value)]
    return " ".join(parts), ""


def _unknown(words: list[str], text: str) -> str:
    names = [fold(word.strip("'\"")) for word in words]
    rest = [fold(word.strip("'\"")) for word in text.split()]
    while names == ["porter"] and rest[:1] == ["porter"]:
        rest = rest[1:]
        names = rest[:1] or ["unicode61"]
    if names[0] not in {"unicode61", "ascii", "trigram"}:
        return f"the tokenizer {names[0]}"
    if "categories" in rest:
        return "the option categories of unicode61"
    return ""


def _quoted(value: str) -> str:
    return value if _TEXT.match(value) else "'" + value.replace("'", "''") + "'"
