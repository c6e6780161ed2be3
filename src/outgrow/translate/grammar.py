"""Reads SQLite's expression grammar, with SQLite's own precedence.

Stands between `schema.lexer` and the rules. It exists because no general parser agrees with SQLite's
table: IN, LIKE, BETWEEN, IS and = are one left-associative level below <, `||` binds tighter than
*, NOT looser than =, COLLATE tighter than all but unary minus. Of 20,000 random operator chains
sqlglot 30.30's SQLite dialect read 444 to another result than SQLite's and refused 1,150.
Rules: https://www.sqlite.org/lang_expr.html#operators_and_parse_affecting_attributes
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from outgrow.schema.lexer import Token, unquote
from outgrow.translate import tree
from outgrow.translate.cursor import Cursor

_BINARY: dict[str, int] = {
    "OR": 1, "AND": 2, "=": 4, "<>": 4, "<": 5, "<=": 5, ">": 5, ">=": 5, "&": 6, "|": 6, "<<": 6, ">>": 6,
    "+": 7, "-": 7, "*": 8, "/": 8, "%": 8, "||": 9, "->": 9, "->>": 9,
}  # fmt: skip
_NOT, _EQUALITY, _ORDERING, _COLLATE, _UNARY = 3, 4, 5, 10, 11
_MATCHES = frozenset({"LIKE", "GLOB", "REGEXP", "MATCH"})
_POSTFIX = _MATCHES | {"IS", "IN", "BETWEEN", "ISNULL", "NOTNULL", "NOT"}

_LARGEST = 2**63


class Reader(Cursor):
    """The expression grammar. `statements` adds the queries; without it an expression holds none."""

    def query(self) -> tree.Query:
        """A query inside an expression."""
        raise self.refused("a subquery here")

    def parameter(self) -> tree.Expression:
        """A bound parameter."""
        raise self.refused("a bound parameter in DDL")

    def expression(self, level: int = 0) -> tree.Expression:
        """One expression whose operators all bind tighter than or like `level`."""
        left = self._prefix()
        while True:
            power = self._power()
            if power is None or power < level:
                return left
            left = self._infix(left, power)

    def expressions(self) -> tuple[tree.Expression, ...]:
        """Expressions separated by commas, at least one."""
        found = [self.expression()]
        while self.accept(","):
            found.append(self.expression())
        return tuple(found)

    def _power(self) -> int | None:
        word = self.token.word
        if word == "COLLATE":
            return _COLLATE
        return _EQUALITY if word in _POSTFIX else _BINARY.get(word)

    def _infix(self, left: tree.Expression, power: int) -> tree.Expression:
        token = self.advance()
        if token.word in _BINARY:
            return tree.Binary(cast(tree.Operator, token.word), left, self.expression(power + 1))
        if token.word == "COLLATE":
            return tree.Collate(left, self.name().upper())
        if token.word == "ISNULL":
            return tree.IsNull(left, negated=False)
        if token.word == "NOTNULL":
            return tree.IsNull(left, negated=True)
        if token.word == "IS":
            return self._is(left)
        if token.word == "NOT" and self.accept("NULL"):
            return tree.IsNull(left, negated=True)
        negated = token.word == "NOT"
        return self._predicate(left, self.advance() if negated else token, negated=negated)

    def _is(self, left: tree.Expression) -> tree.Expression:
        negated = self.accept("NOT")
        distinct = self.accept("DISTINCT", "FROM")
        right = self.expression(_ORDERING)
        if distinct:
            return tree.Binary("IS" if negated else "IS NOT", left, right)
        if right == tree.Constant(None):
            return tree.IsNull(left, negated)
        if isinstance(right, tree.In) and right.items == ():
            # SQLite reads an empty IN as the word TRUE or FALSE, which makes this a truth test.
            return tree.Truth(left, right.negated, negated)
        if isinstance(right, tree.Name) and right.table is None and not right.double:
            word = right.column.upper()
            if word in {"TRUE", "FALSE"}:
                return tree.Truth(left, word == "TRUE", negated)
        return tree.Binary("IS NOT" if negated else "IS", left, right)

    def _predicate(self, left: tree.Expression, token: Token, *, negated: bool) -> tree.Expression:
        if token.word in _MATCHES:
            pattern = self.expression(_ORDERING)
            escape = self.expression(_ORDERING) if self.accept("ESCAPE") else None
            return tree.Match(token.word, left, pattern, escape, negated)
        if token.word == "BETWEEN":
            low = self.expression(_NOT)
            self.expect("AND")
            return tree.Between(left, low, self.expression(_ORDERING), negated)
        if token.word == "IN":
            return tree.In(left, self._in_items(), negated)
        raise self.unexpected()

    def _in_items(self) -> tuple[tree.Expression, ...] | tree.Query:
        if not self.accept("("):
            star = tree.Item(None)
            return tree.Query((tree.Select((star,), (tree.Join("CROSS", tree.TableRef(self.name())),)),))
        if self.at("SELECT", "WITH", "VALUES"):
            query = self.query()
            self.expect(")")
            return query
        items = () if self.at(")") else self.expressions()
        self.expect(")")
        return items

    def _prefix(self) -> tree.Expression:
        if self.at("-", "+", "~"):
            operator = self.advance().text
            if operator == "-" and self.token.kind == "number":
                return tree.Constant(_negative(self.advance().text))
            return tree.Unary(cast(tree.Prefix, operator), self.expression(_UNARY))
        if self.at("NOT"):
            self.advance()
            if self.at("EXISTS"):
                return tree.Unary("NOT", self.expression(_UNARY))
            return tree.Unary("NOT", self.expression(_NOT))
        return self._primary()

    def _primary(self) -> tree.Expression:
        token = self.token
        if token.kind == "number":
            return tree.Constant(_number(self.advance().text))
        if token.kind == "blob":
            return tree.Constant(bytes.fromhex(self.advance().text[2:-1]))
        if token.kind == "string" and not self._dotted():
            return tree.Constant(unquote(self.advance()))
        if token.kind == "parameter":
            return self.parameter()
        if self.accept("("):
            return self._parenthesis()
        rule = _WORDS.get(token.word)
        if rule is not None and (token.word not in {"RAISE", "CAST"} or self.ahead().word == "("):
            self.advance()
            return rule(self)
        return self._name_or_call()

    def _dotted(self) -> bool:
        return self.ahead().word == "."

    def _parenthesis(self) -> tree.Expression:
        if self.at("SELECT", "WITH", "VALUES"):
            query = self.query()
            self.expect(")")
            return tree.Subquery(query)
        items = self.expressions()
        self.expect(")")
        return items[0] if len(items) == 1 else tree.Row(items)

    def _name_or_call(self) -> tree.Expression:
        token = self.token
        first = self.name()
        if token.kind != "string" and self.accept("("):
            return self._call(first)
        if not self.accept("."):
            return tree.Name(first, double=token.text[0] == '"')
        second = self.name()
        if self.accept("."):
            return tree.Name(self.name(), table=second)
        return tree.Name(second, table=first)

    def _call(self, name: str) -> tree.Expression:
        if self.accept("*"):
            self.expect(")")
            return self._call_tail(tree.Call(name.lower(), (), star=True))
        distinct = self.accept("DISTINCT")
        if not distinct:
            self.accept("ALL")
        arguments = () if self.at(")") else self.expressions()
        order = self.order_by()
        self.expect(")")
        return self._call_tail(tree.Call(name.lower(), arguments, distinct=distinct, order=order))

    def _call_tail(self, call: tree.Call) -> tree.Call:
        condition: tree.Expression | None = None
        if self.at("FILTER") and self.ahead().word == "(":
            self.advance()
            self.expect("(")
            self.expect("WHERE")
            condition = self.expression()
            self.expect(")")
        over: tree.Window | None = None
        if self.at("OVER") and (self.ahead().word == "(" or self.ahead().kind in {"name", "quoted"}):
            self.advance()
            over = self.window() if self.at("(") else tree.Window(base=self.name())
        return tree.Call(call.name, call.arguments, call.star, call.distinct, call.order, condition, over)

    def window(self) -> tree.Window:
        """A window's definition in parentheses."""
        self.expect("(")
        base = None
        if self.at_name() and not self.at("PARTITION", "ORDER", "ROWS", "RANGE", "GROUPS"):
            base = self.name()
        partition = self.expressions() if self.accept("PARTITION", "BY") else ()
        order = self.order_by()
        frame = self._frame() if self.at("ROWS", "RANGE", "GROUPS") else ""
        self.expect(")")
        return tree.Window(base, partition, order, frame)

    def _frame(self) -> str:
        """The words of a frame; its distances are literals."""
        words: list[str] = []
        while not self.at(")"):
            token = self.advance()
            if token.word not in _FRAME_WORDS and token.kind != "number":
                raise self.refused(f"{token.text!r} in a window's frame")
            words.append(token.word if token.word in _FRAME_WORDS else token.text)
        return " ".join(words)

    def order_by(self) -> tuple[tree.Order, ...]:
        """An ORDER BY clause; empty when there is none."""
        if not self.accept("ORDER", "BY"):
            return ()
        terms = [self._order_term()]
        while self.accept(","):
            terms.append(self._order_term())
        return tuple(terms)

    def _order_term(self) -> tree.Order:
        expression = self.expression()
        descending = self.accept("DESC")
        if not descending:
            self.accept("ASC")
        if self.accept("NULLS", "FIRST"):
            return tree.Order(expression, descending, "FIRST")
        return tree.Order(expression, descending, "LAST" if self.accept("NULLS", "LAST") else None)

    # words that begin an expression

    def case(self) -> tree.Expression:
        """What follows the word CASE."""
        base = None if self.at("WHEN") else self.expression()
        branches: list[tuple[tree.Expression, tree.Expression]] = []
        while self.accept("WHEN"):
            condition = self.expression()
            self.expect("THEN")
            branches.append((condition, self.expression()))
        otherwise = self.expression() if self.accept("ELSE") else None
        self.expect("END")
        return tree.Case(base, tuple(branches), otherwise)

    def cast(self) -> tree.Expression:
        """What follows the word CAST."""
        self.expect("(")
        operand = self.expression()
        self.expect("AS")
        words: list[str] = []
        depth = 0
        while depth or not self.at(")"):
            if self.token.kind == "end":
                raise self.unexpected()
            depth += {"(": 1, ")": -1}.get(self.token.word, 0)
            words.append(unquote(self.advance()))
        self.expect(")")
        return tree.Cast(operand, " ".join(words))

    def exists(self) -> tree.Expression:
        """What follows the word EXISTS."""
        self.expect("(")
        query = self.query()
        self.expect(")")
        return tree.Exists(query)

    def raise_(self) -> tree.Expression:
        """What follows the word RAISE."""
        self.expect("(")
        action = self.advance().word
        message = self.expression() if self.accept(",") else None
        self.expect(")")
        return tree.Raise(action, message)


