"""Views and triggers of real databases: the same rows, and the same tables after the same writes."""

from __future__ import annotations

import datetime
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import geopackage
import pytest
from corpus_writes import Target, Value, Writes, targets
from sql_engines import Moved, Outcome
from test_corpus_moves import copied

from outgrow.errors import TranslationError
from outgrow.schema.model import Affinity, Trigger
from outgrow.schema.names import fold, literal, qualified, quote, quote_sqlite
from outgrow.schema.target import Relation, TargetColumn
from outgrow.sqlite.create_sql import parse_trigger
from outgrow.translate import depends_on
from outgrow.translate.statements import read_trigger

_WHOLE = {Affinity.INTEGER, Affinity.NUMERIC}
Multiset = Counter[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Expected:
    """What becomes of a database: views and triggers in all and left behind, and what the writes showed.

    `refused` are the statements that the translator refused by name, `renumbered` the tables whose rows
    have other numbers, because PostgreSQL came by the rows of one statement in another order. `more` are
    statements for triggers that the drawn ones would not fire. `rounds` is how often each target has its
    turn, `keys` says whether SQLite can enforce the foreign keys. `aside` are tables that are not
    compared: full-text tables that show another table's rows on SQLite, and move as ordinary ones.
    """

    views: int = 0
    views_left: int = 0
    triggers: int = 0
    triggers_left: int = 0
    refused: int = 0
    renumbered: frozenset[str] = frozenset()
    more: tuple[str, ...] = ()
    rounds: int = 2
    keys: bool = True
    aside: tuple[str, ...] = ()


@dataclass(slots=True)
class Told:
    """What a run of the writes showed."""

    statements: int = 0
    rejected: int = 0
    stricter: int = 0
    renumbered: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    fired: set[str] = field(default_factory=set)


class Sides:
    """A moved database, and SQLite's side with what stayed behind dropped and each trigger counted."""

    def __init__(self, path: Path, url: str, expected: Expected) -> None:
        self.moved, self.expected = Moved(path, url), expected
        self.lite, self.post = self.moved.lite, self.moved.post
        left = {fold(o.name) for o in self.moved.plan.outcomes if o.kind == "triggers"}
        self.views = [r.source for r in self.moved.model.relations if r.kind == "view"]
        self.fired: set[str] = set()
        self.lite.create_function("fired", 1, self.fired.add)
        geopackage.register(self.lite)
        for entry in self.moved.database.triggers:
            self.lite.execute(f"DROP TRIGGER {quote_sqlite(entry.name)}")
        self.triggers = [entry for entry in self.moved.database.triggers if fold(entry.name) not in left]
        for entry in self.triggers:
            self.lite.execute(_counting(entry.sql, entry.name))
        self.lite.execute(f"PRAGMA foreign_keys = {int(expected.keys)}")
        if not expected.keys:
            self._without_keys()
        self.tables = {fold(table.name): table for table in self.moved.database.tables}
        relations = [r for r in self.moved.model.relations if r.kind == "table"]
        self.compared = [r.source for r in relations if r.source not in expected.aside]

    def close(self) -> None:
        self.moved.close()

    def _without_keys(self) -> None:
        found = self.post.execute(
            b"SELECT conrelid::regclass, quote_ident(conname) FROM pg_constraint WHERE contype = 'f'"
        )
        for table, name in found.fetchall():
            self.post.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())

    def never_fires(self, entry: Trigger) -> bool:
        """Whether it waits for an UPDATE OF columns that its table does not have."""
        columns = {fold(column.name) for column in self.tables[fold(entry.table)].columns}
        named = {fold(name) for name in read_trigger(entry.sql).columns}
        return bool(named) and not named & columns

    def reached(self, target: Target) -> list[str]:
        """The target, and the tables that its triggers and those that they fire speak of."""
        found, waiting = set(), [fold(target.name)]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                own = [entry for entry in self.triggers if fold(entry.table) == name]
                waiting += [fold(other) for entry in own for other in depends_on(entry.sql)]
        return [name for name in self.compared if fold(name) in found]

    def same(self, names: list[str], told: Told) -> Iterator[str]:
        """How tables and views differ, one line each; rows that only have other numbers are counted."""
        for name in names:
            relation = self.moved.model.relation(name)
            ours, theirs = self.shown(relation, relation.columns)
            if ours != theirs and relation.rowid_alias is not None:
                others = [c for c in relation.columns if c.source != relation.rowid_alias]
                ours, theirs = self.shown(relation, others)
                told.renumbered |= {name} if ours == theirs else set()
            if ours != theirs:
                yield f"{name}: {list((ours - theirs).items())[:2]} | {list((theirs - ours).items())[:2]}"

    def shown(self, relation: Relation, columns: Sequence[TargetColumn]) -> tuple[Multiset, Multiset]:
        listed = ", ".join(quote_sqlite(column.source) for column in columns)
        sql = f"SELECT {listed} FROM {quote_sqlite(relation.source)}"
        ours, theirs = self.moved.on_sqlite(sql), self.moved.on_postgres(sql)
        assert (ours.error, theirs.error) == ("", ""), (sql, theirs.sql)
        whole = [c.affinity in _WHOLE and c.family == "real" for c in columns]
        return _multiset(ours, whole), _multiset(theirs, whole)

    def follow(self, names: list[str]) -> None:
        """The next keys as SQLite has them, which gives a number again where a row is gone."""
        numbers = dict(self.lite.execute("SELECT name, seq FROM sqlite_sequence")) if self._counted() else {}
        for relation in map(self.moved.model.relation, names):
            if relation.rowid_alias is None:
                continue
            table, key = qualified(relation.schema, relation.name), relation.column(relation.rowid_alias).name
            sequence = f"pg_get_serial_sequence({literal(table)}, {literal(key)})"
            reached = (
                f"greatest(coalesce(max({quote(key)}), 0), {int(numbers.get(relation.source) or 0)}) + 1"
            )
            self.post.execute(f"SELECT setval({sequence}, {reached}, false) FROM {table}".encode())

    def _counted(self) -> bool:
        sql = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'"
        return self.lite.execute(sql).fetchone() is not None


