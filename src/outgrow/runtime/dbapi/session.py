"""One session on the server, with transactions as SQLite has them.

A failed statement leaves the transaction as it was: a savepoint stands before it. Only those savepoints are
set that are needed, in the round trip of the statement itself: the first statement of a transaction needs
none, and one that no write has followed serves on. BEGIN, too, goes with the first statement. Used by
`standing`; what is sent goes through `wire`.
Rules: https://www.sqlite.org/lang_transaction.html, https://www.sqlite.org/lang_savepoint.html
"""

from __future__ import annotations

import weakref
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

import psycopg
from psycopg import pq

from outgrow.runtime.dbapi.failures import is_lost
from outgrow.runtime.dbapi.wire import FailedError, Request, Wire
from outgrow.schema.names import fold, quote

_SAVEPOINT = Request(b"SAVEPOINT outgrow_statement")
_RELEASE = Request(b"RELEASE SAVEPOINT outgrow_statement")
_BACK = Request(b"ROLLBACK TO SAVEPOINT outgrow_statement")
_ROLLBACK = Request(b"ROLLBACK")
_COMMIT = Request(b"COMMIT")
_CHECK_LATER = Request(b"SET CONSTRAINTS ALL DEFERRED")
_CHECK_NOW = Request(b"SET CONSTRAINTS ALL IMMEDIATE")
_STALE_PLAN = "cached plan must not change result type"

Results = list[pq.abc.PGresult]


class Reader(Protocol):
    """Who reads the rest of a result."""

    def take_all(self) -> None:
        """Takes, by `Session.part`, all that is still to come."""


