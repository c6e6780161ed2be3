"""Statements on their way to the server: any number of them in one round trip, prepared once they come again.

psycopg's own cursor sends BEGIN, a savepoint and the statement one after the other and waits for each; here
they travel together by libpq's pipeline. Rows come in the binary form, those of a long result in parts. Used
by `session`; stands on psycopg's wrapper of libpq (https://www.psycopg.org/psycopg3/docs/api/pq.html).
"""

from __future__ import annotations

import contextlib
import select
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result

from outgrow.runtime.dbapi.forks import is_inherited
from outgrow.runtime.dbapi.prepared_names import PreparedNames

ROWS_OF_A_PART = 512
"""Rows of a long result that come together: as many as a cursor makes Python objects of at once."""

_IN_PARTS = pq.version() >= 170000  # https://www.postgresql.org/docs/17/libpq-single-row-mode.html
_AT_HAND = 5
"""Milliseconds to wait for the next part of a result that nobody wants; to cancel it takes as long."""
_PARTS_AT_MOST = 4
"""Parts that are thrown away before the server is told to stop."""

_ASKED_EVERY = 20
"""Milliseconds between two questions to a progress handler."""

_GOOD = {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY}
_SYNC, _ABORTED = pq.ExecStatus.PIPELINE_SYNC, pq.ExecStatus.PIPELINE_ABORTED
_WITHOUT_ROWS = (b"BEGIN", b"SAVEPOINT", b"RELEASE", b"ROLLBACK", b"COMMIT")
_PART = pq.ExecStatus.TUPLES_CHUNK
_BAD = pq.ConnStatus.BAD


@dataclass(frozen=True, slots=True)
class Request:
    """One statement with its parameters, all in the binary form.

    The rows of one `in_parts`, which must be the last of its round trip, need not come all at once.
    """

    sql: bytes
    values: Sequence[bytes | None] = ()
    oids: Sequence[int] = ()
    formats: Sequence[int] = ()
    repeats: bool = False
    in_parts: bool = False


class FailedError(Exception):
    """One request of a round trip failed; those before it went through, those after it were not run.

    `place` counts from 0; `done` holds the results of those before; `error` is psycopg's.
    """

    def __init__(self, place: int, done: list[pq.abc.PGresult], error: psycopg.Error) -> None:
        self.place, self.done, self.error = place, done, error
        super().__init__(place, error)


