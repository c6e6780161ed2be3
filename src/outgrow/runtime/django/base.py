"""The database wrapper that Django makes for `ENGINE = "outgrow.runtime.django"`.

NAME is what `outgrow.connect` takes: `postgresql://…` with `?schema=…`, or the path of a SQLite file, which
is opened as Django's own backend does. With HOST or USER it is the name of a PostgreSQL database, as for
Django's other backends. Before it stands Django's ORM, after it `connection`.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.sqlite3 import base as sqlite
from django.db.backends.sqlite3._functions import register

from outgrow.runtime import sqlite3, urls
from outgrow.runtime.dbapi.opening import is_url
from outgrow.runtime.django.creation import DatabaseCreation
from outgrow.runtime.django.operations import DatabaseOperations

__all__ = ["DatabaseWrapper"]

_PLACES = {"USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}


class DatabaseWrapper(sqlite.DatabaseWrapper):  # type: ignore[misc]  # Django is not typed
    """Django's SQLite, on a moved database."""

    Database = sqlite3
    creation_class = DatabaseCreation
    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        """What `connect` is given. Raises ImproperlyConfigured."""
        params: dict[str, Any] = super().get_connection_params()
        said = {
            word: str(self.settings_dict[key]) for key, word in _PLACES.items() if self.settings_dict.get(key)
        }
        if said and is_url(params["database"]):
            raise ImproperlyConfigured("NAME is a URL: leave out USER, PASSWORD, HOST and PORT")
        if said and not self.is_in_memory_db():
            params["database"] = urls.build({**said, "dbname": str(params["database"])})
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that the backend for SQLite can use. Raises sqlite3.OperationalError."""
        if not is_url(conn_params["database"]):
            return super().get_new_connection(conn_params)
        connection = sqlite3.connect(**conn_params)
        register(connection)
        for command in getattr(self, "init_commands", ()):  # since Django 5.1
            if command.strip():
                connection.execute(command.strip())
        return connection
