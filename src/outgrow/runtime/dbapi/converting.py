"""From SQLite's values to what a program asked for: by registered converters and by its text factory.

Used by `cursor`. Rules: https://docs.python.org/3/library/sqlite3.html#how-to-convert-sqlite-values-to-custom-python-types
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from outgrow.translate.statement import Column

Converter = Callable[[Any], Any]


def converters(columns: Sequence[Column], detect: int) -> tuple[Converter | None, ...] | None:
    """What converts each column, by the registered converters; None where none is to be."""
    found = tuple(_converter(column, detect) for column in columns)
    return found if any(found) else None


def _converter(column: Column, detect: int) -> Converter | None:
    names = []
    if detect & sqlite3.PARSE_COLNAMES and " [" in column.label:
        names.append(column.label.rpartition("[")[2].partition("]")[0])
    if detect & sqlite3.PARSE_DECLTYPES and column.declared:
        names.append(column.declared.partition("(")[0].partition(" ")[0])
    for name in names:
        registered = sqlite3.converters.get(name.upper())
        if registered is not None:
            return _of_bytes(registered)
    return None


def _of_bytes(convert: Callable[[bytes], Any]) -> Converter:
    def converted(value: Any) -> Any:
        # SQLite hands out no pointer for a blob without bytes, which sqlite3 takes for NULL.
        return None if value is None or value == b"" else convert(as_bytes(value))

    return converted


def as_bytes(value: Any) -> bytes:
    """A value as the bytes that SQLite would hand out for it."""
    if isinstance(value, str):
        return value.encode(errors="surrogateescape")
    if isinstance(value, float):
        return real_as_text(value).encode()
    return str(value).encode() if isinstance(value, int) else bytes(value)


def real_as_text(value: float) -> str:
    """A real with 15 digits, as SQLite 3.40 prints it."""
    text = f"{value:.15g}"
    if text in {"inf", "-inf"}:
        return text.capitalize() if value > 0 else "-Inf"
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}{e}{exponent}"


def with_text_factory(row: Sequence[Any], factory: Callable[[bytes], Any]) -> tuple[Any, ...]:
    """The row with each text made by the connection's text_factory."""
    if factory is str:
        return tuple(row)
    return tuple(
        factory(value.encode(errors="surrogateescape")) if isinstance(value, str) else value for value in row
    )


def refuse_undecoded(rows: Sequence[Sequence[Any]], columns: Sequence[Column]) -> None:
    """sqlite3.OperationalError for a text that is not UTF-8, where a program wants `str`."""
    for row in rows:
        for value, column in zip(row, columns, strict=True):
            if isinstance(value, str) and not value.isascii() and _broken(value):
                readable = value.encode(errors="surrogateescape").decode(errors="replace")
                raise sqlite3.OperationalError(
                    f"Could not decode to UTF-8 column '{column.label}' with text '{readable}'"
                )


def _broken(value: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in value)
