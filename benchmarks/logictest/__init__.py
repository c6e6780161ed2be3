"""The same SQL on SQLite and, translated, on PostgreSQL: files of sqllogictest, read, run and made."""
