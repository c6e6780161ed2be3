"""What a pragma can be on PostgreSQL: the kinds of which `rules` is the table.

A kind that keeps a value reads it as SQLite reads that text, so that what is asked back is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from outgrow.schema.names import literal, quote
from outgrow.schema.target import TargetModel
from outgrow.translate.pragma.values import number, switch
from outgrow.translate.sources import PRAGMAS as TABLES
from outgrow.translate.value import refuse

Row = tuple[int | float | str | bytes | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to run (with its findings), or the rows that are the answer."""

    sql: str = ""
    labels: tuple[str, ...] = ()
    rows: tuple[Row, ...] | None = None
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pragma:
    """One pragma: what it is when asked, and when a value is given; `does` says it in a few words."""

    does: str
    asked: Callable[[TargetModel], Answer]
    given: Callable[[str, TargetModel], Answer]


def rows_of(name: str) -> Pragma:
    """Rows that the move kept, for a table or index of that name."""
    columns = TABLES[f"pragma_{name}"]
    labels = tuple(column for column, _, _ in columns)
    chosen = ", ".join(f"sqlite.v({quote(column)})" for column in labels)

    def asked(model: TargetModel) -> Answer:
        if name != "table_list":
            return Answer(labels=labels, rows=())
        return Answer(
            sql=f"SELECT {chosen} FROM sqlite.pragma_{name}({literal(model.schema)})", labels=labels
        )

    def given(value: str, model: TargetModel) -> Answer:
        source = f"sqlite.pragma_{name}({literal(model.schema)}, {literal(value)})"
        return Answer(sql=f"SELECT {chosen} FROM {source}", labels=labels)

    return Pragma(does="answered as SQLite did at the move", asked=asked, given=given)


def _kept(name: str, model: TargetModel) -> str:
    return f"sqlite.kept_setting({literal(model.schema)}, {literal(name)}) AS s"


def number_kept(name: str) -> Pragma:
    """A number in the file that belongs to the application, kept in the target and set there."""

    def asked(model: TargetModel) -> Answer:
        return Answer(sql=f"SELECT 'i' || s FROM {_kept(name, model)}", labels=(name,))

    def given(value: str, model: TargetModel) -> Answer:
        words = f"{literal(model.schema)}, {literal(name)}, '{number(value)}'"
        return Answer(sql=f"DO $outgrow$ BEGIN PERFORM sqlite.keep_setting({words}); END $outgrow$")

    return Pragma(does="kept in the target, read and set there", asked=asked, given=given)


def of_the_file(name: str, tag: str, given: Callable[[str, TargetModel], Answer]) -> Pragma:
    """What the file was made with."""

    def asked(model: TargetModel) -> Answer:
        return Answer(sql=f"SELECT '{tag}' || s FROM {_kept(name, model)}", labels=(name,))

    return Pragma(
        does="answered as SQLite did at the move; setting it has no effect", asked=asked, given=given
    )


def auto_vacuum() -> Pragma:
    """A file that vacuums itself can change how, any other not."""

    def asked(model: TargetModel) -> Answer:
        now = "nullif(pg_catalog.current_setting('sqlite.auto_vacuum', true), '')"
        sql = f"SELECT 'i' || coalesce({now}, s) FROM {_kept('auto_vacuum', model)}"
        return Answer(sql=sql, labels=("auto_vacuum",))

    def given(value: str, model: TargetModel) -> Answer:
        words = {"full": 1, "incremental": 2}
        new = words.get(value.lower(), number(value))
        said = ("PRAGMA auto_vacuum: autovacuum frees space by itself",)
        if new not in {1, 2}:
            return Answer(rows=(), findings=said)
        call = f"PERFORM pg_catalog.set_config('sqlite.auto_vacuum', '{new}', false)"
        where = f"FROM {_kept('auto_vacuum', model)} WHERE s <> '0'"
        return Answer(sql=f"DO $outgrow$ BEGIN {call} {where}; END $outgrow$", findings=said)

    return Pragma(does="kept for the session, without effect", asked=asked, given=given)


def no_effect(name: str) -> Callable[[str, TargetModel], Answer]:
    """What setting it is: nothing."""
    return lambda _value, _model: Answer(rows=(), findings=(f"PRAGMA {name}: {_STORAGE}",))


