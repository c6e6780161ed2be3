"""Random SQL expressions over integers and NULLs, in the manner of the files random/expr and its siblings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT")
_AGGREGATES = ("COUNT", "SUM", "MIN", "MAX", "AVG", "TOTAL")


class Expressions:
    """Makes expressions over `columns`; without any, over literals alone."""

    def __init__(self, random: Random, columns: Sequence[str] = ()) -> None:
        self._random, self._columns = random, tuple(columns)

    def value(self, depth: int) -> str:
        """A number, or NULL."""
        if depth <= 0 or self._random.random() < 0.2:
            return self._leaf()
        return self._one_of(
            self._signed, self._signed, self._arithmetic, self._arithmetic, self._case, self._case_of,
            self._function, self._cast,
        )(depth - 1)  # fmt: skip

    def condition(self, depth: int) -> str:
        """A condition, which may be NULL."""
        if depth <= 0:
            return f"{self._leaf()} {self._random.choice(_COMPARISONS)} {self._leaf()}"
        return self._one_of(
            self._compared, self._compared, self._between, self._in, self._null_test, self._joined, self._not
        )(depth - 1)

    def aggregate(self, depth: int) -> str:
        """An expression of aggregates over values of `columns`."""
        plain = self._aggregate_call(depth)
        match self._random.randrange(7):
            case 0:
                return f"{self._signs()}{plain}"
            case 4:
                return (
                    f"NULLIF ( {self._leaf_literal()}, {self._signs()}{plain} ) + {self._aggregate_call(1)}"
                )
            case 5:
                tests = f"WHEN {self._signs()}{self._leaf_literal()} THEN NULL ELSE {self._aggregate_call(1)}"
                return f"CASE {plain} {tests} END * {self._signs()}{self._leaf_literal()}"
            case 1:
                return f"{plain} {self._random.choice('+-*/')} {self._aggregate_call(depth)}"
            case 2:
                return f"COALESCE ( {plain}, {self._leaf_literal()} )"
            case 3:
                return f"{self._signs()}{plain} * {self._leaf_literal()}"
        return plain

    def _aggregate_call(self, depth: int) -> str:
        if self._random.random() < 0.2:
            return "COUNT ( * )"
        distinct = self._random.choice(("", "ALL ", "DISTINCT ", "DISTINCT "))
        return f"{self._random.choice(_AGGREGATES)} ( {distinct}{self.value(depth - 1)} )"

    def _one_of(self, *made: Callable[[int], str]) -> Callable[[int], str]:
        return self._random.choice(made)

    def _leaf(self) -> str:
        if self._columns and self._random.random() < 0.6:
            return self._random.choice(self._columns)
        return self._leaf_literal()

    def _leaf_literal(self) -> str:
        return "NULL" if self._random.random() < 0.12 else str(self._random.randrange(100))

    def _signs(self) -> str:
        return "".join(self._random.choice(("- ", "+ ", "- ")) for _ in range(self._random.randrange(1, 4)))

    def _signed(self, depth: int) -> str:
        return f"{self._signs()}{self._operand(depth)}"

    def _operand(self, depth: int) -> str:
        """A value that binds tightly enough for any operator."""
        return f"( {self.value(depth)} )" if depth > 0 else self._leaf()

    def _arithmetic(self, depth: int) -> str:
        return (
            f"{self._operand(depth)} {self._random.choice('++--**/%')} {self._signs()}{self._operand(depth)}"
        )

    def _case(self, depth: int) -> str:
        branches = " ".join(
            f"WHEN {self.condition(depth)} THEN {self.value(depth)}"
            for _ in range(self._random.randrange(1, 3))
        )
        return f"CASE {branches}{self._else(depth)} END"

    def _case_of(self, depth: int) -> str:
        branches = " ".join(
            f"WHEN {self.value(depth)} THEN {self.value(depth)}" for _ in range(self._random.randrange(1, 3))
        )
        return f"CASE {self.value(depth)} {branches}{self._else(depth)} END"

    def _else(self, depth: int) -> str:
        return f" ELSE {self.value(depth)}" if self._random.random() < 0.7 else ""

    def _function(self, depth: int) -> str:
        match self._random.randrange(4):
            case 0:
                return f"COALESCE ( {self.value(depth)}, {self.value(depth)} )"
            case 1:
                return f"NULLIF ( {self.value(depth)}, {self.value(depth)} )"
            case 2:
                return f"ABS ( {self.value(depth)} )"
        return f"{self._random.choice(('MAX', 'MIN'))} ( {self.value(depth)}, {self.value(depth)} )"

    def _cast(self, depth: int) -> str:
        return f"CAST ( {self.value(depth)} AS {self._random.choice(('INTEGER', 'INTEGER', 'REAL'))} )"

    def _compared(self, depth: int) -> str:
        return f"{self._operand(depth)} {self._random.choice(_COMPARISONS)} {self._operand(depth)}"

    def _between(self, depth: int) -> str:
        bounds = f"{self._operand(depth)} AND {self._operand(depth)}"
        return f"{self._operand(depth)} {self._negation()}BETWEEN {bounds}"

    def _in(self, depth: int) -> str:
        values = ", ".join(self.value(depth) for _ in range(self._random.randrange(1, 4)))
        return f"{self._operand(depth)} {self._negation()}IN ( {values} )"

    def _null_test(self, depth: int) -> str:
        test = self._random.choice(("IS NULL", "IS NOT NULL", "NOTNULL", "ISNULL"))
        return f"{self._operand(depth)} {test}"

    def _joined(self, depth: int) -> str:
        return f"( {self.condition(depth)} ) {self._random.choice(('AND', 'OR'))} ( {self.condition(depth)} )"

    def _not(self, depth: int) -> str:
        return f"NOT ( {self.condition(depth)} )"

    def _negation(self) -> str:
        return self._random.choice(("", "NOT "))
