"""The affinity of a declared type, by SQLite's own five rules in their order.

Source of the rules: https://www.sqlite.org/datatype3.html#determination_of_column_affinity
"""

from __future__ import annotations

from outgrow.schema.model import Affinity


def affinity(declared_type: str, *, strict: bool = False) -> Affinity:
    """Affinity of a column declared with that text; in a STRICT table ANY means BLOB (no conversion)."""
    text = declared_type.upper()
    if strict and text == "ANY":
        return Affinity.BLOB
    if "INT" in text:
        return Affinity.INTEGER
    if any(word in text for word in ("CHAR", "CLOB", "TEXT")):
        return Affinity.TEXT
    if not text.strip() or "BLOB" in text:
        return Affinity.BLOB
    if any(word in text for word in ("REAL", "FLOA", "DOUB")):
        return Affinity.REAL
    return Affinity.NUMERIC