def encoding(value: str, _model: TargetModel) -> Answer:
    """SQLite ignores it once there are tables."""
    if not re.fullmatch(r"utf-?(8|16(le|be)?)", value.lower()):
        raise refuse(f"PRAGMA encoding: unsupported encoding: {value}")
    return Answer(rows=())


_STORAGE = "PostgreSQL has nothing that it could change"


def session(
    name: str,
    default: int | str,
    read: Callable[[str], int | str | None] = switch,
    *,
    answers: bool = False,
    kept: bool = False,
    instead: str = "",
) -> Pragma:
    """What tunes SQLite's file and memory: the value is kept for the session and changes nothing.

    `read` gives what SQLite makes of a text, None for leaving what was there; it `answers` the new value.
    The default is `kept` in the target where the file holds it. `instead` says what PostgreSQL does.
    """
    tag = "t" if isinstance(default, str) else "i"
    setting = f"sqlite.{name}"
    said = f"PRAGMA {name}: {instead or _STORAGE}; the value is only kept for the session"

    def asked(model: TargetModel) -> Answer:
        now = f"nullif(pg_catalog.current_setting({literal(setting)}, true), '')"
        source, first = (f" FROM {_kept(name, model)}", "s") if kept else ("", literal(str(default)))
        return Answer(sql=f"SELECT '{tag}' || coalesce({now}, {first}){source}", labels=(name,))

    def given(value: str, model: TargetModel) -> Answer:
        new = read(value)
        if new is None:
            return asked(model) if answers else Answer(rows=(), findings=(said,))
        word = literal(str(new))
        if not answers:
            return Answer(sql=f"SET {setting} = {word}", findings=(said,))
        text = f"SELECT '{tag}' || pg_catalog.set_config({literal(setting)}, {word}, false)"
        return Answer(sql=text, labels=(name,), findings=(said,))

    return Pragma(
        does="kept for the session, without effect" + (f": {instead}" if instead else ""),
        asked=asked,
        given=given,
    )


def fixed(name: str, value: int, advice: str, *, finding: str = "") -> Pragma:
    """A switch that changes what statements mean: it has one position here, the other is refused."""

    def given(text: str, _model: TargetModel) -> Answer:
        if switch(text) != value and not (name == "writable_schema" and text.lower() == "reset"):
            raise refuse(f"PRAGMA {name} = {text}: {advice}")
        return Answer(rows=())

    def asked(_model: TargetModel) -> Answer:
        if name == "case_sensitive_like":
            return Answer(rows=())
        return Answer(labels=(name,), rows=((value,),), findings=(finding,) if finding else ())

    word = "on" if value else "off"
    return Pragma(does=f"always {word}; the other is refused", asked=asked, given=given)


def idle(name: str, instead: str, labels: tuple[str, ...] = (), rows: tuple[Row, ...] = ()) -> Pragma:
    """A command for SQLite's file, which PostgreSQL has no need of."""
    found = Answer(labels=labels, rows=rows, findings=(f"PRAGMA {name}: {instead}",))
    return Pragma(does=f"nothing: {instead}", asked=lambda _model: found, given=lambda _value, _model: found)


def unheard(name: str) -> Pragma:
    """What tunes SQLite's memory, and cannot be asked because the answer depends on that memory."""

    def asked(_model: TargetModel) -> Answer:
        raise refuse(f"PRAGMA {name}: its value depends on the memory that SQLite has taken")

    return Pragma(does="without effect; asking is refused", asked=asked, given=no_effect(name))


def refused(name: str, advice: str) -> Pragma:
    """One that PostgreSQL cannot answer; `advice` says what to do instead."""

    def given(_value: str, _model: TargetModel) -> Answer:
        raise refuse(f"PRAGMA {name}: {advice}")

    return Pragma(does=f"refused: {advice}", asked=lambda model: given("", model), given=given)


def answered(labels: tuple[str, ...], rows: tuple[Row, ...]) -> Pragma:
    """The same rows always."""
    found = Answer(labels=labels, rows=rows)
    return Pragma(does="answered", asked=lambda _model: found, given=lambda _value, _model: found)


