"""Pragmas that the session answers: switches before a rebuild, checks, and what SQLite says of itself.

Migration tools switch foreign keys off, rebuild tables, and check; PostgreSQL goes on checking, which is
stricter and never silent, but it may wait until COMMIT. Used by `special`.
Rules: https://www.sqlite.org/pragma.html#pragma_foreign_keys, #pragma_recursive_triggers
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from outgrow.runtime.dbapi.engine import Engine
from outgrow.runtime.dbapi.known import log
from outgrow.runtime.dbapi.sending import Outcome
from outgrow.runtime.dbapi.statement import Prepared, Statement
from outgrow.runtime.dbapi.wire import Request
from outgrow.schema.lexer import TokenError, tokens, unquote
from outgrow.schema.names import fold, literal, qualified, quote
from outgrow.translate.pragma.values import number, switch
from outgrow.translate.statement import Column, Translated

Rule = Callable[[Engine, str], Outcome | None]

_PRAGMA = re.compile(
    r"\s*PRAGMA\s+(?:main\s*\.\s*)?(?P<name>foreign_keys|recursive_triggers|case_sensitive_like|foreign_key_check|cache_spill"
    r"|busy_timeout|legacy_alter_table|defer_foreign_keys|database_list|integrity_check|quick_check|freelist_count|compile_options|function_list|module_list|pragma_list)"
    r"\s*(?:=\s*(?P<value>[\w'\"]+)|\(\s*(?P<argument>[^)]*?)\s*\))?\s*;?\s*\Z",
    re.IGNORECASE,
)
# The foreign keys that rows may break: child, parent, and the columns of each as SQL.
_UNVALIDATED = """
SELECT child.relname, parent.relname,
  (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.n)
   FROM unnest(c.conkey) WITH ORDINALITY AS k(num, n)
   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.num),
  (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.n)
   FROM unnest(c.confkey) WITH ORDINALITY AS k(num, n)
   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.num)
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_class AS child ON child.oid = c.conrelid
JOIN pg_catalog.pg_class AS parent ON parent.oid = c.confrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace
WHERE c.contype = 'f' AND NOT c.convalidated AND n.nspname = {} ORDER BY 1, c.conname
"""


def switched(engine: Engine, statement: Statement) -> Outcome | None:
    """What came of such a pragma; None for any other, and for one that is refused as it always is."""
    found = _PRAGMA.match(statement.sql)
    if found is None:
        return None
    given = (found["value"] or found["argument"] or "").strip("'\"")
    return _RULES[found["name"].lower()](engine, given)


def _foreign_keys(engine: Engine, given: str) -> Outcome | None:
    if not given:
        return answer("foreign_keys", int(engine.session.keys_at_once))
    if not engine.session.open:  # inside a transaction it does nothing, as in SQLite
        engine.session.keys_at_once = engine.session.keys_asked = bool(switch(given))
        if not engine.session.keys_at_once:
            engine.session.deferred = True
            log.info("PRAGMA foreign_keys = OFF: PostgreSQL checks them all the same, at COMMIT")
    return Outcome()


def _foreign_key_check(engine: Engine, given: str) -> Outcome | None:
    """The rows that break a key which does not hold for all; any other key PostgreSQL keeps itself."""
    broken: list[tuple[Any, ...]] = []
    found = answer("table", None, "rowid", "parent", "fkid")
    keys = _texts(engine, _UNVALIDATED.format(literal(engine.schema)))
    by_name = {r.name: r for r in engine.known.model.relations if r.schema == engine.schema}
    for child, parent, columns, referenced in keys:
        relation = by_name.get(str(child))
        if relation is None or columns is None or (given and fold(given) != fold(relation.source)):
            continue
        rowid = quote(relation.column(relation.rowid_alias).name) if relation.rowid_alias else "NULL"
        pairs = zip(columns.split(", "), str(referenced).split(", "), strict=True)
        same = " AND ".join(f"p.{theirs} = c.{own}" for own, theirs in pairs)
        there = " AND ".join(f"c.{own} IS NOT NULL" for own in columns.split(", "))
        rows = _texts(
            engine,
            f"SELECT {f'c.{rowid}' if relation.rowid_alias else rowid}::text FROM "
            f"{qualified(engine.schema, relation.name)} AS c WHERE {there} AND NOT EXISTS "
            f"(SELECT FROM {qualified(engine.schema, str(parent))} AS p WHERE {same})",
        )
        name = by_name[str(parent)].source if str(parent) in by_name else str(parent)
        broken += [(relation.source, int(key) if key else None, name, 0) for (key,) in rows]
    return replace(found, rows=broken)


def _texts(engine: Engine, sql: str) -> list[tuple[str | None, ...]]:
    """The rows of a question of our own, whose columns are texts."""
    result = engine.asked(Request(sql.encode()))
    values = (
        [result.get_value(row, column) for column in range(result.nfields)] for row in range(result.ntuples)
    )
    return [tuple(None if value is None else value.decode() for value in row) for row in values]


def _recursive_triggers(engine: Engine, given: str) -> Outcome | None:
    if not given:
        return answer("recursive_triggers", int(engine.known.model.recursive_triggers))
    wanted = bool(switch(given))
    if wanted and fires_itself(engine.known.texts):
        return None
    if wanted != engine.known.model.recursive_triggers:
        model = replace(engine.known.model, recursive_triggers=wanted)
        engine.know(engine.known.changed(model, engine.known.texts, engine.known.version))
    return Outcome()


def _case_sensitive_like(engine: Engine, given: str) -> Outcome:
    """How LIKE compares in what is sent from now on; views and triggers go on as they were made."""
    wanted = bool(switch(given)) if given else engine.known.model.case_sensitive_like
    if wanted != engine.known.model.case_sensitive_like:
        model = replace(engine.known.model, case_sensitive_like=wanted)
        engine.know(engine.known.changed(model, engine.known.texts, engine.known.version))
        engine.shadow.cursor().execute(f"PRAGMA case_sensitive_like = {int(wanted)}")
    return Outcome()


_INVALID = """
SELECT format('index %s is not valid: REINDEX it', c.relname) FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT (i.indisvalid AND i.indisready) AND n.nspname = {schema}
UNION ALL
SELECT format('rows of %s may break %s, which is NOT VALID', c.conrelid::regclass, c.conname)
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace
WHERE NOT c.convalidated AND c.contype = 'c' AND n.nspname = {schema}
"""


def _integrity(name: str) -> Rule:
    def check(engine: Engine, given: str) -> Outcome:
        """What PostgreSQL knows to be broken of the schema, else "ok"; it checks pages as it reads them."""
        del given
        said = _texts(engine, _INVALID.format(schema=literal(engine.schema)))
        found = [(str(line),) for (line,) in said]
        return replace(answer(name, None), rows=found or [("ok",)])

    return check


def _busy_timeout(engine: Engine, given: str) -> Outcome:
    """How long a statement waits for a lock, in milliseconds."""
    if given:
        engine.waits(max(number(given), 0) / 1000)
    return answer("timeout", round(engine.timeout * 1000))


def _legacy_renames(engine: Engine, given: str) -> Outcome:
    """What a rename leaves as it is, for the rebuild that follows."""
    if not given:
        return answer("legacy_alter_table", int(engine.shadow.legacy_renames))
    engine.shadow.legacy_renames = bool(switch(given))
    return Outcome()


def _defer_keys(engine: Engine, given: str) -> Outcome:
    """Has keys wait until COMMIT, in this transaction."""
    session = engine.session
    if not given:
        return answer("defer_foreign_keys", int(session.keys_later))
    if switch(given) and session.open:
        engine.asked(Request(b"SET CONSTRAINTS ALL DEFERRED"))
        session.keys_later = session.deferred = True
    return Outcome()


def _databases(engine: Engine, _given: str) -> Outcome:
    """The database, by the path that an unchanged program knows it by, and those that are attached."""
    attached = (
        (number, name, known.remembered.source if engine.file else "")
        for number, (name, known) in enumerate(engine.known.attached.items(), 2)
    )
    return replace(answer("seq", None, "name", "file"), rows=[(0, "main", engine.file), *attached])


def _freelist(_engine: Engine, _given: str) -> Outcome:
    """There is no list of free pages."""
    return answer("freelist_count", 0)


def _of_sqlite(name: str) -> Rule:
    def ask(engine: Engine, given: str) -> Outcome:
        """What the SQLite says that the program was written for: it runs beside."""
        cursor = engine.shadow.cursor()
        rows = cursor.execute(f"PRAGMA {name}{f' = {given}' if given else ''}").fetchall()
        if cursor.description is None:
            return Outcome()
        labels = [each[0] for each in cursor.description]
        return replace(answer(labels[0], None, *labels[1:]), rows=rows)

    return ask


_RULES: dict[str, Rule] = {
    "foreign_keys": _foreign_keys,
    "foreign_key_check": _foreign_key_check,
    "recursive_triggers": _recursive_triggers,
    "case_sensitive_like": _case_sensitive_like,
    "busy_timeout": _busy_timeout,
    "database_list": _databases,
    "defer_foreign_keys": _defer_keys,
    "legacy_alter_table": _legacy_renames,
    "freelist_count": _freelist,
    **{name: _integrity(name) for name in ("integrity_check", "quick_check")},
    **{
        name: _of_sqlite(name)
        for name in ("compile_options", "function_list", "module_list", "pragma_list", "cache_spill")
    },
}


def answer(label: str, value: int | None, *more: str) -> Outcome:
    """One value in a column of that label; no row for None."""
    columns = tuple(Column(label=each, kind="integer", type="bigint") for each in (label, *more))
    prepared = Prepared(Translated(sql="", columns=columns), native=False, inserts=False)
    return Outcome(prepared=prepared, rows=[] if value is None else [(value,)])


def fires_itself(texts: tuple[str, ...]) -> bool:
    """Whether a trigger could set off its own event again, by what it or others write."""
    reached: dict[str, set[str]] = {}
    for text in texts:
        try:
            table, changed = _trigger(text)
        except TokenError:
            return True
        if table:
            reached.setdefault(table, set()).update(changed)
    for table, written in reached.items():
        seen, next_ones = set[str](), set(written)
        while next_ones - seen:
            seen |= next_ones
            next_ones = set().union(*(reached.get(each, set()) for each in next_ones))
        if table in seen:
            return True
    return False


def _trigger(text: str) -> tuple[str, set[str]]:
    """The folded table that a trigger stands on, and those that its body writes; "" for any other text."""
    read = [token for token in tokens(text) if token.word != ";"]
    words = [token.word for token in read]
    if "TRIGGER" not in words[:3] or "BEGIN" not in words:
        return "", set()
    body = words.index("BEGIN")
    on = words.index("ON")
    written = set()
    for place in range(body, len(words) - 1):
        pair = (words[place], words[place - 1])
        if words[place] == "INTO" or words[place] == "UPDATE" or pair == ("FROM", "DELETE"):
            following = read[place + 1 :]
            if following[0].word == "OR":
                following = following[2:]
            written.add(fold(unquote(following[0])))
    return fold(unquote(read[on + 1])), written
