"""Which adapter an application gets: by settings, read when it is used first.

An application often makes its adapter while its modules are imported, before it loads its `.env`. So
nothing is read then: the adapter that `create_adapter` gives reads at its first use, and again after a
`reset`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from outgrow.runtime.adapter.base import Configure, DatabaseAdapter, DbType, Health
from outgrow.runtime.adapter.fallback import FallbackAdapter, FallenBack
from outgrow.runtime.adapter.postgresql import PostgreSQLAdapter
from outgrow.runtime.adapter.sqlite import Mode, SQLiteAdapter
from outgrow.runtime.settings import Settings, read_settings


def create_adapter(
    settings: Settings | None = None,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
    *,
    configure: Configure | None = None,
    **pool_options: Any,
) -> DatabaseAdapter:
    """The adapter of `settings`; without them one that reads them at its first use, as `read_settings` does.

    `configure` is called with every connection before it is lent. `pool_options` are those of `Pool`, beside
    what the settings say. Raises ConfigError, at the first use where it reads then.
    """
    if settings is not None:
        return adapter_of(settings, configure=configure, **pool_options)
    return ConfiguredAdapter(environ, directory, configure=configure, **pool_options)


def adapter_of(
    settings: Settings, *, configure: Configure | None = None, **pool_options: Any
) -> SQLiteAdapter | PostgreSQLAdapter | FallbackAdapter:
    """The adapter of `settings`."""
    if settings.kind == "sqlite":
        return SQLiteAdapter(settings.path, configure=configure)
    sizes = {"min_size": settings.pool_min, "max_size": settings.pool_max, "timeout": settings.timeout}
    adapter = PostgreSQLAdapter(settings.url, configure=configure, **sizes | pool_options)
    if settings.fallback == "none":
        return adapter
    mode: Mode = "ro" if settings.fallback == "read-only" else "rw"
    return FallbackAdapter(adapter, SQLiteAdapter(settings.fallback_path, mode=mode, configure=configure))


class ConfiguredAdapter(DatabaseAdapter):
    """An adapter that finds out at its first use which one it is.

    Where the settings are wrong, every use raises ConfigError until they are mended: nothing of a failed
    reading is kept.
    """

    def __init__(
        self, environ: Mapping[str, str] | None = None, directory: Path | None = None, *,
        configure: Configure | None = None, **pool_options: Any,
    ) -> None:  # fmt: skip
        self._environ, self._directory = environ, directory
        self._configure, self._pool_options = configure, pool_options
        self._lock = threading.Lock()
        self._made: SQLiteAdapter | PostgreSQLAdapter | FallbackAdapter | None = None
        self._settings: Settings | None = None
        self._closed = False

    @property
    def adapter(self) -> SQLiteAdapter | PostgreSQLAdapter | FallbackAdapter:
        """The adapter that the settings ask for. Raises ConfigError."""
        with self._lock:
            if self._closed:
                raise sqlite3.ProgrammingError("Cannot operate on a closed adapter.")
            if self._made is None:
                self._settings = read_settings(self._environ, self._directory)
                self._made = adapter_of(self._settings, configure=self._configure, **self._pool_options)
            return self._made

    @property
    def settings(self) -> Settings:
        """The settings that are in use. Raises ConfigError."""
        _ = self.adapter
        assert self._settings is not None  # noqa: S101 - read with the adapter
        return self._settings

    @property
    def fallen_back(self) -> FallenBack | None:
        """Why and since when a SQLite file stands in for PostgreSQL; None while none does."""
        return self._made.fallen_back if isinstance(self._made, FallbackAdapter) else None

    def get_connection(self) -> AbstractContextManager[sqlite3.Connection]:
        """As `DatabaseAdapter.get_connection`. Raises ConfigError, too."""
        return self.adapter.get_connection()

    def get_db_type(self) -> DbType:
        """As `DatabaseAdapter.get_db_type`. Raises ConfigError."""
        return self.adapter.get_db_type()

    def health_check(self) -> Health:
        """As `DatabaseAdapter.health_check`. Raises ConfigError: a wrong setting is not an illness."""
        return self.adapter.health_check()

    def reset(self) -> None:
        """Ends what was made of the settings, after what is out came back; the next use reads them afresh."""
        with self._lock:
            made, self._made, self._settings = self._made, None, None
        if made is not None:
            made.close()

    def close(self) -> None:
        """As `DatabaseAdapter.close`."""
        with self._lock:
            self._closed = True
        self.reset()


_lock = threading.Lock()
_shared: list[ConfiguredAdapter] = []


def get_adapter() -> ConfiguredAdapter:
    """The one adapter of this process, of its environment; made at the first call, read at its first use."""
    with _lock:
        if not _shared:
            _shared.append(ConfiguredAdapter())
        return _shared[0]


def reset_adapter() -> None:
    """Has that adapter read its settings afresh; those who hold it go on with it."""
    get_adapter().reset()
