"""The conversions, one file per type family: SQLite value to target value, checked."""
