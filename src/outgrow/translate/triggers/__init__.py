"""CREATE TRIGGER as PL/pgSQL: `trigger` is the entry; `firing` and `differs` look at all of them together."""
