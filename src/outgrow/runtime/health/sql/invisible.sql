-- Tables and views of a schema whose bare name means another one, or none, in this session.
SELECT
    c.relname::text AS name,
    (SELECT n.nspname::text
     FROM pg_class AS o JOIN pg_namespace AS n ON n.oid = o.relnamespace
     WHERE o.oid = to_regclass(quote_ident(c.relname))) AS instead
FROM pg_class AS c
JOIN pg_namespace AS s ON s.oid = c.relnamespace
WHERE s.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT pg_table_is_visible(c.oid)
ORDER BY 1
