"""For projects that go over to Django's own backend for PostgreSQL: column types as its migrations make them.

A moved column has the type that its values speak for; Django's own backend expects the type that the model's
field has on PostgreSQL: `timestamp with time zone` for a DateTimeField, `interval` for a DurationField. Run
once after the move, with the settings for Django's own backend:

    python manage.py shell -c "from outgrow.runtime.django.native import align; align()"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, models, transaction
from django.db.migrations.recorder import MigrationRecorder

__all__ = ["align", "statements"]

_TYPES = """
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = pg_catalog.to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
"""

_AS_GOOD = {"bigint": {"integer", "smallint"}, "text": {"varchar", "character varying", "char"}}
"""Moved types that hold all that Django's hold, and that it reads alike."""


def align(using: str = "default") -> list[str]:
    """Gives every column of the models the type of its field, in one transaction; the statements that ran.

    Does nothing the second time. Raises django.db.Error when a value does not fit; nothing is changed then.
    """
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        found = list(statements(using))
        for sql in found:
            cursor.execute(sql)
    return found


def statements(using: str = "default") -> Iterator[str]:
    """One ALTER TABLE for each table with columns of another type. Raises ImproperlyConfigured."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        raise ImproperlyConfigured(f"the database {using} is not on Django's own backend for PostgreSQL")
    for model in [*apps.get_models(include_auto_created=True), MigrationRecorder.Migration]:
        if model._meta.managed and not model._meta.proxy:  # noqa: SLF001 - Django's documented name
            changes = ", ".join(_changes(connection, model))
            if changes:
                yield f"ALTER TABLE {connection.ops.quote_name(model._meta.db_table)} {changes}"  # noqa: SLF001


def _changes(connection: Any, model: type[models.Model]) -> Iterator[str]:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(_TYPES, [quote(model._meta.db_table)])  # noqa: SLF001
        there = dict(cursor.fetchall())
    for field in model._meta.local_concrete_fields:  # noqa: SLF001
        given, wanted = there.get(field.column), field.db_type(connection)
        if given is None or wanted is None or _is_as_good(given, wanted):
            continue
        column = quote(field.column)
        using = _converted(column, given, wanted.partition("(")[0], connection.timezone_name)
        yield f"ALTER COLUMN {column} TYPE {wanted} USING {using}"


def _is_as_good(given: str, wanted: str) -> bool:
    plain = wanted.partition("(")[0]
    return plain in _AS_GOOD.get(given, ()) or _normal(given) == _normal(wanted)


def _normal(name: str) -> str:
    return name.replace(" ", "").replace("withouttimezone", "").replace("charactervarying", "varchar")


def _converted(column: str, given: str, wanted: str, zone: str) -> str:
    if wanted == "timestamp with time zone" and given != wanted:
        naive = f"CAST({column} AS timestamp)" if given != "timestamp without time zone" else column
        return f"{naive} AT TIME ZONE '{zone}'"  # SQLite's backend keeps times of this zone
    if wanted == "interval" and given == "bigint":
        return f"{column} * interval '1 microsecond'"
    if wanted == "boolean" and given == "bigint":
        return f"{column} <> 0"
    return f"CAST({column} AS {wanted})"
