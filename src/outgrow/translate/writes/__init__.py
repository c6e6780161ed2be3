"""INSERT, REPLACE, UPDATE and DELETE with their conflict clauses: `change` is the entry."""
