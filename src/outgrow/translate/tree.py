"""The closed list of what a SQLite statement can be made of.

`grammar` and `statements` build these values from SQLite's text, every rule of the translator
takes one of them. What SQLite's grammar has and this list lacks cannot be represented, so it can
never be passed through by accident: reading it raises TranslationError.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Operator = Literal[
    "OR", "AND", "=", "<>", "IS", "IS NOT", "<", "<=", ">", ">=",
    "&", "|", "<<", ">>", "+", "-", "*", "/", "%", "||", "->", "->>",
]  # fmt: skip
Prefix = Literal["-", "+", "~", "NOT"]
Timing = Literal["BEFORE", "AFTER", "INSTEAD OF"]
Event = Literal["INSERT", "UPDATE", "DELETE"]
JoinKind = Literal["CROSS", "INNER", "LEFT", "RIGHT", "FULL"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: int, float, str, bytes or None for NULL."""

    value: int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Name:
    """A column reference. `double` says it stood in double quotes and may turn out to be a string."""

    column: str
    table: str | None = None
    double: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A bound parameter by its number from 1; `?NNN` and repeated names share one."""

    number: int


@dataclass(frozen=True, slots=True)
class Unary:
    """Prefix `-`, `+`, `~` or NOT."""

    operator: Prefix
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """An infix operator; `==` and `!=` are read as `=` and `<>`."""

    operator: Operator
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Truth:
    """`operand IS [NOT] TRUE` or FALSE."""

    operand: Expression
    value: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class IsNull:
    """ISNULL, NOTNULL, NOT NULL, IS NULL, IS NOT NULL."""

    operand: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class Match:
    """LIKE, GLOB, REGEXP or MATCH."""

    operator: str
    operand: Expression
    pattern: Expression
    escape: Expression | None
    negated: bool


@dataclass(frozen=True, slots=True)
class Between:
    """`operand [NOT] BETWEEN low AND high`."""

    operand: Expression
    low: Expression
    high: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class In:
    """`operand [NOT] IN (...)`; a table name is read as the query `SELECT * FROM table`."""

    operand: Expression
    items: tuple[Expression, ...] | Query
    negated: bool


@dataclass(frozen=True, slots=True)
class Collate:
    """`operand COLLATE name`, the name in upper case."""

    operand: Expression
    collation: str


@dataclass(frozen=True, slots=True)
class Case:
    """CASE [base] WHEN … THEN … [ELSE …] END."""

    base: Expression | None
    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None


@dataclass(frozen=True, slots=True)
class Cast:
    """CAST(operand AS type), the type as written."""

    operand: Expression
    type: str


@dataclass(frozen=True, slots=True)
class Order:
    """One term of ORDER BY. `nulls` is FIRST or LAST when written."""

    expression: Expression
    descending: bool = False
    nulls: Literal["FIRST", "LAST"] | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """What stands in OVER (...). `base` names a window of the WINDOW clause, `frame` is the frame's words."""

    base: str | None = None
    partition: tuple[Expression, ...] = ()
    order: tuple[Order, ...] = ()
    frame: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A function call, its name in lower case. `star` is `f(*)`; `over` its window, if any."""

    name: str
    arguments: tuple[Expression, ...]
    star: bool = False
    distinct: bool = False
    order: tuple[Order, ...] = ()
    filter: Expression | None = None
    over: Window | None = None


@dataclass(frozen=True, slots=True)
class Exists:
    """EXISTS (query)."""

    query: Query


@dataclass(frozen=True, slots=True)
class Subquery:
    """A query in parentheses used as a value."""

    query: Query


@dataclass(frozen=True, slots=True)
class Row:
    """A row value `(a, b, …)`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Raise:
    """RAISE(action [, message]) inside a trigger."""

    action: str
    message: Expression | None


