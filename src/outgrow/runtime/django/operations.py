"""SQL for dates: strftime instead of Django's functions in Python, so that PostgreSQL can compute it.
"""

from __future__ import annotations

from django.db.backends.sqlite3.operations import DatabaseOperations as SqliteOperations


class DatabaseOperations(SqliteOperations):  # type: ignore[misc]  # Django is not typed
    """Operations of SQLite's backend; what has no counterpart in SQL stays a function in Python."""
