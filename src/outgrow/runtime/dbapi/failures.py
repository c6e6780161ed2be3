"""What PostgreSQL reports, as the error that sqlite3 would have raised: class, message and code.

`except sqlite3.IntegrityError` of a program goes on catching. Used by `cursor` and `connection`. Codes:
https://www.sqlite.org/rescode.html and https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator

import psycopg
from psycopg.errors import Diagnostic

from outgrow.errors import TranslationError
from outgrow.schema.names import fold, shorten
from outgrow.schema.target import Relation, TargetModel
from outgrow.sqlite.create_sql import LexError, parse_table

CODES: dict[str, int] = {
    "SQLITE_ERROR": 1, "SQLITE_ABORT": 4, "SQLITE_BUSY": 5, "SQLITE_READONLY": 8, "SQLITE_INTERRUPT": 9,
    "SQLITE_IOERR": 10, "SQLITE_FULL": 13, "SQLITE_CANTOPEN": 14, "SQLITE_TOOBIG": 18,
    "SQLITE_CONSTRAINT": 19, "SQLITE_MISMATCH": 20, "SQLITE_AUTH": 23, "SQLITE_CONSTRAINT_CHECK": 275,
    "SQLITE_CONSTRAINT_FOREIGNKEY": 787, "SQLITE_CONSTRAINT_NOTNULL": 1299,
    "SQLITE_CONSTRAINT_PRIMARYKEY": 1555,
    "SQLITE_CONSTRAINT_TRIGGER": 1811, "SQLITE_CONSTRAINT_UNIQUE": 2067, "SQLITE_CONSTRAINT_DATATYPE": 3091,
}  # fmt: skip

Class = type[sqlite3.Error]
Told = tuple[Class, str, str]
"""Class, message and name of the code."""


def failure(kind: Class, message: str, code: str, cause: BaseException | None = None) -> sqlite3.Error:
    """An error of sqlite3 with its code, and the SQLSTATE of what caused it as `sqlstate`."""
    made = kind(message)
    made.sqlite_errorcode = CODES[code]
    made.sqlite_errorname = code
    setattr(made, "sqlstate", getattr(cause, "sqlstate", None))  # noqa: B010 - sqlite3's errors declare none
    made.__cause__ = cause
    return made


def error_of(message: str) -> sqlite3.Error:
    """An OperationalError with SQLITE_ERROR, as most of SQLite's own."""
    return failure(sqlite3.OperationalError, message, "SQLITE_ERROR")


def translated(error: psycopg.Error, model: TargetModel, texts: tuple[str, ...] = ()) -> sqlite3.Error:
    """The error of sqlite3 that stands for PostgreSQL's; `texts` are SQLite's of the schema."""
    state = error.sqlstate
    if state is None:
        return _without_state(error)
    if state == "23514":
        return failure(*_check(error, model, texts), error)
    told = (_BY_STATE.get(state) or _BY_CLASS.get(state[:2]) or _other)(error, model)
    return failure(*told, error)


def is_lost(error: psycopg.Error) -> bool:
    """Whether the connection is gone: the server's farewell, or no word at all."""
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError)
    return state[:2] == "08" or state in {"57P01", "57P02", "57P03", "25P03", "57P05"}


def _without_state(error: psycopg.Error) -> sqlite3.Error:
    first = str(error).strip().partition("\n")[0] or type(error).__name__
    if isinstance(error, psycopg.OperationalError):
        return failure(
            sqlite3.OperationalError, f"the connection to PostgreSQL is lost: {first}", "SQLITE_IOERR", error
        )
    return failure(sqlite3.DatabaseError, first, "SQLITE_ERROR", error)


def _first(error: psycopg.Error) -> str:
    said = error.diag.message_primary or str(error).partition("\n")[0]
    return f"{said} ({error.diag.message_detail})" if error.diag.message_detail else said


def _relation(diagnostic: Diagnostic, model: TargetModel) -> Relation | None:
    wanted = diagnostic.schema_name, diagnostic.table_name
    models = (model, *(attached for _, attached in model.attached))
    for relation in (relation for each in models for relation in each.relations):
        there = relation.schema if relation.schema != "pg_temp" else diagnostic.schema_name
        if (there, relation.name) == wanted:
            return relation
    return None


def _source(relation: Relation | None, name: str) -> str:
    """What SQLite calls the column of that name on the target."""
    columns = relation.columns if relation is not None else ()
    return next((column.source for column in columns if column.name == name), name)


def _table(error: psycopg.Error, relation: Relation | None) -> str:
    return relation.source if relation is not None else error.diag.table_name or "?"


_KEY = re.compile(r"^Key \((.*?)\)=\(")


def _unique(error: psycopg.Error, model: TargetModel) -> Told:
    relation = _relation(error.diag, model)
    found = _KEY.match(error.diag.message_detail or "")
    names = [name.strip().strip('"') for name in found[1].split(",")] if found else []
    columns = {column.name for column in relation.columns} if relation is not None else set()
    code = "SQLITE_CONSTRAINT_UNIQUE"
    if not names or not set(names) <= columns:
        where = f"index '{error.diag.constraint_name}'"
        return sqlite3.IntegrityError, f"UNIQUE constraint failed: {where}", code
    sources = [_source(relation, name) for name in names]
    if relation is not None and {fold(s) for s in sources} in (
        {fold(name) for name in relation.primary_key}, {fold(relation.rowid_alias or "")},
    ):  # fmt: skip
        code = "SQLITE_CONSTRAINT" if relation.rtree else "SQLITE_CONSTRAINT_PRIMARYKEY"
    listed = ", ".join(f"{_table(error, relation)}.{source}" for source in sources)
    return sqlite3.IntegrityError, f"UNIQUE constraint failed: {listed}", code


