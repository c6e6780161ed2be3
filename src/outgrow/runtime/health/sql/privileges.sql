-- What this session's user lacks on the tables and views of a schema that no extension brought.
SELECT
    c.relname::text AS name,
    CASE WHEN c.relkind IN ('r', 'p') THEN 'table' ELSE 'view' END AS kind,
    array_remove(ARRAY[
        CASE WHEN NOT has_table_privilege(c.oid, 'SELECT') THEN 'SELECT' END,
        CASE WHEN c.relkind IN ('r', 'p') AND NOT has_table_privilege(c.oid, 'INSERT') THEN 'INSERT' END,
        CASE WHEN c.relkind IN ('r', 'p') AND NOT has_table_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END,
        CASE WHEN c.relkind IN ('r', 'p') AND NOT has_table_privilege(c.oid, 'DELETE') THEN 'DELETE' END
    ], NULL) AS lacks,
    row_security_active(c.oid) AS filtered
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
  AND NOT EXISTS (SELECT FROM pg_depend AS e
                  WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY 1
