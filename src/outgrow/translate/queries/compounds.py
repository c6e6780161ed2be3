"""UNION, EXCEPT and INTERSECT: columns of one type, and rows that are one where SQLite equates them."""

from __future__ import annotations

from dataclasses import replace

from outgrow.translate.aggregates import distinct_key
from outgrow.translate.value import Value


def compounded(texts: list[str], operators: tuple[str, ...], columns: tuple[Value, ...]) -> str:
    """The compound; where SQLite equates more than PostgreSQL does, by what it equates."""
    if set(operators) == {"UNION ALL"} or all(distinct_key(column) == column.sql for column in columns):
        return combined(texts, operators)
    names = [f"v{number}" for number in range(1, len(columns) + 1)]
    listed = ", ".join(names)
    keys = [
        distinct_key(replace(column, sql=f"q.{name}")) for column, name in zip(columns, names, strict=True)
    ]
    sql = texts[0]
    for operator, text in zip(operators, texts[1:], strict=True):
        if operator == "UNION ALL":
            sql = f"{sql} UNION ALL {text}"
            continue
        if operator == "UNION":
            both = f"({sql}) UNION ALL ({text})"
            sql = _last_of_each(f"({both}) AS r", names, keys)
            continue
        others = [
            distinct_key(replace(column, sql=f"o.{name}"))
            for column, name in zip(columns, names, strict=True)
        ]
        same = " AND ".join(
            f"{one} IS NOT DISTINCT FROM {other}" for one, other in zip(keys, others, strict=True)
        )
        word = "EXISTS" if operator == "INTERSECT" else "NOT EXISTS"
        found = f" WHERE {word} (SELECT 1 FROM ({text}) AS o ({listed}) WHERE {same})"
        sql = _last_of_each(f"({sql}) AS r", names, keys, found)
    return sql


def _last_of_each(source: str, names: list[str], keys: list[str], where: str = "") -> str:
    """The rows of a compound: of those that are equal but not the same, SQLite keeps the last it reads."""
    listed, key = ", ".join(names), ", ".join(keys)
    chosen = ", ".join(f"q.{name}" for name in names)
    numbered = f"SELECT r.*, row_number() OVER () FROM {source} ({listed})"
    return (
        f"SELECT DISTINCT ON ({key}) {chosen} FROM ({numbered}) AS q ({listed}, n){where}"
        f" ORDER BY {key}, q.n DESC"
    )


def collation_of_column(values: tuple[Value, ...]) -> str | None:
    """The collation of a compound's column: that of the first SELECT that has any."""
    return next(
        (each.collation for each in values if each.stored or each.explicit or each.collation is not None),
        None,
    )


def merged(values: tuple[Value, ...], collation: str | None) -> Value:
    """The column of a compound that stands for those of its SELECTs, which have one type by now."""
    nullable = any(value.nullable for value in values)
    natural = all(value.natural for value in values)
    return replace(
        values[0], nullable=nullable, constant=None, digits=None, moment=None, natural=natural, flag=None,
        collation=collation,
    )  # fmt: skip


def combined(texts: list[str], operators: tuple[str, ...]) -> str:
    """The compound; PostgreSQL would do INTERSECT first, so parentheses keep SQLite's order."""
    sql = texts[0]
    for number, (operator, text) in enumerate(zip(operators, texts[1:], strict=True)):
        left = f"({sql})" if number and "INTERSECT" in operators else sql
        sql = f"{left} {operator} {text}"
    return sql
