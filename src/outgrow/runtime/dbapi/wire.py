"""Statements on their way to the server: any number of them in one round trip, prepared once they come again.

psycopg's own cursor sends BEGIN, a savepoint and the statement one after the other and waits for each; here
they travel together by libpq's pipeline. Rows come in the binary form. Used by `session`; stands on psycopg's
wrapper of libpq (https://www.psycopg.org/psycopg3/docs/api/pq.html).
"""

from __future__ import annotations

import contextlib
import select
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result

_PREPARED_AT_MOST = 256
_PREPARED_FROM = 3
"""From which time on a statement is prepared: one that comes once is not worth a second message."""

_ASKED_EVERY = 20
"""Milliseconds between two questions to a progress handler."""

_GOOD = {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY}
_SYNC, _ABORTED = pq.ExecStatus.PIPELINE_SYNC, pq.ExecStatus.PIPELINE_ABORTED
_BAD = pq.ConnStatus.BAD


@dataclass(frozen=True, slots=True)
class Request:
    """One statement with its parameters, all in the binary form."""

    sql: bytes
    values: Sequence[bytes | None] = ()
    oids: Sequence[int] = ()
    formats: Sequence[int] = ()
    repeats: bool = False


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
    prepared on the server, as a pooler between needs it. psycopg itself must not prepare on it.
    """

    def __init__(self, raw: psycopg.Connection[Any], *, prepare: bool = True) -> None:
        self.raw = raw
        self.prepare = prepare
        self._pg = raw.pgconn
        self._poll = select.poll()
        self._fd = raw.fileno()
        self._poll.register(self._fd, select.POLLIN)
        self._names: OrderedDict[bytes, bytes] = OrderedDict()
        self._seen: dict[bytes, int] = {}
        self._count = 0
        self._outdated = False
        self.notified = False
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
        """The results of all requests, in one round trip. Raises FailedError."""
        if len(requests) == 1:
            name = self._names.get(requests[0].sql) if requests[0].repeats else None
            if name is not None or not self._to_prepare(requests[0]):
                return self._run_one(requests[0], name)
        return self._run_many(requests)

    def script(self, sql: str) -> None:
        """Runs a text of any statements without parameters. Raises psycopg.Error."""
        self.forget_prepared()
        self.raw.execute(sql.encode())

    def _run_one(self, request: Request, name: bytes | None) -> list[pq.abc.PGresult]:
        pg = self._pg
        try:
            self._send(request, name)
            pg.flush()
            results = []
            while (result := self._next()) is not None:
                results.append(result)
        except psycopg.Error as error:
            raise FailedError(0, [], error) from None
        last = results[-1]
        if last.status not in _GOOD:
            raise FailedError(0, [], error_from_result(last, encoding="utf-8"))
        self._notifies()
        return [last]

    def _run_many(self, requests: Sequence[Request]) -> list[pq.abc.PGresult]:
        pg = self._pg
        done: list[pq.abc.PGresult] = []
        expected: list[bool] = []  # whether the result is that of a request
        fresh: list[bytes] = []
        try:
            pg.enter_pipeline_mode()
            for sql in self._surplus():
                pg.send_query_params(sql, None)
                expected.append(False)
            for request in requests:
                name = self._names.get(request.sql) if request.repeats else None
                if name is None and self._to_prepare(request):
                    name = self._new_name(request.sql)
                    fresh.append(request.sql)
                    pg.send_prepare(name, request.sql, request.oids or None)
                    expected.append(False)
                self._send(request, name)
                expected.append(True)
            pg.pipeline_sync()
            self._flush()
            failed = self._collect(expected, done)
        except psycopg.Error as error:
            raise FailedError(len(done), done, error) from None
        if not self.broken:
            pg.exit_pipeline_mode()
        self._notifies()
        if failed is not None:
            for sql in fresh:  # what stood behind the failure was not prepared
                self._names.pop(sql, None)
            raise FailedError(len(done), done, failed)
        return done

    def _collect(self, expected: list[bool], done: list[pq.abc.PGresult]) -> psycopg.Error | None:
        """Reads one result for each message sent; the error of the first that failed."""
        failed: psycopg.Error | None = None
        place = 0
        while True:
            result = self._next()
            if result is None:
                continue
            if result.status == _SYNC:
                return failed
            if result.status in _GOOD:
                if failed is None and place < len(expected) and expected[place]:
                    done.append(result)
            elif failed is None and result.status != _ABORTED:
                failed = error_from_result(result, encoding="utf-8")
            place += 1

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
            while pg.is_busy():
                if self.progress is None:
                    self._poll.poll()
                elif not self._poll.poll(_ASKED_EVERY):
                    if self.told_to_stop():
                        self.raw.cancel_safe(timeout=5)
                    continue
                pg.consume_input()
        except KeyboardInterrupt:
            self._cancel()
            raise
        return pg.get_result()

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
        if not (self.prepare and request.repeats) or request.sql in self._names:
            return False
        count = self._seen.get(request.sql, 0) + 1
        if len(self._seen) > 4 * _PREPARED_AT_MOST:
            self._seen.clear()
        self._seen[request.sql] = count
        return count >= _PREPARED_FROM

    def _new_name(self, sql: bytes) -> bytes:
        self._count += 1
        name = b"outgrow_%d" % self._count
        self._names[sql] = name
        return name

    def _surplus(self) -> list[bytes]:
        """What takes from the server the prepared statements that are too many or out of date."""
        if self._outdated:
            self._outdated = False
            return [b"DEALLOCATE ALL"]
        found = []
        while len(self._names) > _PREPARED_AT_MOST:
            _, oldest = self._names.popitem(last=False)
            found.append(b"DEALLOCATE " + oldest)
        return found

    def forget_prepared(self) -> None:
        """Has everything prepared anew, as after a definition."""
        self._outdated = self._outdated or bool(self._names)
        self._names.clear()
        self._seen.clear()