class Wire:
    """One connection to the server. Not for two threads at the same time.

    `raw` must be in autocommit: transactions are the caller's requests. With `prepare` false nothing is
    prepared on the server, as a pooler between needs it. psycopg itself must not prepare on it. While a
    result is `unread`, parts of it are to come, by `receive`; before anything else is sent, `landing` has to
    take them in or to `stop` them.
    """

    def __init__(self, raw: psycopg.Connection[Any], *, prepare: bool = True) -> None:
        self.raw = raw
        self.prepare = prepare
        self._pg = raw.pgconn
        self._poll = select.poll()
        self._fd = raw.fileno()
        self._poll.register(self._fd, select.POLLIN)
        self._known = PreparedNames()
        self.notified = False
        self.unread = False
        self.landing: Callable[[], object] | None = None
        self._piped = self._parted = False
        self._asked_at = 0.0
        self.progress: Callable[[], object] | None = None

    @property
    def broken(self) -> bool:
        """Whether the connection is known to be lost."""
        return self._pg.status == _BAD

    def heard(self) -> bool:
        """Whether the connection still stands, as far as can be told without asking the server.

        Reads what has come without being asked for: a notification, or the server's farewell.
        """
        if self._poll.poll(0):
            try:
                self._pg.consume_input()
            except psycopg.Error:
                return False
            if self._poll.poll(0):  # after a farewell the end of the stream stays readable
                with contextlib.suppress(psycopg.Error):
                    self._pg.consume_input()
        self._notifies()
        return not self.broken

    def run(self, requests: Sequence[Request]) -> list[pq.abc.PGresult]:
        """The results of all requests, in one round trip; of one in parts its first. Raises FailedError."""
        self._clear()
        if not requests:
            return []
        if len(requests) == 1:
            name = self._known.name(requests[0].sql) if requests[0].repeats else None
            if name is not None or not self._to_prepare(requests[0]):
                return self._run_one(requests[0], name)
        return self._run_many(requests)

    def script(self, sql: str) -> None:
        """Runs a text of any statements without parameters. Raises psycopg.Error."""
        self._clear()
        self.forget_prepared()
        self.raw.execute(sql.encode())

    def _run_one(self, request: Request, name: bytes | None) -> list[pq.abc.PGresult]:
        pg = self._pg
        try:
            self._send(request, name)
            self._parted = request.in_parts and _IN_PARTS
            if self._parted:
                pg.set_chunked_rows_mode(ROWS_OF_A_PART)
            pg.flush()
            results = []
            while (result := self._next()) is not None:
                results.append(result)
                if result.status == _PART and result.ntuples == ROWS_OF_A_PART:
                    self.unread, self._piped = True, False
                    return results
        except psycopg.Error as error:
            raise FailedError(0, [], error) from None
        last = results[-1]
        if last.status not in _GOOD:
            raise FailedError(0, [], error_from_result(last, encoding="utf-8"))
        self._notifies()
        return [results[0] if results[0].status == _PART else last]

    def _run_many(self, requests: Sequence[Request]) -> list[pq.abc.PGresult]:
        pg = self._pg
        done: list[pq.abc.PGresult] = []
        expected: list[bool] = []  # whether the result is that of a request
        fresh: list[bytes] = []
        try:
            pg.enter_pipeline_mode()
            for sql in (*self._nothing(requests[0]), *self._known.surplus()):
                pg.send_query_params(sql, None)
                expected.append(False)
            for request in requests:
                name = self._known.name(request.sql) if request.repeats else None
                if name is None and self._to_prepare(request):
                    name = self._known.new(request.sql)
                    fresh.append(request.sql)
                    pg.send_prepare(name, request.sql, request.oids or None)
                    expected.append(False)
                self._send(request, name)
                expected.append(True)
            pg.pipeline_sync()
            self._flush()
            failed = self._collect(expected, done, in_parts=requests[-1].in_parts and _IN_PARTS)
        except psycopg.Error as error:
            raise FailedError(len(done), done, error) from None
        if self.unread:
            return done
        if not self.broken:
            pg.exit_pipeline_mode()
        self._notifies()
        if failed is not None:
            for sql in fresh:  # what stood behind the failure was not prepared
                self._known.forget(sql)
            raise FailedError(len(done), done, failed)
        return done

    def _nothing(self, first: Request) -> tuple[bytes, ...]:
        """An empty statement where the first of a pipeline gives rows and the one before it came in parts.

        libpq would still be in that mode: it leaves it at a statement without a pipeline, and behind each
        that is in one. So does `rest`.
        """
        if not self._parted:
            return ()
        self._parted = False
        return () if first.sql.startswith(_WITHOUT_ROWS) else (b"",)

    def _collect(
        self, expected: list[bool], done: list[pq.abc.PGresult], *, in_parts: bool
    ) -> psycopg.Error | None:
        """Reads the result of each message sent; the error of the first that failed.

        The last one may come `in_parts`: then its first part is its result, and it may be `unread`.
        """
        failed: psycopg.Error | None = None
        place, last = 0, len(expected) - 1
        parted, wanted = False, sum(expected)
        while True:
            if in_parts and place == last and not parted and failed is None:
                self._pg.set_chunked_rows_mode(ROWS_OF_A_PART)
                parted = True
            result = self._next()
            if result is None:  # behind each result, but not behind that of the synchronisation
                place += 1
            elif result.status == _SYNC:
                return failed
            elif result.status == _PART:
                done.append(result)
                if result.ntuples == ROWS_OF_A_PART:
                    self.unread = self._piped = True
                    return None
            elif result.status in _GOOD:
                if failed is None and expected[place] and not (parted and len(done) == wanted):
                    done.append(result)
            elif failed is None and result.status != _ABORTED:
                failed = error_from_result(result, encoding="utf-8")
                if len(done) == wanted:  # some rows came before the one that failed
                    done.pop()

    # The rest of a result that comes in parts.

    def receive(self) -> pq.abc.PGresult | None:
        """The next part of what is unread; None behind the last. Raises psycopg.Error: then it is over."""
        try:
            result = self._next()
            if result is not None and result.status == _PART:
                return result
            self._read_to_the_end(result)
        except BaseException:  # an interruption has had everything read
            self._over()
            raise
        self._over()
        if result is not None and result.status not in _GOOD:
            raise error_from_result(result, encoding="utf-8")
        return None

    def stop(self) -> bool:
        """Has the server end what is unread, unless it is at its end; whether that was an error to it.

        Raises psycopg.Error when the connection is lost.
        """
        if is_inherited(self.raw):  # it is the parent's to read
            self.unread, self.landing = False, None
            return True
        try:
            parts = 0
            told = False
            while True:
                if not told and (parts >= _PARTS_AT_MOST or not self._is_at_hand()):
                    self.raw.cancel_safe(timeout=5)
                    told = True
                result = self._next()
                if result is None or result.status != _PART:
                    break
                parts += 1
            self._read_to_the_end(result)
        finally:
            self._over()
        return result is not None and result.status not in _GOOD

    def rest(self) -> None:
        """Leaves the connection as psycopg expects to find it. Raises FailedError and psycopg.Error."""
        self._clear()
        if self._parted:
            self._parted = False
            self.raw.execute(b"")

    def _clear(self) -> None:
        """Has the way free for what is sent next."""
        if self.unread:
            try:
                (self.landing or self.stop)()
            except psycopg.Error as error:
                raise FailedError(0, [], error) from None

    def _over(self) -> None:
        self.unread, self.landing = False, None
        self._notifies()

    def _is_at_hand(self) -> bool:
        """Whether the next result is there, or comes in some milliseconds."""
        while self._pg.is_busy():
            if not self._poll.poll(_AT_HAND):
                return False
            self._pg.consume_input()
        return True

    def _read_to_the_end(self, result: pq.abc.PGresult | None) -> None:
        """Reads what stands behind the last result of a round trip, which is this one."""
        while result is not None and result.status != _SYNC:
            result = self._next()
            if result is None and self._piped:
                result = self._next()
        if self._piped and not self.broken:
            self._pg.exit_pipeline_mode()

    def _send(self, request: Request, name: bytes | None) -> None:
        if name is not None:
            self._pg.send_query_prepared(name, request.values, request.formats, 1)
        else:
            self._pg.send_query_params(
                request.sql, request.values, request.oids or None, request.formats or None, 1
            )

    def _flush(self) -> None:
        """Sends what is queued, reading what comes meanwhile, so that neither side waits for the other."""
        while self._pg.flush():
            self._poll.modify(self._fd, select.POLLIN | select.POLLOUT)
            try:
                if any(event & select.POLLIN for _, event in self._poll.poll()):
                    self._pg.consume_input()
            finally:
                self._poll.modify(self._fd, select.POLLIN)

    def _next(self) -> pq.abc.PGresult | None:
        pg = self._pg
        try:
            if self.progress is not None:
                self._ask_in_time()
            while pg.is_busy():
                if self.progress is None:
                    self._poll.poll()
                elif not self._poll.poll(_ASKED_EVERY):
                    self._ask_in_time()
                    continue
                pg.consume_input()
        except KeyboardInterrupt:
            self._cancel()
            raise
        return pg.get_result()

    def _ask_in_time(self) -> None:
        """Asks the progress handler, unless that was a moment ago."""
        if monotonic() - self._asked_at >= _ASKED_EVERY / 1000:
            if self.told_to_stop():
                self.raw.cancel_safe(timeout=5)
            self._asked_at = monotonic()

    def told_to_stop(self) -> bool:
        """Asks the program's progress handler whether to end the statement; one that fails says so."""
        try:
            return self.progress is not None and bool(self.progress())
        except Exception:
            return True

    def _cancel(self) -> None:
        """Ends the statement that runs, and reads what the server still has to say of it."""
        with contextlib.suppress(psycopg.Error):
            self.raw.cancel_safe(timeout=5)
            piped = self._pg.pipeline_status != pq.PipelineStatus.OFF
            while True:
                while self._pg.is_busy():
                    self._poll.poll()
                    self._pg.consume_input()
                result = self._pg.get_result()
                if (result is None and not piped) or (result is not None and result.status == _SYNC):
                    break
            if piped:
                self._pg.exit_pipeline_mode()

    def _notifies(self) -> None:
        while self._pg.notifies() is not None:
            self.notified = True

    # Prepared statements.

    def _to_prepare(self, request: Request) -> bool:
        return self.prepare and request.repeats and self._known.is_due(request.sql)

    def forget_prepared(self) -> None:
        """Has everything prepared anew, as after a definition."""
        self._known.forget_all()
