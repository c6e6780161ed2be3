-- Whether the schema is there and this user may use it, and how many tables it has that are no extension's.
SELECT
    n.oid IS NOT NULL AS present,
    coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS usable,
    (SELECT count(*)
     FROM pg_class AS c
     WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p')
       AND NOT EXISTS (SELECT FROM pg_depend AS e
                       WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')) AS tables
FROM (SELECT) AS always
LEFT JOIN pg_namespace AS n ON n.nspname = %(schema)s