def _not_null(error: psycopg.Error, model: TargetModel) -> Told:
    relation = _relation(error.diag, model)
    column = _source(relation, error.diag.column_name or "?")
    text = f"NOT NULL constraint failed: {_table(error, relation)}.{column}"
    return sqlite3.IntegrityError, text, "SQLITE_CONSTRAINT_NOTNULL"


def _check(error: psycopg.Error, model: TargetModel, texts: tuple[str, ...]) -> Told:
    """SQLite names a constraint, or gives the text of one without a name; an R*Tree says what it is."""
    name = error.diag.constraint_name
    if name is None:
        return sqlite3.IntegrityError, _first(error), "SQLITE_CONSTRAINT"
    relation = _relation(error.diag, model)
    for check, said in _checks(relation, texts) if relation is not None else ():
        if check == name:
            name = said
            break
    return sqlite3.IntegrityError, f"CHECK constraint failed: {name}", "SQLITE_CONSTRAINT_CHECK"


def _checks(relation: Relation, texts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The names of a table's checks on the target, as `plan.constraints` gives them, and what SQLite says."""
    for text in texts:
        try:
            table = parse_table(text)
        except (LexError, TranslationError):
            continue
        if fold(table.name) != fold(relation.source):
            continue
        unnamed = 0
        for check in table.checks:
            if check.name is not None:
                yield shorten(fold(check.name)), check.name
                continue
            unnamed += 1
            number = f"_{unnamed}" if unnamed > 1 else ""
            yield shorten(f"{relation.name}{number}", "_check"), _dequoted(check.expression.strip())
        return


def _dequoted(text: str) -> str:
    """SQLite takes a text that begins with a quoted name for that name."""
    found = re.match(r"\"((?:[^\"]|\"\")*)\"|`([^`]*)`|\[([^\]]*)\]|'((?:[^']|'')*)'", text)
    return text if found is None else next(part for part in found.groups() if part is not None)


def _foreign_key(error: psycopg.Error, model: TargetModel) -> Told:
    del error, model
    return sqlite3.IntegrityError, "FOREIGN KEY constraint failed", "SQLITE_CONSTRAINT_FOREIGNKEY"


def _raised(error: psycopg.Error, model: TargetModel) -> Told:
    del model
    said = error.diag.message_primary or ""
    return sqlite3.IntegrityError, said, "SQLITE_CONSTRAINT_TRIGGER"


def _fixed(kind: Class, message: str, code: str) -> Callable[[psycopg.Error, TargetModel], Told]:
    def told(_error: psycopg.Error, _model: TargetModel) -> Told:
        return kind, message, code

    return told


def _said(kind: Class, code: str, before: str = "") -> Callable[[psycopg.Error, TargetModel], Told]:
    def told(error: psycopg.Error, _model: TargetModel) -> Told:
        return kind, before + _first(error), code

    return told


_other = _said(sqlite3.OperationalError, "SQLITE_ERROR")
_LOCKED = _fixed(sqlite3.OperationalError, "database is locked", "SQLITE_BUSY")

_UNFIT = _said(sqlite3.IntegrityError, "SQLITE_CONSTRAINT_DATATYPE")
"""A value that the column's type does not hold."""
_ANOTHER_TYPE = ": rebuild the table, or move again with another type in the plan"


def _misfit(error: psycopg.Error, model: TargetModel) -> Told:
    """As sqlite.misfit says it, and what there is to do: docs/how-to/run.md."""
    kind, said, code = _UNFIT(error, model)
    return kind, said + _ANOTHER_TYPE if error.diag.message_hint else said, code


def _not_read(error: psycopg.Error, model: TargetModel) -> Told:
    """A text that is none of the type; of SQLite's JSON functions PostgreSQL before 16 says so itself."""
    if "sqlite._json" in (error.diag.context or ""):
        return sqlite3.OperationalError, "malformed JSON", "SQLITE_ERROR"
    return _UNFIT(error, model)


_BY_STATE: dict[str, Callable[[psycopg.Error, TargetModel], Told]] = {
    "22000": _misfit,
    "22007": _UNFIT,
    "22008": _UNFIT,
    "22P02": _not_read,
    "23000": _raised,
    "23502": _not_null,
    "23503": _foreign_key,
    "23505": _unique,
    "25006": _fixed(sqlite3.OperationalError, "attempt to write a readonly database", "SQLITE_READONLY"),
    "40001": _LOCKED,
    "40P01": _LOCKED,
    "55P03": _LOCKED,
    "53100": _fixed(sqlite3.OperationalError, "database or disk is full", "SQLITE_FULL"),
    "57014": _fixed(sqlite3.OperationalError, "interrupted", "SQLITE_INTERRUPT"),
    "42804": _said(sqlite3.IntegrityError, "SQLITE_MISMATCH"),
    "42501": _said(sqlite3.OperationalError, "SQLITE_AUTH", "access denied by PostgreSQL: "),
}
_BY_CLASS: dict[str, Callable[[psycopg.Error, TargetModel], Told]] = {
    "08": _said(sqlite3.OperationalError, "SQLITE_IOERR", "the connection to PostgreSQL is lost: "),
    "57": _said(sqlite3.OperationalError, "SQLITE_IOERR", "the connection to PostgreSQL is lost: "),
    "22": _said(sqlite3.OperationalError, "SQLITE_ERROR"),
    "23": _said(sqlite3.IntegrityError, "SQLITE_CONSTRAINT_CHECK"),
    "53": _said(sqlite3.OperationalError, "SQLITE_CANTOPEN"),
    "54": _said(sqlite3.DataError, "SQLITE_TOOBIG"),
}
