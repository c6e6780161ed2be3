"""Numbers, sizes, durations and kinds of object in words, the same in every report."""

from __future__ import annotations

from outgrow.findings import Severity
from outgrow.plan.model import ObjectKind

_SINGULAR: dict[ObjectKind, str] = {
    "tables": "table", "virtual_tables": "virtual table", "columns": "column", "primary_keys": "primary key",
    "unique_constraints": "unique constraint", "foreign_keys": "foreign key", "checks": "check",
    "not_nulls": "not null", "defaults": "default", "generated_columns": "generated column",
    "identities": "identity", "indexes": "index", "views": "view", "triggers": "trigger",
}  # fmt: skip
_UNITS = ("B", "kB", "MB", "GB", "TB")


def count(number: int) -> str:
    """`3450000` as `3,450,000`."""
    return f"{number:,}"


def counted(number: int, word: str, many: str = "") -> str:
    """`1 table`, `12 tables`; `many` is the plural when it is not `word` + s."""
    return f"{number:,} {word if number == 1 else many or word + 's'}"


def counted_severity(severity: Severity, number: int) -> str:
    """`1 stop`, `2 losses`."""
    return counted(number, severity.value, "losses" if severity is Severity.LOSS else "")


def kind_name(kind: ObjectKind, number: int = 1) -> str:
    """The name of a kind of object for so many of them: `foreign key`, `foreign keys`."""
    return _SINGULAR[kind] if number == 1 else kind.replace("_", " ")


def size(number: float) -> str:
    """Bytes in decimal units with one digit: `503.2 MB` (1 MB = 1,000,000 bytes)."""
    unit = 0
    while unit < len(_UNITS) - 1 and round(number, 1) >= 1000:
        number, unit = number / 1000, unit + 1
    return f"{number:.1f} {_UNITS[unit]}" if unit else f"{number:.0f} B"


def duration(seconds: float) -> str:
    """`40 ms`, `3.6 s`, `2 min 05 s`, `1 h 02 min`."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def rate(number: float, seconds: float) -> float:
    """So many per second; 0 when no time has passed."""
    return number / seconds if seconds > 0 else 0.0


def throughput(rows: float, number: float, seconds: float) -> str:
    """`930,000 rows/s, 133.2 MB/s`; what is not known (0) is left out."""
    parts = [f"{rate(rows, seconds):,.0f} rows/s"] if rows else []
    parts += [f"{size(rate(number, seconds))}/s"] if number else []
    return ", ".join(parts) if seconds > 0 else ""
