"""Connection and cursor for asyncio, in the shape of aiosqlite's: the same names, `await`ed.

Every call runs the connection of `connection` in a thread of its own; `async_pool` hands these out.
The shape: https://aiosqlite.omnilib.dev/en/stable/api.html
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Sequence
from typing import Any, Generic, Protocol, Self, TypeVar

from outgrow.runtime.pool.async_worker import Worker
from outgrow.runtime.pool.pooled import PooledConnection

T = TypeVar("T")
Closes = TypeVar("Closes", bound="AsyncCursor")
Parameters = Any
"""What sqlite3 takes: a sequence, or a mapping of names."""

_AT_A_TIME = 64
"""Rows that an iteration fetches in one go, as aiosqlite does."""


class Lease(Protocol):
    """What a connection was lent under: its thread, and what to tell when it goes back or is lost."""

    worker: Worker

    def back(self) -> None:
        """It was closed."""

    def lost(self) -> None:
        """It was forgotten."""


class Result(Generic[Closes]):
    """A cursor to come: `await` it, or use it in `async with`, which closes it."""

    def __init__(self, coming: Callable[[], Any]) -> None:
        self._coming = coming
        self._cursor: Closes | None = None

    def __await__(self) -> Generator[Any, None, Closes]:
        made: Generator[Any, None, Closes] = self._coming().__await__()
        return made

    async def __aenter__(self) -> Closes:
        self._cursor = await self
        return self._cursor

    async def __aexit__(self, *_: object) -> None:
        if self._cursor is not None:
            await self._cursor.close()


class AsyncCursor:
    """A cursor whose methods are awaited. Rows come by `async for` or by the fetch methods."""

    def __init__(self, connection: AsyncConnection, cursor: sqlite3.Cursor) -> None:
        self._connection, self._cursor = connection, cursor

    async def execute(self, sql: str, parameters: Parameters = ()) -> Self:
        """Runs a statement. Cancelled, it ends on the server, too."""
        await self._run(lambda: self._cursor.execute(sql, parameters))
        return self

    async def executemany(self, sql: str, parameters: Iterable[Parameters]) -> Self:
        """Runs a statement for each set of values."""
        await self._run(lambda: self._cursor.executemany(sql, parameters))
        return self

    async def executescript(self, sql_script: str) -> Self:
        """Runs a text of statements."""
        await self._run(lambda: self._cursor.executescript(sql_script))
        return self

    async def fetchone(self) -> Any:
        """The next row, or None."""
        return await self._run(self._cursor.fetchone)

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows, `arraysize` of them unless told."""
        return await self._run(lambda: self._cursor.fetchmany(self.arraysize if size is None else size))

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return await self._run(self._cursor.fetchall)

    async def close(self) -> None:
        """Closes the cursor."""
        await self._run(self._cursor.close)

    async def __aiter__(self) -> AsyncIterator[Any]:
        while rows := await self.fetchmany(_AT_A_TIME):
            for row in rows:
                yield row

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _run(self, act: Callable[[], T]) -> T:
        return await self._connection.run(lambda _: act())

    @property
    def connection(self) -> AsyncConnection:
        """The connection it belongs to."""
        return self._connection

    @property
    def description(self) -> Any:
        """As in sqlite3."""
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        """As in sqlite3."""
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        """As in sqlite3."""
        return self._cursor.lastrowid

    @property
    def arraysize(self) -> int:
        """As in sqlite3."""
        return self._cursor.arraysize

    @arraysize.setter
    def arraysize(self, value: int) -> None:
        self._cursor.arraysize = value

    @property
    def row_factory(self) -> Any:
        """As in sqlite3."""
        return self._cursor.row_factory

    @row_factory.setter
    def row_factory(self, factory: Any) -> None:
        self._cursor.row_factory = factory


