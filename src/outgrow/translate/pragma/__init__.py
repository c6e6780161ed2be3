"""PRAGMA: `rules` is the table, `kinds` what a row of it can be."""
