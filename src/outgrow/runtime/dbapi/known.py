"""What a process knows of a moved schema: its model, SQLite's texts, and the statements translated for it.

Read from what the target keeps, once for all connections; `definitions` makes the next one. Before it stands
`move.kept`, after it `connection`.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from outgrow.errors import TargetError
from outgrow.move.kept import Remembered, loaded
from outgrow.options import Options
from outgrow.postgres import functions, kept_model
from outgrow.runtime.dbapi.statement import Statements
from outgrow.schema import document
from outgrow.schema.names import fold, quote
from outgrow.schema.target import TEMPORARY, Qualified, Relation, TargetModel

log = logging.getLogger("outgrow.runtime")
log.addHandler(logging.NullHandler())  # what is told here is the program's to show, not its stderr's


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Known:
    """One state of a schema. `version` counts its definitions; `plain` and `native` are its statements.

    `attached` are the states of the attached ones, by the names that SQL knows them by; the model has theirs.
    """

    version: int
    remembered: Remembered
    attached: Mapping[str, Known] = field(default_factory=dict)
    plain: Statements = field(init=False)
    native: Statements = field(init=False)

    def __post_init__(self) -> None:
        counting = frozenset(
            (relation.schema, relation.name)
            for each in (self, *self.attached.values())
            for relation in each.counting()
        )
        for name, native in (("plain", False), ("native", True)):
            made = Statements(self.model, bytewise=self.options.bytewise, native=native, counting=counting)
            object.__setattr__(self, name, made)

    @property
    def model(self) -> TargetModel:
        """What SQL may speak of."""
        return self.remembered.model

    @property
    def options(self) -> Options:
        """The policies of the move, with the facts of the server."""
        return self.remembered.options

    @property
    def texts(self) -> tuple[str, ...]:
        """SQLite's CREATE texts in its order, temporary objects last."""
        return self.remembered.texts

    def counting(self) -> Iterator[Relation]:
        """The tables with AUTOINCREMENT, which never give a number twice."""
        counting = [text for text in self.texts if "AUTOINCREMENT" in text.upper()]
        for relation in self.model.relations if counting else ():
            pattern = re.compile(
                rf"CREATE\s+TABLE\s+[\"'`\[]?{re.escape(relation.source)}(?!\w)", re.IGNORECASE
            )
            if relation.rowid_alias is not None and any(pattern.match(text) for text in counting):
                yield relation

    def changed(self, model: TargetModel, texts: tuple[str, ...], version: int) -> Known:
        """The state after a definition."""
        kept = replace(self.remembered, model=model, texts=texts)
        return Known(version=version, remembered=kept, attached=self.attached)

    def attaching(self, attached: Mapping[str, Known]) -> Known:
        """The state with those databases attached, and no others."""
        models = tuple((name, other.model) for name, other in attached.items())
        kept = replace(self.remembered, model=replace(self.model, attached=models))
        return Known(version=self.version, remembered=kept, attached=attached)

    def of(self, name: str) -> Known:
        """The state of the database in which a table of that name is."""
        database = name.database if isinstance(name, Qualified) else "main"
        return {fold(each): known for each, known in self.attached.items()}.get(database, self)

    def place(self, relation: Relation) -> str:
        """The database of a relation, as SQL names it."""
        found = (name for name, each in self.attached.items() if each.model.schema == relation.schema)
        return "temp" if relation.schema == TEMPORARY else next(found, "main")

    def with_state(self, place: str, after: Known) -> Known:
        """The state with another one of the main database, or of an attached one."""
        return self.attaching({**self.attached, place: after}) if place in self.attached else after

    def switched_as(self, other: Known) -> Known:
        """The state with the switches of another one's session."""
        wanted = replace(
            self.model, recursive_triggers=other.model.recursive_triggers,
            case_sensitive_like=other.model.case_sensitive_like,
        )  # fmt: skip
        return self if wanted == self.model else self.changed(wanted, self.texts, self.version)

    @property
    def versions(self) -> Iterator[tuple[str, int]]:
        """Each schema of the target that it knows, with the version of it."""
        for each in (self, *self.attached.values()):
            yield each.model.schema, each.version

    @property
    def deferred(self) -> bool:
        """Whether a foreign key may wait until COMMIT."""
        return any("DEFERRED" in text.upper() for text in self.texts)

    @property
    def temporary(self) -> bool:
        """Whether there is anything that only this session has."""
        return bool(self.attached) or any(r.schema == TEMPORARY for r in self.model.relations)


Place = tuple[str, str, str, str, int]
_known: dict[tuple[Place, str], Known] = {}
_lock = threading.Lock()

newest: dict[tuple[Place, str], int] = {}
"""The version of each schema that a connection of this process has committed last."""