class Session:
    """Transactions of one connection. Raises psycopg.Error; after one it stands as before the call.

    `open` says whether SQLite would be in a transaction; `begun` whether PostgreSQL is. `deferred` says that
    keys may be broken until COMMIT; unless `keys_at_once` they all may, with `keys_later` in this one.
    `keys_asked` says that the program itself has asked for them (PRAGMA foreign_keys = ON).
    `serial` is a number that those who begin IMMEDIATE or EXCLUSIVE share: they wait for each other. `before`
    is sent with every BEGIN and with what runs outside of one: settings that a pooler would not keep.
    """

    def __init__(self, wire: Wire, *, serial: int) -> None:
        self.wire = wire
        self.open = False
        self.begun = False
        self.deferred = False
        self.keys_at_once = True
        self.keys_asked = False
        self.keys_later = False
        self.isolation = b""
        self._serial = serial
        self.before: tuple[Request, ...] = ()
        self._held = False
        self._dirty = False
        self._names: list[str] = []
        self._by_savepoint = False
        self._reader: weakref.ref[Reader] | None = None
        self._unread = (False, False)
        self._results = 0

    # What a program asks for.

    def begin(self, *, waits: bool = False) -> None:
        """Begins a transaction; one that `waits` has no other such beside it."""
        self.open = True
        if waits:
            lock = b"SELECT pg_catalog.pg_advisory_xact_lock(%d)" % self._serial
            try:
                self.run([Request(lock)], writes=True)
            except (psycopg.Error, FailedError):
                self.open = False
                raise

    def commit(self) -> None:
        """Ends the transaction. One whose deferred keys are broken stays open, as in SQLite."""
        if not self.begun:
            self._ended()
            return
        self.land()
        requests = [_COMMIT]
        if self.deferred:
            requests = [*self._protection(), _CHECK_NOW, _COMMIT]
        try:
            self.wire.run(requests)
        except FailedError as failed:
            if self.deferred and failed.place < len(requests) - 1 and not is_lost(failed.error):
                self._held = True
                self._restore()
                raise failed.error from None
            self._roll_back_quietly()
            raise failed.error from None
        self._ended()

    def rollback(self) -> None:
        """Undoes the transaction."""
        if self.begun and not self.wire.broken:
            try:
                self.land()
                self.wire.run([_ROLLBACK])
            except FailedError as failed:
                self._ended()
                raise failed.error from None
        self._ended()

    def savepoint(self, name: str) -> None:
        """Sets a savepoint, beginning a transaction where there is none."""
        self.land()
        if not self.open:
            self.begin()
            self._by_savepoint = True
        requests = [*self._opening(), *([_RELEASE] if self._held else []), self._named(b"SAVEPOINT", name)]
        self._control(requests)
        self._names.append(fold(name))

    @property
    def depth(self) -> int:
        """How many savepoints the program has set."""
        return len(self._names)

    def place(self, name: str) -> int | None:
        """The place of the program's last savepoint of that name among all it has set; None without one."""
        return _last(self._names, fold(name)) if fold(name) in self._names else None

    def release(self, name: str) -> None:
        """Lets a savepoint go, and those set since. The outermost ends the transaction that it began."""
        self.land()
        place = _last(self._names, fold(name))
        if place == 0 and self._by_savepoint:
            self.commit()
            return
        self._control([*([_RELEASE] if self._held else []), self._named(b"RELEASE SAVEPOINT", name)])
        del self._names[place:]

    def rollback_to(self, name: str) -> None:
        """Undoes what was done since a savepoint, which stays."""
        self.land()
        self._control([self._named(b"ROLLBACK TO SAVEPOINT", name)])
        del self._names[_last(self._names, fold(name)) + 1 :]

    # What goes to the server.

    def run(self, requests: Sequence[Request], *, writes: bool) -> Results:
        """The results of a statement's requests, in one round trip, protected in a transaction."""
        if self.wire.unread:  # before it is known what has to stand before them
            try:
                self.land()
            except psycopg.Error as error:
                raise FailedError(0, [], error) from None
        if not self.open:
            return self._sent([*self.before], requests, first=False, writes=writes)
        before = self._opening()
        first = bool(before)
        return self._sent(before or self._protection(), requests, first=first, writes=writes)

    def _sent(
        self, before: list[Request], requests: Sequence[Request], *, first: bool, writes: bool
    ) -> Results:
        try:
            results = self.wire.run([*before, *requests]) if before else self.wire.run(requests)
        except FailedError as failed:
            try:
                self._after_failure(first=first, protected=bool(before))
            except psycopg.Error as error:  # the transaction is lost, which is more than a statement
                raise FailedError(failed.place, failed.done, error) from None
            if _STALE_PLAN in str(failed.error) and not is_lost(failed.error):
                self.wire.forget_prepared()
                return self.run(requests, writes=writes)
            failed.place -= len(before)
            raise
        except BaseException:  # interrupted: the server was told to stop
            self._after_failure(first=first, protected=bool(before))
            raise
        if self.open:
            self.begun = True
            if before and not first:
                self._held, self._dirty = True, False
            self._dirty = self._dirty or writes
        if self.wire.unread:
            self._unread, self._reader = (first, bool(before)), None
            self._results += 1
            self.wire.landing = self.land
        return results[len(before) :]

    # The rest of a result that comes in parts.

    def read_by(self, reader: Reader) -> int:
        """Has the rest of the last result, which is `wire.unread`, for that reader as long as it lives.

        Gives the number of that result.
        """
        self._reader = weakref.ref(reader)
        return self._results

    def part(self) -> pq.abc.PGresult | None:
        """The next part; None behind the last. Raises psycopg.Error, as the statement would have."""
        try:
            return self.wire.receive()
        except BaseException:
            first, protected = self._unread
            self._after_failure(first=first, protected=protected)
            raise

    def stop(self, number: int | None = None) -> None:
        """Has the server end a result that nobody reads any more; the transaction stays.

        With a `number` only the result of that number. Raises psycopg.Error when the transaction is lost.
        """
        if not self.wire.unread or number not in {None, self._results}:
            return
        self._reader = None
        try:
            failed = self.wire.stop()
        except psycopg.Error:
            failed = True
        if failed:
            first, protected = self._unread
            self._after_failure(first=first, protected=protected)

    def land(self) -> None:
        """Makes way for another statement: the reader takes all that is still to come.

        Raises psycopg.Error when the transaction is lost.
        """
        if self.wire.unread:
            reader = self._reader() if self._reader is not None else None
            if reader is None:
                self.stop()
            else:
                reader.take_all()

    def script(self, act: Callable[[], None]) -> None:
        """Does something of several statements on the raw connection: all of it or nothing."""
        self.land()
        outside = not self.open
        if outside:
            self.begin()
        self._wired([*self._opening(), *self._protection()])
        self.begun, self._held, self._dirty = True, True, False
        try:
            act()
        except BaseException:
            if outside or self.wire.broken:
                self._roll_back_quietly()
            else:
                self._restore()
            raise
        self._dirty = True
        if outside:
            self.commit()

    def _opening(self) -> list[Request]:
        """BEGIN, where PostgreSQL has not heard of it."""
        if self.begun:
            return []
        later = [] if self.keys_at_once else [_CHECK_LATER]
        return [Request(b"BEGIN" + self.isolation), *self.before, *later]

    def _protection(self) -> list[Request]:
        """A savepoint right before what follows, unless one stands there."""
        if not self._held:
            return [_SAVEPOINT]
        return [_RELEASE, _SAVEPOINT] if self._dirty else []

    def _control(self, requests: list[Request]) -> None:
        """Savepoints of the program's own, with which ours goes."""
        self._wired(requests)
        self.begun, self._held, self._dirty = True, False, False

    def _wired(self, requests: list[Request]) -> Results:
        try:
            return self.wire.run(requests)
        except FailedError as failed:
            if self._status() in {pq.TransactionStatus.IDLE, pq.TransactionStatus.UNKNOWN}:
                self._ended()
            raise failed.error from None

    def _status(self) -> pq.TransactionStatus:
        return pq.TransactionStatus(self.wire.raw.pgconn.transaction_status)

    def _after_failure(self, *, first: bool, protected: bool) -> None:
        """Puts the transaction where it stood before the statement that failed."""
        if not self.open:
            return
        if self.wire.broken:
            self._ended()
        elif first:  # nothing was done: it begins anew with the next statement
            with suppress(FailedError):
                self.wire.run([_ROLLBACK])
            self.begun = False
        else:
            self._held = self._held or protected
            self._restore()

    def _restore(self) -> None:
        try:
            self.wire.run([_BACK])
        except FailedError as failed:
            self._roll_back_quietly()
            raise failed.error from None
        self._dirty = False

    def _roll_back_quietly(self) -> None:
        if not self.wire.broken:
            with suppress(FailedError):
                self.wire.run([_ROLLBACK])
        self._ended()

    def _ended(self) -> None:
        self.open = self.begun = self._held = self._dirty = self._by_savepoint = self.keys_later = False
        self._names.clear()

    @staticmethod
    def _named(word: bytes, name: str) -> Request:
        return Request(word + b" " + quote(f"u_{fold(name)}"[:60]).encode())

    def lost(self) -> None:
        """Forgets a transaction that went with its connection."""
        self._ended()


def _last(names: Sequence[str], name: str) -> int:
    return len(names) - 1 - list(reversed(names)).index(name)


def serial_of(schema: str) -> int:
    """The number of the lock by which transactions of a schema that begin IMMEDIATE wait for each other."""
    return 0x6F757467 << 32 | zlib.crc32(schema.encode())
