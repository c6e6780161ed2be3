"""Statements that are neither queries nor changes of rows: transactions, definitions, ATTACH, VACUUM.

And questions to what is no table here. Used by `engine`; each rule carries its statement out.

To add one: a function and its verb in `_VERBS`. Rules: https://www.sqlite.org/lang.html
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable

import psycopg

from outgrow.errors import OutgrowError, TargetError, TranslationError
from outgrow.runtime.dbapi import definitions, ranking, sequences
from outgrow.runtime.dbapi.engine import Engine
from outgrow.runtime.dbapi.failures import error_of, failure, translated
from outgrow.runtime.dbapi.known import Known
from outgrow.runtime.dbapi.sending import Bound, Outcome
from outgrow.runtime.dbapi.statement import DEFINITIONS, TRANSACTIONS, Prepared, Statement
from outgrow.runtime.dbapi.tracing import expanded
from outgrow.schema.lexer import tokens, unquote
from outgrow.schema.names import fold
from outgrow.schema.target import TEMPORARY
from outgrow.translate import control
from outgrow.translate.statement import Column, Translated


def special(engine: Engine, statement: Statement, bound: Bound, begins: str | None) -> Outcome | None:
    """What came of such a statement; None for any other. Raises sqlite3.Error.

    `begins` is how a transaction begins by itself before a statement that writes.
    """
    if not statement.verb:
        return Outcome()
    rule = _VERBS.get(statement.verb)
    if rule is not None and bound[0]:
        text = expanded(statement.sql, bound[0], statement.layout)
        return rule(engine, engine.statements.statement(text))
    if rule is not None:
        return rule(engine, statement)
    if statement.writes and sequences.is_named(statement.sql):
        engine.shadow.follow(engine.known.texts)
        changed = sequences.change(engine.shadow, engine.known, engine.asked, statement.sql, bound[0])
        return Outcome(rowcount=changed)
    if statement.writes:
        return _rank(engine, statement, bound, begins)
    return _pragma(engine, statement) if statement.verb == "PRAGMA" else None


def _pragma(engine: Engine, statement: Statement) -> Outcome | None:
    """What the runtime itself knows the answer to; the translator answers the others."""
    from outgrow.runtime.dbapi.switches import answer, switched  # noqa: PLC0415 - built on this module's engine

    if _SCHEMA_VERSION.fullmatch(statement.sql):
        return answer("schema_version", engine.known.version)
    described = _DESCRIBING.match(statement.sql)
    if described is not None and (described["temp"] or _is_temporary(engine, described["name"] or "")):
        return _of_temporary(engine, statement)
    return switched(engine, statement)


def _is_temporary(engine: Engine, name: str) -> bool:
    plain = fold(name.strip("'\"`[] "))
    return any(r.schema == TEMPORARY and fold(r.source) == plain for r in engine.known.model.relations)


def _transaction(engine: Engine, statement: Statement) -> Outcome:
    try:
        control.answer(statement.sql, engine.known.model)
    except TranslationError as error:
        raise engine.refusal(statement.sql, error) from None
    words = [token for token in tokens(statement.sql) if token.word != ";"]
    verb, is_open = statement.verb, engine.session.open
    if verb == "BEGIN":
        if is_open:
            raise error_of("cannot start a transaction within a transaction")
        engine.begin(words[1].word if len(words) > 1 else "")
    elif verb == "SAVEPOINT":
        engine.savepoint(unquote(words[-1]))
    elif verb == "RELEASE":
        engine.release(unquote(words[-1]))
    elif verb == "ROLLBACK" and any(token.word == "TO" for token in words):
        engine.rollback_to(unquote(words[-1]))
    elif not is_open:
        what = "rollback" if verb == "ROLLBACK" else "commit"
        raise error_of(f"cannot {what} - no transaction is active")
    elif verb == "ROLLBACK":
        engine.rollback()
    else:
        engine.commit()
    return Outcome()


def _define(engine: Engine, statement: Statement) -> Outcome:
    if not engine.shadow.defines(statement.sql, engine.known.texts):
        return Outcome()

    def define() -> Known:
        after = definitions.define(
            engine.link.raw, engine.known, statement.sql,
            legacy_renames=engine.shadow.legacy_renames, keys=engine.session.keys_asked,
        )  # fmt: skip
        if engine.session.keys_later or not engine.session.keys_at_once:
            engine.link.raw.execute("SET CONSTRAINTS ALL DEFERRED")
        return after

    _defined(engine, statement, define)
    return Outcome()


def _rank(engine: Engine, statement: Statement, bound: Bound, begins: str | None) -> Outcome | None:
    """What a full-text table is to rank by; None for any other change."""
    found = ranking.table_of(statement.sql, engine.known.model)
    if found is None:
        return None
    name, relation = found
    rank = ranking.asked(name, engine.known, statement.sql, bound[0])
    if rank is None:
        return None
    if begins is not None and not engine.session.open:
        engine.begin(begins)
    if relation.full_text is None or rank != relation.full_text.rank:
        _defined(engine, statement, lambda: ranking.ranked(engine.link.raw, engine.known, name, rank))
    return Outcome(rowcount=1)


def _defined(engine: Engine, statement: Statement, define: Callable[[], Known]) -> None:
    """Carries a definition out, or raises sqlite3.Error."""
    made: list[Known] = []
    try:
        engine.session.script(lambda: made.append(define()))
    except TranslationError as error:
        raise engine.refusal(statement.sql, error) from None
    except TargetError as error:
        raise failure(sqlite3.OperationalError, str(error), "SQLITE_AUTH", error) from None
    except psycopg.Error as error:
        raise translated(error, engine.known.model) from error
    finally:
        engine.shadow.doubt()
    engine.defined(made[0])


def _attach(engine: Engine, statement: Statement) -> Outcome:
    try:
        known = definitions.attached(engine.link.raw, engine.known, statement.sql)
        if known is None:
            control.answer(statement.sql, engine.known.model)
    except OutgrowError as error:
        raise engine.refusal(statement.sql, error) from None
    if known is not None:
        engine.know(known)
    return Outcome()


def _vacuum(engine: Engine, statement: Statement) -> Outcome:
    if engine.session.open:
        raise error_of("cannot VACUUM from within a transaction")
    sql = engine.prepared(statement, ((), ())).translated.sql
    engine.guarded(lambda: engine.wire.script(sql))
    return Outcome()


def _of_temporary(engine: Engine, statement: Statement) -> Outcome:
    """What SQLite says of temporary tables, which the target keeps no catalog of: the shadow has them."""
    engine.shadow.follow(engine.known.texts)
    cursor = engine.shadow.cursor()
    rows = cursor.execute(statement.sql).fetchall()
    columns = tuple(Column(label=each[0], kind="text", type="text") for each in cursor.description or ())
    prepared = Prepared(Translated(sql="", columns=columns), native=False, inserts=False)
    return Outcome(prepared=prepared if columns else None, rows=rows)


_DESCRIBING = re.compile(
    r"\s*PRAGMA\s+(?P<temp>temp\s*\.\s*)?(?:table_x?info|table_list|index_x?info|index_list|foreign_key_list)\b"
    r"(?:\s*[(=]\s*(?P<name>[^)]*?)\s*\)?\s*;?\s*\Z)?",
    re.IGNORECASE,
)
_SCHEMA_VERSION = re.compile(r"\s*PRAGMA\s+(?:main\s*\.\s*)?schema_version\s*;?\s*", re.IGNORECASE)
_VERBS: dict[str, Callable[[Engine, Statement], Outcome]] = {
    **dict.fromkeys(TRANSACTIONS, _transaction),
    **dict.fromkeys(DEFINITIONS, _define),
    "ATTACH": _attach,
    "DETACH": _attach,
    "VACUUM": _vacuum,
}
