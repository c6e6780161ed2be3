-- Tables and views of a schema that no extension brought, with their columns.
SELECT
    c.relname::text AS name,
    CASE WHEN c.relkind IN ('r', 'p', 'f') THEN 'table' ELSE 'view' END AS kind,
    array_agg(a.attname::text) FILTER (WHERE a.attname IS NOT NULL) AS columns
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND NOT EXISTS (SELECT FROM pg_depend AS e
                  WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
GROUP BY c.oid
ORDER BY 1
