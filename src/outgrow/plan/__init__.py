"""Every decision of a move as values: what becomes of each object, by which statements, and why."""
