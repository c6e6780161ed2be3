"""Statements that are no queries: transactions, PRAGMA, ATTACH, VACUUM, ANALYZE, REINDEX, EXPLAIN.

Used by `statement`; what each pragma is stands in `pragma.rules`.
Rules: https://www.sqlite.org/pragma.html, https://www.sqlite.org/lang_transaction.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from outgrow.schema.lexer import unquote
from outgrow.schema.names import fold, qualified, quote
from outgrow.schema.target import Qualified, Relation, TargetModel
from outgrow.translate import tree
from outgrow.translate.grammar import Reader
from outgrow.translate.pragma.kinds import Answer
from outgrow.translate.pragma.rules import pragma
from outgrow.translate.value import refuse


def answer(sql: str, model: TargetModel) -> Answer | None:
    """The answer to a statement of this kind; None for any other. Raises TranslationError."""
    reader = _Control(sql)
    rule = _RULES.get(reader.token.word)
    if rule is None:
        return None
    reader.advance()
    found = rule(reader, model)
    reader.accept(";")
    reader.expect_end()
    return found


class _Control(Reader):
    """The words of a statement that is no query."""

    def rest(self) -> str:
        """Consumes what is left."""
        while self.token.kind != "end":
            self.advance()
        return ""


def _begin(reader: _Control, _: TargetModel) -> Answer:
    for word in ("DEFERRED", "IMMEDIATE", "EXCLUSIVE"):
        reader.accept(word)
    _transaction_name(reader)
    return Answer(sql="BEGIN")


def _transaction_name(reader: _Control) -> None:
    if reader.accept("TRANSACTION") and reader.at_name():
        reader.name()


def _commit(reader: _Control, _: TargetModel) -> Answer:
    _transaction_name(reader)
    return Answer(sql="COMMIT")


def _rollback(reader: _Control, _: TargetModel) -> Answer:
    _transaction_name(reader)
    if reader.accept("TO"):
        reader.accept("SAVEPOINT")
        return Answer(sql=f"ROLLBACK TO SAVEPOINT {quote(reader.name())}")
    return Answer(sql="ROLLBACK")


def _savepoint(reader: _Control, _: TargetModel) -> Answer:
    return Answer(sql=f"SAVEPOINT {quote(reader.name())}")


def _release(reader: _Control, _: TargetModel) -> Answer:
    reader.accept("SAVEPOINT")
    return Answer(sql=f"RELEASE SAVEPOINT {quote(reader.name())}")


def _vacuum(reader: _Control, _: TargetModel) -> Answer:
    if reader.at("INTO"):
        raise refuse("VACUUM INTO: copy the database with pg_dump")
    if reader.at_name():
        reader.name()
    return Answer(sql="VACUUM")


def _analyze(reader: _Control, model: TargetModel) -> Answer:
    name = _dotted(reader) if reader.at_name() else None
    found = _relation(name, model) if name is not None else None
    if found is not None:
        return Answer(sql=f"ANALYZE {qualified(found.schema, found.name)}")
    said = f"ANALYZE {name}: it is no table that was moved; the whole database is analyzed"
    return Answer(sql="ANALYZE", findings=() if name is None or fold(name) == "main" else (said,))


def _reindex(reader: _Control, model: TargetModel) -> Answer:
    name = _dotted(reader) if reader.at_name() else None
    found = _relation(name, model) if name is not None else None
    if name is not None and found is None:
        return Answer(findings=(f"REINDEX {name}: PostgreSQL keeps its indexes in order by itself",))
    text = "" if found is None else f" TABLE {qualified(found.schema, found.name)}"
    return Answer(sql=f"REINDEX{text}") if text else Answer(
        findings=("REINDEX: PostgreSQL keeps its indexes in order by itself",)
    )  # fmt: skip


def _attach(reader: _Control, _: TargetModel) -> Answer:
    reader.rest()
    raise refuse("ATTACH: move the other file into a schema of this database, and name it there")


def _detach(reader: _Control, _: TargetModel) -> Answer:
    reader.accept("DATABASE")
    raise refuse(f"DETACH: no such database: {reader.name()}")


class Attachment(NamedTuple):
    """What ATTACH wants: the database `name`, of the file `path`, which is "" where the text does not say."""

    name: str
    path: str


def attachment(sql: str, model: TargetModel) -> Attachment | None:
    """What a statement attaches; None for any that is no ATTACH.

    TranslationError when a database has that name already.
    """
    reader = _Control(sql)
    if not reader.accept("ATTACH"):
        return None
    reader.accept("DATABASE")
    path = reader.expression()
    reader.expect("AS")
    name = reader.name()
    if fold(name) in {"main", "temp", *(fold(known) for known, _ in model.attached)}:
        raise refuse(f"ATTACH: database {name} is already in use")
    text = path.value if isinstance(path, tree.Constant) else ""
    return Attachment(name, text if isinstance(text, str) else "")


def detached(sql: str, model: TargetModel) -> TargetModel | None:
    """The model after DETACH of a database that is attached; None for any other statement."""
    reader = _Control(sql)
    if not reader.accept("DETACH"):
        return None
    reader.accept("DATABASE")
    name = fold(reader.name())
    left = tuple(entry for entry in model.attached if fold(entry[0]) != name)
    return replace(model, attached=left) if len(left) < len(model.attached) else None


def _explain(reader: _Control, _: TargetModel) -> Answer:
    reader.rest()
    raise refuse("EXPLAIN, which prints SQLite's own bytecode: ask EXPLAIN QUERY PLAN")


def explained(sql: str) -> str | None:
    """The statement whose plan is asked for; None when none is. TranslationError when it can have none."""
    reader = _Control(sql)
    if not reader.accept("EXPLAIN", "QUERY", "PLAN"):
        return None
    if reader.token.word in _RULES:
        raise refuse(f"EXPLAIN QUERY PLAN {reader.token.word}: it has no plan")
    return sql[reader.token.start :]


def _relation(name: str, model: TargetModel) -> Relation | None:
    try:
        return model.relation(name)
    except KeyError:
        return None


def _dotted(reader: _Control) -> str:
    name = reader.name()
    return Qualified(reader.name(), name) if reader.accept(".") else name


def _pragma(reader: _Control, model: TargetModel) -> Answer:
    name = reader.name()
    if reader.accept("."):
        if fold(name) == "temp":
            raise refuse(f"PRAGMA temp.{reader.name()}: PostgreSQL keeps no such catalog of temporary tables")
        model = model.of(name)
        name = reader.name()
    value = None
    if reader.accept("="):
        value = _setting(reader)
    elif reader.accept("("):
        value = _setting(reader)
        reader.expect(")")
    return pragma(name.lower(), value, model)


def _setting(reader: _Control) -> str:
    sign = "-" if reader.accept("-") else ""
    reader.accept("+")
    return sign + unquote(reader.advance())


_RULES: dict[str, Callable[[_Control, TargetModel], Answer]] = {
    "ANALYZE": _analyze,
    "ATTACH": _attach,
    "BEGIN": _begin,
    "COMMIT": _commit,
    "DETACH": _detach,
    "END": _commit,
    "EXPLAIN": _explain,
    "PRAGMA": _pragma,
    "REINDEX": _reindex,
    "RELEASE": _release,
    "ROLLBACK": _rollback,
    "SAVEPOINT": _savepoint,
    "VACUUM": _vacuum,
}
