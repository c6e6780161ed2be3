"""The scalar functions of SQLite: a rule each, by family; `table` has the list."""