_FRAME_WORDS = frozenset(
    """
    ROWS RANGE GROUPS BETWEEN AND UNBOUNDED PRECEDING FOLLOWING CURRENT ROW EXCLUDE NO OTHERS GROUP TIES
    """.split()  # noqa: SIM905 - a word list reads better as words
)
_WORDS: dict[str, Callable[[Reader], tree.Expression]] = {
    "NULL": lambda _: tree.Constant(None),
    "CASE": Reader.case,
    "CAST": Reader.cast,
    "EXISTS": Reader.exists,
    "RAISE": Reader.raise_,
    "CURRENT_TIMESTAMP": lambda _: tree.Call("current_timestamp", ()),
    "CURRENT_DATE": lambda _: tree.Call("current_date", ()),
    "CURRENT_TIME": lambda _: tree.Call("current_time", ()),
}


def _number(spelling: str) -> int | float:
    text = spelling.replace("_", "")
    if text[:2] in {"0x", "0X"}:
        value = int(text, 16)
        return value - 2 * _LARGEST if _LARGEST <= value < 2 * _LARGEST else value
    if text.isdigit() and int(text) < _LARGEST:
        return int(text)
    return float(text)


def _negative(text: str) -> int | float:
    # -9223372036854775808 is one integer although 9223372036854775808 alone is a real.
    return -_LARGEST if text.replace("_", "") == str(_LARGEST) else -_number(text)


def read_expression(sql: str) -> tree.Expression:
    """The tree of one SQLite expression without subqueries (what DDL allows outside views and triggers).

    Raises TranslationError for what the closed list does not hold.
    """
    reader = Reader(sql)
    expression = reader.expression()
    reader.expect_end()
    return expression
