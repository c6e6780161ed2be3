"""The schema in SQLite's own hands: an empty database in memory, which says what SQLite would say.

A statement that cannot be translated is either one that SQLite refuses, too (then its message is the one that
programs know), or one that PostgreSQL cannot do the same. `Connection` is itself a connection of sqlite3 to
such a database; this module fills it. Rule: what fails here fails for SQLite's reasons.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress

from outgrow.schema.lexer import TokenError, tokens
from outgrow.schema.names import quote_sqlite
from outgrow.schema.target import Qualified

Authorizer = Callable[..., int]


class Shadow:
    """The empty database of `base`, brought to the schema of some texts when it is needed."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base
        self._texts: tuple[str, ...] | None = ()
        self._attached: dict[str, tuple[str, ...]] = {}
        self.complete = True
        self.legacy_renames = False
        """Whether a rename leaves what views and triggers say (PRAGMA legacy_alter_table)."""
        self.authorizer: Authorizer | None = None
        """The program's own, which is asked of its statements and not of what is done here."""
        self.progress: tuple[Callable[[], int | None] | None, int] = (None, 0)
        """The program's own progress handler and its number of instructions, likewise."""

    def cursor(self) -> sqlite3.Cursor:
        """A cursor of sqlite3's own on the empty database."""
        return sqlite3.Cursor(self._base)

    @contextmanager
    def watched(self, authorizer: Authorizer | None) -> Iterator[None]:
        """Has another authorizer asked meanwhile, or none."""
        sqlite3.Connection.set_authorizer(self._base, authorizer)
        try:
            yield
        finally:
            sqlite3.Connection.set_authorizer(self._base, self.authorizer)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Has the program's progress handler asked meanwhile."""
        sqlite3.Connection.set_progress_handler(self._base, *self.progress)
        try:
            yield
        finally:
            sqlite3.Connection.set_progress_handler(self._base, None, 0)

    def attach(self, attached: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """Has those databases attached from now on, each with its texts."""
        wanted = dict(attached)
        if wanted != self._attached:
            self._attached = wanted
            self.doubt()

    @property
    def places(self) -> tuple[str, ...]:
        """The databases, as SQL names them."""
        return ("main", "temp", *self._attached)

    def opened_for_rows(self) -> None:
        """Makes ready for rows that PostgreSQL holds: no trigger fires for them, no CHECK is asked.

        The schema is made anew at the next use.
        """
        cursor = self.cursor()
        for place in map(quote_sqlite, self.places):
            found = f"SELECT name FROM {place}.sqlite_master WHERE type = 'trigger'"
            for (name,) in cursor.execute(found).fetchall():
                cursor.execute(f"DROP TRIGGER {place}.{quote_sqlite(name)}")
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        self.doubt()

    def with_triggers(self, texts: tuple[str, ...]) -> None:
        """Makes again what `opened_for_rows` has dropped."""
        for text in texts:
            if text[:30].upper().split()[:2] == ["CREATE", "TRIGGER"]:
                self.cursor().execute(text)

    def follow(self, texts: tuple[str, ...]) -> None:
        """Brings the empty database to that schema."""
        if self._texts == texts:
            return
        with self.watched(None):
            self._follow(texts)

    def _follow(self, texts: tuple[str, ...]) -> None:
        self._clear()
        self.complete = True
        for name, its_texts in self._attached.items():  # first: a temporary view may speak of them
            self._fill_attached(name, its_texts)
        self._take(self.cursor(), texts)
        self._texts = texts

    def _take(self, cursor: sqlite3.Cursor, texts: tuple[str, ...]) -> None:
        for text in texts:
            try:
                cursor.execute(text)
            except sqlite3.Error as error:
                # A shadow table came with its virtual one; a module or a newer syntax is not here.
                self.complete = self.complete and str(error).endswith("already exists")

    def _fill_attached(self, name: str, texts: tuple[str, ...]) -> None:
        """Attaches an empty database of that schema, which is made on its own: its texts name none."""
        self.cursor().execute("ATTACH ':memory:' AS " + quote_sqlite(name))
        if texts:
            with closing(sqlite3.connect(":memory:", isolation_level=None)) as alone:
                self._take(alone.cursor(), texts)
                image = alone.serialize()
            sqlite3.Connection.deserialize(self._base, image, name=name)

    def has_table(self, name: str) -> bool:
        """Whether the schema has a table, virtual or not, of that name; `Qualified` in its database alone."""
        found = "SELECT 1 FROM {}.sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE"
        places = (name.database,) if isinstance(name, Qualified) else ("main", "temp")
        cursor = self.cursor()
        return any(
            cursor.execute(found.format(quote_sqlite(place)), (str(name),)).fetchall() for place in places
        )

    def doubt(self) -> None:
        """Has the schema made anew at the next use."""
        self._texts = None

    def defines(self, sql: str, texts: tuple[str, ...]) -> bool:
        """Whether a definition changes anything. Raises sqlite3.Error as SQLite does."""
        self.follow(texts)
        if not self.complete:
            return True
        cursor = self.cursor()
        before = self._version(cursor)
        cursor.execute(f"PRAGMA legacy_alter_table = {int(self.legacy_renames)}")
        with self.interruptible():
            cursor.execute(sql)
        if self._version(cursor) == before:
            return False
        self.doubt()
        return True

    def complaint(self, sql: str, texts: tuple[str, ...]) -> sqlite3.Error | sqlite3.Warning | None:
        """What SQLite says of a statement before it runs it; None when it would take it."""
        self.follow(texts)
        try:
            self.cursor().execute(f"EXPLAIN {sql}")
        except (sqlite3.Error, sqlite3.Warning) as error:
            if isinstance(error, sqlite3.ProgrammingError):  # the values are not there
                return None
            return error if self.complete or _is_syntax(error) else None
        return None

    def _version(self, cursor: sqlite3.Cursor) -> tuple[object, ...]:
        asked = (f"PRAGMA {quote_sqlite(place)}.schema_version" for place in self.places)
        return tuple(cursor.execute(sql).fetchone() for sql in asked)

    def _clear(self) -> None:
        cursor = self.cursor()
        for _, name, _ in cursor.execute("PRAGMA database_list").fetchall():
            if name not in {"main", "temp"}:
                cursor.execute("DETACH " + quote_sqlite(name))
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute("PRAGMA ignore_check_constraints = OFF")
        for place in ("main", "temp"):
            rows = cursor.execute(
                f"SELECT type, name FROM {place}.sqlite_master WHERE name NOT LIKE 'sqlite^_%' ESCAPE '^' "
                "ORDER BY type IN ('trigger', 'view') DESC"
            ).fetchall()
            for kind, name in rows:
                with suppress(sqlite3.Error):  # what went with its table
                    cursor.execute(f"DROP {kind} IF EXISTS {place}.{quote_sqlite(name)}")


def _is_syntax(error: Exception) -> bool:
    said = str(error)
    return any(word in said for word in ("syntax error", "unrecognized token", "incomplete input"))


def several(sql: str) -> bool:
    """Whether anything but spaces and comments follows the first statement of a text."""
    words: list[str] = []
    ended = 0
    text = sql.rstrip()
    try:
        for token in tokens(text[:-2] if text.endswith("/*") else sql):  # a comment without its end
            if token.word == ";":
                if words and not ended and not _inside(words):
                    ended = token.end
            elif ended:
                return True
            words.append(token.word)
    except TokenError as error:
        return bool(ended) and error.offset >= ended
    return False


def _inside(words: Sequence[str]) -> bool:
    """Whether the words are the beginning of a trigger, whose statements belong to it."""
    head = [word for word in words[:3] if word not in {"TEMP", "TEMPORARY"}][:2]
    return head == ["CREATE", "TRIGGER"] and not (words[-1] == "END" and ";" in words)
