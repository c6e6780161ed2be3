"""Tokens with SQLite as the judge.

After DROP only TABLE, VIEW, INDEX or TRIGGER may stand. SQLite names any other token there in its
message, whole, or says that no token begins there.
"""

from __future__ import annotations

import apsw
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outgrow.schema.lexer import TokenError, tokens
from outgrow.sqlite import create_sql

_CONNECTION = apsw.Connection(":memory:")
_NO_TOKEN, _TOKEN, _NOTHING = 'unrecognized token: "', 'near "', "incomplete input"


def first_token_in_sqlite(sql: str) -> str | None:
    """SQLite's first token of the text: None when it begins with none, "" when nothing is left."""
    with pytest.raises(apsw.SQLError) as raised:
        _CONNECTION.execute(f"DROP/**/{sql}")
    message = str(raised.value)
    if message.startswith(_NO_TOKEN):
        return None
    if message == _NOTHING:
        return ""
    assert message.startswith(_TOKEN)
    return message.removeprefix(_TOKEN).removesuffix('": syntax error')


def cut(sql: str) -> dict[int, str | None]:
    """Our tokens by their places: the first place where none begins has None, the end of the text "".

    The beginning of the text is among them, whose first token stands there or later.
    """
    found: dict[int, str | None] = {}
    try:
        for token in tokens(sql):
            found[token.start] = token.text
        found[len(sql)] = ""
    except TokenError as error:
        found[error.offset] = None
    return {0: next(iter(found.values())), **found}


@settings(max_examples=1500, deadline=None)
@given(st.text(alphabet="aex019é\ufeff'\"`[]-/*+.:;,()?@$#=<>!|&~% \t\n\v\f", max_size=12))
@example("$::a")
@example("$a::")
@example("$a(b c")
@example(":a(b)c")
@example("\ufeff\v")
@example("'it''s")
@example("1.e5x")
@example("1.5x")
@example(".5x")
@example("/*")
@example("/*/ a")
def test_every_token_is_cut_where_sqlite_cuts_it(sql: str) -> None:
    places = cut(sql)
    assert {at: first_token_in_sqlite(sql[at:]) for at in places} == places


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="019_xXaAeE.", min_size=1, max_size=8).filter(lambda text: text[0] in "019."))
@example("1_000.5_0e+1_0")
@example("0x1_F")
@example("1__0")
@example("1._5")
def test_a_text_is_one_number_for_both_or_for_neither(text: str) -> None:
    try:
        found = [token.kind for token in tokens(text)] == ["number"]
    except TokenError:
        found = False
    try:
        _CONNECTION.execute(f"SELECT {text}")
        expected = True
    except apsw.SQLError:
        expected = False
    assert found == expected


def test_a_text_of_the_source_that_cannot_be_read_is_an_error_of_the_source() -> None:
    with pytest.raises(create_sql.LexError) as raised:
        list(create_sql.tokens("CREATE TABLE [t"))
    error = raised.value
    assert (str(error), error.exit_code, error.reason, error.sql, error.offset) == (
        "SQL text cannot be read: a quoted name without its end at character 14, near '[t'",
        3,
        "a quoted name without its end",
        "CREATE TABLE [t",
        13,
    )
