"""Where one connection stands: its session on the server, its transaction, and the schema as it knows it.

A definition that is rolled back is unknown again; a connection that was lost while nothing was under way is
made anew; what others define is noticed. Used by `engine`; below it are `session`, `link` and `known`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from outgrow.errors import OutgrowError
from outgrow.runtime.dbapi import definitions, forks
from outgrow.runtime.dbapi.failures import error_of, failure, is_lost, translated
from outgrow.runtime.dbapi.known import Known, log, newest
from outgrow.runtime.dbapi.link import Link, link_of, milliseconds_of
from outgrow.runtime.dbapi.numbering import Numbering, Taken, back, reached
from outgrow.runtime.dbapi.opening import opened
from outgrow.runtime.dbapi.session import Results, Session, serial_of
from outgrow.runtime.dbapi.shadow import Shadow
from outgrow.runtime.dbapi.statement import Statements
from outgrow.runtime.dbapi.wire import FailedError, Request


class Standing:
    """The state of one connection. Raises sqlite3.Error.

    `url` is None for a connection that belongs to somebody else, who makes it anew when it is lost.
    """

    def __init__(
        self, raw: psycopg.Connection[Any], *, schema: str, native: bool, timeout: float, url: str | None,
        shadow: Shadow,
    ) -> None:  # fmt: skip
        self.schema, self._native, self.timeout, self._url = schema, native, timeout, url
        self.shadow = shadow
        self._enter(link_of(raw))

    def _enter(self, link: Link) -> None:
        self.link = link
        self.wire = link.wire
        self.session = Session(link.wire, serial=serial_of(self.schema))
        self.waits(self.timeout)
        self.know(link.known(self.schema))
        self._marks: list[Known] = []
        self._at_begin: Known | None = None
        self._taken = Taken()

    def waits(self, seconds: float) -> None:
        """Sets how long a statement waits for a lock."""
        self.timeout = seconds
        if self.link.pooled:
            others = [request for request in self.session.before if b"'lock_timeout'" not in request.sql]
            limit = b"SELECT pg_catalog.set_config('lock_timeout', '%d', true)" % milliseconds_of(seconds)
            self.session.before = (*others, Request(limit))
        else:
            self.link.waits(seconds)

    def know(self, known: Known) -> None:
        """The schema is this one from now on."""
        self.known = known
        self.shadow.attach((name, each.texts) for name, each in known.attached.items())
        self.statements: Statements = known.native if self._native else known.plain
        self.session.deferred = self.session.deferred or known.deferred

    # The transaction.

    def begin(self, level: str = "") -> None:
        """Begins a transaction of that isolation level of sqlite3's."""
        self._at_begin, self._marks = None, []
        self._taken.forget()
        try:
            self.session.begin(waits=level in {"IMMEDIATE", "EXCLUSIVE"})
        except FailedError as failed:
            raise translated(failed.error, self.known.model) from failed.error

    def commit(self) -> None:
        """Ends the transaction."""
        try:
            self.guarded(self.session.commit)
        except sqlite3.Error:
            if not self.session.open:
                self._give_back(self._taken.undone())
            raise
        self._taken.forget()
        self._announced()

    def rollback(self) -> None:
        """Undoes the transaction, and what it has defined."""
        try:
            self.guarded(self.session.rollback)
        finally:
            self._undefine(self._at_begin)
            self._at_begin = None
            self._give_back(self._taken.undone())

    def savepoint(self, name: str) -> None:
        """Sets a savepoint."""
        if not self.session.open:
            self._at_begin, self._marks = None, []
            self._taken.forget()
        self.guarded(lambda: self.session.savepoint(name))
        self._marks.append(self.known)

    def release(self, name: str) -> None:
        """Lets a savepoint go. OperationalError when there is none."""
        place = self._place(name)
        self.guarded(lambda: self.session.release(name))
        del self._marks[place:]
        self._taken.released(place)
        if not self.session.open:
            self._taken.forget()
            self._announced()

    def rollback_to(self, name: str) -> None:
        """Undoes what was done since a savepoint. OperationalError when there is none."""
        place = self._place(name)
        self.guarded(lambda: self.session.rollback_to(name))
        self._undefine(self._marks[place])
        del self._marks[place + 1 :]
        self._give_back(self._taken.undone(place + 1))

    def _place(self, name: str) -> int:
        place = self.session.place(name)
        if place is None:
            raise error_of(f"no such savepoint: {name}")
        return place

    def guarded(self, act: Callable[[], None]) -> None:
        """Does something with PostgreSQL; its errors become sqlite3's."""
        try:
            act()
        except psycopg.Error as error:
            raise translated(error, self.known.model) from error

    # The numbers of new rows.

    def numbered(self, requests: Sequence[Request], by: Numbering | None, *, writes: bool) -> Results:
        """The results of a statement's requests; when one fails, the numbers that were taken are given back.

        Raises FailedError.
        """
        if by is None or not by.back:
            return self.session.run(requests, writes=writes)
        place, depth = requests.index(by.before[-1]), self.session.depth
        try:
            results = self.session.run(requests, writes=writes)
        except FailedError as failed:
            done = failed.done[max(len(failed.done) - failed.place, 0) :]
            stood = reached(done[place].get_value(0, 0)) if len(done) > place else None
            if stood is not None:
                self._give_back(back(by, stood))
            raise
        stood = reached(results[place].get_value(0, 0))
        if stood is not None and self.session.open:
            self._taken.note(depth, by, stood)
        return results

    def _give_back(self, requests: Sequence[Request]) -> None:
        """Has sequences stand where they did before what is undone now; what can't be stays a gap."""
        if requests and not self.wire.broken:
            with suppress(psycopg.Error, FailedError):
                if self.session.begun:
                    self.session.run(requests, writes=True)
                else:
                    self.wire.run(requests)

    # Definitions.

    def defined(self, known: Known) -> None:
        """A definition was carried out, which the end of the transaction makes lasting."""
        before = self.known
        self.wire.forget_prepared()
        self.know(known)
        if self._at_begin is None:
            self._at_begin = before
        if not self.session.open:
            self._announced()

    def _announced(self) -> None:
        """What was defined is everyone's now."""
        if self._at_begin is not None:
            newest.update({(self.link.place, schema): version for schema, version in self.known.versions})
        self._at_begin = None

    def _undefine(self, known: Known | None) -> None:
        if known is not None and known is not self.known:
            self.know(known)
            self.shadow.doubt()
            self.wire.forget_prepared()

    # The server, and what others do there.

    def ready(self) -> None:
        """Sees to it that the server is there and the schema known as it is now, before a statement."""
        if self.wire.unread:
            self.guarded(self.session.land)
        if self.session.begun:
            return
        if not self.wire.heard():
            self._reconnect(is_open=self.session.open)
        elif self.wire.notified or self._is_behind():
            try:
                self._refresh()
            except sqlite3.OperationalError:
                if self.wire.heard():
                    raise
                self._reconnect(is_open=self.session.open)

    def _is_behind(self) -> bool:
        """Whether another connection of this process has defined something since."""
        place = self.link.place
        return any(newest.get((place, schema), 0) > version for schema, version in self.known.versions)

    def is_stale(self) -> bool:
        """Whether others have defined something since; if so it is known afterwards."""
        if self._at_begin is not None or not self.known.version:
            return False
        try:
            if all(self.link.version(schema) == version for schema, version in self.known.versions):
                return False
        except psycopg.Error:
            return False
        self._refresh()
        return True

    def _refresh(self) -> None:
        self.wire.notified = True
        with self._told():
            found = self.link.known(self.schema)
            attached = {
                name: self.link.known(each.model.schema) for name, each in self.known.attached.items()
            }
        before = [*self.known.versions]
        if found.version != self.known.version:
            self.know(definitions.merged(self.known, found))
        if [each.version for each in attached.values()] != [version for _, version in before[1:]]:
            self.know(self.known.attaching(attached))
        if [*self.known.versions] != before:
            self.shadow.doubt()

    def _reconnect(self, *, is_open: bool) -> None:
        """A new connection in the place of one that was lost while nothing was under way."""
        instead = ""
        if self._url is None:
            instead = ": give it back to its pool, and take another"
        elif self.known.temporary:
            instead = ", and with it temporary tables and ATTACH: connect again"
        if instead or self._url is None:
            raise failure(
                sqlite3.OperationalError, f"the connection to PostgreSQL is lost{instead}", "SQLITE_IOERR"
            )
        with suppress(psycopg.Error):
            self.link.raw.close()
        inherited = forks.is_inherited(self.link.raw)
        raw = opened(self._url, patient=True)
        if not inherited:
            log.warning("the connection to PostgreSQL was lost while it was idle; there is a new one")
        known, session = self.known, self.session
        with self._told():
            self._enter(link_of(raw))
        self.know(self.known.switched_as(known))
        self.session.keys_at_once, self.session.keys_asked = session.keys_at_once, session.keys_asked
        self.session.deferred = self.session.deferred or session.deferred
        self.session.open = is_open
        self.shadow.doubt()

    def renewed(self, error: psycopg.Error, *, is_open: bool) -> bool:
        """Whether the connection was lost and there is a new one, on which a statement can be sent again.

        `is_open` says that a transaction was to begin with it.
        """
        if not is_lost(error) or self._url is None or self.known.temporary:
            return False
        self._reconnect(is_open=is_open)
        return True

    def failed(self, error: psycopg.Error, *, rolls_back: bool = False) -> sqlite3.Error:
        """What to raise for a statement that failed; the transaction ends where SQLite's would."""
        if is_lost(error):
            self.session.lost()
            self._undefine(self._at_begin)
            self._at_begin = None
            if forks.is_inherited(self.link.raw):
                said = "what was under way stays with the process that was forked: here it is over"
                return failure(sqlite3.OperationalError, said, "SQLITE_IOERR", error)
        elif self.session.open and (rolls_back or error.diag.message_detail == "ROLLBACK"):
            with suppress(sqlite3.Error):
                self.rollback()
        if error.sqlstate in {"42P01", "42703", "42P07"}:
            self.is_stale()  # for the next statement
        return translated(error, self.known.model, self.known.texts)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The errors of reading what the target keeps become sqlite3's."""
        try:
            yield
        except psycopg.Error as error:
            raise translated(error, self.known.model) from error
        except OutgrowError as error:
            raise failure(sqlite3.OperationalError, str(error), "SQLITE_CANTOPEN", error) from None

    def leave(self, release: Callable[[psycopg.Connection[Any]], None] | None) -> None:
        """Undoes what is open, and closes the connection or gives it back."""
        with suppress(psycopg.Error):
            if release is not None or self.session.begun:
                self.session.stop()
            self.session.rollback()
            self._give_back(self._taken.undone())
        if release is None:
            self.link.raw.close()
            return
        self.link.put_back(temporary=self.known.temporary)
        release(self.link.raw)
