"""Queries: `query` is the entry."""
