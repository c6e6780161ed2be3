"""The source side: connect, catalog, profile, rows."""
