"""From a column's evidence to its PostgreSQL type, and the recipes that carry its values."""
