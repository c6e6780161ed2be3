"""SQL for dates: SQLite's own strftime, which PostgreSQL computes, instead of Django's Python functions.

Django gives SQLite functions in Python for all it does with dates. Through the shim they work, but the rows
travel to them, so whatever needs no other time zone than the database's is said in SQL here. Used by `base`.
Rules: https://docs.djangoproject.com/en/5.2/ref/models/database-functions/ and https://www.sqlite.org/lang_datefunc.html
"""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3.base import DatabaseOperations as SqliteOperations

_NUMBERS = {
    "year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S",
}  # fmt: skip

_EXTRACTED = {
    "quarter": "((CAST(strftime('%m', {0}) AS INTEGER) + 2) / 3)",
    "week_day": "(CAST(strftime('%w', {0}) AS INTEGER) + 1)",
    "iso_week_day": "((CAST(strftime('%w', {0}) AS INTEGER) + 6) % 7 + 1)",
    # A week belongs to the year of its Thursday.
    "week": "((CAST(strftime('%j', {0}, '-3 days', 'weekday 4') AS INTEGER) - 1) / 7 + 1)",
    "iso_year": "CAST(strftime('%Y', {0}, '-3 days', 'weekday 4') AS INTEGER)",
} | {name: f"CAST(strftime('{mark}', {{0}}) AS INTEGER)" for name, mark in _NUMBERS.items()}
"""Numbers of a date by Django's names. SQL comes in the place of {0}, once, since it has parameters."""

_OF_DAY = {
    "year": "strftime('%Y-01-01{1}', {0})",
    "month": "strftime('%Y-%m-01{1}', {0})",
    "week": "strftime('%Y-%m-%d{1}', {0}, '-6 days', 'weekday 1')",
    "day": "strftime('%Y-%m-%d{1}', {0})",
}
_OF_TIME = {"hour": "%H:00:00", "minute": "%H:%M:00", "second": "%H:%M:%S"}

Sql = tuple[str, tuple[Any, ...]]


class DatabaseOperations(SqliteOperations):  # type: ignore[misc]  # Django is not typed
    """Operations of SQLite's backend. What strftime cannot say stays a function in Python."""

    def date_extract_sql(self, lookup_type: str, sql: str, params: Any) -> Sql:
        """A number of a date."""
        return _made(_EXTRACTED.get(lookup_type), sql, params) or super().date_extract_sql(
            lookup_type, sql, params
        )

    def datetime_extract_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None) -> Sql:
        """A number of a date and time."""
        pattern = _EXTRACTED.get(lookup_type) if self._is_stored_in(tzname) else None
        return _made(pattern, sql, params) or super().datetime_extract_sql(lookup_type, sql, params, tzname)

    def time_extract_sql(self, lookup_type: str, sql: str, params: Any) -> Sql:
        """A number of a time."""
        return _made(_EXTRACTED.get(lookup_type), sql, params) or super().time_extract_sql(
            lookup_type, sql, params
        )

    def date_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None = None) -> Sql:
        """The date at which a year, a month or a week begins."""
        pattern = _OF_DAY.get(lookup_type) if self._is_stored_in(tzname) else None
        return _made(pattern, sql, params) or super().date_trunc_sql(lookup_type, sql, params, tzname)

    def datetime_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None) -> Sql:
        """The moment at which a month, a day or an hour begins."""
        pattern = None
        if self._is_stored_in(tzname):
            pattern = _OF_DAY.get(lookup_type)
            if lookup_type in _OF_TIME:
                pattern = f"strftime('%Y-%m-%d {_OF_TIME[lookup_type]}', {{0}})"
        made = _made(pattern, sql, params, " 00:00:00")
        return made or super().datetime_trunc_sql(lookup_type, sql, params, tzname)

    def time_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None = None) -> Sql:
        """The time at which an hour or a minute begins."""
        known = lookup_type in _OF_TIME and self._is_stored_in(tzname)
        pattern = f"strftime('{_OF_TIME[lookup_type]}', {{0}})" if known else None
        return _made(pattern, sql, params) or super().time_trunc_sql(lookup_type, sql, params, tzname)

    def datetime_cast_date_sql(self, sql: str, params: Any, tzname: str | None) -> Sql:
        """The date of a date and time."""
        pattern = _OF_DAY["day"] if self._is_stored_in(tzname) else None
        return _made(pattern, sql, params) or super().datetime_cast_date_sql(sql, params, tzname)

    def _is_stored_in(self, tzname: str | None) -> bool:
        """Whether that is the zone in which the database keeps its times."""
        wanted, stored = self._convert_tznames_to_sql(tzname)
        return bool(wanted == stored)


def _made(pattern: str | None, sql: str, params: Any, end: str = "") -> Sql | None:
    """The pattern with SQL in its place; % doubled, since Django's cursor takes one for a parameter."""
    if pattern is None:
        return None
    return pattern.replace("%", "%%").replace("{1}", end).replace("{0}", sql), tuple(params)