Expression: TypeAlias = (
    Constant | Name | Parameter | Unary | Binary | Truth | IsNull | Match | Between | In | Collate | Case
    | Cast | Call | Exists | Subquery | Row | Raise
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One result column: an expression with its alias, or `*` / `table.*` when `expression` is None.

    `text` is the expression as written, which names a column that has no other name.
    """

    expression: Expression | None
    alias: str | None = None
    table: str | None = None
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class TableRef:
    """A table, view or common table expression in FROM."""

    name: str
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """A query in FROM."""

    query: Query
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class TableCall:
    """A table-valued function in FROM, its name in lower case."""

    name: str
    arguments: tuple[Expression, ...]
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Nearest:
    """The `count` rows of a vec0 table that are nearest to a vector, of those that `where` allows.

    Not SQLite's grammar: `nearest` makes it of a MATCH with `k = …` or LIMIT.
    """

    table: TableRef
    column: str
    vector: Expression
    count: Expression
    where: Expression | None


@dataclass(frozen=True, slots=True)
class Nested:
    """Joins in parentheses."""

    joins: tuple[Join, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """One step of FROM, applied from left to right; the first has kind CROSS and no condition."""

    kind: JoinKind
    source: TableRef | Derived | TableCall | Nested | Nearest
    on: Expression | None = None
    using: tuple[str, ...] = ()
    natural: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """One SELECT without the clauses that belong to the whole compound."""

    items: tuple[Item, ...]
    sources: tuple[Join, ...] = ()
    where: Expression | None = None
    group: tuple[Expression, ...] = ()
    having: Expression | None = None
    distinct: bool = False
    windows: tuple[tuple[str, Window], ...] = ()


@dataclass(frozen=True, slots=True)
class Common:
    """One common table expression."""

    name: str
    columns: tuple[str, ...]
    query: Query


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query: SELECTs joined by `operators` from left to right, all of equal precedence."""

    selects: tuple[Select, ...]
    operators: tuple[str, ...] = ()
    order: tuple[Order, ...] = ()
    limit: Expression | None = None
    offset: Expression | None = None
    commons: tuple[Common, ...] = ()
    recursive: bool = False


@dataclass(frozen=True, slots=True)
class Upsert:
    """One ON CONFLICT clause. Without `target` any conflict is meant, without `assignments` DO NOTHING."""

    target: tuple[Expression, ...] = ()
    target_where: Expression | None = None
    assignments: tuple[tuple[tuple[str, ...], Expression], ...] = ()
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Insert:
    """INSERT. `source` is None for DEFAULT VALUES; VALUES are SELECTs joined by UNION ALL.

    `conflict` is the word after OR, REPLACE for REPLACE INTO. `commons` are those before INSERT.
    """

    table: str
    columns: tuple[str, ...]
    source: Query | None
    conflict: str = ""
    alias: str | None = None
    upserts: tuple[Upsert, ...] = ()
    returning: tuple[Item, ...] = ()
    commons: tuple[Common, ...] = ()


@dataclass(frozen=True, slots=True)
class Update:
    """UPDATE table SET columns = expression, … [FROM] [WHERE] [ORDER BY] [LIMIT]."""

    table: str
    assignments: tuple[tuple[tuple[str, ...], Expression], ...]
    where: Expression | None
    conflict: str = ""
    alias: str | None = None
    sources: tuple[Join, ...] = ()
    order: tuple[Order, ...] = ()
    limit: Expression | None = None
    offset: Expression | None = None
    returning: tuple[Item, ...] = ()
    commons: tuple[Common, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE FROM table [WHERE] [ORDER BY] [LIMIT]."""

    table: str
    where: Expression | None
    alias: str | None = None
    order: tuple[Order, ...] = ()
    limit: Expression | None = None
    offset: Expression | None = None
    returning: tuple[Item, ...] = ()
    commons: tuple[Common, ...] = ()


Statement: TypeAlias = Query | Insert | Update | Delete


@dataclass(frozen=True, slots=True)
class CreateView:
    """CREATE VIEW; `columns` are the names in parentheses, if any."""

    name: str
    columns: tuple[str, ...]
    query: Query


@dataclass(frozen=True, slots=True)
class CreateTrigger:
    """CREATE TRIGGER; `columns` are those of UPDATE OF."""

    name: str
    timing: Timing
    event: Event
    columns: tuple[str, ...]
    table: str
    when: Expression | None
    body: tuple[Statement, ...]
