# ruff: noqa: E501 - one case is one line
"""The reader: SQLite's own precedence and its oddities, with SQLite as the judge."""

from __future__ import annotations

import apsw
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outgrow.errors import TranslationError
from outgrow.translate import tree
from outgrow.translate.grammar import read_expression
from outgrow.translate.numerals import number_of
from outgrow.translate.statements import StatementReader
from outgrow.translate.walk import walk

_CONNECTION = apsw.Connection(":memory:")
_NUMBERS = apsw.Connection(":memory:")
_NUMBERS.execute("CREATE TABLE t (n NUMERIC)")


def written(node: object) -> str:
    """The tree as SQLite text with every operator in parentheses."""
    match node:
        case tree.Constant(value):
            text = {str: "'{}'", bytes: "x'{}'"}.get(type(value), "{}")
            shown = "NULL" if value is None else value.hex() if isinstance(value, bytes) else value
            return f"({text.format(str(shown).replace(chr(39), chr(39) * 2))})"
        case tree.Name(column):
            return column
        case tree.Unary(operator, operand):
            return f"({operator} {written(operand)})"
        case tree.Binary(operator, left, right):
            return f"({written(left)} {operator} {written(right)})"
        case tree.Truth(operand, value, negated):
            return f"({written(operand)} IS {'NOT ' if negated else ''}{value})"
        case tree.IsNull(operand, negated):
            return f"({written(operand)} {'NOTNULL' if negated else 'ISNULL'})"
        case tree.Match(operator, operand, pattern, escape, negated):
            tail = f" ESCAPE {written(escape)}" if escape is not None else ""
            return f"({written(operand)} {'NOT ' if negated else ''}{operator} {written(pattern)}{tail})"
        case tree.Between(operand, low, high, negated):
            return (
                f"({written(operand)} {'NOT ' if negated else ''}BETWEEN {written(low)} AND {written(high)})"
            )
        case tree.In(operand, tuple() as items, negated):
            return f"({written(operand)} {'NOT ' if negated else ''}IN ({', '.join(map(written, items))}))"
        case tree.Collate(operand, collation):
            return f"({written(operand)} COLLATE {collation})"
    raise AssertionError(node)


_ATOMS = ["1", "0", "2", "3", "NULL", "'a'", "'B'", "'1'", "10", "0x1F", ".5", "1.0", "TRUE IS NULL", "x'61'"]
_INFIX = [
    "||", "*", "/", "%", "+", "-", "&", "|", "<<", ">>", "<", "<=", ">", ">=", "=", "==", "<>", "!=", "IS", "IS NOT", "AND",
    "OR", "LIKE", "NOT LIKE", "GLOB", "NOT GLOB", "IS DISTINCT FROM", "IS NOT DISTINCT FROM", "BETWEEN 1 AND", "NOT BETWEEN 0 AND",
]  # fmt: skip
_PREFIX = ["", "", "", "-", "+", "~", "NOT ", "- -", "NOT NOT "]
_POSTFIX = [
    "", "", "", " ISNULL", " NOTNULL", " NOT NULL", " IS NULL", " IS NOT NULL", " COLLATE NOCASE", " IN (1, 'a')",
    " NOT IN (2)", " IS TRUE", " IS NOT FALSE", " IN ()",
]  # fmt: skip
_ATOM = st.tuples(st.sampled_from(_PREFIX), st.sampled_from(_ATOMS), st.sampled_from(_POSTFIX)).map("".join)
_CHAIN = st.lists(st.tuples(st.sampled_from(_INFIX), _ATOM), min_size=1, max_size=5)


def _result(sql: str) -> object:
    try:
        return _CONNECTION.execute(f"SELECT {sql}").fetchall()
    except apsw.SQLError:
        return None


