"""The target side: connect, catalog, DDL, COPY, apply."""
