-- Whether there is a ledger, and whether this user may read it. From the catalog, because to_regclass()
-- fails in a schema that the user may not enter.
SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'outgrow' AND c.relname = 'move'