@settings(max_examples=2000, deadline=None)
@given(_ATOM, _CHAIN)
def test_an_operator_chain_means_what_sqlite_reads(first: str, chain: list[tuple[str, str]]) -> None:
    text = first + "".join(f" {operator} {atom}" for operator, atom in chain)
    expected = _result(text)
    if expected is not None:
        assert repr(_result(written(read_expression(text)))) == repr(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a == b", "(a = b)"),
        ("NOT x IS NULL", "(NOT (x ISNULL))"),
        ("a || b * c", "((a || b) * c)"),
        ("- a || b", "((- a) || b)"),
        ("a = b IN (1)", "((a = b) IN ((1)))"),
        ("a < b LIKE c", "((a < b) LIKE c)"),
        ("a LIKE b < c", "(a LIKE (b < c))"),
        ("a IS NOT b", "(a IS NOT b)"),
        ("a IS NOT NULL = 1", "((a NOTNULL) = (1))"),
        ("a BETWEEN b AND c AND d", "((a BETWEEN b AND c) AND d)"),
        ("a COLLATE nocase || b", "((a COLLATE NOCASE) || b)"),
        ("-a COLLATE nocase", "((- a) COLLATE NOCASE)"),
        ("a LIKE 'x' ESCAPE '!' AND b", "((a LIKE ('x') ESCAPE ('!')) AND b)"),
        ("1 < 2 < 3", "(((1) < (2)) < (3))"),
        ("a -> b ->> c", "((a -> b) ->> c)"),
        ("a NOT NULL OR b", "((a NOTNULL) OR b)"),
    ],
)
def test_precedence(text: str, expected: str) -> None:
    assert written(read_expression(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a b]", tree.Name("a b")),
        ("`a``b`", tree.Name("a`b")),
        ('"a""b"', tree.Name('a"b', double=True)),
        ('t."x"', tree.Name("x", "t")),
        ("main.t.x", tree.Name("x", "t")),
        ("'it''s'", tree.Constant("it's")),
        ("'(' . a", tree.Name("a", "(")),
        ('CAST(a AS "a)b")', tree.Cast(tree.Name("a"), "a)b")),
        ("x'00fF'", tree.Constant(b"\x00\xff")),
        ("0x10", tree.Constant(16)),
        ("0xffffffffffffffff", tree.Constant(-1)),
        ("9223372036854775808", tree.Constant(9.223372036854775808e18)),
        ("-9223372036854775808", tree.Constant(-(2**63))),
        ("1_000", tree.Constant(1000)),
        ("-9_223_372_036_854_775_808", tree.Constant(-(2**63))),
        ("1_0.2_5e0_1", tree.Constant(102.5)),
        ("a /* x */ -- y\n", tree.Name("a")),
        ("rowid", tree.Name("rowid")),
        ("timestamp", tree.Name("timestamp")),
        ("left", tree.Name("left")),
        ("x IN t2", tree.In(tree.Name("x"), tree.Query((tree.Select((tree.Item(None),), (tree.Join("CROSS", tree.TableRef("t2")),)),)), negated=False)),
        ("x IS TRUE", tree.Truth(tree.Name("x"), value=True, negated=False)),
        ("CURRENT_TIMESTAMP", tree.Call("current_timestamp", ())),
        ("count(DISTINCT x)", tree.Call("count", (tree.Name("x"),), distinct=True)),
        ("CAST(x AS VARCHAR(10))", tree.Cast(tree.Name("x"), "VARCHAR ( 10 )")),
        ("(a, b)", tree.Row((tree.Name("a"), tree.Name("b")))),
    ],
)  # fmt: skip
def test_names_and_literals(text: str, expected: tree.Expression) -> None:
    assert read_expression(text) == expected


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("a + ?", "a bound parameter in DDL"),
        ("a b", "'b' at 3"),
        ("(a", "'the end of the text' at 3"),
        ("a = 'open", "a string without its end at 5"),
        ("a = 12ab", "a malformed number at 5"),
        ("CAST(a AS VARCHAR(10", "'the end of the text' at 21"),
        ("(SELECT 1)", "a subquery here"),
        ("a NOT b", "'the end of the text' at 8"),
        ("", "'the end of the text' at 1"),
    ],
)
def test_what_is_not_in_the_grammar_is_refused(text: str, missing: str) -> None:
    with pytest.raises(TranslationError) as caught:
        read_expression(text)
    assert caught.value.missing == missing


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="0123456789.eE+- \t\n\v_xX", max_size=8))
@example("9223372036854775807")
@example("-9223372036854775808")
@example("9223372036854775808")
@example(" +1.0 ")
@example("1 -- x")
@example("0" * 5000 + "7")
@example("9" * 5000)
@example("1E16")
def test_a_text_is_the_number_that_numeric_affinity_makes_of_it(text: str) -> None:
    stored = _NUMBERS.execute("INSERT INTO t VALUES (?) RETURNING n", (text,)).fetchall()[0][0]
    assert repr(number_of(text)) == repr(None if isinstance(stored, str) else stored)


def test_parameters_before_the_select_of_a_with_are_counted_once() -> None:
    reader = StatementReader("WITH a AS (SELECT ?, :n) SELECT ?, :n, :m FROM a", parameters_allowed=True)
    found = [part.number for part in walk(reader.statement()) if isinstance(part, tree.Parameter)]
    assert sorted(found) == [1, 2, 2, 3, 4]
    assert (reader.largest, reader.parameter_names) == (4, {":n": 2, ":m": 4})