def place_of(raw: psycopg.Connection[Any]) -> Place:
    """Which database it is. A database that is dropped and made again has another number."""
    row = raw.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    info = raw.info
    return info.host, str(info.port), info.dbname, info.hostaddr, int(row[0]) if row else 0


def known(raw: psycopg.Connection[Any], schema: str, place: Place | None = None) -> Known:
    """What the target keeps of a schema now.

    A schema without tables begins empty, as a file that sqlite3 creates. Raises TargetError for one whose
    tables outgrow did not move, and for a move that is not finished; psycopg.Error.
    """
    place = place or place_of(raw)
    kept = kept_model.read(raw, schema)
    if kept is None:
        kept = _first(raw, schema)
    version, text = kept
    with _lock:
        found = _known.get((place, schema))
        if found is None or found.version != version:
            found = Known(version=version, remembered=loaded(text, schema))
            _known[place, schema] = found
    return found


def version_of(raw: psycopg.Connection[Any], schema: str) -> int:
    """The version that the target keeps now; 0 for none."""
    kept = raw.execute("SELECT version FROM outgrow.model WHERE target_schema = %s", (schema,)).fetchone()
    return int(kept[0]) if kept else 0


def _first(raw: psycopg.Connection[Any], schema: str) -> tuple[int, str]:
    """Version and document where none is kept: of a move by an earlier outgrow, or of an empty schema."""
    from outgrow.move.facts import with_facts  # noqa: PLC0415 - only the first time
    from outgrow.postgres.ledger import Ledger  # noqa: PLC0415

    with raw.transaction():
        raw.execute("SELECT pg_advisory_xact_lock(hashtext('outgrow.first'), hashtext(%s))", (schema,))
        kept = kept_model.read(raw, schema)
        if kept is not None:  # another process was quicker
            return kept
        if _has_ledger(raw) and Ledger(schema).entry(raw) is not None:
            from outgrow.move.remembered import rebuilt  # noqa: PLC0415 - heavy

            found = rebuilt(raw, schema)
        else:
            _refuse_strangers(raw, schema)
            options = with_facts(Options(schema=schema, types="declared", rowids="all"), raw)
            model = TargetModel(schema=schema, relations=())
            found = Remembered(source="", model=model, options=options, texts=())
            _begin_empty(raw, schema)
        text = document.dump(found)
        with suppress(psycopg.errors.InsufficientPrivilege), raw.transaction():
            return kept_model.write(raw, schema, text), text
    return 0, text


def _has_ledger(raw: psycopg.Connection[Any]) -> bool:
    return bool(
        raw.execute(
            "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'outgrow' AND c.relname = 'move'"
        ).fetchall()
    )


_STRANGERS = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
LIMIT 1
"""


def _refuse_strangers(raw: psycopg.Connection[Any], schema: str) -> None:
    row = raw.execute(_STRANGERS, (schema,)).fetchone()
    if row is not None:
        raise TargetError(
            f"schema {schema} of the database {raw.info.dbname} holds {row[0]}, which outgrow did not move: "
            "move the SQLite file there first, or name another schema with ?schema= in the URL"
        )


def _begin_empty(raw: psycopg.Connection[Any], schema: str) -> None:
    """The schema, SQLite's functions and an empty catalog, as a new file has them."""
    with privileges(raw, schema):
        there = raw.execute("SELECT FROM pg_namespace WHERE nspname = %s", (schema,)).fetchall()
        if not there:
            raw.execute(f"CREATE SCHEMA {quote(schema)}".encode())
        functions.install(raw)
        keep_catalog(raw, schema, ())


@contextmanager
def privileges(raw: psycopg.Connection[Any], schema: str) -> Iterator[None]:
    """Turns a refusal to create something into what is to be granted."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise TargetError(
            f"the user {raw.info.user} may not define what schema {schema} needs "
            f"({error.diag.message_primary}): grant CREATE on the database and the schema, or connect as "
            "their owner"
        ) from error


def keep_catalog(raw: psycopg.Connection[Any], schema: str, texts: tuple[str, ...]) -> None:
    """Keeps what SQLite says of those texts: sqlite_master and the pragmas that describe a schema.

    Values of user_version and the like stay as they are. In the caller's transaction.
    """
    from outgrow.move.define.source import replayed  # noqa: PLC0415 - heavy
    from outgrow.postgres import source_schema  # noqa: PLC0415
    from outgrow.sqlite.pragmas import read_source_schema  # noqa: PLC0415

    with closing(replayed(texts)) as empty:
        listed = source_schema.statistics(raw, schema)
        if listed:
            empty.execute("ANALYZE sqlite_master")  # which makes sqlite_stat1, as it did in the file
        if "sqlite_stat4" not in listed:
            empty.execute("DROP TABLE IF EXISTS sqlite_stat4")  # not every build of SQLite makes it
        said = read_source_schema(empty, "delete")
    source_schema.keep(raw, schema, said, settings=not texts)
