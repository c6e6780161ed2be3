"""outgrow moves an application from SQLite to PostgreSQL; `ARCHITECTURE.md` draws the walk."""

__version__ = "0.1.0"