def _counting(sql: str, name: str) -> str:
    """The trigger with a first statement that says it ran."""
    body = parse_trigger(sql).body
    at = sql.rindex(body)
    return f"{sql[:at]} SELECT fired({literal(name)}); {sql[at:]}"


def _multiset(outcome: Outcome, whole: list[bool]) -> Multiset:
    """The rows; `whole` are columns of NUMERIC affinity kept as doubles, which tell 5 from 5.0 no more."""
    return Counter(tuple(map(_told, row, whole)) for row in outcome.rows)


def _told(value: Value, whole: bool) -> str:
    """The value with its class; JSON as a value, and a moment of this hour is the same on both sides."""
    if whole and isinstance(value, int):
        return repr(float(value))
    if isinstance(value, str) and value[:1] in {"{", "["}:
        with suppress(ValueError):
            return json.dumps(json.loads(value), sort_keys=True)
    return "now" if _is_now(value) else repr(value)


def _is_now(value: Value) -> bool:
    now = datetime.datetime.now(datetime.UTC)
    if isinstance(value, int | float):
        return any(abs(value / unit - now.timestamp()) < 3600 for unit in (1, 1000))
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d", value):
        try:
            moment = datetime.datetime.fromisoformat(value)
        except ValueError:
            return False
        return abs((moment.replace(tzinfo=datetime.UTC) - now).total_seconds()) < 3600
    return False


def _told_by(sides: Sides, name: str) -> Told:
    told = Told()
    told.differences += [f"at first {line}" for line in sides.same([*sides.views, *sides.compared], told)]
    for sql in sides.expected.more:
        _run(sides, told, sql, sides.compared)
    told.differences += [f"after more {line}" for line in sides.same(sides.compared, told)]
    for target in targets(sides.moved.database, sides.triggers, sides.moved.model):
        if told.differences:
            break
        _written(sides, told, target, name)
    told.differences += [f"at last {line}" for line in sides.same(sides.views, told)]
    return told


