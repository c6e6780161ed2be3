"""A PostgreSQL of outgrow's own."""
