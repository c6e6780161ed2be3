"""SQLite's tokens as outgrow cuts them; tests/sqlite/test_sqlite_lexer.py has SQLite judge the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outgrow.schema.lexer import TokenError, tokens, unquote


def spelled(sql: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokens(sql)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("a \"b\" `c` [d] 'e'",
         [("name", "a"), ("quoted", '"b"'), ("quoted", "`c`"), ("quoted", "[d]"), ("string", "'e'")]),
        ("'it''s' \"a\"\"b\" `a``b`", [("string", "'it''s'"), ("quoted", '"a""b"'), ("quoted", "`a``b`")]),
        ("x'00fF' X''", [("blob", "x'00fF'"), ("blob", "X''")]),
        ("1 1.5 .5 1. 1e3 1.5E-2 0x1F 1_000",
         [("number", n) for n in ("1", "1.5", ".5", "1.", "1e3", "1.5E-2", "0x1F", "1_000")]),
        ("a-- end\n/* * / ** */b", [("name", "a"), ("name", "b")]),
        ("a /* never closed", [("name", "a")]),
        ("a-- at the end", [("name", "a")]),
        ("?1 ? :a @b $c $c::d(e) #f",
         [("parameter", v) for v in ["?1", "?", ":a", "@b", "$c", "$c::d(e)", "#f"]]),
        ("?12a $::a $a:::b :a(b)c",
         [("parameter", "?12"), ("name", "a"), ("parameter", "$::a"), ("parameter", "$a::"),
          ("parameter", ":b"), ("parameter", ":a(b)"), ("name", "c")]),
        ("x=:é,y=@1", [("name", "x"), ("operator", "="), ("parameter", ":é"), ("operator", ","),
                        ("name", "y"), ("operator", "="), ("parameter", "@1")]),
        ("':a' \"?\" [$b] -- :c", [("string", "':a'"), ("quoted", '"?"'), ("quoted", "[$b]")]),
        ("x '0'", [("name", "x"), ("string", "'0'")]),
        ("a||b->c->>d<<e>=f<>g==h!=i",
         [("name", "a"), ("operator", "||"), ("name", "b"), ("operator", "->"), ("name", "c"),
          ("operator", "->>"), ("name", "d"), ("operator", "<<"), ("name", "e"), ("operator", ">="),
          ("name", "f"), ("operator", "<>"), ("name", "g"), ("operator", "=="), ("name", "h"),
          ("operator", "!="), ("name", "i")]),
        ("héllo 表$1 _x", [("name", "héllo"), ("name", "表$1"), ("name", "_x")]),
        ("\ufeffselect\v", None),
        ("\ufeff\v", None),
        ("\ufeff a \v b", [("name", "a"), ("name", "b")]),
        ("a/b", [("name", "a"), ("operator", "/"), ("name", "b")]),
        ("", []),
    ],
)  # fmt: skip
def test_tokens(sql: str, expected: list[tuple[str, str]] | None) -> None:
    if expected is None:
        with pytest.raises(TokenError):
            list(tokens(sql))
    else:
        assert spelled(sql) == expected


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("a 'open", 'a string without its end at character 3, near "\'open"'),
        ('a "open', "a quoted name without its end at character 3, near '\"open'"),
        ("`open", "a quoted name without its end at character 1, near '`open'"),
        ("[open", "a quoted name without its end at character 1, near '[open'"),
        ("x'0'", "a blob literal that is not pairs of hexadecimal digits at character 1, near \"x'0'\""),
        ("12ab", "a malformed number at character 1, near '12ab'"),
        ("1.5x", "a malformed number at character 1, near '1.5x'"),
        (".5x", "a malformed number at character 1, near '.5x'"),
        ("1_", "a malformed number at character 1, near '1_'"),
        ("'it''s", "a string without its end at character 1, near \"'it''s\""),
        ("$", "a parameter without a name or its closing parenthesis at character 1, near '$'"),
        (":a(b c)", "a parameter without a name or its closing parenthesis at character 1, near ':a(b c)'"),
        ("a ! b", "an unrecognized token at character 3, near '! b'"),
        ("a \\ b", "an unrecognized token at character 3, near '\\\\ b'"),
    ],
)
def test_refusals(sql: str, message: str) -> None:
    with pytest.raises(TokenError) as raised:
        list(tokens(sql))
    assert str(raised.value) == f"SQL text cannot be read: {message}"


def test_offsets_and_comments() -> None:
    sql = "a /* c */ 'é' -- d\n;"
    assert [(t.kind, t.start, t.end) for t in tokens(sql, comments=True)] == [
        ("name", 0, 1), ("comment", 2, 9), ("string", 10, 13), ("comment", 14, 18), ("operator", 19, 20),
    ]  # fmt: skip


def test_a_faulty_place_is_met_only_when_reached() -> None:
    found = tokens("a b 'open")
    assert [next(found).text, next(found).text] == ["a", "b"]
    with pytest.raises(TokenError):
        next(found)


def test_the_two_spellings_of_an_operator_are_one_word() -> None:
    assert [(t.text, t.word) for t in tokens("== = != <> <=")] == [
        ("==", "="), ("=", "="), ("!=", "<>"), ("<>", "<>"), ("<=", "<="),
    ]  # fmt: skip


def test_words_fold_ascii_only() -> None:
    assert [t.word for t in tokens("select É 'x' ( \"y\"")] == ["SELECT", "É", "", "(", ""]
    assert [t.word for t in tokens("ıß")] == ["ıß"]


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1))
def test_any_name_comes_back_from_its_quotes(name: str) -> None:
    double = '"' + name.replace('"', '""') + '"'
    single = "'" + name.replace("'", "''") + "'"
    assert [unquote(t) for t in tokens(f"{double} {single}")] == [name, name]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab'\"`[]-/*x0.1e \n;()"))
def test_every_character_is_in_a_token_or_between_two(sql: str) -> None:
    try:
        found = list(tokens(sql, comments=True))
    except TokenError:
        return
    assert all(sql[t.start : t.end] == t.text for t in found)
    edges = [0, *(edge for t in found for edge in (t.start, t.end)), len(sql)]
    assert edges == sorted(edges)
    assert all(sql[a:b].strip() == "" for a, b in zip(edges[::2], edges[1::2], strict=True))
