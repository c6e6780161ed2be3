"""One interface to the database for an application that runs on SQLite here and on PostgreSQL there.

`create_adapter()` gives an adapter that finds out at its first use, from the environment or a `.env` file,
which database that is. Every adapter lends connections of sqlite3's shape that take SQLite's SQL, so that
the code around them is the same on both sides. Above it stands the application, below it `settings` and
`pool`.
"""

from outgrow.runtime.adapter.base import DatabaseAdapter, DbType, Health
from outgrow.runtime.adapter.configured import (
    ConfiguredAdapter,
    adapter_of,
    create_adapter,
    get_adapter,
    reset_adapter,
)
from outgrow.runtime.adapter.fallback import FallbackAdapter, FallbackWarning, FallenBack
from outgrow.runtime.adapter.postgresql import PostgreSQLAdapter
from outgrow.runtime.adapter.sqlite import SQLiteAdapter

__all__ = [
    "ConfiguredAdapter", "DatabaseAdapter", "DbType", "FallbackAdapter", "FallbackWarning", "FallenBack",
    "Health", "PostgreSQLAdapter", "SQLiteAdapter", "adapter_of", "create_adapter", "get_adapter",
    "reset_adapter",
]  # fmt: skip
