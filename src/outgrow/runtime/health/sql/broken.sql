-- Indexes, constraints and triggers of a schema that are there and do not do their work.
SELECT
    'index' AS kind, t.relname::text AS on_table, c.relname::text AS name,
    CASE WHEN p.pid IS NOT NULL THEN 'building' WHEN i.indisunique THEN 'unique' ELSE 'plain' END AS sort
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
LEFT JOIN pg_stat_progress_create_index AS p ON p.index_relid = i.indexrelid
WHERE n.nspname = %(schema)s AND NOT (i.indisvalid AND i.indisready)
UNION ALL
-- one that is declared NOT ENFORCED (since PostgreSQL 18) is meant so
SELECT 'constraint', t.relname::text, o.conname::text,
       CASE o.contype WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'check' WHEN 'n' THEN 'not null' ELSE 'constraint' END
FROM pg_constraint AS o
JOIN pg_class AS t ON t.oid = o.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE n.nspname = %(schema)s AND NOT o.convalidated
  AND coalesce(to_jsonb(o) ->> 'conenforced', 'true') = 'true'
UNION ALL
SELECT 'trigger', t.relname::text, coalesce(max(o.conname::text), max(g.tgname::text)),
       CASE WHEN g.tgisinternal THEN 'foreign key'
            WHEN g.tgenabled = 'R' THEN 'replica' ELSE 'trigger' END
FROM pg_trigger AS g
JOIN pg_class AS t ON t.oid = g.tgrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
LEFT JOIN pg_constraint AS o ON o.oid = g.tgconstraint AND g.tgisinternal
WHERE n.nspname = %(schema)s AND g.tgenabled IN ('D', 'R')
  AND coalesce(to_jsonb(o) ->> 'conenforced', 'true') = 'true'
GROUP BY t.relname, coalesce(o.oid, g.oid), g.tgisinternal, g.tgenabled
ORDER BY 1, 2, 3