def database_list() -> Pragma:
    """The database and those that are attached, numbered as SQLite numbers them."""

    def asked(model: TargetModel) -> Answer:
        attached = ((number, name, "") for number, (name, _) in enumerate(model.attached, 2))
        said = "PRAGMA database_list: the database is no file any more"
        return Answer(labels=("seq", "name", "file"), rows=((0, "main", ""), *attached), findings=(said,))

    return Pragma(does="answered, without files", asked=asked, given=lambda _value, model: asked(model))


# Those that PostgreSQL has something for.


def busy_timeout() -> Pragma:
    """lock_timeout, where 0 is for ever: SQLite's 0, which does not wait at all, is a millisecond."""

    def asked(_model: TargetModel) -> Answer:
        return Answer(
            sql=(
                "SELECT CASE setting WHEN '1' THEN 'i0' ELSE 'i' || setting END"
                " FROM pg_catalog.pg_settings WHERE name = 'lock_timeout'"
            ),
            labels=("timeout",),
            findings=("PRAGMA busy_timeout: until it is set, PostgreSQL waits for a lock without an end",),
        )

    def given(value: str, _model: TargetModel) -> Answer:
        wanted = max(number(value), 0)
        there = 1 if wanted == 0 else max(wanted, 2)
        return Answer(
            sql=f"SELECT 'i{wanted}' FROM pg_catalog.set_config('lock_timeout', '{there}', false)",
            labels=("timeout",),
        )

    return Pragma(does="`lock_timeout`", asked=asked, given=given)


def query_only() -> Pragma:
    """Transactions that only read, from this moment on."""

    def asked(_model: TargetModel) -> Answer:
        now = "pg_catalog.current_setting('default_transaction_read_only')"
        return Answer(sql=f"SELECT CASE {now} WHEN 'on' THEN 'i1' ELSE 'i0' END", labels=("query_only",))

    def given(value: str, _model: TargetModel) -> Answer:
        if not switch(value):
            said = "PRAGMA query_only: a transaction that has begun stays read-only to its end"
            return Answer(sql="SET default_transaction_read_only = off", findings=(said,))
        both = (("default_transaction_read_only", "false"), ("transaction_read_only", "true"))
        calls = " ".join(f"PERFORM pg_catalog.set_config('{name}', 'on', {local});" for name, local in both)
        said = "PRAGMA query_only: temporary tables can still be written"
        return Answer(sql=f"DO $outgrow$ BEGIN {calls} END $outgrow$", findings=(said,))

    return Pragma(does="`default_transaction_read_only`", asked=asked, given=given)


def defer_foreign_keys() -> Pragma:
    """Foreign keys that are checked at the end of the transaction."""

    def given(value: str, _model: TargetModel) -> Answer:
        if not switch(value):
            return Answer(
                rows=(), findings=("PRAGMA defer_foreign_keys: the end of the transaction switches it off",)
            )
        return Answer(
            sql="SET CONSTRAINTS ALL DEFERRED",
            findings=(
                "PRAGMA defer_foreign_keys: give it after BEGIN; it holds to the end of the transaction",
            ),
        )

    def asked(_model: TargetModel) -> Answer:
        raise refuse("PRAGMA defer_foreign_keys: PostgreSQL does not tell whether constraints are deferred")

    return Pragma(does="`SET CONSTRAINTS ALL DEFERRED`", asked=asked, given=given)


def page_count() -> Pragma:
    """The size of the schema's tables and indexes: a cache counts it as its own."""

    def asked(model: TargetModel) -> Answer:
        size = (
            "(SELECT coalesce(sum(pg_catalog.pg_total_relation_size(c.oid)), 0)::bigint "
            "FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
            f"WHERE c.relkind = 'r' AND n.nspname = {literal(model.schema)})"
        )
        return Answer(
            sql=f"SELECT 'i' || (1 + {size} / s::bigint) FROM {_kept('page_size', model)}",
            labels=("page_count",),
            findings=("PRAGMA page_count: what the tables take in PostgreSQL, in pages of page_size",),
        )

    does = "the size of the tables and indexes in PostgreSQL, in pages of `page_size`"
    return Pragma(does=does, asked=asked, given=lambda _value, model: asked(model))
