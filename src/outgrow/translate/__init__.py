"""SQLite's SQL on PostgreSQL; the only user of sqlglot."""
