"""`Blob`: one value of one row as a file of bytes, as `Connection.blobopen` gives it.

What is read is asked for then; what is written is written at once, in the connection's transaction.
Rules: https://docs.python.org/3/library/sqlite3.html#blob-objects, https://www.sqlite.org/c3ref/blob_open.html
"""

from __future__ import annotations

import operator
import os
import sqlite3
from typing import TYPE_CHECKING, Any, Self

from outgrow.runtime.dbapi.failures import failure

if TYPE_CHECKING:
    from outgrow.runtime.dbapi.connection import Connection


def _name(name: str) -> str:
    """A name in backticks, which SQLite, unlike double quotes, never takes for a string."""
    return "`{}`".format(name.replace("`", "``"))


class Blob:
    """A value of fixed length. Raises sqlite3.Error; ProgrammingError once it is closed."""

    def __new__(cls) -> Self:
        """Only `blobopen` makes one."""
        raise TypeError(f"cannot create '{cls.__module__}.{cls.__name__}' instances")

    @classmethod
    def opened(
        cls, connection: Connection, table: str, column: str, row: int, *, readonly: bool, name: str
    ) -> Self:
        """The value in a column of the row with that rowid."""
        made = object.__new__(cls)
        made._enter(connection, table, column, row, readonly=readonly, name=name)
        return made

    def _enter(
        self, connection: Connection, table: str, column: str, row: int, *, readonly: bool, name: str
    ) -> None:
        self._connection, self._row, self._readonly = connection, row, bool(readonly)
        if name not in {"main", ""}:
            raise failure(sqlite3.OperationalError, f"no such table: {name}.{table}", "SQLITE_ERROR")
        self._table, self._column = _name(table), _name(column)
        kind = self._ask(f"typeof({self._column})")
        if kind not in {"blob", "text"}:
            said = f"cannot open value of type {kind}"
            raise failure(sqlite3.OperationalError, said, "SQLITE_ERROR")
        self._length = len(self._content())
        self._kind = kind
        self._offset = 0
        self._open = True

    def _ask(self, what: str) -> Any:
        found = self._connection.cursor().execute(
            f"SELECT {what} FROM {self._table} WHERE rowid = ?", (self._row,)
        )
        found.row_factory = None
        row = sqlite3.Cursor.fetchone(found) if not hasattr(found, "_rows") else found.fetchone()
        if row is None:
            raise failure(sqlite3.OperationalError, f"no such rowid: {self._row}", "SQLITE_ERROR")
        return row[0]

    def _content(self) -> bytes:
        value = self._ask(f"CAST({self._column} AS BLOB)")
        return bytes(value) if value is not None else b""

    def _check(self) -> None:
        self._connection._check()
        if not self._open:
            raise sqlite3.ProgrammingError("Cannot operate on a closed blob.")

    def close(self) -> None:
        """Ends it; a second time does nothing."""
        self._connection._check()
        self._open = False

    def read(self, length: int = -1, /) -> bytes:
        """The next bytes, all that are left for a negative length."""
        self._check()
        stop = self._length if length < 0 else min(self._offset + length, self._length)
        part = self._current()[self._offset : stop]
        self._offset = stop
        return part

    def write(self, data: Any, /) -> None:
        """Writes over what is there; ValueError beyond the end."""
        self._check()
        given = bytes(memoryview(data))
        self._put(self._offset, given)
        self._offset += len(given)

    def seek(self, offset: int, origin: int = os.SEEK_SET, /) -> None:
        """Goes to a place; ValueError outside of the value."""
        self._check()
        if not -(2**31) <= offset < 2**31:
            raise OverflowError("seek offset results in overflow")
        if origin not in {os.SEEK_SET, os.SEEK_CUR, os.SEEK_END}:
            raise ValueError("'origin' should be os.SEEK_SET, os.SEEK_CUR, or os.SEEK_END")
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._offset, os.SEEK_END: self._length}[origin]
        if base + offset >= 2**31:
            raise OverflowError("seek offset results in overflow")
        if not 0 <= base + offset <= self._length:
            raise ValueError("offset out of blob range")
        self._offset = base + offset

    def tell(self) -> int:
        """The place."""
        self._check()
        return self._offset

    def __len__(self) -> int:
        self._check()
        return self._length

    def __enter__(self) -> Self:
        self._check()
        return self

    def __exit__(self, *_: object) -> None:
        self._check()
        self._open = False

    def __contains__(self, value: object) -> bool:
        raise TypeError("argument of type 'sqlite3.Blob' is not iterable")

    def __iter__(self) -> Any:
        raise TypeError("'sqlite3.Blob' object is not iterable")

    def __getitem__(self, key: Any, /) -> int | bytes:
        self._check()
        if isinstance(key, slice):
            return self._current()[key]
        return self._current()[self._place(key)]

    def __setitem__(self, key: Any, value: Any, /) -> None:
        self._check()
        if isinstance(key, slice):
            self._set_slice(key, value)
            return
        place = self._place(key)
        if not isinstance(value, int):
            raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
        if not 0 <= value < 256:
            raise ValueError("byte must be in range(0, 256)")
        self._put(place, bytes([value]))

    def __delitem__(self, key: Any, /) -> None:
        self._check()
        what = "slice" if isinstance(key, slice) else "item"
        raise TypeError(f"Blob doesn't support {what} deletion")

    def _set_slice(self, key: slice, value: Any) -> None:
        given = bytes(memoryview(value))
        if not memoryview(value).c_contiguous:
            raise BufferError("underlying buffer is not C-contiguous")
        places = range(*key.indices(self._length))
        if len(places) != len(given):
            raise IndexError("Blob slice assignment is wrong size")
        content = bytearray(self._current())
        content[key] = given
        if places:
            self._put(0, bytes(content))

    def _place(self, key: Any) -> int:
        try:
            place = operator.index(key)
        except TypeError:
            raise TypeError("Blob indices must be integers") from None
        if not -(2**63) <= place < 2**63:
            raise IndexError("cannot fit 'int' into an index-sized integer")
        place = place + self._length if place < 0 else place
        if not 0 <= place < self._length:
            raise IndexError("Blob index out of range")
        return place

    def _current(self) -> bytes:
        """The value as it is now. Once another statement has changed its length it is lost, as in SQLite."""
        content = self._content()
        if len(content) != self._length:
            raise failure(sqlite3.OperationalError, "query aborted", "SQLITE_ABORT")
        return content

    def _put(self, start: int, part: bytes) -> None:
        if self._readonly:
            said = "attempt to write a readonly database"
            raise failure(sqlite3.OperationalError, said, "SQLITE_READONLY")
        if start + len(part) > self._length:
            raise ValueError("data longer than blob length")
        content = bytearray(self._current())
        content[start : start + len(part)] = part
        value: Any = bytes(content) if self._kind == "blob" else bytes(content).decode()
        self._connection.cursor().execute(
            f"UPDATE {self._table} SET {self._column} = ? WHERE rowid = ?", (value, self._row)
        )