class AsyncConnection:
    """A connection whose methods are awaited. Calls of several tasks run one after the other."""

    def __init__(self, connection: PooledConnection, lease: Lease) -> None:
        self._connection, self._worker = connection, lease.worker
        self._lease: Lease | None = lease

    def __del__(self) -> None:
        if self._lease is not None:  # the connection itself tells its pool
            self._lease.lost()

    async def run(self, act: Callable[[PooledConnection], T]) -> T:
        """What `act` returns, called with the connection of sqlite3's shape, in its thread.

        For whatever has no method here. Cancelled, it waits for `act`, whose statement ends on the server.
        """
        return await self._worker.run(lambda: act(self._connection), stop=self._connection.interrupt)

    def cursor(self) -> Result[AsyncCursor]:
        """A new cursor."""
        return Result(lambda: self._made(lambda connection: connection.cursor()))

    def execute(self, sql: str, parameters: Parameters = ()) -> Result[AsyncCursor]:
        """A new cursor that has run a statement."""
        return Result(lambda: self._made(lambda connection: connection.execute(sql, parameters)))

    def executemany(self, sql: str, parameters: Iterable[Parameters]) -> Result[AsyncCursor]:
        """A new cursor that has run a statement for each set of values."""
        return Result(lambda: self._made(lambda connection: connection.executemany(sql, parameters)))

    def executescript(self, sql_script: str) -> Result[AsyncCursor]:
        """A new cursor that has run a text of statements."""
        return Result(lambda: self._made(lambda connection: connection.executescript(sql_script)))

    async def _made(self, act: Callable[[PooledConnection], sqlite3.Cursor]) -> AsyncCursor:
        return AsyncCursor(self, await self.run(act))

    async def execute_fetchall(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """All rows of a statement, in one go."""
        rows: list[Any] = await self.run(lambda connection: connection.execute(sql, parameters).fetchall())
        return rows

    async def execute_insert(self, sql: str, parameters: Parameters = ()) -> Sequence[Any] | None:
        """A row of the rowid that the statement inserted."""

        def insert(connection: PooledConnection) -> Sequence[Any] | None:
            number = connection.execute(sql, parameters).lastrowid
            return None if number is None else (number,)

        return await self.run(insert)

    async def commit(self) -> None:
        """Ends the transaction. Cancelled, it is done all the same."""
        await self._worker.run(self._connection.commit)

    async def rollback(self) -> None:
        """Undoes the transaction."""
        await self._worker.run(self._connection.rollback)

    async def interrupt(self) -> None:
        """Ends the statement that runs for another task."""
        await asyncio.to_thread(self._connection.interrupt)

    async def close(self) -> None:
        """Gives the connection back; what is open is rolled back. A second time does nothing."""
        await self.end(commit=False)

    async def end(self, *, commit: bool) -> None:
        """Commits or rolls back, then gives the connection back, cancelled or not."""

        def act() -> None:
            try:
                if commit:
                    self._connection.commit()
            finally:
                self._connection.close()  # which rolls back what is open

        lease, self._lease = self._lease, None
        if lease is not None:
            try:
                await self._worker.run(act, always=True)
            finally:
                lease.back()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def iterdump(self) -> AsyncIterator[str]:
        """The database as SQLite's SQL."""
        for line in await self.run(lambda connection: [*connection.iterdump()]):
            yield line

    async def create_function(
        self, name: str, num_params: int, func: Callable[..., Any], deterministic: bool = False
    ) -> None:
        """As in sqlite3."""
        await self.run(lambda c: c.create_function(name, num_params, func, deterministic=deterministic))

    async def set_trace_callback(self, handler: Callable[[str], object] | None) -> None:
        """As in sqlite3; `handler` is called in the connection's thread."""
        await self.run(lambda connection: connection.set_trace_callback(handler))

    @property
    def in_transaction(self) -> bool:
        """As in sqlite3."""
        return self._connection.in_transaction

    @property
    def total_changes(self) -> int:
        """As in sqlite3."""
        return self._connection.total_changes

    @property
    def isolation_level(self) -> str | None:
        """As in sqlite3."""
        level: str | None = self._connection.isolation_level
        return level

    @isolation_level.setter
    def isolation_level(self, value: str | None) -> None:
        self._connection.isolation_level = value

    @property
    def row_factory(self) -> Any:
        """As in sqlite3."""
        return self._connection.row_factory

    @row_factory.setter
    def row_factory(self, factory: Any) -> None:
        self._connection.row_factory = factory

    @property
    def text_factory(self) -> Any:
        """As in sqlite3."""
        return self._connection.text_factory

    @text_factory.setter
    def text_factory(self, factory: Any) -> None:
        self._connection.text_factory = factory