def _written(sides: Sides, told: Told, target: Target, name: str) -> None:
    near = sides.reached(target)
    for sql in Writes(sides.lite, target, sides.tables, name, sides.expected.rounds):
        _run(sides, told, sql, near)
        if told.differences:
            return
        told.differences += [f"after {sql}: {line}" for line in sides.same(near, told)]
    told.differences += [f"after {target.name}: {line}" for line in sides.same(sides.compared, told)]


def _run(sides: Sides, told: Told, sql: str, near: list[str]) -> None:
    """Runs the statement on both sides; what one refuses and the other does not is a difference."""
    told.statements += 1
    sides.lite.execute("BEGIN")
    ours = sides.moved.on_sqlite(sql)
    try:
        theirs = sides.moved.on_postgres(sql)
    except TranslationError as error:
        told.refused.append(f"{error}: {sql}")
        sides.lite.execute("ROLLBACK")
        return
    stricter = "OR IGNORE" in sql and theirs.error.startswith(_STRICTER)
    if sides.lite.in_transaction:
        sides.lite.execute("ROLLBACK" if ours.error or stricter else "COMMIT")
    sides.follow(near)
    if stricter and not ours.error:
        told.stricter += 1
    elif bool(ours.error) != bool(theirs.error):
        told.differences.append(f"{sql}\n    {ours.error!r} | {theirs.error!r}\n    {theirs.sql}")
    told.rejected += bool(ours.error)


_STRICTER = ("CheckViolation", "NotNullViolation")
"""What INSERT OR IGNORE lets pass on SQLite only (docs/reference/sql.md)."""

_LEFT = {
    "calibre.db": {
        "the function title_sort()": 4,
    },
    "plaso_imessage_chat.db": {
        "the function delete_attachment_path()": 1,
        "the function before_delete_attachment_path()": 1,
    },
}
"""Why triggers stay behind: functions of the application."""
_VIEWS_LEFT = {
    "calibre.db": {
        "SQLite cannot run it: no such function: books_list_filter": 10,
        "SQLite cannot run it: no such function: title_sort": 1,
        "SQLite cannot run it: no such function: sortconcat": 1,
    },
}
_LANGUAGE = "INSERT INTO language VALUES (1, 'English', '2006-02-15 05:02:19')"
_FILM = (
    "INSERT INTO film (film_id, title, language_id, last_update) VALUES (1, 'A', 1, '2006-02-15 05:02:19')"
)


def _on_shapes(*tables: str) -> tuple[str, ...]:
    """Statements that fire each trigger of a GeoPackage layer."""
    return tuple(
        sql.format(table)
        for table in tables
        for sql in (
            "INSERT INTO {0} (fid, geom) SELECT 900 + fid, geom FROM {0}",
            "UPDATE {0} SET geom = geom WHERE fid = 901",
            "UPDATE {0} SET fid = 1901, geom = geom WHERE fid = 901",
            "UPDATE {0} SET fid = 1902, geom = NULL WHERE fid = 1901",
            "INSERT INTO {0} (fid, geom) SELECT fid + 2000, geom FROM {0} WHERE geom NOTNULL AND fid < 900",
            "UPDATE {0} SET geom = NULL WHERE fid = (SELECT max(fid) FROM {0})",
            "DELETE FROM {0} WHERE fid > 900",
        )
    )


