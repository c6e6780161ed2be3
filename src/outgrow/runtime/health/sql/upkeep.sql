-- Tables of a schema with what autovacuum and the planner know of them. pg_stats shows only tables that
-- this user may read, so nothing is said of the others. Sizes are not asked for, since that waits for locks.
SELECT
    c.relname::text AS name,
    coalesce(s.n_live_tup, 0) AS live,
    coalesce(s.n_dead_tup, 0) AS dead,
    greatest(s.n_live_tup, c.reltuples) >= %(rows)s
        AND s.last_analyze IS NULL AND s.last_autoanalyze IS NULL
        AND has_table_privilege(c.oid, 'SELECT')
        AND NOT EXISTS (SELECT FROM pg_stats AS p WHERE p.schemaname = n.nspname AND p.tablename = c.relname)
        AS never_analyzed,
    s.last_vacuum IS NULL AND s.last_autovacuum IS NULL AND (s.n_live_tup > 0 OR c.relpages > 0)
        AS never_vacuumed,
    'autovacuum_enabled=false' = ANY (c.reloptions) IS TRUE AS switched_off
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_all_tables AS s ON s.relid = c.oid
WHERE n.nspname = %(schema)s AND c.relkind = 'r'
ORDER BY 1
