"""Which statements a connection has prepared on the server, and when another is worth it. Used by `wire`."""

from __future__ import annotations

from collections import OrderedDict

_AT_MOST = 256
_FROM = 3
"""From which time on a statement is prepared: one that comes once is not worth a second message."""


class PreparedNames:
    """The names of prepared statements by their text, the one that was prepared first in front."""

    def __init__(self) -> None:
        self._names: OrderedDict[bytes, bytes] = OrderedDict()
        self._seen: dict[bytes, int] = {}
        self._count = 0
        self._outdated = False

    def name(self, sql: bytes) -> bytes | None:
        """The name under which the server has a statement."""
        return self._names.get(sql)

    def is_due(self, sql: bytes) -> bool:
        """Whether to prepare a statement that is about to be sent; every question counts."""
        if sql in self._names:
            return False
        count = self._seen.get(sql, 0) + 1
        if len(self._seen) > 4 * _AT_MOST:
            self._seen.clear()
        self._seen[sql] = count
        return count >= _FROM

    def new(self, sql: bytes) -> bytes:
        """A name for a statement that is prepared now."""
        self._count += 1
        name = b"outgrow_%d" % self._count
        self._names[sql] = name
        return name

    def surplus(self) -> list[bytes]:
        """What takes from the server the statements that are too many or out of date."""
        if self._outdated:
            self._outdated = False
            return [b"DEALLOCATE ALL"]
        found = []
        while len(self._names) > _AT_MOST:
            _, oldest = self._names.popitem(last=False)
            found.append(b"DEALLOCATE " + oldest)
        return found

    def forget(self, sql: bytes) -> None:
        """A statement whose preparation failed."""
        self._names.pop(sql, None)

    def forget_all(self) -> None:
        """Has everything prepared anew."""
        self._outdated = self._outdated or bool(self._names)
        self._names.clear()
        self._seen.clear()
