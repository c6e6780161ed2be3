"""CPython's own tests of `sqlite3`, run with another module in its place."""
