"""Statements that are no queries: transactions, PRAGMA, ATTACH, VACUUM, ANALYZE, REINDEX, EXPLAIN.

A pragma is answered from the model, mapped to what PostgreSQL has, or let pass where PostgreSQL does by
itself what it asks for; any other is refused by name. Used by `statement`.
Rules: https://www.sqlite.org/pragma.html, https://www.sqlite.org/lang_transaction.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from outgrow.schema.lexer import unquote
from outgrow.schema.names import literal, qualified, quote
from outgrow.schema.target import Relation, TargetModel
from outgrow.translate.grammar import Reader
from outgrow.translate.sources import PRAGMAS
from outgrow.translate.value import refuse

Row = tuple[int | float | str | bytes | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to run (with its findings), or the rows that are the answer."""

    sql: str = ""
    labels: tuple[str, ...] = ()
    rows: tuple[Row, ...] | None = None
    findings: tuple[str, ...] = ()


_UNHEARD = {
    "analysis_limit", "auto_vacuum", "automatic_index", "busy_timeout", "cache_size", "cache_spill",
    "cell_size_check", "checkpoint_fullfsync", "defer_foreign_keys", "foreign_keys", "fullfsync",
    "hard_heap_limit", "incremental_vacuum", "journal_mode", "journal_size_limit", "legacy_file_format",
    "locking_mode", "mmap_size", "optimize", "page_size", "read_uncommitted", "recursive_triggers",
    "secure_delete", "shrink_memory", "soft_heap_limit", "synchronous", "temp_store", "threads",
    "trusted_schema", "wal_autocheckpoint", "wal_checkpoint", "case_sensitive_like", "writable_schema",
}  # fmt: skip
"""Pragmas that tune SQLite's own file and memory; PostgreSQL has nothing that they could change."""
_NOW: dict[str, tuple[str, int | str]] = {
    "foreign_keys": ("foreign_keys", 1), "journal_mode": ("journal_mode", "wal"),
    "synchronous": ("synchronous", 2), "busy_timeout": ("timeout", 0), "page_size": ("page_size", 4096),
    "auto_vacuum": ("auto_vacuum", 0), "recursive_triggers": ("recursive_triggers", 0),
    "encoding": ("encoding", "UTF-8"), "locking_mode": ("locking_mode", "normal"),
    "cache_size": ("cache_size", -2000), "temp_store": ("temp_store", 0),
}  # fmt: skip
"""What such a pragma answers when it is asked: its column and value."""


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
    return Answer(sql="ANALYZE" if found is None else f"ANALYZE {qualified(found.schema, found.name)}")


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
    reader.rest()
    raise refuse("DETACH: PostgreSQL has no attached databases")


def _explain(reader: _Control, _: TargetModel) -> Answer:
    reader.rest()
    raise refuse("EXPLAIN: ask PostgreSQL itself, whose plans have another form")


def _relation(name: str, model: TargetModel) -> Relation | None:
    try:
        return model.relation(name)
    except KeyError:
        return None


def _dotted(reader: _Control) -> str:
    name = reader.name()
    return reader.name() if reader.accept(".") else name


def _pragma(reader: _Control, model: TargetModel) -> Answer:
    name = _dotted(reader).lower()
    argument = None
    if reader.accept("="):
        argument = _setting(reader)
    elif reader.accept("("):
        argument = _setting(reader)
        reader.expect(")")
    kept = f"pragma_{name}"
    if kept in PRAGMAS and (argument is not None) == (
        name not in {"user_version", "application_id", "table_list"}
    ):
        return _kept(kept, argument, model)
    if name == "database_list":
        return Answer(labels=("seq", "name", "file"), rows=((0, "main", ""),))
    if name == "collation_list":
        return Answer(labels=("seq", "name"), rows=((0, "RTRIM"), (1, "NOCASE"), (2, "BINARY")))
    if name in {"integrity_check", "quick_check"}:
        return Answer(labels=(name,), rows=(("ok",),))
    if name in _NOW and argument is None:
        label, value = _NOW[name]
        return Answer(labels=(label,), rows=((value,),))
    if name in _UNHEARD:
        said = f"PRAGMA {name}: PostgreSQL has nothing that it could change"
        if name == "journal_mode":
            return Answer(labels=("journal_mode",), rows=(("wal",),), findings=(said,))
        return Answer(labels=(), rows=(), findings=(said,))
    raise refuse(f"PRAGMA {name}")


def _kept(name: str, argument: str | None, model: TargetModel) -> Answer:
    """What the target keeps of SQLite's own catalog."""
    arguments = ", ".join(literal(part) for part in (model.schema, argument) if part is not None)
    rows = PRAGMAS[name]
    chosen = ", ".join(f"sqlite.v({quote(column)})" for column, _, _ in rows)
    return Answer(
        sql=f"SELECT {chosen} FROM sqlite.{name}({arguments})", labels=tuple(column for column, _, _ in rows)
    )


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