DATABASES = {
    "calibre.db": Expected(
        views=21, views_left=12, triggers=74, triggers_left=4, refused=1, rounds=1,
        more=tuple(
            sql
            for n in (8, 10, 12)
            for sql in (
                f"INSERT INTO custom_column_{n} (book, value) SELECT min(id), 'v' FROM books",
                f"UPDATE custom_column_{n} SET book = book",
                f"UPDATE custom_column_{n} SET book = -1",
            )
        ),
    ),
    "datasette_fixtures.db": Expected(views=4),
    "gpkg_gdal_sample.db": Expected(
        triggers=90, refused=30,
        more=tuple(
            sql
            for kind in ("linestring", "multilinestring", "multipolygon", "point", "polygon", "geometry")
            for sql in _on_shapes(f"{kind}2d", f"{kind}3d")
        )
        + _on_shapes("geomcollection2d", "geomcollection3d", "multipoint3d"),
    ),
    "llm.db": Expected(
        views=1, triggers=6,
        more=(
            "INSERT INTO responses (id, prompt, response) VALUES ('r1', 'a cat', 'two'), ('r2', 'b', 'c')",
            "UPDATE responses SET prompt = 'a dog' WHERE id = 'r1'",
            "DELETE FROM responses WHERE id = 'r2'",
        ),
    ),
    "mbtiles_geocoder_data.db": Expected(views=3),
    "mlflow.db": Expected(triggers=1),
    "northwind.db": Expected(views=17),
    "pgloader_matviews.db": Expected(views=2),
    "plaso_android_mmssms.db": Expected(
        triggers=26,
        more=(
            "INSERT INTO pdu (thread_id, msg_box, m_type, read) VALUES (1, 1, 128, 0)",
            "UPDATE pdu SET msg_box = 4",
            "UPDATE pdu SET read = 1",
            "UPDATE pending_msgs SET err_type = 10",
            "UPDATE pdu SET msg_box = 2 WHERE _id = (SELECT max(_id) FROM pdu)",
        ),
    ),
    "plaso_firefox_places.db": Expected(
        triggers=1,
        more=(
            "INSERT INTO moz_keywords (id, keyword) VALUES (1, 'a'), (2, 'b')",
            "UPDATE moz_bookmarks SET keyword_id = 1 + id % 2 WHERE id IN (3, 4, 5)",
            "DELETE FROM moz_bookmarks WHERE id = 3",
            "DELETE FROM moz_bookmarks WHERE id = 4",
            "DELETE FROM moz_bookmarks WHERE id = 5",
        ),
    ),
    "plaso_imessage_chat.db": Expected(
        triggers=10, triggers_left=2, keys=False, renumbered=frozenset({"deleted_messages"})
    ),
    "plaso_myvideos107.db": Expected(triggers=9, views=6),
    "plaso_windows_activitiescache.db": Expected(views=1),
    "plaso_zeitgeist_activity.db": Expected(views=1),
    "sakila_schema.db": Expected(
        triggers=30, views=5, more=(_LANGUAGE, _FILM, "UPDATE film SET length = 90")
    ),
    "seed_tac_database.db": Expected(triggers=4, views=4, keys=False),
    "seed_tac_workflow_history.db": Expected(triggers=4, views=4, keys=False),
    "wagtail_bakery.db": Expected(triggers=3, refused=2),
}  # fmt: skip


@pytest.mark.parametrize("name", DATABASES)
def test_the_same_writes_leave_the_same_tables(
    name: str, corpus_dir: Path, tmp_path: Path, database: str
) -> None:
    expected = DATABASES[name]
    with closing(Sides(copied(corpus_dir, name, tmp_path), database, expected)) as sides:
        told = _told_by(sides, name)
    assert told.differences == []
    quiet = {entry.name for entry in sides.triggers if entry.name not in sides.fired}
    assert quiet == {entry.name for entry in sides.triggers if sides.never_fires(entry)}
    assert (len(told.refused), told.renumbered) == (expected.refused, expected.renumbered), told.refused
    found = sides.moved.database
    assert (len(found.views), len(found.triggers)) == (expected.views, expected.triggers)
    assert len(sides.views) == expected.views - expected.views_left
    assert len(sides.triggers) == expected.triggers - expected.triggers_left
    for kind, reasons in (("views", _VIEWS_LEFT), ("triggers", _LEFT)):
        left = [outcome for outcome in sides.moved.plan.outcomes if outcome.kind == kind]
        stay = Counter(outcome.reason.removeprefix("no PostgreSQL equal for ") for outcome in left)
        assert (kind, stay) == (kind, Counter(reasons.get(name, {})))


def test_the_corpus_in_all() -> None:
    """Views and triggers of the corpus, and how many of them move: each of those was seen to do the same."""
    every = DATABASES.values()
    views, triggers = sum(e.views for e in every), sum(e.triggers for e in every)
    assert (views, views - sum(e.views_left for e in every)) == (69, 57)
    assert (triggers, triggers - sum(e.triggers_left for e in every)) == (258, 252)
