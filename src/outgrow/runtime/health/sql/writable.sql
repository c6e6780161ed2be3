-- Tables of a schema that a write can be tried on: no trigger of a user's would do more than the write
-- itself, and row security does not stand between. Those without a sequence come first.
SELECT
    c.relname::text AS name,
    pg_has_role(c.relowner, 'USAGE') AND has_table_privilege(c.oid, 'INSERT') AS owned,
    has_table_privilege(c.oid, 'UPDATE') AS updatable,
    (SELECT a.attname::text FROM pg_attribute AS a
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
       AND a.attidentity <> 'a'
     ORDER BY a.attnum LIMIT 1) AS a_column
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind = 'r' AND NOT c.relrowsecurity
  AND has_table_privilege(c.oid, 'SELECT')
  AND NOT EXISTS (SELECT FROM pg_trigger AS g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal)
  AND NOT EXISTS (SELECT FROM pg_depend AS e
                  WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attidentity <> ''), c.relname
